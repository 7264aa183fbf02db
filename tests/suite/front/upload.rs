//! Files with a request.

use harness::TestApp;
use harness::client::http;
use reqwest::RequestBuilder;
use serde_json::{Value as Json, json};

const BOUNDARY: &str = "a-boundary";

fn form(parts: &[(&str, &str)]) -> String {
    let part = |(name, content): &(&str, &str)| {
        let file = if matches!(*name, "operations" | "map") { "" } else { "; filename=\"f.csv\"" };
        format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        )
    };
    parts.iter().map(part).collect::<String>() + &format!("--{BOUNDARY}--\r\n")
}

fn sent(app: &TestApp, token: Option<&str>, body: String) -> RequestBuilder {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let mut request = http().post(&app.url).header("content-type", kind).body(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request
}

async fn answer(request: RequestBuilder) -> (u16, Json) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn files_come_from_who_is_known_and_by_no_mere_form() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let token = admin.token.as_deref();
    let operations = json!({ "query": "{ viewer { permissions } }" }).to_string();
    let body = || form(&[("operations", &operations), ("map", "{}")]);
    assert_eq!(answer(sent(&app, token, body())).await.0, 400);
    let asked = |token| sent(&app, token, body()).header("GraphQL-Require-Preflight", "1");
    let (status, nobody) = answer(asked(None)).await;
    assert_eq!(
        (status, nobody["errors"][0]["extensions"]["code"].as_str()),
        (401, Some("UNAUTHENTICATED"))
    );
    for header in ["GraphQL-Require-Preflight", "Apollo-Require-Preflight"] {
        let (status, answer) = answer(sent(&app, token, body()).header(header, "1")).await;
        assert_eq!(status, 200, "{header} {answer}");
        assert!(answer["data"]["viewer"]["permissions"].is_array());
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said() {
    let app = TestApp::with_limits(|limits| limits.upload = 2_000).await;
    let admin = app.admin().await;
    let query = "query($sku: String) { variant(by: { sku: $sku }) { sku } }";
    let with = |variables: Json| json!({ "query": query, "variables": variables }).to_string();
    let plain = with(json!({ "sku": null }));
    let place = r#"{ "0": ["variables.sku"] }"#;
    let big = "x".repeat(3_000);
    for (parts, status, said) in [
        (vec![("map", "{}"), ("operations", &*plain)], 400, "`operations`, `map` and then"),
        (vec![("operations", "nonsense"), ("map", "{}")], 400, "`operations` is not JSON"),
        (vec![("operations", "[]"), ("map", "{}")], 400, "a batch brings no files"),
        (vec![("operations", &plain), ("map", "[]")], 400, "`map` is a JSON object"),
        (vec![("operations", &plain), ("map", place)], 400, "the file `0` did not come"),
        (vec![("operations", &plain), ("map", "{}"), ("0", "x")], 400, "does not name `0`"),
        (
            vec![("operations", &plain), ("map", r#"{ "0": ["variables.nothing"] }"#), ("0", "x")],
            400,
            "`variables.nothing` is no null",
        ),
        (
            vec![("operations", &plain), ("map", r#"{ "0": ["a", "b"] }"#), ("0", "x")],
            400,
            "one place",
        ),
        (vec![("operations", &plain), ("map", place), ("0", "x")], 400, "takes no file"),
        (vec![("operations", &plain), ("map", place), ("0", &big)], 413, "at most 2000 bytes"),
        (vec![("operations", &plain)], 400, "`operations`, `map` and then"),
    ] {
        let request = sent(&app, admin.token.as_deref(), form(&parts));
        let (found, answer) = answer(request.header("graphql-require-preflight", "1")).await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(found == status && message.contains(said), "{said}: {found} {answer}");
    }
    let cut = form(&[("operations", &plain), ("map", place), ("0", "x")]);
    let cut = cut[..cut.len() - 20].to_owned();
    let request = sent(&app, admin.token.as_deref(), cut).header("graphql-require-preflight", "1");
    assert_eq!(answer(request).await.0, 400);
}
