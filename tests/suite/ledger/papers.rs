//! Documents to print and to read by machine: as issued, behind addresses that end.

use super::documents;
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

const ADDRESSES: &str = "query($o: ID) { invoices(filter: { orderId: $o }, last: 10) { nodes { number pdfUrl xmlUrl } } }";

/// What an address answers: status, type, name and bytes.
async fn fetch(app: &TestApp, path: &str) -> (u16, String, String, Vec<u8>) {
    let url = format!("{}{path}", app.url.trim_end_matches("/graphql"));
    let answer = reqwest::get(url).await.unwrap();
    let status = answer.status().as_u16();
    let header = |name: &str| {
        let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (kind, name) = (header("content-type"), header("content-disposition"));
    (status, kind, name, answer.bytes().await.unwrap().to_vec())
}

fn person(name: &str, company: &str, country: &str) -> Json {
    json!({ "name": name, "company": company, "line1": "ul. Żółwia 7 & <3>", "city": "Łódź", "postalCode": "90-001", "countryCode": country })
}

/// An order with two rates, a discount and shipping, shipped to somebody with letters of their own.
async fn shipped(shop: &Shop, more: Json) -> Json {
    let mut input = shop.order(&[("A", 2), ("D", 3)]);
    input["billingAddress"] = person("Γιώργος Παπαδόπουλος", "Zażółć gęślą jaźń Sp. z o.o.", "PL");
    input["adjustments"] = json!([
        { "kind": "DISCOUNT", "label": "10 %", "amount": "3.50" },
        { "kind": "SHIPPING", "label": "Standard", "amount": "4.95" },
    ]);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "50.00" }]);
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    let order = shop.place(input).await;
    shop.ship(&shop.work(&order, 0).await).await;
    order
}

async fn addresses(shop: &Shop, order: &Json) -> Vec<Json> {
    let found = shop.admin.payload(ADDRESSES, json!({ "o": order["id"] })).await;
    let mut found = found["nodes"].as_array().unwrap().clone();
    found.reverse();
    found
}

/// The texts of an element, wherever it stands.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut found = Vec::new();
    for part in xml.split(&open).skip(1) {
        let Some((_, rest)) = part.split_once('>') else { continue };
        if let Some((text, _)) = rest.split_once(&close) {
            found.push(text.to_owned());
        }
    }
    found
}

#[tokio::test]
async fn a_document_is_printed_the_same_every_time_and_says_what_was_issued() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let entity = json!({ "id": shop.entity, "name": "Shop GmbH", "countryCode": "DE", "baseCurrency": "EUR", "taxId": "DE136695976" });
    shop.admin.done(LEGAL_ENTITY_UPSERT, entity).await;
    let order = shipped(&shop, json!({})).await;
    let found = addresses(&shop, &order).await;
    let (pdf, xml) = (found[0]["pdfUrl"].as_str().unwrap(), found[0]["xmlUrl"].as_str().unwrap());
    let (status, kind, name, bytes) = fetch(&app, pdf).await;
    assert_eq!((status, &*kind), (200, "application/pdf"));
    assert_eq!(name, "attachment; filename=\"INV-2026-000001.pdf\"");
    assert!(bytes.starts_with(b"%PDF-1.7"), "{:?}", &bytes[..8]);
    // What the seller is called now changes nothing that was issued, and the bytes are the same.
    let renamed = json!({ "id": shop.entity, "name": "Other AG", "countryCode": "DE", "baseCurrency": "EUR" });
    shop.admin.done(LEGAL_ENTITY_UPSERT, renamed).await;
    assert_eq!(fetch(&app, pdf).await.3, bytes);
    if let Ok(folder) = std::env::var("TEST_PAPERS") {
        std::fs::write(format!("{folder}/invoice.pdf"), &bytes).unwrap();
    }
    let (status, kind, name, bytes) = fetch(&app, xml).await;
    assert_eq!((status, &*kind), (200, "application/xml; charset=utf-8"));
    assert_eq!(name, "attachment; filename=\"INV-2026-000001.xml\"");
    let text = String::from_utf8(bytes).unwrap();
    if let Ok(folder) = std::env::var("TEST_PAPERS") {
        std::fs::write(format!("{folder}/invoice.xml"), &text).unwrap();
    }
    let issued = &documents(&shop, &order).await[0];
    assert_eq!(texts(&text, "cbc:ID")[0], "INV-2026-000001");
    assert_eq!(texts(&text, "cbc:InvoiceTypeCode"), ["380"]);
    assert_eq!(texts(&text, "cbc:RegistrationName"), ["Shop GmbH", "Zażółć gęślą jaźń Sp. z o.o."]);
    assert_eq!(texts(&text, "cbc:StreetName"), ["ul. Żółwia 7 &amp; &lt;3&gt;"]);
    assert_eq!(texts(&text, "cbc:PayableAmount"), [issued["gross"]["amount"].as_str().unwrap()]);
    let lines = texts(&text, "cbc:LineExtensionAmount");
    assert_eq!(lines[0], issued["net"]["amount"].as_str().unwrap());
    let nets = issued["lines"].as_array().unwrap().iter();
    let nets: Vec<&str> = nets.map(|line| line["net"]["amount"].as_str().unwrap()).collect();
    assert_eq!(lines[1..], nets);
    let summary = issued["taxSummary"].as_array().unwrap();
    assert_eq!(summary.len(), 2);
    let taxes: Vec<&str> = [&issued["tax"], &summary[0]["tax"], &summary[1]["tax"]]
        .map(|tax| tax["amount"].as_str().unwrap())
        .into();
    assert_eq!(texts(&text, "cbc:TaxAmount"), taxes);
}

#[tokio::test]
async fn a_credit_note_names_what_it_corrects_and_exports_say_why_they_bear_no_tax() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let entity = json!({ "id": shop.entity, "name": "Shop GmbH", "countryCode": "DE", "baseCurrency": "EUR", "taxId": "DE136695976" });
    shop.admin.done(LEGAL_ENTITY_UPSERT, entity).await;
    let read = async |order: &Json, index: usize, file: &str| {
        let found = addresses(&shop, order).await;
        let xml = fetch(&app, found[index]["xmlUrl"].as_str().unwrap()).await.3;
        let pdf = fetch(&app, found[index]["pdfUrl"].as_str().unwrap()).await.3;
        assert!(pdf.starts_with(b"%PDF"), "{file}");
        if let Ok(folder) = std::env::var("TEST_PAPERS") {
            std::fs::write(format!("{folder}/{file}.xml"), &xml).unwrap();
            std::fs::write(format!("{folder}/{file}.pdf"), &pdf).unwrap();
        }
        String::from_utf8(xml).unwrap()
    };
    let order = shipped(&shop, json!({})).await;
    let payment = shop
        .admin
        .payload(
            "query($o: ID) { payments(filter: { orderId: $o }) { nodes { id } } }",
            json!({ "o": order["id"] }),
        )
        .await;
    let back =
        json!({ "paymentId": payment["nodes"][0]["id"], "amount": "5.00", "reason": "scratched" });
    shop.admin.done(PAYMENT_REFUND, back).await;
    let note = read(&order, 1, "note").await;
    assert!(note.contains("<CreditNote ") && note.ends_with("</CreditNote>"));
    assert_eq!(texts(&note, "cbc:CreditNoteTypeCode"), ["381"]);
    assert_eq!(texts(&note, "cbc:Note"), ["scratched"]);
    let corrected = texts(&note, "cac:InvoiceDocumentReference");
    assert!(corrected[0].contains("INV-2026-000001"), "{corrected:?}");
    assert_eq!(texts(&note, "cbc:PayableAmount"), ["5.00"]);
    let abroad = json!({ "shippingAddress": person("Ada", "", "CH"), "billingAddress": person("Ada", "", "CH") });
    let order = shipped(&shop, abroad).await;
    let export = read(&order, 0, "export").await;
    assert_eq!(texts(&export, "cbc:TaxExemptionReasonCode"), ["VATEX-EU-G"]);
    let business = json!({ "taxId": "PL5260001246", "shippingAddress": person("Ada", "Firma", "PL"), "paymentTermsDays": 14, "payments": [] });
    let order = shipped(&shop, business).await;
    let supply = read(&order, 0, "supply").await;
    assert_eq!(texts(&supply, "cbc:TaxExemptionReasonCode"), ["VATEX-EU-IC"]);
    assert_eq!(texts(&supply, "cbc:ActualDeliveryDate"), ["2026-03-02"]);
    assert_eq!(texts(&supply, "cbc:DueDate"), ["2026-03-16"]);
    // Many lines take several pages.
    let mut many = shop.order(&[]);
    let name = "A long name of a thing ".repeat(6);
    many["lines"] = (0..80)
        .map(|number| json!({ "sku": "A", "quantity": 1, "unitPrice": format!("{number}.10"), "name": name }))
        .collect();
    many["deliveryMethod"] = json!("DIGITAL");
    many["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "4000.00" }]);
    let order = shop.place(many).await;
    read(&order, 0, "many").await;
    app.verify().await;
}

#[tokio::test]
async fn an_address_holds_five_minutes_for_its_own_file_alone() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shipped(&shop, json!({})).await;
    let other = shipped(&shop, json!({})).await;
    let found = addresses(&shop, &order).await;
    let pdf = found[0]["pdfUrl"].as_str().unwrap();
    assert_eq!(fetch(&app, pdf).await.0, 200);
    let id = |url: &str| url.split(['/', '.']).nth(3).unwrap().to_owned();
    let foreign = addresses(&shop, &other).await[0]["pdfUrl"].as_str().unwrap().to_owned();
    let (bare, query) = pdf.split_once('?').unwrap();
    for wrong in [
        bare.to_owned(),
        pdf.replace(".pdf", ".xml"),
        pdf.replace(&id(pdf), &id(&foreign)),
        format!("{bare}?{}", query.replace("until=", "until=9")),
        format!("{pdf}x"),
        "/downloads/invoices/x.pdf".to_owned(),
    ] {
        assert_eq!(fetch(&app, &wrong).await.0, 403, "{wrong}");
    }
    app.later(Duration::seconds(300)).await;
    assert_eq!(fetch(&app, pdf).await.0, 200);
    app.later(Duration::seconds(1)).await;
    assert_eq!(fetch(&app, pdf).await.0, 403);
    // Who may not see whom it names gets no address.
    let clerk = app.without(operations::permissions::Permission::CustomersPii).await;
    let (_, answer) = clerk.send(ADDRESSES, json!({ "o": order["id"] })).await;
    let nodes = &answer["data"]["invoices"]["nodes"];
    assert_eq!((&nodes[0]["pdfUrl"], &nodes[0]["xmlUrl"]), (&Json::Null, &Json::Null));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    // An address of its own where it knows it.
    let url = "https://api.shop.example/".parse().unwrap();
    let app = TestApp::with_options(|options| options.public_url = Some(url)).await;
    let shop = Shop::open(&app).await;
    let order = shipped(&shop, json!({})).await;
    let pdf = addresses(&shop, &order).await[0]["pdfUrl"].as_str().unwrap().to_owned();
    assert!(pdf.starts_with("https://api.shop.example/downloads/invoices/inv_"), "{pdf}");
}
