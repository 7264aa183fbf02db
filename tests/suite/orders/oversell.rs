use harness::client::user_errors;
use harness::shop::{ORDER_PLACE, STOCK_ADJUST};
use harness::{Shop, TestApp};
use serde_json::json;

/// Buyers of the last unit at the same moment.
const BUYERS: usize = 32;

/// 200 in the full form.
fn rounds() -> usize {
    if std::env::var("TEST_FULL").is_ok() { 200 } else { 8 }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_unit_is_sold_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for location in [&shop.berlin, &shop.hamburg, &shop.store] {
        let none = json!({ "locationId": location, "reason": "test", "lines": [{ "sku": "A", "onHand": 0 }] });
        shop.admin.done(STOCK_ADJUST, none).await;
    }
    for round in 0..rounds() {
        // One more than is promised already: the last unit.
        let one = json!({ "locationId": shop.berlin, "reason": "test", "lines": [{ "sku": "A", "onHandChange": 1 }] });
        shop.admin.done(STOCK_ADJUST, one).await;
        let buyers = (0..BUYERS).map(|_| {
            let (client, input) = (shop.admin.clone(), shop.order(&[("A", 1)]));
            tokio::spawn(
                async move { client.payload(ORDER_PLACE, json!({ "input": input })).await },
            )
        });
        let answers = futures::future::join_all(buyers).await;
        let mut sold = 0;
        for answer in answers {
            let answer = answer.expect("no panic");
            if answer["order"].is_null() {
                assert_eq!(user_errors(&answer), ["OUT_OF_STOCK input.lines.0.quantity"]);
            } else {
                sold += 1;
            }
        }
        assert_eq!(sold, 1, "round {round}");
    }
    assert_eq!(app.number("select count(*) from orders").await, i64::try_from(rounds()).unwrap());
    app.verify().await;
}
