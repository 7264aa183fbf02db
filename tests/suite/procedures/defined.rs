//! What is said of procedures, and what is refused.

use super::{step, task};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn all_faults_of_a_definition_are_named_at_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let bad = json!({
        "name": " ", "ownerRoleId": shop.role("agent").await, "dueWithin": "two days", "anchor": "EVIDENCE_DUE",
        "pausedBy": ["order.held"], "warnAtPercent": [0, 50], "completedBy": "order.placed|order.eaten",
    });
    let input = json!({
        "name": "", "trigger": "order.placed", "condition": { "caseKinds": ["OTHER"] }, "steps": [bad],
    });
    let mut refused = shop.admin.refused(PROCEDURE_DEFINE, input).await;
    refused.sort();
    assert_eq!(
        refused,
        [
            "INVALID input.condition.caseKinds",
            "INVALID input.steps.0.anchor",
            "INVALID input.steps.0.completedBy",
            "INVALID input.steps.0.dueWithin",
            "INVALID input.steps.0.warnAtPercent.0",
            "REQUIRED input.name",
            "REQUIRED input.steps.0.name",
            "REQUIRED input.steps.0.resumedBy",
        ]
    );
    let unknown = json!({ "name": "x", "trigger": "order.eaten", "steps": [] });
    assert_eq!(
        shop.admin.refused(PROCEDURE_DEFINE, unknown).await,
        ["INVALID input.trigger", "REQUIRED input.steps"]
    );
    // Those who would have to do it see nothing of it, or are not there.
    let mut blind = shop.step("Pay", "warehouse", "P1D").await;
    blind["escalateToRoleId"] = json!("rol_00000000000000000000000000");
    let input = json!({ "name": "x", "trigger": "payment.authorized", "steps": [blind] });
    assert_eq!(
        shop.admin.refused(PROCEDURE_DEFINE, input).await,
        ["POLICY_VIOLATION input.steps.0.ownerRoleId", "NOT_FOUND input.steps.0.escalateToRoleId"]
    );
    let months = step(&shop, ("Wait", "agent", "P1M"), json!({ "workingTime": true })).await;
    let again = step(&shop, ("wait", "agent", "PT0S"), json!({})).await;
    let input = json!({ "name": "x", "trigger": "order.placed", "steps": [months, again] });
    assert_eq!(
        shop.admin.refused(PROCEDURE_DEFINE, input).await,
        [
            "INVALID input.steps.0.dueWithin",
            "INVALID input.steps.1.dueWithin",
            "DUPLICATE input.steps.1.name"
        ]
    );
    shop.procedure("Taken", "order.placed", json!([shop.step("x", "agent", "P1D").await])).await;
    let input = json!({ "name": "TAKEN", "trigger": "order.placed", "steps": [shop.step("x", "agent", "P1D").await] });
    assert_eq!(shop.admin.refused(PROCEDURE_DEFINE, input).await, ["DUPLICATE input.name"]);
    assert_eq!(app.number("select count(*) from procedures").await, 1);
}

#[tokio::test]
async fn conditions_are_told_back_as_they_were_given_and_hold_or_do_not() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let condition = json!({
        "order": { "countryCodes": ["DE"], "channelIds": [shop.web], "grandTotal": { "min": "15.00" }, "placedAt": { "from": "2026-01-01T00:00:00Z" } },
        "customer": { "tags": ["vip"] },
    });
    let call = shop.step("Call", "agent", "P1D").await;
    let input = json!({ "name": "Calls", "trigger": "order.placed", "condition": condition, "steps": [call] });
    let defined = shop.admin.done(PROCEDURE_DEFINE, input).await["procedure"].clone();
    let mut told = condition.clone();
    told["order"]["grandTotal"]["min"] = json!("15.00");
    assert_eq!(defined["condition"], told);
    let place = async |email: &str, tags: &[&str], units: i32| {
        let mut order = shop.sent_home(&[("A", units)]);
        order["customer"] = json!({ "create": { "name": "x", "email": email, "tags": tags } });
        shop.place(order).await
    };
    place("few@example.com", &["vip"], 1).await;
    place("nobody@example.com", &[], 2).await;
    assert_eq!(shop.tasks(json!({})).await, Vec::<Json>::new());
    let order = place("vip@example.com", &["vip"], 2).await;
    assert_eq!(task(&shop, "Call").await["subjectId"], order["id"]);
    app.verify().await;
}

#[tokio::test]
async fn another_node_knows_a_definition_at_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let other = app.second_node().await.with_token(shop.admin.token.as_deref().unwrap());
    // It knows what there is.
    other.done(ORDER_PLACE, shop.order(&[("A", 1)])).await;
    shop.procedure("Calls", "order.placed", json!([shop.step("Call", "agent", "P1D").await])).await;
    let order = other.done(ORDER_PLACE, shop.order(&[("A", 1)])).await["order"].clone();
    assert_eq!(task(&shop, "Call").await["subjectId"], order["id"]);
    app.verify().await;
}
