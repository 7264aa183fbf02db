//! `ordersImport`, and the same input as a line of a file.

use super::place::{OrderAdjustmentInput, OrderLineInput};
use super::types::Order;
use crate::context::Ask;
use crate::customers::types::CustomerInput;
use crate::errors::{OrNull, UserError, answer, user_errors};
use crate::scalars::{AddressInput, CurrencyCode, DateTime, Decimal, int};
use async_graphql::{Context, InputObject, SimpleObject};
use operations::orders::import::{self as operation, ImportOrder, ImportedPayment};
use serde_json::Value as Json;

/// Orders with their history.
#[derive(Debug, InputObject)]
pub(crate) struct OrdersImportInput {
    /// 1 to 250 orders.
    orders: Vec<OrderImportInput>,
}

/// An order that already has a history: the moments that happened are given, the states follow from
/// them. Moments may contradict each other; they are kept as told.
#[derive(Debug, InputObject)]
pub(crate) struct OrderImportInput {
    /// The code of the channel it came from.
    channel_code: String,
    /// What the channel calls it, up to 100 characters; an order is imported once.
    channel_reference: String,
    /// Who ordered: found by email or identity, else made.
    customer: Option<CustomerInput>,
    /// When.
    placed_at: DateTime,
    /// In which currency: the channel's.
    currency_code: CurrencyCode,
    /// What; may be empty. Each line says its price; a SKU that the catalog lacks is kept as it is.
    lines: Vec<OrderLineInput>,
    /// Shipping, discounts and so on.
    adjustments: Option<Vec<OrderAdjustmentInput>>,
    /// Where the goods went.
    shipping_address: Option<AddressInput>,
    /// Where the invoice went.
    billing_address: Option<AddressInput>,
    /// What was paid; up to 100.
    payments: Option<Vec<ImportedPaymentInput>>,
    /// When it was released for delivery.
    approved_at: Option<DateTime>,
    /// When it left.
    shipped_at: Option<DateTime>,
    /// When it arrived.
    delivered_at: Option<DateTime>,
    /// What the customer was told.
    promised_by: Option<DateTime>,
    /// When it was cancelled.
    cancelled_at: Option<DateTime>,
    /// When it came back.
    returned_at: Option<DateTime>,
    /// The code of the location that sent it; a fulfillment is made where it left.
    location_code: Option<String>,
    /// The customer's score, 1 to 5.
    satisfaction: Option<i32>,
    /// Labels.
    tags: Option<Vec<String>>,
    /// Whatever else is known.
    attributes: Option<Json>,
}

/// A payment of an order with its history.
#[derive(Debug, InputObject)]
pub(crate) struct ImportedPaymentInput {
    /// How it was paid.
    method: String,
    /// How much; may be zero.
    amount: Decimal,
    /// What the provider called it.
    reference: Option<String>,
    /// When it was captured; without it the payment stays pending.
    captured_at: Option<DateTime>,
    /// In how many the payer paid their issuer.
    installments: Option<i32>,
}

/// What came of an import.
#[derive(SimpleObject)]
pub(crate) struct OrdersImportPayload {
    /// How many orders came in.
    imported: i32,
    /// In the order of the input; null where a row was refused.
    orders: Vec<Option<Order>>,
    /// Why rows were refused; `field` names the row.
    user_errors: Vec<UserError>,
}

impl From<OrderImportInput> for ImportOrder {
    fn from(input: OrderImportInput) -> Self {
        let at = |moment: Option<DateTime>| moment.map(|at| at.0);
        let payment = |payment: ImportedPaymentInput| ImportedPayment {
            method: payment.method,
            amount: payment.amount.0,
            reference: payment.reference,
            captured_at: at(payment.captured_at),
            installments: payment.installments,
        };
        Self {
            channel_code: input.channel_code,
            channel_reference: input.channel_reference,
            customer: input.customer.map(Into::into),
            placed_at: input.placed_at.0,
            currency: input.currency_code.0,
            lines: input.lines.into_iter().map(Into::into).collect(),
            adjustments: input.adjustments.into_iter().flatten().map(Into::into).collect(),
            shipping_address: input.shipping_address.map(Into::into),
            billing_address: input.billing_address.map(Into::into),
            payments: input.payments.into_iter().flatten().map(payment).collect(),
            approved_at: at(input.approved_at),
            shipped_at: at(input.shipped_at),
            delivered_at: at(input.delivered_at),
            promised_by: at(input.promised_by),
            cancelled_at: at(input.cancelled_at),
            returned_at: at(input.returned_at),
            location_code: input.location_code,
            satisfaction: input.satisfaction,
            tags: input.tags.unwrap_or_default(),
            attributes: input.attributes,
        }
    }
}

/// Reads one line of an import file as the schema reads the same input.
pub(crate) fn read_line(line: &str) -> Result<ImportOrder, String> {
    use async_graphql::InputType;
    let json: Json = serde_json::from_str(line).map_err(|error| format!("is no JSON: {error}"))?;
    let value = async_graphql::Value::from_json(json).map_err(|error| error.to_string())?;
    OrderImportInput::parse(Some(value))
        .map(ImportOrder::from)
        .map_err(|error| error.into_server_error(async_graphql::Pos::default()).message)
}

pub(super) async fn import(
    ctx: &Context<'_>,
    input: OrdersImportInput,
    key: Option<String>,
) -> Option<OrdersImportPayload> {
    let command: Vec<ImportOrder> = input.orders.into_iter().map(Into::into).collect();
    let done = async { operation::import(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    let (imported, mut errors) = answer(ctx, done.await)?;
    let mut payload =
        OrdersImportPayload { imported: 0, orders: Vec::new(), user_errors: Vec::new() };
    if let Some(imported) = imported {
        payload.imported = int(i64::try_from(imported.count()).unwrap_or(i64::MAX));
        errors.extend(user_errors(imported.refusals));
        let loads = imported.orders.iter().map(|id| async move {
            match id {
                Some(id) => Order::changed(ctx, *id).await,
                None => Ok(None),
            }
        });
        payload.orders = futures::future::try_join_all(loads).await.or_null(ctx)?;
    }
    payload.user_errors = errors;
    Some(payload)
}
