//! From the `Authorization` header to an actor: the only file that knows jsonwebtoken.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::future::Cache;
use operations::access::keys::SigningKey;
use operations::access::read::{TOKEN_PREFIX, actor_of_session};
use operations::{Actor, Error, Result, Store};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::desk::Desk;
use crate::ids::{Kind, encode};

/// Who issues access tokens, and for whom.
const ISSUER: &str = "aftercart";
/// Clocks of two nodes may differ this much, in seconds.
const LEEWAY: u64 = 10;
/// A session that ended elsewhere is noticed within this time.
const SESSION_MEMORY: Duration = Duration::from_secs(2);

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
    keys: Vec<SigningKey>,
    lifetime: time::Duration,
    sessions: Cache<Uuid, Arc<Actor>>,
}

impl Tokens {
    pub(crate) fn new(store: Store, keys: Vec<SigningKey>, lifetime: time::Duration) -> Self {
        let sessions = Cache::builder().max_capacity(10_000).time_to_live(SESSION_MEMORY).build();
        let desk = Desk::open(store.clone());
        Self(Arc::new(Inner { store, desk, keys, lifetime, sessions }))
    }

    /// An access token for a session, and when it ends.
    pub(crate) fn issue(&self, user: Uuid, session: Uuid) -> Result<(String, OffsetDateTime)> {
        let key = self.0.keys.iter().find(|key| key.signs);
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
        let session = self.session(token)?;
        if let Some(actor) = self.0.sessions.get(&session).await {
            return Ok(Some(actor));
        }
        let actor = Arc::new(actor_of_session(&self.0.store, session).await?);
        self.0.sessions.insert(session, actor.clone()).await;
        Ok(Some(actor))
    }

    fn session(&self, token: &str) -> Result<Uuid> {
        let invalid = |_| Error::Unauthenticated("this access token is not valid");
        let header = jsonwebtoken::decode_header(token).map_err(invalid)?;
        let unknown = Error::Unauthenticated("this access token is not valid");
        let named = |key: &&SigningKey| header.kid.as_deref() == Some(&key.id.to_string());
        let key = self.0.keys.iter().find(named).ok_or(unknown)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.set_audience(&[ISSUER]);
        validation.set_issuer(&[ISSUER]);
        // Times are checked against the store's clock below, which tests set.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let secret = DecodingKey::from_secret(&key.secret);
        let claims =
            jsonwebtoken::decode::<Claims>(token, &secret, &validation).map_err(invalid)?.claims;
        let now = self.0.store.clock().now().unix_timestamp();
        let leeway = i64::try_from(LEEWAY).unwrap_or(0);
        if claims.exp + leeway <= now {
            return Err(Error::Unauthenticated("this access token has expired"));
        }
        if claims.nbf - leeway > now {
            return Err(Error::Unauthenticated("this access token is not valid yet"));
        }
        Ok(claims.sid)
    }
}
