//! Stock for lines of an order: planned, and put into the work of the locations that send it.

use super::aggregate::{Aggregate, Tracked, WorkInHand, parts, units};
use super::backorders;
use super::totals::standing;
use crate::actor::Reach;
use crate::catalog::sql as catalog;
use crate::checks::Address;
use crate::error::{Error, Result};
use crate::money::Currency;
use crate::routing::search::{Plan, Routed, Share, Wanted};
use crate::routing::{Decision, Job, NO_ROOM, Point, Router, day_after};
use crate::stock::reserve::{Floor, Goods, Held};
use crate::store::WriteTx;
use entities::enums::{FulfillmentState, LocationKind};
use entities::{fulfillment, fulfillment_line, order};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use uuid::Uuid;

/// Units of one line that stock is wanted for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Want {
    pub(crate) line: Uuid,
    pub(crate) units: i64,
}

/// What somebody decided about where it comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    /// This location alone.
    pub(crate) only: Option<Uuid>,
    /// Not these.
    pub(crate) not: Vec<Uuid>,
}

/// What was found for the wants: in their order, whole units.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) routed: Routed,
}

/// Everything about an order that routing looks at.
pub(crate) fn job<'a>(order: &order::Model, choice: &'a Choice) -> Result<Job<'a>> {
    let currency = Currency::from_code(&order.currency)
        .ok_or_else(|| Error::Internal(format!("order {} has no currency", order.number)))?;
    let address = order.shipping_address.as_ref().map(Address::from_json);
    Ok(Job {
        currency,
        value: order.grand_total_minor,
        pickup: order.pickup_location_id,
        allow_split: order.allow_split,
        destination: address.as_ref().and_then(Point::of_address),
        excluded: &choice.not,
        only: choice.only,
        ..Job::of(currency)
    })
}

/// What was loaded for the orders of a channel: who sends, what, and what lies where.
#[derive(Debug)]
pub(crate) struct Supplies {
    reach: Reach,
    variants: BTreeSet<Uuid>,
    router: Router,
    goods: Goods,
    floor: Floor,
}

impl Supplies {
    async fn load(
        tx: &WriteTx,
        reach: &Reach,
        channel: Uuid,
        variants: BTreeSet<Uuid>,
    ) -> Result<Self> {
        let ids: Vec<Uuid> = variants.iter().copied().collect();
        let goods = Goods::of(tx, catalog::variants(tx, &ids).await?).await?;
        let router = Router::load(tx, reach, channel).await?;
        let floor = Floor::load(tx, &goods, &router.place_ids(), &Held::default()).await?;
        Ok(Self { reach: reach.clone(), variants, router, goods, floor })
    }

    /// What lies there may have changed meanwhile.
    async fn look_again(&mut self, tx: &WriteTx) -> Result<()> {
        let places = self.router.place_ids();
        self.floor = Floor::load(tx, &self.goods, &places, &Held::default()).await?;
        Ok(())
    }

    fn route(
        &self,
        wanted: &[Wanted],
        pending: &BTreeMap<(Uuid, Uuid), i64>,
        job: &Job<'_>,
    ) -> Routed {
        let mut floor = self.floor.clone();
        floor.free(pending);
        self.router.route(wanted, &floor, job)
    }
}

impl Aggregate {
    /// Locations that refused or failed work of an order.
    pub(crate) fn refused_by(&self, order: Uuid) -> Vec<Uuid> {
        self.work
            .iter()
            .filter(|work| work.orders.contains(&order) && work.row.failed_because.is_some())
            // What got lost on its way says nothing against where it came from.
            .filter(|work| work.row.shipped_at.is_none())
            .map(|work| work.row.location_id)
            .collect()
    }

    /// Finds stock for units of an order's lines and puts it into work; what is not found stays backordered.
    pub(crate) async fn supply(
        &mut self,
        tx: &WriteTx,
        reach: &Reach,
        order: Uuid,
        wants: &[Want],
        mut choice: Choice,
    ) -> Result<Option<Found>> {
        let Some(one) = self.order(order) else { return Ok(None) };
        let row = (*one.row).clone();
        let chosen = choice.only.is_some();
        let mut wants = wants.to_vec();
        if !chosen {
            choice.not.extend(self.refused_by(order));
            if !row.allow_split {
                choice.only = self.only_place(order, &mut wants);
            }
        }
        let (mut lines, mut wanted) = (Vec::new(), Vec::new());
        for want in &wants {
            for needed in self.needed(want) {
                lines.push(want.line);
                wanted.push(needed);
            }
        }
        let variants: BTreeSet<Uuid> =
            wanted.iter().flat_map(|one| &one.parts).map(|part| part.0).collect();
        if variants.is_empty() {
            return Ok(None);
        }
        let known = self.supplies.remove(&row.channel_id);
        let known =
            known.filter(|known| known.reach == *reach && known.variants.is_superset(&variants));
        let mut supplies = match known {
            Some(known) => known,
            None => Supplies::load(tx, reach, row.channel_id, variants).await?,
        };
        let opened = self.opened_here();
        let (used, joinable) = self.places_of(order);
        let job = Job { opened: &opened, used, joinable, ..job(&row, &choice)? };
        let pending = self.pending();
        let mut routed = supplies.route(&wanted, &pending, &job);
        if backorders::wait_in_turn(tx, &routed.plan, &wanted).await? {
            supplies.look_again(tx).await?;
            routed = supplies.route(&wanted, &pending, &job);
        }
        let Supplies { goods, router, .. } = &supplies;
        self.retry_later(router, &routed, &wanted, tx.now());
        let decision = router.decision(&routed, tx.now());
        self.assign(tx, order, (&lines, &routed.plan), (goods, router), &decision);
        self.supplies.insert(row.channel_id, supplies);
        Ok(Some(Found { routed }))
    }

    /// Loads at once what supplying these orders will look at.
    pub(super) async fn prepare(&mut self, tx: &WriteTx, orders: &[Uuid]) -> Result<()> {
        let mut wanted: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for order in orders {
            let Some(one) = self.order(*order) else { continue };
            // What is not to be split is planned anew as a whole.
            let lines = one.lines.iter().filter(|line| standing(line) > 0);
            let variants = lines.flat_map(|line| parts(line)).map(|part| part.0);
            wanted.entry(one.row.channel_id).or_default().extend(variants);
        }
        for (channel, variants) in wanted {
            let supplies = Supplies::load(tx, &Reach::default(), channel, variants).await?;
            self.supplies.insert(channel, supplies);
        }
        Ok(())
    }

    /// What units of a line still need: sets of which some components are promised already need the others alone.
    fn needed(&self, want: &Want) -> Vec<Wanted> {
        let parts = self.parts(want.line);
        if parts.is_empty() || want.units <= 0 {
            return Vec::new();
        }
        let have: Vec<i64> = parts
            .iter()
            .map(|(part, _)| self.units(want.line, *part, WorkInHand::counts))
            .collect();
        let each = |have: &i64, part: &(Uuid, i64)| have / part.1;
        let begun = |have: &i64, part: &(Uuid, i64)| (have + part.1 - 1) / part.1;
        let whole = have.iter().zip(&parts).map(|(have, part)| each(have, part)).min().unwrap_or(0);
        let begun =
            have.iter().zip(&parts).map(|(have, part)| begun(have, part)).max().unwrap_or(0);
        let last = whole + want.units;
        let mut needed: Vec<Wanted> = Vec::new();
        for set in whole + 1..=begun.min(last) {
            let missing = parts
                .iter()
                .zip(&have)
                .map(|((part, each), have)| (*part, (set * each - have).clamp(0, *each)));
            let missing: Vec<(Uuid, i64)> = missing.filter(|(_, units)| *units > 0).collect();
            match needed.last_mut().filter(|one| one.parts == missing) {
                Some(one) => one.quantity += 1,
                None => needed.push(Wanted { quantity: 1, parts: missing }),
            }
        }
        let rest = last - begun.max(whole);
        if rest > 0 {
            needed.push(Wanted { quantity: rest, parts });
        }
        needed
    }

    /// Where an order that is not to be split is served from. While nobody has begun with it, all of it is planned
    /// anew: another place may have the whole of it.
    fn only_place(&mut self, order: Uuid, wants: &mut Vec<Want>) -> Option<Uuid> {
        let begun = self.work.iter().find(|work| work.serves(order) && work.is_begun());
        if let Some(work) = begun {
            return Some(work.row.location_id);
        }
        let one = self.order(order)?;
        let lines: Vec<Uuid> = one.lines.iter().map(|line| line.id).collect();
        for line in lines {
            let units = self.whole_units(line, WorkInHand::counts);
            let all = self.all_units(line, WorkInHand::counts);
            self.take(line, &all, |_| true);
            match wants.iter_mut().find(|want| want.line == line) {
                Some(want) => want.units += units,
                None if units > 0 => wants.push(Want { line, units }),
                None => {}
            }
        }
        None
    }

    /// Locations that send something of an order, and those with work for it into which more can be put.
    fn places_of(&self, order: Uuid) -> (Vec<Uuid>, Vec<Uuid>) {
        let places = |fits: &dyn Fn(&WorkInHand) -> bool| {
            let works = self.work.iter().filter(|work| fits(work));
            let mut places: Vec<Uuid> = works.map(|work| work.row.location_id).collect();
            places.sort_unstable();
            places.dedup();
            places
        };
        let used = places(&|work| work.serves(order) && work.counts());
        (used, places(&|work| work.is_changeable() && work.orders == [order]))
    }

    /// Work at each location that this transaction opened.
    fn opened_here(&self) -> BTreeMap<Uuid, i64> {
        let mut opened = BTreeMap::new();
        for work in self.work.iter().filter(|work| work.row.was().is_none()) {
            *opened.entry(work.row.location_id).or_insert(0) += 1;
        }
        opened
    }

    /// What a location has no room for today is asked for again when its next day begins.
    pub(crate) fn retry_later(
        &mut self,
        router: &Router,
        routed: &Routed,
        wanted: &[Wanted],
        now: OffsetDateTime,
    ) {
        let short =
            routed.plan.filled.iter().zip(wanted).any(|(filled, one)| *filled < one.quantity);
        let full = routed.candidates.iter().filter(|one| one.rejected == Some(NO_ROOM));
        if !short {
            return;
        }
        for place in full.filter_map(|one| router.place(one.location)) {
            let at = day_after(place, now);
            let variants =
                wanted.iter().flat_map(|one| &one.parts).map(|part| (part.0, place.id, at));
            self.retries.extend(variants);
        }
    }

    /// Puts a plan into work: into what nobody has begun at the location, else into new work.
    pub(crate) fn assign(
        &mut self,
        tx: &WriteTx,
        order: Uuid,
        (lines, plan): (&[Uuid], &Plan),
        (goods, router): (&Goods, &Router),
        decision: &Decision,
    ) {
        let mut locations: Vec<Uuid> = Vec::new();
        for share in &plan.shares {
            if !locations.contains(&share.location) {
                locations.push(share.location);
            }
        }
        for location in locations {
            let index = self.work_at(tx, order, location, router, decision);
            for share in plan.shares.iter().filter(|share| share.location == location) {
                if let Some(line) = lines.get(share.line) {
                    self.put(tx, index, (order, *line), share, goods);
                }
            }
        }
    }

    /// The place of work at a location that nobody has begun; made where there is none.
    fn work_at(
        &mut self,
        tx: &WriteTx,
        order: Uuid,
        location: Uuid,
        router: &Router,
        decision: &Decision,
    ) -> usize {
        let free = |work: &WorkInHand| {
            work.row.location_id == location && work.orders == [order] && work.is_changeable()
        };
        if let Some(index) = self.work.iter().position(free) {
            self.readdress(index, order);
            return index;
        }
        let partner = router.place(location).is_some_and(|place| {
            matches!(place.kind, LocationKind::ThirdParty | LocationKind::Supplier)
        });
        let number = self.next_number(order);
        let Some(one) = self.order(order) else { return usize::MAX };
        let row = fulfillment::Model {
            id: tx.id(),
            version: 1,
            number,
            location_id: location,
            state: if partner { FulfillmentState::Requested } else { FulfillmentState::Open },
            delivery_method: one.row.delivery_method,
            delivery_service: one.row.delivery_service.clone(),
            destination: one.row.shipping_address.clone(),
            created_at: tx.now(),
            shipped_at: None,
            delivered_at: None,
            cancelled_at: None,
            assignee_id: None,
            ship_by: None,
            third_party: partner,
            accepted_at: None,
            picked_at: None,
            packed_at: None,
            ready_at: None,
            cancel_requested_at: None,
            cancel_request: None,
            failed_because: None,
            routing: Some(json!(decision)),
        };
        self.work.push(WorkInHand::new(row, order));
        self.work.len() - 1
    }

    /// Work that nobody has begun goes where the order goes now.
    fn readdress(&mut self, index: usize, order: Uuid) {
        let Some(one) = self.orders.iter().find(|one| one.row.id == order) else { return };
        let Some(work) = self.work.get_mut(index) else { return };
        work.row.delivery_method = one.row.delivery_method;
        work.row.delivery_service.clone_from(&one.row.delivery_service);
        work.row.destination.clone_from(&one.row.shipping_address);
    }

    /// `WEB-1000001-2`: the order's number and the next count.
    pub(crate) fn next_number(&self, order: Uuid) -> String {
        let prefix = self.order(order).map_or("", |one| one.row.number.as_str());
        let count = |number: &str| number.strip_prefix(prefix)?.strip_prefix('-')?.parse().ok();
        let last: u32 =
            self.work.iter().filter_map(|work| count(&work.row.number)).max().unwrap_or(0);
        format!("{prefix}-{}", last + 1)
    }

    fn put(
        &mut self,
        tx: &WriteTx,
        index: usize,
        (order, line): (Uuid, Uuid),
        share: &Share,
        goods: &Goods,
    ) {
        let found = self.order(order).and_then(|one| one.lines.iter().find(|row| row.id == line));
        let Some((variant, name, parts)) =
            found.map(|row| (row.variant_id, row.name.clone(), parts(row)))
        else {
            return;
        };
        let Some(work) = self.work.get_mut(index) else { return };
        let same = |row: &&mut Tracked<fulfillment_line::Model>| {
            row.order_line_id == Some(line) && row.variant_id == Some(share.variant)
        };
        if let Some(row) = work.lines.iter_mut().find(same) {
            row.quantity += units(share.quantity);
            return;
        }
        let sku = goods.sku(share.variant);
        let each = parts.into_iter().find(|part| part.0 == share.variant);
        let position = work.lines.iter().map(|row| row.position + 1).max().unwrap_or(0);
        work.lines.push(Tracked::new(fulfillment_line::Model {
            id: tx.id(),
            fulfillment_id: work.row.id,
            order_id: order,
            order_line_id: Some(line),
            variant_id: Some(share.variant),
            sku: sku.to_owned(),
            name: if variant == Some(share.variant) { name } else { sku.to_owned() },
            quantity: units(share.quantity),
            position,
            quantity_picked: 0,
            quantity_short: 0,
            per_unit: units(each.map_or(1, |part| part.1)),
        }));
    }
}

impl Aggregate {
    /// Looks for stock for what work that was refused or failed does not send any longer.
    pub(crate) async fn route_again(
        &mut self,
        tx: &WriteTx,
        reach: &Reach,
        work: Uuid,
    ) -> Result<()> {
        let found = self.work.iter().find(|one| one.row.id == work);
        let orders = found.map(|one| one.orders.clone()).unwrap_or_default();
        for order in orders {
            let wants = self.waiting(order);
            if !wants.is_empty() {
                self.supply(tx, reach, order, &wants, Choice::default()).await?;
                for want in wants {
                    // Components of what cannot be sent whole are not kept from others.
                    self.trim(want.line);
                }
            }
        }
        Ok(())
    }

    /// Units of an order's lines that nothing is planned for.
    pub(crate) fn waiting(&self, order: Uuid) -> Vec<Want> {
        let Some(one) = self.order(order) else { return Vec::new() };
        if one.row.imported || one.row.draft || one.is_digital() {
            return Vec::new();
        }
        one.lines
            .iter()
            .map(|line| {
                let promised = self.whole_units(line.id, WorkInHand::counts);
                Want { line: line.id, units: super::totals::standing(line) - promised }
            })
            .filter(|want| want.units > 0)
            .collect()
    }
}
