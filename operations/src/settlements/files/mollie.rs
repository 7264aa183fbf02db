//! Mollie's settlement, as JSON, with or without its payments, refunds, chargebacks and captures embedded
//! ([Mollie](https://docs.mollie.com/reference/get-settlement)).
//!
//! Amounts are texts of units; subtotals have four decimals and the payout two. What a line rounds is carried to the next
//! one, so that the lines sum to the payout. Where the single payments are there, the revenue by method repeats them and is
//! no line; what stands under `costs` always is.

use super::table::without_mark;
use super::{Fault, Line, Reading, StatedPayout, Sum, values};
use crate::money::Currency;
use entities::enums::SettlementLineKind as Kind;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::BufRead;
use time::{OffsetDateTime, UtcOffset};

pub(super) fn read(file: &mut dyn BufRead, reading: &mut Reading<'_>) -> Result<(), Fault> {
    without_mark(file)?;
    let mut settlement = Settlement {
        reading,
        count: 0,
        carried: HashMap::new(),
        single: false,
        fields: BTreeMap::new(),
    };
    let mut json = serde_json::Deserializer::from_reader(file);
    (&mut settlement).deserialize(&mut json).and_then(|()| json.end()).map_err(|error| {
        let line = i32::try_from(error.line()).ok().filter(|line| *line > 0);
        Fault { line, column: None, message: format!("is no settlement: {error}") }
    })?;
    settlement.finish()
}

/// The settlement as it is read; single payments become lines as they come.
struct Settlement<'a, 'b> {
    reading: &'a mut Reading<'b>,
    count: i32,
    /// By currency: what was read exactly, and what was told in minor units.
    carried: HashMap<&'static str, (Decimal, i64)>,
    /// Whether single payments are there.
    single: bool,
    fields: BTreeMap<String, Json>,
}

/// The lists that may be embedded.
const LISTS: [(&str, Kind); 4] = [
    ("payments", Kind::Capture),
    ("captures", Kind::Capture),
    ("refunds", Kind::Refund),
    ("chargebacks", Kind::Chargeback),
];

impl<'de> DeserializeSeed<'de> for &mut Settlement<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Settlement<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a settlement")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "_embedded" => map.next_value_seed(Embedded(&mut *self))?,
                "_links" => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    self.fields.insert(name, map.next_value()?);
                }
            }
        }
        Ok(())
    }
}

struct Embedded<'x, 'a, 'b>(&'x mut Settlement<'a, 'b>);

impl<'de> DeserializeSeed<'de> for Embedded<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Embedded<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lists of payments, refunds, chargebacks and captures")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match LISTS.into_iter().find(|(list, _)| *list == name) {
                Some((_, kind)) => map.next_value_seed(List { of: &mut *self.0, kind })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct List<'x, 'a, 'b> {
    of: &'x mut Settlement<'a, 'b>,
    kind: Kind,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element_seed(Item)? {
            if !self.of.reading.ended {
                self.of.single = true;
                self.of.one(self.kind, &item);
            }
        }
        Ok(())
    }
}

/// One element.
struct Item;

impl<'de> DeserializeSeed<'de> for Item {
    type Value = Json;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        Json::deserialize(deserializer)
    }
}

fn text(json: &Json, name: &str) -> Option<String> {
    json.get(name).and_then(Json::as_str).map(str::to_owned)
}

/// `{ "currency": "EUR", "value": "86.1000" }`.
fn amount(json: &Json) -> Result<(Currency, Decimal), String> {
    let part = |name: &str| json.get(name).and_then(Json::as_str);
    let (Some(currency), Some(value)) = (part("currency"), part("value")) else {
        return Err("is no amount with currency and value".to_owned());
    };
    Ok((values::currency(currency)?, values::decimal(value)?))
}

/// The fields of an object, one level deep, as they were written.
fn raw(json: &Json) -> Vec<(String, String)> {
    let fields = json.as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| !name.starts_with('_'))
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text.replace('\0', "").replace("\\u0000", ""))
        })
        .collect()
}

impl Settlement<'_, '_> {
    fn fault(&mut self, column: &str, message: String) {
        let column = Some(column.to_owned());
        self.reading.fault(Fault { line: Some(self.count + 1), column, message });
    }

    fn took<T>(&mut self, column: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|message| self.fault(column, message)).ok()
    }

    fn moment(&mut self, json: &Json, name: &str) -> Option<OffsetDateTime> {
        let said = text(json, name)?;
        let value = values::moment(&said, UtcOffset::UTC);
        self.took(name, value)
    }

    /// Minor units, with what earlier lines rounded away.
    fn carry(&mut self, currency: Currency, amount: Decimal) -> Result<i64, String> {
        let (exact, told) = self.carried.entry(currency.code()).or_default();
        let sum = exact.checked_add(amount).ok_or("the amounts are too large")?;
        let rounded =
            sum.round_dp_with_strategy(currency.digits(), RoundingStrategy::MidpointAwayFromZero);
        let minor = values::exact(currency, rounded)?;
        let line = minor - *told;
        (*exact, *told) = (sum, minor);
        Ok(line)
    }

    /// A single payment, capture, refund or chargeback.
    fn one(&mut self, kind: Kind, json: &Json) {
        let paid = json.get("amount").map_or_else(|| Err("is missing".to_owned()), amount);
        let Some((gross_in, gross)) = self.took("amount", paid) else { return };
        let settled = json.get("settlementAmount").filter(|amount| !amount.is_null());
        let settled = settled.map_or(Ok((gross_in, gross)), amount);
        let Some((net_in, net)) = self.took("settlementAmount", settled) else { return };
        let from_us = matches!(kind, Kind::Refund | Kind::Chargeback);
        let sign = |amount: Decimal| if from_us { -amount.abs() } else { amount };
        let gross = values::exact(gross_in, sign(gross));
        let Some(gross) = self.took("amount", gross) else { return };
        let rate = (gross_in != net_in && gross != 0)
            .then(|| sign(net).checked_div(gross_in.decimal(gross)))
            .flatten()
            .map(|rate| rate.round_dp(12));
        let net = self.carry(net_in, sign(net));
        let Some(net) = self.took("settlementAmount", net) else { return };
        let id = text(json, "id");
        let payment = text(json, "paymentId").or_else(|| id.clone());
        let metadata = json.get("metadata");
        let ours = |name: &str| metadata.and_then(|metadata| text(metadata, name));
        let ours = ours("order_id").or_else(|| ours("orderId")).or_else(|| ours("order"));
        let occurred_at = match self.moment(json, "paidAt") {
            None => self.moment(json, "createdAt"),
            at => at,
        };
        self.tell(Line {
            number: 0,
            kind,
            account: None,
            batch: None,
            payout: None,
            provider_reference: payment,
            modification_reference: id,
            merchant_reference: ours.or_else(|| metadata.and_then(Json::as_str).map(str::to_owned)),
            gross: Sum { currency: gross_in, minor: gross },
            fee: if gross_in == net_in { gross.saturating_sub(net) } else { 0 },
            net: Sum { currency: net_in, minor: net },
            rate,
            occurred_at,
            booked_at: occurred_at,
            raw: raw(json),
        });
    }

    fn tell(&mut self, mut line: Line) {
        self.count += 1;
        line.number = self.count;
        self.reading.line(line);
    }

    /// What a method brought or cost in a month.
    fn summed(&mut self, kind: Kind, period: &str, json: &Json, amount_of: &str) {
        let value = json.get(amount_of).map_or_else(|| Err("is missing".to_owned()), amount);
        let Some((currency, value)) = self.took(amount_of, value) else { return };
        let minor = self.carry(currency, if kind == Kind::Fee { -value } else { value });
        let Some(minor) = self.took(amount_of, minor) else { return };
        let mut fields = raw(json);
        fields.push(("period".to_owned(), period.to_owned()));
        let sum = Sum { currency, minor };
        self.tell(Line {
            number: 0,
            kind,
            account: None,
            batch: None,
            payout: None,
            provider_reference: None,
            modification_reference: None,
            merchant_reference: None,
            gross: sum,
            fee: 0,
            net: sum,
            rate: None,
            occurred_at: None,
            booked_at: None,
            raw: fields,
        });
    }

    fn finish(mut self) -> Result<(), Fault> {
        let fields = Json::Object(std::mem::take(&mut self.fields).into_iter().collect());
        let reference = text(&fields, "reference").or_else(|| text(&fields, "id"));
        let reference =
            reference.ok_or_else(|| Fault::of_file("a settlement has a reference or an id"))?;
        for (year, months) in fields.get("periods").and_then(Json::as_object).into_iter().flatten()
        {
            for (month, of) in months.as_object().into_iter().flatten() {
                let period = format!("{year}-{month:0>2}");
                let rows = |name: &str| of.get(name).and_then(Json::as_array).into_iter().flatten();
                let single = self.single;
                for row in rows("revenue").filter(|_| !single) {
                    let kind = match row.get("method").and_then(Json::as_str) {
                        Some("refund") => Kind::Refund,
                        Some("chargeback") => Kind::Chargeback,
                        _ => Kind::Capture,
                    };
                    self.summed(kind, &period, row, "amountNet");
                }
                for row in rows("costs") {
                    // With the tax on the fee.
                    self.summed(Kind::Fee, &period, row, "amountGross");
                }
            }
        }
        let total = fields.get("amount").map_or_else(|| Err("is missing".to_owned()), amount);
        let total = self.took("amount", total);
        let at = self.moment(&fields, "settledAt");
        if let Some((currency, value)) = total {
            let minor = values::exact(currency, value);
            if let Some(minor) = self.took("amount", minor) {
                self.reading.stated(currency).net = Some(minor);
                let sent = text(&fields, "status").as_deref() == Some("paidout");
                let sum = Sum { currency, minor };
                let payout = StatedPayout { reference: reference.clone(), sum, sent, at };
                self.reading.heading.payout = Some(payout);
            }
        }
        self.reading.heading.reference = Some(reference);
        Ok(())
    }
}
