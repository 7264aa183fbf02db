//! From what is asked for to which location sends what: pure arithmetic.
//!
//! The rules of a strategy are tried in order, and the first that yields a full plan wins. The fewest
//! locations are found by a search that is bounded, not greedy: it branches on the scarcest goods, gives up a
//! branch that can no longer cover them, and settles for the best plan found when its bound is reached.

use entities::enums::RoutingRule;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One line asked for: units of a plain variant, or of a bundle with what one unit consumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) quantity: i64,
    /// Variant and units for one unit of the line; a plain variant consumes itself.
    pub(crate) parts: Vec<(Uuid, i64)>,
}

/// What can be promised at one location, and what speaks for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    pub(crate) location: Uuid,
    pub(crate) available: BTreeMap<Uuid, i64>,
    /// From here to the customer, where both places are known.
    pub(crate) distance_km: Option<f64>,
    /// Work that lies there already.
    pub(crate) backlog: i64,
    /// Why it is not asked, if it is not.
    pub(crate) rejected: Option<&'static str>,
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
    /// Whether all could be filled, but not by as few locations as are allowed.
    pub(crate) needs_split: bool,
}

impl Plan {
    /// Whether all that is wanted is promised.
    pub(crate) fn fills(&self, wanted: &[Wanted]) -> bool {
        self.filled.iter().zip(wanted).all(|(filled, line)| *filled == line.quantity)
    }
}

/// A plan, and why it is this one.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Routed {
    pub(crate) plan: Plan,
    pub(crate) decided_by: Option<RoutingRule>,
    pub(crate) candidates: Vec<Candidate>,
}

/// What was thought of one location.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) location: Uuid,
    /// By the rule that decided; more is better.
    pub(crate) score: f64,
    /// Units of the lines that it could send by itself.
    pub(crate) fills: i64,
    pub(crate) distance_km: Option<f64>,
    pub(crate) rejected: Option<&'static str>,
}

/// The rules by which an order is routed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) rules: &'a [RoutingRule],
    /// Locations that may serve it at most.
    pub(crate) most: usize,
}

/// What is tried where a shop has set no rules: one location, else as few as possible, the preferred first.
pub(crate) const DEFAULT_RULES: &[RoutingRule] =
    &[RoutingRule::SingleLocation, RoutingRule::FewestSplits];

/// Steps of the search for the fewest locations at most.
const MAX_STEPS: usize = 50_000;

/// Plans by the rules. Sources come most preferred first; a bundle is filled in whole units or not at all.
pub(crate) fn route(wanted: &[Wanted], sources: &[Source], rules: Rules<'_>) -> Routed {
    let able: Vec<&Source> = sources.iter().filter(|one| one.rejected.is_none()).collect();
    let most = fill(wanted, &able);
    let goal = Goal::new(wanted, &most, &able);
    let mut routed =
        Routed { plan: Plan { filled: most.clone(), ..Plan::default() }, ..Routed::default() };
    if !goal.is_empty() {
        let found = rules
            .rules
            .iter()
            .find_map(|rule| Some((*rule, choose(*rule, rules, wanted, &able, &goal)?)));
        match found {
            Some((rule, chosen)) => {
                routed.decided_by = Some(rule);
                routed.plan = share(wanted, &most, &pick(&able, &chosen));
            }
            None => routed.plan = best_within(wanted, &most, &able, rules),
        }
    }
    let used: Vec<Uuid> = routed.plan.shares.iter().map(|share| share.location).collect();
    routed.candidates = sources
        .iter()
        .enumerate()
        .map(|(rank, source)| {
            let fills = fill(wanted, &[source]).iter().sum();
            let none = (fills == 0).then_some("has none of it");
            let other = (!used.contains(&source.location)).then_some("another was better");
            Candidate {
                location: source.location,
                score: score(routed.decided_by, source, rank, (fills, stock_of(wanted, source))),
                fills,
                distance_km: source.distance_km,
                rejected: source.rejected.or(none.filter(|_| other.is_some())).or(other),
            }
        })
        .collect();
    routed
}

fn pick<'a>(sources: &[&'a Source], chosen: &[usize]) -> Vec<&'a Source> {
    chosen.iter().filter_map(|index| sources.get(*index).copied()).collect()
}

/// How well a location does by the rule that decided.
#[expect(
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a score, not money"
)]
fn score(
    rule: Option<RoutingRule>,
    source: &Source,
    rank: usize,
    (fills, stock): (i64, i64),
) -> f64 {
    match rule {
        Some(RoutingRule::Nearest) => -source.distance_km.unwrap_or(f64::from(u16::MAX)),
        Some(RoutingRule::PreferredLocation) => -(rank as f64),
        Some(RoutingRule::LowestBacklog) => -(source.backlog as f64),
        Some(RoutingRule::MostStock) => stock as f64,
        Some(RoutingRule::SingleLocation | RoutingRule::FewestSplits) | None => fills as f64,
    }
}

/// Where no rule yields a full plan: whatever as many locations as are allowed can send, the fullest first.
fn best_within(wanted: &[Wanted], most: &[i64], able: &[&Source], rules: Rules<'_>) -> Plan {
    let complete = most.iter().zip(wanted).all(|(filled, line)| *filled == line.quantity);
    let units = |filled: &[i64]| filled.iter().sum::<i64>();
    let mut chosen: Vec<&Source> = Vec::new();
    let mut filled = vec![0; wanted.len()];
    while chosen.len() < rules.most {
        let better = able
            .iter()
            .filter(|source| chosen.iter().all(|other| other.location != source.location))
            .map(|source| {
                let with: Vec<&Source> = chosen.iter().copied().chain([*source]).collect();
                (fill(wanted, &with), *source)
            })
            .reduce(|best, next| if units(&next.0) > units(&best.0) { next } else { best });
        match better {
            Some((more, source)) if units(&more) > units(&filled) => {
                filled = more;
                chosen.push(source);
            }
            Some(_) | None => break,
        }
    }
    Plan { needs_split: complete && filled != most, ..share(wanted, &filled, &chosen) }
}

/// The locations that a rule chooses, by their place among the sources; none where it yields no full plan.
fn choose(
    rule: RoutingRule,
    rules: Rules<'_>,
    wanted: &[Wanted],
    able: &[&Source],
    goal: &Goal,
) -> Option<Vec<usize>> {
    let own = [rule];
    let (orders, keys): (bool, &[RoutingRule]) = match rule {
        RoutingRule::SingleLocation | RoutingRule::FewestSplits => (false, rules.rules),
        RoutingRule::Nearest
        | RoutingRule::PreferredLocation
        | RoutingRule::MostStock
        | RoutingRule::LowestBacklog => (true, &own),
    };
    let stock: Vec<i64> = able.iter().map(|source| stock_of(wanted, source)).collect();
    let mut sorted: Vec<usize> = (0..able.len()).collect();
    sorted.sort_by(|a, b| {
        keys.iter()
            .map(|key| compare(*key, able, &stock, (*a, *b)))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| a.cmp(b))
    });
    if orders {
        return goal.greedily(&sorted, rules.most);
    }
    match rule {
        RoutingRule::SingleLocation => goal.fewest(&sorted, 1),
        RoutingRule::FewestSplits
        | RoutingRule::Nearest
        | RoutingRule::PreferredLocation
        | RoutingRule::MostStock
        | RoutingRule::LowestBacklog => goal.fewest(&sorted, rules.most),
    }
}

/// Units of all that is wanted which lie at a location, needed or not.
fn stock_of(wanted: &[Wanted], source: &Source) -> i64 {
    let mut variants: Vec<Uuid> =
        wanted.iter().flat_map(|line| &line.parts).map(|part| part.0).collect();
    variants.sort_unstable();
    variants.dedup();
    variants.into_iter().map(|variant| source.of(variant)).sum()
}

/// Which of two locations comes first by one rule.
fn compare(rule: RoutingRule, able: &[&Source], stock: &[i64], (a, b): (usize, usize)) -> Ordering {
    let of = |index: usize| able.get(index);
    match rule {
        RoutingRule::Nearest => {
            let far = |index: usize| of(index).and_then(|one| one.distance_km).unwrap_or(f64::MAX);
            far(a).total_cmp(&far(b))
        }
        RoutingRule::MostStock => stock.get(b).cmp(&stock.get(a)),
        RoutingRule::LowestBacklog => {
            of(a).map(|one| one.backlog).cmp(&of(b).map(|one| one.backlog))
        }
        RoutingRule::PreferredLocation => a.cmp(&b),
        RoutingRule::SingleLocation | RoutingRule::FewestSplits => Ordering::Equal,
    }
}

/// What is to be covered: units of each variant, and how many of them each source has.
#[derive(Debug)]
struct Goal {
    units: Vec<i64>,
    has: Vec<Vec<i64>>,
}

/// A search for the fewest locations.
struct Search<'a> {
    goal: &'a Goal,
    sorted: &'a [usize],
    steps: usize,
    best: Option<(usize, Vec<usize>)>,
}

impl Goal {
    fn new(wanted: &[Wanted], filled: &[i64], sources: &[&Source]) -> Self {
        let mut sums: BTreeMap<Uuid, i64> = BTreeMap::new();
        for (line, whole) in wanted.iter().zip(filled) {
            for (variant, units) in &line.parts {
                *sums.entry(*variant).or_insert(0) += whole * units;
            }
        }
        sums.retain(|_, units| *units > 0);
        let has = sources
            .iter()
            .map(|source| sums.keys().map(|variant| source.of(*variant)).collect())
            .collect();
        Self { units: sums.into_values().collect(), has }
    }

    fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    fn of(&self, source: usize) -> &[i64] {
        self.has.get(source).map_or(&[], Vec::as_slice)
    }

    /// What is left to cover behind a source.
    fn rest(&self, left: &[i64], source: usize) -> Vec<i64> {
        left.iter().zip(self.of(source)).map(|(left, has)| left - has).collect()
    }

    /// Sources one after the other, each that helps, until all is covered.
    fn greedily(&self, sorted: &[usize], most: usize) -> Option<Vec<usize>> {
        let (mut left, mut chosen) = (self.units.clone(), Vec::new());
        for source in sorted {
            let helps = left.iter().zip(self.of(*source)).any(|(left, has)| *left > 0 && *has > 0);
            if helps {
                left = self.rest(&left, *source);
                chosen.push(*source);
            }
            if left.iter().all(|left| *left <= 0) {
                return (chosen.len() <= most).then_some(chosen);
            }
        }
        None
    }

    /// The smallest set of sources that covers all, the first ones among equals.
    fn fewest(&self, sorted: &[usize], most: usize) -> Option<Vec<usize>> {
        for size in 1..=most.min(sorted.len()) {
            let mut search = Search { goal: self, sorted, steps: 0, best: None };
            search.look(&self.units, size, &mut Vec::new());
            if let Some((_, mut chosen)) = search.best {
                chosen.sort_unstable();
                return Some(
                    chosen.iter().filter_map(|place| sorted.get(*place)).copied().collect(),
                );
            }
            if search.steps >= MAX_STEPS {
                break;
            }
        }
        self.greedily(sorted, most)
    }
}

impl Search<'_> {
    /// Looks for sets of `size` more sources; places among the sorted ones are chosen.
    fn look(&mut self, left: &[i64], size: usize, chosen: &mut Vec<usize>) {
        self.steps += 1;
        if left.iter().all(|left| *left <= 0) {
            let rank = chosen.iter().sum();
            if self.best.as_ref().is_none_or(|(best, _)| rank < *best) {
                self.best = Some((rank, chosen.clone()));
            }
            return;
        }
        if size == 0 || self.steps >= MAX_STEPS {
            return;
        }
        let Some(scarcest) = self.scarcest(left, size, chosen) else { return };
        for place in 0..self.sorted.len() {
            let Some(source) = self.sorted.get(place) else { return };
            let has = self.goal.of(*source).get(scarcest).copied().unwrap_or(0);
            if has > 0 && !chosen.contains(&place) {
                chosen.push(place);
                self.look(&self.goal.rest(left, *source), size - 1, chosen);
                chosen.pop();
            }
        }
    }

    /// The goods that the fewest sources have; none where even the best cannot cover what is left.
    fn scarcest(&self, left: &[i64], size: usize, chosen: &[usize]) -> Option<usize> {
        let mut scarcest: Option<(usize, usize)> = None;
        for (variant, need) in left.iter().enumerate().filter(|(_, need)| **need > 0) {
            let mut stock: Vec<i64> = self
                .sorted
                .iter()
                .enumerate()
                .filter(|(place, _)| !chosen.contains(place))
                .filter_map(|(_, source)| self.goal.of(*source).get(variant).copied())
                .filter(|units| *units > 0)
                .collect();
            stock.sort_unstable_by(|a, b| b.cmp(a));
            if stock.iter().take(size).sum::<i64>() < *need {
                return None;
            }
            if scarcest.is_none_or(|(_, fewest)| stock.len() < fewest) {
                scarcest = Some((variant, stock.len()));
            }
        }
        scarcest.map(|(variant, _)| variant)
    }
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
        Source { location: id(location), available, distance_km: None, backlog: 0, rejected: None }
    }

    fn plain(variant: u128, quantity: i64) -> Wanted {
        Wanted { quantity, parts: vec![(id(variant), 1)] }
    }

    fn plan(wanted: &[Wanted], sources: &[Source], split: bool) -> Plan {
        let most = if split { usize::MAX } else { 1 };
        route(wanted, sources, Rules { rules: DEFAULT_RULES, most }).plan
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

    fn decided(
        rules: &[RoutingRule],
        sources: &[Source],
        quantity: i64,
    ) -> (Option<RoutingRule>, Vec<Uuid>) {
        let routed = route(&[plain(1, quantity)], sources, Rules { rules, most: usize::MAX });
        (routed.decided_by, locations(&routed.plan))
    }

    #[test]
    fn each_rule_goes_by_its_own_measure() {
        use RoutingRule::{
            FewestSplits, LowestBacklog, MostStock, Nearest, PreferredLocation, SingleLocation,
        };
        let with = |location, units, km, backlog| Source {
            distance_km: Some(km),
            backlog,
            ..source(location, &[(1, units)])
        };
        let sources = [
            with(91, 3, 500.0, 9),
            with(92, 9, 300.0, 5),
            with(93, 4, 20.0, 7),
            with(94, 4, 900.0, 1),
        ];
        let one = |rule| decided(&[rule], &sources, 2).1;
        assert_eq!(one(PreferredLocation), [id(91)]);
        assert_eq!(one(MostStock), [id(92)]);
        assert_eq!(one(Nearest), [id(93)]);
        assert_eq!(one(LowestBacklog), [id(94)]);
        // Where a single location will do, the nearest of those that can.
        assert_eq!(
            decided(&[SingleLocation, Nearest], &sources, 4),
            (Some(SingleLocation), vec![id(93)])
        );
        assert_eq!(
            decided(&[SingleLocation, MostStock], &sources, 4),
            (Some(SingleLocation), vec![id(92)])
        );
        // Where none can, the next rule; of pairs the nearest.
        let split = decided(&[SingleLocation, FewestSplits, Nearest], &sources, 12);
        assert_eq!(split, (Some(FewestSplits), vec![id(92), id(93)]));
        assert_eq!(decided(&[Nearest], &sources, 6), (Some(Nearest), vec![id(92), id(93)]));
        assert_eq!(decided(&[SingleLocation], &sources, 12).0, None);
    }

    #[test]
    fn a_location_that_is_rejected_sends_nothing_and_says_why() {
        let full = Source { rejected: Some("no room today"), ..source(91, &[(1, 5)]) };
        let routed = route(
            &[plain(1, 2)],
            &[full, source(92, &[(1, 5)])],
            Rules { rules: DEFAULT_RULES, most: 9 },
        );
        assert_eq!(locations(&routed.plan), [id(92)]);
        assert_eq!(routed.candidates[0].rejected, Some("no room today"));
        assert_eq!(routed.candidates[1].rejected, None);
    }

    /// The smallest number of locations that can do it, found by trying every set.
    fn by_brute_force(wanted: &[Wanted], sources: &[Source]) -> usize {
        let all: Vec<&Source> = sources.iter().collect();
        let most = fill(wanted, &all);
        (0_u32..1 << sources.len())
            .filter(|set| {
                let some: Vec<&Source> = all
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| set & (1 << index) != 0)
                    .map(|(_, one)| *one)
                    .collect();
                Goal::new(wanted, &most, &all).units
                    == Goal::new(wanted, &fill(wanted, &some), &all).units
                    && fill(wanted, &some) == most
            })
            .map(|set| usize::try_from(set.count_ones()).unwrap())
            .min()
            .unwrap_or(0)
    }

    proptest! {
        #[test]
        fn no_plan_takes_more_locations_than_needed(
            stock in prop::collection::vec(prop::collection::vec(0_i64..4, 4), 1..8),
            lines in prop::collection::vec((0_u128..4, 1_i64..5), 1..5),
        ) {
            let sources: Vec<Source> = (0_u128..).zip(&stock).map(|(place, units)| {
                let available: Vec<(u128, i64)> = (0..).zip(units.iter().copied()).collect();
                source(100 + place, &available)
            }).collect();
            let wanted: Vec<Wanted> = lines.iter().map(|(kind, quantity)| plain(*kind, *quantity)).collect();
            let plan = plan(&wanted, &sources, true);
            prop_assert_eq!(locations(&plan).len(), by_brute_force(&wanted, &sources));
        }

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
