//! `returnResolve`: one transaction settles a return: the stock goes where it belongs, a credit note takes back what was invoiced,
//! and the money goes back where it came from.

use super::decide::InHand;
use super::quote::{self, Quote, Sum, Unit, Worths};
use super::{WhichReturn, credit, exchange, goods, signals, sql};
use crate::actor::Actor;
use crate::checks;
use crate::credit::grant::{self, Present};
use crate::customers::read as customers;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::orders::aggregate::{OrderInHand, Returned, units as column};
use crate::orders::place::PlaceOrder;
use crate::orders::totals::standing;
use crate::payments::grants::{self, Gift, Whom};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{RefundMethod, RefundTrigger, ReturnKind, ReturnState};
use entities::{
    customer, order, order_line, return_inspection, return_line, return_policy, return_refund,
    return_row,
};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How a return is settled.
#[derive(Debug, Clone, Serialize)]
pub struct ResolveReturn {
    /// Which return.
    #[serde(flatten)]
    pub which: WhichReturn,
    /// How.
    #[serde(serialize_with = "crate::as_column")]
    pub method: RefundMethod,
    /// What is given, where it is less than what it is worth.
    pub amount: Option<Decimal>,
    /// What is said of it.
    pub note: Option<String>,
}

/// What of a return is paid for: what was found good, else what arrived, else, where nothing did, what was declared.
pub(super) fn units(
    lines: &[return_line::Model],
    inspections: &[return_inspection::Model],
    exchange: bool,
) -> Vec<Unit> {
    let arrived = lines.iter().any(|line| line.quantity_received > 0);
    let of = |line: &return_line::Model| {
        let own = inspections.iter().filter(|row| row.return_line_id == line.id);
        let refused: i32 = own.filter(|row| !row.refundable).map(|row| row.quantity).sum();
        let counted = if arrived { line.quantity_received } else { line.quantity };
        let quantity = i64::from(counted - refused);
        let exchanged = exchange && line.exchange_variant_id.is_some();
        let unit = Unit { line: line.order_line_id?, quantity, reason: line.reason, exchanged };
        (quantity > 0).then_some(unit)
    };
    lines.iter().filter_map(of).collect()
}

/// Settles a return and answers with its id.
pub async fn return_resolve(
    store: &Store,
    call: Call<'_>,
    command: &ResolveReturn,
) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    let gives = command.method != RefundMethod::None;
    if gives {
        call.actor.require(Permission::RefundsWrite)?;
    }
    let mut faults = Faults::default();
    let note = &checks::optional(&mut faults, "note", command.note.as_deref(), 2_000);
    if !gives && command.amount.is_some() {
        faults.add(RefusalCode::Invalid, "amount", "nothing is given");
    }
    if by_goods(command.method) && command.amount.is_some() {
        let message = "what is exchanged or replaced is so in full";
        faults.add(RefusalCode::Invalid, "amount", message);
    }
    if (command.amount.is_some() || !gives) && note.is_none() {
        faults.add(RefusalCode::Required, "note", "say why it is less than what it is worth");
    }
    faults.check()?;
    let done = once(store, call, "returnResolve", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        let policy = sql::policy_of(&tx, found.row.policy_id).await?;
        open_states(&found)?;
        check_method(&found, command.method)?;
        let lines = sql::lines_of(&tx, &[found.row.id]).await?;
        let inspections = sql::inspections_of(&tx, &[found.row.id]).await?;
        let mut batch = Batch::default();
        let moves = goods::dispose(&tx, &mut batch, &found, &lines, &inspections).await?;
        let paid_for =
            if gives { given_for(&lines, &inspections, command.method) } else { Vec::new() };
        let (quote, anew) = worth(&tx, &found, policy.as_ref(), &paid_for, command).await?;
        let trusted = is_at_once(&tx, &found, policy.as_ref(), &quote).await?;
        check_state(&found, policy.as_ref(), trusted)?;
        let how = (&quote, command.method, anew);
        let given = settle(&tx, call, &mut found, &mut batch, how).await?;
        if command.method != RefundMethod::Exchange {
            exchange::call_off(&tx, &mut found)?;
        }
        came_back(&mut found, &lines, &paid_for)?;
        if let Some(orders) = &mut found.orders {
            orders.goods = moves;
        }
        let row = &mut found.row;
        row.state = ReturnState::Resolved;
        row.resolved_at = Some(tx.now());
        row.resolution = Some(command.method);
        row.resolved_quote = serde_json::to_value(&quote).ok();
        row.refunded_minor = given.money;
        row.store_credit_minor = given.credit;
        row.paused_since = None;
        row.note.clone_from(note);
        let data = json!({ "number": row.number, "method": command.method.to_value() });
        found.write(&tx, call.actor, batch, (events::RETURN_RESOLVED, data)).await
    });
    Box::pin(done).await
}

/// Whether goods are given for goods.
const fn by_goods(method: RefundMethod) -> bool {
    matches!(method, RefundMethod::Exchange | RefundMethod::Replacement)
}

/// What is made good, and which of it by other goods.
fn given_for(
    lines: &[return_line::Model],
    inspections: &[return_inspection::Model],
    method: RefundMethod,
) -> Vec<Unit> {
    let mut units = units(lines, inspections, method == RefundMethod::Exchange);
    if method == RefundMethod::Replacement {
        for unit in &mut units {
            unit.exchanged = true;
        }
    }
    units
}

/// Whether it can be settled so.
fn check_method(found: &InHand, method: RefundMethod) -> Result<()> {
    let fits = match method {
        RefundMethod::Exchange => found.row.kind == ReturnKind::Exchange,
        RefundMethod::Replacement => found.row.kind == ReturnKind::Claim,
        RefundMethod::OriginalPayment | RefundMethod::StoreCredit | RefundMethod::None => true,
    };
    if fits {
        return Ok(());
    }
    let message = if method == RefundMethod::Exchange {
        "nothing was wanted in exchange"
    } else {
        "only claims are made good by replacement"
    };
    Err(Error::refused(Refusal::new(RefusalCode::StateConflict, "method", message)))
}

/// Whether it is on its way or here.
fn open_states(found: &InHand) -> Result<()> {
    let row = &found.row;
    found.insist(&[
        ReturnState::Approved,
        ReturnState::InTransit,
        ReturnState::Received,
        ReturnState::Inspected,
    ])?;
    if row.order_id.is_none() {
        return Err(Error::refused(checks::not_found("returnId", "return")));
    }
    Ok(())
}

/// Whether so little is trusted to the customer before the goods are here.
async fn is_at_once(
    tx: &WriteTx,
    found: &InHand,
    policy: Option<&return_policy::Model>,
    quote: &Quote,
) -> Result<bool> {
    let most = policy
        .filter(|policy| policy.fee_currency == found.row.currency)
        .and_then(|policy| policy.instant_refund_minor);
    let plain = found.row.kind == ReturnKind::Return && found.row.received_at.is_none();
    match most {
        Some(most) if plain && (1..=most).contains(&quote.total()) => {
            signals::is_trusted(tx, found.row.customer_id).await
        }
        Some(_) | None => Ok(false),
    }
}

/// Whether it can be settled now: the goods are here, or nobody waits for them.
fn check_state(found: &InHand, policy: Option<&return_policy::Model>, trusted: bool) -> Result<()> {
    let row = &found.row;
    let trigger = policy.map(|policy| policy.refund_trigger);
    let at_once = row.goods_stay
        || trusted
        || row.kind == ReturnKind::Claim
        || trigger == Some(RefundTrigger::Declaration) && policy.is_some_and(|one| !one.statutory);
    let may = match row.state {
        ReturnState::Approved => at_once,
        ReturnState::InTransit => at_once || trigger == Some(RefundTrigger::Dispatch),
        ReturnState::Received => trigger != Some(RefundTrigger::Inspection),
        ReturnState::Inspected
        | ReturnState::Staged
        | ReturnState::Requested
        | ReturnState::Rejected
        | ReturnState::Resolved
        | ReturnState::Cancelled
        | ReturnState::Expired => true,
    };
    if may {
        return Ok(());
    }
    let message = if row.state == ReturnState::Received {
        "its policy pays for what was looked at: inspect it first"
    } else {
        "its goods are not here yet"
    };
    Err(Error::refused(Refusal::new(RefusalCode::StateConflict, "returnId", message)))
}

/// What it is worth, and what is given of it; and the order that replaces it.
async fn worth(
    tx: &WriteTx,
    found: &InHand,
    policy: Option<&return_policy::Model>,
    units: &[Unit],
    command: &ResolveReturn,
) -> Result<(Quote, Option<PlaceOrder>)> {
    let one = found.one().ok_or(Error::Contended)?;
    let order = &*one.row;
    let lines: Vec<order_line::Model> = one.lines.iter().map(|line| (**line).clone()).collect();
    let worths = Worths::load(tx, order, &lines, &one.adjustments).await?;
    let payments = one.purse.payments();
    let instead = match command.method {
        RefundMethod::Exchange => exchange::instead(&found.row, &found.exchange_order()),
        RefundMethod::OriginalPayment
        | RefundMethod::StoreCredit
        | RefundMethod::Replacement
        | RefundMethod::None => Sum::default(),
    };
    let mut quote = quote::quote(order, (&lines, &worths), policy, (units, instead), payments);
    if command.method == RefundMethod::Replacement {
        let (anew, cost) = exchange::same(tx, found, &quote.lines).await?;
        quote.instead = cost;
        quote.lowered(quote.total(), payments);
        return Ok((quote, Some(anew)));
    }
    if let Some(amount) = command.amount {
        let currency = Currency::of_row(&order.currency)?;
        let mut faults = Faults::default();
        let minor = faults.take("amount", currency.minor(amount));
        let most = quote.total().max(0);
        if let Some(minor) = minor {
            if minor < 0 {
                faults.add(RefusalCode::Invalid, "amount", "is 0 at least");
            } else if minor > most {
                let message = format!("is worth {}", currency.decimal(most));
                faults.push(
                    Refusal::new(RefusalCode::AmountExceeded, "amount", message)
                        .with_details(json!({ "most": currency.decimal(most) })),
                );
            }
        }
        faults.check()?;
        if let Some(minor) = minor {
            quote.lowered(minor, payments);
        }
    }
    Ok((quote, None))
}

/// What was given, in minor units.
#[derive(Debug, Clone, Copy, Default)]
struct Given {
    money: i64,
    credit: i64,
}

/// Takes back what was invoiced, and gives back what was paid: answers with how much that is.
async fn settle(
    tx: &WriteTx,
    call: Call<'_>,
    found: &mut InHand,
    batch: &mut Batch,
    (quote, method, anew): (&Quote, RefundMethod, Option<PlaceOrder>),
) -> Result<Given> {
    let id = found.row.id;
    let number = found.row.number.clone();
    let total = quote.credited().max(0);
    if total == 0 && quote.lines.is_empty() {
        return Ok(Given::default());
    }
    let order_id = found.row.order_id.ok_or(Error::Contended)?;
    let order = found.order().ok_or(Error::Contended)?.clone();
    let credits = if order.in_books { credit::items(tx, &order, quote).await? } else { Vec::new() };
    // What is not paid yet is owed no longer, and nothing is given back for it.
    let one = found.one().ok_or(Error::Contended)?;
    let unpaid = if order.in_books { order.receivable_minor } else { one.facts().outstanding() };
    let wanted = (total - unpaid.clamp(0, total)).min(one.purse.kept());
    // What goods are given for pays for those; the rest goes back.
    let needed = match method {
        RefundMethod::Exchange => exchange::needed(found)?,
        RefundMethod::Replacement => quote.instead.gross,
        RefundMethod::OriginalPayment | RefundMethod::StoreCredit | RefundMethod::None => 0,
    };
    let moved = wanted.min(needed);
    let rest = wanted - moved;
    let orders = found.orders.as_mut().ok_or(Error::Contended)?;
    let mut books = orders.books_of(tx, order_id).await?;
    let currency = Currency::of_row(&order.currency)?;
    // What is replaced is given once more; what is exchanged came back for it.
    let gift = if method == RefundMethod::Replacement { wanted } else { rest };
    let base = books.worth(tx, currency, gift, tx.now()).await?.base;
    let gift = Gift { base, goodwill: 0 };
    if let Some(why) = grants::beyond(tx, call.actor, Whom::of(&order), (books.base, gift)).await? {
        let field = "method";
        return Err(Error::refused(Refusal::new(RefusalCode::LimitExceeded, field, why)));
    }
    let company = books.entity.clone();
    if let Some(anew) = anew {
        exchange::replace(tx, call.actor, found, (&anew, moved)).await?;
    } else {
        exchange::pay(tx, found, moved)?;
    }
    let orders = found.orders.as_mut().ok_or(Error::Contended)?;
    let one = orders.order_mut(order_id).ok_or(Error::Contended)?;
    let mut given = Given::default();
    let mut store_credit = None;
    if method == RefundMethod::StoreCredit && rest > 0 {
        let customer = holder(tx, call.actor, &order).await?;
        let reason = format!("Return {number}");
        let minor = rest;
        let present = Present {
            customer,
            company,
            currency,
            minor,
            reason,
            expires_at: None,
            case: None,
            order: None,
        };
        let put = grant::put(tx, call.actor, &present).await?;
        store_credit = Some((put.row.clone(), put.entry.id, rest));
        put.write(tx, call.actor, batch);
        one.row.store_credit_minor += rest;
        one.purse.converted += rest;
        given.credit = rest;
    }
    one.row.credited_minor += total;
    if order.in_books {
        let reason = format!("Return {number}");
        one.returned = Some(Returned { credits, reason, store_credit });
    }
    let by_money = method != RefundMethod::StoreCredit && method != RefundMethod::None;
    if by_money && rest > 0 {
        given.money = one.purse.refund(tx, &order, rest);
        for step in one.purse.new_refunds() {
            batch.add(&return_refund::Model { transaction_id: step.id, return_id: id });
        }
    }
    if gift.base > 0 {
        grants::note(tx, batch, call.actor, Whom::of(&order), gift);
    }
    Ok(given)
}

/// Who gets the credit: whoever bought.
async fn holder(tx: &WriteTx, actor: &Actor, order: &order::Model) -> Result<customer::Model> {
    let refused =
        |code, message: &str| Error::refused(Refusal::new(code, "method", message.to_owned()));
    if !order.in_books {
        let message = "the order was not sold here: give its money back";
        return Err(refused(RefusalCode::StateConflict, message));
    }
    let id = order.customer_id.ok_or_else(|| {
        refused(RefusalCode::StateConflict, "the order has no customer who could have credit")
    })?;
    let found = customers::reached(tx, actor, &[id]).await?.pop();
    found.ok_or_else(|| Error::refused(checks::not_found("method", "customer")))
}

/// The order counts what came back, and what is paid for without.
fn came_back(found: &mut InHand, lines: &[return_line::Model], paid_for: &[Unit]) -> Result<()> {
    let mut back: BTreeMap<Uuid, i64> = BTreeMap::new();
    for line in lines {
        let Some(id) = line.order_line_id else { continue };
        *back.entry(id).or_default() += i64::from(line.quantity_received);
    }
    let mut paid: BTreeMap<Uuid, i64> = BTreeMap::new();
    for unit in paid_for {
        *paid.entry(unit.line).or_default() += unit.quantity;
    }
    let order = found.row.order_id.ok_or(Error::Contended)?;
    let orders = found.orders.as_mut().ok_or(Error::Contended)?;
    let one: &mut OrderInHand = orders.order_mut(order).ok_or(Error::Contended)?;
    for line in &mut one.lines {
        let of = |map: &BTreeMap<Uuid, i64>| map.get(&line.id).copied().unwrap_or(0);
        let units = of(&back).max(of(&paid));
        if units > 0 {
            let all = i64::from(line.quantity_returned) + units;
            line.quantity_returned = column(all.min(standing(line)));
        }
    }
    Ok(())
}

/// What a return was worth when it was settled; none before.
pub(super) fn settled(row: &return_row::Model) -> Option<Quote> {
    serde_json::from_value(row.resolved_quote.clone()?).ok()
}
