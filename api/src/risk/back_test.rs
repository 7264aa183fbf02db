//! `riskBackTest`.

use super::mutations::RiskRuleInput;
use super::types::{RiskLevel, RiskSignal};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::orders::types::Order;
use crate::scalars::{DateTimeRange, int};
use async_graphql::{Context, SimpleObject};
use operations::risk::back_test::{self, Example};
use operations::risk::rule_define::DefineRule;

/// What a rule would have caught among past orders.
#[derive(SimpleObject)]
pub(crate) struct RiskBackTest {
    /// Orders that were looked at.
    order_count: i32,
    /// Orders that the rule would have found; of `LEVEL_MEDIUM` and `LEVEL_HIGH` those that would have reached it.
    caught: i32,
    /// Orders that would have been held for review, and would not by the rules as they stand.
    newly_high: i32,
    /// Orders that would not have been held any longer.
    no_longer_high: i32,
    /// Orders that were charged back since.
    charged_back: i32,
    /// Those of them that the rule would have found.
    charged_back_caught: i32,
    /// Orders that the rule would have found, the newest first, 20 at most.
    examples: Vec<RiskBackTestExample>,
}

/// An order that a rule would have found.
#[derive(SimpleObject)]
pub(crate) struct RiskBackTestExample {
    /// The order.
    order: Order,
    /// What the rule would have said; null of a level.
    signal: Option<RiskSignal>,
    /// All points that the order would have had.
    score: i32,
    /// What they would have amounted to.
    level: RiskLevel,
}

impl From<Example> for RiskBackTestExample {
    fn from(example: Example) -> Self {
        Self {
            order: Order::unwritten(example.order),
            signal: example.signal.map(Into::into),
            score: example.score,
            level: example.level.into(),
        }
    }
}

/// A count of a back-test.
fn count(number: usize) -> i32 {
    int(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) async fn back_test(
    ctx: &Context<'_>,
    input: RiskRuleInput,
    placed_at: &DateTimeRange,
) -> Option<RiskBackTest> {
    let command = DefineRule::from(input);
    let range = DateTimeRange::ends(Some(placed_at));
    let done = async { back_test::back_test(&ctx.read(), ctx.actor()?, &command, range).await };
    let done = done.await.or_null(ctx)?;
    Some(RiskBackTest {
        order_count: count(done.orders),
        caught: count(done.caught),
        newly_high: count(done.newly_high),
        no_longer_high: count(done.no_longer_high),
        charged_back: count(done.charged_back),
        charged_back_caught: count(done.charged_back_caught),
        examples: done.examples.into_iter().map(Into::into).collect(),
    })
}
