//! Gift cards and store credit: owed until they are used, used up first, and given back last.

use crate::ledger::{balances, held};
use harness::shop::*;
use harness::{Client, Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

fn euro(amount: &str) -> Json {
    json!({ "amount": amount, "currencyCode": "EUR" })
}

/// A card that was sold, with its code.
async fn card(shop: &Shop, amount: &str) -> Json {
    let input = json!({ "amount": euro(amount), "legalEntityId": shop.entity });
    let issued = shop.admin.done(GIFT_CARD_ISSUE, input).await;
    json!({ "code": issued["code"], "id": issued["giftCard"]["id"] })
}

async fn look(shop: &Shop, card: &Json) -> Json {
    shop.admin.payload(GIFT_CARD, json!({ "code": card["code"] })).await
}

/// What is on a card, and what of it is promised.
async fn on(shop: &Shop, card: &Json) -> (String, String) {
    let found = look(shop, card).await;
    let text = |value: &Json| value["amount"].as_str().unwrap().to_owned();
    (text(&found["balance"]), text(&found["reserved"]))
}

fn pair(balance: &str, reserved: &str) -> (String, String) {
    (balance.to_owned(), reserved.to_owned())
}

async fn policy(shop: &Shop, more: Json) {
    let mut entity = json!({ "id": shop.entity, "name": "Shop GmbH", "countryCode": "DE", "baseCurrency": "EUR" });
    for (name, value) in more.as_object().unwrap() {
        entity[name] = value.clone();
    }
    shop.admin.done(LEGAL_ENTITY_UPSERT, entity).await;
}

/// Providers of an order's payments, with what was authorized, captured and given back.
async fn tenders(shop: &Shop, order: &Json) -> Vec<(String, [String; 3])> {
    let query = "query($id: ID!) { order(by: { id: $id }) { payments { provider authorized { amount } captured { amount } refunded { amount } } } }";
    let found = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let one = |payment: &Json| {
        let amount = |name: &str| payment[name]["amount"].as_str().unwrap().to_owned();
        let provider = payment["provider"].as_str().unwrap().to_owned();
        (provider, ["authorized", "captured", "refunded"].map(amount))
    };
    found["payments"].as_array().unwrap().iter().map(one).collect()
}

fn tender(provider: &str, amounts: [&str; 3]) -> (String, [String; 3]) {
    (provider.to_owned(), amounts.map(str::to_owned))
}

#[tokio::test]
async fn a_card_pays_first_is_promised_at_once_and_used_when_goods_leave() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let card = card(&shop, "15.00").await;
    let mut input = shop.order(&[("A", 2)]);
    let code = card["code"].as_str().unwrap().to_lowercase().replace('-', " ");
    input["giftCards"] = json!([{ "code": code }]);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "5.00" }]);
    let order = shop.place(input.clone()).await;
    assert_eq!(order["paymentState"], "AUTHORIZED");
    let [mine, money] = [
        tender("gift_card", ["15.00", "0.00", "0.00"]),
        tender("manual", ["5.00", "0.00", "0.00"]),
    ];
    assert_eq!(tenders(&shop, &order).await, [mine, money]);
    assert_eq!(on(&shop, &card).await, pair("15.00", "15.00"));
    // What is promised to one order is not there for another: it pays nothing, and the order waits for money.
    let other = shop.place(input.clone()).await;
    assert_eq!(tenders(&shop, &other).await, [tender("manual", ["5.00", "0.00", "0.00"])]);
    input["giftCards"] = json!([{ "code": code, "amount": "0.01" }]);
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, input).await,
        ["AMOUNT_EXCEEDED input.giftCards.0.amount"]
    );
    shop.ship(&shop.work(&order, 0).await).await;
    assert_eq!(on(&shop, &card).await, pair("0.00", "0.00"));
    let entries = look(&shop, &card).await["entries"].clone();
    assert_eq!(entries["totalCount"], 2);
    assert_eq!(
        (&entries["nodes"][0]["reason"], &entries["nodes"][0]["amount"]["amount"]),
        (&json!("used"), &json!("-15.00"))
    );
    assert_eq!(entries["nodes"][0]["subjectId"], order["id"]);
    assert_eq!(entries["nodes"][1]["reason"], "sold");
    let books = held(&[
        ("1000", "15.00"),
        ("1100", "5.00"),
        ("1200", "-8.00"),
        ("2100", "-3.19"),
        ("4000", "-16.81"),
        ("5000", "8.00"),
    ]);
    assert_eq!(balances(&shop).await, books);
    app.verify().await;
}

#[tokio::test]
async fn what_an_order_lets_go_of_is_on_the_card_again() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let card = card(&shop, "50.00").await;
    let mut input = shop.order(&[("A", 2)]);
    input["giftCards"] = json!([{ "code": card["code"] }]);
    let order = shop.place(input.clone()).await;
    assert_eq!(on(&shop, &card).await, pair("50.00", "20.00"));
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": order["id"], "reason": "CUSTOMER" })).await;
    assert_eq!(on(&shop, &card).await, pair("50.00", "0.00"));
    assert_eq!(balances(&shop).await, held(&[("1000", "50.00"), ("2150", "-50.00")]));
    // Voided by hand, and given back by hand.
    let order = shop.place(input).await;
    let payment = super::payment(&shop, &order).await;
    shop.admin
        .done(PAYMENT_CAPTURE, json!({ "paymentId": payment["id"], "amount": "12.00" }))
        .await;
    assert_eq!(on(&shop, &card).await, pair("38.00", "8.00"));
    shop.admin.done(PAYMENT_VOID, json!({ "paymentId": payment["id"] })).await;
    assert_eq!(on(&shop, &card).await, pair("38.00", "0.00"));
    let back = json!({ "paymentId": payment["id"], "amount": "2.00", "reason": "x" });
    shop.admin.done(PAYMENT_REFUND, back).await;
    assert_eq!(on(&shop, &card).await, pair("40.00", "0.00"));
    // Nobody but we hold it: there is no provider that could say anything.
    let said = json!({ "paymentId": payment["id"], "kind": "REFUND", "state": "SUCCEEDED", "amount": "1.00", "providerReference": "x" });
    assert_eq!(shop.admin.refused(PAYMENT_REPORT, said).await, ["STATE_CONFLICT input.paymentId"]);
    let taken = json!({ "paymentId": payment["id"], "amount": "1.00", "reason": "x" });
    assert_eq!(shop.admin.refused(DISPUTE_RECORD, taken).await, ["STATE_CONFLICT input.paymentId"]);
    app.verify().await;
}

#[tokio::test]
async fn money_goes_back_to_where_it_came_from_in_the_order_that_the_company_chose() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for (first, expected) in [
        ("CREDIT_LAST", [["12.00", "12.00", "2.00"], ["8.00", "8.00", "8.00"]]),
        ("CREDIT_FIRST", [["12.00", "12.00", "10.00"], ["8.00", "8.00", "0.00"]]),
    ] {
        policy(&shop, json!({ "refundOrder": first })).await;
        let card = card(&shop, "12.00").await;
        let mut input = shop.order(&[("A", 1), ("C", 1)]);
        input["adjustments"] = json!([{ "kind": "DISCOUNT", "label": "x", "amount": "23.33" }]);
        input["giftCards"] = json!([{ "code": card["code"] }]);
        input["payments"] =
            json!([{ "provider": "manual", "method": "card", "authorized": "8.00" }]);
        let order = shop.place(input).await;
        for payment in ["gift_card", "manual"] {
            let query = "query($id: ID!) { order(by: { id: $id }) { payments { id provider } } }";
            let found = shop.admin.payload(query, json!({ "id": order["id"] })).await;
            let found = found["payments"].as_array().unwrap().clone();
            let one = found.iter().find(|one| one["provider"] == payment).unwrap();
            shop.admin.done(PAYMENT_CAPTURE, json!({ "paymentId": one["id"] })).await;
        }
        let edit = json!({ "orderId": order["id"], "adjustments": [{ "kind": "DISCOUNT", "label": "x", "amount": "33.33" }] });
        shop.admin.done(ORDER_EDIT, edit).await;
        let [card_paid, money_paid] = expected;
        let wanted = [tender("gift_card", card_paid), tender("manual", money_paid)];
        assert_eq!(tenders(&shop, &order).await, wanted, "{first}");
    }
    app.verify().await;
}

#[tokio::test]
async fn of_orders_that_want_the_last_of_a_card_one_gets_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let card = card(&shop, "10.00").await;
    let mut input = shop.order(&[("D", 2)]);
    input["giftCards"] = json!([{ "code": card["code"], "amount": "10.00" }]);
    let tries = (0..6).map(|_| shop.admin.payload(ORDER_PLACE, json!({ "input": input })));
    let answers = futures::future::join_all(tries).await;
    let placed = answers.iter().filter(|answer| !answer["order"].is_null()).count();
    assert_eq!(placed, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer["order"].is_null()) {
        assert_eq!(answer["userErrors"][0]["code"], "AMOUNT_EXCEEDED");
    }
    assert_eq!(on(&shop, &card).await, pair("10.00", "10.00"));
    app.verify().await;
}

#[tokio::test]
async fn a_card_ends_with_what_is_promised_to_nobody() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    policy(&shop, json!({ "giftCardValidDays": 30 })).await;
    let card = card(&shop, "30.00").await;
    let mut input = shop.order(&[("D", 2)]);
    input["giftCards"] = json!([{ "code": card["code"], "amount": "10.00" }]);
    let order = shop.place(input.clone()).await;
    app.later(Duration::days(30)).await;
    let found = look(&shop, &card).await;
    assert_eq!((&found["active"], &found["balance"]["amount"]), (&json!(false), &json!("10.00")));
    let broken = held(&[("1000", "30.00"), ("2150", "-10.00"), ("4020", "-20.00")]);
    assert_eq!(balances(&shop).await, broken);
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, input).await,
        ["STATE_CONFLICT input.giftCards.0.code"]
    );
    // The promise holds; what is given back of it can be used for as long as the card could.
    let payment = super::payment(&shop, &order).await;
    shop.admin.done(PAYMENT_CAPTURE, json!({ "paymentId": payment["id"], "amount": "6.00" })).await;
    let back = json!({ "paymentId": payment["id"], "amount": "1.50", "reason": "x" });
    shop.admin.done(PAYMENT_REFUND, back).await;
    let found = look(&shop, &card).await;
    assert_eq!(found["active"], true);
    assert_eq!(on(&shop, &card).await, pair("5.50", "4.00"));
    app.later(Duration::days(30)).await;
    assert_eq!(on(&shop, &card).await, pair("4.00", "4.00"));
    // What is let go of afterwards ends at once.
    shop.admin.done(PAYMENT_VOID, json!({ "paymentId": payment["id"] })).await;
    app.later(Duration::ZERO).await;
    assert_eq!(on(&shop, &card).await, pair("0.00", "0.00"));
    app.verify().await;
    // Another company's law wants it owed on.
    policy(&shop, json!({ "breakage": "KEEP" })).await;
    let kept = self::card(&shop, "7.00").await;
    app.later(Duration::days(31)).await;
    let found = look(&shop, &kept).await;
    assert_eq!((&found["active"], &found["balance"]["amount"]), (&json!(false), &json!("7.00")));
    app.settled().await;
    let told =
        "{ events(filter: { types: [\"gift_card.*\"] }, last: 100) { nodes { type data } } }";
    let told = shop.admin.payload(told, json!({})).await["nodes"].clone();
    let ended = told.as_array().unwrap().iter().filter(|one| one["type"] == "gift_card.expired");
    assert_eq!(ended.count(), 4);
    app.verify().await;
}

#[tokio::test]
async fn a_code_is_shown_once_and_kept_nowhere() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let input = json!({ "amount": euro("25.00"), "legalEntityId": shop.entity, "expiresAt": "2027-01-01T00:00:00Z" });
    let issued =
        shop.admin.payload(GIFT_CARD_ISSUE, json!({ "input": input, "key": "card-1" })).await;
    let code = issued["code"].as_str().unwrap();
    assert_eq!(code.len(), 19);
    assert!(code.ends_with(issued["giftCard"]["hint"].as_str().unwrap()));
    let again =
        shop.admin.payload(GIFT_CARD_ISSUE, json!({ "input": input, "key": "card-1" })).await;
    assert_eq!(again["giftCard"]["id"], issued["giftCard"]["id"]);
    assert_eq!(again["code"], Json::Null);
    let bare = code.replace('-', "");
    for column in ["code_hash", "hint"] {
        let found = format!("select count(*) from credits where {column} like '%{bare}%'");
        assert_eq!(app.number(&found).await, 0);
    }
    let mut input = shop.order(&[("D", 1)]);
    input["giftCards"] = json!([{ "code": code }]);
    let placed = shop.admin.payload(ORDER_PLACE, json!({ "input": input, "key": "order-1" })).await;
    let again = shop.admin.payload(ORDER_PLACE, json!({ "input": input, "key": "order-1" })).await;
    assert_eq!(placed["order"]["id"], again["order"]["id"]);
    for table in ["events", "audit_entries"] {
        let column = if table == "events" { "data" } else { "change" };
        let found = format!(
            "select count(*) from {table} where cast({column} as text) like '%{bare}%' or cast({column} as text) like '%{code}%'"
        );
        assert_eq!(app.number(&found).await, 0, "{table}");
    }
    app.verify().await;
}

#[tokio::test]
async fn what_cannot_pay_is_said_all_at_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let entity = json!({ "name": "Other", "countryCode": "DE", "baseCurrency": "EUR" });
    let other = shop.admin.done(LEGAL_ENTITY_UPSERT, entity).await["legalEntity"]["id"].clone();
    let foreign = json!({ "amount": euro("5.00"), "legalEntityId": other });
    let foreign = shop.admin.done(GIFT_CARD_ISSUE, foreign).await["code"].clone();
    let rate = json!({ "rates": [{ "base": "EUR", "currencyCode": "USD", "on": "2026-01-01", "rate": "0.92" }] });
    shop.admin.done(EXCHANGE_RATES_SET, rate).await;
    let dollars = json!({ "amount": { "amount": "5.00", "currencyCode": "USD" }, "legalEntityId": shop.entity });
    let dollars = shop.admin.done(GIFT_CARD_ISSUE, dollars).await["code"].clone();
    let mine = card(&shop, "5.00").await["code"].clone();
    let mut input = shop.order(&[("D", 1)]);
    input["giftCards"] = json!([
        { "code": "nothing" }, { "code": foreign }, { "code": dollars },
        { "code": mine, "amount": "5.01" }, { "code": mine, "amount": "5.00" }, { "code": mine },
    ]);
    input["storeCredit"] = json!("1.00");
    let before = app.books().await;
    let codes = shop.admin.refused(ORDER_PLACE, input.clone()).await;
    assert_eq!(
        codes,
        [
            "NOT_FOUND input.giftCards.0.code",
            "NOT_FOUND input.giftCards.1.code",
            "CURRENCY_MISMATCH input.giftCards.2.code",
            "AMOUNT_EXCEEDED input.giftCards.3.amount",
            "DUPLICATE input.giftCards.5.code",
            "INVALID input.storeCredit",
        ]
    );
    // More than the order costs is a mistake too.
    input["giftCards"] = json!([{ "code": card(&shop, "9.00").await["code"], "amount": "5.01" }]);
    input["storeCredit"] = Json::Null;
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, input).await,
        ["AMOUNT_EXCEEDED input.giftCards.0.amount"]
    );
    let after = app.books().await;
    let off: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
    assert!(off.iter().all(|(a, _)| !a.0.starts_with("orders")), "{off:?}");
    let draft = json!({ "channelId": shop.web, "lines": [{ "sku": "D", "quantity": 1 }], "storeCredit": "1.00", "giftCards": [{ "code": mine }] });
    assert_eq!(
        shop.admin.refused(DRAFT_CREATE, draft).await,
        ["INVALID input.giftCards", "INVALID input.storeCredit"]
    );
    let wrong = json!({ "amount": { "amount": "0", "currencyCode": "EUR" }, "legalEntityId": "ent_none", "expiresAt": "2020-01-01T00:00:00Z" });
    assert_eq!(
        shop.admin.refused(GIFT_CARD_ISSUE, wrong).await,
        ["INVALID input.expiresAt", "INVALID input.amount.amount", "NOT_FOUND input.legalEntityId"]
    );
}

/// Somebody who may give so much for nothing to a customer.
async fn giver(app: &TestApp, shop: &Shop, name: &str, limit: &str) -> Client {
    let role = json!({ "name": name, "permissions": ["ORDERS_READ", "PAYMENTS_READ", "REFUNDS_WRITE", "CUSTOMERS_READ"],
        "refundLimit": "1000", "goodwillPerCaseLimit": limit, "goodwillPerCustomerLimit": limit });
    shop.admin.done(ROLE_DEFINE, role).await;
    app.signed_in(&format!("{name}@shop.example"), name).await
}

#[tokio::test]
async fn credit_is_given_within_limits_that_add_up_with_what_was_given_before() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let ada = shop.customer("ada@example.com").await;
    let agent = giver(&app, &shop, "giver", "30").await;
    let give =
        |amount: &str| json!({ "customerId": ada, "amount": euro(amount), "reason": "late" });
    let done = agent.done(STORE_CREDIT_GRANT, give("10.00")).await;
    let account = &done["customer"]["storeCredit"][0];
    assert_eq!(account["balance"], euro("10.00"));
    assert_eq!(account["entries"]["nodes"][0]["reason"], "late");
    assert_eq!(balances(&shop).await, held(&[("2160", "-10.00"), ("6040", "10.00")]));
    // What was given on an order counts as well.
    let mut order = shop.order(&[("A", 2)]);
    order["customer"] = json!({ "id": ada });
    order["payments"] = json!([{ "provider": "manual", "method": "card", "captured": "20.00" }]);
    let order = shop.place(order).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let payment = super::payment(&shop, &order).await;
    let back = json!({ "paymentId": payment["id"], "amount": "15.00", "reason": "late" });
    agent.done(PAYMENT_REFUND, back).await;
    let codes = agent.refused(STORE_CREDIT_GRANT, give("5.01")).await;
    assert_eq!(codes, ["LIMIT_EXCEEDED input.amount.amount"]);
    let mut asked = give("5.01");
    asked["requestApproval"] = json!(true);
    let asked = agent.done(STORE_CREDIT_GRANT, asked).await["refundRequest"].clone();
    assert_eq!(
        (&asked["state"], &asked["payment"], &asked["customer"]["id"]),
        (&json!("PENDING"), &Json::Null, &ada)
    );
    // Nobody grants their own, nor what is beyond their own limit.
    let decide = json!({ "refundRequestId": asked["id"], "grant": true });
    assert_eq!(
        agent.refused(REFUND_DECIDE, decide.clone()).await,
        ["POLICY_VIOLATION input.refundRequestId"]
    );
    let other = giver(&app, &shop, "other", "30").await;
    assert_eq!(
        other.refused(REFUND_DECIDE, decide.clone()).await,
        ["LIMIT_EXCEEDED input.refundRequestId"]
    );
    let lead = giver(&app, &shop, "lead", "150").await;
    let granted = lead.done(REFUND_DECIDE, decide.clone()).await;
    assert_eq!(granted["refundRequest"]["state"], "GRANTED");
    assert_eq!(lead.refused(REFUND_DECIDE, decide).await, ["STATE_CONFLICT input.refundRequestId"]);
    let query = "query($id: ID!) { node(id: $id) { ... on Customer { storeCredit { balance { amount } } } } }";
    let found = shop.admin.payload(query, json!({ "id": ada })).await;
    assert_eq!(found["storeCredit"], json!([{ "balance": { "amount": "15.01" } }]));
    app.verify().await;
}

#[tokio::test]
async fn credit_that_ends_first_is_used_first_and_whoever_reaches_no_such_customer_sees_none() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    policy(&shop, json!({ "storeCreditValidDays": 90 })).await;
    let ada = shop.customer("ada@example.com").await;
    let give = |amount: &str, until: Option<&str>| json!({ "customerId": ada, "amount": euro(amount), "reason": "x", "expiresAt": until });
    shop.admin.done(STORE_CREDIT_GRANT, give("3.00", None)).await;
    shop.admin.done(STORE_CREDIT_GRANT, give("4.00", Some("2026-03-20T00:00:00Z"))).await;
    let done =
        shop.admin.done(STORE_CREDIT_GRANT, give("2.00", Some("2026-03-20T00:00:00Z"))).await;
    let accounts = done["customer"]["storeCredit"].clone();
    assert_eq!(accounts.as_array().unwrap().len(), 2);
    assert_eq!(accounts[0]["balance"]["amount"], "6.00");
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "id": ada });
    input["storeCredit"] = json!("9.01");
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, input.clone()).await,
        ["AMOUNT_EXCEEDED input.storeCredit"]
    );
    input["storeCredit"] = json!("7.00");
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "3.00" }]);
    let order = shop.place(input).await;
    let wanted = [
        tender("store_credit", ["6.00", "0.00", "0.00"]),
        tender("store_credit", ["1.00", "0.00", "0.00"]),
        tender("manual", ["3.00", "0.00", "0.00"]),
    ];
    assert_eq!(tenders(&shop, &order).await, wanted);
    shop.ship(&shop.work(&order, 0).await).await;
    let books = held(&[
        ("1100", "3.00"),
        ("1200", "-4.00"),
        ("2100", "-1.60"),
        ("2160", "-2.00"),
        ("4000", "-8.40"),
        ("5000", "4.00"),
        ("6040", "9.00"),
    ]);
    assert_eq!(balances(&shop).await, books);
    let query = "query($id: ID!) { node(id: $id) { ... on StoreCreditAccount { balance { amount } reserved { amount } expiresAt } } }";
    let account = json!({ "id": accounts[1]["id"] });
    let found = shop.admin.payload(query, account.clone()).await;
    assert_eq!(found["balance"]["amount"], "2.00");
    let stranger = app.reaching(Some(&[&shop.market]), None).await;
    assert_eq!(stranger.payload(query, account).await, Json::Null);
    app.later(Duration::days(90)).await;
    assert_eq!(balances(&shop).await["4020"], "-2.00");
    app.verify().await;
}

#[tokio::test]
async fn a_draft_is_completed_with_cards_and_credit() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let ada = shop.customer("ada@example.com").await;
    let credit = json!({ "customerId": ada, "amount": euro("4.00"), "reason": "x" });
    shop.admin.done(STORE_CREDIT_GRANT, credit).await;
    let card = card(&shop, "100.00").await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "id": ada });
    let draft = shop.admin.done(DRAFT_CREATE, input).await["order"].clone();
    let complete = json!({ "orderId": draft["id"], "storeCredit": "4.00", "giftCards": [{ "code": card["code"] }] });
    let order = shop.admin.done(DRAFT_COMPLETE, complete).await["order"].clone();
    let wanted = [
        tender("gift_card", ["6.00", "0.00", "0.00"]),
        tender("store_credit", ["4.00", "0.00", "0.00"]),
    ];
    assert_eq!(tenders(&shop, &order).await, wanted);
    app.verify().await;
}

#[tokio::test]
async fn a_channel_says_when_money_is_taken() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let capture = |policy: &str| {
        json!({ "code": "web", "name": "web", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": true,
        "legalEntityId": shop.entity, "capture": policy })
    };
    shop.admin.done(CHANNEL_UPSERT, capture("APPROVAL")).await;
    let mut input = shop.order(&[("A", 2)]);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "25.00" }]);
    let order = shop.place(input.clone()).await;
    assert_eq!(order["paymentState"], "PAID");
    assert_eq!(balances(&shop).await, held(&[("1100", "20.00"), ("2000", "-20.00")]));
    // Nothing is taken while somebody doubts it, or while it is not covered.
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "15.00" }]);
    let short = shop.place(input.clone()).await;
    assert_eq!(balances(&shop).await["2000"], "-20.00");
    let rest = json!({ "provider": "manual", "method": "card", "authorized": "5.00" });
    shop.admin.done(PAYMENT_RECORD, json!({ "orderId": short["id"], "payment": rest })).await;
    assert_eq!(balances(&shop).await["2000"], "-40.00");
    shop.ship(&shop.work(&order, 0).await).await;
    assert_eq!(balances(&shop).await["2000"], "-20.00");
    shop.admin.done(CHANNEL_UPSERT, capture("MANUAL")).await;
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "20.00" }]);
    let by_hand = shop.place(input).await;
    shop.ship(&shop.work(&by_hand, 0).await).await;
    assert_eq!(balances(&shop).await["1150"], "20.00");
    let payment = super::payment(&shop, &by_hand).await;
    shop.admin.done(PAYMENT_CAPTURE, json!({ "paymentId": payment["id"] })).await;
    assert!(!balances(&shop).await.contains_key("1150"));
    app.verify().await;
}
