//! `riskRuleDefine`: points and thresholds of a rule, as this shop wants them.

use super::rules::RULES;
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

/// Sets a rule and answers with its code; orders placed from then on are looked at by it.
pub async fn rule_define(store: &Store, call: Call<'_>, command: &DefineRule) -> Result<String> {
    call.actor.require(Permission::OrdersRisk)?;
    let mut faults = Faults::default();
    let code = command.code.trim().to_uppercase();
    let Some(rule) = RULES.iter().find(|rule| rule.code == code) else {
        return Err(Error::refused(checks::not_found("code", "risk rule")));
    };
    if let Some(points) = command.points {
        checks::within(&mut faults, "points", points, -1_000, 1_000);
    }
    if command.threshold.is_some_and(|limit| !limit.is_finite() || limit < 0.0) {
        faults.add(RefusalCode::Invalid, "threshold", "is a number, and not negative");
    }
    if let Some(hours) = command.window_hours {
        checks::within(&mut faults, "windowHours", hours, 1, 24 * 365);
    }
    if let Some(orders) = command.minimum_orders {
        checks::within(&mut faults, "minimumOrders", orders, 1, 200);
    }
    for (field, given, known) in [
        ("threshold", command.threshold.is_some(), rule.threshold.is_some()),
        ("windowHours", command.window_hours.is_some(), rule.window_hours.is_some()),
        ("minimumOrders", command.minimum_orders.is_some(), rule.minimum_orders.is_some()),
    ] {
        if given && !known {
            faults.add(RefusalCode::Invalid, field, "means nothing to this rule");
        }
    }
    if call.actor.reach.channels.is_some() {
        let message = "the rules of the whole shop are beyond your reach";
        faults.add(RefusalCode::PolicyViolation, "code", message);
    }
    faults.check()?;
    let code = &code;
    once(store, call, "riskRuleDefine", command, |tx| async move {
        let before = super::sql::rules(&tx).await?.into_iter().find(|row| row.code == *code);
        let row = risk_rule::Model {
            code: code.clone(),
            active: command.active.unwrap_or(true),
            points: command.points.unwrap_or(rule.points),
            threshold: command.threshold,
            window_hours: command.window_hours,
            minimum_orders: command.minimum_orders,
            updated_at: tx.now(),
        };
        let mut batch = Batch::default();
        batch.save(&row);
        let data = json!({ "code": code, "active": row.active, "points": row.points });
        // A rule has no id of its own: its name stands in the data.
        let event = NewEvent::new(events::RISK_RULE_DEFINED, ("rsk", Uuid::nil()), data);
        let change = audit::difference(before.as_ref(), &row);
        audit::record(&tx, call.actor, &mut batch, None, &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(code.clone())
    })
    .await
}
