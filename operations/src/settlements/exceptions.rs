//! Differences that a person must explain: raised by a rule or a clock, once for what they are about.

use super::sql;
use super::totals::Finding;
use crate::actor::Actor;
use crate::error::Result;
use crate::events::{self, NewEvent};
use crate::money::Currency;
use crate::store::{Batch, WriteTx};
use entities::enums::{
    ReconciliationExceptionKind as Kind, ReconciliationExceptionState, ReconciliationResolution,
};
use entities::{reconciliation_exception as exception, settlement_report};
use sea_orm::ActiveEnum;
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// A difference before it is written.
#[derive(Debug, Clone)]
pub(crate) struct New {
    pub(crate) kind: Kind,
    /// What it is about: of one kind it is raised once.
    pub(crate) subject: String,
    pub(crate) entity: Uuid,
    pub(crate) provider: Option<String>,
    pub(crate) currency: String,
    /// Without a sign.
    pub(crate) minor: i64,
    pub(crate) explanation: String,
    pub(crate) about: About,
}

/// What a difference points at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About {
    pub(crate) report: Option<Uuid>,
    pub(crate) line: Option<Uuid>,
    pub(crate) statement: Option<Uuid>,
    pub(crate) bank_line: Option<Uuid>,
    pub(crate) payout: Option<Uuid>,
    pub(crate) payment: Option<Uuid>,
    pub(crate) transaction: Option<Uuid>,
    pub(crate) dispute: Option<Uuid>,
}

/// Writes differences that are new, opens those again that were resolved, and says how many that makes.
pub(crate) async fn raise(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    new: Vec<New>,
) -> Result<i32> {
    let subjects: Vec<&str> = new.iter().map(|one| one.subject.as_str()).collect();
    let known = sql::exceptions_about(tx, &subjects).await?;
    let known: HashMap<(Kind, &str), &exception::Model> =
        known.iter().map(|row| ((row.kind, row.subject.as_str()), row)).collect();
    let mut raised = 0;
    for one in &new {
        let before = known.get(&(one.kind, one.subject.as_str()));
        if before.is_some_and(|row| row.state != ReconciliationExceptionState::Resolved) {
            continue;
        }
        let row = exception::Model {
            id: before.map_or_else(|| tx.id(), |row| row.id),
            kind: one.kind,
            state: ReconciliationExceptionState::Open,
            subject: one.subject.clone(),
            provider: one.provider.clone(),
            legal_entity_id: one.entity,
            currency: one.currency.clone(),
            amount_minor: one.minor.saturating_abs(),
            amount_scaled: scaled(&one.currency, one.minor.saturating_abs()),
            explanation: one.explanation.clone(),
            report_id: one.about.report,
            settlement_line_id: one.about.line,
            statement_id: one.about.statement,
            bank_line_id: one.about.bank_line,
            payout_id: one.about.payout,
            payment_id: one.about.payment,
            transaction_id: one.about.transaction,
            dispute_id: one.about.dispute,
            raised_at: tx.now(),
            resolved_at: None,
            resolved_by_kind: None,
            resolved_by_id: None,
            resolution: None,
            note: None,
            wanted_by_kind: None,
            wanted_by_id: None,
        };
        batch.save(&row);
        tell(tx, actor, batch, &row, events::EXCEPTION_RAISED);
        raised += 1;
    }
    Ok(raised)
}

/// An amount in ten-thousandths of a unit, so that amounts in several currencies can be compared.
fn scaled(currency: &str, minor: i64) -> i64 {
    let digits = Currency::ever(currency).map_or(2, Currency::digits).min(4);
    minor.saturating_mul(10_i64.pow(4 - digits))
}

/// Tells that a difference was found, or explained.
pub(crate) fn tell(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    row: &exception::Model,
    kind: &'static events::EventKind,
) -> Uuid {
    let amount = Currency::ever(&row.currency).map(|currency| currency.decimal(row.amount_minor));
    let mut data =
        json!({ "kind": row.kind.to_value(), "amount": amount, "currency": row.currency });
    if let (Some(resolution), Some(fields)) = (&row.resolution, data.as_object_mut()) {
        fields.insert("resolution".into(), json!(resolution.to_value()));
    }
    events::record(tx, actor, batch, NewEvent::new(kind, ("rex", row.id), data))
}

/// A difference that is explained.
pub(crate) fn resolved(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    row: &exception::Model,
    (resolution, note): (ReconciliationResolution, Option<String>),
) -> exception::Model {
    let row = exception::Model {
        state: ReconciliationExceptionState::Resolved,
        resolved_at: Some(tx.now()),
        resolved_by_kind: Some(actor.kind),
        resolved_by_id: actor.id,
        resolution: Some(resolution),
        note: note.or_else(|| row.note.clone()),
        ..row.clone()
    };
    batch.save(&row);
    tell(tx, actor, batch, &row, events::EXCEPTION_RESOLVED);
    row
}

/// What the totals of a file showed.
pub(super) async fn raise_findings(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    report: &settlement_report::Model,
    findings: &[Finding],
    payouts: &[(String, String, Uuid)],
) -> Result<i32> {
    let new = findings
        .iter()
        .enumerate()
        .map(|(place, finding)| New {
            kind: finding.kind,
            subject: format!("{}:{place}", report.id),
            entity: report.legal_entity_id,
            provider: Some(report.provider.clone()),
            currency: finding.currency.clone(),
            minor: finding.minor,
            explanation: finding.explanation.clone(),
            about: About {
                report: Some(report.id),
                payout: finding.payout.as_ref().and_then(|name| {
                    let same = |(known, currency, _): &&(String, String, Uuid)| {
                        known == name && *currency == finding.currency
                    };
                    payouts.iter().find(same).map(|(.., id)| *id)
                }),
                ..About::default()
            },
        })
        .collect();
    raise(tx, actor, batch, new).await
}
