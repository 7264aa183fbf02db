//! The seam through which money moves: what an order's payments are asked for, and what they answered.
//!
//! Every step is written as a transaction of the payment it belongs to. The tenders of an order are used up in
//! their order; what is given back goes to where it came from, never more than came from there.

use crate::events::{self, EventKind, NewEvent};
use crate::money::Currency;
use crate::store::{Batch, WriteTx};
use entities::enums::{PaymentState, TransactionKind, TransactionState};
use entities::{order, payment, payment_transaction};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Where a payment stands, by its amounts.
pub(crate) const fn state(payment: &payment::Model) -> PaymentState {
    let captured = payment.captured_minor;
    if payment.refunded_minor > 0 && payment.refunded_minor >= captured {
        PaymentState::Refunded
    } else if payment.refunded_minor > 0 {
        PaymentState::PartiallyRefunded
    } else if payment.captured_at.is_some()
        && captured + payment.voided_minor >= payment.authorized_minor
    {
        PaymentState::Captured
    } else if captured > 0 {
        PaymentState::PartiallyCaptured
    } else if payment.voided_minor > 0 && payment.voided_minor >= payment.authorized_minor {
        PaymentState::Voided
    } else if payment.authorized_minor > 0 {
        PaymentState::Authorized
    } else {
        PaymentState::Pending
    }
}

/// What happened to a payment, for the log.
pub(crate) fn told(
    order: &order::Model,
    row: &payment::Model,
    kind: &'static EventKind,
    amount: i64,
) -> NewEvent {
    let decimal = Currency::from_code(&row.currency).map(|currency| currency.decimal(amount));
    let data = json!({
        "amount": decimal,
        "currency": row.currency,
        "method": row.method,
        "provider": row.provider,
    });
    NewEvent {
        order: Some(order.id),
        customer: order.customer_id,
        channel: Some(order.channel_id),
        ..NewEvent::new(kind, ("pay", row.id), data)
    }
}

/// What the payments of an order amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Funds {
    /// Authorized and not released, captured amounts among it.
    pub authorized: i64,
    /// Whether anything was ever obtained.
    pub obtained: bool,
}

/// The payments of one order, in the order in which they are used up.
#[derive(Debug, Default)]
pub(crate) struct Purse {
    payments: Vec<payment::Model>,
    added: Vec<Uuid>,
    changed: Vec<Uuid>,
    steps: Vec<payment_transaction::Model>,
    events: Vec<NewEvent>,
    /// What was given back since it was loaded.
    given_back: i64,
}

impl Purse {
    pub(crate) fn of(payments: Vec<payment::Model>) -> Self {
        Self { payments, ..Self::default() }
    }

    pub(crate) fn payments(&self) -> &[payment::Model] {
        &self.payments
    }

    /// A payment that was not there before.
    pub(super) fn add(&mut self, row: payment::Model) {
        self.added.push(row.id);
        self.payments.push(row);
    }

    /// A step that was taken elsewhere.
    pub(super) fn note(&mut self, step: payment_transaction::Model, event: NewEvent) {
        self.steps.push(step);
        self.events.push(event);
    }

    pub(crate) fn funds(&self) -> Funds {
        let of = |row: &payment::Model| (row.authorized_minor - row.voided_minor).max(0);
        Funds {
            authorized: self.payments.iter().map(of).sum(),
            obtained: self.payments.iter().any(|row| row.authorized_minor > 0),
        }
    }

    pub(crate) fn captured(&self) -> i64 {
        self.payments.iter().map(|row| row.captured_minor).sum()
    }

    pub(crate) fn refunded(&self) -> i64 {
        self.payments.iter().map(|row| row.refunded_minor).sum()
    }

    /// What was given back since it was loaded.
    pub(crate) fn given_back(&self) -> i64 {
        self.given_back
    }

    /// Takes up to an amount of what is authorized, and answers with how much that was.
    pub(crate) fn capture(
        &mut self,
        tx: &WriteTx,
        order: &order::Model,
        amount: i64,
        fulfillment: Option<Uuid>,
    ) -> i64 {
        let mut left = amount;
        for index in 0..self.payments.len() {
            let take = |row: &payment::Model, left: i64| left.min(uncaptured(row));
            left -= self.step(tx, order, (index, TransactionKind::Capture), fulfillment, |row| {
                let taken = take(row, left);
                row.captured_minor += taken;
                if taken > 0 {
                    row.captured_at = row.captured_at.or(Some(tx.now()));
                }
                taken
            });
        }
        amount - left
    }

    /// Gives back up to an amount of what was captured, and answers with how much that was.
    pub(crate) fn refund(&mut self, tx: &WriteTx, order: &order::Model, amount: i64) -> i64 {
        let mut left = amount;
        for index in 0..self.payments.len() {
            left -= self.step(tx, order, (index, TransactionKind::Refund), None, |row| {
                let given = left.min(row.captured_minor - row.refunded_minor).max(0);
                row.refunded_minor += given;
                given
            });
        }
        self.given_back += amount - left;
        amount - left
    }

    /// Releases whatever is authorized or promised and not captured.
    pub(crate) fn release(&mut self, tx: &WriteTx, order: &order::Model) {
        for index in 0..self.payments.len() {
            self.step(tx, order, (index, TransactionKind::Void), None, |row| {
                let promised = if row.authorized_minor == 0 { row.pending_minor } else { 0 };
                let rest = uncaptured(row) + (promised - row.voided_minor).max(0);
                row.voided_minor += rest;
                rest
            });
        }
    }

    /// Releases whatever is authorized and not captured.
    pub(crate) fn release_authorized(&mut self, tx: &WriteTx, order: &order::Model) {
        for index in 0..self.payments.len() {
            self.step(tx, order, (index, TransactionKind::Void), None, |row| {
                let rest = uncaptured(row);
                row.voided_minor += rest;
                rest
            });
        }
    }

    /// When the first authorization ends that is not captured in full.
    pub(crate) fn next_expiry(&self) -> Option<OffsetDateTime> {
        let open = self.payments.iter().filter(|row| uncaptured(row) > 0);
        open.filter_map(|row| row.authorization_expires_at).min()
    }

    /// Lets go of what is authorized no longer.
    pub(crate) fn expire(&mut self, tx: &WriteTx, order: &order::Model) {
        for index in 0..self.payments.len() {
            let ended = |row: &payment::Model| {
                row.authorization_expires_at.is_some_and(|at| at <= tx.now())
            };
            let gone = self.step(tx, order, (index, TransactionKind::Void), None, |row| {
                let rest = if ended(row) { uncaptured(row) } else { 0 };
                row.voided_minor += rest;
                rest
            });
            if gone == 0 {
                continue;
            }
            if let Some(row) = self.payments.get_mut(index).filter(|row| row.captured_minor == 0) {
                row.state = PaymentState::Expired;
            }
            if let (Some(step), Some(event)) = (self.steps.last_mut(), self.events.last_mut()) {
                step.message = Some("the authorization ended".to_owned());
                event.kind = events::PAYMENT_EXPIRED;
            }
        }
    }

    /// One step of one payment, where it moves anything.
    fn step(
        &mut self,
        tx: &WriteTx,
        order: &order::Model,
        (index, kind): (usize, TransactionKind),
        fulfillment_id: Option<Uuid>,
        change: impl FnOnce(&mut payment::Model) -> i64,
    ) -> i64 {
        let Some(row) = self.payments.get_mut(index) else { return 0 };
        let amount = change(row);
        if amount == 0 {
            return 0;
        }
        row.state = state(row);
        row.version += 1;
        self.changed.push(row.id);
        self.steps.push(payment_transaction::Model {
            id: tx.id(),
            payment_id: row.id,
            kind,
            amount_minor: amount,
            state: TransactionState::Succeeded,
            provider_reference: row.provider_reference.clone(),
            message: None,
            at: tx.now(),
            fulfillment_id,
        });
        let event = match kind {
            TransactionKind::Capture => events::PAYMENT_CAPTURED,
            TransactionKind::Refund => events::PAYMENT_REFUNDED,
            TransactionKind::Authorization
            | TransactionKind::Void
            | TransactionKind::Chargeback
            | TransactionKind::ChargebackReversal => events::PAYMENT_VOIDED,
        };
        self.events.push(told(order, row, event, amount));
        amount
    }

    /// What happened since the last call.
    pub(crate) fn take_events(&mut self) -> Vec<NewEvent> {
        std::mem::take(&mut self.events)
    }

    /// Adds what changed to what the transaction writes.
    pub(crate) fn write(&mut self, batch: &mut Batch) {
        for row in &self.payments {
            if self.added.contains(&row.id) {
                batch.add(row);
            } else if self.changed.contains(&row.id) {
                batch.save(row);
            }
        }
        batch.add_all(&self.steps);
        self.added.clear();
        self.changed.clear();
        self.steps.clear();
    }
}

/// What is authorized and neither captured nor released.
fn uncaptured(row: &payment::Model) -> i64 {
    (row.authorized_minor - row.voided_minor - row.captured_minor).max(0)
}
