//! The journal as a file that bookkeepers import.

use super::balances;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::json;
use std::collections::BTreeMap;
use time::Duration;

const ADDRESS: &str = "query($e: ID!, $from: Date!, $to: Date!, $f: JournalExportFormat!) { journalExportUrl(legalEntityId: $e, from: $from, to: $to, format: $f) }";

async fn address(shop: &Shop, format: &str, (from, to): (&str, &str)) -> String {
    let days = json!({ "e": shop.entity, "from": from, "to": to, "f": format });
    shop.admin.payload(ADDRESS, days).await.as_str().unwrap().to_owned()
}

async fn file(app: &TestApp, shop: &Shop, format: &str, days: (&str, &str)) -> String {
    let (status, text) = app.fetched(&address(shop, format, days).await).await;
    assert_eq!(status, 200, "{text}");
    text
}

/// An order that is shipped, one in another currency, and an entry that is taken back.
async fn busy(app: &TestApp, shop: &Shop) {
    let order = shop.place(shop.paid(&[("A", 2), ("D", 1)])).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let rate = json!({ "rates": [{ "base": "EUR", "currencyCode": "USD", "on": "2026-03-01", "rate": "0.92" }] });
    shop.admin.done(EXCHANGE_RATES_SET, rate).await;
    let card = json!({ "amount": { "amount": "10.00", "currencyCode": "USD" }, "legalEntityId": shop.entity });
    shop.admin.done(GIFT_CARD_ISSUE, card).await;
    app.later(Duration::days(1)).await;
    let order = shop.place(shop.paid(&[("B", 1)])).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let query = "query($o: ID) { journalEntries(subjectId: $o, first: 1) { nodes { id } } }";
    let entry = shop.admin.payload(query, json!({ "o": order["id"] })).await;
    let back = json!({ "journalEntryId": entry["nodes"][0]["id"], "reason": "said \"twice\", =1" });
    shop.admin.done(JOURNAL_ENTRY_REVERSE, back).await;
}

/// The fields of a record of the flat file, and its kind.
fn records(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let record = |line: &str| {
        let mut parts = line.split('\t');
        let kind = parts.next().unwrap().to_owned();
        let fields = parts.map(|part| {
            let (name, value) = part.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        });
        (kind, fields.collect())
    };
    text.split_terminator("\r\n").map(record).collect()
}

fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().unwrap_or(0)
}

#[tokio::test]
async fn rows_are_the_journal_and_sum_to_the_trial_balance() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    busy(&app, &shop).await;
    let text = file(&app, &shop, "CSV", ("2026-03-01", "2026-03-31")).await;
    assert!(text.starts_with("entry,business_date,recorded_at,rule,description,subject,reverses,line,account,account_name,currency,debit,credit,base_currency,base_debit,base_credit,subledger\r\n"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    assert_eq!(
        i64::try_from(rows.len()).unwrap(),
        app.number("select count(*) from postings").await
    );
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut entries: BTreeMap<String, i64> = BTreeMap::new();
    for row in &rows {
        assert!(row["base_debit"].is_empty() != row["base_credit"].is_empty(), "{row:?}");
        let base = cents(&row["base_debit"]) - cents(&row["base_credit"]);
        *sums.entry(row["account"].clone()).or_default() += base;
        *entries.entry(row["entry"].clone()).or_default() += base;
    }
    assert!(entries.values().all(|sum| *sum == 0), "{entries:?}");
    sums.retain(|_, sum| *sum != 0);
    let expected: BTreeMap<String, i64> =
        balances(&shop).await.iter().map(|(code, held)| (code.clone(), cents(held))).collect();
    assert_eq!(sums, expected);
    let dollars = rows.iter().find(|row| row["currency"] == "USD").unwrap();
    assert_eq!((&*dollars["debit"], &*dollars["base_debit"]), ("10.00", "9.20"));
    assert!(dollars["subject"].starts_with("gft_"));
    let reversal = rows.iter().find(|row| !row["reverses"].is_empty()).unwrap();
    assert!(reversal["description"].contains("said \"twice\", =1"), "{reversal:?}");
    assert!(entries.contains_key(&reversal["reverses"]));
}

#[tokio::test]
async fn the_flat_file_says_what_it_holds_and_balances() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    busy(&app, &shop).await;
    let text = file(&app, &shop, "SAFT", ("2026-03-03", "2026-03-03")).await;
    let records = records(&text);
    let (kind, head) = &records[0];
    assert_eq!((&**kind, &*head["SelectionStartDate"]), ("HEADER", "2026-03-03"));
    assert_eq!(head["TotalDebit"], head["TotalCredit"]);
    let of = |wanted: &str| {
        let found = records.iter().filter(move |record| record.0 == wanted);
        found.map(|record| record.1.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("TRANSACTION").len().to_string(), head["NumberOfEntries"]);
    let amount =
        |line: &BTreeMap<String, String>, name: &str| line.get(name).map_or(0, |text| cents(text));
    let lines = of("LINE");
    let counted = lines.iter().filter(|line| !line["AccountID"].starts_with('9'));
    let debit: i64 = counted.map(|line| amount(line, "DebitAmount")).sum();
    assert_eq!(debit, cents(&head["TotalDebit"]));
    // Of each account: what it held, what moved, what it holds.
    for account in of("ACCOUNT") {
        let side = |debit: &str, credit: &str| amount(&account, debit) - amount(&account, credit);
        let opening = side("OpeningDebitBalance", "OpeningCreditBalance");
        let closing = side("ClosingDebitBalance", "ClosingCreditBalance");
        assert_eq!(closing, opening + side("DebitAmount", "CreditAmount"), "{account:?}");
        let own = lines.iter().filter(|line| line["AccountID"] == account["AccountID"]);
        let moved: i64 =
            own.map(|line| amount(line, "DebitAmount") - amount(line, "CreditAmount")).sum();
        assert_eq!(moved, side("DebitAmount", "CreditAmount"), "{account:?}");
    }
    let tax = lines.iter().find(|line| line["AccountID"] == "2100").unwrap();
    assert_eq!((&*tax["TaxType"], &*tax["TaxCountry"], &*tax["TaxRate"]), ("VAT", "DE", "0.19"));
}

#[tokio::test]
async fn closed_days_are_the_same_bytes_whatever_comes_later() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    busy(&app, &shop).await;
    app.later(Duration::days(1)).await;
    let days = ("2026-03-01", "2026-03-03");
    let close = json!({ "legalEntityId": shop.entity, "through": "2026-03-03" });
    shop.admin.done(PERIOD_CLOSE, close).await;
    let before = [file(&app, &shop, "CSV", days).await, file(&app, &shop, "SAFT", days).await];
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let after = [file(&app, &shop, "CSV", days).await, file(&app, &shop, "SAFT", days).await];
    assert_eq!(before, after);
    let later = file(&app, &shop, "CSV", ("2026-03-04", "2026-03-04")).await;
    assert!(later.lines().count() > 5);
    let empty = file(&app, &shop, "CSV", ("2025-01-01", "2025-01-31")).await;
    assert_eq!(empty.lines().count(), 1);
    let wrong = json!({ "e": shop.entity, "from": "2026-03-02", "to": "2026-03-01", "f": "CSV" });
    assert_eq!(shop.admin.error_code(ADDRESS, wrong).await, "BAD_INPUT");
    // An address is for its own days, form and company.
    let path = address(&shop, "CSV", days).await;
    for wrong in [
        path.replace("2026-03-01", "2026-02-01"),
        path.replace(".csv", ".tsv"),
        path.replace(".csv", ".xml"),
        path.replace("signature=", "signature=A"),
    ] {
        assert_eq!(app.fetched(&wrong).await.0, 403, "{wrong}");
    }
    app.later(Duration::seconds(301)).await;
    assert_eq!(app.fetched(&path).await.0, 403);
}
