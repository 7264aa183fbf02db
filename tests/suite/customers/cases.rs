//! Cases: what is asked for, answered, solved, and until when.

use harness::shop::*;
use harness::{Client, Shop, TestApp};
use operations::permissions::Permission;
use serde_json::{Value as Json, json};
use time::Duration;

/// An order of Ada's, and herself.
async fn ada(shop: &Shop) -> (Json, Json) {
    let mut input = shop.sent_home(&[("A", 1)]);
    input["customer"] = json!({ "create": { "name": "Ada Albers", "email": "ada@example.com", "phone": "+49 30 5550123" } });
    input["payments"] = json!([{ "provider": "manual", "method": "card", "captured": "10.00" }]);
    let order = shop.place(input).await;
    let query = "query($id: ID!) { order(by: { id: $id }) { id number customer { id } } }";
    let told = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    (told.clone(), told["customer"]["id"].clone())
}

fn asked(customer: &Json, order: &Json) -> Json {
    json!({
        "customer": { "id": customer }, "orderId": order["id"], "kind": "WHERE_IS_MY_ORDER", "subject": "Where is my jacket?",
        "message": "It should be here by now.", "contactChannel": "EMAIL",
    })
}

async fn opened(shop: &Shop, customer: &Json, order: &Json) -> Json {
    shop.admin.done(CASE_OPEN, asked(customer, order)).await["case"].clone()
}

async fn replied(client: &Client, case: &Json, with: Json) -> Json {
    let mut input = json!({ "caseId": case["id"], "text": "so" });
    input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    client.done(CASE_REPLY, input).await["case"].clone()
}

#[tokio::test]
async fn a_case_is_asked_answered_and_solved() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, customer) = ada(&shop).await;
    let case = opened(&shop, &customer, &order).await;
    assert_eq!(
        (&case["number"], &case["state"], &case["priority"], &case["order"]["number"]),
        (&json!("K-1000001"), &json!("OPEN"), &json!("NORMAL"), &order["number"])
    );
    // Monday at eleven in Berlin: four working hours.
    assert_eq!(case["dueAt"], "2026-03-02T14:00:00Z");
    assert_eq!(
        case["messages"]["nodes"],
        json!([{ "direction": "INBOUND", "text": "It should be here by now.", "internal": false, "author": null }])
    );
    // What the team says among itself is no answer, nor is what a program says.
    let quiet =
        replied(&shop.admin, &case, json!({ "text": "looks late", "internal": true })).await;
    assert_eq!((&quiet["firstRespondedAt"], &quiet["dueAt"]), (&Json::Null, &case["dueAt"]));
    app.later(Duration::hours(1)).await;
    let agent = app.signed_in("agent@shop.example", "agent").await;
    let token = app
        .token(operations::permissions::Permissions::all(), operations::actor::Reach::default())
        .await;
    let auto = replied(&token, &case, json!({ "text": "we got it" })).await;
    assert_eq!(auto["firstRespondedAt"], Json::Null);
    let answered =
        replied(&agent, &case, json!({ "text": "Which size?", "state": "WAITING_ON_CUSTOMER" }))
            .await;
    assert_eq!(
        (&answered["firstRespondedAt"], &answered["state"], &answered["dueAt"]),
        (&json!("2026-03-02T11:00:00Z"), &json!("WAITING_ON_CUSTOMER"), &Json::Null)
    );
    // Her answer wakes it up; the time that she was waited for does not count.
    app.later(Duration::hours(24)).await;
    let agent = app.sign_in("agent@shop.example").await;
    let back = replied(&shop.admin, &case, json!({ "text": "M", "direction": "INBOUND" })).await;
    assert_eq!((&back["state"], &back["dueAt"]), (&json!("OPEN"), &json!("2026-03-03T15:00:00Z")));
    let answered = replied(&agent, &case, json!({ "text": "It comes tomorrow." })).await;
    assert_eq!(answered["dueAt"], "2026-03-05T10:00:00Z", "48 hours and a day of waiting");
    let solved = json!({ "caseId": case["id"], "resolution": "found", "satisfaction": 4, "goodwill": { "amount": "5.00", "currencyCode": "EUR" } });
    let done = agent.done(CASE_RESOLVE, solved.clone()).await["case"].clone();
    assert_eq!(
        (&done["state"], &done["resolution"], &done["satisfaction"], &done["dueAt"]),
        (&json!("RESOLVED"), &json!("found"), &json!(4), &Json::Null)
    );
    assert_eq!(
        done["goodwill"],
        json!([{ "amount": { "amount": "5.00", "currencyCode": "EUR" }, "reason": "Case K-1000001: found", "subjectId": case["id"] }])
    );
    assert_eq!(agent.refused(CASE_RESOLVE, solved).await, ["STATE_CONFLICT input.caseId"]);
    let credit = "query($id: ID!) { customer(by: { id: $id }) { storeCredit { balance { amount } } cases { nodes { number } } } }";
    let told = shop.admin.payload(credit, json!({ "id": customer })).await;
    assert_eq!(
        told,
        json!({ "storeCredit": [{ "balance": { "amount": "5.00" } }], "cases": { "nodes": [{ "number": "K-1000001" }] } })
    );
    // It was not solved after all: within a week.
    app.later(Duration::days(6)).await;
    let again = shop.admin.done(CASE_REOPEN, json!({ "caseId": case["id"] })).await["case"].clone();
    assert_eq!(
        (&again["state"], &again["reopened"], &again["resolution"]),
        (&json!("OPEN"), &json!(1), &Json::Null)
    );
    let solved = json!({ "caseId": case["id"], "resolution": "this time" });
    shop.admin.done(CASE_RESOLVE, solved).await;
    let woken = replied(&shop.admin, &case, json!({ "text": "no!", "direction": "INBOUND" })).await;
    assert_eq!((&woken["state"], &woken["reopened"]), (&json!("OPEN"), &json!(2)));
    let solved = json!({ "caseId": case["id"], "resolution": "at last" });
    shop.admin.done(CASE_RESOLVE, solved).await;
    app.later(Duration::days(7)).await;
    let query = "query($id: ID!) { case(id: $id) { state satisfaction } }";
    let over = shop.admin.payload(query, json!({ "id": case["id"] })).await;
    assert_eq!(over, json!({ "state": "CLOSED", "satisfaction": 4 }));
    assert_eq!(
        shop.admin.refused(CASE_REOPEN, json!({ "caseId": case["id"] })).await,
        ["STATE_CONFLICT input.caseId"]
    );
    let late = json!({ "caseId": case["id"], "text": "x", "direction": "INBOUND" });
    assert_eq!(shop.admin.refused(CASE_REPLY, late).await, ["STATE_CONFLICT input.caseId"]);
    let events = "query($id: ID!) { order(by: { id: $id }) { timeline(first: 100) { nodes { type } } cases { state } } }";
    let told = shop.admin.payload(events, json!({ "id": order["id"] })).await;
    assert_eq!(told["cases"], json!([{ "state": "CLOSED" }]));
    let types: Vec<&str> = told["timeline"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["type"].as_str())
        .filter(|kind| kind.starts_with("case."))
        .collect();
    assert_eq!(types.first(), Some(&"case.closed"));
    assert_eq!(types.iter().filter(|kind| **kind == "case.reopened").count(), 2);
    app.verify().await;
}

#[tokio::test]
async fn goodwill_is_within_the_limits_of_whoever_gives_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, customer) = ada(&shop).await;
    let role = json!({ "name": "phone", "permissions": ["CASES_READ", "CASES_WRITE", "REFUNDS_WRITE", "CUSTOMERS_READ", "PAYMENTS_READ", "ORDERS_READ"], "goodwillPerCaseLimit": "15", "goodwillPerCustomerLimit": "30" });
    shop.admin.done(ROLE_DEFINE, role).await;
    let agent = app.signed_in("phone@shop.example", "phone").await;
    let give = |case: &Json, amount: &str| json!({ "caseId": case["id"], "resolution": "sorry", "goodwill": { "amount": amount, "currencyCode": "EUR" } });
    let work = shop.work(&order, 0).await;
    shop.ship(&work).await;
    let first = opened(&shop, &customer, &order).await;
    assert_eq!(
        agent.refused(CASE_RESOLVE, give(&first, "15.01")).await,
        ["LIMIT_EXCEEDED input.goodwill.amount"]
    );
    let in_case = |case: &Json, amount: &str| json!({ "customerId": customer, "caseId": case["id"], "amount": { "amount": amount, "currencyCode": "EUR" }, "reason": "sorry" });
    agent.done(STORE_CREDIT_GRANT, in_case(&first, "10.00")).await;
    assert_eq!(
        agent.refused(CASE_RESOLVE, give(&first, "5.01")).await,
        ["LIMIT_EXCEEDED input.goodwill.amount"],
        "both are of one case"
    );
    agent.done(CASE_RESOLVE, give(&first, "5.00")).await;
    // A courtesy on the order that it was about counts with it.
    let paid = "query($id: ID!) { order(by: { id: $id }) { payments { id } } }";
    let paid = shop.admin.payload(paid, json!({ "id": order["id"] })).await;
    let gift =
        json!({ "paymentId": paid["payments"][0]["id"], "amount": "0.01", "reason": "sorry" });
    assert_eq!(agent.refused(PAYMENT_REFUND, gift).await, ["LIMIT_EXCEEDED input.amount"]);
    // Nor is a limit passed with another case.
    let second = opened(&shop, &customer, &json!({ "id": null })).await;
    agent.done(STORE_CREDIT_GRANT, in_case(&second, "14.00")).await;
    let third = opened(&shop, &customer, &json!({ "id": null })).await;
    assert_eq!(
        agent.refused(CASE_RESOLVE, give(&third, "1.01")).await,
        ["LIMIT_EXCEEDED input.goodwill.amount"]
    );
    agent.done(CASE_RESOLVE, give(&third, "1.00")).await;
    // Not without the right, and in no case of somebody else.
    let blind = app.without(Permission::RefundsWrite).await;
    let query = CASE_RESOLVE;
    assert_eq!(
        blind.error_code(query, json!({ "input": give(&second, "1.00") })).await,
        "FORBIDDEN"
    );
    let other = shop.customer("ben@example.com").await;
    let wrong = json!({ "customerId": other, "caseId": second["id"], "amount": { "amount": "1.00", "currencyCode": "EUR" }, "reason": "x" });
    assert_eq!(shop.admin.refused(STORE_CREDIT_GRANT, wrong).await, ["NOT_FOUND input.caseId"]);
    app.verify().await;
}

#[tokio::test]
async fn queues_show_what_is_due_first() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, customer) = ada(&shop).await;
    let low = json!({ "customer": { "create": { "name": "Ben", "email": "ben@example.com" } }, "kind": "PRODUCT_QUESTION", "subject": "Is it warm?", "contactChannel": "CHAT", "priority": "LOW" });
    let low = shop.admin.done(CASE_OPEN, low).await["case"].clone();
    let normal = opened(&shop, &customer, &order).await;
    let mut urgent = asked(&customer, &order);
    urgent["priority"] = json!("URGENT");
    urgent["kind"] = json!("COMPLAINT");
    let urgent = shop.admin.done(CASE_OPEN, urgent).await["case"].clone();
    let query = "query($f: CaseFilter, $s: String) { cases(filter: $f, search: $s) { totalCount nodes { number } } }";
    let found = async |filter: Json, search: Json| {
        let told = shop.admin.payload(query, json!({ "f": filter, "s": search })).await;
        let rows = told["nodes"].as_array().unwrap();
        assert_eq!(told["totalCount"], rows.len());
        rows.iter().map(|row| row["number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let numbers = |cases: &[&Json]| {
        cases.iter().map(|case| case["number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = [&urgent, &normal, &low];
    assert_eq!(found(json!({}), Json::Null).await, numbers(&all));
    assert_eq!(
        found(json!({ "priorities": ["URGENT", "LOW"] }), Json::Null).await,
        numbers(&[&urgent, &low])
    );
    assert_eq!(found(json!({ "kinds": ["COMPLAINT"] }), Json::Null).await, numbers(&[&urgent]));
    assert_eq!(
        found(json!({ "customerId": customer }), Json::Null).await,
        numbers(&[&urgent, &normal])
    );
    assert_eq!(
        found(json!({ "orderId": order["id"] }), Json::Null).await,
        numbers(&[&urgent, &normal])
    );
    assert_eq!(found(json!({ "overdue": true }), Json::Null).await, numbers(&[]));
    for (search, cases) in [
        ("warm", vec![&low]),
        ("alb", vec![&urgent, &normal]),
        ("ada@example.com jacket", vec![&urgent, &normal]),
        ("K-1000002", vec![&normal]),
        ("49305550123", vec![&urgent, &normal]),
        ("ben jacket", vec![]),
    ] {
        assert_eq!(found(json!({}), json!(search)).await, numbers(&cases), "{search}");
    }
    // Whoever takes one has it.
    let me = app.user("me@shop.example", "agent").await;
    let take = json!({ "caseId": normal["id"], "userId": me });
    shop.admin.done(CASE_ASSIGN, take).await;
    assert_eq!(found(json!({ "assigneeId": me }), Json::Null).await, numbers(&[&normal]));
    assert_eq!(found(json!({ "unassigned": true }), Json::Null).await, numbers(&[&urgent, &low]));
    shop.admin.done(CASE_ASSIGN, json!({ "caseId": normal["id"] })).await;
    // What waits for the customer comes last, and is never late.
    let wait =
        json!({ "caseId": urgent["id"], "expectedVersion": 1, "state": "WAITING_ON_CUSTOMER" });
    shop.admin.done(CASE_UPDATE, wait.clone()).await;
    assert_eq!(
        shop.admin.refused(CASE_UPDATE, wait).await,
        ["VERSION_CONFLICT input.expectedVersion"]
    );
    assert_eq!(found(json!({}), Json::Null).await, numbers(&[&normal, &low, &urgent]));
    app.later(Duration::days(1)).await;
    assert_eq!(found(json!({ "overdue": true }), Json::Null).await, numbers(&[&normal, &low]));
    // With 59 minutes of working time left it goes on.
    let on =
        json!({ "caseId": urgent["id"], "state": "WAITING_ON_TEAM", "subject": "Torn jacket" });
    let on = shop.admin.done(CASE_UPDATE, on).await["case"].clone();
    assert_eq!(
        (&on["state"], &on["dueAt"]),
        (&json!("WAITING_ON_TEAM"), &json!("2026-03-03T11:00:00Z"))
    );
    assert_eq!(found(json!({}), json!("torn")).await, numbers(&[&urgent]));
    assert_eq!(found(json!({}), json!("where")).await, numbers(&[&normal]));
    // More urgent than before, it is due sooner, and never later.
    let low_now = json!({ "caseId": low["id"], "priority": "URGENT" });
    let due = shop.admin.done(CASE_UPDATE, low_now).await["case"]["dueAt"].clone();
    assert_eq!(due, low["dueAt"], "it was due before");
    // Who asked three times about one order is to be called back.
    for _ in 0..2 {
        replied(&shop.admin, &normal, json!({ "direction": "INBOUND" })).await;
    }
    let query = "query($id: ID!) { customer(by: { id: $id }) { highlights { code subjectId } openPromises { kind subjectId overdue } } }";
    let told = shop.admin.payload(query, json!({ "id": customer })).await;
    let told_first = told["highlights"].as_array().unwrap();
    let often = json!({ "code": "CONTACTED_OFTEN", "subjectId": order["id"] });
    assert!(told_first.contains(&often), "{told}");
    let answers: Vec<&Json> = told["openPromises"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"] == "ANSWER")
        .collect();
    assert_eq!(
        answers,
        [
            &json!({ "kind": "ANSWER", "subjectId": normal["id"], "overdue": true }),
            &json!({ "kind": "ANSWER", "subjectId": urgent["id"], "overdue": false })
        ]
    );
    app.verify().await;
}

#[tokio::test]
async fn all_faults_of_a_case_are_told_and_what_is_beyond_reach_is_not_there() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, customer) = ada(&shop).await;
    let other = shop.place(shop.order(&[("A", 1)])).await;
    let wrong = json!({
        "customer": { "id": other["id"] }, "orderId": customer, "returnId": order["id"], "subjectId": customer, "kind": "OTHER", "subject": "x",
        "contactChannel": "PHONE", "assigneeId": customer,
    });
    assert_eq!(
        shop.admin.refused(CASE_OPEN, wrong).await,
        [
            "NOT_FOUND input.returnId",
            "NOT_FOUND input.orderId",
            "NOT_FOUND input.subjectId",
            "NOT_FOUND input.assigneeId",
            "NOT_FOUND input.customer.id"
        ]
    );
    let blank = json!({ "customer": { "create": {} }, "kind": "OTHER", "subject": " ", "contactChannel": "PHONE" });
    assert_eq!(shop.admin.refused(CASE_OPEN, blank).await, ["REQUIRED input.subject"]);
    let case = opened(&shop, &customer, &order).await;
    let id = &case["id"];
    assert_eq!(
        shop.admin.refused(CASE_REPLY, json!({ "caseId": id, "text": "", "direction": "INBOUND", "internal": true, "state": "CLOSED" })).await,
        ["REQUIRED input.text", "INVALID input.internal", "INVALID input.state"]
    );
    assert_eq!(
        shop.admin.refused(CASE_RESOLVE, json!({ "caseId": id, "resolution": "", "satisfaction": 6, "goodwill": { "amount": "0.00", "currencyCode": "EUR" } })).await,
        ["REQUIRED input.resolution", "INVALID input.satisfaction", "INVALID input.goodwill.amount"]
    );
    let market = app.reaching(Some(&[&shop.market]), None).await;
    let query =
        "query($id: ID!) { case(id: $id) { number } cases { totalCount } node(id: $id) { id } }";
    assert_eq!(
        market.ok(query, json!({ "id": id })).await,
        json!({ "case": null, "cases": { "totalCount": 0 }, "node": null })
    );
    assert_eq!(
        market.refused(CASE_UPDATE, json!({ "caseId": id, "kind": "OTHER" })).await,
        ["NOT_FOUND input.caseId"]
    );
    let stranger = json!({ "customer": { "create": { "email": "ada@example.com" } }, "kind": "OTHER", "subject": "x", "contactChannel": "PHONE" });
    assert_eq!(market.refused(CASE_OPEN, stranger).await, ["POLICY_VIOLATION input.customer"]);
    // A message is a thing of its own, and within the reach of its case.
    let query = "query($id: ID!) { case(id: $id) { messages { nodes { id } } } }";
    let told = shop.admin.payload(query, json!({ "id": id })).await;
    let node = "query($id: ID!) { node(id: $id) { ... on CaseMessage { text } } }";
    let message = json!({ "id": told["messages"]["nodes"][0]["id"] });
    assert_eq!(
        shop.admin.payload(node, message.clone()).await["text"],
        "It should be here by now."
    );
    assert_eq!(market.ok(node, message).await["node"], Json::Null);
    app.verify().await;
}
