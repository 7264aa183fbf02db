//! Lines of what moves stock: SKUs and quantities, as clients give them, and the levels they are about.

use super::ledger;
use super::receive::SkuQuantity;
use super::sql;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Faults, RefusalCode, Result};
use crate::store::{Batch, WriteTx};
use entities::{stock_level, variant};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Lines in one call at most.
pub const MAX_LINES: usize = 250;

/// A list of SKUs is neither empty nor too long, and names none twice.
pub(crate) fn check_skus<'a>(
    faults: &mut Faults,
    field: &str,
    skus: impl Iterator<Item = &'a str>,
    least: usize,
) {
    let skus: Vec<&str> = skus.map(str::trim).collect();
    if skus.len() < least || skus.len() > MAX_LINES {
        let message = format!("takes {least} to {MAX_LINES} lines");
        faults.add(RefusalCode::LimitExceeded, field, message);
    }
    for (index, sku) in skus.iter().enumerate() {
        if skus.iter().take(index).any(|earlier| earlier == sku) {
            let field = format!("{field}.{index}.sku");
            faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
        }
    }
}

/// The same, and every quantity lies within bounds.
pub(crate) fn check(
    faults: &mut Faults,
    field: &str,
    lines: &[SkuQuantity],
    least: usize,
    (min, max): (i32, i32),
) {
    check_skus(faults, field, lines.iter().map(|line| line.sku.as_str()), least);
    for (index, line) in lines.iter().enumerate() {
        let field = format!("{field}.{index}.quantity");
        checks::within(faults, &field, line.quantity, min, max);
    }
}

/// The field of a SKU in lines.
pub(crate) fn in_lines(index: usize) -> String {
    format!("lines.{index}.sku")
}

/// The variants of SKUs, in their order; what is not known or is a bundle is a fault.
pub(crate) async fn variants(
    tx: &WriteTx,
    faults: &mut Faults,
    field: impl Fn(usize) -> String,
    skus: &[&str],
) -> Result<Vec<variant::Model>> {
    let known = catalog::variants_by_sku(tx, skus).await?;
    let mut found = Vec::with_capacity(skus.len());
    for (index, sku) in skus.iter().enumerate() {
        let field = field(index);
        let Some(variant) = known.iter().find(|variant| variant.sku == *sku) else {
            faults.push(checks::not_found(&field, "SKU"));
            continue;
        };
        if variant.bundle {
            let message = "is a bundle: stock lies with its components";
            faults.add(RefusalCode::Invalid, &field, message);
        }
        found.push(variant.clone());
    }
    Ok(found)
}

/// The levels of variants at a location, by variant; those that are missing are made, empty.
pub(crate) async fn levels(
    tx: &WriteTx,
    batch: &mut Batch,
    location: Uuid,
    variants: &[Uuid],
) -> Result<BTreeMap<Uuid, stock_level::Model>> {
    let levels = sql::levels(tx, variants, &[location]).await?;
    let mut levels: BTreeMap<Uuid, stock_level::Model> =
        levels.into_iter().map(|level| (level.variant_id, level)).collect();
    for variant in variants {
        levels.entry(*variant).or_insert_with(|| {
            let level = ledger::empty_level(tx, *variant, location);
            batch.add(&level);
            level
        });
    }
    Ok(levels)
}

/// The units of a SKU in a list; none where it is not named.
pub(crate) fn units(lines: &[SkuQuantity], sku: &str) -> i64 {
    lines.iter().find(|line| line.sku.trim() == sku).map_or(0, |line| line.quantity.into())
}

/// SKUs that are named and that a document does not have.
pub(crate) fn insist_on<'a>(
    faults: &mut Faults,
    field: &str,
    lines: &[SkuQuantity],
    known: &(impl Iterator<Item = &'a str> + Clone),
) {
    for (index, line) in lines.iter().enumerate() {
        if !known.clone().any(|sku| sku == line.sku.trim()) {
            faults.push(checks::not_found(&format!("{field}.{index}.sku"), "line"));
        }
    }
}

/// The field of the first list that names a SKU.
pub(crate) fn field_of(lists: &[(&str, &Vec<SkuQuantity>)], sku: &str) -> String {
    let place = |lines: &[SkuQuantity]| lines.iter().position(|line| line.sku.trim() == sku);
    let named = lists.iter().find_map(|(list, lines)| Some((list, place(lines)?)));
    named.map_or_else(String::new, |(list, index)| format!("{list}.{index}.quantity"))
}
