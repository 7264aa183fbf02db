//! A document with all that it prints: the snapshot that was issued, and nothing that changed since.

use super::read::{TaxRow, summary};
use super::{read, sql};
use crate::catalog::read as catalog;
use crate::checks::Address;
use crate::clock;
use crate::error::{Error, Result};
use crate::money::Currency;
use crate::store::Db;
use entities::enums::TaxScheme;
use entities::{invoice, invoice_line};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A document with all that it prints.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The document.
    pub document: invoice::Model,
    /// Its lines, in order.
    pub lines: Vec<invoice_line::Model>,
    /// To whom it was made out, as issued.
    pub bill_to: Address,
    /// The number of the invoice that a credit note takes back.
    pub corrects: Option<String>,
    /// The day until which it is to be paid, where the seller is.
    pub(super) due_on: Option<String>,
    pub(super) currency: Currency,
    /// The currency of the seller's tax return.
    pub(super) tax_currency: Currency,
}

impl Paper {
    /// The document of an id, whoever asks; none where there is none.
    pub async fn load(db: &Db, id: Uuid) -> Result<Option<Self>> {
        let Some(document) = sql::plain(db, id).await? else { return Ok(None) };
        let known = |code: &str| {
            Currency::from_code(code).ok_or_else(|| Error::Internal("a currency is unknown".into()))
        };
        let lines = sql::lines_of(db, &[id]).await?;
        let party = read::parties_of(db, &[id]).await?.pop();
        let corrects = match document.corrects_id {
            Some(id) => sql::plain(db, id).await?.map(|invoice| invoice.number),
            None => None,
        };
        let seller = catalog::legal_entities_by_ids(db, &[document.legal_entity_id]).await?.pop();
        let currency = known(&document.currency)?;
        let zone = seller.as_ref().and_then(|seller| TimeZone::get(&seller.time_zone).ok());
        let zone = zone.unwrap_or(TimeZone::UTC);
        let due = document.due_at.map(|at| clock::timestamp(at).to_zoned(zone).date().to_string());
        let tax_currency = seller.map_or(Ok(currency), |seller| known(&seller.base_currency))?;
        let bill_to = party.map(|party| Address::from_json(&party.bill_to)).unwrap_or_default();
        Ok(Some(Self { document, lines, bill_to, corrects, due_on: due, currency, tax_currency }))
    }

    pub(super) fn amount(&self, minor: i64) -> Decimal {
        self.currency.decimal(minor)
    }

    pub(super) fn seller(&self, field: &str) -> Option<&str> {
        self.document.seller.get(field)?.as_str()
    }

    /// The tax by country, rule and rate.
    pub(super) fn taxes(&self) -> Vec<TaxRow> {
        summary(&self.lines.iter().collect::<Vec<_>>())
    }

    /// The rules under which something of it bears no tax, or another country's.
    pub(super) fn schemes(&self) -> Vec<TaxScheme> {
        let mut schemes: Vec<TaxScheme> = self.lines.iter().map(|line| line.tax_scheme).collect();
        schemes.sort_unstable();
        schemes.dedup();
        schemes
    }
}
