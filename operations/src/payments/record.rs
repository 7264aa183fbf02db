//! What a storefront, a terminal or an earlier system obtained.

use crate::actor::Actor;
use crate::checks;
use crate::error::{Faults, RefusalCode};
use crate::events::{self, NewEvent};
use crate::money::Currency;
use crate::store::{Batch, WriteTx};
use entities::enums::{PaymentState, TransactionKind, TransactionState};
use entities::{order, payment, payment_transaction};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;

/// Payments of one order at most.
pub const MAX_PAYMENTS: usize = 100;

/// A payment as it was obtained.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RecordPayment {
    /// Who obtained it.
    pub provider: String,
    /// Our account there.
    pub provider_account: Option<String>,
    /// What the provider calls it.
    pub provider_reference: Option<String>,
    /// How it was paid.
    pub method: String,
    /// Brand and last digits.
    pub card: Option<Json>,
    /// When; now if not given.
    pub at: Option<OffsetDateTime>,
    /// Promised and not yet obtained.
    pub pending: Option<Decimal>,
    /// Authorized.
    pub authorized: Option<Decimal>,
    /// Captured already.
    pub captured: Option<Decimal>,
    /// When the authorization ends.
    pub authorization_expires_at: Option<OffsetDateTime>,
    /// In how many the payer pays their issuer.
    pub installments: Option<i32>,
}

/// A checked payment, in minor units.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    input: RecordPayment,
    pending: i64,
    authorized: i64,
    captured: Option<i64>,
}

impl Checked {
    /// What is authorized, captured amounts among it.
    pub(crate) fn authorized(&self) -> i64 {
        self.authorized
    }

    /// What is captured.
    pub(crate) fn captured(&self) -> i64 {
        self.captured.unwrap_or(0)
    }

    const fn state(&self) -> PaymentState {
        match self.captured {
            Some(captured) if captured >= self.authorized => PaymentState::Captured,
            Some(captured) if captured > 0 => PaymentState::PartiallyCaptured,
            _ if self.authorized > 0 => PaymentState::Authorized,
            _ => PaymentState::Pending,
        }
    }
}

/// Checks payments; every fault is noted.
pub(crate) fn check(
    faults: &mut Faults,
    field: &str,
    currency: Currency,
    payments: &[RecordPayment],
) -> Vec<Checked> {
    if payments.len() > MAX_PAYMENTS {
        let message = format!("takes at most {MAX_PAYMENTS} payments");
        faults.add(RefusalCode::LimitExceeded, field, message);
    }
    let mut checked = Vec::with_capacity(payments.len());
    for (index, payment) in payments.iter().enumerate() {
        let at = |name: &str| format!("{field}.{index}.{name}");
        checks::text(faults, &at("provider"), &payment.provider, 50);
        checks::text(faults, &at("method"), &payment.method, 50);
        let mut amount = |name: &str, value: Option<Decimal>| {
            let minor = faults.take(&at(name), currency.minor(value?))?;
            if minor < 0 {
                faults.add(RefusalCode::Invalid, &at(name), "is not negative");
            }
            Some(minor)
        };
        let pending = amount("pending", payment.pending);
        let authorized = amount("authorized", payment.authorized);
        let captured = amount("captured", payment.captured);
        if pending.is_none() && authorized.is_none() && captured.is_none() {
            let message = "give `pending`, `authorized` or `captured`";
            faults.add(RefusalCode::Required, &at("authorized"), message);
        }
        if pending.is_some() && (authorized.is_some() || captured.is_some()) {
            let message = "what is pending is neither authorized nor captured yet";
            faults.add(RefusalCode::Invalid, &at("pending"), message);
        }
        if let (Some(authorized), Some(captured)) = (authorized, captured)
            && captured > authorized
        {
            let message = "is more than was authorized";
            faults.add(RefusalCode::AmountExceeded, &at("captured"), message);
        }
        checked.push(Checked {
            input: payment.clone(),
            pending: pending.unwrap_or(0),
            // Money that was captured was authorized in the same step.
            authorized: authorized.or(captured).unwrap_or(0),
            captured,
        });
    }
    checked
}

/// Adds payments, their steps and their events to what the transaction writes, and answers with the
/// payments.
pub(crate) fn record(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    order: &order::Model,
    payments: &[Checked],
) -> Vec<payment::Model> {
    let mut rows = Vec::with_capacity(payments.len());
    for (position, payment) in (0..).zip(payments) {
        let at = payment.input.at.unwrap_or(order.placed_at);
        let row = payment::Model {
            id: tx.id(),
            version: 1,
            order_id: order.id,
            position,
            provider: payment.input.provider.trim().to_owned(),
            provider_account: payment.input.provider_account.clone(),
            provider_reference: payment.input.provider_reference.clone(),
            method: payment.input.method.trim().to_owned(),
            card: payment.input.card.clone(),
            state: payment.state(),
            currency: order.currency.clone(),
            pending_minor: payment.pending,
            authorized_minor: payment.authorized,
            captured_minor: payment.captured(),
            refunded_minor: 0,
            installments: payment.input.installments,
            authorization_expires_at: payment.input.authorization_expires_at,
            captured_at: payment.captured.map(|_| at),
            created_at: at,
        };
        batch.add(&row);
        for (kind, amount, state, event) in payment.steps() {
            batch.add(&payment_transaction::Model {
                id: tx.id(),
                payment_id: row.id,
                kind,
                amount_minor: amount,
                state,
                provider_reference: row.provider_reference.clone(),
                message: None,
                at,
            });
            let decimal =
                Currency::from_code(&row.currency).map(|currency| currency.decimal(amount));
            let data = json!({
                "amount": decimal,
                "currency": row.currency,
                "method": row.method,
                "provider": row.provider,
            });
            events::record(
                tx,
                actor,
                batch,
                NewEvent {
                    order: Some(order.id),
                    customer: order.customer_id,
                    channel: Some(order.channel_id),
                    at: Some(at),
                    ..NewEvent::new(event, ("pay", row.id), data)
                },
            );
        }
        rows.push(row);
    }
    rows
}

type Step = (TransactionKind, i64, TransactionState, &'static events::EventKind);

impl Checked {
    fn steps(&self) -> Vec<Step> {
        use TransactionKind::{Authorization, Capture};
        use TransactionState::{Pending, Succeeded};
        let mut steps = Vec::new();
        if self.captured.is_none() && self.authorized == 0 {
            steps.push((Authorization, self.pending, Pending, events::PAYMENT_PENDING));
        }
        if self.authorized > 0 && self.captured != Some(self.authorized) {
            steps.push((Authorization, self.authorized, Succeeded, events::PAYMENT_AUTHORIZED));
        }
        if let Some(captured) = self.captured {
            steps.push((Capture, captured, Succeeded, events::PAYMENT_CAPTURED));
        }
        steps
    }
}
