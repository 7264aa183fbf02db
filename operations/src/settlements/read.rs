//! Questions about settlements and bank statements. They are reached by whoever reaches every channel of the company.

use super::sql as queries;
use crate::actor::Actor;
use crate::error::Result;
use crate::ledger::read::in_reach;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::{
    PayoutState, ReconciliationExceptionKind, ReconciliationExceptionState, SettlementLineKind,
};
use entities::{
    bank_line, bank_statement, match_row, payment, payout, reconciliation_exception,
    settlement_line, settlement_report,
};
use rust_decimal::Decimal;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

pub use super::sql::Money;

const NEWEST: Order = Order::by_id("r.id", true);
const OLDEST: Order = Order::by_id("r.id", false);
const BY_LINE: Order = Order::by_number("r.line_number", "r.id", false);

/// What a list is restricted to: companies in reach, none for all.
pub(super) type Reach = Option<Vec<Uuid>>;

async fn reach(db: &Db, actor: &Actor) -> Result<Reach> {
    actor.require(Permission::SettlementsRead)?;
    in_reach(db, actor).await
}

/// Which exceptions.
#[derive(Debug, Clone, Default)]
pub struct ExceptionFilter {
    /// In these states.
    pub states: Option<Vec<ReconciliationExceptionState>>,
    /// Of these kinds.
    pub kinds: Option<Vec<ReconciliationExceptionKind>>,
    /// Of this provider.
    pub provider: Option<String>,
    /// Raised from this moment on.
    pub raised_from: Option<OffsetDateTime>,
    /// And before this one.
    pub raised_to: Option<OffsetDateTime>,
    /// From this amount on, in ten-thousandths of a unit.
    pub amount_from: Option<i64>,
    /// Up to this one.
    pub amount_to: Option<i64>,
}

/// Units in ten-thousandths, as filters compare them.
pub fn scaled(amount: Decimal) -> i64 {
    let scaled = amount.checked_mul(Decimal::from(10_000)).unwrap_or(Decimal::MAX).round();
    i64::try_from(scaled.mantissa()).unwrap_or(if amount.is_sign_negative() { 0 } else { i64::MAX })
}

/// Reports, newest first.
pub async fn reports(
    db: &Db,
    actor: &Actor,
    provider: Option<&str>,
    page: &PageArgs,
) -> Result<Rows<settlement_report::Model>> {
    let reach = reach(db, actor).await?;
    let page = page.check(NEWEST)?;
    let rows = queries::reports(db, &reach, provider, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many.
pub async fn reports_count(db: &Db, actor: &Actor, provider: Option<&str>) -> Result<i64> {
    queries::reports_count(db, &reach(db, actor).await?, provider).await
}

/// Lines of a report, in its order; nobody sees those of one that is not read to its end.
pub async fn lines(
    db: &Db,
    report: &settlement_report::Model,
    matched: Option<bool>,
    kinds: Option<&[SettlementLineKind]>,
    page: &PageArgs,
) -> Result<Rows<settlement_line::Model>> {
    let page = page.check(BY_LINE)?;
    let rows = queries::lines_of_report(db, report.id, matched, kinds, page.sql(BY_LINE)).await?;
    let key = |row: &settlement_line::Model| SortValue::Number(row.line_number.into());
    Ok(page.finish(rows, |row| Cursor::new(key(row), row.id)))
}

/// How many.
pub async fn lines_count(
    db: &Db,
    report: &settlement_report::Model,
    matched: Option<bool>,
    kinds: Option<&[SettlementLineKind]>,
) -> Result<i64> {
    queries::lines_of_report_count(db, report.id, matched, kinds).await
}

/// Lines that a payout is made of, oldest first.
pub async fn lines_of_payout(
    db: &Db,
    payout: Uuid,
    page: &PageArgs,
) -> Result<Rows<settlement_line::Model>> {
    let page = page.check(OLDEST)?;
    let rows = queries::lines_of_payout(db, payout, page.sql(OLDEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many.
pub async fn lines_of_payout_count(db: &Db, payout: Uuid) -> Result<i64> {
    queries::lines_of_payout_count(db, payout).await
}

/// Payouts, newest first.
pub async fn payouts(
    db: &Db,
    actor: &Actor,
    states: Option<&[PayoutState]>,
    page: &PageArgs,
) -> Result<Rows<payout::Model>> {
    let reach = reach(db, actor).await?;
    let page = page.check(NEWEST)?;
    let rows = queries::payouts_listed(db, &reach, states, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many.
pub async fn payouts_count(db: &Db, actor: &Actor, states: Option<&[PayoutState]>) -> Result<i64> {
    queries::payouts_count(db, &reach(db, actor).await?, states).await
}

/// Statements, newest first.
pub async fn statements(
    db: &Db,
    actor: &Actor,
    account: Option<&str>,
    page: &PageArgs,
) -> Result<Rows<bank_statement::Model>> {
    let reach = reach(db, actor).await?;
    let account = account.map(crate::bank::files::account_key);
    let page = page.check(NEWEST)?;
    let rows = queries::statements(db, &reach, account.as_deref(), page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many.
pub async fn statements_count(db: &Db, actor: &Actor, account: Option<&str>) -> Result<i64> {
    let account = account.map(crate::bank::files::account_key);
    queries::statements_count(db, &reach(db, actor).await?, account.as_deref()).await
}

/// Entries of a statement, in its order.
pub async fn bank_lines(
    db: &Db,
    statement: Uuid,
    matched: Option<bool>,
    page: &PageArgs,
) -> Result<Rows<bank_line::Model>> {
    let page = page.check(BY_LINE)?;
    let rows = queries::bank_lines(db, statement, matched, page.sql(BY_LINE)).await?;
    let key = |row: &bank_line::Model| SortValue::Number(row.line_number.into());
    Ok(page.finish(rows, |row| Cursor::new(key(row), row.id)))
}

/// How many.
pub async fn bank_lines_count(db: &Db, statement: Uuid, matched: Option<bool>) -> Result<i64> {
    queries::bank_lines_count(db, statement, matched).await
}

/// Exceptions, newest first.
pub async fn exceptions(
    db: &Db,
    actor: &Actor,
    filter: &ExceptionFilter,
    page: &PageArgs,
) -> Result<Rows<reconciliation_exception::Model>> {
    let reach = reach(db, actor).await?;
    let page = page.check(NEWEST)?;
    let rows = queries::exceptions(db, &reach, filter, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many.
pub async fn exceptions_count(db: &Db, actor: &Actor, filter: &ExceptionFilter) -> Result<i64> {
    queries::exceptions_count(db, &reach(db, actor).await?, filter).await
}

macro_rules! by_ids {
    ($($(#[$doc:meta])* $name:ident: $model:ident = $query:ident;)*) => {$(
        $(#[$doc])*
        pub async fn $name(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<$model::Model>> {
            let reach = reach(db, actor).await?;
            queries::$query(db, &reach, ids).await
        }
    )*};
}

by_ids! {
    /// Reports by id, within reach.
    reports_by_ids: settlement_report = reports_reached;
    /// Lines by id, within reach.
    lines_by_ids: settlement_line = lines_reached;
    /// Payouts by id, within reach.
    payouts_by_ids: payout = payouts_reached;
    /// Statements by id, within reach.
    statements_by_ids: bank_statement = statements_reached;
    /// Entries by id, within reach.
    bank_lines_by_ids: bank_line = bank_lines_reached;
    /// Exceptions by id, within reach.
    exceptions_by_ids: reconciliation_exception = exceptions_reached;
    /// Matches by id, within reach.
    matches_by_ids: match_row = matches_reached;
}

/// Of what matches are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// A line of a settlement.
    Line,
    /// An entry of a statement.
    BankLine,
    /// A payout.
    Payout,
    /// A step of a payment.
    Transaction,
}

/// Matches that were not taken back, oldest first, by what they are of.
pub async fn matches_of(
    db: &Db,
    side: Side,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<match_row::Model>>> {
    let mut found: HashMap<Uuid, Vec<match_row::Model>> = HashMap::new();
    for row in queries::matches_of(db, side, ids).await? {
        let id = match side {
            Side::Line => row.settlement_line_id,
            Side::BankLine => row.bank_line_id,
            Side::Payout => row.payout_id,
            Side::Transaction => row.transaction_id,
        };
        if let Some(id) = id {
            found.entry(id).or_default().push(row);
        }
    }
    Ok(found)
}

/// The difference that lines or entries raised last, by line.
pub async fn exceptions_of(
    db: &Db,
    side: Side,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, reconciliation_exception::Model>> {
    let rows = queries::exceptions_of(db, side == Side::BankLine, ids).await?;
    let id = |row: &reconciliation_exception::Model| match side {
        Side::BankLine => row.bank_line_id,
        Side::Line | Side::Payout | Side::Transaction => row.settlement_line_id,
    };
    Ok(rows.into_iter().filter_map(|row| Some((id(&row)?, row))).collect())
}

/// Payouts that a report is about, by report, oldest first.
pub async fn payouts_of_reports(
    db: &Db,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<payout::Model>>> {
    let mut found: HashMap<Uuid, Vec<payout::Model>> = HashMap::new();
    for row in queries::payouts_of_reports(db, ids).await? {
        if let Some(report) = row.report_id {
            found.entry(report).or_default().push(row);
        }
    }
    Ok(found)
}

/// What settlements say of payments: by payment. Whoever sees the payment sees it.
pub async fn money_of_payments(db: &Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Money>> {
    let mut found: HashMap<Uuid, Money> = HashMap::new();
    for row in queries::money_of_payments(db, ids).await? {
        found.insert(row.payment, row);
    }
    Ok(found)
}

/// Where the cash of a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cash {
    /// Nowhere yet, or never: nothing was captured, or it was paid with a card or credit of ours.
    None,
    /// The provider owes it.
    AtProvider,
    /// It was sent.
    InTransit,
    /// The bank has it.
    AtBank,
    /// Nobody expects it any longer.
    WrittenOff,
}

impl Cash {
    /// Its name in queries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::AtProvider => "AT_PROVIDER",
            Self::InTransit => "IN_TRANSIT",
            Self::AtBank => "AT_BANK",
            Self::WrittenOff => "WRITTEN_OFF",
        }
    }

    /// Where the cash of a payment is, by what settlements say of it.
    pub fn of(payment: &payment::Model, money: &Money) -> Self {
        if payment.captured_minor <= 0 || !payment.is_with_a_provider() {
            return Self::None;
        }
        if payment.provider == crate::ledger::templates::BANK_TRANSFER {
            return Self::AtBank;
        }
        if money.written_off > 0 && money.captured + money.written_off >= payment.captured_minor {
            return Self::WrittenOff;
        }
        if money.received >= payment.captured_minor {
            return Self::AtBank;
        }
        if money.sent >= payment.captured_minor { Self::InTransit } else { Self::AtProvider }
    }
}

/// When a provider should have settled what was captured; none where nothing is to come.
pub fn expected_settlement(payment: &payment::Model, money: &Money) -> Option<OffsetDateTime> {
    if Cash::of(payment, money) != Cash::AtProvider || money.captured >= payment.captured_minor {
        return None;
    }
    let delay = super::days::settlement_delay(&payment.provider, &payment.method);
    Some(super::days::business_days_after(payment.captured_at?, delay))
}

/// Accounts at banks and providers, by company; a provider's as `provider:account`.
pub async fn accounts(
    db: &Db,
    entities: &[Uuid],
) -> Result<HashMap<Uuid, (Vec<String>, Vec<String>)>> {
    let (banks, providers) = queries::accounts_of(db, entities).await?;
    let mut found: HashMap<Uuid, (Vec<String>, Vec<String>)> = HashMap::new();
    for row in banks {
        found.entry(row.legal_entity_id).or_default().0.push(row.account);
    }
    for row in providers {
        let name = format!("{}:{}", row.provider, row.account);
        found.entry(row.legal_entity_id).or_default().1.push(name);
    }
    Ok(found)
}

/// What breaks the promises of settlements.
pub(crate) async fn check(db: &Db) -> Result<[crate::integrity::Check; 5]> {
    use crate::integrity::grouped;
    let payouts = grouped(
        db,
        "payouts against postings",
        "payouts",
        queries::payouts_off(db.is_postgres()),
        |(provider, reference, open, booked)| {
            format!("payout {reference} of {provider}: {open} is on its way, {booked} is booked")
        },
    );
    let steps = grouped(
        db,
        "steps of payments against settlements",
        "matches",
        queries::steps_off(),
        |(kind, number, amount, settled)| {
            format!("{kind} of order {number}: {settled} of {amount} is settled")
        },
    );
    let lines = grouped(
        db,
        "lines of settlements against matches",
        "settlement_lines",
        queries::lines_off(),
        |(reference, state, line, matches)| {
            format!("line {line} of {reference} is {state} and has {matches} matches")
        },
    );
    let items = grouped(
        db,
        "open items against steps and matches",
        "clearing_items",
        queries::items_off(),
        |(kind, number, amount, settled)| {
            format!("{kind} of order {number} over {amount} is kept as settled with {settled}")
        },
    );
    let sums = grouped(
        db,
        "sums of reports against lines",
        "settlement_sums",
        queries::sums_off(),
        |(reference, currency, kept, net)| {
            format!("{reference} is kept with {kept} {currency}, its lines come to {net}")
        },
    );
    Ok([payouts.await?, steps.await?, lines.await?, items.await?, sums.await?])
}
