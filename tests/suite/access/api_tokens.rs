//! Partners' tokens: made, rotated, withdrawn.

use harness::shop::{API_TOKEN_CREATE, API_TOKEN_REVOKE, API_TOKEN_ROTATE};
use harness::{Client, Shop, TestApp};
use operations::actor::Reach;
use operations::permissions::Permission;
use serde_json::{Value as Json, json};

const LIST: &str = "query($all: Boolean) { apiTokens(includeRevoked: $all) { totalCount nodes { name hint permissions lastUsedAt revokedAt } } }";

fn partner() -> Json {
    json!({ "name": "3PL", "permissions": ["ORDERS_READ", "FULFILLMENT_READ"] })
}

async fn works(client: &Client) -> bool {
    client.send("{ viewer { permissions } }", json!({})).await.0 == 200
}

#[tokio::test]
async fn a_secret_is_shown_once_and_works() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let variables = json!({ "input": partner(), "key": "k" });
    let made = admin.payload(API_TOKEN_CREATE, variables.clone()).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("aft_") && secret.len() > 30);
    assert!(secret.ends_with(made["apiToken"]["hint"].as_str().unwrap()));
    let client = admin.with_token(secret);
    let viewer = client.payload("{ viewer { permissions apiToken { name } } }", json!({})).await;
    assert_eq!(viewer["permissions"], json!(["ORDERS_READ", "FULFILLMENT_READ"]));
    let again = admin.payload(API_TOKEN_CREATE, variables).await;
    assert_eq!(
        (&again["apiToken"]["id"], &again["secret"]),
        (&made["apiToken"]["id"], &Json::Null)
    );
    let kept = format!("select count(*) from api_tokens where secret_hash = '{secret}'");
    assert_eq!(app.number(&kept).await, 0);
    let list = admin.payload(LIST, json!({})).await;
    assert_eq!(list["nodes"][0]["name"], "3PL");
    app.verify().await;
}

#[tokio::test]
async fn nobody_grants_what_they_lack() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let permissions = [Permission::AccessManage, Permission::OrdersRead].into_iter().collect();
    let reach = Reach {
        channels: Some(vec![aftercart::ids::decode(&shop.web).unwrap().1]),
        locations: None,
    };
    let limited = app.token(permissions, reach).await;
    assert_eq!(
        limited.refused(API_TOKEN_CREATE, partner()).await,
        ["POLICY_VIOLATION input.permissions"]
    );
    let beyond = json!({ "name": "x", "permissions": ["ORDERS_READ"], "reach": { "channelIds": [shop.market] } });
    assert_eq!(
        limited.refused(API_TOKEN_CREATE, beyond).await,
        ["NOT_FOUND input.reach.channelIds.0"]
    );
    let own = json!({ "name": "x", "permissions": ["ORDERS_READ"] });
    let made = limited.done(API_TOKEN_CREATE, own).await;
    assert_eq!(made["apiToken"]["reach"]["channels"], json!([{ "code": "web" }]));
    let stronger = shop.admin.done(API_TOKEN_CREATE, partner()).await["apiToken"]["id"].clone();
    for mutation in [API_TOKEN_ROTATE, API_TOKEN_REVOKE] {
        assert_eq!(
            limited.refused(mutation, json!({ "apiTokenId": stronger })).await,
            ["POLICY_VIOLATION input.apiTokenId"]
        );
    }
}

#[tokio::test]
async fn a_rotated_secret_works_on_for_its_overlap() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let made = admin.done(API_TOKEN_CREATE, partner()).await;
    let id = made["apiToken"]["id"].clone();
    let old = admin.with_token(made["secret"].as_str().unwrap());
    let input = json!({ "apiTokenId": id, "overlapSeconds": 600 });
    let variables = json!({ "input": input, "key": "k" });
    let rotated = admin.payload(API_TOKEN_ROTATE, variables.clone()).await;
    let new = admin.with_token(rotated["secret"].as_str().unwrap());
    assert!(works(&old).await && works(&new).await);
    assert_eq!(admin.payload(API_TOKEN_ROTATE, variables).await["secret"], Json::Null);
    app.clock.advance(time::Duration::seconds(601));
    assert!(!works(&old).await && works(&new).await);
    let at_once = admin.done(API_TOKEN_ROTATE, json!({ "apiTokenId": id })).await;
    assert!(!works(&new).await);
    assert!(works(&admin.with_token(at_once["secret"].as_str().unwrap())).await);
    let long = json!({ "apiTokenId": id, "overlapSeconds": 86_401 });
    assert_eq!(admin.refused(API_TOKEN_ROTATE, long).await, ["INVALID input.overlapSeconds"]);
}

#[tokio::test]
async fn a_revoked_token_fails_on_its_next_request() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let made = admin.done(API_TOKEN_CREATE, partner()).await;
    let client = admin.with_token(made["secret"].as_str().unwrap());
    assert!(works(&client).await);
    let input = json!({ "apiTokenId": made["apiToken"]["id"] });
    let revoked = admin.done(API_TOKEN_REVOKE, input.clone()).await;
    assert_eq!(revoked["apiToken"]["revokedAt"], "2026-03-02T10:00:00Z");
    let (status, answer) = client.send("{ viewer { permissions } }", json!({})).await;
    assert_eq!(
        (status, &answer["errors"][0]["extensions"]["code"]),
        (401, &json!("UNAUTHENTICATED"))
    );
    app.clock.advance(time::Duration::minutes(1));
    // Once more changes nothing.
    let again = admin.done(API_TOKEN_REVOKE, input.clone()).await;
    assert_eq!(again["apiToken"]["revokedAt"], "2026-03-02T10:00:00Z");
    assert_eq!(admin.refused(API_TOKEN_ROTATE, input).await, ["STATE_CONFLICT input.apiTokenId"]);
    let named = |list: &Json| {
        let nodes = list["nodes"].as_array().unwrap();
        nodes.iter().filter(|node| node["name"] == "3PL").count()
    };
    assert_eq!(named(&admin.payload(LIST, json!({})).await), 0);
    assert_eq!(named(&admin.payload(LIST, json!({ "all": true })).await), 1);
    let strange = json!({ "apiTokenId": "tok_01h455vb4pex5vsknk084sn02q" });
    assert_eq!(admin.refused(API_TOKEN_REVOKE, strange).await, ["NOT_FOUND input.apiTokenId"]);
}
