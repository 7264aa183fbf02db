//! Questions about customers.

use super::resolve::Identity;
use super::sql;
pub use super::sql::{addresses_of, by_ids, identities_of};
use super::value::sees_all;
use crate::actor::Actor;
use crate::checks;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::IdentityKind;
use entities::{consent, customer, note};
use sea_orm::ActiveEnum;
use uuid::Uuid;

/// How somebody says who they are.
#[derive(Debug, Clone)]
pub enum CustomerBy {
    /// Their id.
    Id(Uuid),
    /// Their number.
    Number(String),
    /// One of their email addresses.
    Email(String),
    /// One of their telephone numbers, in any spelling.
    Phone(String),
    /// Any way in which they are known.
    Identity(Identity),
    /// The number of one of their orders.
    OrderNumber(String),
}

/// Who it is, within the actor's reach.
pub async fn customer(db: &Db, actor: &Actor, by: &CustomerBy) -> Result<Option<customer::Model>> {
    actor.require(Permission::CustomersRead)?;
    let condition = match by {
        CustomerBy::Id(id) => sql::by_id(*id),
        CustomerBy::Number(number) => sql::by_number(&number.trim().to_uppercase()),
        CustomerBy::Email(email) => {
            sql::by_identity(&IdentityKind::Email.to_value(), &checks::fold(email), Uuid::nil())
        }
        CustomerBy::Phone(number) => sql::by_phone(&dialed(db, number).await?),
        CustomerBy::Identity(identity) if identity.kind == IdentityKind::Phone => {
            sql::by_phone(&dialed(db, &identity.value).await?)
        }
        CustomerBy::Identity(identity) => {
            let (kind, key, scope) = identity.key(Uuid::nil(), None);
            sql::by_identity(&kind.to_value(), &key, scope)
        }
        CustomerBy::OrderNumber(number) => sql::by_order(actor, &number.trim().to_uppercase()),
    };
    sql::one(db, actor, condition).await
}

/// All that a telephone number can mean: as it stands, and as it is dialed where the companies are.
pub(super) async fn dialed(db: &Db, number: &str) -> Result<Vec<String>> {
    let mut numbers = vec![checks::phone_in(number, None)];
    for country in sql::countries(db).await? {
        numbers.push(checks::phone_in(number, Some(&country)));
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers.retain(|number| number.len() >= 6);
    Ok(numbers)
}

/// What customers agreed to, and no longer do: the latest first.
pub async fn consents_of(db: &Db, customers: &[Uuid]) -> Result<Vec<consent::Model>> {
    sql::consents_of(db, customers).await
}

const NEWEST: Order = Order::by_id("n.id", true);

/// A page of the notes about a customer within reach, newest first.
pub async fn notes(
    db: &Db,
    actor: &Actor,
    customer: Uuid,
    page: &PageArgs,
) -> Result<Rows<note::Model>> {
    actor.require(Permission::CustomersWrite)?;
    let page = page.check(NEWEST)?;
    let rows = sql::notes(db, customer, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many notes there are about a customer.
pub async fn notes_count(db: &Db, actor: &Actor, customer: Uuid) -> Result<i64> {
    actor.require(Permission::CustomersWrite)?;
    sql::notes_count(db, customer).await
}

/// Customers by id, within the actor's reach.
pub async fn in_reach(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    actor.require(Permission::CustomersRead)?;
    sql::in_reach(db, actor, ids).await
}

/// The same for operations that ask for a permission of their own.
pub(crate) async fn reached(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    let mut rows = sql::in_reach(db, actor, ids).await?;
    // Of whoever was erased nothing new is kept.
    rows.retain(|row| row.erased_at.is_none());
    Ok(rows)
}

/// Customers within reach, each under the id by which it was asked for: that of a record that was made one with another leads to the other.
pub async fn asked_for(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, customer::Model)>> {
    actor.require(Permission::CustomersRead)?;
    sql::asked_for(db, actor, ids, false).await
}

/// Every record of the people for whom ids stand, those that were made one with others among them; ids of nobody stay as they are.
pub async fn records_of(db: &Db, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut all = sql::records_of(db, ids).await?;
    all.extend(ids);
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// The records that were made one with customers, oldest first; none for whoever does not see all channels.
pub async fn merged_from(
    db: &Db,
    actor: &Actor,
    customers: &[Uuid],
) -> Result<Vec<customer::Model>> {
    actor.require(Permission::CustomersRead)?;
    if sees_all(actor) { sql::merged_from(db, customers).await } else { Ok(Vec::new()) }
}

/// The customer for whom an id stands: an id of nobody stays as it is.
pub async fn whom(db: &Db, id: Option<Uuid>) -> Result<Option<Uuid>> {
    let Some(id) = id else { return Ok(None) };
    Ok(Some(sql::whom(db, id).await?.unwrap_or(id)))
}
