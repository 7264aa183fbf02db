//! Files that are made from the orders at hand, with faults: every one is found under its kind, and nothing else is.

use super::{exceptions, payment, sold};
use harness::random::{full, seed};
use harness::shop::*;
use harness::{Shop, TestApp};
use operations::settlements::simulate::{Simulate, simulate};
use operations::settlements::{clock, work};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use time::Duration;

/// Orders of three providers: some captured under references of their own, some given back in part.
async fn orders(app: &TestApp, shop: &Shop, count: usize) {
    for number in 0..count {
        if number % 8 == 0 {
            let stock = json!({ "locationId": shop.berlin, "lines": [{ "sku": "B", "quantity": 40 }, { "sku": "A", "quantity": 40 }] });
            shop.admin.done(STOCK_RECEIVE, stock).await;
        }
        let provider = ["adyen", "stripe", "paypal"][number % 3];
        let reference = format!("PSP-{number}");
        if number % 2 == 0 {
            let order = sold(shop, provider, &reference).await;
            if number % 5 == 0 {
                let paid = payment(shop, &order).await;
                let back = json!({ "paymentId": paid["id"], "amount": "3.00", "reason": "late" });
                shop.admin.done(PAYMENT_REFUND, back).await;
                let said = json!({ "paymentId": paid["id"], "kind": "REFUND", "state": "SUCCEEDED", "amount": "3.00", "providerReference": format!("REF-{number}") });
                shop.admin.done(PAYMENT_REPORT, said).await;
            }
            continue;
        }
        let mut input = shop.sent_home(&[("B", 2)]);
        input["payments"] = json!([{ "provider": provider, "providerReference": reference, "method": "card", "authorized": "40.00" }]);
        let order = shop.place(input).await;
        let paid = payment(shop, &order).await;
        shop.admin.done(PAYMENT_CAPTURE, json!({ "paymentId": paid["id"] })).await;
        let said = json!({ "paymentId": paid["id"], "kind": "CAPTURE", "state": "SUCCEEDED", "amount": "40.00", "providerReference": format!("CAP-{number}") });
        shop.admin.done(PAYMENT_REPORT, said).await;
        let work = shop.work(&order, 0).await;
        shop.ship(&work).await;
    }
    app.settled().await;
}

fn counted(all: impl Iterator<Item = (String, i64)>) -> BTreeMap<(String, i64), usize> {
    let mut counts = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn every_fault_is_found_under_its_kind_and_nothing_else_is() {
    let seed = seed();
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    orders(&app, &shop, if full() { 600 } else { 48 }).await;
    for provider in ["adyen", "stripe"] {
        let fees = json!([{ "kind": "CAPTURE", "currencyCode": "EUR", "from": "2020-01-01", "rate": "0.014", "fixed": "0.25" }]);
        let agreed =
            json!({ "legalEntityId": shop.entity, "provider": provider, "agreements": fees });
        shop.admin.done(FEE_AGREEMENTS_SET, agreed).await;
    }
    let ends = app.store.clock().now() + Duration::hours(20);
    let ends = ends.format(&time::format_description::well_known::Rfc3339).unwrap();
    let mut input = shop.sent_home(&[("B", 2)]);
    input["payments"] = json!([{ "provider": "adyen", "providerReference": "ENDS", "method": "card", "authorized": "40.00", "authorizationExpiresAt": ends }]);
    shop.place(input).await;
    let asked = Simulate { seed, faults_per_mille: 250, batch: 10 };
    let made = simulate(&app.store, asked).await.unwrap();
    assert!(made.steps >= 48 && made.expected.len() > 5, "{} {:?}", made.steps, made.expected);
    let again = simulate(&app.store, asked).await.unwrap();
    assert_eq!(made.expected, again.expected, "the same seed makes the same faults");
    // What ends within a day is told at once; it has ended before the files come.
    clock::run(&app.store).await.unwrap();
    let stale: Vec<i64> = made
        .expected
        .iter()
        .filter(|one| one.kind == "STALE_AUTHORIZATION")
        .map(|one| one.minor)
        .collect();
    let told =
        exceptions(&shop, json!({ "states": ["OPEN"], "kinds": ["STALE_AUTHORIZATION"] })).await;
    assert_eq!((stale.as_slice(), told.len()), ([4_000].as_slice(), 1));
    app.later(Duration::days(30)).await;
    for file in &made.files {
        let content = String::from_utf8(file.content.clone()).unwrap();
        let (folder, _) = file.name.split_once('/').unwrap();
        let (who, format) = folder.rsplit_once('.').unwrap();
        let mut input = json!({ "format": format, "content": content });
        if who == "bank" {
            shop.admin.done(STATEMENT_IMPORT, input).await;
        } else {
            input["provider"] = json!(who);
            shop.admin.done(SETTLEMENT_IMPORT, input).await;
        }
    }
    work::look_again(&app.store).await.unwrap();
    app.later(Duration::days(20)).await;
    clock::run(&app.store).await.unwrap();
    let number = |one: &Json| {
        let amount = one["amount"]["amount"].as_str().unwrap().replace('.', "");
        (one["kind"].as_str().unwrap().to_owned(), amount.parse::<i64>().unwrap())
    };
    let mut found = Vec::new();
    for kind in made
        .expected
        .iter()
        .map(|one| one.kind.clone())
        .chain(EVERY.map(str::to_owned))
        .collect::<std::collections::BTreeSet<_>>()
    {
        let filter = json!({ "states": ["OPEN"], "kinds": [kind] });
        found.extend(exceptions(&shop, filter).await.iter().map(number));
    }
    let found = counted(found.into_iter());
    let by_files = made.expected.iter().filter(|one| one.kind != "STALE_AUTHORIZATION");
    let expected = counted(by_files.map(|one| (one.kind.clone(), one.minor)));
    let missed: Vec<_> =
        expected.iter().filter(|(one, count)| found.get(*one) != Some(count)).collect();
    let false_ones: Vec<_> =
        found.iter().filter(|(one, count)| expected.get(*one) != Some(count)).collect();
    if !missed.is_empty() || !false_ones.is_empty() {
        let query = "query { payouts(states: [MISSING], first: 50) { nodes { reference amount { amount } matches { rule state } } } }";
        let payouts = shop.admin.payload(query, json!({})).await;
        for one in payouts["nodes"].as_array().unwrap() {
            let name = one["reference"].as_str().unwrap();
            let told = made
                .files
                .iter()
                .filter(|file| String::from_utf8_lossy(&file.content).contains(name));
            eprintln!("{one} {:?}", told.map(|file| &file.name).collect::<Vec<_>>());
        }
        eprintln!("{:?}", made.expected);
    }
    assert!(
        missed.is_empty() && false_ones.is_empty(),
        "TEST_SEED={seed}\nexpected {missed:?}\nfound {false_ones:?}"
    );
    eprintln!("TEST_SEED={seed}, {} steps, {} faults found", made.steps, made.expected.len());
    let query = "query { reconciliation(range: { from: \"2020-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\" }, currencyCode: \"EUR\") { unexplained { amount } clearingBalance { amount } } }";
    let proof = shop.admin.payload(query, json!({})).await;
    assert_eq!(proof["unexplained"]["amount"], "0.00", "TEST_SEED={seed} {proof}");
    app.verify().await;
}

/// Kinds that may be raised at all.
const EVERY: [&str; 22] = [
    "MISSING_IN_PSP",
    "MISSING_IN_LEDGER",
    "AMOUNT_MISMATCH",
    "CURRENCY_MISMATCH",
    "DUPLICATE_LINE",
    "DUPLICATE_CAPTURE",
    "FEE_VARIANCE",
    "BATCH_OUT_OF_BALANCE",
    "MISSING_BANK_CREDIT",
    "UNEXPECTED_BANK_CREDIT",
    "UNEXPECTED_BANK_DEBIT",
    "BANK_SHORT",
    "BANK_OVER",
    "UNKNOWN_TYPE",
    "REFUND_NOT_SETTLED",
    "REFUND_FAILED",
    "REFUND_AND_CHARGEBACK",
    "CHARGEBACK",
    "LATE_CHARGEBACK",
    "NEGATIVE_BATCH",
    "STATEMENT_GAP",
    "BALANCE_BREAK",
];
