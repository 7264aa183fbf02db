//! Orders that wait for stock: first come, first served, by the promise that was made. Whatever stock becomes
//! free is dealt out to them in the same transaction, before anybody else can take it.

use super::aggregate::{Aggregate, OrderInHand, Tracked};
use super::sql;
use super::supply::{Choice, Want};
use crate::actor::{Actor, Reach};
use crate::error::Result;
use crate::stock::ledger::{self, Move};
use crate::store::{Batch, WriteTx};
use crate::timers::{self, Job};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Orders that one transaction serves; a clock goes on with the rest at once.
const TOGETHER: usize = 25;

impl Aggregate {
    /// Deals out what became free to those who wait for it.
    pub(super) async fn serve_waiting(&mut self, tx: &WriteTx, batch: &mut Batch) -> Result<()> {
        let pending = self.pending();
        let freed =
            pending.iter().filter(|(_, units)| **units > 0).map(|((variant, _), _)| *variant);
        let variants: BTreeSet<Uuid> = freed.collect();
        self.serve_those_who_want(tx, batch, &variants.into_iter().collect::<Vec<Uuid>>()).await
    }

    async fn serve_those_who_want(
        &mut self,
        tx: &WriteTx,
        batch: &mut Batch,
        variants: &[Uuid],
    ) -> Result<()> {
        if variants.is_empty() {
            return Ok(());
        }
        let waiting = sql::waiting_for(tx, variants).await?;
        let mut queue: Vec<Uuid> = Vec::new();
        let mut lines: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for (order, line) in waiting {
            if !queue.contains(&order) {
                queue.push(order);
            }
            lines.entry(order).or_default().insert(line);
        }
        let more = queue.len() > TOGETHER;
        queue.truncate(TOGETHER);
        self.adopt(tx, &queue).await?;
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
        if more {
            for variant in variants {
                timers::set(tx, batch, Job::ServeBackorders, *variant, tx.now());
            }
        }
        Ok(())
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
    /// Puts the orders that wait into the queue, and takes those out that wait no longer.
    pub(super) async fn queue(&self, tx: &WriteTx) -> Result<()> {
        let waits = |one: &OrderInHand| one.lines.iter().any(|line| line.quantity_backordered > 0);
        let waited = |one: &OrderInHand| {
            one.lines.iter().filter_map(Tracked::was).any(|line| line.quantity_backordered > 0)
        };
        let changed = self.orders.iter().filter(|one| waits(one) || waited(one));
        let ids: Vec<Uuid> = changed.map(|one| one.row.id).collect();
        sql::queue_backorders(tx, &ids).await
    }
}

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
        *freed += one.on_hand - one.reserved - one.damaged;
    }
    ledger::note(tx, actor, &mut batch, &moves);
    waiting.serve_waiting(tx, &mut batch).await?;
    waiting.load_schedules(tx).await?;
    waiting.settle(tx);
    waiting.set_clocks(tx, &mut batch);
    let promised = waiting.moves(tx).await?;
    waiting.rows(tx, actor, &mut batch).await?;
    ledger::note(tx, actor, &mut batch, &promised);
    moves.extend(promised);
    batch.insert(tx).await?;
    waiting.queue(tx).await?;
    ledger::apply(tx, &moves).await?;
    waiting.tell_companions(tx, actor).await
}

/// Goes on where one transaction stopped: serves those who wait for a variant with whatever lies there.
pub(crate) async fn serve(tx: &WriteTx, actor: &Actor, variant: Uuid) -> Result<()> {
    let mut waiting = Aggregate::default();
    let mut batch = Batch::default();
    waiting.serve_those_who_want(tx, &mut batch, &[variant]).await?;
    waiting.write(tx, actor, batch).await
}
