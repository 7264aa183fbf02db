//! From what is asked for to which location sends what: pure arithmetic.

use std::collections::BTreeMap;
use uuid::Uuid;

/// One line asked for: units of a plain variant, or of a bundle with what one unit consumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) quantity: i64,
    /// Variant and units for one unit of the line; a plain variant consumes itself.
    pub(crate) parts: Vec<(Uuid, i64)>,
}

/// What can be promised at one location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) location: Uuid,
    pub(crate) available: BTreeMap<Uuid, i64>,
}

impl Source {
    fn of(&self, variant: Uuid) -> i64 {
        self.available.get(&variant).copied().unwrap_or(0).max(0)
    }
}

/// Units of one variant that one location sends for one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) line: usize,
    pub(crate) variant: Uuid,
    pub(crate) location: Uuid,
    pub(crate) quantity: i64,
}

/// Who sends what, and what nobody can send.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    pub(crate) shares: Vec<Share>,
    /// For each line, how many whole units are promised.
    pub(crate) filled: Vec<i64>,
    /// Whether all could be filled, but not from one location, and splitting was not allowed.
    pub(crate) needs_split: bool,
}

/// Subsets of locations that are tried before the plan settles for the most preferred ones.
const MAX_TRIED: usize = 20_000;

/// Plans with the fewest locations, preferring those that stand first. A bundle is filled in whole
/// units or not at all.
pub(crate) fn plan(wanted: &[Wanted], sources: &[Source], allow_split: bool) -> Plan {
    let everything: Vec<&Source> = sources.iter().collect();
    let most = fill(wanted, &everything);
    if most.iter().all(|filled| *filled == 0) {
        return Plan { filled: most, ..Plan::default() };
    }
    let goal = goal(wanted, &most);
    if let Some(single) = everything.iter().find(|source| covers(&goal, &[source])) {
        return share(wanted, &most, &[single]);
    }
    if allow_split {
        let chosen = fewest(&goal, &everything).unwrap_or(everything);
        return share(wanted, &most, &chosen);
    }
    let units = |filled: &[i64]| filled.iter().sum::<i64>();
    let best = everything
        .iter()
        .map(|source| (fill(wanted, &[source]), *source))
        .reduce(|best, next| if units(&next.0) > units(&best.0) { next } else { best });
    let complete = most.iter().zip(wanted).all(|(filled, line)| *filled == line.quantity);
    let mut plan =
        best.map_or_else(Plan::default, |(filled, source)| share(wanted, &filled, &[source]));
    plan.needs_split = complete;
    plan
}

/// For each line, how many whole units the sources can send together, earlier lines first.
fn fill(wanted: &[Wanted], sources: &[&Source]) -> Vec<i64> {
    let mut left: BTreeMap<Uuid, i64> = BTreeMap::new();
    for (variant, _) in wanted.iter().flat_map(|line| &line.parts) {
        left.entry(*variant)
            .or_insert_with(|| sources.iter().map(|source| source.of(*variant)).sum());
    }
    let mut filled = Vec::with_capacity(wanted.len());
    for line in wanted {
        let whole = line
            .parts
            .iter()
            .map(|(variant, units)| left.get(variant).copied().unwrap_or(0) / units)
            .min()
            .unwrap_or(0)
            .min(line.quantity);
        for (variant, units) in &line.parts {
            if let Some(rest) = left.get_mut(variant) {
                *rest -= whole * units;
            }
        }
        filled.push(whole);
    }
    filled
}

/// Units of each variant that the filled lines consume.
fn goal(wanted: &[Wanted], filled: &[i64]) -> BTreeMap<Uuid, i64> {
    let mut goal = BTreeMap::new();
    for (line, whole) in wanted.iter().zip(filled) {
        for (variant, units) in &line.parts {
            *goal.entry(*variant).or_insert(0) += whole * units;
        }
    }
    goal
}

fn covers(goal: &BTreeMap<Uuid, i64>, sources: &[&Source]) -> bool {
    goal.iter().all(|(variant, units)| {
        sources.iter().map(|source| source.of(*variant)).sum::<i64>() >= *units
    })
}

/// The first smallest subset that covers the goal, by preference; none within the bound gives none.
fn fewest<'a>(goal: &BTreeMap<Uuid, i64>, sources: &[&'a Source]) -> Option<Vec<&'a Source>> {
    let useful: Vec<&Source> = sources
        .iter()
        .filter(|source| goal.iter().any(|(variant, units)| *units > 0 && source.of(*variant) > 0))
        .copied()
        .collect();
    let mut tried = 0;
    (2..=useful.len()).find_map(|size| subset(goal, &useful, size, &mut Vec::new(), &mut tried))
}

fn subset<'a>(
    goal: &BTreeMap<Uuid, i64>,
    rest: &[&'a Source],
    size: usize,
    chosen: &mut Vec<&'a Source>,
    tried: &mut usize,
) -> Option<Vec<&'a Source>> {
    if size == 0 {
        *tried += 1;
        return covers(goal, chosen).then(|| chosen.clone());
    }
    for (index, source) in rest.iter().enumerate() {
        if rest.len() - index < size || *tried >= MAX_TRIED {
            return None;
        }
        chosen.push(source);
        let found = subset(goal, rest.get(index + 1..).unwrap_or(&[]), size - 1, chosen, tried);
        if found.is_some() {
            return found;
        }
        chosen.pop();
    }
    None
}

/// Deals the filled units out, the most preferred of the chosen locations first.
fn share(wanted: &[Wanted], filled: &[i64], chosen: &[&Source]) -> Plan {
    let mut left: BTreeMap<(Uuid, usize), i64> = BTreeMap::new();
    for (place, source) in chosen.iter().enumerate() {
        for variant in source.available.keys() {
            left.insert((*variant, place), source.of(*variant));
        }
    }
    let mut shares = Vec::new();
    for (line, (wanted, whole)) in wanted.iter().zip(filled).enumerate() {
        for (variant, units) in &wanted.parts {
            let mut open = whole * units;
            for (place, source) in chosen.iter().enumerate() {
                let Some(rest) = left.get_mut(&(*variant, place)) else { continue };
                let quantity = open.min(*rest);
                if quantity > 0 {
                    *rest -= quantity;
                    open -= quantity;
                    shares.push(Share {
                        line,
                        variant: *variant,
                        location: source.location,
                        quantity,
                    });
                }
            }
        }
    }
    Plan { shares, filled: filled.to_vec(), needs_split: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn source(location: u128, available: &[(u128, i64)]) -> Source {
        let available = available.iter().map(|(variant, units)| (id(*variant), *units)).collect();
        Source { location: id(location), available }
    }

    fn plain(variant: u128, quantity: i64) -> Wanted {
        Wanted { quantity, parts: vec![(id(variant), 1)] }
    }

    fn locations(plan: &Plan) -> Vec<Uuid> {
        let mut used: Vec<Uuid> = plan.shares.iter().map(|share| share.location).collect();
        used.sort();
        used.dedup();
        used
    }

    #[test]
    fn one_location_that_has_all_is_taken_before_two_preferred_ones() {
        let sources = [source(91, &[(1, 5)]), source(92, &[(2, 5)]), source(93, &[(1, 5), (2, 5)])];
        let plan = plan(&[plain(1, 2), plain(2, 2)], &sources, true);
        assert_eq!(locations(&plan), [id(93)]);
    }

    #[test]
    fn the_preferred_location_is_taken_among_equals() {
        let sources = [source(91, &[(1, 5)]), source(92, &[(1, 50)])];
        assert_eq!(locations(&plan(&[plain(1, 2)], &sources, true)), [id(91)]);
    }

    #[test]
    fn the_fewest_locations_are_found_where_greed_would_take_three() {
        let sources = [
            source(91, &[(1, 1), (2, 1), (3, 1)]),
            source(92, &[(1, 2), (2, 2)]),
            source(93, &[(3, 2), (4, 2)]),
        ];
        let lines = [plain(1, 2), plain(2, 2), plain(3, 2), plain(4, 2)];
        assert_eq!(locations(&plan(&lines, &sources, true)), [id(92), id(93)]);
    }

    #[test]
    fn a_bundle_is_filled_in_whole_units() {
        let bundle = Wanted { quantity: 3, parts: vec![(id(1), 2), (id(2), 1)] };
        let plan = plan(&[bundle], &[source(91, &[(1, 5), (2, 9)])], true);
        assert_eq!(plan.filled, [2]);
        assert_eq!(plan.shares.iter().map(|share| share.quantity).collect::<Vec<_>>(), [4, 2]);
    }

    #[test]
    fn without_splitting_it_says_that_a_split_would_do() {
        let sources = [source(91, &[(1, 1)]), source(92, &[(1, 2)])];
        let plan = plan(&[plain(1, 3)], &sources, false);
        assert!(plan.needs_split);
        assert_eq!(locations(&plan), [id(92)]);
    }

    proptest! {
        #[test]
        fn a_plan_promises_what_is_there_and_never_more(
            stock in prop::collection::vec(prop::collection::vec(-2_i64..6, 3), 1..5),
            lines in prop::collection::vec((0_u128..4, 1_i64..6), 1..5),
            split in any::<bool>(),
        ) {
            let sources: Vec<Source> = (0_u128..).zip(&stock).map(|(place, units)| {
                let available: Vec<(u128, i64)> = (0..).zip(units.iter().copied()).collect();
                source(100 + place, &available)
            }).collect();
            let wanted: Vec<Wanted> = lines.iter().map(|(kind, quantity)| match kind {
                3 => Wanted { quantity: *quantity, parts: vec![(id(0), 1), (id(1), 2)] },
                kind => plain(*kind, *quantity),
            }).collect();
            let plan = plan(&wanted, &sources, split);
            for source in &sources {
                for (variant, units) in &source.available {
                    let taken: i64 = plan.shares.iter()
                        .filter(|share| share.location == source.location && share.variant == *variant)
                        .map(|share| share.quantity).sum();
                    prop_assert!(taken <= (*units).max(0));
                }
            }
            for (index, line) in wanted.iter().enumerate() {
                prop_assert!(plan.filled[index] <= line.quantity);
                for (variant, units) in &line.parts {
                    let sent: i64 = plan.shares.iter()
                        .filter(|share| share.line == index && share.variant == *variant)
                        .map(|share| share.quantity).sum();
                    prop_assert_eq!(sent, plan.filled[index] * units);
                }
            }
            if !split { prop_assert!(locations(&plan).len() <= 1); }
        }
    }
}
