use harness::app::PASSWORD;
use harness::shop::{
    API_TOKEN_CREATE, API_TOKEN_ROTATE, ROLE_DEFINE as DEFINE, USER_CREATE as CREATE,
    USER_UPDATE as UPDATE,
};
use harness::{Client, TestApp};
use operations::actor::Reach;
use operations::permissions::{Permission, Permissions};
use serde_json::{Value as Json, json};

const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken refreshToken } userErrors { code } } }";
const REFRESH: &str = "mutation($input: SessionRefreshInput!) { sessionRefresh(input: $input) { session { accessToken } userErrors { code } } }";
const CHANGE: &str = "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { user { name } userErrors { code field } } }";
const WHO: &str = "{ viewer { user { email } permissions } }";

async fn role_id(admin: &Client, name: &str) -> Json {
    let roles = admin.payload("{ roles { id name } }", json!({})).await;
    let role = roles.as_array().unwrap().iter().find(|role| role["name"] == name);
    role.unwrap()["id"].clone()
}

async fn session(app: &TestApp, email: &str, password: &str) -> (Client, Json) {
    let input = json!({ "email": email, "password": password });
    let session = app.anonymous().done(SIGN_IN, input).await["session"].clone();
    let client = app.anonymous().with_token(session["accessToken"].as_str().unwrap());
    (client, session["refreshToken"].clone())
}

#[tokio::test]
async fn a_user_is_made_once_and_signs_in() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let agent = role_id(&admin, "agent").await;
    let input = json!({ "email": "New@shop.example", "name": "New", "password": PASSWORD, "roleIds": [agent] });
    let call = |input: &Json, key: &str| {
        let variables = json!({ "input": input, "key": key });
        let admin = admin.clone();
        async move { admin.payload(CREATE, variables).await }
    };
    let made = call(&input, "once").await;
    assert_eq!(made["user"]["roles"], json!([{ "name": "agent" }]), "{made}");
    assert_eq!(made["user"]["reach"], json!({ "channels": null }));
    assert_eq!(call(&input, "once").await["user"]["id"], made["user"]["id"]);
    let mut other = input.clone();
    other["password"] = json!("another passphrase");
    let refused = call(&other, "once").await;
    assert_eq!(refused["userErrors"][0]["code"], "IDEMPOTENCY_MISMATCH", "{refused}");
    assert_eq!(call(&input, "again").await["userErrors"][0]["code"], "DUPLICATE");
    session(&app, "new@shop.example", PASSWORD).await;
    // Without a password nobody signs in with one.
    let input = json!({ "email": "sso@shop.example", "name": "Sso", "roleIds": [agent] });
    admin.done(CREATE, input).await;
    let input = json!({ "input": { "email": "sso@shop.example", "password": "" } });
    assert_eq!(app.anonymous().error_code(SIGN_IN, input).await, "UNAUTHENTICATED");
    let faults = json!({ "email": "nobody", "name": " ", "password": "short", "roleIds": [] });
    assert_eq!(
        admin.refused(CREATE, faults).await,
        [
            "INVALID input.email",
            "REQUIRED input.name",
            "INVALID input.password",
            "REQUIRED input.roleIds",
        ]
    );
    app.verify().await;
}

#[tokio::test]
async fn nobody_grants_what_they_lack() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let shop = harness::Shop::open(&app).await;
    let (all, agent, warehouse) = (
        role_id(&admin, "admin").await,
        role_id(&admin, "agent").await,
        role_id(&admin, "warehouse").await,
    );
    let limited = json!({ "name": "small refunds", "permissions": ["ORDERS_READ", "REFUNDS_WRITE", "ACCESS_MANAGE"],
        "refundLimit": "50", "goodwillPerCaseLimit": "15.00", "goodwillPerCustomerLimit": "30" });
    let role = admin.done(DEFINE, limited).await["role"].clone();
    assert_eq!(
        (&role["refundLimit"], &role["goodwillPerCaseLimit"], &role["builtIn"]),
        (&json!("50"), &json!("15"), &json!(false))
    );
    let user = json!({ "email": "lead@shop.example", "name": "Lead", "password": PASSWORD,
        "roleIds": [role["id"]], "reach": { "channelIds": [shop.web] } });
    let lead_user = admin.done(CREATE, user).await["user"].clone();
    assert_eq!(lead_user["reach"]["channels"], json!([{ "code": "web" }]));
    let (lead, _) = session(&app, "lead@shop.example", PASSWORD).await;
    let person = |role: &Json, reach: Json| json!({ "email": "x@shop.example", "name": "X", "roleIds": [role], "reach": reach });
    for (role, reach, expected) in [
        (&all, json!(null), "POLICY_VIOLATION input.roleIds.0"),
        (&agent, json!(null), "POLICY_VIOLATION input.roleIds.0"),
        (&warehouse, json!(null), "POLICY_VIOLATION input.roleIds.0"),
        (&role["id"], json!({ "channelIds": [shop.market] }), "NOT_FOUND input.reach.channelIds.0"),
        (&json!("rol_00000000000000000000000000"), json!(null), "NOT_FOUND input.roleIds.0"),
    ] {
        assert_eq!(lead.refused(CREATE, person(role, reach)).await, [expected]);
    }
    // Who names no reach hands on their own.
    let made = lead.done(CREATE, person(&role["id"], json!(null))).await;
    assert_eq!(made["user"]["reach"]["channels"], json!([{ "code": "web" }]));
    let define = |permissions: Json, refund: Json| {
        json!({ "name": "more", "permissions": permissions, "refundLimit": refund,
            "goodwillPerCaseLimit": "1", "goodwillPerCustomerLimit": "1" })
    };
    for (permissions, refund, expected) in [
        (json!(["STOCK_WRITE"]), json!("1"), "POLICY_VIOLATION input.permissions"),
        (json!(["REFUNDS_WRITE"]), json!("50.01"), "POLICY_VIOLATION input.refundLimit"),
        (json!(["REFUNDS_WRITE"]), json!(null), "POLICY_VIOLATION input.refundLimit"),
        (json!([]), json!("-1"), "REQUIRED input.permissions"),
    ] {
        let refused = lead.refused(DEFINE, define(permissions, refund)).await;
        assert_eq!(refused[0], expected);
    }
    lead.done(DEFINE, define(json!(["REFUNDS_WRITE"]), json!("50.00"))).await;
    // Neither does anybody change who is stronger.
    let chief = app.user("chief@shop.example", "admin").await;
    let refused = lead.refused(UPDATE, json!({ "userId": chief, "active": false })).await;
    assert_eq!(refused, ["POLICY_VIOLATION input.userId"]);
    let refused = lead
        .refused(
            DEFINE,
            json!({ "roleId": agent, "name": "agent", "permissions": ["ORDERS_READ"],
            "refundLimit": "1", "goodwillPerCaseLimit": "1", "goodwillPerCustomerLimit": "1" }),
        )
        .await;
    assert_eq!(refused, ["STATE_CONFLICT input.roleId", "POLICY_VIOLATION input.roleId"]);
    app.verify().await;
}

#[tokio::test]
async fn a_stronger_token_is_no_way_around_ones_limits() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let limited = json!({ "name": "small refunds", "permissions": ["REFUNDS_WRITE", "ACCESS_MANAGE"],
        "refundLimit": "50", "goodwillPerCaseLimit": "15", "goodwillPerCustomerLimit": "30" });
    let role = admin.done(DEFINE, limited).await["role"]["id"].clone();
    let user = json!({ "email": "lead@shop.example", "name": "Lead", "password": PASSWORD, "roleIds": [role] });
    admin.done(CREATE, user).await;
    let (lead, _) = session(&app, "lead@shop.example", PASSWORD).await;
    let token =
        |name: &str| json!({ "name": name, "permissions": ["REFUNDS_WRITE", "ACCESS_MANAGE"] });
    let unlimited =
        admin.done(API_TOKEN_CREATE, token("unlimited")).await["apiToken"]["id"].clone();
    let refused = lead.refused(API_TOKEN_ROTATE, json!({ "apiTokenId": unlimited })).await;
    assert_eq!(refused, ["POLICY_VIOLATION input.apiTokenId"]);
    // One's own token is bound as one is, and so is the token that it makes.
    let own = lead.done(API_TOKEN_CREATE, token("own")).await;
    assert_eq!(own["apiToken"]["createdBy"]["name"], "Lead");
    let own = app.anonymous().with_token(own["secret"].as_str().unwrap());
    let second = own.done(API_TOKEN_CREATE, token("second")).await;
    assert_eq!(second["apiToken"]["createdBy"]["name"], "Lead");
    let second = app.anonymous().with_token(second["secret"].as_str().unwrap());
    let more = json!({ "name": "more", "permissions": ["REFUNDS_WRITE"], "refundLimit": "51",
        "goodwillPerCaseLimit": "1", "goodwillPerCustomerLimit": "1" });
    for client in [&lead, &own, &second] {
        let refused = client.refused(DEFINE, more.clone()).await;
        assert_eq!(refused, ["POLICY_VIOLATION input.refundLimit"]);
    }
}

#[tokio::test]
async fn a_role_of_who_reaches_more_is_not_changed_from_within_a_channel() {
    let app = TestApp::start().await;
    let shop = harness::Shop::open(&app).await;
    let role = json!({ "name": "clerk", "permissions": ["ORDERS_READ"] });
    let role = shop.admin.done(DEFINE, role).await["role"]["id"].clone();
    let part = app.reaching(Some(&[&shop.web]), None).await;
    let change =
        json!({ "roleId": role, "name": "clerk", "permissions": ["ORDERS_READ", "STOCK_READ"] });
    part.done(DEFINE, change.clone()).await;
    let user = json!({ "email": "c@shop.example", "name": "C", "roleIds": [role] });
    shop.admin.done(CREATE, user).await;
    assert_eq!(part.refused(DEFINE, change).await, ["POLICY_VIOLATION input.roleId"]);
}

#[tokio::test]
async fn a_changed_role_changes_what_its_holders_may() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let input = json!({ "name": "clerk", "permissions": ["ORDERS_READ", "ACCESS_MANAGE"] });
    let role = admin.done(DEFINE, input.clone()).await["role"].clone();
    assert_eq!(admin.refused(DEFINE, input).await, ["DUPLICATE input.name"]);
    let user = json!({ "email": "c@shop.example", "name": "C", "password": PASSWORD, "roleIds": [role["id"]] });
    let user = admin.done(CREATE, user).await["user"]["id"].clone();
    let (clerk, _) = session(&app, "c@shop.example", PASSWORD).await;
    let who = clerk.payload(WHO, json!({})).await;
    assert_eq!(who["permissions"], json!(["ORDERS_READ", "ACCESS_MANAGE"]));
    // Nobody shuts themselves out.
    let less = json!({ "roleId": role["id"], "name": "clerk", "permissions": ["ORDERS_READ"] });
    assert_eq!(clerk.refused(DEFINE, less.clone()).await, ["POLICY_VIOLATION input.permissions"]);
    for (change, expected) in [
        (json!({ "active": false }), "POLICY_VIOLATION input.active"),
        (json!({ "roleIds": [] }), "REQUIRED input.roleIds"),
    ] {
        let mut input = change;
        input["userId"] = user.clone();
        assert_eq!(clerk.refused(UPDATE, input).await, [expected]);
    }
    admin.done(DEFINE, less).await;
    // What a node remembers of a session, it remembers for two seconds.
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let who = clerk.payload(WHO, json!({})).await;
    assert_eq!(who["permissions"], json!(["ORDERS_READ"]));
    app.verify().await;
}

#[tokio::test]
async fn a_password_change_ends_every_session_but_its_own() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "agent").await;
    let (own, own_refresh) = session(&app, "a@shop.example", PASSWORD).await;
    let (other, other_refresh) = session(&app, "a@shop.example", PASSWORD).await;
    let change =
        |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
    let new = "a new passphrase";
    assert_eq!(own.refused(CHANGE, change("wrong", new)).await, ["INVALID input.currentPassword"]);
    assert_eq!(own.refused(CHANGE, change(PASSWORD, "short")).await, ["INVALID input.newPassword"]);
    assert_eq!(
        own.refused(CHANGE, change(PASSWORD, PASSWORD)).await,
        ["INVALID input.newPassword"]
    );
    own.done(CHANGE, change(PASSWORD, new)).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(other.send(WHO, json!({})).await.0, 401);
    assert_eq!(own.send(WHO, json!({})).await.0, 200);
    let refresh = |token: &Json| json!({ "input": { "refreshToken": token } });
    let anonymous = app.anonymous();
    assert_eq!(anonymous.error_code(REFRESH, refresh(&other_refresh)).await, "UNAUTHENTICATED");
    assert_eq!(anonymous.error_code(REFRESH, refresh(&own_refresh)).await, "none");
    session(&app, "a@shop.example", new).await;
    // A token has no password.
    let token = app.admin().await;
    let code = token.error_code(CHANGE, json!({ "input": change(PASSWORD, new) })).await;
    assert_eq!(code, "UNAUTHENTICATED");
    app.verify().await;
}

#[tokio::test]
async fn a_new_password_or_an_end_closes_all_sessions_of_a_user() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let user = app.user("a@shop.example", "agent").await;
    for change in [json!({ "password": "a new passphrase" }), json!({ "active": false })] {
        admin.done(UPDATE, json!({ "userId": user, "active": true, "password": PASSWORD })).await;
        let (client, refresh) = session(&app, "a@shop.example", PASSWORD).await;
        assert_eq!(client.send(WHO, json!({})).await.0, 200);
        let mut input = change;
        input["userId"] = json!(user);
        admin.done(UPDATE, input).await;
        tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
        assert_eq!(client.send(WHO, json!({})).await.0, 401);
        let refresh = json!({ "input": { "refreshToken": refresh } });
        assert_eq!(app.anonymous().error_code(REFRESH, refresh).await, "UNAUTHENTICATED");
    }
    let input = json!({ "input": { "email": "a@shop.example", "password": PASSWORD } });
    assert_eq!(app.anonymous().error_code(SIGN_IN, input).await, "UNAUTHENTICATED");
    app.verify().await;
}

#[tokio::test]
async fn five_failures_slow_the_account_and_the_address() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "agent").await;
    app.user("b@shop.example", "agent").await;
    let anonymous = app.anonymous();
    let attempt = |email: &str, password: &str| {
        let input = json!({ "input": { "email": email, "password": password } });
        let anonymous = anonymous.clone();
        async move { anonymous.answer(SIGN_IN, input).await }
    };
    let code = |answer: &Json| answer["errors"][0]["extensions"]["code"].clone();
    for unknown in ["a@shop.example", "nobody@shop.example"] {
        for _ in 0..5 {
            assert_eq!(code(&attempt(unknown, "wrong").await), "UNAUTHENTICATED", "{unknown}");
        }
        // Even the right password waits now; known or not, it looks the same.
        let slowed = attempt(unknown, PASSWORD).await;
        assert_eq!(code(&slowed), "RATE_LIMITED", "{unknown} {slowed}");
        assert_eq!(slowed["errors"][0]["extensions"]["retryAfter"], 1, "{unknown}");
        // The address waits too, whoever asks from it.
        assert_eq!(code(&attempt("b@shop.example", PASSWORD).await), "RATE_LIMITED");
        app.clock.advance(time::Duration::minutes(16));
    }
    // Once the wait is over the right password opens, and the account starts anew.
    assert!(attempt("a@shop.example", PASSWORD).await.get("errors").is_none());
    assert_eq!(app.number("select count(*) from sign_in_failures").await, 0);
    assert!(attempt("b@shop.example", PASSWORD).await.get("errors").is_none());
}

#[tokio::test]
async fn many_guesses_at_once_gain_nothing() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "agent").await;
    let anonymous = app.anonymous();
    let guesses = (0..20).map(|guess| {
        let input =
            json!({ "input": { "email": "a@shop.example", "password": format!("guess {guess}") } });
        let anonymous = anonymous.clone();
        async move { anonymous.error_code(SIGN_IN, input).await }
    });
    let answers = futures::future::join_all(guesses).await;
    let tried = answers.iter().filter(|code| *code == "UNAUTHENTICATED").count();
    assert!(tried <= 5, "{answers:?}");
    assert!(answers.iter().all(|code| code == "UNAUTHENTICATED" || code == "RATE_LIMITED"));
}

#[tokio::test]
async fn a_partner_grants_no_more_than_its_token() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let agent = role_id(&admin, "agent").await;
    let permissions: Permissions = [Permission::AccessManage].into_iter().collect();
    let partner = app.token(permissions, Reach::default()).await;
    let input = json!({ "email": "x@shop.example", "name": "X", "roleIds": [agent] });
    assert_eq!(partner.refused(CREATE, input).await, ["POLICY_VIOLATION input.roleIds.0"]);
}
