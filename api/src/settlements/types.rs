//! Settlements, payouts, bank statements, matches and exceptions as the schema shows them.

use crate::access::types::ActorRef;
use crate::catalog::types::LegalEntity;
use crate::context::{Ask, present};
use crate::disputes::types::Dispute;
use crate::errors::{Failure, OrNull, UserError, user_errors};
use crate::ids::{Kind, id};
use crate::invoices::types::Invoice;
use crate::paging::{counted, page_args};
use crate::payments::types::{Payment, PaymentTransaction};
use crate::scalars::{CurrencyCode, Date, DateTime, Decimal, Money};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entities::{
    bank_line, bank_statement, enums, match_row, payout, reconciliation_exception, settlement_line,
    settlement_report,
};
use operations::permissions::Permission;
use operations::settlements::{import, read};
use serde_json::Value as Json;
use std::sync::Arc;

/// How a provider writes what it settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::SettlementFormat")]
pub(crate) enum SettlementFormat {
    /// Adyen: settlement details, both layouts.
    AdyenSettlementDetails,
    /// Stripe: itemized balance change or payout reconciliation.
    StripeItemized,
    /// `PayPal`: settlement report.
    PaypalStl,
    /// Mollie: a settlement.
    MollieSettlement,
    /// A table of our own.
    GenericCsv,
}

/// Where the reading of a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::SettlementReportState")]
pub(crate) enum SettlementReportState {
    /// It is read.
    Importing,
    /// It is in the books.
    Imported,
    /// It could not be read.
    Refused,
    /// A later version took its place.
    Superseded,
}

/// What a line of a settlement says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::SettlementLineKind")]
pub(crate) enum SettlementLineKind {
    /// Money was taken.
    Capture,
    /// Money was given back.
    Refund,
    /// What was given back did not arrive.
    RefundReversal,
    /// A payer's bank took it.
    Chargeback,
    /// It came back.
    ChargebackReversal,
    /// The provider took its due.
    Fee,
    /// Money changed its currency.
    Conversion,
    /// The provider holds some back, or lets it go.
    Reserve,
    /// The provider corrected its own books.
    Correction,
    /// From one batch to the next.
    BalanceTransfer,
    /// It was sent to our bank.
    Payout,
    /// What was sent came back.
    PayoutReversal,
    /// A word that we do not know.
    Unknown,
}

/// Whether a match counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::MatchState")]
pub(crate) enum MatchState {
    /// A person is to look at it.
    Proposed,
    /// It counts.
    Confirmed,
    /// It does not any more.
    Undone,
}

/// Where a transfer from a provider stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::PayoutState")]
pub(crate) enum PayoutState {
    /// It is to be sent.
    Expected,
    /// It was sent.
    InTransit,
    /// The bank has it.
    Received,
    /// It should have come.
    Missing,
    /// It came back.
    Failed,
}

/// How a bank writes its statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::BankFormat")]
pub(crate) enum BankFormat {
    /// ISO 20022 camt.053.
    #[graphql(name = "CAMT053")]
    Camt053,
    /// SWIFT MT940.
    #[graphql(name = "MT940")]
    Mt940,
    /// BAI2.
    #[graphql(name = "BAI2")]
    Bai2,
    /// A table of our own.
    GenericCsv,
}

/// What kind of difference it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ReconciliationExceptionKind")]
pub(crate) enum ReconciliationExceptionKind {
    /// A capture is older than its settlement takes, and no line tells of it.
    MissingInPsp,
    /// A line tells of a payment that we do not know.
    MissingInLedger,
    /// Amounts differ beyond what is tolerated.
    AmountMismatch,
    /// Currencies differ.
    CurrencyMismatch,
    /// A line is there twice.
    DuplicateLine,
    /// Two captures of one shipment.
    DuplicateCapture,
    /// A fee differs from what was agreed.
    FeeVariance,
    /// The lines do not sum to what was sent.
    BatchOutOfBalance,
    /// A payout was sent, and the bank does not have it.
    MissingBankCredit,
    /// The bank has more than anybody sent.
    UnexpectedBankCredit,
    /// The bank paid what nobody asked for.
    UnexpectedBankDebit,
    /// The bank has less than was sent.
    BankShort,
    /// The bank has more than was sent.
    BankOver,
    /// A line of a kind that we do not know.
    UnknownType,
    /// A refund is older than its settlement takes, and no line tells of it.
    RefundNotSettled,
    /// A refund did not arrive.
    RefundFailed,
    /// Money was given back and taken too.
    RefundAndChargeback,
    /// A payer's bank took money that nobody told us of.
    Chargeback,
    /// A bank took money of an order that had ended.
    LateChargeback,
    /// A batch owes the provider.
    NegativeBatch,
    /// An authorization ends before it is captured.
    StaleAuthorization,
    /// A statement is missing before this one.
    StatementGap,
    /// A balance does not follow from the entries.
    BalanceBreak,
}

/// Where a difference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ReconciliationExceptionState")]
pub(crate) enum ReconciliationExceptionState {
    /// It waits for a person.
    Open,
    /// A second person is to agree.
    AwaitingApproval,
    /// It is explained.
    Resolved,
}

/// How a difference was explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ReconciliationResolution")]
pub(crate) enum ReconciliationResolution {
    /// It was matched.
    Matched,
    /// It stands alone, and that is right.
    Unmatched,
    /// It was written off.
    WrittenOff,
    /// The provider or bank was asked.
    Disputed,
    /// It is right as it is.
    Accepted,
    /// It waits in suspense.
    MovedToSuspense,
}

#[derive(Clone)]
pub(crate) struct SettlementReport(pub(crate) Arc<settlement_report::Model>);

/// What a provider says it settled: one file or batch, read line by line. Needs `SETTLEMENTS_READ`, and reach over every
/// channel of the company.
#[Object]
impl SettlementReport {
    /// Its id, `str_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::SettlementReport, self.0.id)
    }

    /// The provider, as its payments name it.
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// Its account, where the file names one.
    async fn provider_account(&self) -> Option<&str> {
        self.0.provider_account.as_deref()
    }

    /// Whose account it is.
    async fn legal_entity(&self, ctx: &Context<'_>) -> Option<LegalEntity> {
        let found = ctx.loaders().legal_entity(self.0.legal_entity_id).await.or_null(ctx)?;
        found.map(LegalEntity)
    }

    /// How it is written.
    async fn format(&self) -> SettlementFormat {
        self.0.format.into()
    }

    /// What tells the batch from others: a batch number, a payout, a day; from the first to the last where a file holds several.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// What the file was called.
    async fn file_name(&self) -> Option<&str> {
        self.0.file_name.as_deref()
    }

    /// When it came.
    async fn imported_at(&self) -> DateTime {
        DateTime(self.0.imported_at)
    }

    /// Who brought it.
    async fn imported_by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.imported_by_kind, self.0.imported_by_id).await
    }

    /// Where the reading stands. Large files are read on after the mutation has answered.
    async fn state(&self) -> SettlementReportState {
        self.0.state.into()
    }

    /// What could not be read: the first 100 faults, each with its line. Of an imported report, rows that were left out.
    async fn faults(&self) -> Vec<UserError> {
        user_errors(import::faults(&self.0))
    }

    /// How many lines it has.
    async fn line_count(&self) -> i32 {
        self.0.line_count
    }

    /// How many of them are explained; it grows while they are looked at.
    async fn matched_count(&self) -> i32 {
        self.0.matched_count
    }

    /// How many differences it raised in all, resolved ones among them.
    async fn exception_count(&self) -> i32 {
        self.0.exception_count
    }

    /// What it comes to, by currency of the settlement.
    async fn totals(&self) -> Vec<SettlementTotals> {
        let totals = import::totals(&self.0).into_iter();
        totals.map(|(currency, total)| SettlementTotals { currency, total }).collect()
    }

    /// The payouts that it is the first to tell of.
    async fn payouts(&self, ctx: &Context<'_>) -> Result<Vec<Payout>, Failure> {
        let rows = ctx.loaders().payouts_of_report(self.0.id).await?;
        Ok(rows.iter().cloned().map(Payout).collect())
    }

    /// Which version of the batch it is, from 1. The same batch with other content is a new one.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The version before it, whose postings were taken back.
    async fn supersedes(&self, ctx: &Context<'_>) -> Result<Option<SettlementReport>, Failure> {
        let Some(before) = self.0.supersedes_id else { return Ok(None) };
        Ok(ctx.loaders().settlement_report(before).await?.map(SettlementReport))
    }

    /// What changed since the version before it, in words.
    async fn differences(&self) -> Vec<String> {
        import::said_differences(&self.0)
    }

    /// Its lines, in the order of the file; none until it is read to its end.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the field")]
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only lines that are explained, or only those that are not.")]
        matched: Option<bool>,
        #[graphql(desc = "Of these kinds.")] kinds: Option<Vec<SettlementLineKind>>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<SettlementLineConnection, Failure> {
        let kinds: Option<Vec<enums::SettlementLineKind>> =
            kinds.map(|kinds| kinds.into_iter().map(Into::into).collect());
        let page = page_args(first, after, last, before);
        let rows = read::lines(&ctx.read(), &self.0, matched, kinds.as_deref(), &page).await?;
        let report = self.0.clone();
        let count = counted(ctx, move |scope| {
            let (report, kinds) = (report.clone(), kinds.clone());
            async move {
                read::lines_count(&scope.store.read(), &report, matched, kinds.as_deref()).await
            }
        });
        Ok(SettlementLineConnection::new(rows.map(|row| SettlementLine(Arc::new(row))), count))
    }
}

crate::paging::connection!(
    SettlementReportConnection,
    SettlementReportEdge,
    SettlementReport,
    "settlement reports"
);

pub(crate) struct SettlementTotals {
    currency: String,
    total: operations::settlements::totals::Total,
}

impl SettlementTotals {
    fn money(&self, minor: i64) -> Money {
        Money::of(minor, &self.currency)
    }
}

/// What a report comes to in one currency: opening + net - payouts = closing, where the provider states its balance.
#[Object]
impl SettlementTotals {
    /// The currency.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.currency.clone())
    }

    /// What payers paid in this currency, less what they got back.
    async fn gross(&self) -> Money {
        self.money(self.total.gross)
    }

    /// What the provider kept.
    async fn fees(&self) -> Money {
        self.money(self.total.fees)
    }

    /// What came to the balance, before payouts.
    async fn net(&self) -> Money {
        self.money(self.total.net)
    }

    /// What was sent to the bank.
    async fn payouts(&self) -> Money {
        self.money(self.total.payouts)
    }

    /// The balance before, where the provider states it.
    async fn opening(&self) -> Option<Money> {
        Some(self.money(self.total.opening?))
    }

    /// The balance after, where the provider states it.
    async fn closing(&self) -> Option<Money> {
        Some(self.money(self.total.closing?))
    }
}

#[derive(Clone)]
pub(crate) struct SettlementLine(pub(crate) Arc<settlement_line::Model>);

/// A line of a settlement. Needs `SETTLEMENTS_READ`.
#[Object]
impl SettlementLine {
    /// Its id, `sln_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::SettlementLine, self.0.id)
    }

    /// The file.
    async fn report(&self, ctx: &Context<'_>) -> Result<SettlementReport, Failure> {
        Ok(SettlementReport(present(ctx.loaders().settlement_report(self.0.report_id).await?)?))
    }

    /// Where its row begins in the file, from 1; of a file without rows, which one it is.
    async fn line_number(&self) -> i32 {
        self.0.line_number
    }

    /// What happened.
    async fn kind(&self) -> SettlementLineKind {
        self.0.kind.into()
    }

    /// What the provider calls the payment.
    async fn provider_reference(&self) -> Option<&str> {
        self.0.provider_reference.as_deref()
    }

    /// What the provider calls the single capture, refund or dispute.
    async fn modification_reference(&self) -> Option<&str> {
        self.0.modification_reference.as_deref()
    }

    /// What we call it.
    async fn merchant_reference(&self) -> Option<&str> {
        self.0.merchant_reference.as_deref()
    }

    /// In the currency of the payment; positive is to us.
    async fn gross(&self) -> Money {
        Money::of(self.0.gross_minor, &self.0.gross_currency)
    }

    /// What the provider kept, in the currency of the settlement; below zero it gave a fee back.
    async fn fee(&self) -> Money {
        Money::of(self.0.fee_minor, &self.0.currency)
    }

    /// What came to the balance: gross, at the rate where there is one, less the fee.
    async fn net(&self) -> Money {
        Money::of(self.0.net_minor, &self.0.currency)
    }

    /// From the currency of the payment to that of the settlement, where they differ.
    async fn exchange_rate(&self) -> Option<Decimal> {
        self.0.exchange_rate.as_deref()?.parse().ok().map(Decimal)
    }

    /// When it happened.
    async fn occurred_at(&self) -> Option<DateTime> {
        self.0.occurred_at.map(DateTime)
    }

    /// When it came to the balance.
    async fn booked_at(&self) -> Option<DateTime> {
        self.0.booked_at.map(DateTime)
    }

    /// The payout that it is part of.
    async fn payout(&self, ctx: &Context<'_>) -> Result<Option<Payout>, Failure> {
        let Some(payout) = self.0.payout_id else { return Ok(None) };
        Ok(ctx.loaders().payout(payout).await?.map(Payout))
    }

    /// The difference that it raised; where it raised several, one that is open.
    async fn exception(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<ReconciliationException>, Failure> {
        let found = ctx.loaders().exception_of((read::Side::Line, self.0.id)).await?;
        Ok(found.map(ReconciliationException))
    }

    /// What explains it; matches that were taken back are left out. A fee or reserve needs none.
    async fn matches(&self, ctx: &Context<'_>) -> Result<Vec<Match>, Failure> {
        let rows = ctx.loaders().matches_of((read::Side::Line, self.0.id)).await?;
        Ok(rows.iter().cloned().map(Match).collect())
    }

    /// The row as the provider wrote it, by column name.
    async fn raw(&self) -> async_graphql::Json<Json> {
        async_graphql::Json(self.0.raw.clone())
    }
}

crate::paging::connection!(
    SettlementLineConnection,
    SettlementLineEdge,
    SettlementLine,
    "lines of settlements"
);

#[derive(Clone)]
pub(crate) struct Match(pub(crate) Arc<match_row::Model>);

/// One settlement line with a transaction, or one bank line with a payout, a transaction (paid by transfer) or an invoice.
/// Many to many: a bulk line may settle several captures, one credit may hold several payouts. Needs `SETTLEMENTS_READ`.
#[Object]
impl Match {
    /// Its id, `mat_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Match, self.0.id)
    }

    /// The line of a settlement.
    async fn settlement_line(&self, ctx: &Context<'_>) -> Result<Option<SettlementLine>, Failure> {
        let Some(line) = self.0.settlement_line_id else { return Ok(None) };
        Ok(ctx.loaders().settlement_line(line).await?.map(SettlementLine))
    }

    /// The entry of a bank statement.
    async fn bank_line(&self, ctx: &Context<'_>) -> Result<Option<BankLine>, Failure> {
        let Some(line) = self.0.bank_line_id else { return Ok(None) };
        Ok(ctx.loaders().bank_line(line).await?.map(BankLine))
    }

    /// The step of a payment. Needs `PAYMENTS_READ`.
    async fn transaction(&self, ctx: &Context<'_>) -> Option<PaymentTransaction> {
        ctx.actor().and_then(|actor| actor.require(Permission::PaymentsRead)).or_null(ctx)?;
        let found = ctx.loaders().transaction(self.0.transaction_id?).await.or_null(ctx)?;
        found.map(PaymentTransaction)
    }

    /// The payout.
    async fn payout(&self, ctx: &Context<'_>) -> Result<Option<Payout>, Failure> {
        let Some(payout) = self.0.payout_id else { return Ok(None) };
        Ok(ctx.loaders().payout(payout).await?.map(Payout))
    }

    /// The invoice. Needs `PAYMENTS_READ`.
    async fn invoice(&self, ctx: &Context<'_>) -> Option<Invoice> {
        ctx.loaders().invoice(self.0.invoice_id?).await.or_null(ctx)?.map(Invoice)
    }

    /// How much of both; of a capture that shows as a whole and a part taken back, the part is below zero.
    async fn amount(&self) -> Money {
        Money::of(self.0.amount_minor, &self.0.currency)
    }

    /// Whether it counts: PROPOSED posts nothing until a person confirms it.
    async fn state(&self) -> MatchState {
        self.0.state.into()
    }

    /// By which rule: `modification_reference`, `payment_reference`, `merchant_reference`, `payout`, `payout_reference`,
    /// `amount_and_provider`, `sum_of_payouts`, `invoice_number`, `by_hand`, `written_off`, `suspended`.
    async fn rule(&self) -> &str {
        &self.0.rule
    }

    /// How sure, from 0 to 1.
    #[expect(clippy::float_arithmetic, reason = "a share to be shown, no money")]
    async fn confidence(&self) -> f64 {
        f64::from(self.0.confidence_percent) / 100.0
    }

    /// When.
    async fn matched_at(&self) -> DateTime {
        DateTime(self.0.matched_at)
    }

    /// Who.
    async fn matched_by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.matched_by_kind, self.0.matched_by_id).await
    }
}

#[derive(Clone)]
pub(crate) struct Payout(pub(crate) Arc<payout::Model>);

/// A bulk transfer from a provider to the merchant's bank account. Needs `SETTLEMENTS_READ`.
#[Object]
impl Payout {
    /// Its id, `pyo_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Payout, self.0.id)
    }

    /// The provider.
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// Its account.
    async fn provider_account(&self) -> Option<&str> {
        self.0.provider_account.as_deref()
    }

    /// What the provider, and mostly the bank, calls it.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// What is sent; below zero the provider collects it.
    async fn amount(&self) -> Money {
        Money::of(self.0.amount_minor, &self.0.currency)
    }

    /// Where it stands.
    async fn state(&self) -> PayoutState {
        self.0.state.into()
    }

    /// When the bank should have it; five working days later it is missing.
    async fn expected_at(&self) -> Option<DateTime> {
        self.0.expected_at.map(DateTime)
    }

    /// When it was sent.
    async fn paid_at(&self) -> Option<DateTime> {
        self.0.paid_at.map(DateTime)
    }

    /// The file that was the first to tell of it.
    async fn report(&self, ctx: &Context<'_>) -> Result<Option<SettlementReport>, Failure> {
        let Some(report) = self.0.report_id else { return Ok(None) };
        Ok(ctx.loaders().settlement_report(report).await?.map(SettlementReport))
    }

    /// Its own line, and the bank's.
    async fn matches(&self, ctx: &Context<'_>) -> Result<Vec<Match>, Failure> {
        let rows = ctx.loaders().matches_of((read::Side::Payout, self.0.id)).await?;
        Ok(rows.iter().cloned().map(Match).collect())
    }

    /// The lines that it is made of, its own line among them, oldest first.
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<SettlementLineConnection, Failure> {
        let page = page_args(first, after, last, before);
        let payout = self.0.id;
        let rows = read::lines_of_payout(&ctx.read(), payout, &page).await?;
        let count = counted(ctx, move |scope| async move {
            read::lines_of_payout_count(&scope.store.read(), payout).await
        });
        Ok(SettlementLineConnection::new(rows.map(|row| SettlementLine(Arc::new(row))), count))
    }
}

crate::paging::connection!(PayoutConnection, PayoutEdge, Payout, "payouts");

#[derive(Clone)]
pub(crate) struct BankStatement(pub(crate) Arc<bank_statement::Model>);

/// What a bank says of an account. Needs `SETTLEMENTS_READ`.
#[Object]
impl BankStatement {
    /// Its id, `bst_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::BankStatement, self.0.id)
    }

    /// The account: an IBAN without blanks, or what the bank calls it.
    async fn account(&self) -> &str {
        &self.0.account
    }

    /// Whose account it is.
    async fn legal_entity(&self, ctx: &Context<'_>) -> Option<LegalEntity> {
        let found = ctx.loaders().legal_entity(self.0.legal_entity_id).await.or_null(ctx)?;
        found.map(LegalEntity)
    }

    /// How it is written.
    async fn format(&self) -> BankFormat {
        self.0.format.into()
    }

    /// What the bank calls it.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// The first day.
    async fn from(&self) -> Option<Date> {
        self.0.from_day.clone().map(Date)
    }

    /// The last one.
    async fn to(&self) -> Option<Date> {
        self.0.to_day.clone().map(Date)
    }

    /// The booked balance before.
    async fn opening(&self) -> Option<Money> {
        Some(Money::of(self.0.opening_minor?, self.0.currency.as_deref()?))
    }

    /// The booked balance after.
    async fn closing(&self) -> Option<Money> {
        Some(Money::of(self.0.closing_minor?, self.0.closing_currency.as_deref()?))
    }

    /// When it came.
    async fn imported_at(&self) -> DateTime {
        DateTime(self.0.imported_at)
    }

    /// Its entries, in their order; what is announced and not booked is no entry.
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only entries that are explained, or only those that are not.")]
        matched: Option<bool>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<BankLineConnection, Failure> {
        let page = page_args(first, after, last, before);
        let statement = self.0.id;
        let rows = read::bank_lines(&ctx.read(), statement, matched, &page).await?;
        let count = counted(ctx, move |scope| async move {
            read::bank_lines_count(&scope.store.read(), statement, matched).await
        });
        Ok(BankLineConnection::new(rows.map(|row| BankLine(Arc::new(row))), count))
    }
}

crate::paging::connection!(
    BankStatementConnection,
    BankStatementEdge,
    BankStatement,
    "bank statements"
);

#[derive(Clone)]
pub(crate) struct BankLine(pub(crate) Arc<bank_line::Model>);

/// An entry of a bank statement. Needs `SETTLEMENTS_READ`.
#[Object]
impl BankLine {
    /// Its id, `bln_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::BankLine, self.0.id)
    }

    /// The statement.
    async fn statement(&self, ctx: &Context<'_>) -> Result<BankStatement, Failure> {
        Ok(BankStatement(present(ctx.loaders().bank_statement(self.0.statement_id).await?)?))
    }

    /// Positive is to us.
    async fn amount(&self) -> Money {
        Money::of(self.0.amount_minor, &self.0.currency)
    }

    /// When the bank booked it.
    async fn booked_at(&self) -> Date {
        Date(self.0.booked_at.clone())
    }

    /// From when it bears interest.
    async fn value_date(&self) -> Option<Date> {
        self.0.value_date.clone().map(Date)
    }

    /// What the bank or the payer calls it.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// What is said of it. Names in it are personal data: without `CUSTOMERS_PII` letters of words that may be names are masked.
    async fn description(&self, ctx: &Context<'_>) -> Option<String> {
        let said = self.0.description.as_deref()?;
        Some(if ctx.may(Permission::CustomersPii) { said.to_owned() } else { masked(said) })
    }

    /// What explains it; matches that were taken back are left out.
    async fn matches(&self, ctx: &Context<'_>) -> Result<Vec<Match>, Failure> {
        let rows = ctx.loaders().matches_of((read::Side::BankLine, self.0.id)).await?;
        Ok(rows.iter().cloned().map(Match).collect())
    }

    /// The difference that it raised; where it raised several, one that is open.
    async fn exception(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<ReconciliationException>, Failure> {
        let found = ctx.loaders().exception_of((read::Side::BankLine, self.0.id)).await?;
        Ok(found.map(ReconciliationException))
    }
}

crate::paging::connection!(
    BankLineConnection,
    BankLineEdge,
    BankLine,
    "entries of bank statements"
);

/// A text without what may be a name in it: words with a digit are references and stay, of others the first letter does.
fn masked(text: &str) -> String {
    let word = |word: &str| {
        if word.chars().any(|c| c.is_ascii_digit()) {
            return word.to_owned();
        }
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        first.chain(letters.map(|c| if c.is_alphabetic() { '*' } else { c })).collect()
    };
    text.split(' ').map(word).collect::<Vec<String>>().join(" ")
}

#[derive(Clone)]
pub(crate) struct ReconciliationException(pub(crate) Arc<reconciliation_exception::Model>);

/// A difference that a person must explain. Nothing is ever silently dropped. Needs `SETTLEMENTS_READ`.
#[Object]
impl ReconciliationException {
    /// Its id, `rex_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::ReconciliationException, self.0.id)
    }

    /// What kind of difference.
    async fn kind(&self) -> ReconciliationExceptionKind {
        self.0.kind.into()
    }

    /// Where it stands.
    async fn state(&self) -> ReconciliationExceptionState {
        self.0.state.into()
    }

    /// Absolute: the difference at stake, or the whole line where nothing matches it; zero where no amount is at stake.
    async fn amount(&self) -> Money {
        Money::of(self.0.amount_minor, &self.0.currency)
    }

    /// What is known of it, in a sentence.
    async fn explanation(&self) -> &str {
        &self.0.explanation
    }

    /// The file.
    async fn report(&self, ctx: &Context<'_>) -> Result<Option<SettlementReport>, Failure> {
        let Some(report) = self.0.report_id else { return Ok(None) };
        Ok(ctx.loaders().settlement_report(report).await?.map(SettlementReport))
    }

    /// The line.
    async fn settlement_line(&self, ctx: &Context<'_>) -> Result<Option<SettlementLine>, Failure> {
        let Some(line) = self.0.settlement_line_id else { return Ok(None) };
        Ok(ctx.loaders().settlement_line(line).await?.map(SettlementLine))
    }

    /// The bank statement.
    async fn statement(&self, ctx: &Context<'_>) -> Result<Option<BankStatement>, Failure> {
        let Some(statement) = self.0.statement_id else { return Ok(None) };
        Ok(ctx.loaders().bank_statement(statement).await?.map(BankStatement))
    }

    /// The entry of a bank statement.
    async fn bank_line(&self, ctx: &Context<'_>) -> Result<Option<BankLine>, Failure> {
        let Some(line) = self.0.bank_line_id else { return Ok(None) };
        Ok(ctx.loaders().bank_line(line).await?.map(BankLine))
    }

    /// The payout.
    async fn payout(&self, ctx: &Context<'_>) -> Result<Option<Payout>, Failure> {
        let Some(payout) = self.0.payout_id else { return Ok(None) };
        Ok(ctx.loaders().payout(payout).await?.map(Payout))
    }

    /// The payment. Needs `PAYMENTS_READ`.
    async fn payment(&self, ctx: &Context<'_>) -> Option<Payment> {
        ctx.actor().and_then(|actor| actor.require(Permission::PaymentsRead)).or_null(ctx)?;
        ctx.loaders().payment(self.0.payment_id?).await.or_null(ctx)?.map(Payment)
    }

    /// The dispute. Needs `PAYMENTS_READ`.
    async fn dispute(&self, ctx: &Context<'_>) -> Option<Dispute> {
        ctx.loaders().dispute(self.0.dispute_id?).await.or_null(ctx)?.map(Dispute)
    }

    /// When it was found, or opened again; its age counts from then.
    async fn raised_at(&self) -> DateTime {
        DateTime(self.0.raised_at)
    }

    /// When it was explained.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.resolved_at.map(DateTime)
    }

    /// Who explained it.
    async fn resolved_by(&self, ctx: &Context<'_>) -> Option<ActorRef> {
        let kind = self.0.resolved_by_kind?;
        ActorRef::load(ctx, kind, self.0.resolved_by_id).await.or_null(ctx)
    }

    /// How it was explained, or is to be once a second person agrees.
    async fn resolution(&self) -> Option<ReconciliationResolution> {
        self.0.resolution.map(Into::into)
    }

    /// What was said of it.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }
}

crate::paging::connection!(
    ReconciliationExceptionConnection,
    ReconciliationExceptionEdge,
    ReconciliationException,
    "reconciliation exceptions"
);

/// What came of the import of a settlement file.
#[derive(SimpleObject)]
pub(crate) struct SettlementReportPayload {
    /// The report; null when refused.
    pub(super) report: Option<SettlementReport>,
    /// Whether the same bytes had come before: nothing changed.
    pub(super) duplicate: bool,
    /// Why it was refused, every fault with its line; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}

/// What came of the import of bank statements.
#[derive(SimpleObject)]
pub(crate) struct BankStatementsPayload {
    /// The statements of the file, in its order; null when refused.
    pub(super) statements: Option<Vec<BankStatement>>,
    /// Whether all of them had come before: nothing changed.
    pub(super) duplicate: bool,
    /// Why it was refused, every fault with its line; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}

/// What came of a match.
#[derive(SimpleObject)]
pub(crate) struct MatchPayload {
    /// The matches; null when refused.
    pub(super) matches: Option<Vec<Match>>,
    /// Why it was refused; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}

/// What came of a difference.
#[derive(SimpleObject)]
pub(crate) struct ExceptionPayload {
    /// The difference; null when refused.
    pub(super) exception: Option<ReconciliationException>,
    /// Why it was refused; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_masked_and_a_reference_is_not() {
        assert_eq!(masked("TX9001XT batch 14, Jane Doe-Łoś"), "TX9001XT b**** 14, J*** D**-***");
    }
}
