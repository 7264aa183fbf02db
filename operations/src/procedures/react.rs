//! What happens starts, stops and ends clocks: at the end of the transaction in which it happens, so that neither stands without the other.

use super::anchors::{Anchors, Asked};
use super::clock::{Clock, NEVER};
use super::condition::Subject;
use super::hours::{self, AllHours};
use super::in_hand::{InHand, set_timer};
use super::known::{Known, Version};
use super::sql;
use super::step::{is_end, moves};
use super::tell::tell;
use crate::actor::Actor;
use crate::error::Result;
use crate::events::{self, EventKind, NewEvent};
use crate::orders::promise::customers_zone;
use crate::store::{Batch, WriteTx};
use entities::enums::{ActorKind, ClockAnchor, TaskState};
use entities::task;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

/// Something that a transaction told of.
#[derive(Debug, Clone)]
pub(crate) struct Happened {
    kind: &'static EventKind,
    /// What it was about, as tasks are.
    subject: (&'static str, Uuid),
    /// What it is the next of: statements of a bank account.
    before: Vec<Uuid>,
    order: Option<Uuid>,
    customer: Option<Uuid>,
    channel: Option<Uuid>,
    location: Option<Uuid>,
    at: OffsetDateTime,
    actor: (ActorKind, Option<Uuid>),
    request_id: Option<String>,
}

impl Happened {
    /// Of an event; none where no clock listens to such.
    pub(crate) fn of(event: &NewEvent, actor: &Actor, now: OffsetDateTime) -> Option<Self> {
        let kind = event.kind;
        if kind.name.starts_with("task.") || kind.name.starts_with("procedure.") {
            return None;
        }
        Some(Self {
            kind,
            subject: about(kind.name, event.subject, event.location),
            before: Vec::new(),
            order: event.order,
            customer: event.customer,
            channel: event.channel,
            location: event.location,
            at: event.at.map_or(now, |at| at.min(now)),
            actor: (actor.kind, actor.id),
            request_id: actor.request_id.clone(),
        })
    }

    fn actor(&self) -> Actor {
        let (kind, id) = self.actor;
        Actor { kind, id, request_id: self.request_id.clone(), ..Actor::system() }
    }

    fn concerns(&self, row: &task::Model) -> bool {
        self.is_about(row) || row.subject_type == "ord" && Some(row.subject_id) == self.order
    }

    fn is_about(&self, row: &task::Model) -> bool {
        row.subject_id == self.subject.1 || self.before.contains(&row.subject_id)
    }
}

/// What tasks that an event starts are about: a count ends that of a location, which is counted again.
pub(super) fn about(
    kind: &str,
    subject: (&'static str, Uuid),
    location: Option<Uuid>,
) -> (&'static str, Uuid) {
    match location {
        Some(location) if kind.starts_with("stock_count.") => ("loc", location),
        Some(_) | None => subject,
    }
}

/// Lets clocks listen to what happened.
pub(crate) async fn react(tx: &WriteTx, happened: Vec<Happened>) -> Result<()> {
    if happened.is_empty() {
        return Ok(());
    }
    let known = tx.procedures().read(tx).await?;
    let starts = |one: &Happened| !known.started_by(one.kind.name).is_empty();
    // What is imported with its history is not worked through again.
    let history: HashSet<Uuid> = happened
        .iter()
        .filter(|one| one.kind.name == events::ORDER_IMPORTED.name)
        .map(|one| one.subject.1)
        .collect();
    let heard: Vec<Happened> =
        happened.into_iter().filter(|one| known.changes_by(one.kind.name) || starts(one)).collect();
    if heard.is_empty() {
        return Ok(());
    }
    let heard = with_earlier(tx, heard).await?;
    let running = change(tx, &known, &heard).await?;
    start(tx, &known, (&heard, &history), running).await
}

/// A statement of a bank account is the one that the one before it waited for.
async fn with_earlier(tx: &WriteTx, mut heard: Vec<Happened>) -> Result<Vec<Happened>> {
    let statements = |one: &Happened| one.kind.name == events::BANK_STATEMENT_IMPORTED.name;
    let ids: Vec<Uuid> =
        heard.iter().filter(|one| statements(one)).map(|one| one.subject.1).collect();
    if !ids.is_empty() {
        for (next, before) in sql::statements_before(tx, &ids).await? {
            let of = |one: &&mut Happened| one.subject.1 == next;
            heard.iter_mut().filter(of).for_each(|one| one.before.push(before));
        }
    }
    Ok(heard)
}

/// A procedure, a step of it, and what it is about: one clock runs for it at a time.
type Place = (Uuid, i32, Uuid);

fn place(row: &task::Model) -> Place {
    (row.procedure_id, row.step, row.subject_id)
}

/// Stops, resumes, moves and ends clocks that run, and says of which steps some run still.
async fn change(tx: &WriteTx, known: &Known, heard: &[Happened]) -> Result<HashSet<Place>> {
    let ids: BTreeSet<Uuid> = heard
        .iter()
        .flat_map(|one| one.before.iter().copied().chain([one.subject.1]).chain(one.order))
        .collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let rows = sql::running(tx, &ids).await?;
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let parts = heard.iter().filter(|one| one.subject.0 != "ord").filter_map(|one| one.order);
    let whole = Whole::load(tx, &rows, parts).await?;
    let hours = AllHours::load(tx, rows.iter().filter_map(|row| row.calendar_id)).await?;
    let mut asked: Vec<(ClockAnchor, (String, Uuid), Option<Uuid>)> = Vec::new();
    let mut tasks = Vec::with_capacity(rows.len());
    for row in rows {
        let step = known.step(&row)?;
        let anchor = step.anchor;
        if heard.iter().any(|one| moves(anchor, one.kind.name) && one.concerns(&row)) {
            asked.push((anchor, (row.subject_type.clone(), row.subject_id), row.order_id));
        }
        tasks.push(InHand::new(row, step, &hours));
    }
    let asked: Vec<Asked<'_>> = asked
        .iter()
        .map(|(anchor, (kind, id), order)| (*anchor, (kind.as_str(), *id), *order))
        .collect();
    let anchors = Anchors::load(tx, &asked).await?;
    let mut batch = Batch::default();
    let mut changed = Vec::new();
    let mut still = HashSet::new();
    for mut task in tasks {
        let id = task.row.id;
        let mut told = Vec::new();
        let mut actor = Actor::system();
        for one in heard {
            if !task.is_running() {
                break;
            }
            if !one.concerns(&task.row) {
                continue;
            }
            let more = hear(&mut task, one, &whole);
            if !more.is_empty() {
                actor = one.actor();
            }
            told.extend(more);
        }
        let about = (
            task.step.anchor,
            (task.row.subject_type.as_str(), task.row.subject_id),
            task.row.order_id,
        );
        if task.is_running() && asked.contains(&about) {
            told.extend(task.set_by(anchors.of(about), tx.now()));
        }
        if task.is_running() {
            still.insert(place(&task.row));
        }
        if task.write(tx, &actor, &mut batch, told) {
            changed.push(id);
        }
    }
    if !changed.is_empty() {
        sql::forget_timers(tx, &changed).await?;
        batch.insert(tx).await?;
    }
    Ok(still)
}

/// What a task makes of what happened to what it is about.
fn hear(task: &mut InHand<'_>, one: &Happened, whole: &Whole) -> Vec<(&'static EventKind, Json)> {
    let kind = one.kind.name;
    let actor = one.actor();
    if task.step.completing().any(|wanted| wanted == kind) && whole.is_done(&task.row, one) {
        return task.end(TaskState::Done, one.at, (&actor, None));
    }
    if is_end(kind) && task.row.subject_id == one.subject.1 {
        return task.end(TaskState::Cancelled, one.at, (&actor, None));
    }
    if task.step.paused_by.iter().any(|wanted| wanted == kind) {
        return task.pause(one.at);
    }
    if task.step.resumed_by.iter().any(|wanted| wanted == kind) {
        return task.resume(one.at);
    }
    Vec::new()
}

/// How much of orders left and arrived: one parcel of two does not complete what is about the order.
struct Whole(HashMap<Uuid, String>);

impl Whole {
    async fn load(
        tx: &WriteTx,
        rows: &[task::Model],
        orders: impl Iterator<Item = Uuid>,
    ) -> Result<Self> {
        let about: HashSet<Uuid> =
            rows.iter().filter(|row| row.subject_type == "ord").map(|row| row.subject_id).collect();
        let ids: BTreeSet<Uuid> = orders.filter(|id| about.contains(id)).collect();
        if ids.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let facts = sql::orders(tx, &ids).await?;
        Ok(Self(facts.into_iter().map(|(id, _, _, _, _, state)| (id, state)).collect()))
    }

    fn is_done(&self, row: &task::Model, one: &Happened) -> bool {
        if one.is_about(row) {
            return true;
        }
        let state = self.0.get(&row.subject_id).map(String::as_str);
        is_whole(one.kind.name, state)
    }
}

/// Whether what happened to a part of an order, which stands so now, is true of all of it.
pub(super) fn is_whole(kind: &str, state: Option<&str>) -> bool {
    match kind {
        "fulfillment.shipped" => matches!(state, Some("FULFILLED" | "DELIVERED")),
        "fulfillment.delivered" => state == Some("DELIVERED"),
        _ => true,
    }
}

/// Starts the clocks of procedures whose conditions hold, but for what is done or over by the end of the transaction.
async fn start(
    tx: &WriteTx,
    known: &Known,
    (heard, history): (&[Happened], &HashSet<Uuid>),
    mut running: HashSet<Place>,
) -> Result<()> {
    let new: Vec<(usize, &Happened)> = heard
        .iter()
        .enumerate()
        .filter(|(_, one)| one.order.is_none_or(|order| !history.contains(&order)))
        .collect();
    let chosen = choose(tx, known, &new).await?;
    if chosen.is_empty() {
        return Ok(());
    }
    let facts = Facts::load(tx, &chosen).await?;
    let whole = Whole(facts.orders.iter().map(|(id, row)| (*id, row.5.clone())).collect());
    let asked: Vec<Asked<'_>> = chosen
        .iter()
        .flat_map(|(_, one, version)| {
            version.steps.iter().map(|step| (step.anchor, one.subject, one.order))
        })
        .filter(|(anchor, ..)| *anchor != ClockAnchor::Trigger)
        .collect();
    let anchors = Anchors::load(tx, &asked).await?;
    let mut batch = Batch::default();
    for (place, one, version) in &chosen {
        let later = heard.get(place + 1..).unwrap_or_default();
        for (index, step) in version.steps.iter().enumerate() {
            let index = i32::try_from(index).unwrap_or(i32::MAX);
            if running.contains(&(version.procedure_id, index, one.subject.1)) {
                continue;
            }
            let mut row = facts.blank(tx, one, version, index);
            let zone = TimeZone::get(&row.zone).unwrap_or(TimeZone::UTC);
            let counting = facts.hours.counting(step.working_time, row.calendar_id);
            let anchor = if step.anchor == ClockAnchor::Trigger {
                Some(row.started_at)
            } else {
                anchors.of((step.anchor, one.subject, one.order))
            };
            step.name.clone_into(&mut row.step_name);
            row.owner_role_id = step.owner_role_id;
            if let Some(anchor) = anchor {
                let moments = (anchor, row.started_at);
                let clock = Clock::start(step.within(), moments, &zone, counting);
                row.state = TaskState::Open;
                clock.put(&mut row);
            }
            let about = row.clone();
            let mut task = InHand::new(row, step, &facts.hours);
            let mut told = Vec::new();
            if !task.waits() {
                told.push((events::TASK_OPENED, task.opened()));
            }
            for other in later.iter().filter(|other| other.concerns(&about)) {
                if task.is_running() {
                    told.extend(hear(&mut task, other, &whole));
                }
            }
            if !task.is_running() {
                continue;
            }
            let row = task.row;
            running.insert((version.procedure_id, index, one.subject.1));
            batch.add(&row);
            set_timer(tx, &mut batch, &row, (step, counting));
            for event in told {
                tell(tx, &one.actor(), &mut batch, &row, event);
            }
        }
    }
    batch.insert(tx).await
}

/// Something that happened, with its place among all that did.
type Placed<'h> = (usize, &'h Happened);

/// What starts a procedure: its place among all that happened, itself, and the procedure.
type Chosen<'h> = (usize, &'h Happened, Arc<Version>);

/// Which procedures start for what happened.
async fn choose<'h>(tx: &WriteTx, known: &Known, heard: &[Placed<'h>]) -> Result<Vec<Chosen<'h>>> {
    let mut by_version: Vec<(Arc<Version>, Vec<Placed<'_>>)> = Vec::new();
    for (place, one) in heard {
        for version in known.started_by(one.kind.name) {
            match by_version.iter_mut().find(|(other, _)| Arc::ptr_eq(other, version)) {
                Some((_, of)) => of.push((*place, one)),
                None => by_version.push((version.clone(), vec![(*place, one)])),
            }
        }
    }
    let mut chosen = Vec::new();
    for (version, of) in by_version {
        let subjects: Vec<Subject> = of.iter().map(|(_, one)| subject(one)).collect();
        let holds = version.condition.holds(tx, &subjects).await?;
        let fitting = of.into_iter().zip(holds).filter(|(_, holds)| *holds);
        chosen.extend(fitting.map(|((place, one), _)| (place, one, version.clone())));
    }
    Ok(chosen)
}

fn subject(one: &Happened) -> Subject {
    let (kind, id) = one.subject;
    Subject { kind, id, order: one.order, customer: one.customer }
}

/// What new tasks have to know of what they are about.
struct Facts {
    orders: HashMap<Uuid, sql::OrderFacts>,
    first: Option<Uuid>,
    hours: AllHours,
}

impl Facts {
    async fn load(tx: &WriteTx, chosen: &[Chosen<'_>]) -> Result<Self> {
        let ids: BTreeSet<Uuid> = chosen.iter().filter_map(|(_, one, _)| one.order).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let rows = if ids.is_empty() { Vec::new() } else { sql::orders(tx, &ids).await? };
        let orders: HashMap<Uuid, sql::OrderFacts> =
            rows.into_iter().map(|row| (row.0, row)).collect();
        let mut facts = Self { orders, first: None, hours: AllHours::default() };
        if chosen.iter().any(|(_, one, _)| facts.calendar(one).is_none()) {
            facts.first = hours::first_location(tx).await?;
        }
        let calendars = chosen.iter().filter_map(|(_, one, _)| facts.calendar(one));
        facts.hours = AllHours::load(tx, calendars).await?;
        Ok(facts)
    }

    fn order(&self, one: &Happened) -> Option<&sql::OrderFacts> {
        self.orders.get(&one.order?)
    }

    fn calendar(&self, one: &Happened) -> Option<Uuid> {
        one.location.or_else(|| self.order(one)?.4).or(self.first)
    }

    /// A task whose clock is not set yet.
    fn blank(&self, tx: &WriteTx, one: &Happened, version: &Version, step: i32) -> task::Model {
        let order = self.order(one);
        let calendar = self.calendar(one);
        let home = order.and_then(|order| customers_zone(order.3.as_ref()));
        let zone = home.unwrap_or_else(|| self.hours.of(calendar).zone.clone());
        task::Model {
            id: tx.id(),
            version: 1,
            procedure_id: version.procedure_id,
            procedure_version: version.number,
            step,
            step_name: String::new(),
            trigger_kind: version.trigger.clone(),
            subject_type: one.subject.0.to_owned(),
            subject_id: one.subject.1,
            order_id: one.order,
            customer_id: one.customer.or_else(|| order?.1),
            channel_id: one.channel.or_else(|| order.map(|order| order.2)),
            location_id: one.location,
            state: TaskState::Paused,
            owner_role_id: Uuid::nil(),
            assignee_id: None,
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            calendar_id: calendar,
            anchor_at: NEVER,
            started_at: one.at,
            counted_from: one.at,
            left_seconds: 0,
            total_seconds: 0,
            due_at: NEVER,
            queue_at: NEVER,
            paused_at: None,
            paused_seconds: 0,
            warned_percent: 0,
            warned_at: None,
            escalated_at: None,
            completed_at: None,
            completed_by_kind: None,
            completed_by_id: None,
            note: None,
            updated_at: tx.now(),
        }
    }
}
