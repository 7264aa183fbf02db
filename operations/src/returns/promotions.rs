//! Promotions that a return breaks: "3 for 2" of which two stay, a discount from 50 on of which goods for 20 stay. What of such a
//! discount rests on units that stay is kept, and given back once those come back too.

use super::quote::Sum;
use super::sql;
use crate::error::Result;
use crate::money::tax_minor;
use crate::orders::totals::{discount_of, own_discount, share, standing};
use crate::store::Db;
use entities::enums::AdjustmentKind;
use entities::{order, order_adjustment, order_line};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a discount is earned by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Terms {
    /// So many units of a line together.
    Units(Uuid, i64),
    /// Goods for so much: it is this discount of all of them on the whole order.
    Items(i64, i64),
}

/// The promotions of an order, and what was kept of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Promotions {
    terms: Vec<Terms>,
    /// Discounts on the whole order.
    whole: i64,
    /// Units for which others were given: they are still sold.
    swapped: BTreeMap<Uuid, i64>,
    /// What was kept so far.
    pub(super) kept: Sum,
}

impl Promotions {
    /// The promotions of orders that have any.
    pub(super) async fn of_orders(
        db: &Db,
        lines: &[order_line::Model],
        adjustments: &[order_adjustment::Model],
    ) -> Result<BTreeMap<Uuid, Self>> {
        let mut found: BTreeMap<Uuid, Self> = BTreeMap::new();
        for line in lines {
            if let Some(per) = line.discount_per.filter(|per| *per > 0) {
                let terms = Terms::Units(line.id, i64::from(per));
                found.entry(line.order_id).or_default().terms.push(terms);
            }
        }
        for row in adjustments {
            if let Some(minimum) = row.minimum_items_minor {
                let terms = Terms::Items(minimum, row.amount_minor);
                found.entry(row.order_id).or_default().terms.push(terms);
            }
        }
        if found.is_empty() {
            return Ok(found);
        }
        for row in adjustments.iter().filter(|row| row.kind == AdjustmentKind::Discount) {
            if let Some(one) = found.get_mut(&row.order_id) {
                one.whole += row.amount_minor;
            }
        }
        let ids: Vec<Uuid> = found.keys().copied().collect();
        for (order, line, units) in sql::swapped_units(db, &ids).await? {
            if let Some(one) = found.get_mut(&order) {
                one.swapped.insert(line, units);
            }
        }
        Ok(found)
    }

    /// What the discounts on units that stay come to, with the tax, where those no longer earn them; `back` are units of lines that come back now.
    pub(super) fn unearned(
        &self,
        order: &order::Model,
        lines: &[order_line::Model],
        back: &BTreeMap<Uuid, i64>,
    ) -> i64 {
        let of = |map: &BTreeMap<Uuid, i64>, line: &order_line::Model| {
            map.get(&line.id).copied().unwrap_or(0)
        };
        let stays = |line: &order_line::Model| {
            let gone = i64::from(line.quantity_returned) - of(&self.swapped, line) + of(back, line);
            (standing(line) - gone).clamp(0, standing(line))
        };
        let cost = |units: &dyn Fn(&order_line::Model) -> i64| -> i64 {
            let one = |line: &order_line::Model| {
                let all = standing(line) * line.unit_price_minor - own_discount(line);
                share(all, units(line), standing(line))
            };
            lines.iter().map(one).sum()
        };
        let (all, left) = (cost(&standing), cost(&stays));
        let mut sum = 0;
        let mut lost = |line: &order_line::Model, off: i64| {
            let included = order.tax_included;
            sum += if included { off } else { off + tax_minor(off, line.tax_rate_ppm, false) };
        };
        for terms in &self.terms {
            match *terms {
                Terms::Units(id, per) => {
                    let Some(line) = lines.iter().find(|line| line.id == id) else { continue };
                    let (own, units) = (own_discount(line), stays(line));
                    let sets = standing(line) / per;
                    let earned = share(own, units / per, sets);
                    if sets > 0 {
                        lost(line, (share(own, units, standing(line)) - earned).max(0));
                    }
                }
                Terms::Items(minimum, amount) if all >= minimum && left < minimum => {
                    for line in lines {
                        let whole = discount_of(line, standing(line)) - own_discount(line);
                        let its = share(whole, amount, self.whole);
                        lost(line, share(its, stays(line), standing(line)));
                    }
                }
                Terms::Items(..) => {}
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn sold(quantity: i32, unit: i64, off: i64) -> order_line::Model {
        order_line::Model {
            own_discount_minor: off,
            frozen_discount_minor: off,
            ..samples::line(u128::try_from(unit).unwrap(), quantity, unit, 190_000)
        }
    }

    fn lost(promotions: &Promotions, lines: &[order_line::Model], back: &[(usize, i64)]) -> i64 {
        let order = order::Model { tax_included: true, ..samples::order() };
        let back = back.iter().map(|(line, units)| (lines[*line].id, *units)).collect();
        promotions.unearned(&order, lines, &back)
    }

    #[test]
    fn of_three_for_two_each_set_counts() {
        let line = sold(7, 1_000, 2_000);
        let terms = vec![Terms::Units(line.id, 3)];
        let promotions = Promotions { terms, ..Promotions::default() };
        let lines = [line];
        let back = |units| lost(&promotions, &lines, &[(0, units)]);
        // Seven cost 50.00. Six earn both sets, five to three one of them, two none.
        assert_eq!([back(0), back(1)], [0, 0]);
        assert_eq!([back(2), back(3), back(4)], [429, 143, 0]);
        assert_eq!([back(5), back(6), back(7)], [571, 286, 0]);
    }

    #[test]
    fn a_discount_from_an_amount_on_is_lost_below_it() {
        let lines = [
            order_line::Model { frozen_discount_minor: 400, ..sold(2, 2_000, 0) },
            order_line::Model { frozen_discount_minor: 100, ..sold(1, 1_000, 0) },
        ];
        let terms = vec![Terms::Items(3_000, 500)];
        let promotions = Promotions { terms, whole: 500, ..Promotions::default() };
        assert_eq!(lost(&promotions, &lines, &[(0, 1)]), 0);
        assert_eq!(lost(&promotions, &lines, &[(0, 2)]), 100);
        assert_eq!(lost(&promotions, &lines, &[(0, 1), (1, 1)]), 200);
        assert_eq!(lost(&promotions, &lines, &[(0, 2), (1, 1)]), 0);
        let never = Promotions { terms: vec![Terms::Items(9_000, 500)], ..promotions };
        assert_eq!(lost(&never, &lines, &[(0, 2)]), 0, "it was given all the same");
    }
}
