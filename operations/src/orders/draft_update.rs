//! `draftUpdate`: write a draft anew, under its number.

use super::aggregate::{Aggregate, about};
use super::draft_create::{check, insist_draft};
use super::in_hand;
use super::input;
use super::list::search;
use super::place::{Draft, PlaceOrder, Prepared, placed_data};
use super::sql;
use super::state::Act;
use crate::audit;
use crate::error::{Error, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::order;
use serde::Serialize;
use uuid::Uuid;

/// A draft, and what it is to say now.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateDraft {
    /// The draft.
    pub order_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// All of it anew.
    pub order: PlaceOrder,
}

/// Writes a draft anew and answers with its id.
pub async fn draft_update(store: &Store, call: Call<'_>, command: &UpdateDraft) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    check(&command.order).map_err(under_order)?;
    once(store, call, "draftUpdate", command, |tx| async move {
        let id = command.order_id;
        let found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let was = found.order(id).map(|one| (*one.row).clone()).ok_or(Error::Contended)?;
        insist_draft(&was, Act::Redraft)?;
        let prepared = Prepared::of(&tx, call.actor, &command.order, Some(id)).await;
        let mut prepared = prepared.map_err(under_order)?;
        sql::clear_draft(&tx, id).await?;
        let batch = Batch::default();
        let (channel, entity) = (&prepared.channel, &prepared.books.entity);
        let written = &command.order;
        let mut draft =
            Draft { tx: &tx, actor: call.actor, command: written, channel, entity, batch };
        let customer = prepared.customer.as_ref();
        let new = draft.order(prepared.currency, customer, was.number.clone());
        let mut order = order::Model {
            id,
            version: was.version,
            draft: true,
            placed_at: was.placed_at,
            placed_by_kind: was.placed_by_kind,
            placed_by_id: was.placed_by_id,
            assignee_id: was.assignee_id,
            created_at: was.created_at,
            ..new
        };
        let adjustments = (written.adjustments.as_slice(), prepared.adjustments.as_slice());
        let (lines, adjustments) = input::rows(&tx, &mut order, &prepared.lines, adjustments);
        prepared.book.write(&tx, call.actor, &mut draft.batch).await?;
        draft.tags_and_note(&order);
        let data = placed_data(&order, lines.len());
        let event = about(&order, events::DRAFT_UPDATED, ("ord", id), data);
        let mut batch = draft.batch;
        let change = audit::difference(Some(&was), &order);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        let mut drafted = Aggregate::redrafted(&was, order, lines, adjustments);
        drafted.note(event);
        drafted.write(&tx, call.actor, batch).await?;
        search::refresh_customers(&tx, &prepared.book.changed()).await?;
        Ok(id)
    })
    .await
}

/// Faults of the order stand under `order` here.
fn under_order(error: Error) -> Error {
    let Error::Refused(refusals) = error else { return error };
    Error::Refused(refusals.into_iter().map(|fault| fault.under("order")).collect())
}
