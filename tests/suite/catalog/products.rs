use harness::client::user_errors;
use harness::shop::PRODUCTS_UPSERT;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn plain(sku: &str) -> Json {
    json!({ "sku": sku, "name": sku })
}

fn bundle(sku: &str, parts: &[(&str, i32)]) -> Json {
    let parts: Vec<Json> =
        parts.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect();
    json!({ "sku": sku, "name": sku, "components": parts })
}

fn products(rows: Vec<Vec<Json>>) -> Json {
    let rows: Vec<Json> =
        rows.into_iter().map(|variants| json!({ "name": "P", "variants": variants })).collect();
    json!({ "products": rows })
}

#[tokio::test]
async fn a_product_is_matched_by_sku_and_keeps_what_is_left_out() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let query = r#"{ variant(by: { sku: "A" }) { id product { id variants { sku } } prices { amount { amount } channel { code } } unitCost { amount } } }"#;
    let before = shop.admin.payload(query, json!({})).await;
    let input = json!({ "products": [{ "name": "Renamed", "variants": [
        { "sku": "A", "name": "New name", "prices": [{ "channelId": shop.web, "amount": "11.00", "taxRate": "0.19" }] },
        { "sku": "A2", "name": "Sister", "barcode": "4012345678901", "active": false } ] }] });
    let done = shop.admin.done(PRODUCTS_UPSERT, input).await;
    assert_eq!(done["products"][0]["id"], before["product"]["id"]);
    let after = shop.admin.payload(query, json!({})).await;
    assert_eq!(after["id"], before["id"]);
    assert_eq!(
        after["product"]["variants"],
        json!([{ "sku": "A" }, { "sku": "B" }, { "sku": "A2" }])
    );
    assert_eq!(
        after["prices"],
        json!([{ "amount": { "amount": "10.00" }, "channel": { "code": "market" } },
               { "amount": { "amount": "11.00" }, "channel": { "code": "web" } }])
    );
    assert_eq!(after["unitCost"]["amount"], "4.00");
    let found = r#"{ code: variant(by: { barcode: "4012345678901" }) { sku } list: variants(search: "new N") { totalCount nodes { sku } } }"#;
    let data = shop.admin.ok(found, json!({})).await;
    assert_eq!(
        data,
        json!({ "code": { "sku": "A2" }, "list": { "totalCount": 1, "nodes": [{ "sku": "A" }] } })
    );
    let refused = shop.admin.refused(harness::shop::ORDER_PLACE, shop.order(&[("A2", 1)])).await;
    assert_eq!(refused[0], "INVALID input.lines.0.sku");
}

#[tokio::test]
async fn each_row_is_refused_or_taken_on_its_own() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let input = products(vec![
        vec![plain("NEW")],
        vec![plain("A"), plain("C")],
        vec![bundle("KIT", &[("NEW", 2), ("LATER", 1)])],
        vec![bundle("BAD", &[("SET", 1), ("NOPE", 1), ("BAD", 1)])],
        vec![bundle("B", &[("C", 1)])],
        vec![plain("LATER")],
        vec![],
    ]);
    let payload = shop.admin.payload(PRODUCTS_UPSERT, json!({ "input": input })).await;
    let taken: Vec<bool> =
        payload["products"].as_array().unwrap().iter().map(|product| !product.is_null()).collect();
    assert_eq!(taken, [true, false, true, false, false, true, false]);
    let mut errors = user_errors(&payload);
    errors.sort();
    assert_eq!(
        errors,
        [
            "INVALID input.products.1.variants",
            "INVALID input.products.3.variants.0.components.0.sku",
            "INVALID input.products.4.variants.0.components",
            "NOT_FOUND input.products.3.variants.0.components.1.sku",
            "NOT_FOUND input.products.3.variants.0.components.2.sku",
            "REQUIRED input.products.6.variants",
            "STATE_CONFLICT input.products.4.variants.0.components",
        ]
    );
    assert_eq!(
        payload["products"][2]["variants"][0]["components"],
        json!([{ "quantity": 2, "variant": { "sku": "NEW" } }, { "quantity": 1, "variant": { "sku": "LATER" } }])
    );
}

#[tokio::test]
async fn a_bundle_can_become_plain_again() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let done = shop.admin.done(PRODUCTS_UPSERT, products(vec![vec![bundle("SET", &[])]])).await;
    assert_eq!(done["products"][0]["variants"][0]["components"], json!([]));
    assert_eq!(
        shop.admin.refused(harness::shop::ORDER_PLACE, shop.order(&[("SET", 1)])).await,
        ["OUT_OF_STOCK input.lines.0.quantity"]
    );
}

#[tokio::test]
async fn at_most_250_products_go_in_one_call() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let many: Vec<Vec<Json>> = (0..251).map(|number| vec![plain(&format!("S{number}"))]).collect();
    let before = app.books().await;
    let input = json!({ "input": products(many.clone()) });
    assert_eq!(admin.error_code(PRODUCTS_UPSERT, input).await, "LIMIT_EXCEEDED");
    assert_eq!(app.books().await, before);
    let done = admin.done(PRODUCTS_UPSERT, products(many[..250].to_vec())).await;
    assert_eq!(done["products"].as_array().unwrap().len(), 250);
}
