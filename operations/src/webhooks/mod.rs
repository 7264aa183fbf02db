//! Webhooks: partners hear of events at addresses of their own.
//!
//! One node at a time looks through the log ([`queue`]) and writes a delivery for every endpoint that wants an
//! event and whose creator may see it; any node sends what is due ([`deliver`]). Deliveries about one thing go out
//! one after another, in the order of the log; a receiver that does not answer delays nobody else's.

use crate::access::grants::Granter;
use crate::access::read::actor_of;
use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::filter::kinds_of;
use crate::permissions::Permission;
use crate::secrets::MasterKey;
use crate::store::Db;
use entities::webhook_endpoint;
use serde_json::Value as Json;
use uuid::Uuid;

pub mod deliver;
pub mod endpoint_create;
pub mod endpoint_delete;
pub mod endpoint_update;
pub mod queue;
pub mod read;
pub mod replay;
pub mod secret_rotate;
mod sql;
pub mod target;
pub mod test;

pub use target::Allowed;

/// What the operations on webhooks work with, beside the store.
#[derive(Debug, Clone)]
pub struct Means {
    /// Seals secrets.
    pub master_key: MasterKey,
    /// Networks that may be called although they are internal.
    pub allowed: Allowed,
}

/// The endpoint of an id, to be changed: the actor's own, or with `ACCESS_MANAGE` that of anybody who may see no
/// more than the actor. Else they could lead to themselves what they may not see.
async fn own(db: &Db, actor: &Actor, id: Uuid) -> Result<webhook_endpoint::Model> {
    let field = "webhookEndpointId";
    let found = read::by_ids(db, actor, &[id]).await?.pop();
    let row = found.ok_or_else(|| Error::refused(checks::not_found(field, "webhook endpoint")))?;
    if is_own(actor, &row) {
        return Ok(row);
    }
    let creator = actor_of(db, row.created_by_kind, row.created_by_id).await?;
    // One who may do nothing now may do anything again later.
    let creator = creator.unwrap_or_else(Actor::system);
    if !Granter(actor).covers_actor(&creator) {
        let message = "its creator may see more than you";
        return Err(Error::refused(Refusal::new(RefusalCode::PolicyViolation, field, message)));
    }
    Ok(row)
}

/// Whether the endpoint is the actor's.
fn is_own(actor: &Actor, row: &webhook_endpoint::Model) -> bool {
    row.created_by_kind == actor.kind && row.created_by_id == actor.id
}

/// Whether the actor sees and changes it.
fn may_see(actor: &Actor, row: &webhook_endpoint::Model) -> bool {
    actor.may(Permission::AccessManage) || is_own(actor, row)
}

/// Types that an endpoint wants: each is one that there is.
fn check_types(faults: &mut Faults, types: &[String]) {
    if types.is_empty() {
        faults.add(RefusalCode::Required, "types", "an endpoint wants at least one type");
    }
    if types.len() > 100 {
        faults.add(RefusalCode::LimitExceeded, "types", "an endpoint names at most 100 types");
    }
    for (index, pattern) in types.iter().enumerate() {
        if kinds_of(std::slice::from_ref(pattern)).is_err() {
            let message = format!("no event has the type `{pattern}`: `eventTypes` lists them all");
            faults.add(RefusalCode::Invalid, &format!("types.{index}"), message);
        }
    }
}

/// The types of an endpoint's row.
pub fn types_of(row: &Json) -> Vec<String> {
    let names = row.as_array().into_iter().flatten();
    names.filter_map(Json::as_str).map(str::to_owned).collect()
}
