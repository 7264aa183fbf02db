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
