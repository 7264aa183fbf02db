//! What to buy, by what was sold.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

const SUGGESTED: &str = "query($l: [ID!], $w: Int, $s: Float, $first: Int, $after: String) {
  replenishment(locationIds: $l, windowDays: $w, serviceLevel: $s, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
    variant { sku } location { id code } supplier { id } quantity dailyDemand demandDeviation intermittent leadTimeDays
    reorderPoint safetyStock position projectedStockoutAt explanation } } }";

async fn suggested(shop: &Shop) -> Vec<Json> {
    let found = shop.admin.payload(SUGGESTED, json!({ "l": [shop.berlin] })).await;
    assert_eq!(found["totalCount"], found["nodes"].as_array().unwrap().len());
    found["nodes"].as_array().unwrap().clone()
}

/// Sells and ships units, a day apart each.
async fn sell(app: &TestApp, shop: &Shop, sku: &str, days: &[i32]) {
    for units in days {
        if *units > 0 {
            let sold = shop.place(shop.paid(&[(sku, *units)])).await;
            shop.ship(&shop.work(&sold, 0).await).await;
        }
        app.later(Duration::DAY).await;
    }
}

async fn receive(shop: &Shop, sku: &str, units: i32) {
    let lines = json!([{ "sku": sku, "quantity": units }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.berlin, "lines": lines })).await;
}

#[tokio::test]
async fn it_is_bought_straight_from_the_suggestion() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A", "B"]).await;
    receive(&shop, "A", 20).await;
    sell(&app, &shop, "A", &[2; 10]).await;
    let found = suggested(&shop).await;
    assert_eq!(found.len(), 1);
    let one = &found[0];
    // Twenty in eleven days; 1.645 x 0.603 x sqrt(7) = 2.6 above 1.818 x 7; sqrt(2 x 663.6 x 10 / 0.60) = 148.7.
    assert!((one["dailyDemand"].as_f64().unwrap() - 20.0 / 11.0).abs() < 1e-9);
    assert!((one["demandDeviation"].as_f64().unwrap() - 0.603).abs() < 1e-3);
    let units = ["leadTimeDays", "reorderPoint", "safetyStock", "position", "quantity"];
    assert_eq!(units.map(|name| one[name].as_i64().unwrap()), [7, 16, 3, 10, 150]);
    assert_eq!(one["projectedStockoutAt"], "2026-03-17T22:00:00Z");
    let text = one["explanation"].as_str().unwrap();
    for part in [
        "1.82 a day",
        "1.645 x sqrt(7.0 x 0.60^2",
        "10 on hand - 0 reserved",
        "= 149",
        "packs of 5: 150",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let order = json!({ "supplierId": one["supplier"]["id"], "locationId": one["location"]["id"],
        "lines": [{ "sku": one["variant"]["sku"], "quantity": one["quantity"] }] });
    assert_eq!(one["supplier"]["id"], supplier);
    let made = shop.admin.done(PURCHASE_ORDER_CREATE, order).await;
    assert_eq!(suggested(&shop).await.len(), 1, "a draft brings nothing");
    let id = json!({ "purchaseOrderId": made["purchaseOrder"]["id"] });
    shop.admin.done(PURCHASE_ORDER_PLACE, id).await;
    assert_eq!(suggested(&shop).await, Vec::<Json>::new());
}

#[tokio::test]
async fn lead_times_are_measured_where_there_are_receipts() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A"]).await;
    for days in [4, 6, 8] {
        let order = shop.ordered(&supplier, &shop.berlin, &[("A", 10)]).await;
        app.later(Duration::days(days)).await;
        let came =
            json!({ "purchaseOrderId": order["id"], "lines": [{ "sku": "A", "quantity": 10 }] });
        shop.admin.done(PURCHASE_ORDER_RECEIVE, came).await;
    }
    sell(&app, &shop, "A", &[9, 9, 9, 9]).await;
    let found = suggested(&shop).await;
    assert_eq!(found[0]["leadTimeDays"], 6);
    let text = found[0]["explanation"].as_str().unwrap();
    assert!(text.contains("lead time 6.0 days (deviation 2.0, 3 receipts)"), "{text}");
}

#[tokio::test]
async fn seldom_demand_and_what_people_set_are_respected() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    sell(&app, &shop, "C", &[0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 2, 0, 0, 0]).await;
    let found = suggested(&shop).await;
    assert_eq!(found[0]["intermittent"], true);
    assert_eq!(found[0]["supplier"], Json::Null);
    let text = found[0]["explanation"].as_str().unwrap();
    assert!(text.contains("as no supplier is known"), "{text}");
    // In seventeen days the stretches of seven with most had seven.
    assert_eq!((&found[0]["reorderPoint"], &found[0]["position"]), (&json!(7), &json!(1)));
    let policy = |sku: &str, point: i32, quantity: i32| {
        json!({ "locationId": shop.berlin, "sku": sku,
        "reorderPoint": point, "reorderQuantity": quantity })
    };
    shop.admin.done(STOCK_SET_POLICY, policy("C", 0, 12)).await;
    assert_eq!(suggested(&shop).await, Vec::<Json>::new());
    // What is set counts without any demand.
    shop.admin.done(STOCK_SET_POLICY, policy("D", 11, 12)).await;
    let found = suggested(&shop).await;
    assert_eq!(
        (&found[0]["variant"]["sku"], &found[0]["quantity"], &found[0]["reorderPoint"]),
        (&json!("D"), &json!(12), &json!(11))
    );
}

#[tokio::test]
async fn what_is_promised_and_waited_for_counts() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.supplier(&["A"]).await;
    sell(&app, &shop, "A", &[1, 1, 1]).await;
    let mut waits = shop.paid(&[("A", 20)]);
    waits["allowBackorder"] = json!(true);
    shop.place(waits).await;
    // Seven lie there and are promised; six more are waited for, which Berlin would send first.
    let found = suggested(&shop).await;
    assert_eq!(found[0]["position"], -6);
    assert_eq!(found[0]["projectedStockoutAt"], "2026-03-05T10:00:00Z");
    let text = found[0]["explanation"].as_str().unwrap();
    assert!(text.contains("7 on hand - 7 reserved + 0 on order - 6 backordered = -6"), "{text}");
}

#[tokio::test]
async fn it_is_paged_bounded_and_asked_for_by_those_who_buy() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for (place, sku) in
        [(&shop.berlin, "A"), (&shop.hamburg, "A"), (&shop.store, "B"), (&shop.store, "C")]
    {
        let policy =
            json!({ "locationId": place, "sku": sku, "reorderPoint": 50, "reorderQuantity": 5 });
        shop.admin.done(STOCK_SET_POLICY, policy).await;
    }
    let all = shop.admin.payload(SUGGESTED, json!({})).await;
    assert_eq!(all["totalCount"], 4);
    let mut seen = Vec::new();
    let mut after = Json::Null;
    loop {
        let page = shop.admin.payload(SUGGESTED, json!({ "first": 1, "after": after })).await;
        seen.extend(page["nodes"].as_array().unwrap().clone());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(&seen, all["nodes"].as_array().unwrap());
    let last =
        "{ replenishment(last: 2) { pageInfo { hasPreviousPage } nodes { variant { sku } } } }";
    let back = shop.admin.payload(last, json!({})).await;
    assert_eq!(
        back["nodes"],
        json!([{ "variant": { "sku": "B" } }, { "variant": { "sku": "C" } }])
    );
    assert_eq!(back["pageInfo"]["hasPreviousPage"], true);
    let there = app.reaching(None, Some(&[&shop.store])).await;
    assert_eq!(there.payload(SUGGESTED, json!({})).await["totalCount"], 2);
    let answer = shop.admin.answer(SUGGESTED, json!({ "w": 6, "s": 0.4 })).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_INPUT");
    assert_eq!(error["message"], "windowDays: is 7 to 730; serviceLevel: is 0.5 to 0.999");
}

#[tokio::test]
async fn the_day_on_which_nothing_is_left_does_not_count_on_what_is_overdue() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A"]).await;
    shop.ordered(&supplier, &shop.berlin, &[("A", 10)]).await;
    sell(&app, &shop, "A", &[1; 5]).await;
    let policy = json!({ "locationId": shop.berlin, "sku": "A", "reorderPoint": 90 });
    shop.admin.done(STOCK_SET_POLICY, policy).await;
    let left = || async {
        let at = suggested(&shop).await[0]["projectedStockoutAt"].as_str().unwrap().to_owned();
        at[..10].to_owned()
    };
    // Five lie there and ten come on the 9th: at five in six days that is eighteen days; five alone are six.
    assert_eq!(left().await, "2026-03-25");
    app.later(Duration::days(4)).await;
    assert!(left().await.as_str() < "2026-03-25");
}
