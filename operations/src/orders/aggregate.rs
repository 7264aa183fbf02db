//! Orders in hand: one order, or several that share a fulfillment, with all that belongs to them.
//!
//! An operation loads what it changes, locked; changes quantities, holds and work; and writes it. What follows
//! from that is derived here and nowhere else: counts of the lines, totals, payments, the hold of the system,
//! the work that waits for holds, the four states, and the stock that moves.

use super::backorders;
use super::list::search;
use super::promise::Schedules;
use super::sql;
use super::state::Facts;
use super::supply::Supplies;
use super::totals;
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::credit::spend::spend;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::fulfillment::sql as work_sql;
use crate::fulfillment::state::{self as machine, Step};
use crate::invoices::document::Item;
use crate::invoices::issue::Drafted;
use crate::ledger::costs;
use crate::ledger::entry::Books;
use crate::payments::purse::{Purse, Spent};
use crate::payments::read as payments;
use crate::stock::ledger::{self, Move};
use crate::stock::sql as stock;
use crate::store::{Batch, WriteTx};
use crate::timers::{self, Job};
use entities::enums::{
    ActorKind, CancelReason, CapturePolicy, DeliveryMethod, FulfillmentState, HoldReason,
    MovementKind, OrderFlagCode, OrderState,
};
use entities::{
    credit, fulfillment, fulfillment_line, fulfillment_order, order, order_adjustment, order_flag,
    order_hold, order_line, parcel, parcel_line,
};
use sea_orm::{ActiveEnum, ModelTrait};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use time::OffsetDateTime;
use uuid::Uuid;

/// A row, and how it stands in the database, if it does.
#[derive(Debug, Clone)]
pub(crate) struct Tracked<T> {
    was: Option<T>,
    now: T,
}

impl<T: Clone + PartialEq> Tracked<T> {
    pub(crate) fn stored(row: T) -> Self {
        Self { was: Some(row.clone()), now: row }
    }

    pub(crate) const fn new(row: T) -> Self {
        Self { was: None, now: row }
    }

    pub(crate) const fn was(&self) -> Option<&T> {
        self.was.as_ref()
    }

    fn is_changed(&self) -> bool {
        self.was.as_ref() != Some(&self.now)
    }
}

impl<T: ModelTrait + PartialEq> Tracked<T> {
    fn write(&self, batch: &mut Batch) {
        match &self.was {
            None => batch.add(&self.now),
            Some(was) if *was != self.now => batch.save(&self.now),
            Some(_) => {}
        }
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.now
    }
}

impl<T> DerefMut for Tracked<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.now
    }
}

/// An order with its parts.
#[derive(Debug)]
pub(crate) struct OrderInHand {
    pub(crate) row: Tracked<order::Model>,
    pub(crate) lines: Vec<Tracked<order_line::Model>>,
    pub(crate) adjustments: Vec<order_adjustment::Model>,
    adjustments_were: Vec<order_adjustment::Model>,
    pub(crate) holds: Vec<Tracked<order_hold::Model>>,
    pub(crate) flags: Vec<order_flag::Model>,
    flags_were: Vec<order_flag::Model>,
    pub(crate) purse: Purse,
    /// Whether something about it changed that stands elsewhere.
    pub(crate) touched: bool,
    /// What is given up of what was invoiced, and why.
    pub(crate) allowance: Option<(i64, String)>,
    /// The invoice that new money is for.
    pub(crate) pays: Option<Uuid>,
    /// What is credited since goods came back.
    pub(crate) returned: Option<Returned>,
    /// What pays for other orders from now on, or comes back from there.
    pub(crate) exchanged: Vec<Exchanged>,
}

/// What was paid for an order, and pays for another one from now on; a negative amount comes back from there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchanged {
    /// The payment of the other order, or the step of it that gives back.
    pub(crate) source: Uuid,
    /// How much.
    pub(crate) minor: i64,
}

/// What is credited since goods came back.
#[derive(Debug)]
pub(crate) struct Returned {
    /// By the invoice that is corrected.
    pub(crate) credits: Vec<(Uuid, Vec<Item>)>,
    /// Why, as the documents say it.
    pub(crate) reason: String,
    /// The credit that the customer gets instead of money, with its entry, and how much.
    pub(crate) store_credit: Option<(credit::Model, Uuid, i64)>,
}

/// A fulfillment with its lines.
#[derive(Debug)]
pub(crate) struct WorkInHand {
    pub(crate) row: Tracked<fulfillment::Model>,
    pub(crate) orders: Vec<Uuid>,
    /// The orders that it serves in the database.
    pub(super) orders_were: Vec<Uuid>,
    pub(crate) lines: Vec<Tracked<fulfillment_line::Model>>,
    /// Lines that nothing is left of.
    dropped: Vec<fulfillment_line::Model>,
    /// Lines that went to other work.
    pub(super) moved: Vec<fulfillment_line::Model>,
    pub(crate) parcels: Vec<Tracked<parcel::Model>>,
    pub(crate) parcel_lines: Vec<Tracked<parcel_line::Model>>,
    /// Parcels that were unpacked.
    unpacked: Vec<Uuid>,
}

/// Stock that moved by itself: it left, was not found, or is damaged.
#[derive(Debug)]
pub(crate) struct Physical {
    pub(crate) variant: Uuid,
    pub(crate) location: Uuid,
    pub(crate) order: Uuid,
    pub(crate) sku: String,
    pub(crate) kind: MovementKind,
    pub(crate) on_hand: i64,
    pub(crate) damaged: i64,
    /// Of what the order had reserved.
    pub(crate) reserved: i64,
    pub(crate) reason: Option<String>,
}

/// Units of an order that had been fetched from the shelf and are not needed any longer.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) variant: Uuid,
    pub(crate) location: Uuid,
    pub(crate) order: Uuid,
    pub(crate) sku: String,
    pub(crate) units: i64,
}

impl Fetched {
    /// What is not put back into the shelf is not sold any more: it counts as damaged.
    pub(crate) fn set_aside(&self, reason: &str) -> Physical {
        Physical {
            variant: self.variant,
            location: self.location,
            order: self.order,
            sku: self.sku.clone(),
            kind: MovementKind::Damage,
            on_hand: 0,
            damaged: self.units,
            reserved: -self.units,
            reason: Some(reason.to_owned()),
        }
    }
}

/// Orders and the work on them, while an operation changes them.
#[derive(Debug, Default)]
pub(crate) struct Aggregate {
    pub(crate) orders: Vec<OrderInHand>,
    pub(crate) work: Vec<WorkInHand>,
    pub(crate) physical: Vec<Physical>,
    /// Goods that came back, and where they go.
    pub(crate) goods: Vec<Move>,
    /// The shipment that captures pay for.
    pub(crate) shipment: Option<Uuid>,
    /// Stock that came or went otherwise in the same transaction, by variant and location.
    pub(crate) freed: BTreeMap<(Uuid, Uuid), i64>,
    pub(super) events: Vec<NewEvent>,
    /// When locations work, once that was looked up.
    pub(crate) schedules: Option<Schedules>,
    /// Variants at locations that somebody waits for until there is room again, and when that is.
    pub(crate) retries: BTreeSet<(Uuid, Uuid, OffsetDateTime)>,
    /// When and where units that lines wait for are to come: by line and variant.
    pub(super) expected: BTreeMap<(Uuid, Uuid), (OffsetDateTime, Uuid)>,
    /// Where anything is to come that somebody waits for.
    pub(super) expecting_at: BTreeSet<Uuid>,
    /// What was loaded for planning, by channel.
    pub(super) supplies: BTreeMap<Uuid, Supplies>,
    /// Sizes of work that the log was told of.
    sizes_told: BTreeMap<Uuid, i64>,
    /// The books that are open, by channel.
    pub(super) books: BTreeMap<Uuid, Books>,
    /// Documents without a number yet, with the channel of each.
    pub(super) invoices: Vec<(Uuid, Drafted)>,
    /// What they leave to be paid.
    pub(super) dues: Vec<entities::invoice_due::Model>,
}

/// Units of one line: promised in all, and those among them that left.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    promised: i64,
    left: i64,
}

/// A quantity as a column holds it.
pub(crate) fn units(quantity: i64) -> i32 {
    i32::try_from(quantity).unwrap_or(i32::MAX)
}

/// What one unit of a line consumes: variants and units; a plain one itself.
pub(crate) fn parts(line: &order_line::Model) -> Vec<(Uuid, i64)> {
    let frozen = line.components.as_ref();
    let frozen = frozen.and_then(|json| serde_json::from_value(json.clone()).ok());
    frozen.unwrap_or_else(|| line.variant_id.map(|variant| (variant, 1)).into_iter().collect())
}

/// Units of a fulfillment line that were found or are still to be looked for.
pub(crate) fn live(line: &fulfillment_line::Model) -> i64 {
    i64::from(line.quantity) - i64::from(line.quantity_short)
}

impl Aggregate {
    /// Orders by id, locked, with all orders that share work with them. Those beyond reach are left out of
    /// what is asked for, never out of what is shared.
    pub(crate) async fn load(tx: &WriteTx, ids: &[Uuid]) -> Result<Self> {
        let mut ids = work_sql::sharing(tx, ids).await?;
        ids.sort_unstable();
        ids.dedup();
        let rows = sql::lock_all(tx, &ids).await?;
        let mut lines = group(sql::lines_of(tx, &ids).await?, |row| row.order_id);
        let mut adjustments = group(sql::adjustments_of(tx, &ids).await?, |row| row.order_id);
        let mut holds = group(sql::holds_of(tx, &ids).await?, |row| row.order_id);
        let mut flags = sql::flags_of(tx, &ids).await?;
        // What concerns other orders too is raised and cleared with them.
        flags.retain(|row| row.code != OrderFlagCode::Consolidatable);
        let mut flags = group(flags, |row| row.order_id);
        let mut paid = group(payments::of_orders(tx, &ids).await?, |row| row.order_id);
        let orders: Vec<OrderInHand> = rows
            .into_iter()
            .map(|row| {
                let adjustments = adjustments.remove(&row.id).unwrap_or_default();
                let flags = flags.remove(&row.id).unwrap_or_default();
                OrderInHand {
                    lines: stored(lines.remove(&row.id)),
                    adjustments_were: adjustments.clone(),
                    adjustments,
                    holds: stored(holds.remove(&row.id)),
                    flags_were: flags.clone(),
                    flags,
                    purse: Purse::of(paid.remove(&row.id).unwrap_or_default())
                        .less(row.store_credit_minor + row.exchanged_minor),
                    touched: false,
                    allowance: None,
                    pays: None,
                    returned: None,
                    exchanged: Vec::new(),
                    row: Tracked::stored(row),
                }
            })
            .collect();
        let mut aggregate = Self { orders, ..Self::default() };
        aggregate.load_work(tx, &ids).await?;
        Ok(aggregate)
    }

    async fn load_work(&mut self, tx: &WriteTx, orders: &[Uuid]) -> Result<()> {
        let rows = work_sql::of_orders(tx, orders).await?;
        let ids: Vec<Uuid> = rows.iter().map(|(_, row)| row.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut links: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for (fulfillment, order) in work_sql::orders_of(tx, &ids).await? {
            if !orders.contains(&order) {
                // Another order joined it before the lock was ours.
                return Err(Error::Contended);
            }
            links.entry(fulfillment).or_default().push(order);
        }
        let mut lines = group(work_sql::lines_of(tx, &ids).await?, |row| row.fulfillment_id);
        let mut seen = BTreeSet::new();
        for (_, row) in rows {
            if !seen.insert(row.id) {
                continue;
            }
            let orders = links.remove(&row.id).unwrap_or_default();
            self.work.push(WorkInHand {
                orders_were: orders.clone(),
                orders,
                lines: stored(lines.remove(&row.id)),
                dropped: Vec::new(),
                moved: Vec::new(),
                parcels: Vec::new(),
                parcel_lines: Vec::new(),
                unpacked: Vec::new(),
                row: Tracked::stored(row),
            });
        }
        Ok(())
    }

    /// The parcels of a fulfillment in hand.
    pub(crate) async fn load_parcels(&mut self, tx: &WriteTx, fulfillment: Uuid) -> Result<()> {
        let Some(work) = self.work.iter_mut().find(|work| work.row.id == fulfillment) else {
            return Ok(());
        };
        let parcels = work_sql::parcels_of(tx, &[fulfillment]).await?;
        let ids: Vec<Uuid> = parcels.iter().map(|row| row.id).collect();
        if !ids.is_empty() {
            let lines = work_sql::parcel_lines_of(tx, &ids).await?;
            work.parcel_lines = lines.into_iter().map(Tracked::stored).collect();
        }
        work.parcels = parcels.into_iter().map(Tracked::stored).collect();
        Ok(())
    }

    /// A new order.
    pub(crate) fn placed(
        order: order::Model,
        lines: Vec<order_line::Model>,
        adjustments: Vec<order_adjustment::Model>,
        purse: Purse,
    ) -> Self {
        let one = OrderInHand {
            row: Tracked::new(order),
            lines: lines.into_iter().map(Tracked::new).collect(),
            adjustments,
            adjustments_were: Vec::new(),
            holds: Vec::new(),
            flags: Vec::new(),
            flags_were: Vec::new(),
            touched: false,
            allowance: None,
            pays: None,
            returned: None,
            exchanged: Vec::new(),
            purse,
        };
        Self { orders: vec![one], ..Self::default() }
    }

    /// A draft that is written anew: its rows are replaced.
    pub(crate) fn redrafted(
        was: &order::Model,
        now: order::Model,
        lines: Vec<order_line::Model>,
        adjustments: Vec<order_adjustment::Model>,
    ) -> Self {
        let mut drafted = Self::placed(now, lines, adjustments, Purse::default());
        for one in &mut drafted.orders {
            one.row.was = Some(was.clone());
        }
        drafted
    }

    pub(crate) fn order(&self, id: Uuid) -> Option<&OrderInHand> {
        self.orders.iter().find(|one| one.row.id == id)
    }

    pub(crate) fn order_mut(&mut self, id: Uuid) -> Option<&mut OrderInHand> {
        self.orders.iter_mut().find(|one| one.row.id == id)
    }

    /// Work that is there for sure, since it was just found.
    pub(crate) fn work_mut(&mut self, id: Uuid) -> Result<&mut WorkInHand> {
        let found = self.work.iter_mut().find(|work| work.row.id == id);
        found.ok_or_else(|| Error::Internal("work that was in hand is gone".into()))
    }

    /// What happened, to be written with the rest.
    pub(crate) fn note(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// What happened to an order.
    pub(crate) fn note_order(&mut self, order: Uuid, kind: &'static EventKind, data: Json) {
        if let Some(one) = self.order(order) {
            let event = about(&one.row, kind, ("ord", order), data);
            self.events.push(event);
        }
    }

    /// What happened to a fulfillment: once for each order that it serves.
    pub(crate) fn note_work(&mut self, work: Uuid, kind: &'static EventKind, data: &Json) {
        let Some(found) = self.work.iter().find(|one| one.row.id == work) else { return };
        let mut data = data.clone();
        if let Json::Object(fields) = &mut data {
            fields.insert("number".into(), json!(found.row.number));
        }
        let location = Some(found.row.location_id);
        let of = |one: &OrderInHand| NewEvent {
            location,
            ..about(&one.row, kind, ("ful", work), data.clone())
        };
        let told: Vec<NewEvent> =
            found.orders.iter().filter_map(|id| self.order(*id)).map(of).collect();
        self.events.extend(told);
    }

    /// Takes a step of a fulfillment's machine; `None` where it cannot be taken.
    pub(crate) fn step(&mut self, work: Uuid, step: Step) -> Option<FulfillmentState> {
        let found = self.work.iter_mut().find(|one| one.row.id == work)?;
        let state = machine::next(found.row.state, step)?;
        found.row.state = state;
        Some(state)
    }

    /// Derives all that follows from what was changed.
    pub(crate) fn settle(&mut self, tx: &WriteTx) {
        self.close_emptied(tx);
        self.tell_sizes();
        for index in 0..self.orders.len() {
            self.settle_order(tx, index);
        }
        self.pass_on(tx);
        self.part_ways(tx);
        self.close_emptied(tx);
        self.tell_sizes();
        self.hold_work();
        for index in 0..self.orders.len() {
            self.promise(index, tx.now());
            self.flag(index, tx.now());
        }
    }

    /// Looks up when what is waited for is to come, and when the locations work that have to do with it.
    pub(crate) async fn load_schedules(&mut self, tx: &WriteTx) -> Result<()> {
        self.expect(tx).await?;
        let working = self.work.iter().map(|work| work.row.location_id);
        let locations: BTreeSet<Uuid> = working.chain(self.expecting_at.iter().copied()).collect();
        let known = |known: &Schedules| locations.iter().all(|id| known.knows(*id));
        if self.schedules.as_ref().is_some_and(known) || self.orders.is_empty() {
            return Ok(());
        }
        let locations: Vec<Uuid> = locations.into_iter().collect();
        self.schedules = Some(Schedules::load(tx, &locations).await?);
        Ok(())
    }

    fn settle_order(&mut self, tx: &WriteTx, index: usize) {
        let (counts, moments) = (self.counts(index), self.moments(index));
        let shipment = self.shipment;
        let Some(one) = self.orders.get_mut(index) else { return };
        let before = (*one.row).clone();
        if !before.imported && !before.draft {
            one.purse.expire(tx, &before);
            if before.cancelled_at.is_none() {
                one.purse.warn(tx, &before);
            }
        }
        one.count(&counts);
        one.price();
        one.close(tx);
        let mut told = Vec::new();
        one.hold_for_payment(tx, &mut told);
        one.hold_for_stock(tx, &mut told);
        one.hand_over_at_once(tx);
        one.take_moments(moments);
        one.pay(tx, shipment);
        one.conclude(tx, &mut told);
        let row = one.row.now.clone();
        self.events.extend(one.purse.take_events());
        self.events
            .extend(told.into_iter().map(|(kind, data)| about(&row, kind, ("ord", row.id), data)));
    }

    /// What is given back of an order that was paid with the money of another one goes on to whoever paid that one.
    fn pass_on(&mut self, tx: &WriteTx) {
        let mut from = 0;
        while from < self.orders.len() {
            let passed = self.orders.get(from).map(|one| one.purse.passed_on()).unwrap_or_default();
            from += 1;
            for (step, origin, minor) in passed {
                let Some(index) = self.orders.iter().position(|one| one.row.id == origin) else {
                    continue;
                };
                let Some(one) = self.orders.get_mut(index) else { continue };
                if one.exchanged.iter().any(|known| known.source == step) {
                    continue;
                }
                one.exchanged.push(Exchanged { source: step, minor: -minor });
                one.row.exchanged_minor -= minor;
                one.purse.converted -= minor;
                one.purse.refund(tx, &one.row.now, minor);
                self.settle_order(tx, index);
                // That one may have been paid with the money of a third.
                from = from.min(index);
            }
        }
    }

    /// Units of each line of an order that work stands for.
    fn counts(&self, index: usize) -> Vec<Count> {
        let Some(one) = self.orders.get(index) else { return Vec::new() };
        one.lines.iter().map(|line| self.count_of(line.id)).collect()
    }

    /// Whole units of a line: of a bundle as many as every component is there for.
    fn count_of(&self, line: Uuid) -> Count {
        Count {
            promised: self.whole_units(line, WorkInHand::counts),
            left: self.whole_units(line, WorkInHand::has_left),
        }
    }

    /// What one unit of a line consumes.
    pub(crate) fn parts(&self, line: Uuid) -> Vec<(Uuid, i64)> {
        let mut lines = self.orders.iter().flat_map(|one| &one.lines);
        lines.find(|row| row.id == line).map(|row| parts(row)).unwrap_or_default()
    }

    /// Units of one component of a line in the work that fits.
    pub(crate) fn units(
        &self,
        line: Uuid,
        variant: Uuid,
        fits: impl Fn(&WorkInHand) -> bool,
    ) -> i64 {
        let of = |share: &&Tracked<fulfillment_line::Model>| {
            share.order_line_id == Some(line) && share.variant_id == Some(variant)
        };
        let works = self.work.iter().filter(|work| fits(work));
        works.flat_map(|work| work.lines.iter().filter(of)).map(|share| live(share)).sum()
    }

    /// Whole units of a line in the work that fits.
    pub(crate) fn whole_units(&self, line: Uuid, fits: impl Fn(&WorkInHand) -> bool) -> i64 {
        let parts = self.parts(line);
        let whole = parts.iter().map(|(part, each)| self.units(line, *part, &fits) / each);
        whole.min().unwrap_or(0)
    }

    /// Units of a line of which anything is in the work that fits, be it one component.
    pub(crate) fn begun_units(&self, line: Uuid, fits: impl Fn(&WorkInHand) -> bool) -> i64 {
        let parts = self.parts(line);
        let begun =
            parts.iter().map(|(part, each)| (self.units(line, *part, &fits) + each - 1) / each);
        begun.max().unwrap_or(0)
    }

    /// What work that has not left has above what so many units of a line need, by component.
    pub(crate) fn over(&self, line: Uuid, stands: i64) -> Vec<(Uuid, i64)> {
        let over = |(part, each): (Uuid, i64)| {
            let above = self.units(line, part, WorkInHand::counts) - stands * each;
            (part, above.min(self.units(line, part, WorkInHand::reserves)).max(0))
        };
        self.parts(line).into_iter().map(over).collect()
    }

    /// Everything of a line in the work that fits, by component.
    pub(crate) fn all_units(
        &self,
        line: Uuid,
        fits: impl Fn(&WorkInHand) -> bool,
    ) -> Vec<(Uuid, i64)> {
        let all = |(part, _): (Uuid, i64)| (part, self.units(line, part, &fits));
        self.parts(line).into_iter().map(all).collect()
    }

    /// Takes units of the components of a line out of the work that fits, the least begun first, and answers with what
    /// of it had been fetched from the shelf already.
    pub(crate) fn take(
        &mut self,
        line: Uuid,
        wanted: &[(Uuid, i64)],
        fits: impl Fn(&WorkInHand) -> bool,
    ) -> Vec<Fetched> {
        let mut places: Vec<(FulfillmentState, usize)> = self
            .work
            .iter()
            .enumerate()
            .filter(|(_, work)| work.reserves() && fits(work))
            .map(|(index, work)| (work.row.state, index))
            .collect();
        places.sort_by_key(|(state, _)| machine::progress(*state));
        let mut left: BTreeMap<Uuid, i64> = wanted.iter().copied().collect();
        let mut fetched = Vec::new();
        for (_, index) in places {
            let Some(work) = self.work.get_mut(index) else { continue };
            let shares: Vec<fulfillment_line::Model> = work
                .lines
                .iter()
                .filter(|share| share.order_line_id == Some(line))
                .map(|share| share.now.clone())
                .collect();
            for share in shares {
                let Some(variant) = share.variant_id else { continue };
                let Some(open) = left.get_mut(&variant) else { continue };
                let taken = live(&share).min(*open);
                if taken <= 0 {
                    continue;
                }
                *open -= taken;
                let unfetched = live(&share) - i64::from(share.quantity_picked);
                let units = (taken - unfetched).clamp(0, taken);
                if units > 0 {
                    fetched.push(Fetched {
                        variant,
                        location: work.row.location_id,
                        order: share.order_id,
                        sku: share.sku.clone(),
                        units,
                    });
                }
                work.take_off(share.id, taken);
            }
        }
        fetched
    }

    /// Of a bundle that lost a component, the others are not needed any longer: they are given back.
    pub(crate) fn trim(&mut self, line: Uuid) {
        let over = self.over(line, self.whole_units(line, WorkInHand::counts));
        self.take(line, &over, |_| true);
    }

    /// Work of which nothing is left is called off, with its lines as they were.
    fn close_emptied(&mut self, tx: &WriteTx) {
        let mut told = Vec::new();
        for work in &mut self.work {
            let empty = work.lines.iter().all(|line| live(line) == 0);
            if !empty || !machine::reserves(work.row.state) {
                continue;
            }
            if let Some(state) = machine::next(work.row.state, Step::Cancel) {
                work.row.state = state;
                work.row.cancelled_at = Some(tx.now());
                work.lines.extend(work.dropped.drain(..).map(Tracked::stored));
                told.push(work.row.id);
            }
        }
        for work in told {
            self.note_work(work, events::FULFILLMENT_CANCELLED, &json!({}));
        }
    }

    /// Tells of new work, and of work that became larger or smaller.
    fn tell_sizes(&mut self) {
        let size = |lines: &mut dyn Iterator<Item = &fulfillment_line::Model>| -> i64 {
            lines.map(live).sum()
        };
        let mut told = Vec::new();
        for work in self.work.iter().filter(|work| machine::reserves(work.row.state)) {
            let now = size(&mut work.lines.iter().map(|line| &line.now));
            let lost = work.dropped.iter().chain(&work.moved);
            let was = size(&mut work.lines.iter().filter_map(Tracked::was).chain(lost));
            let told_before = self.sizes_told.get(&work.row.id);
            let known = told_before.is_some() || work.row.was.is_some();
            let kind = match (known, work.row.third_party) {
                (true, _) if now == told_before.copied().unwrap_or(was) => continue,
                (true, _) => events::FULFILLMENT_CHANGED,
                (false, true) => events::FULFILLMENT_OFFERED,
                (false, false) => events::FULFILLMENT_OPENED,
            };
            told.push((work.row.id, kind, now));
        }
        for (work, kind, units) in told {
            self.sizes_told.insert(work, units);
            self.note_work(work, kind, &json!({ "units": units }));
        }
    }

    /// When the first of an order's work left, and when the last arrived, once all that left did.
    fn moments(&self, index: usize) -> (Option<OffsetDateTime>, Option<OffsetDateTime>) {
        let Some(one) = self.orders.get(index) else { return (None, None) };
        let left: Vec<&WorkInHand> =
            self.work.iter().filter(|work| work.serves(one.row.id) && work.has_left()).collect();
        let shipped = left.iter().filter_map(|work| work.row.shipped_at.or(work.row.delivered_at));
        let all_arrived = left.iter().all(|work| work.row.state == FulfillmentState::Delivered);
        let arrived = left.iter().filter_map(|work| work.row.delivered_at).max();
        (shipped.min(), arrived.filter(|_| all_arrived))
    }

    /// Work that nobody has begun waits while an order in it is held, and goes on by itself.
    fn hold_work(&mut self) {
        let held: Vec<Uuid> =
            self.orders.iter().filter(|one| one.is_held()).map(|one| one.row.id).collect();
        let mut told = Vec::new();
        for work in &mut self.work {
            let waits = work.orders.iter().any(|order| held.contains(order));
            let (step, kind) = match (work.row.state, waits) {
                (FulfillmentState::Requested | FulfillmentState::Open, true) => {
                    (Step::Hold, events::FULFILLMENT_HELD)
                }
                (FulfillmentState::OnHold, false) => {
                    let offered = work.row.third_party && work.row.accepted_at.is_none();
                    let step = if offered { Step::OfferAgain } else { Step::Resume };
                    (step, events::FULFILLMENT_RESUMED)
                }
                _ => continue,
            };
            if let Some(state) = machine::next(work.row.state, step) {
                let fresh = work.row.was.is_none();
                work.row.state = state;
                // Work that begins on hold was never anything else.
                if !fresh || step != Step::Hold {
                    told.push((work.row.id, kind));
                }
            }
        }
        for (work, kind) in told {
            self.note_work(work, kind, &json!({}));
        }
    }

    /// Writes everything: rows, events, and stock last.
    pub(crate) async fn write(
        mut self,
        tx: &WriteTx,
        actor: &Actor,
        mut batch: Batch,
    ) -> Result<()> {
        self.serve_waiting(tx, &mut batch).await?;
        self.load_schedules(tx).await?;
        self.settle(tx);
        self.set_clocks(tx, &mut batch);
        self.wait_for_money(tx, &mut batch).await?;
        self.join_queues(tx).await?;
        let mut moves = self.moves(tx).await?;
        moves.append(&mut self.goods);
        self.rows(tx, actor, &mut batch).await?;
        let noted = ledger::note(tx, actor, &mut batch, &moves).await?;
        costs::book(tx, &mut batch, &noted).await?;
        batch.insert(tx).await?;
        self.spend(tx, actor).await?;
        self.index(tx).await?;
        self.queue(tx).await?;
        ledger::apply(tx, actor, noted).await?;
        self.tell_companions(tx, actor).await?;
        self.issue(tx, actor).await
    }

    /// Writes what gift cards and credit were promised, used and given back.
    pub(crate) async fn spend(&mut self, tx: &WriteTx, actor: &Actor) -> Result<()> {
        let spent = self.orders.iter_mut().flat_map(|one| one.purse.take_spent());
        let spent: Vec<Spent> = spent.collect();
        spend(tx, actor, &spent).await
    }

    /// Keeps the words by which orders are found.
    async fn index(&self, tx: &WriteTx) -> Result<()> {
        let changed: Vec<Uuid> = self
            .orders
            .iter()
            .filter(|one| one.is_found_otherwise())
            .map(|one| one.row.id)
            .collect();
        for work in &self.work {
            let new = work.parcels.iter().filter(|parcel| parcel.was.is_none());
            let numbers: Vec<String> = new
                .filter_map(|parcel| Some(parcel.tracking_key.as_ref()?.to_lowercase()))
                .collect();
            search::add(tx, &work.orders, &numbers).await?;
        }
        search::refresh(tx, &changed).await
    }

    /// Sets the clock of each order to its next moment.
    pub(crate) fn set_clocks(&mut self, tx: &WriteTx, batch: &mut Batch) {
        for (variant, location, at) in std::mem::take(&mut self.retries) {
            let job = (Job::ServeBackorders, variant);
            timers::set_with(tx, batch, job, at, backorders::lies_at(location));
        }
        let ships: Vec<Option<OffsetDateTime>> =
            self.orders.iter().map(|one| self.next_ship_by(one, tx.now())).collect();
        for (one, ships) in self.orders.iter_mut().zip(ships) {
            let now = tx.now();
            let running = one.row.review_at.filter(|at| *at > now);
            let next = one.next_moment(now).into_iter().chain(ships).min();
            if next.is_some_and(|next| running.is_none_or(|running| next < running)) {
                one.row.review_at = next;
                if let Some(next) = next {
                    timers::set(tx, batch, Job::ReviewOrder, one.row.id, next);
                }
            } else {
                one.row.review_at = running;
            }
        }
    }

    /// An order of which nothing is authorized any longer has as long to be paid as a new one.
    async fn wait_for_money(&self, tx: &WriteTx, batch: &mut Batch) -> Result<()> {
        let lost = |one: &&OrderInHand| {
            let new = one.holds.iter().any(|hold| {
                hold.was.is_none()
                    && hold.released_at.is_none()
                    && hold.reason == HoldReason::Payment
                    && hold.placed_by_kind == ActorKind::System
            });
            let placed = one.row.was().is_some_and(|was| !was.draft);
            new && placed && one.purse.funds().authorized == 0
        };
        let lost: Vec<&OrderInHand> = self.orders.iter().filter(lost).collect();
        if lost.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = lost.iter().map(|one| one.row.channel_id).collect();
        let channels = catalog::channels(tx, &ids).await?;
        for one in lost {
            let channel = channels.iter().find(|channel| channel.id == one.row.channel_id);
            if let Some(seconds) = channel.and_then(|one| one.unpaid_expires_after_seconds) {
                let due = tx.now() + time::Duration::seconds(seconds.into());
                timers::set(tx, batch, Job::ExpireUnpaidOrder, one.row.id, due);
            }
        }
        Ok(())
    }

    /// Adds every row that changed, and what happened, to what the transaction writes.
    pub(crate) async fn rows(
        &mut self,
        tx: &WriteTx,
        actor: &Actor,
        batch: &mut Batch,
    ) -> Result<()> {
        let now = tx.now();
        self.book(tx, batch).await?;
        for one in &mut self.orders {
            one.write(tx, batch, now).await?;
        }
        let orders = &self.orders;
        let placed_at =
            |id: Uuid| orders.iter().find(|one| one.row.id == id).map(|one| one.row.placed_at);
        for work in &mut self.work {
            work.write(tx, batch, placed_at).await?;
        }
        for event in self.events.drain(..) {
            events::record(tx, actor, batch, event);
        }
        Ok(())
    }

    /// What changed of an order, for the audit log.
    pub(crate) fn difference(&self, order: Uuid) -> Json {
        self.order(order).map_or(Json::Null, |one| audit::difference(one.row.was(), &one.row.now))
    }

    /// Units that the work reserves: by variant, location and order.
    fn reserved<'a>(
        works: impl Iterator<Item = (&'a fulfillment::Model, Vec<&'a fulfillment_line::Model>)>,
    ) -> BTreeMap<(Uuid, Uuid, Uuid), (i64, &'a str)> {
        let mut sums: BTreeMap<(Uuid, Uuid, Uuid), (i64, &str)> = BTreeMap::new();
        for (row, lines) in works {
            if !machine::reserves(row.state) {
                continue;
            }
            for line in lines {
                let Some(variant) = line.variant_id else { continue };
                let key = (variant, row.location_id, line.order_id);
                sums.entry(key).or_insert((0, &line.sku)).0 += live(line);
            }
        }
        sums
    }

    /// What the shelves do not hold any longer for these orders, or hold in addition: by variant and location.
    pub(crate) fn pending(&self) -> BTreeMap<(Uuid, Uuid), i64> {
        let mut free = self.freed.clone();
        let (before, after) = (self.reserved_before(), self.reserved_now());
        for ((variant, location, _), (units, _)) in &before {
            *free.entry((*variant, *location)).or_default() += units;
        }
        for ((variant, location, _), (units, _)) in &after {
            *free.entry((*variant, *location)).or_default() -= units;
        }
        for one in &self.physical {
            *free.entry((one.variant, one.location)).or_default() += one.on_hand - one.damaged;
        }
        free
    }

    fn reserved_before(&self) -> BTreeMap<(Uuid, Uuid, Uuid), (i64, &str)> {
        Self::reserved(self.work.iter().filter_map(|work| {
            let lost = work.dropped.iter().chain(&work.moved);
            let lines = work.lines.iter().filter_map(Tracked::was).chain(lost).collect();
            Some((work.row.was()?, lines))
        }))
    }

    fn reserved_now(&self) -> BTreeMap<(Uuid, Uuid, Uuid), (i64, &str)> {
        Self::reserved(
            self.work
                .iter()
                .map(|work| (&work.row.now, work.lines.iter().map(|line| &line.now).collect())),
        )
    }

    /// The moves of stock that follow: what moved by itself, and what is promised now and was not, or was.
    pub(crate) async fn moves(&self, tx: &WriteTx) -> Result<Vec<Move>> {
        let (before, after) = (self.reserved_before(), self.reserved_now());
        let mut promised: BTreeMap<(Uuid, Uuid, Uuid), (i64, &str)> = BTreeMap::new();
        for (sums, sign) in [(&after, 1), (&before, -1)] {
            for (key, (units, sku)) in sums {
                promised.entry(*key).or_insert((0, sku)).0 += sign * units;
            }
        }
        for one in &self.physical {
            let key = (one.variant, one.location, one.order);
            promised.entry(key).or_insert((0, &one.sku)).0 -= one.reserved;
        }
        promised.retain(|_, (units, _)| *units != 0);
        let keys: BTreeSet<(Uuid, Uuid)> = promised
            .keys()
            .map(|key| (key.0, key.1))
            .chain(self.physical.iter().map(|one| (one.variant, one.location)))
            .collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let variants: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let locations: Vec<Uuid> = keys.iter().map(|key| key.1).collect();
        let levels: BTreeMap<(Uuid, Uuid), _> = stock::levels(tx, &variants, &locations)
            .await?
            .into_iter()
            .map(|level| ((level.variant_id, level.location_id), level))
            .collect();
        let missing = || Error::Internal("work is planned where no stock was ever".into());
        let mut moves = Vec::new();
        let mut lies: BTreeMap<Uuid, i64> = BTreeMap::new();
        for one in &self.physical {
            let level = levels.get(&(one.variant, one.location)).ok_or_else(missing)?;
            let sellable =
                lies.entry(level.id).or_insert(level.on_hand - level.damaged - level.quality_hold);
            // What nobody found was not there: the books may have known that already.
            let searched = one.kind == MovementKind::Adjust;
            let on_hand = if searched { one.on_hand.max(-*sellable) } else { one.on_hand };
            if *sellable + on_hand - one.damaged < 0 {
                let message =
                    format!("only {sellable} of {} lie there: correct the stock first", one.sku);
                let refusal = Refusal::new(RefusalCode::OutOfStock, "fulfillmentId", message);
                return Err(Error::refused(refusal));
            }
            *sellable += on_hand - one.damaged;
            moves.push(Move {
                kind: one.kind,
                on_hand,
                damaged: one.damaged,
                reason: one.reason.clone(),
                ..Move::promise(level, &one.sku, one.reserved, ("ord", one.order))
            });
        }
        for ((variant, location, order), (units, sku)) in promised {
            let level = levels.get(&(variant, location)).ok_or_else(missing)?;
            moves.push(Move::promise(level, sku, units, ("ord", order)));
        }
        Ok(moves)
    }
}

impl OrderInHand {
    /// Holds that stand.
    pub(crate) fn open_holds(&self) -> impl Iterator<Item = &Tracked<order_hold::Model>> {
        self.holds.iter().filter(|hold| hold.released_at.is_none())
    }

    /// Whether any hold stands.
    pub(crate) fn is_held(&self) -> bool {
        self.open_holds().next().is_some()
    }

    fn rows(&self) -> impl Iterator<Item = &order_line::Model> + Clone {
        self.lines.iter().map(|line| &line.now)
    }

    pub(crate) fn facts(&self) -> Facts {
        Facts::of(&self.row, self.rows(), self.purse.funds())
    }

    /// Where it stands as a whole, by what is known now.
    pub(crate) fn state(&self) -> OrderState {
        self.facts().states().order
    }

    /// Whether it waits for anything to happen: neither a draft nor ended.
    pub(crate) fn is_open(&self) -> bool {
        self.state() == OrderState::Open
    }

    /// Places a hold.
    pub(crate) fn hold(
        &mut self,
        tx: &WriteTx,
        (kind, id): (ActorKind, Option<Uuid>),
        reason: HoldReason,
        note: Option<String>,
    ) -> Uuid {
        let row = order_hold::Model {
            id: tx.id(),
            order_id: self.row.id,
            reason,
            note,
            placed_at: tx.now(),
            placed_by_kind: kind,
            placed_by_id: id,
            released_at: None,
            released_by_kind: None,
            released_by_id: None,
            order_placed_at: self.row.placed_at,
        };
        let id = row.id;
        self.holds.push(Tracked::new(row));
        id
    }

    /// A history keeps its counts; all others have those of the work on them.
    fn count(&mut self, counts: &[Count]) {
        if self.row.imported || self.row.draft {
            return;
        }
        if self.is_digital() {
            // Nothing of it lies on a shelf, whatever did before.
            for line in &mut self.lines {
                line.quantity_reserved = 0;
                line.quantity_backordered = 0;
            }
            return;
        }
        for (line, count) in self.lines.iter_mut().zip(counts) {
            let standing = totals::standing(line);
            line.quantity_fulfilled = units(count.left);
            line.quantity_reserved = units(count.promised - count.left);
            line.quantity_backordered = units((standing - count.promised).max(0));
        }
    }

    /// Whether nothing of it leaves a shelf.
    pub(crate) fn is_digital(&self) -> bool {
        self.row.delivery_method == DeliveryMethod::Digital
    }

    /// Totals follow where quantities, prices or adjustments changed.
    pub(super) fn price(&mut self) {
        let priced = |line: &order_line::Model| {
            (
                line.quantity,
                line.quantity_cancelled,
                line.unit_price_minor,
                line.frozen_quantity,
                line.frozen_discount_minor,
                line.tax_rate_ppm,
            )
        };
        let same = self.lines.iter().all(|line| line.was().map(priced) == Some(priced(line)));
        if self.row.was.is_none() || (same && self.adjustments == self.adjustments_were) {
            return;
        }
        let mut lines: Vec<&mut order_line::Model> =
            self.lines.iter_mut().map(|line| &mut line.now).collect();
        totals::reprice(&mut self.row.now, &mut lines, &mut self.adjustments);
    }

    /// An order of which nothing stands and nothing left is cancelled as a whole.
    fn close(&mut self, tx: &WriteTx) {
        let nothing = self.rows().all(|line| totals::standing(line) == 0);
        let changed = self.lines.iter().any(Tracked::is_changed);
        if nothing && changed && !self.row.draft && !self.lines.is_empty() {
            self.row.cancelled_at = self.row.cancelled_at.or(Some(tx.now()));
            self.row.cancel_reason = self.row.cancel_reason.or(Some(CancelReason::Other));
        }
    }

    /// Whether what is obtained covers what is owed.
    fn is_covered(&self) -> bool {
        self.purse.funds().authorized - self.purse.returned()
            >= self.row.grand_total_minor - self.row.credited_minor
    }

    /// The system holds what is neither paid, authorized nor on terms, and releases it.
    fn hold_for_payment(&mut self, tx: &WriteTx, told: &mut Vec<(&'static EventKind, Json)>) {
        let waiting =
            self.rows().any(|line| totals::standing(line) > i64::from(line.quantity_fulfilled));
        let needed = self.is_open()
            && waiting
            && !self.row.imported
            && self.row.payment_terms_days.is_none()
            && !self.is_covered();
        self.hold_while(tx, HoldReason::Payment, needed, told);
    }

    /// The system holds what is not to be split until all of it is there.
    fn hold_for_stock(&mut self, tx: &WriteTx, told: &mut Vec<(&'static EventKind, Json)>) {
        let waits = self.rows().any(|line| line.quantity_backordered > 0);
        let whole = !self.row.allow_split && !self.row.imported && !self.row.draft;
        let needed = whole && waits && self.is_open();
        self.hold_while(tx, HoldReason::Stock, needed, told);
    }

    /// A hold of the system stands while it is needed.
    fn hold_while(
        &mut self,
        tx: &WriteTx,
        reason: HoldReason,
        needed: bool,
        told: &mut Vec<(&'static EventKind, Json)>,
    ) {
        let own = |hold: &&mut Tracked<order_hold::Model>| {
            hold.released_at.is_none()
                && hold.reason == reason
                && hold.placed_by_kind == ActorKind::System
        };
        let standing = self.holds.iter_mut().find(own);
        match (standing, needed) {
            (None, true) => {
                let system = (ActorKind::System, None);
                let id = self.hold(tx, system, reason, None);
                told.push(hold_told(events::ORDER_HELD, id, reason));
            }
            (Some(hold), false) => {
                release(tx, hold, (ActorKind::System, None));
                told.push(hold_told(events::ORDER_RELEASED, hold.id, reason));
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    /// What is digital is handed over as soon as nothing holds it.
    fn hand_over_at_once(&mut self, tx: &WriteTx) {
        if !self.is_digital() || self.row.imported || self.is_held() || !self.is_open() {
            return;
        }
        for line in &mut self.lines {
            line.quantity_fulfilled = units(totals::standing(line));
        }
        self.row.shipped_at = self.row.shipped_at.or(Some(tx.now()));
        self.row.delivered_at = self.row.delivered_at.or(Some(tx.now()));
    }

    fn take_moments(
        &mut self,
        (shipped, arrived): (Option<OffsetDateTime>, Option<OffsetDateTime>),
    ) {
        if self.is_digital() {
            return;
        }
        let all_left =
            self.rows().all(|line| i64::from(line.quantity_fulfilled) >= totals::standing(line));
        let arrived = arrived.filter(|_| all_left);
        if self.row.imported {
            self.row.shipped_at = self.row.shipped_at.or(shipped);
            self.row.delivered_at = self.row.delivered_at.or(arrived);
        } else {
            self.row.shipped_at = shipped;
            self.row.delivered_at = arrived;
        }
    }

    /// What left is captured, what is owed no longer is given back, and what nobody needs is released.
    fn pay(&mut self, tx: &WriteTx, shipment: Option<Uuid>) {
        let left = |line: &order_line::Model| i64::from(line.quantity_fulfilled);
        let left_before: i64 = self.lines.iter().filter_map(Tracked::was).map(left).sum();
        let left_now: i64 = self.rows().map(left).sum();
        let repriced =
            self.row.was().is_some_and(|row| row.grand_total_minor != self.row.grand_total_minor);
        // What stands is worth another cent when the rest is cancelled.
        let shipped = left_now > left_before || (left_now > 0 && repriced);
        // Once: what a provider refused is not asked for again by itself.
        let approved = self.is_beyond_doubt()
            && (self.row.approved_at.is_none() || self.purse.has_new_authorization());
        if self.row.capture == CapturePolicy::Approval && approved {
            let value = self.row.grand_total_minor - self.row.credited_minor;
            let due = value - self.purse.taken() + self.purse.returned();
            if due > 0 {
                self.purse.capture(tx, &self.row.now, due, None);
            }
        } else if shipped && self.row.capture != CapturePolicy::Manual {
            let value = totals::value_of_what_left(&self.row, self.rows());
            let value = value - self.row.credited_minor;
            let due = value - self.purse.taken() + self.purse.returned();
            if due > 0 {
                self.purse.capture(tx, &self.row.now, due, shipment);
            }
        }
        let owed_before = self.row.was().map_or(0, |row| row.grand_total_minor);
        let less = owed_before - self.row.grand_total_minor;
        // What was given back in this transaction already, settled before, is not given back again.
        let given = self.purse.given_back();
        let kept = self.purse.taken() - (self.purse.returned() - given);
        // What is owed back already is for people to decide on: goods came back, or a refund failed.
        let kept = kept - self.purse.owed(self.row.refund_due_minor);
        let over = kept - (self.row.grand_total_minor - self.row.credited_minor);
        // What was paid too much is the customer's question until nothing is owed at all.
        let target = if self.row.cancelled_at.is_some() { over } else { less.min(over) };
        if target > given && self.row.was.is_some() {
            self.purse.refund(tx, &self.row.now, target - given);
        }
        let owed = self.row.grand_total_minor - self.row.credited_minor;
        let all_left = self.rows().all(|line| left(line) >= totals::standing(line));
        if !self.row.draft && !self.row.imported {
            if self.row.cancelled_at.is_some() {
                self.purse.release(tx, &self.row.now);
            } else if all_left
                && left_now > 0
                && self.row.capture != CapturePolicy::Manual
                && self.purse.taken() - self.purse.returned() >= owed
            {
                // A transfer that was promised is still to come; what a provider did not give may be asked for again.
                self.purse.release_authorized(tx, &self.row.now);
            }
        }
        self.row.paid_minor = self.purse.captured();
        self.row.refunded_minor = self.purse.refunded();
    }

    /// Whether it is found by other words than before.
    fn is_found_otherwise(&self) -> bool {
        let found_by = |row: &order::Model| (row.email_key.clone(), row.phone_key.clone());
        self.row.was().map(found_by) != Some(found_by(&self.row))
            || self.row.was().map(|row| row.customer_id) != Some(self.row.customer_id)
            || self.lines.iter().any(|line| line.was.is_none())
    }

    /// Whether nobody doubts that it is to be delivered, and that it will be paid.
    fn is_beyond_doubt(&self) -> bool {
        let doubted = self
            .open_holds()
            .any(|hold| matches!(hold.reason, HoldReason::RiskReview | HoldReason::Payment));
        !doubted && !self.row.imported && !self.row.draft && self.row.cancelled_at.is_none()
    }

    /// The states, and the moments at which they were first reached.
    fn conclude(&mut self, tx: &WriteTx, told: &mut Vec<(&'static EventKind, Json)>) {
        let states = self.facts().states();
        let ended = matches!(states.order, OrderState::Completed | OrderState::Cancelled);
        if ended {
            for hold in self.holds.iter_mut().filter(|hold| hold.released_at.is_none()) {
                release(tx, hold, (ActorKind::System, None));
                told.push(hold_told(events::ORDER_RELEASED, hold.id, hold.reason));
            }
        }
        let open = states.order == OrderState::Open || states.order == OrderState::Completed;
        if open && self.is_beyond_doubt() && self.row.approved_at.is_none() {
            self.row.approved_at = Some(tx.now());
            told.push((events::ORDER_APPROVED, json!({})));
        }
        self.row.on_hold = self.is_held();
        self.row.state = states.order;
        self.row.fulfillment_state = states.fulfillment;
        self.row.payment_state = states.payment;
        self.row.return_state = states.returns;
        if states.order == OrderState::Completed {
            if self.row.completed_at.is_none() {
                self.row.completed_at = Some(tx.now());
                told.push((events::ORDER_COMPLETED, json!({})));
            }
        } else {
            self.row.completed_at = None;
        }
    }

    async fn write(&mut self, tx: &WriteTx, batch: &mut Batch, now: OffsetDateTime) -> Result<()> {
        let beside = self.touched
            || self.lines.iter().any(Tracked::is_changed)
            || self.holds.iter().any(Tracked::is_changed)
            || self.adjustments != self.adjustments_were;
        // What the time alone changes is nobody's change.
        let timeless = |row: &order::Model| order::Model {
            expected_at: None,
            at_risk: false,
            review_at: None,
            ..row.clone()
        };
        let changed = self.row.was().is_some_and(|was| timeless(was) != timeless(&self.row.now));
        if self.row.was.is_some() && (changed || beside) {
            self.row.version += 1;
            self.row.updated_at = now;
        }
        self.row.write(batch);
        let placed_at = self.row.placed_at;
        for line in &mut self.lines {
            if line.order_placed_at != placed_at {
                line.order_placed_at = placed_at;
            }
            line.write(batch);
        }
        for hold in &self.holds {
            hold.write(batch);
        }
        self.write_adjustments(tx, batch).await?;
        self.write_flags(tx, batch).await?;
        self.purse.write(tx, batch);
        Ok(())
    }

    async fn write_flags(&self, tx: &WriteTx, batch: &mut Batch) -> Result<()> {
        let stands = |code| self.flags.iter().any(|row| row.code == code);
        let gone: Vec<OrderFlagCode> =
            self.flags_were.iter().map(|row| row.code).filter(|code| !stands(*code)).collect();
        sql::remove_flags(tx, self.row.id, &gone).await?;
        for row in &self.flags {
            match self.flags_were.iter().find(|was| was.code == row.code) {
                None => batch.add(row),
                Some(was) if was != row => batch.save(row),
                Some(_) => {}
            }
        }
        Ok(())
    }

    async fn write_adjustments(&self, tx: &WriteTx, batch: &mut Batch) -> Result<()> {
        let stands = |id: Uuid| self.adjustments.iter().any(|row| row.id == id);
        let gone: Vec<Uuid> =
            self.adjustments_were.iter().map(|row| row.id).filter(|id| !stands(*id)).collect();
        sql::remove_adjustments(tx, &gone).await?;
        for row in &self.adjustments {
            match self.adjustments_were.iter().find(|was| was.id == row.id) {
                None => batch.add(row),
                Some(was) if was != row => batch.save(row),
                Some(_) => {}
            }
        }
        Ok(())
    }
}

impl WorkInHand {
    /// New work at a location.
    pub(crate) fn new(row: fulfillment::Model, order: Uuid) -> Self {
        Self {
            row: Tracked::new(row),
            orders: vec![order],
            orders_were: Vec::new(),
            lines: Vec::new(),
            dropped: Vec::new(),
            moved: Vec::new(),
            parcels: Vec::new(),
            parcel_lines: Vec::new(),
            unpacked: Vec::new(),
        }
    }

    /// Whether its units are promised and have not left.
    pub(crate) fn reserves(&self) -> bool {
        machine::reserves(self.row.state)
    }

    /// Whether its units have left.
    pub(crate) fn has_left(&self) -> bool {
        machine::has_left(self.row.state)
    }

    /// Whether its units stand for units of the order.
    pub(crate) fn counts(&self) -> bool {
        self.reserves() || self.has_left()
    }

    /// Whether nobody has begun with it, a third party neither, so that it can be changed.
    pub(crate) fn is_changeable(&self) -> bool {
        machine::is_untouched(self.row.state)
            && self.row.accepted_at.is_none()
            && self.row.cancel_requested_at.is_none()
    }

    /// Whether it is being done or has left.
    pub(crate) fn is_begun(&self) -> bool {
        self.counts() && !self.is_changeable()
    }

    /// Whether it does anything for an order.
    pub(crate) fn serves(&self, order: Uuid) -> bool {
        self.orders.contains(&order)
            && self.lines.iter().any(|line| line.order_id == order && live(line) > 0)
    }

    /// Opens every parcel.
    pub(crate) fn unpack(&mut self) {
        self.unpacked.extend(self.parcels.iter().filter_map(Tracked::was).map(|row| row.id));
        self.parcels.clear();
        self.parcel_lines.clear();
    }

    /// Takes units off a line; a line of which nothing is left goes.
    pub(crate) fn take_off(&mut self, line: Uuid, quantity: i64) {
        let Some(index) = self.lines.iter().position(|one| one.id == line) else { return };
        let Some(one) = self.lines.get_mut(index) else { return };
        one.quantity = units(i64::from(one.quantity) - quantity);
        one.quantity_picked = one.quantity_picked.min(units(live(one)).max(0));
        if one.quantity <= 0 {
            let gone = self.lines.remove(index);
            self.dropped.extend(gone.was);
        }
    }

    async fn write(
        &mut self,
        tx: &WriteTx,
        batch: &mut Batch,
        placed_at: impl Fn(Uuid) -> Option<OffsetDateTime>,
    ) -> Result<()> {
        let stored = self.row.was.is_some();
        let beside = self.lines.iter().any(Tracked::is_changed)
            || !self.dropped.is_empty()
            || !self.moved.is_empty()
            || self.orders != self.orders_were
            || self.parcels.iter().any(Tracked::is_changed);
        if stored && (self.row.is_changed() || beside) {
            self.row.version += 1;
        }
        self.row.write(batch);
        for order in self.orders.iter().filter(|id| !self.orders_were.contains(id)) {
            let order_placed_at = placed_at(*order).unwrap_or(self.row.created_at);
            let (fulfillment_id, location_id) = (self.row.id, self.row.location_id);
            let order_id = *order;
            batch.add(&fulfillment_order::Model {
                fulfillment_id,
                order_id,
                location_id,
                order_placed_at,
            });
        }
        let left = self.orders_were.iter().filter(|id| !self.orders.contains(id));
        work_sql::unlink(tx, self.row.id, &left.copied().collect::<Vec<Uuid>>()).await?;
        for line in &self.lines {
            line.write(batch);
        }
        for parcel in &self.parcels {
            parcel.write(batch);
        }
        for line in &self.parcel_lines {
            line.write(batch);
        }
        let gone = self.dropped.iter().chain(&self.moved);
        let gone: Vec<Uuid> = gone.map(|line| line.id).collect();
        work_sql::remove_lines(tx, &gone).await?;
        work_sql::remove_parcels(tx, &self.unpacked).await
    }
}

/// An event of an order.
pub(crate) fn about(
    order: &order::Model,
    kind: &'static EventKind,
    subject: (&'static str, Uuid),
    data: Json,
) -> NewEvent {
    NewEvent {
        order: Some(order.id),
        customer: order.customer_id,
        channel: Some(order.channel_id),
        ..NewEvent::new(kind, subject, data)
    }
}

/// What an event of a hold says.
pub(crate) fn hold_told(
    kind: &'static EventKind,
    hold: Uuid,
    reason: HoldReason,
) -> (&'static EventKind, Json) {
    (kind, json!({ "holdId": hold, "reason": reason.to_value() }))
}

/// Ends a hold.
pub(crate) fn release(
    tx: &WriteTx,
    hold: &mut order_hold::Model,
    (kind, id): (ActorKind, Option<Uuid>),
) {
    hold.released_at = Some(tx.now());
    hold.released_by_kind = Some(kind);
    hold.released_by_id = id;
}

fn stored<T: Clone + PartialEq>(rows: Option<Vec<T>>) -> Vec<Tracked<T>> {
    rows.unwrap_or_default().into_iter().map(Tracked::stored).collect()
}

fn group<T>(rows: Vec<T>, owner: fn(&T) -> Uuid) -> BTreeMap<Uuid, Vec<T>> {
    let mut groups: BTreeMap<Uuid, Vec<T>> = BTreeMap::new();
    for row in rows {
        groups.entry(owner(&row)).or_default().push(row);
    }
    groups
}
