//! The keys that sign access tokens, wrapped by the master key.

use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::error::{Error, Result};
use crate::idempotency::run;
use crate::secrets::MasterKey;
use crate::store::{Batch, Store};
use entities::{setting, signing_key};
use rand::RngExt;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

/// A key that signs access tokens.
#[derive(Clone)]
pub struct SigningKey {
    /// Its id, the `kid` of a token.
    pub id: Uuid,
    /// 256 random bits for HMAC with SHA-256.
    pub secret: Vec<u8>,
    /// Whether it still signs; a retired one only verifies.
    pub signs: bool,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

/// The one algorithm these keys are used with.
pub const ALGORITHM: &str = "HS256";

/// A retired key verifies until every token that it signed has run out: a token lives a day at most.
const VERIFIES_ON: Duration = Duration::hours(25);
/// A key signs for this long; then a server makes the next one.
const SIGNS_FOR: Duration = Duration::days(30);

/// The signing keys, newest first; the first one is made where there is none, and the next one when the
/// newest has signed for thirty days.
pub async fn signing_keys(store: &Store, master: &MasterKey) -> Result<Vec<SigningKey>> {
    let db = store.read();
    let rows = sql::signing_keys(&db, db.now() - VERIFIES_ON).await?;
    let signs = |row: &signing_key::Model| {
        row.retired_at.is_none() && row.created_at > db.now() - SIGNS_FOR
    };
    if !rows.iter().any(signs) {
        rotate_signing_keys(store, master, false).await?;
    }
    let rows = sql::signing_keys(&db, db.now() - VERIFIES_ON).await?;
    rows.into_iter()
        .filter(|row| row.algorithm == ALGORITHM)
        .map(|row| {
            let secret = master.open(&row.wrapped)?;
            Ok(SigningKey { id: row.id, secret, signs: row.retired_at.is_none() })
        })
        .collect()
}

/// Makes the next signing key. The keys before it still verify what they signed, so nobody notices; unless
/// they got into wrong hands: `at_once` ends every access token now, and sessions are refreshed.
pub async fn rotate_signing_keys(store: &Store, master: &MasterKey, at_once: bool) -> Result<()> {
    let actor = &Actor::system();
    run(store, actor, "signingKeyRotate", |tx| async move {
        if at_once {
            sql::delete_signing_keys(&tx).await?;
        } else {
            sql::retire_signing_keys(&tx).await?;
        }
        let secret: [u8; 32] = rand::rng().random();
        let row = signing_key::Model {
            id: tx.id(),
            algorithm: ALGORITHM.into(),
            wrapped: master.seal(&secret)?,
            created_at: tx.now(),
            retired_at: None,
        };
        let mut batch = Batch::default();
        batch.add(&row);
        let change = audit::made(&json!({ "kid": row.id, "atOnce": at_once }));
        audit::record(&tx, actor, &mut batch, None, &change);
        batch.insert(&tx).await
    })
    .await
}

const MASTER_KEY: &str = "master_key";

/// The master key that a database on `PostgreSQL` keeps itself, where the operator names none: made
/// once. It protects nothing from who can read the database, which the caller warns of.
pub async fn stored_master_key(store: &Store) -> Result<MasterKey> {
    let row: setting::Model = store
        .write(|tx| async move {
            if let Some(row) = sql::setting(&tx, MASTER_KEY).await? {
                return Ok(row);
            }
            let row = setting::Model {
                name: MASTER_KEY.into(),
                value: MasterKey::generate().encode(),
                updated_at: tx.now(),
            };
            let mut batch = Batch::default();
            batch.add(&row);
            batch.insert(&tx).await?;
            Ok(row)
        })
        .await?;
    MasterKey::parse(&row.value)
        .ok_or_else(|| Error::Internal("the stored master key is damaged".into()))
}
