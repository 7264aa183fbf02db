//! What a provider says became of what it was asked for: late, twice, and in any order.

use super::{authorized, payment};
use crate::ledger::balances;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn said(payment: &Json, kind: &str, state: &str, amount: &str, reference: &str) -> Json {
    json!({ "paymentId": payment["id"], "kind": kind, "state": state, "amount": amount, "providerReference": reference })
}

#[tokio::test]
async fn what_was_asked_for_is_pending_until_somebody_says() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, paid) = authorized(&shop, "psp", 2).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let now = payment(&shop, &order).await;
    let steps: Vec<_> = now["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["kind"].clone(), step["state"].clone()))
        .collect();
    let expected = [("AUTHORIZATION", "SUCCEEDED"), ("CAPTURE", "PENDING"), ("VOID", "PENDING")];
    assert_eq!(steps, expected.map(|(kind, state)| (json!(kind), json!(state))));
    assert!(now["transactions"][1]["fulfillment"]["id"].is_string());
    assert_eq!(now["captured"]["amount"], "0.00");
    // Invoiced, and owed until the money is there.
    assert_eq!(balances(&shop).await["1150"], "20.00");
    assert_eq!(shop.read(&order).await["paymentState"], "AUTHORIZED");
    let captured = said(&paid, "CAPTURE", "SUCCEEDED", "20.00", "cap-1");
    for _ in 0..2 {
        let done = shop.admin.done(PAYMENT_REPORT, captured.clone()).await["payment"].clone();
        assert_eq!(done["captured"]["amount"], "20.00");
        assert_eq!(done["order"]["totals"]["outstanding"]["amount"], "0.00");
    }
    let books = balances(&shop).await;
    assert_eq!(books["1100"], "20.00");
    assert!(!books.contains_key("1150"), "{books:?}");
    shop.admin.done(PAYMENT_REPORT, said(&paid, "VOID", "SUCCEEDED", "5.00", "void-1")).await;
    // Days later it failed after all, and an older notice comes late.
    app.later(time::Duration::days(3)).await;
    let failed = said(&paid, "CAPTURE", "FAILED", "20.00", "cap-1");
    let done = shop.admin.done(PAYMENT_REPORT, failed).await["payment"].clone();
    assert_eq!(done["captured"]["amount"], "0.00");
    assert_eq!(done["order"]["totals"]["outstanding"]["amount"], "20.00");
    let mut late = captured;
    late["at"] = json!("2026-03-02T10:00:00Z");
    let done = shop.admin.done(PAYMENT_REPORT, late).await["payment"].clone();
    assert_eq!(done["captured"]["amount"], "0.00");
    assert_eq!(balances(&shop).await["1150"], "20.00");
    let flags = &done["order"]["flags"];
    assert!(flags.as_array().unwrap().contains(&json!({ "code": "UNPAID_SHIPPED" })), "{flags}");
    app.verify().await;
}

#[tokio::test]
async fn a_refund_that_failed_is_still_owed() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 2)]);
    input["payments"] = json!([{ "provider": "psp", "method": "card", "captured": "20.00" }]);
    let order = shop.place(input).await;
    let paid = payment(&shop, &order).await;
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": order["id"], "reason": "CUSTOMER" })).await;
    assert_eq!(balances(&shop).await["2050"], "-20.00");
    let done = shop
        .admin
        .done(PAYMENT_REPORT, said(&paid, "REFUND", "FAILED", "20.00", "re-1"))
        .await["payment"]
        .clone();
    assert_eq!(done["order"]["totals"]["outstanding"]["amount"], "-20.00");
    assert_eq!(done["refundable"]["amount"], "20.00");
    // Touching the order starts no other refund by itself.
    shop.admin.done(NOTE_ADD, json!({ "subjectId": order["id"], "text": "calls back" })).await;
    app.later(time::Duration::days(1)).await;
    assert_eq!(payment(&shop, &order).await["refundable"]["amount"], "20.00");
    let again = json!({ "paymentId": paid["id"], "amount": "20.00", "reason": "again" });
    shop.admin.done(PAYMENT_REFUND, again).await;
    shop.admin.done(PAYMENT_REPORT, said(&paid, "REFUND", "SUCCEEDED", "20.00", "re-2")).await;
    assert!(balances(&shop).await.is_empty());
    // It had come about, and comes back: it is owed once more.
    app.later(time::Duration::hours(1)).await;
    let done = shop
        .admin
        .done(PAYMENT_REPORT, said(&paid, "REFUND", "FAILED", "20.00", "re-2"))
        .await["payment"]
        .clone();
    assert_eq!(done["refunded"]["amount"], "0.00");
    let books = balances(&shop).await;
    assert_eq!((&*books["1100"], &*books["2050"]), ("20.00", "-20.00"));
    app.verify().await;
}

#[tokio::test]
async fn what_nobody_asked_for_is_taken_in_too() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["payments"] = json!([{ "provider": "psp", "method": "slip", "pending": "10.00" }]);
    let order = shop.place(input).await;
    let paid = payment(&shop, &order).await;
    assert_eq!(shop.read(&order).await["onHold"], true);
    let done = shop
        .admin
        .done(PAYMENT_REPORT, said(&paid, "CAPTURE", "SUCCEEDED", "10.00", "slip-1"))
        .await["payment"]
        .clone();
    assert_eq!(
        (&done["state"], &done["authorized"]["amount"]),
        (&json!("CAPTURED"), &json!("10.00"))
    );
    assert_eq!(shop.read(&order).await["onHold"], false);
    for (kind, state, amount, code) in [
        ("REFUND", "SUCCEEDED", "10.01", "STATE_CONFLICT input.paymentId"),
        ("VOID", "SUCCEEDED", "1.00", "STATE_CONFLICT input.paymentId"),
        ("REFUND", "FAILED", "1.00", "STATE_CONFLICT input.paymentId"),
        ("CHARGEBACK", "SUCCEEDED", "1.00", "INVALID input.kind"),
        ("CAPTURE", "PENDING", "1.00", "INVALID input.state"),
    ] {
        let codes = shop.admin.refused(PAYMENT_REPORT, said(&paid, kind, state, amount, "x")).await;
        assert_eq!(codes, [code], "{kind}");
    }
    shop.admin.done(PAYMENT_REPORT, said(&paid, "REFUND", "SUCCEEDED", "4.00", "board-1")).await;
    assert_eq!(payment(&shop, &order).await["refunded"]["amount"], "4.00");
    let mut input = shop.order(&[("A", 1)]);
    input["payments"] = json!([{ "provider": "psp", "method": "slip", "pending": "10.00" }]);
    let order = shop.place(input).await;
    let paid = payment(&shop, &order).await;
    let done =
        shop.admin.done(PAYMENT_REPORT, said(&paid, "AUTHORIZATION", "FAILED", "10.00", "a")).await
            ["payment"]
            .clone();
    assert_eq!(done["state"], "FAILED");
    let done = shop
        .admin
        .done(PAYMENT_REPORT, said(&paid, "AUTHORIZATION", "SUCCEEDED", "10.00", "b"))
        .await["payment"]
        .clone();
    assert_eq!(
        (&done["state"], &done["authorized"]["amount"]),
        (&json!("AUTHORIZED"), &json!("10.00"))
    );
    app.verify().await;
}
