//! Customers as the schema shows them.

use crate::access::types::{mask_email, mask_tail};
use crate::catalog::types::Channel;
use crate::context::Ask;
use crate::credit::types::StoreCreditAccount;
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, id, uuid};
use crate::scalars::{Address, AddressInput, DateTime};
use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject};
use entities::{customer, customer_identity, enums};
use operations::customers::resolve::{CustomerRef, Identity, NewCustomer};

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

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
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
