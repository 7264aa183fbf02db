use harness::shop::{ORDER_PLACE, STOCK_RESERVE};
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn amounts(order: &Json) -> Vec<(String, String)> {
    let totals = order["totals"].as_object().unwrap();
    totals
        .iter()
        .map(|(name, money)| (name.clone(), money["amount"].as_str().unwrap().to_owned()))
        .collect()
}

fn total<'a>(order: &'a Json, name: &str) -> &'a str {
    order["totals"][name]["amount"].as_str().unwrap()
}

#[tokio::test]
async fn an_order_is_priced_reserved_and_planned() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 2), ("C", 1)]);
    input["customer"] = json!({ "create": { "name": "Ada Albers", "email": "Ada@Example.com" } });
    input["adjustments"] = json!([{ "kind": "SHIPPING", "label": "Standard", "amount": "4.90" }]);
    input["payments"] = json!([{ "provider": "stripe", "method": "card", "authorized": "58.23" }]);
    let order = shop.place(input).await;
    assert_eq!(order["number"], "WEB-1000001");
    assert_eq!(
        (order["state"].as_str(), order["paymentState"].as_str()),
        (Some("OPEN"), Some("AUTHORIZED"))
    );
    assert_eq!(order["email"], "Ada@Example.com");
    assert_eq!(total(&order, "grandTotal"), "58.23");
    assert_eq!(total(&order, "tax"), "9.30");
    assert_eq!(order["fulfillments"][0]["location"]["code"], "berlin");
    assert_eq!(order["fulfillments"].as_array().unwrap().len(), 1);
    assert_eq!(order["lines"][0]["quantityReserved"], 2);
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 2, 8));
    app.verify().await;
}

#[tokio::test]
async fn a_discount_is_frozen_on_the_lines_to_the_cent() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1), ("B", 1), ("D", 3)]);
    input["lines"][1]["discount"] = json!("2.50");
    input["adjustments"] = json!([
        { "kind": "DISCOUNT", "label": "Ten off", "amount": "10.00" },
        { "kind": "SHIPPING", "label": "Standard", "amount": "5.00" },
    ]);
    let order = shop.place(input).await;
    let of = |name: &str| -> Vec<&str> {
        order["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line[name]["amount"].as_str().unwrap())
            .collect()
    };
    // 10.00 over 10.00, 17.50 and 15.00: 2.352.., 4.117.., 3.529..
    assert_eq!(of("discount"), ["2.35", "6.62", "3.53"]);
    assert_eq!(of("total"), ["7.65", "13.38", "11.47"]);
    assert_eq!(total(&order, "grandTotal"), "37.50");
    assert_eq!(total(&order, "discounts"), "12.50");
    app.verify().await;
}

#[tokio::test]
async fn tax_comes_on_top_where_prices_exclude_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let made = shop
        .admin
        .done(
            harness::shop::CHANNEL_UPSERT,
            json!({ "code": "trade", "name": "Trade", "kind": "WHOLESALE", "currencyCode": "EUR",
                    "taxIncluded": false, "legalEntityId": shop.entity, "locationIds": [shop.berlin] }),
        )
        .await;
    let input = json!({ "channelId": made["channel"]["id"], "paymentTermsDays": 30, "lines": [
        { "sku": "A", "quantity": 3, "unitPrice": "3.33", "taxRate": "0.0775" },
    ] });
    let order = shop.place(input).await;
    assert_eq!(total(&order, "items"), "9.99");
    assert_eq!(total(&order, "tax"), "0.77");
    assert_eq!(total(&order, "grandTotal"), "10.76");
    assert_eq!(order["lines"][0]["total"]["amount"], "10.76");
    app.verify().await;
}

#[tokio::test]
async fn every_fault_is_named_at_once_and_nothing_is_left_behind() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let errors = shop
        .admin
        .refused(
            ORDER_PLACE,
            json!({
                "channelId": shop.web, "email": "nobody", "pickupLocationId": shop.store,
                "shippingAddress": { "line1": "", "city": "Bonn", "countryCode": "XX" },
                "lines": [{ "sku": "A", "quantity": 1 }],
            }),
        )
        .await;
    assert_eq!(
        errors,
        [
            "INVALID input.email",
            "REQUIRED input.shippingAddress.line1",
            "INVALID input.shippingAddress.countryCode",
            "INVALID input.pickupLocationId",
        ]
    );
    let nowhere = json!({ "channelId": shop.berlin, "email": "nobody", "lines": [] });
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, nowhere).await,
        ["REQUIRED input.lines", "INVALID input.email", "NOT_FOUND input.channelId"]
    );
    let nowhere = json!({ "channelId": shop.berlin,
        "lines": [{ "sku": "A", "quantity": 1 }, { "sku": " ", "quantity": 0, "name": "" }] });
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, nowhere).await,
        [
            "NOT_FOUND input.channelId",
            "REQUIRED input.lines.1.sku",
            "INVALID input.lines.1.quantity"
        ]
    );
    let errors = shop
        .admin
        .refused(
            ORDER_PLACE,
            json!({
                "channelId": shop.web,
                "paymentTermsDays": 366,
                "customer": { "id": "cus_00000000000000000000000000" },
                "lines": [
                    { "sku": "NOPE", "quantity": 1 },
                    { "sku": "A", "quantity": 1, "unitPrice": "1.234" },
                    { "sku": "B", "quantity": 1, "discount": "20.01" },
                ],
                "payments": [{ "provider": "manual", "method": "card" }],
                "reservationId": "res_00000000000000000000000000",
            }),
        )
        .await;
    assert_eq!(
        errors,
        [
            "INVALID input.paymentTermsDays",
            "NOT_FOUND input.lines.0.sku",
            "INVALID input.lines.1.unitPrice",
            "AMOUNT_EXCEEDED input.lines.2.discount",
            "REQUIRED input.payments.0.authorized",
            "NOT_FOUND input.customer.id",
            "NOT_FOUND input.reservationId",
        ]
    );
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn every_short_line_is_named_with_what_there_is() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let payload = shop
        .admin
        .payload(ORDER_PLACE, json!({ "input": shop.order(&[("A", 18), ("B", 1), ("C", 99)]) }))
        .await;
    assert_eq!(payload["order"], Json::Null);
    assert_eq!(
        payload["userErrors"][0]["details"],
        json!({ "sku": "A", "requested": 18, "available": 17 })
    );
    assert_eq!(payload["userErrors"][1]["field"], json!(["input", "lines", "2", "quantity"]));
    assert_eq!(payload["userErrors"].as_array().unwrap().len(), 2);
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn an_order_is_split_over_the_fewest_locations_or_refused() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut whole = shop.order(&[("A", 12)]);
    whole["allowSplit"] = json!(false);
    assert_eq!(shop.admin.refused(ORDER_PLACE, whole).await, ["NOT_ROUTABLE input.lines"]);
    let order = shop.place(shop.order(&[("A", 12)])).await;
    let codes: Vec<&str> = order["fulfillments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["location"]["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["berlin", "hamburg"]);
    assert_eq!(shop.level("A", &shop.berlin).await.1, 10);
    assert_eq!(shop.level("A", &shop.hamburg).await.1, 2);
    app.verify().await;
}

#[tokio::test]
async fn what_is_short_is_backordered_where_that_is_allowed() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 20), ("B", 1)]);
    input["allowBackorder"] = json!(true);
    let order = shop.place(input).await;
    assert_eq!(order["lines"][0]["quantityReserved"], 17);
    assert_eq!(order["lines"][0]["quantityBackordered"], 3);
    assert_eq!(order["lines"][1]["quantityReserved"], 1);
    app.verify().await;
}

#[tokio::test]
async fn a_bundle_takes_its_components_all_or_nothing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.order(&[("SET", 2)])).await;
    assert_eq!(total(&order, "grandTotal"), "70.00");
    assert_eq!(
        order["fulfillments"][0]["lines"],
        json!([{ "sku": "A", "quantity": 4 }, { "sku": "B", "quantity": 2 }])
    );
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 4, 6));
    // 13 A are left, 15 B: six sets and no more.
    let errors = shop.admin.refused(ORDER_PLACE, shop.order(&[("SET", 7)])).await;
    assert_eq!(errors, ["OUT_OF_STOCK input.lines.0.quantity"]);
    assert_eq!(shop.level("B", &shop.berlin).await, (10, 2, 8));
    app.verify().await;
}

#[tokio::test]
async fn safety_stock_is_never_promised() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for (location, safety) in [(&shop.berlin, 10), (&shop.hamburg, 4), (&shop.store, 2)] {
        let policy = json!({ "locationId": location, "sku": "A", "safetyStock": safety });
        shop.admin.done(harness::shop::STOCK_SET_POLICY, policy).await;
    }
    let errors = shop.admin.refused(ORDER_PLACE, shop.order(&[("A", 2)])).await;
    assert_eq!(errors, ["OUT_OF_STOCK input.lines.0.quantity"]);
    let order = shop.place(shop.order(&[("A", 1)])).await;
    assert_eq!(order["fulfillments"][0]["location"]["code"], "hamburg");
}

#[tokio::test]
async fn a_pickup_is_served_by_its_location_alone() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 2)]);
    input["deliveryMethod"] = json!("PICKUP");
    input["pickupLocationId"] = json!(shop.store);
    let order = shop.place(input.clone()).await;
    assert_eq!(order["fulfillments"][0]["location"]["code"], "store");
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, input.clone()).await,
        ["OUT_OF_STOCK input.lines.0.quantity"]
    );
    input["pickupLocationId"] = json!(shop.berlin);
    assert_eq!(shop.admin.refused(ORDER_PLACE, input).await, ["NOT_FOUND input.pickupLocationId"]);
}

#[tokio::test]
async fn a_digital_order_touches_no_stock() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 99)]);
    input["deliveryMethod"] = json!("DIGITAL");
    let order = shop.place(input).await;
    assert_eq!(order["fulfillments"], json!([]));
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 0, 10));
    app.verify().await;
}

#[tokio::test]
async fn a_reservation_is_used_up_and_its_rest_given_back() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let hold = json!({ "channelId": shop.web, "expiresInSeconds": 600,
        "lines": [{ "sku": "A", "quantity": 17 }, { "sku": "B", "quantity": 3 }] });
    let held = shop.admin.done(STOCK_RESERVE, hold).await;
    let reservation = &held["reservation"]["id"];
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, shop.order(&[("A", 1)])).await,
        ["OUT_OF_STOCK input.lines.0.quantity"]
    );
    let mut input = shop.order(&[("A", 16), ("B", 4)]);
    input["reservationId"] = reservation.clone();
    let order = shop.place(input.clone()).await;
    assert_eq!(order["lines"][0]["quantityReserved"], 16);
    app.verify().await;
    input["lines"] = json!([{ "sku": "B", "quantity": 1 }]);
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, input).await,
        ["STATE_CONFLICT input.reservationId"]
    );
    let query =
        "query($id: ID!) { node(id: $id) { ... on StockReservation { state order { number } } } }";
    let node = shop.admin.payload(query, json!({ "id": reservation })).await;
    assert_eq!(node, json!({ "state": "USED", "order": { "number": order["number"] } }));
    // The time of the reservation passes and takes nothing from the order.
    app.later(time::Duration::hours(1)).await;
    app.verify().await;
}

#[tokio::test]
async fn the_payment_state_follows_the_payments() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for (payments, state, outstanding) in [
        (json!([]), "PENDING", "10.00"),
        (
            json!([{ "provider": "manual", "method": "transfer", "pending": "10.00" }]),
            "PENDING",
            "10.00",
        ),
        (
            json!([{ "provider": "manual", "method": "card", "authorized": "9.99" }]),
            "PENDING",
            "10.00",
        ),
        (
            json!([{ "provider": "manual", "method": "card", "authorized": "10.00" }]),
            "AUTHORIZED",
            "10.00",
        ),
        (
            json!([{ "provider": "manual", "method": "card", "authorized": "10.00", "captured": "4.00" }]),
            "PARTIALLY_PAID",
            "6.00",
        ),
        (
            json!([{ "provider": "manual", "method": "card", "captured": "6.00" }, { "provider": "q", "method": "card", "captured": "6.00" }]),
            "PAID",
            "-2.00",
        ),
    ] {
        let mut input = shop.order(&[("A", 1)]);
        input["payments"] = payments;
        let order = shop.place(input).await;
        assert_eq!(order["paymentState"], state);
        assert_eq!(total(&order, "outstanding"), outstanding);
    }
    app.verify().await;
}

#[tokio::test]
async fn an_unpaid_order_is_cancelled_when_its_time_is_up() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.admin
        .done(
            harness::shop::CHANNEL_UPSERT,
            json!({ "code": "web", "name": "Web", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": true,
                    "legalEntityId": shop.entity, "unpaidExpiresAfterSeconds": 1800 }),
        )
        .await;
    let unpaid = shop.place(shop.order(&[("A", 12)])).await;
    let mut paid = shop.order(&[("A", 1)]);
    paid["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "10.00" }]);
    let paid = shop.place(paid).await;
    assert_eq!(app.later(time::Duration::seconds(1799)).await, 0);
    assert_eq!(app.later(time::Duration::seconds(1)).await, 1);
    let query =
        "query($n: String!) { order(by: { number: $n }) { state paymentState cancelReason version
        totals { grandTotal { amount } outstanding { amount } }
        lines { quantity quantityCancelled quantityReserved } fulfillments { state }
        timeline { totalCount nodes { type summary actor { kind } } } } }";
    let order = shop.admin.payload(query, json!({ "n": unpaid["number"] })).await;
    assert_eq!(order["state"], "CANCELLED");
    assert_eq!(order["cancelReason"], "DECLINED");
    assert_eq!(order["version"], 2);
    assert_eq!(total(&order, "grandTotal"), "0.00");
    assert_eq!(
        order["lines"][0],
        json!({ "quantity": 12, "quantityCancelled": 12, "quantityReserved": 0 })
    );
    assert_eq!(order["fulfillments"], json!([{ "state": "CANCELLED" }, { "state": "CANCELLED" }]));
    let newest: Vec<&str> = order["timeline"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .take(5)
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        newest,
        [
            "order.flag_cleared",
            "order.released",
            "fulfillment.cancelled",
            "fulfillment.cancelled",
            "order.cancelled"
        ]
    );
    assert_eq!(order["timeline"]["nodes"][0]["actor"]["kind"], "SYSTEM");
    assert_eq!(shop.level("A", &shop.berlin).await.1, 0);
    let other = shop.admin.payload(query, json!({ "n": paid["number"] })).await;
    assert_eq!(other["state"], "OPEN");
    app.verify().await;
}

#[tokio::test]
async fn the_same_key_and_input_have_one_effect_and_one_answer() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let input = shop.order(&[("A", 1)]);
    let call = json!({ "input": input, "key": "checkout-1" });
    // Twins at the same time: one places, the others wait and answer the same.
    let calls = (0..6).map(|_| shop.admin.payload(ORDER_PLACE, call.clone()));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(answers[0]["order"]["number"], "WEB-1000001");
    assert_eq!(app.number("select count(*) from orders").await, 1);
    assert_eq!(shop.level("A", &shop.berlin).await.1, 1);
    let other = shop
        .admin
        .payload(ORDER_PLACE, json!({ "input": shop.order(&[("A", 2)]), "key": "checkout-1" }))
        .await;
    assert_eq!(harness::client::user_errors(&other), ["IDEMPOTENCY_MISMATCH idempotencyKey"]);
    // The key is the caller's own.
    let neighbour = app.admin().await.payload(ORDER_PLACE, call).await;
    assert_eq!(neighbour["order"]["number"], "WEB-1000002");
}

#[tokio::test]
async fn a_refused_order_may_be_tried_again_under_its_key() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let call = json!({ "input": shop.order(&[("A", 18)]), "key": "k" });
    let refused = shop.admin.payload(ORDER_PLACE, call.clone()).await;
    assert_eq!(harness::client::user_errors(&refused), ["OUT_OF_STOCK input.lines.0.quantity"]);
    let more = json!({ "locationId": shop.berlin, "lines": [{ "sku": "A", "quantity": 1 }] });
    shop.admin.done(harness::shop::STOCK_RECEIVE, more).await;
    let placed = shop.admin.payload(ORDER_PLACE, call).await;
    assert_eq!(placed["order"]["lines"][0]["quantityReserved"], 18);
}

#[tokio::test]
async fn a_customer_is_found_by_email_or_identity_before_one_is_made() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let customer = |reference: Json| {
        let mut input = shop.order(&[("A", 1)]);
        input["customer"] = reference;
        input
    };
    let account = json!({ "kind": "CHANNEL_ACCOUNT", "value": "u-1" });
    let first = shop
        .place(customer(json!({ "create": { "name": "Ada", "email": "ada@example.com", "phone": "+49 30 123", "identities": [account] } })))
        .await;
    let id = first["customer"]["id"].clone();
    let by_email = shop.place(customer(json!({ "create": { "email": "ADA@example.com" } }))).await;
    let by_account = shop.place(customer(json!({ "identity": account }))).await;
    let by_id = shop.place(customer(json!({ "id": id }))).await;
    for order in [&by_email, &by_account, &by_id] {
        assert_eq!(order["customer"]["id"], id);
    }
    // The same account in another shop is another person; a shared phone makes nobody the same.
    let mut elsewhere = customer(json!({ "identity": account }));
    elsewhere["channelId"] = json!(shop.market);
    assert_ne!(shop.place(elsewhere).await["customer"]["id"], id);
    let by_phone =
        shop.place(customer(json!({ "create": { "name": "Bo", "phone": "+49 30 123" } }))).await;
    assert_ne!(by_phone["customer"]["id"], id);
    assert_eq!(app.number("select count(*) from customers").await, 3);
    assert_eq!(amounts(&by_id).len(), 7);
}

#[tokio::test]
async fn a_channel_reference_names_one_order() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["channelReference"] = json!("cart-7");
    shop.place(input.clone()).await;
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, input.clone()).await,
        ["DUPLICATE input.channelReference"]
    );
    input["channelId"] = json!(shop.market);
    shop.place(input).await;
    let query = r#"{ order(by: { channelReference: { channelCode: "web", reference: "cart-7" } }) { number } }"#;
    assert_eq!(shop.admin.payload(query, json!({})).await["number"], "WEB-1000001");
}
