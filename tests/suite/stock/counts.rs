//! Counting while selling goes on.

use harness::shop::*;
use harness::{Shop, TestApp};
use operations::permissions::Permission;
use serde_json::{Value as Json, json};
use time::Duration;

const COUNT: &str = "query($id: ID!, $differ: Boolean) { node(id: $id) { ... on StockCount { state accuracy differenceValue { amount }
    lines(differencesOnly: $differ) { totalCount nodes { variant { sku } expected counted difference } } } } }";

async fn started(shop: &Shop, skus: &[&str]) -> Json {
    let input = json!({ "locationId": shop.berlin, "skus": skus });
    shop.admin.done(STOCK_COUNT_START, input).await["stockCount"].clone()
}

fn counted(count: &Json, lines: &[(&str, i32)]) -> Json {
    let lines: Vec<Json> =
        lines.iter().map(|(sku, units)| json!({ "sku": sku, "quantity": units })).collect();
    json!({ "stockCountId": count["id"], "lines": lines })
}

fn id(count: &Json) -> Json {
    json!({ "stockCountId": count["id"] })
}

#[tokio::test]
async fn what_moves_while_people_count_stays_moved() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let count = started(&shop, &["A", "B", "C"]).await;
    // One leaves before A is counted, another between counting and closing.
    let sold = shop.place(shop.paid(&[("A", 1)])).await;
    shop.ship(&shop.work(&sold, 0).await).await;
    shop.admin.done(STOCK_COUNT_RECORD, counted(&count, &[("A", 7), ("B", 10)])).await;
    let sold = shop.place(shop.paid(&[("A", 3)])).await;
    shop.ship(&shop.work(&sold, 0).await).await;
    let seen = shop.admin.ok(COUNT, json!({ "id": count["id"] })).await["node"].clone();
    assert_eq!(
        seen["lines"]["nodes"],
        json!([
            { "variant": { "sku": "A" }, "expected": 9, "counted": 7, "difference": -2 },
            { "variant": { "sku": "B" }, "expected": 10, "counted": 10, "difference": 0 },
            { "variant": { "sku": "C" }, "expected": 10, "counted": null, "difference": null },
        ])
    );
    let closed = shop.admin.done(STOCK_COUNT_CLOSE, id(&count)).await["stockCount"].clone();
    assert_eq!((&closed["state"], &closed["accuracy"]), (&json!("CLOSED"), &json!(0.5)));
    let seen = shop.admin.ok(COUNT, json!({ "id": count["id"] })).await["node"].clone();
    assert_eq!(seen["differenceValue"]["amount"], "-8.00");
    assert_eq!(shop.level("A", &shop.berlin).await.0, 4, "six by the books, two fewer");
    let differ = json!({ "id": count["id"], "differ": true });
    assert_eq!(shop.admin.ok(COUNT, differ).await["node"]["lines"]["totalCount"], 1);
    let moves = "query($f: StockMovementFilter) { stockMovements(filter: $f) { nodes { kind onHandChange variant { sku } } } }";
    let moved = shop.admin.payload(moves, json!({ "f": { "subjectId": count["id"] } })).await;
    assert_eq!(
        moved["nodes"],
        json!([{ "kind": "COUNT", "onHandChange": -2, "variant": { "sku": "A" } }])
    );
    assert_eq!(
        shop.admin.refused(STOCK_COUNT_RECORD, counted(&count, &[("A", 1)])).await,
        ["STATE_CONFLICT input.stockCountId"]
    );
    app.verify().await;
}

#[tokio::test]
async fn what_is_missing_beyond_what_can_be_sold_was_among_what_cannot() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let set_aside = json!({ "locationId": shop.berlin, "reason": "x", "lines": [{ "sku": "A", "damagedChange": 4, "qualityHoldChange": 3 }] });
    shop.admin.done(STOCK_ADJUST, set_aside).await;
    let count = started(&shop, &["A", "D"]).await;
    shop.admin.done(STOCK_COUNT_RECORD, counted(&count, &[("A", 5), ("D", 0)])).await;
    // Counted again: that one stands.
    shop.admin.done(STOCK_COUNT_RECORD, counted(&count, &[("D", 12)])).await;
    shop.admin.done(STOCK_COUNT_CLOSE, id(&count)).await;
    let level = shop.whole_level("A", &shop.berlin).await;
    assert_eq!(
        (&level["onHand"], &level["damaged"], &level["qualityHold"], &level["available"]),
        (&json!(5), &json!(2), &json!(3), &json!(0))
    );
    assert_eq!(shop.level("D", &shop.berlin).await, (12, 0, 12));
    app.verify().await;
}

#[tokio::test]
async fn a_blind_count_tells_nothing_until_it_is_closed() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let input = json!({ "locationId": shop.berlin, "blind": true });
    let count = shop.admin.done(STOCK_COUNT_START, input).await["stockCount"].clone();
    let counter = app.without(Permission::StockRead).await;
    counter.done(STOCK_COUNT_RECORD, counted(&count, &[("A", 9)])).await;
    let list = "{ stockCounts { nodes { id blind lines { nodes { variant { sku } counted difference } } } } }";
    let lines =
        counter.ok(list, json!({})).await["stockCounts"]["nodes"][0]["lines"]["nodes"].clone();
    assert_eq!(lines[0], json!({ "variant": { "sku": "A" }, "counted": 9, "difference": null }));
    assert_eq!(lines.as_array().unwrap().len(), 4);
    for client in [&counter, &shop.admin] {
        let answer = client.answer(COUNT, json!({ "id": count["id"] })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT");
        let differ = json!({ "id": count["id"], "differ": true });
        assert_eq!(
            client.answer(COUNT, differ).await["errors"][0]["extensions"]["code"],
            "BAD_INPUT"
        );
    }
    shop.admin.done(STOCK_COUNT_CLOSE, id(&count)).await;
    let seen = counter.ok(COUNT, json!({ "id": count["id"], "differ": true })).await;
    assert_eq!(seen["node"]["lines"]["nodes"][0]["difference"], -1);
    let neither = app.reaching(None, Some(&[&shop.store])).await;
    assert_eq!(neither.ok(list, json!({})).await["stockCounts"]["nodes"], json!([]));
    app.verify().await;
}

#[tokio::test]
async fn much_is_not_taken_over_by_whoever_counted_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let limit = json!({ "code": "berlin", "name": "berlin", "kind": "WAREHOUSE", "timeZone": "Europe/Berlin",
        "address": { "line1": "Street 1", "city": "berlin", "countryCode": "DE" }, "countApprovalAbove": "20.00" });
    shop.admin.done(LOCATION_UPSERT, limit).await;
    let count = started(&shop, &["A", "B"]).await;
    shop.admin.done(STOCK_COUNT_RECORD, counted(&count, &[("A", 7), ("B", 13)])).await;
    let before = app.books().await;
    let payload = shop.admin.payload(STOCK_COUNT_CLOSE, json!({ "input": id(&count) })).await;
    assert_eq!(payload["userErrors"][0]["code"], "POLICY_VIOLATION");
    assert_eq!(
        payload["userErrors"][0]["details"],
        json!({ "differenceValue": "24.00", "limit": "20" })
    );
    assert_eq!(app.books().await, before);
    // Three more and three fewer are a difference all the same; somebody else takes it over.
    let second = app.reaching(None, None).await;
    second.done(STOCK_COUNT_CLOSE, id(&count)).await;
    let seen = shop.admin.ok(COUNT, json!({ "id": count["id"] })).await["node"].clone();
    assert_eq!(seen["differenceValue"]["amount"], "0.00");
    let count = started(&shop, &["A", "B"]).await;
    shop.admin.done(STOCK_COUNT_RECORD, counted(&count, &[("A", 2)])).await;
    shop.admin.done(STOCK_COUNT_CLOSE, id(&count)).await;
    assert_eq!(shop.level("A", &shop.berlin).await.0, 2);
    app.verify().await;
}

#[tokio::test]
async fn two_counts_never_correct_the_same_thing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let count = started(&shop, &["A", "B"]).await;
    let before = app.books().await;
    let again = json!({ "locationId": shop.berlin, "skus": ["B", "C"] });
    let payload = shop.admin.payload(STOCK_COUNT_START, json!({ "input": again })).await;
    assert_eq!(payload["userErrors"][0]["details"], json!({ "skus": ["B"] }));
    let all = json!({ "locationId": shop.berlin });
    assert_eq!(shop.admin.refused(STOCK_COUNT_START, all.clone()).await, ["DUPLICATE input.skus"]);
    let bad = json!({ "locationId": shop.berlin, "skus": ["SET", "X", "SET"] });
    assert_eq!(shop.admin.refused(STOCK_COUNT_START, bad).await, ["DUPLICATE input.skus.2"]);
    let bad = json!({ "locationId": "x", "skus": ["SET", "X"] });
    assert_eq!(
        shop.admin.refused(STOCK_COUNT_START, bad).await,
        ["NOT_FOUND input.locationId", "INVALID input.skus.0", "NOT_FOUND input.skus.1"]
    );
    assert_eq!(
        shop.admin.refused(STOCK_COUNT_CLOSE, id(&count)).await,
        ["STATE_CONFLICT input.stockCountId"]
    );
    assert_eq!(app.books().await, before);
    let other = started(&shop, &["C"]).await;
    assert_eq!(
        shop.admin.refused(STOCK_COUNT_RECORD, counted(&other, &[("A", 1)])).await,
        ["DUPLICATE input.lines"]
    );
    shop.admin.done(STOCK_COUNT_CANCEL, id(&count)).await;
    assert_eq!(
        shop.admin.refused(STOCK_COUNT_CLOSE, id(&count)).await,
        ["STATE_CONFLICT input.stockCountId"]
    );
    // What was found where the books know nothing of it is put on the list.
    shop.admin.done(STOCK_COUNT_RECORD, counted(&other, &[("A", 11)])).await;
    shop.admin.done(STOCK_COUNT_CLOSE, id(&other)).await;
    assert_eq!(shop.level("A", &shop.berlin).await.0, 11);
    app.verify().await;
}

#[tokio::test]
async fn what_sells_for_most_is_proposed_most_often() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let query = "query($l: ID!) { stockCountProposals(locationId: $l) { totalCount nodes { abcClass reason stockLevel { variant { sku } } } } }";
    let proposed = || async {
        let found = shop.admin.payload(query, json!({ "l": shop.berlin })).await;
        let word = |json: &Json| json.as_str().unwrap().to_owned();
        let rows = found["nodes"].as_array().unwrap().iter();
        rows.map(|row| {
            (
                word(&row["stockLevel"]["variant"]["sku"]),
                word(&row["abcClass"]),
                word(&row["reason"]),
            )
        })
        .collect::<Vec<_>>()
    };
    for (sku, units) in [("B", 9), ("A", 1), ("D", 1)] {
        let sold = shop.place(shop.paid(&[(sku, units)])).await;
        shop.ship(&shop.work(&sold, 0).await).await;
    }
    let row = |sku: &str, class: &str, reason: &str| {
        (sku.to_owned(), class.to_owned(), reason.to_owned())
    };
    // Of 44.00 in all B makes 36.00, more than four fifths with nothing before it; behind it come less than a fifth.
    let mut never = proposed().await;
    assert_eq!(never[0], row("B", "A", "NEVER_COUNTED"));
    never.sort();
    assert_eq!(
        never,
        [
            row("A", "B", "NEVER_COUNTED"),
            row("B", "A", "NEVER_COUNTED"),
            row("C", "C", "NEVER_COUNTED"),
            row("D", "B", "NEVER_COUNTED")
        ]
    );
    let count = started(&shop, &["A", "B", "C", "D"]).await;
    shop.admin
        .done(STOCK_COUNT_RECORD, counted(&count, &[("A", 9), ("B", 1), ("C", 10), ("D", 9)]))
        .await;
    shop.admin.done(STOCK_COUNT_CLOSE, id(&count)).await;
    assert_eq!(proposed().await, []);
    app.later(Duration::days(31)).await;
    assert_eq!(proposed().await, [row("B", "A", "DUE")]);
    app.later(Duration::days(60)).await;
    let due: Vec<String> = proposed().await.into_iter().map(|row| row.0).collect();
    assert_eq!(due, ["B", "A", "D"]);
    // More is promised than lies there: that comes first.
    shop.place(shop.paid(&[("C", 9)])).await;
    let gone = json!({ "locationId": shop.berlin, "reason": "x", "lines": [{ "sku": "C", "onHandChange": -4 }] });
    shop.admin.done(STOCK_ADJUST, gone).await;
    assert_eq!(proposed().await[0], row("C", "C", "NEGATIVE"));
    let elsewhere = app.reaching(None, Some(&[&shop.store])).await;
    assert_eq!(elsewhere.payload(query, json!({ "l": shop.berlin })).await["totalCount"], 0);
}
