//! Who somebody is, by whatever they say; and what is known of them, set right.

use super::found;
use harness::shop::*;
use harness::{Shop, TestApp};
use operations::permissions::Permission;
use serde_json::{Value as Json, json};

fn ada() -> Json {
    json!({
        "name": "Ada Albers", "email": "Ada@Example.com", "phone": "030 5550123", "tags": ["vip"],
        "address": { "name": "Ada Albers", "line1": "Allee 1", "postalCode": "10115", "city": "Berlin", "countryCode": "DE" },
        "identities": [{ "kind": "LOYALTY", "value": "L-77" }],
    })
}

#[tokio::test]
async fn whoever_calls_is_found_by_whatever_they_say() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": ada() });
    let account = json!({ "kind": "CHANNEL_ACCOUNT", "value": "ada" });
    input["customer"]["create"]["identities"].as_array_mut().unwrap().push(account);
    let order = shop.place(input).await;
    let query = "query($id: ID!) { order(by: { id: $id }) { number customer { id number name email phone tags identities { kind value verified } addresses { city } } } }";
    let told = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let customer = told["customer"].clone();
    let id = &customer["id"];
    let certain = customer["identities"].as_array().unwrap().iter();
    let certain: Vec<&Json> =
        certain.filter(|one| one["verified"] == true).map(|one| &one["kind"]).collect();
    assert_eq!(certain, ["CHANNEL_ACCOUNT"], "its own channel told of it");
    for by in [
        json!({ "id": id }),
        json!({ "number": customer["number"].as_str().unwrap().to_lowercase() }),
        json!({ "email": " ada@example.COM " }),
        json!({ "phone": "+49 30 555 0123" }),
        json!({ "phone": "0049 (30) 5550-123" }),
        json!({ "phone": "030/5550123" }),
        json!({ "identity": { "kind": "LOYALTY", "value": "L-77" } }),
        json!({ "identity": { "kind": "PHONE", "value": "+49305550123" } }),
        json!({ "orderNumber": told["number"] }),
    ] {
        assert_eq!(&found(&shop, by.clone()).await, id, "{by}");
    }
    for by in [
        json!({ "email": "ada@example.org" }),
        json!({ "phone": "+49 30 555 0124" }),
        json!({ "phone": "n/a" }),
        json!({ "number": "C-1" }),
        json!({ "identity": { "kind": "OTHER", "value": "L-77" } }),
        json!({ "orderNumber": "O-1" }),
    ] {
        assert_eq!(found(&shop, by.clone()).await, Json::Null, "{by}");
    }
    // Of two who share a telephone, whoever ordered last.
    app.later(time::Duration::minutes(5)).await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "name": "Ben Albers", "email": "ben@example.com", "phone": "+49 30 5550123" } });
    let order = shop.place(input).await;
    let told = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    assert_ne!(&told["customer"]["id"], id);
    assert_eq!(found(&shop, json!({ "phone": "030 5550123" })).await, told["customer"]["id"]);
    // Nobody is found beyond reach, and nobody without the right.
    let market = app.reaching(Some(&[&shop.market]), None).await;
    let query = "query($by: CustomerIdentifier!) { customer(by: $by) { id } }";
    for by in [json!({ "id": id }), json!({ "email": "ada@example.com" })] {
        assert_eq!(market.payload(query, json!({ "by": by })).await, Json::Null);
    }
    let blind = app.without(Permission::CustomersRead).await;
    assert_eq!(blind.error_code(query, json!({ "by": { "id": id } })).await, "FORBIDDEN");
    app.verify().await;
}

#[tokio::test]
async fn what_is_known_is_set_right() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let made =
        shop.admin.done(CUSTOMER_UPSERT, json!({ "customer": ada() })).await["customer"].clone();
    assert_eq!(
        (&made["version"], &made["name"], &made["tags"]),
        (&json!(1), &json!("Ada Albers"), &json!(["vip"]))
    );
    assert_eq!(made["identities"].as_array().unwrap().len(), 3);
    // The same once more changes nothing but that the address is there already.
    let mut other = ada();
    other["name"] = json!("Ada Behrens");
    other["company"] = json!("Behrens Ltd");
    other["address"]["city"] = json!("Potsdam");
    let known =
        shop.admin.done(CUSTOMER_UPSERT, json!({ "customer": other })).await["customer"].clone();
    assert_eq!((&known["id"], &known["version"]), (&made["id"], &json!(2)));
    assert_eq!(known["addresses"].as_array().unwrap().len(), 2);
    // What is left out stays, an empty text takes away, labels are all of them; the old address is still how she is known.
    let change = json!({ "customerId": made["id"], "expectedVersion": 2, "customer": { "company": "", "email": "ada@behrens.example", "tags": [] } });
    let known = shop.admin.done(CUSTOMER_UPSERT, change.clone()).await["customer"].clone();
    assert_eq!(
        (&known["name"], &known["company"], &known["email"], &known["tags"]),
        (&json!("Ada Behrens"), &Json::Null, &json!("ada@behrens.example"), &json!([]))
    );
    for email in ["ada@example.com", "ada@behrens.example"] {
        assert_eq!(found(&shop, json!({ "email": email })).await, made["id"]);
    }
    assert_eq!(
        shop.admin.refused(CUSTOMER_UPSERT, change).await,
        ["VERSION_CONFLICT input.expectedVersion"]
    );
    // What another one is known by is refused, and all faults are told.
    let ben = shop
        .admin
        .done(CUSTOMER_UPSERT, json!({ "customer": { "name": "Ben", "email": "ben@example.com" } }))
        .await["customer"]
        .clone();
    let taken = json!({ "customerId": ben["id"], "customer": { "email": "ada@example.com", "phone": "030 5550123", "identities": [{ "kind": "LOYALTY", "value": "L-77" }] } });
    assert_eq!(
        shop.admin.refused(CUSTOMER_UPSERT, taken).await,
        ["DUPLICATE input.customer.identities.0.value", "DUPLICATE input.customer.email"],
        "a telephone is shared"
    );
    let wrong = json!({ "customer": { "email": "nobody", "tags": [""], "identities": [{ "kind": "CHANNEL_ACCOUNT", "value": "x" }] } });
    assert_eq!(
        shop.admin.refused(CUSTOMER_UPSERT, wrong).await,
        [
            "INVALID input.customer.email",
            "REQUIRED input.customer.identities.0.channelId",
            "REQUIRED input.customer.tags.0"
        ]
    );
    assert_eq!(
        shop.admin.refused(CUSTOMER_UPSERT, json!({ "customer": {} })).await,
        ["REQUIRED input.customer"]
    );
    // The log says what changed, and not to what.
    let query = "query($id: ID!) { customer(by: { id: $id }) { timeline(first: 10) { totalCount nodes { type summary } } } }";
    let told = shop.admin.payload(query, json!({ "id": made["id"] })).await;
    let told = told["timeline"]["nodes"].as_array().unwrap();
    assert_eq!(
        told.iter().map(|event| event["type"].as_str().unwrap()).collect::<Vec<_>>(),
        ["customer.changed", "customer.changed", "customer.created"]
    );
    let said = told[1]["summary"].as_str().unwrap();
    assert!(said.ends_with("name, company, addresses"), "{said}");
    let audited = "select count(*) from audit_entries where change like '%Behrens%' or change like '%example.com%'";
    assert_eq!(app.number(audited).await, 0);
    // Orders are found by the new name, and no longer by the old one.
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "id": ben["id"] });
    shop.place(input).await;
    shop.admin
        .done(
            CUSTOMER_UPSERT,
            json!({ "customerId": ben["id"], "customer": { "name": "Benjamin Blum" } }),
        )
        .await;
    let search = "query($s: String) { orders(search: $s) { totalCount } }";
    let count = async |word: &str| {
        shop.admin.payload(search, json!({ "s": word })).await["totalCount"].clone()
    };
    assert_eq!([count("blum").await, count("benjamin").await], [json!(1), json!(1)]);
    // Whoever reaches one channel keeps nobody who has not ordered there.
    let market = app.reaching(Some(&[&shop.market]), None).await;
    let nobody = json!({ "customer": { "name": "Carla", "email": "carla@example.com" } });
    assert_eq!(market.refused(CUSTOMER_UPSERT, nobody).await, ["POLICY_VIOLATION input.customer"]);
    let beyond = json!({ "customer": { "email": "ada@example.com" } });
    assert_eq!(market.refused(CUSTOMER_UPSERT, beyond).await, ["POLICY_VIOLATION input.customer"]);
    let beyond = json!({ "customerId": made["id"], "customer": { "name": "X" } });
    assert_eq!(market.refused(CUSTOMER_UPSERT, beyond).await, ["NOT_FOUND input.customerId"]);
    app.verify().await;
}

#[tokio::test]
async fn consent_has_a_history() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let made =
        shop.admin.done(CUSTOMER_UPSERT, json!({ "customer": ada() })).await["customer"].clone();
    let say = async |granted: bool, source: &str| {
        let said = json!({ "customerId": made["id"], "purpose": "Marketing.Email", "granted": granted, "source": source });
        shop.admin.done(CONSENT_RECORD, said).await["customer"]["consents"].clone()
    };
    say(true, "newsletter form").await;
    app.later(time::Duration::days(1)).await;
    let told = say(false, "call").await;
    assert_eq!(
        told,
        json!([
            { "purpose": "marketing.email", "granted": false, "source": "call", "at": "2026-03-03T10:00:00Z" },
            { "purpose": "marketing.email", "granted": true, "source": "newsletter form", "at": "2026-03-02T10:00:00Z" },
        ])
    );
    let wrong =
        json!({ "customerId": made["id"], "purpose": "all mail", "granted": true, "source": "" });
    assert_eq!(
        shop.admin.refused(CONSENT_RECORD, wrong).await,
        ["INVALID input.purpose", "REQUIRED input.source"]
    );
    app.verify().await;
}
