use harness::TestApp;
use serde_json::{Value as Json, json};

async fn post(app: &TestApp, kind: &str, body: Vec<u8>) -> (u16, Json) {
    let request = harness::client::http().post(&app.url).header("content-type", kind).body(body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_json() {
    let app = TestApp::start().await;
    for (kind, body, status) in [
        ("text/plain", b"{}".to_vec(), 415),
        ("application/json", b"nonsense".to_vec(), 400),
        ("application/json", vec![b' '; 2 * 1024 * 1024], 413),
    ] {
        let (found, answer) = post(&app, kind, body).await;
        assert_eq!(found, status);
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer}");
    }
    let put = harness::client::http().put(&app.url).send().await.unwrap();
    assert_eq!(put.status().as_u16(), 405);
    let health = app.url.replace("/graphql", "/healthz");
    assert_eq!(
        harness::client::http().get(health).send().await.unwrap().text().await.unwrap(),
        "ok"
    );
    let ready = app.url.replace("/graphql", "/readyz");
    assert_eq!(harness::client::http().get(ready).send().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn every_error_has_a_code() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for query in [
        "{",
        "{ nothing }",
        "{ orders(first: 101) { totalCount } }",
        "mutation { orderPlace(input: { channelId: \"x\", lines: [{ sku: \"A\", quantity: 1, unitPrice: 1.5 }] }) { userErrors { code } } }",
    ] {
        let answer = admin.answer(query, json!({})).await;
        let code = &answer["errors"][0]["extensions"]["code"];
        assert!(code.is_string(), "{query}: {answer}");
    }
}

#[tokio::test]
async fn a_database_that_fails_tells_no_table_names() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    app.plant("alter table orders rename to orders_away").await;
    let answer =
        admin.answer("{ orders { nodes { id } } viewer { permissions } }", json!({})).await;
    assert_eq!(answer["data"]["orders"], Json::Null);
    assert!(answer["data"]["viewer"]["permissions"].is_array());
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "INTERNAL");
    assert!(error["extensions"]["requestId"].as_str().unwrap().starts_with("req_"));
    assert!(
        !answer.to_string().contains("orders_away")
            && !error["message"].as_str().unwrap().contains("orders")
    );
}
