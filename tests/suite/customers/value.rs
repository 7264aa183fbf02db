//! What customers are worth, kept behind the log, and how they compare.

use harness::shop::*;
use harness::{Shop, TestApp};
use operations::permissions::Permission;
use serde_json::{Value as Json, json};

const VALUE: &str = "query($email: String!) { customer(by: { email: $email }) { value {
    orderCount lifetimeValue { amount currencyCode } averageOrder { amount currencyCode } firstOrderAt lastOrderAt
    returnRate cancelRate lateDeliveries openCases satisfaction rfm { recency frequency monetary } } } }";

async fn value(shop: &Shop, email: &str) -> Json {
    shop.admin.payload(VALUE, json!({ "email": email })).await["value"].clone()
}

fn money(amount: &str) -> Json {
    json!([{ "amount": amount, "currencyCode": "EUR" }])
}

#[tokio::test]
async fn what_a_customer_is_worth_follows_what_happens() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    crate::returns::law(&shop).await;
    assert_eq!(value(&shop, "ada@example.com").await, Json::Null, "nobody is there");
    let sent = crate::returns::arrived(&shop, shop.sent_home(&[("A", 2)])).await;
    app.followed().await;
    let ada = value(&shop, "ada@example.com").await;
    assert_eq!(ada["orderCount"], 1);
    assert_eq!(ada["lifetimeValue"], money("20.00"));
    assert_eq!(ada["averageOrder"], money("20.00"));
    assert_eq!((&ada["returnRate"], &ada["cancelRate"]), (&json!(0.0), &json!(0.0)));
    assert_eq!((&ada["lateDeliveries"], &ada["satisfaction"]), (&json!(0), &Json::Null));
    assert_eq!(ada["firstOrderAt"], ada["lastOrderAt"]);
    // Half of it comes back, another order is cancelled, and something is asked.
    let declared = crate::returns::declared(&sent, &[("A", 1)], "CHANGED_MIND");
    let back = crate::returns::approved(&shop, declared).await;
    crate::returns::back(&shop, &back).await;
    crate::returns::looked(&shop, &back, &[(1, "RESTOCK")]).await;
    crate::returns::paid_back(&shop, &back).await;
    app.asked().await;
    let mut input = shop.order(&[("B", 1)]);
    input["customer"] = json!({ "create": { "email": "ada@example.com" } });
    let second = shop.place(input).await;
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": second["id"], "reason": "CUSTOMER" })).await;
    let asked = json!({ "customer": { "create": { "email": "ada@example.com" } }, "kind": "OTHER", "subject": "x", "contactChannel": "EMAIL" });
    let case = shop.admin.done(CASE_OPEN, asked).await["case"]["id"].clone();
    app.followed().await;
    let ada = value(&shop, "ada@example.com").await;
    assert_eq!(ada["orderCount"], 2);
    assert_eq!(ada["lifetimeValue"], money("10.00"), "what was refunded is not counted");
    assert_eq!(ada["averageOrder"], money("20.00"), "what was cancelled is not counted");
    assert_eq!((&ada["returnRate"], &ada["cancelRate"]), (&json!(0.5), &json!(0.5)));
    assert_eq!(ada["openCases"], 1);
    let solved = json!({ "caseId": case, "resolution": "answered", "satisfaction": 4 });
    shop.admin.done(CASE_RESOLVE, solved).await;
    app.followed().await;
    let ada = value(&shop, "ada@example.com").await;
    assert_eq!((&ada["openCases"], &ada["satisfaction"]), (&json!(0), &json!(4.0)));
    // Whoever does not see all channels sees nothing of it.
    let web = app.reaching(Some(&[&shop.web]), None).await;
    let told = web.payload(VALUE, json!({ "email": "ada@example.com" })).await;
    assert_eq!(told, json!({ "value": null }));
    app.verify().await;
}

#[tokio::test]
async fn what_was_paid_with_credit_was_paid_before() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let customer = shop.customer("ada@example.com").await;
    app.followed().await;
    let before = value(&shop, "ada@example.com").await["lifetimeValue"].clone();
    let given = json!({ "customerId": customer, "amount": { "amount": "50.00", "currencyCode": "EUR" }, "reason": "sorry" });
    shop.admin.done(STORE_CREDIT_GRANT, given).await;
    let mut input = shop.order(&[("D", 2)]);
    input["customer"] = json!({ "id": customer });
    input["storeCredit"] = json!("10.00");
    shop.place(input).await;
    app.followed().await;
    let after = value(&shop, "ada@example.com").await;
    assert_eq!(after["orderCount"], 2);
    assert_eq!(after["lifetimeValue"], before);
    app.verify().await;
}

/// Six who ordered once to six times, for as much as that, each later than the one before.
async fn six(shop: &Shop) {
    let mut orders = Vec::new();
    for who in 1..=6 {
        for order in 0..who {
            orders.push(json!({
                "channelCode": "web", "channelReference": format!("c{who}-{order}"), "currencyCode": "EUR",
                "placedAt": format!("2026-01-{:02}T0{order}:00:00Z", who * 2),
                "customer": { "email": format!("c{who}@example.com") },
                "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "10.00" }],
                "payments": [{ "method": "card", "amount": "10.00", "capturedAt": "2026-01-20T00:00:00Z" }],
            }));
        }
    }
    shop.admin.done(ORDERS_IMPORT, json!({ "orders": orders })).await;
}

#[tokio::test]
async fn customers_are_compared_behind_the_writers() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    six(&shop).await;
    let mut input = shop.order(&[("D", 1)]);
    input["customer"] = json!({ "create": { "email": "late@example.com" } });
    app.followed().await;
    let scores = async |who: &str| {
        let rfm = value(&shop, who).await["rfm"].clone();
        ["recency", "frequency", "monetary"].map(|name| rfm[name].as_i64().unwrap_or(0))
    };
    let expected = [[1, 1, 1], [1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4], [5, 5, 5]];
    for (who, expected) in (1..=6).zip(expected) {
        assert_eq!(scores(&format!("c{who}@example.com")).await, expected, "{who}");
    }
    let query = "query($email: String!) { customer(by: { email: $email }) { highlights { code severity } } }";
    for (who, expected) in
        [("c6", json!([{ "code": "VIP", "severity": "INFO" }])), ("c5", json!([]))]
    {
        let email = json!({ "email": format!("{who}@example.com") });
        assert_eq!(shop.admin.payload(query, email).await["highlights"], expected, "{who}");
    }
    // Somebody new is compared with those who were there, and soon the others with them.
    shop.place(input).await;
    app.followed().await;
    assert_eq!(scores("late@example.com").await, [5, 1, 1]);
    assert_eq!(scores("c3@example.com").await, [2, 2, 2]);
    app.later(time::Duration::minutes(11)).await;
    app.followed().await;
    assert_eq!(scores("c3@example.com").await, [2, 3, 3]);
    app.verify().await;
}

#[tokio::test]
async fn a_store_that_was_there_before_is_looked_at_as_a_whole() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    six(&shop).await;
    app.followed().await;
    let before = value(&shop, "c6@example.com").await;
    app.plant("delete from customer_sums; delete from customer_values; delete from name_forms; delete from customer_words").await;
    let found = "{ customers(search: \"c6\") { totalCount } }";
    assert_eq!(shop.admin.payload(found, json!({})).await["totalCount"], 0);
    let report = operations::integrity::verify(&app.store, &operations::Actor::system()).await;
    let report = report.unwrap();
    let check = report.checks.iter().find(|check| check.name == "customer values").unwrap();
    assert_eq!((check.rows_checked, check.violations), (6, 6), "{check:?}");
    let start = if app.store.is_postgres() {
        "'00000000-0000-0000-0000-000000000000'"
    } else {
        "x'00000000000000000000000000000000'"
    };
    app.plant(&format!("update customer_watch set swept_to = {start}")).await;
    app.followed().await;
    assert_eq!(value(&shop, "c6@example.com").await, before);
    assert_eq!(shop.admin.payload(found, json!({})).await["totalCount"], 1);
    // So it is where the log was pruned before anybody followed it.
    app.clock.advance(time::Duration::days(2));
    operations::events::retention::prune(&app.store, time::Duration::days(1)).await.unwrap();
    app.plant(&format!(
        "delete from customer_sums; delete from customer_values;
         update customer_watch set epoch = 0, place = 0, event_id = {start}, swept_to = {start}"
    ))
    .await;
    app.followed().await;
    let admin = app.admin().await;
    let told = admin.payload(VALUE, json!({ "email": "c6@example.com" })).await;
    assert_eq!(told["value"]["orderCount"], before["orderCount"]);
    let blind = app.without(Permission::CustomersRead).await;
    assert_eq!(blind.error_code(found, json!({})).await, "FORBIDDEN");
    app.verify().await;
}
