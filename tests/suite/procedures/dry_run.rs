//! A procedure as if it had been there: the same as it would have done.

use super::step;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

const DRY_RUN: &str = "query($input: ProcedureDefineInput!, $days: Int) { procedureDryRun(input: $input, days: $days) {
  from events fitting truncated steps { name started inTime late cancelled open overdue } examples { subjectId stepName dueAt completedAt } } }";

#[tokio::test]
async fn a_dry_run_counts_what_the_procedure_would_have_done() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let more = json!({
        "workingTime": true, "completedBy": "order.cancelled", "pausedBy": ["order.held"], "resumedBy": ["order.released"], "warnAtPercent": [],
    });
    let look = step(&shop, ("Look", "operations_manager", "PT4H"), more).await;
    let send =
        step(&shop, ("Send", "warehouse", "P2D"), json!({ "completedBy": "fulfillment.shipped" }))
            .await;
    let input = json!({ "name": "Much", "trigger": "order.placed", "condition": { "order": { "channelIds": [shop.web] } }, "steps": [look, send] });
    let active = shop.admin.done(PROCEDURE_DEFINE, input.clone()).await["procedure"].clone();
    let place = async || shop.place(shop.paid(&[("A", 1)])).await;
    let cancel = async |order: &Json| {
        shop.admin
            .done(ORDER_CANCEL, json!({ "orderId": order["id"], "reason": "CUSTOMER" }))
            .await;
    };
    let orders = [place().await, place().await, place().await, place().await, place().await];
    // One is called off in time, one too late, one in time because it was held; one is sent in time, and one is not.
    app.later(Duration::hours(1)).await;
    cancel(&orders[0]).await;
    let hold = json!({ "orderId": orders[2]["id"], "reason": "MANUAL" });
    let held = shop.admin.done(ORDER_HOLD, hold).await["order"]["holds"][0]["id"].clone();
    app.later(Duration::hours(24)).await;
    cancel(&orders[1]).await;
    shop.admin.done(ORDER_RELEASE, json!({ "orderId": orders[2]["id"], "holdId": held })).await;
    app.later(Duration::hours(1)).await;
    cancel(&orders[2]).await;
    shop.ship(&shop.work(&orders[3], 0).await).await;
    app.later(Duration::days(3)).await;
    app.settled().await;
    let run = shop.admin.payload(DRY_RUN, json!({ "input": input })).await;
    assert_eq!(
        (&run["events"], &run["fitting"], &run["truncated"]),
        (&json!(5), &json!(5), &json!(false))
    );
    let tally = |name: &str, [started, in_time, late, cancelled, open, overdue]: [i32; 6]| json!({ "name": name, "started": started, "inTime": in_time, "late": late, "cancelled": cancelled, "open": open, "overdue": overdue });
    assert_eq!(
        run["steps"],
        json!([tally("Look", [5, 2, 1, 0, 0, 2]), tally("Send", [5, 1, 0, 3, 0, 1])])
    );
    // It is what the procedure did.
    let tasks = shop.tasks(json!({ "procedureId": active["id"] })).await;
    let count = |name: &str, fits: &dyn Fn(&Json) -> bool| {
        tasks.iter().filter(|task| task["stepName"] == name && fits(task)).count()
    };
    for tallied in run["steps"].as_array().unwrap() {
        let name = tallied["name"].as_str().unwrap();
        let late = |task: &Json| task["completedAt"].as_str() > task["dueAt"].as_str();
        let done = |task: &Json| task["state"] == "DONE";
        for (field, counted) in [
            ("started", count(name, &|_| true)),
            ("inTime", count(name, &|task| done(task) && !late(task))),
            ("late", count(name, &|task| done(task) && late(task))),
            ("cancelled", count(name, &|task| task["state"] == "CANCELLED")),
            ("overdue", count(name, &|task| task["overdue"] == true)),
        ] {
            assert_eq!(tallied[field], json!(counted), "{name}: {field}");
        }
    }
    let late: Vec<&Json> =
        run["examples"].as_array().unwrap().iter().map(|one| &one["subjectId"]).collect();
    assert_eq!(late.len(), 4);
    assert!(late.contains(&&orders[1]["id"]) && late.contains(&&orders[4]["id"]));
    // Nothing is changed by it; what is before the days is not looked at.
    assert_eq!(app.number("select count(*) from procedure_versions").await, 1);
    app.later(Duration::days(10)).await;
    let later = shop.admin.payload(DRY_RUN, json!({ "input": input, "days": 5 })).await;
    assert_eq!(later["events"], 0);
    let mut wrong = input;
    wrong["steps"][0]["dueWithin"] = json!("soon");
    let answer = shop.admin.answer(DRY_RUN, json!({ "input": wrong, "days": 400 })).await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("steps.0.dueWithin") && message.contains("days"), "{message}");
    app.verify().await;
}
