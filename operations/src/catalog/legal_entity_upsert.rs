//! `legalEntityUpsert`: make or change the company that sells.

use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::legal_entity;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to make or change.
#[derive(Debug, Clone, Serialize)]
pub struct UpsertLegalEntity {
    /// The one to change; none makes one.
    pub id: Option<Uuid>,
    /// Its registered name.
    pub name: String,
    /// Where it is registered.
    pub country_code: String,
    /// Its tax number.
    pub tax_id: Option<String>,
    /// The currency of its books.
    pub base_currency: String,
}

/// Makes or changes a legal entity and answers with its id.
pub async fn legal_entity_upsert(
    store: &Store,
    call: Call<'_>,
    command: &UpsertLegalEntity,
) -> Result<Uuid> {
    call.actor.require(Permission::CatalogWrite)?;
    let mut faults = Faults::default();
    let name = checks::text(&mut faults, "name", &command.name, 200);
    let country = checks::country(&mut faults, "countryCode", &command.country_code);
    let tax_id = checks::optional(&mut faults, "taxId", command.tax_id.as_deref(), 50);
    let currency = checks::currency(&mut faults, "baseCurrency", &command.base_currency);
    faults.check()?;
    let currency = currency.map_or("", |currency| currency.code());
    let (name, country, tax_id) = (&name, &country, &tax_id);
    once(store, call, "legalEntityUpsert", command, |tx| async move {
        let now = tx.now();
        let existing = match command.id {
            Some(id) => {
                let found = sql::legal_entities(&tx, &[id]).await?.pop();
                Some(found.ok_or_else(|| Error::refused(checks::not_found("id", "legal entity")))?)
            }
            None => None,
        };
        let row = legal_entity::Model {
            id: existing.as_ref().map_or_else(|| tx.id(), |row| row.id),
            name: name.clone(),
            country_code: country.clone(),
            tax_id: tax_id.clone(),
            base_currency: currency.to_owned(),
            created_at: existing.as_ref().map_or(now, |row| row.created_at),
            updated_at: now,
        };
        let mut batch = Batch::default();
        batch.save(&row);
        let event = NewEvent::new(events::LEGAL_ENTITY_SAVED, ("ent", row.id), json!({}));
        let change = audit::difference(existing.as_ref(), &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}
