//! `locationUpsert`: make or change a location, matched by its code.

use super::calendar::WorkCalendar;
use super::sql;
use crate::audit;
use crate::checks::{self, Address};
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::procedures::run::recount_behind;
use crate::store::{Batch, Store};
use entities::enums::LocationKind;
use entities::location;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to make or change. What is `None` stays as it is; on a new location it takes its default.
#[derive(Debug, Clone, Serialize)]
pub struct UpsertLocation {
    /// Its code; a location that has it is changed.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: LocationKind,
    /// Where it is.
    pub address: Address,
    /// IANA zone of its clock.
    pub time_zone: String,
    /// Whether it ships; by default it does.
    pub ships_orders: Option<bool>,
    /// Whether customers fetch there; by default they do at a store.
    pub offers_pickup: Option<bool>,
    /// Whether it works at all; by default it does.
    pub active: Option<bool>,
    /// When it works.
    pub calendar: Option<WorkCalendar>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// How many fulfillments it can take in a day; any number by default.
    pub daily_capacity: Option<i32>,
    /// Differences of a count worth more than this need a second person; `None` leaves it as it is.
    pub count_approval_above: Option<Decimal>,
}

/// Makes or changes a location and answers with its id.
pub async fn location_upsert(
    store: &Store,
    call: Call<'_>,
    command: &UpsertLocation,
) -> Result<Uuid> {
    call.actor.require(Permission::CatalogWrite)?;
    let mut faults = Faults::default();
    let code = checks::text(&mut faults, "code", &command.code, 40);
    let name = checks::text(&mut faults, "name", &command.name, 200);
    let address = command.address.check(&mut faults, "address");
    if jiff::tz::TimeZone::get(&command.time_zone).is_err() {
        let message = "is a zone of the IANA database, such as Europe/Berlin";
        faults.add(RefusalCode::Invalid, "timeZone", message);
    }
    let calendar = command.calendar.as_ref().map(|calendar| calendar.check(&mut faults));
    checks::coordinates(&mut faults, str::to_owned, command.latitude, command.longitude);
    if command.count_approval_above.is_some_and(|value| value.is_sign_negative()) {
        faults.add(RefusalCode::Invalid, "countApprovalAbove", "is not negative");
    }
    if let Some(capacity) = command.daily_capacity {
        checks::within(&mut faults, "dailyCapacity", capacity, 0, 1_000_000);
    }
    faults.check()?;
    let (code, name, address, calendar) = (&code, &name, &address, &calendar);
    once(store, call, "locationUpsert", command, |tx| async move {
        let now = tx.now();
        let existing = sql::location_by_code(&tx, code).await?;
        let in_reach = existing.as_ref().map_or(call.actor.reach.locations.is_none(), |row| {
            call.actor.reach.has_location(row.id)
        });
        if !in_reach {
            let message = "this location is beyond your reach";
            return Err(Error::refused(Refusal::new(
                RefusalCode::PolicyViolation,
                "code",
                message,
            )));
        }
        let old = existing.as_ref();
        let default_calendar = || serde_json::to_value(WorkCalendar::default());
        let calendar = match (calendar, old) {
            (Some(calendar), _) => serde_json::to_value(calendar),
            (None, Some(old)) => Ok(old.calendar.clone()),
            (None, None) => default_calendar(),
        };
        let row = location::Model {
            id: old.map_or_else(|| tx.id(), |row| row.id),
            code: code.clone(),
            name: name.clone(),
            kind: command.kind,
            address: address.json(),
            time_zone: command.time_zone.clone(),
            ships_orders: command
                .ships_orders
                .unwrap_or_else(|| old.is_none_or(|row| row.ships_orders)),
            offers_pickup: command.offers_pickup.unwrap_or_else(|| {
                old.map_or(command.kind == LocationKind::Store, |row| row.offers_pickup)
            }),
            active: command.active.unwrap_or_else(|| old.is_none_or(|row| row.active)),
            calendar: calendar.map_err(|error| Error::Internal(error.to_string()))?,
            latitude: command.latitude.or_else(|| old.and_then(|row| row.latitude)),
            longitude: command.longitude.or_else(|| old.and_then(|row| row.longitude)),
            created_at: old.map_or(now, |row| row.created_at),
            updated_at: now,
            count_approval_above: command
                .count_approval_above
                .map(|value| value.normalize().to_string())
                .or_else(|| old.and_then(|row| row.count_approval_above.clone())),
            daily_capacity: command
                .daily_capacity
                .or_else(|| old.and_then(|row| row.daily_capacity)),
        };
        let mut batch = Batch::default();
        batch.save(&row);
        let hours = |row: &location::Model| (row.calendar.clone(), row.time_zone.clone());
        if existing.as_ref().is_some_and(|before| hours(before) != hours(&row)) {
            recount_behind(&tx, &mut batch, row.id);
        }
        let data = json!({ "code": row.code });
        let mut event = NewEvent::new(events::LOCATION_SAVED, ("loc", row.id), data);
        event.location = Some(row.id);
        let change = audit::difference(existing.as_ref(), &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}
