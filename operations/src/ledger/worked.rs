//! The worked example to its end: what settlements, payouts and a return make of two orders.
//!
//! The rows up to the disputed capture, and the goodwill, are driven through the API in the suite, to the same cents; here
//! they are where the books stand when the first settlement comes.

use super::chart::Account;
use super::entry::{Amount, Entry};
use super::templates::{self, Billed, Effect, Paid, Settled, Transfer};
use crate::money::Currency;
use crate::samples::{self, payment};
use entities::enums::{InvoiceCause, InvoiceKind};
use entities::{invoice, invoice_line};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

use crate::samples::AT;

fn own(minor: i64) -> Amount {
    Amount { minor, base: minor }
}

fn euro() -> Currency {
    Currency::from_code("EUR").unwrap()
}

/// What entries make of accounts, in the currency of the books.
#[derive(Default)]
struct Sums(BTreeMap<i32, i64>);

impl Sums {
    /// Adds an entry and answers with what it says of each account.
    fn add(&mut self, entry: &Entry) -> BTreeMap<i32, i64> {
        assert!(entry.is_balanced(), "{entry:?}");
        let mut said = BTreeMap::new();
        for (account, base) in entry.bases() {
            *said.entry(account.code()).or_default() += base;
            *self.0.entry(account.code()).or_default() += base;
        }
        said.retain(|_, base| *base != 0);
        said
    }
}

fn row(sides: &[(i32, i64)]) -> BTreeMap<i32, i64> {
    sides.iter().copied().collect()
}

/// The credit note for one A of two: the first of two halves of 107.91.
fn returned() -> (invoice::Model, invoice_line::Model) {
    let document = invoice::Model {
        id: Uuid::nil(),
        number: "CN-1".into(),
        series: "CN".into(),
        year: 2026,
        sequence: 1,
        kind: InvoiceKind::CreditNote,
        cause: InvoiceCause::Return,
        legal_entity_id: Uuid::nil(),
        channel_id: Uuid::nil(),
        order_id: Uuid::nil(),
        order_number: "1001".into(),
        customer_id: None,
        fulfillment_id: None,
        corrects_id: None,
        issued_at: AT,
        issued_on: "2026-01-01".into(),
        due_at: None,
        currency: "EUR".into(),
        tax_included: true,
        seller: json!({}),
        buyer_tax_id: None,
        net_minor: 4_534,
        tax_minor: 862,
        gross_minor: 5_396,
        gross_base_minor: 5_396,
        reason: None,
    };
    let line = invoice_line::Model {
        sku: Some("A".into()),
        description: "A".into(),
        unit_price_minor: 5_995,
        list_minor: 5_995,
        discount_minor: 599,
        net_minor: 4_534,
        tax_minor: 862,
        net_base_minor: 4_534,
        tax_base_minor: 862,
        tax_rate_ppm: 190_000,
        tax_country: Some("DE".into()),
        ..samples::invoice_line()
    };
    (document, line)
}

/// Rows 0 to 4b, 8 and 8b, 9, 10 and 10b.
fn before() -> Sums {
    let rows: [&[(i32, i64)]; 11] = [
        &[(1000, 2_000), (2150, -2_000)],
        &[(1100, 9_286), (2150, 2_000), (2000, -11_286)],
        &[(2000, 11_286), (4090, 1_008), (4000, -10_076), (4010, -421), (2100, -1_797)],
        &[(5000, 6_000), (1200, -6_000)],
        &[(1100, 1_169), (2000, -1_169)],
        &[(2000, 1_169), (4090, 121), (4000, -1_214), (2100, -76)],
        &[(5000, 600), (1200, -600)],
        &[(1180, 1_169), (6010, 1_500), (1100, -2_669)],
        &[(6020, 1_169), (1180, -1_169)],
        &[(6040, 1_000), (2160, -1_000)],
        &[(1100, 9_200), (4000, -9_200), (5000, 4_000), (1200, -4_000)],
    ];
    let mut sums = Sums::default();
    for (code, base) in rows.into_iter().flatten() {
        *sums.0.entry(*code).or_default() += base;
    }
    assert_eq!(sums.0.values().sum::<i64>(), 0);
    sums
}

#[test]
fn two_orders_end_where_an_accountant_would_have_them() {
    let (mut sums, payment, currency) = (before(), payment(), euro());
    let settled = |effects: &[Effect]| {
        let one = Settled {
            source: Uuid::nil(),
            report: Uuid::nil(),
            at: AT,
            provider: "psp",
            account: None,
            description: "Settled",
            effects,
        };
        templates::settlement("settlement", &one)
    };
    // 5
    let fees = [Effect::Fee(currency, own(155)), Effect::Fee(currency, own(41))];
    assert_eq!(sums.add(&settled(&fees)), row(&[(6000, 196), (1100, -196)]));
    // 6
    let mut order = samples::order();
    let (document, line) = returned();
    let billed = Billed {
        document: &document,
        lines: &[line],
        currency,
        at: AT,
        settled: Amount::default(),
        open: own(5_396),
    };
    let said = sums.add(&templates::credit_note(&billed, &mut order));
    assert_eq!(said, row(&[(4100, 4_534), (2100, 862), (2050, -5_396)]));
    assert_eq!(order.refund_due_minor, 5_396);
    let place = (Uuid::nil(), currency, own(-3_000));
    let said =
        sums.add(&templates::cost(Uuid::nil(), AT, (order.id, "1001"), place, (false, None)));
    assert_eq!(said, row(&[(1200, 3_000), (5000, -3_000)]));
    // 6b: in two steps, when the provider confirms and when it settles.
    let back = Paid {
        payment: &payment,
        step: Uuid::nil(),
        event: None,
        at: AT,
        currency,
        amount: own(5_396),
    };
    // Nothing is owed twice: it was already.
    let owed = templates::refund_owed(&back, &mut order, 5_396);
    assert_eq!(sums.add(&owed), row(&[]));
    let said = sums.add(&templates::refund(&back, &mut order));
    assert_eq!(said, row(&[(2050, 5_396), (1100, -5_396)]));
    assert_eq!(order.refund_due_minor, 0);
    let said = sums.add(&settled(&[Effect::Fee(currency, own(10))]));
    assert_eq!(said, row(&[(6000, 10), (1100, -10)]));
    // 7 and 7b
    let payout = Transfer {
        source: Uuid::nil(),
        payout: Uuid::nil(),
        provider: "psp",
        account: None,
        at: AT,
        currency,
    };
    let said = sums.add(&templates::payout_sent(&payout, own(4_853)));
    assert_eq!(said, row(&[(1050, 4_853), (1100, -4_853)]));
    let said =
        sums.add(&templates::payout_received(&payout, own(4_853), Amount::default(), own(4_853)));
    assert_eq!(said, row(&[(1000, 4_853), (1050, -4_853)]));
    // 10c
    let dollars = Currency::from_code("USD").unwrap();
    let abroad = Effect::Exchanged {
        gross: (dollars, Amount { minor: 10_000, base: 9_200 }),
        came_to: (currency, own(9_131)),
    };
    let said = sums.add(&settled(&[abroad, Effect::Fee(currency, own(150))]));
    assert_eq!(said, row(&[(6070, 69), (6000, 150), (1100, -219)]));
    // 11 and 11b
    let said = sums.add(&templates::payout_sent(&payout, own(6_312)));
    assert_eq!(said, row(&[(1050, 6_312), (1100, -6_312)]));
    let said = sums.add(&templates::payout_received(&payout, own(6_302), own(10), own(6_312)));
    assert_eq!(said, row(&[(1000, 6_302), (6030, 10), (1050, -6_312)]));

    sums.0.retain(|_, base| *base != 0);
    let end = [
        (1000, 13_155),
        (1200, -7_600),
        (2100, -1_011),
        (2160, -1_000),
        (4000, -20_490),
        (4010, -421),
        (4090, 1_129),
        (4100, 4_534),
        (5000, 7_600),
        (6000, 356),
        (6010, 1_500),
        (6020, 1_169),
        (6030, 10),
        (6040, 1_000),
        (6070, 69),
    ];
    assert_eq!(sums.0, row(&end));
    assert_eq!(sums.0.values().sum::<i64>(), 0);
    assert!(sums.0.keys().all(|code| Account::of(*code).is_some()));
}

#[test]
fn the_other_half_of_what_was_returned_takes_the_rest_cent() {
    let whole = own(10_791);
    let first = whole.part(5_396);
    assert_eq!(whole.less(first), own(5_395));
}
