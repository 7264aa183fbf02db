//! `procedureDryRun`.

use super::inputs::ProcedureDefineInput;
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::encode_prefixed;
use crate::scalars::DateTime;
use async_graphql::{Context, ID, SimpleObject};
use operations::procedures::define::DefineProcedure;
use operations::procedures::rehearse::{self, Example, Rehearsal, Tally};

/// What a procedure would have come to.
#[derive(SimpleObject)]
pub(crate) struct ProcedureDryRun {
    /// From when on events are looked at.
    from: DateTime,
    /// Events of the trigger's type in that time.
    events: i32,
    /// Those of them for which the condition holds.
    fitting: i32,
    /// Whether there were more than 5,000 events: the first 5,000 are looked at.
    truncated: bool,
    /// What each step would have come to.
    steps: Vec<ProcedureStepDryRun>,
    /// Up to 20 that would have been late, the latest first.
    examples: Vec<ProcedureDryRunExample>,
}

/// What a step would have come to.
#[derive(SimpleObject)]
pub(crate) struct ProcedureStepDryRun {
    /// Its name.
    name: String,
    /// How often its clock would have started.
    started: i32,
    /// How often it was done in time.
    in_time: i32,
    /// How often it was done too late.
    late: i32,
    /// How often what it was about was over before.
    cancelled: i32,
    /// How often its clock would run still, in time.
    open: i32,
    /// How often it would be overdue now.
    overdue: i32,
}

/// Something that would have been late.
#[derive(SimpleObject)]
pub(crate) struct ProcedureDryRunExample {
    /// What it is about.
    subject_id: ID,
    /// The name of the step.
    step_name: String,
    /// Until when it would have been due.
    due_at: DateTime,
    /// When it was done; null where it was not.
    completed_at: Option<DateTime>,
}

impl From<Tally> for ProcedureStepDryRun {
    fn from(tally: Tally) -> Self {
        let Tally { name, started, in_time, late, cancelled, open, overdue } = tally;
        Self { name, started, in_time, late, cancelled, open, overdue }
    }
}

impl From<Example> for ProcedureDryRunExample {
    fn from(example: Example) -> Self {
        Self {
            subject_id: ID(encode_prefixed(&example.subject.0, example.subject.1)),
            step_name: example.step,
            due_at: DateTime(example.due_at),
            completed_at: example.done_at.map(DateTime),
        }
    }
}

impl From<Rehearsal> for ProcedureDryRun {
    fn from(found: Rehearsal) -> Self {
        Self {
            from: DateTime(found.from),
            events: found.events,
            fitting: found.fitting,
            truncated: found.truncated,
            steps: found.steps.into_iter().map(Into::into).collect(),
            examples: found.examples.into_iter().map(Into::into).collect(),
        }
    }
}

pub(super) async fn rehearsed(
    ctx: &Context<'_>,
    input: ProcedureDefineInput,
    days: i32,
) -> Option<ProcedureDryRun> {
    let command = DefineProcedure::from(input);
    let found = async { rehearse::rehearse(&ctx.read(), ctx.actor()?, (&command, days)).await };
    found.await.or_null(ctx).map(Into::into)
}
