//! A worked example to the cent: two shipments of one order, as an accountant would book them.

use super::{balances, documents, entries, held};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

/// A 59.95 at 19 %, cost 30.00; B 12.99 at 7 %, cost 6.00: B comes later.
async fn opened(app: &TestApp) -> Shop {
    let shop = Shop::open(app).await;
    let entity = json!({ "id": shop.entity, "name": "Shop GmbH", "countryCode": "DE", "baseCurrency": "EUR",
        "taxId": "DE136695976", "timeZone": "Europe/Berlin", "taxRounding": "LINE" });
    shop.admin.done(LEGAL_ENTITY_UPSERT, entity).await;
    let variant = |sku: &str, price: &str, rate: &str, cost: &str| {
        json!({ "sku": sku, "name": sku, "unitCost": { "amount": cost, "currencyCode": "EUR" },
            "prices": [{ "channelId": shop.web, "amount": price, "taxRate": rate }] })
    };
    let variants =
        json!([variant("X", "59.95", "0.19", "30.00"), variant("Y", "12.99", "0.07", "6.00")]);
    let products = json!({ "products": [{ "name": "Goods", "variants": variants }] });
    shop.admin.done(PRODUCTS_UPSERT, products).await;
    let lines = json!([{ "sku": "X", "quantity": 10 }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.berlin, "lines": lines })).await;
    shop
}

async fn come(shop: &Shop) {
    let lines = json!([{ "sku": "Y", "quantity": 10 }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.berlin, "lines": lines })).await;
}

#[tokio::test]
async fn two_shipments_are_captured_invoiced_and_costed_to_the_cent() {
    let app = TestApp::start().await;
    let shop = opened(&app).await;
    let mut input = shop.order(&[("X", 2), ("Y", 1)]);
    input["allowBackorder"] = json!(true);
    input["adjustments"] = json!([
        { "kind": "DISCOUNT", "label": "10 %", "amount": "13.29" },
        { "kind": "SHIPPING", "label": "Standard", "amount": "4.95" },
    ]);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "104.55" }]);
    let card = json!({ "amount": { "amount": "20.00", "currencyCode": "EUR" }, "legalEntityId": shop.entity });
    let card = shop.admin.done(GIFT_CARD_ISSUE, card).await;
    assert_eq!(balances(&shop).await, held(&[("1000", "20.00"), ("2150", "-20.00")]));
    input["giftCards"] = json!([{ "code": card["code"] }]);
    let order = shop.place(input).await;
    assert_eq!(order["totals"]["grandTotal"]["amount"], "124.55");
    // A card is a tender: it takes nothing off what is taxed.
    assert_eq!(order["totals"]["tax"]["amount"], "18.73");
    // An authorization is only remembered.
    assert_eq!(balances(&shop).await, held(&[("1000", "20.00"), ("2150", "-20.00")]));
    shop.ship(&shop.work(&order, 0).await).await;
    let first = held(&[
        ("1000", "20.00"),
        ("1100", "92.86"),
        ("1200", "-60.00"),
        ("2100", "-17.97"),
        ("4000", "-100.76"),
        ("4010", "-4.21"),
        ("4090", "10.08"),
        ("5000", "60.00"),
    ]);
    assert_eq!(balances(&shop).await, first);
    come(&shop).await;
    app.settled().await;
    shop.ship(&shop.work(&order, 1).await).await;
    let both = held(&[
        ("1000", "20.00"),
        ("1100", "104.55"),
        ("1200", "-66.00"),
        ("2100", "-18.73"),
        ("4000", "-112.90"),
        ("4010", "-4.21"),
        ("4090", "11.29"),
        ("5000", "66.00"),
    ]);
    assert_eq!(balances(&shop).await, both);
    let told = entries(&shop, &order).await;
    let told: Vec<(&str, String)> =
        told.iter().map(|(what, sides)| (what.as_str(), sides.join(" "))).collect();
    let expected = [
        ("Authorized", "9000 104.55 9001 -104.55"),
        ("Captured", "2150 20.00 2000 -20.00"),
        ("Captured", "1100 92.86 2000 -92.86 9000 -92.86 9001 92.86"),
        ("Cost of goods", "5000 60.00 1200 -60.00"),
        ("Invoice", "2000 112.86 4000 -100.76 4090 10.08 2100 -17.94 4010 -4.21 2100 -0.03"),
        ("Captured", "1100 11.69 2000 -11.69 9000 -11.69 9001 11.69"),
        ("Cost of goods", "5000 6.00 1200 -6.00"),
        ("Invoice", "2000 11.69 4000 -12.14 4090 1.21 2100 -0.76"),
    ];
    let mut sorted: Vec<(&str, String)> =
        expected.iter().map(|(what, sides)| (*what, (*sides).to_owned())).collect();
    let mut told = told;
    told.sort();
    sorted.sort();
    assert_eq!(told, sorted);
    let issued = documents(&shop, &order).await;
    assert_eq!(issued.len(), 2);
    let [one, two] = [&issued[0], &issued[1]];
    assert_eq!(
        (&one["number"], &two["number"]),
        (&json!("INV-2026-000001"), &json!("INV-2026-000002"))
    );
    assert_eq!(
        (&one["gross"]["amount"], &two["gross"]["amount"]),
        (&json!("112.86"), &json!("11.69"))
    );
    assert_eq!(one["sellerTaxId"], "DE136695976");
    let row = |rate: &str, net: &str, tax: &str| json!({ "taxRate": rate, "countryCode": "DE", "scheme": "DOMESTIC", "net": { "amount": net }, "tax": { "amount": tax } });
    assert_eq!(
        one["taxSummary"],
        json!([row("0.07", "0.45", "0.03"), row("0.19", "94.44", "17.94")])
    );
    let report =
        "query($e: ID!) { taxReport(legalEntityId: $e, from: \"2026-03-01\", to: \"2026-03-31\") {
        taxRate countryCode scheme net { amount } tax { amount } } }";
    let report: Json = shop.admin.payload(report, json!({ "e": shop.entity })).await;
    assert_eq!(report, json!([row("0.07", "11.38", "0.79"), row("0.19", "94.44", "17.94")]));
    app.verify().await;
}

#[tokio::test]
async fn what_is_cancelled_after_it_was_paid_is_owed_and_given_back() {
    let app = TestApp::start().await;
    let shop = opened(&app).await;
    let mut input = shop.order(&[("X", 1)]);
    input["payments"] = json!([{ "provider": "manual", "method": "cash", "captured": "59.95" }]);
    let order = shop.place(input).await;
    assert_eq!(balances(&shop).await, held(&[("1100", "59.95"), ("2000", "-59.95")]));
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": order["id"], "reason": "CUSTOMER" })).await;
    assert_eq!(balances(&shop).await, held(&[]));
    let told: Vec<String> =
        entries(&shop, &order).await.into_iter().map(|(_, sides)| sides.join(" ")).collect();
    let mut told = told;
    told.sort();
    assert_eq!(
        told,
        ["1100 59.95 2000 -59.95", "2000 59.95 2050 -59.95", "2050 59.95 1100 -59.95"]
    );
    // Before anything is captured there is no entry but the memo.
    let order = shop.place(shop.paid(&[("X", 1)])).await;
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": order["id"], "reason": "CUSTOMER" })).await;
    let told = entries(&shop, &order).await;
    assert!(
        told.iter().all(|(_, sides)| sides.iter().all(|side| side.starts_with('9'))),
        "{told:?}"
    );
    assert!(documents(&shop, &order).await.is_empty());
    app.verify().await;
}

#[tokio::test]
async fn an_order_in_another_currency_is_booked_at_the_rate_of_its_day() {
    let app = TestApp::start().await;
    let shop = opened(&app).await;
    let abroad = json!({ "code": "us", "name": "us", "kind": "WEB", "currencyCode": "USD", "taxIncluded": true,
        "legalEntityId": shop.entity, "locationIds": [shop.berlin] });
    let channel = shop.admin.done(CHANNEL_UPSERT, abroad).await["channel"]["id"].clone();
    let input = json!({ "channelId": channel, "deliveryMethod": "SHIP",
        "lines": [{ "sku": "X", "quantity": 1, "unitPrice": "100.00", "taxRate": "0" }],
        "shippingAddress": { "line1": "1 Main St", "city": "Reno", "region": "NV", "postalCode": "89501", "countryCode": "US" },
        "payments": [{ "provider": "manual", "method": "card", "authorized": "100.00" }] });
    // What a dollar was worth is not known yet: nothing is half done.
    let before = app.books().await;
    let codes = shop.admin.refused(ORDER_PLACE, input.clone()).await;
    assert_eq!(codes, ["STATE_CONFLICT input"]);
    assert_eq!(app.books().await, before);
    let rate = |on: &str, rate: &str| json!({ "base": "EUR", "currencyCode": "USD", "on": on, "rate": rate, "source": "ECB" });
    let rates = json!({ "rates": [rate("2026-02-27", "0.9200"), rate("2026-03-03", "0.9131")] });
    shop.admin.done(EXCHANGE_RATES_SET, rates).await;
    let order = shop.place(input).await;
    assert_eq!(order["lines"][0]["taxRate"], "0");
    // It is shipped when a dollar is worth less: what was paid keeps what it was worth.
    app.later(time::Duration::days(2)).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let now = held(&[("1100", "91.31"), ("1200", "-30.00"), ("4000", "-91.31"), ("5000", "30.00")]);
    assert_eq!(balances(&shop).await, now);
    let query = "query($e: ID!) { trialBalance(legalEntityId: $e, currencyCode: \"USD\") { balanced rows { account { code } debit { amount } credit { amount } } } }";
    let dollars = shop.admin.payload(query, json!({ "e": shop.entity })).await;
    assert_eq!(dollars["balanced"], true);
    let row = |code: &str, debit: &str, credit: &str| json!({ "account": { "code": code }, "debit": { "amount": debit }, "credit": { "amount": credit } });
    assert_eq!(
        dollars["rows"],
        json!([
            row("1100", "100.00", "0.00"),
            row("2000", "0.00", "0.00"),
            row("4000", "0.00", "100.00")
        ])
    );
    let account = "query($e: ID!) { ledgerAccounts(legalEntityId: $e) { code type balance { amount currencyCode } } }";
    let accounts = shop.admin.payload(account, json!({ "e": shop.entity })).await;
    let clearing = accounts.as_array().unwrap().iter().find(|one| one["code"] == "1100").unwrap();
    assert_eq!(clearing["balance"], json!([{ "amount": "100.00", "currencyCode": "USD" }]));
    let document = &documents(&shop, &order).await[0];
    let summary = json!([{ "taxRate": "0", "countryCode": "US", "scheme": "EXPORT", "net": { "amount": "100.00" }, "tax": { "amount": "0.00" } }]);
    assert_eq!(document["taxSummary"], summary);
    app.verify().await;
}
