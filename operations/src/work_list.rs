//! Work lists: pages of rows that fit filters, at the same cost however many rows there are.
//!
//! A filter knows the index that lists what fits it in the usual order of the list. The filter that narrows most
//! leads: its index is walked, and the others are looked at row by row. What no index lists in that order, a range of
//! another column or a search, is first looked for among the rows that come first, where whatever fits many is found
//! at once; what is rare is gathered by an index of its own and sorted. The database is left no choice: without
//! knowing the values it would choose by averages, and walk a million rows for three.

use crate::error::Result;
use crate::page::{Order, Page};
use crate::sql::{Sql, sql};
use crate::store::Db;
use uuid::Uuid;

/// Rows looked at, from the front of the list, before all that fit a range or a search are gathered.
const FIRST: usize = 400;
/// So few rows are gathered and sorted, whatever the order of the list.
const FEW: i64 = 1_000;
/// So many places of an index are gathered and sorted; beyond that, the list itself is walked.
const MANY: i64 = 50_000;
/// The same where each place leads to a row that has to be looked up.
const SOME: i64 = 5_000;
/// Values of one filter for which each its own part of an index is walked.
const MOST_WAYS: usize = 16;

/// One condition of a list.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// On a row of the list.
    condition: Sql,
    found: Found,
}

/// How the rows that fit are found.
#[derive(Debug, Clone)]
enum Found {
    /// Only by looking at each.
    Looking,
    /// By an index in the usual order of the list, a part of it for each value.
    Listed(Vec<Way>),
    /// By an index in an order of its own.
    Gathered(Way),
    /// The same, where counting costs as much as gathering.
    Searched(Way),
    /// By an index that leads to a few rows at most.
    Named(Way),
}

/// An index that leads to rows of the list.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// A table with its alias.
    pub(crate) from: &'static str,
    /// Which of its rows.
    pub(crate) condition: Sql,
    /// What the list is usually sorted by, where the index knows.
    pub(crate) at: Option<&'static str>,
    /// The id of the row of the list.
    pub(crate) id: &'static str,
}

impl Filter {
    /// What is only seen by looking at a row.
    pub(crate) fn looking(condition: Sql) -> Self {
        Self { condition, found: Found::Looking }
    }

    /// What an index lists in the usual order, a part of it for each value.
    pub(crate) fn listed(condition: Sql, ways: Vec<Way>) -> Self {
        let found = if ways.len() > MOST_WAYS { Found::Looking } else { Found::Listed(ways) };
        Self { condition, found }
    }

    /// What an index finds in an order of its own.
    pub(crate) fn gathered(condition: Sql, way: Way) -> Self {
        Self { condition, found: Found::Gathered(way) }
    }

    /// What a search finds.
    pub(crate) fn searched(condition: Sql, way: Way) -> Self {
        Self { condition, found: Found::Searched(way) }
    }

    /// What a few rows fit at most: by a number, or those of one order.
    pub(crate) fn named(condition: Sql, way: Way) -> Self {
        Self { condition, found: Found::Named(way) }
    }

    fn ways(&self) -> &[Way] {
        match &self.found {
            Found::Looking => &[],
            Found::Listed(ways) => ways,
            Found::Gathered(way) | Found::Searched(way) | Found::Named(way) => {
                std::slice::from_ref(way)
            }
        }
    }

    fn is_listed(&self) -> bool {
        matches!(self.found, Found::Listed(_))
    }

    fn is_gathered(&self) -> bool {
        matches!(self.found, Found::Gathered(_) | Found::Searched(_))
    }
}

/// A list: a table, an order and filters.
#[derive(Debug, Clone)]
pub(crate) struct List {
    /// Its table with its alias.
    pub(crate) table: &'static str,
    pub(crate) order: Order,
    /// Whether that is the order which other indexes have.
    pub(crate) is_usual: bool,
    pub(crate) filters: Vec<Filter>,
    /// Bounds of what it is sorted by: sign and value.
    pub(crate) bounds: Vec<(&'static str, sea_orm::Value)>,
}

impl List {
    /// ` and …` of every condition, as an index may serve it: for counting.
    pub(crate) fn conditions(&self) -> Sql {
        self.filters.iter().fold(within(&self.bounds, self.column()), |text, filter| {
            text.add(" and (").join(filter.condition.clone()).add(")")
        })
    }

    fn column(&self) -> &'static str {
        self.order.column.unwrap_or(self.order.id)
    }

    /// A query of `at` and `id` for a page and one row more, in no order: the caller sorts by the two.
    pub(crate) async fn find(&self, db: &Db, page: &Page) -> Result<Sql> {
        let postgres = db.is_postgres();
        let named = |filter: &Filter| matches!(filter.found, Found::Named(_));
        if let Some(place) = self.filters.iter().position(named) {
            return Ok(self.by(place, page, postgres));
        }
        let to_gather: Vec<usize> = self.places(Filter::is_gathered);
        let leader = self.leader(db, &to_gather).await?;
        if let Some((place, units)) = leader {
            let narrow = units < FEW;
            if narrow || (self.is_usual && to_gather.is_empty()) {
                return Ok(self.by(place, page, postgres));
            }
        }
        if leader.is_none() && to_gather.is_empty() {
            return Ok(self.walk_all(page));
        }
        let leader = leader.map(|(place, _)| place).filter(|_| self.is_usual);
        let ids: Vec<Uuid> = db.values(self.among_the_first(leader, page, postgres)).await?;
        if ids.len() > page.limit() {
            return Ok(self.named(&ids));
        }
        let mut place = self.to_gather(db, &to_gather).await?.or(leader);
        if place.is_none() && self.filters.iter().any(Filter::is_listed) {
            // In another order than the indexes have, what fits may stand all at the end.
            let listed = self.places(Filter::is_listed);
            let counts = self.counts(db, &listed, MANY).await?;
            let fewest = listed.into_iter().zip(counts).min_by_key(|(_, units)| *units);
            let most = |place| if self.is_own(place) { MANY } else { SOME };
            place = fewest.filter(|(place, units)| *units < most(*place)).map(|(place, _)| place);
        }
        Ok(place.map_or_else(|| self.walk_all(page), |place| self.by(place, page, postgres)))
    }

    /// Whether a filter is found by indexes of the list's own table, which know what it is sorted by.
    fn is_own(&self, place: usize) -> bool {
        let alone = self.filters.len() == 1;
        let ways = self.filters.get(place).map_or(&[][..], Filter::ways);
        alone && ways.iter().all(|way| way.from == self.table)
    }

    fn named(&self, ids: &[Uuid]) -> Sql {
        let (at, id) = (self.column(), self.order.id);
        sql(format!("select {at} as at, {id} as id from {} where {id} = any(?)", self.table))
            .ids(ids)
    }

    fn places(&self, which: fn(&Filter) -> bool) -> Vec<usize> {
        let filters = self.filters.iter().enumerate();
        filters.filter(|(_, filter)| which(filter)).map(|(place, _)| place).collect()
    }

    /// The filter with an index in the usual order that fewest rows fit, with how many, as far as they were counted.
    async fn leader(&self, db: &Db, to_gather: &[usize]) -> Result<Option<(usize, i64)>> {
        let listed = self.places(Filter::is_listed);
        match listed.as_slice() {
            [] => Ok(None),
            [one] if self.is_usual && to_gather.is_empty() => Ok(Some((*one, FEW))),
            several => {
                let counts = self.counts(db, several, FEW).await?;
                Ok(several.iter().copied().zip(counts).min_by_key(|(_, units)| *units))
            }
        }
    }

    /// The filter whose rows are gathered: that of a search, else the one that fewest fit, unless they are too many.
    async fn to_gather(&self, db: &Db, places: &[usize]) -> Result<Option<usize>> {
        let searched = |filter: &Filter| matches!(filter.found, Found::Searched(_));
        if let Some(place) = self.filters.iter().position(searched) {
            return Ok(Some(place));
        }
        if places.is_empty() {
            return Ok(None);
        }
        let counts = self.counts(db, places, MANY).await?;
        let fewest = places.iter().copied().zip(counts).min_by_key(|(_, units)| *units);
        Ok(fewest.filter(|(_, units)| *units < MANY).map(|(place, _)| place))
    }

    /// How many rows fit each of some filters, up to a number.
    async fn counts(&self, db: &Db, places: &[usize], most: i64) -> Result<Vec<i64>> {
        let mut query = sql("select cast(0 as bigint)");
        for place in places {
            query = query.add(", cast(0 as bigint)");
            for way in self.filters.get(*place).map_or(&[][..], Filter::ways) {
                query = query
                    .add(&format!(" + (select count(*) from (select 1 from {} where ", way.from))
                    .join(way.condition.clone())
                    .add(&format!(" limit {most}) w)"));
            }
        }
        let rows = db.all_as(query, |row| {
            (1..=places.len()).map(|index| row.try_get_by_index::<i64>(index)).collect()
        });
        Ok(rows.await?.pop().unwrap_or_default())
    }

    /// `at` and `id` of a page, walked in the list itself.
    fn walk_all(&self, page: &Page) -> Sql {
        let (at, id) = (self.column(), self.order.id);
        sql(format!("select {at} as at, {id} as id from {} where true", self.table))
            .join(within(&self.bounds, at))
            .join(looked_at(&self.rest(None)))
            .join(page.sql(self.order))
    }

    /// `at` and `id` of a page, by the ways of one filter.
    fn by(&self, place: usize, page: &Page, postgres: bool) -> Sql {
        let rest = self.rest(Some(place));
        let Some(filter) = self.filters.get(place) else { return self.walk_all(page) };
        let ways = filter.ways().iter();
        let walks = if self.is_usual && filter.is_listed() {
            ways.map(|way| self.walk(way, &rest, page)).collect()
        } else {
            ways.map(|way| self.gather(way, &rest, page, postgres)).collect()
        };
        self.union(walks)
    }

    fn rest(&self, leader: Option<usize>) -> Vec<&Sql> {
        let others = self.filters.iter().enumerate().filter(|(place, _)| Some(*place) != leader);
        others.map(|(_, filter)| &filter.condition).collect()
    }

    /// Walks an index in the order of the list, and looks at the rest of each row.
    fn walk(&self, way: &Way, rest: &[&Sql], page: &Page) -> Sql {
        let own = way.from == self.table;
        let at = way.at.unwrap_or(self.column());
        let distinct = if own { "" } else { "distinct " };
        let mut query =
            sql(format!("select {distinct}{at} as at, {} as id from {}", way.id, way.from));
        let joins = !own && !rest.is_empty();
        if joins {
            query = query.add(&format!(" cross join {}", self.table));
        }
        query = query.add(" where ").join(way.condition.clone());
        if joins {
            query = query.add(&format!(" and {} = {}", self.order.id, way.id));
        }
        let sorted = Order { column: Some(at), id: way.id, ..self.order };
        query.join(within(&self.bounds, at)).join(looked_at(rest)).join(page.sql(sorted))
    }

    /// Gathers all that an index leads to, looks at the rest of each row, and sorts.
    fn gather(&self, way: &Way, rest: &[&Sql], page: &Page, postgres: bool) -> Sql {
        // Keeps the database from walking the list instead.
        let fence = if postgres { " offset 0" } else { " limit -1 offset 0" };
        let own = Some(self.column()).filter(|_| way.from == self.table);
        let known = own.or(way.at.filter(|_| self.is_usual)).filter(|_| rest.is_empty());
        let (at, id) = known.map_or((self.column(), self.order.id), |_| ("q.at", "q.id"));
        let inner = known.map_or(String::new(), |at| format!("{at} as at, "));
        let distinct = if way.from == self.table { "" } else { "distinct " };
        let mut query = sql(format!(
            "select {at} as at, {id} as id from (select {distinct}{inner}{} as id from {} where ",
            way.id, way.from
        ))
        .join(way.condition.clone())
        .add(&format!("{fence}) q"));
        query = if known.is_some() {
            query.add(" where true")
        } else {
            query.add(&format!(" cross join {} where {} = q.id", self.table, self.order.id))
        };
        let sorted = Order { column: Some(at), id, ..self.order };
        query.join(within(&self.bounds, at)).join(looked_at(rest)).join(page.sql(sorted))
    }

    /// The ids of those that fit among the rows that come first: by one filter, or in the whole list.
    fn among_the_first(&self, leader: Option<usize>, page: &Page, postgres: bool) -> Sql {
        let wide = page.of_size(FIRST);
        let unfiltered = Self { filters: Vec::new(), ..self.clone() };
        let walks = match leader.and_then(|place| self.filters.get(place)) {
            Some(filter) => {
                let only = Self { filters: vec![filter.clone()], ..self.clone() };
                only.by(0, &wide, postgres)
            }
            None => unfiltered.walk_all(&wide),
        };
        sql("select k.id from (")
            .join(walks)
            .add(&format!(") k cross join {} where {} = k.id", self.table, self.order.id))
            .join(looked_at(&self.rest(leader)))
            .add(&page.order_by("k.at", "k.id", self.order))
    }

    /// What several walks found, each row once; the caller sorts.
    fn union(&self, walks: Vec<Sql>) -> Sql {
        let nothing = format!(
            "select {} as at, {} as id from {} where false",
            self.column(),
            self.order.id,
            self.table
        );
        let several = walks.len() > 1;
        walks
            .into_iter()
            .enumerate()
            .map(|(index, walk)| {
                let Some(index) = Some(index).filter(|_| several) else { return walk };
                let before = if index > 0 { " union select * from (" } else { "select * from (" };
                sql(before).join(walk).add(&format!(") u{index}"))
            })
            .reduce(Sql::join)
            .unwrap_or_else(|| sql(nothing))
    }
}

/// Conditions that are looked at row by row: no index is to be chosen for them.
fn looked_at(conditions: &[&Sql]) -> Sql {
    conditions.iter().fold(sql(""), |text, condition| {
        text.add(" and ((").join((*condition).clone()).add(") is true)")
    })
}

fn within(bounds: &[(&'static str, sea_orm::Value)], column: &str) -> Sql {
    bounds.iter().fold(sql(""), |text, (sign, value)| {
        text.add(&format!(" and {column} {sign} ?")).bind(value.clone())
    })
}
