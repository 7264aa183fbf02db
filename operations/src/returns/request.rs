//! `returnRequest` and `returnQuote`: what a customer declares, whether a policy allows it, and what it is worth.

use super::policy;
use super::quote::{self, Quote, Sum, Unit, Worths};
use super::sql;
use super::{blank, blank_line, days};
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::orders::aggregate::{Aggregate, units as column};
use crate::orders::follow_up::{self, Offer, Wish};
use crate::orders::{in_hand, read as orders};
use crate::permissions::Permission;
use crate::store::{Batch, Db, Store, WriteTx};
use entities::enums::{OrderState, RefundTrigger, ReturnKind, ReturnReason, ReturnState};
use entities::{
    order, order_adjustment, order_line, payment, return_line, return_policy, return_row,
};
use jiff::tz::TimeZone;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use uuid::Uuid;

/// Lines of one return at most.
const MAX_LINES: usize = 100;
/// Addresses of evidence of one line at most.
const MAX_EVIDENCE: usize = 20;

/// Units of a line that are to come back.
#[derive(Debug, Clone, Serialize)]
pub struct LineInput {
    /// The line of the order.
    pub order_line_id: Uuid,
    /// How many.
    pub quantity: i32,
    /// Why.
    #[serde(serialize_with = "crate::as_column")]
    pub reason: ReturnReason,
    /// What the customer says.
    pub comment: Option<String>,
    /// Pictures and the like.
    pub evidence_urls: Vec<String>,
    /// What is wanted instead.
    pub exchange_for_sku: Option<String>,
}

/// What a customer declares.
#[derive(Debug, Clone, Serialize)]
pub struct RequestReturn {
    /// The order.
    pub order_id: Uuid,
    /// What is wanted.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: ReturnKind,
    /// What is to come back.
    pub lines: Vec<LineInput>,
    /// What is said of it.
    pub comment: Option<String>,
    /// When the customer declared it; now where it is left out.
    pub requested_at: Option<OffsetDateTime>,
    /// Of a claim: the parcel that went wrong.
    pub parcel_id: Option<Uuid>,
    /// Where the goods are to go.
    pub location_id: Option<Uuid>,
    /// Whether it is taken though no policy allows it.
    pub override_policy: bool,
}

/// What a declaration comes to.
#[derive(Debug, Clone)]
pub struct Appraisal {
    /// The policy that decides.
    pub policy: Option<return_policy::Model>,
    /// What it is worth.
    pub quote: Quote,
    /// Why it is not allowed.
    pub refusals: Vec<Refusal>,
    /// The currency of the amounts.
    pub currency: String,
    /// What is wanted instead, for each line of the input that wants something.
    pub(super) offer: Offer,
}

/// What is known of an order.
pub(super) struct Facts<'a> {
    pub(super) order: &'a order::Model,
    pub(super) lines: &'a [order_line::Model],
    pub(super) adjustments: &'a [order_adjustment::Model],
    pub(super) payments: &'a [payment::Model],
}

/// What is wanted instead.
fn sku(line: &LineInput) -> Option<&str> {
    line.exchange_for_sku.as_deref().map(str::trim).filter(|sku| !sku.is_empty())
}

/// Checks what needs no database.
fn check(command: &RequestReturn, faults: &mut Faults, now: OffsetDateTime) {
    checks::optional(faults, "comment", command.comment.as_deref(), 2_000);
    if command.lines.is_empty() || command.lines.len() > MAX_LINES {
        let message = format!("takes 1 to {MAX_LINES} lines");
        faults.add(RefusalCode::LimitExceeded, "lines", message);
    }
    if command.requested_at.is_some_and(|at| at > now + time::Duration::minutes(5)) {
        faults.add(RefusalCode::Invalid, "requestedAt", "lies in the future");
    }
    let exchange = command.kind == ReturnKind::Exchange;
    if exchange && !command.lines.is_empty() && command.lines.iter().all(|line| sku(line).is_none())
    {
        let message = "an exchange says of one line at least what is wanted instead";
        faults.add(RefusalCode::Required, "lines.0.exchangeForSku", message);
    }
    for (index, line) in command.lines.iter().enumerate() {
        let field = |name: &str| format!("lines.{index}.{name}");
        if !exchange && sku(line).is_some() {
            let message = "comes with the kind EXCHANGE, and only with it";
            faults.add(RefusalCode::Invalid, &field("exchangeForSku"), message);
        }
        if line.quantity < 1 {
            faults.add(RefusalCode::Invalid, &field("quantity"), "is at least 1");
        }
        checks::optional(faults, &field("comment"), line.comment.as_deref(), 2_000);
        if line.evidence_urls.len() > MAX_EVIDENCE {
            let message = format!("takes at most {MAX_EVIDENCE} addresses");
            faults.add(RefusalCode::LimitExceeded, &field("evidenceUrls"), message);
        }
        for (place, address) in line.evidence_urls.iter().enumerate() {
            let is_web = address.starts_with("https://") || address.starts_with("http://");
            if !is_web || address.len() > 2_000 || address.contains(char::is_whitespace) {
                let message = "is an address that begins with https:// or http://";
                faults.add(RefusalCode::Invalid, &field(&format!("evidenceUrls.{place}")), message);
            }
        }
    }
}

/// Says what a return would be worth, and whether a policy allows it, before anyone asks for it.
pub async fn return_quote(db: &Db, actor: &Actor, command: &RequestReturn) -> Result<Appraisal> {
    actor.require(Permission::ReturnsRead)?;
    let mut faults = Faults::default();
    check(command, &mut faults, db.now());
    faults.check()?;
    let missing = || Error::refused(checks::not_found("orderId", "order"));
    let id = command.order_id;
    if !orders::is_in_reach(db, actor, id).await? {
        return Err(missing());
    }
    check_places(db, actor, command).await?;
    let order = orders::plain(db, id).await?.ok_or_else(missing)?;
    let lines = orders::lines_of(db, &[id]).await?;
    let adjustments = orders::adjustments_of(db, &[id]).await?;
    let payments = crate::payments::sql::of_orders(db, &[id]).await?;
    let facts =
        Facts { order: &order, lines: &lines, adjustments: &adjustments, payments: &payments };
    appraise(db, &facts, command).await
}

/// Appraises a declaration: all that keeps it from being taken, and what it is worth all the same.
pub(super) async fn appraise(
    db: &Db,
    facts: &Facts<'_>,
    command: &RequestReturn,
) -> Result<Appraisal> {
    let order = facts.order;
    let mut faults = Faults::default();
    let open = sql::open_units(db, order.id).await?;
    let final_sale = sql::final_sale(db, order.id).await?;
    let is_claim = command.kind == ReturnKind::Claim;
    let mut wanted: BTreeMap<Uuid, i64> = BTreeMap::new();
    let (mut units, mut wants) = (Vec::new(), Vec::new());
    for (index, input) in command.lines.iter().enumerate() {
        let field = |name: &str| format!("lines.{index}.{name}");
        let Some(line) = facts.lines.iter().find(|line| line.id == input.order_line_id) else {
            faults.push(checks::not_found(&field("orderLineId"), "order line"));
            continue;
        };
        let quantity = i64::from(input.quantity);
        let asked = wanted.entry(line.id).or_default();
        *asked += quantity;
        // What has not left is called off instead; what is on its way back already does not come twice.
        let gone = i64::from(line.quantity_returned) + open.get(&line.id).copied().unwrap_or(0);
        let left = i64::from(line.quantity_fulfilled) - gone;
        if *asked > left {
            let message = format!("{} of {} can come back", left.max(0), line.sku);
            faults.push(
                Refusal::new(RefusalCode::AmountExceeded, &field("quantity"), message)
                    .with_details(json!({ "sku": line.sku, "most": left.max(0) })),
            );
        }
        if !is_claim && final_sale.contains(&line.id) {
            let message = format!("{} is sold for good", line.sku);
            faults.add(RefusalCode::PolicyViolation, &field("orderLineId"), message);
        }
        let exchanged = sku(input).is_some();
        units.push(Unit { line: line.id, quantity, reason: input.reason, exchanged });
        wants.extend(sku(input).map(|sku| (units.len() - 1, field("exchangeForSku"), line, sku)));
    }
    if order.draft || order.state == OrderState::Cancelled && order.shipped_at.is_none() {
        let message = "nothing of it was sent";
        faults.add(RefusalCode::StateConflict, "orderId", message);
    }
    if command.kind == ReturnKind::Exchange && !order.in_books {
        let message = "the order was not sold here: give its money back";
        faults.add(RefusalCode::StateConflict, "kind", message);
    }
    let policy = decide(db, facts, command, &mut faults).await?;
    let worths = Worths::load(db, order, facts.lines, facts.adjustments).await?;
    let of = (facts.lines, &worths);
    let value =
        |instead: Sum| quote::quote(order, of, policy.as_ref(), (&units, instead), facts.payments);
    let mut quote = value(Sum::default());
    let mut offer = Offer::default();
    if !wants.is_empty() {
        let mut wishes = Vec::new();
        for (unit, field, instead_of, sku) in wants {
            let (asked, worth): (&Unit, &Sum) = match (units.get(unit), quote.units.get(unit)) {
                (Some(asked), Some(worth)) => (asked, worth),
                _ => continue,
            };
            let (quantity, gross, tax) = (column(asked.quantity), worth.gross, worth.tax);
            wishes.push(Wish { field, sku, quantity, instead_of, gross, tax });
        }
        offer = follow_up::offer(db, order, &wishes, &mut faults).await?;
        quote = value(Sum { gross: offer.total, tax: offer.tax });
    }
    let refusals = match faults.check() {
        Ok(()) => Vec::new(),
        Err(Error::Refused(refusals)) => refusals,
        Err(error) => return Err(error),
    };
    Ok(Appraisal { policy, quote, refusals, currency: order.currency.clone(), offer })
}

/// The policy that decides, and why it does not allow what is declared. A claim needs none: it is about what went wrong.
async fn decide(
    db: &Db,
    facts: &Facts<'_>,
    command: &RequestReturn,
    faults: &mut Faults,
) -> Result<Option<return_policy::Model>> {
    let order = facts.order;
    let found = policy::of_order(db, order).await?;
    if command.kind == ReturnKind::Claim {
        return Ok(found.into_iter().next());
    }
    let zone = zone_of(db, order).await?;
    let holidays = sql::holidays(db, order.country_code.as_deref()).await?;
    let declared = command.requested_at.unwrap_or_else(|| db.now());
    let mut first: Option<(&return_policy::Model, Vec<Refusal>)> = None;
    for policy in &found {
        let mut own = Faults::default();
        within(policy, (order, declared), (&zone, &holidays), &mut own);
        for (index, line) in command.lines.iter().enumerate() {
            let field = |name: &str| format!("lines.{index}.{name}");
            if !policy::takes(policy, line.reason) {
                let reason = line.reason.to_value();
                let message = format!("{reason} is no reason of \"{}\"", policy.name);
                own.add(RefusalCode::PolicyViolation, &field("reason"), message);
            }
            if policy::needs_evidence(policy, line.reason) && line.evidence_urls.is_empty() {
                let message = format!("\"{}\" asks for a picture", policy.name);
                own.add(RefusalCode::Required, &field("evidenceUrls"), message);
            }
        }
        match own.check() {
            Ok(()) => return Ok(Some(policy.clone())),
            Err(Error::Refused(refusals)) => {
                first = first.or(Some((policy, refusals)));
            }
            Err(error) => return Err(error),
        }
    }
    // None allows it: what is said is what the one says that would have decided.
    let Some((policy, refusals)) = first else {
        let message = "no return policy matches the order";
        faults.add(RefusalCode::PolicyViolation, "orderId", message);
        return Ok(None);
    };
    for refusal in refusals {
        faults.push(refusal);
    }
    Ok(Some(policy.clone()))
}

/// Whether the window is open: it opens with the delivery of the last parcel.
fn within(
    policy: &return_policy::Model,
    (order, declared): (&order::Model, OffsetDateTime),
    (zone, holidays): (&TimeZone, &BTreeSet<String>),
    faults: &mut Faults,
) {
    let Some(delivered) = order.delivered_at else { return };
    let delivered = days::day(delivered, zone);
    let last = days::last_day(delivered, policy.window_days, policy.statutory, holidays);
    let Some(last) = last else { return };
    if days::day(declared, zone) > last {
        let message =
            format!("the {} days of \"{}\" ended on {last}", policy.window_days, policy.name);
        faults.push(
            Refusal::new(RefusalCode::PolicyViolation, "requestedAt", message)
                .with_details(json!({ "lastDay": last.to_string() })),
        );
    }
}

/// The customer's place.
pub(super) async fn zone_of(db: &Db, order: &order::Model) -> Result<TimeZone> {
    let company = sql::company_zone(db, order.channel_id).await?;
    Ok(days::zone(order.country_code.as_deref(), company.as_deref().unwrap_or("UTC")))
}

/// Takes a declaration and answers with the id of the return.
pub async fn return_request(
    store: &Store,
    call: Call<'_>,
    command: &RequestReturn,
) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    if command.override_policy {
        call.actor.require(Permission::RefundsWrite)?;
    }
    let mut faults = Faults::default();
    check(command, &mut faults, store.read().now());
    faults.check()?;
    once(
        store,
        call,
        "returnRequest",
        command,
        |tx| async move { ask(&tx, call.actor, command).await },
    )
    .await
}

/// Where the goods are to go, and the parcel that went wrong.
async fn check_places(db: &Db, actor: &Actor, command: &RequestReturn) -> Result<()> {
    let mut faults = Faults::default();
    if let Some(id) = command.location_id
        && (!actor.reach.has_location(id)
            || crate::catalog::sql::locations(db, &[id]).await?.is_empty())
    {
        faults.push(checks::not_found("locationId", "location"));
    }
    if let Some(id) = command.parcel_id
        && !sql::is_parcel_of(db, id, command.order_id).await?
    {
        faults.push(checks::not_found("parcelId", "parcel"));
    }
    faults.check()
}

async fn ask(tx: &WriteTx, actor: &Actor, command: &RequestReturn) -> Result<Uuid> {
    let mut held: Aggregate = in_hand::take(tx, actor, command.order_id, None).await?;
    check_places(tx, actor, command).await?;
    let one = held.order(command.order_id).ok_or(Error::Contended)?;
    let lines: Vec<order_line::Model> = one.lines.iter().map(|line| (**line).clone()).collect();
    let facts = Facts {
        order: &one.row,
        lines: &lines,
        adjustments: &one.adjustments,
        payments: one.purse.payments(),
    };
    let found = appraise(tx, &facts, command).await?;
    let overridden = overridden(&found.refusals, command.override_policy)?;
    let declared = command.requested_at.unwrap_or_else(|| tx.now());
    let zone = zone_of(tx, facts.order).await?;
    let policy = found.policy.as_ref();
    let new = blank(tx, actor, (ReturnState::Requested, command.kind)).await?;
    let row = return_row::Model {
        order_id: Some(facts.order.id),
        customer_id: facts.order.customer_id,
        channel_id: Some(facts.order.channel_id),
        policy_id: policy.map(|policy| policy.id),
        location_id: command.location_id,
        currency: Some(facts.order.currency.clone()),
        comment: trimmed(command.comment.as_deref()),
        requested_at: crate::clock::truncate(declared),
        refund_due_at: policy
            .filter(|policy| policy.refund_trigger == RefundTrigger::Declaration)
            .and_then(|policy| {
                let from = days::day(declared, &zone);
                days::end_of_day_after(from, policy.refund_within_days, &zone)
            }),
        // By law the money may wait for the goods, or for the proof that they were sent.
        paused_since: policy.filter(|policy| policy.statutory).map(|_| tx.now()),
        overridden,
        outbound_parcel_id: command.parcel_id,
        exchange_total_minor: found.offer.total,
        exchange_tax_minor: found.offer.tax,
        ..new
    };
    let mut batch = Batch::default();
    batch.add(&row);
    let mut offered = found.offer.goods.iter();
    for (position, input) in (0..).zip(&command.lines) {
        let line = lines.iter().find(|line| line.id == input.order_line_id);
        let line = line.ok_or(Error::Contended)?;
        let instead = sku(input).and_then(|_| offered.next());
        let new = blank_line(tx, row.id, position, (&line.sku, input.quantity));
        batch.add(&return_line::Model {
            order_line_id: Some(line.id),
            variant_id: line.variant_id,
            reason: input.reason,
            comment: trimmed(input.comment.as_deref()),
            evidence_urls: json!(input.evidence_urls),
            exchange_variant_id: instead.map(|good| good.variant),
            exchange_sku: instead.map(|good| good.sku.clone()),
            exchange_unit_minor: instead.map(|good| good.unit_minor),
            exchange_discount_minor: instead.map(|good| good.discount_minor),
            ..new
        });
    }
    let units = command.lines.iter().map(|line| i64::from(line.quantity)).sum();
    let event = requested(&row, units);
    audit::record(tx, actor, &mut batch, Some(event.subject), &audit::difference(None, &row));
    let id = row.id;
    if let Some(one) = held.order_mut(command.order_id) {
        one.row.returns_asked += 1;
    }
    held.note(event);
    held.write(tx, actor, batch).await?;
    Ok(id)
}

pub(super) fn trimmed(text: Option<&str>) -> Option<String> {
    checks::optional(&mut Faults::default(), "", text, usize::MAX)
}

/// Whether a policy is overridden: what it forbids may be, what cannot be may not.
fn overridden(refusals: &[Refusal], may: bool) -> Result<bool> {
    let of_policy = |refusal: &&Refusal| {
        matches!(refusal.code, RefusalCode::PolicyViolation | RefusalCode::Required)
    };
    let firm = refusals.iter().any(|refusal| !of_policy(&refusal));
    if refusals.is_empty() {
        return Ok(false);
    }
    if may && !firm {
        return Ok(true);
    }
    Err(Error::Refused(refusals.to_vec()))
}

/// That something is to come back, for the log.
pub(super) fn requested(row: &return_row::Model, units: i64) -> NewEvent {
    let data = json!({
        "number": row.number,
        "kind": row.kind.to_value(),
        "units": units,
        "overridden": row.overridden,
    });
    told(row, events::RETURN_REQUESTED, data)
}

/// What happened to a return, for the log.
pub(super) fn told(
    row: &return_row::Model,
    kind: &'static events::EventKind,
    data: serde_json::Value,
) -> NewEvent {
    NewEvent {
        order: row.order_id,
        customer: row.customer_id,
        channel: row.channel_id,
        location: row.location_id,
        ..NewEvent::new(kind, ("ret", row.id), data)
    }
}
