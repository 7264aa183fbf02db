//! What an order is paid with that we owe: gift cards by their codes, and the customer's credit.

use super::{free, is_over, sql};
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::ledger::templates::{GIFT_CARD, STORE_CREDIT};
use crate::money::Currency;
use crate::payments::record::{self, Checked, RecordPayment};
use crate::secrets;
use crate::store::Db;
use entities::enums::RefundOrder;
use entities::{credit, customer, legal_entity};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::json;

/// Gift cards of one order at most.
pub const MAX_CARDS: usize = 10;

/// The code of a gift card: money for whoever knows it, and so never written down.
#[derive(Debug, Clone)]
pub struct Code(String);

impl Code {
    /// As somebody typed it: blanks and dashes say nothing, and what looks alike is alike.
    pub fn typed(text: &str) -> Self {
        let one = |letter: char| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        };
        let written = text.chars().filter(char::is_ascii_alphanumeric);
        Self(written.map(one).collect())
    }

    pub(crate) fn hash(&self) -> String {
        secrets::digest(&self.0)
    }
}

impl Serialize for Code {
    /// What tells it from others, and not itself.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hash())
    }
}

/// A gift card that an order is paid with.
#[derive(Debug, Clone, Serialize)]
pub struct GiftCardTender {
    /// Its code.
    pub code: Code,
    /// How much of it; without it, as much as is needed.
    pub amount: Option<Decimal>,
}

/// One card or credit, and what is taken of it.
#[derive(Debug)]
struct Tender {
    row: credit::Model,
    field: String,
    /// None for as much as is needed.
    minor: Option<i64>,
}

/// What an order is paid with, checked.
#[derive(Debug, Default)]
pub(crate) struct Tenders(Vec<Tender>);

/// Checks cards and credit; every fault is noted.
pub(crate) async fn check(
    db: &Db,
    faults: &mut Faults,
    (entity, currency): (&legal_entity::Model, Currency),
    customer: Option<&customer::Model>,
    (cards, store_credit): (&[GiftCardTender], Option<Decimal>),
) -> Result<Tenders> {
    let mut tenders = Tenders::default();
    if cards.len() > MAX_CARDS {
        let message = format!("takes at most {MAX_CARDS} gift cards");
        faults.add(RefusalCode::LimitExceeded, "giftCards", message);
        return Ok(tenders);
    }
    if !cards.is_empty() {
        let hashes: Vec<String> = cards.iter().map(|card| card.code.hash()).collect();
        let known = sql::by_codes(db, &hashes).await?;
        for (index, (card, hash)) in cards.iter().zip(&hashes).enumerate() {
            let at = |name: &str| format!("giftCards.{index}.{name}");
            let minor = positive(faults, &at("amount"), currency, card.amount);
            let row = known.iter().find(|row| row.code_hash.as_ref() == Some(hash));
            let Some(row) = row.filter(|row| row.legal_entity_id == entity.id) else {
                let message = format!("no gift card of {} has this code", entity.name);
                faults.add(RefusalCode::NotFound, &at("code"), message);
                continue;
            };
            if tenders.0.iter().any(|known| known.row.id == row.id) {
                faults.add(RefusalCode::Duplicate, &at("code"), "stands in the list twice");
            } else if row.currency != currency.code() {
                let message = format!("the card holds {}", row.currency);
                faults.add(RefusalCode::CurrencyMismatch, &at("code"), message);
            } else if is_over(row, db.now()) {
                faults.add(RefusalCode::StateConflict, &at("code"), "the card has ended");
            } else if minor.is_some_and(|minor| minor > free(row)) {
                faults.push(beyond(&at("amount"), currency, free(row), "is on the card"));
            } else {
                tenders.0.push(Tender { row: row.clone(), field: at("amount"), minor });
            }
        }
    }
    if let Some(minor) = positive(faults, "storeCredit", currency, store_credit) {
        let rows = match customer {
            Some(customer) => sql::usable(db, customer.id, (entity.id, currency.code())).await?,
            None => Vec::new(),
        };
        let all: i64 = rows.iter().map(free).sum();
        if customer.is_none() {
            let message = "names the credit of a customer: the order has none";
            faults.add(RefusalCode::Invalid, "storeCredit", message);
        } else if minor > all {
            faults.push(beyond("storeCredit", currency, all, "of credit can be used"));
        }
        let mut left = minor;
        for row in rows {
            let taken = left.min(free(&row));
            left -= taken;
            if taken > 0 {
                let field = "storeCredit".to_owned();
                tenders.0.push(Tender { row, field, minor: Some(taken) });
            }
        }
    }
    Ok(tenders)
}

fn positive(
    faults: &mut Faults,
    field: &str,
    currency: Currency,
    amount: Option<Decimal>,
) -> Option<i64> {
    let minor = faults.take(field, currency.minor(amount?))?;
    if minor <= 0 {
        faults.add(RefusalCode::Invalid, field, "is above 0");
    }
    Some(minor)
}

fn beyond(field: &str, currency: Currency, most: i64, what: &str) -> Refusal {
    let message = format!("{} {} {what}", currency.decimal(most), currency.code());
    Refusal::new(RefusalCode::AmountExceeded, field, message)
        .with_details(json!({ "most": currency.decimal(most) }))
}

impl Tenders {
    /// The payments that they make of an order that costs `total`, of which other means pay `otherwise`. What is given
    /// without an amount pays what nothing else does.
    pub(crate) fn payments(
        self,
        (entity, currency): (&legal_entity::Model, Currency),
        (total, otherwise): (i64, i64),
    ) -> Result<Vec<Checked>> {
        let said: i64 = self.0.iter().filter_map(|tender| tender.minor).sum();
        if said > total {
            let fields = self.0.iter().filter(|tender| tender.minor.is_some());
            let field = fields.map(|tender| tender.field.as_str()).next_back().unwrap_or_default();
            let refusal = beyond(field, currency, total, "is what the order costs");
            return Err(Error::refused(refusal));
        }
        let mut left = (total - said - otherwise).max(0);
        let mut payments = Vec::with_capacity(self.0.len());
        for tender in self.0 {
            let minor = tender.minor.unwrap_or_else(|| {
                let taken = left.min(free(&tender.row));
                left -= taken;
                taken
            });
            if minor > 0 {
                payments.push(payment(entity, currency, (tender.row, minor))?);
            }
        }
        Ok(payments)
    }
}

fn payment(
    entity: &legal_entity::Model,
    currency: Currency,
    (row, minor): (credit::Model, i64),
) -> Result<Checked> {
    let provider = match row.kind {
        entities::enums::CreditKind::GiftCard => GIFT_CARD,
        entities::enums::CreditKind::StoreCredit => STORE_CREDIT,
    };
    let input = RecordPayment {
        provider: provider.to_owned(),
        provider_reference: row.hint.clone(),
        method: provider.to_owned(),
        authorized: Some(currency.decimal(minor)),
        ..RecordPayment::default()
    };
    let rank = match entity.refund_order {
        RefundOrder::CreditFirst => 0,
        RefundOrder::CreditLast => 2,
    };
    Ok(record::checked(currency, input)?.of_credit(row.id, rank))
}
