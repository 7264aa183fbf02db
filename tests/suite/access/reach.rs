use harness::shop::ORDER_PLACE;
use harness::{Shop, TestApp};
use operations::permissions::Permission;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_location_reaches_an_order_through_its_fulfillment() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let split = shop.place(shop.order(&[("A", 12)])).await;
    shop.place(shop.order(&[("B", 1)])).await;
    let hamburg = app.reaching(None, Some(&[&shop.hamburg])).await;
    let query = "{ orders { totalCount nodes { number fulfillments { location { code } } } } }";
    let seen = hamburg.payload(query, json!({})).await;
    assert_eq!(
        seen,
        json!({ "totalCount": 1, "nodes": [
            { "number": split["number"], "fulfillments": [{ "location": { "code": "hamburg" } }] } ] })
    );
    // Whoever reaches one location sells from it alone.
    let order = hamburg.done(ORDER_PLACE, shop.order(&[("B", 5)])).await;
    assert_eq!(order["order"]["fulfillments"][0]["location"]["code"], "hamburg");
    assert_eq!(
        hamburg.refused(ORDER_PLACE, shop.order(&[("B", 1)])).await,
        ["OUT_OF_STOCK input.lines.0.quantity"]
    );
}

#[tokio::test]
async fn personal_data_is_masked_without_the_right() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let address = json!({ "name": "Ada Lovelace", "line1": "Secret Street 7", "city": "Berlin", "postalCode": "10115", "countryCode": "DE" });
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 30 1234567", "address": address } });
    input["shippingAddress"] = address.clone();
    input["billingAddress"] = address;
    let order = shop.place(input).await;
    let query = "query($id: ID!) { order(by: { id: $id }) { email phone shippingAddress { name line1 city postalCode countryCode } billingAddress { line1 city }
        customer { name email phone identities { value } addresses { line1 city } } fulfillments { destination { line1 city } }
        timeline { nodes { type summary data } } } }";
    let ask = |client: harness::Client| {
        let id = order["id"].clone();
        async move { client.payload(query, json!({ "id": id })).await }
    };
    let masked = ask(app.without(Permission::CustomersPii).await).await;
    let text = masked.to_string();
    for secret in ["Lovelace", "ada@example.com", "1234567", "10115"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(masked["email"], "a…@example.com");
    assert_eq!(masked["shippingAddress"]["city"], "Berlin");
    assert_eq!(masked["billingAddress"]["line1"], Json::Null);
    // Whoever may ship sees where it goes.
    assert_eq!(masked["fulfillments"][0]["destination"]["line1"], "Secret Street 7");
    let full = ask(shop.admin.clone()).await;
    assert_eq!(full["customer"]["phone"], "+49 30 1234567");
    assert_eq!(full["shippingAddress"]["line1"], "Secret Street 7");
    // The log names nobody, even for those who may see it all.
    let log = app.number("select count(*) from events where cast(data as text) like '%ada@%' or cast(data as text) like '%Lovelace%'").await;
    assert_eq!(log, 0);
}

#[tokio::test]
async fn a_field_beyond_ones_rights_is_null_and_the_rest_stands() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "email": "a@example.com" } });
    input["payments"] = json!([{ "provider": "manual", "method": "card", "captured": "10.00" }]);
    let order = shop.place(input).await;
    let warehouse = app.role("warehouse").await;
    let query = "query($id: ID!) { order(by: { id: $id }) { number customer { id } payments { id } fulfillments { number }
        timeline { nodes { type } } lines { variant { sku unitCost { amount } } } } }";
    let answer = warehouse.answer(query, json!({ "id": order["id"] })).await;
    let seen = &answer["data"]["order"];
    assert_eq!(seen["number"], order["number"]);
    assert_eq!((&seen["customer"], &seen["payments"]), (&Json::Null, &Json::Null));
    assert_eq!(seen["fulfillments"][0]["number"], "WEB-1000001-1");
    assert_eq!(seen["lines"][0]["variant"], json!({ "sku": "A", "unitCost": null }));
    let paths: Vec<String> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["path"].to_string())
        .collect();
    assert_eq!(paths.len(), 3, "{answer:#}");
    // Events of payments are not for everybody.
    let kinds: Vec<&str> = seen["timeline"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"order.placed") && !kinds.contains(&"payment.captured"), "{kinds:?}");
}
