//! The same call again changes nothing and answers the same.

use crate::actor::Actor;
use crate::audit;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::sql::sql;
use crate::store::{Batch, Store, WriteTx};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// How an operation is called: by whom, and under which key if any.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Who calls.
    pub actor: &'a Actor,
    /// The client's key.
    pub key: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// A call without a key.
    pub fn by(actor: &'a Actor) -> Self {
        Self { actor, key: None }
    }
}

/// Runs a body in one transaction; under a key that was used before with the same input it answers
/// what was answered then, without running it. The answer is kept by id, so keep it small.
pub(crate) async fn once<T, F, Fut>(
    store: &Store,
    call: Call<'_>,
    operation: &'static str,
    input: &impl Serialize,
    body: F,
) -> Result<T>
where
    T: Serialize + DeserializeOwned,
    F: Fn(WriteTx) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let Some(key) = call.key else { return run(store, call.actor, operation, body).await };
    if key.is_empty() || key.chars().count() > 255 {
        let message = "an idempotency key has 1 to 255 characters";
        return Err(Error::BadInput(message.into()));
    }
    let fingerprint = fingerprint(operation, input)?;
    let (body, fingerprint) = (&body, fingerprint.as_str());
    store
        .write(|tx| async move {
            let actor = call.actor.key_owner();
            // The insert comes first: a concurrent twin waits here until this transaction ends.
            let inserted = tx
                .run(
                    sql("insert into idempotency_keys
                         (actor, key, operation, fingerprint, result, created_at)
                         values (?, ?, ?, ?, null, ?) on conflict do nothing")
                    .bind(actor)
                    .bind(key)
                    .bind(operation)
                    .bind(fingerprint)
                    .bind(tx.now()),
                )
                .await?;
            if inserted == 0 {
                return replay(&tx, actor, key, fingerprint).await;
            }
            let owner = tx.share();
            let answer = audited(tx, call.actor, operation, body).await?;
            let kept = serde_json::to_value(&answer)
                .map_err(|error| Error::Internal(error.to_string()))?;
            let query = sql("update idempotency_keys set result = ? where actor = ? and key = ?");
            owner.run(query.bind(kept).bind(actor).bind(key)).await?;
            Ok(answer)
        })
        .await
}

/// Runs the body of an operation that takes no key in one transaction.
pub(crate) async fn run<T, F, Fut>(
    store: &Store,
    actor: &Actor,
    operation: &'static str,
    body: F,
) -> Result<T>
where
    F: Fn(WriteTx) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let body = &body;
    store.write(|tx| audited(tx, actor, operation, body)).await
}

/// Runs a body that the audit log notes: with what the body says of it, or plainly.
async fn audited<T, F, Fut>(
    tx: WriteTx,
    actor: &Actor,
    operation: &'static str,
    body: &F,
) -> Result<T>
where
    F: Fn(WriteTx) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    tx.name_operation(operation);
    let owner = tx.share();
    let answer = body(tx).await?;
    let mut batch = Batch::default();
    audit::record(&owner, actor, &mut batch, None, &Json::Null);
    batch.insert(&owner).await?;
    Ok(answer)
}

async fn replay<T: DeserializeOwned>(
    tx: &WriteTx,
    actor: uuid::Uuid,
    key: &str,
    fingerprint: &str,
) -> Result<T> {
    let row: Option<entities::idempotency_key::Model> = tx
        .first(
            sql("select * from idempotency_keys where actor = ? and key = ?").bind(actor).bind(key),
        )
        .await?;
    let row = row.ok_or(Error::Contended)?;
    if row.fingerprint != fingerprint {
        return Err(Error::refused(Refusal::new(
            RefusalCode::IdempotencyMismatch,
            "idempotencyKey",
            format!("this key was used for `{}` with another input", row.operation),
        )));
    }
    let kept = row.result.ok_or(Error::Contended)?;
    serde_json::from_value(kept).map_err(|error| Error::Internal(error.to_string()))
}

/// SHA-256 over the operation and its input.
fn fingerprint(operation: &str, input: &impl Serialize) -> Result<String> {
    let input = serde_json::to_vec(input).map_err(|error| Error::Internal(error.to_string()))?;
    let mut hash = Sha256::new();
    hash.update(operation.as_bytes());
    hash.update([0]);
    hash.update(&input);
    Ok(crate::secrets::hex(&hash.finalize()))
}
