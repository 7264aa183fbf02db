//! `disputeRecord`: a payer's bank asks, or took money; or takes a dispute a stage further.

use super::{sql, told};
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::ledger::templates::{self, Contested};
use crate::payments::in_hand::{Taken, amount, take, too_much};
use crate::payments::purse::{self, Step};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use crate::timers::{self, Job};
use entities::enums::{DisputeStage, DisputeState, TransactionKind, TransactionState};
use entities::{dispute, payment_transaction};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long before a dispute is to be answered it is told once more.
pub(super) const WARNING: Duration = Duration::days(3);

/// What a bank did.
#[derive(Debug, Clone, Serialize)]
pub struct RecordDispute {
    /// The payment.
    pub payment_id: Uuid,
    /// What the provider calls it.
    pub provider_reference: Option<String>,
    /// How far it went.
    #[serde(serialize_with = "crate::as_column")]
    pub stage: DisputeStage,
    /// What it is about.
    pub amount: Decimal,
    /// What the provider charges for it.
    pub fee: Option<Decimal>,
    /// What the payer says.
    pub reason: String,
    /// When it began; now without it.
    pub opened_at: Option<OffsetDateTime>,
    /// Until when it can be answered.
    pub evidence_due_at: Option<OffsetDateTime>,
}

/// Records and answers with the id of the dispute.
pub async fn record(store: &Store, call: Call<'_>, command: &RecordDispute) -> Result<Uuid> {
    call.actor.require(Permission::PaymentsWrite)?;
    once(store, call, "disputeRecord", command, |tx| async move {
        record_in(&tx, call.actor, command).await
    })
    .await
}

/// The same within a transaction.
pub(crate) async fn record_in(
    tx: &WriteTx,
    actor: &Actor,
    command: &RecordDispute,
) -> Result<Uuid> {
    let mut faults = Faults::default();
    let reason = checks::text(&mut faults, "reason", &command.reason, 1_000);
    let reference = command.provider_reference.as_deref();
    let reference = checks::optional(&mut faults, "providerReference", reference, 200);
    faults.check()?;
    let mut taken = take(tx, actor, command.payment_id, None).await?;
    taken.insist_on_a_provider()?;
    let currency = taken.currency;
    let minor = amount(currency, command.amount)?;
    let mut faults = Faults::default();
    let fee = command.fee.and_then(|fee| faults.take("fee", currency.minor(fee)));
    if fee.is_some_and(|fee| fee < 0) {
        faults.add(RefusalCode::Invalid, "fee", "is not negative");
    }
    let opened_at = command.opened_at.map_or_else(|| tx.now(), crate::clock::truncate);
    if opened_at > tx.now() + Duration::minutes(5) {
        faults.add(RefusalCode::Invalid, "openedAt", "lies in the future");
    }
    faults.check()?;
    let known = match &reference {
        Some(reference) => sql::named(tx, command.payment_id, reference).await?,
        None => None,
    };
    let payment = taken.payment()?.clone();
    let before = known.as_ref().map_or(0, |known| known.taken_minor);
    let most = payment.captured_minor - (payment.disputed_minor - before);
    if minor > most {
        return Err(too_much(currency, most, "disputed"));
    }
    if let Some(known) = &known {
        if command.stage <= known.stage {
            // It was said before.
            return Ok(known.id);
        }
        if known.amount_minor != minor {
            let message = format!("it is about {}", currency.decimal(known.amount_minor));
            let refusal = Refusal::new(RefusalCode::Invalid, "amount", message);
            return Err(Error::refused(refusal));
        }
    }
    let moves = command.stage != DisputeStage::Inquiry;
    let row = dispute::Model {
        id: known.as_ref().map_or_else(|| tx.id(), |known| known.id),
        version: known.as_ref().map_or(1, |known| known.version + 1),
        payment_id: payment.id,
        order_id: taken.order,
        provider_reference: reference.clone(),
        stage: command.stage,
        state: DisputeState::Open,
        currency: payment.currency.clone(),
        amount_minor: minor,
        fee_minor: match (fee, known.as_ref().and_then(|known| known.fee_minor)) {
            (Some(fee), before) => Some(fee + before.unwrap_or(0)),
            (None, before) => before,
        },
        taken_minor: if moves { minor } else { 0 },
        refunded_too: minor > purse::refundable(&payment) + before,
        reason: reason.clone(),
        opened_at: known.as_ref().map_or(opened_at, |known| known.opened_at),
        evidence_due_at: command.evidence_due_at.map(crate::clock::truncate),
        evidence_sent_at: None,
        evidence: None,
        resolved_at: None,
        note: known.as_ref().and_then(|known| known.note.clone()),
    };
    let mut batch = Batch::default();
    if let Some(due) = row.evidence_due_at {
        let at = (due - WARNING).max(tx.now());
        timers::set(tx, &mut batch, Job::DisputeDue, row.id, at);
    }
    let order = (*taken.one()?.row).clone();
    let data = json!({
        "stage": row.stage.to_value(),
        "reason": row.reason,
        "refundedToo": row.refunded_too,
    });
    taken.orders.note(told(&order, &row, events::DISPUTE_OPENED, data));
    if moves && before == 0 {
        move_money(tx, &mut taken, &mut batch, (&row, fee.unwrap_or(0)), opened_at, true).await?;
    }
    let change = audit::difference(known.as_ref(), &row);
    audit::record(tx, actor, &mut batch, Some(("dsp", row.id)), &change);
    batch.save(&row);
    taken.orders.write(tx, actor, batch).await?;
    Ok(row.id)
}

/// Money is taken, or comes back: a step of the payment, and an entry in the books.
pub(super) async fn move_money(
    tx: &WriteTx,
    taken: &mut Taken,
    batch: &mut Batch,
    (row, fee): (&dispute::Model, i64),
    at: OffsetDateTime,
    away: bool,
) -> Result<()> {
    let (currency, index, order) = (taken.currency, taken.index, taken.order);
    let mut books = taken.orders.books_of(tx, order).await?;
    let one = taken.one()?;
    let payment = one.purse.payment_mut(index).ok_or(Error::Contended)?;
    payment.disputed_minor += if away { row.amount_minor } else { -row.amount_minor };
    payment.state = purse::state(payment);
    let payment = payment.clone();
    let (kind, event) = if away {
        (TransactionKind::Chargeback, events::PAYMENT_CHARGED_BACK)
    } else {
        (TransactionKind::ChargebackReversal, events::PAYMENT_CHARGEBACK_REVERSED)
    };
    let step = payment_transaction::Model {
        id: tx.id(),
        payment_id: payment.id,
        kind,
        amount_minor: row.amount_minor,
        state: TransactionState::Succeeded,
        provider_reference: row.provider_reference.clone(),
        message: Some(row.reason.clone()),
        at,
        fulfillment_id: None,
    };
    let source = step.id;
    let order = (*one.row).clone();
    let told = purse::told(&order, &payment, event, row.amount_minor);
    one.purse.reported(index, Step { row: step, was: None, memo: 0, waiting: 0 }, told);
    if order.in_books {
        let amount = books.worth(tx, currency, row.amount_minor, at).await?;
        let fee = books.worth(tx, currency, fee, at).await?;
        let payment = &payment;
        let contested = Contested { dispute: row, payment, source, at, currency, amount };
        let entry = if away {
            templates::charged_back(&contested, &order, fee)
        } else {
            templates::chargeback_reversed(&contested, &order)
        };
        books.write(tx, batch, entry)?;
    }
    Ok(())
}
