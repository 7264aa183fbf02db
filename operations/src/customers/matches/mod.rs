//! Records that look as if they were of one person: found behind the writers, and proposed with what speaks for it.

mod sql;

pub(super) use sql::forget;

use super::value::sees_all;
use crate::actor::Actor;
use crate::checks::fold;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::{Batch, Db, WriteTx};
use entities::{customer, customer_match};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// What speaks for it, and how much, in millionths: what is left of the doubt is multiplied.
const SAME_PHONE: (&str, i64) = ("SAME_PHONE", 500_000);
const SAME_ADDRESS: (&str, i64) = ("SAME_ADDRESS", 500_000);
const SAME_MAILBOX: (&str, i64) = ("SAME_MAILBOX", 600_000);
const SAME_NAME: (&str, i64) = ("SAME_NAME", 300_000);
const SIMILAR_NAME: (&str, i64) = ("SIMILAR_NAME", 200_000);
/// What is less certain is not proposed: a telephone alone belongs to a family.
const PROPOSED: i64 = 600_000;
/// What so many have in common speaks for nothing.
const COMMON: usize = 20;
/// The whole, in millionths.
const WHOLE: i64 = 1_000_000;

/// The word for a mailbox, whatever is written of it: what stands behind a plus, and points where the provider passes them over, tell no two people apart.
pub(super) fn mailbox(email: &str) -> Option<String> {
    let (own, domain) = email.split_once('@')?;
    let own = own.split('+').next().unwrap_or(own);
    Some(match domain {
        "gmail.com" | "googlemail.com" => format!("~{}@gmail.com", own.replace('.', "")),
        _ => format!("~{own}@{domain}"),
    })
}

type Pair = (Uuid, Uuid);

fn pair(one: Uuid, two: Uuid) -> Pair {
    if one < two { (one, two) } else { (two, one) }
}

/// Looks at who else some customers may be.
pub(super) async fn look_at(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    let mut shared: BTreeMap<Pair, BTreeSet<(&str, i64)>> = BTreeMap::new();
    let rows = sql::sharing(tx, customers).await?;
    let mut counts: HashMap<(Uuid, &str), usize> = HashMap::new();
    for (one, _, word) in &rows {
        *counts.entry((*one, word)).or_default() += 1;
    }
    for (one, two, word) in &rows {
        let common = counts.get(&(*one, word.as_str())).is_some_and(|count| *count >= COMMON);
        let evidence = match word.chars().next() {
            Some('@') => SAME_ADDRESS,
            Some('~') => SAME_MAILBOX,
            _ => SAME_PHONE,
        };
        if !common {
            shared.entry(pair(*one, *two)).or_default().insert(evidence);
        }
    }
    let ids: BTreeSet<Uuid> = shared.keys().flat_map(|(one, two)| [*one, *two]).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let people = if ids.is_empty() { Vec::new() } else { super::sql::by_ids(tx, &ids).await? };
    let people: HashMap<Uuid, &customer::Model> = people.iter().map(|row| (row.id, row)).collect();
    let mut found: BTreeMap<Pair, (i64, Vec<&str>)> = BTreeMap::new();
    for ((one, two), mut evidence) in shared {
        let (Some(a), Some(b)) = (people.get(&one), people.get(&two)) else { continue };
        if a.merged_into.is_some() || b.merged_into.is_some() {
            continue;
        }
        evidence.extend(same_name(a, b));
        let doubt = evidence.iter().fold(WHOLE, |left, (_, sure)| left * (WHOLE - sure) / WHOLE);
        let score = WHOLE - doubt;
        if score >= PROPOSED {
            found.insert((one, two), (score, evidence.into_iter().map(|(name, _)| name).collect()));
        }
    }
    write(tx, customers, found).await
}

fn same_name(one: &customer::Model, two: &customer::Model) -> Option<(&'static str, i64)> {
    let (one, two) = (fold(one.name.as_deref()?), fold(two.name.as_deref()?));
    if one.is_empty() || two.is_empty() {
        None
    } else if one == two {
        Some(SAME_NAME)
    } else {
        (strsim::damerau_levenshtein(&one, &two) <= 2).then_some(SIMILAR_NAME)
    }
}

/// Writes down what was found of some customers, and forgets what no longer is.
async fn write(
    tx: &WriteTx,
    customers: &[Uuid],
    mut found: BTreeMap<Pair, (i64, Vec<&str>)>,
) -> Result<()> {
    let known = sql::known(tx, customers).await?;
    let mut batch = Batch::default();
    let mut gone = Vec::new();
    for row in known {
        match found.remove(&(row.one_id, row.two_id)) {
            Some((score, evidence))
                if row.score_ppm == score && row.evidence == json!(evidence) => {}
            Some((score_ppm, evidence)) => {
                batch.save(&customer_match::Model { score_ppm, evidence: json!(evidence), ..row });
            }
            None => gone.push(row.id),
        }
    }
    for ((one_id, two_id), (score_ppm, evidence)) in found {
        let evidence = json!(evidence);
        let (id, found_at) = (tx.id(), tx.now());
        batch.save(&customer_match::Model { id, one_id, two_id, score_ppm, evidence, found_at });
    }
    if !gone.is_empty() {
        sql::remove(tx, &gone).await?;
    }
    batch.insert(tx).await
}

const SUREST: Order = Order::by_number("m.score_ppm", "m.id", true);

/// A page of records that look like the same person, the surest first; none for whoever does not see all channels.
pub async fn duplicates(
    db: &Db,
    actor: &Actor,
    page: &PageArgs,
) -> Result<Rows<customer_match::Model>> {
    actor.require(Permission::CustomersRead)?;
    let page = page.check(SUREST)?;
    let rows = if sees_all(actor) { sql::list(db, page.sql(SUREST)).await? } else { Vec::new() };
    Ok(page.finish(rows, |row: &customer_match::Model| {
        Cursor::new(SortValue::Number(row.score_ppm), row.id)
    }))
}

/// How many there are.
pub async fn duplicates_count(db: &Db, actor: &Actor) -> Result<i64> {
    actor.require(Permission::CustomersRead)?;
    if !sees_all(actor) {
        return Ok(0);
    }
    sql::count(db).await
}

/// Some of them by id; none for whoever does not see all channels.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<customer_match::Model>> {
    actor.require(Permission::CustomersRead)?;
    if !sees_all(actor) {
        return Ok(Vec::new());
    }
    sql::by_ids(db, ids).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_one_whatever_is_written_of_it() {
        let box_of = |email: &str| mailbox(email).unwrap_or_default();
        assert_eq!(box_of("a.da+shop@gmail.com"), box_of("ada@googlemail.com"));
        assert_eq!(box_of("ada+x@example.com"), "~ada@example.com");
        assert_ne!(box_of("a.da@example.com"), box_of("ada@example.com"));
        assert_eq!(mailbox("nobody"), None);
    }
}
