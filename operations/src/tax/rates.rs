//! `taxRatesSet`: the rates of countries, by category and day.

use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::money::rate_ppm;
use crate::permissions::Permission;
use crate::store::{Batch, Db, Store};
use entities::tax_rate;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;

/// The rate of a category in a country, from a day on until the next one given.
#[derive(Debug, Clone, Serialize)]
pub struct TaxRateInput {
    /// ISO 3166-1.
    pub country_code: String,
    /// Such as `STANDARD` or `REDUCED`.
    pub category: String,
    /// From this day on.
    pub from: String,
    /// As a fraction.
    pub rate: Decimal,
}

/// Rates to enter; a day that has one already gets the new one. Orders keep the rates that they were placed at.
#[derive(Debug, Clone, Serialize)]
pub struct SetTaxRates {
    /// The rates.
    pub rates: Vec<TaxRateInput>,
}

/// The name of a category as it is compared.
pub(crate) fn category(faults: &mut Faults, field: &str, text: &str) -> String {
    checks::text(faults, field, text, 50).to_uppercase()
}

/// Enters rates and answers with the countries they are of.
pub async fn tax_rates_set(
    store: &Store,
    call: Call<'_>,
    command: &SetTaxRates,
) -> Result<Vec<String>> {
    call.actor.require(Permission::LedgerWrite)?;
    let mut faults = Faults::default();
    checks::rates(&mut faults, call.actor, command.rates.len());
    let mut rows: Vec<tax_rate::Model> = Vec::new();
    for (index, one) in command.rates.iter().enumerate() {
        let field = |name: &str| format!("rates.{index}.{name}");
        let country = checks::country(&mut faults, &field("countryCode"), &one.country_code);
        let category = category(&mut faults, &field("category"), &one.category);
        let day = checks::date(&mut faults, &field("from"), &one.from);
        let rate_ppm = faults.take(&field("rate"), rate_ppm(one.rate));
        let (Some(day), Some(rate_ppm)) = (day, rate_ppm) else { continue };
        let same = |row: &tax_rate::Model| {
            row.country == country && row.category == category && row.day == day
        };
        if rows.iter().any(same) {
            faults.add(RefusalCode::Duplicate, &field("from"), "stands in the list twice");
        }
        let set_at = time::OffsetDateTime::UNIX_EPOCH;
        rows.push(tax_rate::Model { country, category, day, rate_ppm, set_at });
    }
    faults.check()?;
    let rows = &rows;
    once(store, call, "taxRatesSet", command, |tx| async move {
        let mut batch = Batch::default();
        for row in rows {
            batch.save(&tax_rate::Model { set_at: tx.now(), ..row.clone() });
        }
        let mut countries: Vec<String> = rows.iter().map(|row| row.country.clone()).collect();
        countries.sort_unstable();
        countries.dedup();
        let told: Vec<_> = rows
            .iter()
            .map(|row| json!([row.country, row.category, row.day, row.rate_ppm]))
            .collect();
        let data = json!({ "countries": countries });
        let event = NewEvent::new(events::TAX_RATES_SET, ("ent", uuid::Uuid::nil()), data);
        audit::record(&tx, call.actor, &mut batch, None, &audit::made(&json!(told)));
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(countries)
    })
    .await
}

/// The rates of countries that hold today.
pub async fn today(db: &Db, countries: &[String]) -> Result<Vec<tax_rate::Model>> {
    let day = crate::clock::timestamp(db.now()).to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut rates = Vec::new();
    for country in countries {
        rates.extend(sql::rates_of(db, country, &day.to_string()).await?);
    }
    Ok(rates)
}

/// The rates of a country on a day, by category.
pub async fn tax_rates(
    db: &Db,
    actor: &Actor,
    country: &str,
    on: &str,
) -> Result<Vec<tax_rate::Model>> {
    actor.require(Permission::CatalogRead)?;
    let mut faults = Faults::default();
    let country = checks::country(&mut faults, "countryCode", country);
    let day = checks::date(&mut faults, "on", on);
    faults.check()?;
    sql::rates_of(db, &country, &day.unwrap_or_default()).await
}
