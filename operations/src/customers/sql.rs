//! Every query of customers.

use crate::actor::Actor;
use crate::error::Result;
use crate::sql::sql;
use crate::store::Db;
use entities::{customer, customer_address, customer_identity};
use uuid::Uuid;

/// Customers by id: references from orders that are in reach already.
pub async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    db.all(sql("select * from customers where id = any(?)").ids(ids)).await
}

/// Customers by id, within the actor's reach.
pub(super) async fn in_reach(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    let query = sql("select * from customers c where c.id = any(?)")
        .ids(ids)
        .join(actor.reach.customers_sql("c.id"));
    db.all(query).await
}

/// How customers are known, oldest first.
pub async fn identities_of(db: &Db, customers: &[Uuid]) -> Result<Vec<customer_identity::Model>> {
    let query = sql("select * from customer_identities where customer_id = any(?)
         order by customer_id, id");
    db.all(query.ids(customers)).await
}

/// The addresses of customers, oldest first.
pub async fn addresses_of(db: &Db, customers: &[Uuid]) -> Result<Vec<customer_address::Model>> {
    let query = sql("select * from customer_addresses where customer_id = any(?)
         order by customer_id, id");
    db.all(query.ids(customers)).await
}

/// Identities with one of these values, in any scope.
pub(super) async fn identities(
    db: &Db,
    values: &[String],
) -> Result<Vec<customer_identity::Model>> {
    db.all(sql("select * from customer_identities where value_key = any(?)").texts(values)).await
}

/// The fingerprints of the addresses of customers.
pub(super) async fn fingerprints(db: &Db, customers: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let query = sql("select customer_id, fingerprint from customer_addresses
         where customer_id = any(?)");
    db.values(query.ids(customers)).await
}
