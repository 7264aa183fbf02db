//! The two exhaustive matches from `operations::Error`: to GraphQL errors and to `userErrors`.

use async_graphql::{Context, Enum, ErrorExtensionValues, Pos, ServerError, SimpleObject};
use operations::{Error, Refusal, RefusalCode};
use serde_json::Value as Json;

/// What a resolver fails with. It has no `Display` on purpose: a cause never reaches a client.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    code: &'static str,
    message: String,
    /// Seconds to wait.
    retry_after: Option<u64>,
}

impl Failure {
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut retry_after = None;
        let (code, message) = match error {
            Error::Unauthenticated(why) => ("UNAUTHENTICATED", why.to_owned()),
            Error::Forbidden(permission) => {
                ("FORBIDDEN", format!("this needs the permission {}", permission.name()))
            }
            Error::TooMany(wait) => {
                let seconds = wait.as_secs();
                retry_after = Some(seconds);
                ("RATE_LIMITED", format!("too many attempts, try again in {seconds} s"))
            }
            Error::BadInput(why) => ("BAD_INPUT", why),
            Error::CursorInvalid => {
                ("CURSOR_INVALID", "this cursor does not belong to this list".to_owned())
            }
            Error::CursorExpired => {
                let message = "what came behind this cursor is no longer kept: begin anew";
                ("CURSOR_EXPIRED", message.to_owned())
            }
            Error::Refused(refusals) => {
                let words: Vec<String> = refusals
                    .into_iter()
                    .map(|refusal| format!("{}: {}", refusal.field.join("."), refusal.message))
                    .collect();
                ("BAD_INPUT", words.join("; "))
            }
            Error::Unavailable(why) => {
                tracing::warn!(%why, "unavailable");
                ("UNAVAILABLE", "the service cannot answer now, try again".to_owned())
            }
            Error::Contended | Error::Undone => {
                ("UNAVAILABLE", "the service cannot answer now, try again".to_owned())
            }
            Error::Internal(cause) => internal(&cause),
            Error::Database(cause) => internal(&cause.to_string()),
        };
        Self { code, message, retry_after }
    }
}

/// The cause is logged once, here; the client gets a fixed sentence. The log line carries the
/// request's id through its span.
fn internal(cause: &str) -> (&'static str, String) {
    tracing::error!(%cause, "internal error");
    ("INTERNAL", "something went wrong on our side".to_owned())
}

impl From<Failure> for async_graphql::Error {
    fn from(failure: Failure) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", failure.code);
        if let Some(seconds) = failure.retry_after {
            extensions.set("retryAfter", seconds);
        }
        Self { message: failure.message, source: None, extensions: Some(extensions) }
    }
}

/// For nullable fields: a failure is recorded at the field's path and the field alone is null.
pub(crate) trait OrNull<T> {
    fn or_null(self, ctx: &Context<'_>) -> Option<T>;
}

impl<T, E: Into<Failure>> OrNull<T> for Result<T, E> {
    fn or_null(self, ctx: &Context<'_>) -> Option<T> {
        self.map_err(|error| {
            let error = async_graphql::Error::from(error.into());
            let error = ServerError {
                extensions: error.extensions,
                ..ServerError::new(error.message, Some(position(ctx)))
            };
            ctx.add_error(ctx.set_error_path(error));
        })
        .ok()
    }
}

fn position(ctx: &Context<'_>) -> Pos {
    ctx.item.pos
}

/// What a mutation answers: the result, or why a rule refused it.
pub(crate) type Answer<T> = (Option<T>, Vec<UserError>);

/// Sorts refusals by a rule into `userErrors`; anything else nulls the field.
pub(crate) fn answer<T>(ctx: &Context<'_>, result: operations::Result<T>) -> Option<Answer<T>> {
    match result {
        Ok(value) => Some((Some(value), Vec::new())),
        Err(Error::Refused(refusals)) => Some((None, user_errors(refusals))),
        Err(error) => Err(error).or_null(ctx),
    }
}

/// Refusals as the API shows them; fields are named from the input down.
pub(crate) fn user_errors(refusals: Vec<Refusal>) -> Vec<UserError> {
    refusals.into_iter().map(UserError::from).collect()
}

/// Why a mutation was refused by a business rule. Missing permission, bad tokens and malformed
/// documents are GraphQL errors with `extensions.code` instead.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct UserError {
    /// What kind of fault, for a program.
    code: UserErrorCode,
    /// What is wrong and what would be right, for a person. In English.
    message: String,
    /// The path of the fault within the mutation's arguments, such as `["input", "lines", "0", "sku"]`.
    field: Option<Vec<String>>,
    /// Facts for a program, such as how many units are left.
    details: Option<Json>,
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        let root = match refusal.field.first().map(String::as_str) {
            Some("idempotencyKey") => None,
            Some(_) | None => Some("input".to_owned()),
        };
        let field = root.into_iter().chain(refusal.field).collect();
        Self {
            code: refusal.code.into(),
            message: refusal.message,
            field: Some(field),
            details: refusal.details,
        }
    }
}

/// The kinds of fault a client can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum UserErrorCode {
    /// It is not there, or not within reach: the two look the same.
    NotFound,
    /// The value cannot be right.
    Invalid,
    /// A value is missing.
    Required,
    /// It is there already.
    Duplicate,
    /// The object's state does not allow it.
    StateConflict,
    /// The object has changed since it was read: read it again.
    VersionConflict,
    /// Not enough stock; `details` says how much there is.
    OutOfStock,
    /// No location can serve it as asked.
    NotRoutable,
    /// A hold stands in the way.
    OnHold,
    /// More than there is, or than is allowed.
    AmountExceeded,
    /// Two currencies that cannot be mixed.
    CurrencyMismatch,
    /// The authorization has run out.
    AuthorizationExpired,
    /// The payment provider said no.
    ProviderDeclined,
    /// A policy of the shop forbids it.
    PolicyViolation,
    /// The accounting period is closed.
    PeriodClosed,
    /// A limit is reached.
    LimitExceeded,
    /// The idempotency key was used before with another input.
    IdempotencyMismatch,
    /// It is reconciled already.
    AlreadyReconciled,
    /// Debit and credit differ.
    Unbalanced,
    /// The file is not of the format.
    FormatError,
}

impl From<RefusalCode> for UserErrorCode {
    fn from(code: RefusalCode) -> Self {
        match code {
            RefusalCode::NotFound => Self::NotFound,
            RefusalCode::Invalid => Self::Invalid,
            RefusalCode::Required => Self::Required,
            RefusalCode::Duplicate => Self::Duplicate,
            RefusalCode::StateConflict => Self::StateConflict,
            RefusalCode::VersionConflict => Self::VersionConflict,
            RefusalCode::OutOfStock => Self::OutOfStock,
            RefusalCode::NotRoutable => Self::NotRoutable,
            RefusalCode::OnHold => Self::OnHold,
            RefusalCode::AmountExceeded => Self::AmountExceeded,
            RefusalCode::CurrencyMismatch => Self::CurrencyMismatch,
            RefusalCode::AuthorizationExpired => Self::AuthorizationExpired,
            RefusalCode::ProviderDeclined => Self::ProviderDeclined,
            RefusalCode::PolicyViolation => Self::PolicyViolation,
            RefusalCode::PeriodClosed => Self::PeriodClosed,
            RefusalCode::LimitExceeded => Self::LimitExceeded,
            RefusalCode::IdempotencyMismatch => Self::IdempotencyMismatch,
            RefusalCode::AlreadyReconciled => Self::AlreadyReconciled,
            RefusalCode::Unbalanced => Self::Unbalanced,
            RefusalCode::FormatError => Self::FormatError,
        }
    }
}
