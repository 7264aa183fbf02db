//! What people ask of their data: to have them, and to have them erased.

use super::found;
use crate::ledger::balances;
use harness::random::full;
use harness::shop::*;
use harness::{Receiver, Shop, TestApp};
use operations::permissions::Permission;
use serde_json::{Value as Json, json};
use time::Duration;

/// What names the person, wherever it stands.
const CANARIES: [&str; 7] = [
    "kanari",
    "5559876",
    "kanarienweg",
    "canary",
    "203.0.113.77",
    "kanarienbrowser",
    "4711-canary",
];

fn address(line: &str) -> Json {
    json!({ "name": "Karla Kanari", "line1": line, "postalCode": "53111", "city": "Bonn", "countryCode": "DE", "phone": "+49 228 5559876" })
}

/// An order with all that can be said of a person, that has arrived.
async fn order(shop: &Shop) -> Json {
    let mut input = shop.sent_home(&[("A", 2)]);
    let account = json!({ "kind": "CHANNEL_ACCOUNT", "value": "kanari-77", "channelId": shop.web });
    input["customer"] = json!({ "create": { "name": "Karla Kanari", "email": "karla@kanari.example", "phone": "+49 228 5559876",
        "company": "Kanari Ltd", "tags": ["canary"], "identities": [account], "address": address("Kanarienweg 1") } });
    input["email"] = json!("karla@kanari.example");
    input["phone"] = json!("+49 228 5559876");
    input["shippingAddress"] = address("Kanarienweg 2");
    input["billingAddress"] = address("Kanarienweg 3");
    input["clientIp"] = json!("203.0.113.77");
    input["userAgent"] = json!("Kanarienbrowser");
    input["taxId"] = json!("DE987654321");
    input["purchaseOrderNumber"] = json!("4711-canary");
    input["note"] = json!("canary of the order");
    input["attributes"] = json!({ "gift": "for canary" });
    crate::returns::arrived(shop, input).await
}

/// All else that can be said of them.
async fn said(shop: &Shop, order: &Json, id: &Json) {
    let mut back = crate::returns::declared(order, &[("A", 1)], "CHANGED_MIND");
    back["comment"] = json!("canary of the return");
    back["lines"][0]["comment"] = json!("canary of the line");
    back["lines"][0]["evidenceUrls"] = json!(["https://example.com/canary.jpg"]);
    let back = crate::returns::approved(shop, back).await;
    crate::returns::back(shop, &back).await;
    crate::returns::looked(shop, &back, &[(1, "RESTOCK")]).await;
    crate::returns::paid_back(shop, &back).await;
    let asked = json!({ "customer": { "id": id }, "orderId": order["id"], "kind": "OTHER", "subject": "canary of the case", "message": "canary of the message", "contactChannel": "EMAIL" });
    let case = shop.admin.done(CASE_OPEN, asked).await["case"]["id"].clone();
    let answer = json!({ "caseId": case, "text": "canary of the answer" });
    shop.admin.done(CASE_REPLY, answer).await;
    let solved = json!({ "caseId": case, "resolution": "canary of the end", "goodwill": { "amount": "1.00", "currencyCode": "EUR" } });
    shop.admin.done(CASE_RESOLVE, solved).await;
    let given = json!({ "customerId": id, "amount": { "amount": "5.00", "currencyCode": "EUR" }, "reason": "canary of the credit" });
    shop.admin.done(STORE_CREDIT_GRANT, given).await;
    shop.admin.done(NOTE_ADD, json!({ "subjectId": id, "text": "canary of a note" })).await;
    shop.admin
        .done(NOTE_ADD, json!({ "subjectId": order["id"], "text": "canary of another" }))
        .await;
    let agreed = json!({ "customerId": id, "purpose": "press", "granted": true, "source": "canary on the phone" });
    shop.admin.done(CONSENT_RECORD, agreed).await;
}

async fn customer_of(shop: &Shop, order: &Json) -> Json {
    let query = "query($id: ID!) { order(by: { id: $id }) { customer { id } } }";
    let told = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    told["customer"]["id"].clone()
}

async fn open(shop: &Shop, id: &Json, kind: &str) -> Json {
    let input = json!({ "customerId": id, "kind": kind });
    shop.admin.done(PRIVACY_OPEN, input).await["privacyRequest"].clone()
}

/// Invoices, and all of the order that is no person.
const KEPT: &str = "{ invoices(first: 50) { nodes { number gross { amount } } } orders(first: 50) { nodes { number state
    shippingAddress { countryCode } lines { sku quantity } totals { grandTotal { amount } tax { amount } paid { amount } refunded { amount } } } } }";

#[tokio::test]
async fn a_person_is_taken_out_of_everything_and_no_total_moves() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    crate::returns::law(&shop).await;
    let order = order(&shop).await;
    let id = customer_of(&shop, &order).await;
    said(&shop, &order, &id).await;
    app.asked().await;
    app.followed().await;
    for canary in CANARIES {
        assert!(!app.places_of(canary).await.is_empty(), "{canary} is there");
    }
    let (kept, books) = (shop.admin.ok(KEPT, json!({})).await, balances(&shop).await);
    let money = app.books().await;
    let timeline = "query($id: ID!) { customer(by: { id: $id }) { name timeline(first: 100) { nodes { type summary } } storeCredit { balance { amount } entries { nodes { reason } } } } }";
    let told = shop.admin.payload(timeline, json!({ "id": id })).await.to_string();
    assert!(
        told.contains("canary of the credit") && told.contains("canary on the phone"),
        "{told}"
    );
    let request = open(&shop, &id, "ERASURE").await;
    assert_eq!(request["state"], "OPEN", "{request}");
    assert_eq!(request["dueAt"], "2026-04-02T10:00:00Z");
    let done =
        shop.admin.done(PRIVACY_COMPLETE, json!({ "privacyRequestId": request["id"] })).await;
    let done = &done["privacyRequest"];
    assert_eq!((&done["state"], &done["blockedBy"]), (&json!("COMPLETED"), &json!([])));
    assert_eq!(done["customer"]["name"], Json::Null);
    assert_ne!(done["customer"]["erasedAt"], Json::Null);
    let retained = done["retained"].to_string();
    assert!(
        retained.contains("until the end of 2034")
            && retained.contains("vouchers")
            && retained.contains("tax number"),
        "{retained}"
    );
    app.followed().await;
    for canary in CANARIES {
        assert_eq!(app.places_of(canary).await, Vec::<String>::new(), "{canary} is gone");
    }
    assert_eq!(shop.admin.ok(KEPT, json!({})).await, kept);
    assert_eq!(balances(&shop).await, books);
    let differing = |(name, count): &(String, i64)| {
        money.iter().any(|(known, before)| known == name && before != count)
    };
    let moved: Vec<(String, i64)> = app.books().await.into_iter().filter(differing).collect();
    let moved: Vec<&str> = moved.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        moved.iter().all(|name| [
            "customer_identities",
            "events",
            "audit_entries",
            "orders.version"
        ]
        .contains(name)),
        "{moved:?}"
    );
    assert_eq!(found(&shop, json!({ "email": "karla@kanari.example" })).await, Json::Null);
    let told = shop.admin.payload(timeline, json!({ "id": id })).await;
    assert!(told["timeline"].to_string().contains("(erased)"), "{told}");
    // To whom invoices were made out is read by whoever sees personal data, until the law asks for it no longer.
    let billed = "{ invoices { nodes { billTo { name line1 countryCode } } } }";
    let read = shop.admin.payload(billed, json!({})).await;
    assert_eq!(read["nodes"][0]["billTo"]["line1"], "Kanarienweg 3");
    let blind = app.without(Permission::CustomersPii).await;
    assert!(!blind.answer(billed, json!({})).await.to_string().contains("Kanarienweg"));
    app.verify().await;
    app.clock.advance(Duration::days(366 * 9));
    operations::privacy::retain(&app.store).await.unwrap();
    let admin = app.admin().await;
    let read = admin.payload(billed, json!({})).await;
    assert_eq!(read["nodes"][0]["billTo"]["line1"], Json::Null, "{read}");
}

#[tokio::test]
async fn an_erasure_waits_for_what_is_open_and_goes_on_by_itself() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("D", 1)]);
    input["customer"] = json!({ "create": { "name": "Karla", "email": "karla@kanari.example", "tags": ["Legal-Hold"] } });
    let open_order = shop.place(input).await;
    let id = customer_of(&shop, &open_order).await;
    let request = open(&shop, &id, "ERASURE").await;
    assert_eq!(request["state"], "BLOCKED");
    let number = shop.read(&open_order).await["number"].as_str().unwrap().to_owned();
    assert_eq!(request["blockedBy"], json!([format!("order {number}"), "a legal hold"]));
    let again = json!({ "customerId": id, "kind": "ERASURE" });
    assert_eq!(shop.admin.refused(PRIVACY_OPEN, again).await, ["DUPLICATE input.kind"]);
    let which = json!({ "privacyRequestId": request["id"] });
    let still = shop.admin.done(PRIVACY_COMPLETE, which.clone()).await;
    assert_eq!(still["privacyRequest"]["state"], "BLOCKED", "nobody completes it before");
    shop.admin
        .done(ORDER_CANCEL, json!({ "orderId": open_order["id"], "reason": "CUSTOMER" }))
        .await;
    app.followed().await;
    let query = "{ privacyRequests(states: [BLOCKED]) { nodes { state blockedBy } } }";
    let told = shop.admin.payload(query, json!({})).await;
    assert_eq!(told["nodes"], json!([{ "state": "BLOCKED", "blockedBy": ["a legal hold"] }]));
    shop.admin.done(CUSTOMER_UPSERT, json!({ "customerId": id, "customer": { "tags": [] } })).await;
    app.followed().await;
    let query = "query($id: ID!) { node(id: $id) { ... on PrivacyRequest { state completedAt } } }";
    let told = shop.admin.payload(query, json!({ "id": request["id"] })).await;
    assert_eq!(told["state"], "COMPLETED");
    assert_eq!(app.places_of("kanari").await, Vec::<String>::new());
    assert_eq!(
        shop.admin.refused(PRIVACY_COMPLETE, which).await,
        ["STATE_CONFLICT input.privacyRequestId"]
    );
    // Of whoever was erased nothing new is kept.
    let mut input = shop.order(&[("D", 1)]);
    input["customer"] = json!({ "id": id });
    assert_eq!(shop.admin.refused(ORDER_PLACE, input).await, ["STATE_CONFLICT input.customer.id"]);
    let name = json!({ "customerId": id, "customer": { "name": "Karla" } });
    assert_eq!(shop.admin.refused(CUSTOMER_UPSERT, name).await, ["NOT_FOUND input.customerId"]);
    let note = json!({ "subjectId": id, "text": "Karla" });
    assert_eq!(shop.admin.refused(NOTE_ADD, note).await, ["NOT_FOUND input.subjectId"]);
    let erased = json!({ "customerId": id, "kind": "EXPORT" });
    assert_eq!(shop.admin.refused(PRIVACY_OPEN, erased).await, ["STATE_CONFLICT input.customerId"]);
    app.verify().await;
}

#[tokio::test]
async fn an_erasure_goes_on_though_the_record_was_made_one_with_another() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("D", 1)]);
    input["customer"] = json!({ "create": { "name": "Karla", "email": "karla@kanari.example" } });
    let open_order = shop.place(input).await;
    let id = customer_of(&shop, &open_order).await;
    let request = open(&shop, &id, "ERASURE").await;
    assert_eq!(request["state"], "BLOCKED");
    let person = json!({ "customer": { "name": "Karla K.", "email": "k@kanari.example" } });
    let other = shop.admin.done(CUSTOMER_UPSERT, person).await["customer"]["id"].clone();
    shop.admin.done(CUSTOMER_MERGE, json!({ "intoId": other, "fromIds": [id] })).await;
    shop.admin
        .done(ORDER_CANCEL, json!({ "orderId": open_order["id"], "reason": "CUSTOMER" }))
        .await;
    app.followed().await;
    let query = "{ privacyRequests { nodes { state } } }";
    let told = shop.admin.payload(query, json!({})).await;
    assert_eq!(told["nodes"], json!([{ "state": "COMPLETED" }]));
    assert_eq!(
        app.places_of("kanari").await,
        Vec::<String>::new(),
        "both records are of one person"
    );
    app.verify().await;
}

#[tokio::test]
async fn whoever_was_erased_does_not_come_back_with_their_history() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = |reference: &str, at: &str| {
        json!({
            "channelCode": "web", "channelReference": reference, "currencyCode": "EUR", "placedAt": at,
            "customer": { "email": "Karla@Kanari.example", "name": "Karla Kanari" }, "shippingAddress": address("Kanarienweg 2"),
            "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "10.00" }], "deliveredAt": "2026-02-10T00:00:00Z",
            "payments": [{ "method": "card", "amount": "10.00", "capturedAt": "2026-02-01T00:00:00Z" }],
        })
    };
    let first = order("r1", "2026-02-01T00:00:00Z");
    shop.admin.done(ORDERS_IMPORT, json!({ "orders": [first] })).await;
    let told = shop
        .admin
        .payload("{ customer(by: { email: \"karla@kanari.example\" }) { id } }", json!({}))
        .await;
    let request = open(&shop, &told["id"], "ERASURE").await;
    shop.admin.done(PRIVACY_COMPLETE, json!({ "privacyRequestId": request["id"] })).await;
    let again = shop
        .admin
        .payload(
            ORDERS_IMPORT,
            json!({ "input": { "orders": [first, order("r2", "2026-02-02T00:00:00Z")] } }),
        )
        .await;
    assert_eq!(again["imported"], 1, "{again}");
    let refreshed = &again["orders"][1];
    assert_eq!(refreshed["customer"], Json::Null);
    assert_eq!(refreshed["totals"]["grandTotal"]["amount"], "10.00");
    assert_eq!(app.places_of("kanari").await, Vec::<String>::new());
    // Whoever orders again is somebody new.
    app.later(Duration::days(1)).await;
    let mut input = shop.order(&[("D", 1)]);
    input["customer"] = json!({ "create": { "email": "karla@kanari.example" } });
    let new = shop.place(input).await;
    assert_ne!(customer_of(&shop, &new).await, told["id"]);
    app.verify().await;
}

#[tokio::test]
async fn a_person_has_all_that_is_kept_about_them() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    crate::returns::law(&shop).await;
    let order = order(&shop).await;
    let id = customer_of(&shop, &order).await;
    said(&shop, &order, &id).await;
    app.followed().await;
    let request = open(&shop, &id, "EXPORT").await;
    assert_eq!(request["state"], "COMPLETED");
    let export = &request["export"];
    for (part, words) in [
        ("customers", "Karla Kanari"),
        ("identities", "kanari-77"),
        ("addresses", "Kanarienweg 1"),
        ("orders", "203.0.113.77"),
        ("orderLines", "\"sku\":\"A\""),
        ("notes", "canary of a note"),
        ("orderNotes", "canary of another"),
        ("returns", "canary of the return"),
        ("returnLines", "canary.jpg"),
        ("cases", "canary of the end"),
        ("caseMessages", "canary of the answer"),
        ("consents", "canary on the phone"),
        ("invoices", "number"),
        ("fraudScores", "score"),
        ("value", "return_ppm"),
        ("rfm", "recency"),
        ("history", "canary of the credit"),
    ] {
        assert!(export[part].to_string().contains(words), "{part}: {}", export[part]);
    }
    app.later(Duration::days(31)).await;
    operations::privacy::retain(&app.store).await.unwrap();
    let admin = app.admin().await;
    let query = "query($id: ID!) { node(id: $id) { ... on PrivacyRequest { state export } } }";
    let told = admin.payload(query, json!({ "id": request["id"] })).await;
    assert_eq!(told, json!({ "state": "COMPLETED", "export": null }), "kept for 30 days");
    app.verify().await;
}

#[tokio::test]
async fn requests_are_refused_or_take_longer_with_a_reason() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let id = shop.customer("karla@kanari.example").await;
    let request = open(&shop, &id, "ERASURE").await;
    let which = |reason: &str| json!({ "privacyRequestId": request["id"], "reason": reason });
    assert_eq!(shop.admin.refused(PRIVACY_EXTEND, which(" ")).await, ["REQUIRED input.reason"]);
    let longer = shop.admin.done(PRIVACY_EXTEND, which("many systems")).await;
    assert_eq!(longer["privacyRequest"]["dueAt"], "2026-06-02T10:00:00Z");
    assert_eq!(longer["privacyRequest"]["extendedBecause"], "many systems");
    assert_eq!(
        shop.admin.refused(PRIVACY_EXTEND, which("again")).await,
        ["STATE_CONFLICT input.privacyRequestId"]
    );
    let refused = shop.admin.done(PRIVACY_REFUSE, which("cannot tell who asks")).await;
    assert_eq!(
        (&refused["privacyRequest"]["state"], &refused["privacyRequest"]["refusedBecause"]),
        (&json!("REFUSED"), &json!("cannot tell who asks"))
    );
    assert_eq!(
        shop.admin.refused(PRIVACY_REFUSE, which("again")).await,
        ["STATE_CONFLICT input.privacyRequestId"]
    );
    let late = open(&shop, &id, "ERASURE").await;
    app.clock.advance(Duration::days(40));
    let admin = app.admin().await;
    let input = json!({ "privacyRequestId": late["id"], "reason": "late" });
    assert_eq!(
        admin.refused(PRIVACY_EXTEND, input).await,
        ["POLICY_VIOLATION input.privacyRequestId"]
    );
    let web = app.reaching(Some(&[&shop.web]), None).await;
    assert_eq!(
        web.refused(PRIVACY_OPEN, json!({ "customerId": id, "kind": "EXPORT" })).await,
        ["POLICY_VIOLATION input.customerId"]
    );
    assert_eq!(web.payload("{ privacyRequests { totalCount } }", json!({})).await["totalCount"], 0);
}

/// As many people as the figure names, among them some who order more than once, with somebody who stays.
#[tokio::test]
async fn many_are_erased_and_every_figure_stays() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    crate::returns::law(&shop).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = crate::webhooks::endpoint(&shop.admin, &receiver, &["*"]).await;
    let people = if full() { 100 } else { 3 };
    let stock = json!({ "locationId": shop.berlin, "lines": [{ "sku": "A", "quantity": 1_000 }] });
    shop.admin.done(STOCK_RECEIVE, stock).await;
    let mut ids = Vec::new();
    for number in 0..people {
        let canary = format!("canary{number:03}x");
        let mut input = shop.sent_home(&[("A", 2)]);
        input["customer"] =
            json!({ "create": { "name": canary, "email": format!("{canary}@example.com") } });
        input["email"] = json!(format!("{canary}@example.com"));
        input["shippingAddress"] = address(&canary);
        let order = crate::returns::arrived(&shop, input).await;
        let id = customer_of(&shop, &order).await;
        if number % 2 == 0 {
            let declared = crate::returns::declared(&order, &[("A", 1)], "CHANGED_MIND");
            let back = crate::returns::approved(&shop, declared).await;
            crate::returns::back(&shop, &back).await;
            crate::returns::looked(&shop, &back, &[(1, "RESTOCK")]).await;
            crate::returns::paid_back(&shop, &back).await;
        } else {
            let given = json!({ "customerId": id, "amount": { "amount": "1.00", "currencyCode": "EUR" }, "reason": canary });
            shop.admin.done(STORE_CREDIT_GRANT, given).await;
        }
        shop.admin.done(NOTE_ADD, json!({ "subjectId": order["id"], "text": canary })).await;
        ids.push(id);
    }
    shop.customer("stays@example.com").await;
    app.asked().await;
    app.followed().await;
    app.send_webhooks().await;
    receiver.take();
    let (kept, books) = (shop.admin.ok(KEPT, json!({})).await, balances(&shop).await);
    let journal = app.number("select cast(sum(abs(amount_minor)) as bigint) from postings").await;
    for id in &ids {
        let request = open(&shop, id, "ERASURE").await;
        let which = json!({ "privacyRequestId": request["id"] });
        let done = shop.admin.done(PRIVACY_COMPLETE, which).await;
        assert_eq!(done["privacyRequest"]["state"], "COMPLETED", "{done}");
    }
    app.followed().await;
    assert_eq!(app.places_of("canary").await, Vec::<String>::new());
    assert_eq!(shop.admin.ok(KEPT, json!({})).await, kept);
    assert_eq!(balances(&shop).await, books);
    let now = app.number("select cast(sum(abs(amount_minor)) as bigint) from postings").await;
    assert_eq!(now, journal);
    // Whatever is sent from now on names nobody, what is sent again neither.
    let again = json!({ "webhookEndpointId": endpoint, "since": "2026-03-02T00:00:00Z" });
    shop.admin.done(WEBHOOK_REPLAY, again).await;
    app.send_webhooks().await;
    let calls = receiver.take();
    assert!(calls.len() > people * 5, "{}", calls.len());
    assert!(calls.iter().all(|call| !call.text.contains("canary")));
    assert_ne!(found(&shop, json!({ "email": "stays@example.com" })).await, Json::Null);
    app.verify().await;
}
