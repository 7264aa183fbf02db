use harness::shop::{CHANNEL_UPSERT, LEGAL_ENTITY_UPSERT, LOCATION_UPSERT, SUPPLIER_UPSERT};
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn a_legal_entity_is_made_and_changed() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let entity = json!({ "name": " Shop GmbH ", "countryCode": "de", "taxId": "DE1", "baseCurrency": "EUR" });
    let made = admin.done(LEGAL_ENTITY_UPSERT, entity).await["legalEntity"].clone();
    assert_eq!(
        (made["name"].as_str(), made["countryCode"].as_str()),
        (Some("Shop GmbH"), Some("DE"))
    );
    let renamed =
        json!({ "id": made["id"], "name": "Shop AG", "countryCode": "CH", "baseCurrency": "CHF" });
    let changed = admin.done(LEGAL_ENTITY_UPSERT, renamed).await["legalEntity"].clone();
    assert_eq!(changed["id"], made["id"]);
    assert_eq!(changed["taxId"], Json::Null);
    let before = app.books().await;
    let wrong = json!({ "name": "", "countryCode": "XX", "baseCurrency": "XXX" });
    assert_eq!(
        admin.refused(LEGAL_ENTITY_UPSERT, wrong).await,
        ["REQUIRED input.name", "INVALID input.countryCode", "INVALID input.baseCurrency"]
    );
    let ghost = json!({ "id": "ent_00000000000000000000000000", "name": "x", "countryCode": "DE", "baseCurrency": "EUR" });
    assert_eq!(admin.refused(LEGAL_ENTITY_UPSERT, ghost).await, ["NOT_FOUND input.id"]);
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_channel_is_matched_by_its_code() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let input = json!({ "code": "web", "name": "New name", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": true,
        "legalEntityId": shop.entity, "orderNumberPrefix": "shop-", "locationIds": [shop.store, shop.berlin] });
    let channel = shop.admin.done(CHANNEL_UPSERT, input.clone()).await["channel"].clone();
    assert_eq!(channel["id"], json!(shop.web));
    assert_eq!(channel["orderNumberPrefix"], "SHOP");
    assert_eq!(channel["locations"], json!([{ "code": "store" }, { "code": "berlin" }]));
    assert_eq!(shop.place(shop.order(&[("A", 1)])).await["number"], "SHOP-1000001");
    let before = app.books().await;
    let mut wrong = input;
    wrong["currencyCode"] = json!("USD");
    wrong["legalEntityId"] = json!(shop.web);
    wrong["locationIds"] = json!([shop.berlin, shop.berlin, shop.web]);
    assert_eq!(
        shop.admin.refused(CHANNEL_UPSERT, wrong).await,
        [
            "STATE_CONFLICT input.currencyCode",
            "NOT_FOUND input.legalEntityId",
            "DUPLICATE input.locationIds.1",
            "NOT_FOUND input.locationIds.2",
        ]
    );
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_location_keeps_what_is_left_out() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let mut input = json!({
        "code": "ber", "name": "Berlin", "kind": "STORE", "timeZone": "Europe/Berlin", "latitude": 52.5, "longitude": 13.4,
        "address": { "line1": "Street 1", "city": "Berlin", "countryCode": "DE" },
        "calendar": { "workingDays": ["SATURDAY", "MONDAY"], "opensAt": "09:30", "cutoffAt": "12:00", "closesAt": "18:00",
                      "holidays": ["2026-12-25"] },
    });
    let made = admin.done(LOCATION_UPSERT, input.clone()).await["location"].clone();
    assert_eq!(made["calendar"]["workingDays"], json!(["MONDAY", "SATURDAY"]));
    assert_eq!(made["offersPickup"], true);
    for name in ["calendar", "latitude", "longitude"] {
        input.as_object_mut().unwrap().remove(name);
    }
    input["active"] = json!(false);
    let changed = admin.done(LOCATION_UPSERT, input.clone()).await["location"].clone();
    assert_eq!(changed["id"], made["id"]);
    assert_eq!(changed["calendar"], made["calendar"]);
    assert_eq!(
        (changed["latitude"].as_f64(), changed["active"].as_bool()),
        (Some(52.5), Some(false))
    );
    let before = app.books().await;
    input["timeZone"] = json!("Mars/Base");
    input["latitude"] = json!(91.0);
    input["calendar"] =
        json!({ "workingDays": [], "opensAt": "9h", "cutoffAt": "12:00", "closesAt": "18:00" });
    assert_eq!(
        admin.refused(LOCATION_UPSERT, input).await,
        [
            "INVALID input.timeZone",
            "REQUIRED input.calendar.workingDays",
            "INVALID input.calendar.opensAt",
            "INVALID input.latitude",
            "REQUIRED input.longitude",
        ]
    );
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_supplier_is_made_with_its_terms() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let term = |sku: &str, cost: &str| json!({ "sku": sku, "unitCost": cost, "leadTimeDays": 14, "packSize": 6 });
    let input = json!({ "name": "Maker", "currencyCode": "USD", "email": "orders@maker.example",
        "terms": [term("B", "3.10"), term("A", "2.05")] });
    let made = shop.admin.done(SUPPLIER_UPSERT, input).await["supplier"].clone();
    assert_eq!(made["paymentTermsDays"], 30);
    let skus: Vec<&str> = made["terms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|term| term["variant"]["sku"].as_str().unwrap())
        .collect();
    assert_eq!(skus, ["A", "B"]);
    assert_eq!(made["terms"][0]["unitCost"], json!({ "amount": "2.05", "currencyCode": "USD" }));
    let renamed = json!({ "id": made["id"], "name": "Maker Inc", "currencyCode": "USD" });
    let changed = shop.admin.done(SUPPLIER_UPSERT, renamed).await["supplier"].clone();
    assert_eq!(changed["terms"].as_array().unwrap().len(), 2);
    let listed = shop.admin.payload("{ suppliers { totalCount nodes { name } } }", json!({})).await;
    assert_eq!(listed, json!({ "totalCount": 1, "nodes": [{ "name": "Maker Inc" }] }));
    let before = app.books().await;
    let wrong = json!({ "name": "x", "currencyCode": "USD", "terms": [term("NOPE", "1"), term("A", "1"), term("A", "1")] });
    assert_eq!(
        shop.admin.refused(SUPPLIER_UPSERT, wrong).await,
        ["NOT_FOUND input.terms.0.sku", "DUPLICATE input.terms.2.sku"]
    );
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn channels_locations_and_nodes_are_found() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let query = "query($id: ID!, $ids: [ID!]!) {
        channels { code } locations { code }
        channel(by: { code: \"web\" }) { id } byId: channel(by: { id: $id }) { code }
        location(by: { code: \"berlin\" }) { id } nothing: location(by: { code: \"nope\" }) { id }
        nodes(ids: $ids) { __typename id } }";
    let ids =
        json!([shop.berlin, "nonsense", shop.web, "ord_00000000000000000000000000", shop.entity]);
    let data = shop.admin.ok(query, json!({ "id": shop.market, "ids": ids })).await;
    assert_eq!(data["channels"], json!([{ "code": "market" }, { "code": "web" }]));
    assert_eq!(
        data["locations"],
        json!([{ "code": "berlin" }, { "code": "hamburg" }, { "code": "store" }])
    );
    assert_eq!(data["channel"]["id"], json!(shop.web));
    assert_eq!(data["byId"]["code"], "market");
    assert_eq!(data["nothing"], Json::Null);
    assert_eq!(
        data["nodes"],
        json!([
            { "__typename": "Location", "id": shop.berlin }, null,
            { "__typename": "Channel", "id": shop.web }, null,
            { "__typename": "LegalEntity", "id": shop.entity },
        ])
    );
}
