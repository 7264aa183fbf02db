//! Users, tokens, roles and who did something, as the schema shows them.

use crate::catalog::types::{Channel, Location};
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, id, uuids};
use crate::loaders::Scope;
use crate::paging::connection;
use crate::scalars::{DateTime, Decimal};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entities::{api_token, enums, role, user};
use futures::FutureExt;
use operations::access::grants::GrantLimits;
use operations::access::read::{permissions_of, reach_of, role_permissions};
use operations::actor;
use operations::permissions;
use std::sync::Arc;
use uuid::Uuid;

macro_rules! permission_enum {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A right to do one kind of thing. Granted through roles and tokens.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        #[graphql(remote = "permissions::Permission")]
        pub(crate) enum Permission { $($(#[$doc])* $name,)* }
    };
}

permission_enum! {
    /// See channels, locations and products.
    CatalogRead,
    /// Change them.
    CatalogWrite,
    /// See orders.
    OrdersRead,
    /// Place and change orders, and read and write internal notes.
    OrdersWrite,
    /// See and decide risk.
    OrdersRisk,
    /// See the work of locations.
    FulfillmentRead,
    /// Do it.
    FulfillmentWrite,
    /// See stock.
    StockRead,
    /// Change stock.
    StockWrite,
    /// See costs, suppliers and purchase orders.
    PurchasingRead,
    /// Buy.
    PurchasingWrite,
    /// See payments.
    PaymentsRead,
    /// Capture and void.
    PaymentsWrite,
    /// Give money back.
    RefundsWrite,
    /// See settlements and bank statements.
    SettlementsRead,
    /// Import and match them.
    SettlementsWrite,
    /// See the books.
    LedgerRead,
    /// Post to the books.
    LedgerWrite,
    /// See returns.
    ReturnsRead,
    /// Handle returns.
    ReturnsWrite,
    /// See customers, personal data masked.
    CustomersRead,
    /// Change customers.
    CustomersWrite,
    /// See personal data in full.
    CustomersPii,
    /// Handle privacy requests.
    CustomersPrivacy,
    /// See cases.
    CasesRead,
    /// Handle cases.
    CasesWrite,
    /// See procedures.
    ProceduresRead,
    /// Change procedures.
    ProceduresWrite,
    /// See key figures and integrity reports.
    InsightsRead,
    /// Manage webhooks.
    WebhooksManage,
    /// Manage users, roles and tokens.
    AccessManage,
    /// See the audit log.
    AuditRead,
}

fn listed(permissions: permissions::Permissions) -> Vec<Permission> {
    permissions.iter().map(Permission::from).collect()
}

#[derive(Clone)]
pub(crate) struct Reach(actor::Reach);

/// Rows an actor can reach. Null means no restriction; an empty list reaches nothing. An order is
/// reached through its channel and, where locations are restricted, through a fulfillment at one of
/// them; a customer through an order in reach. A row in reach shows the channel, location and variant
/// it names.
#[Object]
impl Reach {
    /// The channels in reach; null for all.
    async fn channels(&self, ctx: &Context<'_>) -> Option<Vec<Channel>> {
        let mut channels = Vec::new();
        for id in self.0.channels.as_ref()? {
            channels.extend(ctx.loaders().channel(*id).await.or_null(ctx)?.map(Channel));
        }
        Some(channels)
    }

    /// The locations in reach; null for all.
    async fn locations(&self, ctx: &Context<'_>) -> Option<Vec<Location>> {
        let mut locations = Vec::new();
        for id in self.0.locations.as_ref()? {
            locations.extend(ctx.loaders().location(*id).await.or_null(ctx)?.map(Location));
        }
        Some(locations)
    }
}

pub(crate) struct Viewer(pub(crate) Arc<operations::Actor>);

/// Who asks: a user or a partner's token, and what it may do.
#[Object]
impl Viewer {
    /// The user who asks; null for a token.
    async fn user(&self, ctx: &Context<'_>) -> Option<User> {
        if self.0.kind != enums::ActorKind::User {
            return None;
        }
        ctx.loaders().user(self.0.id?).await.or_null(ctx)?.map(User::new)
    }

    /// The token that asks; null for a user.
    async fn api_token(&self, ctx: &Context<'_>) -> Option<ApiToken> {
        if self.0.kind != enums::ActorKind::ApiToken {
            return None;
        }
        ctx.loaders().api_token(self.0.id?).await.or_null(ctx)?.map(ApiToken)
    }

    /// Everything the asker may do.
    async fn permissions(&self) -> Vec<Permission> {
        listed(self.0.permissions)
    }

    /// The rows the asker reaches.
    async fn reach(&self) -> Reach {
        Reach(self.0.reach.clone())
    }
}

/// Rows to reach. Null means no restriction; an empty list reaches nothing.
#[derive(InputObject)]
pub(crate) struct ReachInput {
    /// Channels; null for all that the granter reaches.
    channel_ids: Option<Vec<ID>>,
    /// Locations; null for all that the granter reaches.
    location_ids: Option<Vec<ID>>,
}

impl ReachInput {
    pub(crate) fn into_reach(self) -> actor::Reach {
        actor::Reach {
            channels: self.channel_ids.map(|ids| uuids(Kind::Channel, &ids)),
            locations: self.location_ids.map(|ids| uuids(Kind::Location, &ids)),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Role(pub(crate) Arc<role::Model>);

/// A named set of permissions. Built in: admin, `operations_manager`, warehouse, finance, agent,
/// auditor.
#[Object]
impl Role {
    /// Its id, `rol_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Role, self.0.id)
    }

    /// Its name, unique.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// What its holders may do.
    async fn permissions(&self) -> Vec<Permission> {
        listed(role_permissions(&self.0))
    }

    /// Whether it came with the system and cannot be changed.
    async fn built_in(&self) -> bool {
        self.0.built_in
    }

    /// Largest refund a holder may grant alone, in the legal entity's base currency; null for no limit.
    async fn refund_limit(&self) -> Option<Decimal> {
        GrantLimits::of_role(&self.0).refund.map(Decimal)
    }

    /// Goodwill alone: store credit, refunds without a return, waived shipping and price cuts together, for
    /// each case; null for no limit.
    async fn goodwill_per_case_limit(&self) -> Option<Decimal> {
        GrantLimits::of_role(&self.0).goodwill_per_case.map(Decimal)
    }

    /// The same for each customer in 90 rolling days.
    async fn goodwill_per_customer_limit(&self) -> Option<Decimal> {
        GrantLimits::of_role(&self.0).goodwill_per_customer.map(Decimal)
    }
}

#[derive(Clone)]
pub(crate) struct User {
    row: Arc<user::Model>,
    /// Whether it is shown to itself, though nobody is signed in yet.
    own: bool,
}

impl User {
    pub(crate) fn new(row: Arc<user::Model>) -> Self {
        Self { row, own: false }
    }

    /// The user who just signed in.
    pub(crate) fn own(row: Arc<user::Model>) -> Self {
        Self { row, own: true }
    }

    fn open_to(&self, scope: &Scope) -> bool {
        self.own
            || scope.actor.as_ref().is_some_and(|actor| {
                actor.id == Some(self.row.id) || actor.may(permissions::Permission::AccessManage)
            })
    }
}

/// Email is masked, roles and reach are null, unless it is oneself or with `ACCESS_MANAGE`.
#[Object]
impl User {
    /// Its id, `usr_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::User, self.row.id)
    }

    /// The address to sign in with.
    async fn email(&self, ctx: &Context<'_>) -> String {
        if self.open_to(ctx.scope()) { self.row.email.clone() } else { mask_email(&self.row.email) }
    }

    /// What colleagues call them.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The roles held, by name.
    async fn roles(&self, ctx: &Context<'_>) -> Option<Vec<Role>> {
        if !self.open_to(ctx.scope()) {
            return None;
        }
        let held = ctx.loaders().roles_of(self.row.id).await.or_null(ctx)?;
        Some(held.iter().map(|held| Role(Arc::new(held.role.clone()))).collect())
    }

    /// The rows the user reaches.
    async fn reach(&self, ctx: &Context<'_>) -> Option<Reach> {
        let row = &self.row;
        self.open_to(ctx.scope())
            .then(|| Reach(reach_of(row.reach_channels.as_ref(), row.reach_locations.as_ref())))
    }

    /// Whether they may sign in.
    async fn active(&self) -> bool {
        self.row.active
    }

    /// When they last signed in.
    async fn last_sign_in_at(&self) -> Option<DateTime> {
        self.row.last_sign_in_at.map(DateTime)
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.row.created_at)
    }
}

#[derive(Clone)]
pub(crate) struct ApiToken(pub(crate) Arc<api_token::Model>);

/// A partner's credential. The secret is shown once, at creation or rotation, and only its hash is
/// kept.
#[Object]
impl ApiToken {
    /// Its id, `tok_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::ApiToken, self.0.id)
    }

    /// What it is for.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The last four characters of the secret.
    async fn hint(&self) -> &str {
        &self.0.hint
    }

    /// What it may do.
    async fn permissions(&self) -> Vec<Permission> {
        listed(permissions_of(&self.0.permissions))
    }

    /// The rows it reaches.
    async fn reach(&self) -> Reach {
        Reach(reach_of(self.0.reach_channels.as_ref(), self.0.reach_locations.as_ref()))
    }

    /// When it stops working; null for never.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }

    /// When it was withdrawn.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Who made it; null for the command line.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<User> {
        ctx.loaders().user(self.0.created_by?).await.or_null(ctx)?.map(User::new)
    }
}

/// What kind of actor did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ActorKind")]
pub(crate) enum ActorKind {
    /// A person with an account.
    User,
    /// A partner's token.
    ApiToken,
    /// The system itself: a timer or the command line.
    System,
}

/// Who did something: a user, a partner's token, or the system itself.
#[derive(Clone, SimpleObject)]
pub(crate) struct ActorRef {
    /// What kind of actor.
    kind: ActorKind,
    /// What to call it: a user's or token's name, or `system`.
    label: String,
    /// The user, if it was one.
    user: Option<User>,
    /// The token, if it was one. Null without `ACCESS_MANAGE`, unless it is oneself.
    api_token: Option<ApiToken>,
}

impl ActorRef {
    /// Nobody was signed in.
    pub(crate) fn nobody() -> Self {
        let kind = ActorKind::System;
        Self { kind, label: "nobody".into(), user: None, api_token: None }
    }

    pub(crate) async fn load(
        ctx: &Context<'_>,
        kind: enums::ActorKind,
        id: Option<Uuid>,
    ) -> Result<Self, Failure> {
        Self::find(ctx, kind, id).boxed().await
    }

    async fn find(
        ctx: &Context<'_>,
        kind: enums::ActorKind,
        id: Option<Uuid>,
    ) -> Result<Self, Failure> {
        let loaders = ctx.loaders();
        let blank = Self { kind: kind.into(), label: "system".into(), user: None, api_token: None };
        match (kind, id) {
            (enums::ActorKind::User, Some(id)) => {
                let user = present(loaders.user(id).await?)?;
                Ok(Self { label: user.name.clone(), user: Some(User::new(user)), ..blank })
            }
            (enums::ActorKind::ApiToken, Some(id)) => {
                let token = present(loaders.api_token(id).await?)?;
                let own = ctx.actor().is_ok_and(|actor| actor.id == Some(id));
                let open = own || ctx.may(permissions::Permission::AccessManage);
                let label = token.name.clone();
                Ok(Self { label, api_token: open.then_some(ApiToken(token)), ..blank })
            }
            (enums::ActorKind::System, _) | (_, None) => Ok(blank),
        }
    }
}

/// `a…@example.com`: enough to recognize, too little to write to.
pub(crate) fn mask_email(email: &str) -> String {
    let (local, host) = email.split_once('@').unwrap_or((email, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{host}")
}

/// The last two digits alone.
pub(crate) fn mask_tail(value: &str) -> String {
    let shown: Vec<char> = value.chars().rev().take(2).collect();
    let shown: String = shown.into_iter().rev().collect();
    format!("…{shown}")
}

connection!(ApiTokenConnection, ApiTokenEdge, ApiToken, "tokens");
connection!(UserConnection, UserEdge, User, "users");
