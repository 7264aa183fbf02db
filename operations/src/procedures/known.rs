//! Procedures as a node knows them: kept in memory, and read again when their revision is another one.

use super::condition::Condition;
use super::sql;
use super::step::{Step, is_end, moves};
use crate::error::{Error, Result};
use crate::store::Db;
use entities::enums::ClockAnchor;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// What a procedure says in one version.
#[derive(Debug, Clone)]
pub struct Version {
    /// The procedure.
    pub procedure_id: Uuid,
    /// Which version.
    pub number: i32,
    /// What it is for.
    pub description: Option<String>,
    /// The type of event that starts it.
    pub trigger: String,
    /// What has to hold of what that is about.
    pub condition: Condition,
    /// What has to be done.
    pub steps: Vec<Step>,
}

impl Version {
    /// From its row.
    pub(super) fn of(row: entities::procedure_version::Model) -> Result<Self> {
        let broken = |error: serde_json::Error| {
            Error::Internal(format!("procedure {}: {error}", row.procedure_id))
        };
        Ok(Self {
            procedure_id: row.procedure_id,
            number: row.version,
            description: row.description,
            trigger: row.trigger_kind,
            condition: serde_json::from_value(row.condition).map_err(broken)?,
            steps: serde_json::from_value(row.steps).map_err(broken)?,
        })
    }
}

/// All of them, by what they listen to.
#[derive(Debug, Default)]
pub(crate) struct Known {
    revision: i64,
    /// Every version that there ever was.
    versions: HashMap<(Uuid, i32), Arc<Version>>,
    /// Those that start something, by the type of event that starts them, in the order of their names.
    started_by: HashMap<String, Vec<Arc<Version>>>,
    /// Types of events that stop, resume or complete something.
    heard: HashSet<String>,
    /// Moments that some clock is set by.
    anchors: Vec<ClockAnchor>,
}

impl Known {
    pub(super) fn version(&self, procedure: Uuid, version: i32) -> Option<&Arc<Version>> {
        self.versions.get(&(procedure, version))
    }

    pub(super) fn step(&self, row: &entities::task::Model) -> Result<&Step> {
        let version = self.version(row.procedure_id, row.procedure_version);
        let step = version.and_then(|found| found.steps.get(usize::try_from(row.step).ok()?));
        step.ok_or_else(|| Error::Internal(format!("task {} has no step", row.id)))
    }

    /// The procedures that a type of event starts.
    pub(super) fn started_by(&self, kind: &str) -> &[Arc<Version>] {
        self.started_by.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Whether a clock that runs may have to do with a type of event.
    pub(super) fn changes_by(&self, kind: &str) -> bool {
        self.heard.contains(kind)
            || is_end(kind)
            || self.anchors.iter().any(|anchor| moves(*anchor, kind))
    }
}

/// Where a node keeps them.
#[derive(Debug, Default)]
pub(crate) struct Cell(Mutex<Arc<Known>>);

impl Cell {
    /// Procedures as they are in this transaction.
    pub(crate) async fn read(&self, db: &Db) -> Result<Arc<Known>> {
        let revision = sql::revision(db).await?;
        let kept = self.0.lock().map(|kept| kept.clone()).unwrap_or_default();
        if kept.revision == revision {
            return Ok(kept);
        }
        let known = Arc::new(load(db, revision).await?);
        if let Ok(mut kept) = self.0.lock()
            && kept.revision < revision
        {
            *kept = known.clone();
        }
        Ok(known)
    }
}

async fn load(db: &Db, revision: i64) -> Result<Known> {
    let mut known = Known { revision, ..Known::default() };
    for row in sql::versions(db).await? {
        let version = Arc::new(Version::of(row)?);
        for step in &version.steps {
            known.heard.extend(step.hears().map(str::to_owned));
            if step.anchor != ClockAnchor::Trigger && !known.anchors.contains(&step.anchor) {
                known.anchors.push(step.anchor);
            }
        }
        known.versions.insert((version.procedure_id, version.number), version);
    }
    for row in sql::all(db).await?.into_iter().filter(|row| row.active) {
        if let Some(version) = known.versions.get(&(row.id, row.version)) {
            let of = known.started_by.entry(version.trigger.clone()).or_default();
            of.push(version.clone());
        }
    }
    Ok(known)
}
