//! Many nodes and one deadline.

use super::told;
use harness::random::full;
use harness::{Shop, TestApp};
use serde_json::json;
use time::Duration;

#[tokio::test]
async fn however_many_look_each_deadline_is_told_of_once() {
    let (workers, orders) = if full() { (200, 10_000) } else { (12, 60) };
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut call = shop.step("Call", "agent", "P1D").await;
    call["escalateToRoleId"] = shop.role("operations_manager").await;
    call["warnAtPercent"] = json!([]);
    shop.procedure("Calls", "order.placed", json!([call])).await;
    for _ in 0..orders.min(60) {
        let mut order = shop.order(&[("D", 1)]);
        order["allowBackorder"] = json!(true);
        shop.place(order).await;
    }
    // In the full form the tasks of some orders are written many times over.
    let more = orders - orders.min(60);
    if more > 0 {
        multiply(&app, more).await;
    }
    app.clock.advance(Duration::days(2));
    let stores = [app.store.clone(), app.another_store().await];
    let mut racing = tokio::task::JoinSet::new();
    for index in 0..workers {
        let store = stores[index % stores.len()].clone();
        racing.spawn(async move { operations::timers::run_due(&store).await.unwrap() });
    }
    let ran: usize = racing.join_all().await.into_iter().sum();
    assert!(ran >= orders);
    let once = "select count(*) from (select subject_id from events where kind = 'task.escalated' group by subject_id having count(*) = 1) e";
    assert_eq!(app.number(once).await, i64::try_from(orders).unwrap());
    let all = "select count(*) from events where kind = 'task.escalated'";
    assert_eq!(app.number(all).await, i64::try_from(orders).unwrap());
    if !full() {
        assert_eq!(told(&app, &shop).await.len(), 100, "the first page of them");
    }
    app.verify().await;
}

/// More tasks like those that are there, each with its timer.
async fn multiply(app: &TestApp, more: usize) {
    let postgres = harness::database::server().is_some();
    let fresh = if postgres { "gen_random_uuid()" } else { "randomblob(16)" };
    let numbers = if postgres {
        format!("(select n from generate_series(1, {more}) n)")
    } else {
        format!(
            "(with recursive c(n) as (select 1 union all select n + 1 from c where n < {more}) select n from c)"
        )
    };
    app.plant(&format!(
        "create table made as select {fresh} as id, {fresh} as subject, {fresh} as timer, n from {numbers} k"
    ))
    .await;
    let columns = "version, procedure_id, procedure_version, step, step_name, trigger_kind, subject_type, order_id, customer_id, channel_id, location_id, state, owner_role_id, assignee_id, zone, calendar_id, anchor_at, started_at, counted_from, left_seconds, total_seconds, due_at, queue_at, paused_at, paused_seconds, warned_percent, warned_at, escalated_at, completed_at, completed_by_kind, completed_by_id, note, updated_at";
    app.plant(&format!(
        "insert into tasks (id, subject_id, {columns}) select m.id, m.subject, {columns} from made m, (select * from tasks order by id limit 1) t"
    ))
    .await;
    app.plant(
        "insert into timers (id, due_at, kind, subject_id, payload, attempts, created_at)
         select m.timer, t.due_at, t.kind, m.id, t.payload, 0, t.created_at from made m, (select * from timers where kind = 'task.strike' order by id limit 1) t",
    )
    .await;
    app.plant("drop table made").await;
}
