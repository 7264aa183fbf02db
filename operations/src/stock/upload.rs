//! Stock by the thousand: rows of a file, each what was counted or what came in.
//!
//! Every row is checked before anything is written. What was counted goes through counts, so that a reset of everything is
//! movements with a document and no number is ever overwritten; what came in is received. Each portion has a key
//! made of the file: a run that broke off goes on where it stopped, and the same file again receives nothing twice.

use super::lines::MAX_LINES;
use super::receive::{ReceiveStock, SkuQuantity, receive};
use crate::actor::Actor;
use crate::catalog::sql as catalog;
use crate::counts::WhichCount;
use crate::counts::close::{MAX_DIFFERENCES, close};
use crate::counts::record::{RecordCount, record};
use crate::counts::start::{StartCount, start};
use crate::error::{Error, Result};
use crate::idempotency::Call;
use crate::permissions::Permission;
use crate::store::Store;
use entities::{location, variant};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// SKUs that are looked up together.
const TOGETHER: usize = 1_000;

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// Its line in the file.
    pub line: usize,
    /// The code of the location.
    pub location: String,
    /// The SKU.
    pub sku: String,
    /// What it says.
    pub units: Units,
}

/// What a row says of a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// So many lie there.
    Counted(i32),
    /// So many came in.
    Received(i32),
}

/// A fault of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The line in the file.
    pub line: usize,
    /// The column.
    pub column: &'static str,
    /// What is wrong.
    pub message: String,
}

/// What an upload did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Rows that were counted.
    pub counted: usize,
    /// Rows that were received.
    pub received: usize,
}

/// What is wrong with rows, each with its line, so far as the catalog tells; none of them is written.
pub async fn check(store: &Store, actor: &Actor, rows: &[StockRow]) -> Result<Vec<RowFault>> {
    actor.require(Permission::StockWrite)?;
    let known = Known::load(store, actor, rows).await?;
    let mut faults = Vec::new();
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    for row in rows {
        let mut fault = |column, message| faults.push(RowFault { line: row.line, column, message });
        if !known.locations.contains_key(&row.location) {
            fault("location", "there is no such location".to_owned());
        }
        match known.variants.get(&row.sku) {
            None => fault("sku", "there is no such SKU".to_owned()),
            Some(variant) if variant.bundle => {
                fault("sku", "is a bundle: stock lies with its components".to_owned());
            }
            Some(_) => {}
        }
        if let Some(earlier) = seen.insert((&row.location, &row.sku), row.line) {
            fault("sku", format!("stands in line {earlier} already for this location"));
        }
    }
    Ok(faults)
}

/// Writes rows that were checked. `file` tells this file from every other, such as a digest of it.
pub async fn upload(
    store: &Store,
    actor: &Actor,
    file: &str,
    rows: &[StockRow],
) -> Result<Uploaded> {
    actor.require(Permission::StockWrite)?;
    let known = Known::load(store, actor, rows).await?;
    let mut places: BTreeMap<&str, (Vec<SkuQuantity>, Vec<SkuQuantity>)> = BTreeMap::new();
    for row in rows {
        let (counted, received) = places.entry(&row.location).or_default();
        let line = |quantity: i32| SkuQuantity { sku: row.sku.clone(), quantity };
        match row.units {
            Units::Counted(units) => counted.push(line(units)),
            Units::Received(units) => received.push(line(units)),
        }
    }
    let mut done = Uploaded::default();
    for (code, (counted, received)) in &places {
        let location = known.locations.get(*code).map(|place| place.id);
        let location = location.ok_or_else(|| Error::BadInput(format!("no location {code}")))?;
        let upload = Upload { store, actor, file, location };
        for (index, lines) in counted.chunks(MAX_DIFFERENCES).enumerate() {
            upload.count(&format!("{code} counted {index}"), lines).await?;
            done.counted += lines.len();
        }
        for (index, lines) in received.chunks(MAX_LINES).enumerate() {
            let command = ReceiveStock {
                location_id: location,
                lines: lines.to_vec(),
                reason: None,
                returned_from: None,
            };
            let key = upload.key(&format!("{code} received {index}"));
            receive(store, Call { actor, key: Some(&key) }, &command).await?;
            done.received += lines.len();
        }
    }
    Ok(done)
}

struct Upload<'a> {
    store: &'a Store,
    actor: &'a Actor,
    file: &'a str,
    location: Uuid,
}

impl Upload<'_> {
    fn key(&self, step: &str) -> String {
        // Codes of locations may be long; keys are not.
        let named = format!("{} {step}", self.file);
        named.chars().take(255).collect()
    }

    /// One count, from its start to its end.
    async fn count(&self, portion: &str, lines: &[SkuQuantity]) -> Result<()> {
        let key = |step: &str| self.key(&format!("{portion} {step}"));
        let command = StartCount {
            location_id: self.location,
            skus: Some(lines.iter().map(|line| line.sku.clone()).collect()),
            blind: false,
        };
        let (begun, ended) = (key("start"), key("close"));
        let call = Call { actor: self.actor, key: Some(&begun) };
        let stock_count_id = start(self.store, call, &command).await?;
        for (index, lines) in lines.chunks(MAX_LINES).enumerate() {
            let command = RecordCount { stock_count_id, lines: lines.to_vec() };
            let recorded = key(&index.to_string());
            let call = Call { actor: self.actor, key: Some(&recorded) };
            record(self.store, call, &command).await?;
        }
        let call = Call { actor: self.actor, key: Some(&ended) };
        close(self.store, call, &WhichCount { stock_count_id }).await?;
        Ok(())
    }
}

/// Locations and SKUs that rows name.
struct Known {
    locations: HashMap<String, location::Model>,
    variants: HashMap<String, variant::Model>,
}

impl Known {
    async fn load(store: &Store, actor: &Actor, rows: &[StockRow]) -> Result<Self> {
        let db = store.read();
        let places = catalog::locations_in_reach(&db, &actor.reach).await?.into_iter();
        let locations = places.map(|place| (place.code.clone(), place)).collect();
        let skus: BTreeSet<&str> = rows.iter().map(|row| row.sku.as_str()).collect();
        let skus: Vec<&str> = skus.into_iter().collect();
        let mut variants = HashMap::new();
        for skus in skus.chunks(TOGETHER) {
            let found = catalog::variants_by_sku(&db, skus).await?;
            variants.extend(found.into_iter().map(|variant| (variant.sku.clone(), variant)));
        }
        Ok(Self { locations, variants })
    }
}
