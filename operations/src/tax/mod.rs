//! Where a sale is taxed, under which rule and at which rate.
//!
//! The rule follows from where the seller is, where the goods go, and whether the buyer is a business: domestic; the
//! one-stop shop of the European Union, at the rate of the destination ([Directive 2006/112/EC] art. 33 and 369a);
//! reverse charge (art. 138); export (art. 146); or exempt. Rates are data with days from which they hold: [`rates`].
//!
//! [`TaxProvider`] is the seam for other rules. A service that is asked over the network is asked by whoever places the
//! order, before anything is written: its rate comes as the `taxRate` of each line, and is taken as it is.
//!
//! [Directive 2006/112/EC]: https://eur-lex.europa.eu/eli/dir/2006/112/oj

pub mod rates;
mod sql;

use crate::error::{Error, Faults, RefusalCode, Result};
use crate::store::Db;
use entities::enums::TaxScheme;
use entities::{legal_entity, tax_rate};
use uuid::Uuid;

pub(crate) use sql::{categories, entity_of_channel};

/// What bears the standard rate, unless the catalog says otherwise.
pub const STANDARD: &str = "STANDARD";
/// What bears no tax wherever it goes.
pub const EXEMPT: &str = "EXEMPT";

/// The member states of the European Union, and Northern Ireland as far as goods go.
const UNION: [&str; 28] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
];

/// A sale, as far as its taxes go.
#[derive(Debug, Clone, Copy)]
pub struct Sale<'a> {
    /// Where the seller is, ISO 3166-1.
    pub seller: &'a str,
    /// Whether the seller tells its sales to other member states in the one-stop shop.
    pub one_stop_shop: bool,
    /// Where the goods go; where the seller is without it.
    pub destination: Option<&'a str>,
    /// The tax number of a buyer that is a business.
    pub buyer_tax_id: Option<&'a str>,
}

/// What is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Good {
    /// Its category, such as `STANDARD`.
    pub category: String,
    /// The rate that it bears where the seller is.
    pub home_rate_ppm: i32,
    /// Whether that is the rate in any case, since the caller said so.
    pub given: bool,
}

/// How something is taxed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxed {
    /// Under which rule.
    pub scheme: TaxScheme,
    /// Where the tax is due.
    pub country: Option<String>,
    /// At which rate, in millionths; none where no rate is known.
    pub rate_ppm: Option<i32>,
}

/// Says how goods are taxed.
pub trait TaxProvider {
    /// How each of the goods is taxed, in their order.
    fn assess(&self, sale: &Sale<'_>, goods: &[Good]) -> Vec<Taxed>;
}

/// The rules of the European Union and of plain export, with rates from our own table.
#[derive(Debug, Default)]
pub struct OwnRates {
    /// Rates of the destination that hold now, one for each category.
    pub rates: Vec<tax_rate::Model>,
}

/// The country as tax numbers and the union write it.
fn of_union(country: &str) -> bool {
    UNION.contains(&country)
}

/// The country that issued a tax number, where it says so and looks like one of the union.
fn issuer(tax_id: &str) -> Option<String> {
    let plain: String = tax_id.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_uppercase();
    let (country, number) = plain.split_at_checked(2)?;
    let country = if country == "EL" { "GR" } else { country };
    (of_union(country) && (2..=13).contains(&number.len())).then(|| country.to_owned())
}

/// The rule for goods that are not exempt.
fn rule(sale: &Sale<'_>) -> (TaxScheme, String) {
    let home = sale.seller.to_owned();
    let Some(there) = sale.destination.filter(|there| *there != sale.seller) else {
        return (TaxScheme::Domestic, home);
    };
    if !(of_union(&home) && of_union(there)) {
        return (TaxScheme::Export, there.to_owned());
    }
    let business = sale.buyer_tax_id.and_then(issuer).is_some_and(|issuer| issuer != home);
    if business {
        (TaxScheme::ReverseCharge, there.to_owned())
    } else if sale.one_stop_shop {
        (TaxScheme::Oss, there.to_owned())
    } else {
        // Below the threshold of the one-stop shop a sale is taxed where the seller is.
        (TaxScheme::Domestic, home)
    }
}

impl TaxProvider for OwnRates {
    fn assess(&self, sale: &Sale<'_>, goods: &[Good]) -> Vec<Taxed> {
        let (scheme, country) = rule(sale);
        let one = |good: &Good| {
            let country = Some(country.clone());
            if good.category == EXEMPT && (!good.given || good.home_rate_ppm == 0) {
                return Taxed { scheme: TaxScheme::Exempt, country, rate_ppm: Some(0) };
            }
            let home = Some(good.home_rate_ppm);
            let rate_ppm = match scheme {
                TaxScheme::Domestic => home,
                _ if good.given => home,
                TaxScheme::Oss => {
                    let rate = self.rates.iter().find(|rate| rate.category == good.category);
                    rate.map(|rate| rate.rate_ppm)
                }
                TaxScheme::Export | TaxScheme::ReverseCharge | TaxScheme::Exempt => Some(0),
            };
            // What bears a tax that the caller knows of is neither exported nor left to the buyer.
            let zero = matches!(scheme, TaxScheme::Export | TaxScheme::ReverseCharge);
            if zero && rate_ppm != Some(0) {
                return Taxed { scheme: TaxScheme::Domestic, country, rate_ppm };
            }
            Taxed { scheme, country, rate_ppm }
        };
        goods.iter().map(one).collect()
    }
}

/// How goods are taxed that a company sells; every good without a known rate is a fault.
pub(crate) async fn assess(
    db: &Db,
    faults: &mut Faults,
    entity: &legal_entity::Model,
    (destination, buyer_tax_id): (Option<&str>, Option<&str>),
    goods: &[(String, Good)],
) -> Result<Vec<Taxed>> {
    let sale = Sale {
        seller: &entity.country_code,
        one_stop_shop: entity.one_stop_shop,
        destination,
        buyer_tax_id,
    };
    let rates = match rule(&sale) {
        (TaxScheme::Oss, country) => {
            let zone = jiff::tz::TimeZone::get(&entity.time_zone);
            let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
            let day = crate::clock::timestamp(db.now()).to_zoned(zone).date().to_string();
            sql::rates_of(db, &country, &day).await?
        }
        _ => Vec::new(),
    };
    let provider = OwnRates { rates };
    let plain: Vec<Good> = goods.iter().map(|(_, good)| good.clone()).collect();
    let taxed = provider.assess(&sale, &plain);
    for ((field, good), one) in goods.iter().zip(&taxed) {
        if one.rate_ppm.is_none() {
            let country = one.country.as_deref().unwrap_or_default();
            let category = &good.category;
            let message = format!(
                "no tax rate of {country} for {category} is known: set it with `taxRatesSet`, or give one"
            );
            faults.add(RefusalCode::Required, field, message);
        }
    }
    Ok(taxed)
}

/// The company that a channel belongs to.
pub(crate) async fn seller(db: &Db, channel: Uuid) -> Result<legal_entity::Model> {
    let found = entity_of_channel(db, channel).await?;
    found.ok_or_else(|| Error::Internal("a channel without a company".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(category: &str, given: bool) -> Good {
        Good { category: category.into(), home_rate_ppm: 190_000, given }
    }

    #[test]
    fn the_rule_follows_from_both_ends() {
        let rate = tax_rate::Model {
            country: "PL".into(),
            category: STANDARD.into(),
            day: "2011-01-01".into(),
            rate_ppm: 230_000,
            set_at: time::OffsetDateTime::UNIX_EPOCH,
        };
        let provider = OwnRates { rates: vec![rate] };
        let (reverse, polish) = (TaxScheme::ReverseCharge, Some("PL 526-025-02-74"));
        for (seller, one_stop_shop, destination, buyer_tax_id, scheme, country, rate_ppm) in [
            ("DE", true, Some("DE"), None, TaxScheme::Domestic, "DE", 190_000),
            ("DE", true, None, None, TaxScheme::Domestic, "DE", 190_000),
            // Below the threshold.
            ("DE", false, Some("PL"), None, TaxScheme::Domestic, "DE", 190_000),
            ("DE", true, Some("PL"), None, TaxScheme::Oss, "PL", 230_000),
            ("DE", true, Some("PL"), polish, reverse, "PL", 0),
            ("DE", true, Some("GR"), Some("EL123456789"), reverse, "GR", 0),
            // No number at all, and one of the seller's own country.
            ("DE", true, Some("PL"), Some("12"), TaxScheme::Oss, "PL", 230_000),
            ("DE", true, Some("PL"), Some("DE123456789"), TaxScheme::Oss, "PL", 230_000),
            ("DE", true, Some("US"), None, TaxScheme::Export, "US", 0),
            ("US", true, Some("DE"), None, TaxScheme::Export, "DE", 0),
        ] {
            let sale = Sale { seller, one_stop_shop, destination, buyer_tax_id };
            let taxed = provider.assess(&sale, &[good(STANDARD, false)]);
            let country = Some(country.to_owned());
            assert_eq!(taxed, [Taxed { scheme, country, rate_ppm: Some(rate_ppm) }], "{sale:?}");
        }
    }

    #[test]
    fn what_the_caller_says_and_what_is_exempt_holds_everywhere() {
        let provider = OwnRates::default();
        let sale =
            Sale { seller: "DE", one_stop_shop: true, destination: Some("FR"), buyer_tax_id: None };
        let goods = [good(STANDARD, true), good(EXEMPT, false), good("REDUCED", false)];
        let taxed = provider.assess(&sale, &goods);
        let rates: Vec<_> = taxed.iter().map(|one| (one.scheme, one.rate_ppm)).collect();
        let expected =
            [(TaxScheme::Oss, Some(190_000)), (TaxScheme::Exempt, Some(0)), (TaxScheme::Oss, None)];
        assert_eq!(rates, expected);
    }
}
