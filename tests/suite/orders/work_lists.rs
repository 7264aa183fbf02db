//! Lists that people live in: every filter, sort and search finds what a model finds, by an index.

use harness::plans::{assert_by_index, planner};
use harness::shop::{CHANNEL_UPSERT, ORDER_ASSIGN, ORDER_HOLD, ORDERS_IMPORT};
use harness::{Client, Shop, TestApp};
use serde_json::{Value as Json, json};

const LIST: &str =
    "query($filter: OrderFilter, $search: String, $sort: OrderSort, $first: Int, $after: String) {
  orders(filter: $filter, search: $search, sort: $sort, first: $first, after: $after) {
    nodes { id } pageInfo { hasNextPage endCursor } } }";
const ALL: &str = "query($after: String) { orders(first: 100, after: $after) {
  nodes { id number channelReference placedAt state fulfillmentState paymentState returnState onHold channel { id }
    customer { id name email } assignee { id } tags email shippingAddress { countryCode }
    flags { code } holds { reason releasedAt } risk { level } promise { deliverBy }
    totals { grandTotal { amount } } lines { sku } fulfillments { location { id } } }
  pageInfo { hasNextPage endCursor } } }";

/// Some hundred orders, each different from the one before in something that a filter asks for.
async fn filled(app: &TestApp) -> Shop {
    let shop = Shop::open(app).await;
    let input = json!({ "code": "tokyo", "name": "Tokyo", "kind": "WEB", "currencyCode": "JPY",
        "taxIncluded": true, "legalEntityId": shop.entity, "locationIds": [shop.berlin] });
    shop.admin.done(CHANNEL_UPSERT, input).await;
    let at = |number: i64| {
        let moment = time::macros::datetime!(2025-06-01 08:00 UTC)
            + time::Duration::hours(number * 7 % 2_000);
        moment.format(&time::format_description::well_known::Rfc3339).unwrap()
    };
    for part in 0..2 {
        let orders: Vec<Json> = (part * 150..(part + 1) * 150)
            .map(|number| {
                let mut order = json!({
                    "channelCode": if number % 9 == 0 { "tokyo" } else if number % 11 == 0 { "market" } else { "web" }, "channelReference": format!("Ref-{number}"), "currencyCode": if number % 9 == 0 { "JPY" } else { "EUR" }, "placedAt": at(number),
                    "customer": { "name": format!("Person{} Müller", number % 40), "email": format!("p{}@example.com", number % 40) },
                    "lines": [{ "sku": format!("OLD-{}", number % 30), "quantity": 1 + number % 3, "unitPrice": format!("{}", 5 + number % 50) }],
                    "shippingAddress": { "line1": "x", "city": "y", "countryCode": (["DE", "AT", "FR"])[usize::try_from(number % 3).unwrap()] },
                });
                if number % 5 > 0 {
                    order["payments"] = json!([{ "method": "card", "amount": "500", "capturedAt": at(number) }]);
                }
                if number % 4 > 0 {
                    order["shippedAt"] = json!(at(number + 1));
                    order["locationCode"] = json!((["berlin", "hamburg"])[usize::try_from(number % 2).unwrap()]);
                }
                if number % 4 > 1 { order["deliveredAt"] = json!(at(number + 5)); }
                if number % 13 == 0 { order["cancelledAt"] = json!(at(number + 6)); }
                if number % 17 == 0 { order["returnedAt"] = json!(at(number + 9)); }
                if number % 6 > 0 { order["promisedBy"] = json!(at(number + 20)); }
                if number % 7 == 0 { order["tags"] = json!(["vip", format!("t{}", number % 3)]); }
                order
            })
            .collect();
        shop.admin.done(ORDERS_IMPORT, json!({ "orders": orders })).await;
    }
    let user = app.user("otto@example.com", "agent").await;
    for number in 0..24 {
        let mut order =
            if number % 2 == 0 { shop.paid(&[("D", 1)]) } else { shop.order(&[("D", 1)]) };
        order["allowBackorder"] = json!(true);
        order["customer"] = json!({ "create": { "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 30 4711 99" } });
        order["shippingAddress"] = json!({ "line1": "Weg 1", "city": "Bonn", "countryCode": "DE" });
        if number % 3 == 0 {
            order["billingAddress"] =
                json!({ "line1": "Rue 1", "city": "Paris", "countryCode": "FR" });
        }
        if number % 4 == 0 {
            order["tags"] = json!(["vip"]);
        }
        let placed = shop.place(order).await;
        if number % 5 == 0 {
            let input = json!({ "orderId": placed["id"], "reason": "ADDRESS" });
            shop.admin.done(ORDER_HOLD, input).await;
        }
        if number % 6 == 0 {
            shop.admin.done(ORDER_ASSIGN, json!({ "orderId": placed["id"], "userId": user })).await;
        }
        app.clock.advance(time::Duration::minutes(number));
    }
    shop
}

async fn everything(client: &Client) -> Vec<Json> {
    let (mut all, mut after) = (Vec::new(), Json::Null);
    loop {
        let page = client.payload(ALL, json!({ "after": after })).await;
        all.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if page["pageInfo"]["hasNextPage"] == false {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn texts<'a>(json: &'a Json, field: &str) -> Vec<&'a str> {
    json.as_array().unwrap().iter().filter_map(|one| one[field].as_str()).collect()
}

fn amount(order: &Json) -> f64 {
    order["totals"]["grandTotal"]["amount"].as_str().unwrap().parse().unwrap()
}

/// Whether an order fits one condition of a filter.
fn fits(order: &Json, name: &str, wanted: &Json) -> bool {
    let list = |values: &[&str]| {
        values.iter().any(|value| wanted.as_array().unwrap().contains(&json!(value)))
    };
    let of = |field: &str| wanted.as_array().unwrap().contains(&order[field]);
    let within = |at: &Json, range: &Json| {
        let at = at.as_str();
        let from = range["from"].as_str().is_none_or(|from| at.is_some_and(|at| at >= from));
        from && range["to"].as_str().is_none_or(|to| at.is_some_and(|at| at < to))
    };
    match name {
        "states" => of("state"),
        "fulfillmentStates" => of("fulfillmentState"),
        "paymentStates" => of("paymentState"),
        "returnStates" => of("returnState"),
        "channelIds" => list(&[order["channel"]["id"].as_str().unwrap()]),
        "locationIds" => {
            let places = order["fulfillments"].as_array().unwrap();
            places.iter().any(|work| wanted.as_array().unwrap().contains(&work["location"]["id"]))
        }
        "customerId" => order["customer"]["id"] == *wanted,
        "assigneeId" => order["assignee"]["id"] == *wanted,
        "tags" => order["tags"]
            .as_array()
            .unwrap()
            .iter()
            .any(|tag| wanted.as_array().unwrap().contains(tag)),
        "flags" => list(&texts(&order["flags"], "code")),
        "onHold" => order["onHold"] == *wanted,
        "holdReasons" => {
            let open = order["holds"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|hold| hold["releasedAt"].is_null());
            list(&open.filter_map(|hold| hold["reason"].as_str()).collect::<Vec<_>>())
        }
        "riskLevels" => list(&[order["risk"]["level"].as_str().unwrap_or("none")]),
        "placedAt" => within(&order["placedAt"], wanted),
        "promisedBy" => {
            !order["promise"].is_null() && within(&order["promise"]["deliverBy"], wanted)
        }
        "grandTotal" => {
            let bound = |name: &str| wanted[name].as_str().map(|text| text.parse::<f64>().unwrap());
            bound("min").is_none_or(|min| amount(order) >= min)
                && bound("max").is_none_or(|max| amount(order) <= max)
        }
        "sku" => texts(&order["lines"], "sku")
            .iter()
            .any(|sku| sku.eq_ignore_ascii_case(wanted.as_str().unwrap())),
        "countryCodes" => {
            list(&[order["shippingAddress"]["countryCode"].as_str().unwrap_or("none")])
        }
        other => panic!("{other}"),
    }
}

fn sorted(mut orders: Vec<&Json>, sort: &str) -> Vec<String> {
    let promise =
        |order: &Json| order["promise"]["deliverBy"].as_str().unwrap_or("9999").to_owned();
    let placed = |order: &Json| order["placedAt"].as_str().unwrap().to_owned();
    orders.sort_by(|a, b| {
        let ids = a["id"].as_str().cmp(&b["id"].as_str());
        match sort {
            "PLACED_AT_ASC" => placed(a).cmp(&placed(b)).then(ids),
            "PLACED_AT_DESC" => placed(b).cmp(&placed(a)).then(ids.reverse()),
            "GRAND_TOTAL_DESC" => amount(b).total_cmp(&amount(a)).then(ids.reverse()),
            _ => promise(a).cmp(&promise(b)).then(ids),
        }
    });
    orders.iter().map(|order| order["id"].as_str().unwrap().to_owned()).collect()
}

const SORTS: [&str; 4] = ["PLACED_AT_DESC", "PLACED_AT_ASC", "GRAND_TOTAL_DESC", "PROMISED_BY_ASC"];

/// Every filter of the API alone, and some together.
fn filters(shop: &Shop, all: &[Json]) -> Vec<Json> {
    let some = |field: &str, inner: &str| {
        all.iter().map(|order| &order[field][inner]).find(|id| id.is_string()).unwrap().clone()
    };
    vec![
        json!({}),
        json!({ "states": ["OPEN"] }),
        json!({ "states": ["CANCELLED", "COMPLETED"] }),
        json!({ "states": [] }),
        json!({ "fulfillmentStates": ["DELIVERED"] }),
        json!({ "paymentStates": ["PENDING", "AUTHORIZED"] }),
        json!({ "returnStates": ["RETURNED"] }),
        json!({ "returnStates": ["NONE", "RETURNED"] }),
        json!({ "channelIds": [shop.market] }),
        json!({ "channelIds": [shop.market, shop.web] }),
        json!({ "locationIds": [shop.hamburg] }),
        json!({ "locationIds": [shop.hamburg, shop.berlin, shop.store] }),
        json!({ "customerId": some("customer", "id") }),
        json!({ "assigneeId": some("assignee", "id") }),
        json!({ "tags": ["vip"] }),
        json!({ "tags": ["t1", "t2", "vip"] }),
        json!({ "flags": ["ADDRESS_MISMATCH"] }),
        json!({ "flags": ["ADDRESS_MISMATCH", "BACKORDERED"] }),
        json!({ "onHold": true }),
        json!({ "onHold": false }),
        json!({ "holdReasons": ["PAYMENT"] }),
        json!({ "holdReasons": ["PAYMENT", "ADDRESS"] }),
        json!({ "riskLevels": ["LOW", "MEDIUM"] }),
        json!({ "riskLevels": ["MEDIUM", "HIGH"] }),
        json!({ "placedAt": { "from": "2025-07-01T00:00:00Z", "to": "2025-07-08T00:00:00Z" } }),
        json!({ "promisedBy": { "from": "2025-07-01T00:00:00Z", "to": "2025-07-03T00:00:00Z" } }),
        json!({ "promisedBy": { "from": "2025-07-01T00:00:00Z" } }),
        json!({ "grandTotal": { "min": "40", "max": "44.00" } }),
        json!({ "grandTotal": { "min": "90" } }),
        json!({ "sku": "old-7" }),
        json!({ "sku": "D" }),
        json!({ "countryCodes": ["AT"] }),
        json!({ "countryCodes": ["AT", "FR"] }),
        json!({ "states": ["OPEN"], "channelIds": [shop.web], "tags": ["vip"], "countryCodes": ["DE"] }),
        json!({ "states": ["OPEN"], "grandTotal": { "max": "20" }, "placedAt": { "from": "2025-07-01T00:00:00Z" } }),
        json!({ "paymentStates": ["PAID"], "promisedBy": { "to": "2025-08-01T00:00:00Z" }, "locationIds": [shop.berlin] }),
    ]
}

async fn pages(client: &Client, filter: &Json, search: Option<&str>, sort: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), Json::Null);
    loop {
        let variables = json!({ "filter": filter, "search": search, "sort": sort, "first": 17, "after": after });
        let page = client.payload(LIST, variables).await;
        found.extend(texts(&page["nodes"], "id").iter().map(ToString::to_string));
        if page["pageInfo"]["hasNextPage"] == false {
            return found;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test]
async fn every_filter_and_sort_pages_as_a_model_does() {
    let app = TestApp::start().await;
    let shop = filled(&app).await;
    let all = everything(&shop.admin).await;
    for filter in filters(&shop, &all) {
        for sort in SORTS {
            let wanted = filter.as_object().unwrap();
            let fitting = all
                .iter()
                .filter(|order| wanted.iter().all(|(name, value)| fits(order, name, value)));
            let expected = sorted(fitting.collect(), sort);
            assert_eq!(pages(&shop.admin, &filter, None, sort).await, expected, "{filter} {sort}");
        }
    }
}

#[tokio::test]
async fn a_search_pages_in_every_order_and_within_filters() {
    let app = TestApp::start().await;
    let shop = filled(&app).await;
    let all = everything(&shop.admin).await;
    let found_by = |order: &Json, search: &str| {
        let mut words = vec![order["number"].as_str().unwrap().to_lowercase()];
        let name = order["customer"]["name"].as_str().unwrap_or_default().to_lowercase();
        words.extend(name.split(' ').map(str::to_owned));
        words.extend(
            [&order["channelReference"], &order["email"]]
                .map(|text| text.as_str().unwrap_or_default().to_lowercase()),
        );
        words.extend(texts(&order["lines"], "sku").iter().map(|sku| sku.to_lowercase()));
        if name.starts_with("ada") {
            words.push("4930471199".into());
        }
        search.split(' ').all(|part| words.iter().any(|word| word.starts_with(part)))
    };
    for (search, key) in [
        ("person7", "person7"),
        ("müller old-3", "müller old-3"),
        ("ada", "ada"),
        ("ada d", "ada d"),
        ("p12@", "p12@"),
        ("ref-1", "ref-1"),
        ("WEB-10", "web-10"),
        ("+49 30 4711 99", "4930471199"),
        ("nobody", "nobody"),
        ("Ada nobody", "ada nobody"),
    ] {
        for filter in
            [json!({}), json!({ "states": ["OPEN"] }), json!({ "grandTotal": { "max": "30" } })]
        {
            for sort in SORTS {
                let wanted = filter.as_object().unwrap();
                let fitting = all.iter().filter(|order| {
                    found_by(order, key)
                        && wanted.iter().all(|(name, value)| fits(order, name, value))
                });
                let expected = sorted(fitting.collect(), sort);
                assert_eq!(
                    pages(&shop.admin, &filter, Some(search), sort).await,
                    expected,
                    "{search} {filter} {sort}"
                );
            }
        }
    }
}

#[tokio::test]
async fn no_filter_sort_or_search_reads_a_table_from_end_to_end() {
    let app = TestApp::start().await;
    let shop = filled(&app).await;
    let all = everything(&shop.admin).await;
    let connection = planner(&app).await;
    let mut cases: Vec<(Json, Option<&str>)> =
        filters(&shop, &all).into_iter().map(|filter| (filter, None)).collect();
    cases.extend(["müller", "ada@example.com", "nobody"].map(|search| (json!({}), Some(search))));
    cases.push((json!({ "states": ["OPEN"] }), Some("nobody")));
    app.store.record_statements();
    let tables = [
        "from orders o",
        "order_tags d",
        "order_flags d",
        "order_holds d",
        "order_lines d",
        "fulfillment_orders d",
        "order_documents s",
        "order_words w",
    ];
    let walked = ["orders_placed", "orders_total", "orders_promised", "orders_held"];
    let mut looked_at = 0;
    for (filter, search) in cases {
        for sort in SORTS {
            app.store.take_recorded();
            let variables =
                json!({ "filter": filter, "search": search, "sort": sort, "first": 20 });
            shop.admin.ok(LIST, variables.clone()).await;
            let what = variables.to_string();
            looked_at += assert_by_index(&app, &connection, &tables, &walked, &what).await;
        }
    }
    assert!(looked_at > 150, "{looked_at}");
}

#[tokio::test]
async fn no_list_of_work_reads_a_table_from_end_to_end() {
    let app = TestApp::start().await;
    let shop = filled(&app).await;
    let user = app.user("picker@example.com", "warehouse").await;
    let connection = planner(&app).await;
    let query = "query($filter: FulfillmentFilter) { fulfillments(filter: $filter, first: 20) { nodes { id } } }";
    let order = shop.admin.payload("{ orders(first: 1) { nodes { id } } }", json!({})).await;
    let day = json!({ "from": "2026-03-01T00:00:00Z", "to": "2026-03-09T00:00:00Z" });
    app.store.record_statements();
    for filter in [
        json!({}),
        json!({ "number": "web-1000001-1" }),
        json!({ "states": ["OPEN"] }),
        json!({ "states": ["OPEN", "PICKING"] }),
        json!({ "locationIds": [shop.berlin] }),
        json!({ "locationIds": [shop.berlin, shop.hamburg], "states": ["OPEN", "ON_HOLD"] }),
        json!({ "assigneeId": user }),
        json!({ "assigneeId": user, "states": ["PICKING"] }),
        json!({ "shipBy": day }),
        json!({ "shipBy": day, "locationIds": [shop.berlin], "states": ["OPEN"] }),
        json!({ "orderId": order["nodes"][0]["id"] }),
        json!({ "trackingNumber": "Z 9" }),
    ] {
        app.store.take_recorded();
        shop.admin.ok(query, json!({ "filter": filter })).await;
        let tables = ["fulfillments f"];
        let walked = ["fulfillments_ship_by"];
        let what = filter.to_string();
        assert!(assert_by_index(&app, &connection, &tables, &walked, &what).await > 0, "{what}");
    }
}
