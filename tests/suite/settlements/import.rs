//! Files come whole or not at all, once, and in versions.

use super::{import, open, sold, table};
use crate::ledger::balances;
use harness::process::Node;
use harness::random::{full, random, seed};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn the_same_bytes_change_nothing_and_other_bytes_are_a_new_version() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    sold(&shop, "psp", "P1").await;
    let file = table(&[
        "CAPTURE,EUR,20.00,0.50,19.50,P1,C1,,7,,2026-01-05 10:00:00,,",
        "FEE,EUR,-0.25,,-0.25,,,,7,,2026-01-05 10:00:00,,",
        "PAYOUT,EUR,-19.25,,-19.25,,,,7,T-7001,2026-01-06 10:00:00,,",
    ]);
    let input = json!({ "provider": "psp", "format": "GENERIC_CSV", "content": file });
    let first = shop.admin.done(SETTLEMENT_IMPORT, input.clone()).await;
    assert_eq!(first["duplicate"], false);
    let report = &first["report"];
    assert_eq!(
        (&report["state"], &report["lineCount"], &report["matchedCount"]),
        (&json!("IMPORTED"), &json!(3), &json!(3))
    );
    assert_eq!(
        report["totals"],
        json!([{ "currencyCode": "EUR", "gross": { "amount": "19.75" }, "fees": { "amount": "0.50" }, "net": { "amount": "19.25" }, "payouts": { "amount": "19.25" }, "opening": null, "closing": null }])
    );
    let books = balances(&shop).await;
    assert_eq!((books["6000"].as_str(), books["1050"].as_str()), ("0.75", "19.25"));
    let before = app.books().await;
    let again = shop.admin.done(SETTLEMENT_IMPORT, input).await;
    assert_eq!((&again["duplicate"], &again["report"]["id"]), (&json!(true), &report["id"]));
    assert_eq!(app.books().await, before);
    // The provider sends the batch once more, with a higher fee.
    let file = file
        .replace("20.00,0.50,19.50", "20.00,0.60,19.40")
        .replace("-0.25,,-0.25", "-0.15,,-0.15");
    let second = import(&shop, "psp", &file).await;
    assert_eq!(
        (&second["version"], &second["supersedes"]["id"], &second["supersedes"]["state"]),
        (&json!(2), &report["id"], &json!("SUPERSEDED"))
    );
    assert_eq!(
        second["differences"],
        json!(["gross 19.85 EUR instead of 19.75 EUR", "fees 0.60 EUR instead of 0.50 EUR"])
    );
    let books = balances(&shop).await;
    assert_eq!(
        (books["6000"].as_str(), books["1050"].as_str()),
        ("0.75", "19.25"),
        "nothing is booked twice"
    );
    assert!(!books.contains_key("1100"), "{books:?}");
    assert_eq!(open(&shop).await, Vec::<String>::new());
    app.verify().await;
}

#[tokio::test]
async fn the_same_key_answers_the_same_and_reads_nothing_again() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let file = table(&["FEE,EUR,-1.00,,-1.00,,,,9,,2026-01-05 10:00:00,,"]);
    let input = json!({ "provider": "psp", "format": "GENERIC_CSV", "content": file });
    let under = |input: &serde_json::Value| json!({ "input": input, "key": "k" });
    let first = shop.admin.payload(SETTLEMENT_IMPORT, under(&input)).await;
    assert_eq!((&first["userErrors"], &first["duplicate"]), (&json!([]), &json!(false)));
    let rows = "account,currency,date,amount\nDE02,EUR,2026-01-08,1.00\n";
    let bank = json!({ "input": { "format": "GENERIC_CSV", "content": rows }, "key": "b" });
    let said = shop.admin.payload(STATEMENT_IMPORT, bank.clone()).await;
    let before = app.books().await;
    assert_eq!(shop.admin.payload(SETTLEMENT_IMPORT, under(&input)).await, first);
    assert_eq!(shop.admin.payload(STATEMENT_IMPORT, bank).await, said);
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_file_in_a_currency_without_a_rate_is_refused_whole() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let file = table(&[
        "FEE,EUR,-1.00,,-1.00,,,,9,,2026-01-05 10:00:00,,",
        "FEE,USD,-1.00,,-1.00,,,,9,,2026-01-05 10:00:00,,",
    ]);
    let input = json!({ "provider": "psp", "format": "GENERIC_CSV", "content": file });
    let payload = shop.admin.payload(SETTLEMENT_IMPORT, json!({ "input": input })).await;
    assert_eq!(payload["report"], json!(null));
    let said = payload["userErrors"][0]["message"].as_str().unwrap();
    assert!(
        said.contains("USD") && said.contains("2026-01-05") && said.contains("exchangeRatesSet"),
        "{said}"
    );
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let good = "CAPTURE,EUR,20.00,0.50,19.50,P1,C1,,7,,2026-01-05 10:00:00,,";
    let file = table(&[
        good,
        "CAPTURE,EUR,2O.00,,20.00,,,,7,,,,",
        "CAPTURE,XXY,1.00,,1.00,,,,7,,yesterday,,",
    ]);
    let input = |file: &str, partial: bool| json!({ "provider": "psp", "format": "GENERIC_CSV", "content": file, "partial": partial });
    let payload =
        shop.admin.payload(SETTLEMENT_IMPORT, json!({ "input": input(&file, false) })).await;
    let said: Vec<&str> = payload["userErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        said,
        [
            "line 3, gross: \"2O.00\" is no amount such as 1234.56",
            "line 4, currency: \"XXY\" is no currency",
        ]
    );
    let cut: String = file.chars().take(220).collect();
    let codes = shop.admin.refused(SETTLEMENT_IMPORT, input(&cut, true)).await;
    assert!(codes.iter().all(|code| code == "FORMAT_ERROR input.file"), "{codes:?}");
    assert_eq!(app.books().await, before);
    // With `partial` what can be read is kept, and what cannot is named.
    let report = shop.admin.done(SETTLEMENT_IMPORT, input(&file, true)).await["report"].clone();
    assert_eq!((&report["lineCount"], report["faults"].as_array().unwrap().len()), (&json!(1), 2));
    let both = json!({ "provider": "psp", "format": "GENERIC_CSV", "content": "x", "file": null });
    assert_eq!(shop.admin.refused(SETTLEMENT_IMPORT, both).await, ["FORMAT_ERROR input.file"]);
    let neither = json!({ "provider": "psp", "format": "GENERIC_CSV" });
    assert_eq!(shop.admin.refused(SETTLEMENT_IMPORT, neither).await, ["REQUIRED input.file"]);
    app.verify().await;
}

#[tokio::test]
async fn accounts_say_whose_file_it_is() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let upsert = "mutation($input: LegalEntityUpsertInput!) { legalEntityUpsert(input: $input) { legalEntity { id bankAccounts providerAccounts } userErrors { code message field } } }";
    let other = json!({ "name": "Other Ltd", "countryCode": "GB", "baseCurrency": "GBP", "bankAccounts": ["GB33 BUKB 2020 1555 5555 55"], "providerAccounts": ["psp:uk"] });
    let other = shop.admin.done(upsert, other).await["legalEntity"].clone();
    assert_eq!(other["bankAccounts"], json!(["GB33BUKB20201555555555"]));
    let own = json!({ "id": shop.entity, "name": "Shop", "countryCode": "DE", "baseCurrency": "EUR", "bankAccounts": ["gb33bukb20201555555555", " "], "providerAccounts": ["psp:uk", "psp"] });
    assert_eq!(
        shop.admin.refused(upsert, own).await,
        ["INVALID input.bankAccounts.1", "INVALID input.providerAccounts.1"]
    );
    let own = json!({ "id": shop.entity, "name": "Shop", "countryCode": "DE", "baseCurrency": "EUR", "bankAccounts": ["gb33bukb20201555555555"], "providerAccounts": ["psp:uk"] });
    assert_eq!(
        shop.admin.refused(upsert, own).await,
        ["DUPLICATE input.bankAccounts", "DUPLICATE input.providerAccounts"]
    );
    let file = "account,type,currency,gross,net\nuk,FEE,GBP,-1.00,-1.00\n";
    let input = |file: &str| json!({ "provider": "psp", "format": "GENERIC_CSV", "content": file });
    shop.admin.done(SETTLEMENT_IMPORT, input(file)).await;
    assert_eq!(
        shop.admin.refused(SETTLEMENT_IMPORT, input(&file.replace("uk,", "fr,"))).await,
        ["NOT_FOUND input.file"]
    );
    app.verify().await;
}

#[tokio::test]
async fn a_large_file_is_read_on_after_the_answer() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let rows: Vec<String> = (0..30_000)
        .map(|row| format!("FEE,EUR,-0.01,,-0.01,,,,9,,2026-01-05 10:00:00,,{row:0>30}"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let file = table(&rows).replace("exchange_rate", "note");
    assert!(file.len() > 2 * 1024 * 1024);
    let input = json!({ "provider": "psp", "format": "GENERIC_CSV" });
    let payload = shop.admin.uploaded(SETTLEMENT_IMPORT, input, "fees.csv", file.as_bytes()).await;
    let report = payload["report"].clone();
    assert_eq!(
        (&report["state"], &report["lineCount"]),
        (&json!("IMPORTING"), &json!(30_000)),
        "{payload}"
    );
    let query = "query($id: ID!) { node(id: $id) { ... on SettlementReport { state matchedCount lines(first: 2) { totalCount nodes { lineNumber matches { id } raw } } } } }";
    let mut seen = 0;
    let report = loop {
        let now = shop.admin.payload(query, json!({ "id": report["id"] })).await;
        let count = now["lines"]["totalCount"].as_i64().unwrap();
        assert!(count == 0 || count == 30_000, "all lines or none: {count}");
        if now["matchedCount"] == 30_000 {
            break now;
        }
        seen += 1;
        assert!(seen < 600, "{now}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert_eq!(report["lines"]["nodes"][1]["lineNumber"], 3);
    assert_eq!(balances(&shop).await["6000"], "300.00");
    app.verify().await;
}

#[tokio::test]
async fn a_reader_that_went_away_leaves_a_report_that_is_refused_and_can_be_read_again() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let file = table(&["FEE,EUR,-1.00,,-1.00,,,,9,,2026-01-05 10:00:00,,"]);
    let report = import(&shop, "psp", &file).await;
    app.plant("update settlement_reports set state = 'IMPORTING'").await;
    // Somebody reads it, as far as anybody knows.
    let input = json!({ "provider": "psp", "format": "GENERIC_CSV", "content": file });
    let again = shop.admin.done(SETTLEMENT_IMPORT, input.clone()).await;
    assert_eq!(
        (&again["duplicate"], &again["report"]["state"]),
        (&json!(true), &json!("IMPORTING"))
    );
    app.later(time::Duration::minutes(3)).await;
    assert_eq!(operations::settlements::work::resume(&app.store).await.unwrap(), 1);
    let query = "query($id: ID!) { node(id: $id) { ... on SettlementReport { state faults { message } lines { totalCount } } } }";
    let now = shop.admin.payload(query, json!({ "id": report["id"] })).await;
    assert_eq!(now["state"], "REFUSED");
    assert_eq!(
        now["faults"][0]["message"],
        "whoever read it went away before its end: import it again"
    );
    assert_eq!(app.number("select count(*) from settlement_lines").await, 0);
    let again = shop.admin.done(SETTLEMENT_IMPORT, input).await;
    assert_eq!(
        (&again["duplicate"], &again["report"]["state"]),
        (&json!(false), &json!("IMPORTED"))
    );
}

#[tokio::test]
async fn an_import_that_is_killed_again_and_again_counts_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let rows: Vec<String> = (0..20_000)
        .map(|row| format!("FEE,EUR,-0.01,,-0.01,,,,9,,2026-01-05 10:00:00,,{row:0>90}"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let file = table(&rows).replace("exchange_rate", "note");
    assert!(file.len() > 2 * 1024 * 1024);
    let input = json!({ "provider": "psp", "format": "GENERIC_CSV" });
    let silent = "update settlement_reports set beat_at = '2020-01-01T00:00:00.000000Z'";
    let mut seed = seed();
    for _ in 0..if full() { 20 } else { 3 } {
        let mut node = Node::start(&app, &[]);
        let client = node.client(&shop.admin);
        let sent = client.upload(SETTLEMENT_IMPORT, input.clone(), "f.csv", file.as_bytes());
        let patience = std::time::Duration::from_millis(100 + random(&mut seed, 2_400));
        let _answer = tokio::time::timeout(patience, sent).await;
        tokio::time::sleep(std::time::Duration::from_millis(random(&mut seed, 1_500))).await;
        node.kill();
        app.plant(silent).await;
    }
    let node = Node::start(&app, &[]);
    let client = node.client(&shop.admin);
    client.uploaded(SETTLEMENT_IMPORT, input, "f.csv", file.as_bytes()).await;
    let query = "query { settlementReports { nodes { state matchedCount } } }";
    let mut seen = 0;
    loop {
        let now = client.payload(query, json!({})).await["nodes"].clone();
        let whole =
            |one: &&serde_json::Value| one["state"] == "IMPORTED" && one["matchedCount"] == 20_000;
        if now.as_array().unwrap().iter().find(whole).is_some() {
            break;
        }
        seen += 1;
        assert!(seen < 900, "{now}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    drop(node);
    assert_eq!(app.number("select count(*) from settlement_lines").await, 20_000);
    let counted = "select count(*) from settlement_reports where state = 'IMPORTED'";
    assert_eq!(app.number(counted).await, 1);
    assert_eq!(balances(&shop).await["6000"], "200.00");
    app.verify().await;
}
