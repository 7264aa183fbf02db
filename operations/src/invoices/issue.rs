//! Issuing: what is due becomes documents, entries and, last of all, numbers.

use super::document::{self, Item};
use super::sql;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::ledger::entry::{Amount, Books, Entry};
use crate::ledger::templates::{self, Billed};
use crate::money::{Currency, largest_remainder};
use crate::store::{Batch, WriteTx};
use entities::enums::{InvoiceCause, InvoiceKind};
use entities::{
    invoice, invoice_due, invoice_line, invoice_party, order, order_adjustment, order_line,
};
use serde_json::json;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A document without a number yet.
#[derive(Debug)]
pub(crate) struct Drafted {
    document: invoice::Model,
    lines: Vec<invoice_line::Model>,
    party: Option<invoice_party::Model>,
    entry: Entry,
    event: NewEvent,
}

/// Why and for what documents are drafted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    pub(crate) kind: InvoiceKind,
    pub(crate) cause: InvoiceCause,
    pub(crate) fulfillment: Option<Uuid>,
    pub(crate) corrects: Option<Uuid>,
    pub(crate) reason: Option<&'a str>,
    /// When control passed.
    pub(crate) at: OffsetDateTime,
}

/// Invoices what left of an order and was not invoiced, and takes back what was invoiced too much. `shipment` is what
/// left just now, and when.
pub(crate) async fn follow<'a>(
    tx: &WriteTx,
    (books, dues): (&mut Books, &mut Dues),
    order: &mut order::Model,
    lines: &(impl Iterator<Item = &'a order_line::Model> + Clone),
    (adjustments, shipment, left): (
        &[order_adjustment::Model],
        (Option<Uuid>, OffsetDateTime),
        bool,
    ),
) -> Result<Vec<Drafted>> {
    let before = if order.invoiced_minor == 0 {
        BTreeMap::new()
    } else {
        sql::of_what_left(tx, order.id).await?
    };
    let (owed, back) = document::due(order, lines, adjustments, &before);
    let mut drafted = Vec::new();
    let (fulfillment, at) = shipment;
    if !owed.is_empty() {
        let cause = if left { InvoiceCause::Shipment } else { InvoiceCause::Correction };
        let kind = InvoiceKind::Invoice;
        let occasion = Occasion { kind, cause, fulfillment, corrects: None, reason: None, at };
        drafted.push(draft(tx, (books, dues), order, &owed, occasion).await?);
    }
    let mut by_invoice: BTreeMap<Uuid, Vec<Item>> = BTreeMap::new();
    for item in back {
        let Some(invoiced) = before.get(&item.part) else { continue };
        by_invoice.entry(invoiced.invoice).or_default().push(item);
    }
    for (invoice, items) in by_invoice {
        let occasion = Occasion {
            kind: InvoiceKind::CreditNote,
            cause: InvoiceCause::Correction,
            fulfillment: None,
            corrects: Some(invoice),
            reason: None,
            at: tx.now(),
        };
        drafted.push(draft(tx, (books, dues), order, &items, occasion).await?);
    }
    Ok(drafted)
}

/// Takes an amount off what was invoiced of an order, in proportion to what its invoices leave, the newest first: money is given
/// back, and no goods come back.
pub(crate) async fn allow(
    tx: &WriteTx,
    (books, dues): (&mut Books, &mut Dues),
    order: &mut order::Model,
    amount: i64,
    reason: &str,
) -> Result<Vec<Drafted>> {
    let documents = sql::of_orders(tx, &[order.id]).await?;
    let ids: Vec<Uuid> = documents.iter().map(|one| one.id).collect();
    let lines = sql::lines_of(tx, &ids).await?;
    let mut left = amount;
    let mut drafted = Vec::new();
    for invoice in documents.iter().rev().filter(|one| one.kind == InvoiceKind::Invoice) {
        let credits = documents.iter().filter(|one| one.corrects_id == Some(invoice.id));
        let open = invoice.gross_minor - credits.map(|one| one.gross_minor).sum::<i64>();
        let part = open.min(left);
        if part <= 0 {
            continue;
        }
        left -= part;
        let own = lines.iter().filter(|line| line.invoice_id == invoice.id);
        let items = document::allowance(own, part, reason);
        let occasion = Occasion {
            kind: InvoiceKind::CreditNote,
            cause: InvoiceCause::Allowance,
            fulfillment: None,
            corrects: Some(invoice.id),
            reason: Some(reason),
            at: tx.now(),
        };
        drafted.push(draft(tx, (books, dues), order, &items, occasion).await?);
    }
    if left > 0 {
        return Err(Error::Internal(format!(
            "{left} of order {} were never invoiced",
            order.number
        )));
    }
    Ok(drafted)
}

/// Drafts one document and books it.
pub(crate) async fn draft(
    tx: &WriteTx,
    (books, dues): (&mut Books, &mut Dues),
    order: &mut order::Model,
    items: &[Item],
    occasion: Occasion<'_>,
) -> Result<Drafted> {
    let currency = Currency::from_code(&order.currency)
        .ok_or_else(|| Error::Internal(format!("order {} has no currency", order.number)))?;
    let net: i64 = items.iter().map(|item| item.worth.net).sum();
    let tax: i64 = items.iter().map(|item| item.worth.tax).sum();
    let gross = net + tax;
    let receivable = order.receivable_minor;
    let (settled, open) = settle(tx, books, order, (currency, gross), occasion).await?;
    let whole = settled.plus(open);
    let document = invoice::Model {
        id: tx.id(),
        number: String::new(),
        series: series(occasion.kind).to_owned(),
        year: 0,
        sequence: 0,
        kind: occasion.kind,
        cause: occasion.cause,
        legal_entity_id: books.entity.id,
        channel_id: order.channel_id,
        order_id: order.id,
        order_number: order.number.clone(),
        customer_id: order.customer_id,
        fulfillment_id: occasion.fulfillment,
        corrects_id: occasion.corrects,
        issued_at: tx.now(),
        issued_on: String::new(),
        due_at: None,
        currency: order.currency.clone(),
        tax_included: order.tax_included,
        seller: json!({
            "name": books.entity.name,
            "countryCode": books.entity.country_code,
            "taxId": books.entity.tax_id,
        }),
        buyer_tax_id: order.tax_id.clone(),
        net_minor: net,
        tax_minor: tax,
        gross_minor: gross,
        gross_base_minor: whole.base,
        reason: occasion.reason.map(str::to_owned),
    };
    let lines = rows(&document, whole, items);
    let kind = match occasion.kind {
        InvoiceKind::Invoice => events::INVOICE_ISSUED,
        InvoiceKind::CreditNote => events::CREDIT_NOTE_ISSUED,
    };
    let data = json!({
        "amount": currency.decimal(document.gross_minor),
        "currency": order.currency,
        "tax": currency.decimal(tax),
    });
    let event = NewEvent {
        order: Some(order.id),
        customer: order.customer_id,
        channel: Some(order.channel_id),
        ..NewEvent::new(kind, ("inv", document.id), data)
    };
    let billed =
        Billed { document: &document, lines: &lines, currency, at: occasion.at, settled, open };
    let entry = match occasion.kind {
        InvoiceKind::Invoice => templates::invoice(&billed, order),
        InvoiceKind::CreditNote => templates::credit_note(&billed, order),
    };
    match (occasion.kind, occasion.cause) {
        // What is credited apart from what left was noted with the reason for it.
        (InvoiceKind::CreditNote, InvoiceCause::Return | InvoiceCause::Allowance) => {}
        (InvoiceKind::CreditNote, _) => order.invoiced_minor -= document.gross_minor,
        (InvoiceKind::Invoice, _) => order.invoiced_minor += document.gross_minor,
    }
    let owed = order.receivable_minor - receivable;
    if owed < 0 {
        dues.pay(-owed);
    } else {
        dues.owe(&document, owed);
    }
    let bill_to = order.billing_address.clone().or_else(|| order.shipping_address.clone());
    let party = bill_to.map(|bill_to| invoice_party::Model { invoice_id: document.id, bill_to });
    Ok(Drafted { document, lines, party, entry, event })
}

/// What of a document is settled already, and what is owed on.
async fn settle(
    tx: &WriteTx,
    books: &mut Books,
    order: &mut order::Model,
    (currency, gross): (Currency, i64),
    occasion: Occasion<'_>,
) -> Result<(Amount, Amount)> {
    Ok(match (occasion.kind, occasion.corrects) {
        (InvoiceKind::Invoice, _) => {
            let paid = templates::paid_before(order, gross);
            (paid, books.worth(tx, currency, gross - paid.minor, occasion.at).await?)
        }
        (InvoiceKind::CreditNote, corrects) => {
            // It is worth what the invoice was.
            let corrected = match corrects {
                Some(id) if currency != books.base => sql::plain(tx, id).await?,
                _ => None,
            };
            let whole = match corrected {
                Some(one) => {
                    Amount { minor: one.gross_minor, base: one.gross_base_minor }.part(gross)
                }
                None => books.worth(tx, currency, gross, occasion.at).await?,
            };
            let unpaid = templates::unpaid_before(order, gross);
            (unpaid, whole.less(unpaid))
        }
    })
}

/// The lines of a document, each with its part of what the whole is worth in the currency of the books.
fn rows(document: &invoice::Model, whole: Amount, items: &[Item]) -> Vec<invoice_line::Model> {
    let amounts = items.iter().flat_map(|item| [item.worth.net, item.worth.tax]);
    let amounts: Vec<i64> = amounts.collect();
    let bases =
        if whole.minor == whole.base { amounts } else { largest_remainder(whole.base, &amounts) };
    (0..)
        .zip(items.iter().zip(bases.chunks(2)))
        .map(|(position, (item, bases))| invoice_line::Model {
            invoice_id: document.id,
            position,
            order_id: document.order_id,
            order_line_id: item.part.line,
            adjustment_kind: item.part.beside,
            sku: item.sku.clone(),
            description: item.description.clone(),
            quantity: crate::orders::aggregate::units(item.worth.units.max(1)),
            unit_price_minor: item.unit_price,
            list_minor: item.worth.list,
            discount_minor: item.worth.discount,
            net_minor: item.worth.net,
            tax_minor: item.worth.tax,
            net_base_minor: bases.first().copied().unwrap_or(0),
            tax_base_minor: bases.last().copied().unwrap_or(0),
            tax_rate_ppm: item.part.rate_ppm,
            tax_scheme: item.scheme,
            tax_country: item.country.clone(),
        })
        .collect()
}

/// What an order's invoices leave to be paid, while a transaction changes it.
#[derive(Debug)]
pub(crate) struct Dues {
    order: Uuid,
    /// First due first, with what was open before; none for what is new.
    rows: Vec<(invoice_due::Model, Option<i64>)>,
}

impl Dues {
    /// Those of an order; the one that new money is for comes first.
    pub(crate) async fn load(
        tx: &WriteTx,
        order: &order::Model,
        first: Option<Uuid>,
    ) -> Result<Self> {
        let mut rows = if order.receivable_minor == 0 {
            Vec::new()
        } else {
            sql::open_dues(tx, order.id).await?
        };
        rows.sort_by_key(|row| Some(row.invoice_id) != first);
        let known = |row: invoice_due::Model| {
            let open = row.open_minor;
            (row, Some(open))
        };
        Ok(Self { order: order.id, rows: rows.into_iter().map(known).collect() })
    }

    /// What is owed was paid, or is owed no longer: what was due first goes first.
    pub(crate) fn pay(&mut self, amount: i64) {
        let mut left = amount;
        for (row, _) in &mut self.rows {
            let paid = row.open_minor.min(left);
            row.open_minor -= paid;
            left -= paid;
        }
    }

    fn owe(&mut self, document: &invoice::Model, amount: i64) {
        if amount > 0 {
            let row = invoice_due::Model {
                invoice_id: document.id,
                order_id: self.order,
                legal_entity_id: document.legal_entity_id,
                due_at: document.issued_at,
                open_minor: amount,
            };
            self.rows.push((row, None));
        }
    }

    /// What was paid is not: it is owed again on what was invoiced last.
    pub(crate) async fn again(&mut self, tx: &WriteTx, amount: i64) -> Result<()> {
        if amount <= 0 {
            return Ok(());
        }
        let documents = sql::of_orders(tx, &[self.order]).await?;
        let last = documents.into_iter().rev().find(|one| one.kind == InvoiceKind::Invoice);
        let Some(last) = last else { return Ok(()) };
        if let Some((row, _)) = self.rows.iter_mut().find(|(row, _)| row.invoice_id == last.id) {
            row.open_minor += amount;
            return Ok(());
        }
        let closed = sql::dues_of(tx, &[last.id]).await?.pop();
        let was = closed.as_ref().map_or(-1, |row| row.open_minor);
        let row = invoice_due::Model {
            invoice_id: last.id,
            order_id: self.order,
            legal_entity_id: last.legal_entity_id,
            due_at: closed.map_or_else(|| tx.now(), |row| row.due_at),
            open_minor: amount,
        };
        self.rows.push((row, Some(was)));
        Ok(())
    }

    /// Writes what changed of what was there; what is new comes with its document.
    pub(crate) fn write(self, batch: &mut Batch) -> Vec<invoice_due::Model> {
        let mut new = Vec::new();
        for (row, was) in self.rows {
            match was {
                Some(was) if was != row.open_minor => batch.save(&row),
                Some(_) => {}
                None => new.push(row),
            }
        }
        new
    }
}

const fn series(kind: InvoiceKind) -> &'static str {
    match kind {
        InvoiceKind::Invoice => "INV",
        InvoiceKind::CreditNote => "CN",
    }
}

/// Gives documents their numbers and writes them: the last thing a transaction does, since everybody else who issues in
/// the same series waits from here on.
pub(crate) async fn issue(
    tx: &WriteTx,
    actor: &Actor,
    books: &BTreeMap<Uuid, Books>,
    drafted: Vec<(Uuid, Drafted)>,
    (terms, dues): (&BTreeMap<Uuid, i32>, Vec<invoice_due::Model>),
) -> Result<()> {
    if drafted.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::default();
    let mut by_series: BTreeMap<(Uuid, &'static str), Vec<(Uuid, Drafted)>> = BTreeMap::new();
    for (channel, one) in drafted {
        let key = (one.document.legal_entity_id, series(one.document.kind));
        by_series.entry(key).or_default().push((channel, one));
    }
    for ((entity, series), drafted) in by_series {
        let books = drafted.first().and_then(|(channel, _)| books.get(channel));
        let books = books.ok_or_else(|| Error::Internal("a document without books".into()))?;
        let year = books.year(tx.now());
        let count = i32::try_from(drafted.len()).unwrap_or(i32::MAX);
        let (last, at) = sql::next(tx, (entity, series, year), count).await?;
        for (sequence, (_, one)) in (last - i64::from(count) + 1..).zip(drafted) {
            let due = dues.iter().find(|row| row.invoice_id == one.document.id);
            let terms = terms.get(&one.document.order_id).copied();
            number(tx, actor, &mut batch, (books, terms, due), one, (series, year, sequence, at))?;
        }
    }
    batch.insert(tx).await
}

fn number(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    (books, terms, due): (&Books, Option<i32>, Option<&invoice_due::Model>),
    drafted: Drafted,
    (series, year, sequence, at): (&str, i32, i64, OffsetDateTime),
) -> Result<()> {
    let Drafted { mut document, lines, party, entry, mut event } = drafted;
    document.number = format!("{series}-{year}-{sequence:06}");
    document.year = year;
    document.sequence = i32::try_from(sequence).unwrap_or(i32::MAX);
    document.issued_at = at;
    document.issued_on = books.day(at);
    let open = due.filter(|due| due.open_minor > 0);
    let days = terms.filter(|_| open.is_some());
    document.due_at = days.map(|days| at + Duration::days(days.into()));
    if let Some(open) = open {
        let due_at = document.due_at.unwrap_or(at);
        batch.add(&invoice_due::Model { due_at, ..open.clone() });
    }
    if let Some(fields) = event.data.as_object_mut() {
        fields.insert("number".into(), json!(document.number));
    }
    batch.add(&document);
    batch.add_all(&lines);
    if let Some(party) = &party {
        batch.add(party);
    }
    let event = events::record(tx, actor, batch, event);
    books.write(tx, batch, entry.told_by(Some(event)))
}
