//! `availability`.

use super::place::OrderLineInput;
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, uuid};
use crate::scalars::{AddressInput, DateTime, int};
use crate::stock::types::StockLevel;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use operations::orders::availability::{self, AskAvailability};
use std::sync::Arc;

/// What somebody would like to order.
#[derive(Debug, InputObject)]
pub(crate) struct AvailabilityInput {
    /// Where.
    channel_id: ID,
    /// 1 to 250 lines, as in an order.
    lines: Vec<OrderLineInput>,
    /// Where it would go.
    destination: Option<AddressInput>,
    /// Where it would be fetched.
    pickup_location_id: Option<ID>,
}

/// What can be sold and by when, before an order exists.
#[derive(SimpleObject)]
pub(crate) struct Availability {
    /// Line by line, in the order of the input.
    lines: Vec<LineAvailability>,
    /// When the last of it would arrive if it were ordered now by an ordinary service: the last instant of a day in the
    /// customer's place, what is still to come among it. Null where some of it is short and has no date.
    deliver_by: Option<DateTime>,
    /// Locations that would send it, beyond the first, those where something is still to come among them.
    split_count: i32,
}

/// What can be sold of one line.
#[derive(SimpleObject)]
pub(crate) struct LineAvailability {
    /// The SKU.
    sku: String,
    /// Units asked for.
    requested: i32,
    /// Units that could be promised now to this line alone, of a bundle whole ones.
    available: i32,
    /// When what is short is to come in, ordered from suppliers or on its way from other locations, and promised to nobody
    /// yet; else when it could come in, bought now from the supplier that is quickest. Null where nothing is short, or
    /// no supplier is known. What is a day overdue is not counted.
    backorderable_from: Option<DateTime>,
    /// The stock behind it, of a bundle that of its components.
    locations: Vec<StockLevel>,
}

pub(super) async fn availability(
    ctx: &Context<'_>,
    input: AvailabilityInput,
) -> Option<Availability> {
    let ask = AskAvailability {
        channel_id: uuid(Kind::Channel, &input.channel_id),
        lines: input.lines.into_iter().map(Into::into).collect(),
        destination: input.destination.map(Into::into),
        pickup_location_id: input.pickup_location_id.map(|id| uuid(Kind::Location, &id)),
    };
    let done = async { availability::availability(&ctx.read(), ctx.actor()?, &ask).await };
    let found = done.await.or_null(ctx)?;
    let lines = found.lines.into_iter().map(|line| LineAvailability {
        sku: line.sku,
        requested: line.requested,
        available: int(line.available),
        backorderable_from: line.backorderable_from.map(DateTime),
        locations: line.levels.into_iter().map(|row| StockLevel(Arc::new(row))).collect(),
    });
    Some(Availability {
        lines: lines.collect(),
        deliver_by: found.deliver_by.map(DateTime),
        split_count: int(i64::try_from(found.split_count).unwrap_or(i64::MAX)),
    })
}
