//! What a return is worth, to the cent.

use super::{arrived, declared, law, quote};
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
