//! The keys that sign access tokens, wrapped by the master key.

use super::sql;
use crate::error::{Error, Result};
use crate::secrets::MasterKey;
use crate::store::{Batch, Store};
use entities::{setting, signing_key};
use rand::RngExt;
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

/// The signing keys, newest first; the first one is made where there is none.
pub async fn signing_keys(store: &Store, master: &MasterKey) -> Result<Vec<SigningKey>> {
    let rows: Vec<signing_key::Model> = store
        .write(|tx| async move {
            let rows = sql::signing_keys(&tx).await?;
            if rows.iter().any(|row| row.retired_at.is_none()) {
                return Ok(rows);
            }
            let secret: [u8; 32] = rand::rng().random();
            let mut batch = Batch::default();
            batch.add(&signing_key::Model {
                id: tx.id(),
                algorithm: ALGORITHM.into(),
                wrapped: master.seal(&secret)?,
                created_at: tx.now(),
                retired_at: None,
            });
            batch.insert(&tx).await?;
            sql::signing_keys(&tx).await
        })
        .await?;
    rows.into_iter()
        .filter(|row| row.algorithm == ALGORITHM)
        .map(|row| {
            let secret = master.open(&row.wrapped)?;
            Ok(SigningKey { id: row.id, secret, signs: row.retired_at.is_none() })
        })
        .collect()
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
