//! `consentRecord`: what a customer agrees to, or no longer does. Nothing said before is changed.

use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::consent;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What was said, and where.
#[derive(Debug, Clone, Serialize)]
pub struct RecordConsent {
    /// Who said it.
    pub customer_id: Uuid,
    /// To what, such as `marketing.email`.
    pub purpose: String,
    /// Whether it is given or taken back.
    pub granted: bool,
    /// Where it was said: a form, a call, a letter.
    pub source: String,
}

/// Records it and answers with the customer's id.
pub async fn consent_record(
    store: &Store,
    call: Call<'_>,
    command: &RecordConsent,
) -> Result<Uuid> {
    call.actor.require(Permission::CustomersWrite)?;
    let mut faults = Faults::default();
    let purpose = &checks::text(&mut faults, "purpose", &command.purpose, 100).to_lowercase();
    let word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    if !purpose.chars().all(word) {
        let message = "takes letters, digits, dots, dashes and underscores: marketing.email";
        faults.add(RefusalCode::Invalid, "purpose", message);
    }
    let source = &checks::text(&mut faults, "source", &command.source, 200);
    faults.check()?;
    once(store, call, "consentRecord", command, |tx| async move {
        let found = sql::lock(&tx, call.actor, command.customer_id).await?;
        let missing = || Error::refused(checks::not_found("customerId", "customer"));
        let customer = found.ok_or_else(missing)?;
        let row = consent::Model {
            id: tx.id(),
            customer_id: customer.id,
            purpose: purpose.clone(),
            granted: command.granted,
            source: source.clone(),
            at: tx.now(),
        };
        let mut batch = Batch::default();
        batch.add(&row);
        let data = json!({ "purpose": row.purpose, "granted": row.granted, "source": row.source });
        let event = NewEvent::new(events::CONSENT_RECORDED, ("cus", customer.id), data);
        let event = NewEvent { customer: Some(customer.id), ..event };
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &audit::made(&event.data));
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(customer.id)
    })
    .await
}
