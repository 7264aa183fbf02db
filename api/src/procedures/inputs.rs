//! What procedures are defined by.

use super::types::ClockAnchor;
use crate::cases::types::{CaseKind, CasePriority};
use crate::customers::segments::{CustomerFilter, said};
use crate::ids::{Kind, uuid};
use crate::orders::queries::OrderFilter;
use crate::returns::types::{ReturnKind, ReturnReason};
use crate::scalars::{Decimal, Duration, MoneyRange};
use crate::settlements::types::ReconciliationExceptionKind;
use async_graphql::{ID, InputObject, InputType};
use entities::enums;
use operations::procedures::condition::Condition;
use operations::procedures::define::DefineProcedure;
use operations::procedures::step::Step;

/// What has to hold of what an event is about, as it is then. All that is given must hold: what is asked of an order holds of no event without one.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct ProcedureConditionInput {
    /// Of its order.
    order: Option<OrderFilter>,
    /// It is a return of one of these kinds.
    return_kinds: Option<Vec<ReturnKind>>,
    /// It is a return with a line for one of these reasons.
    return_reasons: Option<Vec<ReturnReason>>,
    /// It is a case of one of these kinds.
    case_kinds: Option<Vec<CaseKind>>,
    /// It is a case as urgent as these.
    case_priorities: Option<Vec<CasePriority>>,
    /// It is a difference of reconciliation of one of these kinds.
    exception_kinds: Option<Vec<ReconciliationExceptionKind>>,
    /// It is a difference of reconciliation of such an amount, whichever way, in its own currency.
    exception_amount: Option<MoneyRange>,
    /// Of its customer; what they are worth is known some seconds behind what happens.
    customer: Option<CustomerFilter>,
}

fn kinds<A, B: From<A>>(values: Option<Vec<A>>) -> Option<Vec<B>> {
    values.map(|values| values.into_iter().map(B::from).collect())
}

impl From<ProcedureConditionInput> for Condition {
    fn from(input: ProcedureConditionInput) -> Self {
        let amount = input.exception_amount.unwrap_or_default();
        Self {
            order: input.order.map(Into::into),
            return_kinds: kinds(input.return_kinds),
            return_reasons: kinds(input.return_reasons),
            case_kinds: kinds(input.case_kinds),
            case_priorities: kinds(input.case_priorities),
            exception_kinds: kinds(input.exception_kinds),
            exception_min: amount.min.map(|amount| amount.0),
            exception_max: amount.max.map(|amount| amount.0),
            customer: input.customer.map(Into::into),
        }
    }
}

impl From<Condition> for ProcedureConditionInput {
    fn from(condition: Condition) -> Self {
        let (min, max) =
            (condition.exception_min.map(Decimal), condition.exception_max.map(Decimal));
        Self {
            order: condition.order.map(Into::into),
            return_kinds: kinds(condition.return_kinds),
            return_reasons: kinds(condition.return_reasons),
            case_kinds: kinds(condition.case_kinds),
            case_priorities: kinds(condition.case_priorities),
            exception_kinds: kinds(condition.exception_kinds),
            exception_amount: (min.is_some() || max.is_some()).then_some(MoneyRange { min, max }),
            customer: condition.customer.map(Into::into),
        }
    }
}

/// A condition as clients give it; null for none.
pub(super) fn condition_json(condition: Condition) -> Option<serde_json::Value> {
    let json = ProcedureConditionInput::from(condition).to_value().into_json().ok()?;
    let json = said(json);
    json.as_object().is_some_and(|fields| !fields.is_empty()).then_some(json)
}

/// Something that has to be done.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ProcedureStepInput {
    /// What, up to 200 characters; no other step has it.
    name: String,
    /// How, up to 10,000 characters.
    instructions: Option<String>,
    /// Whose work it is: a role whose holders may see what starts the procedure, and tasks.
    owner_role_id: ID,
    /// What its clock is set by; TRIGGER without it. Others are moments of what the trigger is about: `SHIP_BY` and `DELIVER_BY` of an order or a fulfillment,
    /// `AUTHORIZATION_EXPIRY` of a payment, `EVIDENCE_DUE` of a dispute, `REFUND_DUE` of a return.
    anchor: Option<ClockAnchor>,
    /// ISO 8601, up to ten years: PT4H, P14D, P1M, or -PT24H before the anchor.
    due_within: Duration,
    /// Whether only working time of the location counts, in which a day is the hours of a working day; false without it.
    working_time: Option<bool>,
    /// Types of events that stop the clock, up to 20; needs `resumedBy`.
    paused_by: Option<Vec<String>>,
    /// Types of events that let it go on, up to 20; needs `pausedBy`.
    resumed_by: Option<Vec<String>>,
    /// Shares of the time at which `task.warned` is told, 1 to 99, up to ten; 50 and 80 without it.
    warn_at_percent: Option<Vec<i32>>,
    /// The type of event that completes it by itself, or several parted by `|`; without it a person does.
    completed_by: Option<String>,
    /// Whose work it becomes when it is late.
    escalate_to_role_id: Option<ID>,
}

impl From<ProcedureStepInput> for Step {
    fn from(input: ProcedureStepInput) -> Self {
        Self {
            name: input.name,
            instructions: input.instructions,
            owner_role_id: uuid(Kind::Role, &input.owner_role_id),
            anchor: input.anchor.map_or(enums::ClockAnchor::Trigger, Into::into),
            due_within: input.due_within.0,
            working_time: input.working_time.unwrap_or(false),
            paused_by: input.paused_by.unwrap_or_default(),
            resumed_by: input.resumed_by.unwrap_or_default(),
            warn_at_percent: input.warn_at_percent.unwrap_or_else(|| vec![50, 80]),
            completed_by: input.completed_by,
            escalate_to_role_id: input.escalate_to_role_id.map(|id| uuid(Kind::Role, &id)),
        }
    }
}

/// What somebody has to do by when.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ProcedureDefineInput {
    /// Which one to change; a new one without it. Tasks that began keep what it said then.
    procedure_id: Option<ID>,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// Its name, up to 200 characters; no other procedure has it.
    name: String,
    /// What it is for, up to 2,000 characters.
    description: Option<String>,
    /// The type of event that starts it; `eventTypes` lists them. What orders are imported with starts nothing.
    trigger: String,
    /// What has to hold of what that is about; anything without it.
    condition: Option<ProcedureConditionInput>,
    /// What has to be done: 1 to 20 steps, whose clocks all start with the trigger.
    steps: Vec<ProcedureStepInput>,
    /// Whether it starts anything; true without it.
    active: Option<bool>,
}

impl From<ProcedureDefineInput> for DefineProcedure {
    fn from(input: ProcedureDefineInput) -> Self {
        Self {
            procedure_id: input.procedure_id.map(|id| uuid(Kind::Procedure, &id)),
            expected_version: input.expected_version,
            name: input.name,
            description: input.description,
            trigger: input.trigger,
            condition: input.condition.map(Into::into).unwrap_or_default(),
            steps: input.steps.into_iter().map(Into::into).collect(),
            active: input.active.unwrap_or(true),
        }
    }
}
