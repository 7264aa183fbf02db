//! What is to be done, and by whom.

use super::{step, task, told};
use harness::shop::*;
use harness::{Shop, Stream, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

#[tokio::test]
async fn what_is_late_stands_first_and_what_waits_or_is_over_last() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut steps = Vec::new();
    for (name, role, within) in [
        ("soon", "warehouse", "P1D"),
        ("later", "agent", "P3D"),
        ("late", "agent", "PT1H"),
        ("done", "agent", "PT2H"),
    ] {
        steps.push(shop.step(name, role, within).await);
    }
    let more = json!({ "pausedBy": ["order.held"], "resumedBy": ["order.released"] });
    steps.push(step(&shop, ("paused", "agent", "PT3H"), more).await);
    let defined = shop.procedure("Much", "order.placed", json!(steps)).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let done = task(&shop, "done").await;
    shop.admin.done(TASK_COMPLETE, json!({ "taskId": done["id"] })).await;
    shop.admin.done(ORDER_HOLD, json!({ "orderId": order["id"], "reason": "MANUAL" })).await;
    app.later(Duration::hours(5)).await;
    let names = async |filter: Json| -> Vec<String> {
        let found = shop.tasks(filter).await;
        found.iter().map(|task| task["stepName"].as_str().unwrap().to_owned()).collect()
    };
    let all = names(json!({})).await;
    assert_eq!(all[..3], ["late", "soon", "later"]);
    let agents = shop.role("agent").await;
    assert_eq!(
        names(json!({ "ownerRoleIds": [agents], "states": ["OPEN"] })).await,
        ["late", "later"]
    );
    assert_eq!(names(json!({ "overdue": true })).await, ["late"]);
    assert_eq!(names(json!({ "dueBefore": "2026-03-04T00:00:00Z" })).await, ["late", "soon"]);
    assert_eq!(names(json!({ "states": ["PAUSED"] })).await, ["paused"]);
    assert_eq!(names(json!({ "states": ["DONE", "SKIPPED"] })).await, ["done"]);
    assert_eq!(names(json!({ "subjectId": order["id"] })).await.len(), 5);
    assert_eq!(names(json!({ "procedureId": defined["id"], "overdue": false })).await.len(), 4);
    // In pages it is the same list.
    let query = "query($after: String) { tasks(first: 2, after: $after) { totalCount nodes { stepName } pageInfo { hasNextPage endCursor } } }";
    let (mut paged, mut after) = (Vec::new(), Json::Null);
    loop {
        let page = shop.admin.payload(query, json!({ "after": after })).await;
        assert_eq!(page["totalCount"], 5);
        let nodes = page["nodes"].as_array().unwrap();
        paged.extend(nodes.iter().map(|task| task["stepName"].as_str().unwrap().to_owned()));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(paged, all);
}

#[tokio::test]
async fn a_team_does_its_own_work() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let steps = json!([
        shop.step("Call", "agent", "P1D").await,
        shop.step("Pack", "warehouse", "P1D").await,
        shop.step("Look", "warehouse", "P1D").await,
    ]);
    shop.procedure("Much", "order.placed", steps).await;
    shop.place(shop.order(&[("A", 1)])).await;
    let agent = app.signed_in("agent@shop.example", "agent").await;
    let call = task(&shop, "Call").await;
    let pack = task(&shop, "Pack").await;
    let look = task(&shop, "Look").await;
    let of = |task: &Json| json!({ "taskId": task["id"] });
    for (document, input) in [
        (TASK_COMPLETE, of(&pack)),
        (TASK_ASSIGN, of(&pack)),
        (TASK_SKIP, json!({ "taskId": pack["id"], "reason": "x" })),
    ] {
        assert_eq!(agent.refused(document, input).await, ["POLICY_VIOLATION input.taskId"]);
    }
    let me = app.user("picker@shop.example", "warehouse").await;
    let picker = app.sign_in("picker@shop.example").await;
    let mine = picker.done(TASK_ASSIGN, json!({ "taskId": pack["id"], "userId": me })).await;
    assert_eq!(
        (&mine["task"]["assignee"]["id"], &mine["task"]["version"]),
        (&json!(me), &json!(2))
    );
    let list = json!({ "filter": { "assigneeId": me, "states": ["OPEN"] } });
    let found = picker.payload(TASKS, list).await;
    assert_eq!(found["nodes"].as_array().unwrap().len(), 1);
    let stale = json!({ "taskId": pack["id"], "expectedVersion": 1 });
    assert_eq!(
        picker.refused(TASK_COMPLETE, stale).await,
        ["VERSION_CONFLICT input.expectedVersion"]
    );
    let variables = json!({ "input": { "taskId": pack["id"], "note": "done it" }, "key": "once" });
    let done = picker.payload(TASK_COMPLETE, variables.clone()).await["task"].clone();
    assert_eq!(
        (&done["state"], &done["note"], &done["completedBy"]["label"]),
        (&json!("DONE"), &json!("done it"), &json!("picker"))
    );
    assert_eq!(picker.payload(TASK_COMPLETE, variables).await["task"], done, "the same again");
    assert_eq!(picker.refused(TASK_COMPLETE, of(&pack)).await, ["STATE_CONFLICT input.taskId"]);
    let skip = json!({ "taskId": look["id"], "reason": "nothing to see" });
    let skipped = picker.done(TASK_SKIP, skip).await["task"].clone();
    assert_eq!(
        (&skipped["state"], &skipped["note"]),
        (&json!("SKIPPED"), &json!("nothing to see"))
    );
    let empty = json!({ "taskId": call["id"], "reason": " " });
    assert_eq!(agent.refused(TASK_SKIP, empty).await, ["REQUIRED input.reason"]);
    // Who is given a task of another team does it.
    let given = json!({ "taskId": call["id"], "userId": me });
    agent.done(TASK_ASSIGN, given).await;
    picker.done(TASK_COMPLETE, of(&call)).await;
    let kinds: Vec<String> =
        told(&app, &shop).await.into_iter().skip(3).map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds,
        ["task.assigned", "task.completed", "task.skipped", "task.assigned", "task.completed"]
    );
    app.verify().await;
}

#[tokio::test]
async fn nobody_sees_tasks_about_what_they_do_not_see() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let until = json!({ "anchor": "AUTHORIZATION_EXPIRY" });
    let pay = step(&shop, ("Capture", "finance", "-PT1H"), until).await;
    shop.procedure("Pays", "payment.authorized", json!([pay])).await;
    shop.procedure("Calls", "order.placed", json!([shop.step("Call", "agent", "P1D").await])).await;
    let mut order = shop.sent_home(&[("A", 1)]);
    order["payments"] = json!([{ "provider": "psp", "method": "card", "authorized": "10.00", "authorizationExpiresAt": "2026-03-09T10:00:00Z" }]);
    let order = shop.place(order).await;
    let seen = async |client: &harness::Client| -> Vec<String> {
        let found = client.payload(TASKS, json!({})).await;
        let nodes = found["nodes"].as_array().unwrap().iter();
        nodes.map(|task| task["stepName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(seen(&shop.admin).await, ["Call", "Capture"]);
    // Those of the warehouse see orders, and no payments.
    assert_eq!(seen(&app.role("warehouse").await).await, ["Call"]);
    let beyond = app.reaching(Some(&[&shop.market]), None).await;
    assert_eq!(seen(&beyond).await, Vec::<String>::new());
    let elsewhere = app.reaching(None, Some(&[&shop.store])).await;
    assert_eq!(seen(&elsewhere).await, Vec::<String>::new());
    let within = app.reaching(Some(&[&shop.web]), None).await;
    assert_eq!(seen(&within).await, ["Call", "Capture"]);
    let call = task(&shop, "Call").await;
    let one = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(beyond.payload(one, json!({ "id": call["id"] })).await, Json::Null);
    assert_eq!(
        beyond.refused(TASK_COMPLETE, json!({ "taskId": call["id"] })).await,
        ["NOT_FOUND input.taskId"]
    );
    assert_eq!(within.payload(one, json!({ "id": call["id"] })).await["id"], call["id"]);
    let mine = "query($id: ID!) { order(by: { id: $id }) { tasks { stepName } } }";
    let told = app.role("warehouse").await.payload(mine, json!({ "id": order["id"] })).await;
    assert_eq!(told["tasks"], json!([{ "stepName": "Call" }]));
}

#[tokio::test]
async fn a_team_hears_of_its_work_live() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let steps = json!([
        step(&shop, ("Call", "agent", "PT4H"), json!({ "warnAtPercent": [50] })).await,
        shop.step("Pack", "warehouse", "P1D").await,
    ]);
    shop.procedure("Much", "order.placed", steps).await;
    let document = "subscription($role: [ID!]) { taskUpdated(filter: { ownerRoleIds: $role }) { event { type } task { stepName state } } }";
    let role = json!({ "role": [shop.role("agent").await] });
    let mut stream = Stream::open(&shop.admin, document, role).await;
    shop.place(shop.order(&[("A", 1)])).await;
    app.later(Duration::hours(2)).await;
    let call = task(&shop, "Call").await;
    shop.admin.done(TASK_COMPLETE, json!({ "taskId": call["id"] })).await;
    for kind in ["task.opened", "task.warned", "task.completed"] {
        let item = stream.item().await;
        assert_eq!(
            (&item["event"]["type"], &item["task"]["stepName"]),
            (&json!(kind), &json!("Call"))
        );
    }
}
