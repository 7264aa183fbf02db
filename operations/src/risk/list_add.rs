//! `riskListAdd`: somebody or something is known, for good or for bad.

use crate::audit;
use crate::checks::{self, fold, phone_key};
use crate::error::{Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::{RiskEntryKind, RiskList};
use entities::risk_entry;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Who is known.
#[derive(Debug, Clone, Serialize)]
pub struct AddToList {
    /// For good or for bad.
    #[serde(serialize_with = "crate::as_column")]
    pub list: RiskList,
    /// By what.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: RiskEntryKind,
    /// Who; a shipping address as `address` has it, a customer by id.
    pub value: String,
    /// A shipping address, where it is one.
    pub address: Option<checks::Address>,
    /// Why.
    pub reason: String,
    /// Until when; for good without it.
    pub expires_at: Option<OffsetDateTime>,
}

impl AddToList {
    /// The form in which it is compared.
    fn key(&self, faults: &mut Faults) -> String {
        let value = checks::text(faults, "value", &self.value, 500);
        match self.kind {
            RiskEntryKind::Email => fold(&checks::email(faults, "value", &value)),
            RiskEntryKind::EmailDomain => fold(value.trim_start_matches('@')),
            RiskEntryKind::Phone => phone_key(&value).unwrap_or_else(|| {
                let message = "is a telephone number of at least six digits";
                faults.add(RefusalCode::Invalid, "value", message);
                String::new()
            }),
            RiskEntryKind::Ip => checks::ip(&value).unwrap_or_else(|| {
                faults.add(RefusalCode::Invalid, "value", "is an address such as 203.0.113.7");
                String::new()
            }),
            RiskEntryKind::Customer => value,
            RiskEntryKind::Address => {
                if self.address.is_none() {
                    faults.add(RefusalCode::Required, "address", "names the shipping address");
                }
                let key = |address: &checks::Address| address.check(faults, "address").key();
                self.address.as_ref().map(key).unwrap_or_default()
            }
        }
    }
}

/// Adds an entry and answers with its id.
pub async fn list_add(store: &Store, call: Call<'_>, command: &AddToList) -> Result<Uuid> {
    call.actor.require(Permission::OrdersRisk)?;
    let mut faults = Faults::default();
    let key = command.key(&mut faults);
    let reason = checks::text(&mut faults, "reason", &command.reason, 500);
    if command.kind != RiskEntryKind::Address && command.address.is_some() {
        faults.add(
            RefusalCode::Invalid,
            "address",
            "comes with the kind ADDRESS, and only with it",
        );
    }
    if call.actor.reach.channels.is_some() {
        let message = "the lists of the whole shop are beyond your reach";
        faults.add(RefusalCode::PolicyViolation, "list", message);
    }
    faults.check()?;
    let (key, reason) = (&key, &reason);
    once(store, call, "riskListAdd", command, |tx| async move {
        let mut faults = Faults::default();
        if command.expires_at.is_some_and(|at| at <= tx.now()) {
            faults.add(RefusalCode::Invalid, "expiresAt", "has passed");
        }
        faults.check()?;
        let row = risk_entry::Model {
            id: tx.id(),
            list: command.list,
            kind: command.kind,
            value: command.value.trim().to_owned(),
            value_key: key.clone(),
            reason: reason.clone(),
            expires_at: command.expires_at.map(crate::clock::truncate),
            created_by_kind: call.actor.kind,
            created_by_id: call.actor.id,
            created_at: tx.now(),
            removed_at: None,
        };
        let mut batch = Batch::default();
        batch.add(&row);
        let data = json!({ "list": row.list.to_value(), "kind": row.kind.to_value() });
        let event = NewEvent::new(events::RISK_LISTED, ("rle", row.id), data);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &audit::made(&event.data));
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}
