//! Questions about settlements.

use super::terms::{FeeAgreement, ReconciliationTolerance};
use super::types::{
    BankStatement, BankStatementConnection, Payout, PayoutConnection, PayoutState,
    ReconciliationException, ReconciliationExceptionConnection, ReconciliationExceptionKind,
    ReconciliationExceptionState, SettlementReport, SettlementReportConnection,
};
use crate::context::Ask;
use crate::downloads::{self, Downloads};
use crate::errors::OrNull;
use crate::ids::{Kind, uuid};
use crate::paging::{counted, page_args};
use crate::scalars::{
    CurrencyCode, Date, DateTime, DateTimeRange, Decimal, Money, MoneyRange, int,
};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use operations::settlements::export::{Part, Wanted};
use operations::settlements::read;
use operations::settlements::reconcile::{self, Asked};
use operations::settlements::terms::{fee_agreements, reconciliation_tolerances};
use std::sync::Arc;

/// Which exceptions: every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct ReconciliationExceptionFilter {
    /// In these states.
    states: Option<Vec<ReconciliationExceptionState>>,
    /// Of these kinds.
    kinds: Option<Vec<ReconciliationExceptionKind>>,
    /// Of this provider.
    provider: Option<String>,
    /// Raised in this time.
    raised_at: Option<DateTimeRange>,
    /// With this much at stake, whatever the currency.
    amount: Option<MoneyRange>,
}

impl From<ReconciliationExceptionFilter> for read::ExceptionFilter {
    fn from(filter: ReconciliationExceptionFilter) -> Self {
        let (raised_from, raised_to) = DateTimeRange::ends(filter.raised_at.as_ref());
        let scaled = |end: fn(&MoneyRange) -> Option<Decimal>| {
            filter.amount.as_ref().and_then(end).map(|amount| read::scaled(amount.0))
        };
        Self {
            states: filter.states.map(|states| states.into_iter().map(Into::into).collect()),
            kinds: filter.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            provider: filter.provider,
            raised_from,
            raised_to,
            amount_from: scaled(|range| range.min),
            amount_to: scaled(|range| range.max),
        }
    }
}

/// For one period: what was sold, what should have come, what came, and every difference explained.
pub(crate) struct Reconciliation {
    asked: Asked,
    found: reconcile::Reconciliation,
}

impl Reconciliation {
    fn money(&self, minor: i64) -> Money {
        Money::of(minor, &self.asked.currency)
    }
}

/// For one period: what was sold, what should have come, what came, and every difference explained. Amounts in one
/// currency; `channelIds` restrict what was sold, settled and ages, and not what was paid out nor the proof of balance, which
/// no channel has of its own.
#[Object]
impl Reconciliation {
    /// The first moment.
    async fn from(&self) -> DateTime {
        DateTime(self.asked.from)
    }

    /// The first moment beyond.
    async fn to(&self) -> DateTime {
        DateTime(self.asked.to)
    }

    /// The currency.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.asked.currency.clone())
    }

    /// What was captured of orders that stand in the books; gift cards and store credit are left out, and so is what was
    /// imported with its history.
    async fn captured(&self) -> Money {
        self.money(self.found.captured)
    }

    /// What was given back.
    async fn refunded(&self) -> Money {
        self.money(self.found.refunded)
    }

    /// What payers' banks took, less what they gave back.
    async fn charged_back(&self) -> Money {
        self.money(self.found.charged_back)
    }

    /// What providers kept of lines that came to balances in the period and are explained.
    async fn fees(&self) -> Money {
        self.money(self.found.fees)
    }

    /// What should have come: captured less refunded, charged back and fees.
    async fn expected_net(&self) -> Money {
        self.money(self.found.expected_net())
    }

    /// What came to balances at providers in the period, of lines that are explained.
    async fn settled_net(&self) -> Money {
        self.money(self.found.settled_net)
    }

    /// What was sent to the bank in the period.
    async fn paid_out(&self) -> Money {
        self.money(self.found.paid_out)
    }

    /// What the bank booked of payouts in the period.
    async fn received_at_bank(&self) -> Money {
        self.money(self.found.received)
    }

    /// How many differences wait now, whenever they were raised.
    async fn open_exceptions(&self) -> i32 {
        int(self.found.open_exceptions)
    }

    /// What of the clearing balance nothing explains: zero, unless somebody booked by hand.
    async fn unexplained(&self) -> Money {
        self.money(self.found.unexplained())
    }

    /// Proof of balance at `to`: clearing = unsettled captures - unsettled refunds + open batch items + unexplained. This is
    /// account 1100 in the books.
    async fn clearing_balance(&self) -> Money {
        self.money(self.found.clearing)
    }

    /// Captures in the books that no settlement told of by then.
    async fn unsettled_captures(&self) -> Money {
        self.money(self.found.unsettled_captures)
    }

    /// Refunds and chargebacks, with what was charged for these, that no settlement told of by then.
    async fn unsettled_refunds(&self) -> Money {
        self.money(self.found.unsettled_refunds)
    }

    /// What explained lines brought to balances, less what payouts took: below zero where a payout held lines that nobody
    /// has explained yet.
    async fn open_batch_items(&self) -> Money {
        self.money(self.found.open_items)
    }

    /// Captured and not settled at `to`, by business days since capture; weekends do not count.
    async fn unsettled(&self) -> Vec<AgeBucket> {
        let bucket = |bucket: &reconcile::Bucket| AgeBucket {
            label: bucket.to_days.map_or_else(
                || format!("{}+", bucket.from_days),
                |to| format!("{}-{to}", bucket.from_days),
            ),
            from_days: bucket.from_days,
            to_days: bucket.to_days,
            count: int(bucket.count),
            amount: self.money(bucket.minor),
        };
        self.found.unsettled.iter().map(bucket).collect()
    }
}

/// Captures of some age.
#[derive(SimpleObject)]
pub(crate) struct AgeBucket {
    /// Such as `3-5`, or `21+`.
    label: String,
    /// From so many business days on.
    from_days: i32,
    /// Up to so many; null for no end.
    to_days: Option<i32>,
    /// How many captures.
    count: i32,
    /// How much of them is not settled.
    amount: Money,
}

#[derive(Default)]
pub(crate) struct SettlementQuery;

#[Object]
impl SettlementQuery {
    /// Files of providers within reach, newest first, in every state. Needs `SETTLEMENTS_READ`.
    async fn settlement_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this provider.")] provider: Option<String>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<SettlementReportConnection> {
        let page = page_args(first, after, last, before);
        let rows =
            async { read::reports(&ctx.read(), ctx.actor()?, provider.as_deref(), &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| SettlementReport(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let provider = provider.clone();
            async move {
                read::reports_count(&scope.store.read(), scope.actor()?, provider.as_deref()).await
            }
        });
        Some(SettlementReportConnection::new(rows, count))
    }

    /// Transfers from providers to the bank within reach, newest first. Needs `SETTLEMENTS_READ`.
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In these states.")] states: Option<Vec<PayoutState>>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<PayoutConnection> {
        let states: Option<Vec<entities::enums::PayoutState>> =
            states.map(|states| states.into_iter().map(Into::into).collect());
        let page = page_args(first, after, last, before);
        let rows =
            async { read::payouts(&ctx.read(), ctx.actor()?, states.as_deref(), &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Payout(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let states = states.clone();
            async move {
                read::payouts_count(&scope.store.read(), scope.actor()?, states.as_deref()).await
            }
        });
        Some(PayoutConnection::new(rows, count))
    }

    /// Statements of bank accounts within reach, newest first. Needs `SETTLEMENTS_READ`.
    async fn bank_statements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this account; blanks do not count.")] account: Option<String>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<BankStatementConnection> {
        let page = page_args(first, after, last, before);
        let rows =
            async { read::statements(&ctx.read(), ctx.actor()?, account.as_deref(), &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| BankStatement(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let account = account.clone();
            async move {
                read::statements_count(&scope.store.read(), scope.actor()?, account.as_deref())
                    .await
            }
        });
        Some(BankStatementConnection::new(rows, count))
    }

    /// Differences to be explained, and those that were, within reach, newest first. Needs `SETTLEMENTS_READ`.
    async fn reconciliation_exceptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ReconciliationExceptionFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<ReconciliationExceptionConnection> {
        let filter: read::ExceptionFilter = filter.unwrap_or_default().into();
        let page = page_args(first, after, last, before);
        let rows = async { read::exceptions(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| ReconciliationException(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::exceptions_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(ReconciliationExceptionConnection::new(rows, count))
    }

    /// For one period and currency: what was sold, what should have come, what came; and the proof that what providers hold
    /// is what is known. Within reach. Needs `SETTLEMENTS_READ`.
    async fn reconciliation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period; both ends must be given.")] range: DateTimeRange,
        #[graphql(desc = "In this currency alone.")] currency_code: CurrencyCode,
        #[graphql(desc = "Of this company; without it of all.")] legal_entity_id: Option<ID>,
        #[graphql(desc = "Of this provider; without it of all.")] provider: Option<String>,
        #[graphql(desc = "Of orders in these channels.")] channel_ids: Option<Vec<ID>>,
    ) -> Option<Reconciliation> {
        let found = async {
            let asked = asked(
                &range,
                currency_code,
                (legal_entity_id.as_ref(), provider),
                channel_ids.as_deref(),
            )?;
            let found = reconcile::reconcile(&ctx.read(), ctx.actor()?, &asked).await?;
            Ok::<_, operations::Error>(Reconciliation { asked, found })
        };
        Box::pin(found).await.or_null(ctx)
    }

    /// The same as a file, comma-separated with a head: an address that holds five minutes and needs no token, and where the
    /// service does not know its own (`AFTERCART_PUBLIC_URL`), a path to resolve against that of the API. What is in reach now.
    /// Needs `SETTLEMENTS_READ`.
    #[expect(clippy::too_many_arguments, reason = "those of `reconciliation`, and which file")]
    async fn reconciliation_export_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period; both ends must be given.")] range: DateTimeRange,
        #[graphql(desc = "In this currency alone.")] currency_code: CurrencyCode,
        #[graphql(desc = "Of this company; without it of all.")] legal_entity_id: Option<ID>,
        #[graphql(desc = "Of this provider; without it of all.")] provider: Option<String>,
        #[graphql(desc = "Of orders in these channels.")] channel_ids: Option<Vec<ID>>,
        #[graphql(desc = "Which file.")] part: ReconciliationExport,
    ) -> Option<String> {
        let checked = async {
            let asked = asked(
                &range,
                currency_code,
                (legal_entity_id.as_ref(), provider),
                channel_ids.as_deref(),
            )?;
            Wanted::check(&ctx.read(), ctx.actor()?, &asked, part.into()).await
        };
        let path = downloads::reconciliation_path(&checked.await.or_null(ctx)?);
        let now = ctx.store().clock().now();
        Some(ctx.data_unchecked::<Downloads>().address(&path, now))
    }

    /// What is agreed with providers on a day: of each provider, kind, method and currency the newest one. Needs
    /// `SETTLEMENTS_READ`, and reach over every channel of the company.
    async fn fee_agreements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The legal entity.")] legal_entity_id: ID,
        #[graphql(desc = "With this provider; without it with all.")] provider: Option<String>,
        #[graphql(desc = "The day.")] on: Date,
    ) -> Option<Vec<FeeAgreement>> {
        let entity = uuid(Kind::LegalEntity, &legal_entity_id);
        let which = (provider.as_deref(), on.0.as_str());
        let rows = async { fee_agreements(&ctx.read(), ctx.actor()?, entity, which).await };
        Some(rows.await.or_null(ctx)?.into_iter().map(FeeAgreement).collect())
    }

    /// How far amounts may be apart, in each currency in which a company has set it. Elsewhere the usual holds: 0.01 a line; 0.01 a
    /// line and at most 1.00 a batch; 0.50 at the bank, 5.00 from abroad; 0.05 or 1 % of a fee. Needs `SETTLEMENTS_READ`, and
    /// reach over every channel of the company.
    async fn reconciliation_tolerances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The legal entity.")] legal_entity_id: ID,
    ) -> Option<Vec<ReconciliationTolerance>> {
        let entity = uuid(Kind::LegalEntity, &legal_entity_id);
        let rows = async { reconciliation_tolerances(&ctx.read(), ctx.actor()?, entity).await };
        Some(rows.await.or_null(ctx)?.into_iter().map(ReconciliationTolerance).collect())
    }
}

/// What a reconciliation is asked for.
fn asked(
    range: &DateTimeRange,
    currency_code: CurrencyCode,
    (legal_entity_id, provider): (Option<&ID>, Option<String>),
    channel_ids: Option<&[ID]>,
) -> operations::Result<Asked> {
    let (Some(from), Some(to)) = DateTimeRange::ends(Some(range)) else {
        let message = "both ends of the range must be given";
        return Err(operations::Error::BadInput(message.to_owned()));
    };
    Ok(Asked {
        from,
        to,
        currency: currency_code.0,
        legal_entity_id: legal_entity_id.map(|id| uuid(Kind::LegalEntity, id)),
        provider,
        channels: channel_ids.map(|ids| ids.iter().map(|id| uuid(Kind::Channel, id)).collect()),
    })
}

/// A file of a reconciliation, comma-separated with a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ReconciliationExport {
    /// Its figures, a row each: name, count, amount, currency.
    Summary,
    /// Captures, refunds and chargebacks of the period, a row each, with what settled them and which payout took them.
    Steps,
    /// Differences that were open in the period, a row each.
    Exceptions,
}

impl From<ReconciliationExport> for Part {
    fn from(part: ReconciliationExport) -> Self {
        match part {
            ReconciliationExport::Summary => Self::Summary,
            ReconciliationExport::Steps => Self::Steps,
            ReconciliationExport::Exceptions => Self::Exceptions,
        }
    }
}
