//! The end of a quarter, for legal entities that declare their tax at a One-Stop-Shop.

use super::sql;
use crate::actor::Actor;
use crate::catalog::sql as catalog;
use crate::clock::{from_timestamp, timestamp};
use crate::error::Result;
use crate::events::{self, NewEvent};
use crate::store::{Batch, WriteTx};
use crate::timers::{self, Job};
use entities::legal_entity;
use jiff::civil::date;
use jiff::tz::TimeZone;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// The first moment behind the quarter of a moment, in a zone, with its year and number.
fn end_of_quarter(at: OffsetDateTime, zone: &TimeZone) -> Option<(OffsetDateTime, i16, i8)> {
    let today = timestamp(at).to_zoned(zone.clone()).date();
    let (year, quarter) = (today.year(), (today.month() - 1) / 3 + 1);
    let next = if quarter == 4 { date(year + 1, 1, 1) } else { date(year, quarter * 3 + 1, 1) };
    Some((from_timestamp(next.to_zoned(zone.clone()).ok()?.timestamp()), year, quarter))
}

fn zone_of(row: &legal_entity::Model) -> TimeZone {
    TimeZone::get(&row.time_zone).unwrap_or(TimeZone::UTC)
}

/// Has the end of the quarter told of; nothing where the entity declares nothing there.
pub(crate) async fn watch(
    tx: &WriteTx,
    batch: &mut Batch,
    row: &legal_entity::Model,
) -> Result<()> {
    sql::forget_quarters(tx, row.id).await?;
    if let Some((end, ..)) = end_of_quarter(tx.now(), &zone_of(row)).filter(|_| row.one_stop_shop) {
        timers::set(tx, batch, Job::EndQuarter, row.id, end);
    }
    Ok(())
}

/// Tells of the quarter that ended, and waits for the end of the next.
pub(crate) async fn end(tx: &WriteTx, actor: &Actor, entity: Uuid) -> Result<()> {
    let Some(row) = catalog::legal_entities(tx, &[entity]).await?.pop() else { return Ok(()) };
    let mut batch = Batch::default();
    watch(tx, &mut batch, &row).await?;
    let zone = zone_of(&row);
    let just_before = tx.now() - time::Duration::days(20);
    if let Some((end, year, quarter)) =
        end_of_quarter(just_before, &zone).filter(|_| row.one_stop_shop)
    {
        let data = json!({ "quarter": format!("{year}-Q{quarter}") });
        let event = NewEvent {
            at: Some(end.min(tx.now())),
            ..NewEvent::new(events::OSS_PERIOD_ENDED, ("ent", row.id), data)
        };
        events::record(tx, actor, &mut batch, event);
    }
    batch.insert(tx).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn quarters_end_at_midnight_of_the_company() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let ends = |at| end_of_quarter(at, &berlin).unwrap();
        let third = datetime!(2026-09-30 21:59 UTC);
        assert_eq!(ends(third), (datetime!(2026-09-30 22:00 UTC), 2026, 3));
        let fourth = datetime!(2026-09-30 22:00 UTC);
        assert_eq!(ends(fourth), (datetime!(2026-12-31 23:00 UTC), 2026, 4));
    }
}
