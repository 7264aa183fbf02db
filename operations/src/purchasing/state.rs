//! The machine of a purchase order, as a table.

use entities::enums::PurchaseOrderState;

/// What can be done with a purchase order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its lines or its date change.
    Update,
    /// It is sent to the supplier.
    Place,
    /// Some of it comes.
    ReceiveSome,
    /// The last of it comes.
    ReceiveRest,
    /// Nothing more will come.
    Close,
    /// It is called off.
    Cancel,
}

impl Step {
    /// Every step.
    pub const ALL: &'static [Self] = &[
        Self::Update,
        Self::Place,
        Self::ReceiveSome,
        Self::ReceiveRest,
        Self::Close,
        Self::Cancel,
    ];
}

/// The state after a step; `None` where it cannot be taken.
pub const fn next(state: PurchaseOrderState, step: Step) -> Option<PurchaseOrderState> {
    use PurchaseOrderState as S;
    match (state, step) {
        (S::Draft, Step::Update) => Some(S::Draft),
        (S::Draft, Step::Place) | (S::Ordered, Step::Update) => Some(S::Ordered),
        (S::Draft | S::Ordered, Step::Cancel) => Some(S::Cancelled),
        (S::Ordered | S::PartiallyReceived, Step::ReceiveSome)
        | (S::PartiallyReceived, Step::Update) => Some(S::PartiallyReceived),
        (S::Ordered | S::PartiallyReceived, Step::ReceiveRest) => Some(S::Received),
        (S::Ordered | S::PartiallyReceived, Step::Close) => Some(S::Closed),
        (S::Draft, Step::ReceiveSome | Step::ReceiveRest | Step::Close)
        | (S::Ordered, Step::Place)
        | (S::PartiallyReceived, Step::Place | Step::Cancel)
        | (
            S::Received | S::Closed | S::Cancelled,
            Step::Update
            | Step::Place
            | Step::ReceiveSome
            | Step::ReceiveRest
            | Step::Close
            | Step::Cancel,
        ) => None,
    }
}

/// Whether its goods are expected.
pub const fn is_open(state: PurchaseOrderState) -> bool {
    next(state, Step::ReceiveSome).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use PurchaseOrderState as S;
    use sea_orm::Iterable;
    use std::collections::BTreeSet;

    #[test]
    fn every_state_is_reached_and_nothing_leaves_the_last() {
        let mut reached = BTreeSet::from([PurchaseOrderState::Draft]);
        for _ in 0..PurchaseOrderState::iter().count() {
            let steps = reached.clone().into_iter();
            let after =
                steps.flat_map(|from| Step::ALL.iter().filter_map(move |step| next(from, *step)));
            reached.extend(after);
        }
        assert_eq!(reached, PurchaseOrderState::iter().collect());
        for last in [S::Received, S::Closed, S::Cancelled] {
            assert!(Step::ALL.iter().all(|step| next(last, *step).is_none()));
        }
    }
}
