//! `channelUpsert`: make or change a channel, matched by its code.

use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::{CapturePolicy, ChannelKind};
use entities::{channel, channel_location};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to make or change.
#[derive(Debug, Clone, Serialize)]
pub struct UpsertChannel {
    /// Its code; a channel that has it is changed.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: ChannelKind,
    /// The currency of its prices.
    pub currency: String,
    /// Whether its prices contain the tax.
    pub tax_included: bool,
    /// Who sells in it.
    pub legal_entity_id: Uuid,
    /// What order numbers begin with, before `-`; the code in upper case where none is given.
    pub order_number_prefix: Option<String>,
    /// How long an unpaid order may wait, 60 seconds to 90 days; none leaves it as it is.
    pub unpaid_expires_after_seconds: Option<i32>,
    /// Locations that may serve it, most preferred first; none leaves them as they are.
    pub location_ids: Option<Vec<Uuid>>,
    /// When what is authorized for its orders is taken; none leaves it as it is, at shipment for a new one.
    #[serde(serialize_with = "crate::as_optional_column")]
    pub capture: Option<CapturePolicy>,
}

/// The longest an unpaid order may wait: 90 days.
const MAX_UNPAID_SECONDS: i32 = 90 * 24 * 3_600;

/// Makes or changes a channel and answers with its id.
#[expect(clippy::too_many_lines, reason = "checks in the order in which the input lists them")]
pub async fn channel_upsert(
    store: &Store,
    call: Call<'_>,
    command: &UpsertChannel,
) -> Result<Uuid> {
    call.actor.require(Permission::CatalogWrite)?;
    let mut faults = Faults::default();
    let code = checks::text(&mut faults, "code", &command.code, 40);
    if code.contains(char::is_whitespace) {
        faults.add(RefusalCode::Invalid, "code", "has no blanks");
    }
    let name = checks::text(&mut faults, "name", &command.name, 200);
    let currency = checks::currency(&mut faults, "currencyCode", &command.currency);
    let prefix = checks::optional(
        &mut faults,
        "orderNumberPrefix",
        command.order_number_prefix.as_deref().map(|prefix| prefix.trim_end_matches('-')),
        12,
    );
    if let Some(seconds) = command.unpaid_expires_after_seconds {
        let field = "unpaidExpiresAfterSeconds";
        checks::within(&mut faults, field, seconds, 60, MAX_UNPAID_SECONDS);
    }
    faults.check()?;
    let Some(currency) = currency else { return Err(Error::Internal("currency".into())) };
    let (code, name, prefix) = (&code, &name, &prefix);
    once(store, call, "channelUpsert", command, |tx| async move {
        let now = tx.now();
        let existing = sql::channel_by_code(&tx, code).await?;
        let mut faults = Faults::default();
        if let Some(existing) = &existing {
            if !call.actor.reach.has_channel(existing.id) {
                let message = "this code belongs to a channel beyond your reach";
                faults.add(RefusalCode::Duplicate, "code", message);
            }
            if existing.currency != currency.code() && sql::channel_in_use(&tx, existing.id).await?
            {
                faults.push(Refusal::new(
                    RefusalCode::StateConflict,
                    "currencyCode",
                    format!(
                        "orders or prices in {} exist: make another channel",
                        existing.currency
                    ),
                ));
            }
        } else if call.actor.reach.channels.is_some() {
            let message = "making a channel needs reach over all channels";
            faults.add(RefusalCode::PolicyViolation, "code", message);
        }
        if sql::legal_entities(&tx, &[command.legal_entity_id]).await?.is_empty() {
            faults.push(checks::not_found("legalEntityId", "legal entity"));
        } else if let Some(existing) = &existing
            && existing.legal_entity_id != command.legal_entity_id
            && sql::channel_has_books(&tx, existing.id).await?
        {
            let message = "its orders are in the books of another: make another channel";
            faults.add(RefusalCode::StateConflict, "legalEntityId", message);
        }
        let wanted = command.location_ids.as_deref().unwrap_or_default();
        let known = sql::locations(&tx, wanted).await?;
        for (index, id) in wanted.iter().enumerate() {
            let field = format!("locationIds.{index}");
            let reached = call.actor.reach.has_location(*id);
            if !reached || !known.iter().any(|location| location.id == *id) {
                faults.push(checks::not_found(&field, "location"));
            } else if wanted.iter().take(index).any(|earlier| earlier == id) {
                faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
            }
        }
        let linked: Vec<Uuid> = existing.iter().map(|row| row.id).collect();
        let beyond: Vec<Uuid> = sql::channel_locations(&tx, &linked)
            .await?
            .into_iter()
            .map(|link| link.location_id)
            .filter(|id| !call.actor.reach.has_location(*id))
            .collect();
        faults.check()?;
        let row = channel::Model {
            id: existing.as_ref().map_or_else(|| tx.id(), |row| row.id),
            code: code.clone(),
            name: name.clone(),
            kind: command.kind,
            currency: currency.code().to_owned(),
            tax_included: command.tax_included,
            legal_entity_id: command.legal_entity_id,
            order_number_prefix: prefix
                .as_ref()
                .map(|prefix| prefix.to_uppercase())
                .or_else(|| existing.as_ref().map(|row| row.order_number_prefix.clone()))
                .unwrap_or_else(|| code.to_uppercase()),
            unpaid_expires_after_seconds: command
                .unpaid_expires_after_seconds
                .or_else(|| existing.as_ref().and_then(|row| row.unpaid_expires_after_seconds)),
            capture: command
                .capture
                .or_else(|| existing.as_ref().map(|row| row.capture))
                .unwrap_or(CapturePolicy::Shipment),
            created_at: existing.as_ref().map_or(now, |row| row.created_at),
            updated_at: now,
        };
        let mut batch = Batch::default();
        batch.save(&row);
        let data = json!({ "code": row.code });
        let mut event = NewEvent::new(events::CHANNEL_SAVED, ("chn", row.id), data);
        event.channel = Some(row.id);
        let change = audit::difference(existing.as_ref(), &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        if command.location_ids.is_some() {
            sql::clear_channel_locations(&tx, row.id).await?;
            let mut links = Batch::default();
            // Those beyond reach stay, behind the ones that were named.
            for (position, id) in (0..).zip(wanted.iter().chain(&beyond)) {
                links.add(&channel_location::Model {
                    channel_id: row.id,
                    location_id: *id,
                    position,
                });
            }
            links.insert(&tx).await?;
        }
        Ok(row.id)
    })
    .await
}
