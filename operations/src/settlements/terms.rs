//! What is agreed with providers, and how far amounts may be apart before somebody must explain it.

use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::ledger::read::entity_in_reach;
use crate::money::Currency;
use crate::permissions::Permission;
use crate::store::{Batch, Db, Store};
use entities::enums::SettlementLineKind as Kind;
use entities::{fee_agreement, reconciliation_tolerance};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Rows of one call at most.
const MAX_ROWS: usize = 1_000;

/// What a provider may keep of a step, from a day on and until the next one given.
#[derive(Debug, Clone, Serialize)]
pub struct FeeInput {
    /// Of what: `CAPTURE`, `REFUND` or `CHARGEBACK`.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: Kind,
    /// By which method; none for every other one.
    pub method: Option<String>,
    /// The currency in which it is settled.
    pub currency_code: String,
    /// From this day on.
    pub from: String,
    /// A share of the gross; with no fixed part either, nothing is agreed any longer.
    pub rate: Option<Decimal>,
    /// And so much besides.
    pub fixed: Option<Decimal>,
}

/// Fees that are agreed with a provider; a day that has one already gets the new one. What was compared stays as it was.
#[derive(Debug, Clone, Serialize)]
pub struct SetFeeAgreements {
    /// Whose they are.
    pub legal_entity_id: Uuid,
    /// With which provider.
    pub provider: String,
    /// What is agreed.
    pub agreements: Vec<FeeInput>,
}

/// Enters what is agreed, and answers with it.
pub async fn fee_agreements_set(
    store: &Store,
    call: Call<'_>,
    command: &SetFeeAgreements,
) -> Result<Vec<fee_agreement::Model>> {
    call.actor.require(Permission::SettlementsWrite)?;
    let mut faults = Faults::default();
    let provider = checks::text(&mut faults, "provider", &command.provider, 100);
    count(&mut faults, "agreements", command.agreements.len());
    let mut rows: Vec<fee_agreement::Model> = Vec::new();
    for (index, one) in command.agreements.iter().enumerate() {
        let field = |name: &str| format!("agreements.{index}.{name}");
        let row = agreement(&mut faults, &field, (command.legal_entity_id, &provider), one);
        let Some(row) = row else { continue };
        if rows.iter().any(|other| key(other) == key(&row)) {
            faults.add(RefusalCode::Duplicate, &field("from"), "stands in the list twice");
        }
        rows.push(row);
    }
    faults.check()?;
    let (rows, provider) = (&rows, &provider);
    once(store, call, "feeAgreementsSet", command, |tx| async move {
        let entity = entity_in_reach(&tx, call.actor, command.legal_entity_id).await?;
        let mut batch = Batch::default();
        let mut told = Vec::new();
        for row in rows {
            batch.save(&fee_agreement::Model { set_at: tx.now(), ..row.clone() });
            told.push(json!({
                "kind": row.kind.to_value(), "method": row.method, "currency": row.currency,
                "from": row.from_day, "rate": row.rate, "fixed": row.fixed_minor,
            }));
        }
        let data = json!({ "provider": provider, "count": rows.len() });
        let event = NewEvent::new(events::FEE_AGREEMENTS_SET, ("ent", entity.id), data);
        let change = audit::made(&json!({ "provider": provider, "agreements": told }));
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await
    })
    .await?;
    let mut found = sql::fees_of(&store.read(), command.legal_entity_id, Some(provider)).await?;
    found.retain(|row| rows.iter().any(|set| key(set) == key(row)));
    Ok(found)
}

/// What is told apart of what is agreed with one provider.
fn key(row: &fee_agreement::Model) -> (Kind, &str, &str, &str) {
    (row.kind, &row.method, &row.currency, &row.from_day)
}

fn count(faults: &mut Faults, field: &str, rows: usize) {
    if rows == 0 || rows > MAX_ROWS {
        let message = format!("takes 1 to {MAX_ROWS}");
        faults.add(RefusalCode::LimitExceeded, field, message);
    }
}

fn agreement(
    faults: &mut Faults,
    field: &impl Fn(&str) -> String,
    (legal_entity_id, provider): (Uuid, &str),
    one: &FeeInput,
) -> Option<fee_agreement::Model> {
    if !matches!(one.kind, Kind::Capture | Kind::Refund | Kind::Chargeback) {
        let message = "is CAPTURE, REFUND or CHARGEBACK";
        faults.add(RefusalCode::Invalid, &field("kind"), message);
    }
    let method = checks::optional(faults, &field("method"), one.method.as_deref(), 100);
    let currency = checks::currency(faults, &field("currencyCode"), &one.currency_code);
    let from_day = checks::date(faults, &field("from"), &one.from);
    if let Some(rate) = one.rate {
        share(faults, &field("rate"), rate);
    }
    let (currency, from_day) = (currency?, from_day?);
    let fixed_minor = match one.fixed {
        Some(fixed) => Some(amount(faults, &field("fixed"), currency, fixed)),
        // Of a fee that has a rate alone, nothing is fixed.
        None => one.rate.map(|_| 0),
    };
    let rate = one.rate.or_else(|| one.fixed.map(|_| Decimal::ZERO));
    Some(fee_agreement::Model {
        legal_entity_id,
        provider: provider.to_owned(),
        kind: one.kind,
        method: method.unwrap_or_default().to_lowercase(),
        currency: currency.code().to_owned(),
        from_day,
        rate: rate.map(|rate| rate.normalize().to_string()),
        fixed_minor,
        set_at: time::OffsetDateTime::UNIX_EPOCH,
    })
}

/// A share from 0 to 1.
fn share(faults: &mut Faults, field: &str, rate: Decimal) {
    if rate < Decimal::ZERO || rate > Decimal::ONE || rate.normalize().scale() > 6 {
        let message = "is a fraction from 0 to 1 with at most 6 decimals: 0.014 is 1.4 %";
        faults.add(RefusalCode::Invalid, field, message);
    }
}

/// An amount of 0 or more.
fn amount(faults: &mut Faults, field: &str, currency: Currency, amount: Decimal) -> i64 {
    let minor = faults.take(field, currency.minor(amount)).unwrap_or(0);
    if minor < 0 {
        faults.add(RefusalCode::Invalid, field, "is not below 0");
    }
    minor
}

/// What is agreed with providers on a day, by provider, kind, method and currency.
pub async fn fee_agreements(
    db: &Db,
    actor: &Actor,
    legal_entity_id: Uuid,
    (provider, on): (Option<&str>, &str),
) -> Result<Vec<fee_agreement::Model>> {
    actor.require(Permission::SettlementsRead)?;
    let mut faults = Faults::default();
    let on = checks::date(&mut faults, "on", on);
    faults.check()?;
    let entity = entity_in_reach(db, actor, legal_entity_id).await?;
    let rows = sql::fees_of(db, entity.id, provider).await?;
    let fees = Fees::of(rows);
    Ok(fees.on(&on.unwrap_or_default()).into_iter().cloned().collect())
}

/// What is agreed with a provider, newest day first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fees {
    rows: Vec<fee_agreement::Model>,
}

impl Fees {
    fn of(mut rows: Vec<fee_agreement::Model>) -> Self {
        rows.sort_by(|a, b| b.from_day.cmp(&a.from_day));
        Self { rows }
    }

    /// What a company has agreed with a provider.
    pub(super) async fn with(db: &Db, entity: Uuid, provider: &str) -> Result<Self> {
        Ok(Self::of(sql::fees_of(db, entity, Some(provider)).await?))
    }

    /// Whether nothing is agreed.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What holds on a day: of each provider, kind, method and currency the newest one, unless it ends what was agreed.
    fn on(&self, day: &str) -> Vec<&fee_agreement::Model> {
        let mut seen = BTreeSet::new();
        let mut found: Vec<&fee_agreement::Model> = self
            .rows
            .iter()
            .filter(|row| row.from_day.as_str() <= day)
            .filter(|row| {
                let kind = row.kind.to_value();
                seen.insert((&row.provider, kind, &row.method, &row.currency))
            })
            .filter(|row| row.rate.is_some())
            .collect();
        let key = |row: &fee_agreement::Model| {
            let kind = row.kind.to_value();
            (row.provider.clone(), kind, row.method.clone(), row.currency.clone())
        };
        found.sort_by_key(|row| key(row));
        found
    }

    /// What may be kept of so much in minor units, by a method's own agreement or else by the one for all methods; none where
    /// nothing is agreed.
    pub(super) fn agreed(
        &self,
        kind: Kind,
        (method, currency): (&str, Currency),
        minor: i64,
        day: &str,
    ) -> Option<i64> {
        let of = |method: &str| {
            self.rows.iter().find(|row| {
                row.kind == kind
                    && row.method == method
                    && row.currency == currency.code()
                    && row.from_day.as_str() <= day
            })
        };
        let own = of(&method.to_lowercase()).filter(|row| row.rate.is_some());
        let row = own.or_else(|| of("").filter(|row| row.rate.is_some()))?;
        let rate: Decimal = row.rate.as_deref()?.parse().ok()?;
        let share = currency.convert(minor.saturating_abs(), rate, currency)?;
        Some(share.saturating_add(row.fixed_minor.unwrap_or(0)))
    }
}

/// How far amounts in a currency may be apart, in its minor units. What is within it is booked, never silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tolerance {
    /// On a line.
    pub(crate) line: i64,
    batch_line: i64,
    batch: i64,
    bank: i64,
    bank_abroad: i64,
    fee: i64,
    fee_rate: Decimal,
}

impl Tolerance {
    const NONE: Self = Self {
        line: 0,
        batch_line: 0,
        batch: 0,
        bank: 0,
        bank_abroad: 0,
        fee: 0,
        fee_rate: Decimal::ZERO,
    };

    /// What holds where nothing is set: a minor unit a line, up to a hundred a batch; half a unit at the bank and five from
    /// abroad; a hundredth or five minor units on a fee.
    pub(crate) fn usual(currency: Currency) -> Self {
        let unit = 10_i64.pow(currency.digits());
        Self {
            line: 1,
            batch_line: 1,
            batch: 100,
            bank: unit / 2,
            bank_abroad: unit * 5,
            fee: 5,
            fee_rate: Decimal::new(1, 2),
        }
    }

    /// On a batch of so many lines.
    pub(crate) fn of_batch(self, lines: i64) -> i64 {
        lines.max(0).saturating_mul(self.batch_line).min(self.batch)
    }

    /// What a bank may keep of a transfer.
    pub(crate) const fn of_bank(self, abroad: bool) -> i64 {
        if abroad { self.bank_abroad } else { self.bank }
    }

    /// On a fee of so much.
    pub(super) fn of_fee(self, currency: Currency, agreed: i64) -> i64 {
        let share = currency.convert(agreed, self.fee_rate, currency).unwrap_or(0);
        share.max(self.fee)
    }
}

/// How far amounts may be apart, by currency.
#[derive(Debug, Clone, Default)]
pub struct Tolerances {
    rows: Vec<reconciliation_tolerance::Model>,
}

impl Tolerances {
    /// What a company has set.
    pub(crate) async fn of_entity(db: &Db, entity: Uuid) -> Result<Self> {
        Ok(Self { rows: sql::tolerances_of(db, entity).await? })
    }

    /// In a currency.
    pub(crate) fn of(&self, code: &str) -> Tolerance {
        let found = self.rows.iter().find(|row| row.currency == code);
        let Some(row) = found else {
            return Currency::ever(code).map_or(Tolerance::NONE, Tolerance::usual);
        };
        Tolerance {
            line: row.line_minor,
            batch_line: row.batch_line_minor,
            batch: row.batch_minor,
            bank: row.bank_minor,
            bank_abroad: row.bank_abroad_minor,
            fee: row.fee_minor,
            fee_rate: row.fee_rate.parse().unwrap_or_default(),
        }
    }
}

/// How far amounts in a currency may be apart; what is left out stays as it is.
#[derive(Debug, Clone, Serialize)]
pub struct ToleranceInput {
    /// The currency.
    pub currency_code: String,
    /// On a line.
    pub line: Option<Decimal>,
    /// On a batch, for each line.
    pub batch_per_line: Option<Decimal>,
    /// On a batch, at most.
    pub batch: Option<Decimal>,
    /// What a bank may keep in the currency of the books.
    pub bank_charge: Option<Decimal>,
    /// What it may keep in another one.
    pub bank_charge_abroad: Option<Decimal>,
    /// On a fee that is agreed.
    pub fee: Option<Decimal>,
    /// Or this share of it; the larger one counts.
    pub fee_rate: Option<Decimal>,
}

/// Tolerances of a company.
#[derive(Debug, Clone, Serialize)]
pub struct SetTolerances {
    /// Whose.
    pub legal_entity_id: Uuid,
    /// In which currencies.
    pub tolerances: Vec<ToleranceInput>,
}

/// Sets tolerances, and answers with what holds in these currencies then.
pub async fn reconciliation_tolerances_set(
    store: &Store,
    call: Call<'_>,
    command: &SetTolerances,
) -> Result<Vec<reconciliation_tolerance::Model>> {
    call.actor.require(Permission::SettlementsWrite)?;
    let mut faults = Faults::default();
    count(&mut faults, "tolerances", command.tolerances.len());
    let mut checked: Vec<(Currency, &ToleranceInput)> = Vec::new();
    for (index, one) in command.tolerances.iter().enumerate() {
        let field = |name: &str| format!("tolerances.{index}.{name}");
        if let Some(rate) = one.fee_rate {
            share(&mut faults, &field("feeRate"), rate);
        }
        let code = checks::currency(&mut faults, &field("currencyCode"), &one.currency_code);
        let Some(currency) = code else { continue };
        if checked.iter().any(|(other, _)| *other == currency) {
            let message = "stands in the list twice";
            faults.add(RefusalCode::Duplicate, &field("currencyCode"), message);
        }
        for (name, value) in one.amounts() {
            if let Some(value) = value {
                amount(&mut faults, &field(name), currency, value);
            }
        }
        checked.push((currency, one));
    }
    faults.check()?;
    let checked = &checked;
    once(store, call, "reconciliationTolerancesSet", command, |tx| async move {
        let entity = entity_in_reach(&tx, call.actor, command.legal_entity_id).await?;
        let before = Tolerances::of_entity(&tx, entity.id).await?;
        let mut batch = Batch::default();
        let mut told = Vec::new();
        for (currency, one) in checked {
            let row = one.over(before.of(currency.code()), *currency, entity.id, tx.now()).map_err(Error::refused)?;
            told.push(json!({
                "currency": row.currency, "line": row.line_minor, "batchPerLine": row.batch_line_minor,
                "batch": row.batch_minor, "bankCharge": row.bank_minor, "bankChargeAbroad": row.bank_abroad_minor,
                "fee": row.fee_minor, "feeRate": row.fee_rate,
            }));
            batch.save(&row);
        }
        let currencies: Vec<&str> = checked.iter().map(|(currency, _)| currency.code()).collect();
        let data = json!({ "currencies": currencies });
        let event = NewEvent::new(events::TOLERANCES_SET, ("ent", entity.id), data);
        let change = audit::made(&json!({ "tolerances": told }));
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await
    })
    .await?;
    let mut rows = sql::tolerances_of(&store.read(), command.legal_entity_id).await?;
    rows.retain(|row| checked.iter().any(|(currency, _)| currency.code() == row.currency));
    Ok(rows)
}

impl ToleranceInput {
    fn amounts(&self) -> [(&'static str, Option<Decimal>); 6] {
        [
            ("line", self.line),
            ("batchPerLine", self.batch_per_line),
            ("batch", self.batch),
            ("bankCharge", self.bank_charge),
            ("bankChargeAbroad", self.bank_charge_abroad),
            ("fee", self.fee),
        ]
    }

    fn over(
        &self,
        before: Tolerance,
        currency: Currency,
        legal_entity_id: Uuid,
        set_at: time::OffsetDateTime,
    ) -> std::result::Result<reconciliation_tolerance::Model, Refusal> {
        let or = |amount: Option<Decimal>, before: i64| match amount {
            Some(amount) => currency.minor(amount),
            None => Ok(before),
        };
        let fee_rate = self.fee_rate.unwrap_or(before.fee_rate).normalize().to_string();
        Ok(reconciliation_tolerance::Model {
            legal_entity_id,
            currency: currency.code().to_owned(),
            line_minor: or(self.line, before.line)?,
            batch_line_minor: or(self.batch_per_line, before.batch_line)?,
            batch_minor: or(self.batch, before.batch)?,
            bank_minor: or(self.bank_charge, before.bank)?,
            bank_abroad_minor: or(self.bank_charge_abroad, before.bank_abroad)?,
            fee_minor: or(self.fee, before.fee)?,
            fee_rate,
            set_at,
        })
    }
}

/// The tolerances that a company has set, by currency; others are as usual.
pub async fn reconciliation_tolerances(
    db: &Db,
    actor: &Actor,
    legal_entity_id: Uuid,
) -> Result<Vec<reconciliation_tolerance::Model>> {
    actor.require(Permission::SettlementsRead)?;
    let entity = entity_in_reach(db, actor, legal_entity_id).await?;
    sql::tolerances_of(db, entity.id).await
}
