//! Segments: counted at once, and told of when somebody comes or leaves.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

async fn segment(shop: &Shop, name: &str, filter: Json) -> Json {
    let input = json!({ "name": name, "filter": filter });
    shop.admin.done(SEGMENT_DEFINE, input).await["segment"].clone()
}

/// What was told of segments, oldest first.
async fn told(shop: &Shop, customer: &Json) -> Vec<String> {
    let query = "query($id: ID!) { customer(by: { id: $id }) { segments { name } timeline(types: [\"segment.*\"], last: 20) { nodes { summary } } } }";
    let answer = shop.admin.payload(query, json!({ "id": customer })).await;
    let nodes = answer["timeline"]["nodes"].as_array().unwrap().iter().rev();
    nodes.map(|node| node["summary"].as_str().unwrap().to_owned()).collect()
}

async fn counts(shop: &Shop) -> Vec<(String, i64)> {
    let listed = shop.admin.payload("{ segments { name customerCount } }", json!({})).await;
    let rows = listed.as_array().unwrap().iter();
    rows.map(|row| {
        (row["name"].as_str().unwrap().to_owned(), row["customerCount"].as_i64().unwrap())
    })
    .collect()
}

#[tokio::test]
async fn segments_are_counted_and_followed() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let ada = shop.customer("ada@example.com").await;
    let ben = shop.customer("ben@example.com").await;
    app.followed().await;
    let often = segment(&shop, "Often", json!({ "orderCount": { "min": 2 } })).await;
    assert_eq!(often["filter"], json!({ "orderCount": { "min": 2 } }));
    assert_eq!(often["customerCount"], 0);
    let any =
        segment(&shop, "Any", json!({ "orderCount": { "min": 1 }, "channelIds": [shop.web] }))
            .await;
    assert_eq!(any["customerCount"], 2, "counted at once");
    assert_eq!(any["filter"]["channelIds"], json!([shop.web]));
    app.followed().await;
    assert_eq!(told(&shop, &ada).await, [""; 0], "whoever belonged to it did not come");
    assert_eq!(counts(&shop).await, [("Any".to_owned(), 2), ("Often".to_owned(), 0)]);
    shop.customer("ada@example.com").await;
    app.followed().await;
    assert_eq!(told(&shop, &ada).await, ["Joined segment Often"]);
    assert_eq!(told(&shop, &ben).await, [""; 0]);
    assert_eq!(counts(&shop).await, [("Any".to_owned(), 2), ("Often".to_owned(), 1)]);
    let members = "query($id: ID!) { customers(segmentId: $id) { totalCount nodes { email segments { name } } } }";
    let listed = shop.admin.payload(members, json!({ "id": often["id"] })).await;
    assert_eq!(listed["totalCount"], 1);
    assert_eq!(listed["nodes"][0]["email"], "ada@example.com");
    let of_ada: Vec<&Json> =
        listed["nodes"][0]["segments"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(of_ada, ["Any", "Often"]);
    // Somebody else belongs to it from now on.
    let input = json!({ "segmentId": often["id"], "name": "Thrice", "filter": { "orderCount": { "min": 3 } } });
    shop.admin.done(SEGMENT_DEFINE, input.clone()).await;
    app.followed().await;
    assert_eq!(told(&shop, &ada).await, ["Joined segment Often", "Left segment Thrice"]);
    assert_eq!(counts(&shop).await, [("Any".to_owned(), 2), ("Thrice".to_owned(), 0)]);
    shop.admin.done(SEGMENT_DEFINE, input).await;
    // Labels and consent count as well.
    segment(&shop, "Press", json!({ "tags": ["press"], "consentedTo": ["press"] })).await;
    app.followed().await;
    let labels = json!({ "customerId": ben, "customer": { "tags": ["Press"] } });
    shop.admin.done(CUSTOMER_UPSERT, labels).await;
    let agreed =
        json!({ "customerId": ben, "purpose": "press", "granted": true, "source": "call" });
    shop.admin.done(CONSENT_RECORD, agreed).await;
    app.followed().await;
    assert_eq!(told(&shop, &ben).await, ["Joined segment Press"]);
    let node = "query($id: ID!) { node(id: $id) { ... on Segment { name customerCount } } }";
    let told = shop.admin.payload(node, json!({ "id": any["id"] })).await;
    assert_eq!(told, json!({ "name": "Any", "customerCount": 2 }));
    app.verify().await;
}

#[tokio::test]
async fn whoever_compares_better_comes_to_a_segment() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let ada = shop.customer("ada@example.com").await;
    shop.customer("ben@example.com").await;
    segment(&shop, "Best", json!({ "rfmAtLeast": { "frequency": 2 } })).await;
    app.followed().await;
    assert_eq!(counts(&shop).await, [("Best".to_owned(), 0)]);
    shop.customer("ada@example.com").await;
    app.followed().await;
    assert_eq!(counts(&shop).await, [("Best".to_owned(), 1)]);
    assert_eq!(told(&shop, &ada).await, ["Joined segment Best"]);
    shop.customer("ben@example.com").await;
    app.later(time::Duration::minutes(11)).await;
    app.followed().await;
    assert_eq!(
        told(&shop, &ada).await,
        ["Joined segment Best", "Left segment Best"],
        "nobody exceeds anybody"
    );
    assert_eq!(counts(&shop).await, [("Best".to_owned(), 0)]);
    app.verify().await;
}

#[tokio::test]
async fn a_segment_that_says_nothing_is_refused() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    segment(&shop, "Any", json!({ "orderCount": { "min": 1 } })).await;
    for (input, faults) in [
        (
            json!({ "name": " ", "filter": {} }),
            vec!["REQUIRED input.name", "REQUIRED input.filter"],
        ),
        (json!({ "name": "any", "filter": { "tags": ["x"] } }), vec!["DUPLICATE input.name"]),
        (
            json!({ "name": "New", "filter": { "countryCodes": ["DE", "XX"], "rfmAtLeast": { "monetary": 0 } } }),
            vec!["INVALID input.filter.countryCodes.1", "INVALID input.filter.rfmAtLeast.monetary"],
        ),
        (
            json!({ "name": "New", "filter": { "channelIds": ["chn_00000000000000000000000000"] } }),
            vec!["NOT_FOUND input.filter.channelIds.0"],
        ),
        (
            json!({ "segmentId": "seg_00000000000000000000000000", "name": "New", "filter": { "tags": ["x"] } }),
            vec!["NOT_FOUND input.segmentId"],
        ),
    ] {
        assert_eq!(shop.admin.refused(SEGMENT_DEFINE, input.clone()).await, faults, "{input}");
    }
    let web = app.reaching(Some(&[&shop.web]), None).await;
    let input = json!({ "name": "Mine", "filter": { "tags": ["x"] } });
    assert_eq!(web.refused(SEGMENT_DEFINE, input).await, ["POLICY_VIOLATION input.filter"]);
    assert_eq!(web.payload("{ segments { name } }", json!({})).await, json!([]));
}
