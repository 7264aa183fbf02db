//! Orders that wait for stock: first come, first served, by the promise that was made. Whatever stock becomes
//! free is dealt out to them in the same transaction, before anybody else can take it.

use super::aggregate::{Aggregate, OrderInHand, Tracked, WorkInHand, parts};
use super::sql;
use super::supply::{Choice, Want};
use super::totals::standing;
use crate::actor::{Actor, Reach};
use crate::error::Result;
use crate::ledger::costs;
use crate::routing::search::{Plan, Wanted};
use crate::stock::ledger::{self, Move};
use crate::stock::sql as stock;
use crate::store::{Batch, WriteTx};
use crate::timers::{self, Job};
use entities::enums::OrderState;
use entities::{backorder, order_line};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

/// Orders that one transaction serves; a clock goes on behind them at once.
const TOGETHER: usize = 25;
/// Lines of these that are looked at together.
const LINES: usize = 200;

/// A place in the queue: what was promised, when it was placed, and the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) rank_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) placed_at: OffsetDateTime,
    pub(crate) line: Uuid,
}

impl Aggregate {
    /// Deals out what became free to those who wait for it.
    pub(super) async fn serve_waiting(&mut self, tx: &WriteTx, batch: &mut Batch) -> Result<()> {
        let pending = self.pending();
        let freed = pending.into_iter().filter(|(_, units)| *units > 0);
        let mut places: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for ((variant, location), _) in freed {
            places.entry(variant).or_default().insert(location);
        }
        self.serve_those_who_want(tx, batch, &places, None).await
    }

    async fn serve_those_who_want(
        &mut self,
        tx: &WriteTx,
        batch: &mut Batch,
        freed: &BTreeMap<Uuid, BTreeSet<Uuid>>,
        after: Option<Place>,
    ) -> Result<()> {
        if freed.is_empty() {
            return Ok(());
        }
        let variants: Vec<Uuid> = freed.keys().copied().collect();
        take_turns(tx, variants.iter().copied().collect()).await?;
        let waiting = sql::waiting_for(tx, &variants, after, LINES + 1).await?;
        let mut queue: Vec<Uuid> = Vec::new();
        let mut lines: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        let mut last = None;
        for (order, place) in waiting.iter().take(LINES) {
            if !queue.contains(order) {
                if queue.len() == TOGETHER {
                    break;
                }
                queue.push(*order);
            }
            lines.entry(*order).or_default().insert(place.line);
            last = Some(*place);
        }
        self.adopt(tx, &queue).await?;
        self.prepare(tx, &queue).await?;
        for order in &queue {
            let Some(lines) = lines.get(order) else { continue };
            let wants: Vec<Want> = self
                .waiting(*order)
                .into_iter()
                .filter(|want| lines.contains(&want.line))
                .collect();
            if !wants.is_empty() {
                self.supply(tx, &Reach::default(), *order, &wants, Choice::default()).await?;
            }
        }
        let more = last.is_some() && last != waiting.last().map(|(_, place)| *place);
        if more {
            // Nobody behind them is served from nothing.
            for (variant, locations) in self.still_free(tx, freed).await? {
                let payload = json!({ "after": last, "at": locations });
                timers::set_with(tx, batch, (Job::ServeBackorders, variant), tx.now(), payload);
            }
        }
        Ok(())
    }

    /// What of that which became free is promised to nobody yet.
    async fn still_free(
        &self,
        tx: &WriteTx,
        freed: &BTreeMap<Uuid, BTreeSet<Uuid>>,
    ) -> Result<BTreeMap<Uuid, BTreeSet<Uuid>>> {
        let variants: Vec<Uuid> = freed.keys().copied().collect();
        let mut free: BTreeMap<(Uuid, Uuid), i64> = self.pending();
        for (variant, location, units) in stock::free(tx, &variants).await? {
            *free.entry((variant, location)).or_default() += units;
        }
        let mut left = freed.clone();
        for (variant, locations) in &mut left {
            locations.retain(|place| free.get(&(*variant, *place)).is_some_and(|units| *units > 0));
        }
        left.retain(|_, locations| !locations.is_empty());
        Ok(left)
    }

    /// Takes further orders in hand.
    async fn adopt(&mut self, tx: &WriteTx, orders: &[Uuid]) -> Result<()> {
        let others: Vec<Uuid> =
            orders.iter().filter(|id| self.order(**id).is_none()).copied().collect();
        if others.is_empty() {
            return Ok(());
        }
        let more = Self::load(tx, &others).await?;
        for one in more.orders {
            if self.order(one.row.id).is_none() {
                self.orders.push(one);
            }
        }
        for work in more.work {
            if self.work.iter().all(|known| known.row.id != work.row.id) {
                self.work.push(work);
            }
        }
        Ok(())
    }
}

impl Aggregate {
    /// Whoever waits for more than before takes turns with whoever frees some.
    pub(super) async fn join_queues(&self, tx: &WriteTx) -> Result<()> {
        let waited = |line: &Tracked<order_line::Model>| {
            line.was().map_or(0, |was| was.quantity_backordered)
        };
        let lines = self.orders.iter().flat_map(|one| &one.lines);
        let more = lines.filter(|line| line.quantity_backordered > waited(line));
        let variants = more.flat_map(|line| parts(line)).map(|(variant, _)| variant);
        take_turns(tx, variants.collect()).await
    }

    /// Puts the orders that wait into the queue, and takes those out that wait no longer.
    pub(super) async fn queue(&self, tx: &WriteTx) -> Result<()> {
        let waits = |one: &OrderInHand| one.lines.iter().any(|line| line.quantity_backordered > 0);
        let waited = |one: &OrderInHand| {
            one.lines.iter().filter_map(Tracked::was).any(|line| line.quantity_backordered > 0)
        };
        let changed = self.orders.iter().filter(|one| waits(one) || waited(one));
        let ids: Vec<Uuid> = changed.map(|one| one.row.id).collect();
        sql::unqueue(tx, &ids).await?;
        let mut batch = Batch::default();
        for one in self.orders.iter().filter(|one| one.row.state == OrderState::Open) {
            for line in one.lines.iter().filter(|line| line.quantity_backordered > 0) {
                for (variant_id, each) in parts(line) {
                    let promised = self.units(line.id, variant_id, WorkInHand::counts);
                    let expected = self.expected.get(&(line.id, variant_id));
                    if promised < standing(line) * each {
                        batch.add(&backorder::Model {
                            order_line_id: line.id,
                            variant_id,
                            order_id: one.row.id,
                            rank_at: one.row.promised_by.unwrap_or(NEVER),
                            placed_at: one.row.placed_at,
                            units: standing(line) * each - promised,
                            expected_at: expected.map(|receipt| receipt.0),
                            expected_at_location_id: expected.map(|receipt| receipt.1),
                        });
                    }
                }
            }
        }
        batch.insert(tx).await
    }
}

/// Who is about to wait for stock takes turns with whoever frees some, so that neither overlooks the other. Answers
/// with whether stock may have become free meanwhile, and everything is to be planned again.
pub(super) async fn wait_in_turn(tx: &WriteTx, plan: &Plan, wanted: &[Wanted]) -> Result<bool> {
    let short = wanted.iter().zip(&plan.filled).filter(|(line, filled)| line.quantity > **filled);
    let variants: BTreeSet<Uuid> =
        short.flat_map(|(line, _)| &line.parts).map(|part| part.0).collect();
    if variants.is_empty() || !tx.is_postgres() {
        return Ok(false);
    }
    take_turns(tx, variants).await?;
    Ok(true)
}

async fn take_turns(tx: &WriteTx, variants: BTreeSet<Uuid>) -> Result<()> {
    tx.lock_in_turn(variants.iter().map(|variant| format!("variant {variant}")).collect()).await
}

/// Behind every promise.
pub(super) const NEVER: OffsetDateTime = datetime!(9999-12-31 0:00 UTC);

/// Writes moves of stock that come from elsewhere than an order, and serves those who wait for what they free.
pub(crate) async fn move_and_serve(
    tx: &WriteTx,
    actor: &Actor,
    mut batch: Batch,
    mut moves: Vec<Move>,
) -> Result<()> {
    let mut waiting = Aggregate::default();
    for one in &moves {
        let freed = waiting.freed.entry((one.variant_id, one.location_id)).or_default();
        *freed += one.freed();
    }
    waiting.serve_waiting(tx, &mut batch).await?;
    waiting.load_schedules(tx).await?;
    waiting.settle(tx);
    waiting.set_clocks(tx, &mut batch);
    let promised = waiting.moves(tx).await?;
    waiting.rows(tx, actor, &mut batch).await?;
    moves.extend(promised);
    let noted = ledger::note(tx, actor, &mut batch, &moves).await?;
    costs::book(tx, &mut batch, &noted).await?;
    batch.insert(tx).await?;
    waiting.spend(tx, actor).await?;
    waiting.queue(tx).await?;
    ledger::apply(tx, actor, noted).await?;
    waiting.tell_companions(tx, actor).await?;
    waiting.issue(tx, actor).await
}

/// Serves those who wait for a variant with what lies at a location.
pub(crate) async fn serve(
    tx: &WriteTx,
    actor: &Actor,
    (variant, location): (Uuid, Uuid),
) -> Result<()> {
    serve_behind(tx, actor, variant, &lies_at(location)).await
}

/// What a clock for those who wait is told: where something lies.
pub(crate) fn lies_at(location: Uuid) -> Json {
    json!({ "at": [location] })
}

/// Goes on where one transaction stopped.
pub(crate) async fn serve_behind(
    tx: &WriteTx,
    actor: &Actor,
    variant: Uuid,
    payload: &Json,
) -> Result<()> {
    let after = payload.get("after").cloned();
    let after: Option<Place> = after.and_then(|json| serde_json::from_value(json).ok());
    let mut waiting = Aggregate::default();
    let mut batch = Batch::default();
    let at = payload.get("at").cloned();
    let at: BTreeSet<Uuid> =
        at.and_then(|json| serde_json::from_value(json).ok()).unwrap_or_default();
    let freed = BTreeMap::from([(variant, at)]);
    waiting.serve_those_who_want(tx, &mut batch, &freed, after).await?;
    waiting.write(tx, actor, batch).await
}
