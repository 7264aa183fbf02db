//! Counts in the schema.

use super::mutations::SkuQuantityInput;
use super::types::StockLevel;
use crate::catalog::types::{Location, Variant};
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull, UserError, answer};
use crate::ids::{Kind, id, uuid, uuids};
use crate::paging::{connection, counted, page_args};
use crate::scalars::{DateTime, Money, int};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entities::{enums, stock_count, stock_count_line};
use operations::counts::WhichCount;
use operations::counts::cancel::cancel;
use operations::counts::close::close;
use operations::counts::propose::{self, Proposal};
use operations::counts::read::{self, CountFilter};
use operations::counts::record::{RecordCount, record};
use operations::counts::start::{StartCount, start};
use std::sync::Arc;
use uuid::Uuid;

/// Where a count stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::StockCountState")]
pub(crate) enum StockCountState {
    /// People are counting.
    Open,
    /// What was counted is what lies there.
    Closed,
    /// Given up; nothing was changed.
    Cancelled,
}

#[derive(Clone)]
pub(crate) struct StockCount(pub(crate) Arc<stock_count::Model>);

/// Shipments during the count are taken into account: `expected` is what should lie there when the line is recorded.
/// Needs `STOCK_READ` or `STOCK_WRITE`, and reach over the location.
#[Object]
impl StockCount {
    /// Its id, `cnt_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::StockCount, self.0.id)
    }

    /// Where.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.location_id).await?)?))
    }

    /// Where it stands.
    async fn state(&self) -> StockCountState {
        self.0.state.into()
    }

    /// Whether nobody is told what should lie there until it is closed.
    async fn blind(&self) -> bool {
        self.0.blind
    }

    /// What is counted, by SKU. Of a blind count, `differencesOnly` is refused until it is closed.
    async fn lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what was counted otherwise than expected.")]
        differences_only: Option<bool>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<StockCountLineConnection, Failure> {
        let differ = differences_only.unwrap_or(false);
        let blind = read::is_blind(&self.0);
        if differ && blind {
            return Err(told_when_closed());
        }
        let (id, page) = (self.0.id, page_args(first, after, last, before));
        let rows = read::lines(&ctx.read(), id, differ, &page).await?;
        let count = counted(ctx, move |scope| async move {
            read::lines_count(&scope.store.read(), id, differ).await
        });
        let rows = rows.map(|row| StockCountLine { row: Arc::new(row), blind });
        Ok(StockCountLineConnection::new(rows, count))
    }

    /// When it began.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.started_at)
    }

    /// When it was closed.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }

    /// The share of the lines counted that were right, 0 to 1; null until it is closed.
    async fn accuracy(&self) -> Option<f64> {
        read::accuracy(&self.0)
    }

    /// What the differences were worth at average cost, below zero for a loss; null until it is closed, and where there is
    /// none or a cost is unknown. Needs `PURCHASING_READ`.
    async fn difference_value(&self, ctx: &Context<'_>) -> Option<Money> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(operations::permissions::Permission::PurchasingRead).or_null(ctx)?;
        Some(Money::of(self.0.difference_minor?, self.0.difference_currency.as_deref()?))
    }
}

#[derive(Clone)]
pub(crate) struct StockCountLine {
    row: Arc<stock_count_line::Model>,
    blind: bool,
}

fn told_when_closed() -> Failure {
    let message = "a blind count tells what should lie there when it is closed";
    operations::Error::BadInput(message.into()).into()
}

/// One variant that is counted.
#[Object]
impl StockCountLine {
    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.row.variant_id).await?)?))
    }

    /// What should lie there when the line was recorded; before that, when the count began. Of a blind count it is refused
    /// with `BAD_INPUT` until the count is closed.
    fn expected(&self) -> Result<i32, Failure> {
        if self.blind { Err(told_when_closed()) } else { Ok(int(self.row.expected)) }
    }

    /// What lies there; null until it is counted.
    async fn counted(&self) -> Option<i32> {
        self.row.counted.map(int)
    }

    /// Units more than expected, or fewer; null until it is counted, of a blind count until that is closed.
    async fn difference(&self) -> Option<i32> {
        let counted = self.row.counted.filter(|_| !self.blind)?;
        Some(int(counted - self.row.expected))
    }

    /// When it was counted last.
    async fn counted_at(&self) -> Option<DateTime> {
        self.row.counted_at.map(DateTime)
    }
}

connection!(StockCountConnection, StockCountEdge, StockCount, "counts");
connection!(StockCountLineConnection, StockCountLineEdge, StockCountLine, "lines of a count");

/// By what a year's shipments from a location cost: the first 80 % are A, the next 15 % are B, the rest is C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "propose::AbcClass")]
pub(crate) enum AbcClass {
    /// Counted every 30 days.
    A,
    /// Counted every 90 days.
    B,
    /// Counted every 365 days.
    C,
}

/// Why a level is to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "propose::Because")]
pub(crate) enum StockCountReason {
    /// More is promised than lies there.
    Negative,
    /// It was never counted.
    NeverCounted,
    /// It was counted as long ago as its class says.
    Due,
    /// Nothing should lie there: quickly looked at.
    Empty,
}

#[derive(Clone)]
pub(crate) struct StockCountProposal(Arc<Proposal>);

/// A level that is to be counted.
#[Object]
impl StockCountProposal {
    /// The level.
    async fn stock_level(&self, ctx: &Context<'_>) -> Result<StockLevel, Failure> {
        Ok(StockLevel(present(ctx.loaders().level(self.0.level_id).await?)?))
    }

    /// Its class.
    async fn abc_class(&self) -> AbcClass {
        self.0.class.into()
    }

    /// Why.
    async fn reason(&self) -> StockCountReason {
        self.0.because.into()
    }
}

connection!(
    StockCountProposalConnection,
    StockCountProposalEdge,
    StockCountProposal,
    "levels to be counted"
);

/// What to count where.
#[derive(Debug, InputObject)]
pub(crate) struct StockCountStartInput {
    /// Where.
    location_id: ID,
    /// 1 to 1,000 SKUs, no bundles; without it all that have ever lain there.
    skus: Option<Vec<String>>,
    /// Nobody is told what should lie there until the count is closed; false by default.
    blind: Option<bool>,
}

/// Which count.
#[derive(Debug, InputObject)]
pub(crate) struct StockCountIdInput {
    /// The count.
    stock_count_id: ID,
}

impl From<StockCountIdInput> for WhichCount {
    fn from(input: StockCountIdInput) -> Self {
        Self { stock_count_id: uuid(Kind::StockCount, &input.stock_count_id) }
    }
}

/// What was counted.
#[derive(Debug, InputObject)]
pub(crate) struct StockCountRecordInput {
    /// The count.
    stock_count_id: ID,
    /// 1 to 250 SKUs with what lies there, 0 for nothing; what was counted before is taken anew. A SKU that is not on the
    /// list is put on it.
    lines: Vec<SkuQuantityInput>,
}

/// What came of a count.
#[derive(SimpleObject)]
pub(crate) struct StockCountPayload {
    /// The count; null when refused.
    stock_count: Option<StockCount>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct CountQuery;

#[Object]
impl CountQuery {
    /// Counts within reach, newest first. Needs `STOCK_READ` or `STOCK_WRITE`: who counts blind has the latter alone.
    #[expect(clippy::too_many_arguments, reason = "a filter and the arguments of every page")]
    async fn stock_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In these states.")] states: Option<Vec<StockCountState>>,
        #[graphql(desc = "At these locations.")] location_ids: Option<Vec<ID>>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<StockCountConnection> {
        let filter = CountFilter {
            states: states.map(|states| states.into_iter().map(Into::into).collect()),
            location_ids: location_ids.map(|ids| uuids(Kind::Location, &ids)),
        };
        let page = page_args(first, after, last, before);
        let rows = async { read::counts(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| StockCount(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::counts_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(StockCountConnection::new(rows, count))
    }

    /// What to count next at a location: what is below zero first, then class A before B and C, and of each what was counted
    /// longest ago. Needs `STOCK_READ`.
    async fn stock_count_proposals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where.")] location_id: ID,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<StockCountProposalConnection> {
        let location = uuid(Kind::Location, &location_id);
        let page = page_args(first, after, last, before);
        let rows = async { propose::proposals(&ctx.read(), ctx.actor()?, location, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| StockCountProposal(Arc::new(row)));
        let count = counted(ctx, move |scope| async move {
            propose::proposals_count(&scope.store.read(), scope.actor()?, location).await
        });
        Some(StockCountProposalConnection::new(rows, count))
    }
}

#[derive(Default)]
pub(crate) struct CountMutation;

#[Object]
impl CountMutation {
    /// Begin to count; selling goes on. Refused as `DUPLICATE` where another open count has any of it on its list. Needs
    /// `STOCK_WRITE`.
    async fn stock_count_start(
        &self,
        ctx: &Context<'_>,
        input: StockCountStartInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StockCountPayload> {
        let command = StartCount {
            location_id: uuid(Kind::Location, &input.location_id),
            skus: input.skus,
            blind: input.blind.unwrap_or(false),
        };
        let done =
            async { start(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// Record what lies there; it is compared with what should lie there at this moment. Needs `STOCK_WRITE`.
    async fn stock_count_record(
        &self,
        ctx: &Context<'_>,
        input: StockCountRecordInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StockCountPayload> {
        let command = RecordCount {
            stock_count_id: uuid(Kind::StockCount, &input.stock_count_id),
            lines: input.lines.into_iter().map(Into::into).collect(),
        };
        let done =
            async { record(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// Take over what was counted: differences become movements, up to 1,000 of them; what was not counted stays. Refused as
    /// `POLICY_VIOLATION` where the differences are worth more than the location allows and who closes counted any of
    /// them. Needs `STOCK_WRITE`.
    async fn stock_count_close(
        &self,
        ctx: &Context<'_>,
        input: StockCountIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StockCountPayload> {
        let command = input.into();
        let done =
            async { close(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// Give a count up; nothing is changed by it. Needs `STOCK_WRITE`.
    async fn stock_count_cancel(
        &self,
        ctx: &Context<'_>,
        input: StockCountIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StockCountPayload> {
        let command = input.into();
        let done =
            async { cancel(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }
}

async fn payload(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<StockCountPayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let stock_count = match id {
        Some(id) => ctx.loaders().stock_count(id).await.or_null(ctx)?.map(StockCount),
        None => None,
    };
    Some(StockCountPayload { stock_count, user_errors })
}
