//! Every query of what follows the log.

use crate::error::Result;
use crate::events::LogPlace;
use crate::sql::sql;
use crate::store::{Db, WriteTx};
use entities::name_form;
use time::OffsetDateTime;
use uuid::Uuid;

/// How far the log was followed, and what else is to be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    pub(super) place: LogPlace,
    /// The customer up to whom all are looked at anew; none where all were.
    pub(super) swept_to: Option<Uuid>,
    /// When customers were last compared.
    pub(super) compared_at: Option<OffsetDateTime>,
    /// Whether anything changed since.
    pub(super) changed: bool,
}

/// What stands there; on `PostgreSQL` none where another node holds it.
pub(super) async fn watch(db: &Db, hold: bool) -> Result<Option<Watch>> {
    type Row = (i32, i64, Uuid, Option<Uuid>, Option<OffsetDateTime>, bool);
    let query =
        sql("select epoch, place, event_id, swept_to, compared_at, changed from customer_watch");
    let query = if hold && db.is_postgres() { query.add(" for update skip locked") } else { query };
    let found: Option<Row> = db.value(query).await?;
    Ok(found.map(|(epoch, place, id, swept_to, compared_at, changed)| Watch {
        place: LogPlace::new(epoch, place, id),
        swept_to,
        compared_at,
        changed,
    }))
}

pub(super) async fn set(tx: &WriteTx, watch: &Watch) -> Result<()> {
    let (epoch, place, id) = watch.place.columns();
    let query = sql("update customer_watch set epoch = ?, place = ?, event_id = ?, swept_to = ?,
             compared_at = ?, changed = ?")
    .bind(epoch)
    .bind(place)
    .bind(id)
    .bind(watch.swept_to)
    .bind(watch.compared_at)
    .bind(watch.changed);
    tx.run(query).await.map(|_| ())
}

/// The customers behind one, in the order of their ids.
pub(in crate::customers) async fn some_customers(
    db: &Db,
    last: Uuid,
    limit: usize,
) -> Result<Vec<Uuid>> {
    let query = sql("select id from customers where id > ?").bind(last);
    db.values(query.add(&format!(" order by id limit {limit}"))).await
}

/// Words of names by which customers are found, and which are not known by their spellings yet.
pub(super) async fn new_words(db: &Db, customers: &[Uuid]) -> Result<Vec<String>> {
    let query = sql("select distinct w.word from customer_words w where w.customer_id = any(?)
           and not exists (select 1 from name_forms f where f.form = w.word and f.word = w.word)");
    db.values(query.ids(customers)).await
}

/// Customers' words that are not written down yet.
pub(super) async fn words(db: &Db, customers: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let query = sql("select customer_id, word from customer_words where customer_id = any(?)");
    db.values(query.ids(customers)).await
}

/// The words that any of some spellings may stand for.
pub(in crate::customers) async fn spelled(
    db: &Db,
    forms: &[String],
) -> Result<Vec<name_form::Model>> {
    db.all(sql("select * from name_forms where form = any(?) limit 2000").texts(forms)).await
}
