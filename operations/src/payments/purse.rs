//! The seam through which money moves: what an order's payments are asked for, and what they answered.
//!
//! Every step is written as a transaction of the payment it belongs to. The tenders of an order are used up in
//! their order; what is given back goes to where it came from, never more than came from there.

use crate::events::{self, EventKind, NewEvent};
use crate::ledger::templates::{BANK_TRANSFER, EXCHANGE, GIFT_CARD, STORE_CREDIT};
use crate::money::Currency;
use crate::providers::queue;
use crate::store::{Batch, WriteTx};
use entities::enums::{PaymentState, TransactionKind, TransactionState};
use entities::{order, payment, payment_transaction};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Where a payment stands, by its amounts.
pub(crate) const fn state(payment: &payment::Model) -> PaymentState {
    let captured = payment.captured_minor;
    if payment.disputed_minor > 0 && payment.disputed_minor + payment.refunded_minor >= captured {
        PaymentState::ChargedBack
    } else if payment.refunded_minor > 0 && payment.refunded_minor >= captured {
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

/// How many hours before an authorization ends people are told.
const WARNINGS: [i32; 2] = [48, 24];

/// What the payments of an order amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Funds {
    /// Authorized and not released, captured amounts among it.
    pub authorized: i64,
    /// Whether anything was ever obtained.
    pub obtained: bool,
    /// Taken back by payers' banks.
    pub disputed: i64,
}

/// A step of a payment that was taken, or about which news came.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) row: payment_transaction::Model,
    /// How it stood before, if it was known.
    pub(crate) was: Option<TransactionState>,
    /// What is authorized more, or less.
    pub(crate) memo: i64,
    /// Of a refund, what others of the order were on their way then.
    pub(crate) waiting: i64,
}

/// Who says what became of what a provider is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// It is done at once: money at hand, gift cards, credit.
    AtOnce,
    /// A report says so, later.
    ByReport,
}

/// How a provider answers.
pub(crate) fn answers(provider: &str) -> Answers {
    match provider {
        "manual" | "imported" | GIFT_CARD | STORE_CREDIT | BANK_TRANSFER | EXCHANGE => {
            Answers::AtOnce
        }
        _ => Answers::ByReport,
    }
}

/// What a step of a payment does to the gift card or credit that it is paid with.
#[derive(Debug, Clone)]
pub(crate) struct Spent {
    pub(crate) credit: Uuid,
    pub(crate) order: Uuid,
    /// What comes onto it, or goes off it.
    pub(crate) balance: i64,
    /// What of it is promised more, or less.
    pub(crate) reserved: i64,
}

/// The payments of one order, in the order in which they are used up.
#[derive(Debug, Default)]
pub(crate) struct Purse {
    payments: Vec<payment::Model>,
    added: Vec<Uuid>,
    changed: Vec<Uuid>,
    steps: Vec<Step>,
    events: Vec<NewEvent>,
    /// What was given back since it was loaded.
    given_back: i64,
    spent: Vec<Spent>,
    /// What was given as credit instead of money, or pays for other orders.
    pub(crate) converted: i64,
}

impl Purse {
    pub(crate) fn of(payments: Vec<payment::Model>) -> Self {
        Self { payments, ..Self::default() }
    }

    /// Of which so much was given as credit instead of money, or pays for other orders.
    pub(crate) fn less(mut self, converted: i64) -> Self {
        self.converted = converted;
        self
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
    pub(super) fn note(&mut self, step: Step, event: NewEvent) {
        self.events.push(NewEvent { tells_of: Some(step.row.id), ..event });
        self.steps.push(step);
    }

    /// Whether anything happened that the books tell of.
    pub(crate) fn has_steps(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The steps that were not written yet, written.
    pub(crate) fn take_steps(&mut self, tx: &WriteTx, batch: &mut Batch) -> Vec<Step> {
        let steps = std::mem::take(&mut self.steps);
        for step in &steps {
            match step.was {
                None => batch.add(&step.row),
                Some(_) => batch.save(&step.row),
            }
            self.spent.extend(self.spent_by(&step.row));
            let payment = self.payments.iter().find(|row| row.id == step.row.payment_id);
            if let (None, Some(payment)) = (step.was, payment) {
                queue::add(tx, batch, payment, &step.row);
            }
        }
        steps
    }

    /// Steps that give money back and were not written yet.
    pub(crate) fn new_refunds(&self) -> impl Iterator<Item = &payment_transaction::Model> {
        let new = self.steps.iter().filter(|step| step.was.is_none());
        new.map(|step| &step.row).filter(|row| row.kind == TransactionKind::Refund)
    }

    /// Steps that give back what was paid for other orders, and were not written yet: step, the other order, and how much.
    pub(crate) fn passed_on(&self) -> Vec<(Uuid, Uuid, i64)> {
        let origin = |step: &payment_transaction::Model| {
            let payment = self.payments.iter().find(|row| row.id == step.payment_id)?;
            Some((step.id, payment.origin_order_id?, step.amount_minor))
        };
        self.new_refunds().filter_map(origin).collect()
    }

    /// What a step does to the gift card or credit behind it: it happens at once.
    fn spent_by(&self, step: &payment_transaction::Model) -> Option<Spent> {
        let payment = self.payments.iter().find(|row| row.id == step.payment_id)?;
        let amount = step.amount_minor;
        let (balance, reserved) = match step.kind {
            TransactionKind::Authorization => (0, amount),
            TransactionKind::Capture => (-amount, -amount),
            TransactionKind::Void => (0, -amount),
            TransactionKind::Refund => (amount, 0),
            TransactionKind::Chargeback | TransactionKind::ChargebackReversal => return None,
        };
        Some(Spent { credit: payment.credit_id?, order: payment.order_id, balance, reserved })
    }

    /// What happened to gift cards and credit since the last call.
    pub(crate) fn take_spent(&mut self) -> Vec<Spent> {
        std::mem::take(&mut self.spent)
    }

    fn refunding(&self) -> i64 {
        self.payments.iter().map(|row| row.refunding_minor).sum()
    }

    pub(crate) fn funds(&self) -> Funds {
        let of = |row: &payment::Model| (row.authorized_minor - row.voided_minor).max(0);
        Funds {
            authorized: self.payments.iter().map(of).sum(),
            obtained: self.payments.iter().any(|row| row.authorized_minor > 0),
            disputed: self.payments.iter().map(|row| row.disputed_minor).sum(),
        }
    }

    pub(crate) fn captured(&self) -> i64 {
        self.payments.iter().map(|row| row.captured_minor).sum()
    }

    pub(crate) fn refunded(&self) -> i64 {
        self.payments.iter().map(|row| row.refunded_minor).sum()
    }

    /// What was captured, or was asked for.
    pub(crate) fn taken(&self) -> i64 {
        self.payments.iter().map(|row| row.captured_minor + row.capturing_minor).sum()
    }

    /// What was given back, or is on its way, or was given as credit instead, or pays for other orders.
    pub(crate) fn returned(&self) -> i64 {
        self.refunded() + self.refunding() + self.converted
    }

    /// What of the money is still here.
    pub(crate) fn kept(&self) -> i64 {
        (self.taken() - self.returned()).max(0)
    }

    /// What is to be given back and is not on its way: `due` is all that is to be.
    pub(crate) fn owed(&self, due: i64) -> i64 {
        (due - self.refunding()).max(0)
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
            left -= self.step(
                tx,
                order,
                (index, TransactionKind::Capture),
                fulfillment,
                |row, answers| {
                    let taken = take(row, left);
                    if answers == Answers::ByReport {
                        row.capturing_minor += taken;
                    } else if taken > 0 {
                        row.captured_minor += taken;
                        row.captured_at = row.captured_at.or(Some(tx.now()));
                    }
                    taken
                },
            );
        }
        amount - left
    }

    /// Gives back up to an amount of what was captured, and answers with how much that was. Where it goes first is the
    /// company's choice; to none goes more than it paid.
    pub(crate) fn refund(&mut self, tx: &WriteTx, order: &order::Model, amount: i64) -> i64 {
        let mut left = amount;
        let mut places: Vec<usize> = (0..self.payments.len()).collect();
        places.sort_by_key(|index| self.payments.get(*index).map(|row| row.refund_rank));
        for index in places {
            left -= self.step(tx, order, (index, TransactionKind::Refund), None, |row, answers| {
                let given = left.min(refundable(row)).max(0);
                match answers {
                    Answers::AtOnce => row.refunded_minor += given,
                    Answers::ByReport => row.refunding_minor += given,
                }
                given
            });
        }
        self.given_back += amount - left;
        amount - left
    }

    /// Where a payment stands among them.
    pub(crate) fn place_of(&self, id: Uuid) -> Option<usize> {
        self.payments.iter().position(|row| row.id == id)
    }

    /// Takes an amount of one payment; more than is authorized where its method lets that.
    pub(super) fn capture_of(
        &mut self,
        tx: &WriteTx,
        order: &order::Model,
        index: usize,
        amount: i64,
    ) -> i64 {
        let mut beyond = 0;
        let taken =
            self.step(tx, order, (index, TransactionKind::Capture), None, |row, answers| {
                if answers == Answers::ByReport {
                    row.capturing_minor += amount;
                } else {
                    row.captured_minor += amount;
                    row.captured_at = row.captured_at.or(Some(tx.now()));
                    beyond = authorize_beyond(row);
                }
                amount
            });
        if let Some(step) = self.steps.last_mut() {
            step.memo += beyond;
        }
        taken
    }

    /// Releases what is authorized of one payment and neither captured nor asked for.
    pub(super) fn release_of(&mut self, tx: &WriteTx, order: &order::Model, index: usize) -> i64 {
        self.step(tx, order, (index, TransactionKind::Void), None, |row, _| {
            let promised = if row.authorized_minor == 0 { row.pending_minor } else { 0 };
            let rest = uncaptured(row) + (promised - row.voided_minor).max(0);
            row.voided_minor += rest;
            rest
        })
    }

    /// Gives an amount of one payment back.
    pub(super) fn refund_of(
        &mut self,
        tx: &WriteTx,
        order: &order::Model,
        index: usize,
        amount: i64,
    ) -> i64 {
        self.given_back += amount;
        self.step(tx, order, (index, TransactionKind::Refund), None, |row, answers| {
            match answers {
                Answers::AtOnce => row.refunded_minor += amount,
                Answers::ByReport => row.refunding_minor += amount,
            }
            amount
        })
    }

    /// A payment that changed, with a step about which news came, or that nobody here asked for.
    pub(crate) fn reported(&mut self, index: usize, step: Step, event: NewEvent) {
        if let Some(row) = self.payments.get_mut(index) {
            row.version += 1;
            self.changed.push(row.id);
        }
        self.note(step, event);
    }

    pub(crate) fn payment_mut(&mut self, index: usize) -> Option<&mut payment::Model> {
        self.payments.get_mut(index)
    }

    /// Of refunds on their way, all of them.
    pub(crate) fn waiting(&self) -> i64 {
        self.refunding()
    }

    /// Releases whatever is authorized or promised and not captured.
    pub(crate) fn release(&mut self, tx: &WriteTx, order: &order::Model) {
        for index in 0..self.payments.len() {
            self.step(tx, order, (index, TransactionKind::Void), None, |row, _| {
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
            self.step(tx, order, (index, TransactionKind::Void), None, |row, _| {
                let rest = uncaptured(row);
                row.voided_minor += rest;
                rest
            });
        }
    }

    /// The next moment at which an authorization is warned of, or ends.
    pub(crate) fn next_moment(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let open = self.payments.iter().filter(|row| uncaptured(row) > 0);
        let moments = open.filter_map(|row| row.authorization_expires_at).flat_map(|ends| {
            WARNINGS.into_iter().chain([0]).map(move |hours| ends - Duration::hours(hours.into()))
        });
        moments.filter(|at| *at > now).min()
    }

    /// Tells of authorizations that end soon: once at each of the moments for it.
    pub(crate) fn warn(&mut self, tx: &WriteTx, order: &order::Model) {
        for row in &mut self.payments {
            let Some(ends) = row.authorization_expires_at.filter(|_| uncaptured(row) > 0) else {
                continue;
            };
            let reached = |hours: &i32| ends - Duration::hours((*hours).into()) <= tx.now();
            let Some(hours) = WARNINGS.into_iter().filter(reached).min() else { continue };
            if ends <= tx.now() || row.warned_hours.is_some_and(|told| told <= hours) {
                continue;
            }
            row.warned_hours = Some(hours);
            row.version += 1;
            self.changed.push(row.id);
            let kind = events::PAYMENT_AUTHORIZATION_EXPIRING;
            let mut event = told(order, row, kind, uncaptured(row));
            if let Some(data) = event.data.as_object_mut() {
                data.insert("endsAt".to_owned(), json!(crate::sql::fixed_width(ends)));
                data.insert("hours".to_owned(), json!(hours));
            }
            self.events.push(event);
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
            let gone = self.step(tx, order, (index, TransactionKind::Void), None, |row, _| {
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
                step.row.message = Some("the authorization ended".to_owned());
                step.row.state = TransactionState::Succeeded;
                event.kind = events::PAYMENT_EXPIRED;
            }
        }
    }

    /// An authorization lasts until then.
    pub(crate) fn lasts_until(&mut self, index: usize, until: Option<OffsetDateTime>) {
        if let Some(row) = self.payments.get_mut(index) {
            row.authorization_expires_at = until;
            row.version += 1;
            self.changed.push(row.id);
        }
    }

    /// Lets go of what a provider holds no longer, and says why.
    pub(crate) fn let_go(
        &mut self,
        tx: &WriteTx,
        order: &order::Model,
        index: usize,
        (amount, why): (i64, &str),
    ) {
        let gone = self.step(tx, order, (index, TransactionKind::Void), None, |row, _| {
            row.voided_minor += amount;
            amount
        });
        if let Some(step) = self.steps.last_mut().filter(|_| gone > 0) {
            step.row.message = Some(why.to_owned());
            step.row.state = TransactionState::Succeeded;
        }
    }

    /// Whether something was authorized that was not before.
    pub(crate) fn has_new_authorization(&self) -> bool {
        let is_new = |step: &Step| {
            step.row.kind == TransactionKind::Authorization
                && step.row.state == TransactionState::Succeeded
                && step.was != Some(TransactionState::Succeeded)
        };
        self.steps.iter().any(is_new)
    }

    /// One step of one payment, where it moves anything.
    fn step(
        &mut self,
        tx: &WriteTx,
        order: &order::Model,
        (index, kind): (usize, TransactionKind),
        fulfillment_id: Option<Uuid>,
        change: impl FnOnce(&mut payment::Model, Answers) -> i64,
    ) -> i64 {
        let waiting = self.refunding();
        let Some(row) = self.payments.get_mut(index) else { return 0 };
        // A promise that nobody obtained is not asked for.
        let promised = row.authorized_minor == 0;
        let answers = if promised { Answers::AtOnce } else { answers(&row.provider) };
        let amount = change(row, answers);
        if amount == 0 {
            return 0;
        }
        row.state = state(row);
        row.version += 1;
        self.changed.push(row.id);
        let step = payment_transaction::Model {
            id: tx.id(),
            payment_id: row.id,
            kind,
            amount_minor: amount,
            state: match answers {
                Answers::AtOnce => TransactionState::Succeeded,
                Answers::ByReport => TransactionState::Pending,
            },
            // What is asked for has a name once the provider gave it one.
            provider_reference: match answers {
                Answers::AtOnce => row.provider_reference.clone(),
                Answers::ByReport => None,
            },
            message: None,
            at: tx.now(),
            fulfillment_id,
        };
        let event = match (kind, answers) {
            (TransactionKind::Capture, Answers::AtOnce) => events::PAYMENT_CAPTURED,
            (TransactionKind::Capture, Answers::ByReport) => events::PAYMENT_CAPTURE_REQUESTED,
            (TransactionKind::Refund, Answers::AtOnce) => events::PAYMENT_REFUNDED,
            (TransactionKind::Refund, Answers::ByReport) => events::PAYMENT_REFUND_REQUESTED,
            (
                TransactionKind::Authorization
                | TransactionKind::Void
                | TransactionKind::Chargeback
                | TransactionKind::ChargebackReversal,
                _,
            ) => events::PAYMENT_VOIDED,
        };
        // What is released or taken is authorized no longer; what is asked for is, until it is taken.
        let memo = match (kind, answers) {
            (TransactionKind::Void, _) if !promised => -amount,
            (TransactionKind::Capture, Answers::AtOnce) => -amount,
            _ => 0,
        };
        let told = told(order, row, event, amount);
        self.note(Step { row: step, was: None, memo, waiting }, told);
        amount
    }

    /// What happened since the last call.
    pub(crate) fn take_events(&mut self) -> Vec<NewEvent> {
        std::mem::take(&mut self.events)
    }

    /// Adds what changed to what the transaction writes.
    pub(crate) fn write(&mut self, tx: &WriteTx, batch: &mut Batch) {
        for row in &self.payments {
            if self.added.contains(&row.id) {
                batch.add(row);
            } else if self.changed.contains(&row.id) {
                batch.save(row);
            }
        }
        self.take_steps(tx, batch);
        self.added.clear();
        self.changed.clear();
    }
}

/// What is authorized and neither captured nor asked for nor released.
pub(crate) fn uncaptured(row: &payment::Model) -> i64 {
    (row.authorized_minor - row.voided_minor - row.captured_minor - row.capturing_minor).max(0)
}

/// What was captured beyond what was authorized was authorized with it; answers with how much that is.
pub(super) fn authorize_beyond(row: &mut payment::Model) -> i64 {
    let beyond = (row.captured_minor + row.voided_minor - row.authorized_minor).max(0);
    row.authorized_minor += beyond;
    beyond
}

/// What was captured and is neither given back, nor on its way back, nor taken back by a bank.
pub(crate) fn refundable(row: &payment::Model) -> i64 {
    (row.captured_minor - row.refunded_minor - row.refunding_minor - row.disputed_minor).max(0)
}

/// Which payments would get how much back of an amount, in the order in which money goes back.
pub(crate) fn tenders(payments: &[payment::Model], amount: i64) -> Vec<(Uuid, i64)> {
    let mut places: Vec<&payment::Model> = payments.iter().collect();
    places.sort_by_key(|row| (row.refund_rank, row.position));
    let mut left = amount;
    let mut tenders = Vec::new();
    for row in places {
        let given = left.min(refundable(row));
        if given > 0 {
            tenders.push((row.id, given));
            left -= given;
        }
    }
    tenders
}
