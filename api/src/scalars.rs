//! Scalars, money, addresses and ranges: what every part of the schema shares.

use async_graphql::{
    InputObject, InputValueError, InputValueResult, Object, Scalar, ScalarType, SimpleObject, Value,
};
use operations::checks;
use operations::money::{Currency, rate_decimal};
use std::str::FromStr;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) OffsetDateTime);

impl DateTime {
    /// As the API writes it.
    pub(crate) fn text(self) -> String {
        let utc = self.0.to_offset(time::UtcOffset::UTC);
        utc.format(&Rfc3339).unwrap_or_default()
    }
}

/// A moment in UTC, as RFC 3339 with up to microseconds: `2026-01-31T09:30:00Z`. On input any offset
/// is taken; finer fractions are cut.
#[Scalar(name = "DateTime")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let at = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|_| InputValueError::custom("is a moment such as 2026-01-31T09:30:00Z"))?;
        // Both databases hold these years, and no shop needs others.
        if !(1900..=9000).contains(&at.year()) {
            return Err(InputValueError::custom("lies between the years 1900 and 9000"));
        }
        Ok(Self(operations::clock::truncate(at)))
    }

    fn to_value(&self) -> Value {
        Value::String(self.text())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Date(pub(crate) String);

/// A day of the calendar: `2026-01-31`.
#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let format = time::macros::format_description!("[year]-[month]-[day]");
        time::Date::parse(text, &format)
            .map_err(|_| InputValueError::custom("is a day such as 2026-01-31"))?;
        Ok(Self(text.clone()))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal(pub(crate) rust_decimal::Decimal);

/// An exact decimal number as a string: `"12.30"`. On input whole numbers may be given bare; numbers
/// with a point may not, since JSON does not keep them exact.
#[Scalar(name = "Decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Number(number) if number.is_i64() => number.to_string(),
            Value::Number(_) => {
                return Err(InputValueError::custom("is given as a string, such as \"12.30\""));
            }
            Value::Null
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::Enum(_)
            | Value::List(_)
            | Value::Object(_) => return Err(InputValueError::expected_type(value)),
        };
        let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
        rust_decimal::Decimal::from_str(&text)
            .ok()
            .filter(|_| plain)
            .map(Self)
            .ok_or_else(|| InputValueError::custom("is a decimal number such as \"12.30\""))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl Decimal {
    /// A rate kept in millionths.
    pub(crate) fn rate(ppm: i32) -> Self {
        Self(rate_decimal(ppm))
    }
}

macro_rules! text_scalar {
    ($(#[$doc:meta])* $name:ident) => {
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) String);

        $(#[$doc])*
        #[Scalar]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => Ok(Self(text)),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    };
}

text_scalar! {
    /// A currency of ISO 4217 in three letters: `EUR`.
    CurrencyCode
}

text_scalar! {
    /// A country of ISO 3166-1 in two letters: `DE`.
    CountryCode
}

text_scalar! {
    /// A length of time as ISO 8601 has it: `PT4H`, `P14D`, `P1M`, or `-PT24H` before a moment.
    Duration
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Money {
    minor: i64,
    currency: Option<Currency>,
}

impl Money {
    /// Minor units of the currency that a column names.
    pub(crate) fn of(minor: i64, currency: &str) -> Self {
        Self { minor, currency: Currency::ever(currency) }
    }
}

/// An exact amount of money in one currency.
#[Object]
impl Money {
    /// The amount with the currency's own number of digits: `12.30` in EUR, `12` in JPY.
    async fn amount(&self) -> Decimal {
        let decimal = |currency: Currency| currency.decimal(self.minor);
        Decimal(self.currency.map_or_else(|| self.minor.into(), decimal))
    }

    /// Its currency, ISO 4217.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.currency.map_or("", Currency::code).to_owned())
    }
}

/// An amount of money to be given.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct MoneyInput {
    /// The amount, with no more digits than the currency has.
    pub(crate) amount: Decimal,
    /// Its currency, ISO 4217.
    pub(crate) currency_code: CurrencyCode,
}

/// Where something is or goes.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Address {
    /// Who receives.
    name: Option<String>,
    /// Their company.
    company: Option<String>,
    /// Street and number.
    line1: Option<String>,
    /// More of it.
    line2: Option<String>,
    /// Town.
    city: Option<String>,
    /// State or region.
    region: Option<String>,
    /// Postal code, as text: leading zeros count.
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    country_code: Option<CountryCode>,
    /// Telephone number.
    phone: Option<String>,
}

impl Address {
    /// From a column; whoever lacks `CUSTOMERS_PII` gets town, region and country alone.
    pub(crate) fn of(json: &serde_json::Value, full: bool) -> Self {
        let address = checks::Address::from_json(json);
        let personal = |value: Option<String>| if full { value } else { None };
        Self {
            name: personal(address.name),
            company: personal(address.company),
            line1: personal(address.line1),
            line2: personal(address.line2),
            city: address.city,
            region: address.region,
            postal_code: personal(address.postal_code),
            country_code: address.country_code.map(CountryCode),
            phone: personal(address.phone),
        }
    }
}

/// An address to be given.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct AddressInput {
    /// Who receives, up to 200 characters, as all parts.
    name: Option<String>,
    /// Their company.
    company: Option<String>,
    /// Street and number.
    line1: String,
    /// More of it.
    line2: Option<String>,
    /// Town.
    city: String,
    /// State or region.
    region: Option<String>,
    /// Postal code.
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    country_code: CountryCode,
    /// Telephone number.
    phone: Option<String>,
    /// Degrees north, -90 to 90, together with the longitude: by which the nearest location is found.
    latitude: Option<f64>,
    /// Degrees east, -180 to 180, together with the latitude.
    longitude: Option<f64>,
}

impl From<AddressInput> for checks::Address {
    fn from(input: AddressInput) -> Self {
        Self {
            name: input.name,
            company: input.company,
            line1: Some(input.line1),
            line2: input.line2,
            city: Some(input.city),
            region: input.region,
            postal_code: input.postal_code,
            country_code: Some(input.country_code.0),
            phone: input.phone,
            latitude: input.latitude,
            longitude: input.longitude,
        }
    }
}

/// `from` counts in, `to` does not.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct DateTimeRange {
    /// The first moment; none for no beginning.
    pub(crate) from: Option<DateTime>,
    /// The first moment beyond; none for no end.
    pub(crate) to: Option<DateTime>,
}

impl DateTimeRange {
    /// The two ends.
    pub(crate) fn ends(range: Option<&Self>) -> (Option<OffsetDateTime>, Option<OffsetDateTime>) {
        let end = |end: fn(&Self) -> Option<DateTime>| range.and_then(end).map(|at| at.0);
        (end(|range| range.from), end(|range| range.to))
    }
}

/// Compared in each row's own currency.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct MoneyRange {
    /// The least; none for no bound.
    pub(crate) min: Option<Decimal>,
    /// The most; none for no bound.
    pub(crate) max: Option<Decimal>,
}

/// A count that fits the API's 32 bits; one beyond is shown as the largest.
pub(crate) fn int(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}
