//! Entries: made by templates alone, balanced in every currency and in that of the books, and never changed.

use super::chart::Account;
use super::sql;
use crate::clock;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::ids::Subject;
use crate::money::Currency;
use crate::store::{Batch, Db, WriteTx};
use entities::{journal_entry, legal_entity, posting};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// An amount, and what it is worth in the currency of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Amount {
    pub(crate) minor: i64,
    pub(crate) base: i64,
}

impl Amount {
    /// Its part of a whole, the base in proportion; the whole itself takes the rest.
    pub(crate) fn part(self, minor: i64) -> Self {
        if minor == self.minor {
            return self;
        }
        Self { minor, base: crate::orders::totals::share(self.base, minor, self.minor) }
    }

    /// What is left without a part.
    pub(crate) const fn less(self, part: Self) -> Self {
        Self { minor: self.minor - part.minor, base: self.base - part.base }
    }

    pub(crate) const fn plus(self, more: Self) -> Self {
        Self { minor: self.minor + more.minor, base: self.base + more.base }
    }

    const fn negative(self) -> Self {
        Self { minor: -self.minor, base: -self.base }
    }
}

/// One side of an entry in the making: debit above zero.
#[derive(Debug, Clone)]
struct Side {
    account: Account,
    currency: Currency,
    amount: Amount,
    subledger: Json,
}

/// What happened, for the books.
#[derive(Debug, Clone)]
#[must_use]
pub(crate) struct Entry {
    template: &'static str,
    /// The business event: under one template it is booked once.
    source: Uuid,
    at: OffsetDateTime,
    description: String,
    subject: Subject,
    order: Option<Uuid>,
    event: Option<Uuid>,
    reverses: Option<Uuid>,
    sides: Vec<Side>,
}

impl Entry {
    /// An entry without sides.
    pub(super) fn new(
        template: &'static str,
        source: Uuid,
        at: OffsetDateTime,
        subject: Subject,
        description: impl Into<String>,
    ) -> Self {
        Self {
            template,
            source,
            at,
            description: description.into(),
            subject,
            order: None,
            event: None,
            reverses: None,
            sides: Vec::new(),
        }
    }

    /// The order that it belongs to.
    pub(crate) const fn of_order(mut self, order: Uuid) -> Self {
        self.order = Some(order);
        self
    }

    /// The event that tells of it.
    pub(crate) const fn told_by(mut self, event: Option<Uuid>) -> Self {
        self.event = event;
        self
    }

    /// The entry that it takes back.
    pub(super) const fn reversing(mut self, entry: Uuid) -> Self {
        self.reverses = Some(entry);
        self
    }

    /// A debit; a negative amount is a credit.
    pub(super) fn debit(
        mut self,
        account: Account,
        currency: Currency,
        amount: Amount,
        subledger: &Json,
    ) -> Self {
        if amount != Amount::default() {
            self.sides.push(Side { account, currency, amount, subledger: subledger.clone() });
        }
        self
    }

    /// A credit; a negative amount is a debit.
    pub(super) fn credit(
        self,
        account: Account,
        currency: Currency,
        amount: Amount,
        subledger: &Json,
    ) -> Self {
        self.debit(account, currency, amount.negative(), subledger)
    }

    /// Puts what rates made of an amount into the account for it.
    pub(super) fn with_exchange_difference(self, currency: Currency) -> Self {
        let rest: i64 = self.sides.iter().map(|side| side.amount.base).sum();
        let difference = Amount { minor: 0, base: rest };
        self.credit(Account::ExchangeDifferences, currency, difference, &json!({}))
    }

    /// What it says of each account, in the currency of the books.
    #[cfg(test)]
    pub(super) fn bases(&self) -> impl Iterator<Item = (Account, i64)> + '_ {
        self.sides.iter().map(|side| (side.account, side.amount.base))
    }

    /// Whether debits equal credits in every currency and in that of the books.
    pub(super) fn is_balanced(&self) -> bool {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        let mut base = 0;
        for side in &self.sides {
            *sums.entry(side.currency.code()).or_default() += side.amount.minor;
            base += side.amount.base;
        }
        base == 0 && sums.values().all(|sum| *sum == 0)
    }
}

/// The books of one company while a transaction writes in them.
#[derive(Debug, Clone)]
pub(crate) struct Books {
    pub(crate) entity: legal_entity::Model,
    pub(crate) base: Currency,
    zone: TimeZone,
    /// What one unit of a currency was worth on a day.
    rates: BTreeMap<(String, String), Decimal>,
}

impl Books {
    /// The books of the companies that the channels belong to, by channel. No period is closed while they are open.
    pub(crate) async fn of_channels(
        tx: &WriteTx,
        channels: &[Uuid],
    ) -> Result<BTreeMap<Uuid, Self>> {
        let rows = sql::entities_of_channels(tx, channels).await?;
        rows.into_iter().map(|(channel, entity)| Ok((channel, Self::of(entity)?))).collect()
    }

    /// The books of a company. No period is closed while they are open.
    pub(crate) async fn of_entity(tx: &WriteTx, id: Uuid) -> Result<Option<Self>> {
        sql::entity(tx, id).await?.map(Self::of).transpose()
    }

    fn of(entity: legal_entity::Model) -> Result<Self> {
        let base = Currency::from_code(&entity.base_currency)
            .ok_or_else(|| Error::Internal(format!("{} has no currency", entity.id)))?;
        let zone = TimeZone::get(&entity.time_zone).unwrap_or(TimeZone::UTC);
        Ok(Self { entity, base, zone, rates: BTreeMap::new() })
    }

    /// The day of a moment where the company is.
    pub(crate) fn day(&self, at: OffsetDateTime) -> String {
        clock::timestamp(at).to_zoned(self.zone.clone()).date().to_string()
    }

    /// Whether the day of a moment is closed.
    pub(crate) fn is_closed(&self, at: OffsetDateTime) -> bool {
        let day = self.day(at);
        self.entity.closed_through.as_ref().is_some_and(|closed| day <= *closed)
    }

    /// When a day begins where the company is; none where it is no day.
    pub(crate) fn begin_of(&self, day: &str) -> Option<OffsetDateTime> {
        let day: jiff::civil::Date = day.parse().ok()?;
        let begin = day.to_zoned(self.zone.clone()).ok()?;
        Some(clock::from_timestamp(begin.timestamp()))
    }

    /// The year of a moment where the company is.
    pub(crate) fn year(&self, at: OffsetDateTime) -> i32 {
        clock::timestamp(at).to_zoned(self.zone.clone()).year().into()
    }

    /// What an amount is worth in the currency of the books, at the rate of the day.
    pub(crate) async fn worth(
        &mut self,
        db: &Db,
        currency: Currency,
        minor: i64,
        at: OffsetDateTime,
    ) -> Result<Amount> {
        if currency == self.base || minor == 0 {
            return Ok(Amount { minor, base: minor });
        }
        let day = self.day(at);
        let key = (currency.code().to_owned(), day.clone());
        let rate = if let Some(rate) = self.rates.get(&key) {
            *rate
        } else {
            let rate = sql::rate_on(db, self.base.code(), currency.code(), &day).await?;
            let rate = rate.ok_or_else(|| self.no_rate(currency, &day))?;
            self.rates.insert(key, rate);
            rate
        };
        let base = currency.convert(minor, rate, self.base);
        let base = base.ok_or_else(|| Error::Internal("an amount beyond all books".into()))?;
        Ok(Amount { minor, base })
    }

    fn no_rate(&self, currency: Currency, day: &str) -> Error {
        let message = format!(
            "what one {} was worth in {} on {day} is not known: set it with `exchangeRatesSet`",
            currency.code(),
            self.base.code(),
        );
        Error::refused(Refusal::new(RefusalCode::StateConflict, "", message))
    }

    /// Adds an entry to what the transaction writes. One for a closed day counts from now on, and says which day it was.
    pub(crate) fn write(&self, tx: &WriteTx, batch: &mut Batch, mut entry: Entry) -> Result<()> {
        if entry.sides.is_empty() {
            return Ok(());
        }
        if !entry.is_balanced() {
            let (template, sides) = (entry.template, &entry.sides);
            return Err(Error::Internal(format!("{template} does not balance: {sides:?}")));
        }
        let meant = self.day(entry.at);
        if self.is_closed(entry.at) {
            entry.description = format!("{} (of {meant}, closed)", entry.description);
            entry.at = tx.now();
        }
        let mut row = journal_entry::Model {
            id: tx.id(),
            epoch: tx.epoch(),
            legal_entity_id: self.entity.id,
            template: entry.template.to_owned(),
            source_id: entry.source,
            at: entry.at,
            business_date: self.day(entry.at),
            recorded_at: tx.now(),
            description: entry.description,
            subject_type: entry.subject.0.to_owned(),
            subject_id: entry.subject.1,
            order_id: entry.order,
            event_id: entry.event,
            reverses_id: entry.reverses,
            hash: String::new(),
        };
        let postings: Vec<posting::Model> = (0..)
            .zip(entry.sides)
            .map(|(position, side)| posting::Model {
                entry_id: row.id,
                position,
                legal_entity_id: self.entity.id,
                account: side.account.code(),
                currency: side.currency.code().to_owned(),
                amount_minor: side.amount.minor,
                base_minor: side.amount.base,
                at: row.at,
                subledger: side.subledger,
            })
            .collect();
        row.hash = hash(&row, &postings);
        batch.add(&row);
        batch.add_all(&postings);
        Ok(())
    }
}

/// The hashes that entries ought to have, by what stands in them.
pub(crate) async fn hashes<'a>(
    db: &Db,
    entries: impl Iterator<Item = &'a journal_entry::Model>,
    ids: &[Uuid],
) -> Result<Vec<String>> {
    let mut postings: BTreeMap<Uuid, Vec<posting::Model>> = BTreeMap::new();
    for side in sql::postings(db, ids).await? {
        postings.entry(side.entry_id).or_default().push(side);
    }
    let own =
        |row: &journal_entry::Model| hash(row, postings.get(&row.id).map_or(&[], Vec::as_slice));
    Ok(entries.map(own).collect())
}

/// SHA-256 over everything that an entry says.
fn hash(row: &journal_entry::Model, postings: &[posting::Model]) -> String {
    // Databases keep the keys of an object in an order of their own.
    let keys = |json: &Json| -> Vec<(String, Json)> {
        let keys = json.as_object().into_iter().flatten();
        let keys: BTreeMap<&String, &Json> = keys.collect();
        keys.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let sides: Json = postings
        .iter()
        .map(|side| {
            json!([
                side.position,
                side.account,
                side.currency,
                side.amount_minor,
                side.base_minor,
                keys(&side.subledger),
            ])
        })
        .collect();
    let said = json!([
        row.id,
        row.epoch,
        row.legal_entity_id,
        row.template,
        row.source_id,
        crate::sql::fixed_width(row.at),
        row.business_date,
        crate::sql::fixed_width(row.recorded_at),
        row.description,
        row.subject_type,
        row.subject_id,
        row.order_id,
        row.event_id,
        row.reverses_id,
        sides,
    ]);
    crate::secrets::hex(&Sha256::digest(said.to_string().as_bytes()))
}
