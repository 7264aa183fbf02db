//! What should have come by now is told, and what comes after all takes it back; the balance proves itself.

use super::{import, open, payment, sold, statement, table, the_one};
use harness::shop::*;
use harness::{Shop, TestApp};
use operations::settlements::clock;
use serde_json::{Value as Json, json};
use time::Duration;

async fn reconciled(shop: &Shop) -> Json {
    between(shop, "2020-01-01", "2100-01-01").await
}

async fn between(shop: &Shop, from: &str, to: &str) -> Json {
    let query = "query($range: DateTimeRange!) { reconciliation(range: $range, currencyCode: \"EUR\") { captured { amount } refunded { amount } chargedBack { amount } fees { amount } expectedNet { amount } settledNet { amount } paidOut { amount } receivedAtBank { amount } openExceptions
        clearingBalance { amount } unsettledCaptures { amount } unsettledRefunds { amount } openBatchItems { amount } unexplained { amount } unsettled { label count amount { amount } } } }";
    let range = json!({ "from": format!("{from}T00:00:00Z"), "to": format!("{to}T00:00:00Z") });
    shop.admin.payload(query, json!({ "range": range })).await
}

fn amounts(found: &Json, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| found[*name]["amount"].as_str().unwrap().to_owned()).collect()
}

const PROOF: [&str; 5] =
    ["clearingBalance", "unsettledCaptures", "unsettledRefunds", "openBatchItems", "unexplained"];

#[tokio::test]
async fn a_capture_that_no_file_tells_of_is_missed_until_one_does() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = sold(&shop, "psp", "P1").await;
    sold(&shop, "manual", "cash").await;
    assert_eq!(clock::run(&app.store).await.unwrap(), 0, "it is not due");
    app.later(Duration::days(4)).await;
    assert_eq!(clock::run(&app.store).await.unwrap(), 0);
    app.later(Duration::days(6)).await;
    assert_eq!(clock::run(&app.store).await.unwrap(), 1);
    assert_eq!(clock::run(&app.store).await.unwrap(), 0, "it is told once");
    assert_eq!(open(&shop).await, ["MISSING_IN_PSP 20.00"]);
    let paid = payment(&shop, &order).await;
    assert_eq!(the_one(&shop).await["payment"]["id"], paid["id"]);
    let file = table(&["CAPTURE,EUR,20.00,0.50,19.50,P1,P1,,7,,2026-01-05 10:00:00,,"]);
    import(&shop, "psp", &file).await;
    assert_eq!(open(&shop).await, Vec::<String>::new());
    app.verify().await;
}

#[tokio::test]
async fn a_capture_that_never_comes_is_written_off() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = sold(&shop, "psp", "P1").await;
    app.later(Duration::days(12)).await;
    clock::run(&app.store).await.unwrap();
    let missed = the_one(&shop).await;
    let input =
        json!({ "exceptionId": missed["id"], "resolution": "WRITTEN_OFF", "note": "never came" });
    shop.admin.done(EXCEPTION_RESOLVE, input).await;
    assert_eq!(payment(&shop, &order).await["cash"], "WRITTEN_OFF");
    assert_eq!(amounts(&reconciled(&shop).await, &PROOF), ["0.00", "0.00", "0.00", "0.00", "0.00"]);
    let reopen = json!({ "exceptionId": missed["id"], "note": "it came" });
    shop.admin.done(EXCEPTION_REOPEN, reopen).await;
    assert_eq!(payment(&shop, &order).await["cash"], "AT_PROVIDER");
    assert_eq!(
        amounts(&reconciled(&shop).await, &PROOF),
        ["20.00", "20.00", "0.00", "0.00", "0.00"]
    );
    app.verify().await;
}

#[tokio::test]
async fn a_payout_that_the_bank_does_not_have_is_missing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let file = table(&[
        "BALANCE_TRANSFER,EUR,50.00,,50.00,,,,7,,2026-01-05 10:00:00,,",
        "PAYOUT,EUR,-50.00,,-50.00,,,,7,T-700,2026-01-06 10:00:00,,",
    ]);
    import(&shop, "psp", &file).await;
    app.later(Duration::days(400)).await;
    assert_eq!(clock::run(&app.store).await.unwrap(), 1);
    assert_eq!(open(&shop).await, ["MISSING_BANK_CREDIT 50.00"]);
    // The bank has some of it: that is what is to be explained, and nothing is missing besides.
    statement(&shop, "DE02,EUR,2026-01-19,20.00,B1,T-700\n").await;
    assert_eq!(open(&shop).await, ["BANK_SHORT 30.00"]);
    statement(&shop, "DE02,EUR,2026-01-20,30.00,B2,T-700\n").await;
    assert_eq!(open(&shop).await, Vec::<String>::new());
    app.verify().await;
}

#[tokio::test]
async fn an_authorization_that_ends_is_told_until_nothing_of_it_is_open() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.sent_home(&[("A", 2)]);
    let ends = app.store.read().now() + Duration::hours(20);
    let ends = ends.format(&time::format_description::well_known::Rfc3339).unwrap();
    input["payments"] = json!([{ "provider": "psp", "method": "card", "authorized": "20.00", "authorizationExpiresAt": ends }]);
    let order = shop.place(input).await;
    assert_eq!(clock::run(&app.store).await.unwrap(), 1);
    assert_eq!(open(&shop).await, ["STALE_AUTHORIZATION 20.00"]);
    let paid = payment(&shop, &order).await;
    shop.admin.done(PAYMENT_VOID, json!({ "paymentId": paid["id"] })).await;
    let said = json!({ "paymentId": paid["id"], "kind": "VOID", "state": "SUCCEEDED", "amount": "20.00", "providerReference": "V" });
    shop.admin.done(PAYMENT_REPORT, said).await;
    clock::run(&app.store).await.unwrap();
    assert_eq!(open(&shop).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_providers_hold_is_what_is_known() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for reference in ["P1", "P2", "P3", "P4"] {
        sold(&shop, "psp", reference).await;
    }
    let found = reconciled(&shop).await;
    assert_eq!(amounts(&found, &PROOF), ["80.00", "80.00", "0.00", "0.00", "0.00"]);
    let file = table(&[
        "CAPTURE,EUR,20.00,0.50,19.50,P1,P1,,7,,2026-01-05 10:00:00,,",
        "CAPTURE,EUR,20.00,0.50,19.50,P2,P2,,7,,2026-01-05 10:00:00,,",
        "CHARGEBACK,EUR,-20.00,15.00,-35.00,P3,D3,,7,,2026-01-05 10:00:00,,",
        "CAPTURE,EUR,9.00,,9.00,P9,P9,,7,,2026-01-05 10:00:00,,",
        "FEE,EUR,-1.00,,-1.00,,,,7,,2026-01-05 10:00:00,,",
        "PAYOUT,EUR,-12.00,,-12.00,,,,7,T-700,2026-01-06 10:00:00,,",
    ]);
    import(&shop, "psp", &file).await;
    let content = "account,currency,date,amount,description\nDE02,EUR,2026-01-08,12.00,T-700\n";
    shop.admin.done(STATEMENT_IMPORT, json!({ "format": "GENERIC_CSV", "content": content })).await;
    let found = reconciled(&shop).await;
    // 40.00 is not settled, and the payout held 9.00 of which nobody knows.
    assert_eq!(amounts(&found, &PROOF), ["31.00", "40.00", "0.00", "-9.00", "0.00"]);
    let names = [
        "captured",
        "chargedBack",
        "fees",
        "expectedNet",
        "settledNet",
        "paidOut",
        "receivedAtBank",
    ];
    assert_eq!(
        amounts(&found, &names),
        ["80.00", "20.00", "17.00", "43.00", "3.00", "12.00", "12.00"]
    );
    assert_eq!(found["openExceptions"], 2);
    let ages: i64 = found["unsettled"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["count"].as_i64().unwrap())
        .sum();
    assert_eq!(ages, 2);
    app.verify().await;
}

#[tokio::test]
async fn a_day_that_is_past_is_told_as_it_was() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = sold(&shop, "psp", "P1").await;
    sold(&shop, "psp", "P2").await;
    app.later(Duration::days(20)).await;
    let first = table(&[
        "CAPTURE,EUR,12.00,0.30,11.70,P1,P1,,7,,2026-03-10 10:00:00,,",
        "CAPTURE,EUR,20.00,0.50,19.50,P2,P2,,7,,2026-03-10 10:00:00,,",
    ]);
    import(&shop, "psp", &first).await;
    let second = table(&[
        "CAPTURE,EUR,8.00,0.20,7.80,P1,P1,,8,,2026-03-12 10:00:00,,",
        "FEE,EUR,-1.00,,-1.00,,,,8,,2026-03-14 10:00:00,,",
    ]);
    import(&shop, "psp", &second).await;
    let steps = payment(&shop, &order).await["transactions"].clone();
    let capture = steps.as_array().unwrap().iter().find(|one| one["kind"] == "CAPTURE").unwrap();
    for one in super::exceptions(&shop, json!({ "states": ["OPEN"] })).await {
        assert_eq!(one["kind"], "AMOUNT_MISMATCH");
        let amount = if one["amount"]["amount"] == "8.00" { "12.00" } else { "8.00" };
        let target = json!({ "targetId": capture["id"], "amount": amount });
        let by_hand =
            json!({ "settlementLineId": one["settlementLine"]["id"], "targets": [target] });
        shop.admin.done(MATCH_CREATE, by_hand).await;
    }
    assert_eq!(open(&shop).await, Vec::<String>::new());
    for (to, unsettled, count) in [
        ("2026-03-05", "40.00", 2),
        ("2026-03-11", "8.00", 1),
        ("2026-03-13", "8.00", 1),
        ("2026-03-20", "0.00", 0),
    ] {
        let found = between(&shop, "2020-01-01", to).await;
        assert_eq!(
            amounts(&found, &["unsettledCaptures", "unexplained"]),
            [unsettled, "0.00"],
            "{to}"
        );
        let ages = found["unsettled"].as_array().unwrap().iter();
        let ages: i64 = ages.map(|one| one["count"].as_i64().unwrap()).sum();
        assert_eq!(ages, count, "{to}");
    }
    // The second file reaches out of these days, so its lines count one by one.
    for (from, to, fees, net) in [
        ("2020-01-01", "2026-03-11", "0.80", "31.20"),
        ("2026-03-11", "2026-03-13", "0.20", "7.80"),
        ("2026-03-13", "2026-03-20", "1.00", "-1.00"),
        ("2020-01-01", "2026-03-20", "2.00", "38.00"),
    ] {
        let found = between(&shop, from, to).await;
        assert_eq!(amounts(&found, &["fees", "settledNet"]), [fees, net], "{from} to {to}");
    }
    app.verify().await;
    let damages = [
        (
            "update clearing_items set settled_minor = settled_minor - 1",
            "open items against steps and matches",
        ),
        ("delete from clearing_items", "open items against steps and matches"),
        ("update settlement_sums set fee_minor = fee_minor + 1", "sums of reports against lines"),
    ];
    for (damage, check) in damages {
        app.plant(damage).await;
        let report =
            operations::integrity::verify(&app.store, &operations::Actor::system()).await.unwrap();
        let found = report.checks.iter().find(|one| one.name == check).unwrap();
        assert!(found.violations > 0, "{damage}");
    }
}
