//! Questions about customers.

use super::sql;
pub use super::sql::{addresses_of, by_ids, identities_of};
use crate::actor::Actor;
use crate::error::Result;
use crate::permissions::Permission;
use crate::store::Db;
use entities::customer;
use uuid::Uuid;

/// Customers by id, within the actor's reach.
pub async fn in_reach(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    actor.require(Permission::CustomersRead)?;
    sql::in_reach(db, actor, ids).await
}

/// The same for operations that ask for a permission of their own.
pub(crate) async fn reached(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    sql::in_reach(db, actor, ids).await
}
