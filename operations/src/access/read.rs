//! Questions about users, roles and tokens, and the way from a credential to an actor.

use crate::actor::{Actor, Reach};
use crate::error::{Error, Result};
use crate::permissions::{BuiltInRole, Permission, Permissions};
use crate::sql::sql;
use crate::store::{Db, Store};
use entities::enums::ActorKind;
use entities::{Row, api_token, role, user};
use serde_json::Value as Json;
use time::Duration;
use uuid::Uuid;

/// A user with the roles it holds.
#[derive(Debug, Clone)]
pub struct UserRoles {
    /// The user.
    pub user_id: Uuid,
    /// A role.
    pub role: role::Model,
}

impl Row for UserRoles {
    const COLUMNS: &'static [&'static str] = role::Model::COLUMNS;

    fn read(row: &sea_orm::QueryResult, at: usize) -> std::result::Result<Self, sea_orm::DbErr> {
        let user_id = row.try_get_by_index(at + Self::COLUMNS.len())?;
        Ok(Self { user_id, role: role::Model::read(row, at)? })
    }
}

/// What a role's holders may do: a built-in role by the table in code, another by its row.
pub fn role_permissions(role: &role::Model) -> Permissions {
    if role.built_in {
        return BuiltInRole::named(&role.name).map(BuiltInRole::permissions).unwrap_or_default();
    }
    permissions_of(&role.permissions)
}

/// The permissions of a JSON list of names.
pub fn permissions_of(names: &Json) -> Permissions {
    let names = names.as_array().into_iter().flatten();
    names.filter_map(Json::as_str).filter_map(Permission::named).collect()
}

/// Reach from its two columns.
pub fn reach_of(channels: Option<&Json>, locations: Option<&Json>) -> Reach {
    // A list that cannot be read reaches nothing.
    let ids = |json: &Json| serde_json::from_value(json.clone()).unwrap_or_default();
    Reach { channels: channels.map(ids), locations: locations.map(ids) }
}

/// Users by id.
pub async fn users_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<user::Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    db.all(sql("select * from users where id = any(?)").ids(ids)).await
}

/// The user with an address.
pub async fn user_by_email(db: &Db, email: &str) -> Result<Option<user::Model>> {
    db.first(sql("select * from users where email_key = ?").bind(crate::checks::fold(email))).await
}

/// The roles of users, by name.
pub async fn roles_of(db: &Db, users: &[Uuid]) -> Result<Vec<UserRoles>> {
    let query = sql("select r.*, u.user_id from user_roles u join roles r on r.id = u.role_id
         where u.user_id = any(?) order by u.user_id, r.name");
    db.all(query.ids(users)).await
}

/// Roles by id.
pub async fn roles_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<role::Model>> {
    db.all(sql("select * from roles where id = any(?)").ids(ids)).await
}

/// Tokens by id.
pub async fn api_tokens_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<api_token::Model>> {
    db.all(sql("select * from api_tokens where id = any(?)").ids(ids)).await
}

/// What the prefix of a partner's token is.
pub const TOKEN_PREFIX: &str = "aft_";

/// The actor behind a partner's token; `Unauthenticated` where it is unknown, expired or revoked.
pub async fn actor_of_token(store: &Store, secret: &str) -> Result<Actor> {
    let db = store.read();
    let hash = crate::secrets::digest(secret);
    let query = sql("select * from api_tokens where secret_hash = ?").bind(hash);
    let row: Option<api_token::Model> = db.first(query).await?;
    let row = row.ok_or(Error::Unauthenticated("unknown token"))?;
    let now = db.now();
    if row.revoked_at.is_some() {
        return Err(Error::Unauthenticated("this token was revoked"));
    }
    if row.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::Unauthenticated("this token has expired"));
    }
    // Kept to the minute, so that a busy token does not write on every request.
    if row.last_used_at.is_none_or(|at| now - at >= Duration::minutes(1)) {
        note_use(store.clone(), row.id);
    }
    Ok(Actor {
        kind: ActorKind::ApiToken,
        id: Some(row.id),
        permissions: permissions_of(&row.permissions),
        reach: reach_of(row.reach_channels.as_ref(), row.reach_locations.as_ref()),
        request_id: None,
    })
}

fn note_use(store: Store, token: Uuid) {
    tokio::spawn(async move {
        let noted = store
            .write(|tx| async move {
                let query = sql("update api_tokens set last_used_at = ?
                     where id = ? and (last_used_at is null or last_used_at < ?)");
                let now = tx.now();
                let minute_ago = now - Duration::minutes(1);
                tx.run(query.bind(now).bind(token).bind(minute_ago)).await
            })
            .await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the use of a token was not noted");
        }
    });
}

/// The actor behind a session; `Unauthenticated` where the session ended or the user is not active.
pub async fn actor_of_session(store: &Store, session: Uuid) -> Result<Actor> {
    let db = store.read();
    let query = sql("select u.* from sessions s join users u on u.id = s.user_id
         where s.id = ? and s.ended_at is null and s.expires_at > ? and u.active");
    let row: Option<user::Model> = db.first(query.bind(session).bind(db.now())).await?;
    let row = row.ok_or(Error::Unauthenticated("this session has ended"))?;
    let roles = roles_of(&db, &[row.id]).await?;
    let permissions = roles
        .iter()
        .map(|held| role_permissions(&held.role))
        .fold(Permissions::default(), Permissions::with);
    Ok(Actor {
        kind: ActorKind::User,
        id: Some(row.id),
        permissions,
        reach: reach_of(row.reach_channels.as_ref(), row.reach_locations.as_ref()),
        request_id: None,
    })
}
