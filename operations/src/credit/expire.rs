//! What is on a gift card or credit when it ends: earned, or owed on, as the company decided.

use super::{free, is_over, sql, told};
use crate::actor::Actor;
use crate::audit;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::ledger::entry::Books;
use crate::ledger::templates::{self, Owed};
use crate::money::Currency;
use crate::store::{Batch, WriteTx};
use entities::credit_entry;
use entities::enums::{Breakage, CreditKind};
use uuid::Uuid;

/// Ends a card or credit whose time has come. What orders were promised stays until they use it or let it go.
pub(crate) async fn expire(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    let Some(mut row) = sql::lock(tx, &[id]).await?.pop() else { return Ok(()) };
    let rest = free(&row);
    if !is_over(&row, tx.now()) || rest == 0 {
        return Ok(());
    }
    let mut books = Books::of_entity(tx, row.legal_entity_id).await?.ok_or(Error::Contended)?;
    let kind = match row.kind {
        CreditKind::GiftCard => events::GIFT_CARD_EXPIRED,
        CreditKind::StoreCredit => events::STORE_CREDIT_EXPIRED,
    };
    let event = NewEvent { id: Some(tx.id()), ..told(&row, kind, rest) };
    let mut batch = Batch::default();
    if books.entity.breakage == Breakage::OnExpiry {
        let before = row.clone();
        row.balance_minor -= rest;
        row.version += 1;
        let entry = credit_entry::Model {
            id: tx.id(),
            credit_id: id,
            amount_minor: -rest,
            reason: "ended".to_owned(),
            at: tx.now(),
            actor_kind: actor.kind,
            actor_id: actor.id,
            order_id: None,
            case_id: None,
        };
        let currency = Currency::from_code(&row.currency)
            .ok_or_else(|| Error::Internal("credit without a currency".into()))?;
        let at = tx.now();
        let amount = books.worth(tx, currency, rest, at).await?;
        let owed = Owed { credit: &row, source: entry.id, event: event.id, at, currency, amount };
        books.write(tx, &mut batch, templates::breakage(&owed))?;
        batch.add(&entry);
        batch.save(&row);
        let change = audit::difference(Some(&before), &row);
        audit::record(tx, actor, &mut batch, Some(event.subject), &change);
    }
    events::record(tx, actor, &mut batch, event);
    batch.insert(tx).await
}
