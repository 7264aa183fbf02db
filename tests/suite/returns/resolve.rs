//! Goods come back, go where somebody says, and are paid for, in one transaction.

use super::{approved, arrived, back, declared, law, looked, paid_back, terms, units};
use crate::ledger::balances;
use harness::client::user_errors;
use harness::shop::*;
use harness::{Shop, TestApp};
use operations::permissions::Permission;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use time::Duration;

/// What changed between two balances.
fn moved(
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let cents = |balances: &BTreeMap<String, String>, code: &String| -> i64 {
        balances.get(code).map_or(0, |text| text.replace('.', "").parse().unwrap())
    };
    let codes: std::collections::BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    codes
        .into_iter()
        .map(|code| (code.clone(), cents(now, code) - cents(before, code)))
        .filter(|(_, change)| *change != 0)
        .map(|(code, change)| {
            let sign = if change < 0 { "-" } else { "" };
            (code, format!("{sign}{}.{:02}", change.abs() / 100, change.abs() % 100))
        })
        .collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(code, amount)| ((*code).to_owned(), (*amount).to_owned())).collect()
}

async fn level(shop: &Shop) -> [i64; 4] {
    let level = shop.whole_level("A", &shop.berlin).await;
    ["onHand", "available", "damaged", "qualityHold"].map(|name| level[name].as_i64().unwrap())
}

async fn credit_notes(shop: &Shop) -> Vec<Json> {
    let query = "query { invoices(filter: { kinds: [CREDIT_NOTE] }) { nodes { kind gross { amount } tax { amount } corrects { number } lines { sku description quantity net { amount } } } } }";
    shop.admin.payload(query, json!({})).await["nodes"].as_array().unwrap().clone()
}

async fn money_of(shop: &Shop, order: &Json) -> Json {
    let query = "query($id: ID!) { order(by: { id: $id }) { state paymentState returnState totals { paid { amount } refunded { amount } outstanding { amount } } lines { sku quantityReturned } } }";
    shop.admin.payload(query, json!({ "id": order["id"] })).await
}

#[tokio::test]
async fn what_comes_back_is_restocked_credited_and_paid_for_in_one() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    let mut input = shop.sent_home(&[("A", 3)]);
    input["adjustments"] = json!([{ "kind": "DISCOUNT", "label": "off", "amount": "10.00" }, { "kind": "SHIPPING", "label": "post", "amount": "4.95" }]);
    let order = arrived(&shop, input).await;
    let [on_hand, free, ..] = level(&shop).await;
    let made = approved(&shop, declared(&order, &[("A", 2)], "CHANGED_MIND")).await;
    let before = balances(&shop).await;
    let here = back(&shop, &made).await;
    assert_eq!(
        (&here["state"], &here["lines"][0]["quantityReceived"]),
        (&json!("RECEIVED"), &json!(2))
    );
    assert_eq!(level(&shop).await, [on_hand + 2, free, 0, 2], "it waits apart");
    assert_eq!(
        moved(&before, &balances(&shop).await),
        pairs(&[("1200", "8.00"), ("5000", "-8.00")])
    );
    let seen = looked(&shop, &made, &[(1, "RESTOCK"), (1, "SCRAP")]).await;
    assert_eq!(seen["state"], "INSPECTED");
    assert_eq!(level(&shop).await, [on_hand + 2, free, 0, 2], "and still does");
    let done = paid_back(&shop, &made).await;
    assert_eq!(
        (&done["state"], &done["resolution"]),
        (&json!("RESOLVED"), &json!("ORIGINAL_PAYMENT"))
    );
    assert_eq!(level(&shop).await, [on_hand + 1, free + 1, 0, 0]);
    // Two of three units of 20.00 after the discount.
    assert_eq!(done["quote"]["total"]["amount"], "13.33");
    assert_eq!(
        (&done["refunds"][0]["amount"]["amount"], &done["refunds"][0]["return"]["id"]),
        (&json!("13.33"), &made["id"])
    );
    let notes = credit_notes(&shop).await;
    assert_eq!(notes.len(), 1);
    assert_eq!(
        (&notes[0]["kind"], &notes[0]["gross"]["amount"], &notes[0]["lines"][0]["quantity"]),
        (&json!("CREDIT_NOTE"), &json!("13.33"), &json!(2))
    );
    assert_eq!(notes[0]["tax"], done["quote"]["tax"]);
    let now = money_of(&shop, &order).await;
    assert_eq!(
        (&now["totals"]["refunded"]["amount"], &now["totals"]["outstanding"]["amount"]),
        (&json!("13.33"), &json!("0.00"))
    );
    assert_eq!(
        (&now["returnState"], &now["lines"][0]["quantityReturned"]),
        (&json!("RETURNED"), &json!(2))
    );
    let books = moved(&before, &balances(&shop).await);
    assert_eq!(books.iter().find(|row| row.0 == "5010").unwrap().1, "4.00", "{books:?}");
    assert_eq!(books.iter().find(|row| row.0 == "1200").unwrap().1, "4.00", "{books:?}");
    assert!(!books.iter().any(|row| row.0 == "2050"), "{books:?}");
    app.verify().await;
    // The last unit takes the odd cent, and with all of it the delivery comes back.
    let rest = approved(&shop, declared(&order, &[("A", 1)], "CHANGED_MIND")).await;
    back(&shop, &rest).await;
    let done = paid_back(&shop, &rest).await;
    let quote = &done["quote"];
    assert_eq!(
        (&quote["items"]["amount"], &quote["shipping"]["amount"], &quote["total"]["amount"]),
        (&json!("6.67"), &json!("4.95"), &json!("11.62"))
    );
    let now = money_of(&shop, &order).await;
    assert_eq!(
        (&now["totals"]["refunded"]["amount"], &now["paymentState"]),
        (&json!("24.95"), &json!("REFUNDED"))
    );
    // Whoever looks afterwards moves the goods at once.
    let [.., held] = level(&shop).await;
    assert_eq!(held, 1);
    looked(&shop, &rest, &[(1, "OPEN_BOX")]).await;
    let [.., damaged, held] = level(&shop).await;
    assert_eq!((damaged, held), (1, 0));
    let again = json!({ "returnId": rest["id"], "method": "ORIGINAL_PAYMENT" });
    assert_eq!(shop.admin.refused(RETURN_RESOLVE, again).await, ["STATE_CONFLICT input.returnId"]);
    app.verify().await;
}

#[tokio::test]
async fn what_is_kept_is_earned_and_less_may_be_given() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let made = approved(&shop, declared(&order, &[("A", 2)], "CHANGED_MIND")).await;
    back(&shop, &made).await;
    let early = json!({ "returnId": made["id"], "method": "ORIGINAL_PAYMENT" });
    assert_eq!(
        shop.admin.refused(RETURN_RESOLVE, early.clone()).await,
        ["STATE_CONFLICT input.returnId"],
        "its policy wants it inspected"
    );
    looked(&shop, &made, &[(2, "RESTOCK")]).await;
    let before = balances(&shop).await;
    let mut less = early.clone();
    less["amount"] = json!("13.00");
    assert_eq!(shop.admin.refused(RETURN_RESOLVE, less.clone()).await, ["REQUIRED input.note"]);
    less["note"] = json!("scratched");
    let mut more = less.clone();
    more["amount"] = json!("14.01");
    assert_eq!(shop.admin.refused(RETURN_RESOLVE, more).await, ["AMOUNT_EXCEEDED input.amount"]);
    let done = shop.admin.done(RETURN_RESOLVE, less).await["return"].clone();
    // 20.00, less a tenth, 4.00 for the way and another 1.00.
    let quote = &done["quote"];
    assert_eq!(
        (
            &quote["restockingFee"]["amount"],
            &quote["returnShipping"]["amount"],
            &quote["total"]["amount"]
        ),
        (&json!("3.00"), &json!("4.00"), &json!("13.00"))
    );
    let books = moved(&before, &balances(&shop).await);
    let earned = books.iter().find(|row| row.0 == "4110").map(|row| row.1.as_str());
    let given = books.iter().find(|row| row.0 == "4100").map(|row| row.1.as_str());
    assert_eq!((earned, given), (Some("-5.88"), Some("16.81")), "{books:?}");
    assert_eq!(credit_notes(&shop).await[0]["gross"]["amount"], "13.00");
    assert_eq!(done["note"], "scratched");
    app.verify().await;
    // Nothing is given where a person says so, and says why.
    let made = approved(&shop, declared(&order, &[("A", 1)], "CHANGED_MIND")).await;
    back(&shop, &made).await;
    let worn = json!([{ "returnLineId": made["lines"][0]["id"], "quantity": 1, "condition": "USED", "disposition": "SCRAP", "refundable": false, "note": "worn" }]);
    let seen = shop
        .admin
        .done(RETURN_INSPECT, json!({ "returnId": made["id"], "lines": worn }))
        .await["return"]
        .clone();
    assert_eq!(seen["quote"]["total"]["amount"], "0.00");
    let nothing = json!({ "returnId": made["id"], "method": "NONE", "note": "worn" });
    let done = shop.admin.done(RETURN_RESOLVE, nothing).await["return"].clone();
    assert_eq!(
        (&done["quote"]["total"]["amount"], done["refunds"].as_array().map(Vec::len)),
        (&json!("0.00"), Some(0))
    );
    assert_eq!(money_of(&shop, &order).await["lines"][0]["quantityReturned"], 3);
    app.verify().await;
}

#[tokio::test]
async fn what_is_not_paid_yet_is_owed_no_longer() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    let mut input = shop.sent_home(&[("A", 3)]);
    input["paymentTermsDays"] = json!(14);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "5.00", "captured": "5.00" }]);
    let order = shop.place(input).await;
    let work = shop.work(&order, 0).await;
    shop.ship(&work).await;
    shop.admin.done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": work["id"] })).await;
    let order = shop.read(&order).await;
    let made = approved(&shop, declared(&order, &[("A", 3)], "CHANGED_MIND")).await;
    back(&shop, &made).await;
    let done = paid_back(&shop, &made).await;
    assert_eq!(
        (&done["quote"]["total"]["amount"], &done["refunds"][0]["amount"]["amount"]),
        (&json!("30.00"), &json!("5.00"))
    );
    assert_eq!(money_of(&shop, &order).await["totals"]["outstanding"]["amount"], "0.00");
    app.verify().await;
}

#[tokio::test]
async fn what_was_not_announced_is_taken_in_and_not_more_than_left() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 2), ("C", 1)])).await;
    let made = approved(&shop, declared(&order, &[("A", 1)], "CHANGED_MIND")).await;
    let take = |lines: Json, more: Json| json!({ "returnId": made["id"], "lines": lines, "unannounced": more });
    let refused = async |input: Json| shop.admin.refused(RETURN_RECEIVE, input).await;
    assert_eq!(refused(take(json!([]), json!([]))).await, ["LIMIT_EXCEEDED input.lines"]);
    let bad = take(
        json!([{ "returnLineId": made["lines"][0]["id"], "quantity": 0 }]),
        json!([{ "sku": "A", "quantity": -1 }]),
    );
    assert_eq!(
        refused(bad).await,
        ["INVALID input.lines.0.quantity", "INVALID input.unannounced.0.quantity"]
    );
    assert_eq!(
        refused(take(units(&made, &[3]), json!([]))).await,
        ["AMOUNT_EXCEEDED input.lines.0.quantity"]
    );
    assert_eq!(
        refused(take(json!([]), json!([{ "sku": "nothing", "quantity": 1 }]))).await,
        ["NOT_FOUND input.unannounced.0.sku"]
    );
    let mut elsewhere = take(units(&made, &[1]), json!([]));
    elsewhere["locationId"] = json!(shop.entity);
    assert_eq!(refused(elsewhere).await, ["NOT_FOUND input.locationId"]);
    // One more of A than was declared, the C, and a B that the order never had.
    let b = shop.whole_level("B", &shop.berlin).await;
    let all = take(
        units(&made, &[2]),
        json!([{ "sku": "C", "quantity": 1 }, { "sku": "B", "quantity": 1 }]),
    );
    let here = shop.admin.done(RETURN_RECEIVE, all).await["return"].clone();
    let lines: Vec<(&str, i64, i64, bool)> = here["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let count = |name: &str| one[name].as_i64().unwrap();
            (
                one["sku"].as_str().unwrap(),
                count("quantity"),
                count("quantityReceived"),
                one["orderLine"].is_null(),
            )
        })
        .collect();
    assert_eq!(lines, [("A", 1, 2, false), ("C", 1, 1, false), ("B", 1, 1, true)]);
    let held = shop.whole_level("B", &shop.berlin).await;
    assert_eq!(held["qualityHold"].as_i64().unwrap(), 1);
    assert_eq!(held["available"], b["available"], "nobody sells it blindly");
    let other =
        json!({ "returnId": made["id"], "locationId": shop.store, "lines": units(&made, &[1]) });
    assert_eq!(refused(other).await, ["INVALID input.locationId"]);
    let inspect = |line: usize, count: i64, to: &str| {
        let line = json!([{ "returnLineId": here["lines"][line]["id"], "quantity": count, "condition": "NEW", "disposition": to }]);
        json!({ "returnId": made["id"], "lines": line })
    };
    assert_eq!(
        shop.admin.refused(RETURN_INSPECT, inspect(0, 3, "RESTOCK")).await,
        ["AMOUNT_EXCEEDED input.lines.0.quantity"]
    );
    assert_eq!(
        shop.admin.refused(RETURN_INSPECT, inspect(0, 1, "KEEP_WITH_CUSTOMER")).await,
        ["INVALID input.lines.0.disposition"]
    );
    for (place, count) in [(0, 2), (1, 1)] {
        let seen = shop.admin.done(RETURN_INSPECT, inspect(place, count, "RESTOCK")).await;
        assert_eq!(seen["return"]["state"], "RECEIVED");
    }
    let seen = shop.admin.done(RETURN_INSPECT, inspect(2, 1, "RESTOCK")).await;
    assert_eq!(seen["return"]["state"], "INSPECTED");
    let done = paid_back(&shop, &made).await;
    assert_eq!(done["quote"]["total"]["amount"], "53.33", "two A and the C");
    let free = shop.whole_level("B", &shop.berlin).await["available"].as_i64().unwrap();
    assert_eq!(free, b["available"].as_i64().unwrap() + 1);
    app.verify().await;
}

#[tokio::test]
async fn of_two_who_settle_at_once_one_wins() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let made = approved(&shop, declared(&order, &[("A", 2)], "CHANGED_MIND")).await;
    back(&shop, &made).await;
    let input = json!({ "input": { "returnId": made["id"], "method": "ORIGINAL_PAYMENT" } });
    let (one, two) = tokio::join!(
        shop.admin.payload(RETURN_RESOLVE, input.clone()),
        shop.admin.payload(RETURN_RESOLVE, input)
    );
    let won = |answer: &Json| answer["userErrors"].as_array().unwrap().is_empty();
    assert!(won(&one) != won(&two), "{one} {two}");
    assert_eq!(money_of(&shop, &order).await["totals"]["refunded"]["amount"], "20.00");
    assert_eq!(credit_notes(&shop).await.len(), 1);
    app.verify().await;
}

#[tokio::test]
async fn money_may_go_back_before_the_goods_and_without_them() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let policy = json!({ "name": "At once", "windowDays": 30, "refundWithinDays": 7, "refundTrigger": "DISPATCH" });
    shop.admin.done(RETURN_POLICY_UPSERT, policy).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3), ("C", 1)])).await;
    let made = approved(&shop, declared(&order, &[("A", 1)], "CHANGED_MIND")).await;
    let pay = json!({ "returnId": made["id"], "method": "ORIGINAL_PAYMENT" });
    assert_eq!(
        shop.admin.refused(RETURN_RESOLVE, pay).await,
        ["STATE_CONFLICT input.returnId"],
        "it was not sent"
    );
    let mut input = declared(&order, &[("A", 1)], "CHANGED_MIND");
    input["locationId"] = json!(shop.berlin);
    let sent = shop.admin.done(RETURN_REQUEST, input).await["return"].clone();
    shop.admin
        .done(RETURN_APPROVE, json!({ "returnId": sent["id"], "trackingNumber": "T1" }))
        .await;
    let pay = json!({ "returnId": sent["id"], "method": "ORIGINAL_PAYMENT" });
    assert_eq!(
        shop.admin.refused(RETURN_RESOLVE, pay).await,
        ["STATE_CONFLICT input.returnId"],
        "a label proves nothing"
    );
    let scan =
        json!({ "trackingNumber": "T1", "status": "IN_TRANSIT", "at": "2026-03-02T09:00:00Z" });
    shop.admin.done(TRACKING_REPORT, scan).await;
    assert_eq!(paid_back(&shop, &sent).await["refunds"][0]["amount"]["amount"], "10.00");
    let late = back(&shop, &sent).await;
    assert_eq!(late["state"], "RESOLVED", "what comes afterwards is taken in");
    let beyond = json!({ "returnId": sent["id"], "lines": units(&sent, &[1]), "unannounced": [{ "sku": "C", "quantity": 1 }] });
    assert_eq!(
        shop.admin.refused(RETURN_RECEIVE, beyond).await,
        ["STATE_CONFLICT input.unannounced", "AMOUNT_EXCEEDED input.lines.0.quantity"],
        "and no more than was settled"
    );
    let [.., held] = level(&shop).await;
    assert_eq!(held, 1);
    looked(&shop, &sent, &[(1, "RESTOCK")]).await;
    app.verify().await;
    // What never arrived is claimed: nothing comes back, and the money does.
    let mut claim = declared(&order, &[("C", 1)], "NOT_DELIVERED");
    claim["kind"] = json!("CLAIM");
    let made = approved(&shop, claim).await;
    assert_eq!(paid_back(&shop, &made).await["refunds"][0]["amount"]["amount"], "33.33");
    assert_eq!(money_of(&shop, &order).await["totals"]["refunded"]["amount"], "43.33");
    // What the customer keeps is never received.
    let mut input = declared(&order, &[("A", 1)], "DEFECTIVE");
    input["locationId"] = json!(shop.berlin);
    let kept = shop.admin.done(RETURN_REQUEST, input).await["return"].clone();
    shop.admin
        .done(RETURN_APPROVE, json!({ "returnId": kept["id"], "goodsStayWithCustomer": true }))
        .await;
    let refused = shop
        .admin
        .refused(RETURN_RECEIVE, json!({ "returnId": kept["id"], "lines": units(&kept, &[1]) }))
        .await;
    assert_eq!(refused, ["STATE_CONFLICT input.returnId"]);
    paid_back(&shop, &kept).await;
    app.later(Duration::days(40)).await;
    app.verify().await;
}

#[tokio::test]
async fn nobody_gives_back_more_than_they_may() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let made = approved(&shop, declared(&order, &[("A", 2)], "CHANGED_MIND")).await;
    back(&shop, &made).await;
    let pay = json!({ "returnId": made["id"], "method": "ORIGINAL_PAYMENT" });
    let agent = app.without(Permission::RefundsWrite).await;
    let refused = agent.answer(RETURN_RESOLVE, json!({ "input": pay })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    for (name, limit, refused) in
        [("little", "19.99", vec!["LIMIT_EXCEEDED input.method"]), ("enough", "20.00", Vec::new())]
    {
        let permissions = ["ORDERS_READ", "RETURNS_READ", "RETURNS_WRITE", "REFUNDS_WRITE"];
        let role = json!({ "name": name, "permissions": permissions, "refundLimit": limit });
        shop.admin.done(ROLE_DEFINE, role).await;
        let clerk = app.signed_in(&format!("{name}@shop.example"), name).await;
        let answer = clerk.payload(RETURN_RESOLVE, json!({ "input": pay })).await;
        assert_eq!(user_errors(&answer), refused);
    }
    app.verify().await;
}

#[tokio::test]
async fn no_invoice_is_credited_with_more_units_than_it_has() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    // Ten leave Berlin, two Hamburg: two invoices.
    let order = shop.place(shop.sent_home(&[("A", 12)])).await;
    for place in 0..2 {
        let work = shop.work(&order, place).await;
        shop.ship(&work).await;
        shop.admin.done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": work["id"] })).await;
    }
    let order = shop.read(&order).await;
    let quantities = async || {
        let query = "query { invoices { nodes { kind number corrects { number } lines { quantity net { amount } tax { amount } } } } }";
        let found = shop.admin.payload(query, json!({})).await["nodes"].as_array().unwrap().clone();
        let mut units: BTreeMap<String, i64> = BTreeMap::new();
        for one in &found {
            let sign = if one["kind"] == "INVOICE" { 1 } else { -1 };
            let invoice = if sign > 0 { &one["number"] } else { &one["corrects"]["number"] };
            let count = one["lines"][0]["quantity"].as_i64().unwrap();
            *units.entry(invoice.as_str().unwrap().to_owned()).or_default() += sign * count;
        }
        units.into_values().collect::<Vec<i64>>()
    };
    let mut before = quantities().await;
    before.sort_unstable();
    assert_eq!(before, [2, 10]);
    for (count, left) in [(1, 11), (3, 8), (8, 0)] {
        let made = approved(&shop, declared(&order, &[("A", count)], "CHANGED_MIND")).await;
        back(&shop, &made).await;
        let done = paid_back(&shop, &made).await;
        assert_eq!(done["refunds"][0]["amount"]["amount"], format!("{}.00", count * 10));
        let now = quantities().await;
        assert!(now.iter().all(|units| *units >= 0), "{now:?}");
        assert_eq!(now.iter().sum::<i64>(), left);
        app.verify().await;
    }
}

#[tokio::test]
async fn what_a_history_tells_of_comes_back_too() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let past = json!({
        "channelCode": "web", "channelReference": "old", "currencyCode": "EUR",
        "placedAt": "2026-02-20T10:00:00Z", "shippedAt": "2026-02-21T10:00:00Z", "deliveredAt": "2026-02-22T10:00:00Z",
        "customer": { "identities": [{ "kind": "CHANNEL_ACCOUNT", "value": "person-1" }] },
        "lines": [{ "sku": "A", "quantity": 2, "unitPrice": "10.00", "taxRate": "0.19" }],
        "payments": [{ "method": "card", "amount": "20.00", "capturedAt": "2026-02-20T10:00:00Z" }],
    });
    terms(&shop).await;
    let done = shop.admin.done(ORDERS_IMPORT, json!({ "orders": [past] })).await;
    let order = shop.read(&done["orders"][0]).await;
    let mut other = declared(&order, &[("A", 1)], "WRONG_SIZE");
    other["kind"] = json!("EXCHANGE");
    other["lines"][0]["exchangeForSku"] = json!("B");
    let refused = shop.admin.refused(RETURN_REQUEST, other).await;
    assert_eq!(refused, ["STATE_CONFLICT input.kind"], "nothing here could pay for it");
    let [on_hand, free, ..] = level(&shop).await;
    let made = approved(&shop, declared(&order, &[("A", 1)], "DEFECTIVE")).await;
    let more = json!({ "returnId": made["id"], "lines": units(&made, &[3]) });
    let refused = shop.admin.refused(RETURN_RECEIVE, more).await;
    assert_eq!(refused, ["AMOUNT_EXCEEDED input.lines.0.quantity"]);
    back(&shop, &made).await;
    looked(&shop, &made, &[(1, "RESTOCK")]).await;
    let before = balances(&shop).await;
    let done = paid_back(&shop, &made).await;
    assert_eq!(done["refunds"][0]["amount"]["amount"], "10.00");
    assert_eq!(level(&shop).await, [on_hand + 1, free + 1, 0, 0]);
    assert_eq!(moved(&before, &balances(&shop).await), [], "our books never had it");
    let now = money_of(&shop, &order).await;
    assert_eq!(
        (&now["returnState"], &now["lines"][0]["quantityReturned"]),
        (&json!("RETURNED"), &json!(1))
    );
    app.verify().await;
}

#[tokio::test]
async fn credit_takes_the_place_of_money() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let made = approved(&shop, declared(&order, &[("A", 2)], "CHANGED_MIND")).await;
    back(&shop, &made).await;
    let before = balances(&shop).await;
    let input = json!({ "returnId": made["id"], "method": "STORE_CREDIT" });
    let done = shop.admin.done(RETURN_RESOLVE, input).await["return"].clone();
    assert_eq!(
        (&done["storeCredit"]["amount"], done["refunds"].as_array().map(Vec::len)),
        (&json!("20.00"), Some(0))
    );
    let books = moved(&before, &balances(&shop).await);
    assert_eq!(books, pairs(&[("2100", "3.19"), ("2160", "-20.00"), ("4100", "16.81")]));
    let now = money_of(&shop, &order).await;
    assert_eq!(
        (&now["totals"]["refunded"]["amount"], &now["totals"]["outstanding"]["amount"]),
        (&json!("0.00"), &json!("0.00"))
    );
    app.verify().await;
    // Of what was paid, no more than what is left goes back in money.
    let query = "query($id: ID!) { order(by: { id: $id }) { payments { id } } }";
    let paid = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let give = |amount: &str| json!({ "paymentId": paid["payments"][0]["id"], "amount": amount, "reason": "x" });
    assert_eq!(
        shop.admin.refused(PAYMENT_REFUND, give("10.01")).await,
        ["AMOUNT_EXCEEDED input.amount"]
    );
    let made = approved(&shop, declared(&order, &[("A", 1)], "CHANGED_MIND")).await;
    back(&shop, &made).await;
    assert_eq!(paid_back(&shop, &made).await["refunds"][0]["amount"]["amount"], "10.00");
    app.verify().await;
    // Who has no account has no credit.
    let mut input = shop.sent_home(&[("A", 1)]);
    input["customer"] = json!(null);
    let order = arrived(&shop, input).await;
    let made = approved(&shop, declared(&order, &[("A", 1)], "CHANGED_MIND")).await;
    back(&shop, &made).await;
    let input = json!({ "returnId": made["id"], "method": "STORE_CREDIT" });
    assert_eq!(shop.admin.refused(RETURN_RESOLVE, input).await, ["STATE_CONFLICT input.method"]);
    app.verify().await;
}

#[tokio::test]
async fn a_parcel_that_nobody_announced_waits_for_its_order() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let [on_hand, free, ..] = level(&shop).await;
    let before = balances(&shop).await;
    let parcel = json!({ "locationId": shop.berlin, "trackingNumber": "X 1", "lines": [{ "sku": "A", "quantity": 4 }, { "sku": "B", "quantity": 1 }] });
    let staged = shop.admin.done(RETURN_STAGE, parcel).await["return"].clone();
    assert_eq!((&staged["state"], &staged["order"]), (&json!("STAGED"), &json!(null)));
    assert_eq!(level(&shop).await, [on_hand + 4, free, 0, 4], "it is not restocked blindly");
    let pay = json!({ "returnId": staged["id"], "method": "ORIGINAL_PAYMENT" });
    assert_eq!(shop.admin.refused(RETURN_RESOLVE, pay).await, ["STATE_CONFLICT input.returnId"]);
    assert_eq!(moved(&before, &balances(&shop).await), []);
    app.verify().await;
    let other = shop.place(shop.paid(&[("D", 1)])).await;
    let wrong = json!({ "returnId": staged["id"], "orderId": other["id"] });
    assert_eq!(shop.admin.refused(RETURN_ASSIGN, wrong).await, ["INVALID input.orderId"]);
    let assign = json!({ "returnId": staged["id"], "orderId": order["id"] });
    let tied = shop.admin.done(RETURN_ASSIGN, assign.clone()).await["return"].clone();
    let lines: Vec<(&str, i64, bool)> = tied["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["sku"].as_str().unwrap(),
                one["quantityReceived"].as_i64().unwrap(),
                one["orderLine"].is_null(),
            )
        })
        .collect();
    assert_eq!(lines, [("A", 3, false), ("B", 1, true), ("A", 1, true)]);
    assert_eq!(
        (&tied["state"], &tied["quote"]["total"]["amount"]),
        (&json!("RECEIVED"), &json!("30.00"))
    );
    assert_eq!(
        moved(&before, &balances(&shop).await),
        pairs(&[("1200", "12.00"), ("5000", "-12.00")])
    );
    assert_eq!(level(&shop).await, [on_hand + 4, free, 0, 4]);
    assert_eq!(shop.admin.refused(RETURN_ASSIGN, assign).await, ["STATE_CONFLICT input.returnId"]);
    assert_eq!(paid_back(&shop, &tied).await["refunds"][0]["amount"]["amount"], "30.00");
    looked(&shop, &tied, &[(3, "RESTOCK")]).await;
    assert_eq!(level(&shop).await, [on_hand + 4, free + 3, 0, 1]);
    app.verify().await;
}

#[tokio::test]
async fn what_a_carrier_owes_is_noted_with_the_claim() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let mut claim = declared(&order, &[("A", 1)], "LOST");
    claim["kind"] = json!("CLAIM");
    let made = shop.admin.done(RETURN_REQUEST, claim).await["return"].clone();
    let record = |state: &str| json!({ "returnId": made["id"], "state": state });
    let refused = async |input: Json| shop.admin.refused(CARRIER_CLAIM_RECORD, input).await;
    assert_eq!(refused(record("FILED")).await, ["REQUIRED input.claimed"]);
    let mut filed = record("FILED");
    filed["claimed"] = json!("9.50");
    filed["recovered"] = json!("1.00");
    assert_eq!(refused(filed.clone()).await, ["INVALID input.recovered"]);
    filed["recovered"] = json!(null);
    filed["reference"] = json!("DHL-7");
    let one = shop.admin.done(CARRIER_CLAIM_RECORD, filed).await["return"]["carrierClaim"].clone();
    assert_eq!(
        (&one["state"], &one["claimed"]["amount"], &one["resolvedAt"]),
        (&json!("FILED"), &json!("9.50"), &json!(null))
    );
    assert_eq!(refused(record("PAID")).await, ["REQUIRED input.recovered"]);
    let mut paid = record("PAID");
    paid["recovered"] = json!("8.00");
    let one = shop.admin.done(CARRIER_CLAIM_RECORD, paid).await["return"]["carrierClaim"].clone();
    assert_eq!((&one["reference"], &one["recovered"]["amount"]), (&json!("DHL-7"), &json!("8.00")));
    assert_eq!(refused(record("REJECTED")).await, ["STATE_CONFLICT input.state"]);
    terms(&shop).await;
    let plain = shop
        .admin
        .done(RETURN_REQUEST, declared(&order, &[("A", 1)], "CHANGED_MIND"))
        .await["return"]
        .clone();
    let input = json!({ "returnId": plain["id"], "state": "FILED", "claimed": "1.00" });
    assert_eq!(refused(input).await, ["STATE_CONFLICT input.returnId"]);
    app.verify().await;
}

#[tokio::test]
async fn whoever_is_trusted_has_small_amounts_back_at_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let ten = json!({ "amount": "10.00", "currencyCode": "EUR" });
    let policy = json!({ "name": "At once", "windowDays": 30, "refundWithinDays": 7, "instantRefundBelow": ten });
    shop.admin.done(RETURN_POLICY_UPSERT, policy).await;
    let early = async |order: &Json, units: &[(&str, i64)]| {
        let made = approved(&shop, declared(order, units, "CHANGED_MIND")).await;
        let pay = json!({ "input": { "returnId": made["id"], "method": "ORIGINAL_PAYMENT" } });
        let done = shop.admin.payload(RETURN_RESOLVE, pay).await;
        (made, user_errors(&done).is_empty())
    };
    let first = arrived(&shop, shop.sent_home(&[("A", 2)])).await;
    assert!(!early(&first, &[("A", 1)]).await.1, "nobody knows them yet");
    arrived(&shop, shop.sent_home(&[("D", 1)])).await;
    let third = arrived(&shop, shop.sent_home(&[("A", 1), ("D", 3)])).await;
    assert!(!early(&third, &[("A", 1), ("D", 1)]).await.1, "it is too much");
    let (made, done) = early(&third, &[("D", 2)]).await;
    assert!(done);
    assert_eq!(back(&shop, &made).await["state"], "RESOLVED", "the goods follow");
    app.verify().await;
}
