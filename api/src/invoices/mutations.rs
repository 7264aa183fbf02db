//! What is done with invoices.

use super::types::Invoice;
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::scalars::{Date, Decimal};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::invoices::pay::{PayInvoice, invoice_payment_record};

/// What came to the bank for an invoice.
#[derive(Debug, InputObject)]
pub(crate) struct InvoicePaymentRecordInput {
    /// The invoice.
    invoice_id: ID,
    /// How much: above 0, at most what is outstanding.
    amount: Decimal,
    /// The day on which the bank booked it, not in the future.
    booked_at: Date,
    /// What the bank calls it, up to 200 characters.
    reference: Option<String>,
}

/// What came of a payment for an invoice.
#[derive(SimpleObject)]
pub(crate) struct InvoicePayload {
    /// The invoice; null when refused.
    invoice: Option<Invoice>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct InvoiceMutation;

#[Object]
impl InvoiceMutation {
    /// Record what came to the bank for an invoice, wholly or in part. The order has a payment more, by `bank_transfer`. Needs
    /// `PAYMENTS_WRITE`.
    async fn invoice_payment_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came.")] input: InvoicePaymentRecordInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<InvoicePayload> {
        let command = PayInvoice {
            invoice_id: uuid(Kind::Invoice, &input.invoice_id),
            amount: input.amount.0,
            booked_at: input.booked_at.0,
            reference: input.reference,
        };
        let done = async {
            invoice_payment_record(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (id, user_errors) = answer(ctx, done.await)?;
        let invoice = match id {
            Some(id) => ctx.loaders().invoice(id).await.or_null(ctx)?.map(Invoice),
            None => None,
        };
        Some(InvoicePayload { invoice, user_errors })
    }
}
