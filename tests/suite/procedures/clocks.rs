//! Clocks: started, paused, moved and ended by what happens, in the same transaction.

use super::{step, task, told};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

#[tokio::test]
async fn a_clock_warns_twice_and_is_late_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let to = json!({ "workingTime": true, "escalateToRoleId": shop.role("admin").await });
    let call = step(&shop, ("Call", "operations_manager", "PT10H"), to).await;
    shop.procedure("Calls", "order.placed", json!([call])).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let open = task(&shop, "Call").await;
    // Monday at eleven in Berlin: six hours on Monday, four on Tuesday.
    assert_eq!(
        (
            &open["state"],
            &open["dueAt"],
            &open["secondsLeft"],
            &open["overdue"],
            &open["subjectId"]
        ),
        (
            &json!("OPEN"),
            &json!("2026-03-03T12:00:00Z"),
            &json!(36_000),
            &json!(false),
            &order["id"]
        )
    );
    app.verify().await;
    let names = |told: Vec<(String, String)>| -> Vec<String> {
        told.into_iter().map(|(kind, _)| kind).collect()
    };
    app.later(Duration::hours(5) - Duration::seconds(1)).await;
    assert_eq!(names(told(&app, &shop).await), ["task.opened"]);
    app.later(Duration::seconds(1)).await;
    assert_eq!(task(&shop, "Call").await["warnedAt"], "2026-03-02T15:00:00Z");
    // Eight of ten hours are over on Tuesday at eleven.
    app.later(Duration::hours(19)).await;
    assert_eq!(names(told(&app, &shop).await), ["task.opened", "task.warned", "task.warned"]);
    app.later(Duration::hours(2)).await;
    let late = task(&shop, "Call").await;
    assert_eq!(
        (&late["overdue"], &late["escalatedAt"], &late["ownerRole"]["name"], &late["secondsLeft"]),
        (&json!(true), &json!("2026-03-03T12:00:00Z"), &json!("admin"), &json!(0))
    );
    let all = ["task.opened", "task.warned", "task.warned", "task.overdue", "task.escalated"];
    assert_eq!(names(told(&app, &shop).await), all);
    // Nothing is told again, however long it takes.
    app.later(Duration::days(30)).await;
    assert_eq!(names(told(&app, &shop).await), all);
    app.verify().await;
    shop.admin.done(TASK_COMPLETE, json!({ "taskId": late["id"], "note": "called" })).await;
    let done = task(&shop, "Call").await;
    assert_eq!((&done["state"], &done["overdue"]), (&json!("DONE"), &json!(false)));
    app.verify().await;
}

#[tokio::test]
async fn after_a_jump_of_the_clock_what_is_over_is_told_of_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let call = shop.step("Call", "operations_manager", "P2D").await;
    shop.procedure("Calls", "order.placed", json!([call])).await;
    shop.place(shop.order(&[("A", 1)])).await;
    app.later(Duration::days(9)).await;
    let kinds: Vec<String> = told(&app, &shop).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["task.opened", "task.overdue"]);
    // Back again: it is not told of anew, and nobody is warned of what was late.
    app.clock.advance(-Duration::days(9));
    app.later(Duration::days(9)).await;
    assert_eq!(told(&app, &shop).await.len(), 2);
    app.verify().await;
}

#[tokio::test]
async fn events_stop_a_clock_and_let_it_go_on() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let more = json!({
        "workingTime": true, "pausedBy": ["order.held"], "resumedBy": ["order.released"],
        "completedBy": "order.cancelled", "warnAtPercent": [],
    });
    let look = step(&shop, ("Look", "operations_manager", "PT4H"), more).await;
    shop.procedure("Looks", "order.placed", json!([look])).await;
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    app.later(Duration::hours(1)).await;
    let hold = json!({ "orderId": order["id"], "reason": "MANUAL" });
    let held = shop.admin.done(ORDER_HOLD, hold).await["order"]["holds"][0]["id"].clone();
    let paused = task(&shop, "Look").await;
    assert_eq!(
        (&paused["state"], &paused["pausedAt"], &paused["secondsLeft"], &paused["dueAt"]),
        (
            &json!("PAUSED"),
            &json!("2026-03-02T11:00:00Z"),
            &json!(10_800),
            &json!("2026-03-02T14:00:00Z")
        )
    );
    app.verify().await;
    // A day later the same is left, and it is due as much later.
    app.later(Duration::hours(24)).await;
    let still = task(&shop, "Look").await;
    assert_eq!(
        (&still["secondsLeft"], &still["dueAt"], &still["pausedSeconds"], &still["overdue"]),
        (&json!(10_800), &json!("2026-03-03T14:00:00Z"), &json!(86_400), &json!(false))
    );
    let release = json!({ "orderId": order["id"], "holdId": held });
    shop.admin.done(ORDER_RELEASE, release).await;
    let open = task(&shop, "Look").await;
    assert_eq!(
        (&open["state"], &open["dueAt"], &open["pausedAt"], &open["pausedSeconds"]),
        (&json!("OPEN"), &json!("2026-03-03T14:00:00Z"), &Json::Null, &json!(86_400))
    );
    app.verify().await;
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": order["id"], "reason": "CUSTOMER" })).await;
    let done = task(&shop, "Look").await;
    assert_eq!(
        (&done["state"], &done["completedAt"]),
        (&json!("DONE"), &json!("2026-03-03T11:00:00Z"))
    );
    let kinds: Vec<String> = told(&app, &shop).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["task.opened", "task.paused", "task.resumed", "task.completed"]);
    app.verify().await;
}

#[tokio::test]
async fn what_is_over_calls_off_what_was_to_be_done_about_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let call = shop.step("Call", "operations_manager", "P2D").await;
    shop.procedure("Calls", "order.placed", json!([call])).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    // What is refused changes no clock either.
    let wrong = json!({ "orderId": order["id"], "reason": "CUSTOMER", "expectedVersion": 99 });
    shop.admin.refused(ORDER_CANCEL, wrong).await;
    assert_eq!(task(&shop, "Call").await["state"], "OPEN");
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": order["id"], "reason": "CUSTOMER" })).await;
    assert_eq!(task(&shop, "Call").await["state"], "CANCELLED");
    app.verify().await;
}

#[tokio::test]
async fn one_parcel_of_two_does_not_complete_what_is_about_the_order() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let until = json!({ "completedBy": "fulfillment.shipped" });
    let send = step(&shop, ("Send", "warehouse", "P2D"), until.clone()).await;
    shop.procedure("Orders", "order.placed", json!([send])).await;
    let part = step(&shop, ("Pack", "warehouse", "P2D"), until).await;
    shop.procedure("Parts", "fulfillment.opened", json!([part])).await;
    let order = shop.place(shop.paid(&[("A", 13)])).await;
    let parts = shop.read(&order).await["fulfillments"].as_array().unwrap().len();
    assert_eq!(parts, 2, "ten lie in Berlin, and the rest elsewhere");
    let states = async |name: &str| -> Vec<Json> {
        let mut found = shop.tasks(json!({})).await;
        found.retain(|task| task["stepName"] == name);
        found.sort_by_key(|task| task["id"].to_string());
        found.into_iter().map(|task| task["state"].clone()).collect()
    };
    shop.ship(&shop.work(&order, 0).await).await;
    assert_eq!(states("Send").await, ["OPEN"]);
    let mut packed = states("Pack").await;
    packed.sort_by_key(Json::to_string);
    assert_eq!(packed, ["DONE", "OPEN"]);
    shop.ship(&shop.work(&order, 1).await).await;
    assert_eq!(states("Send").await, ["DONE"]);
    assert_eq!(states("Pack").await, ["DONE", "DONE"]);
    let query =
        "query($id: ID!) { order(by: { id: $id }) { tasks { stepName state order { id } } } }";
    let tasks = shop.admin.payload(query, json!({ "id": order["id"] })).await["tasks"].clone();
    assert_eq!(tasks.as_array().unwrap().len(), 3);
    assert!(tasks.as_array().unwrap().iter().all(|task| task["order"]["id"] == order["id"]));
    app.verify().await;
}

#[tokio::test]
async fn a_clock_is_set_by_a_moment_and_follows_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = json!({ "anchor": "AUTHORIZATION_EXPIRY", "completedBy": "payment.captured|payment.voided" });
    let capture = step(&shop, ("Capture", "finance", "-PT24H"), before).await;
    shop.procedure("Captures", "payment.authorized", json!([capture])).await;
    let mut order = shop.sent_home(&[("A", 1)]);
    order["payments"] = json!([{ "provider": "sandbox", "method": "card", "authorized": "10.00", "authorizationExpiresAt": "2026-03-09T10:00:00Z" }]);
    shop.place(order).await;
    let open = task(&shop, "Capture").await;
    assert_eq!((&open["dueAt"], &open["state"]), (&json!("2026-03-08T10:00:00Z"), &json!("OPEN")));
    // Half of the six days is over on Thursday.
    app.later(Duration::days(3)).await;
    assert_eq!(task(&shop, "Capture").await["warnedAt"], "2026-03-05T10:00:00Z");
    // An authorization without an end has no clock, and nobody sees that it waits for one.
    let mut order = shop.sent_home(&[("A", 1)]);
    order["payments"] = json!([{ "provider": "psp", "method": "card", "authorized": "10.00" }]);
    shop.place(order).await;
    assert_eq!(shop.tasks(json!({})).await.len(), 1);
    shop.admin.done(PAYMENT_CAPTURE, json!({ "paymentId": open["subjectId"] })).await;
    app.asked().await;
    assert_eq!(task(&shop, "Capture").await["state"], "DONE");
    app.verify().await;
}

#[tokio::test]
async fn what_is_promised_anew_moves_the_clock() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let anchor = json!({ "anchor": "SHIP_BY" });
    let send = step(&shop, ("Send", "warehouse", "PT0S"), anchor).await;
    // A draft of nothing yet: the moment is known when the order is approved.
    shop.procedure("Sends", "order.placed", json!([send])).await;
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    let open = task(&shop, "Send").await;
    let ship_by = "query($id: ID!) { order(by: { id: $id }) { fulfillments { shipBy } } }";
    let read = async || {
        let found = shop.admin.payload(ship_by, json!({ "id": order["id"] })).await;
        found["fulfillments"][0]["shipBy"].clone()
    };
    assert_eq!(open["dueAt"], read().await);
    // A hold of three days: it leaves later, and so is its clock.
    let hold = json!({ "orderId": order["id"], "reason": "MANUAL" });
    let held = shop.admin.done(ORDER_HOLD, hold).await["order"]["holds"][0]["id"].clone();
    app.later(Duration::days(3)).await;
    let release = json!({ "orderId": order["id"], "holdId": held });
    shop.admin.done(ORDER_RELEASE, release).await;
    let moved = task(&shop, "Send").await;
    assert_eq!(moved["dueAt"], read().await);
    app.verify().await;
}

#[tokio::test]
async fn a_task_keeps_what_was_said_when_it_began() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let call = step(
        &shop,
        ("Call", "operations_manager", "P2D"),
        json!({ "completedBy": "order.cancelled" }),
    )
    .await;
    let defined = shop.procedure("Calls", "order.placed", json!([call])).await;
    let first = shop.place(shop.order(&[("A", 1)])).await;
    let write = shop.step("Write", "agent", "P5D").await;
    let input = json!({ "procedureId": defined["id"], "expectedVersion": 1, "name": "Letters", "trigger": "order.placed", "steps": [write] });
    let again = shop.admin.done(PROCEDURE_DEFINE, input.clone()).await["procedure"].clone();
    assert_eq!((&again["version"], &again["name"]), (&json!(2), &json!("Letters")));
    assert_eq!(
        shop.admin.refused(PROCEDURE_DEFINE, input).await,
        ["VERSION_CONFLICT input.expectedVersion"]
    );
    shop.place(shop.order(&[("A", 1)])).await;
    let old = task(&shop, "Call").await;
    let new = task(&shop, "Write").await;
    assert_eq!(
        (&old["procedureVersion"], &old["dueAt"], &new["procedureVersion"], &new["dueAt"]),
        (&json!(1), &json!("2026-03-04T10:00:00Z"), &json!(2), &json!("2026-03-07T10:00:00Z"))
    );
    // It is completed by what completed it then.
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": first["id"], "reason": "CUSTOMER" })).await;
    assert_eq!(task(&shop, "Call").await["state"], "DONE");
    let off = json!({ "procedureId": defined["id"], "name": "Letters", "trigger": "order.placed", "steps": [shop.step("Write", "agent", "P5D").await], "active": false });
    shop.admin.done(PROCEDURE_DEFINE, off).await;
    shop.place(shop.order(&[("A", 1)])).await;
    assert_eq!(shop.tasks(json!({})).await.len(), 2, "what is switched off starts nothing");
    app.verify().await;
}

#[tokio::test]
async fn another_calendar_counts_anew_what_runs() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let call =
        step(&shop, ("Call", "operations_manager", "P3D"), json!({ "workingTime": true })).await;
    let wait = shop.step("Wait", "operations_manager", "P3D").await;
    shop.procedure("Calls", "order.placed", json!([call, wait])).await;
    shop.place(shop.order(&[("A", 1)])).await;
    assert_eq!(task(&shop, "Call").await["dueAt"], "2026-03-05T10:00:00Z");
    // Tuesday is a holiday.
    let calendar = json!({ "workingDays": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"], "opensAt": "09:00", "cutoffAt": "15:00", "closesAt": "17:00", "holidays": ["2026-03-03"] });
    let input = json!({
        "code": "berlin", "name": "Berlin", "kind": "WAREHOUSE", "timeZone": "Europe/Berlin", "calendar": calendar,
        "address": { "line1": "Street 1", "city": "Berlin", "countryCode": "DE" },
    });
    shop.admin.done(LOCATION_UPSERT, input).await;
    app.later(Duration::ZERO).await;
    assert_eq!(task(&shop, "Call").await["dueAt"], "2026-03-06T10:00:00Z");
    assert_eq!(task(&shop, "Wait").await["dueAt"], "2026-03-05T10:00:00Z");
    app.verify().await;
    // The clock strikes by the new calendar: Thursday at 14:00 in Berlin, halfway, is 13:00 in the old one.
    app.later(Duration::days(3) + Duration::hours(1)).await;
    assert_eq!(task(&shop, "Call").await["overdue"], false);
    app.later(Duration::days(1)).await;
    assert_eq!(task(&shop, "Call").await["overdue"], true);
    app.verify().await;
}

#[tokio::test]
async fn imported_history_starts_nothing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let call = shop.step("Call", "finance", "P2D").await;
    shop.procedure("Calls", "payment.captured", json!([call])).await;
    let order = json!({
        "channelCode": "web", "channelReference": "OLD-1", "currencyCode": "EUR", "placedAt": "2025-01-01T00:00:00Z",
        "customer": { "email": "old@example.com" },
        "lines": [{ "sku": "A", "name": "A", "quantity": 1, "unitPrice": "10.00" }],
        "payments": [{ "method": "card", "amount": "10.00", "reference": "x", "capturedAt": "2025-01-01T00:00:00Z" }],
    });
    shop.admin.done(ORDERS_IMPORT, json!({ "orders": [order] })).await;
    assert_eq!(shop.tasks(json!({})).await, Vec::<Json>::new());
    app.verify().await;
}
