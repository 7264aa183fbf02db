//! The machine of a count, as a table.

use entities::enums::StockCountState;

/// What can be done with a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something is counted.
    Record,
    /// What was counted is taken over.
    Close,
    /// It is given up.
    Cancel,
}

impl Step {
    /// Every step.
    pub const ALL: &'static [Self] = &[Self::Record, Self::Close, Self::Cancel];
}

/// The state after a step; `None` where it cannot be taken.
pub const fn next(state: StockCountState, step: Step) -> Option<StockCountState> {
    use StockCountState as S;
    match (state, step) {
        (S::Open, Step::Record) => Some(S::Open),
        (S::Open, Step::Close) => Some(S::Closed),
        (S::Open, Step::Cancel) => Some(S::Cancelled),
        (S::Closed | S::Cancelled, Step::Record | Step::Close | Step::Cancel) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_ends_once() {
        use StockCountState as S;
        assert_eq!(next(S::Open, Step::Close), Some(S::Closed));
        assert_eq!(next(S::Open, Step::Cancel), Some(S::Cancelled));
        for last in [S::Closed, S::Cancelled] {
            assert!(Step::ALL.iter().all(|step| next(last, *step).is_none()));
        }
    }
}
