//! The law first, then the most specific policy that matches.

use super::{arrived, declared, law, line, quote, terms};
use harness::shop::*;
use harness::{Shop, TestApp};
use operations::permissions::Permission;
use serde_json::json;
use time::Duration;

#[tokio::test]
async fn the_law_decides_while_its_days_last_and_the_shops_terms_after_them() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 2)])).await;
    let input = declared(&order, &[("A", 1)], "CHANGED_MIND");
    let now = quote(&shop, &input).await;
    assert_eq!((&now["allowed"], &now["policy"]["name"]), (&json!(true), &json!("Withdrawal")));
    assert_eq!(now["quote"]["total"]["amount"], "10.00");
    // It arrived on a Monday: two weeks later the law's days end, at midnight where the customer is.
    app.later(Duration::days(14)).await;
    assert_eq!(quote(&shop, &input).await["policy"]["name"], "Withdrawal");
    app.later(Duration::days(1)).await;
    let later = quote(&shop, &input).await;
    assert_eq!(
        (&later["allowed"], &later["policy"]["name"]),
        (&json!(true), &json!("Thirty days"))
    );
    let amounts = |name: &str| later["quote"][name]["amount"].as_str().unwrap().to_owned();
    let kept =
        [amounts("items"), amounts("restockingFee"), amounts("returnShipping"), amounts("total")];
    assert_eq!(kept, ["10.00", "1.00", "4.00", "5.00"]);
    // What the seller answers for costs the customer nothing.
    let input = declared(&order, &[("A", 1)], "DEFECTIVE");
    assert_eq!(quote(&shop, &input).await["quote"]["total"]["amount"], "10.00");
    app.later(Duration::days(16)).await;
    let over = quote(&shop, &input).await;
    assert_eq!(over["allowed"], false);
    // What is said is what the policy says that would have decided.
    let code = (&over["userErrors"][0]["code"], &over["userErrors"][0]["field"]);
    assert_eq!(code, (&json!("POLICY_VIOLATION"), &json!(["input", "requestedAt"])));
    let refused = shop.admin.refused(RETURN_REQUEST, input.clone()).await;
    assert_eq!(refused, ["POLICY_VIOLATION input.requestedAt"]);
    // Declared in time, and only entered now.
    let mut early = input.clone();
    early["requestedAt"] = json!("2026-03-20T10:00:00Z");
    assert_eq!(quote(&shop, &early).await["allowed"], true);
    // Whoever may give money back may override it, which is kept.
    let mut overridden = input;
    overridden["overridePolicy"] = json!(true);
    let agent = app.without(Permission::RefundsWrite).await;
    let (_, answer) = agent.send(RETURN_REQUEST, json!({ "input": overridden })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let made = shop.admin.done(RETURN_REQUEST, overridden).await["return"].clone();
    assert_eq!((&made["policyOverridden"], &made["state"]), (&json!(true), &json!("REQUESTED")));
    app.verify().await;
}

#[tokio::test]
async fn the_most_specific_policy_decides() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let made = async |name: &str, more: serde_json::Value| {
        let mut policy = json!({ "name": name, "windowDays": 30, "refundWithinDays": 7 });
        policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shop.admin.done(RETURN_POLICY_UPSERT, policy).await["returnPolicy"].clone()
    };
    let order = arrived(&shop, shop.sent_home(&[("A", 2)])).await;
    let input = declared(&order, &[("A", 1)], "CHANGED_MIND");
    let decides = async || quote(&shop, &input).await["policy"]["name"].clone();
    let none = quote(&shop, &input).await;
    assert_eq!((&none["allowed"], &none["policy"]), (&json!(false), &json!(null)));
    made("all", json!({})).await;
    assert_eq!(decides().await, "all");
    made("all, and more", json!({ "priority": 1 })).await;
    assert_eq!(decides().await, "all, and more");
    made("vip", json!({ "tags": ["vip"] })).await;
    assert_eq!(decides().await, "all, and more", "the order has no such tag");
    let tags = json!({ "orderId": order["id"], "add": ["vip"] });
    shop.admin.done(ORDER_TAG, tags).await;
    assert_eq!(decides().await, "vip");
    made("germany", json!({ "countryCodes": ["DE"] })).await;
    assert_eq!(decides().await, "germany");
    made("market", json!({ "channelId": shop.market })).await;
    assert_eq!(decides().await, "germany", "another channel's");
    let web = made("web", json!({ "channelId": shop.web, "countryCodes": [] })).await;
    assert_eq!(decides().await, "web");
    let gone = json!({ "id": web["id"], "expectedVersion": 1, "name": "web", "windowDays": 30, "refundWithinDays": 7, "active": false });
    let changed = shop.admin.done(RETURN_POLICY_UPSERT, gone.clone()).await["returnPolicy"].clone();
    assert_eq!((&changed["version"], &changed["channel"]["code"]), (&json!(2), &json!("web")));
    assert_eq!(decides().await, "germany");
    let refused = shop.admin.refused(RETURN_POLICY_UPSERT, gone).await;
    assert_eq!(refused, ["VERSION_CONFLICT input.expectedVersion"]);
    let names = shop.admin.payload("query { returnPolicies { name priority } }", json!({})).await;
    assert_eq!((names.as_array().unwrap().len(), &names[0]["name"]), (6, &json!("all, and more")));
    app.verify().await;
}

#[tokio::test]
async fn policies_that_cannot_be_are_refused_with_every_fault() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let policy = json!({ "name": " ", "countryCodes": ["Germany"], "windowDays": -1, "refundWithinDays": 366, "restockingFeeRate": "1.5", "statutory": true, "priority": 5000,
        "returnShipping": { "amount": "-1", "currencyCode": "EUR" }, "standardShipping": { "amount": "1", "currencyCode": "USD" } });
    let mut refused = shop.admin.refused(RETURN_POLICY_UPSERT, policy).await;
    refused.sort();
    assert_eq!(
        refused,
        [
            "CURRENCY_MISMATCH input.standardShipping",
            "INVALID input.countryCodes.0",
            "INVALID input.priority",
            "INVALID input.refundWithinDays",
            "INVALID input.restockingFeeRate",
            "INVALID input.returnShipping.amount",
            "INVALID input.windowDays",
            "REQUIRED input.name",
        ]
    );
    let kept = json!({ "name": "x", "windowDays": 14, "refundWithinDays": 14, "statutory": true, "restockingFeeRate": "0.1" });
    assert_eq!(
        shop.admin.refused(RETURN_POLICY_UPSERT, kept).await,
        ["POLICY_VIOLATION input.restockingFeeRate"]
    );
    let one = terms(&shop).await;
    let reaching = app.reaching(Some(&[&shop.market]), None).await;
    let change = json!({ "id": one["id"], "name": "x", "windowDays": 1, "refundWithinDays": 1 });
    assert_eq!(reaching.refused(RETURN_POLICY_UPSERT, change).await, ["NOT_FOUND input.id"]);
    let all = json!({ "name": "x", "windowDays": 1, "refundWithinDays": 1 });
    let refused = reaching.refused(RETURN_POLICY_UPSERT, all).await;
    assert_eq!(refused, ["POLICY_VIOLATION input.channelId"]);
    let web = json!({ "name": "x", "channelId": shop.web, "windowDays": 1, "refundWithinDays": 1 });
    let refused = reaching.refused(RETURN_POLICY_UPSERT, web).await;
    assert_eq!(refused, ["NOT_FOUND input.channelId"]);
}

#[tokio::test]
async fn reasons_evidence_and_final_sale_are_looked_at() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let policy = json!({ "name": "strict", "windowDays": 30, "refundWithinDays": 7, "reasons": ["DEFECTIVE", "WRONG_SIZE"], "evidenceReasons": ["DEFECTIVE"] });
    shop.admin.done(RETURN_POLICY_UPSERT, policy).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 2), ("B", 1)])).await;
    let input = declared(&order, &[("A", 1)], "CHANGED_MIND");
    let refused = shop.admin.refused(RETURN_REQUEST, input).await;
    assert_eq!(refused, ["POLICY_VIOLATION input.lines.0.reason"]);
    let mut input = declared(&order, &[("A", 1)], "DEFECTIVE");
    let refused = shop.admin.refused(RETURN_REQUEST, input.clone()).await;
    assert_eq!(refused, ["REQUIRED input.lines.0.evidenceUrls"]);
    input["lines"][0]["evidenceUrls"] = json!(["ftp://x"]);
    let refused = shop.admin.refused(RETURN_REQUEST, input.clone()).await;
    assert_eq!(refused, ["INVALID input.lines.0.evidenceUrls.0"]);
    input["lines"][0]["evidenceUrls"] = json!(["https://pictures.example/1.jpg"]);
    shop.admin.done(RETURN_REQUEST, input).await;
    let sold_for_good = json!({ "products": [{ "name": "More", "variants": [{ "sku": "B", "name": "Thing B", "finalSale": true }] }] });
    shop.admin.done(PRODUCTS_UPSERT, sold_for_good).await;
    let input = declared(&order, &[("B", 1)], "WRONG_SIZE");
    let refused = shop.admin.refused(RETURN_REQUEST, input.clone()).await;
    assert_eq!(refused, ["POLICY_VIOLATION input.lines.0.orderLineId"]);
    // What went wrong is made right all the same.
    let mut claim = input;
    claim["kind"] = json!("CLAIM");
    claim["lines"][0]["reason"] = json!("DAMAGED_IN_TRANSIT");
    shop.admin.done(RETURN_REQUEST, claim).await;
    let mut wrong = declared(&order, &[("A", 0)], "WRONG_SIZE");
    wrong["lines"] = json!([{ "orderLineId": line(&order, "A"), "quantity": 0, "reason": "WRONG_SIZE" }, { "orderLineId": shop.web, "quantity": 1, "reason": "WRONG_SIZE" }]);
    assert_eq!(shop.admin.refused(RETURN_REQUEST, wrong).await, ["INVALID input.lines.0.quantity"]);
    let foreign = json!({ "orderId": order["id"], "kind": "RETURN", "lines": [{ "orderLineId": shop.web, "quantity": 1, "reason": "WRONG_SIZE" }] });
    let refused = shop.admin.refused(RETURN_REQUEST, foreign).await;
    assert_eq!(refused, ["NOT_FOUND input.lines.0.orderLineId"]);
    app.verify().await;
}
