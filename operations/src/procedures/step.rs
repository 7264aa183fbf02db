//! A step of a procedure: who has to do it, by when, and what else starts, stops or ends its clock.

use super::span::Within;
use crate::error::{Faults, RefusalCode};
use crate::events::EventKind;
use entities::enums::ClockAnchor;
use sea_orm::ActiveEnum;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something that has to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What.
    pub name: String,
    /// How.
    pub instructions: Option<String>,
    /// Whose work it is.
    pub owner_role_id: Uuid,
    /// What its clock is set by.
    #[serde(with = "as_name")]
    pub anchor: ClockAnchor,
    /// How long it takes, as ISO 8601 has it; below zero before the anchor.
    pub due_within: String,
    /// Whether only working time counts.
    pub working_time: bool,
    /// Types of events that stop its clock.
    pub paused_by: Vec<String>,
    /// Types of events that let it go on.
    pub resumed_by: Vec<String>,
    /// Shares of the time at which somebody is warned, smallest first.
    pub warn_at_percent: Vec<i32>,
    /// The types of events that complete it, parted by `|`.
    pub completed_by: Option<String>,
    /// Whose work it becomes when it is late.
    pub escalate_to_role_id: Option<Uuid>,
}

mod as_name {
    use sea_orm::ActiveEnum;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<E, S>(value: &E, serializer: S) -> Result<S::Ok, S::Error>
    where
        E: ActiveEnum<Value = String>,
        S: Serializer,
    {
        serializer.serialize_str(&value.to_value())
    }

    pub(super) fn deserialize<'de, E, D>(deserializer: D) -> Result<E, D::Error>
    where
        E: ActiveEnum<Value = String>,
        D: Deserializer<'de>,
    {
        let name = String::deserialize(deserializer)?;
        E::try_from_value(&name).map_err(D::Error::custom)
    }
}

/// Characters of instructions at most.
const MAX_INSTRUCTIONS: usize = 10_000;
/// Types of events in one list at most.
const MOST_KINDS: usize = 20;

impl Step {
    /// The types of events that complete it.
    pub(crate) fn completing(&self) -> impl Iterator<Item = &str> {
        self.completed_by.iter().flat_map(|kinds| kinds.split('|'))
    }

    /// Every type of event that its clock listens to.
    pub(crate) fn hears(&self) -> impl Iterator<Item = &str> {
        let lists = self.paused_by.iter().chain(&self.resumed_by);
        lists.map(String::as_str).chain(self.completing())
    }

    /// How long it takes.
    pub(crate) fn within(&self) -> Within {
        // It was checked when it was defined.
        Within::parse(&self.due_within).unwrap_or_else(|_| Within::nothing())
    }

    /// The step with its texts trimmed, checked as far as that needs no database.
    pub(super) fn check(&self, faults: &mut Faults, (field, trigger): (&str, &str)) -> Self {
        let at = |name: &str| format!("{field}.{name}");
        let name = crate::checks::text(faults, &at("name"), &self.name, 200);
        let instructions = self.instructions.as_deref();
        let instructions =
            crate::checks::optional(faults, &at("instructions"), instructions, MAX_INSTRUCTIONS);
        self.check_time(faults, field);
        if !fits(self.anchor, trigger) {
            let anchor = self.anchor.to_value();
            let message = format!("{anchor} is no moment of what {trigger} is about");
            faults.add(RefusalCode::Invalid, &at("anchor"), message);
        }
        let trimmed = |list: &[String]| -> Vec<String> {
            list.iter().map(|kind| kind.trim().to_owned()).collect()
        };
        let (paused_by, resumed_by) = (trimmed(&self.paused_by), trimmed(&self.resumed_by));
        for (name, list) in [("pausedBy", &paused_by), ("resumedBy", &resumed_by)] {
            check_kinds(faults, &at(name), list);
        }
        if paused_by.is_empty() != resumed_by.is_empty() {
            let missing = if paused_by.is_empty() { "pausedBy" } else { "resumedBy" };
            let message = "is needed beside the other: what stops a clock goes on by something";
            faults.add(RefusalCode::Required, &at(missing), message);
        }
        if let Some(both) = paused_by.iter().find(|kind| resumed_by.contains(kind)) {
            let message = format!("{both} cannot both stop a clock and let it go on");
            faults.add(RefusalCode::Invalid, &at("resumedBy"), message);
        }
        let completed_by: Vec<String> =
            self.completing().map(|kind| kind.trim().to_owned()).collect();
        if self.completed_by.is_some() {
            check_kinds(faults, &at("completedBy"), &completed_by);
        }
        let mut shares = self.warn_at_percent.clone();
        shares.sort_unstable();
        shares.dedup();
        for (index, share) in self.warn_at_percent.iter().enumerate() {
            let field = format!("{field}.warnAtPercent.{index}");
            crate::checks::within(faults, &field, *share, 1, 99);
        }
        if shares.len() > 10 {
            faults.add(RefusalCode::LimitExceeded, &at("warnAtPercent"), "takes at most 10 shares");
        }
        Self {
            name,
            instructions,
            due_within: self.due_within.trim().to_owned(),
            paused_by,
            resumed_by,
            warn_at_percent: shares,
            completed_by: self.completed_by.as_ref().map(|_| completed_by.join("|")),
            ..self.clone()
        }
    }

    fn check_time(&self, faults: &mut Faults, field: &str) {
        let at = format!("{field}.dueWithin");
        let within = match Within::parse(&self.due_within) {
            Ok(within) => within,
            Err(why) => {
                faults.add(RefusalCode::Invalid, &at, why);
                return;
            }
        };
        if self.working_time && within.has_months() {
            let message = "has no years or months in working time: name days or hours";
            faults.add(RefusalCode::Invalid, &at, message);
        }
        if self.anchor == ClockAnchor::Trigger && (within.is_negative() || within.is_zero()) {
            let message = "is longer than nothing: what happened cannot have been due before";
            faults.add(RefusalCode::Invalid, &at, message);
        }
    }
}

/// Names types of events, each known.
fn check_kinds(faults: &mut Faults, field: &str, kinds: &[String]) {
    if kinds.len() > MOST_KINDS {
        let message = format!("takes at most {MOST_KINDS} types of events");
        faults.add(RefusalCode::LimitExceeded, field, message);
    }
    for kind in kinds {
        if let Some(why) = unknown(kind) {
            faults.add(RefusalCode::Invalid, field, why);
        }
    }
}

/// Why a clock cannot listen to a type of event.
pub(super) fn unknown(kind: &str) -> Option<String> {
    if EventKind::named(kind).is_none() {
        return Some(format!("`{kind}` is no type of event: `eventTypes` lists them all"));
    }
    let own = kind.starts_with("task.") || kind.starts_with("procedure.");
    own.then(|| format!("`{kind}` is told by procedures themselves"))
}

/// Whether what a type of event is about has a moment.
fn fits(anchor: ClockAnchor, trigger: &str) -> bool {
    let about = |starts: &[&str]| starts.iter().any(|start| trigger.starts_with(start));
    match anchor {
        ClockAnchor::Trigger => true,
        ClockAnchor::ShipBy | ClockAnchor::DeliverBy => about(&["order.", "fulfillment."]),
        ClockAnchor::AuthorizationExpiry => {
            about(&["payment."]) && !about(&["payment.charged_back", "payment.chargeback"])
        }
        ClockAnchor::EvidenceDue => about(&["dispute."]),
        ClockAnchor::RefundDue => about(&["return."]),
    }
}

/// Events that may move the moment that a clock is set by.
pub(super) fn moves(anchor: ClockAnchor, kind: &str) -> bool {
    anchor != ClockAnchor::Trigger && fits(anchor, kind)
}

/// What is over by an event: whatever is still to be done about it is called off.
pub(super) fn is_end(kind: &str) -> bool {
    const ENDS: &[&str] = &[
        "order.cancelled",
        "fulfillment.cancelled",
        "fulfillment.rejected",
        "fulfillment.failed",
        "payment.voided",
        "payment.expired",
        "payment.failed",
        "dispute.resolved",
        "return.cancelled",
        "return.rejected",
        "return.expired",
        "case.closed",
        "payout.failed",
        "purchase_order.cancelled",
        "transfer.cancelled",
        "stock_count.cancelled",
        "reconciliation.exception_resolved",
        "refund.denied",
        "privacy_request.completed",
        "privacy_request.refused",
    ];
    ENDS.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::EVENT_KINDS;

    #[test]
    fn what_ends_things_is_a_type_of_event() {
        let ends = EVENT_KINDS.iter().filter(|kind| is_end(kind.name)).count();
        assert_eq!(ends, 20, "each name stands in the list of kinds");
    }

    #[test]
    fn faults_of_a_step_are_found_all_at_once() {
        let step = Step {
            name: String::new(),
            instructions: None,
            owner_role_id: Uuid::nil(),
            anchor: ClockAnchor::EvidenceDue,
            due_within: "soon".into(),
            working_time: true,
            paused_by: vec!["order.held".into(), "order.paused".into()],
            resumed_by: Vec::new(),
            warn_at_percent: vec![50, 100],
            completed_by: Some("task.completed|order.placed".into()),
            escalate_to_role_id: None,
        };
        let mut faults = Faults::default();
        step.check(&mut faults, ("steps.0", "order.placed"));
        let fields: Vec<String> =
            faults.into_vec().into_iter().map(|fault| fault.field.join(".")).collect();
        let wanted = ["name", "dueWithin", "anchor", "pausedBy", "resumedBy", "completedBy"];
        for name in wanted {
            assert!(fields.contains(&format!("steps.0.{name}")), "{name} of {fields:?}");
        }
        assert!(fields.contains(&"steps.0.warnAtPercent.1".to_owned()), "{fields:?}");
    }
}
