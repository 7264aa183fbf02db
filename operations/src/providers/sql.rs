//! Every query of what providers are asked.

use crate::error::Result;
use crate::sql::sql;
use crate::store::{Db, WriteTx};
use entities::{payment, provider_ask};
use time::OffsetDateTime;
use uuid::Uuid;

/// What is due, so much at most, held until the end of the transaction. What a payment is asked for first is asked first.
pub(super) async fn due(
    tx: &WriteTx,
    providers: &[&str],
    limit: usize,
) -> Result<Vec<provider_ask::Model>> {
    let hold = if tx.is_postgres() { " for update skip locked" } else { "" };
    let query = sql("select a.* from provider_asks a where a.provider = any(?) and a.due_at <= ?
         and not exists (select 1 from provider_asks b where b.payment_id = a.payment_id
             and b.answers = 0 and b.id < a.id)
         order by a.due_at, a.id")
    .texts(providers)
    .bind(tx.now())
    .add(&format!(" limit {limit}{hold}"));
    tx.all(query).await
}

/// Notes that they are being asked; asked again then if nothing more is heard.
pub(super) async fn begin(tx: &WriteTx, ids: &[Uuid], again_at: OffsetDateTime) -> Result<()> {
    let query =
        sql("update provider_asks set attempts = attempts + 1, due_at = ? where id = any(?)");
    tx.run(query.bind(again_at).ids(ids)).await?;
    Ok(())
}

/// What is being asked, held, unless somebody else asks it by now.
pub(super) async fn held(
    tx: &WriteTx,
    id: Uuid,
    attempts: i32,
) -> Result<Option<provider_ask::Model>> {
    let query = sql("select * from provider_asks where id = ? and attempts = ?")
        .bind(id)
        .bind(attempts)
        .add(tx.for_update());
    tx.first(query).await
}

/// It has answered for good.
pub(super) async fn end(tx: &WriteTx, id: Uuid) -> Result<()> {
    tx.run(sql("delete from provider_asks where id = ?").bind(id)).await?;
    Ok(())
}

/// It is asked again then: because there is more to come, or because it did not answer.
pub(super) async fn again(
    tx: &WriteTx,
    id: Uuid,
    at: OffsetDateTime,
    silence: Option<&str>,
) -> Result<()> {
    let query = match silence {
        None => sql("update provider_asks set answers = answers + 1, attempts = 0, last_error = null, due_at = ? where id = ?").bind(at),
        Some(why) => sql("update provider_asks set last_error = ?, due_at = ? where id = ?").bind(why).bind(at),
    };
    tx.run(query.bind(id)).await?;
    Ok(())
}

/// Names a step as the provider does.
pub(super) async fn name_step(tx: &WriteTx, step: Uuid, reference: &str) -> Result<()> {
    let query = sql("update payment_transactions set provider_reference = ? where id = ?");
    tx.run(query.bind(reference).bind(step)).await?;
    Ok(())
}

/// A payment by what its provider calls it.
pub(super) async fn payment_named(
    db: &Db,
    provider: &str,
    reference: &str,
) -> Result<Option<payment::Model>> {
    let query = sql(
        "select * from payments where provider_reference = ? and provider = ? order by id limit 1",
    );
    db.first(query.bind(reference).bind(provider)).await
}
