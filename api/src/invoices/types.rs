//! Invoices and credit notes as the schema shows them.

use crate::catalog::types::LegalEntity;
use crate::context::{Ask, present};
use crate::downloads::Downloads;
use crate::errors::{Failure, OrNull};
use crate::fulfillment::types::Fulfillment;
use crate::ids::{Kind, encode, id};
use crate::ledger::types::TaxSummaryRow;
use crate::orders::types::Order;
use crate::scalars::{Address, DateTime, Decimal, Money};
use async_graphql::{Context, Enum, ID, Object};
use entities::{enums, invoice, invoice_line};
use operations::invoices::read::summary;
use operations::permissions::Permission;
use std::sync::Arc;

/// Which way a document goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::InvoiceKind")]
pub(crate) enum InvoiceKind {
    /// The customer owes.
    Invoice,
    /// What was invoiced is taken back, wholly or in part.
    CreditNote,
}

#[derive(Clone)]
pub(crate) struct Invoice(pub(crate) Arc<invoice::Model>);

impl Invoice {
    fn money(&self, minor: i64) -> Money {
        Money::of(minor, &self.0.currency)
    }

    /// Where it can be fetched; noted as a view of whom it names.
    fn address(&self, ctx: &Context<'_>, kind: &str) -> Option<String> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::CustomersPii).or_null(ctx)?;
        let whom = self.0.customer_id.map_or(("ord", self.0.order_id), |id| ("cus", id));
        ctx.scope().note_view(whom);
        let path = format!("/downloads/invoices/{}.{kind}", encode(Kind::Invoice, self.0.id));
        let now = ctx.store().clock().now();
        Some(ctx.data_unchecked::<Downloads>().address(&path, now))
    }
}

/// Issued at shipment, never changed; amounts are positive, a credit note's too; numbers are gapless per legal entity,
/// series and year. A credit note carries `corrects`. Needs `PAYMENTS_READ`, and reach over the order.
#[Object]
impl Invoice {
    /// Its id, `inv_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Invoice, self.0.id)
    }

    /// Its number, such as `INV-2026-000001` or `CN-2026-000001`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Which of the two.
    async fn kind(&self) -> InvoiceKind {
        self.0.kind.into()
    }

    /// The order. Needs `ORDERS_READ`.
    async fn order(&self, ctx: &Context<'_>) -> Option<Order> {
        Order::load(ctx, self.0.order_id).await.or_null(ctx)?
    }

    /// The number of the order.
    async fn order_number(&self) -> &str {
        &self.0.order_number
    }

    /// What left with it; null for a correction, and for what needs no way. Needs `FULFILLMENT_READ`.
    async fn fulfillment(&self, ctx: &Context<'_>) -> Option<Fulfillment> {
        let found = ctx.loaders().fulfillment(self.0.fulfillment_id?).await.or_null(ctx)?;
        found.map(Fulfillment)
    }

    /// Who issued it.
    async fn legal_entity(&self, ctx: &Context<'_>) -> Result<LegalEntity, Failure> {
        Ok(LegalEntity(present(ctx.loaders().legal_entity(self.0.legal_entity_id).await?)?))
    }

    /// When it was issued; in the order of its number.
    async fn issued_at(&self) -> DateTime {
        DateTime(self.0.issued_at)
    }

    /// Until when it is to be paid, of an order on terms.
    async fn due_at(&self) -> Option<DateTime> {
        self.0.due_at.map(DateTime)
    }

    /// To whom it was made out, as issued; kept for the legal term. Needs `CUSTOMERS_PII`.
    async fn bill_to(&self, ctx: &Context<'_>) -> Option<Address> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::CustomersPii).or_null(ctx)?;
        let party = ctx.loaders().invoice_party(self.0.id).await.or_null(ctx)??;
        Some(Address::of(&party.bill_to, true))
    }

    /// The tax number of the seller, as issued.
    async fn seller_tax_id(&self) -> Option<&str> {
        self.0.seller.get("taxId")?.as_str()
    }

    /// The tax number of the buyer, as issued. Needs `CUSTOMERS_PII`.
    async fn buyer_tax_id(&self, ctx: &Context<'_>) -> Option<&str> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::CustomersPii).or_null(ctx)?;
        self.0.buyer_tax_id.as_deref()
    }

    /// The document as PDF/A: an address that holds five minutes and needs no token; where the service does not know its own
    /// (`AFTERCART_PUBLIC_URL`), a path to resolve against that of the API. Needs `CUSTOMERS_PII`, since it shows who bought.
    async fn pdf_url(&self, ctx: &Context<'_>) -> Option<String> {
        self.address(ctx, "pdf")
    }

    /// The document as UBL 2.1 in the model of EN 16931: an address as `pdfUrl`. Needs `CUSTOMERS_PII`.
    async fn xml_url(&self, ctx: &Context<'_>) -> Option<String> {
        self.address(ctx, "xml")
    }

    /// Its lines, in order.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<InvoiceLine>, Failure> {
        let rows = ctx.loaders().invoice_lines(self.0.id).await?;
        let currency: Arc<str> = self.0.currency.as_str().into();
        Ok(rows.iter().map(|row| InvoiceLine(Arc::clone(row), Arc::clone(&currency))).collect())
    }

    /// The tax by country, rule and rate.
    async fn tax_summary(&self, ctx: &Context<'_>) -> Result<Vec<TaxSummaryRow>, Failure> {
        let rows = ctx.loaders().invoice_lines(self.0.id).await?;
        let rows: Vec<&invoice_line::Model> = rows.iter().map(|row| &**row).collect();
        let row = |row| TaxSummaryRow { row, currency: self.0.currency.clone() };
        Ok(summary(&rows).into_iter().map(row).collect())
    }

    /// Without tax.
    async fn net(&self) -> Money {
        self.money(self.0.net_minor)
    }

    /// The tax.
    async fn tax(&self) -> Money {
        self.money(self.0.tax_minor)
    }

    /// The whole.
    async fn gross(&self) -> Money {
        self.money(self.0.gross_minor)
    }

    /// What of it is neither paid nor taken back.
    async fn outstanding(&self, ctx: &Context<'_>) -> Result<Money, Failure> {
        let due = ctx.loaders().invoice_due(self.0.id).await?;
        Ok(self.money(due.map_or(0, |due| due.open_minor)))
    }

    /// Of a credit note, the invoice that it takes back.
    async fn corrects(&self, ctx: &Context<'_>) -> Option<Invoice> {
        let found = ctx.loaders().invoice(self.0.corrects_id?).await.or_null(ctx)?;
        found.map(Invoice)
    }
}

crate::paging::connection!(InvoiceConnection, InvoiceEdge, Invoice, "invoices and credit notes");

pub(crate) struct InvoiceLine(Arc<invoice_line::Model>, Arc<str>);

/// A line of an invoice or credit note.
#[Object]
impl InvoiceLine {
    /// The SKU; null for what stands beside the lines, such as shipping.
    async fn sku(&self) -> Option<&str> {
        self.0.sku.as_deref()
    }

    /// What it is.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Units.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// The price of one before discounts, with the tax where the channel's prices contain it.
    async fn unit_price(&self) -> Money {
        Money::of(self.0.unit_price_minor, &self.1)
    }

    /// Without tax, after discounts.
    async fn net(&self) -> Money {
        Money::of(self.0.net_minor, &self.1)
    }

    /// As a fraction: 0.19 is 19 %.
    async fn tax_rate(&self) -> Decimal {
        Decimal::rate(self.0.tax_rate_ppm)
    }

    /// The tax.
    async fn tax(&self) -> Money {
        Money::of(self.0.tax_minor, &self.1)
    }
}
