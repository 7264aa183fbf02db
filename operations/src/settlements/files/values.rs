//! Values as files write them.

use super::MAX_REFERENCE;
use crate::money::Currency;
use rust_decimal::Decimal;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// A reference without the blanks around it; none where nothing is left.
pub(crate) fn reference(text: String) -> Option<String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return None;
    }
    if trimmed.len() == text.len() && text.len() <= MAX_REFERENCE {
        return Some(text);
    }
    Some(trimmed.chars().take(MAX_REFERENCE).collect())
}

/// A currency in any case of letters.
pub(crate) fn currency(text: &str) -> Result<Currency, String> {
    Currency::ever(&text.trim().to_ascii_uppercase())
        .ok_or_else(|| format!("{} is no currency", shown(text)))
}

/// At most this many characters of a text, for a message.
pub(crate) fn shown(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    format!("\"{}\"{}", short.escape_debug(), if short.len() < text.len() { "…" } else { "" })
}

/// A decimal with a point and at most 18 digits on either side; nothing is zero.
pub(crate) fn decimal(text: &str) -> Result<Decimal, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Decimal::ZERO);
    }
    let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sane = plain.len() <= 37 && plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let bare = plain.strip_prefix('.').is_none() && plain.bytes().any(|byte| byte.is_ascii_digit());
    if !sane || !bare && !plain.starts_with('.') || plain == "." {
        return Err(format!("{} is no amount such as 1234.56", shown(text)));
    }
    // Zeros at the end say nothing, and there may be more of them than a decimal holds.
    let trimmed =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    let number = if trimmed.is_empty() || trimmed == "-" || trimmed == "+" { "0" } else { trimmed };
    number.parse().map_err(|_| format!("{} is no amount such as 1234.56", shown(text)))
}

/// An amount in units of the currency, exact to its minor unit.
pub(crate) fn major(currency: Currency, text: &str) -> Result<i64, String> {
    exact(currency, decimal(text)?)
}

/// A decimal amount in minor units, exact.
pub(crate) fn exact(currency: Currency, amount: Decimal) -> Result<i64, String> {
    currency.minor(amount).map_err(|refusal| refusal.message)
}

/// An unsigned whole number with two implied decimals, whatever the currency.
pub(crate) fn hundredths(currency: Currency, text: &str) -> Result<i64, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(0);
    }
    if text.len() > 18 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{} is no whole number of hundredths", shown(text)));
    }
    let number: i64 = text.parse().map_err(|_| format!("{} is too large", shown(text)))?;
    exact(currency, Decimal::new(number, 2))
}

/// A day such as `2026-01-31`, `2026/01/31` or `20260131`.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    let wrong = || format!("{} is no day such as 2026-01-31", shown(text));
    let text = text.trim();
    let digits: String = match text.len() {
        8 => text.to_owned(),
        10 if text.get(4..5) == text.get(7..8) => text.replace(['-', '/'], ""),
        _ => return Err(wrong()),
    };
    compact_day(&digits).ok_or_else(wrong)
}

/// `20260131`.
pub(crate) fn compact_day(digits: &str) -> Option<Date> {
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = digits.get(..4)?.parse().ok()?;
    let month: u8 = digits.get(4..6)?.parse().ok()?;
    let day = digits.get(6..)?.parse().ok()?;
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

/// A moment such as `2026-01-31 09:30:00`, with or without fractions, at an offset from UTC.
pub(crate) fn moment(text: &str, offset: UtcOffset) -> Result<OffsetDateTime, String> {
    let wrong = || format!("{} is no moment such as 2026-01-31 09:30:00", shown(text));
    let text = text.trim();
    let date = day(text.get(..10).ok_or_else(wrong)?).map_err(|_| wrong())?;
    let rest = text.get(10..).unwrap_or_default().trim_start_matches(['T', ' ']);
    let (clock, given) = split_offset(rest).ok_or_else(wrong)?;
    let at = if clock.is_empty() { Time::MIDNIGHT } else { time_of(clock).ok_or_else(wrong)? };
    let local = date.with_time(at).assume_offset(given.unwrap_or(offset));
    Ok(local.to_offset(UtcOffset::UTC))
}

/// `09:30:00.5` and what follows it: `Z`, ` -0800`, `+01:00`, or nothing.
fn split_offset(rest: &str) -> Option<(&str, Option<UtcOffset>)> {
    let rest = rest.trim();
    if let Some(clock) = rest.strip_suffix(['Z', 'z']) {
        return Some((clock.trim(), Some(UtcOffset::UTC)));
    }
    let Some(place) = rest.rfind(['+', '-']) else { return Some((rest, None)) };
    let (clock, offset) = (rest.get(..place)?, rest.get(place..)?);
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 4 {
        return None;
    }
    let hours: i8 = digits.get(..2)?.parse().ok()?;
    let minutes: i8 = digits.get(2..)?.parse().ok()?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let offset = UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()?;
    Some((clock.trim(), Some(offset)))
}

fn time_of(text: &str) -> Option<Time> {
    let mut parts = text.splitn(3, ':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let seconds = parts.next().unwrap_or("0");
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micro: String = fraction.chars().chain("000000".chars()).take(6).collect();
    Time::from_hms_micro(hour, minute, whole.parse().ok()?, micro.parse().ok()?).ok()
}

/// What a settlement report's zone means; daylight saving is part of its name there.
pub(crate) fn zone(name: &str) -> Result<UtcOffset, String> {
    let hours = match name.trim() {
        "" | "UTC" | "GMT" | "WET" | "Z" => 0,
        "BST" | "CET" | "WEST" | "IST" => 1,
        "CEST" | "EET" | "SAST" => 2,
        "EEST" | "MSK" | "TRT" => 3,
        "GST" => 4,
        "SGT" | "HKT" | "AWST" | "MYT" | "PHT" | "CST_CN" => 8,
        "JST" | "KST" => 9,
        "AEST" => 10,
        "AEDT" => 11,
        "NZST" => 12,
        "NZDT" => 13,
        "ART" | "BRT" | "ADT" => -3,
        "AST" | "EDT" | "CLT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" | "AKDT" => -8,
        "AKST" => -9,
        "HST" => -10,
        other => return Err(format!("{} is no time zone that is known", shown(other))),
    };
    UtcOffset::from_hms(hours, 0, 0).map_err(|_| format!("{} is no time zone", shown(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn amounts_are_read_by_the_convention_of_their_file() {
        let euro = Currency::from_code("EUR").expect("a currency");
        let yen = Currency::from_code("JPY").expect("a currency");
        assert_eq!(major(euro, "1.000000000000000"), Ok(100));
        assert_eq!(major(euro, ".11"), Ok(11));
        assert_eq!(major(euro, "-0.5"), Ok(-50));
        assert_eq!(major(euro, ""), Ok(0));
        assert_eq!(major(yen, "100"), Ok(100));
        assert_eq!(hundredths(yen, "10000"), Ok(100));
        assert_eq!(hundredths(euro, "10000"), Ok(10_000));
        for wrong in ["1,5", "12.345", "1e3", "€1", ".", "-", "1.2.3", "0x10"] {
            assert!(major(euro, wrong).is_err(), "{wrong}");
        }
        assert!(hundredths(euro, "-5").is_err());
        assert!(hundredths(yen, "10050").is_err(), "half a yen");
    }

    #[test]
    fn moments_have_their_zone_in_them_or_beside_them() {
        let pst = zone("PST").expect("a zone");
        let at = moment("2016-02-18 16:10:51", pst);
        assert_eq!(at, Ok(datetime!(2016-02-19 00:10:51 UTC)));
        let at = moment("2026/01/06 04:26:31 -0800", UtcOffset::UTC);
        assert_eq!(at, Ok(datetime!(2026-01-06 12:26:31 UTC)));
        let at = moment("2018-04-06T06:00:01.0Z", UtcOffset::UTC);
        assert_eq!(at, Ok(datetime!(2018-04-06 06:00:01 UTC)));
        for wrong in ["2026-02-30 00:00:00", "yesterday", "2026-01-01 25:00:00", "2026-1-1"] {
            assert!(moment(wrong, UtcOffset::UTC).is_err(), "{wrong}");
        }
    }
}
