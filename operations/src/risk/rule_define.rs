//! `riskRuleDefine`: points and thresholds of a rule, as this shop wants them.

use super::rules::{RULES, Rule};
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::risk_rule;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// A rule as the shop wants it; what is `None` is as it comes.
#[derive(Debug, Clone, Serialize)]
pub struct DefineRule {
    /// Which rule.
    pub code: String,
    /// Whether it counts; by default it does.
    pub active: Option<bool>,
    /// What it adds to the score.
    pub points: Option<i32>,
    /// From when on it holds.
    pub threshold: Option<f64>,
    /// How far it looks back.
    pub window_hours: Option<i32>,
    /// Orders it needs to say anything.
    pub minimum_orders: Option<i32>,
}

impl DefineRule {
    /// The rule by its name.
    pub(super) fn rule(&self) -> Result<&'static Rule> {
        let code = self.code.trim().to_uppercase();
        let found = RULES.iter().find(|rule| rule.code == code);
        found.ok_or_else(|| Error::refused(checks::not_found("code", "risk rule")))
    }

    pub(super) fn check(&self, faults: &mut Faults, rule: &Rule) {
        if let Some(points) = self.points {
            checks::within(faults, "points", points, -1_000, 1_000);
        }
        if self.threshold.is_some_and(|limit| !limit.is_finite() || limit < 0.0) {
            faults.add(RefusalCode::Invalid, "threshold", "is a number, and not negative");
        }
        if let Some(hours) = self.window_hours {
            checks::within(faults, "windowHours", hours, 1, 24 * 365);
        }
        if let Some(orders) = self.minimum_orders {
            checks::within(faults, "minimumOrders", orders, 1, 200);
        }
        for (field, given, known) in [
            ("threshold", self.threshold.is_some(), rule.threshold.is_some()),
            ("windowHours", self.window_hours.is_some(), rule.window_hours.is_some()),
            ("minimumOrders", self.minimum_orders.is_some(), rule.minimum_orders.is_some()),
        ] {
            if given && !known {
                faults.add(RefusalCode::Invalid, field, "means nothing to this rule");
            }
        }
    }

    /// The row that keeps it.
    pub(super) fn row(&self, rule: &Rule, now: OffsetDateTime) -> risk_rule::Model {
        risk_rule::Model {
            code: rule.code.to_owned(),
            active: self.active.unwrap_or(true),
            points: self.points.unwrap_or(rule.points),
            threshold: self.threshold,
            window_hours: self.window_hours,
            minimum_orders: self.minimum_orders,
            updated_at: now,
        }
    }
}

/// Sets a rule and answers with its code; orders placed from then on are looked at by it.
pub async fn rule_define(store: &Store, call: Call<'_>, command: &DefineRule) -> Result<String> {
    call.actor.require(Permission::OrdersRisk)?;
    let mut faults = Faults::default();
    let rule = command.rule()?;
    command.check(&mut faults, rule);
    if call.actor.reach.channels.is_some() {
        let message = "the rules of the whole shop are beyond your reach";
        faults.add(RefusalCode::PolicyViolation, "code", message);
    }
    faults.check()?;
    let code = rule.code;
    once(store, call, "riskRuleDefine", command, |tx| async move {
        let before = super::sql::rules(&tx).await?.into_iter().find(|row| row.code == code);
        let row = command.row(rule, tx.now());
        let mut batch = Batch::default();
        batch.save(&row);
        let data = json!({ "code": code, "active": row.active, "points": row.points });
        // A rule has no id of its own: its name stands in the data.
        let event = NewEvent::new(events::RISK_RULE_DEFINED, ("rsk", Uuid::nil()), data);
        let change = audit::difference(before.as_ref(), &row);
        audit::record(&tx, call.actor, &mut batch, None, &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(code.to_owned())
    })
    .await
}
