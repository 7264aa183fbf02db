//! What an answer makes of a payment.

use super::{AskKind, Said, Standing, sql};
use crate::actor::Actor;
use crate::audit;
use crate::disputes::record::{self, RecordDispute};
use crate::error::{Error, Result};
use crate::events;
use crate::payments::in_hand::take;
use crate::payments::purse::{self, uncaptured};
use crate::payments::report::{News, tell};
use crate::payments::sql as payments;
use crate::store::{Batch, WriteTx};
use entities::enums::{DisputeStage, TransactionKind, TransactionState};
use entities::{payment_transaction, provider_ask};
use uuid::Uuid;

/// Writes what a provider said. What is known by now, or cannot be any longer, changes nothing.
pub(super) async fn apply(tx: &WriteTx, ask: &provider_ask::Model, said: &Said) -> Result<()> {
    let step = payments::transactions_by_ids(tx, &[ask.id]).await?.pop();
    match (ask.kind, said) {
        (AskKind::Look, Said::Stands(standing)) => {
            stands(tx, ask.payment_id, standing, "the provider holds no more").await
        }
        (AskKind::Look, Said::Refused { message, .. }) => {
            stands(tx, ask.payment_id, &Standing::holding(0), message).await
        }
        (
            AskKind::Capture | AskKind::Void | AskKind::Refund,
            Said::Done { reference, holds: held },
        ) => {
            let payment = ask.payment_id;
            became(tx, payment, step, (TransactionState::Succeeded, reference.as_deref(), None))
                .await?;
            let why = "the provider released the rest";
            still_holds(tx, payment, *held, why).await
        }
        (
            AskKind::Capture | AskKind::Void | AskKind::Refund,
            Said::Refused { reference, message, holds: held },
        ) => {
            let payment = ask.payment_id;
            let news = (TransactionState::Failed, reference.as_deref(), Some(message.as_str()));
            became(tx, payment, step, news).await?;
            still_holds(tx, payment, *held, message).await
        }
        (_, Said::Accepted { reference }) => match (step, reference) {
            (Some(step), Some(reference)) => sql::name_step(tx, step.id, reference).await,
            _ => Ok(()),
        },
        (AskKind::Capture, Said::Disputed { reason }) => {
            let Some(step) = step else { return Ok(()) };
            disputed(tx, ask.payment_id, &step, reason).await
        }
        (AskKind::Evidence, Said::Refused { message, .. }) => {
            evidence_refused(tx, ask.id, message).await
        }
        _ => Ok(()),
    }
}

/// What became of a step. A step that failed after it was done is news as well.
async fn became(
    tx: &WriteTx,
    payment: Uuid,
    step: Option<payment_transaction::Model>,
    (state, reference, message): (TransactionState, Option<&str>, Option<&str>),
) -> Result<()> {
    let Some(step) = step.filter(|step| step.state != state) else { return Ok(()) };
    let actor = Actor::system();
    let taken = take(tx, &actor, payment, None).await?;
    let (order, row) = (taken.order, taken.payment()?.clone());
    let news = News {
        kind: step.kind,
        state,
        minor: step.amount_minor,
        reference: reference.map(str::to_owned).or_else(|| step.provider_reference.clone()),
        message: message.map(str::to_owned),
        at: tx.now(),
    };
    if tell(tx, &actor, taken, Some(&step), news).await? {
        return Ok(());
    }
    // Other things happened in between: people are told, and decide.
    let order = crate::orders::read::plain(tx, order).await?.ok_or(Error::Contended)?;
    let event = purse::told(&order, &row, events::PAYMENT_ANSWER_UNFIT, step.amount_minor);
    let mut batch = Batch::default();
    events::record(tx, &actor, &mut batch, event);
    batch.insert(tx).await
}

impl Standing {
    const fn holding(holds: i64) -> Self {
        Self { holds, until: None, taken: None, reference: None }
    }
}

/// Lets go of what a provider holds no longer, where it said how much it still holds.
async fn still_holds(tx: &WriteTx, payment: Uuid, held: Option<i64>, why: &str) -> Result<()> {
    match held {
        Some(held) => stands(tx, payment, &Standing::holding(held), why).await,
        None => Ok(()),
    }
}

/// So much is authorized, and no more: the rest is let go of. What was captured without us is captured.
pub(super) async fn stands(
    tx: &WriteTx,
    payment: Uuid,
    standing: &Standing,
    why: &str,
) -> Result<()> {
    let actor = Actor::system();
    let taken = take(tx, &actor, payment, None).await?;
    let row = taken.payment()?.clone();
    let ours = row.captured_minor + row.capturing_minor;
    let without_us = standing.taken.map_or(0, |taken| taken - ours).min(uncaptured(&row));
    if without_us > 0 {
        let news = News {
            kind: TransactionKind::Capture,
            state: TransactionState::Succeeded,
            minor: without_us,
            reference: standing.reference.clone(),
            message: None,
            at: tx.now(),
        };
        // What does not fit by now is looked at again with the next notice.
        let _fits = tell(tx, &actor, taken, None, news).await?;
    }
    let mut taken = take(tx, &actor, payment, None).await?;
    let before = taken.payment()?.clone();
    let index = taken.index;
    let until = standing.until.map(crate::clock::truncate).or(before.authorization_expires_at);
    let over = uncaptured(&before) - standing.holds.max(0);
    if over <= 0 && until == before.authorization_expires_at {
        return Ok(());
    }
    let one = taken.one()?;
    let order = (*one.row).clone();
    one.purse.lasts_until(index, until);
    if over > 0 {
        one.purse.let_go(tx, &order, index, (over, why));
    }
    let mut batch = Batch::default();
    let change = audit::difference(Some(&before), taken.payment()?);
    audit::record(tx, &actor, &mut batch, Some(("pay", payment)), &change);
    taken.orders.write(tx, &actor, batch).await
}

/// A payer's bank takes what was captured.
async fn disputed(
    tx: &WriteTx,
    payment: Uuid,
    step: &payment_transaction::Model,
    reason: &str,
) -> Result<()> {
    let actor = Actor::system();
    let taken = take(tx, &actor, payment, None).await?;
    let opened_at = tx.now();
    let command = RecordDispute {
        payment_id: payment,
        provider_reference: step.provider_reference.clone(),
        stage: DisputeStage::Chargeback,
        amount: taken.currency.decimal(step.amount_minor),
        fee: None,
        reason: reason.to_owned(),
        opened_at: Some(opened_at),
        evidence_due_at: Some(opened_at + time::Duration::days(7)),
    };
    record::record_in(tx, &actor, &command).await.map(|_| ())
}

/// Nobody else will hand it on: people are told.
async fn evidence_refused(tx: &WriteTx, dispute: Uuid, why: &str) -> Result<()> {
    let actor = Actor::system();
    let found = crate::disputes::read::plain(tx, &[dispute]).await?.pop();
    let dispute = found.ok_or(Error::Contended)?;
    let order = crate::orders::read::plain(tx, dispute.order_id).await?.ok_or(Error::Contended)?;
    let data = serde_json::json!({ "reason": why });
    let mut batch = Batch::default();
    let event = crate::disputes::told(&order, &dispute, events::DISPUTE_EVIDENCE_REFUSED, data);
    events::record(tx, &actor, &mut batch, event);
    batch.insert(tx).await
}
