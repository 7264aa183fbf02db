//! `exchangeRatesSet`: what currencies are worth in others, by day.

use crate::audit;
use crate::checks;
use crate::error::{Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::exchange_rate;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;

/// What one unit of a currency is worth in another, from a day on until the next one given.
#[derive(Debug, Clone, Serialize)]
pub struct RateInput {
    /// The currency it is told in.
    pub base: String,
    /// The currency of which one unit is meant.
    pub currency_code: String,
    /// From this day on.
    pub on: String,
    /// How much.
    pub rate: Decimal,
    /// Who says so.
    pub source: Option<String>,
}

/// Rates to enter; a day that has one already gets the new one. What was booked stays as it was.
#[derive(Debug, Clone, Serialize)]
pub struct SetExchangeRates {
    /// The rates.
    pub rates: Vec<RateInput>,
}

/// Enters rates and answers with their keys: base, currency and day.
pub async fn exchange_rates_set(
    store: &Store,
    call: Call<'_>,
    command: &SetExchangeRates,
) -> Result<Vec<(String, String, String)>> {
    call.actor.require(Permission::LedgerWrite)?;
    let mut faults = Faults::default();
    checks::rates(&mut faults, call.actor, command.rates.len());
    let mut checked: Vec<(String, String, String, &RateInput)> = Vec::new();
    for (index, one) in command.rates.iter().enumerate() {
        let field = |name: &str| format!("rates.{index}.{name}");
        let base = checks::currency(&mut faults, &field("base"), &one.base);
        let currency = checks::currency(&mut faults, &field("currencyCode"), &one.currency_code);
        let day = checks::date(&mut faults, &field("on"), &one.on);
        checks::optional(&mut faults, &field("source"), one.source.as_deref(), 200);
        // A million of the least of currencies for one of the dearest, and the other way round.
        let most = Decimal::from(1_000_000_000);
        if one.rate <= Decimal::ZERO || one.rate > most || one.rate.normalize().scale() > 12 {
            let message = "is above 0, at most 1,000,000,000, with at most 12 decimals";
            faults.add(RefusalCode::Invalid, &field("rate"), message);
        }
        let (Some(base), Some(currency), Some(day)) = (base, currency, day) else { continue };
        if base == currency {
            let message = "a currency is worth itself";
            faults.add(RefusalCode::Invalid, &field("currencyCode"), message);
        }
        let key = (base.code().to_owned(), currency.code().to_owned(), day, one);
        if checked.iter().any(|other| (&other.0, &other.1, &other.2) == (&key.0, &key.1, &key.2)) {
            faults.add(RefusalCode::Duplicate, &field("on"), "stands in the list twice");
        }
        checked.push(key);
    }
    faults.check()?;
    let checked = &checked;
    once(store, call, "exchangeRatesSet", command, |tx| async move {
        let mut batch = Batch::default();
        let mut told = Vec::new();
        for (base, currency, day, one) in checked {
            batch.save(&exchange_rate::Model {
                base: base.clone(),
                currency: currency.clone(),
                day: day.clone(),
                rate: one.rate.normalize().to_string(),
                source: one.source.as_deref().map(|source| source.trim().to_owned()),
                set_at: tx.now(),
            });
            told.push(json!({ "base": base, "currency": currency, "on": day, "rate": one.rate }));
        }
        let event = NewEvent::new(
            events::EXCHANGE_RATES_SET,
            ("ent", uuid::Uuid::nil()),
            json!({ "count": checked.len() }),
        );
        audit::record(&tx, call.actor, &mut batch, None, &audit::made(&json!(told)));
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        let key = |one: &(String, String, String, &RateInput)| {
            (one.0.clone(), one.1.clone(), one.2.clone())
        };
        Ok(checked.iter().map(key).collect())
    })
    .await
}
