//! `signIn`, `sessionRefresh` and `signOut`: a password becomes a session, which goes on and ends.

use super::sql;
use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::secrets;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::ActorKind;
use entities::{refresh_token, session};
use serde_json::json;
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

/// Signs in. A wrong password and an unknown address are told apart neither by text nor by time.
pub async fn sign_in(store: &Store, email: &str, password: &str) -> Result<Begun> {
    let db = store.read();
    let row = sql::user_by_email(&db, &checks::fold(email)).await?.filter(|row| row.active);
    let hash = row.as_ref().and_then(|row| row.password_hash.clone());
    let fits = secrets::verify_password(password.to_owned(), hash).await?;
    let wrong = Error::Unauthenticated("email or password is wrong");
    let Some(row) = row.filter(|_| fits) else { return Err(wrong) };
    let row = &row;
    store
        .write(|tx| async move {
            let now = tx.now();
            let session = session::Model {
                id: tx.id(),
                user_id: row.id,
                created_at: now,
                expires_at: now + LIFETIME,
                ended_at: None,
            };
            let mut batch = Batch::default();
            batch.add(&session);
            let refresh_token = issue(&tx, &mut batch, session.id);
            let actor = Actor { kind: ActorKind::User, id: Some(row.id), ..Actor::system() };
            let event = NewEvent::new(events::SIGNED_IN, ("usr", row.id), json!({}));
            events::record(&tx, &actor, &mut batch, event);
            batch.insert(&tx).await?;
            sql::note_sign_in(&tx, row.id).await?;
            Ok(Begun { session_id: session.id, user_id: row.id, refresh_token })
        })
        .await
}

/// Refreshes a session. A token works once; one that was spent already ends the whole session, since
/// two hold it and one of them stole it.
pub async fn refresh(store: &Store, token: &str) -> Result<Begun> {
    let hash = &secrets::digest(token);
    let begun = store
        .write(|tx| async move {
            let found = sql::session_by_refresh(&tx, hash).await?;
            let Some((session_id, user_id, spent)) = found else { return Ok(None) };
            let first = sql::spend_refresh(&tx, hash).await? == 1;
            if spent || !first {
                sql::end_session(&tx, session_id).await?;
                return Ok(None);
            }
            let mut batch = Batch::default();
            let refresh_token = issue(&tx, &mut batch, session_id);
            batch.insert(&tx).await?;
            Ok(Some(Begun { session_id, user_id, refresh_token }))
        })
        .await?;
    begun.ok_or(Error::Unauthenticated("this refresh token is not valid"))
}

/// Ends the session of a refresh token, its newest or an earlier one, with every token it ever had. A
/// token that is unknown, or whose session ended before, is no fault: what was asked for is so.
pub async fn sign_out(store: &Store, token: &str) -> Result<()> {
    let hash = &secrets::digest(token);
    store
        .write(|tx| async move {
            let Some((session_id, user_id, _)) = sql::session_by_refresh(&tx, hash).await? else {
                return Ok(());
            };
            sql::end_session(&tx, session_id).await?;
            let actor = Actor { kind: ActorKind::User, id: Some(user_id), ..Actor::system() };
            let event = NewEvent::new(events::SIGNED_OUT, ("usr", user_id), json!({}));
            let mut batch = Batch::default();
            events::record(&tx, &actor, &mut batch, event);
            batch.insert(&tx).await
        })
        .await
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
