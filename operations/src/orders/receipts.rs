//! What orders wait for: goods that suppliers and transfers are to bring, dealt out in the order of the queue.
//!
//! Nothing is reserved by it: who waits is told when it will be there, and told again when that changes. What is overdue
//! is not counted.

use super::aggregate::{Aggregate, OrderInHand, WorkInHand, parts};
use super::backorders::NEVER;
use super::sql;
use super::totals::standing;
use crate::actor::Actor;
use crate::error::Result;
use crate::store::{Batch, Db, WriteTx};
use crate::timers::{self, Job};
use serde_json::json;
use std::collections::BTreeSet;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Orders that are told again in one transaction; a clock goes on with the others at once.
const TOGETHER: usize = 25;

/// What is late is counted on so much longer.
pub(crate) const GRACE: Duration = Duration::DAY;

/// Units that are to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) variant: Uuid,
    pub(crate) location: Uuid,
    pub(crate) at: OffsetDateTime,
    pub(crate) units: i64,
}

/// Who waits for units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) variant: Uuid,
    pub(crate) order: Uuid,
    pub(crate) line: Uuid,
    pub(crate) rank_at: OffsetDateTime,
    pub(crate) placed_at: OffsetDateTime,
    pub(crate) units: i64,
    pub(crate) channel: Uuid,
    /// Where it will be fetched; only what comes there helps.
    pub(crate) pickup: Option<Uuid>,
    /// What was said before.
    pub(crate) told: Option<(OffsetDateTime, Uuid)>,
}

impl Waiting {
    fn place(&self) -> (OffsetDateTime, OffsetDateTime, Uuid) {
        (self.rank_at, self.placed_at, self.line)
    }
}

/// What is to come of variants, the earliest first, and which locations serve which channels.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receipts {
    receipts: Vec<Receipt>,
    serves: BTreeSet<(Uuid, Uuid)>,
}

impl Receipts {
    pub(crate) async fn load(db: &Db, variants: &[Uuid]) -> Result<Self> {
        let receipts = sql::receipts(db, variants).await?;
        if receipts.is_empty() {
            return Ok(Self::default());
        }
        let serves = sql::served(db).await?.into_iter().collect();
        Ok(Self { receipts, serves })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.receipts.is_empty()
    }

    fn locations(&self) -> impl Iterator<Item = Uuid> {
        self.receipts.iter().map(|receipt| receipt.location)
    }

    /// Takes what one who waits needs; answers with when the last of it comes, and where, if all of it does.
    pub(crate) fn take(&mut self, one: &Waiting) -> Option<(OffsetDateTime, Uuid)> {
        let here = |place: Uuid| one.pickup.is_none_or(|pickup| pickup == place);
        self.take_for(one.channel, (one.variant, one.units), here)?.last().copied()
    }

    /// Takes units for a channel, the earliest first; answers with when and where they come, if all of them do.
    pub(crate) fn take_for(
        &mut self,
        channel: Uuid,
        (variant, units): (Uuid, i64),
        here: impl Fn(Uuid) -> bool,
    ) -> Option<BTreeSet<(OffsetDateTime, Uuid)>> {
        let mut left = units;
        let mut found = BTreeSet::new();
        for receipt in self.receipts.iter_mut().filter(|receipt| receipt.variant == variant) {
            let serves = self.serves.contains(&(channel, receipt.location));
            if left == 0 || receipt.units == 0 || !serves || !here(receipt.location) {
                continue;
            }
            let taken = receipt.units.min(left);
            receipt.units -= taken;
            left -= taken;
            found.insert((receipt.at, receipt.location));
        }
        Some(found).filter(|_| left == 0)
    }

    /// What is left of variants when all who wait have theirs.
    pub(crate) async fn left(db: &Db, variants: &[Uuid]) -> Result<Self> {
        let mut receipts = Self::load(db, variants).await?;
        if !receipts.is_empty() {
            for one in sql::waiting(db, variants).await? {
                receipts.take(&one);
            }
        }
        Ok(receipts)
    }
}

impl Aggregate {
    /// Looks up when what the orders wait for is to come.
    pub(super) async fn expect(&mut self, tx: &WriteTx) -> Result<()> {
        self.expected.clear();
        let own = self.waits();
        let variants: BTreeSet<Uuid> = own.iter().map(|one| one.variant).collect();
        if variants.is_empty() {
            return Ok(());
        }
        let variants: Vec<Uuid> = variants.into_iter().collect();
        let mut receipts = Receipts::load(tx, &variants).await?;
        if receipts.is_empty() {
            return Ok(());
        }
        self.expecting_at.extend(receipts.locations());
        let others = sql::waiting(tx, &variants).await?;
        let ids: BTreeSet<Uuid> = self.orders.iter().map(|one| one.row.id).collect();
        let is_own = |order: Uuid| ids.contains(&order);
        let mut queue: Vec<Waiting> =
            others.into_iter().filter(|one| !is_own(one.order)).chain(own).collect();
        queue.sort_by_key(Waiting::place);
        for one in queue {
            let found = receipts.take(&one);
            if is_own(one.order)
                && let Some(found) = found
            {
                self.expected.insert((one.line, one.variant), found);
            }
        }
        Ok(())
    }

    /// What the orders in hand wait for, component by component.
    fn waits(&self) -> Vec<Waiting> {
        self.orders.iter().flat_map(|one| self.waits_of(one)).collect()
    }

    fn waits_of(&self, one: &OrderInHand) -> Vec<Waiting> {
        let wants = self.waiting(one.row.id);
        let wanted = one.lines.iter().filter(|line| wants.iter().any(|want| want.line == line.id));
        let mut waits = Vec::new();
        for line in wanted {
            for (variant, each) in parts(line) {
                let have = self.units(line.id, variant, WorkInHand::counts);
                waits.push(Waiting {
                    variant,
                    order: one.row.id,
                    line: line.id,
                    rank_at: one.row.promised_by.unwrap_or(NEVER),
                    placed_at: one.row.placed_at,
                    units: standing(line) * each - have,
                    channel: one.row.channel_id,
                    pickup: one.row.pickup_location_id,
                    told: None,
                });
            }
        }
        waits.retain(|one| one.units > 0);
        waits
    }

    /// When and where all that an order waits for comes, each once; `None` where some of it has no date.
    pub(super) fn arrivals(&self, order: Uuid) -> Option<BTreeSet<(OffsetDateTime, Uuid)>> {
        let waits = self.order(order).map(|one| self.waits_of(one)).unwrap_or_default();
        waits.iter().map(|one| self.expected.get(&(one.line, one.variant)).copied()).collect()
    }
}

/// Whoever waits for variants is told again when they come: soon, by a clock, since their orders are theirs to lock.
pub(crate) async fn look_again(tx: &WriteTx, batch: &mut Batch, variants: &[Uuid]) -> Result<()> {
    for variant in sql::waited_for(tx, variants).await? {
        timers::set(tx, batch, Job::PromiseAgain, variant, tx.now());
    }
    Ok(())
}

/// Tells those who wait for a variant when it comes, where that changed.
pub(crate) async fn promise_again(tx: &WriteTx, actor: &Actor, variant: Uuid) -> Result<()> {
    let mut receipts = Receipts::load(tx, &[variant]).await?;
    let queue = sql::waiting(tx, &[variant]).await?;
    let mut changed: Vec<Uuid> = Vec::new();
    for one in &queue {
        if receipts.take(one) != one.told && !changed.contains(&one.order) {
            changed.push(one.order);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::default();
    for order in changed.iter().skip(TOGETHER) {
        timers::set(tx, &mut batch, Job::ReviewOrder, *order, tx.now());
    }
    changed.truncate(TOGETHER);
    let found = Aggregate::load(tx, &changed).await?;
    found.write(tx, actor, batch).await
}

/// What an event of a promise that moved says.
pub(super) fn moved(promised_by: Option<OffsetDateTime>) -> serde_json::Value {
    json!({ "promisedBy": promised_by.map(crate::sql::fixed_width) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VARIANT: Uuid = Uuid::from_u128(1);
    const CHANNEL: Uuid = Uuid::from_u128(2);

    fn to_come(receipts: &[(i64, i64, u128)]) -> Receipts {
        let receipt = |(day, units, place): &(i64, i64, u128)| Receipt {
            variant: VARIANT,
            location: Uuid::from_u128(*place),
            at: OffsetDateTime::UNIX_EPOCH + Duration::days(*day),
            units: *units,
        };
        let serves = [(CHANNEL, Uuid::from_u128(7)), (CHANNEL, Uuid::from_u128(8))];
        Receipts { receipts: receipts.iter().map(receipt).collect(), serves: serves.into() }
    }

    fn day(receipts: &mut Receipts, units: i64) -> Option<i64> {
        let found = receipts.take_for(CHANNEL, (VARIANT, units), |_| true)?;
        found.last().map(|(at, _)| (*at - OffsetDateTime::UNIX_EPOCH).whole_days())
    }

    #[test]
    fn who_came_first_has_what_comes_first() {
        let mut receipts = to_come(&[(5, 10, 7), (9, 4, 9), (12, 20, 8)]);
        assert_eq!(day(&mut receipts, 8), Some(5));
        assert_eq!(day(&mut receipts, 5), Some(12), "what comes elsewhere does not help");
        assert_eq!(day(&mut receipts, 17), Some(12));
        assert_eq!(day(&mut receipts, 1), None);
    }

    #[test]
    fn who_gets_too_little_keeps_what_there_is() {
        let mut receipts = to_come(&[(5, 10, 7)]);
        assert_eq!(day(&mut receipts, 11), None);
        assert_eq!(day(&mut receipts, 1), None);
    }

    proptest! {
        /// What can be promised by a day is what comes up to it less all that was promised before.
        #[test]
        fn what_is_left_is_what_comes_less_what_is_promised(
            units in prop::collection::vec(0_i64..50, 1..8),
            promised in prop::collection::vec(1_i64..40, 0..8),
        ) {
            let rows: Vec<(i64, i64, u128)> =
                (1..).zip(&units).map(|(day, units)| (day, *units, 7)).collect();
            let mut receipts = to_come(&rows);
            for units in &promised {
                day(&mut receipts, *units);
            }
            let all: i64 = promised.iter().sum();
            let (mut comes, mut left) = (0, 0);
            for (units, receipt) in units.iter().zip(&receipts.receipts) {
                comes += units;
                left += receipt.units;
                prop_assert_eq!(left, (comes - all).max(0));
            }
        }
    }
}
