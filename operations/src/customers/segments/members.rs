//! Who belongs to segments: looked at behind the writers, whenever something of a customer changes, and all of them when a filter does.

use super::{filter_of, sql};
use crate::actor::Actor;
use crate::customers::follow::TOGETHER;
use crate::customers::follow::sql::some_customers;
use crate::customers::list::fitting;
use crate::error::Result;
use crate::events::{self, NewEvent};
use crate::store::{Batch, WriteTx};
use entities::segment;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Looks at to which segments some customers belong now.
pub(in crate::customers) async fn look_at(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    let segments = sql::all(tx).await?;
    look(tx, &segments, customers).await
}

/// Looks at the next customers for a segment that was defined, or whose members compare otherwise.
pub(in crate::customers) async fn sweep(tx: &WriteTx, segment: Uuid) -> Result<()> {
    let row = sql::lock(tx, segment).await?;
    let Some(row) = row else { return Ok(()) };
    let Some(last) = row.swept_to else { return Ok(()) };
    let customers = some_customers(tx, last, TOGETHER).await?;
    if customers.is_empty() {
        sql::swept_to(tx, segment, None).await?;
        if row.counted {
            return Ok(());
        }
        let data = json!({ "name": row.name, "customers": row.members });
        let mut batch = Batch::default();
        let event = NewEvent::new(events::SEGMENT_COUNTED, ("seg", row.id), data);
        events::record(tx, &Actor::system(), &mut batch, event);
        return batch.insert(tx).await;
    }
    look(tx, std::slice::from_ref(&row), &customers).await?;
    sql::swept_to(tx, segment, customers.last().copied()).await
}

/// Customers were compared anew: whoever is asked for by that is looked at.
pub(in crate::customers) async fn compared(tx: &WriteTx) -> Result<()> {
    let mut comparing = Vec::new();
    for row in sql::all(tx).await? {
        if filter_of(&row)?.compares() {
            comparing.push(row.id);
        }
    }
    if comparing.is_empty() { Ok(()) } else { sql::sweep(tx, &comparing).await }
}

async fn look(tx: &WriteTx, segments: &[segment::Model], customers: &[Uuid]) -> Result<()> {
    if segments.is_empty() || customers.is_empty() {
        return Ok(());
    }
    let belong = sql::members(tx, customers).await?;
    let mut batch = Batch::default();
    for row in segments {
        let fit: BTreeSet<Uuid> =
            fitting(tx, &filter_of(row)?, customers).await?.into_iter().collect();
        let own = belong.iter().filter(|(segment, _)| *segment == row.id);
        let were: BTreeSet<Uuid> = own.map(|(_, customer)| *customer).collect();
        let joined: Vec<Uuid> = fit.difference(&were).copied().collect();
        let left: Vec<Uuid> = were.difference(&fit).copied().collect();
        if joined.is_empty() && left.is_empty() {
            continue;
        }
        sql::change(tx, row.id, (&joined, &left), tx.now()).await?;
        // Whoever belonged to it from the beginning did not come to it.
        if !row.counted {
            continue;
        }
        for (customers, kind) in [(&joined, events::SEGMENT_JOINED), (&left, events::SEGMENT_LEFT)]
        {
            for customer in customers {
                let event = NewEvent::new(kind, ("seg", row.id), json!({ "name": row.name }));
                let event = NewEvent { customer: Some(*customer), ..event };
                events::record(tx, &Actor::system(), &mut batch, event);
            }
        }
    }
    batch.insert(tx).await
}
