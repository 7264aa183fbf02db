//! `procedureDryRun`: what a procedure would have come to, had it been there, by what happened since.

use super::anchors::{Anchors, Asked};
use super::clock::{Clock, NEVER};
use super::condition::Subject;
use super::define::{Checked, DefineProcedure, check_roles};
use super::hours::{self, AllHours};
use super::react::{about, is_whole};
use super::step::is_end;
use super::{Step, sql};
use crate::actor::Actor;
use crate::customers::value::sees_all;
use crate::error::{Faults, RefusalCode, Result};
use crate::events::{self, EventFilter, LoggedEvent, Part, Wanted};
use crate::orders::promise::customers_zone;
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::ClockAnchor;
use jiff::tz::TimeZone;
use std::collections::{BTreeSet, HashMap, HashSet};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Events that start something, at most: the first of them.
pub const MOST: usize = 5_000;
/// Of what is late, so many are named.
const EXAMPLES: usize = 20;
/// Things whose history is read together.
const TOGETHER: usize = 500;

/// What a step would have come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Its name.
    pub name: String,
    /// How often its clock would have started.
    pub started: i32,
    /// How often it was done in time.
    pub in_time: i32,
    /// How often it was done too late.
    pub late: i32,
    /// How often what it was about was over before.
    pub cancelled: i32,
    /// How often it would run still, in time.
    pub open: i32,
    /// How often it would be late now.
    pub overdue: i32,
}

/// Something that would have been late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What it is about: the id prefix and the id.
    pub subject: (String, Uuid),
    /// Which step.
    pub step: String,
    /// Until when.
    pub due_at: OffsetDateTime,
    /// When it was done; none where it was not.
    pub done_at: Option<OffsetDateTime>,
}

/// What a procedure would have come to.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// From when on.
    pub from: OffsetDateTime,
    /// Events of its type.
    pub events: i32,
    /// Those for which its condition holds, by what they are about as it is now.
    pub fitting: i32,
    /// Whether there were more events than are looked at.
    pub truncated: bool,
    /// Each step.
    pub steps: Vec<Tally>,
    /// Some that would have been late, the latest first.
    pub examples: Vec<Example>,
}

/// Looks at the last days as if the procedure had been there.
pub async fn rehearse(
    db: &Db,
    actor: &Actor,
    (command, days): (&DefineProcedure, i32),
) -> Result<Rehearsal> {
    actor.require(Permission::ProceduresWrite)?;
    let mut faults = Faults::default();
    let said = command.check(&mut faults);
    crate::checks::within(&mut faults, "days", days, 1, 366);
    if !sees_all(actor) {
        let message = "procedures are of the whole shop, which is beyond your reach";
        faults.add(RefusalCode::PolicyViolation, "procedureId", message);
    }
    faults.check()?;
    let mut faults = Faults::default();
    check_roles(db, &said, &mut faults).await?;
    faults.check()?;
    let from = db.now() - Duration::days(days.into());
    let (mut triggers, truncated) = triggers(db, &said.trigger, from).await?;
    let events = count(triggers.len());
    let subjects: Vec<Subject> = triggers.iter().map(subject_of).collect();
    let mut fits = Vec::with_capacity(subjects.len());
    for chunk in subjects.chunks(TOGETHER) {
        fits.extend(said.condition.holds(db, chunk).await?);
    }
    let mut each = fits.iter();
    triggers.retain(|_| each.next().copied().unwrap_or(false));
    let steps = said.steps.iter();
    let tallies = steps.map(|step| Tally { name: step.name.clone(), ..Tally::default() });
    let mut found = Rehearsal {
        from,
        events,
        fitting: count(triggers.len()),
        truncated,
        steps: tallies.collect(),
        examples: Vec::new(),
    };
    // A thing at a time has one clock: its triggers are looked at together, in their order.
    triggers.sort_by_key(|event| (subject_of(event).id, event.place));
    let mut rest = triggers.as_slice();
    while !rest.is_empty() {
        let mut end = rest.len().min(TOGETHER);
        while end < rest.len() && id_at(rest, end) == id_at(rest, end - 1) {
            end += 1;
        }
        let (chunk, more) = rest.split_at(end);
        History::load(db, &said, chunk).await?.run(db, &said, &mut found);
        rest = more;
    }
    found.examples.sort_by_key(|example| std::cmp::Reverse(example.due_at));
    found.examples.truncate(EXAMPLES);
    Ok(found)
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn id_at(events: &[LoggedEvent], index: usize) -> Option<Uuid> {
    events.get(index).map(|event| subject_of(event).id)
}

fn subject_of(event: &LoggedEvent) -> Subject {
    let row = &event.row;
    // The types of what events are about are known; a stranger is about nothing that a condition looks at.
    let kind = ["ord", "ret", "cas", "rex", "ful", "pay", "dsp"]
        .into_iter()
        .find(|kind| *kind == row.subject_type)
        .unwrap_or("");
    let (_, id) = about(&row.kind, (kind, row.subject_id), row.location_id);
    Subject { kind, id, order: row.order_id, customer: row.customer_id }
}

/// What would have started it, oldest first.
async fn triggers(db: &Db, kind: &str, from: OffsetDateTime) -> Result<(Vec<LoggedEvent>, bool)> {
    let filter = EventFilter {
        types: Some(vec![kind.to_owned()]),
        from: Some(from),
        ..EventFilter::default()
    };
    let wanted = Wanted::new(&Actor::system(), filter)?;
    let (start, _) = events::around(db, Some(from), None).await?;
    let start = match start {
        Some(start) => start.max(events::pruned_to(db).await?),
        None => events::pruned_to(db).await?,
    };
    let to = events::newest_place(db).await?;
    let mut part = Part { from: start, to, first_id: None, end_id: None, not_delivered_to: None };
    let mut found = Vec::new();
    loop {
        let stretch = events::part_of(db, &wanted, &part, MOST + 1 - found.len()).await?;
        found.extend(stretch.events);
        if found.len() > MOST {
            found.truncate(MOST);
            return Ok((found, true));
        }
        if !stretch.more {
            return Ok((found, false));
        }
        part.from = stretch.end;
    }
}

/// What happened to some things, and what their clocks have to know of them.
struct History<'e> {
    triggers: &'e [LoggedEvent],
    /// By what it happened to, in order: the kind, when, and to which part of it.
    happened: HashMap<Uuid, Vec<Told>>,
    orders: HashMap<Uuid, sql::OrderFacts>,
    anchors: Anchors,
    hours: AllHours,
    first: Option<Uuid>,
}

#[derive(Debug, Clone)]
struct Told {
    kind: String,
    at: OffsetDateTime,
    subject: Uuid,
}

impl<'e> History<'e> {
    async fn load(db: &Db, said: &Checked, triggers: &'e [LoggedEvent]) -> Result<Self> {
        let subjects: BTreeSet<Uuid> = triggers.iter().map(|event| subject_of(event).id).collect();
        let subjects: Vec<Uuid> = subjects.into_iter().collect();
        let orders: BTreeSet<Uuid> =
            triggers.iter().filter_map(|event| event.row.order_id).collect();
        let orders: Vec<Uuid> = orders.into_iter().collect();
        let kinds: BTreeSet<&str> = said.steps.iter().flat_map(Step::hears).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let since = triggers.iter().map(|event| event.row.at).min().unwrap_or(db.now());
        let mut happened: HashMap<Uuid, Vec<Told>> = HashMap::new();
        for row in sql::history(db, (&subjects, &orders), (&kinds, since)).await? {
            let (kind, subject, order, location, at) = row;
            let (_, own) = about(&kind, ("", subject), location);
            let told = Told { kind, at, subject: own };
            for of in [Some(own), order.filter(|order| *order != own)].into_iter().flatten() {
                happened.entry(of).or_default().push(told.clone());
            }
        }
        let facts = if orders.is_empty() { Vec::new() } else { sql::orders(db, &orders).await? };
        let orders: HashMap<Uuid, sql::OrderFacts> =
            facts.into_iter().map(|row| (row.0, row)).collect();
        let asked: Vec<Asked<'_>> = triggers
            .iter()
            .flat_map(|event| said.steps.iter().map(|step| asked(step.anchor, event)))
            .filter(|(anchor, ..)| *anchor != ClockAnchor::Trigger)
            .collect();
        let anchors = Anchors::load(db, &asked).await?;
        let first = hours::first_location(db).await?;
        let mut history =
            Self { triggers, happened, orders, anchors, hours: AllHours::default(), first };
        let calendars = triggers.iter().filter_map(|event| history.calendar(event));
        history.hours = AllHours::load(db, calendars).await?;
        Ok(history)
    }

    fn calendar(&self, event: &LoggedEvent) -> Option<Uuid> {
        let order = event.row.order_id.and_then(|id| self.orders.get(&id));
        event.row.location_id.or_else(|| order?.4).or(self.first)
    }

    fn run(&self, db: &Db, said: &Checked, found: &mut Rehearsal) {
        for (index, step) in said.steps.iter().enumerate() {
            // Until when the clock about a thing runs that was started last.
            let mut running: HashMap<Uuid, OffsetDateTime> = HashMap::new();
            for event in self.triggers {
                let subject = subject_of(event);
                if running.get(&subject.id).is_some_and(|until| *until > event.row.at) {
                    continue;
                }
                let Some(run) = self.clock(db, step, event) else { continue };
                running.insert(subject.id, run.done_at.unwrap_or(NEVER));
                let Some(tally) = found.steps.get_mut(index) else { continue };
                tally.started += 1;
                let late = run.done_at.unwrap_or(db.now()) > run.due_at;
                match (run.done_at, run.cancelled, late) {
                    (Some(_), true, _) => tally.cancelled += 1,
                    (Some(_), false, false) => tally.in_time += 1,
                    (Some(_), false, true) => tally.late += 1,
                    (None, _, false) => tally.open += 1,
                    (None, _, true) => tally.overdue += 1,
                }
                if late && !run.cancelled {
                    found.examples.push(Example {
                        subject: (event.row.subject_type.clone(), event.row.subject_id),
                        step: step.name.clone(),
                        due_at: run.due_at,
                        done_at: run.done_at,
                    });
                }
            }
        }
    }

    /// How the clock of a step runs that an event starts; none where the moment that sets it is not known.
    fn clock(&self, db: &Db, step: &Step, event: &LoggedEvent) -> Option<Run> {
        let calendar = self.calendar(event);
        let counting = self.hours.counting(step.working_time, calendar);
        let order = event.row.order_id.and_then(|id| self.orders.get(&id));
        let home = order.and_then(|order| customers_zone(order.3.as_ref()));
        let zone: TimeZone = home.unwrap_or_else(|| self.hours.of(calendar).zone.clone());
        let start = event.row.at;
        let anchor = if step.anchor == ClockAnchor::Trigger {
            start
        } else {
            self.anchors.of(asked(step.anchor, event))?
        };
        let mut clock = Clock::start(step.within(), (anchor, start), &zone, counting);
        let id = subject_of(event).id;
        let told = self.happened.get(&id).map_or(&[][..], Vec::as_slice);
        let last: HashMap<&str, OffsetDateTime> =
            told.iter().map(|one| (one.kind.as_str(), one.at)).collect();
        let completing: HashSet<&str> = step.completing().collect();
        for one in told
            .iter()
            .filter(|one| one.at > start || one.kind != event.row.kind && one.at >= start)
        {
            let kind = one.kind.as_str();
            let whole = one.subject == id || {
                let state = order.map(|order| order.5.as_str());
                let parted = matches!(kind, "fulfillment.shipped" | "fulfillment.delivered");
                // One parcel of two does not complete it: the last one does.
                is_whole(kind, state) && (!parted || last.get(kind) == Some(&one.at))
            };
            if completing.contains(kind) && whole {
                clock.resume(one.at, counting);
                return Some(Run { due_at: clock.due_at, done_at: Some(one.at), cancelled: false });
            }
            if is_end(kind) && one.subject == id {
                return Some(Run { due_at: clock.due_at, done_at: Some(one.at), cancelled: true });
            }
            if step.paused_by.iter().any(|wanted| wanted == kind) {
                clock.pause(one.at, counting);
            } else if step.resumed_by.iter().any(|wanted| wanted == kind) {
                clock.resume(one.at, counting);
            }
        }
        Some(Run { due_at: clock.due_at(db.now(), counting), done_at: None, cancelled: false })
    }
}

struct Run {
    due_at: OffsetDateTime,
    done_at: Option<OffsetDateTime>,
    cancelled: bool,
}

fn asked(anchor: ClockAnchor, event: &LoggedEvent) -> Asked<'_> {
    (anchor, (event.row.subject_type.as_str(), event.row.subject_id), event.row.order_id)
}
