//! What people wrote, sealed in rows that are never changed: each under a key of its own, which belongs to a person and goes with them. What is left is noise.

use super::sql;
use crate::error::Result;
use crate::secrets::MasterKey;
use crate::store::{Batch, Db};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entities::sealed_key;
use std::collections::HashMap;
use uuid::Uuid;

/// How sealed text begins.
const MARK: &str = "sealed:";
/// What stands where there was something personal.
pub const ERASED: &str = "(erased)";

/// A new key for what is sealed in a row, of a customer where it is of one.
pub(crate) fn new_key(batch: &mut Batch, row_id: Uuid, customer_id: Option<Uuid>) -> MasterKey {
    let key = MasterKey::generate();
    batch.add(&sealed_key::Model { row_id, customer_id, key: key.encode(), shred_at: None });
    key
}

/// A text that only its key opens.
pub(crate) fn seal(key: &MasterKey, text: &str) -> String {
    let sealed = key.seal(text.as_bytes()).unwrap_or_default();
    format!("{MARK}{}", URL_SAFE_NO_PAD.encode(sealed))
}

/// Whether a text is sealed.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// What was sealed; what no key opens any longer was erased.
pub(crate) fn open(key: Option<&MasterKey>, text: &str) -> String {
    let Some(sealed) = text.strip_prefix(MARK) else { return text.to_owned() };
    let bytes = key.and_then(|key| key.open(&URL_SAFE_NO_PAD.decode(sealed).ok()?).ok());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| ERASED.to_owned())
}

/// The keys of rows that are still there.
pub(crate) async fn keys(db: &Db, rows: &[Uuid]) -> Result<HashMap<Uuid, MasterKey>> {
    let found = sql::keys(db, rows).await?;
    let key = |(row, key): (Uuid, String)| Some((row, MasterKey::parse(&key)?));
    Ok(found.into_iter().filter_map(key).collect())
}

/// Opens texts of rows, all by one statement, and by none where nothing is sealed.
pub(crate) async fn open_all(db: &Db, texts: Vec<(Uuid, &mut String)>) -> Result<()> {
    let sealed: Vec<(Uuid, &mut String)> =
        texts.into_iter().filter(|(_, text)| is_sealed(text)).collect();
    if sealed.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = sealed.iter().map(|(row, _)| *row).collect();
    let keys = keys(db, &ids).await?;
    for (row, text) in sealed {
        *text = open(keys.get(&row), text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_alone() {
        let (key, other) = (MasterKey::generate(), MasterKey::generate());
        let text = seal(&key, "for Ada");
        assert!(is_sealed(&text) && !text.contains("Ada"));
        assert_eq!(open(Some(&key), &text), "for Ada");
        assert_eq!(open(Some(&other), &text), ERASED);
        assert_eq!(open(None, &text), ERASED);
        assert_eq!(open(None, "plain"), "plain");
    }
}
