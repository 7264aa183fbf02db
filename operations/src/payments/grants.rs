//! Who may give how much back alone: what they gave for the same order and to the same customer in the last ninety
//! days counts too, so that no limit is passed in small steps.

use super::sql;
use crate::actor::Actor;
use crate::error::Result;
use crate::money::Currency;
use crate::store::{Batch, WriteTx};
use entities::enums::RefundRequestState;
use entities::{money_grant, order, refund_request};
use rust_decimal::Decimal;
use time::Duration;
use uuid::Uuid;

/// Over how long what was given adds up.
const WINDOW: Duration = Duration::days(90);

/// To whom something is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whom {
    /// For an order.
    pub(crate) order: Option<Uuid>,
    /// To a customer.
    pub(crate) customer: Option<Uuid>,
    /// In a case.
    pub(crate) case: Option<Uuid>,
}

impl Whom {
    /// Who placed an order, for that order.
    pub(crate) const fn of(order: &order::Model) -> Self {
        Self { order: Some(order.id), customer: order.customer_id, case: None }
    }
}

/// Money to be given back, in minor units of the currency of the books.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gift {
    /// All of it.
    pub(crate) base: i64,
    /// What of it is given for nothing.
    pub(crate) goodwill: i64,
}

/// Which limit of the actor a gift passes, with what came before; none where it passes none.
pub(crate) async fn beyond(
    tx: &WriteTx,
    actor: &Actor,
    whom: Whom,
    (base, gift): (Currency, Gift),
) -> Result<Option<String>> {
    let limits = actor.limits;
    let since = tx.now() - WINDOW;
    let (own, of_order, of_customer) = sql::given(tx, actor, whom, since).await?;
    let minor = |limit: Decimal| base.minor(limit.round_dp(base.digits())).unwrap_or(i64::MAX);
    let refund = limits.refund.map(minor).filter(|limit| own + gift.base > *limit);
    let goodwill = gift.goodwill > 0;
    let per_case = limits.goodwill_per_case.map(minor);
    let per_case = per_case.filter(|limit| goodwill && of_order + gift.goodwill > *limit);
    let per_customer = limits.goodwill_per_customer.map(minor);
    let per_customer =
        per_customer.filter(|limit| goodwill && of_customer + gift.goodwill > *limit);
    let said = |limit: i64, what: &str, before: i64| {
        let (limit, before) = (base.decimal(limit), base.decimal(before));
        format!(
            "your limit for {what} is {limit} {code}, {before} {code} were given in the last 90 days",
            code = base.code()
        )
    };
    Ok(refund
        .map(|limit| said(limit, "refunds", own))
        .or_else(|| {
            per_case.map(|limit| said(limit, "goodwill on an order or in a case", of_order))
        })
        .or_else(|| per_customer.map(|limit| said(limit, "goodwill to a customer", of_customer))))
}

/// Notes what was given.
pub(crate) fn note(tx: &WriteTx, batch: &mut Batch, actor: &Actor, whom: Whom, gift: Gift) {
    batch.add(&money_grant::Model {
        id: tx.id(),
        actor_kind: actor.kind,
        actor_id: actor.id,
        order_id: whom.order,
        customer_id: whom.customer,
        base_minor: gift.base,
        goodwill_base_minor: gift.goodwill,
        at: tx.now(),
        case_id: whom.case,
    });
}

/// A request that somebody else decides, of nothing yet.
pub(crate) fn request(
    tx: &WriteTx,
    actor: &Actor,
    (amount_minor, currency, reason): (i64, &str, &str),
) -> refund_request::Model {
    refund_request::Model {
        id: tx.id(),
        payment_id: None,
        order_id: None,
        customer_id: None,
        amount_minor,
        currency: currency.to_owned(),
        reason: reason.to_owned(),
        state: RefundRequestState::Pending,
        requested_by_kind: actor.kind,
        requested_by_id: actor.id,
        requested_at: tx.now(),
        decided_by_kind: None,
        decided_by_id: None,
        decided_at: None,
        note: None,
        legal_entity_id: None,
        expires_at: None,
        case_id: None,
    }
}
