//! Gift cards and store credit as the schema shows them.

use crate::access::types::ActorRef;
use crate::context::Ask;
use crate::customers::types::Customer;
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, id};
use crate::paging::{connection, counted, page_args};
use crate::scalars::{DateTime, Decimal, Money};
use async_graphql::{Context, Enum, ID, InputObject, Object};
use entities::{credit, credit_entry, enums};
use operations::credit::read;
use operations::credit::tender::{Code, GiftCardTender};
use operations::permissions::Permission;
use std::sync::Arc;
use uuid::Uuid;

/// What becomes of what is on a gift card or credit when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::Breakage")]
pub(crate) enum BreakagePolicy {
    /// It is earned: booked from the liability to breakage.
    OnExpiry,
    /// It is owed on, as some laws want it, although it can be used no longer.
    Keep,
}

/// Where money goes back to first when an order is paid by several means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::RefundOrder")]
pub(crate) enum RefundOrder {
    /// Money first, up to what it paid, then gift cards and credit.
    CreditLast,
    /// Gift cards and credit first, up to what they paid, then money.
    CreditFirst,
}

/// A gift card that an order is paid with: a tender, never a discount.
#[derive(Debug, InputObject)]
pub(crate) struct GiftCardTenderInput {
    /// Its code; blanks, dashes and the case of letters do not matter.
    code: String,
    /// How much of it, above 0; without it as much as is needed, up to what is on it.
    amount: Option<Decimal>,
}

impl From<GiftCardTenderInput> for GiftCardTender {
    fn from(input: GiftCardTenderInput) -> Self {
        Self { code: Code::typed(&input.code), amount: input.amount.map(|amount| amount.0) }
    }
}

/// A page of what came onto a card or credit, and went off it.
async fn entries(
    ctx: &Context<'_>,
    row: &credit::Model,
    page: operations::page::PageArgs,
) -> Result<StoreCreditEntryConnection, Failure> {
    let currency: Arc<str> = row.currency.as_str().into();
    let credit = row.id;
    let rows = read::entries(&ctx.read(), credit, &page).await?;
    let rows = rows.map(|row| StoreCreditEntry(Arc::new(row), currency.clone()));
    let count =
        counted(
            ctx,
            move |scope| async move { read::entries_count(&scope.store.read(), credit).await },
        );
    Ok(StoreCreditEntryConnection::new(rows, count))
}

#[derive(Clone)]
pub(crate) struct GiftCard(pub(crate) Arc<credit::Model>);

impl GiftCard {
    /// A card in reach; none where the id is of something else.
    pub(crate) async fn load(ctx: &Context<'_>, id: Uuid) -> Result<Option<Self>, Failure> {
        let row = ctx.loaders().credit(id).await?;
        Ok(row.filter(|row| row.kind == enums::CreditKind::GiftCard).map(Self))
    }
}

/// A liability until it is used. Needs `PAYMENTS_READ`, and reach over a channel of the company that owes it; whoever is
/// restricted to locations sees none.
#[Object]
impl GiftCard {
    /// Its id, `gft_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::GiftCard, self.0.id)
    }

    /// The end of the code, which is shown once, at issue.
    async fn hint(&self) -> &str {
        self.0.hint.as_deref().unwrap_or_default()
    }

    /// What is on it, amounts promised to open orders among it.
    async fn balance(&self) -> Money {
        Money::of(self.0.balance_minor, &self.0.currency)
    }

    /// What of the balance open orders were promised and have not used yet.
    async fn reserved(&self) -> Money {
        Money::of(self.0.reserved_minor, &self.0.currency)
    }

    /// What it was sold with.
    async fn issued(&self) -> Money {
        Money::of(self.0.issued_minor, &self.0.currency)
    }

    /// Whose it is, if that was said. Needs `CUSTOMERS_READ`.
    async fn customer(&self, ctx: &Context<'_>) -> Option<Customer> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::CustomersRead).or_null(ctx)?;
        ctx.loaders().customer_in_reach(self.0.customer_id?).await.or_null(ctx)?.map(Customer)
    }

    /// From when on it cannot be used; null for never. Money that goes back to a card that has ended can be used for as long
    /// as the card could at first.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// Whether it has not ended.
    async fn active(&self, ctx: &Context<'_>) -> bool {
        read::is_active(&self.0, ctx.store().clock().now())
    }

    /// What came onto it and went off it, newest first.
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<StoreCreditEntryConnection, Failure> {
        entries(ctx, &self.0, page_args(first, after, last, before)).await
    }
}

#[derive(Clone)]
pub(crate) struct StoreCreditAccount(pub(crate) Arc<credit::Model>);

impl StoreCreditAccount {
    /// Credit of a customer in reach; none where the id is of something else.
    pub(crate) async fn load(ctx: &Context<'_>, id: Uuid) -> Result<Option<Self>, Failure> {
        let row = ctx.loaders().credit(id).await?;
        let Some(row) = row.filter(|row| row.kind == enums::CreditKind::StoreCredit) else {
            return Ok(None);
        };
        let Some(customer) = row.customer_id else { return Ok(None) };
        Ok(ctx.loaders().customer_in_reach(customer).await?.map(|_| Self(row)))
    }
}

/// What a customer can pay with at one company, in one currency, until one moment. What ends first is used first. Needs
/// `PAYMENTS_READ` and `CUSTOMERS_READ`, and reach over the customer and a channel of the company.
#[Object]
impl StoreCreditAccount {
    /// Its id, `sca_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::StoreCreditAccount, self.0.id)
    }

    /// What is on it, amounts promised to open orders among it.
    async fn balance(&self) -> Money {
        Money::of(self.0.balance_minor, &self.0.currency)
    }

    /// What of the balance open orders were promised and have not used yet.
    async fn reserved(&self) -> Money {
        Money::of(self.0.reserved_minor, &self.0.currency)
    }

    /// From when on it cannot be used; null for never.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// What came onto it and went off it, newest first.
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<StoreCreditEntryConnection, Failure> {
        entries(ctx, &self.0, page_args(first, after, last, before)).await
    }
}

#[derive(Clone)]
pub(crate) struct StoreCreditEntry(Arc<credit_entry::Model>, Arc<str>);

impl StoreCreditEntry {
    pub(crate) fn new(row: credit_entry::Model, currency: &str) -> Self {
        Self(Arc::new(row), currency.into())
    }
}

/// What came onto a gift card or credit, or went off it.
#[Object]
impl StoreCreditEntry {
    /// On it above 0, off it below.
    async fn amount(&self) -> Money {
        Money::of(self.0.amount_minor, &self.1)
    }

    /// Why: `sold`, `used`, `given back`, `ended`, or what whoever gave it said.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Who did it.
    async fn by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.actor_kind, self.0.actor_id).await
    }

    /// The order that it was for, or the case in which it was given, if there was one.
    async fn subject_id(&self) -> Option<ID> {
        let case = self.0.case_id.map(|case| id(Kind::Case, case));
        case.or_else(|| self.0.order_id.map(|order| id(Kind::Order, order)))
    }
}

connection!(
    StoreCreditEntryConnection,
    StoreCreditEntryEdge,
    StoreCreditEntry,
    "what came onto a gift card or credit, and went off it"
);
