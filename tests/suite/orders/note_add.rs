use harness::shop::NOTE_ADD;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn a_note_is_written_about_an_order_or_a_customer() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let colleague = app.user("bo@shop.example", "agent").await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "name": "Ada", "email": "a@example.com" } });
    let order = shop.place(input).await;
    let note =
        json!({ "subjectId": order["id"], "text": " Call back ", "mentionUserIds": [colleague] });
    let done = shop.admin.done(NOTE_ADD, note).await;
    assert_eq!(done["note"]["text"], "Call back");
    assert_eq!(done["note"]["mentions"], json!([{ "name": "bo" }]));
    assert_eq!(done["note"]["author"]["kind"], "API_TOKEN");
    let about = json!({ "subjectId": order["customer"]["id"], "text": "Prefers mail" });
    let about = shop.admin.done(NOTE_ADD, about).await;
    let query = "query($id: ID!, $note: ID!) { order(by: { id: $id }) { notes { text } timeline(first: 1) { nodes { type } } }
        node(id: $note) { ... on Note { text subjectId } } }";
    let variables = json!({ "id": order["id"], "note": about["note"]["id"] });
    let data = shop.admin.ok(query, variables).await;
    assert_eq!(data["order"]["notes"], json!([{ "text": "Call back" }]));
    assert_eq!(data["order"]["timeline"]["nodes"][0]["type"], "note.added");
    assert_eq!(data["node"]["subjectId"], order["customer"]["id"]);
}

#[tokio::test]
async fn an_empty_note_is_refused_and_notes_are_for_writers() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    shop.admin.done(NOTE_ADD, json!({ "subjectId": order["id"], "text": "secret" })).await;
    let before = app.books().await;
    let empty = json!({ "subjectId": order["id"], "text": " ", "mentionUserIds": [] });
    assert_eq!(shop.admin.refused(NOTE_ADD, empty).await, ["REQUIRED input.text"]);
    let ghost = json!({ "subjectId": order["id"], "text": "x", "mentionUserIds": ["usr_00000000000000000000000000"] });
    assert_eq!(shop.admin.refused(NOTE_ADD, ghost).await, ["NOT_FOUND input.mentionUserIds.0"]);
    assert_eq!(app.books().await, before);
    let auditor = app.role("auditor").await;
    let query = "query($id: ID!) { order(by: { id: $id }) { number notes { text } } }";
    let answer = auditor.answer(query, json!({ "id": order["id"] })).await;
    assert_eq!(answer["data"]["order"]["number"], "WEB-1000001");
    assert!(answer["data"]["order"]["notes"].is_null());
    assert_eq!(answer["errors"][0]["path"], json!(["order", "notes"]));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}
