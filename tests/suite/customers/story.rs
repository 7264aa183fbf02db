//! One question tells the whole story of a customer.

use harness::shop::*;
use harness::{Shop, TestApp};
use operations::permissions::Permission;
use serde_json::{Value as Json, json};

/// Everything that whoever picks up the phone asks for.
const STORY: &str = "query($email: String!) { customer(by: { email: $email }) {
    id number name email identities { kind value verified } addresses { city } tags consents { purpose granted }
    orders(first: 10) { totalCount nodes { number state fulfillmentState promise { deliverBy } totals { grandTotal { amount } outstanding { amount } } } }
    returns(first: 10) { nodes { number state refundDueAt overdue refunds { amount { amount } } } }
    cases(first: 5) { nodes { number state dueAt } }
    storeCredit { balance { amount } } notes(first: 5) { nodes { text author { label } } }
    openPromises { kind subjectId dueAt overdue description } highlights { code severity subjectId text }
    timeline(first: 20) { nodes { type at summary } } } }";

async fn story(shop: &Shop, email: &str) -> Json {
    shop.admin.payload(STORY, json!({ "email": email })).await
}

fn codes(story: &Json) -> Vec<String> {
    let told = story["highlights"].as_array().unwrap().iter();
    told.map(|one| {
        format!("{} {}", one["severity"].as_str().unwrap(), one["code"].as_str().unwrap())
    })
    .collect()
}

#[tokio::test]
async fn one_question_tells_the_whole_story() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    crate::returns::law(&shop).await;
    let mut input = shop.sent_home(&[("A", 2)]);
    input["customer"] = json!({ "create": { "name": "Ada", "email": "ada@example.com" } });
    let sent = crate::returns::arrived(&shop, input).await;
    let mut input = shop.sent_home(&[("B", 1)]);
    input["customer"] = json!({ "create": { "email": "ada@example.com" } });
    let open = shop.place(input).await;
    let ada = story(&shop, "ada@example.com").await;
    assert_eq!(ada["orders"]["totalCount"], 2);
    assert_eq!(codes(&ada), Vec::<String>::new());
    let waits = ada["openPromises"].as_array().unwrap();
    assert_eq!(
        waits.iter().map(|one| (&one["kind"], &one["subjectId"])).collect::<Vec<_>>(),
        [(&json!("DELIVERY"), &open["id"])],
        "what has arrived is promised no longer"
    );
    let note = json!({ "subjectId": ada["id"], "text": "prefers the evening" });
    shop.admin.done(NOTE_ADD, note).await;
    let back = crate::returns::approved(
        &shop,
        crate::returns::declared(&sent, &[("A", 1)], "CHANGED_MIND"),
    )
    .await;
    crate::returns::back(&shop, &back).await;
    let ada = story(&shop, "ada@example.com").await;
    assert_eq!(ada["notes"]["nodes"][0]["text"], "prefers the evening");
    assert_eq!(ada["returns"]["nodes"][0]["number"], back["number"]);
    let kinds: Vec<&Json> =
        ada["openPromises"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["DELIVERY", "REFUND"]);
    // Nothing was done in time.
    app.later(time::Duration::days(20)).await;
    let ada = story(&shop, "ada@example.com").await;
    assert_eq!(codes(&ada), ["CRITICAL REFUND_OVERDUE", "CRITICAL PROMISE_BROKEN"]);
    assert_eq!(ada["highlights"][0]["subjectId"], back["id"]);
    assert!(ada["openPromises"].as_array().unwrap().iter().all(|one| one["overdue"] == true));
    // Of what is not theirs to read, nobody is told.
    let blind = app.without(Permission::ReturnsRead).await;
    let query = "query($e: String!) { customer(by: { email: $e }) { openPromises { kind } highlights { code } } }";
    let told = blind.payload(query, json!({ "e": "ada@example.com" })).await;
    assert_eq!(
        told,
        json!({ "openPromises": [{ "kind": "DELIVERY" }], "highlights": [{ "code": "PROMISE_BROKEN" }] })
    );
    let market = app.reaching(Some(&[&shop.market]), None).await;
    assert_eq!(
        market.ok(query, json!({ "e": "ada@example.com" })).await["data"]["customer"],
        Json::Null
    );
    let only = "query($e: String!) { customer(by: { email: $e }) { timeline(types: [\"return.*\"]) { totalCount nodes { type } } } }";
    let told = shop.admin.payload(only, json!({ "e": "ada@example.com" })).await;
    let types = told["timeline"]["nodes"].as_array().unwrap();
    assert!(
        types.len() >= 3
            && types.iter().all(|one| one["type"].as_str().unwrap().starts_with("return."))
    );
    app.verify().await;
}

#[tokio::test]
async fn a_dispute_is_told_first() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("D", 1)]);
    input["customer"] = json!({ "create": { "email": "ada@example.com" } });
    input["payments"] = json!([{ "provider": "psp", "method": "card", "captured": "5.00" }]);
    let order = shop.place(input).await;
    let query = "query($id: ID!) { order(by: { id: $id }) { customer { id } payments { id } } }";
    let told = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let customer = &told["customer"]["id"];
    let taken = json!({ "paymentId": told["payments"][0]["id"], "amount": "5.00", "reason": "x" });
    let dispute = shop.admin.done(DISPUTE_RECORD, taken).await["dispute"]["id"].clone();
    let query =
        "query($id: ID!) { customer(by: { id: $id }) { highlights { code severity subjectId } } }";
    let told = shop.admin.payload(query, json!({ "id": customer })).await;
    assert_eq!(
        told["highlights"],
        json!([{ "code": "DISPUTE_OPEN", "severity": "CRITICAL", "subjectId": dispute }])
    );
    let without = app.without(Permission::PaymentsRead).await;
    let told = without.payload(query, json!({ "id": customer })).await;
    assert_eq!(told["highlights"], json!([]));
}

#[tokio::test]
async fn the_story_takes_the_same_statements_however_long_it_is() {
    let app = TestApp::with_limits(|limits| limits.cost = 10_000).await;
    let shop = Shop::open(&app).await;
    let statements = async || {
        story(&shop, "ada@example.com").await;
        let before = app.store.statements();
        story(&shop, "ada@example.com").await;
        app.store.statements() - before
    };
    let order = |number: usize| {
        json!({
            "channelCode": "web", "channelReference": format!("r{number}"), "currencyCode": "EUR", "placedAt": "2026-02-01T00:00:00Z",
            "customer": { "email": "ada@example.com", "name": "Ada" }, "promisedBy": "2026-02-20T00:00:00Z",
            "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "1.00" }],
            "payments": [{ "method": "card", "amount": "1.00", "capturedAt": "2026-02-01T00:00:00Z" }],
        })
    };
    shop.admin.done(ORDERS_IMPORT, json!({ "orders": [order(0)] })).await;
    let one = statements().await;
    for part in 0..2 {
        let orders: Vec<Json> = (0..250).map(|number| order(1 + part * 250 + number)).collect();
        shop.admin.done(ORDERS_IMPORT, json!({ "orders": orders })).await;
    }
    let many = statements().await;
    // The look at the token comes first.
    assert!(many <= 1 + 15 && one <= many, "{one} and {many}");
}
