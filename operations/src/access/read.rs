//! Questions about users, roles and tokens, and the way from a credential to an actor.

use super::grants::GrantLimits;
use super::sql;
use crate::actor::{Actor, Reach};
use crate::error::{Error, Result};
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::{BuiltInRole, Permission, Permissions};
use crate::store::{Db, Store};
use entities::enums::ActorKind;
use entities::{api_token, role, user};
use serde_json::Value as Json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A user with the roles it holds.
#[derive(Debug, Clone)]
pub struct UserRoles {
    /// The user.
    pub user_id: Uuid,
    /// A role.
    pub role: role::Model,
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
    sql::users(db, ids).await
}

/// The user with an address.
pub async fn user_by_email(db: &Db, email: &str) -> Result<Option<user::Model>> {
    sql::user_by_email(db, &crate::checks::fold(email)).await
}

/// The roles of users, by name.
pub async fn roles_of(db: &Db, users: &[Uuid]) -> Result<Vec<UserRoles>> {
    sql::roles_of(db, users).await
}

/// Roles by id.
pub async fn roles_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<role::Model>> {
    sql::roles(db, ids).await
}

/// Tokens by id.
pub async fn api_tokens_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<api_token::Model>> {
    sql::api_tokens(db, ids).await
}

const USERS: Order = Order::by_id("u.id", true);

/// A page of users, newest first.
pub async fn users(db: &Db, actor: &Actor, page: &PageArgs) -> Result<Rows<user::Model>> {
    actor.require(Permission::AccessManage)?;
    let page = page.check(USERS)?;
    let rows = sql::list_users(db, page.sql(USERS)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many users there are.
pub async fn users_count(db: &Db, actor: &Actor) -> Result<i64> {
    actor.require(Permission::AccessManage)?;
    sql::count_users(db).await
}

/// Every role, by name.
pub async fn roles(db: &Db, actor: &Actor) -> Result<Vec<role::Model>> {
    actor.require(Permission::AccessManage)?;
    sql::all_roles(db).await
}

const TOKENS: Order = Order::by_id("t.id", true);

/// A page of partners' tokens, newest first.
pub async fn api_tokens(
    db: &Db,
    actor: &Actor,
    revoked: bool,
    page: &PageArgs,
) -> Result<Rows<api_token::Model>> {
    actor.require(Permission::AccessManage)?;
    let page = page.check(TOKENS)?;
    let rows = sql::list_api_tokens(db, revoked, page.sql(TOKENS)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many tokens there are.
pub async fn api_tokens_count(db: &Db, actor: &Actor, revoked: bool) -> Result<i64> {
    actor.require(Permission::AccessManage)?;
    sql::count_api_tokens(db, revoked).await
}

/// What the prefix of a partner's token is.
pub const TOKEN_PREFIX: &str = "aft_";

/// The actors behind partners' tokens; `Unauthenticated` where one is unknown, expired or revoked.
pub async fn actors_of_tokens(store: &Store, secrets: &[String]) -> Result<Vec<Result<Actor>>> {
    let db = store.read();
    let hashes: Vec<String> = secrets.iter().map(|secret| crate::secrets::digest(secret)).collect();
    let mut asked = hashes.clone();
    asked.sort_unstable();
    asked.dedup();
    let rows = sql::api_tokens_by_hash(&db, &asked).await?;
    let now = db.now();
    // Kept to the minute, so that a busy token does not write on every request.
    let minute_ago = now - Duration::minutes(1);
    for row in &rows {
        if row.last_used_at.is_none_or(|at| at <= minute_ago) && usable(row, now).is_ok() {
            note_use(store.clone(), row.id, minute_ago);
        }
    }
    let of = |hash: &String| {
        let has = |row: &&api_token::Model| {
            row.secret_hash == *hash || row.old_secret_hash.as_ref() == Some(hash)
        };
        let row = rows.iter().find(has);
        let row = row.ok_or(Error::Unauthenticated("unknown token"))?;
        usable(row, now)?;
        Ok(Actor {
            kind: ActorKind::ApiToken,
            id: Some(row.id),
            permissions: permissions_of(&row.permissions),
            reach: reach_of(row.reach_channels.as_ref(), row.reach_locations.as_ref()),
            limits: GrantLimits::of_token(row),
            session: None,
            request_id: None,
            address: None,
        })
    };
    Ok(hashes.iter().map(of).collect())
}

fn usable(token: &api_token::Model, now: OffsetDateTime) -> Result<()> {
    if token.revoked_at.is_some() {
        return Err(Error::Unauthenticated("this token was revoked"));
    }
    if token.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::Unauthenticated("this token has expired"));
    }
    Ok(())
}

fn note_use(store: Store, token: Uuid, before: OffsetDateTime) {
    tokio::spawn(async move {
        if let Err(error) = sql::note_use(&store, token, before).await {
            tracing::warn!(%error, "the use of a token was not noted");
        }
    });
}

/// What a user or token may do and reach now; none where it may not do anything any longer. A user whom an
/// identity provider vouches for has the roles that it last spoke of.
pub async fn actor_of(db: &Db, kind: ActorKind, id: Option<Uuid>) -> Result<Option<Actor>> {
    let Some(id) = id else { return Ok((kind == ActorKind::System).then(Actor::system)) };
    let actor = Actor { kind, id: Some(id), ..Actor::system() };
    match kind {
        ActorKind::System => Ok(None),
        ActorKind::ApiToken => {
            let row = sql::api_tokens(db, &[id]).await?.pop();
            let row = row.filter(|row| usable(row, db.now()).is_ok());
            Ok(row.map(|row| Actor {
                permissions: permissions_of(&row.permissions),
                reach: reach_of(row.reach_channels.as_ref(), row.reach_locations.as_ref()),
                limits: GrantLimits::of_token(&row),
                ..actor
            }))
        }
        ActorKind::User => {
            let row = sql::users(db, &[id]).await?.pop().filter(|row| row.active);
            let Some(row) = row else { return Ok(None) };
            let held = roles_of(db, &[id]).await?.into_iter().map(|held| held.role);
            let roles: Vec<role::Model> = held.chain(sql::provider_roles(db, id).await?).collect();
            Ok(Some(Actor {
                permissions: super::user_update::rights(&roles),
                reach: reach_of(row.reach_channels.as_ref(), row.reach_locations.as_ref()),
                limits: GrantLimits::of_roles(&roles),
                ..actor
            }))
        }
    }
}

/// The actor behind a session; `Unauthenticated` where the session ended or the user is not active.
pub async fn actor_of_session(store: &Store, session: Uuid) -> Result<Actor> {
    let db = store.read();
    let row = sql::user_of_session(&db, session).await?;
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
        limits: GrantLimits::of_roles(roles.iter().map(|held| &held.role)),
        session: Some(session),
        request_id: None,
        address: None,
    })
}
