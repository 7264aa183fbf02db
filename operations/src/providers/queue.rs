//! What is wanted of providers, written with what wants it.

use crate::payments::purse::uncaptured;
use crate::store::{Batch, WriteTx};
use entities::enums::{AskKind, TransactionKind, TransactionState};
use entities::{payment, payment_transaction, provider_ask};
use uuid::Uuid;

/// Adds what a step asks of its provider, if anything.
pub(crate) fn add(
    tx: &WriteTx,
    batch: &mut Batch,
    payment: &payment::Model,
    step: &payment_transaction::Model,
) {
    let kind = match (step.kind, step.state) {
        (TransactionKind::Authorization, TransactionState::Succeeded) => AskKind::Look,
        (TransactionKind::Capture, TransactionState::Pending) => AskKind::Capture,
        (TransactionKind::Void, TransactionState::Pending) => AskKind::Void,
        (TransactionKind::Refund, TransactionState::Pending) => AskKind::Refund,
        _ => return,
    };
    ask(tx, batch, payment, (kind, step.id));
}

/// The same of anything that is asked under an id of its own.
pub(crate) fn ask(
    tx: &WriteTx,
    batch: &mut Batch,
    payment: &payment::Model,
    (kind, id): (AskKind, Uuid),
) {
    if !tx.is_connected(&payment.provider) {
        return;
    }
    batch.save(&provider_ask::Model {
        id,
        payment_id: payment.id,
        provider: payment.provider.clone(),
        kind,
        last: uncaptured(payment) == 0,
        due_at: tx.now(),
        attempts: 0,
        answers: 0,
        last_error: None,
        created_at: tx.now(),
    });
}
