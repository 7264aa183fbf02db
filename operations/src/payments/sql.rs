//! Every query of payments.

use crate::error::Result;
use crate::sql::sql;
use crate::store::Db;
use entities::{payment, payment_transaction};
use uuid::Uuid;

/// The payments of orders, in the order in which they are used up.
pub async fn of_orders(db: &Db, orders: &[Uuid]) -> Result<Vec<payment::Model>> {
    let query = sql("select * from payments where order_id = any(?) order by order_id, position");
    db.all(query.ids(orders)).await
}

/// Payments by id.
pub async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<payment::Model>> {
    db.all(sql("select * from payments where id = any(?)").ids(ids)).await
}

/// The steps of payments, oldest first.
pub async fn transactions_of(
    db: &Db,
    payments: &[Uuid],
) -> Result<Vec<payment_transaction::Model>> {
    let query = sql("select * from payment_transactions where payment_id = any(?)
         order by payment_id, id");
    db.all(query.ids(payments)).await
}

/// Steps by id.
pub async fn transactions_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<payment_transaction::Model>> {
    db.all(sql("select * from payment_transactions where id = any(?)").ids(ids)).await
}
