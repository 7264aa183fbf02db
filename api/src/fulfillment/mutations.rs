//! The work of locations: each mutation translates its input, calls its operation and wraps the row.

use super::parcels::{Parcel, TrackingStatus};
use super::types::Fulfillment;
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid, uuids};
use crate::scalars::DateTime;
use crate::stock::mutations::SkuQuantityInput;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use operations::fulfillment::accept::OneFulfillment;
use operations::fulfillment::deliver::DeliverFulfillment;
use operations::fulfillment::fail::FailFulfillment;
use operations::fulfillment::pack::{PackFulfillment, PackParcel};
use operations::fulfillment::pick::{PickFulfillment, ShortPick};
use operations::fulfillment::ship::ShipFulfillment;
use operations::fulfillment::start_picking::{StartPicking, start_picking};
use operations::fulfillment::track::{ReportTracking, track};
use operations::permissions::Permission;
use uuid::Uuid;

/// A fulfillment.
#[derive(Debug, InputObject)]
pub(crate) struct FulfillmentIdInput {
    /// The fulfillment.
    fulfillment_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
}

/// What to pick, and who does.
#[derive(Debug, InputObject)]
pub(crate) struct FulfillmentStartPickingInput {
    /// 1 to 200 fulfillments, none twice.
    fulfillment_ids: Vec<ID>,
    /// Who picks; whoever asks, if that is a user.
    assignee_id: Option<ID>,
}

/// What was found on the shelves.
#[derive(Debug, InputObject)]
pub(crate) struct FulfillmentPickInput {
    /// The fulfillment.
    fulfillment_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// Units found, by SKU, in addition to what was reported before.
    picked: Vec<SkuQuantityInput>,
    /// Units found damaged, by SKU: they stay there and are not sold.
    damaged: Option<Vec<SkuQuantityInput>>,
    /// What becomes of all that is missing; without it, it is still to be looked for.
    short_pick: Option<ShortPickAction>,
}

/// What becomes of units that were not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ShortPick")]
pub(crate) enum ShortPickAction {
    /// Another location sends them; what none has waits for stock.
    Reroute,
    /// They wait for stock.
    Backorder,
    /// They are cancelled: money, tax and promise follow.
    Cancel,
}

/// What goes into which parcel.
#[derive(Debug, InputObject)]
pub(crate) struct FulfillmentPackInput {
    /// The fulfillment.
    fulfillment_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// 1 to 100 parcels.
    parcels: Vec<ParcelInput>,
}

/// A parcel.
#[derive(Debug, InputObject)]
pub(crate) struct ParcelInput {
    /// What is in it.
    lines: Vec<SkuQuantityInput>,
    /// How heavy it is, 1 to 10,000,000.
    weight_grams: Option<i32>,
    /// Who carries it.
    carrier: Option<String>,
    /// What the carrier calls it.
    tracking_number: Option<String>,
    /// Where to follow it: an address of the web.
    tracking_url: Option<String>,
}

impl From<ParcelInput> for PackParcel {
    fn from(input: ParcelInput) -> Self {
        Self {
            lines: input.lines.into_iter().map(Into::into).collect(),
            weight_grams: input.weight_grams,
            carrier: input.carrier,
            tracking_number: input.tracking_number,
            tracking_url: input.tracking_url,
        }
    }
}

/// What left.
#[derive(Debug, InputObject)]
pub(crate) struct FulfillmentShipInput {
    /// The fulfillment.
    fulfillment_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// Its parcels, in place of those it was packed into; without it those, or one with everything.
    parcels: Option<Vec<ParcelInput>>,
    /// When; now without it.
    shipped_at: Option<DateTime>,
}

/// What arrived.
#[derive(Debug, InputObject)]
pub(crate) struct FulfillmentDeliverInput {
    /// The fulfillment.
    fulfillment_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// When; now without it.
    delivered_at: Option<DateTime>,
    /// Who took it in, up to 200 characters.
    received_by: Option<String>,
}

/// What could not be done.
#[derive(Debug, InputObject)]
pub(crate) struct FulfillmentFailInput {
    /// The fulfillment.
    fulfillment_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// Why, up to 500 characters.
    reason: String,
}

/// What a carrier says of a parcel.
#[derive(Debug, InputObject)]
pub(crate) struct TrackingReportInput {
    /// Which carrier; without it the newest parcel of that number.
    carrier: Option<String>,
    /// The carrier's number, whatever blanks and dashes it is written with.
    tracking_number: String,
    /// Where it stood.
    status: TrackingStatus,
    /// When, by the carrier's clock.
    at: DateTime,
    /// Where, up to 200 characters.
    place: Option<String>,
    /// What else was said, up to 1,000 characters.
    detail: Option<String>,
}

/// What came of a change of a fulfillment.
#[derive(SimpleObject)]
pub(crate) struct FulfillmentPayload {
    /// The fulfillment; null when refused.
    fulfillment: Option<Fulfillment>,
    /// Why it was refused, every fault at once; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of a change of several.
#[derive(SimpleObject)]
pub(crate) struct FulfillmentsPayload {
    /// In the order of the input; null when refused.
    fulfillments: Option<Vec<Fulfillment>>,
    /// Why it was refused, every fault at once; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of a report.
#[derive(SimpleObject)]
pub(crate) struct ParcelPayload {
    /// The parcel; null when refused.
    parcel: Option<Parcel>,
    /// Why it was refused, every fault at once; empty when it was not.
    user_errors: Vec<UserError>,
}

/// The fulfillment that an operation answered with. Whoever may work but not read gets none.
async fn payload(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<FulfillmentPayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let fulfillment = match id.filter(|_| ctx.may(Permission::FulfillmentRead)) {
        Some(id) => ctx.loaders().fulfillment(id).await.or_null(ctx)?.map(Fulfillment),
        None => None,
    };
    Some(FulfillmentPayload { fulfillment, user_errors })
}

#[derive(Default)]
pub(crate) struct FulfillmentMutation;

#[Object]
impl FulfillmentMutation {
    /// A third-party location takes the work it was offered. Needs `FULFILLMENT_WRITE`.
    async fn fulfillment_accept(
        &self,
        ctx: &Context<'_>,
        input: FulfillmentIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FulfillmentPayload> {
        let command = OneFulfillment {
            fulfillment_id: uuid(Kind::Fulfillment, &input.fulfillment_id),
            expected_version: input.expected_version,
        };
        let done = async {
            operations::fulfillment::accept::accept(
                ctx.store(),
                ctx.call(idempotency_key.as_ref())?,
                &command,
            )
            .await
        };
        payload(ctx, done.await).await
    }

    /// A third-party location refuses the work it was offered; it is routed again, elsewhere. Needs `FULFILLMENT_WRITE`.
    async fn fulfillment_reject(
        &self,
        ctx: &Context<'_>,
        input: FulfillmentFailInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FulfillmentPayload> {
        let command = FailFulfillment {
            fulfillment_id: uuid(Kind::Fulfillment, &input.fulfillment_id),
            expected_version: input.expected_version,
            reason: input.reason,
        };
        let done = async {
            operations::fulfillment::reject::reject(
                ctx.store(),
                ctx.call(idempotency_key.as_ref())?,
                &command,
            )
            .await
        };
        payload(ctx, done.await).await
    }

    /// Somebody goes to the shelves for 1 to 200 open fulfillments: all of them, or none. Needs `FULFILLMENT_WRITE`.
    async fn fulfillment_start_picking(
        &self,
        ctx: &Context<'_>,
        input: FulfillmentStartPickingInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FulfillmentsPayload> {
        let command = StartPicking {
            fulfillment_ids: uuids(Kind::Fulfillment, &input.fulfillment_ids),
            assignee_id: input.assignee_id.map(|id| uuid(Kind::User, &id)),
        };
        let done = async {
            start_picking(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (ids, user_errors) = answer(ctx, done.await)?;
        let mut fulfillments = None;
        if let Some(ids) = ids.filter(|_| ctx.may(Permission::FulfillmentRead)) {
            let loads = ids.iter().map(|id| ctx.loaders().fulfillment(*id));
            let rows = futures::future::try_join_all(loads).await.or_null(ctx)?;
            fulfillments = Some(rows.into_iter().flatten().map(Fulfillment).collect());
        }
        Some(FulfillmentsPayload { fulfillments, user_errors })
    }

    /// Quantities found; what is missing is a short pick: it leaves the stock of the location and is rerouted, backordered or
    /// cancelled as asked. In a consolidated fulfillment the earliest promise is filled first. Needs `FULFILLMENT_WRITE`.
    async fn fulfillment_pick(
        &self,
        ctx: &Context<'_>,
        input: FulfillmentPickInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FulfillmentPayload> {
        let command = PickFulfillment {
            fulfillment_id: uuid(Kind::Fulfillment, &input.fulfillment_id),
            expected_version: input.expected_version,
            picked: input.picked.into_iter().map(Into::into).collect(),
            damaged: input.damaged.into_iter().flatten().map(Into::into).collect(),
            short_pick: input.short_pick.map(Into::into),
        };
        let done = async {
            operations::fulfillment::pick::pick(
                ctx.store(),
                ctx.call(idempotency_key.as_ref())?,
                &command,
            )
            .await
        };
        payload(ctx, done.await).await
    }

    /// Put all that was fetched into parcels: neither more nor less. Needs `FULFILLMENT_WRITE`.
    async fn fulfillment_pack(
        &self,
        ctx: &Context<'_>,
        input: FulfillmentPackInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FulfillmentPayload> {
        let command = PackFulfillment {
            fulfillment_id: uuid(Kind::Fulfillment, &input.fulfillment_id),
            expected_version: input.expected_version,
            parcels: input.parcels.into_iter().map(Into::into).collect(),
        };
        let done = async {
            operations::fulfillment::pack::pack(
                ctx.store(),
                ctx.call(idempotency_key.as_ref())?,
                &command,
            )
            .await
        };
        payload(ctx, done.await).await
    }

    /// Leaves the building: stock goes down, and payment is captured for what left. Needs `FULFILLMENT_WRITE`.
    async fn fulfillment_ship(
        &self,
        ctx: &Context<'_>,
        input: FulfillmentShipInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FulfillmentPayload> {
        let command = ShipFulfillment {
            fulfillment_id: uuid(Kind::Fulfillment, &input.fulfillment_id),
            expected_version: input.expected_version,
            parcels: input.parcels.map(|list| list.into_iter().map(Into::into).collect()),
            shipped_at: input.shipped_at.map(|at| at.0),
        };
        let done = async {
            operations::fulfillment::ship::ship(
                ctx.store(),
                ctx.call(idempotency_key.as_ref())?,
                &command,
            )
            .await
        };
        payload(ctx, done.await).await
    }

    /// It waits for the customer; for orders that are fetched. Needs `FULFILLMENT_WRITE`.
    async fn fulfillment_ready_for_pickup(
        &self,
        ctx: &Context<'_>,
        input: FulfillmentIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FulfillmentPayload> {
        let command = OneFulfillment {
            fulfillment_id: uuid(Kind::Fulfillment, &input.fulfillment_id),
            expected_version: input.expected_version,
        };
        let done = async {
            operations::fulfillment::ready_for_pickup::ready_for_pickup(
                ctx.store(),
                ctx.call(idempotency_key.as_ref())?,
                &command,
            )
            .await
        };
        payload(ctx, done.await).await
    }

    /// It is with the customer. What was fetched leaves the stock now, and payment is captured for it. Needs
    /// `FULFILLMENT_WRITE`.
    async fn fulfillment_deliver(
        &self,
        ctx: &Context<'_>,
        input: FulfillmentDeliverInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FulfillmentPayload> {
        let command = DeliverFulfillment {
            fulfillment_id: uuid(Kind::Fulfillment, &input.fulfillment_id),
            expected_version: input.expected_version,
            delivered_at: input.delivered_at.map(|at| at.0),
            received_by: input.received_by,
        };
        let done = async {
            operations::fulfillment::deliver::deliver(
                ctx.store(),
                ctx.call(idempotency_key.as_ref())?,
                &command,
            )
            .await
        };
        payload(ctx, done.await).await
    }

    /// It cannot be done, or got lost on its way. What the location was asked not to send is cancelled, the rest is routed
    /// again; what had left waits on a hold until somebody sends it again or cancels it. Needs `FULFILLMENT_WRITE`.
    async fn fulfillment_fail(
        &self,
        ctx: &Context<'_>,
        input: FulfillmentFailInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<FulfillmentPayload> {
        let command = FailFulfillment {
            fulfillment_id: uuid(Kind::Fulfillment, &input.fulfillment_id),
            expected_version: input.expected_version,
            reason: input.reason,
        };
        let done = async {
            operations::fulfillment::fail::fail(
                ctx.store(),
                ctx.call(idempotency_key.as_ref())?,
                &command,
            )
            .await
        };
        payload(ctx, done.await).await
    }

    /// A carrier's event for a parcel on its way out or back; late and repeated ones change nothing twice. When every parcel
    /// of a fulfillment arrived, it is delivered. Needs `FULFILLMENT_WRITE`.
    async fn tracking_report(
        &self,
        ctx: &Context<'_>,
        input: TrackingReportInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ParcelPayload> {
        let command = ReportTracking {
            carrier: input.carrier,
            tracking_number: input.tracking_number,
            status: input.status.into(),
            at: input.at.0,
            place: input.place,
            detail: input.detail,
        };
        let done =
            async { track(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        let (id, user_errors) = answer(ctx, done.await)?;
        let parcel = match id.filter(|_| ctx.may(Permission::FulfillmentRead)) {
            Some(id) => ctx.loaders().parcel(id).await.or_null(ctx)?.map(Parcel),
            None => None,
        };
        Some(ParcelPayload { parcel, user_errors })
    }
}
