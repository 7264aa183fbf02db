//! `paymentTransactionReport`: what a provider without a connector says became of what it was asked for.
//!
//! Notices come late, twice and in any order: what was said before changes nothing, and what is older than what is
//! known is not news.

use super::in_hand::{Taken, amount, conflict, take};
use super::purse::{self, Step, authorize_beyond};
use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, EventKind};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{PaymentState, TransactionKind, TransactionState};
use entities::{payment, payment_transaction};
use rust_decimal::Decimal;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a provider says.
#[derive(Debug, Clone, Serialize)]
pub struct ReportTransaction {
    /// The payment.
    pub payment_id: Uuid,
    /// Of which kind the step is.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: TransactionKind,
    /// What became of it.
    #[serde(serialize_with = "crate::as_column")]
    pub state: TransactionState,
    /// How much.
    pub amount: Decimal,
    /// What the provider calls the step.
    pub provider_reference: String,
    /// When; now without it.
    pub at: Option<OffsetDateTime>,
    /// What the provider said.
    pub message: Option<String>,
}

/// Takes the news in and answers with the id of the payment.
pub async fn report(store: &Store, call: Call<'_>, command: &ReportTransaction) -> Result<Uuid> {
    call.actor.require(Permission::PaymentsWrite)?;
    let mut faults = Faults::default();
    let reference =
        &checks::text(&mut faults, "providerReference", &command.provider_reference, 200);
    checks::optional(&mut faults, "message", command.message.as_deref(), 1_000);
    if matches!(command.kind, TransactionKind::Chargeback | TransactionKind::ChargebackReversal) {
        let message = "a chargeback is a dispute: it is no step that was asked for";
        faults.add(RefusalCode::Invalid, "kind", message);
    }
    if command.state == TransactionState::Pending {
        faults.add(RefusalCode::Invalid, "state", "says what became of it: SUCCEEDED or FAILED");
    }
    faults.check()?;
    once(store, call, "paymentTransactionReport", command, |tx| async move {
        let id = command.payment_id;
        let at = command.at.map_or_else(|| tx.now(), crate::clock::truncate);
        if at > tx.now() + time::Duration::minutes(5) {
            let refusal = Refusal::new(RefusalCode::Invalid, "at", "lies in the future");
            return Err(Error::refused(refusal));
        }
        let taken = take(&tx, call.actor, id, None).await?;
        taken.insist_on_a_provider()?;
        let minor = amount(taken.currency, command.amount)?;
        let steps = sql::transactions_of(&tx, &[id]).await?;
        let of_kind = || steps.iter().filter(|step| step.kind == command.kind);
        let named = |step: &&payment_transaction::Model| {
            step.provider_reference.as_deref() == Some(reference)
        };
        let of_amount = |step: &&payment_transaction::Model| step.amount_minor == minor;
        let open = |step: &&payment_transaction::Model| step.state == TransactionState::Pending;
        let said = of_kind()
            .filter(named)
            .find(of_amount)
            .or_else(|| of_kind().filter(open).find(of_amount))
            .or_else(|| of_kind().find(named));
        if let Some(step) = said {
            let settled = step.state != TransactionState::Pending;
            if step.state == command.state || (settled && step.at >= at) {
                return Ok(id);
            }
            if settled && step.amount_minor != minor {
                return Err(conflict("another amount was said of this step before"));
            }
        }
        let news = News {
            kind: command.kind,
            state: command.state,
            minor,
            reference: Some(reference.clone()),
            message: command.message.as_deref().map(|message| message.trim().to_owned()),
            at,
        };
        let said = said.cloned();
        if !tell(&tx, call.actor, taken, said.as_ref(), news).await? {
            return Err(conflict("that cannot become of it as it stands"));
        }
        Ok(id)
    })
    .await
}

/// News of a step of a payment.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) kind: TransactionKind,
    pub(crate) state: TransactionState,
    pub(crate) minor: i64,
    /// What the provider calls the step.
    pub(crate) reference: Option<String>,
    /// What the provider said.
    pub(crate) message: Option<String>,
    pub(crate) at: OffsetDateTime,
}

/// Writes news of a step that was known, or of one that nobody here asked for. False, and nothing written, where it cannot be
/// as the payment stands.
pub(crate) async fn tell(
    tx: &WriteTx,
    actor: &Actor,
    mut taken: Taken,
    known: Option<&payment_transaction::Model>,
    news: News,
) -> Result<bool> {
    let before = taken.payment()?.clone();
    let was = known.map(|step| step.state);
    let Some((memo, kind)) = apply(tx, &mut taken, (news.kind, news.state), was, news.minor)?
    else {
        return Ok(false);
    };
    let row = payment_transaction::Model {
        id: known.map_or_else(|| tx.id(), |step| step.id),
        payment_id: before.id,
        kind: news.kind,
        amount_minor: news.minor,
        state: news.state,
        provider_reference: news.reference,
        message: news.message,
        at: news.at,
        fulfillment_id: known.and_then(|step| step.fulfillment_id),
    };
    let index = taken.index;
    let now = taken.payment()?.clone();
    let one = taken.one()?;
    let order = (*one.row).clone();
    let waiting = one.purse.waiting();
    let told = purse::told(&order, &now, kind, news.minor);
    one.purse.reported(index, Step { row, was, memo, waiting }, told);
    let mut batch = Batch::default();
    let change = audit::difference(Some(&before), taken.payment()?);
    audit::record(tx, actor, &mut batch, Some(("pay", before.id)), &change);
    taken.orders.write(tx, actor, batch).await?;
    Ok(true)
}

/// What news of a step means for the payment: what is authorized more or less, and which event tells of it; none where it
/// cannot be.
fn apply(
    tx: &WriteTx,
    taken: &mut Taken,
    (kind, state): (TransactionKind, TransactionState),
    was: Option<TransactionState>,
    minor: i64,
) -> Result<Option<(i64, &'static EventKind)>> {
    use TransactionKind as K;
    use TransactionState as S;
    let index = taken.index;
    let one = taken.one()?;
    let row = one.purse.payment_mut(index).ok_or(Error::Contended)?;
    let fits = match (kind, was, state) {
        (K::Authorization, None | Some(S::Pending | S::Failed), S::Succeeded) => {
            row.authorized_minor += minor;
            Some((minor, events::PAYMENT_AUTHORIZED))
        }
        (K::Authorization, None | Some(S::Pending), S::Failed) => Some((0, events::PAYMENT_FAILED)),
        (K::Capture, was, S::Succeeded) => {
            if was == Some(S::Pending) {
                row.capturing_minor -= minor;
            }
            row.captured_minor += minor;
            row.captured_at = row.captured_at.or(Some(tx.now()));
            let beyond = authorize_beyond(row);
            Some((beyond - minor, events::PAYMENT_CAPTURED))
        }
        (K::Capture, Some(S::Pending), S::Failed) => {
            row.capturing_minor -= minor;
            Some((0, events::PAYMENT_CAPTURE_FAILED))
        }
        (K::Capture, Some(S::Succeeded), S::Failed) if row.captured_minor >= minor => {
            row.captured_minor -= minor;
            // What was taken and failed is authorized no longer.
            row.voided_minor += minor;
            Some((0, events::PAYMENT_CAPTURE_FAILED))
        }
        (K::Void, Some(S::Pending), _) => {
            // It counted as released from when it was asked for.
            let kind = if state == S::Failed {
                events::PAYMENT_VOID_FAILED
            } else {
                events::PAYMENT_VOIDED
            };
            Some((0, kind))
        }
        (K::Void, None, S::Succeeded) if purse::uncaptured(row) >= minor => {
            row.voided_minor += minor;
            Some((-minor, events::PAYMENT_VOIDED))
        }
        (K::Refund, was, S::Succeeded) => {
            if was == Some(S::Pending) {
                row.refunding_minor -= minor;
            } else if purse::refundable(row) < minor {
                return Ok(None);
            }
            row.refunded_minor += minor;
            Some((0, events::PAYMENT_REFUNDED))
        }
        (K::Refund, Some(S::Pending), S::Failed) => {
            row.refunding_minor -= minor;
            Some((0, events::PAYMENT_REFUND_FAILED))
        }
        (K::Refund, Some(S::Succeeded), S::Failed) if row.refunded_minor >= minor => {
            row.refunded_minor -= minor;
            Some((0, events::PAYMENT_REFUND_FAILED))
        }
        _ => None,
    };
    if fits.is_some() {
        row.state = state_of(row, (kind, state));
    }
    Ok(fits)
}

/// Where a payment stands after news of it.
fn state_of(row: &payment::Model, news: (TransactionKind, TransactionState)) -> PaymentState {
    let failed = news == (TransactionKind::Authorization, TransactionState::Failed);
    if failed && row.authorized_minor == 0 { PaymentState::Failed } else { purse::state(row) }
}
