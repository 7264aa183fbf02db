//! Whatever comes back, in whatever order: order, stock, books, credit notes and payments stay of one mind, and nobody gets back more than
//! was paid.

use super::declared;
use harness::client::user_errors;
use harness::random::{full, random, seed};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

/// Orders, and what is tried with each.
fn size() -> (u64, u64) {
    if full() { (10_000, 8) } else { (6, 8) }
}

fn cents(json: &Json) -> i64 {
    json["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
}

#[tokio::test]
async fn returns_in_any_order_keep_everything_of_one_mind() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    super::terms(&shop).await;
    let mut seed = seed();
    eprintln!("seed {seed}");
    let (orders, steps) = size();
    let plenty = json!([{ "sku": "A", "quantity": 100_000 }, { "sku": "B", "quantity": 100_000 }, { "sku": "C", "quantity": 100_000 }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.berlin, "lines": plenty })).await;
    for round in 0..orders {
        let said = seed;
        sequence(&shop, &mut seed, steps).await;
        if round % 20 == 19 || round + 1 == orders {
            app.later(time::Duration::hours(1)).await;
            app.verify().await;
            eprintln!("round {round} with seed {said}");
        }
    }
}

/// One order with all that may come back of it.
async fn sequence(shop: &Shop, seed: &mut u64, steps: u64) {
    let mut pick = |below: u64| i64::try_from(random(seed, below)).unwrap();
    let unit = |n: i64| i32::try_from(n).unwrap();
    let mut input = shop.sent_home(&[
        ("A", unit(1 + pick(4))),
        ("B", unit(1 + pick(3))),
        ("C", unit(1 + pick(2))),
    ]);
    let discount = format!("{}.{:02}", pick(9), pick(100));
    let post = format!("{}.{:02}", pick(9), 1 + pick(99));
    input["adjustments"] = json!([{ "kind": "DISCOUNT", "label": "off", "amount": discount }, { "kind": "SHIPPING", "label": "post", "amount": post }]);
    input["customer"] = json!(null);
    let order = shop.place(input).await;
    let work = shop.work(&order, 0).await;
    shop.ship(&work).await;
    if pick(2) == 0 {
        shop.admin.done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": work["id"] })).await;
    }
    let order = shop.read(&order).await;
    for _ in 0..steps {
        one_return(shop, &order, &mut pick).await;
    }
    let query = "query($id: ID!) { order(by: { id: $id }) { totals { paid { amount } refunded { amount } } lines { quantity quantityReturned } payments { captured { amount } refunded { amount } } } }";
    let now = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    assert!(cents(&now["totals"]["refunded"]) <= cents(&now["totals"]["paid"]), "{now}");
    for line in now["lines"].as_array().unwrap() {
        assert!(line["quantityReturned"].as_i64() <= line["quantity"].as_i64(), "{now}");
    }
}

async fn one_return(shop: &Shop, order: &Json, pick: &mut impl FnMut(u64) -> i64) {
    const REASONS: [&str; 3] = ["CHANGED_MIND", "DEFECTIVE", "WRONG_SIZE"];
    const TO: [&str; 4] = ["RESTOCK", "SCRAP", "OPEN_BOX", "DONATE"];
    if pick(6) == 0 {
        // A courtesy in between: no more than what is left comes back afterwards.
        let query = "query($id: ID!) { order(by: { id: $id }) { payments { id } } }";
        let paid = shop.admin.payload(query, json!({ "id": order["id"] })).await;
        let amount = format!("{}.{:02}", pick(6), pick(100));
        let gift =
            json!({ "paymentId": paid["payments"][0]["id"], "amount": amount, "reason": "sorry" });
        shop.admin.payload(PAYMENT_REFUND, json!({ "input": gift })).await;
        return;
    }
    let skus = ["A", "B", "C"];
    let mut wanted = Vec::new();
    for sku in skus {
        let count = pick(3);
        if count > 0 {
            wanted.push((sku, count));
        }
    }
    if wanted.is_empty() {
        return;
    }
    let reason = REASONS[usize::try_from(pick(3)).unwrap()];
    let mut input = declared(order, &wanted, reason);
    input["locationId"] = json!(shop.berlin);
    let made = shop.admin.payload(RETURN_REQUEST, json!({ "input": input })).await;
    if !user_errors(&made).is_empty() {
        return;
    }
    let made = made["return"].clone();
    let id = &made["id"];
    if pick(8) == 0 {
        shop.admin.done(RETURN_CANCEL, json!({ "returnId": id })).await;
        return;
    }
    let stays = pick(6) == 0;
    shop.admin
        .done(RETURN_APPROVE, json!({ "returnId": id, "goodsStayWithCustomer": stays }))
        .await;
    if !stays {
        let mut lines = Vec::new();
        for line in made["lines"].as_array().unwrap() {
            let count = line["quantity"].as_i64().unwrap() - pick(2);
            if count > 0 {
                lines.push(json!({ "returnLineId": line["id"], "quantity": count }));
            }
        }
        if lines.is_empty() {
            shop.admin.done(RETURN_CANCEL, json!({ "returnId": id })).await;
            return;
        }
        let take = json!({ "input": { "returnId": id, "lines": lines } });
        let here = shop.admin.payload(RETURN_RECEIVE, take).await;
        assert!(user_errors(&here).is_empty(), "{here}");
        let mut looked = Vec::new();
        for line in here["return"]["lines"].as_array().unwrap() {
            for _ in 0..line["quantityReceived"].as_i64().unwrap() {
                let to = TO[usize::try_from(pick(4)).unwrap()];
                looked.push(json!({ "returnLineId": line["id"], "quantity": 1, "condition": "OPENED", "disposition": to, "refundable": pick(5) != 0 }));
            }
        }
        shop.admin.done(RETURN_INSPECT, json!({ "returnId": id, "lines": looked })).await;
    }
    let mut resolve = json!({ "returnId": id, "method": if pick(8) == 0 { "NONE" } else { "ORIGINAL_PAYMENT" }, "note": "so" });
    if resolve["method"] != "NONE" && pick(6) == 0 {
        resolve["amount"] = json!("1.00");
    }
    let done = shop.admin.payload(RETURN_RESOLVE, json!({ "input": resolve })).await;
    for fault in user_errors(&done) {
        assert!(fault.starts_with("AMOUNT_EXCEEDED"), "{fault} {resolve}");
    }
}
