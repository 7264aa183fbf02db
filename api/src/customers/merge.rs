//! Records of one person, as the schema shows them.

use super::types::Customer;
use crate::context::Ask;
use crate::errors::{Failure, OrNull, UserError, answer};
use crate::ids::{Kind, id, uuid};
use crate::scalars::{Money, int};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entities::customer_match;
use operations::customers::merge::{MergeCustomers, Preview};
use operations::permissions::Permission;
use std::sync::Arc;
use uuid::Uuid;

/// Which records are of one person.
#[derive(Debug, InputObject)]
pub(crate) struct CustomerMergeInput {
    /// The record that stays.
    into_id: ID,
    /// The version of it that the caller saw.
    expected_version: Option<i32>,
    /// The others; up to 20.
    from_ids: Vec<ID>,
}

impl From<CustomerMergeInput> for MergeCustomers {
    fn from(input: CustomerMergeInput) -> Self {
        Self {
            into_id: uuid(Kind::Customer, &input.into_id),
            expected_version: input.expected_version,
            from_ids: input.from_ids.iter().map(|one| uuid(Kind::Customer, one)).collect(),
        }
    }
}

/// Which record is to stand alone again.
#[derive(Debug, InputObject)]
pub(crate) struct CustomerUnmergeInput {
    /// One of `mergedFrom`.
    pub(super) customer_id: ID,
}

/// What came of taking a record apart.
#[derive(SimpleObject)]
pub(crate) struct CustomersPayload {
    /// The customer whose record stayed, then the one whose stands alone again; null when refused, and without `CUSTOMERS_READ`.
    customers: Option<Vec<Customer>>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

impl CustomersPayload {
    pub(super) async fn of(ctx: &Context<'_>, done: operations::Result<Vec<Uuid>>) -> Option<Self> {
        let (ids, user_errors) = answer(ctx, done)?;
        let Some(ids) = ids.filter(|_| ctx.may(Permission::CustomersRead)) else {
            return Some(Self { customers: None, user_errors });
        };
        let mut customers = Vec::new();
        for one in ids {
            customers.extend(ctx.loaders().customer_in_reach(one).await.or_null(ctx)?);
        }
        let customers = customers.into_iter().map(Customer).collect();
        Some(Self { customers: Some(customers), user_errors })
    }
}

/// What making records one would move.
#[derive(SimpleObject)]
pub(crate) struct CustomerMergePreview {
    /// The customer whose record would stay; null when it would be refused, and without `CUSTOMERS_READ`.
    into: Option<Customer>,
    /// How many orders would move to it.
    orders: i32,
    /// How many cases.
    cases: i32,
    /// How many returns.
    returns: i32,
    /// What credit would move: one amount for each currency.
    store_credit: Vec<Money>,
    /// Where the records say different things, and what holds. They name records by their numbers alone.
    conflicts: Vec<String>,
    /// Why it would be refused; empty when it would not.
    user_errors: Vec<UserError>,
}

impl CustomerMergePreview {
    pub(super) async fn of(ctx: &Context<'_>, found: operations::Result<Preview>) -> Option<Self> {
        let (found, user_errors) = answer(ctx, found)?;
        let Some(found) = found else {
            return Some(Self {
                into: None,
                orders: 0,
                cases: 0,
                returns: 0,
                store_credit: Vec::new(),
                conflicts: Vec::new(),
                user_errors,
            });
        };
        let into = if ctx.may(Permission::CustomersRead) {
            ctx.loaders().customer_in_reach(found.into).await.or_null(ctx)?.map(Customer)
        } else {
            None
        };
        let credit = found.credit.iter();
        Some(Self {
            into,
            orders: int(found.orders),
            cases: int(found.cases),
            returns: int(found.returns),
            store_credit: credit.map(|sum| Money::of(sum.minor, &sum.currency)).collect(),
            conflicts: found.conflicts,
            user_errors,
        })
    }
}

#[derive(Clone)]
pub(crate) struct CustomerMatch(pub(crate) Arc<customer_match::Model>);

/// Two customers who look like the same person. Needs `CUSTOMERS_READ` and reach over all channels.
#[Object]
impl CustomerMatch {
    /// Its id, `cma_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::CustomerMatch, self.0.id)
    }

    /// The two, whoever was first seen earlier first.
    async fn customers(&self, ctx: &Context<'_>) -> Result<Vec<Customer>, Failure> {
        let mut both = Vec::new();
        for one in [self.0.one_id, self.0.two_id] {
            both.extend(ctx.loaders().customer_in_reach(one).await?.map(Customer));
        }
        Ok(both)
    }

    /// How sure it is, from 0.6 to 1.
    async fn score(&self) -> f64 {
        use rust_decimal::prelude::ToPrimitive;
        rust_decimal::Decimal::new(self.0.score_ppm, 6).to_f64().unwrap_or_default()
    }

    /// What speaks for it: `SAME_PHONE`; `SAME_ADDRESS`, the person in it included; `SAME_MAILBOX`, whatever is written behind a plus or, at Gmail, with points;
    /// `SAME_NAME`, or `SIMILAR_NAME` with up to two letters of a difference. What 20 or more have in common speaks for nothing.
    async fn evidence(&self) -> Vec<String> {
        serde_json::from_value(self.0.evidence.clone()).unwrap_or_default()
    }
}

crate::paging::connection!(
    CustomerMatchConnection,
    CustomerMatchEdge,
    CustomerMatch,
    "customers who look like the same person"
);
