//! Procedures and tasks as the schema shows them.

use super::inputs::condition_json;
use crate::access::types::{ActorRef, Role, User};
use crate::cases::types::Case;
use crate::context::Ask;
use crate::customers::types::Customer;
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, encode_prefixed, id};
use crate::orders::types::Order;
use crate::returns::types::Return;
use crate::scalars::{DateTime, Duration, int};
use async_graphql::{Context, Enum, ID, Json, Object};
use entities::enums;
use operations::permissions::Permission;
use operations::procedures::read::{self, Standing};
use operations::procedures::step;
use std::sync::Arc;

/// What the clock is set by: the trigger, or a moment of what that is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ClockAnchor")]
pub(crate) enum ClockAnchor {
    /// When the trigger happened.
    Trigger,
    /// When the order or the fulfillment is to leave.
    ShipBy,
    /// Until when the order was promised.
    DeliverBy,
    /// When the authorization of the payment ends.
    AuthorizationExpiry,
    /// Until when the provider takes evidence.
    EvidenceDue,
    /// Until when the money of the return is to be back.
    RefundDue,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::TaskState")]
pub(crate) enum TaskState {
    /// Its clock runs.
    Open,
    /// Its clock stands still.
    Paused,
    /// It was done, by a person or by what happened.
    Done,
    /// Somebody said why it need not be done.
    Skipped,
    /// What it was about is over.
    Cancelled,
}

#[derive(Clone)]
pub(crate) struct Procedure(pub(crate) Arc<read::Procedure>);

/// When `trigger` happens to something that matches `condition`, these steps start their clocks. Of each step one clock runs at a time about one thing. Needs
/// `PROCEDURES_READ`.
#[Object]
impl Procedure {
    /// Its id, `prc_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Procedure, self.0.row.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// What it is for.
    async fn description(&self) -> Option<&str> {
        self.0.says.description.as_deref()
    }

    /// The type of event that starts it.
    async fn trigger(&self) -> &str {
        &self.0.says.trigger
    }

    /// What has to hold of what that is about, as a `ProcedureConditionInput`; null for anything.
    async fn condition(&self) -> Option<Json<serde_json::Value>> {
        condition_json(self.0.says.condition.clone()).map(Json)
    }

    /// What has to be done.
    async fn steps(&self) -> Vec<ProcedureStep> {
        self.0.says.steps.iter().cloned().map(ProcedureStep).collect()
    }

    /// Whether it starts anything.
    async fn active(&self) -> bool {
        self.0.row.active
    }

    /// Raised by every definition. Tasks keep the version that they began under.
    async fn version(&self) -> i32 {
        self.0.row.version
    }
}

#[derive(Clone)]
pub(crate) struct ProcedureStep(pub(crate) step::Step);

/// Something that has to be done.
#[Object]
impl ProcedureStep {
    /// What.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How.
    async fn instructions(&self) -> Option<&str> {
        self.0.instructions.as_deref()
    }

    /// Whose work it is.
    async fn owner_role(&self, ctx: &Context<'_>) -> Result<Role, Failure> {
        role(ctx, self.0.owner_role_id).await
    }

    /// What the clock is set by. Where that moment is not known yet, the clock starts as soon as it is; where it moves, the clock moves with it.
    async fn anchor(&self) -> ClockAnchor {
        self.0.anchor.into()
    }

    /// ISO 8601: PT4H, P14D, P1M, or -PT24H before the anchor; days and months are calendar ones in the customer's place. In working time a day is the hours
    /// of a working day of the location, and a week as many as it works in one.
    async fn due_within(&self) -> Duration {
        Duration(self.0.due_within.clone())
    }

    /// Working time of the location's calendar, else wall-clock. The location is that of what the trigger is about, else one that sends something of its
    /// order, else the first one.
    async fn working_time(&self) -> bool {
        self.0.working_time
    }

    /// Event types that stop the clock; paused time does not count.
    async fn paused_by(&self) -> &[String] {
        &self.0.paused_by
    }

    /// Event types that let it go on.
    async fn resumed_by(&self) -> &[String] {
        &self.0.resumed_by
    }

    /// Shares of the time at which `task.warned` is told: 50, 80.
    async fn warn_at_percent(&self) -> &[i32] {
        &self.0.warn_at_percent
    }

    /// The event type that completes the step by itself, or several parted by `|`; without it a person does. What is told of a part of an order, such as
    /// `fulfillment.shipped`, completes a step about the order when it is true of all of it.
    async fn completed_by(&self) -> Option<&str> {
        self.0.completed_by.as_deref()
    }

    /// Whose work it becomes when it is late.
    async fn escalate_to_role(&self, ctx: &Context<'_>) -> Result<Option<Role>, Failure> {
        let Some(id) = self.0.escalate_to_role_id else { return Ok(None) };
        Ok(ctx.loaders().role(id).await?.map(Role))
    }
}

async fn role(ctx: &Context<'_>, id: uuid::Uuid) -> Result<Role, Failure> {
    let row = ctx.loaders().role(id).await?;
    let missing = || operations::Error::Internal(format!("no role {id}"));
    Ok(Role(row.ok_or_else(missing)?))
}

#[derive(Clone)]
pub(crate) struct Task(pub(crate) Arc<read::Task>);

impl Task {
    async fn standing(&self, ctx: &Context<'_>) -> Result<Standing, Failure> {
        let place = match self.0.row.calendar_id.filter(|_| self.0.step.working_time) {
            Some(location) => ctx.loaders().location(location).await?,
            None => None,
        };
        Ok(read::standing(&self.0, (place.as_deref(), ctx.store().clock().now())))
    }
}

/// Something that somebody has to do until a moment. Within reach is what is about something within reach, for whoever may see the event that started it. Needs
/// `PROCEDURES_READ`.
#[Object]
impl Task {
    /// Its id, `tsk_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Task, self.0.row.id)
    }

    /// Raised by every change.
    async fn version(&self) -> i32 {
        self.0.row.version
    }

    /// The procedure that started it, as it is now.
    async fn procedure(&self, ctx: &Context<'_>) -> Result<Procedure, Failure> {
        let of = self.0.row.procedure_id;
        let missing = || operations::Error::Internal(format!("no procedure {of}"));
        Ok(Procedure(ctx.loaders().procedure(of).await?.ok_or_else(missing)?))
    }

    /// The version of it that it began under, and keeps.
    async fn procedure_version(&self) -> i32 {
        self.0.row.procedure_version
    }

    /// What has to be done, in the words of that version.
    async fn step_name(&self) -> &str {
        &self.0.row.step_name
    }

    /// The step, as that version has it.
    async fn step(&self) -> ProcedureStep {
        ProcedureStep(self.0.step.clone())
    }

    /// What it is about: what the trigger happened to. A count is about its location.
    async fn subject_id(&self) -> ID {
        ID(encode_prefixed(&self.0.row.subject_type, self.0.row.subject_id))
    }

    /// The order that it is about, or part of which is. Needs `ORDERS_READ`.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>, Failure> {
        let Some(order) = self.0.row.order_id else { return Ok(None) };
        if !ctx.actor()?.may(Permission::OrdersRead) {
            return Ok(None);
        }
        Order::load(ctx, order).await
    }

    /// The return that it is about. Needs `RETURNS_READ`.
    #[graphql(name = "return")]
    async fn of_return(&self, ctx: &Context<'_>) -> Result<Option<Return>, Failure> {
        if self.0.row.subject_type != "ret" || !ctx.actor()?.may(Permission::ReturnsRead) {
            return Ok(None);
        }
        Ok(ctx.loaders().return_row(self.0.row.subject_id).await?.map(Return))
    }

    /// The case that it is about. Needs `CASES_READ`.
    async fn case(&self, ctx: &Context<'_>) -> Result<Option<Case>, Failure> {
        if self.0.row.subject_type != "cas" || !ctx.actor()?.may(Permission::CasesRead) {
            return Ok(None);
        }
        Ok(ctx.loaders().case_row(self.0.row.subject_id).await?.map(Case))
    }

    /// Whom it is about. Needs `CUSTOMERS_READ`.
    async fn customer(&self, ctx: &Context<'_>) -> Result<Option<Customer>, Failure> {
        let Some(customer) = self.0.row.customer_id else { return Ok(None) };
        if !ctx.actor()?.may(Permission::CustomersRead) {
            return Ok(None);
        }
        Ok(ctx.loaders().customer_in_reach(customer).await?.map(Customer))
    }

    /// Where it stands.
    async fn state(&self) -> TaskState {
        self.0.row.state.into()
    }

    /// Whose work it is: the role of the step, or the one that it was escalated to.
    async fn owner_role(&self, ctx: &Context<'_>) -> Result<Role, Failure> {
        role(ctx, self.0.row.owner_role_id).await
    }

    /// Who has it.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<User>, Failure> {
        let Some(user) = self.0.row.assignee_id else { return Ok(None) };
        Ok(ctx.loaders().user(user).await?.map(User::new))
    }

    /// When its clock started: when the trigger happened.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.row.started_at)
    }

    /// Until when it has to be done. While it is paused this moves on.
    async fn due_at(&self, ctx: &Context<'_>) -> Result<DateTime, Failure> {
        Ok(DateTime(self.standing(ctx).await?.due_at))
    }

    /// When it was done, skipped or called off.
    async fn completed_at(&self) -> Option<DateTime> {
        self.0.row.completed_at.map(DateTime)
    }

    /// Who did so: a person, or whoever did what completed it.
    async fn completed_by(&self, ctx: &Context<'_>) -> Option<ActorRef> {
        let kind = self.0.row.completed_by_kind?;
        ActorRef::load(ctx, kind, self.0.row.completed_by_id).await.or_null(ctx)
    }

    /// What was said when it was done, or why it was skipped.
    async fn note(&self) -> Option<&str> {
        self.0.row.note.as_deref()
    }

    /// Since when its clock stands still.
    async fn paused_at(&self) -> Option<DateTime> {
        self.0.row.paused_at.map(DateTime)
    }

    /// How long its clock stood still in all.
    async fn paused_seconds(&self, ctx: &Context<'_>) -> Result<i32, Failure> {
        Ok(int(self.standing(ctx).await?.paused_seconds))
    }

    /// Seconds that are left, negative when it is overdue: working seconds where the step counts working time. Stands still while it is paused, and once it is over.
    async fn seconds_left(&self, ctx: &Context<'_>) -> Result<i32, Failure> {
        let left = self.standing(ctx).await?.seconds_left;
        Ok(i32::try_from(left).unwrap_or(if left < 0 { i32::MIN } else { i32::MAX }))
    }

    /// Whether it should be done by now, and is not.
    async fn overdue(&self, ctx: &Context<'_>) -> bool {
        self.0.row.queue_at <= ctx.store().clock().now()
    }

    /// When `task.warned` was last told.
    async fn warned_at(&self) -> Option<DateTime> {
        self.0.row.warned_at.map(DateTime)
    }

    /// When `task.overdue` was told, and `task.escalated` where the step names a role for it.
    async fn escalated_at(&self) -> Option<DateTime> {
        self.0.row.escalated_at.map(DateTime)
    }
}

crate::paging::connection!(TaskConnection, TaskEdge, Task, "tasks");
