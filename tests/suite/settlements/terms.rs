//! What is agreed with providers, how far amounts may be apart, and what is proposed to a person.

use super::{exceptions, import, open, payment, sold, statement, table, the_one};
use crate::ledger::balances;
use harness::shop::*;
use harness::{Shop, TestApp};
use operations::settlements::work::look_again;
use serde_json::{Value as Json, json};

fn agreed(shop: &Shop, agreements: &Json) -> Json {
    json!({ "legalEntityId": shop.entity, "provider": "psp", "agreements": agreements })
}

#[tokio::test]
async fn a_fee_that_is_not_as_agreed_is_told_and_booked() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for reference in ["P1", "P2", "P3", "P4"] {
        sold(&shop, "psp", reference).await;
    }
    let fees = json!([
        { "kind": "CAPTURE", "currencyCode": "EUR", "from": "2026-01-01", "rate": "0.02", "fixed": "0.25" },
        { "kind": "CAPTURE", "method": "CARD", "currencyCode": "EUR", "from": "2026-01-05", "rate": "0.01" },
        { "kind": "CHARGEBACK", "currencyCode": "EUR", "from": "2026-01-01", "fixed": "15.00" },
    ]);
    let set = shop.admin.done(FEE_AGREEMENTS_SET, agreed(&shop, &fees)).await;
    assert_eq!(set["agreements"].as_array().map(Vec::len), Some(3));
    let file = table(&[
        // Two percent and a quarter is agreed for every method until the fifth, one percent of cards from then on.
        "CAPTURE,EUR,20.00,0.65,19.35,P1,P1,,7,,2026-01-04 10:00:00,,",
        "CAPTURE,EUR,20.00,0.66,19.34,P2,P2,,7,,2026-01-05 10:00:00,,",
        "CAPTURE,EUR,20.00,0.24,19.76,P3,P3,,7,,2026-01-05 10:00:00,,",
        "CHARGEBACK,EUR,-20.00,20.00,-40.00,P4,D4,,7,,2026-01-05 10:00:00,,",
    ]);
    let report = import(&shop, "psp", &file).await;
    assert_eq!(report["matchedCount"], 4);
    assert_eq!(open(&shop).await, ["FEE_VARIANCE 0.46", "CHARGEBACK 20.00", "FEE_VARIANCE 5.00"]);
    let books = balances(&shop).await;
    assert_eq!((books["6000"].as_str(), books["6010"].as_str()), ("1.55", "20.00"));
    let told = exceptions(&shop, json!({ "kinds": ["FEE_VARIANCE"] })).await;
    let said = "0.66 EUR was kept of 20.00 EUR of order";
    assert!(told[0]["explanation"].as_str().unwrap().starts_with(said), "{told:?}");
    // The agreement was not up to date: what is as agreed by now is explained.
    let fees = json!([{ "kind": "CAPTURE", "method": "card", "currencyCode": "EUR", "from": "2026-01-05", "rate": "0.033" }]);
    shop.admin.done(FEE_AGREEMENTS_SET, agreed(&shop, &fees)).await;
    assert_eq!(look_again(&app.store).await.unwrap(), 1);
    assert_eq!(open(&shop).await, ["CHARGEBACK 20.00", "FEE_VARIANCE 5.00"]);
    // Nothing is agreed for cards any longer: what holds for every method holds for them too.
    let fees = json!([{ "kind": "CAPTURE", "method": "card", "currencyCode": "EUR", "from": "2026-02-01" }]);
    shop.admin.done(FEE_AGREEMENTS_SET, agreed(&shop, &fees)).await;
    let query = "query($e: ID!, $on: Date!) { feeAgreements(legalEntityId: $e, provider: \"psp\", on: $on) { kind method rate fixed { amount } } }";
    let on = |day: &str| json!({ "e": shop.entity, "on": day });
    let january = shop.admin.payload(query, on("2026-01-31")).await;
    assert_eq!(january.as_array().map(Vec::len), Some(3));
    let february = shop.admin.payload(query, on("2026-02-01")).await;
    let every =
        json!({ "kind": "CAPTURE", "method": null, "rate": "0.02", "fixed": { "amount": "0.25" } });
    let back = json!({ "kind": "CHARGEBACK", "method": null, "rate": "0", "fixed": { "amount": "15.00" } });
    assert_eq!(february, json!([every, back]));
    app.verify().await;
}

#[tokio::test]
async fn agreements_and_tolerances_that_cannot_be_are_refused_with_every_fault() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let one =
        json!({ "kind": "CAPTURE", "currencyCode": "EUR", "from": "2026-01-01", "rate": "0.02" });
    let fees = json!([
        one,
        one,
        { "kind": "PAYOUT", "currencyCode": "EUR", "from": "2026-01-01", "rate": "1.5", "fixed": "-1" },
        { "kind": "REFUND", "currencyCode": "EUR", "from": "2026-01-01", "fixed": "0.001" },
    ]);
    let mut refused = shop.admin.refused(FEE_AGREEMENTS_SET, agreed(&shop, &fees)).await;
    refused.sort();
    assert_eq!(
        refused,
        [
            "DUPLICATE input.agreements.1.from",
            "INVALID input.agreements.2.fixed",
            "INVALID input.agreements.2.kind",
            "INVALID input.agreements.2.rate",
            "INVALID input.agreements.3.fixed",
        ]
    );
    let none = shop.admin.refused(FEE_AGREEMENTS_SET, agreed(&shop, &json!([]))).await;
    assert_eq!(none, ["LIMIT_EXCEEDED input.agreements"]);
    let tolerances = json!([{ "currencyCode": "EUR", "line": "-0.01", "feeRate": "2" }, { "currencyCode": "EUR" }]);
    let input = json!({ "legalEntityId": shop.entity, "tolerances": tolerances });
    let mut refused = shop.admin.refused(TOLERANCES_SET, input).await;
    refused.sort();
    assert_eq!(
        refused,
        [
            "DUPLICATE input.tolerances.1.currencyCode",
            "INVALID input.tolerances.0.feeRate",
            "INVALID input.tolerances.0.line",
        ]
    );
}

/// A capture of which gross less fee is 0.05 above the net, and a payout of 0.03 more than the net.
fn adyen(reference: &str, day: u32) -> String {
    let head = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number,Reserved4";
    let at = format!("2026-01-{day:02} 10:00:00,UTC");
    format!(
        "{head}\nShop,Main,{reference},,card,{at},Settled,{reference},EUR,,20.00,1,EUR,,19.45,0.50,,,,,,{day},\nShop,Main,,,,{at},MerchantPayout,\"TX10{day}000XT batch {day}, Main\",,,,,EUR,19.48,,,,,,,,{day},\n"
    )
}

#[tokio::test]
async fn what_is_within_a_tolerance_is_booked_and_what_is_beyond_it_is_told() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for reference in ["P1", "P2"] {
        sold(&shop, "psp", reference).await;
    }
    let bring = async |reference: &str, day: u32| {
        let input = json!({ "provider": "psp", "format": "ADYEN_SETTLEMENT_DETAILS", "content": adyen(reference, day) });
        shop.admin.done(SETTLEMENT_IMPORT, input).await;
    };
    bring("P1", 5).await;
    let mut told = open(&shop).await;
    told.sort();
    assert_eq!(told, ["AMOUNT_MISMATCH 0.05", "BATCH_OUT_OF_BALANCE 0.03"]);
    let wide = json!({ "currencyCode": "EUR", "line": "0.05", "batchPerLine": "0.03", "bankCharge": "2.00" });
    let input = json!({ "legalEntityId": shop.entity, "tolerances": [wide] });
    let set = shop.admin.done(TOLERANCES_SET, input).await;
    let held = &set["tolerances"][0];
    assert_eq!(
        (&held["line"]["amount"], &held["batch"]["amount"], &held["feeRate"]),
        (&json!("0.05"), &json!("1.00"), &json!("0.01")),
        "what is left out is as usual"
    );
    let query = "query($e: ID!) { reconciliationTolerances(legalEntityId: $e) { currencyCode bankCharge { amount } } }";
    assert_eq!(
        shop.admin.payload(query, json!({ "e": shop.entity })).await,
        json!([{ "currencyCode": "EUR", "bankCharge": { "amount": "2.00" } }])
    );
    let before = told.len();
    bring("P2", 6).await;
    assert_eq!(open(&shop).await.len(), before);
    let books = balances(&shop).await;
    assert_eq!(books["6060"], "0.05", "rounding is booked");
    statement(&shop, "DE02,EUR,2026-01-08,17.48,B1,psp TX106000XT\n").await;
    assert_eq!(open(&shop).await.len(), before);
    assert_eq!(balances(&shop).await["6030"], "2.00", "what the bank kept is booked");
    app.verify().await;
}

/// Lines without a name that is known, with the end of a card.
fn nameless(day: &str, rows: &[(&str, &str, &str)]) -> String {
    let head = "type,currency,gross,fee,net,provider_reference,booked_at,card_last4";
    let row = |(amount, reference, card): &(&str, &str, &str)| {
        format!("CAPTURE,EUR,{amount},0.00,{amount},{reference},{day} 10:00:00,{card}")
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!("{head}\n{}\n", rows.join("\n"))
}

#[tokio::test]
async fn a_line_without_a_name_is_proposed_for_its_amount_and_card() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let day = app.store.clock().now().date().to_string();
    for (reference, last4) in [("P1", "1111"), ("P2", "2222")] {
        let mut input = shop.sent_home(&[("A", 2)]);
        input["payments"] = json!([{ "provider": "psp", "providerReference": reference, "method": "card", "card": { "last4": last4 }, "captured": "20.00" }]);
        shop.place(input).await;
    }
    let file = nameless(
        &day,
        &[("20.00", "X1", "2222"), ("20.00", "X2", "9999"), ("19.00", "X3", "1111")],
    );
    import(&shop, "psp", &file).await;
    let told = exceptions(&shop, json!({ "kinds": ["MISSING_IN_LEDGER"] })).await;
    let rules = |row: &Json| {
        let matches = row["settlementLine"]["matches"].as_array().unwrap().clone();
        matches.iter().map(|one| one["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let found: Vec<Vec<String>> = told.iter().map(rules).collect();
    assert_eq!(found, [vec!["amount_and_card".to_owned()], vec![], vec![]]);
    assert!(!balances(&shop).await.contains_key("6000"), "what is proposed is not booked");
    let id = told[0]["settlementLine"]["matches"][0]["id"].clone();
    let done = shop.admin.done(MATCH_CONFIRM, json!({ "matchId": id })).await;
    let confirmed = json!({ "id": id, "state": "CONFIRMED", "rule": "amount_and_card", "amount": { "amount": "20.00" } });
    assert_eq!(done["matches"], json!([confirmed]));
    assert_eq!(open(&shop).await, ["MISSING_IN_LEDGER 20.00", "MISSING_IN_LEDGER 19.00"]);
    let again = shop.admin.refused(MATCH_CONFIRM, json!({ "matchId": id })).await;
    assert_eq!(again, ["STATE_CONFLICT input.matchId"]);
    shop.admin.done(MATCH_UNDO, json!({ "matchId": id })).await;
    assert_eq!(open(&shop).await.len(), 3);
    // What a person took back is not proposed once more.
    look_again(&app.store).await.unwrap();
    let told = exceptions(&shop, json!({ "kinds": ["MISSING_IN_LEDGER"] })).await;
    let states: Vec<usize> = told.iter().map(|row| rules(row).len()).collect();
    assert_eq!(states.iter().sum::<usize>(), 0, "{told:?}");
    app.verify().await;
}

#[tokio::test]
async fn a_step_of_another_day_is_not_proposed_and_another_match_ends_a_proposal() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let day = app.store.clock().now().date().to_string();
    sold(&shop, "psp", "P1").await;
    app.later(time::Duration::days(16)).await;
    sold(&shop, "psp", "P2").await;
    let file = nameless(&day, &[("20.00", "X1", "")]);
    import(&shop, "psp", &file).await;
    let one = the_one(&shop).await;
    let proposed = &one["settlementLine"]["matches"];
    assert_eq!(proposed.as_array().map(Vec::len), Some(1), "{proposed}");
    assert_eq!(proposed[0]["rule"], "amount_and_day");
    // By hand another one is said to be it: the proposal goes.
    let order = sold(&shop, "psp", "P3").await;
    let steps = payment(&shop, &order).await["transactions"].clone();
    let capture = steps.as_array().unwrap().iter().find(|one| one["kind"] == "CAPTURE").unwrap();
    let target = json!({ "targetId": capture["id"], "amount": "20.00" });
    let by_hand = json!({ "settlementLineId": one["settlementLine"]["id"], "targets": [target] });
    shop.admin.done(MATCH_CREATE, by_hand).await;
    let refused = shop.admin.refused(MATCH_CONFIRM, json!({ "matchId": proposed[0]["id"] })).await;
    assert_eq!(refused, ["STATE_CONFLICT input.matchId"]);
    assert_eq!(open(&shop).await, Vec::<String>::new());
    app.verify().await;
}

/// A day of a balance at `PayPal`: rows of it, and its end.
fn balance(
    day: u32,
    rows: &[String],
    (came, went, closing): (i64, i64, i64),
    opening: i64,
) -> String {
    let columns = "\"CH\",\"Transaction ID\",\"Invoice ID\",\"PayPal Reference ID\",\"PayPal Reference ID Type\",\"Transaction Event Code\",\"Transaction Initiation Date\",\"Transaction Completion Date\",\"Transaction Debit or Credit\",\"Gross Transaction Amount\",\"Gross Transaction Currency\",\"Fee Debit or Credit\",\"Fee Amount\",\"Fee Currency\",\"Custom Field\",\"Consumer ID\",\"Payment Tracking ID\",\"Store ID\",\"Bank Reference ID\"";
    let count = rows.len();
    format!(
        "\"RH\",2026/01/{day:02} 23:00:00 +0000,\"A\",\"M1\",009,\n\"FH\",01\n\"SH\",2026/01/{day:02} 00:00:00 +0000,2026/01/{day:02} 23:59:59 +0000,\"M1\",\"\"\n{columns}\n{}\n\"SF\",\"EUR\",{came},{went},0,0,\"CR\",{opening},\"CR\",{closing}\n\"SC\",{count}\n\"RF\",\"EUR\",{came},{went},0,0,\"CR\",{opening},\"CR\",{closing}\n\"RC\",{count}\n\"FF\",{count}\n",
        rows.join("\n")
    )
}

fn movement(name: &str, code: &str, at: &str, (side, amount): (&str, i64), bank: &str) -> String {
    format!(
        "\"SB\",\"{name}\",\"\",\"\",\"\",\"{code}\",{at} +0000,{at} +0000,\"{side}\",{amount},\"EUR\",\"\",,\"\",\"\",\"\",\"\",\"\",\"{bank}\""
    )
}

#[tokio::test]
async fn a_withdrawal_takes_the_oldest_money_of_a_balance() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut orders = Vec::new();
    for reference in ["P1", "P2", "P3"] {
        orders.push(sold(&shop, "paypal", reference).await);
    }
    let capture = |name: &str, at: &str| movement(name, "T0006", at, ("CR", 2_000), "");
    let first = balance(5, &[capture("P1", "2026/01/05 10:00:00")], (2_000, 0, 2_000), 0);
    let second = balance(
        6,
        &[
            capture("P2", "2026/01/06 10:00:00"),
            capture("P3", "2026/01/06 11:00:00"),
            // Of 60.00, 15.00 stay: they are of the newest capture, and all that is older went.
            movement("W1", "T0400", "2026/01/06 12:00:00", ("DR", 4_500), "B-900"),
        ],
        (4_000, 4_500, 1_500),
        2_000,
    );
    for content in [first, second] {
        let input = json!({ "provider": "paypal", "format": "PAYPAL_STL", "content": content });
        shop.admin.done(SETTLEMENT_IMPORT, input).await;
    }
    let mut cash = Vec::new();
    for order in &orders {
        cash.push(payment(&shop, order).await["cash"].as_str().unwrap().to_owned());
    }
    assert_eq!(cash, ["IN_TRANSIT", "IN_TRANSIT", "AT_PROVIDER"]);
    statement(&shop, "DE02,EUR,2026-01-08,45.00,B1,paypal B-900\n").await;
    assert_eq!(payment(&shop, &orders[0]).await["cash"], "AT_BANK");
    // The next one empties the balance.
    let third = balance(
        7,
        &[movement("W2", "T0400", "2026/01/07 12:00:00", ("DR", 1_500), "B-901")],
        (0, 1_500, 0),
        1_500,
    );
    let input = json!({ "provider": "paypal", "format": "PAYPAL_STL", "content": third });
    shop.admin.done(SETTLEMENT_IMPORT, input).await;
    assert_eq!(payment(&shop, &orders[2]).await["cash"], "IN_TRANSIT");
    assert_eq!(open(&shop).await, Vec::<String>::new());
    app.verify().await;
}

#[tokio::test]
async fn a_chargeback_of_what_was_taken_in_a_closed_period_is_late() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    sold(&shop, "psp", "P1").await;
    sold(&shop, "psp", "P2").await;
    app.later(time::Duration::days(2)).await;
    let day = app.store.clock().now().date() - time::Duration::days(1);
    let close = json!({ "legalEntityId": shop.entity, "through": day.to_string() });
    shop.admin.done(PERIOD_CLOSE, close).await;
    let file = table(&["CHARGEBACK,EUR,-20.00,15.00,-35.00,P1,D1,,7,,2026-01-05 10:00:00,,"]);
    import(&shop, "psp", &file).await;
    let told = exceptions(&shop, json!({ "kinds": ["CHARGEBACK", "LATE_CHARGEBACK"] })).await;
    let [one] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(one["kind"], "LATE_CHARGEBACK");
    assert!(one["explanation"].as_str().unwrap().contains("a period that is closed"), "{one}");
    app.verify().await;
}
