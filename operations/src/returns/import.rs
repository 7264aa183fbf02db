//! Credit notes of an earlier system, which do not say what they are for: each unit is looked for among what the same customer had
//! bought before, at the same price, and is taken back once.

use super::quote::{Quote, Sum};
use super::request::told;
use super::{blank, blank_line, sql};
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::orders::aggregate::{Aggregate, OrderInHand, units as column};
use crate::orders::totals::{share, standing};
use crate::permissions::Permission;
use crate::stock::upload::RowFault;
use crate::store::{Batch, Db, Store, WriteTx};
use entities::enums::{RefundMethod, ReturnKind, ReturnReason, ReturnState};
use entities::{
    channel, imported_credit, imported_credit_line, order_line, return_line, return_refund,
    return_row,
};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use time::OffsetDateTime;
use uuid::Uuid;

/// A line of a credit note, as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct CreditRow {
    /// The line in the file.
    pub line: usize,
    /// The code of the channel.
    pub channel: String,
    /// What the credit note is called there.
    pub reference: String,
    /// When it was written.
    pub at: OffsetDateTime,
    /// Whose it was: an email, or an account in the channel.
    pub customer: Option<String>,
    /// The SKU.
    pub sku: String,
    /// Units.
    pub quantity: i32,
    /// What one of them was credited with.
    pub unit_price: Decimal,
    /// Why.
    pub reason: ReturnReason,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The line in the file.
    pub line: usize,
    /// Units that it told of.
    pub quantity: i32,
    /// Those among them that were found.
    pub matched: i32,
}

/// A line that can be imported.
struct Checked<'a> {
    row: &'a CreditRow,
    channel: Uuid,
    currency: Currency,
    unit_minor: i64,
}

/// Whether a line was sold for so much a unit: by the list, or after all that was taken off.
fn costs(line: &order_line::Model, unit_minor: i64) -> bool {
    line.unit_price_minor == unit_minor || line.total_minor == unit_minor * standing(line)
}

/// Checks rows against the channels; every fault is told.
pub async fn check(db: &Db, actor: &Actor, rows: &[CreditRow]) -> Result<Vec<RowFault>> {
    actor.require(Permission::ReturnsWrite)?;
    let (_, mut faults) = checked(db, actor, rows).await?;
    let mut first: HashMap<(&str, &str), &CreditRow> = HashMap::new();
    for row in rows {
        let known = *first.entry((&row.channel, &row.reference)).or_insert(row);
        let told = [("at", known.at == row.at), ("customer", known.customer == row.customer)];
        for (column, same) in told {
            if !same {
                let message = format!("differs from line {} of {}", known.line, row.reference);
                faults.push(RowFault { line: row.line, column, message });
            }
        }
    }
    Ok(faults)
}

async fn checked<'a>(
    db: &Db,
    actor: &Actor,
    rows: &'a [CreditRow],
) -> Result<(Vec<Checked<'a>>, Vec<RowFault>)> {
    let mut codes: Vec<&str> = rows.iter().map(|row| row.channel.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let channels: HashMap<String, channel::Model> = catalog::channels_by_code(db, &codes)
        .await?
        .into_iter()
        .filter(|channel| actor.reach.has_channel(channel.id))
        .map(|channel| (channel.code.clone(), channel))
        .collect();
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for row in rows {
        let mut fault = |column, message: String| {
            faults.push(RowFault { line: row.line, column, message });
        };
        let Some(channel) = channels.get(&row.channel) else {
            fault("channel", format!("there is no channel `{}`", row.channel));
            continue;
        };
        let currency = Currency::of_channel(channel)?;
        match currency.minor(row.unit_price) {
            Ok(unit_minor) => good.push(Checked { row, channel: channel.id, currency, unit_minor }),
            Err(refusal) => fault("unit_price", refusal.message),
        }
    }
    Ok((good, faults))
}

/// Imports credit notes, the oldest first, each in one transaction and once: answers with what became of each row. `done` hears of
/// every credit note.
pub async fn import(
    store: &Store,
    actor: &Actor,
    rows: &[CreditRow],
    mut done: impl FnMut(),
) -> Result<Vec<Found>> {
    actor.require(Permission::ReturnsWrite)?;
    let (checked, faults) = checked(&store.read(), actor, rows).await?;
    if !faults.is_empty() {
        return Err(Error::BadInput("the rows have faults: check them first".to_owned()));
    }
    let mut notes: BTreeMap<(OffsetDateTime, Uuid, &str), Vec<Checked<'_>>> = BTreeMap::new();
    for one in checked {
        let key = (one.row.at, one.channel, one.row.reference.as_str());
        notes.entry(key).or_default().push(one);
    }
    let mut found = Vec::with_capacity(rows.len());
    for note in notes.values() {
        let reference = (note.first().map(|one| one.row.reference.as_str()), note.len());
        let call = Call::by(actor);
        let matched: Vec<i32> = once(store, call, "import returns", &reference, |tx| async move {
            take_back(&tx, actor, note).await
        })
        .await?;
        let of = |(one, matched): (&Checked<'_>, i32)| Found {
            line: one.row.line,
            quantity: one.row.quantity,
            matched,
        };
        found.extend(note.iter().zip(matched).map(of));
        done();
    }
    found.sort_by_key(|one| one.line);
    Ok(found)
}

/// Takes one credit note back and answers with the units of each line that were found. One that was imported before says the same again.
async fn take_back(tx: &WriteTx, actor: &Actor, note: &[Checked<'_>]) -> Result<Vec<i32>> {
    let Some(head) = note.first() else { return Ok(Vec::new()) };
    let known = sql::imported_lines(tx, head.channel, &head.row.reference).await?;
    if !known.is_empty() {
        return Ok(known.into_iter().map(|line| line.matched).collect());
    }
    let customer = match head.row.customer.as_deref() {
        Some(name) => {
            let names = (checks::fold(name), name.trim().to_owned());
            sql::known_as(tx, head.channel, names).await?
        }
        None => None,
    };
    let mut sold = Vec::new();
    if let Some(customer) = customer {
        let skus: Vec<String> = note.iter().map(|one| one.row.sku.clone()).collect();
        sold = sql::bought_before(tx, (head.channel, customer), &skus, head.row.at).await?;
    }
    let ids: Vec<Uuid> = sold.iter().map(|line| line.id).collect();
    let open = if ids.is_empty() { BTreeMap::new() } else { sql::open_units_of(tx, &ids).await? };
    let left = |line: &order_line::Model| {
        let gone = i64::from(line.quantity_returned) + open.get(&line.id).copied().unwrap_or(0);
        standing(line) - gone
    };
    let mut left: Vec<i64> = sold.iter().map(left).collect();
    // By order: line, units, and the row that told of them.
    let mut taken: BTreeMap<Uuid, Vec<(Uuid, i64, &Checked<'_>)>> = BTreeMap::new();
    let mut matched = Vec::with_capacity(note.len());
    for one in note {
        let mut open = i64::from(one.row.quantity);
        for (line, left) in sold.iter().zip(&mut left) {
            let fits = line.sku == one.row.sku && costs(line, one.unit_minor);
            let units = if fits { open.min(*left) } else { 0 };
            if units > 0 {
                *left -= units;
                open -= units;
                taken.entry(line.order_id).or_default().push((line.id, units, one));
            }
        }
        matched.push(column(i64::from(one.row.quantity) - open));
    }
    let credit = imported_credit::Model {
        id: tx.id(),
        channel_id: head.channel,
        reference: head.row.reference.clone(),
        customer_id: customer,
        currency: head.currency.code().to_owned(),
        credited_at: crate::clock::truncate(head.row.at),
        created_at: tx.now(),
    };
    let mut batch = Batch::default();
    batch.add(&credit);
    for (position, (one, matched)) in (0..).zip(note.iter().zip(&matched)) {
        batch.add(&imported_credit_line::Model {
            credit_id: credit.id,
            position,
            sku: one.row.sku.clone(),
            quantity: one.row.quantity,
            unit_minor: one.unit_minor,
            matched: *matched,
        });
    }
    let made = audit::made(&json!({ "reference": credit.reference, "lines": note.len() }));
    audit::record(tx, actor, &mut batch, None, &made);
    let ids: Vec<Uuid> = taken.keys().copied().collect();
    if ids.is_empty() {
        batch.insert(tx).await?;
        return Ok(matched);
    }
    let mut held = Aggregate::load(tx, &ids).await?;
    for (order, units) in &taken {
        let one = held.order_mut(*order).ok_or(Error::Contended)?;
        let event = came_back(tx, actor, (one, &mut batch), (&credit, units)).await?;
        held.note(event);
    }
    held.write(tx, actor, batch).await?;
    Ok(matched)
}

/// Units of one order came back: a return that is settled, as the history tells it.
async fn came_back(
    tx: &WriteTx,
    actor: &Actor,
    (one, batch): (&mut OrderInHand, &mut Batch),
    (credit, units): (&imported_credit::Model, &[(Uuid, i64, &Checked<'_>)]),
) -> Result<NewEvent> {
    let at = credit.credited_at;
    let new = blank(tx, actor, (ReturnState::Resolved, ReturnKind::Return)).await?;
    let mut quote = Quote::default();
    let mut lines: Vec<return_line::Model> = Vec::new();
    for (position, (line, units, told)) in (0..).zip(units) {
        let row = one.lines.iter_mut().find(|row| row.id == *line).ok_or(Error::Contended)?;
        let all = i64::from(row.quantity_returned) + units;
        if all > standing(row) {
            // Something else of it came back before the lock was ours.
            return Err(Error::Contended);
        }
        let gross = told.unit_minor * units;
        let sum = Sum { gross, tax: share(row.tax_minor, gross, row.total_minor) };
        quote.items = quote.items.plus(sum);
        row.quantity_returned = column(all);
        let count = column(*units);
        lines.push(return_line::Model {
            order_line_id: Some(row.id),
            variant_id: row.variant_id,
            reason: told.row.reason,
            quantity_received: count,
            imported_credit_id: Some(credit.id),
            ..blank_line(tx, new.id, position, (&row.sku, count))
        });
    }
    let order = (*one.row).clone();
    one.row.credited_minor += quote.items.gross;
    one.row.returned_at = one.row.returned_at.or(Some(at));
    // What was paid for it went back; what was not is owed no longer.
    let kept = one.purse.kept() - (order.grand_total_minor - one.row.credited_minor).max(0);
    let refunded = one.purse.refund(tx, &order, quote.items.gross.min(kept.max(0)));
    let row = return_row::Model {
        order_id: Some(order.id),
        customer_id: order.customer_id,
        channel_id: Some(order.channel_id),
        currency: Some(order.currency.clone()),
        requested_at: at,
        approved_at: Some(at),
        received_at: Some(at),
        resolved_at: Some(at),
        resolution: Some(RefundMethod::OriginalPayment),
        resolved_quote: serde_json::to_value(&quote).ok(),
        refunded_minor: refunded,
        note: Some(format!("Credit note {}", credit.reference)),
        ..new
    };
    batch.add(&row);
    for line in &lines {
        batch.add(line);
    }
    for step in one.purse.new_refunds() {
        batch.add(&return_refund::Model { transaction_id: step.id, return_id: row.id });
    }
    let data = json!({ "number": row.number, "method": RefundMethod::OriginalPayment.to_value() });
    Ok(told(&row, events::RETURN_RESOLVED, data))
}
