//! `storeCreditGrant`: credit that a customer is given for nothing, within the limits of who gives it.

use super::issue::{check, end};
use super::{sql, told};
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::customers::read as customers;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::ledger::entry::Books;
use crate::ledger::templates::{self, Owed};
use crate::money::Currency;
use crate::payments::grants::{self, Gift, Whom};
use crate::permissions::Permission;
use crate::privacy::seal;
use crate::store::{Batch, Store, WriteTx};
use crate::timers::{self, Job};
use entities::enums::CreditKind;
use entities::{credit, credit_entry, customer, legal_entity, refund_request};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// What is given.
#[derive(Debug, Clone, Serialize)]
pub struct GrantCredit {
    /// To whom.
    pub customer_id: Uuid,
    /// How much, and in which currency.
    pub amount: (Decimal, String),
    /// Why.
    pub reason: String,
    /// From when on it cannot be used.
    pub expires_at: Option<OffsetDateTime>,
    /// Who will owe it; where it is not said, the one company that they ordered from.
    pub legal_entity_id: Option<Uuid>,
    /// Whether it waits for somebody else where the actor may not give so much alone.
    pub request_approval: bool,
    /// The case in which it is given.
    pub case_id: Option<Uuid>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Granted {
    /// The customer.
    pub customer: Uuid,
    /// What waits for somebody else, if it does.
    pub request: Option<Uuid>,
}

/// What somebody is given.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    pub(crate) customer: customer::Model,
    pub(crate) company: legal_entity::Model,
    pub(crate) currency: Currency,
    pub(crate) minor: i64,
    pub(crate) reason: String,
    pub(crate) expires_at: Option<OffsetDateTime>,
    /// The case in which it is given.
    pub(crate) case: Option<Uuid>,
    /// The order that the case is about.
    pub(crate) order: Option<Uuid>,
}

impl Present {
    /// In whose limits it counts.
    pub(crate) const fn whom(&self) -> Whom {
        Whom { order: self.order, customer: Some(self.customer.id), case: self.case }
    }
}

/// Gives credit, or asks for it.
pub async fn store_credit_grant(
    store: &Store,
    call: Call<'_>,
    command: &GrantCredit,
) -> Result<Granted> {
    call.actor.require(Permission::RefundsWrite)?;
    let mut faults = Faults::default();
    let reason = &checks::text(&mut faults, "reason", &command.reason, 1_000);
    let now = store.clock().now();
    let amount = check(&mut faults, &command.amount, (now, command.expires_at));
    faults.check()?;
    let (currency, minor) = amount.ok_or(Error::Contended)?;
    once(store, call, "storeCreditGrant", command, |tx| async move {
        let found = customers::reached(&tx, call.actor, &[command.customer_id]).await?.pop();
        let missing = || Error::refused(checks::not_found("customerId", "customer"));
        let customer = found.ok_or_else(missing)?;
        let order = match command.case_id {
            Some(case) => order_of_case(&tx, call.actor, (case, customer.id)).await?,
            None => None,
        };
        let company = company(&tx, call.actor, (customer.id, command.legal_entity_id)).await?;
        let expires_at = command.expires_at.map(crate::clock::truncate);
        let reason = reason.clone();
        let case = command.case_id;
        let present =
            Present { customer, company, currency, minor, reason, expires_at, case, order };
        let id = present.customer.id;
        let (books, gift) = worth(&tx, &present).await?;
        if let Some(why) =
            grants::beyond(&tx, call.actor, present.whom(), (books.base, gift)).await?
        {
            if !command.request_approval {
                let refusal = Refusal::new(RefusalCode::LimitExceeded, "amount.amount", why);
                return Err(Error::refused(refusal));
            }
            let request = ask(&tx, call.actor, &present).await?;
            return Ok(Granted { customer: id, request: Some(request) });
        }
        give(&tx, call.actor, (present, books, gift), Batch::default()).await?;
        Ok(Granted { customer: id, request: None })
    })
    .await
}

/// The order of a case that is within reach, and the customer's.
async fn order_of_case(
    tx: &WriteTx,
    actor: &Actor,
    (case, customer): (Uuid, Uuid),
) -> Result<Option<Uuid>> {
    let found = crate::cases::read::reached(tx, actor, &[case]).await?.pop();
    let own = found.filter(|case| case.customer_id == Some(customer));
    let missing = || Error::refused(checks::not_found("caseId", "case of this customer"));
    Ok(own.ok_or_else(missing)?.order_id)
}

/// Who will owe it.
pub(crate) async fn company(
    tx: &WriteTx,
    actor: &Actor,
    (customer, said): (Uuid, Option<Uuid>),
) -> Result<legal_entity::Model> {
    let missing = || Error::refused(checks::not_found("legalEntityId", "legal entity"));
    let id = if let Some(said) = said {
        said
    } else {
        let (known, all) = sql::companies(tx, actor, customer).await?;
        match (known.as_slice(), all.as_slice()) {
            ([one], _) | ([], [one]) => *one,
            _ => {
                let message = "say which company will owe it: more than one could";
                let refusal = Refusal::new(RefusalCode::Required, "legalEntityId", message);
                return Err(Error::refused(refusal));
            }
        }
    };
    sql::company(tx, actor, id).await?.ok_or_else(missing)
}

/// What it is worth in the currency of the books: given for nothing, all of it.
pub(crate) async fn worth(tx: &WriteTx, present: &Present) -> Result<(Books, Gift)> {
    let books = Books::of_entity(tx, present.company.id).await?;
    let mut books = books.ok_or(Error::Contended)?;
    let base = books.worth(tx, present.currency, present.minor, tx.now()).await?.base;
    Ok((books, Gift { base, goodwill: base }))
}

/// What was asked for, taken up again: none where its customer or company is out of reach.
pub(crate) async fn asked(
    tx: &WriteTx,
    actor: &Actor,
    request: &refund_request::Model,
) -> Result<Option<Present>> {
    let (Some(customer), Some(company)) = (request.customer_id, request.legal_entity_id) else {
        return Ok(None);
    };
    let customer = customers::reached(tx, actor, &[customer]).await?.pop();
    let company = sql::company(tx, actor, company).await?;
    let (Some(customer), Some(company)) = (customer, company) else { return Ok(None) };
    let order = match request.case_id {
        Some(case) => crate::cases::read::order_of(tx, case).await?,
        None => None,
    };
    let currency = Currency::from_code(&request.currency)
        .ok_or_else(|| Error::Internal("a request without a currency".into()))?;
    Ok(Some(Present {
        customer,
        company,
        currency,
        minor: request.amount_minor,
        reason: request.reason.clone(),
        expires_at: request.expires_at,
        case: request.case_id,
        order,
    }))
}

/// Credit that comes onto an account of a customer.
pub(crate) struct Put {
    pub(crate) row: credit::Model,
    pub(crate) entry: credit_entry::Model,
    event: NewEvent,
    is_new: bool,
}

/// Puts credit onto the account of a customer, before it is written. What ends at the same moment is one account.
pub(crate) async fn put(tx: &WriteTx, actor: &Actor, present: &Present) -> Result<Put> {
    let Present { customer, company, currency, minor, reason, expires_at, case, .. } = present;
    let new = credit::Model {
        id: tx.id(),
        version: 0,
        kind: CreditKind::StoreCredit,
        legal_entity_id: company.id,
        currency: currency.code().to_owned(),
        code_hash: None,
        hint: None,
        customer_id: Some(customer.id),
        order_id: None,
        issued_minor: 0,
        balance_minor: 0,
        reserved_minor: 0,
        expires_at: end(tx.now(), *expires_at, company.store_credit_valid_days),
        created_at: tx.now(),
    };
    if new.expires_at.is_some_and(|at| at <= tx.now()) {
        let message = "the credit that was asked for would have ended by now";
        let refusal = Refusal::new(RefusalCode::StateConflict, "expiresAt", message);
        return Err(Error::refused(refusal));
    }
    // Two that are given at once are one account, not two.
    tx.lock(&format!("credit {}", customer.id)).await?;
    let known = sql::alike(tx, &new).await?;
    let is_new = known.is_none();
    let mut row = known.unwrap_or(new);
    row.version += 1;
    row.issued_minor += minor;
    row.balance_minor += minor;
    let entry = credit_entry::Model {
        id: tx.id(),
        credit_id: row.id,
        amount_minor: *minor,
        reason: reason.clone(),
        at: tx.now(),
        actor_kind: actor.kind,
        actor_id: actor.id,
        order_id: None,
        case_id: *case,
    };
    let mut event =
        NewEvent { id: Some(tx.id()), ..told(&row, events::STORE_CREDIT_GRANTED, *minor) };
    if let Some(data) = event.data.as_object_mut() {
        data.insert("reason".to_owned(), json!(reason));
    }
    Ok(Put { row, entry, event, is_new })
}

impl Put {
    /// Writes it, and tells.
    pub(crate) fn write(self, tx: &WriteTx, actor: &Actor, batch: &mut Batch) {
        let Self { row, mut entry, event, is_new } = self;
        batch.save(&row);
        let key = seal::new_key(batch, entry.id, row.customer_id);
        entry.reason = seal::seal(&key, &entry.reason);
        batch.add(&entry);
        if let Some(due) = row.expires_at.filter(|_| is_new) {
            timers::set(tx, batch, Job::ExpireCredit, row.id, due);
        }
        audit::record(tx, actor, batch, Some(event.subject), &audit::made(&event.data));
        events::record(tx, actor, batch, event);
    }
}

/// Gives credit that the actor may give.
pub(crate) async fn give(
    tx: &WriteTx,
    actor: &Actor,
    (present, mut books, gift): (Present, Books, Gift),
    mut batch: Batch,
) -> Result<()> {
    let put = put(tx, actor, &present).await?;
    let (currency, at) = (present.currency, tx.now());
    let amount = books.worth(tx, currency, present.minor, at).await?;
    let (credit, source, event) = (&put.row, put.entry.id, put.event.id);
    let owed = Owed { credit, source, event, at, currency, amount };
    books.write(tx, &mut batch, templates::credit_given(&owed))?;
    grants::note(tx, &mut batch, actor, present.whom(), gift);
    put.write(tx, actor, &mut batch);
    batch.insert(tx).await
}

/// Asks somebody else for credit.
async fn ask(tx: &WriteTx, actor: &Actor, present: &Present) -> Result<Uuid> {
    let request = refund_request::Model {
        customer_id: Some(present.customer.id),
        legal_entity_id: Some(present.company.id),
        expires_at: present.expires_at,
        case_id: present.case,
        ..grants::request(tx, actor, (present.minor, present.currency.code(), &present.reason))
    };
    let data = json!({
        "amount": present.currency.decimal(present.minor),
        "currency": request.currency,
        "reason": present.reason,
    });
    let event = NewEvent {
        customer: request.customer_id,
        ..NewEvent::new(events::REFUND_REQUESTED, ("rfr", request.id), data)
    };
    let mut batch = Batch::default();
    batch.add(&request);
    audit::record(tx, actor, &mut batch, Some(event.subject), &audit::made(&event.data));
    events::record(tx, actor, &mut batch, event);
    batch.insert(tx).await?;
    Ok(request.id)
}
