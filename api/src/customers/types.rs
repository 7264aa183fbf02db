//! Customers as the schema shows them.

use super::segments::Segment;
use super::value::CustomerValue;
use crate::access::types::{mask_email, mask_tail};
use crate::cases::queries as cases;
use crate::cases::types::CaseConnection;
use crate::catalog::types::Channel;
use crate::context::Ask;
use crate::credit::types::StoreCreditAccount;
use crate::errors::{Failure, OrNull};
use crate::events::types::{Event, EventConnection};
use crate::ids::{Kind, encode_prefixed, id, uuid};
use crate::orders::queries::{self as orders, OrderFilter};
use crate::orders::types::{Note, NoteConnection, OrderConnection};
use crate::paging::{counted, page_args};
use crate::returns::queries as returns;
use crate::returns::types::ReturnConnection;
use crate::scalars::{Address, AddressInput, DateTime};
use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject};
use entities::{consent, customer, customer_identity, enums};
use operations::cases::read::CaseFilter;
use operations::customers::read;
use operations::customers::resolve::{CustomerRef, Identity, NewCustomer};
use operations::customers::story::{Promise, Remark, Weight};
use operations::events;
use operations::orders::read::OrderSort;
use operations::returns::read::ReturnFilter;

use std::sync::Arc;
use uuid::Uuid;

/// How a customer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::IdentityKind")]
pub(crate) enum IdentityKind {
    /// An email address.
    Email,
    /// A telephone number.
    Phone,
    /// The account in a shop or marketplace.
    ChannelAccount,
    /// A loyalty number.
    Loyalty,
    /// Anything else.
    Other,
}

#[derive(Clone)]
pub(crate) struct Customer(pub(crate) Arc<customer::Model>);

/// Whether a customer's personal data are shown in full; a view is noted in the audit log.
fn full(ctx: &Context<'_>, customer: Uuid) -> bool {
    ctx.scope().sees_person(("cus", customer))
}

/// A person or company that orders. Needs `CUSTOMERS_READ`; personal data is masked without
/// `CUSTOMERS_PII`.
#[Object]
impl Customer {
    /// Its id, `cus_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Customer, self.0.id)
    }

    /// Raised by every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Human-friendly and unique: `C-1000001`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The name; its first letter without `CUSTOMERS_PII`.
    async fn name(&self, ctx: &Context<'_>) -> Option<String> {
        let name = self.0.name.clone()?;
        if full(ctx, self.0.id) {
            return Some(name);
        }
        name.chars().next().map(|first| format!("{first}…"))
    }

    /// The main email; masked without `CUSTOMERS_PII`.
    async fn email(&self, ctx: &Context<'_>) -> Option<String> {
        let email = self.0.email.clone()?;
        Some(if full(ctx, self.0.id) { email } else { mask_email(&email) })
    }

    /// The main telephone number; masked without `CUSTOMERS_PII`.
    async fn phone(&self, ctx: &Context<'_>) -> Option<String> {
        let phone = self.0.phone.clone()?;
        Some(if full(ctx, self.0.id) { phone } else { mask_tail(&phone) })
    }

    /// The company.
    async fn company(&self) -> Option<&str> {
        self.0.company.as_deref()
    }

    /// The language, such as `de-DE`.
    async fn locale(&self) -> Option<&str> {
        self.0.locale.as_deref()
    }

    /// Every way this person is known: emails, phones, channel accounts, loyalty numbers.
    async fn identities(&self, ctx: &Context<'_>) -> Result<Vec<CustomerIdentity>, Failure> {
        let rows = ctx.loaders().identities_of(self.0.id).await?;
        Ok(rows.iter().cloned().map(CustomerIdentity).collect())
    }

    /// Addresses, oldest first; town, region and country alone without `CUSTOMERS_PII`.
    async fn addresses(&self, ctx: &Context<'_>) -> Result<Vec<Address>, Failure> {
        let rows = ctx.loaders().addresses_of(self.0.id).await?;
        Ok(rows.iter().map(|row| Address::of(&row.address, full(ctx, self.0.id))).collect())
    }

    /// Labels.
    async fn tags(&self) -> Vec<String> {
        serde_json::from_value(self.0.tags.clone()).unwrap_or_default()
    }

    /// What the customer can pay with, or could until it ended, what ends first before what ends later. Needs
    /// `PAYMENTS_READ`.
    async fn store_credit(&self, ctx: &Context<'_>) -> Option<Vec<StoreCreditAccount>> {
        let rows = ctx.loaders().credit_of(self.0.id).await.or_null(ctx)?;
        Some(rows.iter().cloned().map(StoreCreditAccount).collect())
    }

    /// What the customer agreed to, and no longer does, each time that they said so: the latest first, which holds for its purpose.
    async fn consents(&self, ctx: &Context<'_>) -> Result<Vec<Consent>, Failure> {
        let rows = ctx.loaders().consents_of(self.0.id).await?;
        let told = |row: &Arc<consent::Model>| Consent {
            purpose: row.purpose.clone(),
            granted: row.granted,
            source: row.source.clone(),
            at: DateTime(row.at),
        };
        Ok(rows.iter().map(told).collect())
    }

    /// Their orders within reach, newest first. Needs `ORDERS_READ`.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<OrderFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<OrderConnection> {
        let filter = filter.unwrap_or_default().of_customer(self.0.id);
        let page = page_args(first, after, last, before);
        orders::listed(ctx, (filter, OrderSort::default()), page).await
    }

    /// Their returns within reach, newest first. Needs `RETURNS_READ`.
    async fn returns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<ReturnConnection> {
        let filter = ReturnFilter { customer_id: Some(self.0.id), ..ReturnFilter::default() };
        returns::listed(ctx, filter, page_args(first, after, last, before)).await
    }

    /// Their cases within reach: where something has to be done first stands first. Needs `CASES_READ`.
    async fn cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<CaseConnection> {
        let filter = CaseFilter { customer_id: Some(self.0.id), ..CaseFilter::default() };
        cases::listed(ctx, (filter, None), page_args(first, after, last, before)).await
    }

    /// Everything that happened to them, from every channel and team, in one list, newest first: orders, shipments, payments, returns, notes, as
    /// far as the asker may see it.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of these types; one may end in a wildcard, such as `payment.*`.")]
        types: Option<Vec<String>>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<EventConnection, Failure> {
        let page = page_args(first, after, last, before);
        let (db, actor) = (ctx.read(), ctx.actor()?);
        let customer = read::records_of(&db, &[self.0.id]).await?;
        let of = (&customer[..], types.as_deref());
        let rows = events::customer_timeline(&db, actor, of, &page).await?;
        let count = counted(ctx, move |scope| {
            let (types, customer) = (types.clone(), customer.clone());
            async move {
                let of = (&customer[..], types.as_deref());
                events::customer_timeline_count(&scope.store.read(), scope.actor()?, of).await
            }
        });
        Ok(EventConnection::new(rows.map(|row| Event(Arc::new(row))), count))
    }

    /// What they wait for within reach, what is due first before what is due later: goods (`DELIVERY`, of orders that have not arrived; needs
    /// `ORDERS_READ`), money (`REFUND`, of returns that are not settled; needs `RETURNS_READ`) and answers (`ANSWER`, of cases that wait for the
    /// team; needs `CASES_READ`).
    async fn open_promises(&self, ctx: &Context<'_>) -> Result<Vec<OpenPromise>, Failure> {
        let rows = ctx.loaders().promises_of(self.0.id).await?;
        let now = ctx.store().clock().now();
        let told = |row: &Promise| OpenPromise {
            subject_id: ID(encode_prefixed(row.subject.0, row.subject.1)),
            kind: row.what.code().to_owned(),
            due_at: DateTime(row.due_at),
            overdue: row.due_at < now,
            description: row.text(),
        };
        Ok(rows.iter().map(told).collect())
    }

    /// Internal notes about them, newest first; customers never see them. Needs `CUSTOMERS_WRITE`.
    async fn notes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<NoteConnection> {
        let customer = self.0.id;
        let page = page_args(first, after, last, before);
        let rows = async { read::notes(&ctx.read(), ctx.actor()?, customer, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Note(Arc::new(row)));
        let count = counted(ctx, move |scope| async move {
            read::notes_count(&scope.store.read(), scope.actor()?, customer).await
        });
        Some(NoteConnection::new(rows, count))
    }

    /// What a person on the phone should know first, most urgent at the top, of what the asker may read within reach: `REFUND_OVERDUE`,
    /// `DISPUTE_OPEN`, `PROMISE_BROKEN`; `PROMISE_AT_RISK`, `CONTACTED_OFTEN` (an order that was asked about three times
    /// or more, with a case that is not solved), and what is out of the ordinary about their returns (`Return.highlights`); `VIP`, for whoever has the label `vip` or is of the best fifth in how often they order and
    /// what they pay.
    async fn highlights(&self, ctx: &Context<'_>) -> Result<Vec<Highlight>, Failure> {
        let rows = ctx.loaders().remarks_of(self.0.id).await?;
        let told = |row: &Remark| {
            let (kind, subject) = row.subject.unwrap_or(("cus", self.0.id));
            Highlight {
                code: row.code.to_owned(),
                severity: row.weight.into(),
                text: row.text.clone(),
                subject_id: Some(ID(encode_prefixed(kind, subject))),
            }
        };
        Ok(rows.iter().map(told).collect())
    }

    /// What they are worth, over all channels: null for whoever does not reach all of them.
    async fn value(&self, ctx: &Context<'_>) -> Option<CustomerValue> {
        let found = ctx.loaders().value_of(self.0.id).await.or_null(ctx)??;
        Some((&*found).into())
    }

    /// The segments to which they belong, by name: none for whoever does not reach all channels.
    async fn segments(&self, ctx: &Context<'_>) -> Result<Vec<Segment>, Failure> {
        let rows = ctx.loaders().segments_of(self.0.id).await?;
        Ok(rows.iter().map(|row| Segment(Arc::new(row.clone()))).collect())
    }

    /// When all that was personal was erased; null where it was not.
    async fn erased_at(&self) -> Option<DateTime> {
        self.0.erased_at.map(DateTime)
    }

    /// The customer with whose record this one was made one; null for whoever stands alone. Ids of such a record lead to the other, so that it is only seen
    /// among `mergedFrom`.
    async fn merged_into(&self, ctx: &Context<'_>) -> Option<Customer> {
        let into = self.0.merged_into?;
        ctx.loaders().customer_in_reach(into).await.or_null(ctx)?.map(Customer)
    }

    /// Records that were made one with this one, oldest first, each of which `customerUnmerge` can bring back; none for whoever does not reach all channels.
    async fn merged_from(&self, ctx: &Context<'_>) -> Option<Vec<Customer>> {
        let rows = ctx.loaders().merged_from(self.0.id).await.or_null(ctx)?;
        Some(rows.iter().cloned().map(Customer).collect())
    }

    /// When the customer was first seen.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

pub(crate) struct CustomerIdentity(Arc<customer_identity::Model>);

/// `value` is masked without `CUSTOMERS_PII`.
#[Object]
impl CustomerIdentity {
    /// What it is.
    async fn kind(&self) -> IdentityKind {
        self.0.kind.into()
    }

    /// Its value, as it was written.
    async fn value(&self, ctx: &Context<'_>) -> String {
        let value = &self.0.value;
        if full(ctx, self.0.customer_id) {
            return value.clone();
        }
        if self.0.kind == enums::IdentityKind::Email { mask_email(value) } else { mask_tail(value) }
    }

    /// Whether it is certain: an account that its own channel told of with an order. Anything else is what somebody said.
    async fn verified(&self) -> bool {
        self.0.verified
    }

    /// The channel it is known in; null where it is known everywhere.
    async fn channel(&self, ctx: &Context<'_>) -> Option<Channel> {
        if self.0.scope.is_nil() {
            return None;
        }
        ctx.loaders().channel(self.0.scope).await.or_null(ctx)?.map(Channel)
    }
}

/// A way a customer is known.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CustomerIdentityInput {
    /// What it is.
    kind: IdentityKind,
    /// Its value, up to 320 characters.
    value: String,
    /// The channel it is known in; a channel account without one belongs to the order's channel.
    channel_id: Option<ID>,
}

impl From<CustomerIdentityInput> for Identity {
    fn from(input: CustomerIdentityInput) -> Self {
        Self {
            kind: input.kind.into(),
            value: input.value,
            channel_id: input.channel_id.map(|id| uuid(Kind::Channel, &id)),
        }
    }
}

/// What is known of a customer.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct CustomerInput {
    /// Name, up to 200 characters.
    name: Option<String>,
    /// Main email; a customer who has it is found.
    email: Option<String>,
    /// Main telephone number; it alone does not make two people one.
    phone: Option<String>,
    /// Company.
    company: Option<String>,
    /// Language.
    locale: Option<String>,
    /// Other ways they are known; a customer who has one is found.
    identities: Option<Vec<CustomerIdentityInput>>,
    /// An address.
    address: Option<AddressInput>,
    /// Labels.
    tags: Option<Vec<String>>,
}

impl CustomerInput {
    /// The labels, where they were given.
    pub(crate) const fn tags(&self) -> Option<&Vec<String>> {
        self.tags.as_ref()
    }
}

impl From<CustomerInput> for NewCustomer {
    fn from(input: CustomerInput) -> Self {
        Self {
            name: input.name,
            email: input.email,
            phone: input.phone,
            company: input.company,
            locale: input.locale,
            identities: input.identities.into_iter().flatten().map(Into::into).collect(),
            address: input.address.map(Into::into),
            tags: input.tags.unwrap_or_default(),
        }
    }
}

/// Who orders: by id, or found by email or identity, else made.
#[derive(Debug, OneofObject)]
pub(crate) enum CustomerReferenceInput {
    /// A customer we know.
    Id(ID),
    /// One to find by email or identity, else to make.
    Create(Box<CustomerInput>),
    /// One to find by identity, else to make.
    Identity(CustomerIdentityInput),
}

impl From<CustomerReferenceInput> for CustomerRef {
    fn from(input: CustomerReferenceInput) -> Self {
        match input {
            CustomerReferenceInput::Id(id) => Self::Id(uuid(Kind::Customer, &id)),
            CustomerReferenceInput::Create(new) => Self::Create(Box::new((*new).into())),
            CustomerReferenceInput::Identity(identity) => Self::Identity(identity.into()),
        }
    }
}

/// What a customer agreed to, or no longer does.
#[derive(SimpleObject)]
pub(crate) struct Consent {
    /// To what, such as `marketing.email`.
    purpose: String,
    /// Whether it was given, or taken back.
    granted: bool,
    /// Where it was said: a form, a call, a letter.
    source: String,
    /// When.
    at: DateTime,
}

/// Something that a customer waits for.
#[derive(SimpleObject)]
pub(crate) struct OpenPromise {
    /// What it is about.
    subject_id: ID,
    /// What was promised: `DELIVERY`, `REFUND` or `ANSWER`.
    kind: String,
    /// Until when.
    due_at: DateTime,
    /// Whether that is over.
    overdue: bool,
    /// A sentence for people.
    description: String,
}

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Weight")]
pub(crate) enum Severity {
    /// Good to know.
    Info,
    /// To be looked at.
    Warning,
    /// To be acted on.
    Critical,
}

/// Something that whoever looks at it should see first.
#[derive(SimpleObject)]
pub(crate) struct Highlight {
    /// A word for programs, such as `RETURN_RATE_HIGH`.
    pub(crate) code: String,
    /// How much it matters.
    pub(crate) severity: Severity,
    /// A sentence for people.
    pub(crate) text: String,
    /// What it is about.
    pub(crate) subject_id: Option<ID>,
}

crate::paging::connection!(CustomerConnection, CustomerEdge, Customer, "customers");
