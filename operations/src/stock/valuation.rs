//! What stock is worth, by location, at any date: what it is worth now less what moved since.

use super::sql as queries;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::permissions::Permission;
use crate::store::Db;
use time::OffsetDateTime;
use uuid::Uuid;

/// What lies at a location, or is on its way there from another, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valuation {
    /// The location.
    pub location_id: Uuid,
    /// At this moment.
    pub at: OffsetDateTime,
    /// Units on hand and in transit.
    pub units: i64,
    /// What they were worth at moving average cost, in minor units of a currency; none where no cost was known.
    pub value: Option<(i64, String)>,
}

/// What stock was worth at a moment, or is now: by location code, then currency.
pub async fn valuation(
    db: &Db,
    actor: &Actor,
    at: Option<OffsetDateTime>,
    locations: Option<&[Uuid]>,
) -> Result<Vec<Valuation>> {
    actor.require(Permission::PurchasingRead)?;
    if at.is_some_and(|at| at > db.now()) {
        return Err(Error::BadInput("at: lies in the future".into()));
    }
    let moment = at.unwrap_or_else(|| db.now());
    let rows = queries::valuation(db, &actor.reach, at, locations).await?;
    let valued =
        |(location_id, currency, units, minor): (Uuid, Option<String>, i64, i64)| Valuation {
            location_id,
            at: moment,
            units,
            value: currency.map(|currency| (minor, currency)),
        };
    Ok(rows.into_iter().map(valued).collect())
}
