//! `deliveryServiceDefine`: how long a way of delivery takes, matched by its code and channel.

use super::calendar::WorkCalendar;
use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::delivery_service;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// A service to make or change. What is `None` stays as it is; on a new service it takes its default.
#[derive(Debug, Clone, Serialize)]
pub struct DefineDeliveryService {
    /// What orders call it; upper and lower case are the same.
    pub code: String,
    /// The channel that offers it; none for every channel.
    pub channel_id: Option<Uuid>,
    /// Its name.
    pub name: String,
    /// Whether it is faster than usual.
    pub express: Option<bool>,
    /// Working days of the location before it leaves.
    pub handling_days: Option<i32>,
    /// Working days of the carrier within a country.
    pub transit_days: i32,
    /// Working days of the carrier to another country.
    pub transit_days_abroad: Option<i32>,
    /// Days on which the carrier works; Monday to Saturday by default.
    pub working_days: Option<Vec<u8>>,
    /// Days on which it does not, `YYYY-MM-DD`.
    pub holidays: Option<Vec<String>>,
}

/// Makes or changes a service and answers with its id; promises made from then on go by it.
pub async fn delivery_service_define(
    store: &Store,
    call: Call<'_>,
    command: &DefineDeliveryService,
) -> Result<Uuid> {
    call.actor.require(Permission::CatalogWrite)?;
    let mut faults = Faults::default();
    let code = checks::text(&mut faults, "code", &command.code, 100).to_lowercase();
    let name = checks::text(&mut faults, "name", &command.name, 200);
    for (field, days) in [
        ("handlingDays", command.handling_days),
        ("transitDays", Some(command.transit_days)),
        ("transitDaysAbroad", command.transit_days_abroad),
    ] {
        if let Some(days) = days {
            checks::within(&mut faults, field, days, 0, 365);
        }
    }
    let checked = WorkCalendar {
        working_days: command.working_days.clone().unwrap_or_else(|| vec![1, 2, 3, 4, 5, 6]),
        holidays: command.holidays.clone().unwrap_or_default(),
        ..WorkCalendar::default()
    };
    let mut days = Faults::default();
    let checked = checked.check(&mut days);
    // A calendar names its parts; here they stand alone.
    for fault in days.into_vec() {
        let field = fault.field.into_iter().skip(1).collect();
        faults.push(Refusal { field, ..fault });
    }
    faults.check()?;
    let (code, name, checked) = (&code, &name, &checked);
    once(store, call, "deliveryServiceDefine", command, |tx| async move {
        let reach = &call.actor.reach;
        match command.channel_id {
            Some(channel) => {
                let found = sql::channels(&tx, &[channel]).await?;
                if found.is_empty() || !reach.has_channel(channel) {
                    return Err(Error::refused(checks::not_found("channelId", "channel")));
                }
            }
            None if reach.channels.is_some() => {
                let message = "a service of the whole shop is beyond your reach";
                let code = RefusalCode::PolicyViolation;
                return Err(Error::refused(Refusal::new(code, "channelId", message)));
            }
            None => {}
        }
        let services = sql::delivery_services(&tx).await?;
        let old = services
            .into_iter()
            .find(|row| row.code == *code && row.channel_id == command.channel_id);
        let (now, before) = (tx.now(), old.as_ref());
        let days = json!(checked.working_days);
        let holidays = json!(checked.holidays);
        let row = delivery_service::Model {
            id: before.map_or_else(|| tx.id(), |row| row.id),
            code: code.clone(),
            channel_id: command.channel_id,
            name: name.clone(),
            express: command.express.unwrap_or_else(|| before.is_some_and(|row| row.express)),
            handling_days: command
                .handling_days
                .unwrap_or_else(|| before.map_or(0, |row| row.handling_days)),
            transit_days: command.transit_days,
            transit_days_abroad: command.transit_days_abroad.unwrap_or_else(|| {
                before.map_or(command.transit_days, |row| row.transit_days_abroad)
            }),
            working_days: match before {
                Some(row) if command.working_days.is_none() => row.working_days.clone(),
                Some(_) | None => days,
            },
            holidays: match before {
                Some(row) if command.holidays.is_none() => row.holidays.clone(),
                Some(_) | None => holidays,
            },
            created_at: before.map_or(now, |row| row.created_at),
            updated_at: now,
        };
        let mut batch = Batch::default();
        batch.save(&row);
        let data = json!({ "code": row.code });
        let event = NewEvent {
            channel: row.channel_id,
            ..NewEvent::new(events::DELIVERY_SERVICE_DEFINED, ("dsv", row.id), data)
        };
        let change = audit::difference(before, &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}
