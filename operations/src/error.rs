//! One error for every operation, in three halves: a rule refused, the caller is wrong, we failed.

use crate::permissions::Permission;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What every operation returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation did not happen. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Rules of the shop refused it; every fault that was found is listed.
    #[error("refused: {0:?}")]
    Refused(Vec<Refusal>),
    /// Nobody is signed in, or the credential is not valid.
    #[error("unauthenticated: {0}")]
    Unauthenticated(&'static str),
    /// The actor lacks a permission.
    #[error("forbidden: needs {0:?}")]
    Forbidden(Permission),
    /// Too many attempts in too short a time.
    #[error("too many attempts, wait {0:?}")]
    TooMany(std::time::Duration),
    /// The input is not of the form that was asked for.
    #[error("bad input: {0}")]
    BadInput(String),
    /// A cursor that this server did not make, or made for another list.
    #[error("cursor invalid")]
    CursorInvalid,
    /// A cursor before what is kept.
    #[error("cursor expired")]
    CursorExpired,
    /// Another transaction was in the way; tried again a few times by the store.
    #[error("contended")]
    Contended,
    /// A transaction that was only tried was undone, as it was to be.
    #[error("undone")]
    Undone,
    /// The service cannot answer now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("internal: {0}")]
    Internal(String),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sea_orm::DbErr),
}

impl Error {
    /// A refusal with one fault.
    pub fn refused(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }

    /// The code under which the audit log notes an attempt that was denied, if this denies one.
    pub fn denial(&self) -> Option<&'static str> {
        match self {
            Self::Unauthenticated(_) => Some("UNAUTHENTICATED"),
            Self::Forbidden(_) => Some("FORBIDDEN"),
            Self::TooMany(_) => Some("RATE_LIMITED"),
            Self::Refused(_)
            | Self::BadInput(_)
            | Self::CursorInvalid
            | Self::CursorExpired
            | Self::Contended
            | Self::Undone
            | Self::Unavailable(_)
            | Self::Internal(_)
            | Self::Database(_) => None,
        }
    }

    /// Whether the same transaction may succeed when it is tried again.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Contended => true,
            Self::Database(error) => transient(error),
            Self::Refused(_)
            | Self::Unauthenticated(_)
            | Self::Forbidden(_)
            | Self::TooMany(_)
            | Self::BadInput(_)
            | Self::CursorInvalid
            | Self::CursorExpired
            | Self::Undone
            | Self::Unavailable(_)
            | Self::Internal(_) => false,
        }
    }
}

/// Serialization failure, deadlock or a unique key taken meanwhile on `PostgreSQL`; busy on `SQLite`.
fn transient(error: &sea_orm::DbErr) -> bool {
    use sea_orm::{DbErr, RuntimeErr};
    let (DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))
    | DbErr::Conn(RuntimeErr::SqlxError(inner))) = error
    else {
        return false;
    };
    inner.as_database_error().is_some_and(|cause| {
        cause.is_unique_violation()
            || cause.code().is_some_and(|code| {
                matches!(code.as_ref(), "40001" | "40P01" | "5" | "6" | "261" | "517")
            })
    })
}

/// One fault, in the words of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind of fault.
    pub code: RefusalCode,
    /// A sentence for a person.
    pub message: String,
    /// Where in the input, outermost first, such as `["lines", "0", "sku"]`.
    pub field: Vec<String>,
    /// Facts for a program.
    pub details: Option<Json>,
}

impl Refusal {
    /// A fault at a place such as `lines.0.sku`; an empty place is the input as a whole.
    pub fn new(code: RefusalCode, field: &str, message: impl Into<String>) -> Self {
        let field = field.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Self { code, message: message.into(), field, details: None }
    }

    /// The same with facts for a program.
    #[must_use]
    pub fn with_details(mut self, details: Json) -> Self {
        self.details = Some(details);
        self
    }

    /// The same fault, one level deeper.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        let outer = prefix.split('.').filter(|part| !part.is_empty()).map(str::to_owned);
        self.field = outer.chain(self.field).collect();
        self
    }
}

/// The kinds of fault a client can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefusalCode {
    /// It is not there, or not within reach.
    NotFound,
    /// The value cannot be right.
    Invalid,
    /// A value is missing.
    Required,
    /// It is there already.
    Duplicate,
    /// The object's state does not allow it.
    StateConflict,
    /// The object changed since it was read.
    VersionConflict,
    /// Not enough stock.
    OutOfStock,
    /// No location can serve it as asked.
    NotRoutable,
    /// A hold stands in the way.
    OnHold,
    /// More than there is.
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
    /// The idempotency key was used with another input.
    IdempotencyMismatch,
    /// It is reconciled already.
    AlreadyReconciled,
    /// Debit and credit differ.
    Unbalanced,
    /// The file is not of the format.
    FormatError,
}

/// Collects every fault of an input before anything is refused.
#[derive(Debug, Default)]
pub struct Faults(Vec<Refusal>);

impl Faults {
    /// Notes a fault.
    pub fn add(&mut self, code: RefusalCode, field: &str, message: impl Into<String>) {
        self.0.push(Refusal::new(code, field, message));
    }

    /// Notes a fault that is made already.
    pub fn push(&mut self, refusal: Refusal) {
        self.0.push(refusal);
    }

    /// Takes the value, or notes why there is none.
    pub fn take<T>(&mut self, field: &str, value: std::result::Result<T, Refusal>) -> Option<T> {
        value.map_err(|refusal| self.0.push(refusal.under(field))).ok()
    }

    /// Whether no fault was noted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All faults.
    pub fn into_vec(self) -> Vec<Refusal> {
        self.0
    }

    /// Refuses with every fault noted, if any.
    pub fn check(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Refused(self.0)) }
    }
}
