//! The audit log: who did what, and who was denied what. Rows are never changed and never deleted; seals
//! behind the writers ([`crate::chain`]) show that none was.
//!
//! Every operation writes one entry in its own transaction: [`record`] adds it, with what changed, to
//! the rows of the operation, and `idempotency::once` writes a plain one where a body adds none.
//! Nothing personal stands in an entry: a name, an address or a telephone number is masked, and
//! passwords and secrets are left out.

pub mod read;
mod sql;

use crate::actor::Actor;
use crate::error::Result;
use crate::ids::Subject;
use crate::store::{Batch, Db, Store, WriteTx, plain_json};
use entities::audit_entry;
use entities::enums::ActorKind;
use sea_orm::{EntityName, EntityTrait, IdenStatic, Iterable, ModelTrait};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What an entry says of an operation that happened.
pub const DONE: &str = "DONE";

/// Something to note that no operation's transaction can carry: an attempt that was denied, or a view
/// of personal data.
#[derive(Debug, Clone, Default)]
pub struct Remark {
    /// Who; nobody where no one was signed in.
    pub actor: Option<(ActorKind, Option<Uuid>)>,
    /// What was done or tried.
    pub operation: String,
    /// [`DONE`], or the code of the error.
    pub outcome: &'static str,
    /// What it was about.
    pub subject: Option<Subject>,
    /// The request.
    pub request_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
}

impl Remark {
    /// A remark about an actor's request.
    pub fn by(actor: &Actor, operation: impl Into<String>, outcome: &'static str) -> Self {
        Self {
            actor: Some((actor.kind, actor.id)),
            operation: operation.into(),
            outcome,
            subject: None,
            request_id: actor.request_id.clone(),
            address: actor.address.clone(),
        }
    }
}

/// Adds the entry of the operation that runs in the transaction, with what changed if there is anything to
/// say of it. Outside an operation, such as in a
/// timer, there is nothing to note: the event says it all.
pub(crate) fn record(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    subject: Option<Subject>,
    change: &Json,
) {
    let Some(operation) = tx.note_audited() else { return };
    let remark = Remark { subject, ..Remark::by(actor, operation, DONE) };
    batch.add(&entry(tx, remark, change));
}

/// Writes remarks, in a transaction of their own.
pub async fn write(store: &Store, remarks: &[Remark]) -> Result<()> {
    store
        .write(|tx| async move {
            let mut batch = Batch::default();
            for remark in remarks {
                batch.add(&entry(&tx, remark.clone(), &Json::Null));
            }
            batch.insert(&tx).await
        })
        .await
}

fn entry(db: &Db, remark: Remark, change: &Json) -> audit_entry::Model {
    let mut row = audit_entry::Model {
        id: db.id(),
        epoch: db.epoch(),
        operation: remark.operation,
        outcome: remark.outcome.to_owned(),
        subject_type: remark.subject.map(|(kind, _)| kind.to_owned()),
        subject_id: remark.subject.map(|(_, id)| id),
        actor_kind: remark.actor.map(|(kind, _)| kind),
        actor_id: remark.actor.and_then(|(_, id)| id),
        change: (!change.is_null()).then(|| change.to_string()),
        request_id: remark.request_id,
        ip_address: remark.address,
        at: db.now(),
        hash: String::new(),
    };
    row.hash = hash(&row);
    row
}

/// SHA-256 over everything an entry says.
pub(crate) fn hash(row: &audit_entry::Model) -> String {
    let said = json!([
        row.id,
        row.epoch,
        row.operation,
        row.outcome,
        row.subject_type,
        row.subject_id,
        row.actor_kind.map(|kind| format!("{kind:?}")),
        row.actor_id,
        row.change,
        row.request_id,
        row.ip_address,
        crate::sql::fixed_width(row.at),
    ]);
    crate::secrets::hex(&Sha256::digest(said.to_string().as_bytes()))
}

/// What an operation made, where nothing was before.
pub(crate) fn made(after: &Json) -> Json {
    let mut after = after.clone();
    // What somebody wrote stands sealed in the log, and in no entry.
    for name in ["reason", "source"] {
        let code = |text: &str| text.chars().all(|sign| sign.is_ascii_uppercase() || sign == '_');
        if let Some(text) = after.get_mut(name)
            && text.as_str().is_some_and(|text| !code(text))
        {
            *text = json!(MASK);
        }
    }
    json!({ "before": null, "after": after })
}

/// A value that became another.
pub(crate) fn changed(before: &Json, after: &Json) -> Json {
    json!({ "before": before, "after": after })
}

/// Columns that say nothing to a reader, or must not be said.
fn left_out(column: &str) -> bool {
    matches!(column, "created_at" | "updated_at" | "version")
        || ["_key", "_hash"].iter().any(|ending| column.ends_with(ending))
}

/// Columns with personal data.
fn personal(table: &str, column: &str) -> bool {
    let texts: &[&str] = match table {
        "users" => &["name"],
        "customers" => &["name", "company"],
        "orders" => &["client_ip", "user_agent", "attributes", "tax_id", "purchase_order_number"],
        "cases" => &["subject", "resolution"],
        "case_messages" | "notes" => &["text"],
        "returns" => &["comment", "note", "rejected_because"],
        "return_lines" => &["comment", "evidence_urls"],
        "return_inspections" | "order_holds" | "tasks" => &["note"],
        "refund_requests" | "privacy_requests" => {
            &["reason", "note", "export", "refused_because", "extended_because"]
        }
        "disputes" => &["reason", "note", "evidence"],
        "risk_entries" => &["value", "reason"],
        "consents" => &["source"],
        "parcels" => &["received_by"],
        "fulfillments" => &["failed_because", "cancel_request"],
        _ => &[],
    };
    matches!(column, "email" | "phone") || texts.contains(&column)
}

const MASK: &str = "(masked)";

/// An address without whose it is.
fn masked_within(mut value: Json) -> Json {
    if let Json::Object(parts) = &mut value {
        for name in [
            "name",
            "phone",
            "email",
            "company",
            "line1",
            "line2",
            "postal_code",
            "city",
            "region",
            "latitude",
            "longitude",
        ] {
            if let Some(part) = parts.get_mut(name).filter(|part| !part.is_null()) {
                *part = json!(MASK);
            }
        }
    }
    value
}

/// What differs between two rows of a table; the whole row where there was none before.
pub(crate) fn difference<M: ModelTrait>(before: Option<&M>, after: &M) -> Json {
    type Columns<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;
    let table = M::Entity::default().table_name();
    let (mut old, mut new) = (Map::new(), Map::new());
    for column in Columns::<M>::iter() {
        let name = column.as_str();
        if left_out(name) {
            continue;
        }
        let shown = |row: &M| plain_json(row.get(column));
        let (was, is) = (before.map(shown), shown(after));
        if was.as_ref() == Some(&is) {
            continue;
        }
        let masked = |value: Json| {
            let hidden = !value.is_null() && personal(table, name);
            if hidden { json!(MASK) } else { masked_within(value) }
        };
        if let Some(was) = was {
            old.insert(camel_case(name), masked(was));
        }
        new.insert(camel_case(name), masked(is));
    }
    let old = if before.is_some() { Json::Object(old) } else { Json::Null };
    changed(&old, &Json::Object(new))
}

/// A column's name as the API writes names.
fn camel_case(column: &str) -> String {
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &capital.into_iter().chain(letters).collect::<String>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use entities::user;
    use time::OffsetDateTime;

    #[test]
    fn a_difference_names_what_changed_and_masks_who() {
        let at = OffsetDateTime::UNIX_EPOCH;
        let before = user::Model {
            id: Uuid::nil(),
            email: "ada@example.com".into(),
            email_key: "ada@example.com".into(),
            name: "Ada".into(),
            password_hash: Some("$argon2id$old".into()),
            reach_channels: None,
            reach_locations: None,
            active: true,
            last_sign_in_at: None,
            created_at: at,
            updated_at: at,
        };
        let after = user::Model {
            name: "Ada Lovelace".into(),
            password_hash: Some("$argon2id$new".into()),
            active: false,
            ..before.clone()
        };
        let told = difference(Some(&before), &after);
        let expected = json!({
            "before": { "name": "(masked)", "active": true },
            "after": { "name": "(masked)", "active": false },
        });
        assert_eq!(told, expected);
        let told = difference(None, &after).to_string();
        assert!(!told.contains("ada") && !told.contains("argon2"), "{told}");
    }
}
