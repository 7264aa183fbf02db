//! Every query of users, roles, sessions and tokens.

use super::read::UserRoles;
use super::throttle::{Failures, MEMORY};
use crate::error::{Error, Result};
use crate::sql::{Sql, sql};
use crate::store::{Db, Store, WriteTx};
use entities::{Row, api_token, role, setting, signing_key, user, user_identity};
use sea_orm::{DbErr, QueryResult};
use time::OffsetDateTime;
use uuid::Uuid;

impl Row for UserRoles {
    const COLUMNS: &'static [&'static str] = role::Model::COLUMNS;

    fn read(row: &QueryResult, at: usize) -> std::result::Result<Self, DbErr> {
        let user_id = row.try_get_by_index(at + Self::COLUMNS.len())?;
        Ok(Self { user_id, role: role::Model::read(row, at)? })
    }
}

pub(super) async fn users(db: &Db, ids: &[Uuid]) -> Result<Vec<user::Model>> {
    db.all(sql("select * from users where id = any(?)").ids(ids)).await
}

pub(super) async fn list_users(db: &Db, page: Sql) -> Result<Vec<user::Model>> {
    db.all(sql("select u.* from users u where true").join(page)).await
}

pub(super) async fn count_users(db: &Db) -> Result<i64> {
    Ok(db.value(sql("select count(*) from users")).await?.unwrap_or(0))
}

pub(super) async fn all_roles(db: &Db) -> Result<Vec<role::Model>> {
    db.all(sql("select * from roles order by name")).await
}

pub(super) async fn user_by_email(db: &Db, key: &str) -> Result<Option<user::Model>> {
    db.first(sql("select * from users where email_key = ?").bind(key)).await
}

/// The active user of a session that has not ended.
pub(super) async fn user_of_session(db: &Db, session: Uuid) -> Result<Option<user::Model>> {
    let query = sql("select u.* from sessions s join users u on u.id = s.user_id
         where s.id = ? and s.ended_at is null and s.expires_at > ? and u.active");
    db.first(query.bind(session).bind(db.now())).await
}

pub(super) async fn note_sign_in(tx: &WriteTx, user: Uuid) -> Result<u64> {
    let query = sql("update users set last_sign_in_at = ? where id = ?");
    tx.run(query.bind(tx.now()).bind(user)).await
}

pub(super) async fn lock_user(tx: &WriteTx, id: Uuid) -> Result<Option<user::Model>> {
    let lock = if tx.is_postgres() { " for update" } else { "" };
    tx.first(sql(format!("select * from users where id = ?{lock}")).bind(id)).await
}

pub(super) async fn lock_role(tx: &WriteTx, id: Uuid) -> Result<Option<role::Model>> {
    let lock = if tx.is_postgres() { " for update" } else { "" };
    tx.first(sql(format!("select * from roles where id = ?{lock}")).bind(id)).await
}

/// The users who hold a role.
pub(super) async fn holders(db: &Db, role: Uuid) -> Result<Vec<user::Model>> {
    let query =
        sql("select u.* from user_roles h join users u on u.id = h.user_id where h.role_id = ?");
    db.all(query.bind(role)).await
}

/// The names of the roles that identity providers last said a user holds.
pub(super) async fn claimed_roles(db: &Db, user: Uuid) -> Result<Vec<String>> {
    let query = sql("select * from user_identities where user_id = ? order by issuer, subject");
    let known: Vec<user_identity::Model> = db.all(query.bind(user)).await?;
    let names = known.into_iter().filter_map(|row| serde_json::from_value(row.roles).ok());
    Ok(names.flat_map(|names: Vec<String>| names).collect())
}

/// The roles that identity providers last said a user holds.
pub(super) async fn provider_roles(db: &Db, user: Uuid) -> Result<Vec<role::Model>> {
    let known: Vec<user_identity::Model> =
        db.all(sql("select * from user_identities where user_id = ?").bind(user)).await?;
    let names = known.iter().filter_map(|identity| identity.roles.as_array()).flatten();
    let names: Vec<String> = names.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    roles_by_name(db, &names).await
}

pub(super) async fn identity(
    db: &Db,
    issuer: &str,
    subject: &str,
) -> Result<Option<user_identity::Model>> {
    let query = sql("select * from user_identities where issuer = ? and subject = ?");
    db.first(query.bind(issuer).bind(subject)).await
}

pub(super) async fn clear_roles(tx: &WriteTx, user: Uuid) -> Result<u64> {
    tx.run(sql("delete from user_roles where user_id = ?").bind(user)).await
}

pub(super) async fn set_password_of(tx: &WriteTx, user: Uuid, hash: &str) -> Result<u64> {
    let query = sql("update users set password_hash = ?, updated_at = ? where id = ?");
    tx.run(query.bind(hash).bind(tx.now()).bind(user)).await
}

/// Ends the sessions of a user, but for one.
pub(super) async fn end_sessions(tx: &WriteTx, user: Uuid, but: Option<Uuid>) -> Result<u64> {
    let query =
        sql("update sessions set ended_at = ? where user_id = ? and ended_at is null and id <> ?");
    tx.run(query.bind(tx.now()).bind(user).bind(but.unwrap_or_default())).await
}

/// How often an attempt failed lately.
pub(super) async fn failures(db: &Db, key: &str) -> Result<Option<Failures>> {
    let query =
        sql("select failures, failed_at from sign_in_failures where key = ? and failed_at > ?");
    db.value(query.bind(key).bind(db.now() - MEMORY)).await
}

/// The failures of a key, held until the transaction ends: of many attempts at once each sees those before.
pub(super) async fn hold_failures(tx: &WriteTx, key: &str) -> Result<Failures> {
    let query = sql("insert into sign_in_failures (key, failures, failed_at) values (?, 0, ?)
         on conflict (key) do update set key = excluded.key returning failures, failed_at");
    let held = tx.value(query.bind(key).bind(tx.now())).await?;
    held.ok_or_else(|| Error::Internal("a key was not held".into()))
}

pub(super) async fn count_failure(tx: &WriteTx, key: &str) -> Result<()> {
    let query = sql("insert into sign_in_failures (key, failures, failed_at) values (?, 1, ?)
         on conflict (key) do update set failures = sign_in_failures.failures + 1,
         failed_at = excluded.failed_at");
    tx.run(query.bind(key).bind(tx.now())).await?;
    Ok(())
}

/// What was long ago counts no longer.
pub(super) async fn forget_old_failures(tx: &WriteTx) -> Result<()> {
    let query = sql("delete from sign_in_failures where failed_at <= ?");
    tx.run(query.bind(tx.now() - MEMORY)).await?;
    Ok(())
}

pub(super) async fn forget_failures(tx: &WriteTx, key: &str) -> Result<()> {
    tx.run(sql("delete from sign_in_failures where key = ?").bind(key)).await?;
    Ok(())
}

pub(super) async fn set_password(tx: &WriteTx, email_key: &str, hash: &str) -> Result<u64> {
    let query = sql("update users set password_hash = ?, updated_at = ? where email_key = ?");
    tx.run(query.bind(hash).bind(tx.now()).bind(email_key)).await
}

/// A session by its refresh token: session, user, and whether the token was spent already.
pub(super) async fn session_by_refresh(db: &Db, hash: &str) -> Result<Option<(Uuid, Uuid, bool)>> {
    let query = sql("select r.session_id, s.user_id, r.spent_at is not null
         from refresh_tokens r join sessions s on s.id = r.session_id
         join users u on u.id = s.user_id and u.active
         where r.hash = ? and s.ended_at is null and s.expires_at > ?");
    db.value(query.bind(hash).bind(db.now())).await
}

/// Spends a refresh token; no row means that somebody else did.
pub(super) async fn spend_refresh(tx: &WriteTx, hash: &str) -> Result<u64> {
    let query = sql("update refresh_tokens set spent_at = ? where hash = ? and spent_at is null");
    tx.run(query.bind(tx.now()).bind(hash)).await
}

pub(super) async fn end_session(tx: &WriteTx, session: Uuid) -> Result<u64> {
    let query = sql("update sessions set ended_at = ? where id = ?");
    tx.run(query.bind(tx.now()).bind(session)).await
}

pub(crate) async fn roles_of(db: &Db, users: &[Uuid]) -> Result<Vec<UserRoles>> {
    let query = sql("select r.*, u.user_id from user_roles u join roles r on r.id = u.role_id
         where u.user_id = any(?) order by u.user_id, r.name");
    db.all(query.ids(users)).await
}

pub(crate) async fn roles(db: &Db, ids: &[Uuid]) -> Result<Vec<role::Model>> {
    db.all(sql("select * from roles where id = any(?)").ids(ids)).await
}

pub(crate) async fn roles_by_name<S: AsRef<str>>(db: &Db, names: &[S]) -> Result<Vec<role::Model>> {
    db.all(sql("select * from roles where name = any(?)").texts(names)).await
}

pub(super) async fn api_tokens(db: &Db, ids: &[Uuid]) -> Result<Vec<api_token::Model>> {
    db.all(sql("select * from api_tokens where id = any(?)").ids(ids)).await
}

pub(super) async fn api_tokens_by_hash(
    db: &Db,
    hashes: &[String],
) -> Result<Vec<api_token::Model>> {
    let query = sql("select * from api_tokens where secret_hash = any(?)
         or (old_secret_hash = any(?) and old_secret_until > ?)");
    db.all(query.texts(hashes).texts(hashes).bind(db.now())).await
}

/// Puts a new secret, hash and hint, in the place of the one a token has.
pub(super) async fn rotate_api_token(
    tx: &WriteTx,
    token: &api_token::Model,
    (hash, hint): &(String, String),
    old_until: OffsetDateTime,
) -> Result<u64> {
    let query = sql("update api_tokens set old_secret_hash = secret_hash, old_secret_until = ?,
         secret_hash = ?, hint = ? where id = ? and secret_hash = ? and revoked_at is null")
    .bind(old_until)
    .bind(hash.as_str())
    .bind(hint.as_str())
    .bind(token.id)
    .bind(token.secret_hash.as_str());
    tx.run(query).await
}

pub(super) async fn revoke_api_token(tx: &WriteTx, id: Uuid) -> Result<u64> {
    let query = sql("update api_tokens set revoked_at = ? where id = ? and revoked_at is null");
    tx.run(query.bind(tx.now()).bind(id)).await
}

pub(super) async fn list_api_tokens(
    db: &Db,
    revoked: bool,
    page: Sql,
) -> Result<Vec<api_token::Model>> {
    db.all(sql("select t.* from api_tokens t where true").add(still(revoked)).join(page)).await
}

pub(super) async fn count_api_tokens(db: &Db, revoked: bool) -> Result<i64> {
    let query = sql("select count(*) from api_tokens t where true").add(still(revoked));
    Ok(db.value(query).await?.unwrap_or(0))
}

const fn still(revoked: bool) -> &'static str {
    if revoked { "" } else { " and t.revoked_at is null" }
}

/// Notes that a token was used, once for all uses since `before`.
pub(super) async fn note_use(store: &Store, token: Uuid, before: OffsetDateTime) -> Result<u64> {
    store
        .write(|tx| async move {
            let query = sql("update api_tokens set last_used_at = ?
                 where id = ? and (last_used_at is null or last_used_at < ?)");
            tx.run(query.bind(tx.now()).bind(token).bind(before)).await
        })
        .await
}

/// Keys that sign, or that did until a moment ago.
pub(super) async fn signing_keys(
    db: &Db,
    retired_after: OffsetDateTime,
) -> Result<Vec<signing_key::Model>> {
    let query = sql("select * from signing_keys where retired_at is null or retired_at > ?
         order by created_at desc, id desc");
    db.all(query.bind(retired_after)).await
}

pub(super) async fn retire_signing_keys(tx: &WriteTx) -> Result<u64> {
    let query = sql("update signing_keys set retired_at = ? where retired_at is null");
    tx.run(query.bind(tx.now())).await
}

pub(super) async fn delete_signing_keys(tx: &WriteTx) -> Result<u64> {
    tx.run(sql("delete from signing_keys")).await
}

pub(super) async fn setting(db: &Db, name: &str) -> Result<Option<setting::Model>> {
    db.first(sql("select * from settings where name = ?").bind(name)).await
}
