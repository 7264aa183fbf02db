//! What a customs declaration needs, for parcels that leave a customs territory.

use super::in_hand;
use crate::catalog::sql as catalog;
use crate::checks::Address;
use crate::error::Result;
use crate::orders::aggregate::Aggregate;
use crate::orders::totals::{share, standing};
use crate::store::WriteTx;
use entities::variant;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The declaration of one parcel: CN23, or a commercial invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Who pays what on the way: a term of Incoterms 2020.
    pub incoterm: String,
    /// What kind of contents, in the words of form CN23.
    pub contents: String,
    /// What is in it.
    pub lines: Vec<Declared>,
    /// What it is worth, in minor units.
    pub total_minor: i64,
    /// Of the amounts.
    pub currency: String,
}

/// One kind of thing in a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// What it is.
    pub description: String,
    /// Its code in the Harmonized System.
    pub customs_code: Option<String>,
    /// Where it was made.
    pub origin_country: Option<String>,
    /// How many.
    pub quantity: i32,
    /// How heavy all of them are.
    pub weight_grams: Option<i32>,
    /// What all of them are worth, in minor units, without tax.
    pub value_minor: i64,
}

/// Delivered at place: the receiver clears and pays duties, as is usual for parcels to consumers.
const INCOTERM: &str = "DAP";

/// The customs territory of the European Union (Regulation (EU) 952/2013, article 4): its members, and Monaco.
const UNION: [&str; 28] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Whether goods between two countries pass customs.
pub(super) fn is_export(from: &str, to: &str) -> bool {
    from != to && !(UNION.contains(&from) && UNION.contains(&to))
}

/// Fills in the declarations of a fulfillment's parcels, where it is an export.
pub(super) async fn declare(tx: &WriteTx, found: &mut Aggregate, id: Uuid) -> Result<()> {
    let work = in_hand::work(found, id)?;
    let Some(to) =
        work.row.destination.as_ref().and_then(|json| Address::from_json(json).country_code)
    else {
        return Ok(());
    };
    let place = catalog::locations(tx, &[work.row.location_id]).await?.pop();
    let from = place.and_then(|place| Address::from_json(&place.address).country_code);
    if !from.is_some_and(|from| is_export(&from, &to)) {
        return Ok(());
    }
    let ids: Vec<Uuid> = work.lines.iter().filter_map(|line| line.variant_id).collect();
    let variants: BTreeMap<Uuid, variant::Model> =
        catalog::variants(tx, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let currency = work
        .orders
        .first()
        .and_then(|order| found.order(*order))
        .map_or_else(String::new, |one| one.row.currency.clone());
    let declarations: Vec<(Uuid, Declaration)> = work
        .parcels
        .iter()
        .map(|parcel| (parcel.id, declaration(found, id, parcel.id, &variants, &currency)))
        .collect();
    let work = found.work_mut(id)?;
    for (parcel, declaration) in declarations {
        if let Some(row) = work.parcels.iter_mut().find(|row| row.id == parcel) {
            row.customs = Some(json!(declaration));
        }
    }
    Ok(())
}

fn declaration(
    found: &Aggregate,
    id: Uuid,
    parcel: Uuid,
    variants: &BTreeMap<Uuid, variant::Model>,
    currency: &str,
) -> Declaration {
    let work = found.work.iter().find(|work| work.row.id == id);
    let mut lines = Vec::new();
    for packed in work.into_iter().flat_map(|work| &work.parcel_lines) {
        let line = work
            .and_then(|work| work.lines.iter().find(|line| line.id == packed.fulfillment_line_id));
        let Some(line) = line.filter(|_| packed.parcel_id == parcel) else { continue };
        let variant = line.variant_id.and_then(|id| variants.get(&id));
        let value = found.order(line.order_id).and_then(|one| {
            let ordered = one.lines.iter().find(|row| Some(row.id) == line.order_line_id)?;
            let parts = i64::from(line.per_unit.max(1)) * components(found, ordered.id);
            let net = ordered.total_minor - ordered.tax_minor;
            Some(share(net, packed.quantity.into(), standing(ordered) * parts))
        });
        lines.push(Declared {
            description: line.name.clone(),
            customs_code: variant.and_then(|row| row.customs_code.clone()),
            origin_country: variant.and_then(|row| row.origin_country.clone()),
            quantity: packed.quantity,
            weight_grams: variant
                .and_then(|row| row.weight_grams)
                .and_then(|grams| grams.checked_mul(packed.quantity)),
            value_minor: value.unwrap_or(0),
        });
    }
    Declaration {
        incoterm: INCOTERM.to_owned(),
        contents: "SALE_OF_GOODS".to_owned(),
        total_minor: lines.iter().map(|line| line.value_minor).sum(),
        lines,
        currency: currency.to_owned(),
    }
}

/// Of how many different things a line of the order is sent: the components of a bundle share its value.
fn components(found: &Aggregate, line: Uuid) -> i64 {
    let mut kinds: Vec<&str> = found
        .work
        .iter()
        .flat_map(|work| &work.lines)
        .filter(|share| share.order_line_id == Some(line))
        .map(|share| share.sku.as_str())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    i64::try_from(kinds.len()).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customs_lie_between_territories_not_countries() {
        assert!(!is_export("DE", "DE"));
        assert!(!is_export("DE", "FR"));
        assert!(is_export("DE", "CH"));
        assert!(is_export("GB", "IE"));
        assert!(is_export("US", "CA"));
    }
}
