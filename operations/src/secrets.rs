//! Passwords, tokens and the master key.

use crate::error::{Error, Result};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::Aead};
use hmac::{Hmac, Mac};
use rand::RngExt;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Semaphore;

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 in hexadecimal: enough for secrets of 128 bits or more, which cannot be guessed.
pub(crate) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// A secret of 256 random bits behind a prefix that names what it is.
pub(crate) fn token(prefix: &str) -> String {
    let bytes: [u8; 32] = rand::rng().random();
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// A code to be typed: 80 random bits in sixteen letters and digits, four and four, none of which looks like another
/// ([Crockford, Base 32](https://www.crockford.com/base32.html)).
pub(crate) fn code() -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let random: [u8; 16] = rand::rng().random();
    let mut text = String::with_capacity(19);
    for (index, byte) in random.iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push('-');
        }
        let letter = LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'0');
        text.push(char::from(letter));
    }
    text
}

/// What signs webhooks, as the Standard Webhooks scheme writes it: 256 random bits.
pub(crate) fn signing_secret() -> String {
    let bytes: [u8; 32] = rand::rng().random();
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// A secret that is shown where it was really put to use, and not where an earlier answer is repeated.
pub(crate) struct Fresh {
    secret: String,
    used: AtomicBool,
}

impl Fresh {
    pub(crate) fn new(secret: String) -> Self {
        Self { secret, used: AtomicBool::new(false) }
    }

    /// The secret itself.
    pub(crate) fn text(&self) -> &str {
        &self.secret
    }

    /// The last four characters.
    pub(crate) fn hint(&self) -> String {
        self.secret.chars().skip(self.secret.len().saturating_sub(4)).collect()
    }

    pub(crate) fn hash(&self) -> String {
        digest(&self.secret)
    }

    pub(crate) fn used(&self) {
        self.used.store(true, Ordering::SeqCst);
    }

    pub(crate) fn shown(self) -> Option<String> {
        self.used.into_inner().then_some(self.secret)
    }
}

/// Each hash takes 19 MiB and tens of milliseconds: two at once leave the rest of the machine alone.
static HASHING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// A hash to verify against when there is no such user, so that the answer takes as long.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now("correct horse battery staple").unwrap_or_default());

fn hash_now(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::Internal(error.to_string()))
}

/// Argon2id at 19 MiB, two passes, one lane.
pub(crate) async fn hash_password(password: String) -> Result<String> {
    off_the_reactor(move || hash_now(&password)).await?
}

/// The same for the same password and salt, and as slow to guess from as a hash that is kept.
pub(crate) async fn slow_print(password: String, salt: String) -> Result<String> {
    off_the_reactor(move || {
        let mut print = [0; 32];
        let salt = Sha256::digest(salt.as_bytes());
        Argon2::default()
            .hash_password_into(password.as_bytes(), &salt, &mut print)
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(hex(&print))
    })
    .await?
}

/// Whether the password fits the hash; without a hash the answer is no, and takes as long.
pub(crate) async fn verify_password(password: String, hash: Option<String>) -> Result<bool> {
    off_the_reactor(move || {
        let known = hash.is_some();
        let text = hash.unwrap_or_else(|| NOBODY.clone());
        let fits = PasswordHash::new(&text).is_ok_and(|parsed| {
            Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
        });
        known && fits
    })
    .await
}

async fn off_the_reactor<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let _permit = HASHING.acquire().await.map_err(|error| Error::Internal(error.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}

/// The key that wraps every other key of the installation.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    /// A new one.
    pub fn generate() -> Self {
        Self(rand::rng().random())
    }

    /// From 32 bytes in URL-safe base64.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim().trim_end_matches('=')).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// As [`MasterKey::parse`] reads it.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Seals a secret.
    pub(crate) fn seal(&self, secret: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; 24] = rand::rng().random();
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), secret)
            .map_err(|_| Error::Internal("sealing failed".into()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`MasterKey::seal`] sealed.
    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let wrong = || Error::Unavailable("the master key does not fit this database".into());
        let (nonce, sealed) = sealed.split_first_chunk::<24>().ok_or_else(wrong)?;
        self.cipher().decrypt(&XNonce::from(*nonce), sealed).map_err(|_| wrong())
    }

    /// Signs a text for one purpose; what is signed for another does not fit.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(purpose, text).finalize().into_bytes())
    }

    /// Whether [`MasterKey::sign`] made a signature.
    pub fn verifies(&self, purpose: &str, text: &str, signature: &str) -> bool {
        let signature = URL_SAFE_NO_PAD.decode(signature);
        signature.is_ok_and(|bytes| self.mac(purpose, text).verify_slice(&bytes).is_ok())
    }

    fn mac(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        // A key of its own for each purpose, so that no text of one is a text of another.
        let own = Hmac::<Sha256>::new(&self.padded()).chain_update(purpose).finalize().into_bytes();
        let mut key = [0; 64];
        key[..32].copy_from_slice(&own);
        Hmac::<Sha256>::new(&key.into()).chain_update(text)
    }

    fn padded(&self) -> hmac::digest::Key<Hmac<Sha256>> {
        let mut key = [0; 64];
        key[..32].copy_from_slice(&self.0);
        key.into()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_with_its_key_alone() {
        let key = MasterKey::generate();
        let sealed = key.seal(b"secret").unwrap();
        assert_eq!(key.open(&sealed).unwrap(), b"secret");
        assert!(MasterKey::generate().open(&sealed).is_err());
        assert_eq!(MasterKey::parse(&key.encode()).unwrap().0, key.0);
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hash = hash_password("open sesame".into()).await.unwrap();
        assert!(hash.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify_password("open sesame".into(), Some(hash.clone())).await.unwrap());
        assert!(!verify_password("open".into(), Some(hash)).await.unwrap());
        assert!(!verify_password("correct horse battery staple".into(), None).await.unwrap());
    }
}
