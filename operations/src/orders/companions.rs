//! Open orders of one customer to one address that could ship together: found, told of, and parted again.

use super::aggregate::{Aggregate, OrderInHand, Tracked, WorkInHand, about};
use super::sql::{self, Companion};
use crate::actor::Actor;
use crate::error::Result;
use crate::events;
use crate::fulfillment::state as machine;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::{Batch, Db, WriteTx};
use entities::enums::{DeliveryMethod, FulfillmentState, OrderFlagCode, OrderState};
use entities::{fulfillment, fulfillment_line, order, order_flag};
use sea_orm::ActiveEnum;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use time::Duration;
use uuid::Uuid;

/// Orders placed within this time of each other are thought of as one.
pub(crate) const WINDOW: Duration = Duration::hours(24);

/// Whose orders, and where to.
pub(crate) type Household = (Uuid, String);

/// What makes an order one of those that could ship with others.
#[derive(Debug, PartialEq, Eq)]
struct Open {
    household: Household,
    service: Option<String>,
    /// Work that nobody has begun, and where.
    work: BTreeSet<(Uuid, Uuid)>,
}

/// Whether work could still be shared.
pub(crate) fn is_shareable(row: &fulfillment::Model) -> bool {
    matches!(row.state, FulfillmentState::Requested | FulfillmentState::Open)
        && row.accepted_at.is_none()
        && row.cancel_requested_at.is_none()
}

/// Whose order, and where to; none where it could not ship with another.
pub(crate) fn household(row: &order::Model) -> Option<Household> {
    let open = row.state == OrderState::Open && !row.on_hold && !row.imported;
    let ships = open && row.delivery_method == DeliveryMethod::Ship;
    Some((row.customer_id.filter(|_| ships)?, row.address_key.clone()?))
}

fn open(row: &order::Model, work: BTreeSet<(Uuid, Uuid)>) -> Option<Open> {
    let household = household(row).filter(|_| !work.is_empty())?;
    Some(Open { household, service: row.delivery_service.clone(), work })
}

impl Aggregate {
    /// Raises and clears `CONSOLIDATABLE` for the orders in hand and those that they could ship with. It comes last:
    /// what other transactions did for the same household is seen then.
    pub(crate) async fn tell_companions(&self, tx: &WriteTx, actor: &Actor) -> Result<()> {
        let mut households: BTreeMap<Household, Vec<Uuid>> = BTreeMap::new();
        for one in &self.orders {
            let (was, now) = (self.open_before(one), self.open_now(one));
            if was == now {
                continue;
            }
            for open in [was, now].into_iter().flatten() {
                households.entry(open.household).or_default().push(one.row.id);
            }
        }
        for (household, own) in households {
            tx.lock(&format!("household {} {}", household.0, household.1)).await?;
            tell(tx, actor, &household, &own).await?;
        }
        Ok(())
    }

    fn open_before(&self, one: &OrderInHand) -> Option<Open> {
        let was = one.row.was()?;
        let rows = self.work.iter().filter(|work| work.orders_were.contains(&was.id));
        let rows = rows.filter_map(|work| work.row.was());
        let work = rows.filter(|row| is_shareable(row)).map(|row| (row.location_id, row.id));
        open(was, work.collect())
    }

    fn open_now(&self, one: &OrderInHand) -> Option<Open> {
        let rows = self.work.iter().filter(|work| work.orders.contains(&one.row.id));
        let rows = rows.map(|work| &*work.row).filter(|row| is_shareable(row));
        open(&one.row, rows.map(|row| (row.location_id, row.id)).collect())
    }

    /// An order that is held, or of which nothing is left, no longer ships with the others, while nobody has begun.
    pub(super) fn part_ways(&mut self, tx: &WriteTx) {
        for index in 0..self.work.len() {
            let Some(work) = self.work.get(index) else { return };
            if work.orders.len() < 2 || !work.reserves() {
                continue;
            }
            if !machine::is_untouched(work.row.state) || work.row.accepted_at.is_some() {
                // What is in hand goes on; an order of which nothing is left in it has no part in it.
                let (stay, leave): (Vec<Uuid>, Vec<Uuid>) =
                    work.orders.iter().partition(|id| work.serves(**id));
                if let Some(work) = self.work.get_mut(index)
                    && !stay.is_empty()
                    && !leave.is_empty()
                {
                    work.orders = stay;
                }
                continue;
            }
            let stays = |id: &Uuid| {
                let held = self.order(*id).is_some_and(OrderInHand::is_held);
                !held && work.lines.iter().any(|line| line.order_id == *id)
            };
            let (stay, leave): (Vec<Uuid>, Vec<Uuid>) =
                work.orders.iter().partition(|id| stays(id));
            for group in self.parted(index, &stay, &leave) {
                self.move_out(tx, index, &group);
            }
        }
    }

    /// Who moves out of shared work: whoever does not stay, each alone; or, where the work has the number of one of
    /// them, all others.
    fn parted(&self, index: usize, stay: &[Uuid], leave: &[Uuid]) -> Vec<Vec<Uuid>> {
        if leave.is_empty() {
            return Vec::new();
        }
        let number = self.work.get(index).map_or("", |work| work.row.number.as_str());
        let owns = |id: &&Uuid| {
            self.order(**id).is_some_and(|one| number.starts_with(&format!("{}-", one.row.number)))
        };
        let owner = leave.iter().find(owns);
        let mut groups: Vec<Vec<Uuid>> =
            leave.iter().filter(|id| Some(*id) != owner).map(|id| vec![*id]).collect();
        if owner.is_some() && !stay.is_empty() {
            groups.push(stay.to_vec());
        }
        groups
    }

    /// Moves the lines of orders from shared work into work of their own.
    fn move_out(&mut self, tx: &WriteTx, index: usize, orders: &[Uuid]) {
        let Some(first) = orders.first() else { return };
        let number = self.next_number(*first);
        let Some(work) = self.work.get_mut(index) else { return };
        work.orders.retain(|id| !orders.contains(id));
        let row = fulfillment::Model { id: tx.id(), version: 1, number, ..(*work.row).clone() };
        let mut own = WorkInHand::new(row, *first);
        own.orders = orders.to_vec();
        work.hand_over(tx, &mut own, |line| orders.contains(&line.order_id));
        if own.lines.is_empty() {
            return;
        }
        let (old, new) = (work.row.number.clone(), own.row.id);
        self.work.push(own);
        self.note_work(new, events::FULFILLMENT_PARTED, &json!({ "from": old }));
    }
}

impl WorkInHand {
    /// Moves lines into other work.
    pub(crate) fn hand_over(
        &mut self,
        tx: &WriteTx,
        other: &mut Self,
        which: impl Fn(&fulfillment_line::Model) -> bool,
    ) {
        let (gone, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.lines).into_iter().partition(|line| which(line));
        self.lines = kept;
        for line in gone {
            other.take_over(tx, (*line).clone());
            self.moved.extend(line.was().cloned());
        }
    }

    /// A line of other work, done here from now on.
    pub(crate) fn take_over(&mut self, tx: &WriteTx, line: fulfillment_line::Model) {
        let position = self.lines.iter().map(|row| row.position + 1).max().unwrap_or(0);
        let (id, fulfillment_id) = (tx.id(), self.row.id);
        let row = fulfillment_line::Model { id, fulfillment_id, position, ..line };
        self.lines.push(Tracked::new(row));
    }
}

/// Those that could ship together: each with the numbers of the others.
fn together(open: &[Companion]) -> BTreeMap<Uuid, BTreeSet<&str>> {
    let mut found: BTreeMap<Uuid, BTreeSet<&str>> = BTreeMap::new();
    for one in open {
        let fits = |other: &&Companion| {
            other.order != one.order
                && other.fulfillment != one.fulfillment
                && other.location == one.location
                && other.service == one.service
                && (other.placed_at - one.placed_at).abs() <= WINDOW
        };
        for other in open.iter().filter(fits) {
            found.entry(one.order).or_default().insert(&other.number);
        }
    }
    found
}

fn explain(numbers: &BTreeSet<&str>) -> String {
    let numbers: Vec<&str> = numbers.iter().copied().collect();
    format!("Could ship together with {}.", numbers.join(", "))
}

/// Brings the flags of a household up to date, and those of orders that may have left it.
async fn tell(tx: &WriteTx, actor: &Actor, household: &Household, own: &[Uuid]) -> Result<()> {
    let code = OrderFlagCode::Consolidatable;
    let open = sql::companions(tx, household).await?;
    let wanted = together(&open);
    let flags = sql::companion_flags(tx, household, own).await?;
    let gone: Vec<Uuid> =
        flags.iter().map(|flag| flag.order_id).filter(|id| !wanted.contains_key(id)).collect();
    let flag_of = |id: Uuid| flags.iter().find(|flag| flag.order_id == id);
    let new: Vec<Uuid> = wanted.keys().copied().filter(|id| flag_of(*id).is_none()).collect();
    let told: Vec<Uuid> = gone.iter().chain(&new).copied().collect();
    let rows = if told.is_empty() { Vec::new() } else { sql::by_id(tx, &told).await? };
    sql::clear_flag(tx, code, &gone).await?;
    let mut batch = Batch::default();
    for (order_id, numbers) in &wanted {
        let explanation = explain(numbers);
        let raised_at = flag_of(*order_id).map_or_else(|| tx.now(), |flag| flag.raised_at);
        let placed = open.iter().find(|one| one.order == *order_id);
        let order_placed_at = placed.map_or_else(|| tx.now(), |one| one.placed_at);
        let order_id = *order_id;
        let flag = order_flag::Model { order_id, code, raised_at, explanation, order_placed_at };
        if flag_of(order_id) != Some(&flag) {
            batch.save(&flag);
        }
    }
    for row in rows {
        let (kind, data) = match wanted.get(&row.id) {
            None => (events::FLAG_CLEARED, json!({ "code": code.to_value() })),
            Some(numbers) => {
                let data = json!({ "code": code.to_value(), "explanation": explain(numbers) });
                (events::FLAG_RAISED, data)
            }
        };
        events::record(tx, actor, &mut batch, about(&row, kind, ("ord", row.id), data));
    }
    batch.insert(tx).await
}

/// Orders that could ship together, the first placed first.
#[derive(Debug, Clone)]
pub struct Group {
    /// At least two.
    pub orders: Vec<order::Model>,
    /// Parcels that would not be sent.
    pub saved_parcels: usize,
}

/// By the id of the first order of each group, which is the order in which they were placed.
const GROUPS: Order = Order::by_id("o.id", false);

/// A page of groups; with locations those that wait there.
pub async fn candidates(
    db: &Db,
    actor: &Actor,
    locations: Option<&[Uuid]>,
    page: &PageArgs,
) -> Result<Rows<Group>> {
    actor.require(Permission::OrdersRead)?;
    let page = page.check(GROUPS)?;
    let leaders = sql::leading(db, actor, locations, page.sql(GROUPS)).await?;
    let kin = |row: &order::Model| {
        (row.customer_id, row.address_key.clone(), row.delivery_service.clone().unwrap_or_default())
    };
    let customers: Vec<Uuid> = leaders.iter().filter_map(|row| row.customer_id).collect();
    let addresses: Vec<&str> =
        leaders.iter().filter_map(|row| row.address_key.as_deref()).collect();
    let (mut all, mut work) = (Vec::new(), Vec::new());
    if !leaders.is_empty() {
        all = sql::in_households(db, actor, (&customers, &addresses), locations).await?;
        let ids: Vec<Uuid> = all.iter().map(|row| row.id).collect();
        work = sql::shareable(db, &ids).await?;
    }
    let rows = page.finish(leaders, |row| Cursor::new(SortValue::Id, row.id));
    Ok(rows.map(|leader| {
        let orders: Vec<order::Model> =
            all.iter().filter(|row| kin(row) == kin(&leader)).cloned().collect();
        let own = work.iter().filter(|(id, _, _)| orders.iter().any(|row| row.id == *id));
        let mut places: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for (_, fulfillment, location) in own {
            places.entry(*location).or_default().insert(*fulfillment);
        }
        let saved_parcels = places.values().map(|works| works.len() - 1).sum();
        Group { orders, saved_parcels }
    }))
}

/// How many groups there are.
pub async fn candidates_count(db: &Db, actor: &Actor, locations: Option<&[Uuid]>) -> Result<i64> {
    actor.require(Permission::OrdersRead)?;
    sql::count_leading(db, actor, locations).await
}
