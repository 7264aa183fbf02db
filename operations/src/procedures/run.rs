//! Timers of tasks: a warning, or that the time is over; and calendars that changed.

use super::clock::{Clock, Strike};
use super::hours::AllHours;
use super::in_hand::InHand;
use super::{sql, tell};
use crate::actor::Actor;
use crate::error::Result;
use crate::events::{self, EventKind};
use crate::store::{Batch, WriteTx};
use crate::timers::{self, Job};
use entities::enums::TaskState;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Tasks that are counted anew in one transaction.
const TOGETHER: usize = 200;

/// Tells what is to be told of a task by now, and sets the next timer. Whoever comes late, after a restart or a jump of the clock, tells the
/// last of it alone.
pub(crate) async fn strike(tx: &WriteTx, id: Uuid) -> Result<()> {
    let Some(row) = sql::lock_task(tx, id).await? else { return Ok(()) };
    if row.state != TaskState::Open {
        return Ok(());
    }
    let known = tx.procedures().read(tx).await?;
    let step = known.step(&row)?;
    let hours = AllHours::load(tx, row.calendar_id.into_iter()).await?;
    let counting = hours.counting(step.working_time, row.calendar_id);
    let so_far = (row.warned_percent, row.escalated_at.is_some());
    let now = (tx.now(), counting);
    let struck = Clock::of(&row).struck(&step.warn_at_percent, so_far, now);
    let mut task = InHand::new(row, step, &hours);
    let told = match struck {
        Some(Strike::Warn(percent)) => {
            task.row.warned_percent = percent;
            task.row.warned_at = Some(tx.now());
            let due = tell::moment(task.row.due_at);
            let data = json!({ "step": task.row.step_name, "percent": percent, "dueAt": due });
            vec![(events::TASK_WARNED, data)]
        }
        Some(Strike::Due) => late(tx, &mut task),
        None => Vec::new(),
    };
    let mut batch = Batch::default();
    if !task.write(tx, &Actor::system(), &mut batch, told) {
        // The clock was put back: it strikes again when it is time.
        if let Some(row) = sql::lock_task(tx, id).await? {
            super::in_hand::set_timer(tx, &mut batch, &row, (step, counting));
        }
    }
    batch.insert(tx).await
}

/// Its time is over: told of once, and made the work of another role where the step says so.
fn late(tx: &WriteTx, task: &mut InHand<'_>) -> Vec<(&'static EventKind, Json)> {
    let name = task.row.step_name.clone();
    task.row.escalated_at = Some(tx.now());
    let due = tell::moment(task.row.due_at);
    let mut told = vec![(events::TASK_OVERDUE, json!({ "step": name, "dueAt": due }))];
    let before = task.row.owner_role_id;
    if let Some(role) = task.step.escalate_to_role_id.filter(|role| *role != before) {
        task.row.owner_role_id = role;
        let data = json!({ "step": name, "roleId": role, "previousRoleId": before });
        told.push((events::TASK_ESCALATED, data));
    }
    told
}

/// A location works at other hours: what counts by them is counted anew, some at a time.
pub(crate) async fn recount(tx: &WriteTx, location: Uuid, payload: &Json) -> Result<()> {
    let last = payload.get("last").and_then(Json::as_str).and_then(|id| id.parse().ok());
    let after = (last.unwrap_or_default(), TOGETHER);
    let ids = sql::running_at(tx, location, after).await?;
    let known = tx.procedures().read(tx).await?;
    let hours = AllHours::load(tx, std::iter::once(location)).await?;
    let mut batch = Batch::default();
    let mut changed = Vec::new();
    for row in sql::lock_tasks(tx, &ids).await? {
        let step = known.step(&row)?;
        if !step.working_time {
            continue;
        }
        let id = row.id;
        let mut task = InHand::new(row, step, &hours);
        let told = task.recount(tx.now());
        if task.write(tx, &Actor::system(), &mut batch, told) {
            changed.push(id);
        }
    }
    if let Some(end) = ids.last().filter(|_| ids.len() == TOGETHER) {
        let rest = json!({ "last": end });
        timers::set_with(tx, &mut batch, (Job::RecountTasks, location), tx.now(), rest);
    }
    sql::forget_timers(tx, &changed).await?;
    batch.insert(tx).await
}

/// Has tasks that count by the hours of a location counted anew.
pub(crate) fn recount_behind(tx: &WriteTx, batch: &mut Batch, location: Uuid) {
    timers::set(tx, batch, Job::RecountTasks, location, tx.now());
}
