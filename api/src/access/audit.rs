//! The audit log, as the schema shows it.

use super::types::ActorRef;
use crate::context::Ask;
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, decode, encode_prefixed, id};
use crate::paging::{connection, counted, page_args};
use crate::scalars::{DateTime, DateTimeRange};
use async_graphql::{Context, ID, InputObject, Object};
use entities::audit_entry;
use operations::audit::read::{self, AuditFilter as Filter};
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone)]
pub(crate) struct AuditEntry(pub(crate) Arc<audit_entry::Model>);

/// Something that was done, or denied. Entries are never changed and never deleted; a chain of hashes
/// over them, which `aftercart verify` checks, shows that none was. Needs `AUDIT_READ`.
#[Object]
impl AuditEntry {
    /// Its id, `aud_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::AuditEntry, self.0.id)
    }

    /// When it happened.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Who did it, or tried to; of kind SYSTEM and labelled `nobody` where nobody was signed in.
    async fn actor(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        match self.0.actor_kind {
            Some(kind) => ActorRef::load(ctx, kind, self.0.actor_id).await,
            None => Ok(ActorRef::nobody()),
        }
    }

    /// The mutation, such as `orderPlace`; a query that was denied; `customer.viewed` where personal data
    /// were shown in full; `authenticate` where a credential was no good.
    async fn operation(&self) -> &str {
        &self.0.operation
    }

    /// What it was about; null where that is not one thing, or not known.
    async fn subject_id(&self) -> Option<ID> {
        Some(ID(encode_prefixed(self.0.subject_type.as_deref()?, self.0.subject_id?)))
    }

    /// The values before and after, with personal data masked. What was made has `before: null`.
    async fn change(&self) -> Option<Json> {
        serde_json::from_str(self.0.change.as_deref()?).ok()
    }

    /// The request, as errors and the log name it.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Where the request came from.
    async fn ip_address(&self) -> Option<&str> {
        self.0.ip_address.as_deref()
    }

    /// `DONE`, or the code of the error that denied it: `FORBIDDEN`, `UNAUTHENTICATED`, `RATE_LIMITED`.
    async fn outcome(&self) -> &str {
        &self.0.outcome
    }
}

/// Which entries; every field given must fit.
#[derive(Debug, Default, InputObject)]
pub(crate) struct AuditFilter {
    /// About this.
    subject_id: Option<ID>,
    /// By this user or token.
    actor_id: Option<ID>,
    /// Of this operation, such as `orderPlace`.
    operation: Option<String>,
    /// In this time.
    at: Option<DateTimeRange>,
}

impl AuditFilter {
    fn into_filter(self) -> Filter {
        // An id that is malformed is nobody's.
        let uuid = |id: &ID| decode(id).map_or_else(Uuid::max, |(_, uuid)| uuid);
        let (from, before) = DateTimeRange::ends(self.at.as_ref());
        Filter {
            subject_id: self.subject_id.as_ref().map(uuid),
            actor_id: self.actor_id.as_ref().map(uuid),
            operation: self.operation,
            from,
            before,
        }
    }
}

#[derive(Default)]
pub(crate) struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Who did what, and who was denied what, newest first. Views of personal data are entries too:
    /// `customer.viewed`, one for each viewer and customer in a quarter of an hour. Needs `AUDIT_READ`;
    /// whoever reaches only some channels or locations sees their own entries alone.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries; all without it.")] filter: Option<AuditFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<AuditEntryConnection> {
        let filter = filter.unwrap_or_default().into_filter();
        let page = page_args(first, after, last, before);
        let rows = async {
            let rows = read::entries(&ctx.read(), ctx.actor()?, &filter, &page).await?;
            Ok::<_, operations::Error>(rows.map(|row| AuditEntry(Arc::new(row))))
        };
        let rows = rows.await.or_null(ctx)?;
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::entries_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(AuditEntryConnection::new(rows, count))
    }
}

connection!(AuditEntryConnection, AuditEntryEdge, AuditEntry, "audit entries");
