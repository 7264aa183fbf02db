//! Checks of single values, each with a message that says what would be right.

use crate::actor::{Actor, Reach};
use crate::error::{Faults, Refusal, RefusalCode};
use crate::money::Currency;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A text of 1 to `max` characters, trimmed.
pub(crate) fn text(faults: &mut Faults, field: &str, value: &str, max: usize) -> String {
    let value = value.trim();
    if value.is_empty() {
        faults.add(RefusalCode::Required, field, "must not be empty");
    } else if value.chars().count() > max {
        faults.add(RefusalCode::Invalid, field, format!("has at most {max} characters"));
    }
    value.to_owned()
}

/// A text of up to `max` characters, trimmed; an empty one counts as none.
pub(crate) fn optional(
    faults: &mut Faults,
    field: &str,
    value: Option<&str>,
    max: usize,
) -> Option<String> {
    let value = value?.trim();
    if value.is_empty() { None } else { Some(text(faults, field, value, max)) }
}

/// A country of ISO 3166-1, as two letters in upper case.
pub(crate) fn country(faults: &mut Faults, field: &str, code: &str) -> String {
    let upper = code.trim().to_ascii_uppercase();
    if rust_iso3166::from_alpha2(&upper).is_none() {
        let message = "is a country of ISO 3166-1 in two letters, such as DE";
        faults.add(RefusalCode::Invalid, field, message);
    }
    upper
}

/// A currency of ISO 4217.
pub(crate) fn currency(faults: &mut Faults, field: &str, code: &str) -> Option<Currency> {
    let currency = Currency::from_code(&code.trim().to_ascii_uppercase());
    if currency.is_none() {
        let message = "is a currency of ISO 4217 in three letters, such as EUR";
        faults.add(RefusalCode::Invalid, field, message);
    }
    currency
}

/// Rates of the whole shop in one call at most.
const MAX_RATES: usize = 1_000;

/// Rates belong to the whole shop: whoever is restricted enters none.
pub(crate) fn rates(faults: &mut Faults, actor: &Actor, count: usize) {
    if actor.reach != Reach::default() {
        let message = "the rates of the whole shop are beyond your reach";
        faults.add(RefusalCode::PolicyViolation, "rates", message);
    }
    if count == 0 {
        faults.add(RefusalCode::Required, "rates", "names at least one rate");
    }
    if count > MAX_RATES {
        let message = format!("takes at most {MAX_RATES} rates");
        faults.add(RefusalCode::LimitExceeded, "rates", message);
    }
}

/// A day such as `2026-01-31`.
pub(crate) fn date(faults: &mut Faults, field: &str, text: &str) -> Option<String> {
    let parsed = text.trim().parse::<jiff::civil::Date>().ok();
    if parsed.is_none() {
        faults.add(RefusalCode::Invalid, field, "is a day such as 2026-01-31");
    }
    parsed.map(|date| date.to_string())
}

/// A whole number within bounds.
pub(crate) fn within(faults: &mut Faults, field: &str, value: i32, min: i32, max: i32) -> i32 {
    if !(min..=max).contains(&value) {
        faults.add(RefusalCode::Invalid, field, format!("is {min} to {max}"));
    }
    value
}

/// An email address: one `@` with something on either side and no blanks. Whether it works, only
/// sending to it can tell.
pub(crate) fn email(faults: &mut Faults, field: &str, value: &str) -> String {
    let value = text(faults, field, value, 320);
    let fits = value
        .split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
    if !value.is_empty() && (!fits || value.contains(char::is_whitespace)) {
        faults.add(RefusalCode::Invalid, field, "is an email address, such as ada@example.com");
    }
    value
}

/// The form in which texts are compared: compatible characters made one, lower case.
pub fn fold(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).collect()
}

/// The form in which telephone numbers are compared: digits, a leading `00` or `+` left out.
pub fn fold_phone(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.strip_prefix("00").map_or(digits.clone(), str::to_owned)
}

/// The form in which telephone numbers are compared, of one as it is dialed in a country: E.164 without the `+`, where it is a number at all.
pub fn phone_in(text: &str, country: Option<&str>) -> String {
    let country = country.and_then(|code| code.parse::<phonenumber::country::Id>().ok());
    match phonenumber::parse(country, text.trim()) {
        Ok(number) if number.is_valid() => {
            fold_phone(&number.format().mode(phonenumber::Mode::E164).to_string())
        }
        Ok(_) | Err(_) => fold_phone(text),
    }
}

/// The form in which telephone numbers are compared; none of what is no number, such as `n/a`.
pub fn phone_key(text: &str) -> Option<String> {
    Some(fold_phone(text)).filter(|digits| digits.len() >= 6)
}

/// An IP address in the one form that all its spellings have: a mapped IPv4 address as itself.
pub(crate) fn ip(text: &str) -> Option<String> {
    let address: std::net::IpAddr = text.trim().parse().ok()?;
    Some(address.to_canonical().to_string())
}

/// What of a telephone number is dialed within its country, without a leading zero: the same however it was written. None where it is too short to
/// tell anybody apart.
pub(crate) fn phone_at_home(text: &str) -> Option<String> {
    let international = text.trim().starts_with('+') || text.trim().starts_with("00");
    let digits = fold_phone(text);
    let parsed = international
        .then(|| phonenumber::parse(None, format!("+{digits}")).ok())
        .flatten()
        .filter(phonenumber::PhoneNumber::is_valid);
    let home = match parsed {
        Some(number) => number.code().value().to_string().len(),
        None => 0,
    };
    let home = digits.get(home..).unwrap_or_default().trim_start_matches('0').to_owned();
    (home.len() >= 7).then_some(home)
}

/// Where something is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// Who receives.
    pub name: Option<String>,
    /// Their company.
    pub company: Option<String>,
    /// Street and number.
    pub line1: Option<String>,
    /// More of it.
    pub line2: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// State or region.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country_code: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Degrees north, where the client knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east, where the client knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
}

/// Degrees within bounds, the two together.
pub(crate) fn coordinates(
    faults: &mut Faults,
    field: impl Fn(&str) -> String,
    latitude: Option<f64>,
    longitude: Option<f64>,
) {
    for (name, value, most) in [("latitude", latitude, 90), ("longitude", longitude, 180)] {
        if value.is_some_and(|value| !(f64::from(-most)..=f64::from(most)).contains(&value)) {
            faults.add(RefusalCode::Invalid, &field(name), format!("is -{most} to {most} degrees"));
        }
    }
    if latitude.is_some() != longitude.is_some() {
        let message = "latitude and longitude come together";
        faults.add(RefusalCode::Required, &field("longitude"), message);
    }
}

impl Address {
    /// Checks what a client gave: street, town and country are needed.
    pub(crate) fn check(&self, faults: &mut Faults, field: &str) -> Self {
        let at = |name: &str| format!("{field}.{name}");
        let mut given =
            |name: &str, value: &Option<String>| optional(faults, &at(name), value.as_deref(), 200);
        let checked = Self {
            name: given("name", &self.name),
            company: given("company", &self.company),
            line1: given("line1", &self.line1),
            line2: given("line2", &self.line2),
            city: given("city", &self.city),
            region: given("region", &self.region),
            postal_code: given("postalCode", &self.postal_code),
            country_code: None,
            phone: given("phone", &self.phone),
            latitude: self.latitude,
            longitude: self.longitude,
        };
        coordinates(faults, at, self.latitude, self.longitude);
        for (name, value) in [("line1", &checked.line1), ("city", &checked.city)] {
            if value.is_none() {
                faults.add(RefusalCode::Required, &at(name), "must not be empty");
            }
        }
        let code = self.country_code.as_deref().unwrap_or_default();
        Self { country_code: Some(country(faults, &at("countryCode"), code)), ..checked }
    }

    /// The form in which addresses are compared: street, postal code, town and country, letters and digits alone.
    pub(crate) fn key(&self) -> String {
        let part = |value: &Option<String>| -> String {
            fold(value.as_deref().unwrap_or_default())
                .chars()
                .filter(|letter| letter.is_alphanumeric())
                .collect()
        };
        [&self.line1, &self.line2, &self.postal_code, &self.city, &self.country_code]
            .map(part)
            .join(" ")
    }

    /// As a column holds it.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// From a column.
    pub fn from_json(json: &serde_json::Value) -> Self {
        serde_json::from_value(json.clone()).unwrap_or_default()
    }
}

/// Refuses what is not there, or not in reach: the two look the same.
pub(crate) fn not_found(field: &str, what: &str) -> Refusal {
    Refusal::new(RefusalCode::NotFound, field, format!("there is no such {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_the_same_at_home_however_it_is_written() {
        let home = |text| phone_at_home(text).unwrap_or_default();
        assert_eq!(home("+49 30 5550123"), "305550123");
        assert_eq!(home("0049 (30) 555-0123"), home("030 5550123"));
        assert_eq!(home("(202) 555-0123"), home("+1 202 555 0123"));
        assert_eq!(phone_at_home("110"), None);
    }

    #[test]
    fn values_are_compared_without_their_dress() {
        assert_eq!(fold(" Ada@Example.COM "), "ada@example.com");
        assert_eq!(fold_phone("+49 (30) 123-45"), "493012345");
        assert_eq!(fold_phone("0049 30 12345"), "493012345");
        for spelled in ["+49 30 5550123", "0049 (30) 5550-123", "030 555 0123", "tel. 030/5550123"]
        {
            assert_eq!(phone_in(spelled, Some("DE")), "49305550123", "{spelled}");
        }
        assert_eq!(phone_in("030 555 0123", None), "0305550123");
        assert_eq!(phone_in("n/a", Some("DE")), "");
    }

    #[test]
    fn an_address_lists_all_its_faults() {
        let mut faults = Faults::default();
        let address = Address { country_code: Some("XX".into()), ..Address::default() };
        address.check(&mut faults, "shippingAddress");
        let fields: Vec<String> =
            faults.into_vec().into_iter().map(|fault| fault.field.join(".")).collect();
        assert_eq!(
            fields,
            ["shippingAddress.line1", "shippingAddress.city", "shippingAddress.countryCode"]
        );
    }
}
