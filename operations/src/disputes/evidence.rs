//! What speaks against a dispute, put together from what is known: the order, who placed it from where, what left, and
//! who received it.

use crate::checks::Address;
use crate::error::{Error, Result};
use crate::fulfillment::read as work;
use crate::invoices::read as invoices;
use crate::money::Currency;
use crate::orders::read as orders;
use crate::payments::read as payments;
use crate::store::Db;
use entities::dispute;
use sea_orm::ActiveEnum;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Everything that is known about the sale.
pub(super) async fn assemble(db: &Db, dispute: &dispute::Model) -> Result<Json> {
    let order = orders::plain(db, dispute.order_id).await?;
    let order = order.ok_or_else(|| Error::Internal("a dispute without an order".into()))?;
    let money =
        |minor: i64| Currency::from_code(&order.currency).map(|currency| currency.decimal(minor));
    let at = crate::sql::fixed_width;
    let lines: Vec<Json> = orders::lines_of(db, &[order.id])
        .await?
        .iter()
        .map(|line| {
            json!({ "sku": line.sku, "name": line.name, "quantity": line.quantity,
                    "shipped": line.quantity_fulfilled, "total": money(line.total_minor) })
        })
        .collect();
    let sent = work::of_orders(db, &[order.id]).await?;
    let ids: Vec<Uuid> = sent.iter().map(|(_, row)| row.id).collect();
    let parcels = work::parcels_of(db, &ids).await?;
    let parcel_ids: Vec<Uuid> = parcels.iter().map(|row| row.id).collect();
    let tracking = work::tracking_of(db, &parcel_ids).await?;
    let parcels: Vec<Json> = parcels
        .iter()
        .map(|parcel| {
            let said = tracking.iter().filter(|event| event.parcel_id == parcel.id);
            let said: Vec<Json> = said
                .map(|event| {
                    json!({ "status": event.status.to_value(), "at": at(event.at), "place": event.place })
                })
                .collect();
            json!({
                "carrier": parcel.carrier,
                "trackingNumber": parcel.tracking_number,
                "shippedAt": parcel.shipped_at.map(at),
                "deliveredAt": parcel.delivered_at.map(at),
                "signedBy": parcel.received_by,
                "events": said,
            })
        })
        .collect();
    let payment = payments::by_ids(db, &[dispute.payment_id]).await?.pop();
    let payment = payment.ok_or_else(|| Error::Internal("a dispute without a payment".into()))?;
    let documents: Vec<String> =
        invoices::of_orders(db, &[order.id]).await?.into_iter().map(|one| one.number).collect();
    Ok(json!({
        "order": {
            "number": order.number,
            "placedAt": at(order.placed_at),
            "total": money(order.grand_total_minor),
            "currency": order.currency,
            "lines": lines,
            "email": order.email,
            "phone": order.phone,
            "billingAddress": order.billing_address.as_ref().map(address),
            "shippingAddress": order.shipping_address.as_ref().map(address),
            "ipAddress": order.client_ip,
            "userAgent": order.user_agent,
        },
        "payment": {
            "provider": payment.provider,
            "reference": payment.provider_reference,
            "method": payment.method,
            "card": payment.card,
            "captured": money(payment.captured_minor),
            "refunded": money(payment.refunded_minor),
        },
        "parcels": parcels,
        "documents": documents,
    }))
}

/// An address under the names of the API.
fn address(kept: &Json) -> Json {
    let Address { name, company, line1, line2, city, region, postal_code, country_code, .. } =
        Address::from_json(kept);
    json!({
        "name": name,
        "company": company,
        "line1": line1,
        "line2": line2,
        "city": city,
        "region": region,
        "postalCode": postal_code,
        "countryCode": country_code,
    })
}
