use harness::shop::ORDERS_IMPORT;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

const LIST: &str = "query($filter: OrderFilter, $search: String, $sort: OrderSort, $first: Int, $after: String, $last: Int, $before: String) {
  orders(filter: $filter, search: $search, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { channelReference } edges { cursor node { channelReference } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

fn names(connection: &Json) -> Vec<&str> {
    let nodes = connection["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["channelReference"].as_str().unwrap()).collect()
}

/// Seven orders, a day apart, of three customers; `f` and `g` were placed at the same moment.
async fn seven(app: &TestApp) -> Shop {
    let shop = Shop::open(app).await;
    let order = |name: &str, day: u8, changes: Json| {
        let mut order = json!({
            "channelCode": "web", "channelReference": name, "currencyCode": "EUR",
            "placedAt": format!("2025-01-0{day}T10:00:00Z"),
            "customer": { "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 30 4711" },
            "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "10.00" }],
            "shippingAddress": { "line1": "x", "city": "Berlin", "countryCode": "DE" },
        });
        for (name, value) in changes.as_object().unwrap() {
            order[name] = value.clone();
        }
        order
    };
    let at = |day: u8| json!(format!("2025-02-0{day}T00:00:00Z"));
    let orders = json!({ "orders": [
        order("a", 1, json!({ "promisedBy": at(3), "shippedAt": at(1), "locationCode": "hamburg" })),
        order("b", 2, json!({ "promisedBy": at(1), "cancelledAt": at(1) })),
        order("c", 3, json!({ "lines": [{ "sku": "Gone-7", "quantity": 3, "unitPrice": "10.00" }] })),
        order("d", 4, json!({ "customer": { "name": "Bo Çelik", "email": "bo@example.com" }, "channelCode": "market" })),
        order("e", 5, json!({ "promisedBy": at(2), "payments": [{ "method": "card", "amount": "10.00", "capturedAt": at(1) }] })),
        order("f", 6, json!({ "shippingAddress": { "line1": "x", "city": "Wien", "countryCode": "at" }, "tags": ["vip"] })),
        order("g", 6, json!({ "deliveredAt": at(1), "returnedAt": at(2), "customer": null })),
    ] });
    shop.admin.done(ORDERS_IMPORT, orders).await;
    shop
}

#[tokio::test]
async fn every_filter_finds_what_it_says() {
    let app = TestApp::start().await;
    let shop = seven(&app).await;
    let ada = shop.admin.payload(r#"{ order(by: { channelReference: { channelCode: "web", reference: "a" } }) { customer { id } } }"#, json!({})).await;
    let cases = [
        (json!({}), "g f e d c b a"),
        (json!({ "states": ["CANCELLED"] }), "b"),
        (json!({ "states": ["CANCELLED", "OPEN"] }), "g f e d c b a"),
        (json!({ "fulfillmentStates": ["FULFILLED"] }), "a"),
        (json!({ "paymentStates": ["PAID"] }), "e"),
        (json!({ "returnStates": ["RETURNED"] }), "g"),
        (json!({ "channelIds": [shop.market] }), "d"),
        (json!({ "channelIds": [] }), ""),
        (json!({ "locationIds": [shop.hamburg] }), "a"),
        (json!({ "customerId": ada["customer"]["id"] }), "f e c b a"),
        (json!({ "tags": ["vip", "none"] }), "f"),
        (
            json!({ "placedAt": { "from": "2025-01-02T10:00:00Z", "to": "2025-01-04T10:00:00Z" } }),
            "c b",
        ),
        (json!({ "promisedBy": { "to": "2025-02-02T00:00:00Z" } }), "b"),
        (json!({ "grandTotal": { "min": "30", "max": "30.00" } }), "c"),
        (json!({ "sku": "gone-7" }), "c"),
        (json!({ "countryCodes": ["AT"] }), "f"),
        (
            json!({ "states": ["OPEN"], "channelIds": [shop.web], "countryCodes": ["DE"] }),
            "g e c a",
        ),
    ];
    for (filter, expected) in cases {
        let found = shop.admin.payload(LIST, json!({ "filter": filter })).await;
        assert_eq!(names(&found).join(" "), expected, "{filter}");
        assert_eq!(found["totalCount"], names(&found).len(), "{filter}");
    }
}

#[tokio::test]
async fn search_finds_the_beginning_of_every_word() {
    let app = TestApp::start().await;
    let shop = seven(&app).await;
    for (search, expected) in [
        ("WEB-1000001", "a"),
        ("web-10000", "g f e c b a"),
        ("lovel", "f e c b a"),
        ("ADA love", "f e c b a"),
        ("ada çel", ""),
        ("çelik", "d"),
        ("bo@ex", "d"),
        ("+49 30", ""),
        ("+493047", "f e c b a"),
        ("GONE-7", "c"),
        ("d", "d"),
        ("%", ""),
        ("   ", "g f e d c b a"),
    ] {
        let found = shop.admin.payload(LIST, json!({ "search": search })).await;
        assert_eq!(names(&found).join(" "), expected, "{search}");
    }
    let long = "x".repeat(201);
    assert_eq!(shop.admin.error_code(LIST, json!({ "search": long })).await, "BAD_INPUT");
}

#[tokio::test]
async fn every_sort_pages_forward_and_backward_without_gap() {
    let app = TestApp::start().await;
    let shop = seven(&app).await;
    for (sort, expected) in [
        ("PLACED_AT_DESC", "g f e d c b a"),
        ("PLACED_AT_ASC", "a b c d e f g"),
        ("GRAND_TOTAL_DESC", "c g f e d a b"),
        ("PROMISED_BY_ASC", "b e a c d f g"),
    ] {
        let whole = shop.admin.payload(LIST, json!({ "sort": sort })).await;
        assert_eq!(names(&whole).join(" "), expected, "{sort}");
        for (size, cursor) in [("first", "after"), ("last", "before")] {
            let mut seen: Vec<String> = Vec::new();
            let mut at = Json::Null;
            loop {
                let page =
                    shop.admin.payload(LIST, json!({ "sort": sort, size: 3, cursor: at })).await;
                let page_names: Vec<String> =
                    names(&page).iter().map(ToString::to_string).collect();
                let info = &page["pageInfo"];
                let (more, next) = if size == "first" {
                    seen.extend(page_names);
                    (info["hasNextPage"].as_bool().unwrap(), info["endCursor"].clone())
                } else {
                    seen.splice(0..0, page_names);
                    (info["hasPreviousPage"].as_bool().unwrap(), info["startCursor"].clone())
                };
                at = next;
                if !more {
                    break;
                }
            }
            assert_eq!(seen.join(" "), expected, "{sort} {size}");
        }
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    let shop = seven(&app).await;
    let page = shop.admin.payload(LIST, json!({ "first": 1 })).await;
    let cursor = &page["edges"][0]["cursor"];
    for (variables, code) in [
        (json!({ "first": 101 }), "BAD_INPUT"),
        (json!({ "first": -1 }), "BAD_INPUT"),
        (json!({ "first": 1, "last": 1 }), "BAD_INPUT"),
        (json!({ "after": "nonsense" }), "CURSOR_INVALID"),
        (json!({ "after": cursor, "sort": "GRAND_TOTAL_DESC" }), "CURSOR_INVALID"),
    ] {
        assert_eq!(shop.admin.error_code(LIST, variables.clone()).await, code, "{variables}");
    }
    let none = shop.admin.payload(LIST, json!({ "first": 0 })).await;
    assert_eq!(none["totalCount"], 7);
    assert_eq!(none["nodes"], json!([]));
}
