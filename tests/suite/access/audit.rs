use harness::app::PASSWORD;
use harness::shop::ORDER_PLACE;
use harness::{Client, Shop, TestApp};
use operations::actor::Reach;
use operations::permissions::Permission;
use serde_json::{Value as Json, json};

const LOG: &str = "query($filter: AuditFilter) { auditLog(filter: $filter, first: 100) { totalCount nodes { id operation outcome subjectId change requestId ipAddress actor { kind label } } } }";
const TAG: &str = "mutation($input: OrderTagInput!) { orderTag(input: $input) { order { id tags } userErrors { code field } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";

async fn log(client: &Client, filter: Json) -> Vec<Json> {
    let page = client.payload(LOG, json!({ "filter": filter })).await;
    page["nodes"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_mutation_writes_one_entry() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let count = || app.number("select count(*) from audit_entries");
    let before = count().await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let tag = json!({ "orderId": order["id"], "add": ["vip"] });
    shop.admin.done(TAG, tag.clone()).await;
    // Nothing changes, and somebody asked for it all the same.
    shop.admin.done(TAG, tag).await;
    assert_eq!(count().await, before + 3);
    // What a rule refuses leaves nothing.
    let refused = json!({ "orderId": order["id"], "add": ["a", "b"], "remove": ["a"] });
    shop.admin.refused(TAG, refused).await;
    assert_eq!(count().await, before + 3);
    let entries = log(&shop.admin, json!({ "subjectId": order["id"] })).await;
    let told: Vec<(&str, &Json)> = entries
        .iter()
        .map(|entry| (entry["operation"].as_str().unwrap(), &entry["change"]))
        .collect();
    let placed = json!({ "before": null, "after": {
        "number": order["number"], "total": "10.00", "currency": "EUR", "lines": 1 } });
    let tagged = json!({ "before": { "tags": [] }, "after": { "tags": ["vip"] } });
    assert_eq!(told, [("orderTag", &tagged), ("orderPlace", &placed)]);
    assert_eq!(entries[0]["outcome"], "DONE");
    assert_eq!(entries[0]["ipAddress"], "127.0.0.1");
    assert_eq!(entries[0]["actor"], json!({ "kind": "API_TOKEN", "label": "test" }));
    assert!(entries[0]["requestId"].as_str().unwrap().starts_with("req_"));
    app.verify().await;
}

#[tokio::test]
async fn every_denied_attempt_is_an_entry_of_its_own() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    app.user("a@shop.example", "agent").await;
    let warehouse = app.role("warehouse").await;
    let input = json!({ "input": shop.order(&[("A", 1)]) });
    assert_eq!(warehouse.error_code(ORDER_PLACE, input).await, "FORBIDDEN");
    assert_eq!(
        warehouse
            .error_code("{ one: users { totalCount } two: users { totalCount } }", json!({}))
            .await,
        "FORBIDDEN"
    );
    assert_eq!(
        app.anonymous().error_code("{ users { totalCount } }", json!({})).await,
        "UNAUTHENTICATED"
    );
    assert_eq!(
        app.anonymous().with_token("aft_nonsense").send("{ __typename }", json!({})).await.0,
        401
    );
    for password in ["wrong", PASSWORD] {
        let input = json!({ "input": { "email": "a@shop.example", "password": password } });
        app.anonymous().answer(SIGN_IN, input).await;
    }
    let entries = log(&shop.admin, Json::Null).await;
    let told: Vec<String> = entries
        .iter()
        .take(7)
        .map(|entry| {
            let text = |value: &Json| value.as_str().unwrap_or("-").to_owned();
            format!(
                "{} {} {}",
                text(&entry["operation"]),
                text(&entry["outcome"]),
                text(&entry["actor"]["label"])
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "signIn DONE a",
            "signIn UNAUTHENTICATED nobody",
            "authenticate UNAUTHENTICATED nobody",
            "users UNAUTHENTICATED nobody",
            "users FORBIDDEN test",
            "users FORBIDDEN test",
            "orderPlace FORBIDDEN test",
        ]
    );
    // The attempt on the account is found by the account, which nobody proved to be theirs.
    assert_eq!(entries[0]["subjectId"], entries[1]["subjectId"]);
    app.verify().await;
}

#[tokio::test]
async fn nobody_fills_the_log_with_attempts() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    for _ in 0..70 {
        anonymous.answer("{ users { totalCount } }", json!({})).await;
    }
    let noted = app.number("select count(*) from audit_entries where actor_kind is null").await;
    assert!((60..70).contains(&noted), "{noted}");
}

#[tokio::test]
async fn views_of_personal_data_are_entries() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "name": "Ada Albers", "email": "ada@example.com" } });
    let order = shop.place(input).await;
    let id = json!({ "id": order["id"] });
    let masked =
        "query($id: ID!) { order(by: { id: $id }) { number customer { number company } } }";
    let full = "query($id: ID!) { order(by: { id: $id }) { id email customer { id name email } } }";
    let views = "select count(*) from audit_entries where operation = 'customer.viewed'";
    let agent = app.role("agent").await;
    let before = app.number(views).await;
    agent.ok(masked, id.clone()).await;
    app.role("auditor").await.ok(full, id.clone()).await;
    assert_eq!(app.number(views).await, before);
    let seen = agent.ok(full, id.clone()).await;
    assert_eq!(seen["order"]["customer"]["email"], "ada@example.com");
    assert_eq!(app.number(views).await, before + 1);
    // A second look within a quarter of an hour is the same view.
    agent.ok(full, id).await;
    assert_eq!(app.number(views).await, before + 1);
    let customer = &seen["order"]["customer"]["id"];
    let filter = json!({ "subjectId": customer, "operation": "customer.viewed" });
    let entries = log(&shop.admin, filter).await;
    assert!(entries.iter().any(|entry| entry["actor"]["label"] == "test"), "{entries:?}");
    assert!(!json!(entries).to_string().contains("ada@example.com"));
}

#[tokio::test]
async fn entries_hide_who_a_user_is_and_what_opens_the_door() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let roles = admin.payload("{ roles { id name } }", json!({})).await;
    let create = "mutation($input: UserCreateInput!) { userCreate(input: $input) { user { id } userErrors { code } } }";
    let input = json!({ "email": "canary@example.com", "name": "Canary Name", "password": PASSWORD,
        "roleIds": [roles[0]["id"]] });
    let user = admin.done(create, input).await["user"]["id"].clone();
    let entries = log(&admin, json!({ "subjectId": user })).await;
    assert_eq!(entries[0]["operation"], "userCreate");
    assert_eq!(entries[0]["change"]["after"]["active"], true);
    assert_eq!(entries[0]["change"]["after"]["email"], "(masked)");
    for secret in ["canary", "Canary", "argon2", PASSWORD] {
        let found = app
            .number(&format!("select count(*) from audit_entries where change like '%{secret}%'"))
            .await;
        assert_eq!(found, 0, "{secret}");
    }
}

#[tokio::test]
async fn the_log_is_read_by_filter_and_page_and_by_who_may() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    app.clock.advance(time::Duration::hours(1));
    shop.admin.done(TAG, json!({ "orderId": order["id"], "add": ["late"] })).await;
    let late = log(&shop.admin, json!({ "at": { "from": "2026-03-02T10:30:00Z" } })).await;
    let names: Vec<&Json> = late.iter().map(|entry| &entry["operation"]).collect();
    assert_eq!(names, [&json!("orderTag")]);
    let early = log(
        &shop.admin,
        json!({ "at": { "to": "2026-03-02T10:30:00Z" }, "operation": "orderPlace" }),
    )
    .await;
    assert_eq!(early.len(), 1);
    assert_eq!(early[0]["subjectId"], order["id"]);
    let page = "query($after: String) { auditLog(first: 1, after: $after) { nodes { id operation } pageInfo { endCursor hasNextPage } } }";
    let first = shop.admin.payload(page, json!({})).await;
    let second = shop.admin.payload(page, json!({ "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!(first["nodes"][0]["operation"], "orderTag");
    assert_eq!(second["nodes"][0]["operation"], "orderPlace");
    let node = "query($id: ID!) { node(id: $id) { ... on AuditEntry { operation } } }";
    let id = json!({ "id": first["nodes"][0]["id"] });
    assert_eq!(shop.admin.payload(node, id.clone()).await["operation"], "orderTag");
    assert_eq!(app.role("agent").await.payload(node, id.clone()).await, Json::Null);
    assert_eq!(app.role("agent").await.error_code(LOG, json!({})).await, "FORBIDDEN");
    let auditor = app.role("auditor").await;
    assert!(!log(&auditor, Json::Null).await.is_empty());
    // Who reaches a part of the shop sees their own entries alone.
    let part = app.reaching(Some(&[&shop.web]), None).await;
    assert_eq!(log(&part, Json::Null).await, Vec::<Json>::new());
    assert_eq!(part.payload(node, id).await, Json::Null);
    part.done(TAG, json!({ "orderId": order["id"], "add": ["own"] })).await;
    assert_eq!(log(&part, Json::Null).await.len(), 1);
    let only: Reach = Reach::default();
    let one = app.token([Permission::AuditRead].into_iter().collect(), only).await;
    assert!(log(&one, Json::Null).await.len() > 1);
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_an_entry() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.order(&[("A", 1)])).await;
    app.verify().await;
    for statement in [
        "update audit_entries set outcome = 'OTHER'",
        "delete from audit_entries",
        "update audit_seals set hash = 'other'",
        "delete from audit_seals",
    ] {
        let error = app.try_plant(statement).await.expect_err(statement).to_string();
        assert!(error.contains("are never changed"), "{error}");
    }
}
