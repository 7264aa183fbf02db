//! Looks at the risk of an order in hand: what is high waits for somebody to decide.

use super::aggregate::{Aggregate, hold_told};
use super::promise::Schedules;
use crate::error::{Error, Result};
use crate::events;
use crate::risk::score::Assessment;
use crate::risk::{assess, read, rules};
use crate::store::WriteTx;
use entities::enums::{ActorKind, HoldReason, OrderFlagCode, RiskLevel};
use entities::{order_flag, order_risk};
use sea_orm::ActiveEnum;
use serde_json::json;
use uuid::Uuid;

/// Looks at a new order.
pub(super) async fn look_at_risk(
    tx: &WriteTx,
    placed: &mut Aggregate,
    schedules: &Schedules,
    id: Uuid,
) -> Result<order_risk::Model> {
    let one = placed.order(id).ok_or(Error::Contended)?;
    let found = assess::assess(tx, &one.row, schedules.is_express(&one.row)).await?;
    let risk = assess::row(&one.row, &found, tx.now());
    placed.doubt(tx, id, &found, found.level == RiskLevel::High)?;
    Ok(risk)
}

/// Looks again at an order that was changed in what the rules look at; none where they find the same. One that was
/// not doubtful and is now waits again, whatever was decided before.
pub(super) async fn look_again(
    tx: &WriteTx,
    found: &mut Aggregate,
    id: Uuid,
) -> Result<Option<order_risk::Model>> {
    let Some(was) = read::risks_of(tx, &[id]).await?.pop() else { return Ok(None) };
    found.load_schedules(tx).await?;
    let one = found.order(id).ok_or(Error::Contended)?;
    let express = found.schedules.as_ref().is_some_and(|known| known.is_express(&one.row));
    let now = assess::assess(tx, &one.row, express).await?;
    if (now.score, now.level) == (was.score, was.level) && now.signals == read::signals(&was) {
        return Ok(None);
    }
    let known = read::signals(&was);
    let new_signal =
        now.signals.iter().any(|signal| known.iter().all(|before| before.code != signal.code));
    let more = was.level != RiskLevel::High || now.score > was.score || new_signal;
    let worse = now.level == RiskLevel::High && more;
    let fresh = assess::row(&one.row, &now, tx.now());
    let held = one.open_holds().any(|hold| hold.reason == HoldReason::RiskReview);
    found.doubt(tx, id, &now, worse && !held)?;
    let kept = order_risk::Model {
        score: fresh.score,
        level: fresh.level,
        signals: fresh.signals.clone(),
        assessed_at: fresh.assessed_at,
        ..was
    };
    Ok(Some(if worse { fresh } else { kept }))
}

impl Aggregate {
    /// Notes what was found, and places the hold where there is to be one.
    fn doubt(&mut self, tx: &WriteTx, id: Uuid, found: &Assessment, hold: bool) -> Result<()> {
        let one = self.order_mut(id).ok_or(Error::Contended)?;
        one.row.risk_level = Some(found.level);
        let mut told = Vec::new();
        let codes: Vec<&str> = found.signals.iter().map(|signal| signal.code.as_str()).collect();
        let changed = one.row.was().is_some_and(|was| was.risk_level != Some(found.level));
        if !codes.is_empty() || changed {
            let level = found.level.to_value();
            let data = json!({ "score": found.score, "level": level, "signals": codes });
            told.push((events::RISK_ASSESSED, data));
        }
        if hold {
            let system = (ActorKind::System, None);
            let hold = one.hold(tx, system, HoldReason::RiskReview, None);
            told.push(hold_told(events::ORDER_HELD, hold, HoldReason::RiskReview));
        }
        let outlier = found.signals.iter().find(|signal| signal.code == rules::AMOUNT_OUTLIER);
        let known = one.flags.iter().any(|flag| flag.code == OrderFlagCode::Outlier);
        if let Some(signal) = outlier.filter(|_| !known) {
            one.flags.push(order_flag::Model {
                order_id: id,
                code: OrderFlagCode::Outlier,
                raised_at: tx.now(),
                explanation: signal.explanation.clone(),
                order_placed_at: one.row.placed_at,
            });
            let data = json!({ "code": "OUTLIER", "explanation": signal.explanation });
            told.push((events::FLAG_RAISED, data));
        }
        if outlier.is_none() && known {
            one.flags.retain(|flag| flag.code != OrderFlagCode::Outlier);
            told.push((events::FLAG_CLEARED, json!({ "code": "OUTLIER" })));
        }
        for (kind, data) in told {
            self.note_order(id, kind, data);
        }
        Ok(())
    }
}
