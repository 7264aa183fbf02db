//! The procedures that come with the system.

use super::task;
use harness::shop::*;
use harness::{Shop, TestApp};
use operations::procedures::defaults::built_in_procedures;
use serde_json::{Value as Json, json};
use time::Duration;

async fn with_defaults(app: &TestApp) -> Shop {
    let shop = Shop::open(app).await;
    built_in_procedures(&app.store).await.unwrap();
    shop
}

#[tokio::test]
async fn they_come_once_and_are_the_shops_then() {
    let app = TestApp::start().await;
    let shop = with_defaults(&app).await;
    let query = "{ procedures { id name description trigger active version condition steps { name ownerRole { name } dueWithin workingTime anchor } } }";
    let all = shop.admin.payload(query, json!({})).await;
    let all = all.as_array().unwrap().clone();
    assert_eq!(all.len(), 26);
    let off: Vec<&Json> =
        all.iter().filter(|one| one["active"] == false).map(|one| &one["name"]).collect();
    assert_eq!(off, ["Withdrawal window"]);
    assert!(all.iter().all(|one| one["description"].is_string()));
    let review = all.iter().find(|one| one["name"] == "Fraud review").unwrap();
    assert_eq!(review["condition"], json!({ "order": { "holdReasons": ["RISK_REVIEW"] } }));
    // One is changed and renamed: it stays so.
    let step = shop.step("Decide", "operations_manager", "PT1H").await;
    let mine = json!({ "procedureId": review["id"], "name": "Ours", "trigger": "order.held", "steps": [step], "active": false });
    shop.admin.done(PROCEDURE_DEFINE, mine).await;
    built_in_procedures(&app.store).await.unwrap();
    let again = shop.admin.payload(query, json!({})).await;
    assert_eq!(again.as_array().unwrap().len(), 26);
    assert!(!again.as_array().unwrap().iter().any(|one| one["name"] == "Fraud review"));
    app.verify().await;
}

#[tokio::test]
async fn an_order_is_captured_sent_and_there_in_time() {
    let app = TestApp::start().await;
    let shop = with_defaults(&app).await;
    let mut order = shop.sent_home(&[("A", 1)]);
    order["payments"] = json!([{ "provider": "sandbox", "method": "card", "authorized": "10.00", "authorizationExpiresAt": "2026-03-09T10:00:00Z" }]);
    let order = shop.place(order).await;
    let capture = task(&shop, "Capture, or let it go").await;
    assert_eq!(
        (&capture["dueAt"], &capture["ownerRole"]["name"]),
        (&json!("2026-03-08T10:00:00Z"), &json!("finance"))
    );
    let arrive = task(&shop, "See that all of it arrives").await;
    // Thirty days by the calendar of Berlin, where clocks go forward in between.
    assert_eq!(arrive["dueAt"], "2026-04-01T09:00:00Z");
    let ship = task(&shop, "Hand over to the carrier").await;
    assert_eq!((&ship["state"], &ship["dueAt"]), (&json!("OPEN"), &json!("2026-03-02T16:00:00Z")));
    shop.ship(&shop.work(&order, 0).await).await;
    assert_eq!(task(&shop, "Hand over to the carrier").await["state"], "DONE");
    app.asked().await;
    assert_eq!(task(&shop, "Capture, or let it go").await["state"], "DONE");
    assert_eq!(task(&shop, "See that all of it arrives").await["state"], "OPEN");
    app.verify().await;
}

#[tokio::test]
async fn a_case_is_answered_by_a_person_and_solved() {
    let app = TestApp::start().await;
    let shop = with_defaults(&app).await;
    let open = json!({ "customer": { "create": { "name": "Ada", "email": "ada@example.com" } }, "kind": "OTHER", "subject": "x", "contactChannel": "EMAIL", "priority": "HIGH" });
    let case = shop.admin.done(CASE_OPEN, open).await["case"].clone();
    let first = task(&shop, "First response").await;
    assert_eq!(
        (&first["dueAt"], &first["subjectId"]),
        (&json!("2026-03-02T12:00:00Z"), &case["id"])
    );
    let reply = |with: Json| {
        let mut input = json!({ "caseId": case["id"], "text": "so" });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        input
    };
    // Neither what the team notes nor what a program says is an answer.
    let agent = app.signed_in("agent@shop.example", "agent").await;
    agent.done(CASE_REPLY, reply(json!({ "internal": true }))).await;
    let token = app
        .token(operations::permissions::Permissions::all(), operations::actor::Reach::default())
        .await;
    token.done(CASE_REPLY, reply(json!({}))).await;
    assert_eq!(task(&shop, "First response").await["state"], "OPEN");
    agent.done(CASE_REPLY, reply(json!({ "state": "WAITING_ON_CUSTOMER" }))).await;
    assert_eq!(task(&shop, "First response").await["state"], "DONE");
    let solve = task(&shop, "Resolution").await;
    assert_eq!((&solve["state"], &solve["secondsLeft"]), (&json!("PAUSED"), &json!(48 * 3_600)));
    app.later(Duration::hours(30)).await;
    let agent = app.sign_in("agent@shop.example").await;
    agent.done(CASE_REPLY, reply(json!({ "direction": "INBOUND" }))).await;
    let solve = task(&shop, "Resolution").await;
    assert_eq!(
        (&solve["state"], &solve["dueAt"]),
        (&json!("OPEN"), &json!("2026-03-05T16:00:00Z"))
    );
    assert_eq!(task(&shop, "Next response").await["state"], "OPEN");
    agent.done(CASE_RESOLVE, json!({ "caseId": case["id"], "resolution": "so" })).await;
    for name in ["First response", "Next response", "Resolution"] {
        assert_eq!(task(&shop, name).await["state"], "DONE", "{name}");
    }
    let query =
        "query($id: ID!) { case(id: $id) { tasks { stepName case { id } customer { name } } } }";
    let told = shop.admin.payload(query, json!({ "id": case["id"] })).await["tasks"].clone();
    assert_eq!(told.as_array().unwrap().len(), 3);
    assert_eq!(
        (&told[0]["case"]["id"], &told[0]["customer"]["name"]),
        (&case["id"], &json!("Ada"))
    );
    app.verify().await;
}

#[tokio::test]
async fn a_request_about_data_is_answered_in_a_month() {
    let app = TestApp::start().await;
    let shop = with_defaults(&app).await;
    // An export is answered as soon as it is asked for: there is nothing to do.
    let customer = shop.customer("asks@example.com").await;
    shop.admin.done(PRIVACY_OPEN, json!({ "customerId": customer, "kind": "EXPORT" })).await;
    assert_eq!(shop.tasks(json!({})).await, Vec::<Json>::new());
    let input = json!({ "customerId": customer, "kind": "ERASURE" });
    let request = shop.admin.done(PRIVACY_OPEN, input).await["privacyRequest"]["id"].clone();
    let answer = task(&shop, "Answer").await;
    assert_eq!(
        (&answer["subjectId"], &answer["dueAt"]),
        (&request, &json!("2026-04-02T09:00:00Z"))
    );
    // Nobody without the right sees that somebody asked.
    let agent = app.role("agent").await.payload(TASKS, json!({})).await;
    assert_eq!(agent["nodes"], json!([]));
    let refuse = json!({ "privacyRequestId": request, "reason": "not the person" });
    shop.admin.done(PRIVACY_REFUSE, refuse).await;
    assert_eq!(task(&shop, "Answer").await["state"], "DONE");
    app.verify().await;
}

#[tokio::test]
async fn a_quarter_ends_and_its_tax_is_declared() {
    let app = TestApp::start().await;
    let shop = with_defaults(&app).await;
    let entity = "mutation($input: LegalEntityUpsertInput!) { legalEntityUpsert(input: $input) { legalEntity { id } userErrors { code message field } } }";
    let input = json!({ "id": shop.entity, "name": "Shop", "countryCode": "DE", "baseCurrency": "EUR", "timeZone": "Europe/Berlin", "oneStopShop": true });
    shop.admin.done(entity, input).await;
    app.later(Duration::days(30)).await;
    let declare = task(&shop, "Declare the tax").await;
    // The first quarter ends at midnight in Berlin.
    assert_eq!(
        (&declare["subjectId"], &declare["startedAt"], &declare["dueAt"]),
        (&json!(shop.entity), &json!("2026-03-31T22:00:00Z"), &json!("2026-04-30T22:00:00Z"))
    );
    shop.admin.done(TASK_COMPLETE, json!({ "taskId": declare["id"], "note": "filed" })).await;
    app.later(Duration::days(91)).await;
    assert_eq!(shop.tasks(json!({ "states": ["OPEN"] })).await[0]["stepName"], "Declare the tax");
    app.verify().await;
}

#[tokio::test]
async fn a_location_is_counted_again() {
    let app = TestApp::start().await;
    let shop = with_defaults(&app).await;
    let count = async || {
        let input = json!({ "locationId": shop.berlin, "skus": ["A"] });
        let started = shop.admin.done(STOCK_COUNT_START, input).await["stockCount"]["id"].clone();
        let (on_hand, _, _) = shop.level("A", &shop.berlin).await;
        let lines = json!([{ "sku": "A", "quantity": on_hand }]);
        let input = json!({ "stockCountId": started, "lines": lines });
        shop.admin.done(STOCK_COUNT_RECORD, input).await;
        shop.admin.done(STOCK_COUNT_CLOSE, json!({ "stockCountId": started })).await;
    };
    count().await;
    let again = task(&shop, "Count again").await;
    assert_eq!(
        (&again["subjectId"], &again["dueAt"]),
        (&json!(shop.berlin), &json!("2026-04-01T09:00:00Z"))
    );
    app.later(Duration::days(7)).await;
    count().await;
    let states: Vec<Json> =
        shop.tasks(json!({})).await.into_iter().map(|task| task["state"].clone()).collect();
    assert_eq!(states, ["OPEN", "DONE"]);
    app.verify().await;
}
