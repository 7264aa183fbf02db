//! Questions about procedures and their tasks.

use super::clock::Clock;
use super::hours;
use super::known::Version;
use super::span::Counting;
use super::sql;
use super::step::Step;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::integrity::Check;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::TaskState;
use entities::{location, procedure, task};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Which tasks: every condition given must hold.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// In these states.
    pub states: Option<Vec<TaskState>>,
    /// The work of these roles.
    pub owner_role_ids: Option<Vec<Uuid>>,
    /// Of this user.
    pub assignee_id: Option<Uuid>,
    /// Whether they should be done by now.
    pub overdue: Option<bool>,
    /// Whose clock runs, and is over before this moment.
    pub due_before: Option<OffsetDateTime>,
    /// About this.
    pub subject_id: Option<Uuid>,
    /// Of this procedure.
    pub procedure_id: Option<Uuid>,
}

impl TaskFilter {
    /// Whether a task fits.
    pub fn fits(&self, row: &task::Model, now: OffsetDateTime) -> bool {
        let same = |wanted: Option<Uuid>, found: Option<Uuid>| wanted.is_none() || wanted == found;
        self.states.as_ref().is_none_or(|states| states.contains(&row.state))
            && self.owner_role_ids.as_ref().is_none_or(|ids| ids.contains(&row.owner_role_id))
            && same(self.assignee_id, row.assignee_id)
            && self.overdue.is_none_or(|overdue| overdue == (row.queue_at <= now))
            && self.due_before.is_none_or(|before| row.queue_at < before)
            && same(self.subject_id, Some(row.subject_id))
            && same(self.procedure_id, Some(row.procedure_id))
    }
}

/// A procedure and what it says now.
#[derive(Debug, Clone)]
pub struct Procedure {
    /// Its row.
    pub row: procedure::Model,
    /// What it says.
    pub says: Version,
}

const QUEUE: Order = Order::by_time("t.queue_at", "t.id", false);

/// All procedures, by name.
pub async fn procedures(db: &Db, actor: &Actor) -> Result<Vec<Procedure>> {
    actor.require(Permission::ProceduresRead)?;
    let rows = sql::all(db).await?;
    with_versions(db, rows).await
}

/// Procedures by id.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<Procedure>> {
    actor.require(Permission::ProceduresRead)?;
    let rows = sql::by_ids(db, ids).await?;
    with_versions(db, rows).await
}

async fn with_versions(db: &Db, rows: Vec<procedure::Model>) -> Result<Vec<Procedure>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut said = HashMap::new();
    for row in sql::current(db, &ids).await? {
        said.insert(row.procedure_id, Version::of(row)?);
    }
    let missing = |id: Uuid| Error::Internal(format!("procedure {id} says nothing"));
    rows.into_iter()
        .map(|row| {
            let says = said.remove(&row.id).ok_or_else(|| missing(row.id))?;
            Ok(Procedure { row, says })
        })
        .collect()
}

/// A task, with the step that it keeps.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its row.
    pub row: task::Model,
    /// What has to be done.
    pub step: Step,
}

async fn with_steps(db: &Db, rows: Vec<task::Model>) -> Result<Vec<Task>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let known = db.procedures().read(db).await?;
    let step = |row: task::Model| Ok(Task { step: known.step(&row)?.clone(), row });
    rows.into_iter().map(step).collect()
}

/// A page of tasks within reach: what is late, or is soonest, stands first; what waits or is over stands last.
pub async fn tasks(
    db: &Db,
    actor: &Actor,
    filter: &TaskFilter,
    page: &PageArgs,
) -> Result<Rows<Task>> {
    actor.require(Permission::ProceduresRead)?;
    let page = page.check(QUEUE)?;
    let rows = sql::list(db, actor, filter, page.sql(QUEUE)).await?;
    let rows = with_steps(db, rows).await?;
    Ok(page.finish(rows, |task| Cursor::new(SortValue::at(task.row.queue_at), task.row.id)))
}

/// How many tasks that finds.
pub async fn tasks_count(db: &Db, actor: &Actor, filter: &TaskFilter) -> Result<i64> {
    actor.require(Permission::ProceduresRead)?;
    sql::list_count(db, actor, filter).await
}

/// Tasks by id, within reach.
pub async fn tasks_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<Task>> {
    actor.require(Permission::ProceduresRead)?;
    with_steps(db, sql::tasks(db, actor, ids).await?).await
}

/// The tasks of orders, in the order in which they began.
pub async fn of_orders(db: &Db, actor: &Actor, orders: &[Uuid]) -> Result<Vec<Task>> {
    actor.require(Permission::ProceduresRead)?;
    with_steps(db, sql::of_orders(db, actor, orders).await?).await
}

/// The tasks about some things, in the order in which they began.
pub async fn of_subjects(db: &Db, actor: &Actor, subjects: &[Uuid]) -> Result<Vec<Task>> {
    actor.require(Permission::ProceduresRead)?;
    with_steps(db, sql::of_subjects(db, actor, subjects).await?).await
}

/// Until when a task has to be done, and seconds that are left, as they are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Until when; while its clock stands still, that moves on.
    pub due_at: OffsetDateTime,
    /// Below zero when it is late; working seconds where the step counts working time. What was left in the end, where it is over.
    pub seconds_left: i64,
    /// How long its clock stood still, to now.
    pub paused_seconds: i64,
}

/// How a task stands at a moment, by the calendar of its location.
pub fn standing(task: &Task, (place, now): (Option<&location::Model>, OffsetDateTime)) -> Standing {
    let Task { row, step } = task;
    let hours = place.map(hours::of_location).unwrap_or_default();
    let counting = if step.working_time { Counting::Work(&hours) } else { Counting::Wall };
    let clock = Clock::of(row);
    let now = row.completed_at.unwrap_or(now);
    let since = row.paused_at.map_or(0, |since| (now - since).whole_seconds().max(0));
    Standing {
        due_at: clock.due_at(now, counting),
        seconds_left: clock.left_at(now, counting),
        paused_seconds: row.paused_seconds + since,
    }
}

/// Clocks that run have a timer, and no others.
pub(crate) async fn check(db: &Db) -> Result<Check> {
    let mut check = Check { rows_checked: sql::total(db).await?, ..Check::named("tasks") };
    for (id, timers, state) in sql::untimed(db).await? {
        check.violation(|| format!("task {id}: {state}, with {timers} timers"));
    }
    Ok(check)
}
