//! Goods in exchange and as replacement: the order that brings them, and what pays for it.

use super::decide::InHand;
use super::quote::Sum;
use super::sql;
use crate::actor::Actor;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::money::Currency;
use crate::orders::aggregate::Exchanged;
use crate::orders::cancel::take_back_all;
use crate::orders::follow_up::{self, Offer, Wish};
use crate::orders::input::LineInput;
use crate::orders::place::PlaceOrder;
use crate::payments::record::{self, Checked};
use crate::store::{Db, WriteTx};
use entities::enums::{CancelReason, OrderState};
use entities::{order, order_line, return_line, return_row};
use uuid::Uuid;

/// Goods that leave ahead of those that come back are paid within so many days: by what comes back, else by the customer.
const TERMS: i32 = 30;

/// What new goods cost, as they were offered.
pub(super) fn offered(row: &return_row::Model) -> Sum {
    Sum { gross: row.exchange_total_minor, tax: row.exchange_tax_minor }
}

/// What the orders in exchange cost: as they stand, or as they were offered.
pub(super) fn instead(row: &return_row::Model, placed: &[order::Model]) -> Sum {
    let placed = placed.iter().find(|order| Some(order.id) == row.exchange_order_id);
    placed.map_or_else(
        || offered(row),
        |order| Sum { gross: order.grand_total_minor, tax: order.tax_minor },
    )
}

/// Orders in exchange for what returns bring back.
pub(super) async fn placed(db: &Db, rows: &[return_row::Model]) -> Result<Vec<order::Model>> {
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.exchange_order_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    crate::orders::read::plain_many(db, &ids).await
}

fn conflict(field: &str, message: &str) -> Error {
    Error::refused(Refusal::new(RefusalCode::StateConflict, field, message))
}

/// What an order pays for another one is booked on both: of an order that was not sold here nobody knows.
fn insist_on_books(order: &order::Model, field: &str) -> Result<()> {
    if order.in_books {
        return Ok(());
    }
    Err(conflict(field, "the order was not sold here: give its money back"))
}

/// Places the order in exchange: its stock is reserved, and it waits until the goods that it stands for are back. `ahead` it
/// leaves before.
pub(super) async fn place(
    tx: &WriteTx,
    actor: &Actor,
    (found, lines): (&mut InHand, &[return_line::Model]),
    ahead: bool,
) -> Result<()> {
    let one = found.one().ok_or(Error::Contended)?;
    let order = &*one.row;
    insist_on_books(order, "returnId")?;
    let currency = Currency::of_row(&order.currency)?;
    let wanted = |line: &return_line::Model| -> Option<LineInput> {
        let sku = line.exchange_sku.as_deref()?;
        let price = (line.exchange_unit_minor?, line.exchange_discount_minor?);
        let old = one.lines.iter().find(|old| Some(old.id) == line.order_line_id)?;
        Some(follow_up::line(currency, (sku, line.quantity), price, old))
    };
    let mut command = follow_up::like(order, lines.iter().filter_map(wanted).collect());
    if ahead {
        command.payment_terms_days = Some(command.payment_terms_days.unwrap_or(TERMS).max(TERMS));
    }
    let written = follow_up::place(tx, actor, (&command, "returnId"), Vec::new()).await?;
    found.row.exchange_order_id = Some(written.order.id);
    Ok(())
}

/// An order of the same goods, and what it costs.
pub(super) async fn same(
    tx: &WriteTx,
    found: &InHand,
    units: &[(Uuid, i64, Sum)],
) -> Result<(PlaceOrder, Sum)> {
    let one = found.one().ok_or(Error::Contended)?;
    let order = (*one.row).clone();
    insist_on_books(&order, "method")?;
    let lines: Vec<order_line::Model> = one.lines.iter().map(|line| (**line).clone()).collect();
    let currency = Currency::of_row(&order.currency)?;
    let mut wishes = Vec::new();
    for (id, quantity, worth) in units {
        let line = lines.iter().find(|line| line.id == *id).ok_or(Error::Contended)?;
        wishes.push(Wish {
            field: "method".to_owned(),
            sku: &line.sku,
            quantity: i32::try_from(*quantity).unwrap_or(i32::MAX),
            instead_of: line,
            gross: worth.gross,
            tax: worth.tax,
        });
    }
    let mut faults = crate::error::Faults::default();
    let offer: Offer = follow_up::offer(tx, &order, &wishes, &mut faults).await?;
    faults.check()?;
    let wanted = wishes.iter().zip(&offer.goods).map(|(wish, good)| {
        let price = (good.unit_minor, good.discount_minor);
        follow_up::line(currency, (&good.sku, wish.quantity), price, wish.instead_of)
    });
    let command = follow_up::like(&order, wanted.collect());
    Ok((command, Sum { gross: offer.total, tax: offer.tax }))
}

/// Places it, paid with what the customer paid for the first goods as far as that goes.
pub(super) async fn replace(
    tx: &WriteTx,
    actor: &Actor,
    found: &mut InHand,
    (command, moved): (&PlaceOrder, i64),
) -> Result<()> {
    let order = found.order().ok_or(Error::Contended)?;
    let currency = Currency::of_row(&order.currency)?;
    let mut paid = Vec::new();
    if moved > 0 {
        let from = (order.id, moved);
        paid.push(Checked::of_exchange(currency, from, &found.row.number, tx.now())?);
    }
    let written = follow_up::place(tx, actor, (command, "method"), paid).await?;
    found.row.replacement_order_id = Some(written.order.id);
    if let Some(payment) = written.payments.iter().find(|row| row.origin_order_id.is_some()) {
        moves(found, payment.id, moved)?;
    }
    Ok(())
}

/// What is owed on the order in exchange and not taken yet.
pub(super) fn needed(found: &InHand) -> Result<i64> {
    let missing = || conflict("method", "there is no order in exchange");
    let id = found.row.exchange_order_id.ok_or_else(missing)?;
    let one = found.orders.as_ref().and_then(|orders| orders.order(id)).ok_or_else(missing)?;
    if one.state() == OrderState::Cancelled {
        return Err(conflict("method", "the order in exchange is cancelled: give the money back"));
    }
    let owed = one.row.grand_total_minor - one.row.credited_minor;
    Ok((owed - one.purse.taken() + one.purse.returned()).max(0))
}

/// Pays for the order in exchange with what the customer had paid.
pub(super) fn pay(tx: &WriteTx, found: &mut InHand, minor: i64) -> Result<()> {
    if minor == 0 {
        return Ok(());
    }
    let origin = found.row.order_id.ok_or(Error::Contended)?;
    let id = found.row.exchange_order_id.ok_or(Error::Contended)?;
    let number = found.row.number.clone();
    let orders = found.orders.as_mut().ok_or(Error::Contended)?;
    let one = orders.order_mut(id).ok_or(Error::Contended)?;
    let order = (*one.row).clone();
    let currency = Currency::of_row(&order.currency)?;
    let paid = Checked::of_exchange(currency, (origin, minor), &number, tx.now())?;
    record::add(tx, &order, &mut one.purse, &[paid]);
    let payment = one.purse.payments().last().ok_or(Error::Contended)?.id;
    moves(found, payment, minor)
}

/// The first order is paid with so much less.
fn moves(found: &mut InHand, payment: Uuid, minor: i64) -> Result<()> {
    let id = found.row.order_id.ok_or(Error::Contended)?;
    let orders = found.orders.as_mut().ok_or(Error::Contended)?;
    let one = orders.order_mut(id).ok_or(Error::Contended)?;
    one.exchanged.push(Exchanged { source: payment, minor });
    one.row.exchanged_minor += minor;
    one.purse.converted += minor;
    found.row.exchanged_minor += minor;
    Ok(())
}

/// The order in exchange is called off as far as it has not left, unless somebody pays for it.
pub(super) fn call_off(tx: &WriteTx, found: &mut InHand) -> Result<()> {
    let Some(id) = found.row.exchange_order_id else { return Ok(()) };
    let Some(orders) = found.orders.as_mut() else { return Ok(()) };
    let Some(one) = orders.order(id) else { return Ok(()) };
    let paid = one.purse.funds().authorized - one.purse.returned();
    if !one.is_open() || paid >= one.row.grand_total_minor - one.row.credited_minor {
        return Ok(());
    }
    take_back_all(tx, orders, id, CancelReason::Customer)
}

/// The lines of a return for which others are wanted.
pub(super) async fn wanted(tx: &WriteTx, found: &InHand) -> Result<Vec<return_line::Model>> {
    let mut lines = sql::lines_of(tx, &[found.row.id]).await?;
    lines.retain(|line| line.exchange_variant_id.is_some());
    Ok(lines)
}
