//! Questions about the books. They are reached by whoever reaches every channel of the company.

use super::chart::Account;
use super::sql as queries;
use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::money::Currency;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::{exchange_rate, ledger_account, legal_entity, posting};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

pub use super::sql::{EntryFilter, Numbered};

/// Companies whose books are in reach; `None` for all.
pub(crate) async fn in_reach(db: &Db, actor: &Actor) -> Result<Option<Vec<Uuid>>> {
    match (&actor.reach.channels, &actor.reach.locations) {
        (None, None) => Ok(None),
        // What is restricted to locations sees no company as a whole.
        (_, Some(_)) => Ok(Some(Vec::new())),
        (Some(channels), None) => Ok(Some(queries::within(db, channels).await?)),
    }
}

/// Whether the books of a company are in reach.
async fn reaches(db: &Db, actor: &Actor, entity: Uuid) -> Result<bool> {
    Ok(in_reach(db, actor).await?.is_none_or(|entities| entities.contains(&entity)))
}

/// A company whose books are in reach.
pub(crate) async fn entity_in_reach(
    db: &Db,
    actor: &Actor,
    id: Uuid,
) -> Result<legal_entity::Model> {
    let missing = || Error::refused(checks::not_found("legalEntityId", "legal entity"));
    if !reaches(db, actor, id).await? {
        return Err(missing());
    }
    queries::plain_entity(db, id).await?.ok_or_else(missing)
}

/// The accounts of a company, or of all that are in reach, by code.
pub async fn accounts(
    db: &Db,
    actor: &Actor,
    legal_entity_id: Option<Uuid>,
) -> Result<Vec<ledger_account::Model>> {
    actor.require(Permission::LedgerRead)?;
    let entities = match (legal_entity_id, in_reach(db, actor).await?) {
        (Some(id), None) => vec![id],
        (Some(id), Some(reached)) => reached.into_iter().filter(|one| *one == id).collect(),
        (None, Some(reached)) => reached,
        (None, None) => queries::all_entities(db).await?,
    };
    queries::accounts(db, &entities).await
}

/// Accounts by id, within reach.
pub async fn accounts_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<ledger_account::Model>> {
    actor.require(Permission::LedgerRead)?;
    let mut rows = queries::accounts_by_ids(db, ids).await?;
    if let Some(reached) = in_reach(db, actor).await? {
        rows.retain(|row| reached.contains(&row.legal_entity_id));
    }
    Ok(rows)
}

/// Accounts by company and code: of entries that are in reach already.
pub async fn accounts_by_code(
    db: &Db,
    keys: &[(Uuid, i32)],
) -> Result<HashMap<(Uuid, i32), ledger_account::Model>> {
    let entities: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    let rows = queries::accounts(db, &entities).await?;
    Ok(rows.into_iter().map(|row| ((row.legal_entity_id, row.code), row)).collect())
}

/// What an account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Its currency.
    pub currency: String,
    /// Debits less credits, in minor units.
    pub minor: i64,
}

/// What accounts of companies that are in reach held at a moment, by company and code.
pub async fn balances(
    db: &Db,
    keys: &[(Uuid, i32)],
    as_of: OffsetDateTime,
) -> Result<HashMap<(Uuid, i32), Vec<Balance>>> {
    let mut found: HashMap<(Uuid, i32), Vec<Balance>> = HashMap::new();
    let mut entities: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    entities.sort_unstable();
    entities.dedup();
    for entity in entities {
        let codes: Vec<i32> = keys.iter().filter(|key| key.0 == entity).map(|key| key.1).collect();
        for (code, currency, minor) in queries::balances(db, entity, &codes, as_of).await? {
            let key = (entity, i32::try_from(code).unwrap_or(0));
            found.entry(key).or_default().push(Balance { currency, minor });
        }
    }
    Ok(found)
}

/// One row of a trial balance, in minor units: exactly one of the two is above zero, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialRow {
    /// The account.
    pub account: Account,
    /// Debits above credits.
    pub debit_minor: i64,
    /// Credits above debits.
    pub credit_minor: i64,
}

/// All accounts of a company at a moment.
#[derive(Debug, Clone)]
pub struct TrialBalance {
    /// The company.
    pub entity: legal_entity::Model,
    /// In which currency.
    pub currency: Currency,
    /// The accounts on which anything was ever booked, by code.
    pub rows: Vec<TrialRow>,
}

/// All accounts of a company at a moment: in one currency, what was booked in it; without one, everything in the
/// currency of the books.
pub async fn trial_balance(
    db: &Db,
    actor: &Actor,
    legal_entity_id: Uuid,
    currency: Option<&str>,
    as_of: OffsetDateTime,
) -> Result<TrialBalance> {
    actor.require(Permission::LedgerRead)?;
    let mut faults = Faults::default();
    let asked = currency.map(|code| checks::currency(&mut faults, "currencyCode", code));
    faults.check()?;
    let entity = entity_in_reach(db, actor, legal_entity_id).await?;
    let base = Currency::from_code(&entity.base_currency)
        .ok_or_else(|| Error::Internal("a company without a currency".into()))?;
    let asked = asked.flatten();
    let code = asked.map(Currency::code);
    let rows = queries::turnover(db, entity.id, code, as_of).await?;
    let row = |(code, sum): (i64, i64)| {
        let account = Account::of(i32::try_from(code).ok()?)?;
        let (debit_minor, credit_minor) = (sum.max(0), (-sum).max(0));
        Some(TrialRow { account, debit_minor, credit_minor })
    };
    let rows = rows.into_iter().filter_map(row).collect();
    Ok(TrialBalance { entity, currency: asked.unwrap_or(base), rows })
}

const NEWEST: Order = Order::by_time("j.at", "j.id", true);

/// A page of entries within reach, newest first.
pub async fn entries(
    db: &Db,
    actor: &Actor,
    filter: &EntryFilter,
    page: &PageArgs,
) -> Result<Rows<Numbered>> {
    actor.require(Permission::LedgerRead)?;
    let page = page.check(NEWEST)?;
    let reached = in_reach(db, actor).await?;
    let rows = queries::entries(db, reached.as_deref(), filter, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::at(row.entry.at), row.entry.id)))
}

/// How many entries a filter finds.
pub async fn entries_count(db: &Db, actor: &Actor, filter: &EntryFilter) -> Result<i64> {
    actor.require(Permission::LedgerRead)?;
    let reached = in_reach(db, actor).await?;
    queries::entries_count(db, reached.as_deref(), filter).await
}

/// Entries by id, within reach.
pub async fn entries_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<Numbered>> {
    actor.require(Permission::LedgerRead)?;
    let reached = in_reach(db, actor).await?;
    queries::entries_by_ids(db, reached.as_deref(), ids).await
}

/// The postings of entries, in order.
pub async fn postings_of(db: &Db, entries: &[Uuid]) -> Result<Vec<posting::Model>> {
    queries::postings(db, entries).await
}

/// What took entries back: by the entry that was taken back.
pub async fn reversals(db: &Db, entries: &[Uuid]) -> Result<HashMap<Uuid, Uuid>> {
    Ok(queries::reversals(db, entries).await?.into_iter().collect())
}

/// The rates of a day.
pub async fn exchange_rates(
    db: &Db,
    actor: &Actor,
    base: &str,
    on: &str,
) -> Result<Vec<exchange_rate::Model>> {
    actor.require(Permission::LedgerRead)?;
    let mut faults = Faults::default();
    let base = checks::currency(&mut faults, "base", base);
    let on = checks::date(&mut faults, "on", on);
    faults.check()?;
    match (base, on) {
        (Some(base), Some(on)) => queries::rates(db, base.code(), &on).await,
        _ => Ok(Vec::new()),
    }
}

/// Rates by base, currency and day: those that somebody just entered.
pub async fn rates_by_keys(
    db: &Db,
    keys: &[(String, String, String)],
) -> Result<Vec<exchange_rate::Model>> {
    let days: Vec<&str> = keys.iter().map(|key| key.2.as_str()).collect();
    let mut rows = queries::rates_of_days(db, &days).await?;
    let place = |row: &exchange_rate::Model| {
        keys.iter().position(|key| (&key.0, &key.1, &key.2) == (&row.base, &row.currency, &row.day))
    };
    rows.retain(|row| place(row).is_some());
    rows.sort_by_key(place);
    Ok(rows)
}

/// An unknown account is named.
pub fn account_code(text: &str) -> Result<i32> {
    let mut faults = Faults::default();
    let code = text.trim().parse::<i32>().ok().filter(|code| Account::of(*code).is_some());
    if code.is_none() {
        faults.add(RefusalCode::NotFound, "accountCode", "is no account of the chart");
    }
    faults.check()?;
    code.ok_or(Error::Contended)
}
