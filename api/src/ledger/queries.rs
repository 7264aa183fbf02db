//! Questions about the books.

use super::types::{
    ExchangeRate, JournalEntry, JournalEntryConnection, JournalExportFormat, LedgerAccount,
    TaxRate, TaxSummaryRow, TrialBalance,
};
use crate::context::Ask;
use crate::downloads::{self, Downloads};
use crate::errors::OrNull;
use crate::ids::{Kind, decode, uuid};
use crate::paging::{counted, page_args};
use crate::scalars::{CountryCode, CurrencyCode, Date, DateTime, DateTimeRange};
use async_graphql::{Context, ID, Object};
use operations::invoices::read::tax_report;
use operations::ledger::export::Wanted;
use operations::ledger::read::{self, EntryFilter};
use operations::tax::rates::tax_rates;
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct LedgerQuery;

#[Object]
impl LedgerQuery {
    /// The accounts of a legal entity, or of all within reach, by code. Needs `LEDGER_READ`.
    async fn ledger_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this legal entity; of all within reach without it.")]
        legal_entity_id: Option<ID>,
    ) -> Option<Vec<LedgerAccount>> {
        let entity = legal_entity_id.map(|id| uuid(Kind::LegalEntity, &id));
        let rows = async { read::accounts(&ctx.read(), ctx.actor()?, entity).await };
        Some(rows.await.or_null(ctx)?.into_iter().map(Arc::new).map(LedgerAccount).collect())
    }

    /// Journal entries within reach, newest first. Needs `LEDGER_READ`.
    #[expect(clippy::too_many_arguments, reason = "the contract names them one by one")]
    async fn journal_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In the books of this legal entity.")] legal_entity_id: Option<ID>,
        #[graphql(desc = "About this, or about anything of this order.")] subject_id: Option<ID>,
        #[graphql(desc = "With a posting to this account, such as `1100`.")] account_code: Option<
            String,
        >,
        #[graphql(desc = "Counting for a moment in this time.")] at: Option<DateTimeRange>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<JournalEntryConnection> {
        let (from, to) = DateTimeRange::ends(at.as_ref());
        let account = account_code.map(|code| read::account_code(&code)).transpose();
        let subject = |id: ID| decode(&id).map_or(uuid::Uuid::max(), |(_, uuid)| uuid);
        let filter = EntryFilter {
            legal_entity_id: legal_entity_id.map(|id| uuid(Kind::LegalEntity, &id)),
            subject_id: subject_id.map(subject),
            account: account.or_null(ctx)?,
            from,
            before: to,
        };
        let page = page_args(first, after, last, before);
        let rows = async { read::entries(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| JournalEntry(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::entries_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(JournalEntryConnection::new(rows, count))
    }

    /// All accounts of a legal entity at a moment. Without a currency, everything in that of the books; with one, what was
    /// booked in it. Needs `LEDGER_READ`.
    async fn trial_balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The legal entity.")] legal_entity_id: ID,
        #[graphql(desc = "Of what counts up to this moment; now without it.")] as_of: Option<
            DateTime,
        >,
        #[graphql(desc = "In this currency.")] currency_code: Option<CurrencyCode>,
    ) -> Option<TrialBalance> {
        let entity = uuid(Kind::LegalEntity, &legal_entity_id);
        let currency = currency_code.map(|code| code.0);
        let as_of = as_of.unwrap_or_else(|| DateTime(ctx.read().now()));
        let found = async {
            let (db, actor) = (ctx.read(), ctx.actor()?);
            read::trial_balance(&db, actor, entity, currency.as_deref(), as_of.0).await
        };
        let balance = Arc::new(found.await.or_null(ctx)?);
        Some(TrialBalance { balance, as_of })
    }

    /// Tax due by country, rule and rate, in the currency of the books, from invoices and credit notes issued in the days
    /// `from` to `to`, both included. Credit notes are taken off. Needs `LEDGER_READ`.
    async fn tax_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The legal entity.")] legal_entity_id: ID,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day.")] to: Date,
    ) -> Option<Vec<TaxSummaryRow>> {
        let entity = uuid(Kind::LegalEntity, &legal_entity_id);
        let found = async { tax_report(&ctx.read(), ctx.actor()?, entity, (&from.0, &to.0)).await };
        let (currency, rows) = found.await.or_null(ctx)?;
        let row = |row| TaxSummaryRow { row, currency: currency.code().to_owned() };
        Some(rows.into_iter().map(row).collect())
    }

    /// The journal of some days as a file that bookkeepers import: an address that holds five minutes and needs no token, and
    /// where the service does not know its own (`AFTERCART_PUBLIC_URL`), a path to resolve against that of the API. The same
    /// bytes every time once the days are closed. Needs `LEDGER_READ`, and reach over every channel of the company.
    async fn journal_export_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The legal entity.")] legal_entity_id: ID,
        #[graphql(desc = "The first day.")] from: Date,
        #[graphql(desc = "The last day.")] to: Date,
        #[graphql(desc = "In which form.")] format: JournalExportFormat,
    ) -> Option<String> {
        let wanted = (uuid(Kind::LegalEntity, &legal_entity_id), format.into());
        let checked =
            async { Wanted::check(&ctx.read(), ctx.actor()?, wanted, (&from.0, &to.0)).await };
        let path = downloads::journal_path(&checked.await.or_null(ctx)?);
        let now = ctx.store().clock().now();
        Some(ctx.data_unchecked::<Downloads>().address(&path, now))
    }

    /// What currencies are worth in another, on a day: of each the rate of that day, or of the last one before. Needs
    /// `LEDGER_READ`.
    async fn exchange_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The currency they are told in.")] base: CurrencyCode,
        #[graphql(desc = "The day.")] on: Date,
    ) -> Option<Vec<ExchangeRate>> {
        let rows = async { read::exchange_rates(&ctx.read(), ctx.actor()?, &base.0, &on.0).await };
        Some(rows.await.or_null(ctx)?.into_iter().map(ExchangeRate).collect())
    }

    /// What goods bear in a country, on a day, by category. Needs `CATALOG_READ`.
    async fn tax_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The country.")] country_code: CountryCode,
        #[graphql(desc = "The day.")] on: Date,
    ) -> Option<Vec<TaxRate>> {
        let rows = async { tax_rates(&ctx.read(), ctx.actor()?, &country_code.0, &on.0).await };
        Some(rows.await.or_null(ctx)?.into_iter().map(TaxRate).collect())
    }
}
