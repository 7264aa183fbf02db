//! Parcels, and what carriers and customs are told of them.

use super::types::Fulfillment;
use crate::context::Ask;
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, id};
use crate::returns::types::Return;
use crate::scalars::{CountryCode, DateTime, Money};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entities::{enums, parcel};
use operations::fulfillment::customs::{Declaration, Declared};
use operations::permissions::Permission;
use std::sync::Arc;

/// Where a carrier says a parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::TrackingStatus")]
pub(crate) enum TrackingStatus {
    /// It has a label.
    LabelCreated,
    /// It is on its way.
    InTransit,
    /// It is with the driver.
    OutForDelivery,
    /// It arrived.
    Delivered,
    /// Something went wrong; it may still arrive.
    Exception,
    /// It comes back.
    ReturnedToSender,
    /// It is lost; it may turn up.
    Lost,
}

#[derive(Clone)]
pub(crate) struct Parcel(pub(crate) Arc<parcel::Model>);

/// A box with a label. One that goes out needs `FULFILLMENT_READ` and reach over the location, one that comes back `FULFILLMENT_READ` or `RETURNS_READ`
/// and reach over its return.
#[Object]
impl Parcel {
    /// Its id, `pcl_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Parcel, self.0.id)
    }

    /// The fulfillment that it is part of; null on the way back.
    async fn fulfillment(&self, ctx: &Context<'_>) -> Option<Fulfillment> {
        let id = self.0.fulfillment_id?;
        ctx.loaders().fulfillment(id).await.or_null(ctx)?.map(Fulfillment)
    }

    /// The return that it brings back; null on the way out. Needs `RETURNS_READ`.
    #[graphql(name = "return")]
    async fn of_return(&self, ctx: &Context<'_>) -> Option<Return> {
        let id = self.0.return_id.filter(|_| ctx.may(Permission::ReturnsRead))?;
        ctx.loaders().return_row(id).await.or_null(ctx)?.map(Return)
    }

    /// Who carries it.
    async fn carrier(&self) -> Option<&str> {
        self.0.carrier.as_deref()
    }

    /// What the carrier calls it.
    async fn tracking_number(&self) -> Option<&str> {
        self.0.tracking_number.as_deref()
    }

    /// Where to follow it.
    async fn tracking_url(&self) -> Option<&str> {
        self.0.tracking_url.as_deref()
    }

    /// How heavy it is.
    async fn weight_grams(&self) -> Option<i32> {
        self.0.weight_grams
    }

    /// What is in it; on the way back what was declared.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<ParcelLine>, Failure> {
        let mut lines: Vec<ParcelLine> = Vec::new();
        let mut add = |sku: &str, quantity: i32| match lines.iter_mut().find(|line| line.sku == sku)
        {
            Some(line) => line.quantity += quantity,
            None => lines.push(ParcelLine { sku: sku.to_owned(), quantity }),
        };
        if let Some(id) = self.0.return_id {
            let rows = ctx.loaders().return_lines_of(id).await?;
            rows.iter().for_each(|row| add(&row.sku, row.quantity));
        } else {
            let rows = ctx.loaders().parcel_lines_of(self.0.id).await?;
            rows.iter().for_each(|row| add(&row.sku, row.quantity));
        }
        Ok(lines)
    }

    /// Where it stands by all that carriers said, by their clocks; null before it has a label.
    async fn status(&self) -> Option<TrackingStatus> {
        self.0.status.map(Into::into)
    }

    /// When it left.
    async fn shipped_at(&self) -> Option<DateTime> {
        self.0.shipped_at.map(DateTime)
    }

    /// When it arrived.
    async fn delivered_at(&self) -> Option<DateTime> {
        self.0.delivered_at.map(DateTime)
    }

    /// Who took it in, in full for whoever may ship it (`FULFILLMENT_WRITE`) or see personal data
    /// (`CUSTOMERS_PII`); null for others.
    async fn received_by(&self, ctx: &Context<'_>) -> Option<&str> {
        let name = self.0.received_by.as_deref()?;
        let full = ctx.may(Permission::FulfillmentWrite) || ctx.may(Permission::CustomersPii);
        if full {
            let work = self.0.fulfillment_id.map(|id| ("ful", id));
            let subject = work.or_else(|| Some(("ret", self.0.return_id?)));
            if let Some(subject) = subject {
                ctx.scope().note_view(subject);
            }
        }
        full.then_some(name)
    }

    /// Filled for exports: what a customs declaration (CN23 or commercial invoice) needs.
    async fn customs(&self) -> Option<CustomsDeclaration> {
        let declaration = serde_json::from_value(self.0.customs.clone()?).ok()?;
        Some(CustomsDeclaration::of(declaration))
    }

    /// What carriers said, in the order of their clocks.
    async fn events(&self, ctx: &Context<'_>) -> Result<Vec<TrackingEvent>, Failure> {
        let rows = ctx.loaders().tracking_of(self.0.id).await?;
        let event = |row: &Arc<entities::tracking_event::Model>| TrackingEvent {
            status: row.status.into(),
            at: DateTime(row.at),
            place: row.place.clone(),
            detail: row.detail.clone(),
        };
        Ok(rows.iter().map(event).collect())
    }
}

/// Units of one SKU in a parcel.
#[derive(SimpleObject)]
pub(crate) struct ParcelLine {
    /// The SKU.
    sku: String,
    /// How many units.
    quantity: i32,
}

/// What a carrier said of a parcel.
#[derive(SimpleObject)]
pub(crate) struct TrackingEvent {
    /// Where it stood.
    status: TrackingStatus,
    /// When, by the carrier's clock.
    at: DateTime,
    /// Where.
    place: Option<String>,
    /// What else was said.
    detail: Option<String>,
}

/// What a customs declaration (CN23 or commercial invoice) needs.
#[derive(SimpleObject)]
pub(crate) struct CustomsDeclaration {
    /// Who pays what on the way, by Incoterms 2020: `DAP`, the receiver clears and pays duties.
    incoterm: String,
    /// What kind of contents, in the words of form CN23.
    contents: String,
    /// What is in it; on the way back what was declared.
    lines: Vec<CustomsLine>,
    /// What it is worth, without tax.
    total: Money,
}

/// One kind of thing in a parcel.
#[derive(SimpleObject)]
pub(crate) struct CustomsLine {
    /// What it is.
    description: String,
    /// Its code in the Harmonized System; null where the catalog lacks it.
    customs_code: Option<String>,
    /// Where it was made; null where the catalog lacks it.
    origin_country: Option<CountryCode>,
    /// How many.
    quantity: i32,
    /// How heavy all of them are; null where the catalog lacks it.
    weight_grams: Option<i32>,
    /// What all of them are worth, without tax.
    value: Money,
}

impl CustomsDeclaration {
    fn of(declaration: Declaration) -> Self {
        let currency = declaration.currency;
        let line = |line: Declared| CustomsLine {
            description: line.description,
            customs_code: line.customs_code,
            origin_country: line.origin_country.map(CountryCode),
            quantity: line.quantity,
            weight_grams: line.weight_grams,
            value: Money::of(line.value_minor, &currency),
        };
        Self {
            incoterm: declaration.incoterm,
            contents: declaration.contents,
            lines: declaration.lines.into_iter().map(line).collect(),
            total: Money::of(declaration.total_minor, &currency),
        }
    }
}
