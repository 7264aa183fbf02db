//! `settlementUpdated`, live.

use super::types::{Payout, ReconciliationException, SettlementReport};
use crate::context::Ask;
use crate::errors::Failure;
use crate::events::follow::{Ahead, follow};
use crate::events::types::Event;
use crate::loaders::Loaders;
use async_graphql::{Context, SimpleObject, Subscription};
use futures::{Stream, TryStreamExt};
use operations::events::{About, EventFilter};
use operations::permissions::Permission;

/// Something that happened to a settlement; exactly one of `report`, `payout` and `exception` is there.
#[derive(Clone, SimpleObject)]
pub(crate) struct SettlementUpdate {
    /// Go on from here after a break.
    cursor: String,
    /// What happened.
    event: Event,
    /// The report as it is now: at the event or later.
    report: Option<SettlementReport>,
    /// The payout as it is now.
    payout: Option<Payout>,
    /// The difference as it is now.
    exception: Option<ReconciliationException>,
}

#[derive(Default)]
pub(crate) struct SettlementSubscription;

#[Subscription]
impl SettlementSubscription {
    /// Settlement reports, payouts and differences as they change. With `after` it first replays all that was missed since that
    /// cursor. What is not within reach is left out. Needs `SETTLEMENTS_READ`. Ends and goes on as `events` does.
    async fn settlement_updated<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; any cursor of an event is one. Without it only what is new."
        )]
        after: Option<String>,
        #[graphql(
            desc = "Of these providers; without it of all. A bank's own differences have none."
        )]
        providers: Option<Vec<String>>,
    ) -> Result<impl Stream<Item = Result<SettlementUpdate, Failure>> + use<'c>, Failure> {
        ctx.actor()?.require(Permission::SettlementsRead)?;
        let filter = EventFilter { about: About::Settlements, ..EventFilter::default() };
        let loaders = ctx.data_unchecked::<Loaders>();
        let events = follow(ctx, after, filter, Ahead::Nothing).await?;
        Ok(events.try_filter_map(move |event| {
            let providers = providers.clone();
            async move {
                let id = event.row.subject_id;
                loaders.clear_settlements().await;
                let wanted = |provider: Option<&str>| {
                    providers.as_ref().is_none_or(|all| {
                        provider.is_some_and(|one| all.iter().any(|name| name == one))
                    })
                };
                let (mut report, mut payout, mut exception) = (None, None, None);
                match event.row.subject_type.as_str() {
                    "str" => {
                        let found = loaders.settlement_report(id).await?;
                        report =
                            found.filter(|row| wanted(Some(&row.provider))).map(SettlementReport);
                    }
                    "pyo" => {
                        let found = loaders.payout(id).await?;
                        payout = found.filter(|row| wanted(Some(&row.provider))).map(Payout);
                    }
                    _ => {
                        let found = loaders.exception(id).await?;
                        let found = found.filter(|row| wanted(row.provider.as_deref()));
                        exception = found.map(ReconciliationException);
                    }
                }
                if report.is_none() && payout.is_none() && exception.is_none() {
                    return Ok(None);
                }
                let cursor = event.cursor();
                Ok(Some(SettlementUpdate {
                    cursor,
                    event: Event(event),
                    report,
                    payout,
                    exception,
                }))
            }
        }))
    }
}
