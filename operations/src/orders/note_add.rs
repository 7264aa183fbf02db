//! `noteAdd`: an internal message about an order or a customer.

use super::aggregate::about;
use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::note;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to write, about what.
#[derive(Debug, Clone, Serialize)]
pub struct AddNote {
    /// What it is about.
    pub subject: NoteSubject,
    /// What it says.
    pub text: String,
    /// The users it calls on.
    pub mention_user_ids: Vec<Uuid>,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum NoteSubject {
    /// An order.
    Order(Uuid),
    /// A customer.
    Customer(Uuid),
}

/// Writes a note and answers with its id.
pub async fn note_add(store: &Store, call: Call<'_>, command: &AddNote) -> Result<Uuid> {
    call.actor.require(match command.subject {
        NoteSubject::Order(_) => Permission::OrdersWrite,
        NoteSubject::Customer(_) => Permission::CustomersWrite,
    })?;
    let mut faults = Faults::default();
    let text = checks::text(&mut faults, "text", &command.text, 10_000);
    if command.mention_user_ids.len() > 20 {
        faults.add(RefusalCode::LimitExceeded, "mentionUserIds", "calls on at most 20 users");
    }
    faults.check()?;
    let text = &text;
    once(store, call, "noteAdd", command, |tx| async move {
        let missing = |what| Error::refused(checks::not_found("subjectId", what));
        let id = tx.id();
        let data = json!({ "noteId": id });
        let (subject, event) = match command.subject {
            NoteSubject::Order(order) => {
                let found = sql::in_reach(&tx, call.actor, &[order]).await?.pop();
                let order = found.ok_or_else(|| missing("order"))?;
                (("ord", order.id), about(&order, events::NOTE_ADDED, ("ord", order.id), data))
            }
            NoteSubject::Customer(customer) => {
                let found = sql::customers_in_reach(&tx, call.actor, &[customer]).await?.pop();
                let customer = found.ok_or_else(|| missing("customer"))?;
                let event = NewEvent::new(events::NOTE_ADDED, ("cus", customer), data);
                (("cus", customer), NewEvent { customer: Some(customer), ..event })
            }
        };
        let mut faults = Faults::default();
        let mentioned = &command.mention_user_ids;
        let users = crate::access::read::users_by_ids(&tx, mentioned).await?;
        for (index, id) in mentioned.iter().enumerate() {
            let field = format!("mentionUserIds.{index}");
            if !users.iter().any(|user| user.id == *id && user.active) {
                faults.push(checks::not_found(&field, "active user"));
            } else if mentioned.iter().take(index).any(|earlier| earlier == id) {
                faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
            }
        }
        faults.check()?;
        let mut batch = Batch::default();
        batch.add(&note::Model {
            id,
            subject_type: subject.0.to_owned(),
            subject_id: subject.1,
            author_kind: call.actor.kind,
            author_id: call.actor.id,
            text: text.clone(),
            mentions: json!(mentioned),
            created_at: tx.now(),
        });
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &audit::made(&event.data));
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(id)
    })
    .await
}
