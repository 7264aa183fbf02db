//! Taxes: by where goods go and who buys, at rates that are data.

use super::documents;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn to(mut order: Json, country: &str) -> Json {
    order["shippingAddress"] =
        json!({ "line1": "Weg 1", "city": "Ort", "postalCode": "1000", "countryCode": country });
    order
}

async fn one_stop_shop(shop: &Shop) {
    let entity = json!({ "id": shop.entity, "name": "Shop GmbH", "countryCode": "DE", "baseCurrency": "EUR", "oneStopShop": true });
    shop.admin.done(LEGAL_ENTITY_UPSERT, entity).await;
}

async fn line(shop: &Shop, order: &Json) -> Json {
    let query =
        "query($id: ID!) { order(by: { id: $id }) { totals { grandTotal { amount } tax { amount } }
        lines { taxRate taxScheme taxCountryCode tax { amount } } } }";
    shop.admin.payload(query, json!({ "id": order["id"] })).await
}

#[tokio::test]
async fn the_one_stop_shop_taxes_where_goods_go() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    // Below the threshold the seller's own rate holds.
    let order = shop.place(to(shop.paid(&[("A", 1)]), "PL")).await;
    let found = line(&shop, &order).await;
    assert_eq!(found["lines"][0]["taxScheme"], "DOMESTIC");
    assert_eq!(found["lines"][0]["taxCountryCode"], "DE");
    one_stop_shop(&shop).await;
    let codes = shop.admin.refused(ORDER_PLACE, to(shop.paid(&[("A", 1)]), "PL")).await;
    assert_eq!(codes, ["REQUIRED input.lines.0.taxRate"]);
    let rate = |category: &str, from: &str, rate: &str| json!({ "countryCode": "PL", "category": category, "from": from, "rate": rate });
    let rates = json!({ "rates": [rate("standard", "2011-01-01", "0.23"), rate("REDUCED", "2011-01-01", "0.08"), rate("STANDARD", "2026-03-05", "0.25")] });
    let set = shop.admin.done(TAX_RATES_SET, rates).await;
    assert_eq!(set["rates"].as_array().unwrap().len(), 2);
    let variant = json!({ "sku": "D", "name": "Thing D", "taxCategory": "reduced" });
    shop.admin
        .done(PRODUCTS_UPSERT, json!({ "products": [{ "name": "More", "variants": [variant] }] }))
        .await;
    let order = shop.place(to(shop.paid(&[("A", 1), ("D", 2)]), "PL")).await;
    let found = line(&shop, &order).await;
    assert_eq!(
        found["lines"],
        json!([{ "taxRate": "0.23", "taxScheme": "OSS", "taxCountryCode": "PL", "tax": { "amount": "1.87" } },
               { "taxRate": "0.08", "taxScheme": "OSS", "taxCountryCode": "PL", "tax": { "amount": "0.74" } }])
    );
    assert_eq!(found["totals"]["grandTotal"]["amount"], "20.00");
    // Rates hold from a day on; what was ordered before keeps its own.
    app.later(time::Duration::days(4)).await;
    let later = shop.place(to(shop.paid(&[("A", 1)]), "PL")).await;
    assert_eq!(line(&shop, &later).await["lines"][0]["taxRate"], "0.25");
    shop.ship(&shop.work(&order, 0).await).await;
    let summary = documents(&shop, &order).await[0]["taxSummary"].clone();
    let row = |rate: &str, net: &str, tax: &str| json!({ "taxRate": rate, "countryCode": "PL", "scheme": "OSS", "net": { "amount": net }, "tax": { "amount": tax } });
    assert_eq!(summary, json!([row("0.08", "9.26", "0.74"), row("0.23", "8.13", "1.87")]));
    app.verify().await;
}

#[tokio::test]
async fn businesses_elsewhere_owe_it_themselves_and_exports_bear_none() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    one_stop_shop(&shop).await;
    let mut business = to(shop.paid(&[("A", 1)]), "AT");
    business["taxId"] = json!("ATU13585627");
    let order = shop.place(business).await;
    let found = line(&shop, &order).await;
    assert_eq!(
        found["lines"][0],
        json!({ "taxRate": "0", "taxScheme": "REVERSE_CHARGE", "taxCountryCode": "AT", "tax": { "amount": "0.00" } })
    );
    shop.ship(&shop.work(&order, 0).await).await;
    assert_eq!(documents(&shop, &order).await[0]["buyerTaxId"], "ATU13585627");
    let order = shop.place(to(shop.paid(&[("A", 1)]), "CH")).await;
    let found = line(&shop, &order).await;
    assert_eq!(found["lines"][0]["taxScheme"], "EXPORT");
    assert_eq!(found["totals"]["tax"]["amount"], "0.00");
    // A customer who moves home is taxed at home.
    let home =
        json!({ "line1": "Weg 1", "city": "Bonn", "postalCode": "53111", "countryCode": "DE" });
    let edit = json!({ "orderId": order["id"], "shippingAddress": home });
    shop.admin.done(ORDER_EDIT, edit).await;
    let found = line(&shop, &order).await;
    assert_eq!(
        found["lines"][0],
        json!({ "taxRate": "0.19", "taxScheme": "DOMESTIC", "taxCountryCode": "DE", "tax": { "amount": "1.60" } })
    );
    // What bears nothing bears nothing anywhere; what the caller says is taken as it is.
    let variant = json!({ "sku": "D", "name": "Thing D", "taxCategory": "EXEMPT", "prices": [{ "channelId": shop.web, "amount": "5.00", "taxRate": "0" }] });
    shop.admin
        .done(PRODUCTS_UPSERT, json!({ "products": [{ "name": "More", "variants": [variant] }] }))
        .await;
    let mut given = to(shop.paid(&[("D", 1), ("A", 1)]), "CH");
    given["lines"][1]["taxRate"] = json!("0.081");
    let order = shop.place(given).await;
    let found = line(&shop, &order).await;
    let schemes: Vec<_> = found["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["taxScheme"].clone(), one["taxRate"].clone()))
        .collect();
    assert_eq!(schemes, [(json!("EXEMPT"), json!("0")), (json!("DOMESTIC"), json!("0.081"))]);
    app.verify().await;
}
