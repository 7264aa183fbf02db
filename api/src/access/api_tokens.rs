//! `apiTokenCreate`, `apiTokenRotate` and `apiTokenRevoke`.

use super::types::{ApiToken, Permission, ReachInput};
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::scalars::DateTime;
use async_graphql::{Context, ID, InputObject, SimpleObject};
use operations::access::api_token_create::{CreateToken, NewSecret, api_token_create};
use operations::access::api_token_revoke::api_token_revoke;
use operations::access::api_token_rotate::{RotateToken, api_token_rotate};
use uuid::Uuid;

/// A token to make.
#[derive(InputObject)]
pub(crate) struct ApiTokenCreateInput {
    /// What it is for; 1 to 100 characters.
    name: String,
    /// What it may do; nothing that its maker may not.
    permissions: Vec<Permission>,
    /// Which rows it reaches; by default those of its maker, and never more.
    reach: Option<ReachInput>,
    /// When it stops working; never without it.
    expires_at: Option<DateTime>,
}

/// A token to give a new secret.
#[derive(InputObject)]
pub(crate) struct ApiTokenRotateInput {
    /// The token.
    api_token_id: ID,
    /// How long the old secret keeps working, 0 to 86,400; 0 by default.
    overlap_seconds: Option<i32>,
}

/// A token to withdraw.
#[derive(InputObject)]
pub(crate) struct ApiTokenRevokeInput {
    /// The token.
    api_token_id: ID,
}

/// What came of changing a token.
#[derive(SimpleObject)]
pub(crate) struct ApiTokenPayload {
    /// The token; null when refused.
    api_token: Option<ApiToken>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of making a secret.
#[derive(SimpleObject)]
pub(crate) struct ApiTokenSecretPayload {
    /// The token; null when refused.
    api_token: Option<ApiToken>,
    /// The secret, shown here and never again: a replay under the same idempotency key gives null.
    secret: Option<String>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

pub(super) async fn create(
    ctx: &Context<'_>,
    input: ApiTokenCreateInput,
    key: Option<String>,
) -> Option<ApiTokenSecretPayload> {
    let command = CreateToken {
        name: input.name,
        permissions: input.permissions.into_iter().map(Into::into).collect(),
        reach: input.reach.map(ReachInput::into_reach).unwrap_or_default(),
        expires_at: input.expires_at.map(|at| at.0),
    };
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    shown(ctx, api_token_create(ctx.store(), call, &command).await).await
}

pub(super) async fn rotate(
    ctx: &Context<'_>,
    input: ApiTokenRotateInput,
    key: Option<String>,
) -> Option<ApiTokenSecretPayload> {
    let command = RotateToken {
        token_id: uuid(Kind::ApiToken, &input.api_token_id),
        overlap_seconds: input.overlap_seconds.unwrap_or(0),
    };
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    shown(ctx, api_token_rotate(ctx.store(), call, &command).await).await
}

pub(super) async fn revoke(
    ctx: &Context<'_>,
    input: ApiTokenRevokeInput,
    key: Option<String>,
) -> Option<ApiTokenPayload> {
    let token = uuid(Kind::ApiToken, &input.api_token_id);
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    let (id, user_errors) = answer(ctx, api_token_revoke(ctx.store(), call, token).await)?;
    Some(ApiTokenPayload { api_token: load(ctx, id).await, user_errors })
}

async fn shown(
    ctx: &Context<'_>,
    made: operations::Result<NewSecret>,
) -> Option<ApiTokenSecretPayload> {
    let (made, user_errors) = answer(ctx, made)?;
    let (id, secret) = made.map(|made| (made.id, made.secret)).unzip();
    Some(ApiTokenSecretPayload {
        api_token: load(ctx, id).await,
        secret: secret.flatten(),
        user_errors,
    })
}

async fn load(ctx: &Context<'_>, id: Option<Uuid>) -> Option<ApiToken> {
    ctx.loaders().api_token(id?).await.or_null(ctx)?.map(ApiToken)
}
