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
    if full() { (10_000, 8) } else { (8, 8) }
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
    stock_apart(&shop).await;
    for round in 0..orders {
        let said = seed;
        sequence(&shop, &mut seed, steps).await;
        if round % 100 == 99 || round + 1 == orders {
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
    // Some of it is given from an amount on, or for several units together.
    if pick(2) == 0 {
        input["adjustments"][0]["minimumItems"] = json!(format!("{}.00", 10 * pick(8)));
    }
    if pick(3) == 0 && input["lines"][0]["quantity"].as_i64() > Some(1) {
        input["lines"][0]["discount"] = json!("9.99");
        input["lines"][0]["discountPer"] = json!(2);
    }
    input["customer"] = json!(null);
    let order = shop.place(input).await;
    let works = [shop.work(&order, 0).await, shop.work(&order, 1).await];
    shop.ship(&works[0]).await;
    if pick(2) == 0 {
        shop.admin.done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": works[0]["id"] })).await;
    }
    // What came back to Berlin may serve all of it from there.
    let second = if works[1].is_null() { 3 } else { pick(4) };
    if second == 0 {
        shop.ship(&works[1]).await;
    }
    let mut orders = vec![shop.read(&order).await];
    for step in 0..steps {
        if step == steps / 2 && second == 1 {
            shop.ship(&works[1]).await;
        } else if step == steps / 2 && second == 2 {
            let off = json!({ "orderId": order["id"], "reason": "CUSTOMER" });
            shop.admin.done(ORDER_CANCEL, off).await;
        }
        let one = usize::try_from(pick(u64::try_from(orders.len()).unwrap())).unwrap();
        let new = one_return(shop, &orders[one].clone(), &mut pick).await;
        if let Some(new) = new {
            orders.extend(follow(shop, &new, &mut pick).await);
        }
    }
    let query = "query($id: ID!) { order(by: { id: $id }) { totals { paid { amount } refunded { amount } } lines { quantity quantityReturned } payments { captured { amount } refunded { amount } } } }";
    for order in orders {
        let now = shop.admin.payload(query, json!({ "id": order["id"] })).await;
        assert!(cents(&now["totals"]["refunded"]) <= cents(&now["totals"]["paid"]), "{now}");
        for payment in now["payments"].as_array().unwrap() {
            assert!(cents(&payment["refunded"]) <= cents(&payment["captured"]), "{now}");
        }
        for line in now["lines"].as_array().unwrap() {
            assert!(line["quantityReturned"].as_i64() <= line["quantity"].as_i64(), "{now}");
        }
    }
}

/// A and B lie in Berlin alone, C in Hamburg: every order goes in two parts.
async fn stock_apart(shop: &Shop) {
    for (place, skus) in
        [(&shop.berlin, &["C"][..]), (&shop.hamburg, &["A", "B"]), (&shop.store, &["A", "B", "C"])]
    {
        let lines: Vec<Json> = skus.iter().map(|sku| json!({ "sku": sku, "onHand": 0 })).collect();
        let none = json!({ "locationId": place, "reason": "moved", "lines": lines });
        shop.admin.done(STOCK_ADJUST, none).await;
    }
    let plenty =
        json!([{ "sku": "A", "quantity": 1_000_000 }, { "sku": "B", "quantity": 1_000_000 }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.berlin, "lines": plenty })).await;
    let plenty = json!([{ "sku": "C", "quantity": 1_000_000 }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.hamburg, "lines": plenty })).await;
}

/// What becomes of an order in exchange or as replacement: it is paid or not, called off or sent. Answers with it once it left.
async fn follow(shop: &Shop, id: &Json, pick: &mut impl FnMut(u64) -> i64) -> Option<Json> {
    let query = "query($id: ID!) { order(by: { id: $id }) { id state onHold totals { outstanding { amount } } } }";
    let now = shop.admin.payload(query, json!({ "id": id })).await;
    if now["state"] != "OPEN" {
        return None;
    }
    if pick(6) == 0 {
        let off = json!({ "input": { "orderId": id, "reason": "CUSTOMER" } });
        shop.admin.payload(ORDER_CANCEL, off).await;
        return None;
    }
    let owed = cents(&now["totals"]["outstanding"]);
    if owed > 0 && pick(3) > 0 {
        let amount = &now["totals"]["outstanding"]["amount"];
        let paid = json!({ "provider": "manual", "method": "cash", "captured": amount });
        let pay = json!({ "orderId": id, "payment": paid });
        shop.admin.done(PAYMENT_RECORD, pay).await;
    }
    let now = shop.admin.payload(query, json!({ "id": id })).await;
    if now["onHold"] == json!(true) {
        return None;
    }
    for work in shop.read(&now).await["fulfillments"].as_array().unwrap() {
        shop.ship(work).await;
    }
    Some(shop.read(&now).await)
}

/// A courtesy in between: no more than what is left comes back afterwards.
async fn courtesy(shop: &Shop, order: &Json, pick: &mut impl FnMut(u64) -> i64) {
    let query = "query($id: ID!) { order(by: { id: $id }) { payments { id } } }";
    let paid = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let amount = format!("{}.{:02}", pick(6), pick(100));
    if paid["payments"] == json!([]) {
        // What was given in exchange for nothing cost nothing.
        return;
    }
    let gift =
        json!({ "paymentId": paid["payments"][0]["id"], "amount": amount, "reason": "sorry" });
    shop.admin.payload(PAYMENT_REFUND, json!({ "input": gift })).await;
}

/// A return that takes its course, or none; answers with the order that makes it right.
async fn one_return(shop: &Shop, order: &Json, pick: &mut impl FnMut(u64) -> i64) -> Option<Json> {
    const REASONS: [&str; 3] = ["CHANGED_MIND", "DEFECTIVE", "WRONG_SIZE"];
    const TO: [&str; 4] = ["RESTOCK", "SCRAP", "OPEN_BOX", "DONATE"];
    if pick(6) == 0 {
        courtesy(shop, order, pick).await;
        return None;
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
        return None;
    }
    let reason = REASONS[usize::try_from(pick(3)).unwrap()];
    wanted.retain(|(sku, _)| {
        order["lines"].as_array().unwrap().iter().any(|line| line["sku"] == *sku)
    });
    if wanted.is_empty() {
        return None;
    }
    let mut input = declared(order, &wanted, reason);
    let kind = ["RETURN", "RETURN", "EXCHANGE", "CLAIM"][usize::try_from(pick(4)).unwrap()];
    input["kind"] = json!(kind);
    if kind == "EXCHANGE" {
        let instead = skus[usize::try_from(pick(3)).unwrap()];
        input["lines"][0]["exchangeForSku"] = json!(instead);
    }
    input["locationId"] = json!(shop.berlin);
    let made = shop.admin.payload(RETURN_REQUEST, json!({ "input": input })).await;
    if !user_errors(&made).is_empty() {
        return None;
    }
    let made = made["return"].clone();
    let id = &made["id"];
    if pick(8) == 0 {
        shop.admin.done(RETURN_CANCEL, json!({ "returnId": id })).await;
        return None;
    }
    let stays = kind != "EXCHANGE" && pick(if kind == "CLAIM" { 2 } else { 6 }) == 0;
    let mut agree = json!({ "returnId": id, "goodsStayWithCustomer": stays });
    if kind == "EXCHANGE" {
        agree["advanceExchange"] = json!(pick(4) == 0);
    }
    shop.admin.done(RETURN_APPROVE, agree).await;
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
            return None;
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
    let method = match (kind, pick(8)) {
        (_, 0) => "NONE",
        ("EXCHANGE", 1..=5) => "EXCHANGE",
        ("CLAIM", 1..=4) => "REPLACEMENT",
        _ => "ORIGINAL_PAYMENT",
    };
    let mut resolve = json!({ "returnId": id, "method": method, "note": "so" });
    if method == "ORIGINAL_PAYMENT" && pick(6) == 0 {
        resolve["amount"] = json!("1.00");
    }
    let done = shop.admin.payload(RETURN_RESOLVE, json!({ "input": resolve })).await;
    for fault in user_errors(&done) {
        assert!(fault.starts_with("AMOUNT_EXCEEDED"), "{fault} {resolve}");
    }
    let query =
        "query($id: ID!) { return(id: $id) { exchangeOrder { id } replacementOrder { id } } }";
    let now = shop.admin.payload(query, json!({ "id": id })).await;
    let new = [&now["exchangeOrder"]["id"], &now["replacementOrder"]["id"]];
    new.into_iter().find(|id| id.is_string()).cloned()
}
