//! Who may give how much back, and where it comes from in the books.

use super::payment;
use crate::ledger::{balances, documents, entries};
use harness::shop::*;
use harness::{Client, Shop, TestApp};
use serde_json::{Value as Json, json};

/// An order of two A that was captured and shipped.
async fn shipped(shop: &Shop) -> (Json, Json) {
    let mut input = shop.order(&[("A", 2)]);
    input["customer"] =
        json!({ "identity": { "kind": "CHANNEL_ACCOUNT", "value": "ada", "channelId": shop.web } });
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "20.00" }]);
    let order = shop.place(input).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let paid = payment(shop, &order).await;
    (order, paid)
}

async fn known(shop: &Shop) {
    let mut input = shop.order(&[("A", 1)]);
    let account = json!({ "kind": "CHANNEL_ACCOUNT", "value": "ada", "channelId": shop.web });
    input["customer"] =
        json!({ "create": { "email": "ada@example.com", "identities": [account] } });
    shop.place(input).await;
}

fn back(payment: &Json, amount: &str) -> Json {
    json!({ "paymentId": payment["id"], "amount": amount, "reason": "scratched" })
}

/// Somebody who may give back so much, for nothing so much on an order and so much to a customer.
async fn clerk(app: &TestApp, shop: &Shop, name: &str, limits: [&str; 3]) -> Client {
    let role = json!({ "name": name, "permissions": ["ORDERS_READ", "PAYMENTS_READ", "REFUNDS_WRITE", "CUSTOMERS_READ"],
        "refundLimit": limits[0], "goodwillPerCaseLimit": limits[1], "goodwillPerCustomerLimit": limits[2] });
    shop.admin.done(ROLE_DEFINE, role).await;
    app.signed_in(&format!("{name}@shop.example"), name).await
}

#[tokio::test]
async fn money_given_up_is_taken_off_the_invoice() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    known(&shop).await;
    let (order, paid) = shipped(&shop).await;
    let codes = shop.admin.refused(PAYMENT_REFUND, back(&paid, "20.01")).await;
    assert_eq!(codes, ["AMOUNT_EXCEEDED input.amount"]);
    let done = shop.admin.done(PAYMENT_REFUND, back(&paid, "5.00")).await["payment"].clone();
    assert_eq!(
        (&done["state"], &done["refundable"]["amount"]),
        (&json!("PARTIALLY_REFUNDED"), &json!("15.00"))
    );
    assert_eq!(done["order"]["totals"]["outstanding"]["amount"], "0.00");
    let issued = documents(&shop, &order).await;
    let note = &issued[1];
    assert_eq!(
        (&note["number"], &note["corrects"]["number"]),
        (&json!("CN-2026-000001"), &json!("INV-2026-000001"))
    );
    assert_eq!(
        note["lines"],
        json!([{ "sku": null, "description": "scratched", "quantity": 1, "unitPrice": { "amount": "5.00" },
        "net": { "amount": "4.20" }, "tax": { "amount": "0.80" }, "taxRate": "0.19" }])
    );
    let books = balances(&shop).await;
    assert_eq!(
        (&*books["1100"], &*books["4000"], &*books["4090"], &*books["2100"]),
        ("15.00", "-16.81", "4.20", "-2.39")
    );
    let told = entries(&shop, &order).await;
    assert!(
        told.contains(&(
            "Credit note".into(),
            vec!["2050 -5.00".into(), "4090 4.20".into(), "2100 0.80".into()]
        )),
        "{told:?}"
    );
    // All of it back takes all of the invoice back, to the cent.
    shop.admin.done(PAYMENT_REFUND, back(&paid, "15.00")).await;
    let books = balances(&shop).await;
    assert!(!books.contains_key("2100") && !books.contains_key("1100"), "{books:?}");
    assert_eq!((&*books["4000"], &*books["4090"]), ("-16.81", "16.81"));
    assert_eq!(shop.read(&order).await["paymentState"], "REFUNDED");
    app.verify().await;
}

#[tokio::test]
async fn what_was_paid_ahead_goes_back_without_a_document() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["payments"] = json!([{ "provider": "manual", "method": "cash", "captured": "12.00" }]);
    let order = shop.place(input).await;
    let paid = payment(&shop, &order).await;
    shop.admin.done(PAYMENT_REFUND, back(&paid, "2.00")).await;
    shop.ship(&shop.work(&order, 0).await).await;
    assert_eq!(documents(&shop, &order).await.len(), 1);
    assert!(!balances(&shop).await.contains_key("2000"));
    app.verify().await;
}

#[tokio::test]
async fn no_limit_is_passed_in_small_steps() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    known(&shop).await;
    let clerk = clerk(&app, &shop, "clerk", ["12", "8", "10"]).await;
    let (_, one) = shipped(&shop).await;
    let (_, two) = shipped(&shop).await;
    let (_, three) = shipped(&shop).await;
    // 8 on an order, in whatever steps.
    clerk.done(PAYMENT_REFUND, back(&one, "5.00")).await;
    let codes = clerk.refused(PAYMENT_REFUND, back(&one, "3.01")).await;
    assert_eq!(codes, ["LIMIT_EXCEEDED input.amount"]);
    clerk.done(PAYMENT_REFUND, back(&one, "3.00")).await;
    // 10 to a customer, on whichever orders.
    assert_eq!(
        clerk.refused(PAYMENT_REFUND, back(&two, "2.01")).await,
        ["LIMIT_EXCEEDED input.amount"]
    );
    clerk.done(PAYMENT_REFUND, back(&two, "2.00")).await;
    assert_eq!(
        clerk.refused(PAYMENT_REFUND, back(&three, "0.01")).await,
        ["LIMIT_EXCEEDED input.amount"]
    );
    // Ninety days later it is forgotten.
    app.later(time::Duration::days(91)).await;
    let clerk = app.sign_in("clerk@shop.example").await;
    clerk.done(PAYMENT_REFUND, back(&three, "8.00")).await;
    app.verify().await;
}

#[tokio::test]
async fn what_is_above_a_limit_waits_for_somebody_else() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    known(&shop).await;
    let low = clerk(&app, &shop, "low", ["5", "5", "5"]).await;
    let high = clerk(&app, &shop, "high", ["15", "15", "15"]).await;
    let (_, paid) = shipped(&shop).await;
    let mut input = back(&paid, "12.00");
    input["requestApproval"] = json!(true);
    let asked = low.done(PAYMENT_REFUND, input.clone()).await;
    assert_eq!(asked["payment"]["refunded"]["amount"], "0.00");
    let request = asked["refundRequest"].clone();
    assert_eq!(request["state"], "PENDING");
    // What is asked for is spoken for.
    let codes = shop.admin.refused(PAYMENT_REFUND, back(&paid, "8.01")).await;
    assert_eq!(codes, ["AMOUNT_EXCEEDED input.amount"]);
    let decide =
        |grant: bool| json!({ "refundRequestId": request["id"], "grant": grant, "note": "ok" });
    assert_eq!(
        low.refused(REFUND_DECIDE, decide(true)).await,
        ["POLICY_VIOLATION input.refundRequestId"]
    );
    let middle = clerk(&app, &shop, "middle", ["10", "10", "10"]).await;
    assert_eq!(
        middle.refused(REFUND_DECIDE, decide(true)).await,
        ["LIMIT_EXCEEDED input.refundRequestId"]
    );
    let done = high.done(REFUND_DECIDE, decide(true)).await["refundRequest"].clone();
    assert_eq!(
        (&done["state"], &done["payment"]["refunded"]["amount"]),
        (&json!("GRANTED"), &json!("12.00"))
    );
    assert_eq!(
        (&done["requestedBy"]["label"], &done["decidedBy"]["label"]),
        (&json!("low"), &json!("high"))
    );
    assert_eq!(
        high.refused(REFUND_DECIDE, decide(false)).await,
        ["STATE_CONFLICT input.refundRequestId"]
    );
    let again = low.done(PAYMENT_REFUND, json!({ "paymentId": paid["id"], "amount": "8.00", "reason": "more", "requestApproval": true })).await;
    let deny = json!({ "refundRequestId": again["refundRequest"]["id"], "grant": false });
    assert_eq!(low.done(REFUND_DECIDE, deny).await["refundRequest"]["state"], "DENIED");
    let query = "query($s: [RefundRequestState!]) { refundRequests(states: $s) { totalCount nodes { state } } }";
    assert_eq!(shop.admin.payload(query, json!({ "s": ["GRANTED"] })).await["totalCount"], 1);
    assert_eq!(shop.admin.payload(query, json!({})).await["totalCount"], 2);
    let stranger = app.reaching(Some(&[&shop.market]), None).await;
    assert_eq!(stranger.payload(query, json!({})).await["totalCount"], 0);
    app.verify().await;
}
