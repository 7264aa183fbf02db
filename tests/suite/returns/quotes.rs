//! What a return is worth, to the cent.

use super::{approved, arrived, back, declared, law, paid_back, quote};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn units_are_worth_their_frozen_share_and_the_last_one_takes_the_odd_cent() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    let mut input = shop.sent_home(&[("A", 3), ("C", 1)]);
    input["adjustments"] = json!([{ "kind": "DISCOUNT", "label": "ten off", "amount": "10.00" }, { "kind": "SHIPPING", "label": "post", "amount": "4.95" }]);
    let order = arrived(&shop, input).await;
    // 30.00 of 63.33 bear 4.74 of the ten: 25.26 for three units of A, 28.07 for the C.
    let total = async |units: i64| {
        let input = declared(&order, &[("A", units)], "CHANGED_MIND");
        quote(&shop, &input).await["quote"]["total"]["amount"].as_str().unwrap().to_owned()
    };
    assert_eq!([total(1).await, total(2).await, total(3).await], ["8.42", "16.84", "25.26"]);
    let part = quote(&shop, &declared(&order, &[("A", 3)], "CHANGED_MIND")).await;
    assert_eq!(part["quote"]["shipping"]["amount"], "0.00", "a part of it keeps its delivery");
    // All of it brings its delivery back, by law.
    let all = quote(&shop, &declared(&order, &[("A", 3), ("C", 1)], "CHANGED_MIND")).await;
    let amounts = |name: &str| all["quote"][name]["amount"].as_str().unwrap().to_owned();
    assert_eq!(
        [amounts("items"), amounts("shipping"), amounts("total")],
        ["53.33", "4.95", "58.28"]
    );
    let tenders = all["quote"]["tenders"].as_array().unwrap();
    assert_eq!(tenders.len(), 1);
    assert_eq!(
        (&tenders[0]["method"], &tenders[0]["amount"]["amount"]),
        (&json!("card"), &json!("58.28"))
    );
    // With the tax that its invoice bears: what is quoted is what was invoiced.
    let invoiced = shop
        .admin
        .payload("query { invoices { nodes { tax { amount } gross { amount } } } }", json!({}))
        .await;
    assert_eq!(
        (&all["quote"]["tax"]["amount"], &all["quote"]["total"]["amount"]),
        (&invoiced["nodes"][0]["tax"]["amount"], &invoiced["nodes"][0]["gross"]["amount"])
    );
    // Something was given back as a courtesy: no more than what is left comes back.
    let paid = shop.admin.payload("query { payments { nodes { id } } }", json!({})).await;
    let gift = json!({ "paymentId": paid["nodes"][0]["id"], "amount": "8.28", "reason": "sorry" });
    shop.admin.done(PAYMENT_REFUND, gift).await;
    let all = quote(&shop, &declared(&order, &[("A", 3), ("C", 1)], "CHANGED_MIND")).await;
    assert_eq!(all["quote"]["total"]["amount"], "50.00");
    app.verify().await;
}

#[tokio::test]
async fn only_standard_delivery_comes_back_and_only_units_that_are_there() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let policy = json!({ "name": "Withdrawal", "windowDays": 14, "refundWithinDays": 14, "statutory": true, "standardShipping": { "amount": "3.95", "currencyCode": "EUR" } });
    shop.admin.done(RETURN_POLICY_UPSERT, policy).await;
    let mut input = shop.sent_home(&[("A", 2)]);
    input["adjustments"] = json!([{ "kind": "SHIPPING", "label": "express", "amount": "9.95" }]);
    let order = arrived(&shop, input).await;
    let all = quote(&shop, &declared(&order, &[("A", 2)], "CHANGED_MIND")).await;
    assert_eq!(
        (&all["quote"]["shipping"]["amount"], &all["quote"]["total"]["amount"]),
        (&json!("3.95"), &json!("23.95"))
    );
    let many = declared(&order, &[("A", 3)], "CHANGED_MIND");
    assert_eq!(
        shop.admin.refused(RETURN_REQUEST, many).await,
        ["AMOUNT_EXCEEDED input.lines.0.quantity"]
    );
    shop.admin.done(RETURN_REQUEST, declared(&order, &[("A", 1)], "CHANGED_MIND")).await;
    let twice = declared(&order, &[("A", 2)], "CHANGED_MIND");
    assert_eq!(
        shop.admin.refused(RETURN_REQUEST, twice.clone()).await,
        ["AMOUNT_EXCEEDED input.lines.0.quantity"],
        "one of them is asked for already"
    );
    let mut split = twice;
    let one = split["lines"][0].clone();
    split["lines"] = json!([one, one]);
    split["lines"][0]["quantity"] = json!(1);
    split["lines"][1]["quantity"] = json!(1);
    assert_eq!(
        shop.admin.refused(RETURN_REQUEST, split).await,
        ["AMOUNT_EXCEEDED input.lines.1.quantity"]
    );
    let not_sent = shop.place(shop.sent_home(&[("B", 1)])).await;
    let early = declared(&shop.read(&not_sent).await, &[("B", 1)], "CHANGED_MIND");
    assert_eq!(
        shop.admin.refused(RETURN_REQUEST, early).await,
        ["AMOUNT_EXCEEDED input.lines.0.quantity"]
    );
    app.verify().await;
}

#[tokio::test]
async fn what_stays_no_longer_earns_its_discount() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let policy = json!({ "name": "Thirty days", "windowDays": 30, "refundWithinDays": 7, "customerPaysShipping": false, "refundTrigger": "RECEIPT" });
    let made = shop.admin.done(RETURN_POLICY_UPSERT, policy.clone()).await["returnPolicy"].clone();
    let mut input = shop.sent_home(&[("A", 3), ("B", 1)]);
    // Three for two, and five off from 40.00 on: of 40.00.
    input["lines"][0]["discount"] = json!("10.00");
    input["lines"][0]["discountPer"] = json!(3);
    input["adjustments"] = json!([{ "kind": "DISCOUNT", "label": "five off", "amount": "5.00", "minimumItems": "40.00" }]);
    let order = arrived(&shop, input).await;
    let query = "query($id: ID!) { order(by: { id: $id }) { lines { discountPer } adjustments { minimumItems { amount } } } }";
    let told = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    assert_eq!(
        told,
        json!({ "lines": [{ "discountPer": 3 }, { "discountPer": null }], "adjustments": [{ "minimumItems": { "amount": "40.00" } }] })
    );
    let worth = async |units: &[(&str, i64)], reason: &str| {
        let told = quote(&shop, &declared(&order, units, reason)).await;
        let of = |name: &str| told["quote"][name]["amount"].as_str().unwrap().to_owned();
        [of("items"), of("promotions"), of("total")]
    };
    assert_eq!(worth(&[("A", 1)], "CHANGED_MIND").await, ["5.83", "0.00", "5.83"]);
    let mut strict = policy;
    strict["id"] = made["id"].clone();
    strict["recomputePromotions"] = json!(true);
    shop.admin.done(RETURN_POLICY_UPSERT, strict).await;
    // Two A stay at 20.00, not at 13.33; and what stays costs less than 40.00: 1.67 and 2.50 are lost.
    let none = worth(&[("A", 1)], "CHANGED_MIND").await;
    assert_eq!(none, ["0.00", "5.83", "0.00"], "no more is kept than comes back");
    assert_eq!(worth(&[("A", 1)], "DEFECTIVE").await, ["5.83", "0.00", "5.83"]);
    assert_eq!(worth(&[("B", 1)], "CHANGED_MIND").await, ["15.00", "2.50", "15.00"]);
    assert_eq!(
        worth(&[("A", 3), ("B", 1)], "CHANGED_MIND").await,
        ["35.00", "0.00", "35.00"],
        "of nothing that stays nothing is kept"
    );
    let one = approved(&shop, declared(&order, &[("B", 1)], "CHANGED_MIND")).await;
    back(&shop, &one).await;
    paid_back(&shop, &one).await;
    app.settled().await;
    app.verify().await;
    let books = crate::ledger::balances(&shop).await;
    // What was kept was not given as a discount.
    assert_eq!((&*books["4090"], &*books["4100"]), ("10.51", "14.71"));
    // What was kept comes back with the goods that it was kept for.
    assert_eq!(worth(&[("A", 3)], "CHANGED_MIND").await, ["20.00", "-2.50", "20.00"]);
    let rest = approved(&shop, declared(&order, &[("A", 3)], "CHANGED_MIND")).await;
    back(&shop, &rest).await;
    paid_back(&shop, &rest).await;
    app.settled().await;
    app.verify().await;
    let now = shop.admin.payload("query($id: ID!) { order(by: { id: $id }) { totals { paid { amount } refunded { amount } outstanding { amount } } } }", json!({ "id": order["id"] })).await;
    assert_eq!(
        now["totals"],
        json!({ "paid": { "amount": "35.00" }, "refunded": { "amount": "35.00" }, "outstanding": { "amount": "0.00" } })
    );
}

#[tokio::test]
async fn what_a_discount_is_earned_by_has_to_make_sense() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.sent_home(&[("A", 3)]);
    input["lines"][0]["discountPer"] = json!(4);
    input["adjustments"] =
        json!([{ "kind": "SHIPPING", "label": "post", "amount": "5.00", "minimumItems": "40.00" }]);
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, input).await,
        ["INVALID input.lines.0.discountPer", "INVALID input.adjustments.0.minimumItems"]
    );
}
