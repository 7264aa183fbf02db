//! GraphQL over HTTP.

use aftercart::front::Limits;
use harness::{Shop, TestApp};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value as Json, json};

const JSON: &str = "application/json; charset=utf-8";
const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";

fn request(app: &TestApp, method: Method) -> RequestBuilder {
    harness::client::http().request(method, &app.url)
}

async fn sent(request: RequestBuilder) -> (u16, String, Json) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (status, kind, response.json().await.unwrap())
}

#[tokio::test]
async fn the_answer_has_the_form_that_is_accepted() {
    let app = TestApp::start().await;
    for (accept, kind) in [
        (None, JSON),
        (Some("*/*"), JSON),
        (Some("application/*"), JSON),
        (Some("application/json"), JSON),
        (Some("application/json; charset=utf-8"), JSON),
        (Some("application/graphql-response+json"), GRAPHQL),
        (Some("application/graphql-response+json, application/json;q=0.9"), GRAPHQL),
        (Some("application/graphql-response+json;q=0.5, application/json"), JSON),
        (Some("text/html, application/json;q=0.1"), JSON),
    ] {
        let mut request = request(&app, Method::POST).json(&json!({ "query": "{ __typename }" }));
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let (status, found, answer) = sent(request).await;
        assert_eq!((status, found.as_str()), (200, kind), "{accept:?}");
        assert_eq!(answer["data"], json!({ "__typename": "Query" }));
    }
    let html = request(&app, Method::POST).json(&json!({ "query": "{ __typename }" }));
    assert_eq!(sent(html.header("accept", "text/html")).await.0, 406);
}

#[tokio::test]
async fn what_did_not_run_has_no_data_and_its_status_follows_the_form() {
    let app = TestApp::start().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", "BAD_INPUT"),
    ] {
        for (accept, expected) in [("application/json", 200), (GRAPHQL, 400)] {
            let request = request(&app, Method::POST).header("accept", accept);
            let (status, _, answer) = sent(request.json(&json!({ "query": query }))).await;
            assert_eq!(status, expected, "{query}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
            assert!(answer.get("data").is_none(), "{answer}");
            let message = answer["errors"][0]["message"].as_str().unwrap();
            assert!(message.len() < 200 && !message.contains('\n'), "{message}");
        }
    }
    let long = format!("{{ {} ", "x".repeat(100_000));
    let (_, _, answer) = sent(request(&app, Method::POST).json(&json!({ "query": long }))).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().chars().count() < 200);
}

#[tokio::test]
async fn a_body_that_is_no_request_is_400_with_every_fault() {
    let app = TestApp::start().await;
    for body in ["", "nonsense", "null", "[]", "{}", "{\"query\": 1, \"variables\": []}"] {
        let request = request(&app, Method::POST).header("content-type", "application/json");
        let (status, _, answer) = sent(request.body(body)).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["errors"][0]["message"].is_string(), "{answer}");
    }
    let both = json!({ "query": 1, "variables": [] });
    let (_, _, answer) = sent(request(&app, Method::POST).json(&both)).await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("`query`") && message.contains("`variables`"), "{message}");
    let latin = request(&app, Method::POST)
        .header("content-type", "application/json; charset=iso-8859-1")
        .body("{}");
    assert_eq!(sent(latin).await.0, 415);
}

#[tokio::test]
async fn get_asks_and_never_changes() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let token = shop.admin.token.clone().unwrap();
    let query = "query($first: Int) { variants(first: $first) { nodes { sku } } }";
    let asked = request(&app, Method::GET)
        .bearer_auth(&token)
        .query(&[("query", query), ("variables", "{\"first\": 1}")]);
    let (status, _, answer) = sent(asked).await;
    assert_eq!(status, 200);
    assert_eq!(answer["data"]["variants"]["nodes"].as_array().unwrap().len(), 1);
    let before = app.books().await;
    let input = json!({ "input": shop.order(&[("A", 1)]) }).to_string();
    let changing = request(&app, Method::GET)
        .bearer_auth(&token)
        .query(&[("query", harness::shop::ORDER_PLACE), ("variables", &input)]);
    let response = changing.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 405);
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(app.books().await, before);
    let subscription = request(&app, Method::GET)
        .bearer_auth(&token)
        .query(&[("query", "subscription { events { cursor } }")]);
    assert_eq!(sent(subscription).await.0, 400);
}

#[tokio::test]
async fn a_batch_carries_queries_in_order_and_no_mutation() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let batch = |queries: Vec<&str>| {
        let items: Vec<Json> = queries.iter().map(|query| json!({ "query": query })).collect();
        request(&app, Method::POST).bearer_auth(shop.admin.token.as_ref().unwrap()).json(&items)
    };
    let (status, _, answer) = sent(batch(vec!["{ a: __typename }", "{ b: __typename }"])).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&answer[0]["data"]["a"], &answer[1]["data"]["b"]),
        (&json!("Query"), &json!("Query"))
    );
    let (status, _, answer) = sent(batch(vec!["{ __typename }"; 11])).await;
    assert_eq!(
        (status, &answer["errors"][0]["extensions"]["code"]),
        (400, &json!("LIMIT_EXCEEDED"))
    );
    let before = app.books().await;
    let mutation = "mutation { stockReservationRelease(input: { reservationId: \"x\" }) { userErrors { code } } }";
    let (status, _, _) = sent(batch(vec!["{ __typename }", mutation])).await;
    assert_eq!(status, 400);
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_persisted_query_is_sent_once_and_named_from_then_on() {
    let app = TestApp::start().await;
    // printf '{ __typename }' | sha256sum
    let hash = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let named = || request(&app, Method::POST).json(&json!({ "extensions": extensions }));
    let (_, _, answer) = sent(named()).await;
    assert_eq!(answer["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    let whole = json!({ "query": "{ __typename }", "extensions": extensions });
    assert_eq!(
        sent(request(&app, Method::POST).json(&whole)).await.2["data"]["__typename"],
        "Query"
    );
    assert_eq!(sent(named()).await.2["data"]["__typename"], "Query");
    let other = json!({ "query": "{ a: __typename }", "extensions": extensions });
    let (status, _, answer) = sent(request(&app, Method::POST).json(&other)).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (400, &json!("BAD_REQUEST")));
}

#[tokio::test]
async fn where_documents_are_allowed_by_name_no_other_runs() {
    let app = TestApp::with_limits(|limits| {
        limits.allowed_documents = Some(vec!["{ __typename }".into()]);
    })
    .await;
    let anonymous = app.anonymous();
    assert_eq!(anonymous.ok("{ __typename }", json!({})).await["__typename"], "Query");
    assert_eq!(anonymous.error_code("{ a: __typename }", json!({})).await, "DOCUMENT_NOT_ALLOWED");
}

#[tokio::test]
async fn a_head_too_large_is_refused() {
    let app = TestApp::start().await;
    let request = request(&app, Method::POST).json(&json!({ "query": "{ __typename }" }));
    let response = request.header("x-filler", "x".repeat(20_000)).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 431);
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let app = TestApp::with_limits(|limits| {
        limits.body_time = std::time::Duration::from_millis(200);
    })
    .await;
    let place = app.url.trim_start_matches("http://").trim_end_matches("/graphql");
    let mut stream = tokio::net::TcpStream::connect(place).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {place}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1_024];
    let read = stream.read(&mut answer);
    let length = tokio::time::timeout(std::time::Duration::from_secs(5), read).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length.unwrap()]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn only_pages_that_the_operator_names_may_read() {
    let app =
        TestApp::with_limits(|limits| limits.origins = vec!["https://shop.example".into()]).await;
    for (origin, allowed) in [("https://shop.example", true), ("https://evil.example", false)] {
        let preflight = request(&app, Method::OPTIONS)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,authorization");
        let response = preflight.send().await.unwrap();
        let found = response.headers().get("access-control-allow-origin");
        assert_eq!(found.is_some_and(|found| found == origin), allowed, "{origin}");
    }
    let answer =
        request(&app, Method::GET).query(&[("query", "{ __typename }")]).send().await.unwrap();
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_query_ends_with_its_time_and_a_mutation_never_does() {
    let app = TestApp::with_limits(|limits| limits.query_time = std::time::Duration::ZERO).await;
    let admin = app.admin().await;
    // A timer is exact to a millisecond, so a quick answer may come first now and then.
    let mut ended = 0;
    for _ in 0..50 {
        let (status, answer) = admin.send("{ integrityReport { ok } }", json!({})).await;
        if status == 503 {
            assert_eq!(answer["errors"][0]["extensions"]["code"], "TIMEOUT");
            assert!(answer.get("data").is_none_or(Json::is_null));
            ended += 1;
        }
    }
    assert!(ended > 0);
    let input = json!({ "name": "A", "countryCode": "DE", "baseCurrency": "EUR" });
    let mutation = "mutation($input: LegalEntityUpsertInput!) { legalEntityUpsert(input: $input) { legalEntity { id } userErrors { code } } }";
    assert!(admin.done(mutation, input).await["legalEntity"]["id"].is_string());
}

#[tokio::test]
async fn a_mutation_is_whole_or_absent_where_its_client_goes_away() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for (round, patience) in [0, 2, 5, 10, 20, 40, 80].into_iter().enumerate() {
        let order = |number: usize| {
            json!({ "channelCode": "web", "channelReference": format!("{round}-{number}"),
                "currencyCode": "EUR", "placedAt": "2025-01-01T00:00:00Z",
                "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "1.00" }] })
        };
        let orders: Vec<Json> = (0..100).map(order).collect();
        let body = json!({ "query": harness::shop::ORDERS_IMPORT, "variables": { "input": { "orders": orders } } });
        let sent = request(&app, Method::POST)
            .bearer_auth(shop.admin.token.as_deref().unwrap())
            .timeout(std::time::Duration::from_millis(patience))
            .json(&body);
        // It may be late to go away now and then.
        let _answer = sent.send().await;
    }
    let count = || app.number("select count(*) from orders");
    let mut before = -1;
    while before != count().await {
        before = count().await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert_eq!(before % 100, 0);
    let entries = "select count(*) from audit_entries where operation = 'ordersImport'";
    assert_eq!(app.number(entries).await, before / 100);
    app.verify().await;
}

#[tokio::test]
async fn a_proxy_names_the_client_where_it_is_trusted() {
    for (trusted, forwarded, expected) in [
        ("127.0.0.0/8", "203.0.113.7, 198.51.100.9, 127.0.0.2", "198.51.100.9"),
        ("127.0.0.0/8", "198.51.100.9", "198.51.100.9"),
        ("127.0.0.0/8", "nonsense", "127.0.0.1"),
        ("10.0.0.0/8", "198.51.100.9", "127.0.0.1"),
    ] {
        let change = |limits: &mut Limits| limits.trusted_proxies = vec![trusted.parse().unwrap()];
        let app = TestApp::with_limits(change).await;
        let body = json!({ "query": "{ users { totalCount } }" });
        let sent = request(&app, Method::POST).header("x-forwarded-for", forwarded).json(&body);
        sent.send().await.unwrap();
        let noted = format!("select count(*) from audit_entries where ip_address = '{expected}'");
        assert_eq!(app.number(&noted).await, 1, "{trusted} {forwarded}");
    }
}
