//! Changes of the rules and lists of risk.

use super::types::{RiskEntryKind, RiskList, RiskRule};
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, encode, uuid};
use crate::scalars::{AddressInput, DateTime};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::risk::list_add::{AddToList, list_add};
use operations::risk::list_remove::{RemoveFromList, list_remove};
use operations::risk::read;
use operations::risk::rule_define::{DefineRule, rule_define};

/// A rule as this shop wants it; what is left out is as it comes.
#[derive(Debug, InputObject)]
pub(crate) struct RiskRuleInput {
    /// Which rule.
    code: String,
    /// Whether it counts; by default it does.
    active: Option<bool>,
    /// What it adds to the score, -1,000 to 1,000.
    points: Option<i32>,
    /// From when on it holds; not negative.
    threshold: Option<f64>,
    /// How many hours it looks back, 1 to 8,760.
    window_hours: Option<i32>,
    /// Orders it needs to say anything, 1 to 200.
    minimum_orders: Option<i32>,
}

impl From<RiskRuleInput> for DefineRule {
    fn from(input: RiskRuleInput) -> Self {
        Self {
            code: input.code,
            active: input.active,
            points: input.points,
            threshold: input.threshold,
            window_hours: input.window_hours,
            minimum_orders: input.minimum_orders,
        }
    }
}

/// Somebody or something to know.
#[derive(Debug, InputObject)]
pub(crate) struct RiskListAddInput {
    /// For good or for bad.
    list: RiskList,
    /// By what.
    kind: RiskEntryKind,
    /// Who or what: an email, a domain, a telephone number, an IP address, the id of a customer, or words for an address.
    value: String,
    /// The shipping address, with the kind ADDRESS and only with it.
    address: Option<AddressInput>,
    /// Why, up to 500 characters; it stands in the signals of orders.
    reason: String,
    /// Until when; for good without it.
    expires_at: Option<DateTime>,
}

/// An entry to take off.
#[derive(Debug, InputObject)]
pub(crate) struct RiskListRemoveInput {
    /// The entry.
    entry_id: ID,
}

/// What came of a change of a rule.
#[derive(SimpleObject)]
pub(crate) struct RiskRulePayload {
    /// The rule as it stands; null when refused.
    risk_rule: Option<RiskRule>,
    /// Why it was refused, every fault at once; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of a change of a list.
#[derive(SimpleObject)]
pub(crate) struct RiskListPayload {
    /// The id of the entry that was put there or taken off; null when refused.
    entry_id: Option<ID>,
    /// Why it was refused, every fault at once; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct RiskMutation;

#[Object]
impl RiskMutation {
    /// Set points and thresholds of a rule; orders placed from then on are looked at by it. Needs `ORDERS_RISK`.
    async fn risk_rule_define(
        &self,
        ctx: &Context<'_>,
        input: RiskRuleInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<RiskRulePayload> {
        let command = DefineRule::from(input);
        let done =
            async { rule_define(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        let (code, user_errors) = answer(ctx, done.await)?;
        let mut risk_rule = None;
        if let Some(code) = code {
            let rules = async { read::rules(&ctx.read(), ctx.actor()?).await };
            let rules = rules.await.or_null(ctx)?;
            risk_rule = rules.into_iter().find(|one| one.rule.code == code).map(Into::into);
        }
        Some(RiskRulePayload { risk_rule, user_errors })
    }

    /// Put somebody or something on a list: orders placed from then on are looked at by it. Needs `ORDERS_RISK`.
    async fn risk_list_add(
        &self,
        ctx: &Context<'_>,
        input: RiskListAddInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<RiskListPayload> {
        let mut value = input.value;
        if input.kind == RiskEntryKind::Customer {
            value = uuid(Kind::Customer, &ID(value)).to_string();
        }
        let command = AddToList {
            list: input.list.into(),
            kind: input.kind.into(),
            value,
            address: input.address.map(Into::into),
            reason: input.reason,
            expires_at: input.expires_at.map(|at| at.0),
        };
        let done =
            async { list_add(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        let (id, user_errors) = answer(ctx, done.await)?;
        let entry_id = id.map(|id| ID(encode(Kind::RiskListEntry, id)));
        Some(RiskListPayload { entry_id, user_errors })
    }

    /// Take an entry off its list. Needs `ORDERS_RISK`.
    async fn risk_list_remove(
        &self,
        ctx: &Context<'_>,
        input: RiskListRemoveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<RiskListPayload> {
        let command = RemoveFromList { entry_id: uuid(Kind::RiskListEntry, &input.entry_id) };
        let done =
            async { list_remove(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        let (id, user_errors) = answer(ctx, done.await)?;
        let entry_id = id.map(|id| ID(encode(Kind::RiskListEntry, id)));
        Some(RiskListPayload { entry_id, user_errors })
    }
}
