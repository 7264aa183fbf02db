//! `customerMergePreview`: what would move, and where two records say different things.

use super::{MergeCustomers, insist_on_all, meant, sql};
use crate::actor::Actor;
use crate::customers::value::Sum;
use crate::error::Result;
use crate::permissions::Permission;
use crate::store::Db;
use entities::customer;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What would move.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The record that would stay.
    pub into: Uuid,
    /// How many orders would move to it.
    pub orders: i64,
    /// How many cases.
    pub cases: i64,
    /// How many returns.
    pub returns: i64,
    /// How much credit, by currency.
    pub credit: Vec<Sum>,
    /// Where the records say different things, in words that name nobody.
    pub conflicts: Vec<String>,
}

/// What making records one would move.
pub async fn customer_merge_preview(
    db: &Db,
    actor: &Actor,
    command: &MergeCustomers,
) -> Result<Preview> {
    actor.require(Permission::CustomersWrite)?;
    insist_on_all(actor, "intoId")?;
    let meant = meant(db, command).await?;
    let whom = |id: &Uuid| meant.get(id).copied().unwrap_or(*id);
    let into = whom(&command.into_id);
    let from: Vec<Uuid> = command.from_ids.iter().map(whom).collect();
    let (orders, cases, returns) = sql::counts(db, &from).await?;
    let credit = sql::credit(db, &from).await?;
    let all: Vec<Uuid> = from.iter().copied().chain([into]).collect();
    let rows = crate::customers::sql::by_ids(db, &all).await?;
    let mut conflicts = differing(&rows, into);
    conflicts.extend(consents(db, &all).await?);
    Ok(Preview {
        into,
        orders,
        cases,
        returns,
        credit: credit.into_iter().map(|(currency, minor)| Sum { minor, currency }).collect(),
        conflicts,
    })
}

type Field = fn(&customer::Model) -> Option<&String>;

/// What the records say differently of who it is: what the one that stays says holds.
fn differing(rows: &[customer::Model], into: Uuid) -> Vec<String> {
    let stays = rows.iter().find(|row| row.id == into);
    let Some(stays) = stays else { return Vec::new() };
    let fields: [(&str, Field); 5] = [
        ("name", |row| row.name.as_ref()),
        ("email", |row| row.email.as_ref()),
        ("phone number", |row| row.phone.as_ref()),
        ("company", |row| row.company.as_ref()),
        ("language", |row| row.locale.as_ref()),
    ];
    let mut told = Vec::new();
    for (name, field) in fields {
        for row in rows.iter().filter(|row| row.id != into) {
            let differ = matches!((field(row), field(stays)), (Some(one), Some(two)) if one != two);
            if differ {
                let (stays, other) = (&stays.number, &row.number);
                told.push(format!("{other} has another {name} than {stays}, which stays"));
            }
        }
    }
    told
}

/// For which purposes one record agrees and another does not: what was said last holds.
async fn consents(db: &Db, customers: &[Uuid]) -> Result<Vec<String>> {
    let rows = sql::consents(db, customers).await?;
    let given = |granted: bool| -> BTreeSet<&String> {
        rows.iter().filter(|row| row.2 == granted).map(|row| &row.1).collect()
    };
    let (yes, no) = (given(true), given(false));
    let told =
        |purpose: &&String| format!("consent to {purpose} differs: what was said last holds");
    Ok(yes.intersection(&no).map(told).collect())
}
