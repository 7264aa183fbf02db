//! No document can stop the server.

use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// Fragments that each spread the next one `times` times: `times` to the power of `levels` fields.
fn expanding(levels: usize, times: usize) -> String {
    let mut text = "{ ...f0 }".to_owned();
    for level in 0..levels {
        let spreads = format!(" ...f{}", level + 1).repeat(times);
        write!(text, " fragment f{level} on Query {{{spreads} }}").unwrap();
    }
    write!(text, " fragment f{levels} on Query {{ __typename }}").unwrap();
    text
}

#[tokio::test]
async fn a_document_that_expands_is_refused_before_it_does() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    for (levels, times) in [(10, 2), (22, 2), (60, 2), (3, 10), (30, 10)] {
        let answer = anonymous.answer(&expanding(levels, times), json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "LIMIT_EXCEEDED", "{answer}");
        assert!(answer.get("data").is_none());
    }
    let circle = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }";
    assert_eq!(anonymous.error_code(circle, json!({})).await, "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn every_limit_that_is_exceeded_is_named() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    let aliases: String = (0..60).fold(String::new(), |text, number| {
        text + &format!(" a{number}: __typename @include(if: true)")
    });
    let answer = anonymous.answer(&format!("{{{aliases} }}"), json!({})).await;
    let messages: Vec<&str> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        messages,
        [
            "the document has 60 aliases, at most 50 are allowed",
            "the document has 60 directives, at most 20 are allowed"
        ]
    );
    let tokens = format!("{{ {} }}", "__typename ".repeat(5_000));
    assert_eq!(anonymous.error_code(&tokens, json!({})).await, "GRAPHQL_PARSE_FAILED");
    let deep = format!("{}{}", "{a".repeat(4_000), "}".repeat(4_000));
    assert_eq!(anonymous.error_code(&deep, json!({})).await, "GRAPHQL_PARSE_FAILED");
}

#[tokio::test]
async fn the_standard_introspection_query_passes() {
    let app = TestApp::start().await;
    let answer = app.anonymous().answer(INTROSPECTION, json!({})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    assert!(answer["data"]["__schema"]["types"].as_array().unwrap().len() > 50, "{answer}");
}

#[tokio::test]
async fn a_page_of_100_orders_passes_and_a_page_of_pages_does_not() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let page = "{ orders(first: 100) { nodes { number totals { grandTotal { amount } } customer { name } lines { sku } payments { state } fulfillments { state } } } }";
    let answer = shop.admin.answer(page, json!({})).await;
    assert_eq!(answer["extensions"]["cost"]["requested"], 501);
    assert_eq!(answer["extensions"]["cost"]["limit"], 1_000);
    assert!(answer["extensions"]["cost"]["remaining"].as_u64().unwrap() > 0);
    let before = app.store.statements();
    let pages = "{ orders(first: 100) { nodes { timeline(first: 100) { nodes { id } } } } }";
    let answer = shop.admin.answer(pages, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LIMIT_EXCEEDED");
    assert_eq!(
        answer["errors"][0]["message"],
        "this operation costs 10201 points, at most 1000 are allowed: ask for fewer rows"
    );
    // The look at the token alone.
    assert_eq!(app.store.statements() - before, 1);
}

#[tokio::test]
async fn who_asks_for_much_waits_and_nobody_else_does() {
    let app = TestApp::with_limits(|limits| {
        limits.rate = 1;
        limits.burst = 1_000;
    })
    .await;
    let (busy, calm) = (app.admin().await, app.admin().await);
    let page = "{ variants(first: 100) { nodes { sku components { quantity variant { sku } } } } }";
    let mut status = 200;
    for _ in 0..20 {
        status = busy.send(page, json!({})).await.0;
        if status == 429 {
            break;
        }
    }
    assert_eq!(status, 429);
    let request = harness::client::http()
        .post(&app.url)
        .bearer_auth(busy.token.as_ref().unwrap())
        .json(&json!({ "query": page }));
    let response = request.send().await.unwrap();
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=1_000).contains(&wait), "{wait}");
    let answer: Json = response.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(calm.send(page, json!({})).await.0, 200);
}

#[tokio::test]
async fn variables_are_checked_before_anything_runs() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let query = "query($id: ID!, $first: Int) { node(id: $id) { id } variants(first: $first) { totalCount } }";
    for variables in [json!({}), json!({ "id": null }), json!({ "id": "x", "first": "many" })] {
        let answer = admin.answer(query, variables.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{variables}: {answer}");
        assert!(answer.get("data").is_none());
    }
    let conflicting = "{ viewer { user { name: email } user { name } } }";
    assert_eq!(admin.error_code(conflicting, json!({})).await, "GRAPHQL_VALIDATION_FAILED");
}

/// The query that `GraphiQL` and code generators send, fragments and depth alike.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } subscriptionType { name kind } types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";
