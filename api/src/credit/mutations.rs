//! What is done with gift cards and store credit.

use super::types::GiftCard;
use crate::context::Ask;
use crate::customers::types::Customer;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::payments::requests::RefundRequest;
use crate::scalars::{DateTime, MoneyInput};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::credit::grant::{GrantCredit, store_credit_grant};
use operations::credit::issue::{IssueGiftCard, gift_card_issue};
use operations::permissions::Permission;

/// A gift card that was sold.
#[derive(Debug, InputObject)]
pub(crate) struct GiftCardIssueInput {
    /// What is on it, above 0.
    amount: MoneyInput,
    /// Whose it is, if that is known: whoever has the code can use it all the same.
    customer_id: Option<ID>,
    /// The order that it was sold with. What the order itself costs does not change: the card was paid for by itself.
    order_id: Option<ID>,
    /// From when on it cannot be used; without it, `giftCardValidDays` of the company from now on.
    expires_at: Option<DateTime>,
    /// Who owes it, and in whose channels it can be used.
    legal_entity_id: ID,
}

/// Credit that a customer is given for nothing.
#[derive(Debug, InputObject)]
pub(crate) struct StoreCreditGrantInput {
    /// To whom.
    customer_id: ID,
    /// How much, above 0.
    amount: MoneyInput,
    /// Why, up to 1,000 characters.
    reason: String,
    /// From when on it cannot be used; without it, `storeCreditValidDays` of the company from now on.
    expires_at: Option<DateTime>,
    /// Who will owe it, and in whose channels it can be used; without it, the one company within reach that the customer
    /// ordered from.
    legal_entity_id: Option<ID>,
    /// The case in which it is given: of the same customer, and within reach.
    case_id: Option<ID>,
    /// Above the actor's limit, ask somebody else instead of being refused.
    request_approval: Option<bool>,
}

/// What came of a card.
#[derive(SimpleObject)]
pub(crate) struct GiftCardPayload {
    /// The card; null when refused.
    gift_card: Option<GiftCard>,
    /// Its code, `XXXX-XXXX-XXXX-XXXX`, shown this once: null where the same was asked before.
    code: Option<String>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of credit.
#[derive(SimpleObject)]
pub(crate) struct StoreCreditPayload {
    /// The customer; null when refused. Needs `CUSTOMERS_READ`.
    customer: Option<Customer>,
    /// What waits for somebody else, where that was asked for.
    refund_request: Option<RefundRequest>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct CreditMutation;

#[Object]
impl CreditMutation {
    /// Issue a gift card that was sold, and paid for at the bank: a liability until it is used, without tax until then.
    /// Needs `PAYMENTS_WRITE`.
    async fn gift_card_issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The card.")] input: GiftCardIssueInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<GiftCardPayload> {
        let command = IssueGiftCard {
            amount: (input.amount.amount.0, input.amount.currency_code.0),
            customer_id: input.customer_id.map(|id| uuid(Kind::Customer, &id)),
            order_id: input.order_id.map(|id| uuid(Kind::Order, &id)),
            expires_at: input.expires_at.map(|at| at.0),
            legal_entity_id: uuid(Kind::LegalEntity, &input.legal_entity_id),
        };
        let done = async {
            gift_card_issue(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (issued, user_errors) = answer(ctx, done.await)?;
        let Some(issued) = issued else {
            return Some(GiftCardPayload { gift_card: None, code: None, user_errors });
        };
        // Whoever may sell cards and not see payments still gets the code.
        let gift_card = if ctx.may(Permission::PaymentsRead) {
            GiftCard::load(ctx, issued.id).await.or_null(ctx).flatten()
        } else {
            None
        };
        Some(GiftCardPayload { gift_card, code: issued.code, user_errors })
    }

    /// Give a customer credit: a liability until it is used, and goodwill within the actor's limits, in which what they gave
    /// in the last 90 days counts. Needs `REFUNDS_WRITE`.
    async fn store_credit_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is given.")] input: StoreCreditGrantInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StoreCreditPayload> {
        let command = GrantCredit {
            customer_id: uuid(Kind::Customer, &input.customer_id),
            amount: (input.amount.amount.0, input.amount.currency_code.0),
            reason: input.reason,
            expires_at: input.expires_at.map(|at| at.0),
            legal_entity_id: input.legal_entity_id.map(|id| uuid(Kind::LegalEntity, &id)),
            request_approval: input.request_approval.unwrap_or(false),
            case_id: input.case_id.map(|id| uuid(Kind::Case, &id)),
        };
        let done = async {
            store_credit_grant(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (granted, user_errors) = answer(ctx, done.await)?;
        let mut payload = StoreCreditPayload { customer: None, refund_request: None, user_errors };
        if let Some(granted) = granted {
            if ctx.may(Permission::CustomersRead) {
                let found = ctx.loaders().customer_in_reach(granted.customer).await;
                payload.customer = found.or_null(ctx)?.map(Customer);
            }
            if let Some(request) = granted.request {
                let found = ctx.loaders().refund_request(request).await.or_null(ctx)?;
                payload.refund_request = found.map(RefundRequest);
            }
        }
        Some(payload)
    }
}
