//! The books as the schema shows them.

use crate::catalog::types::LegalEntity;
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::events::types::Event;
use crate::ids::{Kind, encode_prefixed, id};
use crate::scalars::{CountryCode, CurrencyCode, Date, DateTime, Decimal, Money};
use async_graphql::{Context, Enum, ID, Object};
use entities::{enums, exchange_rate, ledger_account, posting, tax_rate};
use operations::invoices::read::TaxRow;
use operations::ledger::read::{self, Numbered};
use operations::money::Currency;
use serde_json::Value as Json;
use std::sync::Arc;

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::AccountKind")]
pub(crate) enum LedgerAccountType {
    /// What the company owns, or is owed.
    Asset,
    /// What it owes.
    Liability,
    /// What it earned; discounts and returns stand against it.
    Revenue,
    /// What it spent.
    Expense,
    /// What is only remembered: never in the trial balance.
    Memo,
}

/// Under which rule a tax is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::TaxScheme")]
pub(crate) enum TaxScheme {
    /// Where the seller is.
    Domestic,
    /// Where the goods go, within the European Union, told in the one-stop shop (Directive 2006/112/EC, art. 369a).
    Oss,
    /// Nothing: the goods leave (art. 146).
    Export,
    /// The buyer, a business in another member state, owes it (art. 138, 196).
    ReverseCharge,
    /// Nothing: the goods bear no tax.
    Exempt,
}

/// Where taxes are rounded: half up, to the minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::TaxRounding")]
pub(crate) enum TaxRounding {
    /// Once for each rate of a document, then dealt out to the lines by largest remainder.
    Document,
    /// Line by line.
    Line,
}

/// How the journal is written for bookkeepers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum JournalExportFormat {
    /// Comma-separated, one row for each posting, with a head.
    Csv,
    /// A flat file of records named as in the Standard Audit File for Tax (SAF-T 2.0): header with totals, accounts with
    /// balances, transactions and lines, fields parted by tabs.
    Saft,
}

impl From<JournalExportFormat> for operations::ledger::export::Format {
    fn from(format: JournalExportFormat) -> Self {
        match format {
            JournalExportFormat::Csv => Self::Csv,
            JournalExportFormat::Saft => Self::Saft,
        }
    }
}

#[derive(Clone)]
pub(crate) struct LedgerAccount(pub(crate) Arc<ledger_account::Model>);

/// An account in the books of one legal entity. Needs `LEDGER_READ`, and reach over every channel of it.
#[Object]
impl LedgerAccount {
    /// Its id, `acc_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::LedgerAccount, self.0.id)
    }

    /// Its place in the chart, such as `1100`.
    async fn code(&self) -> String {
        self.0.code.to_string()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it holds.
    async fn r#type(&self) -> LedgerAccountType {
        self.0.kind.into()
    }

    /// In whose books.
    async fn legal_entity(&self, ctx: &Context<'_>) -> Result<LegalEntity, Failure> {
        Ok(LegalEntity(present(ctx.loaders().legal_entity(self.0.legal_entity_id).await?)?))
    }

    /// Debits less credits, one amount for each currency in which anything was booked: below zero for what is owed or was
    /// earned.
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of what counts up to this moment; now without it.")] as_of: Option<
            DateTime,
        >,
    ) -> Result<Vec<Money>, Failure> {
        let as_of = as_of.map_or_else(|| ctx.read().now(), |at| at.0);
        let key = (self.0.legal_entity_id, self.0.code, as_of);
        let found = ctx.loaders().account_balance(key).await?;
        Ok(found.iter().map(|one| Money::of(one.minor, &one.currency)).collect())
    }
}

#[derive(Clone)]
pub(crate) struct JournalEntry(pub(crate) Arc<Numbered>);

/// One business event in the books. Debits equal credits in every currency, always; an entry is never changed, a
/// mistake is taken back by another one. Needs `LEDGER_READ`, and reach over every channel of the legal entity.
#[Object]
impl JournalEntry {
    /// Its id, `jrn_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::JournalEntry, self.0.entry.id)
    }

    /// Its number, `J-17`: numbers rise, and may have gaps.
    async fn number(&self) -> String {
        format!("J-{}", self.0.number)
    }

    /// The moment it counts for.
    async fn at(&self) -> DateTime {
        DateTime(self.0.entry.at)
    }

    /// The day of that moment where the legal entity is.
    async fn business_date(&self) -> Date {
        Date(self.0.entry.business_date.clone())
    }

    /// In whose books.
    async fn legal_entity(&self, ctx: &Context<'_>) -> Result<LegalEntity, Failure> {
        let id = self.0.entry.legal_entity_id;
        Ok(LegalEntity(present(ctx.loaders().legal_entity(id).await?)?))
    }

    /// What happened, in words. Of what came too late for its period, which day it was.
    async fn description(&self) -> &str {
        &self.0.entry.description
    }

    /// What it is about: a payment, an invoice, an order.
    async fn subject_id(&self) -> Option<ID> {
        Some(ID(encode_prefixed(&self.0.entry.subject_type, self.0.entry.subject_id)))
    }

    /// The event that tells of it; null where it is pruned, or may not be seen.
    async fn event(&self, ctx: &Context<'_>) -> Option<Event> {
        let event = ctx.loaders().event(self.0.entry.event_id?).await.or_null(ctx)?;
        event.map(Event)
    }

    /// Its sides, in order.
    async fn postings(&self, ctx: &Context<'_>) -> Result<Vec<Posting>, Failure> {
        let rows = ctx.loaders().postings_of(self.0.entry.id).await?;
        Ok(rows.iter().cloned().map(Posting).collect())
    }

    /// The entry that it takes back.
    async fn reverses(&self, ctx: &Context<'_>) -> Option<JournalEntry> {
        let found = ctx.loaders().journal_entry(self.0.entry.reverses_id?).await.or_null(ctx)?;
        found.map(JournalEntry)
    }

    /// The entry that takes it back.
    async fn reversed_by(&self, ctx: &Context<'_>) -> Option<JournalEntry> {
        let by = ctx.loaders().reversal_of(self.0.entry.id).await.or_null(ctx)?;
        let found = ctx.loaders().journal_entry(by?).await.or_null(ctx)?;
        found.map(JournalEntry)
    }
}

crate::paging::connection!(
    JournalEntryConnection,
    JournalEntryEdge,
    JournalEntry,
    "journal entries"
);

#[derive(Clone)]
pub(crate) struct Posting(Arc<posting::Model>);

impl Posting {
    /// Above zero by its amount, or, where only rates changed, by what that is worth.
    fn sign(&self) -> i64 {
        let sign = self.0.amount_minor.signum();
        if sign == 0 { self.0.base_minor.signum() } else { sign }
    }
}

/// One side of an entry: exactly one of debit and credit is set.
#[Object]
impl Posting {
    /// The account.
    async fn account(&self, ctx: &Context<'_>) -> Result<LedgerAccount, Failure> {
        let key = (self.0.legal_entity_id, self.0.account);
        Ok(LedgerAccount(present(ctx.loaders().account_by_code(key).await?)?))
    }

    /// The debit, in the currency of what happened.
    async fn debit(&self) -> Option<Money> {
        (self.sign() > 0).then(|| Money::of(self.0.amount_minor, &self.0.currency))
    }

    /// The credit, in the currency of what happened.
    async fn credit(&self) -> Option<Money> {
        (self.sign() <= 0).then(|| Money::of(-self.0.amount_minor, &self.0.currency))
    }

    /// The same in the currency of the books, at the rate that held then; not below zero.
    async fn base(&self, ctx: &Context<'_>) -> Result<Money, Failure> {
        let entity = present(ctx.loaders().legal_entity(self.0.legal_entity_id).await?)?;
        let sign = if self.sign() > 0 { 1 } else { -1 };
        Ok(Money::of(sign * self.0.base_minor, &entity.base_currency))
    }

    /// What the amount belongs to within the account: a payment and its provider, an order, a refund, a location, or tax
    /// country, rate and scheme.
    async fn subledger(&self) -> async_graphql::Json<Json> {
        let mut keys = self.0.subledger.clone();
        let kinds = [
            ("payment", "pay"),
            ("order", "ord"),
            ("refund", "ptx"),
            ("invoice", "inv"),
            ("location", "loc"),
            ("giftCard", "gft"),
            ("customer", "cus"),
            ("dispute", "dsp"),
        ];
        for (name, prefix) in kinds {
            let Some(value) = keys.get_mut(name) else { continue };
            if let Some(uuid) = value.as_str().and_then(|text| text.parse().ok()) {
                *value = encode_prefixed(prefix, uuid).into();
            }
        }
        async_graphql::Json(keys)
    }
}

pub(crate) struct TrialBalance {
    pub(crate) balance: Arc<read::TrialBalance>,
    pub(crate) as_of: DateTime,
}

impl TrialBalance {
    fn money(&self, minor: i64) -> Money {
        Money::of(minor, self.balance.currency.code())
    }
}

/// All accounts of a legal entity at a moment: debits equal credits. Memo accounts are no part of it.
#[Object]
impl TrialBalance {
    /// The moment.
    async fn as_of(&self) -> DateTime {
        self.as_of
    }

    /// The legal entity.
    async fn legal_entity(&self) -> LegalEntity {
        LegalEntity(Arc::new(self.balance.entity.clone()))
    }

    /// In which currency: that of the books for everything, or one that was asked for, with what was booked in it.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.balance.currency.code().to_owned())
    }

    /// The accounts on which anything was ever booked, by code.
    async fn rows(&self) -> Vec<TrialBalanceRow> {
        let (entity, currency) = (self.balance.entity.id, self.balance.currency);
        let row = |row: &read::TrialRow| TrialBalanceRow { entity, currency, row: row.clone() };
        self.balance.rows.iter().map(row).collect()
    }

    /// The sum of the debits.
    async fn total_debit(&self) -> Money {
        self.money(self.balance.rows.iter().map(|row| row.debit_minor).sum())
    }

    /// The sum of the credits.
    async fn total_credit(&self) -> Money {
        self.money(self.balance.rows.iter().map(|row| row.credit_minor).sum())
    }

    /// Whether the two are equal.
    async fn balanced(&self) -> bool {
        let sums = self.balance.rows.iter().map(|row| row.debit_minor - row.credit_minor);
        sums.sum::<i64>() == 0
    }
}

pub(crate) struct TrialBalanceRow {
    entity: uuid::Uuid,
    currency: Currency,
    row: read::TrialRow,
}

/// One account of a trial balance.
#[Object]
impl TrialBalanceRow {
    /// The account.
    async fn account(&self, ctx: &Context<'_>) -> Result<LedgerAccount, Failure> {
        let key = (self.entity, self.row.account.code());
        Ok(LedgerAccount(present(ctx.loaders().account_by_code(key).await?)?))
    }

    /// Debits above credits; zero where there are none.
    async fn debit(&self) -> Money {
        Money::of(self.row.debit_minor, self.currency.code())
    }

    /// Credits above debits; zero where there are none.
    async fn credit(&self) -> Money {
        Money::of(self.row.credit_minor, self.currency.code())
    }
}

pub(crate) struct ExchangeRate(pub(crate) exchange_rate::Model);

/// What one unit of `currencyCode` is worth in `base`, on a day and until the next one given.
#[Object]
impl ExchangeRate {
    /// The currency it is told in.
    async fn base(&self) -> CurrencyCode {
        CurrencyCode(self.0.base.clone())
    }

    /// The currency of which one unit is meant.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency.clone())
    }

    /// From this day on.
    async fn on(&self) -> Date {
        Date(self.0.day.clone())
    }

    /// How much.
    async fn rate(&self) -> Decimal {
        Decimal(self.0.rate.parse().unwrap_or_default())
    }

    /// Who says so.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }
}

pub(crate) struct TaxRate(pub(crate) tax_rate::Model);

/// What goods of a category bear in a country, on a day and until the next one given.
#[Object]
impl TaxRate {
    /// The country.
    async fn country_code(&self) -> CountryCode {
        CountryCode(self.0.country.clone())
    }

    /// The category, such as `STANDARD`.
    async fn category(&self) -> &str {
        &self.0.category
    }

    /// From this day on.
    async fn from(&self) -> Date {
        Date(self.0.day.clone())
    }

    /// As a fraction: 0.19 is 19 %.
    async fn rate(&self) -> Decimal {
        Decimal::rate(self.0.rate_ppm)
    }
}

pub(crate) struct TaxSummaryRow {
    pub(crate) row: TaxRow,
    pub(crate) currency: String,
}

/// Tax by country, rule and rate.
#[Object]
impl TaxSummaryRow {
    /// As a fraction: 0.19 is 19 %.
    async fn tax_rate(&self) -> Decimal {
        Decimal(self.row.rate)
    }

    /// Where it is due.
    async fn country_code(&self) -> Option<CountryCode> {
        self.row.country.clone().map(CountryCode)
    }

    /// Under which rule.
    async fn scheme(&self) -> TaxScheme {
        self.row.scheme.into()
    }

    /// The amount that bears it.
    async fn net(&self) -> Money {
        Money::of(self.row.net_minor, &self.currency)
    }

    /// The tax.
    async fn tax(&self) -> Money {
        Money::of(self.row.tax_minor, &self.currency)
    }
}
