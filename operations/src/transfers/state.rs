//! The machine of a transfer, as a table.

use entities::enums::TransferState;

/// What can be done with a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It leaves.
    Ship,
    /// Some of it arrives.
    ReceiveSome,
    /// The last of it arrives, or is given up.
    ReceiveRest,
    /// It is called off.
    Cancel,
}

impl Step {
    /// Every step.
    pub const ALL: &'static [Self] =
        &[Self::Ship, Self::ReceiveSome, Self::ReceiveRest, Self::Cancel];
}

/// The state after a step; `None` where it cannot be taken.
pub const fn next(state: TransferState, step: Step) -> Option<TransferState> {
    use TransferState as S;
    match (state, step) {
        (S::Draft, Step::Ship) => Some(S::Shipped),
        (S::Draft, Step::Cancel) => Some(S::Cancelled),
        (S::Shipped | S::PartiallyReceived, Step::ReceiveSome) => Some(S::PartiallyReceived),
        (S::Shipped | S::PartiallyReceived, Step::ReceiveRest) => Some(S::Received),
        (S::Draft, Step::ReceiveSome | Step::ReceiveRest)
        | (S::Shipped | S::PartiallyReceived, Step::Ship | Step::Cancel)
        | (
            S::Received | S::Cancelled,
            Step::Ship | Step::ReceiveSome | Step::ReceiveRest | Step::Cancel,
        ) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;
    use std::collections::BTreeSet;

    #[test]
    fn every_state_is_reached_and_nothing_leaves_the_last() {
        let mut reached = BTreeSet::from([TransferState::Draft]);
        for _ in 0..TransferState::iter().count() {
            let steps = reached.clone().into_iter();
            let after =
                steps.flat_map(|from| Step::ALL.iter().filter_map(move |step| next(from, *step)));
            reached.extend(after);
        }
        assert_eq!(reached, TransferState::iter().collect());
        for last in [TransferState::Received, TransferState::Cancelled] {
            assert!(Step::ALL.iter().all(|step| next(last, *step).is_none()));
        }
    }
}
