//! Questions about gift cards and store credit.

use super::sql as queries;
use super::tender::Code;
use crate::actor::Actor;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::{credit, credit_entry};
use time::OffsetDateTime;
use uuid::Uuid;

const NEWEST: Order = Order::by_id("e.id", true);

/// Gift cards and credit by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<credit::Model>> {
    actor.require(Permission::PaymentsRead)?;
    queries::by_ids(db, actor, ids).await
}

/// A gift card by its code, as somebody typed it, within reach.
pub async fn gift_card(db: &Db, actor: &Actor, code: &str) -> Result<Option<credit::Model>> {
    actor.require(Permission::PaymentsRead)?;
    queries::by_code(db, actor, &Code::typed(code).hash()).await
}

/// The credit of customers that are in reach already, what ends first before what ends later.
pub async fn of_customers(
    db: &Db,
    actor: &Actor,
    customers: &[Uuid],
) -> Result<Vec<credit::Model>> {
    actor.require(Permission::PaymentsRead)?;
    queries::of_customers(db, actor, customers).await
}

/// Whether it can be used at a moment.
pub fn is_active(row: &credit::Model, now: OffsetDateTime) -> bool {
    !super::is_over(row, now)
}

/// A page of what came onto a card or credit that is in reach already, and went off it, newest first.
pub async fn entries(db: &Db, credit: Uuid, page: &PageArgs) -> Result<Rows<credit_entry::Model>> {
    let page = page.check(NEWEST)?;
    let rows = queries::entries(db, credit, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many entries there are.
pub async fn entries_count(db: &Db, credit: Uuid) -> Result<i64> {
    queries::entries_count(db, credit).await
}

/// What breaks the promises of cards and credit.
pub(crate) async fn check(db: &Db) -> Result<[crate::integrity::Check; 2]> {
    let sums = crate::integrity::grouped(
        db,
        "gift cards and credit against their entries",
        "credits",
        queries::sums_off(),
        |(kind, name, said, found)| {
            format!(
                "{kind} {name}: {said} is on it, its entries make {found}, or what is promised differs"
            )
        },
    );
    let owed = crate::integrity::grouped(
        db,
        "gift cards and credit against postings",
        "credits",
        queries::owed_off(),
        |(kind, currency, owed, booked)| {
            format!("{kind} in {currency}: {owed} is owed, {booked} was booked")
        },
    );
    Ok([sums.await?, owed.await?])
}
