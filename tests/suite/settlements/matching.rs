//! Lines find what they are about, in the order of their references; the rest is told by its kind.

use super::{exceptions, found, import, open, payment, sold, table, the_one};
use crate::ledger::balances;
use harness::shop::*;
use harness::stream::Stream;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn a_capture_is_settled_paid_out_and_at_the_bank() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = sold(&shop, "psp", "P1").await;
    let paid = payment(&shop, &order).await;
    assert_eq!(
        (&paid["cash"], &paid["settled"]["amount"]),
        (&json!("AT_PROVIDER"), &json!("0.00"))
    );
    assert!(paid["expectedSettlementAt"].is_string());
    let file = table(&[
        "CAPTURE,EUR,20.00,0.50,19.50,P1,C1,,7,,2026-01-05 10:00:00,,",
        "PAYOUT,EUR,-19.50,,-19.50,,,,7,T-7001,2026-01-06 10:00:00,,",
    ]);
    let report = import(&shop, "psp", &file).await;
    let payout = &report["payouts"][0];
    assert_eq!(
        (&payout["reference"], &payout["state"], &payout["amount"]["amount"]),
        (&json!("T-7001"), &json!("IN_TRANSIT"), &json!("19.50"))
    );
    let paid = payment(&shop, &order).await;
    assert_eq!(
        (&paid["cash"], &paid["settled"]["amount"], &paid["fees"]["amount"]),
        (&json!("IN_TRANSIT"), &json!("20.00"), &json!("0.50"))
    );
    let capture = paid["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["kind"] == "CAPTURE")
        .unwrap();
    assert_eq!(capture["settlementLines"], json!([{ "lineNumber": 2 }]));
    let bank = "account,currency,date,amount,description\nDE02,EUR,2026-01-08,19.50,\"PSP PAYOUT T-7001\"\n";
    let input = json!({ "format": "GENERIC_CSV", "content": bank });
    let statement = shop.admin.done(STATEMENT_IMPORT, input.clone()).await["statements"][0].clone();
    let line = &statement["lines"]["nodes"][0];
    assert_eq!(
        (&line["matches"][0]["rule"], &line["matches"][0]["payout"]["state"]),
        (&json!("payout_reference"), &json!("RECEIVED"))
    );
    assert_eq!(payment(&shop, &order).await["cash"], "AT_BANK");
    let books = balances(&shop).await;
    assert_eq!((books["1000"].as_str(), books["6000"].as_str()), ("19.50", "0.50"));
    assert!(!books.contains_key("1100") && !books.contains_key("1050"), "{books:?}");
    let again = shop.admin.done(STATEMENT_IMPORT, input).await;
    assert_eq!(again["duplicate"], true);
    let filter = |cash: &str| json!({ "f": { "cash": [cash] } });
    let query = "query($f: PaymentFilter) { payments(filter: $f) { totalCount } }";
    for (cash, count) in [("AT_BANK", 1), ("AT_PROVIDER", 0), ("IN_TRANSIT", 0), ("NONE", 0)] {
        assert_eq!(shop.admin.payload(query, filter(cash)).await["totalCount"], count, "{cash}");
    }
    assert_eq!(open(&shop).await, Vec::<String>::new());
    app.verify().await;
}

#[tokio::test]
async fn what_does_not_fit_is_told_by_its_kind() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for reference in ["P1", "P2", "P3", "P4", "P5"] {
        sold(&shop, "psp", reference).await;
    }
    let file = table(&[
        "CAPTURE,EUR,20.00,0.50,19.50,P1,C1,,7,,2026-01-05 10:00:00,,",
        // The same once more, a capture of a payment nobody knows, and one of an amount that nobody captured.
        "CAPTURE,EUR,20.00,0.50,19.50,P1,P1,,7,,2026-01-05 10:00:00,,",
        "CAPTURE,EUR,20.00,0.50,19.50,P9,C9,,7,,2026-01-05 10:00:00,,",
        "CAPTURE,EUR,19.00,0.50,18.50,P2,P2,,7,,2026-01-05 10:00:00,,",
        "CAPTURE,USD,20.00,0.50,19.50,P3,P3,,7,,2026-01-05 10:00:00,EUR,1",
        "BONUS,EUR,1.00,,1.00,,,,7,,2026-01-05 10:00:00,,",
        "CHARGEBACK,EUR,-20.00,15.00,-35.00,P4,D4,,7,,2026-01-05 10:00:00,,",
        "REFUND,EUR,-5.00,0.10,-5.10,P5,R5,,7,,2026-01-05 10:00:00,,",
    ]);
    import(&shop, "psp", &file).await;
    assert_eq!(
        open(&shop).await,
        [
            "DUPLICATE_LINE 20.00",
            "MISSING_IN_LEDGER 20.00",
            "AMOUNT_MISMATCH 1.00",
            "CURRENCY_MISMATCH 20.00",
            "UNKNOWN_TYPE 1.00",
            "CHARGEBACK 20.00",
            "MISSING_IN_LEDGER 5.00",
        ]
        .map(str::to_owned)
    );
    // The chargeback is a dispute now, with its fee, booked once.
    let books = balances(&shop).await;
    assert_eq!(
        (books["1180"].as_str(), books["6010"].as_str(), books["6000"].as_str()),
        ("20.00", "15.00", "0.50")
    );
    let all = exceptions(&shop, json!({ "kinds": ["CHARGEBACK"] })).await;
    assert!(all[0]["dispute"]["id"].is_string());
    assert_eq!(
        found(&shop, json!({ "amount": { "min": "5", "max": "19.99" } })).await,
        ["MISSING_IN_LEDGER 5.00"]
    );
    app.verify().await;
}

#[tokio::test]
async fn a_payment_that_is_recorded_later_is_found_then() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let file = table(&["CAPTURE,EUR,20.00,0.50,19.50,P1,P1,,7,,2026-01-05 10:00:00,,"]);
    let report = import(&shop, "psp", &file).await;
    assert_eq!(
        (&report["matchedCount"], open(&shop).await),
        (&json!(0), vec!["MISSING_IN_LEDGER 20.00".to_owned()])
    );
    sold(&shop, "psp", "P1").await;
    assert_eq!(operations::settlements::work::look_again(&app.store).await.unwrap(), 1);
    assert_eq!(open(&shop).await, Vec::<String>::new());
    let done = exceptions(&shop, json!({ "states": ["RESOLVED"] })).await;
    assert_eq!(
        (&done[0]["resolution"], &done[0]["resolvedBy"]["__typename"]),
        (&json!("MATCHED"), &json!("ActorRef"))
    );
    assert_eq!(balances(&shop).await["1100"], "19.50");
    app.verify().await;
}

#[tokio::test]
async fn another_currency_leaves_what_rates_made_of_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = sold(&shop, "psp", "P1").await;
    let rates = "mutation($input: ExchangeRatesSetInput!) { exchangeRatesSet(input: $input) { userErrors { code message field } } }";
    let rate = |on: &str, rate: &str| json!({ "base": "EUR", "currencyCode": "USD", "on": on, "rate": rate });
    shop.admin.done(rates, json!({ "rates": [rate("2025-01-01", "0.92")] })).await;
    let file = table(&["CAPTURE,EUR,20.00,0.50,21.50,P1,P1,,7,,2026-01-05 10:00:00,USD,1.1"]);
    import(&shop, "psp", &file).await;
    assert_eq!(open(&shop).await, Vec::<String>::new());
    let paid = payment(&shop, &order).await;
    assert_eq!(paid["fees"], json!({ "amount": "0.50", "currencyCode": "USD" }));
    // 22.00 USD came to 20.24 EUR, less 0.46 EUR of fee: 0.24 EUR gained by the rate.
    let books = balances(&shop).await;
    assert_eq!(
        (books["6070"].as_str(), books["6000"].as_str(), books["1100"].as_str()),
        ("-0.24", "0.46", "19.78")
    );
    app.verify().await;
}

#[tokio::test]
async fn a_whole_and_a_part_taken_back_are_one_capture() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    sold(&shop, "psp", "P1").await;
    let file = table(&[
        "CAPTURE,EUR,50.00,1.00,49.00,P1,C1,,7,,2026-01-05 10:00:00,,",
        "CAPTURE,EUR,-30.00,-0.60,-29.40,P1,C1,,7,,2026-01-05 10:00:00,,",
        "CONVERSION,EUR,-2.00,,-2.00,,,,7,,2026-01-05 10:00:00,,",
        "RESERVE,EUR,-3.00,,-3.00,,,,7,,2026-01-05 10:00:00,,",
    ]);
    import(&shop, "psp", &file).await;
    assert_eq!(open(&shop).await, Vec::<String>::new());
    let books = balances(&shop).await;
    assert_eq!(
        (books["6000"].as_str(), books["1110"].as_str(), books["1100"].as_str()),
        ("0.40", "3.00", "14.60")
    );
    app.verify().await;
}

#[tokio::test]
async fn a_refund_that_came_back_is_owed_again() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = sold(&shop, "psp", "P1").await;
    let paid = payment(&shop, &order).await;
    shop.admin
        .done(PAYMENT_REFUND, json!({ "paymentId": paid["id"], "amount": "5.00", "reason": "x" }))
        .await;
    let report = json!({ "paymentId": paid["id"], "kind": "REFUND", "state": "SUCCEEDED", "amount": "5.00", "providerReference": "R1" });
    shop.admin.done(PAYMENT_REPORT, report).await;
    let file = table(&[
        "CAPTURE,EUR,20.00,0.50,19.50,P1,P1,,7,,2026-01-05 10:00:00,,",
        "REFUND,EUR,-5.00,0.10,-5.10,P1,R1,,7,,2026-01-05 10:00:00,,",
    ]);
    import(&shop, "psp", &file).await;
    assert_eq!(open(&shop).await, Vec::<String>::new());
    let file = table(&["REFUND_REVERSAL,EUR,5.00,,5.00,P1,R1,,8,,2026-01-09 10:00:00,,"]);
    import(&shop, "psp", &file).await;
    assert_eq!(open(&shop).await, ["REFUND_FAILED 5.00"]);
    let books = balances(&shop).await;
    assert_eq!((books["2050"].as_str(), books["1100"].as_str()), ("-5.00", "19.40"));
    assert!(the_one(&shop).await["payment"]["id"].is_string());
    app.verify().await;
}

#[tokio::test]
async fn batches_that_owe_the_provider_or_do_not_add_up_are_told() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let file = table(&["FEE,EUR,-3.00,,-3.00,,,,7,,2026-01-05 10:00:00,,"]);
    import(&shop, "psp", &file).await;
    let file = table(&[
        "FEE,EUR,-1.00,,-1.00,,,,8,,2026-01-05 10:00:00,,",
        "BALANCE_TRANSFER,EUR,11.00,,11.00,,,,8,,2026-01-05 10:00:00,,",
        "PAYOUT,EUR,-9.00,,-9.00,,,,8,T-8,2026-01-06 10:00:00,,",
    ]);
    import(&shop, "psp", &file).await;
    assert_eq!(open(&shop).await, ["NEGATIVE_BATCH 3.00", "BATCH_OUT_OF_BALANCE 1.00"]);
    let file = table(&["PAYOUT_REVERSAL,EUR,9.00,,9.00,,,,9,T-8,2026-01-08 10:00:00,,"]);
    import(&shop, "psp", &file).await;
    let query = "query { payouts { nodes { reference state } } }";
    assert_eq!(
        shop.admin.payload(query, json!({})).await["nodes"],
        json!([{ "reference": "T-8", "state": "FAILED" }])
    );
    assert!(!balances(&shop).await.contains_key("1050"));
    app.verify().await;
}

#[tokio::test]
async fn chargebacks_of_what_was_given_back_and_of_orders_that_ended_are_told() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let given_back = sold(&shop, "psp", "P1").await;
    let paid = payment(&shop, &given_back).await;
    let back = json!({ "paymentId": paid["id"], "amount": "5.00", "reason": "x" });
    shop.admin.done(PAYMENT_REFUND, back).await;
    let said = json!({ "paymentId": paid["id"], "kind": "REFUND", "state": "SUCCEEDED", "amount": "5.00", "providerReference": "R1" });
    shop.admin.done(PAYMENT_REPORT, said).await;
    let ended = sold(&shop, "psp", "P2").await;
    let work = shop.work(&ended, 0).await;
    shop.admin.done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": work["id"] })).await;
    app.later(time::Duration::days(60)).await;
    let file = table(&[
        "CHARGEBACK,EUR,-20.00,15.00,-35.00,P1,D1,,7,,2026-01-05 10:00:00,,",
        "CHARGEBACK,EUR,-20.00,15.00,-35.00,P2,D2,,7,,2026-01-05 10:00:00,,",
    ]);
    import(&shop, "psp", &file).await;
    let expected = ["CHARGEBACK 20.00", "REFUND_AND_CHARGEBACK 20.00", "LATE_CHARGEBACK 20.00"];
    assert_eq!(
        found(
            &shop,
            json!({ "kinds": ["CHARGEBACK", "REFUND_AND_CHARGEBACK", "LATE_CHARGEBACK"] })
        )
        .await,
        expected
    );
    app.verify().await;
}

#[tokio::test]
async fn who_follows_settlements_hears_of_reports_payouts_and_differences() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    app.settled().await;
    let live = "subscription($p: [String!]) { settlementUpdated(providers: $p) { event { type } report { matchedCount } payout { reference state } exception { kind state } } }";
    let mut stream = Stream::open(&shop.admin, live, json!({ "p": ["psp"] })).await;
    let others = table(&["FEE,EUR,-1.00,,-1.00,,,,1,,2026-01-05 10:00:00,,"]);
    import(&shop, "other", &others).await;
    let file = table(&[
        "CAPTURE,EUR,9.00,,9.00,P9,P9,,7,,2026-01-05 10:00:00,,",
        "PAYOUT,EUR,-9.00,,-9.00,,,,7,T-700,2026-01-06 10:00:00,,",
    ]);
    import(&shop, "psp", &file).await;
    let mut heard = Vec::new();
    while heard.len() < 4 {
        let item = stream.item().await;
        let there =
            ["report", "payout", "exception"].into_iter().filter(|name| !item[*name].is_null());
        heard.push((item["event"]["type"].as_str().unwrap().to_owned(), there.collect::<Vec<_>>()));
    }
    heard.sort();
    let expected = [
        ("payout.sent", "payout"),
        ("reconciliation.exception_raised", "exception"),
        ("settlement.imported", "report"),
        ("settlement.matched", "report"),
    ];
    assert_eq!(heard, expected.map(|(kind, there)| (kind.to_owned(), vec![there])));
}

#[tokio::test]
async fn what_was_taken_before_the_books_began_waits_in_suspense() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let paid = json!({ "method": "card", "amount": "20.00", "reference": "OLD", "capturedAt": "2025-01-02T10:00:00Z" });
    let order = json!({ "channelCode": "web", "channelReference": "old-1", "placedAt": "2025-01-02T10:00:00Z", "currencyCode": "EUR", "lines": [], "payments": [paid] });
    shop.admin.done(ORDERS_IMPORT, json!({ "orders": [order] })).await;
    let file = table(&["CAPTURE,EUR,20.00,0.50,19.50,OLD,OLD,,7,,2026-01-05 10:00:00,,"]);
    import(&shop, "imported", &file).await;
    assert_eq!(open(&shop).await, Vec::<String>::new());
    let books = balances(&shop).await;
    let held = (books["2190"].as_str(), books["1100"].as_str(), books["6000"].as_str());
    assert_eq!(held, ("-20.00", "19.50", "0.50"));
    app.verify().await;
}
