//! The four states of an order, derived from facts: nothing else assigns them.

use crate::payments::purse::Funds;
use entities::enums::{OrderFulfillmentState, OrderPaymentState, OrderReturnState, OrderState};
use entities::{order, order_line};

/// What people and partners do to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Write a draft anew.
    Redraft,
    /// Place a draft.
    Complete,
    /// Change what is ordered, where it goes, or what it costs.
    Edit,
    /// Send something else for what was ordered.
    Substitute,
    /// Send it from elsewhere.
    Reroute,
    /// Send it together with others.
    Consolidate,
    /// Stop it.
    Hold,
    /// Let it go on.
    Release,
    /// Decide about its risk.
    Decide,
    /// Call units of it off.
    CancelUnits,
    /// Call it off.
    Cancel,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 11] = [
        Self::Redraft,
        Self::Complete,
        Self::Edit,
        Self::Substitute,
        Self::Reroute,
        Self::Consolidate,
        Self::Hold,
        Self::Release,
        Self::Decide,
        Self::CancelUnits,
        Self::Cancel,
    ];
}

/// Whether an order in a state takes an act. Labels, messages and the person who looks after it change in any state.
pub const fn takes(state: OrderState, act: Act) -> bool {
    match state {
        OrderState::Draft => match act {
            Act::Redraft | Act::Complete | Act::Cancel => true,
            Act::Edit
            | Act::Substitute
            | Act::Reroute
            | Act::Consolidate
            | Act::Hold
            | Act::Release
            | Act::Decide
            | Act::CancelUnits => false,
        },
        OrderState::Open => match act {
            Act::Edit
            | Act::Substitute
            | Act::Reroute
            | Act::Consolidate
            | Act::Hold
            | Act::Release
            | Act::Decide
            | Act::CancelUnits
            | Act::Cancel => true,
            Act::Redraft | Act::Complete => false,
        },
        // What has ended stays as it is; returns come another way.
        OrderState::Completed | OrderState::Cancelled => match act {
            Act::Redraft
            | Act::Complete
            | Act::Edit
            | Act::Substitute
            | Act::Reroute
            | Act::Consolidate
            | Act::Hold
            | Act::Release
            | Act::Decide
            | Act::CancelUnits
            | Act::Cancel => false,
        },
    }
}

/// What the states follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Whether it is still being written.
    pub draft: bool,
    /// Units that stand ordered and are not cancelled.
    pub units: i64,
    /// Units that left.
    pub fulfilled: i64,
    /// Units that came back.
    pub returned: i64,
    /// Returns that somebody has to answer.
    pub returns_asked: i32,
    /// Returns that are agreed to and not settled.
    pub returns_moving: i32,
    /// Whether something left; an imported order may have no lines.
    pub shipped: bool,
    /// Whether all that left has arrived.
    pub delivered: bool,
    /// Whether it was cancelled as a whole.
    pub cancelled: bool,
    /// What the customer owes.
    pub grand_total: i64,
    /// What is authorized or captured.
    pub authorized: i64,
    /// What was captured.
    pub captured: i64,
    /// What was given back.
    pub refunded: i64,
    /// Given back of what was invoiced, so that it is owed no longer.
    pub credited: i64,
    /// What payers' banks took back.
    pub disputed: i64,
    /// Whether there was a payment at all.
    pub has_payment: bool,
}

/// The states of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct States {
    /// As a whole.
    pub order: OrderState,
    /// How much has left.
    pub fulfillment: OrderFulfillmentState,
    /// How the money stands.
    pub payment: OrderPaymentState,
    /// Whether goods come back.
    pub returns: OrderReturnState,
}

impl Facts {
    /// The facts of an order; `funds` come from its payments.
    pub fn of<'a>(
        order: &order::Model,
        lines: impl IntoIterator<Item = &'a order_line::Model, IntoIter: Clone>,
        funds: Funds,
    ) -> Self {
        let lines = lines.into_iter();
        let sum = |units: fn(&order_line::Model) -> i32| -> i64 {
            lines.clone().map(|line| i64::from(units(line))).sum()
        };
        Self {
            draft: order.draft,
            units: sum(|line| line.quantity - line.quantity_cancelled),
            fulfilled: sum(|line| line.quantity_fulfilled),
            // A history may tell of a return without naming lines.
            returned: sum(|line| line.quantity_returned).max(order.returned_at.is_some().into()),
            returns_asked: order.returns_asked,
            returns_moving: order.returns_moving,
            shipped: order.shipped_at.is_some() || order.delivered_at.is_some(),
            delivered: order.delivered_at.is_some(),
            cancelled: order.cancelled_at.is_some(),
            grand_total: order.grand_total_minor,
            authorized: funds.authorized,
            captured: order.paid_minor,
            // Credit that was given instead, and what pays for other goods, is the customer's money no less.
            refunded: order.refunded_minor + order.store_credit_minor + order.exchanged_minor,
            credited: order.credited_minor,
            disputed: funds.disputed,
            has_payment: funds.obtained || order.paid_minor > 0,
        }
    }

    /// What the customer still owes; negative when too much was paid.
    pub const fn outstanding(self) -> i64 {
        self.grand_total - self.credited - self.captured + self.refunded
    }

    /// The states that follow.
    pub fn states(self) -> States {
        let fulfillment = self.fulfillment();
        let order = if self.draft {
            OrderState::Draft
        } else if self.cancelled {
            OrderState::Cancelled
        } else if fulfillment == OrderFulfillmentState::Delivered && self.outstanding() <= 0 {
            OrderState::Completed
        } else {
            OrderState::Open
        };
        let returns = if self.returns_moving > 0 {
            OrderReturnState::InProgress
        } else if self.returns_asked > 0 {
            OrderReturnState::Requested
        } else if self.returned > 0 {
            OrderReturnState::Returned
        } else {
            OrderReturnState::None
        };
        States { order, fulfillment, payment: self.payment(), returns }
    }

    fn fulfillment(self) -> OrderFulfillmentState {
        let all_left = self.shipped && self.fulfilled >= self.units;
        if all_left && self.delivered {
            OrderFulfillmentState::Delivered
        } else if all_left {
            OrderFulfillmentState::Fulfilled
        } else if self.fulfilled > 0 {
            OrderFulfillmentState::PartiallyFulfilled
        } else {
            OrderFulfillmentState::Unfulfilled
        }
    }

    fn payment(self) -> OrderPaymentState {
        if self.disputed > 0 && self.disputed + self.refunded >= self.captured {
            OrderPaymentState::ChargedBack
        } else if self.refunded > 0 && self.refunded >= self.captured {
            OrderPaymentState::Refunded
        } else if self.refunded > 0 {
            OrderPaymentState::PartiallyRefunded
        } else if self.cancelled && self.captured == 0 {
            if self.has_payment { OrderPaymentState::Voided } else { OrderPaymentState::Pending }
        } else if self.captured >= self.grand_total && (self.captured > 0 || self.grand_total == 0)
        {
            OrderPaymentState::Paid
        } else if self.captured > 0 {
            OrderPaymentState::PartiallyPaid
        } else if self.has_payment && self.authorized >= self.grand_total {
            OrderPaymentState::Authorized
        } else {
            OrderPaymentState::Pending
        }
    }
}

/// The machine of orders as a table, for people.
pub fn table() -> String {
    use sea_orm::ActiveEnum;
    use std::fmt::Write;
    let states =
        [OrderState::Draft, OrderState::Open, OrderState::Completed, OrderState::Cancelled];
    let mut text = String::new();
    for state in states {
        let acts: Vec<String> = Act::ALL
            .into_iter()
            .filter(|act| takes(state, *act))
            .map(|act| format!("{act:?}"))
            .collect();
        let line = format!("{:<10} {}", state.to_value(), acts.join(" "));
        let _infallible = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_as_it_was_reviewed() {
        insta::assert_snapshot!(table(), @r"
        DRAFT      Redraft Complete Cancel
        OPEN       Edit Substitute Reroute Consolidate Hold Release Decide CancelUnits Cancel
        COMPLETED
        CANCELLED
        ");
    }

    #[test]
    fn every_state_follows_from_some_facts_and_every_act_is_taken_somewhere() {
        let facts = [
            Facts { draft: true, ..OWED },
            OWED,
            Facts { fulfilled: 2, shipped: true, delivered: true, captured: 100, ..OWED },
            Facts { cancelled: true, ..OWED },
        ];
        let states = facts.map(|facts| facts.states().order);
        let all =
            [OrderState::Draft, OrderState::Open, OrderState::Completed, OrderState::Cancelled];
        assert_eq!(states, all);
        for act in Act::ALL {
            assert!(all.iter().any(|state| takes(*state, act)), "{act:?}");
        }
    }

    const OWED: Facts = Facts {
        draft: false,
        units: 2,
        fulfilled: 0,
        returned: 0,
        returns_asked: 0,
        returns_moving: 0,
        shipped: false,
        delivered: false,
        cancelled: false,
        grand_total: 100,
        authorized: 0,
        captured: 0,
        refunded: 0,
        credited: 0,
        disputed: 0,
        has_payment: false,
    };

    #[test]
    fn money_decides_the_payment_state() {
        let cases = [
            (OWED, OrderPaymentState::Pending),
            (Facts { has_payment: true, authorized: 99, ..OWED }, OrderPaymentState::Pending),
            (Facts { has_payment: true, authorized: 100, ..OWED }, OrderPaymentState::Authorized),
            (Facts { captured: 40, authorized: 100, ..OWED }, OrderPaymentState::PartiallyPaid),
            (Facts { captured: 100, ..OWED }, OrderPaymentState::Paid),
            (Facts { captured: 120, ..OWED }, OrderPaymentState::Paid),
            (Facts { captured: 100, refunded: 1, ..OWED }, OrderPaymentState::PartiallyRefunded),
            (Facts { captured: 100, refunded: 100, ..OWED }, OrderPaymentState::Refunded),
            (Facts { grand_total: 0, ..OWED }, OrderPaymentState::Paid),
            (Facts { grand_total: 0, cancelled: true, ..OWED }, OrderPaymentState::Pending),
            (
                Facts { cancelled: true, has_payment: true, authorized: 100, ..OWED },
                OrderPaymentState::Voided,
            ),
        ];
        for (facts, expected) in cases {
            assert_eq!(facts.states().payment, expected, "{facts:?}");
        }
    }

    #[test]
    fn an_order_is_completed_when_it_is_delivered_and_paid() {
        let delivered = Facts { fulfilled: 2, shipped: true, delivered: true, ..OWED };
        assert_eq!(delivered.states().order, OrderState::Open);
        assert_eq!(Facts { captured: 100, ..delivered }.states().order, OrderState::Completed);
        let cancelled = Facts { captured: 100, cancelled: true, ..delivered };
        assert_eq!(cancelled.states().order, OrderState::Cancelled);
    }

    #[test]
    fn a_draft_is_nothing_else() {
        let draft = Facts { draft: true, ..OWED };
        assert_eq!(draft.states().order, OrderState::Draft);
    }

    #[test]
    fn units_decide_the_fulfillment_state() {
        let state = |facts: Facts| facts.states().fulfillment;
        assert_eq!(state(OWED), OrderFulfillmentState::Unfulfilled);
        let some = Facts { fulfilled: 1, shipped: true, ..OWED };
        assert_eq!(state(some), OrderFulfillmentState::PartiallyFulfilled);
        let all = Facts { fulfilled: 2, ..some };
        assert_eq!(state(all), OrderFulfillmentState::Fulfilled);
        assert_eq!(state(Facts { delivered: true, ..all }), OrderFulfillmentState::Delivered);
        let no_lines = Facts { units: 0, shipped: true, delivered: true, ..OWED };
        assert_eq!(state(no_lines), OrderFulfillmentState::Delivered);
    }
}
