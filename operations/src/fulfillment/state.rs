//! The machines of fulfillments and parcels: every pair listed, and nothing else assigns their states.

use entities::enums::{FulfillmentState, TrackingStatus};

/// What can happen to a fulfillment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A third party takes it.
    Accept,
    /// A third party refuses it.
    Reject,
    /// A hold is placed on an order in it.
    Hold,
    /// Its last hold is released; it is to be picked.
    Resume,
    /// The same, where a third party has not taken it yet.
    OfferAgain,
    /// Somebody goes to the shelves.
    StartPicking,
    /// What is fetched is put into parcels.
    Pack,
    /// It leaves the building.
    Ship,
    /// It waits for the customer.
    MakeReady,
    /// It is with the customer.
    Deliver,
    /// It could not be done, or got lost on its way.
    Fail,
    /// It is called off.
    Cancel,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 12] = [
        Self::Accept,
        Self::Reject,
        Self::Hold,
        Self::Resume,
        Self::OfferAgain,
        Self::StartPicking,
        Self::Pack,
        Self::Ship,
        Self::MakeReady,
        Self::Deliver,
        Self::Fail,
        Self::Cancel,
    ];
}

/// Every state.
pub const STATES: [FulfillmentState; 10] = [
    FulfillmentState::Requested,
    FulfillmentState::Open,
    FulfillmentState::OnHold,
    FulfillmentState::Picking,
    FulfillmentState::Packed,
    FulfillmentState::Shipped,
    FulfillmentState::ReadyForPickup,
    FulfillmentState::Delivered,
    FulfillmentState::Failed,
    FulfillmentState::Cancelled,
];

/// The state that follows; none where the step cannot be taken.
pub const fn next(from: FulfillmentState, step: Step) -> Option<FulfillmentState> {
    use FulfillmentState::{
        Cancelled, Delivered, Failed, OnHold, Open, Packed, Picking, ReadyForPickup, Requested,
        Shipped,
    };
    match step {
        Step::Accept => match from {
            Requested => Some(Open),
            Open | OnHold | Picking | Packed | Shipped | ReadyForPickup | Delivered | Failed
            | Cancelled => None,
        },
        Step::Reject => match from {
            Requested => Some(Cancelled),
            Open | OnHold | Picking | Packed | Shipped | ReadyForPickup | Delivered | Failed
            | Cancelled => None,
        },
        Step::Hold => match from {
            Requested | Open => Some(OnHold),
            OnHold | Picking | Packed | Shipped | ReadyForPickup | Delivered | Failed
            | Cancelled => None,
        },
        Step::Resume => match from {
            OnHold => Some(Open),
            Requested | Open | Picking | Packed | Shipped | ReadyForPickup | Delivered | Failed
            | Cancelled => None,
        },
        Step::OfferAgain => match from {
            OnHold => Some(Requested),
            Requested | Open | Picking | Packed | Shipped | ReadyForPickup | Delivered | Failed
            | Cancelled => None,
        },
        Step::StartPicking => match from {
            Open => Some(Picking),
            Requested | OnHold | Picking | Packed | Shipped | ReadyForPickup | Delivered
            | Failed | Cancelled => None,
        },
        Step::Pack => match from {
            Picking => Some(Packed),
            Requested | Open | OnHold | Packed | Shipped | ReadyForPickup | Delivered | Failed
            | Cancelled => None,
        },
        // A third party may tell of a shipment alone.
        Step::Ship => match from {
            Open | Picking | Packed => Some(Shipped),
            Requested | OnHold | Shipped | ReadyForPickup | Delivered | Failed | Cancelled => None,
        },
        Step::MakeReady => match from {
            Picking | Packed => Some(ReadyForPickup),
            Requested | Open | OnHold | Shipped | ReadyForPickup | Delivered | Failed
            | Cancelled => None,
        },
        Step::Deliver => match from {
            Shipped | ReadyForPickup => Some(Delivered),
            Requested | Open | OnHold | Picking | Packed | Delivered | Failed | Cancelled => None,
        },
        Step::Fail => match from {
            Open | OnHold | Picking | Packed | ReadyForPickup | Shipped => Some(Failed),
            Requested | Delivered | Failed | Cancelled => None,
        },
        Step::Cancel => match from {
            Requested | Open | OnHold | Picking | Packed | ReadyForPickup => Some(Cancelled),
            Shipped | Delivered | Failed | Cancelled => None,
        },
    }
}

/// Whether its units are promised at the location and have not left it.
pub const fn reserves(state: FulfillmentState) -> bool {
    match state {
        FulfillmentState::Requested
        | FulfillmentState::Open
        | FulfillmentState::OnHold
        | FulfillmentState::Picking
        | FulfillmentState::Packed
        | FulfillmentState::ReadyForPickup => true,
        FulfillmentState::Shipped
        | FulfillmentState::Delivered
        | FulfillmentState::Failed
        | FulfillmentState::Cancelled => false,
    }
}

/// Whether its units have left.
pub const fn has_left(state: FulfillmentState) -> bool {
    match state {
        FulfillmentState::Shipped | FulfillmentState::Delivered => true,
        FulfillmentState::Requested
        | FulfillmentState::Open
        | FulfillmentState::OnHold
        | FulfillmentState::Picking
        | FulfillmentState::Packed
        | FulfillmentState::ReadyForPickup
        | FulfillmentState::Failed
        | FulfillmentState::Cancelled => false,
    }
}

/// Whether nobody has begun with it, so that it can be planned anew.
pub const fn is_untouched(state: FulfillmentState) -> bool {
    match state {
        FulfillmentState::Requested | FulfillmentState::Open | FulfillmentState::OnHold => true,
        FulfillmentState::Picking
        | FulfillmentState::Packed
        | FulfillmentState::ReadyForPickup
        | FulfillmentState::Shipped
        | FulfillmentState::Delivered
        | FulfillmentState::Failed
        | FulfillmentState::Cancelled => false,
    }
}

/// How far it is: what is least begun is changed first.
pub(crate) const fn progress(state: FulfillmentState) -> u8 {
    match state {
        FulfillmentState::OnHold => 0,
        FulfillmentState::Requested => 1,
        FulfillmentState::Open => 2,
        FulfillmentState::Picking => 3,
        FulfillmentState::Packed => 4,
        FulfillmentState::ReadyForPickup => 5,
        FulfillmentState::Shipped => 6,
        FulfillmentState::Delivered => 7,
        FulfillmentState::Failed => 8,
        FulfillmentState::Cancelled => 9,
    }
}

/// Where a parcel stands when a carrier says one thing after another. An arrival is taken back by a return
/// alone; what is lost may turn up.
pub const fn follow(before: Option<TrackingStatus>, said: TrackingStatus) -> TrackingStatus {
    use TrackingStatus::{
        Delivered, Exception, InTransit, LabelCreated, Lost, OutForDelivery, ReturnedToSender,
    };
    match (before, said) {
        (Some(ReturnedToSender), _) | (Some(Delivered), ReturnedToSender) => ReturnedToSender,
        (
            Some(Delivered),
            LabelCreated | InTransit | OutForDelivery | Delivered | Exception | Lost,
        ) => Delivered,
        (Some(InTransit | OutForDelivery | Exception | Lost), LabelCreated) => InTransit,
        (
            None | Some(LabelCreated | InTransit | OutForDelivery | Exception | Lost),
            InTransit | OutForDelivery | Delivered | Exception | ReturnedToSender | Lost,
        )
        | (None | Some(LabelCreated), LabelCreated) => said,
    }
}

/// The machine of fulfillments as a table, for people.
pub fn table() -> String {
    use sea_orm::ActiveEnum;
    use std::fmt::Write;
    let mut text = String::new();
    for from in STATES {
        for step in Step::ALL {
            if let Some(to) = next(from, step) {
                let (from, to) = (from.to_value(), to.to_value());
                let _infallible = writeln!(text, "{from:<16} {step:<12?} -> {to}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_state_is_reached_and_ends_are_ends() {
        let mut reached = vec![FulfillmentState::Requested, FulfillmentState::Open];
        loop {
            let more: Vec<_> = reached
                .iter()
                .flat_map(|from| Step::ALL.map(|step| next(*from, step)))
                .flatten()
                .filter(|to| !reached.contains(to))
                .collect();
            if more.is_empty() {
                break;
            }
            reached.extend(more);
        }
        for state in STATES {
            assert!(reached.contains(&state), "{state:?} is never reached");
            let ends = Step::ALL.iter().all(|step| next(state, *step).is_none());
            let last = matches!(
                state,
                FulfillmentState::Delivered
                    | FulfillmentState::Failed
                    | FulfillmentState::Cancelled
            );
            assert_eq!(ends, last, "{state:?}");
            assert!(!(reserves(state) && has_left(state)), "{state:?}");
        }
    }

    #[test]
    fn the_machine_is_as_it_was_reviewed() {
        insta::assert_snapshot!(table());
    }

    const SAID: [TrackingStatus; 7] = [
        TrackingStatus::LabelCreated,
        TrackingStatus::InTransit,
        TrackingStatus::OutForDelivery,
        TrackingStatus::Delivered,
        TrackingStatus::Exception,
        TrackingStatus::ReturnedToSender,
        TrackingStatus::Lost,
    ];

    proptest! {
        #[test]
        fn a_parcel_that_arrived_stays_so_unless_it_comes_back(said in prop::collection::vec(0_usize..7, 1..12)) {
            let said: Vec<TrackingStatus> = said.into_iter().map(|index| SAID[index]).collect();
            let end = said.iter().fold(None, |at, one| Some(follow(at, *one))).unwrap();
            if said.contains(&TrackingStatus::ReturnedToSender) {
                prop_assert_eq!(end, TrackingStatus::ReturnedToSender);
            } else if said.contains(&TrackingStatus::Delivered) {
                prop_assert_eq!(end, TrackingStatus::Delivered);
            } else if said.iter().any(|one| *one != TrackingStatus::LabelCreated) {
                prop_assert_ne!(end, TrackingStatus::LabelCreated);
            }
        }
    }
}
