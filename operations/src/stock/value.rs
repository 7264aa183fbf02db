//! What stock is worth, at moving average cost.
//!
//! A level keeps the value of what lies there and of what is on its way there from another location. What comes adds what it
//! cost; what leaves takes its share, rounded to the minor unit, and the last unit takes the rest: so the
//! values of all movements sum to the value of the level, and the value that a shipment took is frozen in its movement.

use super::ledger::Move;
use super::sql;
use crate::catalog::sql as catalog;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::store::WriteTx;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// What is known of the cost of units that come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Nothing: they are worth the average of those that are there, else what the catalog says.
    Average,
    /// What one unit cost, in minor units of a currency.
    Unit(i64, String),
    /// All of them together: what a shipment took that comes back.
    Total(i64, String),
    /// What another move of the same variant, before this one, took with it.
    Carried,
}

/// What a move is worth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Worth {
    /// What the level is worth more, or less.
    pub(super) change: i64,
    /// What one unit cost, rounded.
    pub(super) unit_cost: Option<i64>,
    pub(super) currency: Option<String>,
    /// What units that were there without a known cost are worth from now on.
    pub(super) adopted: Option<(i64, String)>,
}

/// The standing of one level while moves are valued.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Account {
    units: i64,
    value: i64,
    currency: Option<String>,
}

/// Values moves one after another; the levels stay locked where anything is to be valued.
pub(super) async fn of(tx: &WriteTx, moves: &[Move]) -> Result<Vec<Worth>> {
    let moves_goods = |change: &&Move| change.on_hand != 0 || change.in_transit != 0;
    if !moves.iter().any(|change| moves_goods(&change)) {
        return Ok(vec![Worth::default(); moves.len()]);
    }
    // All levels, since all are changed in the end: two transactions never lock them in two orders.
    let ids: BTreeSet<Uuid> = moves.iter().map(|change| change.level_id).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut accounts: BTreeMap<Uuid, Account> = BTreeMap::new();
    for level in sql::lock_levels(tx, &ids).await? {
        let units = level.on_hand + level.in_transit;
        let (value, currency) = (level.value_minor, level.value_currency);
        accounts.insert(level.id, Account { units, value, currency });
    }
    let unknown = |change: &&Move| {
        accounts.get(&change.level_id).is_none_or(|account| account.currency.is_none())
            || (change.owned() > 0 && change.cost == Cost::Average)
    };
    let variants: BTreeSet<Uuid> =
        moves.iter().filter(moves_goods).filter(unknown).map(|change| change.variant_id).collect();
    let mut listed: HashMap<Uuid, (i64, String)> = HashMap::new();
    if !variants.is_empty() {
        let variants: Vec<Uuid> = variants.into_iter().collect();
        for row in catalog::variants(tx, &variants).await? {
            if let Some(cost) = row.unit_cost_minor.zip(row.unit_cost_currency) {
                listed.insert(row.id, cost);
            }
        }
    }
    let mut carried: HashMap<Uuid, (i64, Option<String>)> = HashMap::new();
    moves
        .iter()
        .map(|change| {
            let account = accounts.entry(change.level_id).or_default();
            let known = listed.get(&change.variant_id);
            let taken = carried.get(&change.variant_id);
            let worth = account.take(change, known, taken)?;
            if worth.change < 0 {
                carried.insert(change.variant_id, (-worth.change, worth.currency.clone()));
            }
            Ok(worth)
        })
        .collect()
}

impl Account {
    fn take(
        &mut self,
        change: &Move,
        listed: Option<&(i64, String)>,
        carried: Option<&(i64, Option<String>)>,
    ) -> Result<Worth> {
        if change.on_hand == 0 && change.in_transit == 0 {
            return Ok(Worth::default());
        }
        let units = change.owned();
        let mut adopted = None;
        let cost = match &change.cost {
            Cost::Unit(each, currency) if units > 0 => {
                Some((total(*each, units)?, currency.clone()))
            }
            Cost::Total(all, currency) if units > 0 => Some((*all, currency.clone())),
            Cost::Carried if units > 0 => {
                carried.and_then(|(all, currency)| Some((*all, currency.clone()?)))
            }
            Cost::Unit(..) | Cost::Total(..) | Cost::Carried | Cost::Average => None,
        };
        if self.units == 0 && self.value == 0 {
            // Nothing is left of what was valued otherwise.
            self.currency = None;
        }
        if self.currency.is_none() && self.units > 0 {
            let of_cost = cost.as_ref().map(|(all, currency)| (all / units.max(1), currency));
            let each = of_cost.or(listed.map(|(each, currency)| (*each, currency)));
            if let Some((each, currency)) = each {
                let value = total(each, self.units)?;
                self.value = value;
                self.currency = Some(currency.clone());
                adopted = Some((value, currency.clone()));
            }
        }
        let change = match units.cmp(&0) {
            Ordering::Greater => self.add(change, units, cost, listed)?,
            Ordering::Less if self.units + units <= 0 => -self.value,
            Ordering::Less => -share(self.value, -units, self.units)?,
            Ordering::Equal => 0,
        };
        self.units += units;
        self.value = self.value.checked_add(change).ok_or_else(too_much)?;
        let each = match units {
            0 => self.currency.as_ref().and(share(self.value, 1, self.units).ok()),
            _ => self.currency.as_ref().and(share(change.abs(), 1, units.abs()).ok()),
        };
        Ok(Worth { change, unit_cost: each, currency: self.currency.clone(), adopted })
    }

    /// What units that come are worth: what they cost, else the average of those that are there, else what the catalog says.
    fn add(
        &mut self,
        change: &Move,
        units: i64,
        cost: Option<(i64, String)>,
        listed: Option<&(i64, String)>,
    ) -> Result<i64> {
        let average = self.currency.clone().filter(|_| self.units > 0);
        let cost = match (cost, average, listed) {
            (Some(cost), ..) => cost,
            (None, Some(own), _) => (share(self.value, units, self.units)?, own),
            (None, None, Some((each, currency))) => (total(*each, units)?, currency.clone()),
            (None, None, None) => return Ok(0),
        };
        let (added, currency) = cost;
        if let Some(own) = self.currency.as_ref().filter(|own| **own != currency) {
            return Err(Error::refused(Refusal::new(
                RefusalCode::CurrencyMismatch,
                "lines",
                format!("{} is valued in {own}, not in {currency}", change.sku),
            )));
        }
        self.currency = Some(currency);
        Ok(added)
    }
}

/// The value of some of all units, half a minor unit rounded up.
pub(crate) fn share(value: i64, units: i64, all: i64) -> Result<i64> {
    if all <= 0 {
        return Ok(0);
    }
    let (value, units, all) = (i128::from(value), i128::from(units), i128::from(all));
    let rounded = (2 * value * units + all).div_euclid(2 * all);
    i64::try_from(rounded).map_err(|_| too_much())
}

fn total(each: i64, units: i64) -> Result<i64> {
    each.checked_mul(units).ok_or_else(too_much)
}

fn too_much() -> Error {
    let message = "the value of the stock is beyond what can be kept";
    Error::refused(Refusal::new(RefusalCode::LimitExceeded, "lines", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use entities::enums::MovementKind;
    use entities::stock_level;
    use proptest::prelude::*;
    use time::OffsetDateTime;

    fn moved(units: i64, cost: Cost) -> Move {
        let level = stock_level::Model {
            id: Uuid::nil(),
            variant_id: Uuid::nil(),
            location_id: Uuid::nil(),
            on_hand: 0,
            reserved: 0,
            damaged: 0,
            quality_hold: 0,
            incoming: 0,
            in_transit: 0,
            value_minor: 0,
            value_currency: None,
            counted_at: None,
            safety_stock: 0,
            reorder_point: None,
            reorder_quantity: None,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        };
        Move { on_hand: units, cost, ..Move::of(&level, "A", MovementKind::Adjust) }
    }

    fn unit(each: i64) -> Cost {
        Cost::Unit(each, "EUR".into())
    }

    #[test]
    fn what_leaves_takes_the_average_of_what_came() {
        let mut account = Account::default();
        let mut take = |units, cost| account.take(&moved(units, cost), None, None).unwrap().change;
        assert_eq!(take(10, unit(100)), 1_000);
        assert_eq!(take(5, unit(130)), 650);
        // 1,650 for 15 units: 110 each.
        assert_eq!(take(-3, Cost::Average), -330);
        assert_eq!(take(2, Cost::Average), 220);
        assert_eq!(take(1, Cost::Total(95, "EUR".into())), 95);
        assert_eq!(take(-15, Cost::Average), -1_635);
        assert_eq!(account, Account { units: 0, value: 0, currency: Some("EUR".into()) });
    }

    #[test]
    fn what_had_no_cost_is_worth_the_first_one_known() {
        let mut account = Account::default();
        assert_eq!(account.take(&moved(4, Cost::Average), None, None).unwrap(), Worth::default());
        let worth = account.take(&moved(6, unit(50)), None, None).unwrap();
        assert_eq!((worth.change, worth.adopted), (300, Some((200, "EUR".into()))));
        assert_eq!(account.value, 500);
        let other = account.take(&moved(1, Cost::Unit(5, "USD".into())), None, None);
        assert!(matches!(other, Err(Error::Refused(_))));
    }

    proptest! {
        #[test]
        fn not_a_cent_is_lost(steps in prop::collection::vec((-30_i64..60, 0_i64..10_000), 1..60)) {
            let mut account = Account::default();
            let mut sum = 0;
            for (units, each) in steps {
                let units = units.max(-account.units);
                let cost = if units > 0 { unit(each) } else { Cost::Average };
                let worth = account.take(&moved(units, cost), None, None).unwrap();
                sum += worth.change;
                prop_assert_eq!(account.value, sum);
                prop_assert!(account.value >= 0);
                prop_assert!(account.units > 0 || account.value == 0);
            }
        }
    }
}
