//! Each kind of damage is planted and found.

use harness::{Shop, TestApp};
use operations::Actor;
use operations::integrity::verify;
use serde_json::json;

async fn shop_with_orders(app: &TestApp) -> Shop {
    let shop = Shop::open(app).await;
    let mut input = shop.order(&[("A", 2), ("SET", 1)]);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "captured": "55.00" }]);
    input["adjustments"] = json!([{ "kind": "SHIPPING", "label": "s", "amount": "4.90" }]);
    shop.place(input).await;
    shop.place(shop.order(&[("B", 1)])).await;
    shop
}

async fn finds(damage: &str, check: &str) {
    let app = TestApp::start().await;
    let shop = shop_with_orders(&app).await;
    app.verify().await;
    app.plant(damage).await;
    let report = verify(&app.store, &Actor::system()).await.unwrap();
    let found: Vec<&str> =
        report.checks.iter().filter(|check| check.violations > 0).map(|check| check.name).collect();
    assert!(found.contains(&check), "{damage}: found {found:?}");
    let off = report.checks.iter().find(|one| one.name == check).unwrap();
    assert!(!off.examples.is_empty() && off.rows_checked > 0);
    let shown = shop
        .admin
        .payload(
            "{ integrityReport { ok checks { name violations examples rowsChecked } } }",
            json!({}),
        )
        .await;
    assert_eq!(shown["ok"], false);
}

#[tokio::test]
async fn a_level_that_is_not_its_movements() {
    finds("update stock_levels set on_hand = on_hand + 1", "stock sums").await;
    finds("update stock_levels set damaged = damaged + 1", "stock sums").await;
    finds("update stock_levels set value_minor = value_minor + 1", "stock sums").await;
}

#[tokio::test]
async fn goods_to_come_that_no_document_names() {
    finds("update stock_levels set incoming = 1", "stock to come against its documents").await;
    finds("update stock_levels set in_transit = 1", "stock to come against its documents").await;
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A"]).await;
    shop.ordered(&supplier, &shop.berlin, &[("A", 10)]).await;
    app.verify().await;
    app.plant("update purchase_order_lines set received = 1").await;
    let report = verify(&app.store, &Actor::system()).await.unwrap();
    let off: Vec<&str> =
        report.checks.iter().filter(|check| check.violations > 0).map(|check| check.name).collect();
    assert_eq!(off, ["stock to come against its documents"]);
}

#[tokio::test]
async fn a_promise_that_nobody_holds() {
    finds(
        "update fulfillment_lines set quantity = quantity + 1",
        "reservations against open lines",
    )
    .await;
    finds("update fulfillments set state = 'CANCELLED'", "reservations against open lines").await;
}

#[tokio::test]
async fn a_total_that_its_lines_do_not_make() {
    finds("update orders set grand_total_minor = grand_total_minor + 1", "totals against lines")
        .await;
    finds("update order_lines set total_minor = total_minor - 1", "totals against lines").await;
    finds("update order_adjustments set amount_minor = amount_minor + 1", "totals against lines")
        .await;
    finds("update orders set shipping_minor = shipping_minor + 1", "totals against lines").await;
}

#[tokio::test]
async fn a_line_whose_units_are_not_accounted_for() {
    finds(
        "update order_lines set quantity_reserved = quantity_reserved - 1",
        "quantities of lines",
    )
    .await;
}

#[tokio::test]
async fn a_state_that_the_facts_do_not_bear() {
    finds("update orders set state = 'COMPLETED'", "states against facts").await;
    finds("update orders set payment_state = 'REFUNDED'", "states against facts").await;
    finds("update orders set fulfillment_state = 'DELIVERED'", "states against facts").await;
    finds("update orders set return_state = 'RETURNED'", "states against facts").await;
}

#[tokio::test]
async fn money_that_no_payment_captured() {
    finds(
        "update payment_transactions set amount_minor = amount_minor + 1 where kind = 'CAPTURE'",
        "paid against payments",
    )
    .await;
    finds("update orders set paid_minor = paid_minor + 1", "paid against payments").await;
}

/// An order of which something left, with everything that the books tell of it.
async fn shipped(app: &TestApp) {
    let shop = shop_with_orders(app).await;
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    shop.ship(&shop.work(&order, 0).await).await;
    app.verify().await;
}

#[tokio::test]
async fn books_that_say_something_else() {
    for (damage, check) in [
        (
            "update postings set amount_minor = amount_minor + 1 where account = 2100",
            "ledger balance",
        ),
        ("update postings set base_minor = base_minor + 1 where account = 2100", "ledger balance"),
        ("update orders set deposit_minor = deposit_minor + 1", "orders against postings"),
        ("update orders set refund_due_base_minor = 1", "orders against postings"),
        ("update payments set refunded_minor = 1", "payments against postings"),
        ("update payments set voided_minor = voided_minor + 1", "payments against postings"),
        ("update invoice_series set last = last + 1", "numbers of invoices"),
        ("update invoices set sequence = sequence + 7", "numbers of invoices"),
        ("update invoice_lines set net_minor = net_minor + 1", "invoices against their lines"),
        ("update invoices set net_minor = net_minor + 1", "invoices against their lines"),
        ("update orders set invoiced_minor = invoiced_minor + 1", "invoices against what left"),
        ("update orders set receivable_minor = 5", "invoices against their lines"),
        ("update journal_entries set description = 'x'", "journal chain"),
        ("update postings set subledger = '{}'", "journal chain"),
        ("delete from journal_entries where template = 'cost'", "journal chain"),
    ] {
        let app = TestApp::start().await;
        shipped(&app).await;
        for table in ["journal_entries", "postings", "invoices", "invoice_lines"] {
            let on = if app.store.is_postgres() { format!(" on {table}") } else { String::new() };
            for operation in ["update", "delete"] {
                app.plant(&format!("drop trigger {table}_no_{operation}{on}")).await;
            }
        }
        app.plant(damage).await;
        let report = verify(&app.store, &Actor::system()).await.unwrap();
        let off = report.checks.iter().filter(|check| check.violations > 0);
        let off: Vec<&str> = off.map(|check| check.name).collect();
        assert!(off.contains(&check), "{damage}: found {off:?}");
    }
}

#[tokio::test]
async fn cards_and_credit_that_say_something_else() {
    for (damage, check) in [
        ("update credits set balance_minor = 3100", "gift cards and credit against their entries"),
        ("update credits set balance_minor = 3100", "gift cards and credit against postings"),
        ("update credits set reserved_minor = 9", "gift cards and credit against their entries"),
        ("delete from credit_entries", "gift cards and credit against their entries"),
        ("update payments set credit_id = null", "gift cards and credit against their entries"),
        ("delete from credits", "gift cards and credit against postings"),
        ("delete from credits", "parts without their whole"),
    ] {
        let app = TestApp::start().await;
        let shop = Shop::open(&app).await;
        let euro = json!({ "amount": "30.00", "currencyCode": "EUR" });
        let card = json!({ "amount": euro, "legalEntityId": shop.entity });
        let card = shop.admin.done(harness::shop::GIFT_CARD_ISSUE, card).await;
        let mut order = shop.order(&[("A", 1)]);
        order["giftCards"] = json!([{ "code": card["code"] }]);
        shop.place(order).await;
        app.verify().await;
        let on = if app.store.is_postgres() { " on credit_entries" } else { "" };
        app.plant(&format!("drop trigger credit_entries_no_delete{on}")).await;
        app.plant(damage).await;
        let report = verify(&app.store, &Actor::system()).await.unwrap();
        let off = report.checks.iter().filter(|check| check.violations > 0);
        let off: Vec<&str> = off.map(|check| check.name).collect();
        assert!(off.contains(&check), "{damage}: found {off:?}");
    }
}

#[tokio::test]
async fn a_part_that_has_lost_its_whole() {
    finds("delete from payments", "parts without their whole").await;
    finds("delete from fulfillment_orders; delete from fulfillments", "parts without their whole")
        .await;
}

#[tokio::test]
async fn a_deadline_that_nobody_keeps() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let hold = json!({ "channelId": shop.web, "expiresInSeconds": 60, "lines": [{ "sku": "A", "quantity": 1 }] });
    shop.admin.done(harness::shop::STOCK_RESERVE, hold).await;
    app.clock.advance(time::Duration::hours(2));
    let report = verify(&app.store, &Actor::system()).await.unwrap();
    assert!(!report.ok());
    app.later(time::Duration::ZERO).await;
    app.verify().await;
}

/// Past the trigger that refuses it, as someone with the database in hand could.
const UNGUARDED: [&str; 2] =
    ["drop trigger audit_entries_no_update", "drop trigger audit_entries_no_delete"];

#[tokio::test]
async fn an_audit_entry_that_was_changed_slipped_in_or_taken_out() {
    for damage in [
        "update audit_entries set outcome = 'OTHER' where operation = 'orderPlace'",
        "update audit_entries set change = '{}' where operation = 'orderPlace'",
        "update audit_entries set hash = 'x' where operation = 'orderPlace'",
        "delete from audit_entries where operation = 'orderPlace'",
        "update audit_seals set entries = entries + 1 where number = 1",
        "update audit_seals set number = number + 10 where number = 2",
    ] {
        let app = TestApp::start().await;
        let shop = shop_with_orders(&app).await;
        app.verify().await;
        shop.place(shop.order(&[("B", 1)])).await;
        app.verify().await;
        for guard in UNGUARDED.into_iter().chain(["drop trigger audit_seals_no_update"]) {
            let table = if guard.contains("seals") { "audit_seals" } else { "audit_entries" };
            let on = if app.store.is_postgres() { format!(" on {table}") } else { String::new() };
            app.plant(&format!("{guard}{on}")).await;
        }
        app.plant(damage).await;
        let report = verify(&app.store, &Actor::system()).await.unwrap();
        let check = report.checks.iter().find(|check| check.name == "audit chain").unwrap();
        assert!(check.violations > 0, "{damage}");
    }
}

#[tokio::test]
async fn an_audit_entry_that_nobody_seals() {
    let app = TestApp::start().await;
    shop_with_orders(&app).await;
    app.clock.advance(time::Duration::hours(2));
    let report = verify(&app.store, &Actor::system()).await.unwrap();
    let check = report.checks.iter().find(|check| check.name == "audit chain").unwrap();
    assert!(check.violations > 0 && check.examples[0].contains("not sealed"), "{check:?}");
    app.verify().await;
}
