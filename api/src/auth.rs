//! From the `Authorization` header to an actor: the only file that knows jsonwebtoken.

use crate::desk::Desk;
use crate::ids::{Kind, encode};
use crate::oidc::{Issuer, Provider};
use crate::server::AppOptions;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::future::Cache;
use operations::access::external::{ExternalIdentity, actor_of_identity};
use operations::access::keys::{SigningKey, signing_keys};
use operations::access::read::{TOKEN_PREFIX, actor_of_session};
use operations::secrets::MasterKey;
use operations::{Actor, Error, Result, Store};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tokio::sync::Mutex;
use uuid::Uuid;

/// Who issues access tokens, and for whom.
const ISSUER: &str = "aftercart";
/// Clocks of two nodes may differ this much, in seconds.
const LEEWAY: i64 = 10;
/// A session that ended elsewhere is noticed within this time.
const MEMORY: Duration = Duration::from_secs(2);
/// Signing keys are read no more often than this, whatever tokens come.
const KEY_PAUSE: Duration = Duration::from_secs(1);
const INVALID: Error = Error::Unauthenticated("this access token is not valid");

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    /// The session.
    sid: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// The `Authorization` header of a request, so that a long one can check it again.
pub(crate) struct Credential(pub(crate) Option<String>);

/// Issues and checks access tokens.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<Inner>);

struct Inner {
    store: Store,
    desk: Desk,
    master: MasterKey,
    keys: RwLock<Vec<SigningKey>>,
    /// When the keys were last read.
    read: Mutex<Instant>,
    lifetime: time::Duration,
    sessions: Cache<Uuid, Arc<Actor>>,
    providers: Vec<Arc<Provider>>,
    /// Holders of providers' tokens, by the hash of the token.
    holders: Cache<[u8; 32], Arc<Actor>>,
}

impl Tokens {
    pub(crate) async fn new(store: Store, options: &AppOptions) -> Result<Self> {
        let keys = signing_keys(&store, &options.master_key).await?;
        let desk = Desk::open(store.clone());
        let providers: Result<Vec<Arc<Provider>>> =
            options.issuers.iter().cloned().map(Provider::new).collect();
        Ok(Self(Arc::new(Inner {
            store,
            desk,
            master: options.master_key.clone(),
            keys: RwLock::new(keys),
            read: Mutex::new(Instant::now()),
            lifetime: options.jwt_lifetime,
            sessions: Cache::builder().max_capacity(10_000).time_to_live(MEMORY).build(),
            providers: providers?,
            holders: Cache::builder().max_capacity(10_000).time_to_live(MEMORY).build(),
        })))
    }

    /// Reads the signing keys again: another node may have made one. They are read no more often than
    /// [`KEY_PAUSE`], so whoever comes sooner waits.
    pub(crate) async fn refresh_keys(&self) -> Result<()> {
        let wanted = Instant::now();
        let mut read = self.0.read.lock().await;
        if *read > wanted {
            // They were read while this one waited.
            return Ok(());
        }
        tokio::time::sleep(KEY_PAUSE.saturating_sub(read.elapsed())).await;
        *read = Instant::now();
        let keys = signing_keys(&self.0.store, &self.0.master).await?;
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    fn key(&self, wanted: impl Fn(&SigningKey) -> bool) -> Option<SigningKey> {
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| wanted(key)).cloned()
    }

    /// An access token for a session, and when it ends.
    pub(crate) fn issue(&self, user: Uuid, session: Uuid) -> Result<(String, OffsetDateTime)> {
        let key = self.key(|key| key.signs);
        let key = key.ok_or_else(|| Error::Internal("there is no signing key".into()))?;
        let now = self.0.store.clock().now();
        let expires_at = now + self.0.lifetime;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: ISSUER.into(),
            sub: encode(Kind::User, user),
            sid: session,
            iat: now.unix_timestamp(),
            nbf: now.unix_timestamp(),
            exp: expires_at.unix_timestamp(),
        };
        let header = Header { kid: Some(key.id.to_string()), ..Header::new(Algorithm::HS256) };
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&key.secret))
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok((token, expires_at))
    }

    /// The actor of an `Authorization` header. No header is nobody; a bad one is refused, never taken
    /// for nobody.
    pub(crate) async fn actor(&self, header: Option<&str>) -> Result<Option<Arc<Actor>>> {
        let Some(header) = header else { return Ok(None) };
        let bearer =
            header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, token)) = bearer else {
            return Err(Error::Unauthenticated("send `Authorization: Bearer TOKEN`"));
        };
        let token = token.trim();
        if token.starts_with(TOKEN_PREFIX) {
            return Ok(Some(Arc::new(self.0.desk.ask(token).await?)));
        }
        // Which key to check it with; nothing else is believed yet.
        let header = jsonwebtoken::decode_header(token).map_err(|_| INVALID)?;
        let claimed = jsonwebtoken::dangerous::insecure_decode_claims::<Claimed>(token);
        let issuer = claimed.map_err(|_| INVALID)?.iss;
        if issuer == ISSUER {
            return self.of_session(token, &header).await.map(Some);
        }
        let provider = self.0.providers.iter().find(|known| known.issuer.issuer == issuer);
        self.of_provider(token, &header, provider.ok_or(INVALID)?).await.map(Some)
    }

    async fn of_session(&self, token: &str, header: &Header) -> Result<Arc<Actor>> {
        let named = |key: &SigningKey| header.kid.as_deref() == Some(&key.id.to_string());
        if self.key(named).is_none() {
            self.refresh_keys().await?;
        }
        let key = self.key(named).ok_or(INVALID)?;
        let secret = DecodingKey::from_secret(&key.secret);
        let claims: Claims = self.claims(token, &secret, &[Algorithm::HS256], (ISSUER, ISSUER))?;
        if let Some(actor) = self.0.sessions.get(&claims.sid).await {
            return Ok(actor);
        }
        let actor = Arc::new(actor_of_session(&self.0.store, claims.sid).await?);
        self.0.sessions.insert(claims.sid, actor.clone()).await;
        Ok(actor)
    }

    async fn of_provider(
        &self,
        token: &str,
        header: &Header,
        provider: &Arc<Provider>,
    ) -> Result<Arc<Actor>> {
        let find = |set: &Json| {
            let set: JwkSet = serde_json::from_value(set.clone()).ok()?;
            let fits = |key: &&Jwk| {
                key.common.key_id == header.kid
                    && algorithms(key).contains(&header.alg)
                    && key
                        .common
                        .public_key_use
                        .as_ref()
                        .is_none_or(|use_for| *use_for == PublicKeyUse::Signature)
            };
            set.keys.iter().find(fits).cloned()
        };
        let set = provider.keys(self.0.store.clock().now(), |set| find(set).is_some()).await?;
        let key = find(&set).ok_or(INVALID)?;
        let secret = DecodingKey::from_jwk(&key).map_err(|_| INVALID)?;
        let Issuer { issuer, audience, .. } = &provider.issuer;
        let claims: Json =
            self.claims(token, &secret, algorithms(&key), (issuer.as_str(), audience.as_str()))?;
        let hash = Sha256::digest(token.as_bytes()).into();
        if let Some(actor) = self.0.holders.get(&hash).await {
            return Ok(actor);
        }
        let text = |name: &str| claims.get(name).and_then(Json::as_str).map(str::to_owned);
        let verified = claims.get("email_verified").and_then(Json::as_bool) == Some(true);
        let identity = ExternalIdentity {
            issuer: issuer.clone(),
            subject: text("sub").ok_or(INVALID)?,
            verified_email: text("email").filter(|_| verified),
            name: text("name"),
            roles: provider.issuer.roles_of(&claims),
        };
        let actor = Arc::new(actor_of_identity(&self.0.store, &identity).await?);
        self.0.holders.insert(hash, actor.clone()).await;
        Ok(actor)
    }

    /// The claims of a token whose signature, issuer, audience and times are right.
    fn claims<T: DeserializeOwned + Serialize>(
        &self,
        token: &str,
        key: &DecodingKey,
        algorithms: &[Algorithm],
        (issuer, audience): (&str, &str),
    ) -> Result<T> {
        let mut validation = Validation::new(algorithms.first().copied().ok_or(INVALID)?);
        validation.algorithms = algorithms.to_vec();
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[issuer]);
        // Times are checked against the store's clock below, which tests set.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = jsonwebtoken::decode::<T>(token, key, &validation).map_err(|_| INVALID)?;
        let times: Times = serde_json::to_value(&claims.claims)
            .and_then(serde_json::from_value)
            .map_err(|_| INVALID)?;
        let now = self.0.store.clock().now().unix_timestamp();
        if times.exp + LEEWAY <= now {
            return Err(Error::Unauthenticated("this access token has expired"));
        }
        if times.nbf.is_some_and(|from| from - LEEWAY > now) {
            return Err(Error::Unauthenticated("this access token is not valid yet"));
        }
        Ok(claims.claims)
    }
}

/// What is read of a token before its signature is checked: only to find the key.
#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

/// Seconds since 1970; some providers write fractions, none that matters.
#[derive(Deserialize)]
struct Times {
    exp: i64,
    nbf: Option<i64>,
}

/// What a provider's key may be used with: one family, and never a shared secret.
fn algorithms(key: &Jwk) -> &'static [Algorithm] {
    use Algorithm as A;
    let family: &[Algorithm] = match (&key.algorithm, key.common.key_algorithm) {
        (AlgorithmParameters::RSA(_), None | Some(KeyAlgorithm::RS256)) => &[A::RS256],
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::RS384)) => &[A::RS384],
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::RS512)) => &[A::RS512],
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::PS256)) => &[A::PS256],
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::PS384)) => &[A::PS384],
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::PS512)) => &[A::PS512],
        (AlgorithmParameters::EllipticCurve(curve), _) => match curve.curve {
            EllipticCurve::P256 => &[A::ES256],
            EllipticCurve::P384 => &[A::ES384],
            EllipticCurve::P521 | EllipticCurve::Ed25519 | _ => &[],
        },
        (AlgorithmParameters::OctetKeyPair(_), _) => &[A::EdDSA],
        _ => &[],
    };
    family
}
