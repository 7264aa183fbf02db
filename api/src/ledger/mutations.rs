//! What is entered into the books by people: rates, the end of a period, the reversal of an entry.

use super::types::{ExchangeRate, JournalEntry, TaxRate};
use crate::catalog::mutations::LegalEntityPayload;
use crate::catalog::types::LegalEntity;
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::scalars::{CountryCode, CurrencyCode, Date, Decimal};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::ledger::close::{ClosePeriod, period_close};
use operations::ledger::rates::{RateInput, SetExchangeRates, exchange_rates_set};
use operations::ledger::read;
use operations::ledger::reverse::{ReverseEntry, journal_entry_reverse};
use operations::tax::rates::{self as tax, SetTaxRates, tax_rates_set};

/// Rates to enter.
#[derive(Debug, InputObject)]
pub(crate) struct ExchangeRatesSetInput {
    /// 1 to 1,000 rates.
    rates: Vec<ExchangeRateInput>,
}

/// What one unit of a currency is worth in another, from a day on and until the next one given.
#[derive(Debug, InputObject)]
pub(crate) struct ExchangeRateInput {
    /// The currency it is told in.
    base: CurrencyCode,
    /// The currency of which one unit is meant.
    currency_code: CurrencyCode,
    /// From this day on.
    on: Date,
    /// How much: above 0, with at most 12 decimals.
    rate: Decimal,
    /// Who says so, up to 200 characters.
    source: Option<String>,
}

/// Tax rates to enter.
#[derive(Debug, InputObject)]
pub(crate) struct TaxRatesSetInput {
    /// 1 to 1,000 rates.
    rates: Vec<TaxRateInput>,
}

/// What goods of a category bear in a country, from a day on and until the next one given.
#[derive(Debug, InputObject)]
pub(crate) struct TaxRateInput {
    /// The country.
    country_code: CountryCode,
    /// The category, such as `STANDARD` or `REDUCED`: up to 50 characters, compared in upper case.
    category: String,
    /// From this day on.
    from: Date,
    /// As a fraction from 0 to 1: 0.19 is 19 %.
    rate: Decimal,
}

/// A period to close.
#[derive(Debug, InputObject)]
pub(crate) struct PeriodCloseInput {
    /// The legal entity.
    legal_entity_id: ID,
    /// Its last day, before today.
    through: Date,
}

/// An entry to take back.
#[derive(Debug, InputObject)]
pub(crate) struct JournalEntryReverseInput {
    /// The entry.
    journal_entry_id: ID,
    /// Why, up to 1,000 characters.
    reason: String,
}

/// What came of entering rates.
#[derive(SimpleObject)]
pub(crate) struct ExchangeRatesPayload {
    /// The rates as they stand; null when refused.
    rates: Option<Vec<ExchangeRate>>,
    /// Why they were refused; empty when they were not.
    user_errors: Vec<UserError>,
}

/// What came of entering tax rates.
#[derive(SimpleObject)]
pub(crate) struct TaxRatesPayload {
    /// The rates of the countries that were named, as they hold today; null when refused.
    rates: Option<Vec<TaxRate>>,
    /// Why they were refused; empty when they were not.
    user_errors: Vec<UserError>,
}

/// What came of taking an entry back.
#[derive(SimpleObject)]
pub(crate) struct JournalEntryPayload {
    /// The entry that takes the other back; null when refused.
    journal_entry: Option<JournalEntry>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct LedgerMutation;

#[Object]
impl LedgerMutation {
    /// Enter what currencies are worth in others, by day. What was booked stays as it was. Needs `LEDGER_WRITE`.
    async fn exchange_rates_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rates.")] input: ExchangeRatesSetInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ExchangeRatesPayload> {
        let rate = |one: ExchangeRateInput| RateInput {
            base: one.base.0,
            currency_code: one.currency_code.0,
            on: one.on.0,
            rate: one.rate.0,
            source: one.source,
        };
        let command = SetExchangeRates { rates: input.rates.into_iter().map(rate).collect() };
        let done = async {
            let call = ctx.call(idempotency_key.as_ref())?;
            exchange_rates_set(ctx.store(), call, &command).await
        };
        let (keys, user_errors) = answer(ctx, done.await)?;
        let rates = match keys {
            Some(keys) => Some(read::rates_by_keys(&ctx.read(), &keys).await.or_null(ctx)?),
            None => None,
        };
        let rates = rates.map(|rates| rates.into_iter().map(ExchangeRate).collect());
        Some(ExchangeRatesPayload { rates, user_errors })
    }

    /// Enter what goods bear in some countries, by category and day: for sales in the one-stop shop. Orders keep the rates
    /// that they were placed at. Needs `LEDGER_WRITE`.
    async fn tax_rates_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rates.")] input: TaxRatesSetInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<TaxRatesPayload> {
        let rate = |one: TaxRateInput| tax::TaxRateInput {
            country_code: one.country_code.0,
            category: one.category,
            from: one.from.0,
            rate: one.rate.0,
        };
        let command = SetTaxRates { rates: input.rates.into_iter().map(rate).collect() };
        let done = async {
            tax_rates_set(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (countries, user_errors) = answer(ctx, done.await)?;
        let rates = match countries {
            Some(countries) => Some(tax::today(&ctx.read(), &countries).await.or_null(ctx)?),
            None => None,
        };
        let rates = rates.map(|rates| rates.into_iter().map(TaxRate).collect());
        Some(TaxRatesPayload { rates, user_errors })
    }

    /// Close a period: nothing is booked on or before `through` from then on; what comes late goes to the open period and
    /// says so. A period is never opened again. Needs `LEDGER_WRITE`, and reach over every channel of the legal entity.
    async fn period_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to close.")] input: PeriodCloseInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<LegalEntityPayload> {
        let command = ClosePeriod {
            legal_entity_id: uuid(Kind::LegalEntity, &input.legal_entity_id),
            through: input.through.0,
        };
        let done = async {
            period_close(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (id, user_errors) = answer(ctx, done.await)?;
        let legal_entity = match id {
            Some(id) => ctx.loaders().legal_entity(id).await.or_null(ctx)?.map(LegalEntity),
            None => None,
        };
        Some(LegalEntityPayload { legal_entity, user_errors })
    }

    /// Take an entry back by another one that counts from now on. The order, payment or stock behind it stays as it is:
    /// this is for what was booked wrongly. Needs `LEDGER_WRITE`, and `LEDGER_READ` to see it.
    async fn journal_entry_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to take back.")] input: JournalEntryReverseInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<JournalEntryPayload> {
        let command = ReverseEntry {
            journal_entry_id: uuid(Kind::JournalEntry, &input.journal_entry_id),
            reason: input.reason,
        };
        let done = async {
            journal_entry_reverse(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (id, user_errors) = answer(ctx, done.await)?;
        let journal_entry = match id {
            Some(id) => ctx.loaders().journal_entry(id).await.or_null(ctx)?.map(JournalEntry),
            None => None,
        };
        Some(JournalEntryPayload { journal_entry, user_errors })
    }
}
