use harness::plans::{assert_by_index, planner};
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn a_variant_says_what_can_be_sold() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.order(&[("A", 3)])).await;
    let query = "query($c: ID!, $l: [ID!]) { a: variant(by: { sku: \"A\" }) { all: availableToSell here: availableToSell(channelId: $c)
        stock(locationIds: $l) { location { code } available } } set: variant(by: { sku: \"SET\" }) { all: availableToSell } }";
    let data =
        shop.admin.ok(query, json!({ "c": shop.market, "l": [shop.berlin, shop.store] })).await;
    assert_eq!(
        data,
        json!({
            "a": { "all": 14, "here": 5, "stock": [
                { "location": { "code": "berlin" }, "available": 7 },
                { "location": { "code": "store" }, "available": 2 } ] },
            "set": { "all": 7 },
        })
    );
}

#[tokio::test]
async fn levels_are_filtered_and_tell_their_movements() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.order(&[("A", 10)])).await;
    let query = "query($f: StockFilter) { stockLevels(filter: $f) { totalCount nodes { variant { sku } location { code }
        movements { totalCount nodes { kind reservedChange onHandChange subjectId } } } } }";
    let out = shop.admin.payload(query, json!({ "f": { "outOfStock": true } })).await;
    assert_eq!(out["totalCount"], 1);
    let level = &out["nodes"][0];
    assert_eq!(level["location"]["code"], "berlin");
    assert_eq!(level["movements"]["totalCount"], 2);
    assert_eq!(level["movements"]["nodes"][0]["kind"], "RESERVE");
    assert_eq!(level["movements"]["nodes"][0]["reservedChange"], 10);
    assert!(level["movements"]["nodes"][0]["subjectId"].as_str().unwrap().starts_with("ord_"));
    let here = shop
        .admin
        .payload(query, json!({ "f": { "locationIds": [shop.store], "outOfStock": false } }))
        .await;
    assert_eq!(here["totalCount"], 4);
}

#[tokio::test]
async fn no_list_of_stock_reads_a_table_from_end_to_end() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.documents().await;
    let connection = planner(&app).await;
    let levels = "query($f: StockFilter) { stockLevels(filter: $f, first: 20) { nodes { id } } }";
    app.store.record_statements();
    for filter in [
        json!({}),
        json!({ "belowReorderPoint": true }),
        json!({ "belowReorderPoint": false }),
        json!({ "outOfStock": true }),
        json!({ "outOfStock": true, "belowReorderPoint": true }),
        json!({ "locationIds": [shop.berlin] }),
        json!({ "locationIds": [shop.berlin], "belowReorderPoint": true }),
        json!({ "locationIds": [shop.berlin, shop.store], "outOfStock": true }),
        json!({ "skus": ["A", "B"] }),
    ] {
        app.store.take_recorded();
        shop.admin.ok(levels, json!({ "f": filter })).await;
        // Without a filter the levels are walked in the order of the list.
        let walked = ["stock_levels_pkey", "sqlite_autoindex_stock_levels_1"];
        let tables = ["from stock_levels s"];
        let what = filter.to_string();
        assert!(assert_by_index(&app, &connection, &tables, &walked, &what).await > 0, "{what}");
    }
    for (query, table) in [
        (
            "query($l: [ID!]) { stockTransfers(states: [DRAFT], locationIds: $l) { nodes { lines { variant { sku } } } } }",
            "stock_transfers t",
        ),
        (
            "query($l: [ID!]) { stockTransfers(locationIds: $l) { nodes { id } } }",
            "stock_transfers t",
        ),
        (
            "query($l: [ID!]) { purchaseOrders(locationIds: $l) { nodes { lines { received } supplier { name } } } }",
            "purchase_orders p",
        ),
        (
            "query($l: [ID!]) { purchaseOrders(states: [ORDERED], locationIds: $l) { nodes { id } } }",
            "purchase_orders p",
        ),
        (
            "query($l: [ID!]) { stockCounts(locationIds: $l) { nodes { id lines { nodes { counted } } } } }",
            "stock_counts c",
        ),
    ] {
        app.store.take_recorded();
        shop.admin.ok(query, json!({ "l": [shop.berlin] })).await;
        assert!(
            assert_by_index(&app, &connection, &[table], &["_pkey"], query).await > 0,
            "{query}"
        );
    }
}
