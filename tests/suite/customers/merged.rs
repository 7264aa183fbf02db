//! Records of one person: proposed, made one, and taken apart again as they were.

use super::found;
use harness::client::user_errors;
use harness::random::{full, random, seed};
use harness::shop::*;
use harness::{Shop, TestApp};
use operations::permissions::Permission;
use serde_json::{Value as Json, json};

const WHOLE: &str = "query($id: ID!) { customer(by: { id: $id }) {
    id number name email phone company tags identities { kind value } addresses { city } consents { purpose granted }
    orders(first: 50) { totalCount nodes { number } } returns(first: 50) { nodes { number } } cases(first: 50) { nodes { number subject } }
    storeCredit { balance { amount } } notes(first: 50) { nodes { text } } mergedFrom { number } mergedInto { number }
    value { orderCount lifetimeValue { amount } } } }";

async fn whole(shop: &Shop, id: &Json) -> Json {
    shop.admin.payload(WHOLE, json!({ "id": id })).await
}

/// A customer of whom everything there is.
async fn person(shop: &Shop, name: &str, email: &str) -> Json {
    let mut input = shop.sent_home(&[("A", 1)]);
    input["customer"] = json!({ "create": { "name": name, "email": email, "tags": [email] } });
    let order = crate::returns::arrived(shop, input).await;
    let query = "query($id: ID!) { order(by: { id: $id }) { customer { id } } }";
    let told = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let id = told["customer"]["id"].clone();
    let declared = crate::returns::declared(&order, &[("A", 1)], "CHANGED_MIND");
    crate::returns::approved(shop, declared).await;
    let asked = json!({ "customer": { "id": id }, "orderId": order["id"], "kind": "OTHER", "subject": format!("of {name}"), "contactChannel": "EMAIL" });
    shop.admin.done(CASE_OPEN, asked).await;
    let given = json!({ "customerId": id, "amount": { "amount": "5.00", "currencyCode": "EUR" }, "reason": "sorry" });
    shop.admin.done(STORE_CREDIT_GRANT, given).await;
    shop.admin.done(NOTE_ADD, json!({ "subjectId": id, "text": format!("note of {name}") })).await;
    let agreed =
        json!({ "customerId": id, "purpose": "press", "granted": name == "Ada", "source": "call" });
    shop.admin.done(CONSENT_RECORD, agreed).await;
    let address = json!({ "name": name, "line1": "Weg 1", "city": name, "postalCode": "53111", "countryCode": "DE" });
    shop.admin
        .done(CUSTOMER_UPSERT, json!({ "customerId": id, "customer": { "address": address } }))
        .await;
    id
}

fn count(page: &Json) -> usize {
    page["nodes"].as_array().unwrap().len()
}

#[tokio::test]
async fn all_of_one_belongs_to_the_other_and_back() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    crate::returns::law(&shop).await;
    let ada = person(&shop, "Ada", "ada@example.com").await;
    let ben = person(&shop, "Ben", "ben@example.com").await;
    let phone = json!({ "customerId": ben, "customer": { "phone": "+49 30 5550123", "company": "Ben Ltd" } });
    shop.admin.done(CUSTOMER_UPSERT, phone).await;
    app.followed().await;
    let (was_ada, was_ben) = (whole(&shop, &ada).await, whole(&shop, &ben).await);
    let input = json!({ "intoId": ada, "fromIds": [ben] });
    let preview = "query($input: CustomerMergeInput!) { customerMergePreview(input: $input) { into { id } orders cases returns storeCredit { amount } conflicts userErrors { code } } }";
    let told = shop.admin.payload(preview, json!({ "input": input })).await;
    assert_eq!(
        (&told["orders"], &told["cases"], &told["returns"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!((&told["into"]["id"], &told["storeCredit"]), (&ada, &json!([{ "amount": "5.00" }])));
    let conflicts = told["conflicts"].to_string();
    for word in ["another name", "another email", "consent to press differs"] {
        assert!(conflicts.contains(word), "{conflicts}");
    }
    assert!(!conflicts.contains("Ben") && !conflicts.contains('@'), "{conflicts}");
    let merged = shop.admin.done(CUSTOMER_MERGE, input).await["customer"].clone();
    assert_eq!(merged["id"], ada);
    assert_eq!(merged["mergedFrom"], json!([{ "id": ben, "mergedInto": { "id": ada } }]));
    app.followed().await;
    let both = whole(&shop, &ada).await;
    assert_eq!(both, whole(&shop, &ben).await, "the old id leads to the other");
    assert_eq!((&both["name"], &both["company"]), (&json!("Ada"), &json!("Ben Ltd")));
    assert_eq!(
        (
            count(&both["orders"]),
            count(&both["returns"]),
            count(&both["cases"]),
            count(&both["notes"])
        ),
        (2, 2, 2, 2)
    );
    assert_eq!(both["storeCredit"].as_array().unwrap().len(), 2);
    assert_eq!(both["value"]["orderCount"], 2);
    assert_eq!(both["tags"], json!(["ada@example.com", "ben@example.com"]));
    for by in [
        json!({ "email": "ben@example.com" }),
        json!({ "phone": "030 5550123" }),
        json!({ "number": was_ben["number"] }),
        json!({ "orderNumber": was_ben["orders"]["nodes"][0]["number"] }),
    ] {
        assert_eq!(found(&shop, by).await, ada);
    }
    // Everywhere an id of a customer goes.
    let query = "query($id: ID!) { orders(filter: { customerId: $id }) { totalCount } }";
    assert_eq!(shop.admin.payload(query, json!({ "id": ben })).await["totalCount"], 2);
    let query = "query($id: ID!) { invoices(filter: { customerId: $id }) { totalCount } }";
    for id in [&ada, &ben] {
        assert_eq!(shop.admin.payload(query, json!({ "id": id })).await["totalCount"], 2);
    }
    let query = "query($id: ID!) { cases(filter: { customerId: $id }) { totalCount } }";
    assert_eq!(shop.admin.payload(query, json!({ "id": ben })).await["totalCount"], 2);
    let query = "query($id: ID!) { customer(by: { id: $id }) { timeline(types: [\"order.placed\", \"customer.*\"]) { nodes { type } } } }";
    let told = shop.admin.payload(query, json!({ "id": ben })).await;
    let kinds: Vec<&str> = told["timeline"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "order.placed").count(), 2, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "customer.merged").count(), 2, "{kinds:?}");
    let listed = "{ customers { totalCount nodes { id } } }";
    assert_eq!(shop.admin.payload(listed, json!({})).await["totalCount"], 1);
    app.verify().await;
    // New orders come in: by an address of the one, and by one of the other.
    for email in ["ben@example.com", "ada@example.com"] {
        let mut input = shop.order(&[("D", 1)]);
        input["customer"] = json!({ "create": { "email": email } });
        input["email"] = json!(email);
        shop.place(input).await;
    }
    app.followed().await;
    assert_eq!(whole(&shop, &ada).await["orders"]["totalCount"], 4);
    let apart = shop.admin.done(CUSTOMER_UNMERGE, json!({ "customerId": ben })).await;
    assert_eq!(
        apart["customers"].as_array().unwrap().iter().map(|one| &one["id"]).collect::<Vec<_>>(),
        [&ada, &ben]
    );
    app.followed().await;
    for (id, before) in [(&ada, was_ada), (&ben, was_ben)] {
        let mut after = whole(&shop, id).await;
        assert_eq!(after["orders"]["totalCount"], 2, "the new one goes with its address");
        assert_eq!(after["value"]["orderCount"], 2);
        let mut before = before;
        for one in [&mut before, &mut after] {
            one["orders"] = Json::Null;
            one["value"] = Json::Null;
        }
        assert_eq!(after, before);
    }
    assert_eq!(shop.admin.payload(listed, json!({})).await["totalCount"], 2);
    app.verify().await;
}

#[tokio::test]
async fn chains_of_records_come_apart_in_any_order() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut ids = Vec::new();
    for who in ["a", "b", "c"] {
        let person = json!({ "name": format!("Name {who}"), "email": format!("{who}@example.com"), "company": (who == "a").then_some("Of a") });
        let made = shop.admin.done(CUSTOMER_UPSERT, json!({ "customer": person })).await;
        ids.push(made["customer"]["id"].clone());
        shop.customer(&format!("{who}@example.com")).await;
    }
    let (a, b, c) = (&ids[0], &ids[1], &ids[2]);
    let merge = async |into: &Json, from: &Json| {
        shop.admin.done(CUSTOMER_MERGE, json!({ "intoId": into, "fromIds": [from] })).await;
    };
    let orders = async || {
        let mut counts = Vec::new();
        for id in &ids {
            let told = whole(&shop, id).await;
            counts.push((told["orders"]["totalCount"].as_i64().unwrap(), told["company"].clone()));
        }
        counts
    };
    let none = Json::Null;
    let of_a = json!("Of a");
    let apart = vec![(1, of_a.clone()), (1, none.clone()), (1, none.clone())];
    assert_eq!(orders().await, apart);
    merge(b, a).await;
    merge(c, b).await;
    assert_eq!(orders().await, vec![(3, of_a.clone()); 3]);
    let unmerge =
        async |id: &Json| shop.admin.done(CUSTOMER_UNMERGE, json!({ "customerId": id })).await;
    // The first from the middle: what it had handed on goes with it.
    unmerge(a).await;
    assert_eq!(orders().await, vec![(1, of_a.clone()), (2, none.clone()), (2, none.clone())]);
    unmerge(b).await;
    assert_eq!(orders().await, apart);
    // The middle first: the one below stays with it.
    merge(b, a).await;
    merge(c, b).await;
    unmerge(b).await;
    assert_eq!(orders().await, vec![(2, of_a.clone()), (2, of_a.clone()), (1, none.clone())]);
    unmerge(a).await;
    assert_eq!(orders().await, apart);
    // Made one again with another than before.
    merge(b, a).await;
    merge(c, a).await;
    assert_eq!(orders().await, vec![(3, of_a.clone()); 3], "what it was made one with comes too");
    app.verify().await;
}

#[tokio::test]
async fn what_cannot_be_made_one_is_refused() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let ada = shop.customer("ada@example.com").await;
    let ben = shop.customer("ben@example.com").await;
    let nobody = json!("cus_00000000000000000000000000");
    for (input, faults) in [
        (json!({ "intoId": ada, "fromIds": [] }), vec!["REQUIRED input.fromIds"]),
        (
            json!({ "intoId": nobody, "fromIds": [ada, nobody] }),
            vec!["NOT_FOUND input.intoId", "NOT_FOUND input.fromIds.1"],
        ),
        (
            json!({ "intoId": ada, "fromIds": [ada, ben, ben] }),
            vec!["INVALID input.fromIds.0", "DUPLICATE input.fromIds.2"],
        ),
        (
            json!({ "intoId": ada, "fromIds": [ben], "expectedVersion": 7 }),
            vec!["VERSION_CONFLICT input.expectedVersion"],
        ),
    ] {
        assert_eq!(shop.admin.refused(CUSTOMER_MERGE, input.clone()).await, faults, "{input}");
    }
    for (id, faults) in [(&ada, "STATE_CONFLICT"), (&nobody, "NOT_FOUND")] {
        let refused = shop.admin.refused(CUSTOMER_UNMERGE, json!({ "customerId": id })).await;
        assert_eq!(refused, [format!("{faults} input.customerId")]);
    }
    let input = json!({ "intoId": ada, "fromIds": [ben] });
    let web = app.reaching(Some(&[&shop.web]), None).await;
    assert_eq!(web.refused(CUSTOMER_MERGE, input.clone()).await, ["POLICY_VIOLATION input.intoId"]);
    let key = json!({ "input": input, "key": "k" });
    let once = shop.admin.payload(CUSTOMER_MERGE, key.clone()).await;
    assert_eq!(shop.admin.payload(CUSTOMER_MERGE, key).await, once, "done once");
    assert_eq!(shop.admin.refused(CUSTOMER_MERGE, input).await, ["INVALID input.fromIds.0"]);
    // Whoever stands in a list stands there still.
    let entry = json!({ "list": "DENY", "kind": "CUSTOMER", "value": ben, "reason": "fraud" });
    shop.admin.done(RISK_LIST_ADD, entry).await;
    let placed = shop.customer("ben@example.com").await;
    assert_eq!(placed, ada);
    let blind = app.without(Permission::OrdersRisk).await;
    assert!(!blind.ok("{ customers { totalCount } }", json!({})).await.is_null());
    let query = "query($id: ID!) { orders(filter: { customerId: $id, riskLevels: [HIGH] }) { totalCount } }";
    assert_eq!(shop.admin.payload(query, json!({ "id": ada })).await["totalCount"], 1);
}

#[tokio::test]
async fn who_look_alike_are_proposed() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut ids = Vec::new();
    let address = json!({ "name": "Eva Engel", "line1": "Weg 9", "city": "Bonn", "postalCode": "53111", "countryCode": "DE" });
    for person in [
        json!({ "name": "Ada Albers", "email": "ada@example.com", "phone": "+49 30 5550123" }),
        json!({ "name": "ada albers", "email": "a2@example.com", "phone": "030 5550123", "address": { "name": "Ada", "line1": "x", "city": "x", "postalCode": "1", "countryCode": "DE" } }),
        json!({ "name": "Uncle Albers", "email": "uncle@example.com", "phone": "+49 30 5550123" }),
        json!({ "name": "Dan Drews", "email": "dan.drews@gmail.com" }),
        json!({ "name": "Shop Account", "email": "dandrews+shop@googlemail.com" }),
        json!({ "name": "Eva Engel", "email": "eva@example.com", "address": address }),
        json!({ "name": "Eva Engels", "email": "engel@example.com", "address": address }),
    ] {
        let made = shop.admin.done(CUSTOMER_UPSERT, json!({ "customer": person })).await;
        ids.push(made["customer"]["id"].clone());
    }
    app.followed().await;
    let query =
        "{ duplicateCustomers { totalCount nodes { id score evidence customers { id } } } }";
    let told = shop.admin.payload(query, json!({})).await;
    let pairs: Vec<Json> = told["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            json!([
                one["customers"][0]["id"],
                one["customers"][1]["id"],
                one["score"],
                one["evidence"]
            ])
        })
        .collect();
    assert_eq!(
        pairs,
        [
            json!([ids[0], ids[1], 0.65, ["SAME_NAME", "SAME_PHONE"]]),
            json!([ids[5], ids[6], 0.6, ["SAME_ADDRESS", "SIMILAR_NAME"]]),
            json!([ids[3], ids[4], 0.6, ["SAME_MAILBOX"]]),
        ],
        "a telephone alone belongs to a family: {told:#}"
    );
    let node = "query($id: ID!) { node(id: $id) { ... on CustomerMatch { score } } }";
    let one = shop.admin.payload(node, json!({ "id": told["nodes"][0]["id"] })).await;
    assert_eq!(one["score"], 0.65);
    let web = app.reaching(Some(&[&shop.web]), None).await;
    assert_eq!(web.payload(query, json!({})).await["totalCount"], 0);
    // Made one, they are proposed no more; what changed is looked at anew.
    shop.admin.done(CUSTOMER_MERGE, json!({ "intoId": ids[0], "fromIds": [ids[1]] })).await;
    let moved = json!({ "customerId": ids[4], "customer": { "name": "Dan Drews" } });
    shop.admin.done(CUSTOMER_UPSERT, moved).await;
    app.followed().await;
    let told = shop.admin.payload(query, json!({})).await;
    let scores: Vec<&Json> =
        told["nodes"].as_array().unwrap().iter().map(|one| &one["score"]).collect();
    assert_eq!(scores, [&json!(0.72), &json!(0.6)]);
    app.verify().await;
}

/// What is compared of the database: tables, and their columns less versions and times of changes.
const KEPT: &[(&str, &str)] = &[
    (
        "customers",
        "id, number, name, email, phone, company, locale, cast(tags as text), merged_into",
    ),
    ("customer_identities", "id, customer_id, value_key"),
    ("customer_addresses", "id, customer_id"),
    ("customer_words", "customer_id, word"),
    ("customer_values", "customer_id, orders, kept, units_sent, open_cases"),
    ("customer_sums", "customer_id, currency, lifetime_minor"),
    ("customer_matches", "one_id, two_id, score_ppm"),
    ("orders", "id, customer_id"),
    ("order_documents", "order_id, words"),
    ("returns", "id, customer_id"),
    ("cases", "id, customer_id"),
    ("credits", "id, customer_id, balance_minor"),
    ("consents", "id, customer_id"),
    ("notes", "id, subject_id"),
    ("refund_requests", "id, customer_id"),
    ("segment_members", "segment_id, customer_id"),
];

#[tokio::test]
async fn whatever_was_made_one_comes_apart_as_it_was() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (people, merges) = if full() { (200, 1_000) } else { (8, 16) };
    let mut seed = seed();
    eprintln!("seed {seed}");
    let mut ids = Vec::new();
    let stock = json!({ "locationId": shop.berlin, "lines": [{ "sku": "D", "quantity": 1_000 }] });
    shop.admin.done(STOCK_RECEIVE, stock).await;
    for number in 0..people {
        let mut pick = |below: u64| random(&mut seed, below);
        let email = format!("p{number}@example.com");
        let address = json!({ "line1": format!("Weg {}", pick(4)), "city": "Bonn", "postalCode": "53111", "countryCode": "DE" });
        let person = json!({
            "name": (pick(3) > 0).then(|| format!("Person {}", pick(5))), "email": email, "company": (pick(2) > 0).then(|| format!("Company {number}")),
            "phone": (pick(2) > 0).then(|| format!("+49 30 555{:04}", pick(6))), "tags": [format!("t{}", pick(3))], "address": address,
        });
        let made = shop.admin.done(CUSTOMER_UPSERT, json!({ "customer": person })).await;
        let id = made["customer"]["id"].clone();
        for _ in 0..pick(3) {
            shop.customer(&email).await;
        }
        if pick(2) > 0 {
            let asked = json!({ "customer": { "id": id }, "kind": "OTHER", "subject": "x", "contactChannel": "EMAIL" });
            shop.admin.done(CASE_OPEN, asked).await;
            let agreed = json!({ "customerId": id, "purpose": "press", "granted": pick(2) > 0, "source": "call" });
            shop.admin.done(CONSENT_RECORD, agreed).await;
        }
        if pick(2) > 0 {
            shop.admin.done(NOTE_ADD, json!({ "subjectId": id, "text": "note" })).await;
            let given = json!({ "customerId": id, "amount": { "amount": "1.00", "currencyCode": "EUR" }, "reason": "sorry" });
            shop.admin.done(STORE_CREDIT_GRANT, given).await;
        }
        ids.push(id);
    }
    let segment = json!({ "name": "Often", "filter": { "orderCount": { "min": 2 } } });
    shop.admin.done(SEGMENT_DEFINE, segment).await;
    app.followed().await;
    for (table, columns) in KEPT {
        app.plant(&format!("create table kept_{table} as select {columns} from {table}")).await;
    }
    let mut merged: Vec<Json> = Vec::new();
    let mut done = 0;
    while done < merges {
        let place = |below: usize, seed: &mut u64| {
            usize::try_from(random(seed, u64::try_from(below).unwrap())).unwrap()
        };
        let enough = merged.len() > ids.len() / 2;
        if !merged.is_empty() && (enough || random(&mut seed, 3) == 0) {
            let one = merged.swap_remove(place(merged.len(), &mut seed));
            shop.admin.done(CUSTOMER_UNMERGE, json!({ "customerId": one })).await;
            continue;
        }
        let (into, from) = (place(ids.len(), &mut seed), place(ids.len(), &mut seed));
        if merged.contains(&ids[from]) {
            continue;
        }
        let input = json!({ "intoId": ids[into], "fromIds": [ids[from]] });
        let payload = shop.admin.payload(CUSTOMER_MERGE, json!({ "input": input })).await;
        if payload["customer"].is_null() {
            assert_eq!(user_errors(&payload), ["INVALID input.fromIds.0"], "one of them already");
            continue;
        }
        merged.push(ids[from].clone());
        done += 1;
        if done % 50 == 0 {
            app.followed().await;
        }
    }
    app.verify().await;
    while !merged.is_empty() {
        let place =
            usize::try_from(random(&mut seed, u64::try_from(merged.len()).unwrap())).unwrap();
        let one = merged.swap_remove(place);
        shop.admin.done(CUSTOMER_UNMERGE, json!({ "customerId": one })).await;
    }
    app.verify().await;
    for (table, columns) in KEPT {
        let kept = format!("select * from kept_{table}");
        let now = format!("select {columns} from {table}");
        for (one, two) in [(&kept, &now), (&now, &kept)] {
            let differing = format!(
                "select count(*) from (select * from ({one}) a except select * from ({two}) b) d"
            );
            assert_eq!(app.number(&differing).await, 0, "{table} is not as it was");
        }
    }
}

#[tokio::test]
async fn what_came_about_an_order_goes_with_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    crate::returns::law(&shop).await;
    let mut ids = Vec::new();
    let mut orders = Vec::new();
    for email in ["ada@example.com", "ben@example.com"] {
        let mut input = shop.sent_home(&[("A", 1)]);
        input["customer"] = json!({ "create": { "email": email } });
        let order = crate::returns::arrived(&shop, input).await;
        let query = "query($id: ID!) { order(by: { id: $id }) { customer { id } } }";
        let told = shop.admin.payload(query, json!({ "id": order["id"] })).await;
        ids.push(told["customer"]["id"].clone());
        orders.push(order);
    }
    shop.admin.done(CUSTOMER_MERGE, json!({ "intoId": ids[0], "fromIds": [ids[1]] })).await;
    let asked = json!({ "customer": { "id": ids[1] }, "orderId": orders[1]["id"], "kind": "OTHER", "subject": "x", "contactChannel": "EMAIL" });
    shop.admin.done(CASE_OPEN, asked).await;
    let declared = crate::returns::declared(&orders[1], &[("A", 1)], "CHANGED_MIND");
    crate::returns::approved(&shop, declared).await;
    let both = whole(&shop, &ids[0]).await;
    assert_eq!((count(&both["returns"]), count(&both["cases"])), (1, 1));
    shop.admin.done(CUSTOMER_UNMERGE, json!({ "customerId": ids[1] })).await;
    let (ada, ben) = (whole(&shop, &ids[0]).await, whole(&shop, &ids[1]).await);
    assert_eq!((count(&ada["returns"]), count(&ada["cases"])), (0, 0));
    assert_eq!((count(&ben["returns"]), count(&ben["cases"])), (1, 1));
    app.verify().await;
}
