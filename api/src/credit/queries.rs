//! Questions about gift cards.

use super::types::GiftCard;
use crate::context::Ask;
use crate::errors::OrNull;
use async_graphql::{Context, Object};
use operations::credit::read;
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct CreditQuery;

#[Object]
impl CreditQuery {
    /// A gift card by its code; null where no card within reach has it. Needs `PAYMENTS_READ`.
    async fn gift_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code; blanks, dashes and the case of letters do not matter.")]
        code: String,
    ) -> Option<GiftCard> {
        let found = async { read::gift_card(&ctx.read(), ctx.actor()?, &code).await };
        found.await.or_null(ctx)?.map(|row| GiftCard(Arc::new(row)))
    }
}
