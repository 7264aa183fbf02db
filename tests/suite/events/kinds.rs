//! Every type of event is declared once, and said everywhere.

use harness::TestApp;
use operations::events::EVENT_KINDS;
use serde_json::json;

#[test]
fn the_committed_page_of_events_is_current() {
    let committed = include_str!("../../../events.md");
    let current = aftercart::event_page();
    assert!(committed.trim() == current.trim(), "run `cargo run -- events > events.md`");
}

#[tokio::test]
async fn every_type_says_who_may_see_it_and_what_it_holds() {
    let app = TestApp::start().await;
    let partner = app.role("warehouse").await;
    let query =
        "{ eventTypes { name description permission fields { name type nullable description } } }";
    let types = partner.payload(query, json!({})).await;
    let types = types.as_array().unwrap();
    assert_eq!(types.len(), EVENT_KINDS.len());
    let placed = types.iter().find(|kind| kind["name"] == "order.placed").unwrap();
    assert_eq!(placed["permission"], "ORDERS_READ");
    assert_eq!(
        placed["fields"][1],
        json!({ "name": "total", "type": "Decimal", "nullable": false, "description": "what is to be paid" })
    );
    let assigned = types.iter().find(|kind| kind["name"] == "order.assigned").unwrap();
    assert_eq!(assigned["fields"][0]["type"], "ID (usr_…)");
    assert_eq!(assigned["fields"][0]["nullable"], true);
}
