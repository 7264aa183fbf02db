//! Questions to the audit log.

use super::sql;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::audit_entry;
use time::OffsetDateTime;
use uuid::Uuid;

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// About this.
    pub subject_id: Option<Uuid>,
    /// By this user or token.
    pub actor_id: Option<Uuid>,
    /// Of this operation.
    pub operation: Option<String>,
    /// From this moment on.
    pub from: Option<OffsetDateTime>,
    /// Before this moment.
    pub before: Option<OffsetDateTime>,
}

/// A filter, as far as somebody may see.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) filter: &'a AuditFilter,
    /// By the asker alone: who reaches a part of the shop sees no more of others than that part, and
    /// an entry does not say which part it is about.
    pub(super) own: Option<Uuid>,
}

impl AuditFilter {
    /// The same, as far as the actor may see.
    fn seen_by(&self, actor: &Actor) -> Result<Seen<'_>> {
        actor.require(Permission::AuditRead)?;
        let whole = actor.reach.channels.is_none() && actor.reach.locations.is_none();
        let own = if whole { None } else { Some(actor.id.unwrap_or_default()) };
        if let (Some(from), Some(before)) = (self.from, self.before)
            && from >= before
        {
            return Err(Error::BadInput("`at.from` comes before `at.to`".into()));
        }
        Ok(Seen { filter: self, own })
    }
}

const NEWEST: Order = Order::by_id("a.id", true);

/// A page of entries, newest first.
pub async fn entries(
    db: &Db,
    actor: &Actor,
    filter: &AuditFilter,
    page: &PageArgs,
) -> Result<Rows<audit_entry::Model>> {
    let filter = filter.seen_by(actor)?;
    let page = page.check(NEWEST)?;
    let rows = sql::list(db, &filter, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many entries there are.
pub async fn entries_count(db: &Db, actor: &Actor, filter: &AuditFilter) -> Result<i64> {
    sql::count(db, &filter.seen_by(actor)?).await
}

/// Entries by id.
pub async fn entries_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<audit_entry::Model>> {
    sql::by_ids(db, &AuditFilter::default().seen_by(actor)?, ids).await
}
