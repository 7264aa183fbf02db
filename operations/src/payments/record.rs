//! What a storefront, a terminal or an earlier system obtained.

use super::purse::{self, Purse, Step};
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::ledger::templates::{BANK_TRANSFER, EXCHANGE, GIFT_CARD, STORE_CREDIT};
use crate::money::Currency;
use crate::store::WriteTx;
use entities::enums::{PaymentState, TransactionKind, TransactionState};
use entities::{order, payment, payment_transaction};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

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
    /// The gift card or credit, and when money goes back to it.
    credit: Option<(Uuid, i32)>,
    /// The order that it was paid for before.
    origin: Option<Uuid>,
}

/// When money goes back to what is neither gift card nor credit.
const REFUND_RANK: i32 = 1;

impl Checked {
    /// The same, paid with a gift card or credit.
    pub(crate) fn of_credit(mut self, credit: Uuid, refund_rank: i32) -> Self {
        self.credit = Some((credit, refund_rank));
        self
    }

    /// What was paid for an order whose goods came back, and now pays for others: the return tells of it.
    pub(crate) fn of_exchange(
        currency: Currency,
        (origin, minor): (Uuid, i64),
        number: &str,
        at: OffsetDateTime,
    ) -> Result<Self> {
        let input = RecordPayment {
            provider: EXCHANGE.to_owned(),
            provider_reference: Some(number.to_owned()),
            method: EXCHANGE.to_owned(),
            captured: Some(currency.decimal(minor)),
            at: Some(at),
            ..RecordPayment::default()
        };
        Ok(Self { origin: Some(origin), ..checked(currency, input)? })
    }

    /// What it pays or promises.
    pub(crate) fn worth(&self) -> i64 {
        self.authorized.max(self.pending)
    }

    /// The same, obtained at a moment.
    pub(super) fn at(mut self, at: OffsetDateTime) -> Self {
        self.input.at = Some(at);
        self
    }

    /// What is authorized, captured amounts among it.
    pub(crate) fn authorized(&self) -> i64 {
        self.authorized
    }

    /// What is captured.
    pub(crate) fn captured(&self) -> i64 {
        self.captured.unwrap_or(0)
    }
}

/// Providers whose money comes by other operations.
const OURS: [&str; 4] = [BANK_TRANSFER, GIFT_CARD, STORE_CREDIT, EXCHANGE];

/// A payment that an operation made by itself.
pub(crate) fn checked(currency: Currency, payment: RecordPayment) -> Result<Checked> {
    let minor = |amount: Option<Decimal>| {
        amount.map(|amount| currency.minor(amount)).transpose().map_err(Error::refused)
    };
    let (authorized, captured) = (minor(payment.authorized)?, minor(payment.captured)?);
    Ok(Checked {
        pending: 0,
        authorized: authorized.or(captured).unwrap_or(0),
        captured,
        input: payment,
        credit: None,
        origin: None,
    })
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
        if OURS.contains(&payment.provider.trim()) {
            let message = "names money that is booked by ways of its own";
            faults.add(RefusalCode::Invalid, &at("provider"), message);
        }
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
            credit: None,
            origin: None,
        });
    }
    checked
}

/// The payments of a new order with their first steps, to be written with it.
pub(crate) fn record(tx: &WriteTx, order: &order::Model, payments: &[Checked]) -> Purse {
    let mut purse = Purse::default();
    add(tx, order, &mut purse, payments);
    purse
}

/// More payments of an order, behind those that it has.
pub(crate) fn add(
    tx: &WriteTx,
    order: &order::Model,
    purse: &mut Purse,
    payments: &[Checked],
) -> Vec<Uuid> {
    use TransactionKind::{Authorization, Capture};
    use TransactionState::Succeeded;
    let first = purse.payments().iter().map(|row| row.position + 1).max().unwrap_or(0);
    let mut captures = Vec::new();
    for (position, payment) in (first..).zip(payments) {
        let at = payment.input.at.unwrap_or(order.placed_at);
        let mut row = payment::Model {
            id: tx.id(),
            version: 1,
            order_id: order.id,
            position,
            provider: payment.input.provider.trim().to_owned(),
            provider_account: payment.input.provider_account.clone(),
            provider_reference: payment.input.provider_reference.clone(),
            method: payment.input.method.trim().to_owned(),
            card: payment.input.card.clone(),
            state: PaymentState::Pending,
            currency: order.currency.clone(),
            pending_minor: payment.pending,
            authorized_minor: payment.authorized,
            captured_minor: payment.captured(),
            refunded_minor: 0,
            installments: payment.input.installments,
            authorization_expires_at: payment.input.authorization_expires_at,
            captured_at: payment.captured.map(|_| at),
            created_at: at,
            voided_minor: 0,
            capturing_minor: 0,
            refunding_minor: 0,
            disputed_minor: 0,
            credit_id: payment.credit.map(|(credit, _)| credit),
            origin_order_id: payment.origin,
            refund_rank: payment.credit.map_or(REFUND_RANK, |(_, rank)| rank),
            warned_hours: None,
        };
        row.state = purse::state(&row);
        for (kind, amount, state, event) in payment.steps() {
            let step = payment_transaction::Model {
                id: tx.id(),
                payment_id: row.id,
                kind,
                amount_minor: amount,
                state,
                provider_reference: row.provider_reference.clone(),
                message: None,
                at,
                fulfillment_id: None,
            };
            let event = NewEvent { at: Some(at), ..purse::told(order, &row, event, amount) };
            let memo = match (kind, state) {
                (Authorization, Succeeded) => amount,
                (Capture, Succeeded) if payment.is_in_two_steps() => -amount,
                _ => 0,
            };
            if kind == Capture {
                captures.push(step.id);
            }
            purse.note(Step { row: step, was: None, memo, waiting: 0 }, event);
        }
        purse.add(row);
    }
    captures
}

type Taken = (TransactionKind, i64, TransactionState, &'static events::EventKind);

impl Checked {
    /// Whether it was authorized before it was captured, if it was.
    fn is_in_two_steps(&self) -> bool {
        self.authorized > 0 && self.captured != Some(self.authorized)
    }

    fn steps(&self) -> Vec<Taken> {
        use TransactionKind::{Authorization, Capture};
        use TransactionState::{Pending, Succeeded};
        let mut steps = Vec::new();
        if self.captured.is_none() && self.authorized == 0 {
            steps.push((Authorization, self.pending, Pending, events::PAYMENT_PENDING));
        }
        if self.is_in_two_steps() {
            steps.push((Authorization, self.authorized, Succeeded, events::PAYMENT_AUTHORIZED));
        }
        if let Some(captured) = self.captured {
            steps.push((Capture, captured, Succeeded, events::PAYMENT_CAPTURED));
        }
        steps
    }
}
