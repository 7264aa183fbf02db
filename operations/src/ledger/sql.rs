//! Every query of the books.

use crate::error::{Error, Result};
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{Row, exchange_rate, journal_entry, ledger_account, legal_entity, posting};
use rust_decimal::Decimal;
use sea_orm::{DbErr, QueryResult};
use time::OffsetDateTime;
use uuid::Uuid;

/// A company beside the channel that belongs to it.
struct OfChannel {
    entity: legal_entity::Model,
    channel: Uuid,
}

impl Row for OfChannel {
    const COLUMNS: &'static [&'static str] = legal_entity::Model::COLUMNS;

    fn read(row: &QueryResult, at: usize) -> std::result::Result<Self, DbErr> {
        let channel = row.try_get_by_index(at + Self::COLUMNS.len())?;
        Ok(Self { channel, entity: legal_entity::Model::read(row, at)? })
    }
}

/// Keeps periods from being closed while somebody writes in the books: who closes one waits for all who hold this. No row is
/// locked for it, since that would give the transaction its place in the log before its turn.
pub(super) async fn keep_open(tx: &WriteTx, entities: Sql) -> Result<()> {
    if tx.is_postgres() {
        let query = sql("select count(pg_advisory_xact_lock_shared(hashtextextended('books ' || cast(e.id as text), 0)))
             from (").join(entities).add(") e");
        tx.value::<i64>(query).await?;
    }
    Ok(())
}

/// Waits for all who write in the books of a company, and keeps others from beginning.
pub(super) async fn have_alone(tx: &WriteTx, entity: Uuid) -> Result<()> {
    tx.lock(&format!("books {entity}")).await
}

pub(super) async fn entities_of_channels(
    tx: &WriteTx,
    channels: &[Uuid],
) -> Result<Vec<(Uuid, legal_entity::Model)>> {
    let entities = sql("select distinct legal_entity_id as id from channels where id = any(?)");
    keep_open(tx, entities.ids(channels)).await?;
    let query = sql("select e.*, c.id from legal_entities e
         join channels c on c.legal_entity_id = e.id where c.id = any(?)");
    let rows: Vec<OfChannel> = tx.all(query.ids(channels)).await?;
    Ok(rows.into_iter().map(|row| (row.channel, row.entity)).collect())
}

pub(super) async fn entity(tx: &WriteTx, id: Uuid) -> Result<Option<legal_entity::Model>> {
    keep_open(tx, sql("select id from legal_entities where id = ?").bind(id)).await?;
    plain_entity(tx, id).await
}

/// The company, once nobody writes in its books any longer.
pub(super) async fn entity_alone(tx: &WriteTx, id: Uuid) -> Result<Option<legal_entity::Model>> {
    have_alone(tx, id).await?;
    let query = sql("select * from legal_entities where id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

/// The rate of a day, or of the last day before it that has one.
pub(super) async fn rate_on(
    db: &Db,
    base: &str,
    currency: &str,
    day: &str,
) -> Result<Option<Decimal>> {
    let query = sql("select rate from exchange_rates
         where base = ? and currency = ? and day <= ? order by day desc limit 1")
    .bind(base)
    .bind(currency)
    .bind(day);
    let rate: Option<String> = db.value(query).await?;
    let wrong = |_| Error::Internal(format!("the rate of {currency} in {base} is no number"));
    rate.map(|rate| rate.parse().map_err(wrong)).transpose()
}

/// The rates of all currencies on a day.
pub(super) async fn rates(db: &Db, base: &str, day: &str) -> Result<Vec<exchange_rate::Model>> {
    let query = sql("select r.* from exchange_rates r where r.base = ? and r.day = (
             select max(n.day) from exchange_rates n
             where n.base = r.base and n.currency = r.currency and n.day <= ?)
         order by r.currency")
    .bind(base)
    .bind(day);
    db.all(query).await
}

pub(super) async fn rates_of_days(db: &Db, days: &[&str]) -> Result<Vec<exchange_rate::Model>> {
    db.all(sql("select * from exchange_rates where day = any(?)").texts(days)).await
}

pub(super) async fn accounts(db: &Db, entities: &[Uuid]) -> Result<Vec<ledger_account::Model>> {
    let query = sql("select * from ledger_accounts where legal_entity_id = any(?)
         order by legal_entity_id, code");
    db.all(query.ids(entities)).await
}

pub(super) async fn accounts_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<ledger_account::Model>> {
    db.all(sql("select * from ledger_accounts where id = any(?)").ids(ids)).await
}

/// The company, whoever writes in its books.
pub(super) async fn plain_entity(db: &Db, id: Uuid) -> Result<Option<legal_entity::Model>> {
    db.first(sql("select * from legal_entities where id = ?").bind(id)).await
}

pub(super) async fn all_entities(db: &Db) -> Result<Vec<Uuid>> {
    db.values(sql("select id from legal_entities order by id")).await
}

/// Debits less credits: by account and currency.
pub(super) async fn balances(
    db: &Db,
    entity: Uuid,
    accounts: &[i32],
    as_of: OffsetDateTime,
) -> Result<Vec<(i64, String, i64)>> {
    let query = sql("select cast(account as bigint), currency, cast(sum(amount_minor) as bigint)
         from postings where legal_entity_id = ? and at <= ? and account = any(?)
         group by account, currency order by account, currency")
    .bind(entity)
    .bind(as_of)
    .numbers(accounts.iter().map(|code| i64::from(*code)));
    db.values(query).await
}

/// Debits and credits of the trial balance: by account.
pub(super) async fn turnover(
    db: &Db,
    entity: Uuid,
    currency: Option<&str>,
    as_of: OffsetDateTime,
) -> Result<Vec<(i64, i64)>> {
    let column = if currency.is_some() { "amount_minor" } else { "base_minor" };
    let mut query = sql(format!(
        "select cast(account as bigint), cast(sum({column}) as bigint) from postings
         where legal_entity_id = ? and at <= ? and account < 9000"
    ))
    .bind(entity)
    .bind(as_of);
    if let Some(currency) = currency {
        query = query.add(" and currency = ?").bind(currency);
    }
    db.values(query.add(" group by account order by account")).await
}

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// In the books of this company.
    pub legal_entity_id: Option<Uuid>,
    /// About this, or about anything of this order.
    pub subject_id: Option<Uuid>,
    /// With a posting to this account.
    pub account: Option<i32>,
    /// From this moment on.
    pub from: Option<OffsetDateTime>,
    /// Before this moment.
    pub before: Option<OffsetDateTime>,
}

/// An entry and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The entry.
    pub entry: journal_entry::Model,
    /// Its number; numbers rise, and may have gaps.
    pub number: i64,
}

impl Row for Numbered {
    const COLUMNS: &'static [&'static str] = journal_entry::Model::COLUMNS;

    fn read(row: &QueryResult, at: usize) -> std::result::Result<Self, DbErr> {
        let number = row.try_get_by_index(at + Self::COLUMNS.len())?;
        Ok(Self { number, entry: journal_entry::Model::read(row, at)? })
    }
}

fn filtered(entities: Option<&[Uuid]>, filter: &EntryFilter) -> Sql {
    let mut query = sql("");
    if let Some(entities) = entities {
        query = query.add(" and j.legal_entity_id = any(?)").ids(entities);
    }
    if let Some(entity) = filter.legal_entity_id {
        query = query.add(" and j.legal_entity_id = ?").bind(entity);
    }
    if let Some(subject) = filter.subject_id {
        query = query.add(" and (j.subject_id = ? or j.order_id = ?)").bind(subject).bind(subject);
    }
    if let Some(account) = filter.account {
        query = query
            .add(" and exists (select 1 from postings p where p.entry_id = j.id and p.account = ?)")
            .bind(account);
    }
    if let Some(from) = filter.from {
        query = query.add(" and j.at >= ?").bind(from);
    }
    if let Some(before) = filter.before {
        query = query.add(" and j.at < ?").bind(before);
    }
    query
}

pub(super) async fn entries(
    db: &Db,
    entities: Option<&[Uuid]>,
    filter: &EntryFilter,
    page: Sql,
) -> Result<Vec<Numbered>> {
    let query = sql("select j.*, j.position from journal_entries j where true");
    db.all(query.join(filtered(entities, filter)).join(page)).await
}

pub(super) async fn entries_count(
    db: &Db,
    entities: Option<&[Uuid]>,
    filter: &EntryFilter,
) -> Result<i64> {
    let query = sql("select count(*) from journal_entries j where true");
    Ok(db.value(query.join(filtered(entities, filter))).await?.unwrap_or(0))
}

pub(super) async fn entries_by_ids(
    db: &Db,
    entities: Option<&[Uuid]>,
    ids: &[Uuid],
) -> Result<Vec<Numbered>> {
    let query = sql("select j.*, j.position from journal_entries j where j.id = any(?)").ids(ids);
    db.all(query.join(filtered(entities, &EntryFilter::default()))).await
}

/// Entries that take one of these back: what was taken back, and by what.
pub(super) async fn reversals(db: &Db, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let query = sql("select reverses_id, id from journal_entries where reverses_id = any(?)");
    db.values(query.ids(ids)).await
}

pub(super) async fn postings(db: &Db, entries: &[Uuid]) -> Result<Vec<posting::Model>> {
    let query = sql("select * from postings where entry_id = any(?) order by entry_id, position");
    db.all(query.ids(entries)).await
}

/// Companies all of whose channels are among these.
pub(super) async fn within(db: &Db, channels: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sql("select e.id from legal_entities e
         where exists (select 1 from channels c where c.legal_entity_id = e.id and c.id = any(?))
           and not exists (select 1 from channels c where c.legal_entity_id = e.id and not (c.id = any(?)))");
    db.values(query.ids(channels).ids(channels)).await
}

/// Channel and number of orders that are in our books.
pub(super) async fn channels_of_orders(
    tx: &WriteTx,
    orders: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, String)>> {
    let query = sql("select id, channel_id, number from orders where id = any(?) and in_books");
    tx.values(query.ids(orders)).await
}

/// Entries of what happened: what somebody took back happened all the same.
const HAPPENED: &str = "j.reverses_id is null";

/// What breaks this: debits equal credits in every entry: in each currency, and in that of the books.
pub(super) fn unbalanced() -> Sql {
    sql(
        "select cast(j.position as text), s.currency, s.amount, s.base from journal_entries j join (
             select entry_id, currency, cast(sum(amount_minor) as bigint) as amount,
                 cast(sum(sum(base_minor)) over (partition by entry_id) as bigint) as base
             from postings group by entry_id, currency) s on s.entry_id = j.id
         where s.amount <> 0 or s.base <> 0 order by j.position",
    )
}

/// What breaks this: what of an order's money stands where is what was booked for it.
pub(super) fn orders_off() -> Sql {
    sql(format!(
        "with booked as (
             select j.order_id, p.account, cast(sum(p.amount_minor) as bigint) as minor,
                 cast(sum(p.base_minor) as bigint) as base
             from postings p join journal_entries j on j.id = p.entry_id
             where j.order_id is not null and p.account in (1150, 2000, 2050) and {HAPPENED}
             group by j.order_id, p.account),
         kept as (
             select id as order_id, 1150 as account, receivable_minor as minor, receivable_base_minor as base from orders
             union all select id, 2000, -deposit_minor, -deposit_base_minor from orders
             union all select id, 2050, -refund_due_minor, -refund_due_base_minor from orders)
         select o.number, cast(k.account as text), k.minor, coalesce(b.minor, 0) from kept k
         join orders o on o.id = k.order_id
         left join booked b on b.order_id = k.order_id and b.account = k.account
         where k.minor <> coalesce(b.minor, 0) or k.base <> coalesce(b.base, 0)
         order by o.number, k.account"
    ))
}

/// What breaks this: what was captured of a payment and not given back, and what is still authorized, is what was booked.
pub(super) fn payments_off() -> Sql {
    sql(format!(
        "with booked as (
             select j.subject_id as payment_id,
                 cast(sum(case when p.account < 9000 then p.amount_minor else 0 end) as bigint) as money,
                 cast(sum(case when p.account = 9000 then p.amount_minor else 0 end) as bigint) as memo
             from postings p join journal_entries j on j.id = p.entry_id
             where j.subject_type = 'pay' and p.account in (1000, 1100, 2150, 2160, 2170, 9000) and {HAPPENED}
             group by j.subject_id)
         select o.number, p.method, p.captured_minor - p.refunded_minor, coalesce(b.money, 0)
         from payments p join orders o on o.id = p.order_id and o.in_books and not o.draft
         left join booked b on b.payment_id = p.id
         where p.captured_minor - p.refunded_minor <> coalesce(b.money, 0)
            or (p.authorized_minor > 0 and p.credit_id is null and p.origin_order_id is null
                and p.authorized_minor - p.captured_minor - p.voided_minor <> coalesce(b.memo, 0))
         order by o.number, p.position"
    ))
}

/// What breaks this: numbers of invoices and credit notes have no gap, within company, series and year.
pub(super) fn gaps() -> Sql {
    sql("select s.series, cast(s.year as text), cast(s.last as bigint), coalesce(i.found, 0)
         from invoice_series s left join (
             select legal_entity_id, series, year, cast(count(*) as bigint) as found,
                 max(sequence) as last from invoices group by legal_entity_id, series, year) i
             on i.legal_entity_id = s.legal_entity_id and i.series = s.series and i.year = s.year
         where s.last <> coalesce(i.found, 0) or s.last <> coalesce(i.last, 0)
         order by s.series, s.year")
}

/// What breaks this: documents are the sum of their lines, and what an order is said to be invoiced is the sum of its documents.
pub(super) fn documents_off() -> Sql {
    sql("select i.order_number, i.number, i.gross_minor, cast(coalesce(l.gross, 0) as bigint)
         from invoices i left join (
             select invoice_id, sum(net_minor + tax_minor) as gross, sum(tax_minor) as tax,
                 sum(net_base_minor + tax_base_minor) as base from invoice_lines group by invoice_id) l
             on l.invoice_id = i.id
         where i.gross_minor <> coalesce(l.gross, 0) or i.tax_minor <> coalesce(l.tax, 0)
            or i.gross_base_minor <> coalesce(l.base, 0) or i.net_minor + i.tax_minor <> i.gross_minor
         union all
         select o.number, 'all of its documents', o.invoiced_minor, cast(coalesce(d.invoiced, 0) as bigint)
         from orders o left join (
             select order_id,
                 sum(case when kind = 'INVOICE' then gross_minor
                     when cause = 'CORRECTION' then -gross_minor else 0 end) as invoiced,
                 sum(case when cause in ('RETURN', 'ALLOWANCE') then gross_minor else 0 end) as credited
             from invoices group by order_id) d on d.order_id = o.id
         where o.invoiced_minor <> coalesce(d.invoiced, 0) or (o.in_books and o.credited_minor <> coalesce(d.credited, 0))
         union all
         select o.number, 'what is to be paid', o.receivable_minor, cast(coalesce(d.open, 0) as bigint)
         from orders o left join (select order_id, sum(open_minor) as open from invoice_dues group by order_id) d
             on d.order_id = o.id
         where o.receivable_minor <> coalesce(d.open, 0)")
}

/// Entries of some days behind one of them, day by day in the order of their numbers.
pub(super) async fn entries_of_days(
    db: &Db,
    entity: Uuid,
    (from, to): (&str, &str),
    behind: Option<(&str, i64)>,
    limit: usize,
) -> Result<Vec<Numbered>> {
    let query = sql("select j.*, j.position from journal_entries j where j.legal_entity_id = ?
         and j.business_date <= ? and (j.business_date, j.position) > (?, ?)")
    .bind(entity)
    .bind(to);
    // Numbers are above zero.
    let (day, number) = behind.unwrap_or((from, 0));
    let query = query.bind(day).bind(number);
    db.all(query.add(&format!(" order by j.business_date, j.position limit {limit}"))).await
}

/// How many entries some days have.
pub(super) async fn count_of_days(db: &Db, entity: Uuid, (from, to): (&str, &str)) -> Result<i64> {
    let query = sql("select count(*) from journal_entries where legal_entity_id = ?
         and business_date >= ? and business_date <= ?");
    Ok(db.value(query.bind(entity).bind(from).bind(to)).await?.unwrap_or(0))
}

/// What accounts held before some days, and their debits and credits in them, in the currency of the books.
pub(super) async fn turnover_of_days(
    db: &Db,
    entity: Uuid,
    (from, to): (&str, &str),
) -> Result<Vec<(i64, i64, i64, i64)>> {
    let query = sql("select cast(p.account as bigint),
             cast(sum(case when j.business_date < ? then p.base_minor else 0 end) as bigint),
             cast(sum(case when j.business_date >= ? and p.base_minor > 0 then p.base_minor else 0 end) as bigint),
             cast(sum(case when j.business_date >= ? and p.base_minor < 0 then -p.base_minor else 0 end) as bigint)
         from postings p join journal_entries j on j.id = p.entry_id
         where j.legal_entity_id = ? and j.business_date <= ? group by p.account order by p.account")
    .bind(from)
    .bind(from)
    .bind(from)
    .bind(entity)
    .bind(to);
    db.values(query).await
}
