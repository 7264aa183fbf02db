//! A reconciliation as files.

use super::{import, sold, statement, table};
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use time::Duration;

const ADDRESS: &str = "query($p: ReconciliationExport!, $r: DateTimeRange!, $c: CurrencyCode!, $provider: String, $channels: [ID!]) { reconciliationExportUrl(range: $r, currencyCode: $c, provider: $provider, channelIds: $channels, part: $p) }";

fn asked(part: &str) -> Json {
    let always = json!({ "from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z" });
    json!({ "p": part, "r": always, "c": "EUR", "provider": "a psp" })
}

async fn rows(app: &TestApp, shop: &Shop, asked: Json) -> Vec<BTreeMap<String, String>> {
    let address = shop.admin.payload(ADDRESS, asked).await;
    let (status, text) = app.fetched(address.as_str().unwrap()).await;
    assert_eq!(status, 200, "{text}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[tokio::test]
async fn figures_steps_and_differences_are_files() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let first = sold(&shop, "a psp", "P1").await;
    sold(&shop, "a psp", "P2").await;
    sold(&shop, "other", "P3").await;
    let file = table(&[
        // One that is known, and one that nobody knows.
        "CAPTURE,EUR,20.00,0.50,19.50,P1,P1,,7,,2026-01-05 10:00:00,,",
        "CAPTURE,EUR,9.00,0.00,9.00,P9,P9,,7,,2026-01-05 10:00:00,,",
        "PAYOUT,EUR,-28.50,,-28.50,,,,7,T-700,2026-01-06 10:00:00,,",
    ]);
    import(&shop, "a psp", &file).await;
    statement(&shop, "DE02,EUR,2026-01-08,28.50,B1,T-700\n").await;
    let steps = rows(&app, &shop, asked("STEPS")).await;
    assert_eq!(steps.len(), 2, "{steps:?}");
    let one = steps.iter().find(|row| row["payment_reference"] == "P1").unwrap();
    let seen = ["step", "amount", "settled", "unsettled", "fee", "net", "settlement_currency"];
    let seen: Vec<&str> = seen.iter().map(|name| one[*name].as_str()).collect();
    assert_eq!(seen, ["CAPTURE", "20.00", "20.00", "0.00", "0.50", "19.50", "EUR"]);
    let named = (one["order"].as_str(), one["channel"].as_str(), one["settlement"].as_str());
    assert_eq!(named, (first["number"].as_str().unwrap(), "web", "7:2"));
    assert_eq!((one["payout"].as_str(), one["payout_state"].as_str()), ("T-700", "RECEIVED"));
    let other = steps.iter().find(|row| row["payment_reference"] == "P2").unwrap();
    let left = (other["settled"].as_str(), other["unsettled"].as_str(), other["net"].as_str());
    assert_eq!(left, ("0.00", "20.00", ""));
    let told = rows(&app, &shop, asked("EXCEPTIONS")).await;
    let kinds: Vec<(&str, &str)> =
        told.iter().map(|row| (row["kind"].as_str(), row["amount"].as_str())).collect();
    assert_eq!(kinds, [("MISSING_IN_LEDGER", "9.00")]);
    let figures: BTreeMap<String, (String, String)> = rows(&app, &shop, asked("SUMMARY"))
        .await
        .into_iter()
        .map(|row| (row["figure"].clone(), (row["amount"].clone(), row["count"].clone())))
        .collect();
    let figure = |name: &str| (figures[name].0.as_str(), figures[name].1.as_str());
    for (name, amount) in [
        ("captured", "40.00"),
        ("fees", "0.50"),
        ("settled_net", "19.50"),
        ("paid_out", "28.50"),
        ("received_at_bank", "28.50"),
        ("unexplained", "0.00"),
        ("unsettled_captures", "20.00"),
    ] {
        assert_eq!(figure(name), (amount, ""), "{name}");
    }
    assert_eq!(figure("open_exceptions"), ("", "1"));
    let ages: i64 = figures
        .iter()
        .filter(|(name, _)| name.ends_with("business_days"))
        .map(|(_, (_, count))| count.parse::<i64>().unwrap())
        .sum();
    assert_eq!(ages, 1);
}

#[tokio::test]
async fn steps_of_many_pages_are_there_once_and_an_address_holds_five_minutes() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    sold(&shop, "a psp", "P1").await;
    // More than two pages, all at one moment.
    app.plant_steps(1..1_101).await;
    let steps = rows(&app, &shop, asked("STEPS")).await;
    let names: BTreeSet<&str> = steps.iter().map(|row| row["step_reference"].as_str()).collect();
    assert_eq!((steps.len(), names.len()), (1_101, 1_101));
    let nothing = json!({ "from": "2000-01-01T00:00:00Z", "to": "2000-01-02T00:00:00Z" });
    let mut empty = asked("STEPS");
    empty["r"] = nothing;
    assert_eq!(rows(&app, &shop, empty).await.len(), 0);
    let address = shop.admin.payload(ADDRESS, asked("STEPS")).await.as_str().unwrap().to_owned();
    assert!(address.starts_with("/downloads/reconciliation/steps.csv?"), "{address}");
    let changed = address.replace("steps", "exceptions");
    assert_eq!(app.fetched(&changed).await.0, 403);
    assert_eq!(app.fetched(&address.replace("currency=EUR", "currency=USD")).await.0, 403);
    app.later(Duration::minutes(6)).await;
    assert_eq!(app.fetched(&address).await.0, 403);
    let mut wrong = asked("STEPS");
    wrong["c"] = json!("XYZ");
    let answer = shop.admin.answer(ADDRESS, wrong).await;
    assert!(answer["errors"].is_array(), "{answer}");
}
