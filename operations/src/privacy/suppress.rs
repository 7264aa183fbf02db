//! Whoever was erased does not come back with a history that is imported again: how they were known is kept as a hash, which says whether somebody is meant,
//! and not who.

use super::sql;
use crate::customers::resolve::{CustomerRef, Key};
use crate::error::Result;
use crate::secrets::digest;
use crate::store::Db;
use entities::enums::IdentityKind;
use entities::suppression;
use sea_orm::ActiveEnum;
use std::collections::HashMap;
use uuid::Uuid;

/// The hash of a way in which somebody is known.
pub(super) fn hash((kind, value, scope): &Key) -> String {
    digest(&format!("known {} {value} {scope}", kind.to_value()))
}

/// The hash of what stands in a list of risk.
pub(crate) fn listed(key: &str) -> String {
    format!("sha256:{}", digest(&format!("listed {key}")))
}

/// Of customers that an import names, with the channels that do, those who were erased.
pub(crate) async fn erased(
    db: &Db,
    references: &[(&CustomerRef, Uuid)],
) -> Result<HashMap<usize, suppression::Model>> {
    // A telephone alone tells nobody apart.
    let telling = |key: &&Key| key.0 != IdentityKind::Phone;
    let hashes: Vec<Vec<String>> = references
        .iter()
        .map(|(reference, channel)| {
            reference.keys(*channel).iter().filter(telling).map(hash).collect()
        })
        .collect();
    let mut all: Vec<String> = hashes.iter().flatten().cloned().collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sql::suppressed(db, &all).await?;
    let of = |hashes: &Vec<String>| rows.iter().find(|row| hashes.contains(&row.hash)).cloned();
    Ok(hashes.iter().enumerate().filter_map(|(at, own)| Some((at, of(own)?))).collect())
}
