//! `customerUpsert`: a customer is made, or what is known of one is set right.

use super::resolve::{CustomerRef, Identity, Key, NewCustomer, address_row, words_of};
use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::orders::in_hand::version;
use crate::orders::list::search;
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::IdentityKind;
use entities::{customer, customer_identity, customer_word};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use uuid::Uuid;

/// What is known of a customer; what is left out stays as it is.
#[derive(Debug, Clone, Serialize)]
pub struct UpsertCustomer {
    /// Which one to change; without it, the one who has one of the identities, else a new one.
    pub customer_id: Option<Uuid>,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// What is known. An empty text takes away what was.
    pub customer: NewCustomer,
    /// The labels, all of them, where they were given.
    pub tags: Option<Vec<String>>,
}

/// Labels of a customer at most.
const MAX_TAGS: usize = 50;

/// Makes or changes a customer and answers with the id.
pub async fn customer_upsert(
    store: &Store,
    call: Call<'_>,
    command: &UpsertCustomer,
) -> Result<Uuid> {
    call.actor.require(Permission::CustomersWrite)?;
    check(command)?;
    once(store, call, "customerUpsert", command, |tx| async move {
        let mut faults = Faults::default();
        check_channels(&tx, call.actor, command, &mut faults).await?;
        faults.check()?;
        let keys = keys(&command.customer);
        let owners = owners(&tx, &keys).await?;
        let before = found(&tx, call.actor, command, (&keys, &owners)).await?;
        let mut row = match &before {
            Some(row) => row.clone(),
            None => new(&tx).await?,
        };
        fill(&mut row, command);
        let known = match &before {
            Some(row) => sql::identities_of(&tx, &[row.id]).await?,
            None => Vec::new(),
        };
        let learned = learned(&tx, row.id, (&keys, &owners));
        let mut batch = Batch::default();
        if before.as_ref() == Some(&row) && learned.is_empty() && command.customer.address.is_none()
        {
            return Ok(row.id);
        }
        if before.is_some() {
            row.version += 1;
            row.updated_at = tx.now();
            batch.save(&row);
        } else {
            batch.add(&row);
        }
        let all: Vec<customer_identity::Model> = known.into_iter().chain(learned.clone()).collect();
        batch.add_all(&learned);
        sql::forget_words(&tx, row.id).await?;
        for word in words_of(&row, &all) {
            batch.add(&customer_word::Model { customer_id: row.id, word });
        }
        if let Some(address) = &command.customer.address {
            let new = address_row(&tx, row.id, address);
            let had = sql::fingerprints(&tx, &[row.id]).await?;
            if !had.iter().any(|(_, known)| *known == new.fingerprint) {
                batch.add(&new);
            }
        }
        let change = audit::difference(before.as_ref(), &row);
        let event = told(before.as_ref(), &row, (!learned.is_empty(), command));
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        if before.is_some() {
            search::refresh_customers(&tx, &[row.id]).await?;
        }
        Ok(row.id)
    })
    .await
}

/// Checks what needs no database.
fn check(command: &UpsertCustomer) -> Result<()> {
    let mut faults = Faults::default();
    let new = &command.customer;
    let empty_email = new.email.as_deref().is_some_and(|email| email.trim().is_empty());
    let checked = NewCustomer {
        email: new.email.clone().filter(|_| !empty_email || command.customer_id.is_none()),
        ..new.clone()
    };
    CustomerRef::Create(Box::new(checked)).check(&mut faults, "customer");
    for (index, identity) in new.identities.iter().enumerate() {
        if identity.kind == IdentityKind::ChannelAccount && identity.channel_id.is_none() {
            let field = format!("customer.identities.{index}.channelId");
            faults.add(RefusalCode::Required, &field, "say in which channel the account is");
        }
    }
    if let Some(tags) = &command.tags {
        if tags.len() > MAX_TAGS {
            let message = format!("takes at most {MAX_TAGS} labels");
            faults.add(RefusalCode::LimitExceeded, "customer.tags", message);
        }
        for (index, tag) in tags.iter().enumerate() {
            checks::text(&mut faults, &format!("customer.tags.{index}"), tag, 100);
        }
    }
    let nameless = new.name.as_deref().is_none_or(|name| name.trim().is_empty());
    if command.customer_id.is_none() && nameless && new.all_identities().is_empty() {
        let message = "needs at least a name, an email, a phone number or an identity";
        faults.add(RefusalCode::Required, "customer", message);
    }
    faults.check()
}

/// Channels of identities are there and within reach.
async fn check_channels(
    tx: &WriteTx,
    actor: &Actor,
    command: &UpsertCustomer,
    faults: &mut Faults,
) -> Result<()> {
    let named: Vec<(usize, Uuid)> = command
        .customer
        .identities
        .iter()
        .enumerate()
        .filter_map(|(index, identity)| Some((index, identity.channel_id?)))
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = named.iter().map(|(_, id)| *id).collect();
    let there: Vec<Uuid> =
        catalog::channels(tx, &ids).await?.into_iter().map(|row| row.id).collect();
    for (index, id) in named {
        if !there.contains(&id) || !actor.reach.has_channel(id) {
            let field = format!("customer.identities.{index}.channelId");
            faults.push(checks::not_found(&field, "channel"));
        }
    }
    Ok(())
}

/// Where in the input an identity was given, it, and how it is compared.
struct Given {
    field: String,
    identity: Identity,
    key: Key,
}

fn keys(new: &NewCustomer) -> Vec<Given> {
    let extra = new.identities.len();
    let field = |index: usize, identity: &Identity| {
        if index < extra {
            format!("customer.identities.{index}.value")
        } else if identity.kind == IdentityKind::Email {
            "customer.email".to_owned()
        } else {
            "customer.phone".to_owned()
        }
    };
    let region = new.address.as_ref().and_then(|address| address.country_code.as_deref());
    let all = new.all_identities().into_iter().enumerate();
    all.map(|(index, identity)| Given {
        field: field(index, &identity),
        key: identity.key(Uuid::nil(), region),
        identity,
    })
    .collect()
}

/// Who has them, by how they are compared.
async fn owners(tx: &WriteTx, given: &[Given]) -> Result<HashMap<Key, Uuid>> {
    let mut values: Vec<String> = given.iter().map(|one| one.key.1.clone()).collect();
    values.sort_unstable();
    values.dedup();
    if values.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sql::identities(tx, &values).await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.kind, row.value_key, row.scope), row.customer_id))
        .collect())
}

/// Whom it is about; none where they are new. Whoever is somebody else's by an identity is refused: a telephone number alone tells
/// nobody apart.
async fn found(
    tx: &WriteTx,
    actor: &Actor,
    command: &UpsertCustomer,
    (given, owners): (&[Given], &HashMap<Key, Uuid>),
) -> Result<Option<customer::Model>> {
    let owner = |one: &Given| {
        let telling = one.identity.kind != IdentityKind::Phone;
        owners.get(&one.key).copied().filter(|_| telling)
    };
    let mine = command.customer_id.or_else(|| given.iter().find_map(owner));
    let mut faults = Faults::default();
    let row = match mine {
        Some(id) => sql::lock(tx, actor, id).await?,
        None => None,
    };
    // An id may be that of a record that was made one with another.
    let mine = row.as_ref().map(|row| row.id).or(mine);
    if row.is_none() && command.customer_id.is_some() {
        return Err(Error::refused(checks::not_found("customerId", "customer")));
    }
    let restricted = actor.reach.channels.is_some() || actor.reach.locations.is_some();
    if row.is_none() && restricted {
        let message = "whoever has not ordered within reach can only be kept by somebody whose reach is not restricted";
        let refusal = Refusal::new(RefusalCode::PolicyViolation, "customer", message);
        return Err(Error::refused(refusal));
    }
    for one in given {
        if owner(one).is_some_and(|owner| Some(owner) != mine) {
            let message = "is how another customer is known: customerMerge makes them one";
            faults.add(RefusalCode::Duplicate, &one.field, message);
        }
    }
    if let Some(row) = &row {
        version(&mut faults, command.expected_version, row.version);
    }
    faults.check()?;
    Ok(row)
}

async fn new(tx: &WriteTx) -> Result<customer::Model> {
    let now = tx.now();
    let number = tx.next_numbers("customer_numbers", 1).await?.pop().ok_or(Error::Contended)?;
    Ok(customer::Model {
        id: tx.id(),
        version: 1,
        number: format!("C-{number}"),
        name: None,
        email: None,
        phone: None,
        company: None,
        locale: None,
        tags: json!([]),
        created_at: now,
        updated_at: now,
        merged_into: None,
        erased_at: None,
    })
}

/// What was given stands.
fn fill(row: &mut customer::Model, command: &UpsertCustomer) {
    let new = &command.customer;
    for (old, given) in [
        (&mut row.name, &new.name),
        (&mut row.email, &new.email),
        (&mut row.phone, &new.phone),
        (&mut row.company, &new.company),
        (&mut row.locale, &new.locale),
    ] {
        if let Some(given) = given {
            *old = Some(given.trim().to_owned()).filter(|text| !text.is_empty());
        }
    }
    if let Some(tags) = &command.tags {
        let mut kept: Vec<&str> = Vec::new();
        for tag in tags.iter().map(|tag| tag.trim()) {
            if !kept.contains(&tag) {
                kept.push(tag);
            }
        }
        row.tags = json!(kept);
    }
}

/// Identities that nobody had.
fn learned(
    tx: &WriteTx,
    customer: Uuid,
    (given, owners): (&[Given], &HashMap<Key, Uuid>),
) -> Vec<customer_identity::Model> {
    let mut learned: Vec<customer_identity::Model> = Vec::new();
    for one in given {
        let (kind, value_key, scope) = one.key.clone();
        let same = |row: &customer_identity::Model| {
            (row.kind, &row.value_key, row.scope) == (kind, &value_key, scope)
        };
        if owners.contains_key(&one.key) || learned.iter().any(same) {
            continue;
        }
        learned.push(customer_identity::Model {
            id: tx.id(),
            customer_id: customer,
            kind,
            value: one.identity.value.trim().to_owned(),
            value_key,
            scope,
            verified: false,
            created_at: tx.now(),
        });
    }
    learned
}

fn told(
    before: Option<&customer::Model>,
    row: &customer::Model,
    (learned, command): (bool, &UpsertCustomer),
) -> NewEvent {
    let subject = ("cus", row.id);
    let event = match before {
        None => {
            let data = json!({ "number": row.number });
            NewEvent::new(events::CUSTOMER_CREATED, subject, data)
        }
        Some(before) => {
            let differs = [
                ("name", before.name != row.name),
                ("email", before.email != row.email),
                ("phone", before.phone != row.phone),
                ("company", before.company != row.company),
                ("locale", before.locale != row.locale),
                ("tags", before.tags != row.tags),
                ("identities", learned),
                ("addresses", command.customer.address.is_some()),
            ];
            let fields: Vec<Json> = differs
                .into_iter()
                .filter(|(_, differs)| *differs)
                .map(|(name, _)| json!(name))
                .collect();
            let data = json!({ "number": row.number, "fields": fields });
            NewEvent::new(events::CUSTOMER_CHANGED, subject, data)
        }
    };
    NewEvent { customer: Some(row.id), ..event }
}
