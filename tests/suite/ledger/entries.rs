//! Entries: looked up, taken back, closed, never changed.

use super::{balances, entries};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn an_entry_is_taken_back_by_another_one_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let query = "query($s: ID) { journalEntries(subjectId: $s, accountCode: \"4000\") { totalCount nodes { id number businessDate
        subjectId event { type } postings { account { code type name } debit { amount } credit { amount } base { amount currencyCode } subledger } } } }";
    let found = shop.admin.payload(query, json!({ "s": order["id"] })).await;
    assert_eq!(found["totalCount"], 1);
    let entry = &found["nodes"][0];
    assert_eq!(entry["event"]["type"], "invoice.issued");
    assert_eq!(entry["businessDate"], "2026-03-02");
    assert!(entry["subjectId"].as_str().unwrap().starts_with("inv_"));
    let vat = &entry["postings"].as_array().unwrap()[2];
    assert_eq!(vat["subledger"], json!({ "country": "DE", "rate": "0.19", "scheme": "DOMESTIC" }));
    let revenue = json!({ "code": "4000", "type": "REVENUE", "name": "Product revenue" });
    assert_eq!(entry["postings"][1]["account"], revenue);
    assert_eq!(entry["postings"][1]["base"], json!({ "amount": "8.40", "currencyCode": "EUR" }));
    let input = json!({ "journalEntryId": entry["id"], "reason": "booked twice" });
    let taken = shop.admin.done(JOURNAL_ENTRY_REVERSE, input.clone()).await["journalEntry"].clone();
    assert_eq!(taken["reverses"]["id"], entry["id"]);
    assert_eq!(taken["reverses"]["reversedBy"]["id"], taken["id"]);
    let codes = shop.admin.refused(JOURNAL_ENTRY_REVERSE, input).await;
    assert_eq!(codes, ["STATE_CONFLICT input.journalEntryId"]);
    let again = json!({ "journalEntryId": taken["id"], "reason": "no" });
    let codes = shop.admin.refused(JOURNAL_ENTRY_REVERSE, again).await;
    assert_eq!(codes, ["STATE_CONFLICT input.journalEntryId"]);
    assert!(!balances(&shop).await.contains_key("4000"));
    app.verify().await;
}

#[tokio::test]
async fn what_comes_late_goes_to_the_open_period() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let close = |through: &str| json!({ "legalEntityId": shop.entity, "through": through });
    let codes = shop.admin.refused(PERIOD_CLOSE, close("2026-03-02")).await;
    assert_eq!(codes, ["INVALID input.through"]);
    let done = shop.admin.done(PERIOD_CLOSE, close("2026-02-28")).await;
    assert_eq!(done["legalEntity"]["closedThrough"], "2026-02-28");
    let codes = shop.admin.refused(PERIOD_CLOSE, close("2026-02-27")).await;
    assert_eq!(codes, ["INVALID input.through"]);
    let mut input = shop.order(&[("A", 1)]);
    let payment = |at: &str, amount: &str| json!({ "provider": "manual", "method": "cash", "captured": amount, "at": at });
    input["payments"] =
        json!([payment("2026-02-20T12:00:00Z", "4.00"), payment("2026-03-01T12:00:00Z", "6.00")]);
    shop.place(input).await;
    let query =
        "{ journalEntries(accountCode: \"1100\") { nodes { at businessDate description } } }";
    let found = shop.admin.payload(query, json!({})).await;
    let dates: Vec<_> =
        found["nodes"].as_array().unwrap().iter().map(|one| &one["businessDate"]).collect();
    assert_eq!(dates, ["2026-03-02", "2026-03-01"]);
    let late = found["nodes"][0]["description"].as_str().unwrap();
    assert!(late.ends_with("(of 2026-02-20, closed)"), "{late}");
    // A moment between the two knows of one.
    let at = "query($e: ID!) { trialBalance(legalEntityId: $e, asOf: \"2026-03-01T23:00:00Z\") { totalDebit { amount } } }";
    let then = shop.admin.payload(at, json!({ "e": shop.entity })).await;
    assert_eq!(then["totalDebit"]["amount"], "6.00");
    app.verify().await;
}

#[tokio::test]
async fn books_stay_with_their_company() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let other = json!({ "name": "Other GmbH", "countryCode": "DE", "baseCurrency": "EUR" });
    let other = shop.admin.done(LEGAL_ENTITY_UPSERT, other).await["legalEntity"]["id"].clone();
    let channel = json!({ "code": "web", "name": "web", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": true, "legalEntityId": other });
    shop.place(shop.paid(&[("A", 1)])).await;
    let codes = shop.admin.refused(CHANNEL_UPSERT, channel).await;
    assert_eq!(codes, ["STATE_CONFLICT input.legalEntityId"]);
    let dollars = json!({ "id": shop.entity, "name": "Shop GmbH", "countryCode": "DE", "baseCurrency": "USD" });
    let codes = shop.admin.refused(LEGAL_ENTITY_UPSERT, dollars).await;
    assert_eq!(codes, ["STATE_CONFLICT input.baseCurrency"]);
    let zone = json!({ "id": shop.entity, "name": "Shop GmbH", "countryCode": "DE", "baseCurrency": "EUR", "timeZone": "Mars/Base" });
    let codes = shop.admin.refused(LEGAL_ENTITY_UPSERT, zone).await;
    assert_eq!(codes, ["INVALID input.timeZone"]);
    app.verify().await;
}

#[tokio::test]
async fn the_database_refuses_to_change_the_books() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    shop.ship(&shop.work(&order, 0).await).await;
    app.seal().await;
    for change in [
        "update journal_entries set description = 'x'",
        "delete from journal_entries",
        "update postings set amount_minor = amount_minor + 1",
        "delete from postings",
        "update journal_seals set hash = 'x'",
        "delete from journal_seals",
        "update invoices set gross_minor = 1",
        "delete from invoices",
        "update invoice_lines set net_minor = 1",
        "delete from invoice_lines",
    ] {
        let error = app.try_plant(change).await.expect_err(change).to_string();
        assert!(error.contains("are never changed"), "{error}");
    }
    assert_eq!(entries(&shop, &order).await.len(), 5);
}

#[tokio::test]
async fn rates_that_cannot_be_are_named_all_at_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let rate = |base: &str, code: &str, rate: &str| json!({ "base": base, "currencyCode": code, "on": "2026-03-01", "rate": rate });
    let input = json!({ "rates": [rate("EUR", "EUR", "1"), rate("EUR", "USD", "0"), rate("EUR", "USD", "0.9"), rate("XXX", "USD", "1")] });
    let codes = shop.admin.refused(EXCHANGE_RATES_SET, input).await;
    let expected = [
        "INVALID input.rates.0.currencyCode",
        "INVALID input.rates.1.rate",
        "DUPLICATE input.rates.2.on",
        "INVALID input.rates.3.base",
    ];
    assert_eq!(codes, expected);
    let rates = json!({ "rates": [rate("EUR", "USD", "0.9"), rate("EUR", "JPY", "0.0061")] });
    let done = shop.admin.done(EXCHANGE_RATES_SET, rates).await;
    assert_eq!(done["rates"].as_array().unwrap().len(), 2);
    let query =
        "query($on: Date!) { exchangeRates(base: \"EUR\", on: $on) { currencyCode on rate } }";
    let later = shop.admin.payload(query, json!({ "on": "2026-05-01" })).await;
    assert_eq!(
        later,
        json!([{ "currencyCode": "JPY", "on": "2026-03-01", "rate": "0.0061" },
               { "currencyCode": "USD", "on": "2026-03-01", "rate": "0.9" }])
    );
    assert_eq!(shop.admin.payload(query, json!({ "on": "2026-02-01" })).await, json!([]));
}
