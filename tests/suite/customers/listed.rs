//! The list of customers: what holds of them, and a search as people type it.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

const LISTED: &str =
    "query($filter: CustomerFilter, $search: String, $segment: ID, $first: Int, $after: String) {
    customers(filter: $filter, search: $search, segmentId: $segment, first: $first, after: $after) {
        totalCount pageInfo { endCursor hasNextPage } nodes { email } } }";

/// The emails, without what stands behind the sign, of those who are listed.
fn names(page: &Json) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap().iter();
    let mut names: Vec<String> = nodes
        .map(|node| node["email"].as_str().unwrap_or("-").split('@').next().unwrap().to_owned())
        .collect();
    assert_eq!(page["totalCount"], names.len(), "{page}");
    names.sort();
    names
}

async fn search(shop: &Shop, text: &str) -> Vec<String> {
    names(&shop.admin.payload(LISTED, json!({ "search": text })).await)
}

async fn fitting(shop: &Shop, filter: Json) -> Vec<String> {
    names(&shop.admin.payload(LISTED, json!({ "filter": filter })).await)
}

async fn people(shop: &Shop) {
    for (name, email, phone, tags) in [
        ("Ada Albers", "ada.albers@example.com", Some("030 5550123"), json!(["vip"])),
        ("Jürgen Müller-Weiß", "jw@example.org", None, json!(["VIP", "press"])),
        ("Johanna Smith", "johanna@example.com", None, json!([])),
    ] {
        let address = json!({ "name": name, "line1": "Weg 1", "city": "Berlin", "postalCode": "10115", "countryCode": "DE" });
        let customer = json!({ "name": name, "email": email, "phone": phone, "tags": tags, "address": address });
        shop.admin.done(CUSTOMER_UPSERT, json!({ "customer": customer })).await;
    }
}

#[tokio::test]
async fn customers_are_found_as_people_type() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    people(&shop).await;
    let mut input = shop.sent_home(&[("A", 1)]);
    input["customer"] = json!({ "create": { "email": "johanna@example.com" } });
    input["channelReference"] = json!("SHOP-4711");
    let sent = crate::returns::arrived(&shop, input).await;
    app.followed().await;
    let query = "query($id: ID!) { order(by: { id: $id }) { number fulfillments { parcels { trackingNumber } } } }";
    let told = shop.admin.payload(query, json!({ "id": sent["id"] })).await;
    let number = told["number"].as_str().unwrap();
    for (text, expected) in [
        ("albers", "ada.albers"),
        ("Alb", "ada.albers"),
        ("ada alb", "ada.albers"),
        ("ada.albers@", "ada.albers"),
        ("albers@example", "-none"),
        ("jw@example.org", "jw"),
        ("example.org", "jw"),
        ("030/555 01 23", "ada.albers"),
        ("+49 (30) 5550123", "ada.albers"),
        ("muller", "jw"),
        ("weiss", "jw"),
        ("Müller-Weiß", "jw"),
        ("#press", "jw"),
        ("shop-4711", "-none"),
        ("SHOP-4711", "johanna"),
        // One letter missing, one too many, another, two that changed places.
        ("albrs", "ada.albers"),
        ("albeers", "ada.albers"),
        ("mueller", "jw"),
        ("smyth", "johanna"),
        ("johanan simth", "johanna"),
        ("nobody", "-none"),
        ("%", "-none"),
        ("*", "-none"),
    ] {
        let expected: Vec<&str> = [expected].into_iter().filter(|name| *name != "-none").collect();
        assert_eq!(search(&shop, text).await, expected, "{text}");
    }
    assert_eq!(search(&shop, number).await, ["johanna"]);
    assert_eq!(search(&shop, &number.to_lowercase()).await, ["johanna"]);
    if let Some(tracking) = told["fulfillments"][0]["parcels"][0]["trackingNumber"].as_str() {
        assert_eq!(search(&shop, tracking).await, ["johanna"]);
    }
    assert_eq!(search(&shop, "#vip").await, ["ada.albers", "jw"]);
    assert_eq!(search(&shop, " ").await.len(), 3);
    // Within reach alone.
    let market = app.reaching(Some(&[&shop.market]), None).await;
    let told = market.payload(LISTED, json!({ "search": "johanna" })).await;
    assert_eq!(told["totalCount"], 0);
    let web = app.reaching(Some(&[&shop.web]), None).await;
    let told = web.payload(LISTED, json!({})).await;
    assert_eq!(names(&told), ["johanna"]);
    app.verify().await;
}

#[tokio::test]
async fn customers_are_listed_by_what_holds_of_them() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    people(&shop).await;
    let order = |reference: &str, email: &str, day: u8, price: &str, country: &str| {
        json!({
            "channelCode": "web", "channelReference": reference, "currencyCode": "EUR", "placedAt": format!("2026-02-{day:02}T00:00:00Z"),
            "customer": { "email": email }, "deliveredAt": "2026-02-21T00:00:00Z",
            "shippingAddress": { "line1": "Weg 2", "postalCode": "1010", "city": "Wien", "countryCode": country },
            "lines": [{ "sku": "A", "quantity": 1, "unitPrice": price }],
            "payments": [{ "method": "card", "amount": price, "capturedAt": "2026-02-20T00:00:00Z" }],
        })
    };
    let orders = [
        order("r1", "johanna@example.com", 1, "10.00", "AT"),
        order("r2", "johanna@example.com", 3, "15.00", "AT"),
        order("r3", "jw@example.org", 5, "99.00", "DE"),
    ];
    shop.admin.done(ORDERS_IMPORT, json!({ "orders": orders })).await;
    let jw = json!({ "customerId": shop.admin.payload("{ customer(by: { email: \"jw@example.org\" }) { id } }", json!({})).await["id"], "purpose": "marketing.email", "granted": true, "source": "form" });
    shop.admin.done(CONSENT_RECORD, jw.clone()).await;
    app.followed().await;
    for (filter, expected) in [
        (json!({}), vec!["ada.albers", "johanna", "jw"]),
        (json!({ "orderCount": { "min": 1 } }), vec!["johanna", "jw"]),
        (json!({ "orderCount": { "max": 0 } }), vec!["ada.albers"]),
        (json!({ "orderCount": { "min": 2, "max": 2 } }), vec!["johanna"]),
        (json!({ "lifetimeValue": { "min": "25.00", "max": "98.99" } }), vec!["johanna"]),
        (json!({ "lifetimeValue": { "min": "25.01" } }), vec!["jw"]),
        (json!({ "returnRate": { "max": 0.5 } }), vec!["johanna", "jw"]),
        (json!({ "firstOrderAt": { "to": "2026-02-02T00:00:00Z" } }), vec!["johanna"]),
        (
            json!({ "lastOrderAt": { "from": "2026-02-03T00:00:00Z", "to": "2026-02-05T00:00:00Z" } }),
            vec!["johanna"],
        ),
        (json!({ "tags": ["vip"] }), vec!["ada.albers", "jw"]),
        (json!({ "tags": ["press", "nothing"], "countryCodes": ["DE"] }), vec!["jw"]),
        (json!({ "countryCodes": ["de", "AT"] }), vec!["ada.albers", "johanna", "jw"]),
        (json!({ "channelIds": [shop.web] }), vec!["johanna", "jw"]),
        (json!({ "channelIds": [shop.market] }), vec![]),
        (json!({ "consentedTo": ["marketing.email"] }), vec!["jw"]),
        (json!({ "rfmAtLeast": { "monetary": 2 } }), vec!["jw"]),
        (json!({ "rfmAtLeast": { "recency": 1 } }), vec!["johanna", "jw"]),
        (json!({ "rfmAtLeast": { "frequency": 2, "monetary": 1 } }), vec!["johanna"]),
    ] {
        assert_eq!(fitting(&shop, filter.clone()).await, expected, "{filter}");
    }
    let mut back = jw;
    back["granted"] = json!(false);
    shop.admin.done(CONSENT_RECORD, back).await;
    assert_eq!(fitting(&shop, json!({ "consentedTo": ["marketing.email"] })).await, [""; 0]);
    // A page at a time.
    let mut after = Json::Null;
    let mut seen = Vec::new();
    loop {
        let page = shop
            .admin
            .payload(
                LISTED,
                json!({ "first": 1, "after": after, "filter": { "orderCount": { "min": 0 } } }),
            )
            .await;
        assert_eq!(page["totalCount"], 3);
        seen.push(page["nodes"][0]["email"].clone());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, ["johanna@example.com", "jw@example.org", "ada.albers@example.com"]);
    for filter in [json!({ "countryCodes": ["XX"] }), json!({ "rfmAtLeast": { "recency": 6 } })] {
        assert_eq!(shop.admin.error_code(LISTED, json!({ "filter": filter })).await, "BAD_INPUT");
    }
    // What is known over all channels is not told to whoever reaches some.
    let web = app.reaching(Some(&[&shop.web]), None).await;
    let whole = json!({ "filter": { "orderCount": { "min": 1 } } });
    assert_eq!(web.error_code(LISTED, whole).await, "BAD_INPUT");
    let told = web.payload(LISTED, json!({ "filter": { "tags": ["vip"] } })).await;
    assert_eq!(names(&told), ["jw"]);
}
