//! `signIn` and `sessionRefresh`: a password becomes a session, a session goes on.

use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::secrets;
use crate::sql::sql;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::ActorKind;
use entities::{refresh_token, session, user};
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
    let query = sql("select * from users where email_key = ? and active").bind(checks::fold(email));
    let row: Option<user::Model> = db.first(query).await?;
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
            let query = sql("update users set last_sign_in_at = ? where id = ?");
            tx.run(query.bind(now).bind(row.id)).await?;
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
            let query = sql("select r.session_id, s.user_id, r.spent_at is not null
                 from refresh_tokens r join sessions s on s.id = r.session_id
                 join users u on u.id = s.user_id and u.active
                 where r.hash = ? and s.ended_at is null and s.expires_at > ?")
            .bind(hash.as_str())
            .bind(tx.now());
            let found: Option<(Uuid, Uuid, bool)> = tx.value(query).await?;
            let Some((session_id, user_id, spent)) = found else { return Ok(None) };
            let query =
                sql("update refresh_tokens set spent_at = ? where hash = ? and spent_at is null");
            let first = tx.run(query.bind(tx.now()).bind(hash.as_str())).await? == 1;
            if spent || !first {
                let query = sql("update sessions set ended_at = ? where id = ?");
                tx.run(query.bind(tx.now()).bind(session_id)).await?;
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
