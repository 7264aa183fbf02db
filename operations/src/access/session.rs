//! `signIn`, `sessionRefresh` and `signOut`: a password becomes a session, which goes on and ends.

use super::sql;
use super::throttle::Tries;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::run;
use crate::permissions::Permissions;
use crate::secrets;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::ActorKind;
use entities::{refresh_token, session};
use serde_json::{Value as Json, json};
use time::Duration;
use uuid::Uuid;

/// A session lasts at most this long, however often it is refreshed.
const LIFETIME: Duration = Duration::days(30);

/// A session that was just begun or refreshed.
#[derive(Clone)]
pub struct Begun {
    /// The session.
    pub session_id: Uuid,
    /// Who signed in.
    pub user_id: Uuid,
    /// What refreshes the session, once.
    pub refresh_token: String,
}

/// Signs in. A wrong password and an unknown address are told apart neither by text nor by time, and
/// after five failures both are slowed.
pub async fn sign_in(
    store: &Store,
    email: &str,
    password: &str,
    request: &Request,
) -> Result<Begun> {
    let key = &checks::fold(email);
    let tries = &Tries::of(key, request.address.as_deref());
    tries.admit(store).await?;
    let db = store.read();
    let row = sql::user_by_email(&db, key).await?.filter(|row| row.active);
    let hash = row.as_ref().and_then(|row| row.password_hash.clone());
    let fits = secrets::verify_password(password.to_owned(), hash).await?;
    let Some(row) = row.filter(|_| fits) else {
        tries.failed(store).await?;
        return Err(WRONG);
    };
    let (row, actor) = (&row, &request.actor(row.id));
    run(store, actor, "signIn", |tx| async move {
        // The password may have been changed, or the user shut out, while it was being checked.
        let now = sql::lock_user(&tx, row.id).await?.filter(|now| now.active);
        if now.and_then(|now| now.password_hash) != row.password_hash {
            return Err(WRONG);
        }
        let session = session::Model {
            id: tx.id(),
            user_id: row.id,
            created_at: tx.now(),
            expires_at: tx.now() + LIFETIME,
            ended_at: None,
        };
        let mut batch = Batch::default();
        batch.add(&session);
        let refresh_token = issue(&tx, &mut batch, session.id);
        note(&tx, actor, &mut batch, events::SIGNED_IN, row.id);
        batch.insert(&tx).await?;
        sql::note_sign_in(&tx, row.id).await?;
        tries.passed(&tx).await?;
        Ok(Begun { session_id: session.id, user_id: row.id, refresh_token })
    })
    .await
}

/// The user whose account an attempt to sign in was at, if there is one: for the audit log.
pub async fn account(store: &Store, email: &str) -> Result<Option<Uuid>> {
    let row = sql::user_by_email(&store.read(), &checks::fold(email)).await?;
    Ok(row.map(|row| row.id))
}

const WRONG: Error = Error::Unauthenticated("email or password is wrong");

/// Refreshes a session. A token works once; one that was spent already ends the whole session, since
/// two hold it and one of them stole it.
pub async fn refresh(store: &Store, token: &str, request: &Request) -> Result<Begun> {
    let hash = &secrets::digest(token);
    let owner = sql::session_by_refresh(&store.read(), hash).await?.map(|(_, user, _)| user);
    let Some(user_id) = owner else { return Err(Error::Unauthenticated(NOT_VALID)) };
    let actor = &request.actor(user_id);
    let begun = run(store, actor, "sessionRefresh", |tx| async move {
        let found = sql::session_by_refresh(&tx, hash).await?;
        let Some((session_id, user_id, spent)) = found else { return Ok(None) };
        let first = sql::spend_refresh(&tx, hash).await? == 1;
        let mut batch = Batch::default();
        if spent || !first {
            sql::end_session(&tx, session_id).await?;
            note(&tx, actor, &mut batch, events::SESSION_REVOKED, user_id);
            batch.insert(&tx).await?;
            return Ok(None);
        }
        let refresh_token = issue(&tx, &mut batch, session_id);
        audit::record(&tx, actor, &mut batch, Some(("usr", user_id)), &Json::Null);
        batch.insert(&tx).await?;
        Ok(Some(Begun { session_id, user_id, refresh_token }))
    })
    .await?;
    begun.ok_or(Error::Unauthenticated(NOT_VALID))
}

const NOT_VALID: &str = "this refresh token is not valid";

/// Ends the session of a refresh token, its newest or an earlier one, with every token it ever had. A
/// token that is unknown, or whose session ended before, is no fault: what was asked for is so.
pub async fn sign_out(store: &Store, token: &str, request: &Request) -> Result<()> {
    let hash = &secrets::digest(token);
    let Some((session_id, user_id, _)) = sql::session_by_refresh(&store.read(), hash).await? else {
        return Ok(());
    };
    let actor = &request.actor(user_id);
    run(store, actor, "signOut", |tx| async move {
        sql::end_session(&tx, session_id).await?;
        let mut batch = Batch::default();
        note(&tx, actor, &mut batch, events::SIGNED_OUT, user_id);
        batch.insert(&tx).await
    })
    .await
}

/// The request that a session begins, goes on or ends with: nobody is signed in yet.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Its id.
    pub id: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
}

impl Request {
    /// The user whom its credential proves it comes from.
    fn actor(&self, user: Uuid) -> Actor {
        Actor {
            kind: ActorKind::User,
            id: Some(user),
            permissions: Permissions::default(),
            request_id: self.id.clone(),
            address: self.address.clone(),
            ..Actor::system()
        }
    }
}

/// Notes what became of a user's session, in the log of events and in the audit log.
fn note(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    kind: &'static events::EventKind,
    user: Uuid,
) {
    let event = NewEvent::new(kind, ("usr", user), json!({}));
    let change = audit::made(&json!({ "event": kind.name }));
    audit::record(tx, actor, batch, Some(event.subject), &change);
    events::record(tx, actor, batch, event);
}

fn issue(tx: &WriteTx, batch: &mut Batch, session_id: Uuid) -> String {
    let token = secrets::token("afr_");
    batch.add(&refresh_token::Model {
        hash: secrets::digest(&token),
        session_id,
        created_at: tx.now(),
        spent_at: None,
    });
    token
}
