//! Questions about customers.

use super::types::{Customer, CustomerIdentityInput};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, Object, OneofObject};
use operations::customers::read::{CustomerBy, customer};
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
}
