//! Statements are checked before anything in them is matched.

use super::{import, open, statement, table, the_one};
use crate::ledger::balances;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::json;

/// Payouts of a provider by name and amount.
async fn sent(shop: &Shop, payouts: &[(&str, &str)]) {
    let mut rows = Vec::new();
    for (name, amount) in payouts {
        rows.push(format!(
            "BALANCE_TRANSFER,EUR,{amount},,{amount},,,,{name},,2026-01-05 10:00:00,,"
        ));
        rows.push(format!(
            "PAYOUT,EUR,-{amount},,-{amount},,,,{name},{name},2026-01-06 10:00:00,,"
        ));
    }
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    import(shop, "paypsp", &table(&rows)).await;
}

#[tokio::test]
async fn the_bank_keeps_a_little_and_pays_in_parts() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    sent(&shop, &[("T-100", "63.12"), ("T-200", "50.00"), ("T-300", "70.00")]).await;
    statement(
        &shop,
        "DE02,EUR,2026-01-08,63.02,B1,paypsp T-100\nDE02,EUR,2026-01-08,30.00,B2,paypsp T-200\n",
    )
    .await;
    assert_eq!(open(&shop).await, ["BANK_SHORT 20.00"]);
    let books = balances(&shop).await;
    assert_eq!(
        (books["1000"].as_str(), books["6030"].as_str(), books["1050"].as_str()),
        ("63.02", "0.10", "120.00")
    );
    // The rest of it comes the next day, and something that nobody sent.
    statement(&shop, "DE02,EUR,2026-01-09,20.00,B3,paypsp T-200\nDE02,EUR,2026-01-09,71.00,B4,T-300\nDE02,EUR,2026-01-09,1.00,B5,gift\nDE02,EUR,2026-01-09,-2.00,B6,charge\n").await;
    assert_eq!(
        open(&shop).await,
        ["BANK_OVER 1.00", "UNEXPECTED_BANK_CREDIT 1.00", "UNEXPECTED_BANK_DEBIT 2.00"]
    );
    assert_eq!(balances(&shop).await["1000"], "113.02");
    app.verify().await;
}

#[tokio::test]
async fn the_only_payout_that_fits_is_taken_and_sums_are_proposed() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    sent(&shop, &[("T-100", "10.00"), ("T-200", "20.00"), ("T-300", "40.00")]).await;
    let found = statement(&shop, "DE02,EUR,2026-01-08,40.00,B1,from PAYPSP Ltd\nDE02,EUR,2026-01-08,30.00,B2,from PAYPSP Ltd\n").await;
    let lines = found["lines"]["nodes"].as_array().unwrap();
    assert_eq!(lines[0]["matches"][0]["rule"], "amount_and_provider");
    let proposed = lines[1]["matches"].as_array().unwrap();
    assert_eq!(proposed.len(), 2);
    assert!(proposed.iter().all(|one| one["state"] == "PROPOSED"), "{proposed:?}");
    assert_eq!(balances(&shop).await["1000"], "40.00", "what is proposed is not booked");
    assert_eq!(open(&shop).await, ["UNEXPECTED_BANK_CREDIT 30.00"]);
    for one in proposed {
        shop.admin.done(MATCH_CONFIRM, json!({ "matchId": one["id"] })).await;
    }
    assert_eq!(open(&shop).await, Vec::<String>::new());
    assert_eq!(balances(&shop).await["1000"], "70.00");
    let again = shop.admin.refused(MATCH_CONFIRM, json!({ "matchId": proposed[0]["id"] })).await;
    assert_eq!(again, ["STATE_CONFLICT input.matchId"]);
    app.verify().await;
}

fn mt940(number: u32, opening: &str, rows: &str, closing: &str, day: u32) -> String {
    format!(
        ":20:S{number}\n:25:DE02\n:28C:{number}/1\n:60F:C2601{day:02}EUR{opening}\n{rows}:62F:C2601{day:02}EUR{closing}\n-\n"
    )
}

#[tokio::test]
async fn a_statement_behind_a_gap_waits_for_the_one_that_is_missing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    sent(&shop, &[("T-100", "10.00")]).await;
    let file = |content: String| json!({ "format": "MT940", "content": content });
    shop.admin.done(STATEMENT_IMPORT, file(mt940(1, "0,00", "", "0,00", 7))).await;
    let entry = ":61:260109C10,00NTRFNONREF//B1\n:86:T-100\n";
    let third = shop.admin.done(STATEMENT_IMPORT, file(mt940(3, "5,00", entry, "15,00", 9))).await;
    assert_eq!(third["statements"][0]["lines"]["nodes"][0]["matches"], json!([]));
    assert_eq!(open(&shop).await, ["STATEMENT_GAP 0.00"]);
    let entry = ":61:260108C5,00NTRFNONREF//B0\n:86:gift\n";
    shop.admin.done(STATEMENT_IMPORT, file(mt940(2, "0,00", entry, "5,00", 8))).await;
    app.later(time::Duration::ZERO).await;
    assert_eq!(open(&shop).await, ["UNEXPECTED_BANK_CREDIT 5.00"]);
    assert_eq!(balances(&shop).await["1000"], "10.00");
    // One whose entries do not lead from the one balance to the other is kept, and not matched.
    shop.admin
        .done(STATEMENT_IMPORT, file(mt940(4, "15,00", ":61:260110C1,00NTRFX\n", "17,00", 10)))
        .await;
    assert_eq!(open(&shop).await, ["UNEXPECTED_BANK_CREDIT 5.00", "BALANCE_BREAK 1.00"]);
    app.verify().await;
}

#[tokio::test]
async fn an_invoice_is_paid_by_the_entry_that_names_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.sent_home(&[("A", 2)]);
    input["paymentTermsDays"] = json!(14);
    input["payments"] = json!([]);
    let order = shop.place(input).await;
    let work = shop.work(&order, 0).await;
    shop.ship(&work).await;
    let query = "query { invoices { nodes { id number outstanding { amount } } } }";
    let invoice = shop.admin.payload(query, json!({})).await["nodes"][0].clone();
    let number = invoice["number"].as_str().unwrap();
    let found = statement(&shop, &format!("DE02,EUR,2025-01-02,12.50,B1,Invoice {number} thanks\nDE02,EUR,2025-01-03,100.00,B2,Invoice {number}\n")).await;
    let lines = found["lines"]["nodes"].as_array().unwrap();
    assert_eq!(
        (&lines[0]["matches"][0]["rule"], &lines[0]["matches"][0]["invoice"]["id"]),
        (&json!("invoice_number"), &invoice["id"])
    );
    assert_eq!(
        open(&shop).await,
        ["UNEXPECTED_BANK_CREDIT 100.00"],
        "more than is outstanding is not guessed at"
    );
    assert_eq!(
        shop.admin.payload(query, json!({})).await["nodes"][0]["outstanding"]["amount"],
        "7.50"
    );
    assert!(the_one(&shop).await["bankLine"]["id"].is_string());
    // It was meant for another one: the invoice is owed again, and the entry waits for what explains it.
    let books = balances(&shop).await;
    let undone =
        shop.admin.done(MATCH_UNDO, json!({ "matchId": lines[0]["matches"][0]["id"] })).await;
    assert_eq!(undone["matches"][0]["state"], "UNDONE");
    let owed = shop.admin.payload(query, json!({})).await["nodes"][0].clone();
    assert_eq!(owed["outstanding"]["amount"], "20.00");
    assert_eq!(
        open(&shop).await,
        ["UNEXPECTED_BANK_CREDIT 100.00", "UNEXPECTED_BANK_CREDIT 12.50"]
    );
    assert_eq!((books["1000"].as_str(), balances(&shop).await.get("1000")), ("12.50", None));
    app.verify().await;
    let target = json!({ "targetId": owed["id"], "amount": "12.50" });
    let by_hand = json!({ "bankLineId": lines[0]["id"], "targets": [target] });
    shop.admin.done(MATCH_CREATE, by_hand).await;
    assert_eq!(
        shop.admin.payload(query, json!({})).await["nodes"][0]["outstanding"]["amount"],
        "7.50"
    );
    assert_eq!(open(&shop).await, ["UNEXPECTED_BANK_CREDIT 100.00"]);
    app.verify().await;
}

#[tokio::test]
async fn names_in_what_a_bank_says_are_masked() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    statement(&shop, "DE02,EUR,2026-01-08,1.00,B1,Jane Doe T-100\n").await;
    let query = "query { bankStatements { nodes { lines { nodes { description } } } } }";
    let said =
        shop.admin.payload(query, json!({})).await["nodes"][0]["lines"]["nodes"][0]["description"]
            .clone();
    assert_eq!(said, "Jane Doe T-100");
    let clerk = app.without(operations::permissions::Permission::CustomersPii).await;
    let said =
        clerk.payload(query, json!({})).await["nodes"][0]["lines"]["nodes"][0]["description"]
            .clone();
    assert_eq!(said, "J*** D** T-100");
}
