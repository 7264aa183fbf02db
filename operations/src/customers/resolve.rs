//! Who ordered: found by id, identity or email, else made.
//!
//! A telephone number alone does not make two people one: households and offices share it.

use super::list::tag_word;
use super::matches::mailbox;
use super::sql;
use crate::actor::Actor;
use crate::catalog::sql as catalog;
use crate::checks::{self, Address};
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::store::{Batch, Db, WriteTx};
use entities::enums::IdentityKind;
use entities::{customer, customer_address, customer_identity, customer_word};
use serde::Serialize;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How an order names its customer.
#[derive(Debug, Clone, Serialize)]
pub enum CustomerRef {
    /// A customer we know.
    Id(Uuid),
    /// One to find by email or identity, else to make.
    Create(Box<NewCustomer>),
    /// One to find by identity, else to make.
    Identity(Identity),
}

/// What is known of a customer.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewCustomer {
    /// Name.
    pub name: Option<String>,
    /// Main email.
    pub email: Option<String>,
    /// Main telephone number.
    pub phone: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Language.
    pub locale: Option<String>,
    /// Other ways they are known.
    pub identities: Vec<Identity>,
    /// An address.
    pub address: Option<Address>,
    /// Labels.
    pub tags: Vec<String>,
}

/// A way a customer is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// What it is.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: IdentityKind,
    /// Its value.
    pub value: String,
    /// The channel it is known in; a channel account without one belongs to the order's channel.
    pub channel_id: Option<Uuid>,
}

/// How identities are compared: what they are, their value, and the channel where they count.
pub(crate) type Key = (IdentityKind, String, Uuid);

impl Identity {
    /// How it is compared, in a channel; a telephone number as it is dialed in a country.
    pub(super) fn key(&self, channel: Uuid, country: Option<&str>) -> Key {
        let value = match self.kind {
            IdentityKind::Email => checks::fold(&self.value),
            IdentityKind::Phone => checks::phone_in(&self.value, country),
            IdentityKind::ChannelAccount | IdentityKind::Loyalty | IdentityKind::Other => {
                self.value.trim().to_owned()
            }
        };
        let scope = match self.kind {
            IdentityKind::ChannelAccount => self.channel_id.unwrap_or(channel),
            IdentityKind::Email
            | IdentityKind::Phone
            | IdentityKind::Loyalty
            | IdentityKind::Other => self.channel_id.unwrap_or(Uuid::nil()),
        };
        (self.kind, value, scope)
    }
}

impl NewCustomer {
    /// Every identity: those given, the email, the telephone number.
    pub(super) fn all_identities(&self) -> Vec<Identity> {
        let known = |kind, value: &Option<String>| {
            value.clone().map(|value| Identity { kind, value, channel_id: None })
        };
        let main =
            [known(IdentityKind::Email, &self.email), known(IdentityKind::Phone, &self.phone)];
        self.identities.iter().cloned().chain(main.into_iter().flatten()).collect()
    }

    /// The country in which its telephone numbers are dialed.
    pub(super) fn country(&self) -> Option<&str> {
        self.address.as_ref()?.country_code.as_deref()
    }
}

impl CustomerRef {
    fn as_new(&self) -> Option<NewCustomer> {
        match self {
            Self::Id(_) => None,
            Self::Create(new) => Some((**new).clone()),
            Self::Identity(identity) => {
                Some(NewCustomer { identities: vec![identity.clone()], ..NewCustomer::default() })
            }
        }
    }

    /// How whoever is named is compared, in a channel.
    pub(crate) fn keys(&self, channel: Uuid) -> Vec<Key> {
        let Some(new) = self.as_new() else { return Vec::new() };
        let country = new.country();
        new.all_identities().iter().map(|identity| identity.key(channel, country)).collect()
    }

    /// Where in an input that takes a reference its faults are.
    pub(crate) fn path(&self, field: &str) -> String {
        match self {
            Self::Id(_) => format!("{field}.id"),
            Self::Create(_) => format!("{field}.create"),
            Self::Identity(_) => format!("{field}.identity"),
        }
    }

    /// Where among them an identity is.
    fn identity_path(&self, field: &str, index: usize) -> String {
        match self {
            Self::Id(_) | Self::Identity(_) => field.to_owned(),
            Self::Create(_) => format!("{field}.identities.{index}"),
        }
    }

    /// Checks what can be checked without the database.
    pub(crate) fn check(&self, faults: &mut Faults, field: &str) {
        let Some(new) = self.as_new() else { return };
        let at = |name: &str| format!("{field}.{name}");
        for (name, value) in
            [("name", &new.name), ("company", &new.company), ("locale", &new.locale)]
        {
            checks::optional(faults, &at(name), value.as_deref(), 200);
        }
        if let Some(email) = &new.email {
            checks::email(faults, &at("email"), email);
        }
        checks::optional(faults, &at("phone"), new.phone.as_deref(), 50);
        for (index, identity) in new.identities.iter().enumerate() {
            let field = format!("{}.value", self.identity_path(field, index));
            checks::text(faults, &field, &identity.value, 320);
            if identity.kind == IdentityKind::Email {
                checks::email(faults, &field, &identity.value);
            }
        }
        if let Some(address) = &new.address {
            address.check(faults, &at("address"));
        }
    }
}

/// The customers that the orders of one transaction name.
#[derive(Debug, Default)]
pub(crate) struct Book {
    known: HashMap<Uuid, customer::Model>,
    /// Whom the ids that were asked for stand for.
    asked: HashMap<Uuid, Uuid>,
    by_key: HashMap<Key, Uuid>,
    made: Vec<Uuid>,
    changed: HashSet<Uuid>,
    identities: Vec<customer_identity::Model>,
    addresses: HashMap<(Uuid, String), customer_address::Model>,
    /// Channels in reach, of those that identities name.
    channels: HashSet<Uuid>,
    /// Whether somebody says who they are, and no channel does.
    pub(crate) hearsay: bool,
}

impl Book {
    /// Loads whoever the references name: at most three statements, however many there are.
    pub(crate) async fn load(
        db: &Db,
        actor: &Actor,
        references: &[(&CustomerRef, Uuid)],
    ) -> Result<Self> {
        let mut book = Self::default();
        let by_id: Vec<Uuid> = references
            .iter()
            .filter_map(|(reference, _)| match reference {
                CustomerRef::Id(id) => Some(*id),
                CustomerRef::Create(_) | CustomerRef::Identity(_) => None,
            })
            .collect();
        if !by_id.is_empty() {
            for (asked, row) in sql::asked_for(db, actor, &by_id, true).await? {
                book.asked.insert(asked, row.id);
                book.known.insert(row.id, row);
            }
        }
        let mut named: Vec<Uuid> = references
            .iter()
            .filter_map(|(reference, _)| reference.as_new())
            .flat_map(|new| new.identities)
            .filter_map(|identity| identity.channel_id)
            .filter(|channel| actor.reach.has_channel(*channel))
            .collect();
        named.sort_unstable();
        named.dedup();
        if !named.is_empty() {
            let rows = catalog::channels(db, &named).await?;
            book.channels.extend(rows.into_iter().map(|row| row.id));
        }
        let values: HashSet<String> = references
            .iter()
            .filter_map(|(reference, channel)| Some((reference.as_new()?, *channel)))
            .flat_map(|(new, channel)| {
                let country = new.country().map(str::to_owned);
                let keyed = move |identity: Identity| identity.key(channel, country.as_deref()).1;
                new.all_identities().into_iter().map(keyed)
            })
            .collect();
        if !values.is_empty() {
            let mut values: Vec<String> = values.into_iter().collect();
            values.sort_unstable();
            let rows = sql::identities(db, &values).await?;
            let mut ids: Vec<Uuid> = rows.iter().map(|row| row.customer_id).collect();
            ids.sort_unstable();
            ids.dedup();
            book.by_key.extend(
                rows.into_iter().map(|row| ((row.kind, row.value_key, row.scope), row.customer_id)),
            );
            if !ids.is_empty() {
                let rows = sql::held(db, &ids).await?;
                // Erased since they were found.
                if rows.iter().any(|row| row.erased_at.is_some()) {
                    return Err(Error::Contended);
                }
                book.known.extend(rows.into_iter().map(|row| (row.id, row)));
            }
        }
        // Made one with another since they were found.
        if book.known.values().any(|row| row.merged_into.is_some()) {
            return Err(Error::Contended);
        }
        Ok(book)
    }

    /// The customer of a reference, made if need be. What was not known of them yet is taken over.
    pub(crate) fn resolve(
        &mut self,
        db: &Db,
        faults: &mut Faults,
        field: &str,
        (reference, channel): (&CustomerRef, Uuid),
    ) -> Option<customer::Model> {
        if let CustomerRef::Id(id) = reference {
            let found = self.asked.get(id).and_then(|id| self.known.get(id)).cloned();
            match &found {
                None => faults.push(checks::not_found(field, "customer")),
                Some(row) if row.erased_at.is_some() => {
                    faults.add(RefusalCode::StateConflict, field, "was erased");
                }
                Some(_) => {}
            }
            return found;
        }
        let new = reference.as_new()?;
        let identities = new.all_identities();
        if identities.is_empty() && new.name.is_none() {
            let message = "needs at least a name, an email, a phone number or an identity";
            faults.add(RefusalCode::Required, field, message);
            return None;
        }
        let beyond: Vec<String> = new
            .identities
            .iter()
            .enumerate()
            .filter(|(_, identity)| {
                identity.channel_id.is_some_and(|channel| !self.channels.contains(&channel))
            })
            .map(|(index, _)| format!("{}.channelId", reference.identity_path(field, index)))
            .collect();
        if !beyond.is_empty() {
            for at in beyond {
                faults.push(checks::not_found(&at, "channel"));
            }
            return None;
        }
        // The one seen first, where the identities belong to several.
        let found = identities
            .iter()
            .filter(|identity| identity.kind != IdentityKind::Phone)
            .filter_map(|identity| self.by_key.get(&identity.key(channel, new.country())))
            .min()
            .copied();
        let id = found.unwrap_or_else(|| self.make(db));
        self.fill(id, &new, db.now());
        self.learn(db, id, &identities, (channel, new.country()));
        if let Some(address) = &new.address {
            self.add_address(db, id, address);
        }
        self.known.get(&id).cloned()
    }

    /// Customers known before of whom more became known.
    pub(crate) fn changed(&self) -> Vec<Uuid> {
        let mut changed: Vec<Uuid> = self.changed.iter().copied().collect();
        changed.sort_unstable();
        changed
    }

    /// A customer as it is written.
    pub(crate) fn get(&self, id: Uuid) -> Option<customer::Model> {
        self.known.get(&id).cloned()
    }

    fn make(&mut self, db: &Db) -> Uuid {
        let now = db.now();
        let id = db.id();
        self.made.push(id);
        self.known.insert(
            id,
            customer::Model {
                id,
                version: 1,
                number: String::new(),
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
            },
        );
        id
    }

    /// Takes over what was not known.
    fn fill(&mut self, id: Uuid, new: &NewCustomer, now: time::OffsetDateTime) {
        let Some(row) = self.known.get_mut(&id) else { return };
        let mut changed = false;
        let clean = |value: &Option<String>| {
            value.as_ref().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        for (old, given) in [
            (&mut row.name, clean(&new.name)),
            (&mut row.email, clean(&new.email)),
            (&mut row.phone, clean(&new.phone)),
            (&mut row.company, clean(&new.company)),
            (&mut row.locale, clean(&new.locale)),
        ] {
            if old.is_none() && given.is_some() {
                *old = given;
                changed = true;
            }
        }
        let mut tags: Vec<String> = serde_json::from_value(row.tags.clone()).unwrap_or_default();
        for tag in &new.tags {
            if !tags.contains(tag) {
                tags.push(tag.clone());
                changed = true;
            }
        }
        if changed && !self.made.contains(&id) {
            row.version += i32::from(self.changed.insert(id));
            row.updated_at = now;
        }
        row.tags = json!(tags);
    }

    fn learn(&mut self, db: &Db, id: Uuid, identities: &[Identity], at: (Uuid, Option<&str>)) {
        for identity in identities {
            let key = identity.key(at.0, at.1);
            if self.by_key.contains_key(&key) {
                continue;
            }
            self.identities.push(customer_identity::Model {
                id: db.id(),
                customer_id: id,
                kind: key.0,
                value: identity.value.trim().to_owned(),
                value_key: key.1.clone(),
                scope: key.2,
                // A channel knows its own accounts; anything else anybody may say.
                verified: !self.hearsay && key.0 == IdentityKind::ChannelAccount && key.2 == at.0,
                created_at: db.now(),
            });
            self.by_key.insert(key, id);
        }
    }

    fn add_address(&mut self, db: &Db, id: Uuid, address: &Address) {
        let row = address_row(db, id, address);
        self.addresses.entry((id, row.fingerprint.clone())).or_insert(row);
    }

    /// Adds to the batch whoever is new or changed. Call it once, before the orders are written.
    pub(crate) async fn write(
        &mut self,
        tx: &WriteTx,
        actor: &Actor,
        batch: &mut Batch,
    ) -> Result<()> {
        let numbers = tx.next_numbers("customer_numbers", self.made.len()).await?;
        for (id, number) in self.made.iter().zip(numbers) {
            if let Some(row) = self.known.get_mut(id) {
                row.number = format!("C-{number}");
                batch.add(row);
                let data = json!({ "number": row.number });
                let mut event = NewEvent::new(events::CUSTOMER_CREATED, ("cus", row.id), data);
                event.customer = Some(row.id);
                events::record(tx, actor, batch, event);
            }
        }
        let mut changed: Vec<&Uuid> = self.changed.iter().collect();
        changed.sort();
        for row in changed.into_iter().filter_map(|id| self.known.get(id)) {
            batch.save(row);
        }
        batch.add_all(&self.identities);
        let mut touched: Vec<Uuid> = self.made.iter().chain(&self.changed).copied().collect();
        touched.extend(self.identities.iter().map(|identity| identity.customer_id));
        touched.sort_unstable();
        touched.dedup();
        for row in touched.iter().filter_map(|id| self.known.get(id)) {
            for word in words_of(row, &self.identities) {
                batch.save(&customer_word::Model { customer_id: row.id, word });
            }
        }
        self.write_addresses(tx, batch).await
    }

    async fn write_addresses(&self, tx: &WriteTx, batch: &mut Batch) -> Result<()> {
        let mut known: HashSet<(Uuid, String)> = HashSet::new();
        let mut old: Vec<Uuid> = self.addresses.keys().map(|key| key.0).collect();
        old.retain(|id| !self.made.contains(id));
        old.sort_unstable();
        old.dedup();
        if !old.is_empty() {
            known.extend(sql::fingerprints(tx, &old).await?);
        }
        let mut rows: Vec<_> = self
            .addresses
            .iter()
            .filter(|(key, _)| !known.contains(*key))
            .map(|(_, row)| row)
            .collect();
        rows.sort_by_key(|row| row.id);
        batch.add_all(rows);
        Ok(())
    }
}

/// An address of a customer.
pub(super) fn address_row(db: &Db, customer: Uuid, address: &Address) -> customer_address::Model {
    customer_address::Model {
        id: db.id(),
        customer_id: customer,
        address: address.json(),
        fingerprint: crate::secrets::digest(&checks::fold(&address.json().to_string())),
        country_code: address.country_code.clone(),
        created_at: db.now(),
    }
}

/// A word without its accents, as it is typed where there are none.
fn plain(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    word.nfd().filter(|letter| !is_combining_mark(*letter)).collect::<String>().replace('ß', "ss")
}

/// What a customer is searched by; identities of others are passed over.
pub(super) fn words_of(
    row: &customer::Model,
    identities: &[customer_identity::Model],
) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in [&row.name, &row.company].into_iter().flatten() {
        for word in checks::fold(text).split_whitespace() {
            for part in word.split('-').chain([word]) {
                words.push(plain(part));
                words.push(part.to_owned());
            }
        }
    }
    let mut emails: Vec<String> = row.email.as_deref().map(checks::fold).into_iter().collect();
    if let Some(phone) = row.phone.as_deref() {
        words.push(checks::fold_phone(phone));
        words.extend(checks::phone_at_home(phone).map(|home| format!("^{home}")));
    }
    for identity in identities.iter().filter(|identity| identity.customer_id == row.id) {
        match identity.kind {
            IdentityKind::Email => emails.push(identity.value_key.clone()),
            IdentityKind::Phone => {
                let international = format!("+{}", identity.value_key);
                words.extend(checks::phone_at_home(&international).map(|home| format!("^{home}")));
                words.push(identity.value_key.clone());
            }
            IdentityKind::ChannelAccount | IdentityKind::Loyalty | IdentityKind::Other => {}
        }
    }
    for email in emails {
        let (own, domain) = email.split_once('@').unwrap_or((&email, ""));
        let parts = own.split(['.', '_', '+', '-']).filter(|part| part.chars().count() > 1);
        words.extend(parts.chain([domain]).map(str::to_owned));
        words.extend(mailbox(&email));
        words.push(email);
    }
    let tags: Vec<String> = serde_json::from_value(row.tags.clone()).unwrap_or_default();
    words.extend(tags.iter().map(|tag| tag_word(tag)));
    words.retain(|word| !word.is_empty());
    words.sort_unstable();
    words.dedup();
    words
}
