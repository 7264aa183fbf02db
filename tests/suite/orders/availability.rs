//! What can be sold and by when, before an order exists.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

async fn ask(shop: &Shop, lines: &[(&str, i32)], with: Json) -> Json {
    let mut input = shop.order(lines);
    input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    shop.admin.payload(AVAILABILITY, json!({ "input": input })).await
}

#[tokio::test]
async fn it_says_what_an_order_would_get_and_holds_nothing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let to = json!({ "destination": { "line1": "Weg 1", "city": "Bonn", "countryCode": "DE" } });
    let seen = ask(&shop, &[("A", 12), ("SET", 1)], to.clone()).await;
    let lines = seen["lines"].as_array().unwrap();
    // Seventeen of A in three places; a set takes two A and one B from one of them or several.
    assert_eq!((&lines[0]["requested"], &lines[0]["available"]), (&json!(12), &json!(17)));
    assert_eq!((&lines[1]["available"], &lines[1]["backorderableFrom"]), (&json!(8), &Json::Null));
    assert_eq!(lines[0]["locations"].as_array().unwrap().len(), 3);
    assert_eq!(lines[1]["locations"].as_array().unwrap().len(), 6);
    assert_eq!(seen["splitCount"], 1);
    assert_eq!(app.books().await, before);
    // The order that follows is promised the same.
    let mut order = shop.paid(&[("A", 12), ("SET", 1)]);
    order["shippingAddress"] = to["destination"].clone();
    let placed = shop.place(order).await;
    let promise =
        "query($id: ID!) { order(by: { id: $id }) { promise { deliverBy } fulfillments { id } } }";
    let kept = shop.admin.payload(promise, json!({ "id": placed["id"] })).await;
    assert_eq!(kept["promise"]["deliverBy"], seen["deliverBy"]);
    assert_eq!(kept["fulfillments"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_short_has_a_date_as_far_as_a_supplier_is_known() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let short = ask(&shop, &[("A", 20), ("B", 1)], json!({})).await;
    let of = |seen: &Json, line: usize| seen["lines"][line]["backorderableFrom"].clone();
    assert_eq!(
        (of(&short, 0), of(&short, 1), &short["deliverBy"]),
        (Json::Null, Json::Null, &Json::Null)
    );
    for (name, days) in [("slow", 30), ("quick", 9)] {
        let terms = json!([{ "sku": "A", "unitCost": "4.00", "leadTimeDays": days }]);
        let supplier = json!({ "name": name, "currencyCode": "EUR", "terms": terms });
        shop.admin.done(SUPPLIER_UPSERT, supplier).await;
    }
    let short = ask(&shop, &[("A", 20), ("B", 1)], json!({})).await;
    assert_eq!((of(&short, 0), of(&short, 1)), (json!("2026-03-11T10:00:00Z"), Json::Null));
    // Nobody is known to sell B: a set of both has no date.
    let short = ask(&shop, &[("SET", 20)], json!({})).await;
    assert_eq!((of(&short, 0), &short["lines"][0]["available"]), (Json::Null, &json!(8)));
    let there = ask(&shop, &[("A", 3)], json!({ "pickupLocationId": shop.store })).await;
    assert_eq!(
        (&there["lines"][0]["available"], of(&there, 0)),
        (&json!(2), json!("2026-03-11T10:00:00Z"))
    );
    let there = ask(&shop, &[("A", 2)], json!({ "pickupLocationId": shop.store })).await;
    assert_eq!(there["deliverBy"], "2026-03-02T22:59:59.999999Z");
    let wrong = json!({ "input": { "channelId": shop.web, "pickupLocationId": shop.berlin,
        "destination": { "line1": "", "city": "x", "countryCode": "DE" }, "lines": [{ "sku": "NOPE", "quantity": 0 }] } });
    let answer = shop.admin.answer(AVAILABILITY, wrong).await;
    let said = answer["errors"][0]["message"].as_str().unwrap();
    for field in ["destination.", "lines.0.sku: ", "lines.0.quantity: ", "pickupLocationId: "] {
        assert!(said.contains(field), "{said}");
    }
}
