//! Every query of settlements.

use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, Store, WriteTx};
use entities::enums::{
    MatchState, ReconciliationExceptionKind, ReconciliationExceptionState, SettlementLineState,
    TransactionKind, TransactionState,
};
use entities::{
    Row, bank_account, fee_agreement, journal_entry, match_row, payout, provider_account,
    reconciliation_exception, reconciliation_tolerance, settlement_line, settlement_report,
    settlement_sum,
};
use sea_orm::{ActiveEnum, DbErr, QueryResult};
use serde_json::Value as Json;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Lines taken away at a time.
const CLEARED: i64 = 5_000;
/// The mark of a report whose lines were all looked at.
pub(super) const ALL_LINES: i32 = i32::MAX;
/// The mark of one whose lines were looked at once, and whose payouts are booked.
pub(super) const LINES_ONCE: i32 = i32::MAX - 1;

pub(super) async fn report_of_content(
    db: &Db,
    provider: &str,
    hash: &str,
) -> Result<Option<settlement_report::Model>> {
    let query = sql("select * from settlement_reports
         where provider = ? and content_hash = ? and state <> 'REFUSED'");
    db.first(query.bind(provider).bind(hash)).await
}

/// The newest version of a batch that counts.
pub(super) async fn current_version(
    db: &Db,
    provider: &str,
    account: Option<&str>,
    reference: &str,
) -> Result<Option<settlement_report::Model>> {
    let query = sql("select * from settlement_reports
         where provider = ? and reference = ? and coalesce(provider_account, '') = ? and state = 'IMPORTED'
         order by version desc limit 1");
    db.first(query.bind(provider).bind(reference).bind(account.unwrap_or_default())).await
}

pub(super) async fn lock_report(
    tx: &WriteTx,
    id: Uuid,
) -> Result<Option<settlement_report::Model>> {
    let query = sql("select * from settlement_reports where id = ?").bind(id).add(tx.for_update());
    tx.first(query).await
}

pub(super) async fn report(db: &Db, id: Uuid) -> Result<Option<settlement_report::Model>> {
    db.first(sql("select * from settlement_reports where id = ?").bind(id)).await
}

/// Reports that somebody began and has not ended.
pub(super) async fn unfinished(
    db: &Db,
    silent_since: OffsetDateTime,
) -> Result<Vec<settlement_report::Model>> {
    let query = sql("select * from settlement_reports
         where (state = 'IMPORTING' or worked_through < 2147483647) and state <> 'REFUSED' and beat_at < ?
         order by id limit 10");
    db.all(query.bind(silent_since)).await
}

/// Whose an account is; where no account is named for the provider, of the only company there is.
pub(super) async fn entity_of_account(
    db: &Db,
    provider: &str,
    account: &str,
) -> Result<Option<Uuid>> {
    let query =
        sql("select legal_entity_id from provider_accounts where provider = ? and account = ?");
    if let Some(found) = db.value(query.bind(provider).bind(account)).await? {
        return Ok(Some(found));
    }
    sole_entity(db).await
}

/// Whose a bank account is, likewise.
pub(crate) async fn entity_of_bank_account(db: &Db, account: &str) -> Result<Option<Uuid>> {
    let query = sql("select legal_entity_id from bank_accounts where account = ?");
    if let Some(found) = db.value(query.bind(account)).await? {
        return Ok(Some(found));
    }
    sole_entity(db).await
}

async fn sole_entity(db: &Db) -> Result<Option<Uuid>> {
    let mut all: Vec<Uuid> =
        db.values(sql("select id from legal_entities order by id limit 2")).await?;
    let first = all.pop();
    Ok(first.filter(|_| all.is_empty()))
}

/// Accounts of companies.
pub(crate) async fn accounts_of(
    db: &Db,
    entities: &[Uuid],
) -> Result<(Vec<bank_account::Model>, Vec<provider_account::Model>)> {
    let query = sql("select * from bank_accounts where legal_entity_id = any(?) order by account");
    let banks = db.all(query.ids(entities)).await?;
    let query = sql(
        "select * from provider_accounts where legal_entity_id = any(?) order by provider, account",
    );
    Ok((banks, db.all(query.ids(entities)).await?))
}

/// Who else has one of these accounts.
pub(crate) async fn accounts_of_others(
    db: &Db,
    entity: Uuid,
    banks: &[String],
    providers: &[String],
) -> Result<(Vec<String>, Vec<String>)> {
    let query =
        sql("select account from bank_accounts where account = any(?) and legal_entity_id <> ?");
    let banks = db.values(query.texts(banks).bind(entity)).await?;
    let query = sql("select provider || ':' || account from provider_accounts
         where provider || ':' || account = any(?) and legal_entity_id <> ?");
    Ok((banks, db.values(query.texts(providers).bind(entity)).await?))
}

/// A company's accounts are to be written anew.
pub(crate) async fn forget_bank_accounts(tx: &WriteTx, entity: Uuid) -> Result<()> {
    tx.run(sql("delete from bank_accounts where legal_entity_id = ?").bind(entity)).await?;
    Ok(())
}

pub(crate) async fn forget_provider_accounts(tx: &WriteTx, entity: Uuid) -> Result<()> {
    tx.run(sql("delete from provider_accounts where legal_entity_id = ?").bind(entity)).await?;
    Ok(())
}

/// Says that the reader of a report is at work; false where another one is.
pub(super) async fn beat(tx: &WriteTx, report: Uuid, worker: Uuid) -> Result<bool> {
    let query = sql("update settlement_reports set beat_at = ?
         where id = ? and worker_id = ? and state = 'IMPORTING'");
    Ok(tx.run(query.bind(tx.now()).bind(report).bind(worker)).await? == 1)
}

/// Takes lines of an unfinished report away, some at a time, and says how many.
pub(super) async fn clear_lines(store: &Store, report: Uuid, worker: Uuid) -> Result<u64> {
    store
        .write(|tx| async move {
            let query = sql("delete from settlement_lines where id in (
                     select l.id from settlement_lines l join settlement_reports r on r.id = l.report_id
                     where l.report_id = ? and r.worker_id = ? and r.state in ('IMPORTING', 'REFUSED') limit ?)");
            tx.run(query.bind(report).bind(worker).bind(CLEARED)).await
        })
        .await
}

/// Ends a report that cannot be read on.
pub(super) async fn refuse(
    store: &Store,
    report: Uuid,
    worker: Uuid,
    faults: &Json,
) -> Result<bool> {
    store
        .write(|tx| async move {
            let query = sql("update settlement_reports
                 set state = 'REFUSED', faults = ?, worked_through = ?, line_count = 0, exception_count = 0
                 where id = ? and worker_id = ? and state = 'IMPORTING'")
            .bind(faults.clone())
            .bind(ALL_LINES)
            .bind(report)
            .bind(worker);
            Ok(tx.run(query).await? == 1)
        })
        .await
}

/// A version that does not count any more: what it did is taken back from its beginning.
pub(super) async fn supersede(tx: &WriteTx, report: Uuid) -> Result<()> {
    let query =
        sql("update settlement_reports set state = 'SUPERSEDED', worked_through = 0 where id = ?");
    tx.run(query.bind(report)).await?;
    Ok(())
}

pub(super) async fn payouts_named(
    db: &Db,
    provider: &str,
    names: &[&str],
) -> Result<Vec<payout::Model>> {
    let query = sql("select * from payouts where provider = ? and reference = any(?)");
    db.all(query.bind(provider).texts(names)).await
}

pub(crate) async fn payouts(db: &Db, ids: &[Uuid]) -> Result<Vec<payout::Model>> {
    db.all(sql("select * from payouts where id = any(?) order by id").ids(ids)).await
}

pub(super) async fn payouts_of_report(db: &Db, report: Uuid) -> Result<Vec<payout::Model>> {
    db.all(sql("select * from payouts where report_id = ? order by id").bind(report)).await
}

/// Withdrawals of a report in a currency, oldest first: line, payout and when.
pub(super) async fn withdrawals(
    db: &Db,
    report: Uuid,
    currency: &str,
) -> Result<Vec<(Uuid, Uuid, OffsetDateTime)>> {
    let query = sql("select id, payout_id, booked_at from settlement_lines
         where report_id = ? and currency = ? and kind = 'PAYOUT' and payout_id is not null and booked_at is not null
         order by booked_at, id");
    db.values(query.bind(report).bind(currency)).await
}

/// What the lines of a report behind a moment and line come to.
pub(super) async fn net_behind(
    db: &Db,
    (report, currency): (Uuid, &str),
    (at, line): (OffsetDateTime, Uuid),
) -> Result<i64> {
    let query = sql("select cast(coalesce(sum(net_minor), 0) as bigint) from settlement_lines
         where report_id = ? and currency = ? and (booked_at > ? or booked_at = ? and id > ?)")
    .bind(report)
    .bind(currency)
    .bind(at)
    .bind(at)
    .bind(line);
    counted(db, query).await
}

/// Lines of an account's balance before a moment and line that no payout took.
fn unsent(
    report: &settlement_report::Model,
    currency: &str,
    (at, line): (OffsetDateTime, Uuid),
) -> Sql {
    sql(" from settlement_lines l where l.payout_id is null and l.currency = ?
         and l.kind not in ('PAYOUT', 'PAYOUT_REVERSAL') and (l.booked_at < ? or l.booked_at = ? and l.id < ?)
         and l.report_id in (select r.id from settlement_reports r where r.provider = ? and r.state = 'IMPORTED'
             and coalesce(r.provider_account, '') = ?)")
    .bind(currency)
    .bind(at)
    .bind(at)
    .bind(line)
    .bind(report.provider.as_str())
    .bind(report.provider_account.as_deref().unwrap_or_default())
}

/// The newest of them: moment, line and net.
pub(super) async fn newest_unsent(
    db: &Db,
    (report, currency): (&settlement_report::Model, &str),
    before: (OffsetDateTime, Uuid),
    limit: i64,
) -> Result<Vec<(OffsetDateTime, Uuid, i64)>> {
    let query = sql("select l.booked_at, l.id, l.net_minor").join(unsent(report, currency, before));
    db.values(query.add(" order by l.booked_at desc, l.id desc limit ?").bind(limit)).await
}

/// Some of them went with a payout; says how many.
pub(super) async fn send_with(
    tx: &WriteTx,
    (report, currency): (&settlement_report::Model, &str),
    before: (OffsetDateTime, Uuid),
    payout: Uuid,
) -> Result<u64> {
    let query = sql("update settlement_lines set payout_id = ? where id in (select l.id")
        .bind(payout)
        .join(unsent(report, currency, before))
        .add(" limit ?)")
        .bind(CLEARED);
    tx.run(query).await
}

/// The next lines of a report, in its order.
pub(super) async fn lines_behind(
    db: &Db,
    report: Uuid,
    behind: i32,
    limit: i64,
) -> Result<Vec<settlement_line::Model>> {
    let query = sql("select * from settlement_lines where report_id = ? and line_number > ?
         order by line_number limit ?");
    db.all(query.bind(report).bind(behind).bind(limit)).await
}

/// Lines of a report that nothing explains yet.
pub(super) async fn open_lines(db: &Db, report: Uuid) -> Result<Vec<settlement_line::Model>> {
    let query = sql("select l.* from settlement_lines l where l.id in (
             select e.settlement_line_id from reconciliation_exceptions e
             where e.report_id = ? and e.state = 'OPEN' and e.settlement_line_id is not null)
         and l.state = 'OPEN' order by l.line_number limit 5000");
    db.all(query.bind(report)).await
}

pub(crate) async fn lines(db: &Db, ids: &[Uuid]) -> Result<Vec<settlement_line::Model>> {
    db.all(sql("select * from settlement_lines where id = any(?) order by id").ids(ids)).await
}

/// Lines that settled steps, with the step.
pub(super) async fn lines_of_steps(
    db: &Db,
    steps: &[Uuid],
) -> Result<Vec<(Uuid, settlement_line::Model)>> {
    let matched = sql("select transaction_id, settlement_line_id from matches
         where transaction_id = any(?) and settlement_line_id is not null and state = 'CONFIRMED'");
    let pairs: Vec<(Uuid, Uuid)> = db.values(matched.ids(steps)).await?;
    let ids: Vec<Uuid> = pairs.iter().map(|(_, line)| *line).collect();
    let found = lines(db, &ids).await?;
    let by_id: HashMap<Uuid, &settlement_line::Model> =
        found.iter().map(|line| (line.id, line)).collect();
    let with = |(step, line): (Uuid, Uuid)| Some((step, (*by_id.get(&line)?).clone()));
    Ok(pairs.into_iter().filter_map(with).collect())
}

/// Sets where lines stand.
pub(crate) async fn set_line_state(
    tx: &WriteTx,
    lines: &[Uuid],
    state: SettlementLineState,
) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let query = sql("update settlement_lines set state = ? where id = any(?)");
    tx.run(query.bind(state.to_value()).ids(lines)).await?;
    Ok(())
}

/// What is explained needs no proposals any longer: of lines, by their column.
pub(crate) async fn drop_proposals(tx: &WriteTx, column: &str, lines: &[Uuid]) -> Result<()> {
    let query = sql(format!(
        "update matches set state = 'UNDONE' where state = 'PROPOSED' and {column} = any(?)"
    ));
    tx.run(query.ids(lines)).await?;
    Ok(())
}

/// A step of a payment that a line may be about.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) id: Uuid,
    pub(crate) payment: Uuid,
    pub(crate) kind: TransactionKind,
    pub(crate) state: TransactionState,
    pub(crate) amount: i64,
    pub(crate) reference: Option<String>,
    pub(crate) at: OffsetDateTime,
    pub(crate) payment_reference: Option<String>,
    pub(crate) currency: String,
    pub(crate) order: Uuid,
    pub(crate) order_number: String,
    pub(crate) order_closed: bool,
    pub(crate) in_books: bool,
    pub(crate) entity: Uuid,
    /// What is matched of it already.
    pub(crate) matched: i64,
    pub(crate) method: String,
    pub(crate) captured_at: Option<OffsetDateTime>,
}

impl Row for Candidate {
    const COLUMNS: &'static [&'static str] = &[];

    fn read(row: &QueryResult, _: usize) -> std::result::Result<Self, DbErr> {
        let kind: String = row.try_get_by_index(2)?;
        let state: String = row.try_get_by_index(3)?;
        Ok(Self {
            id: row.try_get_by_index(0)?,
            payment: row.try_get_by_index(1)?,
            kind: TransactionKind::try_from_value(&kind)?,
            state: TransactionState::try_from_value(&state)?,
            amount: row.try_get_by_index(4)?,
            reference: row.try_get_by_index(5)?,
            at: row.try_get_by_index(6)?,
            payment_reference: row.try_get_by_index(7)?,
            currency: row.try_get_by_index(8)?,
            order: row.try_get_by_index(9)?,
            order_number: row.try_get_by_index(10)?,
            order_closed: row.try_get_by_index(11)?,
            in_books: row.try_get_by_index(12)?,
            entity: row.try_get_by_index(13)?,
            matched: 0,
            method: row.try_get_by_index(14)?,
            captured_at: row.try_get_by_index(15)?,
        })
    }
}

/// What is read of a step, from steps `t` of payments `p` of orders `o` in channels `c`.
const CANDIDATE: &str = "select t.id, t.payment_id, t.kind, t.state, t.amount_minor, t.provider_reference, t.at,
             p.provider_reference, p.currency, p.order_id, o.number, o.completed_at is not null or o.cancelled_at is not null, o.in_books, c.legal_entity_id,
             p.method, p.captured_at";

/// Steps that move money, of payments that a condition finds.
fn candidates(which: Sql) -> Sql {
    sql(CANDIDATE)
        .add(
            "
         from payments p join payment_transactions t on t.payment_id = p.id
         join orders o on o.id = p.order_id join channels c on c.id = o.channel_id
         where t.kind not in ('AUTHORIZATION', 'VOID') and ",
        )
        .join(which)
        .add(" order by t.id")
}

async fn read_candidates(db: &Db, query: Sql) -> Result<Vec<Candidate>> {
    let mut found = db.all_as(query, |row| Candidate::read(row, 0)).await?;
    let ids: Vec<Uuid> = found.iter().map(|step| step.id).collect();
    let matched = matched_of(db, &ids).await?;
    for step in &mut found {
        step.matched = matched.get(&step.id).copied().unwrap_or(0);
    }
    Ok(found)
}

/// What is matched of steps: open items know it, and matches of those that are in no books. Asked for apart: a database that
/// planned it within another query while nothing was matched yet would look through all matches once for each step.
async fn matched_of(db: &Db, steps: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    if steps.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sql("select transaction_id, settled_minor from clearing_items
         where transaction_id = any(?)");
    let found: Vec<(Uuid, i64)> = db.values(query.ids(steps)).await?;
    let mut matched: HashMap<Uuid, i64> = found.into_iter().collect();
    let rest: Vec<Uuid> = steps.iter().copied().filter(|id| !matched.contains_key(id)).collect();
    if !rest.is_empty() {
        let query = sql("select transaction_id, cast(sum(amount_minor) as bigint) from matches
             where transaction_id = any(?)")
        .ids(&rest)
        .add(" and state = 'CONFIRMED' group by transaction_id");
        matched.extend(db.values::<(Uuid, i64)>(query).await?);
    }
    Ok(matched)
}

/// Steps of the payments that a provider calls by one of these names, or a step of which it does.
pub(super) async fn candidates_named(
    db: &Db,
    provider: &str,
    references: &[&str],
) -> Result<Vec<Candidate>> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let which = sql("p.provider = ? and p.id in (
             select n.payment_id from payment_transactions n where n.provider_reference = any(?)")
    .bind(provider)
    .texts(references)
    .add(" union select q.id from payments q where q.provider_reference = any(?)")
    .texts(references)
    .add(")");
    read_candidates(db, candidates(which)).await
}

/// Steps of the payments of orders that we call by one of these names.
pub(super) async fn candidates_of_orders(
    db: &Db,
    provider: &str,
    numbers: &[&str],
) -> Result<Vec<Candidate>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let which = sql("p.provider = ? and p.order_id in (
             select n.id from orders n where n.number = any(?)")
    .bind(provider)
    .texts(numbers)
    .add(" union select r.id from orders r where r.channel_reference = any(?)")
    .texts(numbers)
    .add(")");
    read_candidates(db, candidates(which)).await
}

/// Steps by id.
pub(crate) async fn candidates_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<Candidate>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    read_candidates(db, candidates(sql("t.id = any(?)").ids(ids))).await
}

/// Steps of one amount in a time that nothing settled, of a provider: what a line without a name may be about.
pub(super) async fn candidates_of_amounts(
    db: &Db,
    provider: &str,
    (kinds, amounts): (&[&str], &[i64]),
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> Result<Vec<Candidate>> {
    if amounts.is_empty() {
        return Ok(Vec::new());
    }
    let which = sql("p.provider = ? and t.kind = any(?)").bind(provider).texts(kinds);
    let which = which.add(" and t.amount_minor = any(?)").numbers(amounts.iter().copied());
    let which = which
        .add(" and t.at >= ? and t.at <= ? and t.state <> 'FAILED'
             and not exists (select 1 from matches m where m.transaction_id = t.id and m.state <> 'UNDONE')")
        .bind(from)
        .bind(to);
    read_candidates(db, candidates(which)).await
}

/// Lines for which a step was ever proposed.
pub(super) async fn ever_proposed(db: &Db, lines: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sql("select settlement_line_id from matches where settlement_line_id = any(?)");
    db.values(query.ids(lines).add(" and rule in ('amount_and_card', 'amount_and_day')")).await
}

/// The end of the numbers of the cards with which payments were made.
pub(super) async fn cards_of(db: &Db, payments: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    if payments.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sql("select id, card from payments where card is not null and id = any(?)");
    let found: Vec<(Uuid, Json)> = db.values(query.ids(payments)).await?;
    let last = |(id, card): (Uuid, Json)| Some((id, card.get("last4")?.as_str()?.to_owned()));
    Ok(found.into_iter().filter_map(last).collect())
}

/// What a company has agreed with providers.
pub(super) async fn fees_of(
    db: &Db,
    entity: Uuid,
    provider: Option<&str>,
) -> Result<Vec<fee_agreement::Model>> {
    let mut query = sql("select * from fee_agreements where legal_entity_id = ?").bind(entity);
    if let Some(provider) = provider {
        query = query.add(" and provider = ?").bind(provider);
    }
    db.all(query.add(" order by provider, kind, method, currency, from_day")).await
}

/// How far amounts may be apart in a company's books, where it says so itself.
pub(super) async fn tolerances_of(
    db: &Db,
    entity: Uuid,
) -> Result<Vec<reconciliation_tolerance::Model>> {
    let query =
        sql("select * from reconciliation_tolerances where legal_entity_id = ? order by currency");
    db.all(query.bind(entity)).await
}

/// Exceptions by what they are about.
pub(crate) async fn exceptions_about(
    db: &Db,
    subjects: &[&str],
) -> Result<Vec<reconciliation_exception::Model>> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("select * from reconciliation_exceptions where subject = any(?)");
    db.all(query.texts(subjects)).await
}

pub(crate) async fn lock_exception(
    tx: &WriteTx,
    id: Uuid,
) -> Result<Option<reconciliation_exception::Model>> {
    let query = sql("select * from reconciliation_exceptions where id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

/// Matches that stand, of lines.
pub(crate) async fn matches_of_lines(db: &Db, lines: &[Uuid]) -> Result<Vec<match_row::Model>> {
    let query = sql(
        "select * from matches where settlement_line_id = any(?) and state <> 'UNDONE' order by id",
    );
    db.all(query.ids(lines)).await
}

pub(crate) async fn lock_match(tx: &WriteTx, id: Uuid) -> Result<Option<match_row::Model>> {
    tx.first(sql("select * from matches where id = ?").bind(id).add(tx.for_update())).await
}

/// Entries of a report that nothing took back yet.
pub(super) async fn entries_of_report(
    db: &Db,
    report: Uuid,
    limit: i64,
) -> Result<Vec<journal_entry::Model>> {
    let query = sql("select e.* from journal_entries e
         where e.subject_type = 'str' and e.subject_id = ? and e.reverses_id is null
           and not exists (select 1 from journal_entries r where r.reverses_id = e.id)
         order by e.id limit ?");
    db.all(query.bind(report).bind(limit)).await
}

/// Takes back what stands of the matches of a report, some at a time; answers with how many, and the steps that they settled.
pub(super) async fn undo_matches(
    tx: &WriteTx,
    report: Uuid,
    limit: i64,
) -> Result<(usize, Vec<Uuid>)> {
    let query = sql("update matches set state = ? where id in (
             select m.id from matches m join settlement_lines l on l.id = m.settlement_line_id
             where l.report_id = ? and m.state <> 'UNDONE' limit ?) returning transaction_id");
    let query = query.bind(MatchState::Undone.to_value()).bind(report).bind(limit);
    let undone: Vec<Option<Uuid>> = tx.all_as(query, |row| row.try_get_by_index(0)).await?;
    Ok((undone.len(), undone.into_iter().flatten().collect()))
}

/// A step is no open item any longer: it failed after all.
pub(super) async fn end_item(tx: &WriteTx, step: Uuid) -> Result<()> {
    tx.run(sql("delete from clearing_items where transaction_id = ?").bind(step)).await?;
    Ok(())
}

/// Sets how much of some steps is settled, as their matches say; new ones count for a moment, which the moments between which
/// all of them lie then hold.
pub(super) async fn settle_items(
    tx: &WriteTx,
    steps: &[Uuid],
    moment: Option<OffsetDateTime>,
) -> Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    let mut query = sql("update clearing_items set settled_minor = (
             select cast(coalesce(sum(m.amount_minor), 0) as bigint) from matches m
             where m.transaction_id = clearing_items.transaction_id and m.state = 'CONFIRMED')");
    if let Some(moment) = moment {
        query = query
            .add(
                ", settled_from = case when settled_from < ? then settled_from else ? end,
                 settled_at = case when settled_at > ? then settled_at else ? end",
            )
            .bind(moment)
            .bind(moment)
            .bind(moment)
            .bind(moment);
    }
    tx.run(query.add(" where transaction_id = any(?)").ids(steps)).await?;
    Ok(())
}

pub(super) async fn sums_of_report(db: &Db, report: Uuid) -> Result<Vec<settlement_sum::Model>> {
    db.all(sql("select * from settlement_sums where report_id = ?").bind(report)).await
}

/// Closes what is open of a report's differences: another version has taken its place.
pub(super) async fn close_exceptions(tx: &WriteTx, report: Uuid, note: &str) -> Result<()> {
    let query = sql("update reconciliation_exceptions
         set state = 'RESOLVED', resolved_at = ?, resolved_by_kind = 'SYSTEM', resolution = 'ACCEPTED', note = ?
         where report_id = ? and state <> 'RESOLVED'");
    tx.run(query.bind(tx.now()).bind(note).bind(report)).await?;
    Ok(())
}

/// What is open of these kinds, oldest first.
pub(super) async fn open_of_kinds(
    db: &Db,
    kinds: &[ReconciliationExceptionKind],
    behind: Uuid,
    limit: i64,
) -> Result<Vec<reconciliation_exception::Model>> {
    let kinds: Vec<String> = kinds.iter().map(ActiveEnum::to_value).collect();
    let query = sql("select * from reconciliation_exceptions where kind = any(?)")
        .texts(&kinds)
        .add(" and state = ? and id > ? order by id limit ?")
        .bind(ReconciliationExceptionState::Open.to_value())
        .bind(behind)
        .bind(limit);
    db.all(query).await
}

/// What channels call orders, by order.
pub(super) async fn names_of_orders(
    db: &Db,
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Vec<String>>> {
    let mut names: HashMap<Uuid, Vec<String>> = HashMap::new();
    if !orders.is_empty() {
        let query = sql("select id, channel_reference from orders
             where channel_reference is not null and id = any(?)");
        for (id, name) in db.values::<(Uuid, String)>(query.ids(orders)).await? {
            names.entry(id).or_default().push(name);
        }
    }
    Ok(names)
}

/// The steps of one payment.
pub(super) async fn steps_of_payment(db: &Db, payment: Uuid) -> Result<Vec<Candidate>> {
    read_candidates(db, candidates(sql("p.id = ?").bind(payment))).await
}

/// The dispute of a payment under a name.
pub(super) async fn dispute_of(
    db: &Db,
    payment: Uuid,
    reference: Option<&str>,
) -> Result<Option<entities::dispute::Model>> {
    let query =
        sql("select * from disputes where payment_id = ? and coalesce(provider_reference, '') = ?
         order by id desc limit 1");
    db.first(query.bind(payment).bind(reference.unwrap_or_default())).await
}

/// ` and …` for rows of companies in reach.
fn within(reach: &super::read::Reach, column: &str) -> Sql {
    match reach {
        None => sql(""),
        Some(entities) => sql(format!(" and {column} = any(?)")).ids(entities),
    }
}

fn reports_where(reach: &super::read::Reach, provider: Option<&str>) -> Sql {
    let condition = within(reach, "r.legal_entity_id");
    match provider {
        Some(provider) => condition.add(" and r.provider = ?").bind(provider),
        None => condition,
    }
}

pub(super) async fn reports(
    db: &Db,
    reach: &super::read::Reach,
    provider: Option<&str>,
    page: Sql,
) -> Result<Vec<settlement_report::Model>> {
    let query = sql("select r.* from settlement_reports r where true");
    db.all(query.join(reports_where(reach, provider)).join(page)).await
}

async fn counted(db: &Db, query: Sql) -> Result<i64> {
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn reports_count(
    db: &Db,
    reach: &super::read::Reach,
    provider: Option<&str>,
) -> Result<i64> {
    let query = sql("select count(*) from settlement_reports r where true");
    counted(db, query.join(reports_where(reach, provider))).await
}

fn lines_where(
    report: Uuid,
    matched: Option<bool>,
    kinds: Option<&[entities::enums::SettlementLineKind]>,
) -> Sql {
    let mut condition = sql(" where r.report_id = ? and exists (
         select 1 from settlement_reports p where p.id = r.report_id and p.state in ('IMPORTED', 'SUPERSEDED'))")
    .bind(report);
    if let Some(matched) = matched {
        condition =
            condition.add(if matched { " and r.state <> 'OPEN'" } else { " and r.state = 'OPEN'" });
    }
    if let Some(kinds) = kinds {
        let kinds: Vec<String> = kinds.iter().map(ActiveEnum::to_value).collect();
        condition = condition.add(" and r.kind = any(?)").texts(&kinds);
    }
    condition
}

pub(super) async fn lines_of_report(
    db: &Db,
    report: Uuid,
    matched: Option<bool>,
    kinds: Option<&[entities::enums::SettlementLineKind]>,
    page: Sql,
) -> Result<Vec<settlement_line::Model>> {
    let query = sql("select r.* from settlement_lines r");
    db.all(query.join(lines_where(report, matched, kinds)).join(page)).await
}

pub(super) async fn lines_of_report_count(
    db: &Db,
    report: Uuid,
    matched: Option<bool>,
    kinds: Option<&[entities::enums::SettlementLineKind]>,
) -> Result<i64> {
    let query = sql("select count(*) from settlement_lines r");
    counted(db, query.join(lines_where(report, matched, kinds))).await
}

/// Lines of versions that count.
const OF_PAYOUT: &str = " where r.payout_id = ? and exists (
     select 1 from settlement_reports p where p.id = r.report_id and p.state = 'IMPORTED')";

pub(super) async fn lines_of_payout(
    db: &Db,
    payout: Uuid,
    page: Sql,
) -> Result<Vec<settlement_line::Model>> {
    let query = sql("select r.* from settlement_lines r").add(OF_PAYOUT).bind(payout);
    db.all(query.join(page)).await
}

pub(super) async fn lines_of_payout_count(db: &Db, payout: Uuid) -> Result<i64> {
    counted(db, sql("select count(*) from settlement_lines r").add(OF_PAYOUT).bind(payout)).await
}

fn payouts_where(
    reach: &super::read::Reach,
    states: Option<&[entities::enums::PayoutState]>,
) -> Sql {
    let condition = within(reach, "r.legal_entity_id");
    match states {
        Some(states) => {
            let states: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
            condition.add(" and r.state = any(?)").texts(&states)
        }
        None => condition,
    }
}

pub(super) async fn payouts_listed(
    db: &Db,
    reach: &super::read::Reach,
    states: Option<&[entities::enums::PayoutState]>,
    page: Sql,
) -> Result<Vec<payout::Model>> {
    let query = sql("select r.* from payouts r where true");
    db.all(query.join(payouts_where(reach, states)).join(page)).await
}

pub(super) async fn payouts_count(
    db: &Db,
    reach: &super::read::Reach,
    states: Option<&[entities::enums::PayoutState]>,
) -> Result<i64> {
    let query = sql("select count(*) from payouts r where true");
    counted(db, query.join(payouts_where(reach, states))).await
}

fn statements_where(reach: &super::read::Reach, account: Option<&str>) -> Sql {
    let condition = within(reach, "r.legal_entity_id");
    match account {
        Some(account) => condition.add(" and r.account = ?").bind(account),
        None => condition,
    }
}

pub(super) async fn statements(
    db: &Db,
    reach: &super::read::Reach,
    account: Option<&str>,
    page: Sql,
) -> Result<Vec<entities::bank_statement::Model>> {
    let query = sql("select r.* from bank_statements r where true");
    db.all(query.join(statements_where(reach, account)).join(page)).await
}

pub(super) async fn statements_count(
    db: &Db,
    reach: &super::read::Reach,
    account: Option<&str>,
) -> Result<i64> {
    let query = sql("select count(*) from bank_statements r where true");
    counted(db, query.join(statements_where(reach, account))).await
}

fn bank_lines_where(statement: Uuid, matched: Option<bool>) -> Sql {
    let condition = sql(" where r.statement_id = ?").bind(statement);
    match matched {
        Some(true) => condition.add(" and r.state <> 'OPEN'"),
        Some(false) => condition.add(" and r.state = 'OPEN'"),
        None => condition,
    }
}

pub(super) async fn bank_lines(
    db: &Db,
    statement: Uuid,
    matched: Option<bool>,
    page: Sql,
) -> Result<Vec<entities::bank_line::Model>> {
    let query = sql("select r.* from bank_lines r").join(bank_lines_where(statement, matched));
    db.all(query.join(page)).await
}

pub(super) async fn bank_lines_count(
    db: &Db,
    statement: Uuid,
    matched: Option<bool>,
) -> Result<i64> {
    counted(db, sql("select count(*) from bank_lines r").join(bank_lines_where(statement, matched)))
        .await
}

fn exceptions_where(reach: &super::read::Reach, filter: &super::read::ExceptionFilter) -> Sql {
    let mut condition = within(reach, "r.legal_entity_id");
    if let Some(states) = &filter.states {
        let states: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
        condition = condition.add(" and r.state = any(?)").texts(&states);
    }
    if let Some(kinds) = &filter.kinds {
        let kinds: Vec<String> = kinds.iter().map(ActiveEnum::to_value).collect();
        condition = condition.add(" and r.kind = any(?)").texts(&kinds);
    }
    if let Some(provider) = &filter.provider {
        condition = condition.add(" and r.provider = ?").bind(provider.as_str());
    }
    if let Some(from) = filter.raised_from {
        condition = condition.add(" and r.raised_at >= ?").bind(from);
    }
    if let Some(to) = filter.raised_to {
        condition = condition.add(" and r.raised_at < ?").bind(to);
    }
    if let Some(least) = filter.amount_from {
        condition = condition.add(" and r.amount_scaled >= ?").bind(least);
    }
    if let Some(most) = filter.amount_to {
        condition = condition.add(" and r.amount_scaled <= ?").bind(most);
    }
    condition
}

pub(super) async fn exceptions(
    db: &Db,
    reach: &super::read::Reach,
    filter: &super::read::ExceptionFilter,
    page: Sql,
) -> Result<Vec<reconciliation_exception::Model>> {
    let query = sql("select r.* from reconciliation_exceptions r where true");
    db.all(query.join(exceptions_where(reach, filter)).join(page)).await
}

pub(super) async fn exceptions_count(
    db: &Db,
    reach: &super::read::Reach,
    filter: &super::read::ExceptionFilter,
) -> Result<i64> {
    let query = sql("select count(*) from reconciliation_exceptions r where true");
    counted(db, query.join(exceptions_where(reach, filter))).await
}

macro_rules! reached {
    ($($name:ident: $model:path = $table:literal, $entity:literal;)*) => {$(
        pub(super) async fn $name(
            db: &Db,
            reach: &super::read::Reach,
            ids: &[Uuid],
        ) -> Result<Vec<$model>> {
            let query = sql(concat!("select r.* from ", $table, " r where r.id = any(?)")).ids(ids);
            let query = match reach {
                None => query,
                Some(entities) => query.add(concat!(" and ", $entity)).ids(entities),
            };
            db.all(query.add(" order by r.id")).await
        }
    )*};
}

reached! {
    reports_reached: settlement_report::Model = "settlement_reports", "r.legal_entity_id = any(?)";
    lines_reached: settlement_line::Model = "settlement_lines",
        "r.report_id in (select p.id from settlement_reports p where p.legal_entity_id = any(?))";
    payouts_reached: payout::Model = "payouts", "r.legal_entity_id = any(?)";
    statements_reached: entities::bank_statement::Model = "bank_statements", "r.legal_entity_id = any(?)";
    bank_lines_reached: entities::bank_line::Model = "bank_lines",
        "r.statement_id in (select p.id from bank_statements p where p.legal_entity_id = any(?))";
    exceptions_reached: reconciliation_exception::Model = "reconciliation_exceptions", "r.legal_entity_id = any(?)";
    matches_reached: match_row::Model = "matches",
        "(case when r.settlement_line_id is not null
            then (select p.legal_entity_id from settlement_reports p join settlement_lines l on l.report_id = p.id where l.id = r.settlement_line_id)
            else (select s.legal_entity_id from bank_statements s join bank_lines b on b.statement_id = s.id where b.id = r.bank_line_id) end) = any(?)";
}

pub(super) async fn matches_of(
    db: &Db,
    side: super::read::Side,
    ids: &[Uuid],
) -> Result<Vec<match_row::Model>> {
    use super::read::Side;
    let column = match side {
        Side::Line => "settlement_line_id",
        Side::BankLine => "bank_line_id",
        Side::Payout => "payout_id",
        Side::Transaction => "transaction_id",
    };
    let query = sql(format!(
        "select * from matches where {column} = any(?) and state <> 'UNDONE' order by id"
    ));
    db.all(query.ids(ids)).await
}

/// Differences that lines raised, those that are open last.
pub(super) async fn exceptions_of(
    db: &Db,
    of_bank: bool,
    ids: &[Uuid],
) -> Result<Vec<reconciliation_exception::Model>> {
    let column = if of_bank { "bank_line_id" } else { "settlement_line_id" };
    let query = sql(format!("select * from reconciliation_exceptions where {column} = any(?)"))
        .ids(ids)
        .add(" order by case when state = 'RESOLVED' then 0 else 1 end, raised_at, id");
    db.all(query).await
}

pub(super) async fn payouts_of_reports(db: &Db, ids: &[Uuid]) -> Result<Vec<payout::Model>> {
    let query = sql("select * from payouts where report_id = any(?) order by report_id, id");
    db.all(query.ids(ids)).await
}

/// What settlements say of a payment, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Money {
    /// The payment.
    pub payment: Uuid,
    /// What the provider kept, by currency of the settlement.
    pub fees: Option<(String, i64)>,
    /// What is settled of what was captured, less what is of refunds and disputes, in the payment's currency.
    pub settled: i64,
    /// What is settled of what was captured alone.
    pub captured: i64,
    /// What of that is part of a payout that was sent.
    pub sent: i64,
    /// What of that the bank has.
    pub received: i64,
    /// What was written off of it.
    pub written_off: i64,
}

/// Where the cash of a payment `p` is.
pub(crate) fn cash_sql() -> String {
    let sum = |condition: &str| {
        format!(
            "coalesce((select sum(m.amount_minor) from payment_transactions t
                 join matches m on m.transaction_id = t.id and m.state = 'CONFIRMED'
                 left join settlement_lines l on l.id = m.settlement_line_id
                 left join payouts y on y.id = l.payout_id
                 where t.payment_id = p.id and t.kind = 'CAPTURE' and {condition}), 0)"
        )
    };
    format!(
        "case when p.captured_minor <= 0 or p.credit_id is not null or p.origin_order_id is not null then 'NONE'
             when p.provider = 'bank_transfer' then 'AT_BANK'
             when {written_off} > 0 and {all} >= p.captured_minor then 'WRITTEN_OFF'
             when {received} >= p.captured_minor then 'AT_BANK'
             when {sent} >= p.captured_minor then 'IN_TRANSIT'
             else 'AT_PROVIDER' end",
        written_off = sum("m.rule = 'written_off'"),
        all = sum("true"),
        received = sum("y.state = 'RECEIVED'"),
        sent = sum("y.state in ('IN_TRANSIT', 'MISSING', 'RECEIVED')"),
    )
}

pub(super) async fn money_of_payments(db: &Db, ids: &[Uuid]) -> Result<Vec<Money>> {
    let query = sql("select t.payment_id, t.kind, m.amount_minor, l.fee_minor, l.currency, coalesce(p.state, ''), m.rule
         from payment_transactions t join matches m on m.transaction_id = t.id and m.state = 'CONFIRMED'
         left join settlement_lines l on l.id = m.settlement_line_id
         left join payouts p on p.id = l.payout_id
         where t.payment_id = any(?) order by t.payment_id, m.id");
    let rows = db
        .all_as(query.ids(ids), |row| {
            let fee: Option<i64> = row.try_get_by_index(3)?;
            let currency: Option<String> = row.try_get_by_index(4)?;
            Ok((
                row.try_get_by_index::<Uuid>(0)?,
                row.try_get_by_index::<String>(1)?,
                row.try_get_by_index::<i64>(2)?,
                fee.zip(currency),
                row.try_get_by_index::<String>(5)?,
                row.try_get_by_index::<String>(6)?,
            ))
        })
        .await?;
    let mut found: Vec<Money> = Vec::new();
    for (payment, kind, amount, fee, payout, rule) in rows {
        if found.last().is_none_or(|last| last.payment != payment) {
            found.push(Money { payment, ..Money::default() });
        }
        let Some(one) = found.last_mut() else { continue };
        if let Some((minor, currency)) = fee {
            match &mut one.fees {
                Some((known, sum)) if *known == currency => *sum += minor,
                Some(_) => {}
                None => one.fees = Some((currency, minor)),
            }
        }
        if rule == super::resolve::WRITTEN_OFF {
            one.written_off += amount;
            continue;
        }
        if kind != "CAPTURE" {
            one.settled += if kind == "CHARGEBACK_REVERSAL" { amount } else { -amount };
            continue;
        }
        one.settled += amount;
        one.captured += amount;
        if matches!(payout.as_str(), "IN_TRANSIT" | "MISSING" | "RECEIVED") {
            one.sent += amount;
        }
        if payout == "RECEIVED" {
            one.received += amount;
        }
    }
    Ok(found)
}

/// Who obtained a payment.
pub(super) async fn provider_of(db: &Db, payment: Uuid) -> Result<Option<String>> {
    db.value(sql("select provider from payments where id = ?").bind(payment)).await
}

/// The entry that a template made from a source, if nothing took it back.
pub(super) async fn entry_of(
    db: &Db,
    template: &str,
    source: Uuid,
) -> Result<Option<journal_entry::Model>> {
    let query = sql("select e.* from journal_entries e where e.template = ? and e.source_id = ?
         and not exists (select 1 from journal_entries r where r.reverses_id = e.id)");
    db.first(query.bind(template).bind(source)).await
}

/// Entries about something that nothing took back.
pub(super) async fn entries_about(
    db: &Db,
    (kind, id): (&str, Uuid),
) -> Result<Vec<journal_entry::Model>> {
    let query = sql("select e.* from journal_entries e
         where e.subject_type = ? and e.subject_id = ? and e.reverses_id is null
           and not exists (select 1 from journal_entries r where r.reverses_id = e.id) order by e.id");
    db.all(query.bind(kind).bind(id)).await
}

/// By how much an entry lowers what is on its way.
pub(super) async fn cleared_by(db: &Db, entry: Uuid) -> Result<i64> {
    let query = sql("select cast(coalesce(sum(-amount_minor), 0) as bigint) from postings
         where entry_id = ? and account = 1050");
    Ok(db.value(query.bind(entry)).await?.unwrap_or(0))
}

/// A step that was explained without a line is not any longer.
pub(super) async fn undo_explained(tx: &WriteTx, step: Uuid, rules: &[&str]) -> Result<()> {
    let query = sql("update matches set state = 'UNDONE' where transaction_id = ? and settlement_line_id is null
         and bank_line_id is null and state = 'CONFIRMED' and rule = any(?)");
    tx.run(query.bind(step).texts(rules)).await?;
    Ok(())
}

/// How far a clock has looked.
pub(super) async fn watched(db: &Db, name: &str) -> Result<Option<Uuid>> {
    db.value(sql("select through from reconciliation_watches where name = ?").bind(name)).await
}

/// Captures and refunds that did not fail, in the order in which they were made, each with its provider.
pub(super) async fn steps_between(
    db: &Db,
    behind: Uuid,
    until: Uuid,
    limit: i64,
) -> Result<Vec<(Candidate, String)>> {
    let query = sql(CANDIDATE).add(", p.provider
         from payment_transactions t join payments p on p.id = t.payment_id
         join orders o on o.id = p.order_id join channels c on c.id = o.channel_id
         where t.id > ? and t.id < ? and t.kind in ('CAPTURE', 'REFUND') and t.state in ('SUCCEEDED', 'PENDING')
           and p.credit_id is null and p.origin_order_id is null and p.provider not in ('bank_transfer', 'manual', 'imported')
           and not exists (select 1 from reconciliation_exceptions e where e.transaction_id = t.id and e.state <> 'RESOLVED')
         order by t.id limit ?")
    .bind(behind)
    .bind(until)
    .bind(limit);
    let read = |row: &QueryResult| Ok((Candidate::read(row, 0)?, row.try_get_by_index(16)?));
    let mut found: Vec<(Candidate, String)> = db.all_as(query, read).await?;
    let ids: Vec<Uuid> = found.iter().map(|(step, _)| step.id).collect();
    let matched = matched_of(db, &ids).await?;
    for (step, _) in &mut found {
        step.matched = matched.get(&step.id).copied().unwrap_or(0);
    }
    Ok(found)
}

/// Payouts on their way that should have been at the bank by a moment, locked.
pub(super) async fn payouts_due(
    tx: &WriteTx,
    due: OffsetDateTime,
    limit: i64,
) -> Result<Vec<payout::Model>> {
    let query = sql(
        "select * from payouts where state = 'IN_TRANSIT' and coalesce(expected_at, paid_at) < ?
           and not exists (select 1 from reconciliation_exceptions e where e.payout_id = payouts.id
               and e.kind in ('BANK_SHORT', 'BANK_OVER') and e.state <> 'RESOLVED')
         order by id limit ?",
    );
    tx.all(query.bind(due).bind(limit).add(tx.for_update())).await
}

/// An authorization that ends.
pub(super) struct Ending {
    pub(super) payment: Uuid,
    pub(super) entity: Uuid,
    pub(super) provider: String,
    pub(super) currency: String,
    pub(super) minor: i64,
    pub(super) order_number: String,
}

/// Authorizations that end before a moment with something open, of which nobody was told.
pub(super) async fn ending_authorizations(
    db: &Db,
    before: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Ending>> {
    let query = sql("select p.id, c.legal_entity_id, p.provider, p.currency,
             p.authorized_minor - p.voided_minor - p.captured_minor - p.capturing_minor, o.number
         from payments p join orders o on o.id = p.order_id join channels c on c.id = o.channel_id
         where p.authorization_expires_at > ? and p.authorization_expires_at <= ? and p.state <> 'EXPIRED'
           and p.authorized_minor > p.voided_minor + p.captured_minor + p.capturing_minor
           and not exists (select 1 from reconciliation_exceptions e
               where e.kind = 'STALE_AUTHORIZATION' and e.payment_id = p.id)
         order by p.authorization_expires_at, p.id limit ?")
    .bind(db.now())
    .bind(before)
    .bind(limit);
    db.all_as(query, |row| {
        Ok(Ending {
            payment: row.try_get_by_index(0)?,
            entity: row.try_get_by_index(1)?,
            provider: row.try_get_by_index(2)?,
            currency: row.try_get_by_index(3)?,
            minor: row.try_get_by_index(4)?,
            order_number: row.try_get_by_index(5)?,
        })
    })
    .await
}

/// Open differences about authorizations of which nothing is open any longer.
pub(super) async fn settled_authorizations(
    db: &Db,
    limit: i64,
) -> Result<Vec<reconciliation_exception::Model>> {
    let query = sql("select e.* from reconciliation_exceptions e join payments p on p.id = e.payment_id
         where e.kind = 'STALE_AUTHORIZATION' and e.state = 'OPEN'
           and (p.authorized_minor <= p.voided_minor + p.captured_minor + p.capturing_minor or p.state = 'EXPIRED')
         order by e.id limit ?");
    db.all(query.bind(limit)).await
}

/// What a reconciliation is restricted to.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) entities: super::read::Reach,
    pub(super) currency: String,
    pub(super) provider: Option<String>,
    pub(super) channels: Option<Vec<Uuid>>,
}

impl Scope {
    /// ` and …` for open items `i`.
    fn items(&self, channels: bool) -> Sql {
        let condition =
            sql(" and i.currency = ?").bind(self.currency.as_str()).join(self.owned("i"));
        match &self.channels {
            Some(ids) if channels => condition.add(" and i.channel_id = any(?)").ids(ids),
            Some(_) | None => condition,
        }
    }

    /// ` and …` for steps `t` of payments `p` of orders `o` in channels `c`.
    fn steps(&self, channels: bool) -> Sql {
        let mut condition =
            sql(" and p.currency = ? and p.credit_id is null and p.origin_order_id is null")
                .bind(self.currency.as_str());
        condition = condition.join(within(&self.entities, "c.legal_entity_id"));
        if let Some(provider) = &self.provider {
            condition = condition.add(" and p.provider = ?").bind(provider.as_str());
        }
        match &self.channels {
            Some(ids) if channels => condition.add(" and o.channel_id = any(?)").ids(ids),
            Some(_) | None => condition,
        }
    }

    /// ` and …` for rows of companies and providers under an alias.
    fn owned(&self, alias: &str) -> Sql {
        let condition = within(&self.entities, &format!("{alias}.legal_entity_id"));
        match &self.provider {
            Some(provider) => {
                condition.add(&format!(" and {alias}.provider = ?")).bind(provider.as_str())
            }
            None => condition,
        }
    }
}

const STEPS: &str = " from payment_transactions t join payments p on p.id = t.payment_id
     join orders o on o.id = p.order_id join channels c on c.id = o.channel_id";

/// What of open items was not settled before a moment, as `i.open`: of those that are open now, and of those that were settled
/// since.
fn open_before(scope: &Scope, to: OffsetDateTime, channels: bool) -> Sql {
    let part = |which: &str| {
        sql(format!(
            "select i.*, case when i.settled_from is null or i.settled_from >= ? then i.amount_minor
                 when i.settled_at < ? then i.amount_minor - i.settled_minor
                 else i.amount_minor - (
                     select coalesce(sum(m.amount_minor), 0) from matches m
                     left join settlement_lines l on l.id = m.settlement_line_id
                     left join settlement_reports r on r.id = l.report_id
                     where m.transaction_id = i.transaction_id and m.state = 'CONFIRMED'
                       and coalesce(r.booked_at, m.matched_at) < ?) end as open
             from clearing_items i where i.at < ? and {which}"
        ))
        .bind(to)
        .bind(to)
        .bind(to)
        .bind(to)
    };
    sql(" from (")
        .join(part("i.settled_minor <> i.amount_minor"))
        .join(scope.items(channels))
        .add(" union all ")
        .join(part("i.settled_minor = i.amount_minor and i.settled_at >= ?").bind(to))
        .join(scope.items(channels))
        .add(") i where i.open <> 0 and i.provider <> 'bank_transfer'")
}

/// What moved in a time, by kind of step.
pub(super) async fn moved(
    db: &Db,
    scope: &Scope,
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> Result<Vec<(String, i64)>> {
    let query = sql("select i.kind, cast(coalesce(sum(i.amount_minor), 0) as bigint)
         from clearing_items i where i.at >= ? and i.at < ?")
    .bind(from)
    .bind(to)
    .join(scope.items(true))
    .add(" group by i.kind");
    db.values(query).await
}

/// A step of a payment for a file.
#[derive(Debug, Clone)]
pub(super) struct StepRow {
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) at: OffsetDateTime,
    pub(super) minor: i64,
    pub(super) step_reference: Option<String>,
    pub(super) provider: String,
    pub(super) provider_account: Option<String>,
    pub(super) payment_reference: Option<String>,
    pub(super) method: String,
    pub(super) order_number: String,
    pub(super) channel: String,
}

/// What moved in a time, step by step, oldest first.
pub(super) async fn steps_of_period(
    db: &Db,
    scope: &Scope,
    (from, to): (OffsetDateTime, OffsetDateTime),
    behind: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> Result<Vec<StepRow>> {
    let mut query = sql("select t.id, t.kind, t.at, t.amount_minor, t.provider_reference, p.provider,
             p.provider_account, p.provider_reference, p.method, o.number, c.code")
    .add(STEPS)
    .add(
        " where t.at >= ? and t.at < ? and t.state = 'SUCCEEDED' and o.in_books
         and t.kind not in ('AUTHORIZATION', 'VOID') and t.kind in ('CAPTURE', 'REFUND', 'CHARGEBACK', 'CHARGEBACK_REVERSAL')",
    )
    .bind(from)
    .bind(to)
    .join(scope.steps(true));
    if let Some((at, id)) = behind {
        query = query.add(" and (t.at > ? or t.at = ? and t.id > ?)").bind(at).bind(at).bind(id);
    }
    db.all_as(query.add(" order by t.at, t.id limit ?").bind(limit), |row| {
        Ok(StepRow {
            id: row.try_get_by_index(0)?,
            kind: row.try_get_by_index(1)?,
            at: row.try_get_by_index(2)?,
            minor: row.try_get_by_index(3)?,
            step_reference: row.try_get_by_index(4)?,
            provider: row.try_get_by_index(5)?,
            provider_account: row.try_get_by_index(6)?,
            payment_reference: row.try_get_by_index(7)?,
            method: row.try_get_by_index(8)?,
            order_number: row.try_get_by_index(9)?,
            channel: row.try_get_by_index(10)?,
        })
    })
    .await
}

/// What settled steps: step, how much, and by which line.
pub(super) async fn settled_of_steps(
    db: &Db,
    steps: &[Uuid],
) -> Result<Vec<(Uuid, i64, Option<Uuid>)>> {
    let query = sql("select transaction_id, amount_minor, settlement_line_id from matches
         where transaction_id = any(?) and state = 'CONFIRMED' order by id");
    db.values(query.ids(steps)).await
}

/// Kinds of differences that are open about steps.
pub(super) async fn open_about_steps(db: &Db, steps: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let query = sql("select transaction_id, kind from reconciliation_exceptions
         where transaction_id = any(?) and state <> 'RESOLVED'");
    db.values(query.ids(steps)).await
}

/// What tells reports from others.
pub(super) async fn references_of_reports(db: &Db, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    db.values(sql("select id, reference from settlement_reports where id = any(?)").ids(ids)).await
}

/// Differences that were open in a time, oldest first.
pub(super) async fn exceptions_of_period(
    db: &Db,
    scope: &Scope,
    (from, to): (OffsetDateTime, OffsetDateTime),
    behind: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> Result<Vec<reconciliation_exception::Model>> {
    let mut query = sql("select x.* from reconciliation_exceptions x
         where x.currency = ? and x.raised_at < ? and (x.resolved_at is null or x.resolved_at >= ?)")
    .bind(scope.currency.as_str())
    .bind(to)
    .bind(from)
    .join(scope.owned("x"));
    if let Some((at, id)) = behind {
        query = query
            .add(" and (x.raised_at > ? or x.raised_at = ? and x.id > ?)")
            .bind(at)
            .bind(at)
            .bind(id);
    }
    db.all(query.add(" order by x.raised_at, x.id limit ?").bind(limit)).await
}

/// Fees and net of lines that came to the balance in a time and are explained: of reports that lie in it as a whole by their
/// sums, of others and for some channels line by line.
pub(super) async fn settled_lines(
    db: &Db,
    scope: &Scope,
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> Result<(i64, i64)> {
    let reports = " join settlement_sums s on s.report_id = r.id and s.currency = ?
         where r.state = 'IMPORTED' and s.first_at < ? and s.last_at >= ?";
    let within = " and s.first_at >= ? and s.last_at < ?";
    let mut of_lines = sql(
        "select cast(coalesce(sum(case when l.kind in ('FEE', 'CORRECTION') then -l.net_minor else l.fee_minor end), 0) as bigint),
             cast(coalesce(sum(l.net_minor), 0) as bigint)
         from settlement_lines l where l.state = 'MATCHED' and l.kind not in ('PAYOUT', 'PAYOUT_REVERSAL', 'BALANCE_TRANSFER')
           and l.currency = ? and l.report_id in (select r.id from settlement_reports r",
    )
    .bind(scope.currency.as_str())
    .add(reports)
    .bind(scope.currency.as_str())
    .bind(to)
    .bind(from)
    .join(scope.owned("r"));
    if scope.channels.is_none() {
        of_lines = of_lines.add(" and not (s.first_at >= ? and s.last_at < ?)").bind(from).bind(to);
    }
    of_lines = of_lines
        .add(
            ") and coalesce(l.booked_at, (select r.booked_at from settlement_reports r where r.id = l.report_id)) >= ?
             and coalesce(l.booked_at, (select r.booked_at from settlement_reports r where r.id = l.report_id)) < ?",
        )
        .bind(from)
        .bind(to);
    if let Some(channels) = &scope.channels {
        of_lines = of_lines
            .add(
                " and l.id in (select m.settlement_line_id from clearing_items i
                 join matches m on m.transaction_id = i.transaction_id and m.state = 'CONFIRMED'
                 where m.settlement_line_id is not null and i.channel_id = any(?))",
            )
            .ids(channels);
    }
    let of_lines: Option<(i64, i64)> = db.value(of_lines).await?;
    let of_lines = of_lines.unwrap_or_default();
    if scope.channels.is_some() {
        return Ok(of_lines);
    }
    let whole = sql("select cast(coalesce(sum(s.fee_minor), 0) as bigint), cast(coalesce(sum(s.net_minor), 0) as bigint)
         from settlement_reports r")
    .add(reports)
    .bind(scope.currency.as_str())
    .bind(to)
    .bind(from)
    .join(scope.owned("r"))
    .add(within)
    .bind(from)
    .bind(to);
    let whole: Option<(i64, i64)> = db.value(whole).await?;
    let (fees, net) = whole.unwrap_or_default();
    Ok((of_lines.0 + fees, of_lines.1 + net))
}

/// What was sent in a time, and what the bank had of it in that time.
pub(super) async fn paid_out(
    db: &Db,
    scope: &Scope,
    (from, to): (OffsetDateTime, OffsetDateTime),
) -> Result<(i64, i64)> {
    let query = sql("select coalesce(sum(y.amount_minor), 0) from payouts y
         where y.booked and y.currency = ? and y.paid_at >= ? and y.paid_at < ?")
    .bind(scope.currency.as_str())
    .bind(from)
    .bind(to)
    .join(scope.owned("y"));
    let query = sql("select cast((").join(query).add(") as bigint)");
    let sent: Option<i64> = db.value(query).await?;
    let day = |at: OffsetDateTime| at.to_offset(time::UtcOffset::UTC).date().to_string();
    let query = sql("select cast(coalesce(sum(m.amount_minor), 0) as bigint) from matches m
         join payouts y on y.id = m.payout_id join bank_lines b on b.id = m.bank_line_id
         where m.state = 'CONFIRMED' and y.currency = ? and b.booked_at >= ? and b.booked_at < ?")
    .bind(scope.currency.as_str())
    .bind(day(from))
    .bind(day(to))
    .join(scope.owned("y"));
    let received: Option<i64> = db.value(query).await?;
    Ok((sent.unwrap_or(0), received.unwrap_or(0)))
}

/// How many differences are open.
pub(super) async fn open_exceptions(db: &Db, scope: &Scope) -> Result<i64> {
    let query = sql("select count(*) from reconciliation_exceptions x where x.state <> 'RESOLVED' and x.currency = ?")
        .bind(scope.currency.as_str())
        .join(scope.owned("x"));
    counted(db, query).await
}

/// What providers hold for us, as the books say.
pub(super) async fn clearing(db: &Db, scope: &Scope, to: OffsetDateTime) -> Result<i64> {
    let mut query = sql("select cast(coalesce(sum(s.amount_minor), 0) as bigint) from postings s
         where s.account = 1100 and s.currency = ? and s.at < ?")
    .bind(scope.currency.as_str())
    .bind(to)
    .join(within(&scope.entities, "s.legal_entity_id"));
    if let Some(provider) = &scope.provider {
        let json = if db.is_postgres() {
            " and s.subledger->>'provider' = ?"
        } else {
            " and json_extract(s.subledger, '$.provider') = ?"
        };
        query = query.add(json).bind(provider.as_str());
    }
    counted(db, query).await
}

/// What is in the books of steps that no settlement told of before a moment: of captures, and of what went back.
pub(super) async fn unsettled(db: &Db, scope: &Scope, to: OffsetDateTime) -> Result<(i64, i64)> {
    let fee = "case when i.kind = 'CHARGEBACK' and i.open > 0 then coalesce((select max(d.fee_minor) from disputes d
             join payment_transactions t on t.id = i.transaction_id
             where d.payment_id = i.payment_id and coalesce(d.provider_reference, '') = coalesce(t.provider_reference, '')), 0)
         else 0 end";
    let query = sql(format!(
        "select cast(coalesce(sum(case when i.kind = 'CAPTURE' then i.open else 0 end), 0) as bigint),
             cast(coalesce(sum(case when i.kind in ('REFUND', 'CHARGEBACK') then i.open + {fee}
                 when i.kind = 'CHARGEBACK_REVERSAL' then -i.open else 0 end), 0) as bigint)"
    ))
    .join(open_before(scope, to, false));
    let found: Option<(i64, i64)> = db.value(query).await?;
    Ok(found.unwrap_or_default())
}

/// What lines brought to the balance and no payout took from it.
pub(super) async fn open_items(db: &Db, scope: &Scope, to: OffsetDateTime) -> Result<i64> {
    let query = sql("select cast(coalesce(sum(s.net_minor + s.payouts_back_minor), 0) as bigint)
         from settlement_sums s join settlement_reports r on r.id = s.report_id
         where r.state = 'IMPORTED' and s.currency = ? and r.booked_at < ?")
    .bind(scope.currency.as_str())
    .bind(to)
    .join(scope.owned("r"));
    let explained = counted(db, query).await?;
    let query = sql("select cast(coalesce(sum(l.net_minor), 0) as bigint)
         from settlement_lines l join settlement_reports r on r.id = l.report_id
         where r.state = 'IMPORTED' and l.kind not in ('PAYOUT', 'BALANCE_TRANSFER') and l.currency = ? and r.booked_at < ?
           and l.state in ('SUSPENDED', 'SETTLED') and l.id in (
               select x.settlement_line_id from reconciliation_exceptions x where x.settlement_line_id is not null
               and x.resolution in ('WRITTEN_OFF', 'MOVED_TO_SUSPENSE') and x.state = 'RESOLVED' and x.resolved_at < ?)")
    .bind(scope.currency.as_str())
    .bind(to)
    .bind(to)
    .join(scope.owned("r"));
    let resolved = counted(db, query).await?;
    let query = sql("select cast(coalesce(sum(y.amount_minor), 0) as bigint) from payouts y
         where y.booked and y.currency = ? and y.paid_at < ?")
    .bind(scope.currency.as_str())
    .bind(to)
    .join(scope.owned("y"));
    Ok(explained + resolved - counted(db, query).await?)
}

/// Captures that no settlement told of before a moment, by the day on which they were made: how many, and how much.
pub(super) async fn unsettled_by_day(
    db: &Db,
    scope: &Scope,
    to: OffsetDateTime,
) -> Result<Vec<(String, i64, i64)>> {
    let day = if db.is_postgres() {
        "to_char(i.at at time zone 'UTC', 'YYYY-MM-DD')"
    } else {
        "substr(i.at, 1, 10)"
    };
    let query = sql(format!("select {day}, count(*), cast(sum(i.open) as bigint)"))
        .join(open_before(scope, to, true))
        .add(" and i.kind = 'CAPTURE' group by 1 order by 1");
    db.values(query).await
}

/// Open items that are not what their steps and matches say.
pub(super) fn items_off() -> Sql {
    sql("select t.kind, o.number, t.amount_minor, cast(coalesce(i.settled_minor, 0) as bigint)
         from payment_transactions t join payments p on p.id = t.payment_id join orders o on o.id = p.order_id
         join channels c on c.id = o.channel_id
         left join clearing_items i on i.transaction_id = t.id
         left join (
             select m.transaction_id, sum(m.amount_minor) as minor from matches m
             where m.state = 'CONFIRMED' and m.transaction_id is not null group by m.transaction_id) s
             on s.transaction_id = t.id
         where t.kind in ('CAPTURE', 'REFUND', 'CHARGEBACK', 'CHARGEBACK_REVERSAL') and (
             (t.state = 'SUCCEEDED' and o.in_books and not o.draft and p.credit_id is null and p.origin_order_id is null) <> (i.transaction_id is not null)
             or i.transaction_id is not null and (i.amount_minor <> t.amount_minor or i.kind <> t.kind or i.at <> t.at
                 or i.currency <> p.currency or i.provider <> p.provider or i.channel_id <> o.channel_id
                 or i.legal_entity_id <> c.legal_entity_id or i.settled_minor <> coalesce(s.minor, 0)))
         order by o.number, t.id")
}

/// Sums of reports that are not what their explained lines come to.
pub(super) fn sums_off() -> Sql {
    sql("select r.reference, f.currency, cast(f.kept as bigint), cast(f.net as bigint)
         from (
             select u.report_id, u.currency, sum(u.kept) as kept, sum(u.net) as net, sum(u.kept_fee) as kept_fee, sum(u.fee) as fee
             from (
                 select s.report_id, s.currency, s.net_minor + s.payouts_back_minor as kept, 0 as net, s.fee_minor as kept_fee, 0 as fee
                 from settlement_sums s
                 union all
                 select l.report_id, l.currency, 0, l.net_minor, 0,
                     case when l.kind = 'PAYOUT_REVERSAL' then 0 when l.kind in ('FEE', 'CORRECTION') then -l.net_minor
                         else l.fee_minor end
                 from settlement_lines l
                 where l.state = 'MATCHED' and l.kind not in ('PAYOUT', 'BALANCE_TRANSFER')) u
             group by u.report_id, u.currency) f
         join settlement_reports r on r.id = f.report_id
         where r.state = 'IMPORTED' and (f.kept <> f.net or f.kept_fee <> f.fee) order by r.reference, f.currency")
}

/// Payouts of which something else is on its way than the books say.
pub(super) fn payouts_off(postgres: bool) -> Sql {
    let key = if postgres {
        "cast(s.subledger->>'payout' as uuid)"
    } else {
        "unhex(replace(json_extract(s.subledger, '$.payout'), '-', ''))"
    };
    sql(format!(
        "select f.provider, f.reference, f.open, f.booked from (
             select y.provider, y.reference,
                 case when not y.booked or y.state = 'FAILED' then 0 else y.amount_minor - y.received_minor end as open,
                 cast(coalesce(b.booked, 0) as bigint) as booked
             from payouts y left join (
                 select {key} as payout, sum(s.amount_minor) as booked from postings s
                 where s.account = 1050 group by {key}) b on b.payout = y.id) f
         where f.open <> f.booked order by f.provider, f.reference"
    ))
}

/// Steps of which more is settled than there is.
pub(super) fn steps_off() -> Sql {
    sql("select t.kind, o.number, t.amount_minor, cast(sum(m.amount_minor) as bigint)
         from matches m join payment_transactions t on t.id = m.transaction_id
         join payments p on p.id = t.payment_id join orders o on o.id = p.order_id
         where m.state = 'CONFIRMED' group by t.id, t.kind, o.number, t.amount_minor
         having sum(m.amount_minor) > t.amount_minor order by o.number")
}

/// Lines that are said to be matched and are not, and the other way round.
pub(super) fn lines_off() -> Sql {
    sql("select r.reference, l.state, cast(l.line_number as bigint),
             (select count(*) from matches m where m.settlement_line_id = l.id and m.state = 'CONFIRMED')
         from settlement_lines l join settlement_reports r on r.id = l.report_id
         where r.state = 'IMPORTED' and l.kind in ('CAPTURE', 'REFUND', 'REFUND_REVERSAL', 'CHARGEBACK', 'CHARGEBACK_REVERSAL')
           and (l.state = 'MATCHED') <> exists (
               select 1 from matches m where m.settlement_line_id = l.id and m.state = 'CONFIRMED')
         order by r.reference, l.line_number")
}

/// Captures and refunds in the books that no settlement told of, oldest first.
pub(super) async fn steps_to_settle(db: &Db) -> Result<Vec<super::simulate::Step>> {
    let query = sql("select t.kind, t.amount_minor, t.at, t.provider_reference, p.provider_reference, p.currency,
             p.provider, p.provider_account, o.number, o.shipped_at is not null,
             o.completed_at is not null or o.cancelled_at is not null, p.refunded_minor > 0,
             p.captured_minor - p.refunded_minor - p.refunding_minor - p.disputed_minor, p.method, c.legal_entity_id
         from payment_transactions t join payments p on p.id = t.payment_id join orders o on o.id = p.order_id
         join channels c on c.id = o.channel_id
         where t.kind in ('CAPTURE', 'REFUND') and t.state = 'SUCCEEDED' and o.in_books and p.credit_id is null and p.origin_order_id is null
           and p.provider not in ('bank_transfer', 'manual')
           and not exists (select 1 from matches m where m.transaction_id = t.id and m.state <> 'UNDONE')
         order by t.at, t.id");
    db.all_as(query, |row| {
        Ok(super::simulate::Step {
            kind: row.try_get_by_index(0)?,
            minor: row.try_get_by_index(1)?,
            at: row.try_get_by_index(2)?,
            reference: row.try_get_by_index(3)?,
            payment_reference: row.try_get_by_index(4)?,
            currency: row.try_get_by_index(5)?,
            provider: row.try_get_by_index(6)?,
            account: row.try_get_by_index(7)?,
            order_number: row.try_get_by_index(8)?,
            shipped: row.try_get_by_index(9)?,
            closed: row.try_get_by_index(10)?,
            refunded: row.try_get_by_index(11)?,
            left: row.try_get_by_index(12)?,
            method: row.try_get_by_index(13)?,
            entity: row.try_get_by_index(14)?,
        })
    })
    .await
}

/// What is agreed with all providers.
pub(super) async fn fees(db: &Db) -> Result<Vec<fee_agreement::Model>> {
    db.all(sql("select * from fee_agreements order by from_day")).await
}

/// Authorizations of which something is open and that end before a moment.
pub(super) async fn endings(
    db: &Db,
    before: OffsetDateTime,
) -> Result<Vec<super::simulate::Ending>> {
    let query = sql("select coalesce(p.provider_reference, o.number),
             p.authorized_minor - p.voided_minor - p.captured_minor - p.capturing_minor
         from payments p join orders o on o.id = p.order_id
         where p.authorization_expires_at > ? and p.authorization_expires_at <= ? and p.state <> 'EXPIRED'
           and p.authorized_minor > p.voided_minor + p.captured_minor + p.capturing_minor
         order by p.id")
    .bind(db.now())
    .bind(before);
    let found: Vec<(String, i64)> = db.values(query).await?;
    let ending = |(reference, minor)| super::simulate::Ending { reference, minor };
    Ok(found.into_iter().map(ending).collect())
}
