//! `segmentDefine`: a segment is made, or somebody else belongs to it from now on.

use super::sql;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::customers::list::CustomerFilter;
use crate::customers::value::sees_all;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::segment;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Segments of a shop at most: whoever changes is looked at for each.
const MOST: i64 = 100;

/// Who belongs together.
#[derive(Debug, Clone, Serialize)]
pub struct DefineSegment {
    /// Which one to change; a new one without it.
    pub segment_id: Option<Uuid>,
    /// Its name.
    pub name: String,
    /// Who belongs to it.
    pub filter: CustomerFilter,
}

/// Defines it and answers with its id.
pub async fn segment_define(
    store: &Store,
    call: Call<'_>,
    command: &DefineSegment,
) -> Result<Uuid> {
    call.actor.require(Permission::CustomersWrite)?;
    let mut faults = Faults::default();
    let name = &checks::text(&mut faults, "name", &command.name, 200);
    command.filter.check(&mut faults, "filter");
    if command.filter == CustomerFilter::default() {
        faults.add(
            RefusalCode::Required,
            "filter",
            "says at least one thing of whoever belongs to it",
        );
    }
    if !sees_all(call.actor) {
        let message = "segments are of the whole shop, which is beyond your reach";
        faults.add(RefusalCode::PolicyViolation, "filter", message);
    }
    faults.check()?;
    once(store, call, "segmentDefine", command, |tx| async move {
        let mut faults = Faults::default();
        let before = match command.segment_id {
            Some(id) => {
                let missing = || Error::refused(checks::not_found("segmentId", "segment"));
                Some(sql::lock(&tx, id).await?.ok_or_else(missing)?)
            }
            None => None,
        };
        let key = checks::fold(name);
        if sql::named(&tx, &key).await?.is_some_and(|row| Some(row.id) != command.segment_id) {
            faults.add(RefusalCode::Duplicate, "name", "is the name of another segment");
        }
        if before.is_none() && sql::count(&tx).await? >= MOST {
            let message = format!("there are {MOST} segments already, which is the most");
            faults.add(RefusalCode::LimitExceeded, "segmentId", message);
        }
        let channels = command.filter.channel_ids.clone().unwrap_or_default();
        if !channels.is_empty() {
            let there = catalog::channels(&tx, &channels).await?;
            for (index, id) in channels.iter().enumerate() {
                if !there.iter().any(|row| row.id == *id) {
                    let field = format!("filter.channelIds.{index}");
                    faults.push(checks::not_found(&field, "channel"));
                }
            }
        }
        faults.check()?;
        let filter = serde_json::to_value(&command.filter)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let same = before.as_ref().is_some_and(|row| row.filter == filter);
        if same && before.as_ref().is_some_and(|row| row.name == *name) {
            return Ok(before.map_or(Uuid::nil(), |row| row.id));
        }
        let row = segment::Model {
            id: before.as_ref().map_or_else(|| tx.id(), |row| row.id),
            version: before.as_ref().map_or(1, |row| row.version + 1),
            name: name.clone(),
            name_key: key,
            filter,
            members: before.as_ref().map_or(0, |row| row.members),
            counted: before.as_ref().is_some_and(|row| row.counted),
            swept_to: if same {
                before.as_ref().and_then(|row| row.swept_to)
            } else {
                Some(Uuid::nil())
            },
            created_at: before.as_ref().map_or_else(|| tx.now(), |row| row.created_at),
            updated_at: tx.now(),
        };
        let mut batch = Batch::default();
        batch.save(&row);
        let event =
            NewEvent::new(events::SEGMENT_DEFINED, ("seg", row.id), json!({ "name": row.name }));
        let change = audit::difference(before.as_ref(), &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}
