//! Stripe, against a stand-in that refuses what Stripe refuses.

use super::payment;
use crate::ledger::balances;
use aftercart::providers::stripe::{Secret, StripeOptions};
use harness::shop::*;
use harness::stripe::{KEY, StandIn, WEBHOOK_SECRET, signature};
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

async fn started(key: &str) -> (StandIn, TestApp, Shop) {
    let stripe = StandIn::start().await;
    let options = StripeOptions {
        key: Secret::new(key),
        webhook_secret: Some(Secret::new(WEBHOOK_SECRET)),
        url: stripe.url.parse().unwrap(),
    };
    let app = TestApp::with_options(|given| given.stripe = Some(options)).await;
    let shop = Shop::open(&app).await;
    (stripe, app, shop)
}

/// An order that a storefront authorized at Stripe.
async fn ordered(shop: &Shop, intent: &str, lines: &[(&str, i32)], amount: &str) -> Json {
    let mut input = shop.order(lines);
    input["allowBackorder"] = json!(true);
    input["payments"] = json!([{ "provider": "stripe", "method": "card", "providerReference": intent, "authorized": amount }]);
    shop.place(input).await
}

/// The steps of a payment as `KIND STATE amount reference`, without the authorization.
async fn steps(shop: &Shop, order: &Json) -> Vec<String> {
    let found = payment(shop, order).await;
    let text = |step: &Json| {
        let reference = step["providerReference"].as_str().unwrap_or("-");
        let part = |name: &str| step[name].as_str().unwrap().to_owned();
        let amount = step["amount"]["amount"].as_str().unwrap();
        format!("{} {} {amount} {reference}", part("kind"), part("state"))
    };
    let steps = found["transactions"].as_array().unwrap().iter().map(text);
    steps.filter(|step| !step.starts_with("AUTH")).collect()
}

#[tokio::test]
async fn an_order_in_two_shipments_is_captured_twice_and_refunded() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.authorize("pi_1", 3_333, true);
    let order = ordered(&shop, "pi_1", &[("C", 1)], "33.33").await;
    assert_eq!(stripe.calls(), Vec::<String>::new());
    app.asked().await;
    assert_eq!(stripe.calls(), ["GET /v1/payment_intents/pi_1"]);
    let found = payment(&shop, &order).await;
    let query = "query($id: ID!) { node(id: $id) { ... on Payment { authorizationExpiresAt } } }";
    let ends = shop.admin.payload(query, json!({ "id": found["id"] })).await;
    // As long as Stripe says, not as long as somebody believed.
    assert_eq!(ends["authorizationExpiresAt"], "2026-03-09T10:00:00Z");
    let part = json!({ "paymentId": found["id"], "amount": "13.33" });
    shop.admin.done(PAYMENT_CAPTURE, part).await;
    app.asked().await;
    assert_eq!(stripe.intent("pi_1")["amount_capturable"], 2_000);
    shop.ship(&shop.work(&order, 0).await).await;
    app.asked().await;
    assert_eq!(stripe.intent("pi_1")["status"], "succeeded");
    assert_eq!(stripe.intent("pi_1")["amount_received"], 3_333);
    let taken = ["CAPTURE SUCCEEDED 13.33 ch_pi_1", "CAPTURE SUCCEEDED 20.00 ch_pi_1"];
    assert_eq!(steps(&shop, &order).await, taken);
    assert_eq!(balances(&shop).await["1100"], "33.33");
    let back = json!({ "paymentId": found["id"], "amount": "3.00", "reason": "x" });
    shop.admin.done(PAYMENT_REFUND, back).await;
    app.asked().await;
    assert_eq!(steps(&shop, &order).await[2], "REFUND SUCCEEDED 3.00 re_1");
    assert_eq!(stripe.refunds()[0]["amount"], 300);
    let calls = stripe.calls();
    assert_eq!(calls.len(), 3, "{calls:?}");
    app.verify().await;
}

#[tokio::test]
async fn what_got_no_answer_is_asked_again_under_the_same_key() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.authorize("pi_1", 1_000, true);
    let order = ordered(&shop, "pi_1", &[("A", 1)], "10.00").await;
    app.asked().await;
    shop.ship(&shop.work(&order, 0).await).await;
    stripe.goes_down(1);
    app.asked().await;
    assert_eq!(steps(&shop, &order).await, ["CAPTURE PENDING 10.00 -"]);
    let why = "select count(*) from provider_asks where last_error like '500%' and attempts = 1";
    assert_eq!(app.number(why).await, 1);
    // It took it, and the answer got lost: the same key answers the same, and takes nothing twice.
    app.later(Duration::seconds(2)).await;
    assert_eq!(stripe.intent("pi_1")["amount_received"], 1_000);
    assert_eq!(steps(&shop, &order).await, ["CAPTURE SUCCEEDED 10.00 ch_pi_1"]);
    app.verify().await;
}

#[tokio::test]
async fn a_key_that_is_refused_loses_nothing() {
    let (stripe, app, shop) = started("sk_wrong").await;
    stripe.authorize("pi_1", 1_000, true);
    let order = ordered(&shop, "pi_1", &[("A", 1)], "10.00").await;
    app.asked().await;
    let why = "select count(*) from provider_asks where last_error like '401%'";
    assert_eq!(app.number(why).await, 1);
    assert_eq!(payment(&shop, &order).await["state"], "AUTHORIZED");
    let secret = "select count(*) from provider_asks where last_error like '%sk_wrong%'";
    assert_eq!(app.number(secret).await, 0);
}

#[tokio::test]
async fn what_stripe_does_not_know_or_holds_less_of_is_let_go() {
    let (stripe, app, shop) = started(KEY).await;
    let unknown = ordered(&shop, "pi_none", &[("A", 1)], "10.00").await;
    stripe.authorize("pi_less", 600, true);
    let less = ordered(&shop, "pi_less", &[("A", 1)], "10.00").await;
    app.asked().await;
    assert_eq!(payment(&shop, &unknown).await["state"], "VOIDED");
    assert_eq!(shop.read(&unknown).await["onHold"], true);
    assert_eq!(steps(&shop, &less).await, ["VOID SUCCEEDED 4.00 -"]);
    assert_eq!(shop.read(&less).await["onHold"], true);
    // Without a name there is nothing to ask for.
    let mut input = shop.order(&[("A", 1)]);
    input["payments"] = json!([{ "provider": "stripe", "method": "card", "authorized": "10.00" }]);
    let nameless = shop.place(input).await;
    app.asked().await;
    let found = payment(&shop, &nameless).await;
    assert_eq!(found["state"], "VOIDED");
    app.verify().await;
}

#[tokio::test]
async fn an_account_that_captures_once_releases_the_rest() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.authorize("pi_1", 2_000, false);
    let order = ordered(&shop, "pi_1", &[("A", 2)], "20.00").await;
    app.asked().await;
    let found = payment(&shop, &order).await;
    let part = json!({ "paymentId": found["id"], "amount": "12.00" });
    shop.admin.done(PAYMENT_CAPTURE, part).await;
    app.asked().await;
    assert_eq!(stripe.intent("pi_1")["amount_received"], 1_200);
    let wanted = ["CAPTURE SUCCEEDED 12.00 ch_pi_1", "VOID SUCCEEDED 8.00 -"];
    assert_eq!(steps(&shop, &order).await, wanted);
    // What is missing is seen before the goods leave.
    assert_eq!(shop.read(&order).await["onHold"], true);
    app.verify().await;
}

#[tokio::test]
async fn a_cancelled_order_releases_what_was_authorized() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.authorize("pi_1", 1_000, true);
    let order = ordered(&shop, "pi_1", &[("A", 1)], "10.00").await;
    app.asked().await;
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": order["id"], "reason": "CUSTOMER" })).await;
    app.asked().await;
    assert_eq!(stripe.intent("pi_1")["status"], "canceled");
    assert_eq!(steps(&shop, &order).await, ["VOID SUCCEEDED 10.00 -"]);
    app.verify().await;
}

#[tokio::test]
async fn a_refund_that_takes_days_is_followed_by_webhook_or_by_asking() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.refunds_are("pending");
    let mut orders = Vec::new();
    for intent in ["pi_1", "pi_2"] {
        stripe.authorize(intent, 1_000, true);
        let order = ordered(&shop, intent, &[("A", 1)], "10.00").await;
        app.asked().await;
        shop.ship(&shop.work(&order, 0).await).await;
        app.asked().await;
        let paid = payment(&shop, &order).await;
        let back = json!({ "paymentId": paid["id"], "amount": "4.00", "reason": "x" });
        shop.admin.done(PAYMENT_REFUND, back).await;
        app.asked().await;
        orders.push(order);
    }
    assert_eq!(steps(&shop, &orders[0]).await[1], "REFUND PENDING 4.00 re_1");
    let mut failed = stripe.refunds()[0].clone();
    failed["status"] = json!("failed");
    failed["failure_reason"] = json!("expired_or_canceled_card");
    for event in ["evt_1", "evt_1", "evt_2"] {
        let told = stripe.tell(&app, event, "refund.failed", failed.clone()).await;
        assert_eq!(told.0, 200, "{told:?}");
    }
    assert_eq!(steps(&shop, &orders[0]).await[1], "REFUND FAILED 4.00 re_1");
    assert_eq!(balances(&shop).await["2050"], "-8.00");
    // Late news of what it was before change nothing.
    let pending = stripe.refunds()[0].clone();
    assert_eq!(stripe.tell(&app, "evt_3", "refund.updated", pending).await.0, 200);
    assert_eq!(steps(&shop, &orders[0]).await[1], "REFUND FAILED 4.00 re_1");
    // Of the other nobody tells: it is asked for.
    stripe.calls();
    app.later(Duration::hours(6)).await;
    assert!(stripe.calls().contains(&"GET /v1/refunds/re_2".to_owned()));
    assert_eq!(steps(&shop, &orders[1]).await[1], "REFUND PENDING 4.00 re_2");
    let mut arrived = stripe.refunds()[1].clone();
    arrived["status"] = json!("succeeded");
    stripe.tell(&app, "evt_4", "charge.refund.updated", arrived).await;
    assert_eq!(steps(&shop, &orders[1]).await[1], "REFUND SUCCEEDED 4.00 re_2");
    app.verify().await;
}

#[tokio::test]
async fn a_capture_that_takes_a_while_is_looked_at_again_and_taken_once() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.captures_take_a_while();
    let mut orders = Vec::new();
    for intent in ["pi_1", "pi_2"] {
        stripe.authorize(intent, 1_000, true);
        let order = ordered(&shop, intent, &[("A", 1)], "10.00").await;
        app.asked().await;
        shop.ship(&shop.work(&order, 0).await).await;
        app.asked().await;
        assert_eq!(steps(&shop, &order).await[0].split(' ').nth(1), Some("PENDING"));
        orders.push(order);
    }
    stripe.by_hand("pi_1", |intent| intent["status"] = json!("succeeded"));
    stripe.by_hand("pi_2", |intent| {
        intent["status"] = json!("requires_payment_method");
        intent["amount_received"] = json!(0);
    });
    app.later(Duration::minutes(10)).await;
    assert_eq!(steps(&shop, &orders[0]).await, ["CAPTURE SUCCEEDED 10.00 ch_pi_1"]);
    // Nothing is held for another try.
    let failed = ["CAPTURE FAILED 10.00 ch_pi_2", "VOID SUCCEEDED 10.00 -"];
    assert_eq!(steps(&shop, &orders[1]).await, failed);
    let captures = stripe.calls().into_iter().filter(|call| call.ends_with("/capture"));
    assert_eq!(captures.count(), 2);
    assert_eq!(balances(&shop).await["1100"], "10.00");
    app.verify().await;
}

#[tokio::test]
async fn what_is_done_in_the_dashboard_is_taken_in() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.authorize("pi_1", 2_000, true);
    let order = ordered(&shop, "pi_1", &[("A", 2)], "20.00").await;
    app.asked().await;
    stripe.by_hand("pi_1", |intent| {
        intent["amount_received"] = json!(1_500);
        intent["amount_capturable"] = json!(0);
        intent["status"] = json!("succeeded");
    });
    let taken = stripe.intent("pi_1");
    for event in ["evt_1", "evt_2"] {
        stripe.tell(&app, event, "payment_intent.succeeded", taken.clone()).await;
    }
    let wanted = ["CAPTURE SUCCEEDED 15.00 ch_pi_1", "VOID SUCCEEDED 5.00 -"];
    assert_eq!(steps(&shop, &order).await, wanted);
    let refund = json!({ "id": "re_9", "amount": 200, "currency": "eur", "payment_intent": "pi_1", "status": "succeeded" });
    for event in ["evt_3", "evt_4"] {
        stripe.tell(&app, event, "refund.created", refund.clone()).await;
    }
    assert_eq!(steps(&shop, &order).await[2..], ["REFUND SUCCEEDED 2.00 re_9"]);
    app.verify().await;
}

#[tokio::test]
async fn a_dispute_is_opened_answered_and_won_by_what_stripe_tells() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.authorize("pi_1", 1_000, true);
    let order = ordered(&shop, "pi_1", &[("A", 1)], "10.00").await;
    app.asked().await;
    shop.ship(&shop.work(&order, 0).await).await;
    app.asked().await;
    let dispute = |status: &str| {
        json!({ "id": "dp_1", "amount": 1_000, "currency": "eur", "payment_intent": "pi_1", "reason": "product_not_received",
        "status": status, "evidence_details": { "due_by": 1_773_050_400 }, "balance_transactions": [{ "fee": 1_500 }] })
    };
    for event in ["evt_1", "evt_1", "evt_2"] {
        let kind = "charge.dispute.created";
        stripe.tell(&app, event, kind, dispute("needs_response")).await;
    }
    let query = "{ disputes { totalCount nodes { id state stage reason fee { amount } evidenceDueAt providerReference } } }";
    let found = shop.admin.payload(query, json!({})).await;
    assert_eq!(found["totalCount"], 1);
    let open = &found["nodes"][0];
    assert_eq!(
        (&open["stage"], &open["fee"]["amount"], &open["evidenceDueAt"]),
        (&json!("CHARGEBACK"), &json!("15.00"), &json!("2026-03-09T10:00:00Z"))
    );
    assert_eq!(balances(&shop).await["1180"], "10.00");
    let answer = json!({ "disputeId": open["id"], "note": "It was signed for." });
    shop.admin.done(DISPUTE_SUBMIT, answer).await;
    app.asked().await;
    let sent = stripe.evidence("dp_1");
    assert_eq!(sent["submit"], "true");
    assert_eq!(sent["evidence[uncategorized_text]"], "It was signed for.");
    assert_eq!(sent["evidence[product_description]"], "1 x Thing A");
    for event in ["evt_3", "evt_4"] {
        stripe.tell(&app, event, "charge.dispute.closed", dispute("won")).await;
    }
    let found = shop.admin.payload(query, json!({})).await;
    assert_eq!(found["nodes"][0]["state"], "WON");
    let books = balances(&shop).await;
    assert_eq!((&*books["1100"], &*books["6010"]), ("-5.00", "15.00"));
    app.verify().await;
}

#[tokio::test]
async fn that_a_dispute_was_lost_may_be_told_before_that_there_is_one() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.authorize("pi_1", 1_000, true);
    let order = ordered(&shop, "pi_1", &[("A", 1)], "10.00").await;
    app.asked().await;
    shop.ship(&shop.work(&order, 0).await).await;
    app.asked().await;
    let dispute = |status: &str| json!({ "id": "dp_1", "amount": 1_000, "currency": "eur", "payment_intent": "pi_1", "status": status });
    for (event, kind, status) in [
        ("evt_2", "charge.dispute.closed", "lost"),
        ("evt_1", "charge.dispute.created", "needs_response"),
        ("evt_2", "charge.dispute.closed", "lost"),
    ] {
        assert_eq!(stripe.tell(&app, event, kind, dispute(status)).await.0, 200, "{event}");
    }
    let found = shop.admin.payload("{ disputes { nodes { state reason } } }", json!({})).await;
    assert_eq!(found["nodes"], json!([{ "state": "LOST", "reason": "general" }]));
    let books = balances(&shop).await;
    assert_eq!((books.get("1180"), &*books["6020"]), (None, "10.00"));
    app.verify().await;
}

#[tokio::test]
async fn a_second_capture_of_what_was_released_leaves_nothing_authorized() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.authorize("pi_1", 2_000, false);
    let order = ordered(&shop, "pi_1", &[("A", 2)], "20.00").await;
    app.asked().await;
    let found = payment(&shop, &order).await;
    for amount in ["12.00", "8.00"] {
        let part = json!({ "paymentId": found["id"], "amount": amount });
        shop.admin.done(PAYMENT_CAPTURE, part).await;
    }
    app.asked().await;
    let wanted =
        ["CAPTURE SUCCEEDED 12.00 ch_pi_1", "CAPTURE FAILED 8.00 -", "VOID SUCCEEDED 8.00 -"];
    assert_eq!(steps(&shop, &order).await, wanted);
    assert_eq!(shop.read(&order).await["onHold"], true);
    app.verify().await;
}

#[tokio::test]
async fn what_is_not_signed_of_now_is_refused_and_what_is_of_others_is_no_fault() {
    let (stripe, app, shop) = started(KEY).await;
    stripe.authorize("pi_1", 1_000, true);
    let order = ordered(&shop, "pi_1", &[("A", 1)], "10.00").await;
    app.asked().await;
    let mut taken = stripe.intent("pi_1");
    taken["amount_received"] = json!(1_000);
    let body =
        json!({ "id": "evt_1", "type": "payment_intent.succeeded", "data": { "object": taken } })
            .to_string();
    let now = app.clock.now().unix_timestamp();
    let good = signature(now, &body);
    let stale = now - 301;
    for wrong in [
        String::new(),
        format!("t={now}"),
        format!("t={now},v1={}", signature(now, "{}")),
        format!("t={},v1={good}", now + 1),
        format!("t={stale},v1={}", signature(stale, &body)),
    ] {
        let (status, said) = stripe.post(&app, &body, &wrong).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(said.contains("BAD_SIGNATURE"), "{said}");
    }
    assert_eq!(steps(&shop, &order).await, Vec::<String>::new());
    let told = stripe
        .tell(
            &app,
            "evt_2",
            "payment_intent.succeeded",
            json!({ "id": "pi_else", "status": "succeeded", "currency": "eur" }),
        )
        .await;
    assert_eq!(told, (200, "no payment of ours".to_owned()));
    let told = stripe.tell(&app, "evt_3", "customer.created", json!({ "id": "cus_1" })).await;
    assert_eq!(told, (200, "nothing to do".to_owned()));
    let told = stripe.tell(&app, "evt_4", "payment_intent.succeeded", json!({ "status": 1 })).await;
    assert_eq!(told.0, 400);
    let plain = TestApp::start().await;
    assert_eq!(stripe.post(&plain, &body, "x").await.0, 404);
    app.verify().await;
}
