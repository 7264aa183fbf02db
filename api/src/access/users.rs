//! `userCreate`, `userUpdate`, `passwordChange` and `roleDefine`.

use super::types::{Permission, ReachInput, Role, User};
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid, uuids};
use crate::scalars::Decimal;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use operations::access::grants::GrantLimits;
use operations::access::password_change::password_change;
use operations::access::role_define::{DefineRole, role_define};
use operations::access::user_create::{CreateUser, user_create};
use operations::access::user_update::{UpdateUser, user_update};
use uuid::Uuid;

/// A user to make.
#[derive(InputObject)]
pub(crate) struct UserCreateInput {
    /// The address to sign in with; of one user alone.
    email: String,
    /// What colleagues call them; 1 to 200 characters.
    name: String,
    /// 12 to 200 characters. Without one the user signs in through an identity provider alone.
    password: Option<String>,
    /// Roles, at least one; none that may do more than who grants it.
    role_ids: Vec<ID>,
    /// Which rows they reach; by default those of who makes them, and never more.
    reach: Option<ReachInput>,
}

/// What to change of a user. A new `password` or `active: false` ends all sessions of the user.
#[derive(InputObject)]
pub(crate) struct UserUpdateInput {
    /// The user.
    user_id: ID,
    /// What colleagues call them; 1 to 200 characters.
    name: Option<String>,
    /// 12 to 200 characters.
    password: Option<String>,
    /// All roles they hold from now on, at least one.
    role_ids: Option<Vec<ID>>,
    /// Which rows they reach from now on.
    reach: Option<ReachInput>,
    /// Whether they may sign in.
    active: Option<bool>,
}

/// A password to change.
#[derive(InputObject)]
pub(crate) struct PasswordChangeInput {
    /// The one that works now.
    current_password: String,
    /// The one that works from now on; 12 to 200 characters.
    new_password: String,
}

/// What a role is to be.
#[derive(InputObject)]
pub(crate) struct RoleDefineInput {
    /// The role to change, none that is built in; null makes one.
    role_id: Option<ID>,
    /// Its name, unique; 1 to 100 characters.
    name: String,
    /// What it is for; up to 500 characters.
    description: Option<String>,
    /// What its holders may do; nothing that who defines it may not.
    permissions: Vec<Permission>,
    /// Largest refund a holder may grant alone, in the legal entity's base currency; null for no limit,
    /// and never above the limit of who defines it.
    refund_limit: Option<Decimal>,
    /// Goodwill a holder may grant alone in a case; as `refundLimit`.
    goodwill_per_case_limit: Option<Decimal>,
    /// Goodwill a holder may grant a customer alone in 90 rolling days; as `refundLimit`.
    goodwill_per_customer_limit: Option<Decimal>,
}

/// What came of changing a user.
#[derive(SimpleObject)]
pub(crate) struct UserPayload {
    /// The user; null when refused.
    user: Option<User>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of defining a role.
#[derive(SimpleObject)]
pub(crate) struct RolePayload {
    /// The role; null when refused.
    role: Option<Role>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

pub(super) async fn create(
    ctx: &Context<'_>,
    input: UserCreateInput,
    key: Option<String>,
) -> Option<UserPayload> {
    let command = CreateUser {
        email: input.email,
        name: input.name,
        password: input.password,
        roles: uuids(Kind::Role, &input.role_ids),
        reach: input.reach.map(ReachInput::into_reach).unwrap_or_default(),
    };
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    shown(ctx, user_create(ctx.store(), call, &command).await).await
}

pub(super) async fn update(
    ctx: &Context<'_>,
    input: UserUpdateInput,
    key: Option<String>,
) -> Option<UserPayload> {
    let command = UpdateUser {
        user_id: uuid(Kind::User, &input.user_id),
        name: input.name,
        password: input.password,
        roles: input.role_ids.map(|ids| uuids(Kind::Role, &ids)),
        reach: input.reach.map(ReachInput::into_reach),
        active: input.active,
    };
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    shown(ctx, user_update(ctx.store(), call, &command).await).await
}

pub(super) async fn change_password(
    ctx: &Context<'_>,
    input: PasswordChangeInput,
) -> Option<UserPayload> {
    let actor = ctx.actor().or_null(ctx)?;
    let PasswordChangeInput { current_password, new_password } = input;
    let changed = password_change(ctx.store(), actor, &current_password, &new_password).await;
    shown(ctx, changed).await
}

pub(super) async fn define_role(
    ctx: &Context<'_>,
    input: RoleDefineInput,
    key: Option<String>,
) -> Option<RolePayload> {
    let command = DefineRole {
        role_id: input.role_id.map(|id| uuid(Kind::Role, &id)),
        name: input.name,
        description: input.description,
        permissions: input.permissions.into_iter().map(Into::into).collect(),
        limits: GrantLimits {
            refund: input.refund_limit.map(|limit| limit.0),
            goodwill_per_case: input.goodwill_per_case_limit.map(|limit| limit.0),
            goodwill_per_customer: input.goodwill_per_customer_limit.map(|limit| limit.0),
        },
    };
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    let (id, user_errors) = answer(ctx, role_define(ctx.store(), call, &command).await)?;
    let role = match id {
        Some(id) => ctx.loaders().role(id).await.or_null(ctx)?.map(Role),
        None => None,
    };
    Some(RolePayload { role, user_errors })
}

async fn shown(ctx: &Context<'_>, made: operations::Result<Uuid>) -> Option<UserPayload> {
    let (id, user_errors) = answer(ctx, made)?;
    let user = match id {
        Some(id) => ctx.loaders().user(id).await.or_null(ctx)?.map(User::new),
        None => None,
    };
    Some(UserPayload { user, user_errors })
}
