//! Invoices and credit notes: numbered without gaps, snapshots, paid on terms.

use super::{balances, documents, entries, held};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn what_is_shipped_on_terms_is_owed_and_overdue() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 2)]);
    input["paymentTermsDays"] = json!(14);
    input["billingAddress"] = json!({ "line1": "Weg 1", "city": "Bonn", "countryCode": "DE" });
    let order = shop.place(input).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let document = &documents(&shop, &order).await[0];
    assert_eq!(document["dueAt"], "2026-03-16T10:00:00Z");
    assert_eq!(document["outstanding"]["amount"], "20.00");
    assert_eq!(document["billTo"]["city"], "Bonn");
    assert_eq!(balances(&shop).await["1150"], "20.00");
    let overdue = "query($o: Boolean) { invoices(filter: { overdue: $o }) { totalCount } }";
    assert_eq!(shop.admin.payload(overdue, json!({ "o": true })).await["totalCount"], 0);
    app.later(time::Duration::days(15)).await;
    assert_eq!(shop.admin.payload(overdue, json!({ "o": true })).await["totalCount"], 1);
    assert_eq!(shop.admin.payload(overdue, json!({ "o": false })).await["totalCount"], 0);
    let without = app.without(operations::permissions::Permission::CustomersPii).await;
    let query = "{ invoices { nodes { number billTo { city } } } }";
    let answer = without.answer(query, json!({})).await;
    assert_eq!(answer["data"]["invoices"]["nodes"][0]["billTo"], json!(null));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    app.verify().await;
}

#[tokio::test]
async fn what_got_lost_is_taken_back_and_invoiced_when_it_leaves_again() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 2)])).await;
    let sent = shop.ship(&shop.work(&order, 0).await).await;
    let input = json!({ "fulfillmentId": sent["id"], "reason": "the carrier lost it" });
    shop.admin.done(FULFILLMENT_FAIL, input).await;
    let issued = documents(&shop, &order).await;
    assert_eq!(issued[1]["kind"], "CREDIT_NOTE");
    assert_eq!(issued[1]["number"], "CN-2026-000001");
    assert_eq!(issued[1]["corrects"]["number"], "INV-2026-000001");
    assert_eq!(issued[1]["gross"]["amount"], "20.00");
    let now = balances(&shop).await;
    assert_eq!((&*now["1100"], &*now["2000"]), ("20.00", "-20.00"));
    assert!(!now.contains_key("4000") && !now.contains_key("2100"), "{now:?}");
    shop.admin.done(ORDER_RELEASE, json!({ "orderId": order["id"] })).await;
    shop.ship(&shop.work(&order, 1).await).await;
    let issued = documents(&shop, &order).await;
    assert_eq!(issued[2]["number"], "INV-2026-000002");
    let now = balances(&shop).await;
    assert!(!now.contains_key("2000"), "{now:?}");
    assert_eq!(now["4000"], "-16.81");
    app.verify().await;
}

#[tokio::test]
async fn what_needs_no_way_is_invoiced_at_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.paid(&[("D", 3)]);
    input["deliveryMethod"] = json!("DIGITAL");
    let order = shop.place(input).await;
    let issued = documents(&shop, &order).await;
    assert_eq!(issued.len(), 1);
    assert_eq!(issued[0]["fulfillment"], json!(null));
    let line = json!([{ "sku": "D", "description": "Thing D", "quantity": 3, "unitPrice": { "amount": "5.00" },
        "net": { "amount": "14.02" }, "tax": { "amount": "0.98" }, "taxRate": "0.07" }]);
    assert_eq!(issued[0]["lines"], line);
    let now = held(&[("1100", "15.00"), ("2100", "-0.98"), ("4000", "-14.02")]);
    assert_eq!(balances(&shop).await, now);
    assert_eq!(entries(&shop, &order).await.len(), 4);
    app.verify().await;
}

#[tokio::test]
async fn a_history_is_in_no_books() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = json!({ "channelCode": "web", "channelReference": "old-1", "placedAt": "2025-01-01T00:00:00Z", "currencyCode": "EUR",
        "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "10.00", "taxRate": "0.19" }],
        "payments": [{ "method": "card", "amount": "10.00", "capturedAt": "2025-01-01T00:00:00Z" }],
        "shippedAt": "2025-01-02T00:00:00Z", "deliveredAt": "2025-01-03T00:00:00Z" });
    let done = shop.admin.done(ORDERS_IMPORT, json!({ "orders": [order] })).await;
    assert_eq!(done["imported"], 1);
    assert!(balances(&shop).await.is_empty());
    assert!(entries(&shop, &done["orders"][0]).await.is_empty());
    assert!(documents(&shop, &done["orders"][0]).await.is_empty());
    app.verify().await;
}

/// A hundred shipments at once, of which some are undone: the numbers have no gap.
#[tokio::test]
async fn numbers_have_no_gap_whoever_else_issues() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let shipments = if harness::random::full() { 100 } else { 24 };
    let lines = json!([{ "sku": "A", "quantity": shipments }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.berlin, "lines": lines })).await;
    let mut work = Vec::new();
    for _ in 0..shipments {
        let order = shop.place(shop.paid(&[("A", 1)])).await;
        work.push(shop.work(&order, 0).await);
    }
    // Of some the documents are refused after they took their numbers: all of it is undone.
    let undone = shipments * 3 / 10;
    let doomed = if app.store.is_postgres() {
        "create table doomed (order_id uuid);
         create function doom() returns trigger language plpgsql as $$ begin
             if exists (select 1 from doomed d where d.order_id = new.order_id) then raise exception 'doomed'; end if;
             return new; end $$;
         create trigger doom before insert on invoice_lines for each row execute function doom();"
    } else {
        "create table doomed (order_id blob);
         create trigger doom before insert on invoice_lines
         when exists (select 1 from doomed d where d.order_id = new.order_id)
         begin select raise(abort, 'doomed'); end;"
    };
    app.plant(doomed).await;
    let mark = format!("insert into doomed select id from orders order by id limit {undone}");
    app.plant(&mark).await;
    let ship = |work: serde_json::Value| {
        let admin = shop.admin.clone();
        async move {
            admin
                .answer(FULFILLMENT_SHIP, json!({ "input": { "fulfillmentId": work["id"] } }))
                .await
        }
    };
    let answers = futures::future::join_all(work.iter().cloned().map(ship)).await;
    let failed = answers.iter().filter(|answer| !answer["errors"].is_null()).count();
    assert_eq!(failed, undone);
    app.plant("delete from doomed").await;
    futures::future::join_all(work.iter().take(undone).cloned().map(ship)).await;
    let numbers = "select count(*) - max(sequence) from invoices where series = 'INV'";
    assert_eq!(app.number(numbers).await, 0);
    let count = app.number("select count(*) from invoices").await;
    assert_eq!(count, i64::try_from(shipments).unwrap());
    // Dates are in the order of the numbers.
    let behind = "select count(*) from invoices a join invoices b on b.sequence = a.sequence + 1 and b.series = a.series where b.issued_at < a.issued_at";
    assert_eq!(app.number(behind).await, 0);
    app.verify().await;
}

#[tokio::test]
async fn an_invoice_is_paid_at_the_bank_in_parts() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 2)]);
    input["paymentTermsDays"] = json!(14);
    let order = shop.place(input).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let document = documents(&shop, &order).await[0].clone();
    let pay = |amount: &str, day: &str| json!({ "invoiceId": document["id"], "amount": amount, "bookedAt": day, "reference": "b-1" });
    let codes = shop.admin.refused(INVOICE_PAY, pay("20.01", "2026-03-09")).await;
    assert_eq!(codes, ["AMOUNT_EXCEEDED input.amount", "INVALID input.bookedAt"]);
    let done = shop.admin.done(INVOICE_PAY, pay("12.50", "2026-03-02")).await["invoice"].clone();
    assert_eq!(done["outstanding"]["amount"], "7.50");
    assert_eq!(done["order"]["totals"]["outstanding"]["amount"], "7.50");
    assert_eq!(
        done["order"]["payments"],
        json!([{ "provider": "bank_transfer", "captured": { "amount": "12.50" } }])
    );
    let books = balances(&shop).await;
    assert_eq!((&*books["1000"], &*books["1150"]), ("12.50", "7.50"));
    shop.admin.done(INVOICE_PAY, pay("7.50", "2026-03-02")).await;
    assert!(!balances(&shop).await.contains_key("1150"));
    let codes = shop.admin.refused(INVOICE_PAY, pay("0.01", "2026-03-02")).await;
    assert_eq!(codes, ["AMOUNT_EXCEEDED input.amount"]);
    app.verify().await;
}
