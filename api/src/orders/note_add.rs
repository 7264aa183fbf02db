//! `noteAdd`.

use super::types::Note;
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, decode, uuids};
use async_graphql::{Context, ID, InputObject, SimpleObject};
use operations::orders::note_add::{self, AddNote, NoteSubject};
use uuid::Uuid;

/// `subjectId`: an order or a customer.
#[derive(Debug, InputObject)]
pub(crate) struct NoteAddInput {
    /// The order or customer it is about.
    subject_id: ID,
    /// What it says, 1 to 10,000 characters.
    text: String,
    /// Up to 20 users it calls on.
    mention_user_ids: Option<Vec<ID>>,
}

/// What came of writing a note.
#[derive(SimpleObject)]
pub(crate) struct NotePayload {
    /// The note; null when refused.
    note: Option<Note>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

pub(super) async fn note_add(
    ctx: &Context<'_>,
    input: NoteAddInput,
    key: Option<String>,
) -> Option<NotePayload> {
    let subject = match decode(&input.subject_id) {
        Some((Kind::Customer, id)) => NoteSubject::Customer(id),
        Some((Kind::Order, id)) => NoteSubject::Order(id),
        _ => NoteSubject::Order(Uuid::max()),
    };
    let command = AddNote {
        subject,
        text: input.text,
        mention_user_ids: uuids(Kind::User, &input.mention_user_ids.unwrap_or_default()),
    };
    let done = async { note_add::note_add(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    let (id, user_errors) = answer(ctx, done.await)?;
    let note = match id {
        Some(id) => ctx.loaders().note(id).await.or_null(ctx)?.map(Note),
        None => None,
    };
    Some(NotePayload { note, user_errors })
}
