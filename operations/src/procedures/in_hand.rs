//! A task that is worked on: what happens to its clock, and what is told of it.

use super::clock::{Clock, NEVER};
use super::hours::AllHours;
use super::span::Counting;
use super::step::Step;
use super::tell::{moment, tell};
use crate::actor::Actor;
use crate::events::{self, EventKind};
use crate::store::{Batch, WriteTx};
use crate::timers::{self, Job};
use entities::enums::TaskState;
use entities::task;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;

/// A task with the step that it keeps.
pub(super) struct InHand<'a> {
    pub(super) row: task::Model,
    pub(super) step: &'a Step,
    counting: Counting<'a>,
    before: task::Model,
}

impl<'a> InHand<'a> {
    pub(super) fn new(row: task::Model, step: &'a Step, hours: &'a AllHours) -> Self {
        let counting = hours.counting(step.working_time, row.calendar_id);
        Self { before: row.clone(), row, step, counting }
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.row.state, TaskState::Open | TaskState::Paused)
    }

    /// Whether it waits for a moment that nobody knows yet.
    pub(super) fn waits(&self) -> bool {
        self.row.due_at >= NEVER
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.row.zone).unwrap_or(TimeZone::UTC)
    }

    fn data(&self) -> Json {
        json!({ "step": self.row.step_name })
    }

    /// Ends it: told of, unless nobody knew of it yet.
    pub(super) fn end(
        &mut self,
        state: TaskState,
        at: OffsetDateTime,
        (actor, note): (&Actor, Option<String>),
    ) -> Vec<(&'static EventKind, Json)> {
        let unknown = self.waits();
        if self.row.state == TaskState::Paused && !unknown {
            // How long it stood still is known now; it is due when it would have been.
            let mut clock = Clock::of(&self.row);
            clock.resume(at, self.counting);
            clock.put(&mut self.row);
        }
        self.row.state = if unknown { TaskState::Cancelled } else { state };
        self.row.queue_at = NEVER;
        self.row.completed_at = Some(at.max(self.row.started_at));
        self.row.completed_by_kind = Some(actor.kind);
        self.row.completed_by_id = actor.id;
        self.row.note = note;
        if unknown {
            return Vec::new();
        }
        let late = self.row.completed_at.is_some_and(|at| at > self.row.due_at);
        match state {
            TaskState::Done => {
                let data = json!({ "step": self.row.step_name, "late": late });
                vec![(events::TASK_COMPLETED, data)]
            }
            TaskState::Skipped => {
                let data = json!({ "step": self.row.step_name, "reason": self.row.note });
                vec![(events::TASK_SKIPPED, data)]
            }
            TaskState::Open | TaskState::Paused | TaskState::Cancelled => {
                vec![(events::TASK_CANCELLED, self.data())]
            }
        }
    }

    /// Stops its clock.
    pub(super) fn pause(&mut self, at: OffsetDateTime) -> Vec<(&'static EventKind, Json)> {
        if self.row.state != TaskState::Open {
            return Vec::new();
        }
        self.row.state = TaskState::Paused;
        let mut clock = Clock::of(&self.row);
        clock.pause(at, self.counting);
        clock.put(&mut self.row);
        vec![(events::TASK_PAUSED, self.data())]
    }

    /// Lets it go on.
    pub(super) fn resume(&mut self, at: OffsetDateTime) -> Vec<(&'static EventKind, Json)> {
        if self.row.state != TaskState::Paused || self.waits() {
            return Vec::new();
        }
        self.row.state = TaskState::Open;
        let mut clock = Clock::of(&self.row);
        clock.resume(at, self.counting);
        clock.put(&mut self.row);
        let data = json!({ "step": self.row.step_name, "dueAt": moment(self.row.due_at) });
        vec![(events::TASK_RESUMED, data)]
    }

    /// Sets its clock by a moment as it is now; none where that is not known.
    pub(super) fn set_by(
        &mut self,
        anchor: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Vec<(&'static EventKind, Json)> {
        let own_pause = !self.step.paused_by.is_empty();
        let Some(anchor) = anchor else {
            return if self.waits() || own_pause { Vec::new() } else { self.pause(now) };
        };
        let within = self.step.within();
        let zone = self.zone();
        if self.waits() {
            let from = self.row.started_at;
            let clock = Clock::start(within, (anchor, from), &zone, self.counting);
            self.row.state = TaskState::Open;
            clock.put(&mut self.row);
            return vec![(events::TASK_OPENED, self.opened())];
        }
        if self.row.state == TaskState::Paused && !own_pause {
            // It stood still because nobody knew the moment: now it is set anew.
            let since = self.row.paused_at.unwrap_or(now);
            let stood = self.row.paused_seconds + (now - since).whole_seconds().max(0);
            let started = self.row.started_at;
            let mut clock = Clock::start(within, (anchor, started), &zone, self.counting);
            clock.left = self.counting.between(now, clock.due_at);
            (clock.counted_from, clock.paused_seconds) = (now, stood);
            self.row.state = TaskState::Open;
            clock.put(&mut self.row);
            let data = json!({ "step": self.row.step_name, "dueAt": moment(self.row.due_at) });
            return vec![(events::TASK_RESUMED, data)];
        }
        if anchor == self.row.anchor_at {
            return Vec::new();
        }
        let due = self.row.due_at;
        let mut clock = Clock::of(&self.row);
        clock.retime(within, anchor, &zone, self.counting);
        clock.put(&mut self.row);
        self.moved(due, now)
    }

    /// The calendar that its time is counted by is another one.
    pub(super) fn recount(&mut self, now: OffsetDateTime) -> Vec<(&'static EventKind, Json)> {
        if self.row.state != TaskState::Open {
            return Vec::new();
        }
        let due = self.row.due_at;
        let zone = self.zone();
        let mut clock = Clock::of(&self.row);
        if self.step.anchor == entities::enums::ClockAnchor::Trigger {
            clock.recount(self.counting);
        } else {
            clock.due_at = self.step.within().from(clock.anchor_at, &zone, self.counting);
            clock.left = self.counting.between(clock.counted_from, clock.due_at);
        }
        clock.put(&mut self.row);
        self.moved(due, now)
    }

    fn moved(
        &mut self,
        due: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Vec<(&'static EventKind, Json)> {
        if due == self.row.due_at {
            return Vec::new();
        }
        if self.row.due_at > now {
            // There is time again: when that is over, it is told of anew.
            self.row.escalated_at = None;
            self.row.warned_percent = 0;
        }
        let data = json!({
            "step": self.row.step_name,
            "dueAt": moment(self.row.due_at),
            "previousDueAt": moment(due),
        });
        vec![(events::TASK_MOVED, data)]
    }

    pub(super) fn opened(&self) -> Json {
        json!({ "step": self.row.step_name, "dueAt": moment(self.row.due_at) })
    }

    /// Adds the task as it is now to what is written, with its timer and what is told of it; whether anything changed.
    pub(super) fn write(
        mut self,
        tx: &WriteTx,
        actor: &Actor,
        batch: &mut Batch,
        told: Vec<(&'static EventKind, Json)>,
    ) -> bool {
        if self.row == self.before && told.is_empty() {
            return false;
        }
        self.row.version += 1;
        self.row.updated_at = tx.now();
        batch.save(&self.row);
        set_timer(tx, batch, &self.row, (self.step, self.counting));
        for one in told {
            tell(tx, actor, batch, &self.row, one);
        }
        true
    }
}

/// Sets the timer of a task whose clock runs: for the next that is told of it.
pub(super) fn set_timer(
    tx: &WriteTx,
    batch: &mut Batch,
    row: &task::Model,
    (step, counting): (&Step, Counting<'_>),
) {
    if row.state != TaskState::Open {
        return;
    }
    let told = (row.warned_percent, row.escalated_at.is_some());
    if let Some((at, _)) = Clock::of(row).next(&step.warn_at_percent, told, counting) {
        timers::set(tx, batch, Job::StrikeTask, row.id, at);
    }
}
