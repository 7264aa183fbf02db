//! What a payer's bank takes back moves as the scheme moves it.

use super::payment;
use crate::ledger::balances;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

/// An order of two A, captured and shipped.
async fn shipped(shop: &Shop) -> Json {
    let mut input = shop.sent_home(&[("A", 2)]);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "20.00" }]);
    input["clientIp"] = json!("203.0.113.7");
    let order = shop.place(input).await;
    let work = shop.work(&order, 0).await;
    let parcel = json!({ "carrier": "DHL", "trackingNumber": "T-1", "lines": [{ "sku": "A", "quantity": 2 }] });
    let ship = json!({ "fulfillmentId": work["id"], "parcels": [parcel] });
    shop.admin.done(FULFILLMENT_SHIP, ship).await;
    payment(shop, &order).await
}

fn taken(payment: &Json, stage: &str, amount: &str, fee: Option<&str>) -> Json {
    json!({ "paymentId": payment["id"], "providerReference": "dp_1", "stage": stage, "amount": amount, "fee": fee, "reason": "not received" })
}

#[tokio::test]
async fn a_chargeback_takes_money_and_fee_and_is_lost() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let paid = shipped(&shop).await;
    // Asking moves no money.
    let asked =
        shop.admin.done(DISPUTE_RECORD, taken(&paid, "INQUIRY", "11.69", None)).await["dispute"]
            .clone();
    assert_eq!(asked["payment"]["disputed"]["amount"], "0.00");
    let codes = shop.admin.refused(DISPUTE_RECORD, taken(&paid, "CHARGEBACK", "11.00", None)).await;
    assert_eq!(codes, ["INVALID input.amount"]);
    let codes = shop.admin.refused(DISPUTE_RECORD, taken(&paid, "CHARGEBACK", "20.01", None)).await;
    assert_eq!(codes, ["AMOUNT_EXCEEDED input.amount"]);
    for _ in 0..2 {
        let done = shop
            .admin
            .done(DISPUTE_RECORD, taken(&paid, "CHARGEBACK", "11.69", Some("15.00")))
            .await["dispute"]
            .clone();
        assert_eq!((&done["id"], &done["fee"]["amount"]), (&asked["id"], &json!("15.00")));
        assert_eq!(done["payment"]["refundable"]["amount"], "8.31");
    }
    let books = balances(&shop).await;
    assert_eq!((&*books["1100"], &*books["1180"], &*books["6010"]), ("-6.69", "11.69", "15.00"));
    // What the bank holds is not given back as well.
    let back = json!({ "paymentId": paid["id"], "amount": "8.32", "reason": "x" });
    assert_eq!(shop.admin.refused(PAYMENT_REFUND, back).await, ["AMOUNT_EXCEEDED input.amount"]);
    let end = |state: &str| json!({ "disputeId": asked["id"], "state": state });
    assert_eq!(shop.admin.refused(DISPUTE_RESOLVE, end("OPEN")).await, ["INVALID input.state"]);
    let done = shop.admin.done(DISPUTE_RESOLVE, end("LOST")).await["dispute"].clone();
    assert_eq!(
        (&done["state"], &done["payment"]["disputed"]["amount"]),
        (&json!("LOST"), &json!("11.69"))
    );
    let books = balances(&shop).await;
    assert_eq!(books["6020"], "11.69");
    assert!(!books.contains_key("1180"));
    assert_eq!(
        shop.admin.refused(DISPUTE_RESOLVE, end("WON")).await,
        ["STATE_CONFLICT input.disputeId"]
    );
    app.verify().await;
}

#[tokio::test]
async fn what_is_won_comes_back_and_may_be_taken_again() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let paid = shipped(&shop).await;
    let done = shop
        .admin
        .done(DISPUTE_RECORD, taken(&paid, "CHARGEBACK", "20.00", Some("15.00")))
        .await["dispute"]
        .clone();
    assert_eq!(
        (&done["payment"]["state"], &done["payment"]["order"]["paymentState"]),
        (&json!("CHARGED_BACK"), &json!("CHARGED_BACK"))
    );
    let end = json!({ "disputeId": done["id"], "state": "WON" });
    let done = shop.admin.done(DISPUTE_RESOLVE, end.clone()).await["dispute"].clone();
    assert_eq!(
        (&done["payment"]["state"], &done["payment"]["order"]["paymentState"]),
        (&json!("CAPTURED"), &json!("PAID"))
    );
    // The fee stays.
    let books = balances(&shop).await;
    assert_eq!((&*books["1100"], &*books["6010"]), ("5.00", "15.00"));
    assert!(!books.contains_key("1180"));
    let again = taken(&paid, "PRE_ARBITRATION", "20.00", Some("5.00"));
    let done = shop.admin.done(DISPUTE_RECORD, again).await["dispute"].clone();
    assert_eq!((&done["state"], &done["fee"]["amount"]), (&json!("OPEN"), &json!("20.00")));
    let kinds: Vec<Json> = payment(&shop, &done["payment"]["order"]).await["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["kind"].clone())
        .collect();
    assert_eq!(
        kinds,
        ["AUTHORIZATION", "CAPTURE", "CHARGEBACK", "CHARGEBACK_REVERSAL", "CHARGEBACK"]
    );
    let end = json!({ "disputeId": done["id"], "state": "ACCEPTED" });
    shop.admin.done(DISPUTE_RESOLVE, end).await;
    assert_eq!(balances(&shop).await["6020"], "20.00");
    app.verify().await;
}

#[tokio::test]
async fn a_dispute_about_what_was_refunded_is_flagged() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let paid = shipped(&shop).await;
    let back = json!({ "paymentId": paid["id"], "amount": "5.00", "reason": "scratched" });
    shop.admin.done(PAYMENT_REFUND, back).await;
    let mut part = taken(&paid, "CHARGEBACK", "15.00", None);
    part["providerReference"] = json!("dp_2");
    let done = shop.admin.done(DISPUTE_RECORD, part).await["dispute"].clone();
    assert_eq!(done["refundedToo"], false);
    let done =
        shop.admin.done(DISPUTE_RECORD, taken(&paid, "CHARGEBACK", "5.00", None)).await["dispute"]
            .clone();
    assert_eq!(done["refundedToo"], true);
    assert_eq!(done["payment"]["state"], "CHARGED_BACK");
    app.verify().await;
}

#[tokio::test]
async fn evidence_is_assembled_sent_once_and_due() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let paid = shipped(&shop).await;
    let mut input = taken(&paid, "CHARGEBACK", "20.00", None);
    input["evidenceDueAt"] = json!("2026-03-12T00:00:00Z");
    let open = shop.admin.done(DISPUTE_RECORD, input).await["dispute"].clone();
    let query = "{ disputes(states: [OPEN, EVIDENCE_SENT]) { totalCount nodes { evidence } } }";
    let evidence = shop.admin.payload(query, json!({})).await["nodes"][0]["evidence"].clone();
    assert_eq!(evidence["order"]["ipAddress"], "203.0.113.7");
    assert_eq!(evidence["order"]["shippingAddress"]["city"], "Bonn");
    assert_eq!(evidence["parcels"][0]["trackingNumber"], "T-1");
    assert_eq!(evidence["documents"], json!(["INV-2026-000001"]));
    let without = app.without(operations::permissions::Permission::CustomersPii).await;
    let answer = without.answer(query, json!({})).await;
    assert_eq!(answer["data"]["disputes"]["nodes"][0]["evidence"], Json::Null);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    app.later(time::Duration::days(8)).await;
    let due = "select count(*) from events where kind = 'dispute.evidence_due'";
    assert_eq!(app.number(due).await, 1);
    let answer = json!({ "disputeId": open["id"], "note": "signed for" });
    let done = shop.admin.done(DISPUTE_SUBMIT, answer.clone()).await["dispute"].clone();
    assert_eq!(done["state"], "EVIDENCE_SENT");
    assert_eq!(
        shop.admin.refused(DISPUTE_SUBMIT, answer).await,
        ["STATE_CONFLICT input.disputeId"]
    );
    let sent = shop.admin.payload(query, json!({})).await["nodes"][0]["evidence"].clone();
    assert_eq!(sent["note"], "signed for");
    app.verify().await;
}
