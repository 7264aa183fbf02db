//! Doubtful orders: an explained score, a hold, and somebody who decides.

use harness::shop::*;
use harness::{Shop, TestApp};
use operations::permissions::Permission as P;
use serde_json::{Value as Json, json};
use time::Duration;

const RISK: &str = "query($id: ID!) { order(by: { id: $id }) { onHold approvedAt holds { reason note releasedAt placedBy { kind } }
    risk { score level decision signals { code points explanation } } flags { code } } }";

async fn risk(shop: &Shop, order: &Json) -> Json {
    shop.admin.payload(RISK, json!({ "id": order["id"] })).await
}

fn signals(order: &Json) -> Vec<String> {
    let signals = order["risk"]["signals"].as_array().unwrap().iter();
    signals.map(|one| format!("{} {}", text(&one["code"]), one["points"])).collect()
}

fn to(line1: &str, country: &str) -> Json {
    json!({ "line1": line1, "city": "Ort", "postalCode": "12345", "countryCode": country })
}

async fn placed(shop: &Shop, with: Json) -> Json {
    let mut input = shop.paid(&[("A", 1)]);
    input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    shop.place(input).await
}

#[tokio::test]
async fn a_plain_order_is_no_cause_for_doubt() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order =
        placed(&shop, json!({ "email": "ada@example.com", "shippingAddress": to("Weg 1", "DE") }))
            .await;
    let seen = risk(&shop, &order).await;
    assert_eq!(
        seen["risk"],
        json!({ "score": 0, "level": "LOW", "decision": null, "signals": [] })
    );
    assert_eq!(seen["onHold"], false);
    let blind = app.without(P::OrdersRisk).await;
    let query = "query($id: ID!) { order(by: { id: $id }) { number risk { score } } }";
    let answer = blind.answer(query, json!({ "id": order["id"] })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(answer["data"]["order"]["number"], order["number"]);
    let filter = "{ orders(filter: { riskLevels: [HIGH] }) { totalCount } }";
    assert_eq!(blind.error_code(filter, json!({})).await, "FORBIDDEN");
}

#[tokio::test]
async fn many_orders_in_a_short_time_are_noticed_whatever_they_share() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for number in 0..4 {
        // Each time written a little differently.
        let email = ["Ada@Example.com", " ada@example.com"][number % 2];
        let phone = ["+49 30 1234", "0049301234"][number % 2];
        placed(&shop, json!({ "email": email.trim(), "phone": phone, "clientIp": "203.0.113.7", "shippingAddress": to(["Weg 1", "WEG 1."][number % 2], "DE") })).await;
    }
    let fifth = json!({ "email": "ada@example.com", "phone": "+49301234", "clientIp": "203.0.113.7", "shippingAddress": to("weg 1", "DE") });
    let order = placed(&shop, fifth.clone()).await;
    let seen = risk(&shop, &order).await;
    assert_eq!(
        signals(&seen),
        ["VELOCITY_EMAIL 30", "VELOCITY_PHONE 30", "VELOCITY_ADDRESS 30", "VELOCITY_IP 30"]
    );
    assert_eq!(seen["risk"]["signals"][0]["explanation"], "5 orders in 72 hours.");
    assert_eq!((&seen["risk"]["score"], &seen["risk"]["level"]), (&json!(120), &json!("HIGH")));
    assert_eq!((&seen["onHold"], &seen["approvedAt"]), (&json!(true), &Json::Null));
    assert_eq!(seen["holds"][0]["reason"], "RISK_REVIEW");
    assert_eq!(seen["holds"][0]["placedBy"]["kind"], "SYSTEM");
    app.later(Duration::hours(73)).await;
    let later = placed(&shop, fifth).await;
    assert_eq!(risk(&shop, &later).await["risk"]["level"], "LOW");
    app.verify().await;
}

#[tokio::test]
async fn what_is_declined_is_cancelled_and_what_is_approved_goes_on() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let deny = json!({ "list": "DENY", "kind": "EMAIL", "value": "Bad@Example.com", "reason": "three parcels denied" });
    shop.admin.done(RISK_LIST_ADD, deny).await;
    let doubtful = || placed(&shop, json!({ "email": "bad@example.com" }));
    let order = doubtful().await;
    let seen = risk(&shop, &order).await;
    assert_eq!(seen["risk"]["signals"][0]["explanation"], "EMAIL: three parcels denied");
    let found =
        "{ orders(filter: { riskLevels: [HIGH], holdReasons: [RISK_REVIEW] }) { nodes { id } } }";
    assert_eq!(shop.admin.payload(found, json!({})).await["nodes"], json!([{ "id": order["id"] }]));
    let decide = |order: &Json, decision: &str| json!({ "orderId": order["id"], "decision": decision, "note": "called him" });
    let done = shop.admin.done(RISK_DECIDE, decide(&order, "DECLINED")).await["order"].clone();
    assert_eq!(
        (&done["state"], &done["cancelReason"], &done["paymentState"]),
        (&json!("CANCELLED"), &json!("FRAUD"), &json!("VOIDED"))
    );
    assert_eq!(done["risk"]["decision"], "DECLINED");
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 0, 10));
    let again = shop.admin.refused(RISK_DECIDE, decide(&order, "APPROVED")).await;
    assert_eq!(again, ["STATE_CONFLICT input.orderId"]);
    let other = doubtful().await;
    let done = shop.admin.done(RISK_DECIDE, decide(&other, "APPROVED")).await["order"].clone();
    assert_eq!(
        (&done["state"], &done["onHold"], &done["fulfillments"][0]["state"]),
        (&json!("OPEN"), &json!(false), &json!("OPEN"))
    );
    assert_ne!(risk(&shop, &other).await["approvedAt"], Json::Null);
    let agent = app.without(P::OrdersRisk).await;
    assert_eq!(
        agent.error_code(RISK_DECIDE, json!({ "input": decide(&other, "APPROVED") })).await,
        "FORBIDDEN"
    );
    app.verify().await;
}

#[tokio::test]
async fn lists_know_people_until_their_time_is_up() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let add = |with: Json| {
        let mut input =
            json!({ "list": "DENY", "kind": "EMAIL", "value": "x@example.com", "reason": "known" });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        input
    };
    for entry in [
        json!({ "kind": "EMAIL_DOMAIN", "value": "@Fraud.Example", "expiresAt": "2026-03-03T10:00:00Z" }),
        json!({ "kind": "PHONE", "value": "+49 30 99" }),
        json!({ "kind": "IP", "value": "203.0.113.9" }),
        json!({ "kind": "ADDRESS", "value": "the empty house", "address": to("Weg 9", "DE") }),
    ] {
        shop.admin.done(RISK_LIST_ADD, add(entry)).await;
    }
    for (order, listed) in [
        (json!({ "email": "someone@fraud.example" }), true),
        (json!({ "phone": "004930-99" }), true),
        (json!({ "clientIp": "203.0.113.9" }), true),
        (json!({ "shippingAddress": to("WEG 9", "DE") }), true),
        (json!({ "email": "someone@example.com", "clientIp": "203.0.113.8" }), false),
    ] {
        let placed = placed(&shop, order.clone()).await;
        assert_eq!(
            signals(&risk(&shop, &placed).await),
            if listed { vec!["DENY_LIST 100"] } else { vec![] },
            "{order}"
        );
    }
    let query = "query($list: RiskList) { riskListEntries(list: $list) { totalCount nodes { id kind value reason addedBy { kind } } } }";
    let listed = shop.admin.payload(query, json!({ "list": "DENY" })).await;
    assert_eq!(listed["totalCount"], 4);
    let masked = app.without(P::CustomersPii).await.payload(query, json!({})).await;
    assert!(!masked["nodes"][2]["value"].as_str().unwrap().contains("30"), "{masked}");
    let phone = listed["nodes"][2]["id"].clone();
    shop.admin.done(RISK_LIST_REMOVE, json!({ "entryId": phone })).await;
    assert_eq!(
        shop.admin.refused(RISK_LIST_REMOVE, json!({ "entryId": phone })).await,
        ["NOT_FOUND input.entryId"]
    );
    app.later(Duration::days(1)).await;
    assert_eq!(shop.admin.payload(query, json!({})).await["totalCount"], 2);
    let again =
        placed(&shop, json!({ "email": "someone@fraud.example", "phone": "+493099" })).await;
    assert_eq!(signals(&risk(&shop, &again).await), Vec::<String>::new());
    let wrong = add(
        json!({ "kind": "IP", "value": "nowhere", "reason": " ", "address": to("x", "DE"), "expiresAt": "2026-01-01T00:00:00Z" }),
    );
    assert_eq!(
        shop.admin.refused(RISK_LIST_ADD, wrong).await,
        ["INVALID input.value", "REQUIRED input.reason", "INVALID input.address"]
    );
}

#[tokio::test]
async fn amounts_countries_and_addresses_speak_for_themselves() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let services =
        json!({ "code": "express", "name": "Express", "transitDays": 1, "express": true });
    shop.admin.done(DELIVERY_SERVICE_DEFINE, services).await;
    let customer = json!({ "create": { "email": "ada@example.com" } });
    for (day, quantity) in [1, 2, 1, 2, 1, 2].into_iter().enumerate() {
        let lines = json!([{ "sku": "D", "quantity": quantity }]);
        let order = placed(
            &shop,
            json!({ "customer": customer, "lines": lines, "shippingAddress": to("Weg 1", "DE"),
            "placedAt": format!("2026-01-{:02}T10:00:00Z", day + 1) }),
        )
        .await;
        assert_eq!(risk(&shop, &order).await["risk"]["level"], "LOW");
    }
    let much = json!({ "customer": customer, "lines": [{ "sku": "C", "quantity": 9 }], "shippingAddress": to("Weg 2", "FR"),
        "billingAddress": to("Weg 1", "DE"), "deliveryService": "express" });
    let order = placed(&shop, much).await;
    let seen = risk(&shop, &order).await;
    assert_eq!(
        signals(&seen),
        ["AMOUNT_OUTLIER 40", "COUNTRY_MISMATCH 20", "EXPRESS_NEW_ADDRESS 20"]
    );
    let codes: Vec<String> =
        seen["flags"].as_array().unwrap().iter().map(|flag| text(&flag["code"])).collect();
    assert_eq!(codes, ["ADDRESS_MISMATCH", "OUTLIER"]);
    let thrown = placed(&shop, json!({ "email": "x@10minutemail.com" })).await;
    assert_eq!(signals(&risk(&shop, &thrown).await), ["DISPOSABLE_EMAIL 30"]);
    app.plant(
        "update orders set payment_state = 'CHARGED_BACK' where email_key = 'x@10minutemail.com'",
    )
    .await;
    let back = placed(&shop, json!({ "email": "x@10minutemail.com" })).await;
    assert_eq!(
        signals(&risk(&shop, &back).await),
        ["DISPOSABLE_EMAIL 30", "EARLIER_CHARGEBACK 50"]
    );
}

#[tokio::test]
async fn rules_are_the_shops_own() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let query =
        "{ riskRules { code active points threshold windowHours minimumOrders description } }";
    let rules = shop.admin.payload(query, json!({})).await;
    assert_eq!(rules.as_array().unwrap().len(), 15);
    assert_eq!(
        (&rules[0]["code"], &rules[0]["threshold"]),
        (&json!("VELOCITY_EMAIL"), &json!(5.0))
    );
    let define = |input: Json| {
        let client = shop.admin.clone();
        async move { client.done(RISK_RULE_DEFINE, input).await["riskRule"].clone() }
    };
    let made = define(
        json!({ "code": "velocity_email", "points": 90, "threshold": 2.0, "windowHours": 1 }),
    )
    .await;
    assert_eq!(
        made,
        json!({ "code": "VELOCITY_EMAIL", "active": true, "points": 90, "threshold": 2.0, "windowHours": 1, "minimumOrders": null })
    );
    let email = json!({ "email": "ada@example.com" });
    placed(&shop, email.clone()).await;
    let second = placed(&shop, email.clone()).await;
    assert_eq!(signals(&risk(&shop, &second).await), ["VELOCITY_EMAIL 90"]);
    define(json!({ "code": "VELOCITY_EMAIL", "active": false })).await;
    let third = placed(&shop, email).await;
    assert_eq!(signals(&risk(&shop, &third).await), Vec::<String>::new());
    let wrong = json!({ "code": "DISPOSABLE_EMAIL", "points": 2000, "windowHours": 5 });
    assert_eq!(
        shop.admin.refused(RISK_RULE_DEFINE, wrong).await,
        ["INVALID input.points", "INVALID input.windowHours"]
    );
    let unknown = json!({ "code": "NOPE" });
    assert_eq!(shop.admin.refused(RISK_RULE_DEFINE, unknown).await, ["NOT_FOUND input.code"]);
}

const BACK_TEST: &str = "query($input: RiskRuleInput!, $at: DateTimeRange!) { riskBackTest(input: $input, placedAt: $at) {
    orderCount caught newlyHigh noLongerHigh chargedBack chargedBackCaught
    examples { score level signal { code explanation } order { number risk { score level } } } } }";

#[tokio::test]
async fn a_back_test_finds_what_the_rules_found_and_says_what_a_change_would() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.admin.done(RISK_LIST_ADD, json!({ "list": "DENY", "kind": "EMAIL_DOMAIN", "value": "bad.example", "reason": "x" })).await;
    let account = json!({ "kind": "CHANNEL_ACCOUNT", "value": "eve", "channelId": shop.web });
    let known = json!({ "create": { "email": "eve@example.com", "identities": [account] } });
    for with in [
        json!({ "email": "a@bad.example" }),
        json!({ "email": "x@10minutemail.com", "billingAddress": to("Weg 1", "FR"), "shippingAddress": to("Weg 1", "DE") }),
        json!({ "customer": known, "shippingAddress": to("Weg 2", "DE"), "clientIp": "203.0.113.9" }),
        json!({ "customer": known, "shippingAddress": to("Weg 2", "DE"), "clientIp": "203.0.113.9" }),
        json!({ "customer": known, "shippingAddress": to("Weg 3", "DE"), "clientIp": "203.0.113.9" }),
    ] {
        placed(&shop, with).await;
        app.clock.advance(Duration::minutes(10));
    }
    let mut dear = shop.paid(&[("B", 9)]);
    dear["customer"] = known.clone();
    shop.place(dear).await;
    app.plant("update orders set payment_state = 'CHARGED_BACK' where email_key = 'a@bad.example'")
        .await;
    let test = |rule: Json| {
        let admin = shop.admin.clone();
        async move {
            admin
                .payload(
                    BACK_TEST,
                    json!({ "input": rule, "at": { "from": "2026-03-01T00:00:00Z" } }),
                )
                .await
        }
    };
    let before = app.books().await;
    // A level that every order reaches shows each as it was looked at when it was placed.
    let all = test(json!({ "code": "LEVEL_MEDIUM", "points": 0 })).await;
    let examples = all["examples"].as_array().unwrap();
    assert_eq!((&all["orderCount"], &all["caught"], examples.len()), (&json!(6), &json!(6), 6));
    for example in examples {
        assert_eq!(example["score"], example["order"]["risk"]["score"], "{example}");
    }
    assert!(examples.iter().any(|one| one["score"] != 0));
    // Two orders from one address are many, would somebody say so.
    let two = test(json!({ "code": "VELOCITY_IP", "threshold": 2.0, "points": 90 })).await;
    assert_eq!(
        (&two["caught"], &two["newlyHigh"], &two["noLongerHigh"]),
        (&json!(2), &json!(2), &json!(0))
    );
    assert_eq!(two["examples"][0]["signal"]["explanation"], "3 orders in 72 hours.");
    assert_eq!((&two["chargedBack"], &two["chargedBackCaught"]), (&json!(1), &json!(0)));
    let none = test(json!({ "code": "DENY_LIST", "active": false })).await;
    assert_eq!((&none["caught"], &none["noLongerHigh"]), (&json!(0), &json!(1)));
    let listed = test(json!({ "code": "DENY_LIST" })).await;
    assert_eq!((&listed["caught"], &listed["chargedBackCaught"]), (&json!(1), &json!(1)));
    assert_eq!(app.books().await, before);
    let wrong = json!({ "input": { "code": "DENY_LIST", "threshold": 1.0 }, "at": {} });
    assert_eq!(shop.admin.error_code(BACK_TEST, wrong).await, "BAD_INPUT");
}

#[tokio::test]
async fn an_edit_that_makes_an_order_doubtful_holds_it_again() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let deny =
        json!({ "list": "DENY", "kind": "EMAIL", "value": "bad@example.com", "reason": "x" });
    shop.admin.done(RISK_LIST_ADD, deny).await;
    let order =
        placed(&shop, json!({ "email": "good@example.com", "shippingAddress": to("Weg 1", "DE") }))
            .await;
    assert_eq!(risk(&shop, &order).await["onHold"], false);
    let edit = json!({ "orderId": order["id"], "email": "bad@example.com" });
    shop.admin.done(ORDER_EDIT, edit).await;
    let seen = risk(&shop, &order).await;
    assert_eq!((&seen["onHold"], &seen["risk"]["level"]), (&json!(true), &json!("HIGH")));
    assert_eq!(seen["holds"][0]["reason"], "RISK_REVIEW");
    let decide = json!({ "orderId": order["id"], "decision": "APPROVED" });
    shop.admin.done(RISK_DECIDE, decide).await;
    // What was known when somebody decided is no new doubt.
    shop.admin.done(ORDER_EDIT, json!({ "orderId": order["id"], "phone": "+49 30 1" })).await;
    let seen = risk(&shop, &order).await;
    assert_eq!((&seen["onHold"], &seen["risk"]["decision"]), (&json!(false), &json!("APPROVED")));
    shop.admin
        .done(ORDER_EDIT, json!({ "orderId": order["id"], "email": "good@example.com" }))
        .await;
    assert_eq!(risk(&shop, &order).await["risk"]["level"], "LOW");
    let back = json!({ "orderId": order["id"], "email": "bad@example.com" });
    shop.admin.done(ORDER_EDIT, back).await;
    let seen = risk(&shop, &order).await;
    assert_eq!((&seen["onHold"], &seen["risk"]["decision"]), (&json!(true), &Json::Null));
    app.verify().await;
}
