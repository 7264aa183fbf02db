//! Who has to do what by when.

mod clocks;
mod defaults;
mod defined;
mod dry_run;
mod races;
mod work;

use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

/// A step with more said of it.
pub(super) async fn step(
    shop: &Shop,
    (name, role, within): (&str, &str, &str),
    more: Json,
) -> Json {
    let mut step = shop.step(name, role, within).await;
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

/// The one task of a step.
pub(super) async fn task(shop: &Shop, name: &str) -> Json {
    let mut found: Vec<Json> = shop.tasks(json!({})).await;
    found.retain(|task| task["stepName"] == name);
    assert_eq!(found.len(), 1, "{name}: {found:#?}");
    found.remove(0)
}

/// What was told of tasks, oldest first: the type, and the step.
pub(super) async fn told(app: &TestApp, shop: &Shop) -> Vec<(String, String)> {
    app.settled().await;
    let query = "{ events(filter: { types: [\"task.*\"] }, first: 100) { nodes { type data } } }";
    let found = shop.admin.payload(query, json!({})).await;
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let nodes = found["nodes"].as_array().unwrap().iter();
    nodes.map(|event| (text(&event["type"]), text(&event["data"]["step"]))).collect()
}
