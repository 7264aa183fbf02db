//! In which time zone a customer lives.

use crate::checks::Address;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::LazyLock;

static ZONES: LazyLock<HashMap<(&str, &str), &str>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let mut parts = line.split('\t');
        Some(((parts.next()?, parts.next()?), parts.next()?))
    };
    let lines = include_str!("../../data/zones.tsv").lines();
    lines.filter(|text| !text.starts_with('#')).filter_map(line).collect()
});

/// The zone of an address: that of its region where the country has several, else the country's most populous.
pub(crate) fn zone_of(address: &Address) -> Option<TimeZone> {
    let country = address.country_code.as_deref()?.trim().to_uppercase();
    let country = country.as_str();
    let region = address.region.as_deref().unwrap_or_default().trim().to_uppercase();
    // `US-CA` is how ISO 3166-2 writes it.
    let region = region.strip_prefix(&format!("{country}-")).unwrap_or(&region);
    let name = ZONES.get(&(country, region)).or_else(|| ZONES.get(&(country, "")))?;
    TimeZone::get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_one_and_every_country_has_one() {
        for name in ZONES.values() {
            assert!(TimeZone::get(name).is_ok(), "{name}");
        }
        let zone = |country: &str, region: Option<&str>| {
            let address = Address {
                country_code: Some(country.into()),
                region: region.map(str::to_owned),
                ..Address::default()
            };
            zone_of(&address).and_then(|zone| zone.iana_name().map(str::to_owned))
        };
        assert_eq!(zone("DE", None).as_deref(), Some("Europe/Berlin"));
        assert_eq!(zone("US", Some("ca")).as_deref(), Some("America/Los_Angeles"));
        assert_eq!(zone("US", Some("US-HI")).as_deref(), Some("Pacific/Honolulu"));
        assert_eq!(zone("BR", Some("SP")).as_deref(), Some("America/Sao_Paulo"));
        assert_eq!(zone("XX", None), None);
    }
}
