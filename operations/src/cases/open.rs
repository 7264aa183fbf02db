//! `caseOpen`: a customer asks for something.

use super::clocks::Hours;
use super::in_hand::tell;
use super::{reply, sql};
use crate::access::read::users_by_ids;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::customers::read as customers;
use crate::customers::resolve::{Book, CustomerRef};
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::ids::Subject;
use crate::orders::list::search;
use crate::orders::read as orders;
use crate::permissions::Permission;
use crate::returns::read as returns;
use crate::store::{Batch, Db, Store, WriteTx};
use entities::enums::{CaseKind, CasePriority, CaseState, ContactChannel, MessageDirection};
use entities::{case_row, case_word, customer};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What a customer asks for.
#[derive(Debug, Clone, Serialize)]
pub struct OpenCase {
    /// Who asks.
    pub customer: CustomerRef,
    /// About which order.
    pub order_id: Option<Uuid>,
    /// About which return.
    pub return_id: Option<Uuid>,
    /// What else it is about.
    pub subject_id: Option<Subject>,
    /// What is asked for.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: CaseKind,
    /// In a few words.
    pub subject: String,
    /// What the customer said.
    pub message: Option<String>,
    /// How they came.
    #[serde(serialize_with = "crate::as_column")]
    pub contact_channel: ContactChannel,
    /// How urgent it is.
    #[serde(serialize_with = "crate::as_column")]
    pub priority: CasePriority,
    /// Who takes it.
    pub assignee_id: Option<Uuid>,
}

/// Opens a case and answers with its id.
pub async fn case_open(store: &Store, call: Call<'_>, command: &OpenCase) -> Result<Uuid> {
    call.actor.require(Permission::CasesWrite)?;
    let mut faults = Faults::default();
    let subject = &checks::text(&mut faults, "subject", &command.subject, 200);
    let message = command.message.as_deref();
    let message = &checks::optional(&mut faults, "message", message, reply::MAX_TEXT);
    command.customer.check(&mut faults, &command.customer.path("customer"));
    faults.check()?;
    once(store, call, "caseOpen", command, |tx| async move {
        let actor = call.actor;
        let mut faults = Faults::default();
        let about = about(&tx, actor, command, &mut faults).await?;
        assignee(&tx, command.assignee_id, "assigneeId", &mut faults).await?;
        let channel = about.channel.unwrap_or_default();
        let mut book = Book::load(&tx, actor, &[(&command.customer, channel)]).await?;
        book.hearsay = true;
        let who = (&command.customer, channel);
        let customer = book.resolve(&tx, &mut faults, &command.customer.path("customer"), who);
        faults.check()?;
        let customer = customer.ok_or(Error::Contended)?;
        insist_on_reach(&tx, actor, &customer, &about).await?;
        let mut batch = Batch::default();
        book.write(&tx, actor, &mut batch).await?;
        let number = tx.next_numbers("case_numbers", 1).await?.pop().unwrap_or_default();
        let hours = Hours::load(&tx).await?;
        let now = tx.now();
        let mut row = case_row::Model {
            id: tx.id(),
            version: 1,
            number: format!("K-{number}"),
            customer_id: Some(customer.id),
            order_id: about.order,
            return_id: command.return_id,
            subject_type: command.subject_id.map(|(kind, _)| kind.to_owned()),
            subject_id: command.subject_id.map(|(_, id)| id),
            channel_id: about.channel,
            kind: command.kind,
            subject: subject.clone(),
            state: CaseState::Open,
            priority: command.priority,
            contact_channel: command.contact_channel,
            assignee_id: command.assignee_id,
            opened_at: now,
            first_responded_at: None,
            answer_due_at: Some(hours.answer_due(command.priority, now)),
            solve_due_at: Hours::solve_due(now),
            queue_at: now,
            paused_since: None,
            resolved_at: None,
            resolution: None,
            satisfaction: None,
            reopened: 0,
            updated_at: now,
        };
        hours.step(&mut row, now);
        batch.add(&row);
        for word in words_of(&row) {
            batch.add(&case_word::Model { case_id: row.id, word });
        }
        if let Some(text) = message {
            let said =
                reply::message(&tx, (row.id, text), (MessageDirection::Inbound, None, false));
            batch.add(&said);
        }
        let data = json!({
            "number": row.number,
            "kind": row.kind.to_value(),
            "priority": row.priority.to_value(),
            "contactChannel": row.contact_channel.to_value(),
        });
        let made = audit::made(&data);
        audit::record(&tx, actor, &mut batch, Some(("cas", row.id)), &made);
        tell(&tx, actor, &mut batch, &row, (events::CASE_OPENED, data));
        batch.insert(&tx).await?;
        search::refresh_customers(&tx, &book.changed()).await?;
        Ok(row.id)
    })
    .await
}

/// What a case is about.
#[derive(Default)]
struct About {
    order: Option<Uuid>,
    channel: Option<Uuid>,
}

/// What it is about is there, and within reach.
async fn about(
    tx: &WriteTx,
    actor: &Actor,
    command: &OpenCase,
    faults: &mut Faults,
) -> Result<About> {
    let mut about = About { order: command.order_id, channel: None };
    if let Some(id) = command.return_id {
        match returns::reached(tx, actor, &[id]).await?.pop() {
            Some(row) if about.order.is_none() || about.order == row.order_id => {
                about.order = row.order_id;
            }
            Some(_) => {
                let message = "is of another order";
                faults.add(RefusalCode::Invalid, "returnId", message);
            }
            None => faults.push(checks::not_found("returnId", "return")),
        }
    }
    if let Some(id) = about.order {
        match orders::reached(tx, actor, &[id]).await?.pop() {
            Some(order) => about.channel = Some(order.channel_id),
            None => faults.push(checks::not_found("orderId", "order")),
        }
    }
    if let Some((kind, id)) = command.subject_id
        && !sql::is_there(tx, actor, (kind, id)).await?
    {
        faults.push(checks::not_found("subjectId", "fulfillment, payment or invoice"));
    }
    Ok(about)
}

/// Whoever is restricted opens cases of customers within reach only, and of their orders.
async fn insist_on_reach(
    tx: &WriteTx,
    actor: &Actor,
    customer: &customer::Model,
    about: &About,
) -> Result<()> {
    let restricted = actor.reach.channels.is_some() || actor.reach.locations.is_some();
    if !restricted || !customers::reached(tx, actor, &[customer.id]).await?.is_empty() {
        return Ok(());
    }
    let message = if about.order.is_some() {
        "has not ordered within reach: name who placed the order"
    } else {
        "has not ordered within reach"
    };
    Err(Error::refused(Refusal::new(RefusalCode::PolicyViolation, "customer", message)))
}

/// Whoever is to have a case is an active user.
pub(crate) async fn assignee(
    db: &Db,
    user: Option<Uuid>,
    field: &str,
    faults: &mut Faults,
) -> Result<()> {
    let Some(id) = user else { return Ok(()) };
    if !users_by_ids(db, &[id]).await?.iter().any(|user| user.active) {
        faults.push(checks::not_found(field, "active user"));
    }
    Ok(())
}

/// By what a case is found.
pub(super) fn words_of(row: &case_row::Model) -> Vec<String> {
    let folded = checks::fold(&row.subject);
    let split = folded.split(|letter: char| !letter.is_alphanumeric());
    let mut words: Vec<String> = split.filter(|word| !word.is_empty()).map(str::to_owned).collect();
    words.push(checks::fold(&row.number));
    words.sort_unstable();
    words.dedup();
    words
}
