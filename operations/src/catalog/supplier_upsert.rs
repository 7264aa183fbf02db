//! `supplierUpsert`: make or change a supplier and its terms.

use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::{supplier, supplier_term};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to make or change.
#[derive(Debug, Clone, Serialize)]
pub struct UpsertSupplier {
    /// The one to change; none makes one.
    pub id: Option<Uuid>,
    /// Its name.
    pub name: String,
    /// Where orders go.
    pub email: Option<String>,
    /// The currency of its prices.
    pub currency: String,
    /// Days until its invoices are due, 30 by default.
    pub payment_terms_days: Option<i32>,
    /// How much more than was ordered is taken, in percent, 10 by default; none leaves it as it is.
    pub over_receipt_percent: Option<i32>,
    /// What placing and receiving one purchase order costs us; none leaves it as it is.
    pub order_cost: Option<Decimal>,
    /// All its terms; none leaves them as they are.
    pub terms: Option<Vec<Term>>,
}

/// On what terms it sells one SKU.
#[derive(Debug, Clone, Serialize)]
pub struct Term {
    /// Our SKU.
    pub sku: String,
    /// What the supplier calls it.
    pub supplier_sku: Option<String>,
    /// Its price.
    pub unit_cost: Decimal,
    /// Days from order to receipt.
    pub lead_time_days: i32,
    /// The least it sells, 1 by default.
    pub minimum_quantity: Option<i32>,
    /// It sells multiples of this, 1 by default.
    pub pack_size: Option<i32>,
}

/// Makes or changes a supplier and answers with its id.
pub async fn supplier_upsert(
    store: &Store,
    call: Call<'_>,
    command: &UpsertSupplier,
) -> Result<Uuid> {
    call.actor.require(Permission::PurchasingWrite)?;
    let mut faults = Faults::default();
    let name = checks::text(&mut faults, "name", &command.name, 200);
    let email = command.email.as_deref().map(|email| checks::email(&mut faults, "email", email));
    let currency = checks::currency(&mut faults, "currencyCode", &command.currency);
    let days = command.payment_terms_days.unwrap_or(30);
    checks::within(&mut faults, "paymentTermsDays", days, 0, 365);
    if let Some(percent) = command.over_receipt_percent {
        checks::within(&mut faults, "overReceiptPercent", percent, 0, 100);
    }
    let order_cost = command
        .order_cost
        .zip(currency)
        .and_then(|(cost, currency)| faults.take("orderCost", currency.minor(cost)));
    if order_cost.is_some_and(|cost| cost < 0) {
        faults.add(RefusalCode::Invalid, "orderCost", "is not negative");
    }
    let mut costs = Vec::new();
    for (index, term) in command.terms.iter().flatten().enumerate() {
        let at = |name: &str| format!("terms.{index}.{name}");
        checks::text(&mut faults, &at("sku"), &term.sku, 100);
        checks::within(&mut faults, &at("leadTimeDays"), term.lead_time_days, 0, 730);
        let minimum = term.minimum_quantity.unwrap_or(1);
        checks::within(&mut faults, &at("minimumQuantity"), minimum, 1, 10_000_000);
        checks::within(&mut faults, &at("packSize"), term.pack_size.unwrap_or(1), 1, 10_000_000);
        let cost = currency
            .and_then(|currency| faults.take(&at("unitCost"), currency.minor(term.unit_cost)));
        if cost.is_some_and(|cost| cost < 0) {
            faults.add(RefusalCode::Invalid, &at("unitCost"), "is not negative");
        }
        costs.push(cost.unwrap_or(0));
    }
    faults.check()?;
    let currency = currency.map_or("", |currency| currency.code());
    let (name, email, costs) = (&name, &email, &costs);
    once(store, call, "supplierUpsert", command, |tx| async move {
        let now = tx.now();
        let mut faults = Faults::default();
        let existing = match command.id {
            Some(id) => {
                let found = sql::suppliers(&tx, &[id]).await?.pop();
                Some(found.ok_or_else(|| Error::refused(checks::not_found("id", "supplier")))?)
            }
            None => None,
        };
        let row = supplier::Model {
            id: existing.as_ref().map_or_else(|| tx.id(), |row| row.id),
            name: name.clone(),
            email: email.clone(),
            currency: currency.to_owned(),
            payment_terms_days: days,
            over_receipt_percent: command
                .over_receipt_percent
                .unwrap_or_else(|| existing.as_ref().map_or(10, |row| row.over_receipt_percent)),
            order_cost_minor: order_cost
                .or_else(|| existing.as_ref().and_then(|row| row.order_cost_minor)),
            created_at: existing.as_ref().map_or(now, |row| row.created_at),
            updated_at: now,
        };
        let terms = command.terms.as_deref().unwrap_or_default();
        let skus: Vec<&str> = terms.iter().map(|term| term.sku.trim()).collect();
        let variants = sql::variants_by_sku(&tx, &skus).await?;
        let mut rows = Vec::new();
        for ((index, term), cost) in terms.iter().enumerate().zip(costs) {
            let field = format!("terms.{index}.sku");
            let Some(variant) = variants.iter().find(|variant| variant.sku == term.sku.trim())
            else {
                faults.push(checks::not_found(&field, "SKU"));
                continue;
            };
            if rows.iter().any(|row: &supplier_term::Model| row.variant_id == variant.id) {
                faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
            }
            rows.push(supplier_term::Model {
                supplier_id: row.id,
                variant_id: variant.id,
                supplier_sku: term.supplier_sku.clone(),
                unit_cost_minor: *cost,
                lead_time_days: term.lead_time_days,
                minimum_quantity: term.minimum_quantity.unwrap_or(1),
                pack_size: term.pack_size.unwrap_or(1),
            });
        }
        faults.check()?;
        if command.terms.is_some() {
            sql::clear_supplier_terms(&tx, row.id).await?;
        }
        let mut batch = Batch::default();
        batch.save(&row);
        batch.add_all(&rows);
        let event = NewEvent::new(events::SUPPLIER_SAVED, ("sup", row.id), json!({}));
        let change = audit::difference(existing.as_ref(), &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}
