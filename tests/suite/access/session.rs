use harness::app::PASSWORD;
use harness::{Client, TestApp};
use operations::actor::Reach;
use operations::permissions::{Permission, Permissions};
use serde_json::{Value as Json, json};

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken expiresAt refreshToken user { email roles { name } } } userErrors { code } } }";
const REFRESH: &str = "mutation($input: SessionRefreshInput!) { sessionRefresh(input: $input) { session { accessToken refreshToken } userErrors { code } } }";
const VIEWER: &str = "{ viewer { user { email roles { name permissions } } apiToken { name hint } permissions reach { channels { code } locations { code } } } }";

async fn sign_in(client: &Client, email: &str, password: &str) -> Json {
    client.answer(SIGN_IN, json!({ "input": { "email": email, "password": password } })).await
}

#[tokio::test]
async fn a_password_becomes_a_session_that_goes_on() {
    let app = TestApp::start().await;
    app.user("Agent@shop.example", "agent").await;
    let anonymous = app.anonymous();
    let answer = sign_in(&anonymous, "agent@SHOP.example", PASSWORD).await;
    let session = &answer["data"]["signIn"]["session"];
    assert_eq!(session["user"]["roles"], json!([{ "name": "agent" }]), "{answer}");
    assert_eq!(session["expiresAt"], "2026-03-02T10:15:00Z");
    let client = anonymous.with_token(session["accessToken"].as_str().unwrap());
    let viewer = client.payload(VIEWER, json!({})).await;
    assert_eq!(viewer["user"]["email"], "Agent@shop.example");
    assert_eq!(viewer["apiToken"], Json::Null);
    assert_eq!(viewer["reach"], json!({ "channels": null, "locations": null }));
    app.clock.advance(time::Duration::minutes(16));
    let (status, answer) = client.send(VIEWER, json!({})).await;
    assert_eq!(
        (status, answer["errors"][0]["extensions"]["code"].as_str()),
        (401, Some("UNAUTHENTICATED"))
    );
    let refresh = |token: &Json| {
        let input = json!({ "input": { "refreshToken": token } });
        let client = anonymous.clone();
        async move { client.answer(REFRESH, input).await }
    };
    let second =
        refresh(&session["refreshToken"]).await["data"]["sessionRefresh"]["session"].clone();
    let client = anonymous.with_token(second["accessToken"].as_str().unwrap());
    client.ok(VIEWER, json!({})).await;
    // The first refresh token is spent: whoever uses it again ends the session.
    let stolen = refresh(&session["refreshToken"]).await;
    assert_eq!(stolen["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let after = refresh(&second["refreshToken"]).await;
    assert_eq!(after["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_often_it_is_refreshed() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "agent").await;
    let anonymous = app.anonymous();
    let answer = sign_in(&anonymous, "a@shop.example", PASSWORD).await;
    let mut token = answer["data"]["signIn"]["session"]["refreshToken"].clone();
    let mut days = 0;
    loop {
        let input = json!({ "input": { "refreshToken": token } });
        let answer = anonymous.answer(REFRESH, input).await;
        let Some(next) = answer["data"]["sessionRefresh"]["session"].as_object() else { break };
        token = next["refreshToken"].clone();
        app.clock.advance(time::Duration::days(3));
        days += 3;
    }
    assert_eq!(days, 30);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "agent").await;
    let anonymous = app.anonymous();
    let wrong = sign_in(&anonymous, "a@shop.example", "wrong").await;
    let unknown = sign_in(&anonymous, "nobody@shop.example", PASSWORD).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!((&wrong["errors"], &wrong["data"]), (&unknown["errors"], &unknown["data"]));
    assert_eq!(wrong["data"], json!({ "signIn": null }));
}

#[tokio::test]
async fn signing_out_ends_the_session_with_all_its_tokens() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "agent").await;
    let anonymous = app.anonymous();
    let answer = sign_in(&anonymous, "a@shop.example", PASSWORD).await;
    let session = &answer["data"]["signIn"]["session"];
    let client = anonymous.with_token(session["accessToken"].as_str().unwrap());
    client.ok(VIEWER, json!({})).await;
    let out =
        "mutation($input: SignOutInput!) { signOut(input: $input) { done userErrors { code } } }";
    let input = json!({ "refreshToken": session["refreshToken"] });
    for _ in 0..2 {
        assert_eq!(anonymous.done(out, input.clone()).await["done"], true);
    }
    let refreshed = anonymous.answer(REFRESH, json!({ "input": input })).await;
    assert_eq!(refreshed["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    // What a node remembers of a session, it remembers for two seconds.
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(client.send(VIEWER, json!({})).await.0, 401);
    let ended = "select count(*) from events where kind = 'session.ended'";
    assert_eq!(app.number(ended).await, 1);
}

#[tokio::test]
async fn users_and_roles_are_listed_for_who_manages_access() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    app.user("a@shop.example", "agent").await;
    app.user("b@shop.example", "warehouse").await;
    let list = "{ users(first: 1) { totalCount nodes { email active roles { name } } pageInfo { hasNextPage } } }";
    let users = admin.payload(list, json!({})).await;
    assert_eq!(
        (&users["totalCount"], &users["pageInfo"]["hasNextPage"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(
        users["nodes"],
        json!([{ "email": "b@shop.example", "active": true, "roles": [{ "name": "warehouse" }] }])
    );
    let roles = admin.payload("{ roles { name builtIn permissions } }", json!({})).await;
    let names: Vec<&str> =
        roles.as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["admin", "agent", "auditor", "finance", "operations_manager", "warehouse"]);
    assert_eq!(roles[0]["permissions"].as_array().unwrap().len(), 32);
}

#[tokio::test]
async fn a_bad_credential_is_never_nobody() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    for token in ["nonsense", "aft_unknown", "a.b.c"] {
        let (status, answer) = anonymous.with_token(token).send("{ __typename }", json!({})).await;
        assert_eq!(status, 401, "{token}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert!(answer.get("data").is_none());
    }
    let (status, _) = anonymous.send("{ __typename }", json!({})).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_token_shows_itself_and_ends_when_it_is_told_to() {
    let app = TestApp::start().await;
    let client = app.token([Permission::OrdersRead].into_iter().collect(), Reach::default()).await;
    let viewer = client.payload(VIEWER, json!({})).await;
    assert_eq!(viewer["apiToken"]["name"], "test");
    assert!(client.token.as_ref().unwrap().ends_with(viewer["apiToken"]["hint"].as_str().unwrap()));
    assert_eq!(viewer["permissions"], json!(["ORDERS_READ"]));
    app.plant("update api_tokens set expires_at = '2026-03-02T10:00:01.000000Z'").await;
    client.ok(VIEWER, json!({})).await;
    app.clock.advance(time::Duration::seconds(1));
    assert_eq!(client.send(VIEWER, json!({})).await.0, 401);
    app.plant(
        "update api_tokens set expires_at = null, revoked_at = '2026-03-02T10:00:01.000000Z'",
    )
    .await;
    assert_eq!(client.send(VIEWER, json!({})).await.0, 401);
}

#[tokio::test]
async fn the_secrets_are_kept_as_hashes_alone() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "admin").await;
    let client = app.admin().await;
    let secret = client.token.as_ref().unwrap();
    let found = format!("select count(*) from api_tokens where secret_hash like '%{secret}%'");
    assert_eq!(app.number(&found).await, 0);
    let hashed =
        "select count(*) from users where password_hash like '$argon2id$v=19$m=19456,t=2,p=1$%'";
    assert_eq!(app.number(hashed).await, 1);
    assert_eq!(Permissions::all().iter().count(), 32);
}
