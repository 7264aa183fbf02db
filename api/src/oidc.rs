//! Identity providers: which are trusted, and where their keys are. Keys are fetched when a token names one
//! that is not known, no more often than [`PAUSE`]; those that were fetched serve while a provider is away.

use operations::{Error, Result};
use reqwest::Url;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::Mutex;

/// A provider's keys are asked for no more often than this, whatever tokens come.
const PAUSE: Duration = Duration::from_secs(10);
/// Keys are asked for again after this time, so that one that a provider withdrew goes.
const STALE: Duration = Duration::from_mins(10);
/// How long a provider may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a provider's keys.
const MOST: usize = 256 * 1024;

/// A provider that is trusted, as the operator describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Issuer {
    /// `iss` of its tokens.
    pub issuer: String,
    /// `aud` that its tokens must name.
    pub audience: String,
    /// Where its keys are, as a JSON Web Key Set; `https` unless it is on this machine.
    pub jwks_url: String,
    /// The claim that lists what a holder is, such as `groups`; a dot goes one level down.
    #[serde(default = "roles")]
    pub roles_claim: String,
    /// The role here for each value of that claim; a value without one is nothing here.
    pub roles: BTreeMap<String, String>,
}

fn roles() -> String {
    "roles".to_owned()
}

impl Issuer {
    /// What is wrong with it, if anything.
    pub(crate) fn fault(&self) -> Option<String> {
        let Ok(url) = Url::parse(&self.jwks_url) else {
            return Some(format!("jwksUrl of {} is no URL", self.issuer));
        };
        let local = url.host_str().is_some_and(|host| {
            host == "localhost"
                || host
                    .trim_matches(['[', ']'])
                    .parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        });
        if url.scheme() != "https" && !(url.scheme() == "http" && local) {
            return Some(format!("jwksUrl of {} begins with https://", self.issuer));
        }
        if self.issuer.is_empty() || self.audience.is_empty() {
            return Some("issuer and audience are not empty".to_owned());
        }
        None
    }

    /// The roles here that a token's claims stand for.
    pub(crate) fn roles_of(&self, claims: &serde_json::Value) -> Vec<String> {
        let place = self.roles_claim.split('.').try_fold(claims, |at, name| at.get(name));
        let listed = match place {
            Some(serde_json::Value::Array(values)) => {
                values.iter().filter_map(serde_json::Value::as_str).collect()
            }
            Some(serde_json::Value::String(text)) => text.split_whitespace().collect(),
            _ => Vec::new(),
        };
        listed.into_iter().filter_map(|value| self.roles.get(value).cloned()).collect()
    }
}

/// TLS is spoken with the cryptography that the rest of the program has.
pub fn choose_cryptography() {
    // Another part of the process may have chosen already, and the same.
    let _chosen = rustls::crypto::ring::default_provider().install_default();
}

/// A provider and its keys, as they were last fetched.
pub(crate) struct Provider {
    pub(crate) issuer: Issuer,
    client: reqwest::Client,
    keys: RwLock<Keys>,
    /// Held by whoever fetches.
    fetching: Mutex<()>,
}

#[derive(Default)]
struct Keys {
    set: Arc<serde_json::Value>,
    asked: Option<OffsetDateTime>,
    fetched: Option<OffsetDateTime>,
}

impl Provider {
    pub(crate) fn new(issuer: Issuer) -> Result<Arc<Self>> {
        choose_cryptography();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        let (keys, fetching) = (RwLock::default(), Mutex::default());
        Ok(Arc::new(Self { issuer, client, keys, fetching }))
    }

    fn read<T>(&self, look: impl FnOnce(&Keys) -> T) -> T {
        look(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut Keys)) {
        change(&mut self.keys.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether the provider was asked a moment ago.
    fn was_asked(&self, now: OffsetDateTime) -> bool {
        self.read(|keys| keys.asked.is_some_and(|at| now < at + PAUSE))
    }

    /// The key set, fetched anew where it is stale or `fits` finds nothing in it. Whoever is missing a key
    /// while the set is being fetched waits for that one answer; everybody else is served meanwhile.
    pub(crate) async fn keys(
        self: &Arc<Self>,
        now: OffsetDateTime,
        fits: impl Fn(&serde_json::Value) -> bool,
    ) -> Result<Arc<serde_json::Value>> {
        let set = self.read(|keys| keys.set.clone());
        let fresh = self.read(|keys| keys.fetched.is_some_and(|at| now < at + STALE));
        let good = fits(&set);
        let asked = self.was_asked(now);
        if good && (fresh || asked) {
            return Ok(set);
        }
        if !asked || self.fetching.try_lock().is_err() {
            // In a task of its own: a client that goes away does not stop it.
            let provider = self.clone();
            let fetched = tokio::spawn(async move { provider.ask(now).await }).await;
            fetched.map_err(|error| Error::Internal(error.to_string()))?;
        }
        let shown = self.read(|keys| keys.fetched.map(|_| keys.set.clone()));
        let who = &self.issuer.issuer;
        shown.ok_or_else(|| Error::Unavailable(format!("{who} has not shown its keys yet")))
    }

    async fn ask(&self, now: OffsetDateTime) {
        let _fetching = self.fetching.lock().await;
        if self.was_asked(now) {
            return;
        }
        self.write(|keys| keys.asked = Some(now));
        match self.fetch().await {
            Ok(set) => self.write(|keys| {
                keys.set = Arc::new(set);
                keys.fetched = Some(now);
            }),
            Err(why) => {
                tracing::warn!(issuer = %self.issuer.issuer, %why, "keys could not be fetched");
            }
        }
    }

    async fn fetch(&self) -> std::result::Result<serde_json::Value, String> {
        let words = |error: reqwest::Error| error.without_url().to_string();
        let request = self.client.get(&self.issuer.jwks_url);
        let mut response =
            request.send().await.and_then(reqwest::Response::error_for_status).map_err(words)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(words)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST {
                return Err(format!("more than {MOST} bytes"));
            }
        }
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn issuer(jwks_url: &str) -> Issuer {
        let roles = [("ops".to_owned(), "operations_manager".to_owned())].into();
        Issuer {
            issuer: "https://login.example".into(),
            audience: "aftercart".into(),
            jwks_url: jwks_url.into(),
            roles_claim: "realm_access.roles".into(),
            roles,
        }
    }

    #[test]
    fn keys_come_over_a_line_that_nobody_can_change() {
        assert_eq!(issuer("https://login.example/keys").fault(), None);
        assert_eq!(issuer("http://127.0.0.1:1/keys").fault(), None);
        assert_eq!(issuer("http://[::1]:1/keys").fault(), None);
        assert!(issuer("http://login.example/keys").fault().is_some());
        assert!(issuer("http://localhost.evil.example/keys").fault().is_some());
        assert!(issuer("keys").fault().is_some());
    }

    #[test]
    fn claims_stand_for_the_roles_that_the_operator_names() {
        let issuer = issuer("https://login.example/keys");
        let claims = json!({ "realm_access": { "roles": ["ops", "admin", 3] } });
        assert_eq!(issuer.roles_of(&claims), ["operations_manager"]);
        let claims = json!({ "realm_access": { "roles": "other ops" } });
        assert_eq!(issuer.roles_of(&claims), ["operations_manager"]);
        assert!(issuer.roles_of(&json!({ "roles": ["ops"] })).is_empty());
    }
}
