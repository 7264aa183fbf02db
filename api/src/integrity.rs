//! `integrityReport`.

use crate::context::Ask;
use crate::errors::OrNull;
use crate::scalars::{DateTime, int};
use async_graphql::{Context, Object, SimpleObject};
use operations::integrity::{Check, verify};

/// Every promise the books make, checked row by row.
#[derive(SimpleObject)]
pub(crate) struct IntegrityReport {
    /// When it was checked.
    checked_at: DateTime,
    /// Whether nothing is off.
    ok: bool,
    /// Each check.
    checks: Vec<IntegrityCheck>,
}

/// One check of the books.
#[derive(SimpleObject)]
pub(crate) struct IntegrityCheck {
    /// What it checks.
    name: String,
    /// Rows looked at.
    rows_checked: i32,
    /// Rows that are off.
    violations: i32,
    /// The first few of them, in words.
    examples: Vec<String>,
}

impl From<Check> for IntegrityCheck {
    fn from(check: Check) -> Self {
        Self {
            name: check.name.to_owned(),
            rows_checked: int(check.rows_checked),
            violations: int(check.violations),
            examples: check.examples,
        }
    }
}

#[derive(Default)]
pub(crate) struct IntegrityQuery;

#[Object]
impl IntegrityQuery {
    /// Every promise the books make, checked row by row: stock sums, reservations against open lines,
    /// totals against lines, states against facts. Looks at every row: not for a dashboard. Needs
    /// `INSIGHTS_READ`.
    async fn integrity_report(&self, ctx: &Context<'_>) -> Option<IntegrityReport> {
        let report = async { verify(ctx.store(), ctx.actor()?).await }.await.or_null(ctx)?;
        Some(IntegrityReport {
            ok: report.ok(),
            checked_at: DateTime(report.checked_at),
            checks: report.checks.into_iter().map(Into::into).collect(),
        })
    }
}
