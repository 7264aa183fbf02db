//! The provider that is built in shows every path by the last digits of an amount.

use super::payment;
use crate::ledger::balances;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

/// An order that costs so much, authorized in the sandbox.
async fn ordered(shop: &Shop, amount: &str) -> Json {
    let mut input = shop.order(&[("A", 1)]);
    input["lines"][0]["unitPrice"] = json!(amount);
    input["payments"] = json!([{ "provider": "sandbox", "method": "card", "authorized": amount }]);
    shop.place(input).await
}

/// The same, shipped: its capture is asked for.
async fn shipped(app: &TestApp, shop: &Shop, amount: &str) -> Json {
    let order = ordered(shop, amount).await;
    app.asked().await;
    shop.ship(&shop.work(&order, 0).await).await;
    order
}

/// Where the capture and the payment stand, and what the provider said.
async fn captured(shop: &Shop, order: &Json) -> (String, String) {
    let found = payment(shop, order).await;
    let steps = found["transactions"].as_array().unwrap().clone();
    let capture = steps.iter().find(|step| step["kind"] == "CAPTURE").unwrap();
    (capture["state"].as_str().unwrap().into(), found["state"].as_str().unwrap().into())
}

fn pair(step: &str, payment: &str) -> (String, String) {
    (step.to_owned(), payment.to_owned())
}

async fn flags(shop: &Shop, order: &Json) -> Vec<String> {
    let query = "query($id: ID!) { order(by: { id: $id }) { flags { code } } }";
    let found = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let codes = found["flags"].as_array().unwrap().iter();
    codes.map(|flag| flag["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_asked_is_pending_until_it_is_answered_and_then_booked() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shipped(&app, &shop, "10.00").await;
    assert_eq!(captured(&shop, &order).await, pair("PENDING", "AUTHORIZED"));
    assert!(!balances(&shop).await.contains_key("1100"));
    assert_eq!(app.asked().await, 1);
    assert_eq!(captured(&shop, &order).await, pair("SUCCEEDED", "CAPTURED"));
    assert_eq!(balances(&shop).await["1100"], "10.00");
    assert_eq!(app.asked().await, 0);
    // Two nodes ask nothing twice.
    let order = shipped(&app, &shop, "12.00").await;
    let (one, two) = futures::join!(app.asked(), app.asked());
    assert_eq!(one + two, 1);
    assert_eq!(captured(&shop, &order).await, pair("SUCCEEDED", "CAPTURED"));
    app.verify().await;
}

#[tokio::test]
async fn captures_are_refused_late_or_fail_afterwards_by_their_amount() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    // Refused at once: the goods left, and nobody paid.
    let order = shipped(&app, &shop, "10.01").await;
    app.asked().await;
    assert_eq!(captured(&shop, &order).await, pair("FAILED", "AUTHORIZED"));
    assert_eq!(flags(&shop, &order).await, ["UNPAID_SHIPPED"]);
    assert_eq!(balances(&shop).await["1150"], "10.01");
    // Nothing is asked again by itself.
    assert_eq!(app.asked().await, 0);
    for (amount, after) in [("10.02", "SUCCEEDED"), ("10.03", "FAILED")] {
        let order = shipped(&app, &shop, amount).await;
        app.asked().await;
        assert_eq!(captured(&shop, &order).await.0, "PENDING", "{amount}");
        app.later(Duration::seconds(61)).await;
        assert_eq!(captured(&shop, &order).await.0, after, "{amount}");
    }
    let order = shipped(&app, &shop, "10.04").await;
    app.asked().await;
    assert_eq!(captured(&shop, &order).await, pair("SUCCEEDED", "CAPTURED"));
    app.later(Duration::minutes(61)).await;
    assert_eq!(captured(&shop, &order).await.0, "FAILED");
    assert_eq!(flags(&shop, &order).await, ["UNPAID_SHIPPED"]);
    let order = shipped(&app, &shop, "10.05").await;
    app.asked().await;
    assert_eq!(captured(&shop, &order).await.0, "PENDING");
    app.later(Duration::seconds(2)).await;
    assert_eq!(captured(&shop, &order).await.0, "PENDING");
    app.later(Duration::seconds(4)).await;
    assert_eq!(captured(&shop, &order).await.0, "SUCCEEDED");
    app.verify().await;
}

#[tokio::test]
async fn authorizations_end_early_or_are_not_known() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let ends = async |order: &Json| {
        let query = "query($id: ID!) { order(by: { id: $id }) { onHold payments { state authorizationExpiresAt } } }";
        shop.admin.payload(query, json!({ "id": order["id"] })).await
    };
    let order = ordered(&shop, "10.00").await;
    app.asked().await;
    assert_eq!(ends(&order).await["payments"][0]["authorizationExpiresAt"], "2026-03-09T10:00:00Z");
    let early = ordered(&shop, "10.06").await;
    app.asked().await;
    assert_eq!(ends(&early).await["payments"][0]["authorizationExpiresAt"], "2026-03-02T11:00:00Z");
    app.later(Duration::minutes(61)).await;
    let found = ends(&early).await;
    assert_eq!(
        (&found["payments"][0]["state"], &found["onHold"]),
        (&json!("EXPIRED"), &json!(true))
    );
    let unknown = ordered(&shop, "10.07").await;
    app.asked().await;
    let found = ends(&unknown).await;
    assert_eq!(
        (&found["payments"][0]["state"], &found["onHold"]),
        (&json!("VOIDED"), &json!(true))
    );
    app.verify().await;
}

#[tokio::test]
async fn a_refund_that_is_refused_is_still_owed_and_a_capture_is_disputed() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shipped(&app, &shop, "20.00").await;
    app.asked().await;
    let paid = payment(&shop, &order).await;
    let back = json!({ "paymentId": paid["id"], "amount": "5.01", "reason": "x" });
    shop.admin.done(PAYMENT_REFUND, back).await;
    assert_eq!(balances(&shop).await["2050"], "-5.01");
    app.asked().await;
    let found = payment(&shop, &order).await;
    assert_eq!(found["refunded"]["amount"], "0.00");
    assert_eq!(balances(&shop).await["2050"], "-5.01");
    // Released where it is not needed.
    let order = ordered(&shop, "30.00").await;
    app.asked().await;
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": order["id"], "reason": "CUSTOMER" })).await;
    app.asked().await;
    let found = payment(&shop, &order).await;
    assert_eq!(found["state"], "VOIDED");
    let steps = found["transactions"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["state"] == "SUCCEEDED"), "{steps:?}");
    let order = shipped(&app, &shop, "10.08").await;
    app.asked().await;
    assert_eq!(captured(&shop, &order).await, pair("SUCCEEDED", "CAPTURED"));
    app.later(Duration::minutes(61)).await;
    assert_eq!(payment(&shop, &order).await["state"], "CHARGED_BACK");
    let query = "{ disputes { nodes { id state reason amount { amount } evidenceDueAt } } }";
    let dispute = shop.admin.payload(query, json!({})).await["nodes"][0].clone();
    assert_eq!(
        (&dispute["state"], &dispute["reason"], &dispute["amount"]["amount"]),
        (&json!("OPEN"), &json!("fraudulent"), &json!("10.08"))
    );
    shop.admin.done(DISPUTE_SUBMIT, json!({ "disputeId": dispute["id"], "note": "sent" })).await;
    assert_eq!(app.asked().await, 1);
    app.verify().await;
}

#[tokio::test]
async fn money_that_is_taken_at_approval_is_not_asked_for_again_when_it_is_refused() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let channel = json!({ "code": "web", "name": "web", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": true,
        "legalEntityId": shop.entity, "capture": "APPROVAL" });
    shop.admin.done(CHANNEL_UPSERT, channel).await;
    let order = ordered(&shop, "10.01").await;
    assert_eq!(app.asked().await, 2);
    assert_eq!(captured(&shop, &order).await, pair("FAILED", "AUTHORIZED"));
    shop.admin.done(ORDER_EDIT, json!({ "orderId": order["id"], "email": "x@example.com" })).await;
    assert_eq!(app.asked().await, 0);
    app.verify().await;
}
