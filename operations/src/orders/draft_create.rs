//! `draftCreate`: an order on behalf of a customer, or a quote. It holds no stock and books nothing.

use super::aggregate::{Aggregate, about};
use super::input;
use super::list::search;
use super::place::{Draft, PlaceOrder, Prepared, placed_data};
use super::state::{Act, takes};
use crate::audit;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::payments::purse::Purse;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use uuid::Uuid;

/// What a draft cannot have: what holds stock or money.
pub(super) fn check(command: &PlaceOrder) -> Result<()> {
    let mut faults = Faults::default();
    for (field, given) in [
        ("payments", !command.payments.is_empty()),
        ("giftCards", !command.gift_cards.is_empty()),
        ("storeCredit", command.store_credit.is_some()),
    ] {
        if given {
            let message = "a draft is paid when it is completed";
            faults.add(RefusalCode::Invalid, field, message);
        }
    }
    if command.reservation_id.is_some() {
        let message = "a draft holds no stock: reserve it when it is completed";
        faults.add(RefusalCode::Invalid, "reservationId", message);
    }
    if command.placed_at.is_some() {
        faults.add(RefusalCode::Invalid, "placedAt", "a draft is placed when it is completed");
    }
    faults.check()
}

/// Writes a draft and answers with its id.
pub async fn draft_create(store: &Store, call: Call<'_>, command: &PlaceOrder) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    check(command)?;
    once(store, call, "draftCreate", command, |tx| async move {
        let mut prepared = Prepared::of(&tx, call.actor, command, None).await?;
        let batch = Batch::default();
        let (channel, entity) = (&prepared.channel, &prepared.books.entity);
        let mut draft = Draft { tx: &tx, actor: call.actor, command, channel, entity, batch };
        let number = draft.next_number().await?;
        let customer = prepared.customer.as_ref();
        let mut order = draft.order(prepared.currency, customer, number);
        order.draft = true;
        let adjustments = (command.adjustments.as_slice(), prepared.adjustments.as_slice());
        let (lines, adjustments) = input::rows(&tx, &mut order, &prepared.lines, adjustments);
        prepared.book.write(&tx, call.actor, &mut draft.batch).await?;
        draft.tags_and_note(&order);
        let event = about(
            &order,
            events::DRAFT_CREATED,
            ("ord", order.id),
            placed_data(&order, lines.len()),
        );
        let mut batch = draft.batch;
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &audit::made(&event.data));
        let id = order.id;
        let mut drafted = Aggregate::placed(order, lines, adjustments, Purse::default());
        drafted.note(event);
        drafted.write(&tx, call.actor, batch).await?;
        search::refresh_customers(&tx, &prepared.book.changed()).await?;
        Ok(id)
    })
    .await
}

/// Refuses what is no draft.
pub(super) fn insist_draft(row: &entities::order::Model, act: Act) -> Result<()> {
    if takes(row.state, act) {
        return Ok(());
    }
    let mut faults = Faults::default();
    faults.add(RefusalCode::StateConflict, "orderId", "is no draft any longer");
    faults.check().and(Err(Error::Contended))
}
