//! Other goods instead, and the same goods once more.

use super::{arrived, back, declared, looked, paid_back, quote, terms};
use crate::ledger::balances;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

/// Units of A that come back for as many of another SKU.
fn wanted(order: &Json, sku: &str, count: i64, instead: &str) -> Json {
    let mut input = declared(order, &[(sku, count)], "WRONG_SIZE");
    input["kind"] = json!("EXCHANGE");
    input["lines"][0]["exchangeForSku"] = json!(instead);
    input
}

/// A return as it stands, with the orders that make it right.
async fn seen(shop: &Shop, made: &Json) -> Json {
    let order = "{ id number state grandTotal: totals { grandTotal { amount } } totals { grandTotal { amount } paid { amount } refunded { amount } outstanding { amount } } onHold holds { reason releasedAt } payments { id provider method providerReference state captured { amount } refunded { amount } } lines { sku quantity unitPrice { amount } discount { amount } quantityReserved quantityFulfilled quantityReturned } makesRight { number } channel { code } shippingAddress { city } }";
    let query = format!(
        "query($id: ID!) {{ return(id: $id) {{ id version number state resolution lines {{ sku exchangeFor {{ sku }} }} quote {{ items {{ amount }} exchangeDifference {{ amount }} shipping {{ amount }} restockingFee {{ amount }} returnShipping {{ amount }} total {{ amount }} tax {{ amount }} tenders {{ method amount {{ amount }} }} }} refunds {{ amount {{ amount }} }} order {order} exchangeOrder {order} replacementOrder {order} }} }}"
    );
    shop.admin.payload(&query, json!({ "id": made["id"] })).await
}

async fn asked(shop: &Shop, mut input: Json) -> Json {
    input["locationId"] = json!(shop.berlin);
    shop.admin.done(RETURN_REQUEST, input).await["return"].clone()
}

async fn agreed(shop: &Shop, input: Json) -> Json {
    let made = asked(shop, input).await;
    shop.admin.done(RETURN_APPROVE, json!({ "returnId": made["id"] })).await;
    made
}

/// All of it is here and in good order.
async fn here(shop: &Shop, made: &Json) {
    back(shop, made).await;
    let count = made["lines"][0]["quantity"].as_i64().unwrap();
    looked(shop, made, &[(count, "RESTOCK")]).await;
}

async fn settled(shop: &Shop, made: &Json, method: &str) -> Json {
    let input = json!({ "returnId": made["id"], "method": method });
    shop.admin.done(RETURN_RESOLVE, input).await;
    seen(shop, made).await
}

fn amount<'a>(of: &'a Json, what: &str) -> &'a str {
    of[what]["amount"].as_str().unwrap()
}

#[tokio::test]
async fn the_same_price_is_given_for_what_was_paid() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let twin = json!({ "products": [{ "name": "Twin", "variants": [{ "sku": "A2", "name": "Another A", "prices": [{ "channelId": shop.web, "amount": "10.00", "taxRate": "0.19" }] }] }] });
    shop.admin.done(PRODUCTS_UPSERT, twin).await;
    let more = json!({ "locationId": shop.berlin, "lines": [{ "sku": "A2", "quantity": 5 }] });
    shop.admin.done(STOCK_RECEIVE, more).await;
    let mut input = shop.sent_home(&[("A", 3)]);
    input["adjustments"] = json!([{ "kind": "DISCOUNT", "label": "off", "amount": "10.00" }]);
    let order = arrived(&shop, input).await;
    let input = wanted(&order, "A", 2, "A2");
    let worth = quote(&shop, &input).await;
    assert_eq!((&worth["allowed"], amount(&worth["quote"], "total")), (&json!(true), "0.00"));
    let made = asked(&shop, input).await;
    // What it costs later is not what was promised.
    let dearer = json!({ "products": [{ "name": "Twin", "variants": [{ "sku": "A2", "name": "Another A", "prices": [{ "channelId": shop.web, "amount": "50.00", "taxRate": "0.19" }] }] }] });
    shop.admin.done(PRODUCTS_UPSERT, dearer).await;
    shop.admin.done(RETURN_APPROVE, json!({ "returnId": made["id"] })).await;
    let open = seen(&shop, &made).await;
    let new = &open["exchangeOrder"];
    assert_eq!(open["lines"][0]["exchangeFor"]["sku"], "A2");
    assert_eq!(amount(&open["quote"], "exchangeDifference"), "0.00");
    assert_eq!(
        (amount(&open["quote"], "items"), amount(&open["quote"], "total")),
        ("0.00", "0.00")
    );
    // Two of three at 20.00 after the discount: 13.33.
    assert_eq!(amount(&new["totals"], "grandTotal"), "13.33");
    assert_eq!(
        (&new["lines"][0]["quantityReserved"], &new["onHold"], &new["makesRight"]["number"]),
        (&json!(2), &json!(true), &made["number"])
    );
    assert_eq!(new["shippingAddress"], open["order"]["shippingAddress"]);
    app.later(Duration::days(20)).await;
    let waits = seen(&shop, &made).await;
    assert_eq!(waits["exchangeOrder"]["state"], "OPEN", "it waits as long as it takes");
    here(&shop, &made).await;
    let before = balances(&shop).await;
    let done = settled(&shop, &made, "EXCHANGE").await;
    let new = &done["exchangeOrder"];
    assert_eq!((&new["onHold"], amount(&new["totals"], "outstanding")), (&json!(false), "0.00"));
    assert_eq!(
        (&new["payments"][0]["method"], &new["payments"][0]["providerReference"]),
        (&json!("exchange"), &made["number"])
    );
    assert_eq!(done["refunds"], json!([]), "no money goes back");
    assert_eq!(amount(&done["order"]["totals"], "outstanding"), "0.00");
    let now = balances(&shop).await;
    assert_eq!(now.get("2170"), None, "nothing stays between the two");
    assert_eq!((now.get("1100"), now["2000"].as_str()), (before.get("1100"), "-13.33"));
    app.verify().await;
    // It is sent, and one of it comes back in turn: the money goes where it came from.
    let work = shop.work(new, 0).await;
    shop.ship(&work).await;
    shop.admin.done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": work["id"] })).await;
    let new = shop.read(new).await;
    let again = super::approved(&shop, declared(&new, &[("A2", 1)], "DEFECTIVE")).await;
    here(&shop, &again).await;
    paid_back(&shop, &again).await;
    let first = seen(&shop, &made).await;
    let [old, new] = [&first["order"], &first["exchangeOrder"]];
    assert_eq!(amount(&new["totals"], "refunded"), "6.67", "{new}");
    assert_eq!(amount(&old["totals"], "refunded"), "6.67", "{old}");
    assert_eq!(amount(&old["payments"][0], "refunded"), "6.67");
    for order in [old, new] {
        assert_eq!(amount(&order["totals"], "outstanding"), "0.00");
    }
    app.verify().await;
}

#[tokio::test]
async fn what_costs_more_is_paid_on_the_new_order() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let input = wanted(&order, "A", 2, "B");
    let worth = quote(&shop, &input).await;
    assert_eq!(amount(&worth["quote"], "total"), "-20.00");
    assert_eq!(worth["quote"]["tenders"], json!([]));
    let made = agreed(&shop, input).await;
    let new = seen(&shop, &made).await["exchangeOrder"].clone();
    assert_eq!(amount(&new["totals"], "grandTotal"), "40.00");
    here(&shop, &made).await;
    let done = settled(&shop, &made, "EXCHANGE").await;
    assert_eq!(
        (amount(&done["quote"], "exchangeDifference"), amount(&done["quote"], "total")),
        ("20.00", "-20.00")
    );
    let open = &done["exchangeOrder"];
    assert_eq!((&open["onHold"], amount(&open["totals"], "outstanding")), (&json!(true), "20.00"));
    let pay = json!({ "orderId": open["id"], "payment": { "provider": "stripe", "method": "card", "captured": "20.00" } });
    shop.admin.done(PAYMENT_RECORD, pay).await;
    let paid = seen(&shop, &made).await["exchangeOrder"].clone();
    assert_eq!((&paid["onHold"], amount(&paid["totals"], "outstanding")), (&json!(false), "0.00"));
    app.verify().await;
    // Called off after all: what was paid anew goes back there, and what was paid before to where that came from.
    let off = json!({ "orderId": paid["id"], "reason": "CUSTOMER" });
    shop.admin.done(ORDER_CANCEL, off).await;
    let ended = seen(&shop, &made).await;
    assert_eq!(amount(&ended["order"]["payments"][0], "refunded"), "20.00");
    let payments = &ended["exchangeOrder"]["payments"];
    assert_eq!(
        (amount(&payments[0], "refunded"), amount(&payments[1], "refunded")),
        ("20.00", "0.00"),
        "{payments}"
    );
    assert_eq!(ended["exchangeOrder"]["state"], "CANCELLED");
    app.settled().await;
    app.verify().await;
}

#[tokio::test]
async fn what_costs_less_brings_the_difference_back() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("B", 1), ("C", 1)])).await;
    // One of the lines is exchanged, the other one is not wanted at all.
    let mut input = declared(&order, &[("B", 1), ("C", 1)], "DEFECTIVE");
    input["kind"] = json!("EXCHANGE");
    input["lines"][0]["exchangeForSku"] = json!("A");
    let made = agreed(&shop, input).await;
    back(&shop, &made).await;
    let lines: Vec<Json> = made["lines"].as_array().unwrap().iter().map(|line| json!({ "returnLineId": line["id"], "quantity": 1, "condition": "NEW", "disposition": "RESTOCK" })).collect();
    shop.admin.done(RETURN_INSPECT, json!({ "returnId": made["id"], "lines": lines })).await;
    let done = settled(&shop, &made, "EXCHANGE").await;
    let quote = &done["quote"];
    assert_eq!(
        (amount(quote, "items"), amount(quote, "exchangeDifference"), amount(quote, "total")),
        ("33.33", "-10.00", "43.33")
    );
    assert_eq!(done["refunds"][0]["amount"]["amount"], "43.33");
    assert_eq!(amount(&done["order"]["totals"], "refunded"), "43.33");
    let new = &done["exchangeOrder"];
    assert_eq!((&new["onHold"], amount(&new["totals"], "paid")), (&json!(false), "10.00"));
    let notes =
        "query { invoices(filter: { kinds: [CREDIT_NOTE] }) { nodes { gross { amount } } } }";
    let notes = shop.admin.payload(notes, json!({})).await["nodes"].clone();
    assert_eq!(notes, json!([{ "gross": { "amount": "53.33" } }]));
    app.verify().await;
}

#[tokio::test]
async fn what_is_sent_ahead_is_owed_until_the_old_goods_pay_for_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let ahead = async || {
        let made = asked(&shop, wanted(&order, "A", 1, "A")).await;
        let input = json!({ "returnId": made["id"], "advanceExchange": true });
        shop.admin.done(RETURN_APPROVE, input).await;
        let new = seen(&shop, &made).await["exchangeOrder"].clone();
        assert_eq!(new["onHold"], false);
        shop.ship(&shop.work(&new, 0).await).await;
        made
    };
    let made = ahead().await;
    let sent = seen(&shop, &made).await["exchangeOrder"].clone();
    assert_eq!(amount(&sent["totals"], "outstanding"), "10.00");
    assert_eq!(balances(&shop).await["1150"], "10.00");
    here(&shop, &made).await;
    let done = settled(&shop, &made, "EXCHANGE").await;
    assert_eq!(amount(&done["exchangeOrder"]["totals"], "outstanding"), "0.00");
    assert_eq!(balances(&shop).await.get("1150"), None);
    app.verify().await;
    // Where nothing ever comes back the customer owes what was sent.
    let never = ahead().await;
    app.later(Duration::days(31)).await;
    let ended = seen(&shop, &never).await;
    assert_eq!(
        (&ended["state"], amount(&ended["exchangeOrder"]["totals"], "outstanding")),
        (&json!("EXPIRED"), "10.00")
    );
    app.verify().await;
}

#[tokio::test]
async fn what_is_not_exchanged_after_all_lets_its_stock_go() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let free = async || shop.whole_level("B", &shop.berlin).await["available"].as_i64().unwrap();
    let before = free().await;
    let made = agreed(&shop, wanted(&order, "A", 1, "B")).await;
    assert_eq!(free().await, before - 1);
    shop.admin.done(RETURN_CANCEL, json!({ "returnId": made["id"] })).await;
    assert_eq!(free().await, before);
    assert_eq!(seen(&shop, &made).await["exchangeOrder"]["state"], "CANCELLED");
    // Nothing was sent: it ends by itself.
    let made = agreed(&shop, wanted(&order, "A", 1, "B")).await;
    app.later(Duration::days(31)).await;
    assert_eq!((free().await, &seen(&shop, &made).await["state"]), (before, &json!("EXPIRED")));
    // The customer takes the money instead.
    let order = arrived(&shop, shop.sent_home(&[("A", 2)])).await;
    let made = agreed(&shop, wanted(&order, "A", 1, "B")).await;
    here(&shop, &made).await;
    let done = settled(&shop, &made, "ORIGINAL_PAYMENT").await;
    assert_eq!((free().await, amount(&done["quote"], "exchangeDifference")), (before, "0.00"));
    // Ten percent are kept, and the way back costs four.
    assert_eq!(done["refunds"][0]["amount"]["amount"], "5.00");
    app.verify().await;
}

#[tokio::test]
async fn what_went_wrong_is_sent_once_more_and_never_paid_back_too() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let mut input = shop.sent_home(&[("A", 2)]);
    input["adjustments"] = json!([{ "kind": "SHIPPING", "label": "post", "amount": "4.95" }]);
    let order = arrived(&shop, input).await;
    let mut claim = declared(&order, &[("A", 2)], "LOST");
    claim["kind"] = json!("CLAIM");
    let made = asked(&shop, claim.clone()).await;
    let keep = json!({ "returnId": made["id"], "goodsStayWithCustomer": true });
    shop.admin.done(RETURN_APPROVE, keep).await;
    let key =
        json!({ "input": { "returnId": made["id"], "method": "REPLACEMENT" }, "key": "once" });
    shop.admin.payload(RETURN_RESOLVE, key.clone()).await;
    shop.admin.payload(RETURN_RESOLVE, key).await;
    let done = seen(&shop, &made).await;
    let new = &done["replacementOrder"];
    assert_eq!(
        (amount(&new["totals"], "grandTotal"), amount(&new["totals"], "paid"), &new["onHold"]),
        ("20.00", "20.00", &json!(false))
    );
    assert_eq!(
        (&new["lines"][0]["quantity"], &new["makesRight"]["number"]),
        (&json!(2), &made["number"])
    );
    assert_eq!((&done["refunds"], amount(&done["quote"], "total")), (&json!([]), "0.00"));
    let money = json!({ "returnId": made["id"], "method": "ORIGINAL_PAYMENT" });
    assert_eq!(shop.admin.refused(RETURN_RESOLVE, money).await, ["STATE_CONFLICT input.returnId"]);
    assert_eq!(
        shop.admin.refused(RETURN_REQUEST, claim).await,
        ["AMOUNT_EXCEEDED input.lines.0.quantity"],
        "and not claimed twice"
    );
    app.verify().await;
    // What comes in its place can be lost as well: then the money goes back to the card.
    let work = shop.work(new, 0).await;
    shop.ship(&work).await;
    let again = shop.read(new).await;
    let mut claim = declared(&again, &[("A", 2)], "LOST");
    claim["kind"] = json!("CLAIM");
    let lost = asked(&shop, claim).await;
    let keep = json!({ "returnId": lost["id"], "goodsStayWithCustomer": true });
    shop.admin.done(RETURN_APPROVE, keep).await;
    paid_back(&shop, &lost).await;
    let done = seen(&shop, &made).await;
    assert_eq!(amount(&done["order"]["payments"][0], "refunded"), "20.00");
    app.settled().await;
    app.verify().await;
}

#[tokio::test]
async fn what_cannot_be_exchanged_is_said() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3), ("B", 1)])).await;
    let mut plain = declared(&order, &[("A", 1)], "WRONG_SIZE");
    plain["lines"][0]["exchangeForSku"] = json!("B");
    assert_eq!(
        shop.admin.refused(RETURN_REQUEST, plain.clone()).await,
        ["INVALID input.lines.0.exchangeForSku"]
    );
    let mut none = declared(&order, &[("A", 1)], "WRONG_SIZE");
    none["kind"] = json!("EXCHANGE");
    assert_eq!(
        shop.admin.refused(RETURN_REQUEST, none).await,
        ["REQUIRED input.lines.0.exchangeForSku"]
    );
    assert_eq!(
        shop.admin.refused(RETURN_REQUEST, wanted(&order, "A", 1, "NOPE")).await,
        ["NOT_FOUND input.lines.0.exchangeForSku"]
    );
    let made = asked(&shop, wanted(&order, "A", 1, "B")).await;
    let stays = json!({ "returnId": made["id"], "goodsStayWithCustomer": true });
    assert_eq!(
        shop.admin.refused(RETURN_APPROVE, stays).await,
        ["INVALID input.goodsStayWithCustomer"]
    );
    // Somebody else took what there was.
    for place in [&shop.berlin, &shop.hamburg, &shop.store] {
        let level = shop.whole_level("B", place).await;
        let left = level["available"].as_i64().unwrap();
        if left > 0 {
            let count = json!({ "locationId": place, "reason": "lost", "lines": [{ "sku": "B", "onHandChange": -left }] });
            shop.admin.done(STOCK_ADJUST, count).await;
        }
    }
    let which = json!({ "returnId": made["id"] });
    assert_eq!(shop.admin.refused(RETURN_APPROVE, which).await, ["OUT_OF_STOCK input.returnId"]);
    assert_eq!(seen(&shop, &made).await["state"], "REQUESTED", "and nothing is half done");
    let returned = super::approved(&shop, declared(&order, &[("A", 1)], "DEFECTIVE")).await;
    let early = json!({ "returnId": returned["id"], "advanceExchange": true });
    assert_eq!(shop.admin.refused(RETURN_APPROVE, early).await, ["STATE_CONFLICT input.returnId"]);
    here(&shop, &returned).await;
    for method in ["EXCHANGE", "REPLACEMENT"] {
        let input = json!({ "returnId": returned["id"], "method": method });
        assert_eq!(
            shop.admin.refused(RETURN_RESOLVE, input).await,
            ["STATE_CONFLICT input.method"]
        );
        let input =
            json!({ "returnId": returned["id"], "method": method, "amount": "1.00", "note": "so" });
        assert_eq!(shop.admin.refused(RETURN_RESOLVE, input).await, ["INVALID input.amount"]);
    }
    app.verify().await;
}
