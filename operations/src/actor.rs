//! Who asks, what they may do, and which rows they reach.

use crate::access::grants::GrantLimits;
use crate::error::{Error, Result};
use crate::permissions::{Permission, Permissions};
use crate::sql::{Sql, sql};
use entities::enums::ActorKind;
use serde::Serialize;
use uuid::Uuid;

/// Who runs an operation.
#[derive(Debug, Clone)]
pub struct Actor {
    /// A user, a token, or the system.
    pub kind: ActorKind,
    /// The user or token; none for the system.
    pub id: Option<Uuid>,
    /// What it may do.
    pub permissions: Permissions,
    /// Which rows it reaches.
    pub reach: Reach,
    /// What it may grant alone, where it may give money back.
    pub limits: GrantLimits,
    /// The session of a user who signed in.
    pub session: Option<Uuid>,
    /// The request it came with, for the log.
    pub request_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
}

/// Rows an actor reaches: `None` is no restriction, an empty list reaches nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Reach {
    /// Channels.
    pub channels: Option<Vec<Uuid>>,
    /// Locations.
    pub locations: Option<Vec<Uuid>>,
}

impl Reach {
    /// Whether rows of the channel are in reach.
    pub fn has_channel(&self, id: Uuid) -> bool {
        self.channels.as_ref().is_none_or(|channels| channels.contains(&id))
    }

    /// Whether rows of the location are in reach.
    pub fn has_location(&self, id: Uuid) -> bool {
        self.locations.as_ref().is_none_or(|locations| locations.contains(&id))
    }

    /// Whether everything that `other` reaches is in reach.
    pub fn covers(&self, other: &Self) -> bool {
        let within = |own: &Option<Vec<Uuid>>, wanted: &Option<Vec<Uuid>>| match (own, wanted) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(wanted)) => wanted.iter().all(|id| own.contains(id)),
        };
        within(&self.channels, &other.channels) && within(&self.locations, &other.locations)
    }

    /// A condition ` and COLUMN = any(…)` on a channel column; nothing where unrestricted.
    pub(crate) fn channels_sql(&self, column: &str) -> Sql {
        restricted(self.channels.as_deref(), column)
    }

    /// The same on a location column.
    pub(crate) fn locations_sql(&self, column: &str) -> Sql {
        restricted(self.locations.as_deref(), column)
    }

    /// ` and …` for orders: through their channel and, where locations are restricted, through a
    /// fulfillment at one of them. `order` is the alias of the orders table.
    pub(crate) fn orders_sql(&self, order: &str) -> Sql {
        let channels = self.channels_sql(&format!("{order}.channel_id"));
        let Some(locations) = &self.locations else { return channels };
        let through = format!(
            " and exists (select 1 from fulfillment_orders reach_o
              join fulfillments reach_f on reach_f.id = reach_o.fulfillment_id
              where reach_o.order_id = {order}.id and reach_f.location_id = any(?))"
        );
        channels.join(sql(through).ids(locations))
    }

    /// ` and …` for customers: through an order in reach. `customer` is an SQL expression.
    pub(crate) fn customers_sql(&self, customer: &str) -> Sql {
        if self.channels.is_none() && self.locations.is_none() {
            return sql("");
        }
        sql(format!(
            " and exists (select 1 from orders reach_c where reach_c.customer_id = {customer}"
        ))
        .join(self.orders_sql("reach_c"))
        .add(")")
    }
}

fn restricted(ids: Option<&[Uuid]>, column: &str) -> Sql {
    ids.map_or_else(|| sql(""), |ids| sql(format!(" and {column} = any(?)")).ids(ids))
}

impl Actor {
    /// What tells this actor from every other.
    pub fn name(&self) -> String {
        format!("{:?} {}", self.kind, self.id.unwrap_or_default())
    }

    /// The system itself: timers and the command line.
    pub fn system() -> Self {
        Self {
            kind: ActorKind::System,
            id: None,
            permissions: Permissions::all(),
            reach: Reach::default(),
            limits: GrantLimits::default(),
            session: None,
            request_id: None,
            address: None,
        }
    }

    /// Refuses an actor that lacks the permission.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) { Ok(()) } else { Err(Error::Forbidden(permission)) }
    }

    /// Whether the actor has the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// The id that idempotency keys belong to.
    pub(crate) fn key_owner(&self) -> Uuid {
        self.id.unwrap_or(Uuid::nil())
    }
}
