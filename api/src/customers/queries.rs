//! Questions about customers.

use super::merge::{
    CustomerMatch, CustomerMatchConnection, CustomerMergeInput, CustomerMergePreview,
};
use super::privacy::{PrivacyRequest, PrivacyRequestConnection, PrivacyRequestState};
use super::segments::{CustomerFilter, Segment};
use super::types::{Customer, CustomerConnection, CustomerIdentityInput};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, uuid};
use crate::paging::{counted, page_args};
use async_graphql::{Context, ID, Object, OneofObject};
use entities::enums;
use operations::customers::list::{Which, customers, customers_count};
use operations::customers::matches::{duplicates, duplicates_count};
use operations::customers::merge::customer_merge_preview;
use operations::customers::read::{CustomerBy, customer};
use operations::customers::segments::read::segments;
use operations::privacy::read::{requests, requests_count};
use std::sync::Arc;

/// One of several ways to say who somebody is.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum CustomerIdentifier {
    /// Their id.
    Id(ID),
    /// Their number, `C-1000001`.
    Number(String),
    /// One of their email addresses.
    Email(String),
    /// One of their telephone numbers, in any spelling: with the prefix of its country, or as it is dialed in a country of one of the
    /// companies. Of several who share it, whoever ordered last.
    Phone(String),
    /// Any way in which they are known.
    Identity(CustomerIdentityInput),
    /// The number of one of their orders.
    OrderNumber(String),
}

impl From<CustomerIdentifier> for CustomerBy {
    fn from(by: CustomerIdentifier) -> Self {
        match by {
            CustomerIdentifier::Id(id) => Self::Id(uuid(Kind::Customer, &id)),
            CustomerIdentifier::Number(number) => Self::Number(number),
            CustomerIdentifier::Email(email) => Self::Email(email),
            CustomerIdentifier::Phone(phone) => Self::Phone(phone),
            CustomerIdentifier::Identity(identity) => Self::Identity(identity.into()),
            CustomerIdentifier::OrderNumber(number) => Self::OrderNumber(number),
        }
    }
}

#[derive(Default)]
pub(crate) struct CustomerQuery;

#[Object]
impl CustomerQuery {
    /// Who is calling: a customer, by whatever is known of them; null where there is none within reach. Needs `CUSTOMERS_READ`.
    async fn customer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is known.")] by: CustomerIdentifier,
    ) -> Option<Customer> {
        let by = by.into();
        let found = async { customer(&ctx.read(), ctx.actor()?, &by).await };
        found.await.or_null(ctx)?.map(|row| Customer(Arc::new(row)))
    }

    /// Customers within reach, whoever was first seen last before the others. `search` finds them as people type: by a name or the beginning of one, by the
    /// beginning of an email address or a part of it, by a telephone number in any spelling, by a label (`#vip`), by the number of an order or a parcel; where
    /// nobody is found so, with a letter of a name mistyped. Needs `CUSTOMERS_READ`; `segmentId`, and conditions on `Customer.value`, need reach over all
    /// channels.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What holds of them.")] filter: Option<CustomerFilter>,
        #[graphql(desc = "Up to six words, 200 characters.")] search: Option<String>,
        #[graphql(desc = "A segment to which they belong.")] segment_id: Option<ID>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<CustomerConnection> {
        let which = Which {
            filter: filter.unwrap_or_default().into(),
            search,
            segment: segment_id.map(|id| uuid(Kind::Segment, &id)),
        };
        let page = page_args(first, after, last, before);
        let rows = async { customers(&ctx.read(), ctx.actor()?, &which, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Customer(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let which = which.clone();
            async move { customers_count(&scope.store.read(), scope.actor()?, &which).await }
        });
        Some(CustomerConnection::new(rows, count))
    }

    /// Records that look like the same person, the surest first, as they were found behind the writers; none for whoever does not reach all channels. Needs
    /// `CUSTOMERS_READ`.
    async fn duplicate_customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<CustomerMatchConnection> {
        let page = page_args(first, after, last, before);
        let rows = async { duplicates(&ctx.read(), ctx.actor()?, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| CustomerMatch(Arc::new(row)));
        let count = counted(ctx, move |scope| async move {
            duplicates_count(&scope.store.read(), scope.actor()?).await
        });
        Some(CustomerMatchConnection::new(rows, count))
    }

    /// What `customerMerge` would move, and where the records say different things. Needs `CUSTOMERS_WRITE` and reach over all channels.
    async fn customer_merge_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which records.")] input: CustomerMergeInput,
    ) -> Option<CustomerMergePreview> {
        let command = input.into();
        let found = async { customer_merge_preview(&ctx.read(), ctx.actor()?, &command).await };
        CustomerMergePreview::of(ctx, found.await).await
    }

    /// What people ask of their data, what is due first before what is due later; nothing for whoever does not reach all channels. Needs `CUSTOMERS_PRIVACY`.
    async fn privacy_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In these states; in any without it.")] states: Option<
            Vec<PrivacyRequestState>,
        >,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<PrivacyRequestConnection> {
        let states: Option<Vec<enums::PrivacyRequestState>> =
            states.map(|all| all.into_iter().map(Into::into).collect());
        let page = page_args(first, after, last, before);
        let rows = async { requests(&ctx.read(), ctx.actor()?, states.as_deref(), &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| PrivacyRequest(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let states = states.clone();
            async move { requests_count(&scope.store.read(), scope.actor()?, states.as_deref()).await }
        });
        Some(PrivacyRequestConnection::new(rows, count))
    }

    /// All segments, by name; none for whoever does not reach all channels. Needs `CUSTOMERS_READ`.
    async fn segments(&self, ctx: &Context<'_>) -> Option<Vec<Segment>> {
        let rows = async { segments(&ctx.read(), ctx.actor()?).await };
        Some(rows.await.or_null(ctx)?.into_iter().map(|row| Segment(Arc::new(row))).collect())
    }
}
