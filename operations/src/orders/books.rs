//! What an order's changes mean for the books: steps of payments, invoices of what left, and what that had cost.

use super::aggregate::{Aggregate, OrderInHand};
use super::totals;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::invoices::issue::{self, Dues};
use crate::ledger::entry::Books;
use crate::ledger::templates::{self, Paid};
use crate::money::Currency;
use crate::payments::purse::Step;
use crate::settlements::open;
use crate::store::{Batch, WriteTx};
use entities::enums::{InvoiceCause, InvoiceKind, TransactionKind, TransactionState};
use entities::{order, payment};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

impl OrderInHand {
    /// Whether anything happened to it that the books tell of.
    fn is_to_be_booked(&self) -> bool {
        self.row.in_books
            && !self.row.draft
            && (self.purse.has_steps()
                || self.invoices_lag()
                || self.returned.is_some()
                || !self.exchanged.is_empty())
    }

    /// Whether what left is worth something else than was invoiced.
    fn invoices_lag(&self) -> bool {
        let lines = self.lines.iter().map(|line| &**line);
        totals::value_of_what_left(&self.row, lines) != self.row.invoiced_minor
    }

    fn left_just_now(&self) -> bool {
        self.lines.iter().any(|line| {
            let before = line.was().map_or(0, |was| was.quantity_fulfilled);
            line.quantity_fulfilled > before
        })
    }
}

impl Aggregate {
    /// Books what happened to the orders in hand, and drafts their documents.
    pub(crate) async fn book(&mut self, tx: &WriteTx, batch: &mut Batch) -> Result<()> {
        let shipped = self.shipment.and_then(|id| {
            let work = self.work.iter().find(|work| work.row.id == id)?;
            work.row.shipped_at.or(work.row.delivered_at)
        });
        let shipment = (self.shipment, shipped.unwrap_or_else(|| tx.now()));
        let to_book: Vec<usize> = (0..self.orders.len())
            .filter(|index| self.orders.get(*index).is_some_and(OrderInHand::is_to_be_booked))
            .collect();
        if to_book.is_empty() {
            return Ok(());
        }
        // In the order in which they are told, and with names by which entries find them.
        let mut told = BTreeMap::new();
        for event in &mut self.events {
            let id = *event.id.get_or_insert_with(|| tx.id());
            if let Some(step) = event.tells_of {
                told.insert(step, id);
            }
        }
        let channels = to_book.iter().filter_map(|index| self.orders.get(*index));
        let channels: Vec<Uuid> = channels.map(|one| one.row.channel_id).collect();
        self.open_books(tx, &channels).await?;
        for index in to_book {
            let Some(one) = self.orders.get_mut(index) else { continue };
            let books = self.books.get_mut(&one.row.channel_id).ok_or(Error::Contended)?;
            let mut dues = Dues::load(tx, &one.row, one.pays).await?;
            let steps = one.purse.take_steps(tx, batch);
            let payments = one.purse.payments().to_vec();
            let place = (books.entity.id, one.row.channel_id);
            for step in &steps {
                let payment = payments.iter().find(|row| row.id == step.row.payment_id);
                if let Some(payment) = payment {
                    open::note(tx, batch, place, payment, step).await?;
                }
            }
            let money_in = |step: &&Step| {
                matches!(step.row.kind, TransactionKind::Authorization | TransactionKind::Capture)
            };
            for step in steps.iter().filter(money_in) {
                let event = told.get(&step.row.id).copied();
                book_step(tx, batch, (books, &mut dues), (&mut one.row, &payments), (step, event))
                    .await?;
            }
            if one.invoices_lag() {
                let left = one.left_just_now();
                let lines = one.lines.iter().map(|line| &**line);
                let lines: Vec<entities::order_line::Model> = lines.cloned().collect();
                let occasion = (one.adjustments.as_slice(), shipment, left);
                let order = &mut *one.row;
                let drafted =
                    issue::follow(tx, (books, &mut dues), order, &lines.iter(), occasion).await?;
                let channel = order.channel_id;
                self.invoices.extend(drafted.into_iter().map(|one| (channel, one)));
            }
            if let Some((amount, reason)) = one.allowance.take() {
                let channel = one.row.channel_id;
                let order = &mut *one.row;
                let drafted = issue::allow(tx, (books, &mut dues), order, amount, &reason).await?;
                self.invoices.extend(drafted.into_iter().map(|one| (channel, one)));
            }
            if let Some(returned) = one.returned.take() {
                let channel = one.row.channel_id;
                for (invoice, items) in returned.credits {
                    let occasion = issue::Occasion {
                        kind: InvoiceKind::CreditNote,
                        cause: InvoiceCause::Return,
                        fulfillment: None,
                        corrects: Some(invoice),
                        reason: Some(&returned.reason),
                        at: tx.now(),
                    };
                    let order = &mut *one.row;
                    let drafted =
                        issue::draft(tx, (books, &mut dues), order, &items, occasion).await?;
                    self.invoices.push((channel, drafted));
                }
                if let Some((credit, source, minor)) = &returned.store_credit {
                    let currency = Currency::of_row(&credit.currency)?;
                    let of = (credit, *source, currency, *minor);
                    let entry = templates::credit_returned(of, &mut one.row, tx.now());
                    books.write(tx, batch, entry)?;
                }
            }
            for moved in std::mem::take(&mut one.exchanged) {
                let currency = Currency::of_row(&one.row.currency)?;
                let amount = books.worth(tx, currency, moved.minor, tx.now()).await?;
                let of = (moved.source, tx.now());
                let entry = templates::exchanged(of, (currency, amount), &mut one.row);
                books.write(tx, batch, entry)?;
            }
            for step in steps.iter().filter(|step| !money_in(step)) {
                let event = told.get(&step.row.id).copied();
                book_step(tx, batch, (books, &mut dues), (&mut one.row, &payments), (step, event))
                    .await?;
            }
            self.dues.extend(dues.write(batch));
        }
        Ok(())
    }

    /// The books in which an order of these stands.
    pub(crate) async fn books_of(&mut self, tx: &WriteTx, order: Uuid) -> Result<Books> {
        let channel = self.order(order).map(|one| one.row.channel_id).ok_or(Error::Contended)?;
        self.open_books(tx, &[channel]).await?;
        self.books.get(&channel).cloned().ok_or(Error::Contended)
    }

    /// Opens the books of the companies that channels belong to, where they are not open yet.
    pub(crate) async fn open_books(&mut self, tx: &WriteTx, channels: &[Uuid]) -> Result<()> {
        let new = channels.iter().copied().filter(|id| !self.books.contains_key(id));
        let mut new: Vec<Uuid> = new.collect();
        new.sort_unstable();
        new.dedup();
        if !new.is_empty() {
            self.books.extend(Books::of_channels(tx, &new).await?);
        }
        Ok(())
    }

    /// Gives the documents their numbers and writes them: nothing comes after it.
    pub(crate) async fn issue(&mut self, tx: &WriteTx, actor: &Actor) -> Result<()> {
        let terms =
            self.orders.iter().filter_map(|one| Some((one.row.id, one.row.payment_terms_days?)));
        let terms: BTreeMap<Uuid, i32> = terms.collect();
        let (drafted, dues) = (std::mem::take(&mut self.invoices), std::mem::take(&mut self.dues));
        issue::issue(tx, actor, &self.books, drafted, (&terms, dues)).await
    }
}

/// Books one step of a payment.
pub(crate) async fn book_step(
    tx: &WriteTx,
    batch: &mut Batch,
    (books, dues): (&mut Books, &mut Dues),
    (order, payments): (&mut order::Model, &[payment::Model]),
    (step, event): (&Step, Option<Uuid>),
) -> Result<()> {
    let payment = payments.iter().find(|row| row.id == step.row.payment_id);
    let payment = payment.ok_or_else(|| Error::Internal("a step of no payment".into()))?;
    let currency = Currency::from_code(&payment.currency)
        .ok_or_else(|| Error::Internal("a payment without a currency".into()))?;
    let at: OffsetDateTime = step.row.at;
    let amount = books.worth(tx, currency, step.row.amount_minor, at).await?;
    let paid = Paid { payment, step: step.row.id, event, at, currency, amount };
    let memo = books.worth(tx, currency, step.memo, at).await?;
    match (step.row.kind, step.was, step.row.state) {
        (TransactionKind::Authorization | TransactionKind::Void, _, _) => {
            let paid = Paid { amount: memo, ..paid };
            books.write(tx, batch, templates::authorization(&paid, order))
        }
        (TransactionKind::Capture, _, TransactionState::Succeeded) => {
            let owed = order.receivable_minor;
            let entry = templates::capture(&paid, order, -step.memo);
            let paid_off = owed - order.receivable_minor;
            dues.pay(paid_off);
            books.write(tx, batch, entry)
        }
        (TransactionKind::Capture, Some(TransactionState::Succeeded), TransactionState::Failed) => {
            let owed = order.receivable_minor;
            let entry = templates::capture_failed(&paid, order);
            dues.again(tx, order.receivable_minor - owed).await?;
            books.write(tx, batch, entry)
        }
        (TransactionKind::Refund, was, state) => {
            if was.is_none() {
                let free = order.refund_due_minor - step.waiting;
                let owed = order.receivable_minor;
                let entry = templates::refund_owed(&paid, order, free);
                dues.again(tx, order.receivable_minor - owed).await?;
                books.write(tx, batch, entry)?;
            }
            match (was, state) {
                (_, TransactionState::Succeeded) => {
                    books.write(tx, batch, templates::refund(&paid, order))
                }
                (Some(TransactionState::Succeeded), TransactionState::Failed) => {
                    books.write(tx, batch, templates::refund_failed(&paid, order))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}
