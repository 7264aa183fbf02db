//! `giftCardIssue`: a gift card was sold.

use super::tender::Code;
use super::{sql, told};
use crate::audit;
use crate::checks;
use crate::customers::read as customers;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::ledger::entry::Books;
use crate::ledger::templates::{self, Owed};
use crate::money::Currency;
use crate::orders::read as orders;
use crate::permissions::Permission;
use crate::secrets::{self, Fresh};
use crate::store::{Batch, Store};
use crate::timers::{self, Job};
use entities::enums::CreditKind;
use entities::{credit, credit_entry};
use rust_decimal::Decimal;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The card that was sold.
#[derive(Debug, Clone, Serialize)]
pub struct IssueGiftCard {
    /// What is on it, and in which currency.
    pub amount: (Decimal, String),
    /// Whose it is.
    pub customer_id: Option<Uuid>,
    /// The order that it was sold with.
    pub order_id: Option<Uuid>,
    /// From when on it cannot be used.
    pub expires_at: Option<OffsetDateTime>,
    /// Who owes it.
    pub legal_entity_id: Uuid,
}

/// A card and its code, which is shown this once.
#[derive(Debug)]
pub struct Issued {
    /// The card.
    pub id: Uuid,
    /// None where the call was a replay.
    pub code: Option<String>,
}

/// An amount above zero that is to be owed, and until when.
pub(super) fn check(
    faults: &mut Faults,
    (amount, code): &(Decimal, String),
    (now, expires_at): (OffsetDateTime, Option<OffsetDateTime>),
) -> Option<(Currency, i64)> {
    if expires_at.is_some_and(|at| at <= now) {
        faults.add(RefusalCode::Invalid, "expiresAt", "lies in the past");
    }
    let currency = checks::currency(faults, "amount.currencyCode", code)?;
    let minor = faults.take("amount.amount", currency.minor(*amount))?;
    if minor <= 0 {
        faults.add(RefusalCode::Invalid, "amount.amount", "is above 0");
    }
    Some((currency, minor))
}

/// When what is given now ends: as was said, else as the company has it.
pub(super) fn end(
    now: OffsetDateTime,
    said: Option<OffsetDateTime>,
    days: Option<i32>,
) -> Option<OffsetDateTime> {
    said.map(crate::clock::truncate).or_else(|| Some(now + Duration::days(days?.into())))
}

/// Issues a card and answers with its code.
pub async fn gift_card_issue(
    store: &Store,
    call: Call<'_>,
    command: &IssueGiftCard,
) -> Result<Issued> {
    call.actor.require(Permission::PaymentsWrite)?;
    let fresh = Fresh::new(secrets::code());
    let fresh_ref = &fresh;
    let id = once(store, call, "giftCardIssue", command, |tx| async move {
        let mut faults = Faults::default();
        let amount = check(&mut faults, &command.amount, (tx.now(), command.expires_at));
        let company = sql::company(&tx, call.actor, command.legal_entity_id).await?;
        if company.is_none() {
            faults.push(checks::not_found("legalEntityId", "legal entity"));
        }
        let customer = match command.customer_id {
            Some(id) => customers::reached(&tx, call.actor, &[id]).await?.pop().map(|row| row.id),
            None => None,
        };
        if command.customer_id.is_some() && customer.is_none() {
            faults.push(checks::not_found("customerId", "customer"));
        }
        if let Some(order) = command.order_id
            && !orders::is_in_reach(&tx, call.actor, order).await?
        {
            faults.push(checks::not_found("orderId", "order"));
        }
        faults.check()?;
        let (currency, minor) = amount.ok_or(Error::Contended)?;
        let company = company.ok_or(Error::Contended)?;
        let mut books = Books::of_entity(&tx, company.id).await?.ok_or(Error::Contended)?;
        let row = credit::Model {
            id: tx.id(),
            version: 1,
            kind: CreditKind::GiftCard,
            legal_entity_id: company.id,
            currency: currency.code().to_owned(),
            code_hash: Some(Code::typed(fresh_ref.text()).hash()),
            hint: Some(fresh_ref.hint()),
            customer_id: customer,
            order_id: command.order_id,
            issued_minor: minor,
            balance_minor: minor,
            reserved_minor: 0,
            expires_at: end(tx.now(), command.expires_at, company.gift_card_valid_days),
            created_at: tx.now(),
        };
        let entry = credit_entry::Model {
            id: tx.id(),
            credit_id: row.id,
            amount_minor: minor,
            reason: "sold".to_owned(),
            at: tx.now(),
            actor_kind: call.actor.kind,
            actor_id: call.actor.id,
            order_id: command.order_id,
            case_id: None,
        };
        let event = NewEvent { id: Some(tx.id()), ..told(&row, events::GIFT_CARD_ISSUED, minor) };
        let at = tx.now();
        let amount = books.worth(&tx, currency, minor, at).await?;
        let owed = Owed { credit: &row, source: entry.id, event: event.id, at, currency, amount };
        let mut batch = Batch::default();
        books.write(&tx, &mut batch, templates::gift_card_sold(&owed))?;
        batch.add(&row);
        batch.add(&entry);
        if let Some(due) = row.expires_at {
            timers::set(&tx, &mut batch, Job::ExpireCredit, row.id, due);
        }
        let change = audit::made(&event.data);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        fresh_ref.used();
        Ok(row.id)
    })
    .await?;
    Ok(Issued { id, code: fresh.shown() })
}
