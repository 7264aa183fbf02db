//! `draftComplete`: place a draft, at the prices that were quoted.

use super::doubt::look_at_risk;
use super::draft_create::insist_draft;
use super::in_hand;
use super::place::{placed_data, wait_for_payment};
use super::promise::Schedules;
use super::sql;
use super::state::Act;
use super::supply::{Choice, Want};
use super::totals::standing;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::credit::tender::{self, GiftCardTender};
use crate::customers::read as customers;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::ledger::entry::Books;
use crate::money::Currency;
use crate::payments::record::{self, RecordPayment};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Which draft, and how it is paid.
#[derive(Debug, Clone, Serialize)]
pub struct CompleteDraft {
    /// The draft.
    pub order_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// What was paid or authorized.
    pub payments: Vec<RecordPayment>,
    /// Gift cards that pay for it.
    pub gift_cards: Vec<GiftCardTender>,
    /// How much of the customer's credit pays for it.
    pub store_credit: Option<Decimal>,
}

/// Places a draft and answers with its id. Whoever completes it placed it; the log knows who wrote it.
pub async fn draft_complete(
    store: &Store,
    call: Call<'_>,
    command: &CompleteDraft,
) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    once(store, call, "draftComplete", command, |tx| async move {
        let id = command.order_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let one = found.order_mut(id).ok_or(Error::Contended)?;
        insist_draft(&one.row, Act::Complete)?;
        let currency = Currency::from_code(&one.row.currency)
            .ok_or_else(|| Error::Internal(format!("order {} has no currency", one.row.number)))?;
        let mut faults = Faults::default();
        let payments = record::check(&mut faults, "payments", currency, &command.payments);
        let (channel_id, buyer) = (one.row.channel_id, one.row.customer_id);
        let books = Books::of_channels(&tx, &[channel_id]).await?.remove(&channel_id);
        let entity = books.ok_or(Error::Contended)?.entity;
        let customer = customers::by_ids(&tx, &Vec::from_iter(buyer)).await?.pop();
        let owed = (command.gift_cards.as_slice(), command.store_credit);
        let seller = (&entity, currency);
        let tenders = tender::check(&tx, &mut faults, seller, customer.as_ref(), owed).await?;
        let variants: Vec<Uuid> = one.lines.iter().filter_map(|line| line.variant_id).collect();
        for variant in catalog::variants(&tx, &variants).await? {
            if !variant.active {
                let message = format!("{} is not sold any more: write the draft anew", variant.sku);
                faults.add(RefusalCode::StateConflict, "orderId", message);
            }
        }
        faults.check()?;
        one.row.draft = false;
        one.row.in_books = true;
        one.row.placed_at = tx.now();
        one.row.placed_by_kind = call.actor.kind;
        one.row.placed_by_id = call.actor.id;
        let otherwise = payments.iter().map(record::Checked::worth).sum();
        let mut tendered = tenders.payments(seller, (one.row.grand_total_minor, otherwise))?;
        tendered.extend(payments);
        one.purse = record::record(&tx, &one.row, &tendered);
        let data = placed_data(&one.row, one.lines.len());
        let channel = catalog::channels(&tx, &[one.row.channel_id]).await?.pop();
        let channel = channel.ok_or(Error::Contended)?;
        let wants: Vec<Want> = if one.is_digital() {
            Vec::new()
        } else {
            one.lines.iter().map(|line| Want { line: line.id, units: standing(line) }).collect()
        };
        found.note_order(id, events::ORDER_PLACED, data.clone());
        if !wants.is_empty() {
            found.supply(&tx, &call.actor.reach, id, &wants, Choice::default()).await?;
        }
        refuse_short(&found, id)?;
        let locations: Vec<Uuid> = found.work.iter().map(|work| work.row.location_id).collect();
        let schedules = Schedules::load(&tx, &locations).await?;
        let risk = look_at_risk(&tx, &mut found, &schedules, id).await?;
        found.schedules = Some(schedules);
        found.settle(&tx);
        let mut batch = Batch::default();
        batch.add(&risk);
        if let Some(one) = found.order(id) {
            let authorized = one.purse.funds().authorized;
            wait_for_payment(&tx, &mut batch, &one.row, authorized, &channel);
        }
        audit::record(&tx, call.actor, &mut batch, Some(("ord", id)), &audit::made(&data));
        sql::date_tags(&tx, id).await?;
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// A draft that may not wait for stock has all of it, or stays a draft.
fn refuse_short(found: &super::aggregate::Aggregate, id: Uuid) -> Result<()> {
    let one = found.order(id).ok_or(Error::Contended)?;
    if one.row.allow_backorder {
        return Ok(());
    }
    let mut faults = Faults::default();
    for want in found.waiting(id) {
        let Some(line) = one.lines.iter().find(|line| line.id == want.line) else { continue };
        let there = standing(line) - want.units;
        let message = format!("{there} of {} {} available", standing(line), line.sku);
        let details = json!({ "sku": line.sku, "requested": standing(line), "available": there });
        let refusal = Refusal::new(RefusalCode::OutOfStock, "orderId", message);
        faults.push(refusal.with_details(details));
    }
    faults.check()
}
