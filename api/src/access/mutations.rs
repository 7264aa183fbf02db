//! Signing in and going on, and partners' tokens.

use super::api_tokens::{
    self, ApiTokenCreateInput, ApiTokenPayload, ApiTokenRevokeInput, ApiTokenRotateInput,
    ApiTokenSecretPayload,
};
use super::types::User;
use super::users::{
    self, PasswordChangeInput, RoleDefineInput, RolePayload, UserCreateInput, UserPayload,
    UserUpdateInput,
};
use crate::auth::Tokens;
use crate::context::{Ask, present};
use crate::errors::{OrNull, UserError};
use crate::ids::Kind;
use crate::scalars::DateTime;
use async_graphql::{Context, InputObject, Object, SimpleObject};
use operations::access::session::{self, Begun};

/// Who signs in.
#[derive(InputObject)]
pub(crate) struct SignInInput {
    /// The address of the account.
    email: String,
    /// Its password.
    password: String,
}

/// What refreshes a session.
#[derive(InputObject)]
pub(crate) struct SessionRefreshInput {
    /// The newest refresh token of the session.
    refresh_token: String,
}

/// What ends a session.
#[derive(InputObject)]
pub(crate) struct SignOutInput {
    /// A refresh token of the session.
    refresh_token: String,
}

/// What came of signing out.
#[derive(SimpleObject)]
pub(crate) struct SignOutPayload {
    /// Whether the session has ended; its access tokens stop working within five seconds.
    done: bool,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// A session: send `accessToken` as `Authorization: Bearer …`.
#[derive(SimpleObject)]
pub(crate) struct Session {
    /// A JWT for the `Authorization` header.
    access_token: String,
    /// When it stops working; refresh the session before.
    expires_at: DateTime,
    /// Refreshes the session once; using it twice ends the session.
    refresh_token: String,
    /// Who signed in.
    user: User,
}

/// What came of signing in.
#[derive(SimpleObject)]
pub(crate) struct SessionPayload {
    /// The session.
    session: Option<Session>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct AccessMutation;

#[Object]
impl AccessMutation {
    /// Email and password for a short-lived JWT and a rotating refresh token. Reuse of a spent refresh
    /// token ends the whole session family. A wrong password is an UNAUTHENTICATED error that does not
    /// say whether the account exists. After five failures the account, and the address they came from,
    /// wait longer each time: `RATE_LIMITED`, with `extensions.retryAfter` in seconds.
    async fn sign_in(&self, ctx: &Context<'_>, input: SignInInput) -> Option<SessionPayload> {
        let SignInInput { email, password } = input;
        let scope = ctx.scope();
        let begun = session::sign_in(ctx.store(), &email, &password, &scope.request).await;
        if begun.is_err() {
            let account = session::account(ctx.store(), &email).await.or_null(ctx)?;
            if let Some(id) = account {
                scope.views.attempted((Kind::User.prefix(), id));
            }
        }
        payload(ctx, begun).await
    }

    /// A new access token and a new refresh token for a session that goes on.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        input: SessionRefreshInput,
    ) -> Option<SessionPayload> {
        let begun = session::refresh(ctx.store(), &input.refresh_token, &ctx.scope().request).await;
        payload(ctx, begun).await
    }

    /// End a session, with all its tokens; once more, or with a token that is not known, changes nothing.
    async fn sign_out(&self, ctx: &Context<'_>, input: SignOutInput) -> Option<SignOutPayload> {
        session::sign_out(ctx.store(), &input.refresh_token, &ctx.scope().request)
            .await
            .or_null(ctx)?;
        Some(SignOutPayload { done: true, user_errors: Vec::new() })
    }

    /// Make a user. Nobody grants a right, limit or reach that they lack. Needs `ACCESS_MANAGE`.
    async fn user_create(
        &self,
        ctx: &Context<'_>,
        input: UserCreateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<UserPayload> {
        users::create(ctx, input, idempotency_key).await
    }

    /// Change a user; a new password or `active: false` ends all their sessions within five seconds. Needs
    /// `ACCESS_MANAGE` and at least the user's own rights, limits and reach. Nobody shuts themselves out.
    async fn user_update(
        &self,
        ctx: &Context<'_>,
        input: UserUpdateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<UserPayload> {
        users::update(ctx, input, idempotency_key).await
    }

    /// Set one's own password anew, which ends every other session of the user. Needs a session and the
    /// current password; guessing it is slowed as at the sign-in.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        input: PasswordChangeInput,
    ) -> Option<UserPayload> {
        users::change_password(ctx, input).await
    }

    /// Make a role, or change one that is not built in; its holders can do what it says within five
    /// seconds. Nobody defines a role that may do more than themselves. Needs `ACCESS_MANAGE`.
    async fn role_define(
        &self,
        ctx: &Context<'_>,
        input: RoleDefineInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<RolePayload> {
        users::define_role(ctx, input, idempotency_key).await
    }

    /// Make a partner's token, which can do and reach no more than its maker. Needs `ACCESS_MANAGE`.
    async fn api_token_create(
        &self,
        ctx: &Context<'_>,
        input: ApiTokenCreateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ApiTokenSecretPayload> {
        api_tokens::create(ctx, input, idempotency_key).await
    }

    /// Give a token a new secret; needs at least the token's own rights and reach besides
    /// `ACCESS_MANAGE`.
    async fn api_token_rotate(
        &self,
        ctx: &Context<'_>,
        input: ApiTokenRotateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ApiTokenSecretPayload> {
        api_tokens::rotate(ctx, input, idempotency_key).await
    }

    /// Withdraw a token: its next request fails, and its open sockets close within five seconds. Needs
    /// `ACCESS_MANAGE` and the token's own rights and reach.
    async fn api_token_revoke(
        &self,
        ctx: &Context<'_>,
        input: ApiTokenRevokeInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ApiTokenPayload> {
        api_tokens::revoke(ctx, input, idempotency_key).await
    }
}

async fn payload(ctx: &Context<'_>, begun: operations::Result<Begun>) -> Option<SessionPayload> {
    let begun = begun.or_null(ctx)?;
    let issued = async { ctx.data_unchecked::<Tokens>().issue(begun.user_id, begun.session_id) };
    let (access_token, expires_at) = issued.await.or_null(ctx)?;
    let user = present(ctx.loaders().user(begun.user_id).await.or_null(ctx)?).or_null(ctx)?;
    let session = Session {
        access_token,
        expires_at: DateTime(expires_at),
        refresh_token: begun.refresh_token,
        user: User::own(user),
    };
    Some(SessionPayload { session: Some(session), user_errors: Vec::new() })
}
