//! `stockCountClose`: what was counted is what lies there, from now on.

use super::state::Step;
use super::{WhichCount, event, sql, take};
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::orders::backorders;
use crate::permissions::Permission;
use crate::stock::ledger::Move;
use crate::stock::lines;
use crate::stock::value::share;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{ActorKind, MovementKind};
use entities::{location, stock_count, stock_count_line, stock_level};
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Differences that one transaction takes over at most.
pub const MAX_DIFFERENCES: usize = 1_000;
/// Differences of which all together are worth more than this need a second person, where the location says nothing else.
const APPROVAL_ABOVE: Decimal = Decimal::from_parts(500, 0, 0, false, 0);

/// Closes a count: the differences become movements, what was not counted stays as it is. Answers with its id.
pub async fn close(store: &Store, call: Call<'_>, command: &WhichCount) -> Result<Uuid> {
    call.actor.require(Permission::StockWrite)?;
    once(store, call, "stockCountClose", command, |tx| take_over(tx, call.actor, command)).await
}

async fn take_over(tx: WriteTx, actor: &Actor, command: &WhichCount) -> Result<Uuid> {
    let (was, mut row) = take(&tx, actor, command.stock_count_id, Step::Close).await?;
    let refuse =
        |code, message: String| Err(Error::refused(Refusal::new(code, "stockCountId", message)));
    let (counted, right) = sql::tally(&tx, row.id).await?;
    if counted == 0 {
        let message = "nothing was counted yet: record something, or cancel it".to_owned();
        return refuse(RefusalCode::StateConflict, message);
    }
    let differences = sql::differences(&tx, row.id, MAX_DIFFERENCES).await?;
    if differences.len() > MAX_DIFFERENCES {
        let message = format!("has more than {MAX_DIFFERENCES} differences: count in parts");
        return refuse(RefusalCode::LimitExceeded, message);
    }
    let variants: Vec<Uuid> = differences.iter().map(|line| line.variant_id).collect();
    let mut fresh = Batch::default();
    let levels = lines::levels(&tx, &mut fresh, row.location_id, &variants).await?;
    insist_on_two(&tx, actor, &row, &differences, &levels).await?;
    fresh.insert(&tx).await?;
    let moves: Vec<Move> = differences
        .iter()
        .filter_map(|line| Some(correction(line, levels.get(&line.variant_id)?)))
        .collect();
    row.closed_at = Some(tx.now());
    row.lines_counted = i32::try_from(counted).unwrap_or(i32::MAX);
    row.lines_right = i32::try_from(right).unwrap_or(i32::MAX);
    let mut batch = Batch::default();
    batch.save(&row);
    let data = json!({ "counted": counted, "right": right });
    let event = event(&row, events::STOCK_COUNT_CLOSED, data);
    let change = audit::difference(Some(&was), &row);
    audit::record(&tx, actor, &mut batch, Some(event.subject), &change);
    events::record(&tx, actor, &mut batch, event);
    let id = row.id;
    backorders::move_and_serve(&tx, actor, batch, moves).await?;
    sql::mark_counted(&tx, &row).await?;
    note_worth(&tx, row).await?;
    Ok(id)
}

/// What makes a level what was counted. What is missing beyond what can be sold was among what cannot.
fn correction(line: &stock_count_line::Model, level: &stock_level::Model) -> Move {
    let on_hand = line.counted.unwrap_or(line.expected) - line.expected;
    // Fewer may lie there by now than were counted as missing.
    let on_hand = on_hand.max(-level.on_hand);
    let left = level.on_hand + on_hand;
    let quality_hold = left.min(level.quality_hold) - level.quality_hold;
    let damaged = (left - level.quality_hold - quality_hold).min(level.damaged) - level.damaged;
    Move {
        on_hand,
        damaged,
        quality_hold,
        subject: Some(("cnt", line.stock_count_id)),
        ..Move::of(level, &line.sku, MovementKind::Count)
    }
}

/// Differences of a count at a location that are worth more than this need a second person.
pub fn approval_above(location: &location::Model) -> Decimal {
    let own = location.count_approval_above.as_deref().and_then(|value| value.parse().ok());
    own.unwrap_or(APPROVAL_ABOVE)
}

/// Differences that are worth much are not taken over by whoever counted them.
async fn insist_on_two(
    tx: &WriteTx,
    actor: &Actor,
    row: &stock_count::Model,
    differences: &[stock_count_line::Model],
    levels: &BTreeMap<Uuid, stock_level::Model>,
) -> Result<()> {
    let own = |line: &stock_count_line::Model| {
        line.counted_by_kind == Some(actor.kind) && line.counted_by_id == actor.id
    };
    if actor.kind == ActorKind::System || !differences.iter().any(own) {
        return Ok(());
    }
    let location: Option<location::Model> = catalog::locations(tx, &[row.location_id]).await?.pop();
    let limit = location.as_ref().map_or(APPROVAL_ABOVE, approval_above);
    let variants: Vec<Uuid> = differences.iter().map(|line| line.variant_id).collect();
    let listed = catalog::variants(tx, &variants).await?;
    let mut worth: BTreeMap<String, Decimal> = BTreeMap::new();
    for line in differences {
        let units = (line.counted.unwrap_or(line.expected) - line.expected).abs();
        let level = levels.get(&line.variant_id);
        let owned = level.map_or(0, |level| level.on_hand + level.in_transit);
        let valued = level.filter(|_| owned > 0);
        let average = valued.and_then(|level| {
            let all = share(level.value_minor, units, owned).ok()?;
            Some((level.value_currency.clone()?, all))
        });
        let by_list = || {
            let variant = listed.iter().find(|variant| variant.id == line.variant_id)?;
            let each = variant.unit_cost_minor?;
            Some((variant.unit_cost_currency.clone()?, each.saturating_mul(units)))
        };
        if let Some((code, minor)) = average.or_else(by_list)
            && let Some(currency) = Currency::from_code(&code)
        {
            *worth.entry(code).or_default() += currency.decimal(minor);
        }
    }
    let Some((code, much)) = worth.into_iter().find(|(_, much)| *much > limit) else {
        return Ok(());
    };
    let message = format!(
        "the differences are worth {much} {code}, more than {limit}: somebody who did not count closes it"
    );
    let refusal = Refusal::new(RefusalCode::PolicyViolation, "stockCountId", message)
        .with_details(json!({ "differenceValue": much.to_string(), "limit": limit.to_string() }));
    Err(Error::refused(refusal))
}

/// What the differences were worth, as the books have it.
async fn note_worth(tx: &WriteTx, row: stock_count::Model) -> Result<()> {
    let worth = sql::worth(tx, row.id).await?;
    let (Some((currency, minor)), 1) = (worth.first(), worth.len()) else { return Ok(()) };
    let mut batch = Batch::default();
    batch.save(&stock_count::Model {
        difference_minor: currency.as_ref().map(|_| *minor),
        difference_currency: currency.clone(),
        ..row
    });
    batch.insert(tx).await
}
