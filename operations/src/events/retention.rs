//! The log is kept for a time that the operator chooses; what is older goes, oldest first.

use super::sql;
use crate::error::Result;
use crate::store::Store;
use crate::webhooks::queue;
use time::Duration;

/// Events that go in one transaction.
const TOGETHER: usize = 2_000;

/// Deletes events that were written longer ago than `keep`, in short transactions, and says how many.
/// The mark up to which the log is pruned moves with them: a cursor before it has expired. The database
/// refuses to delete an event behind the mark, so nothing else shortens the log.
pub async fn prune(store: &Store, keep: Duration) -> Result<u64> {
    let mut gone = 0;
    loop {
        let before = store.clock().now() - keep;
        let pruned = store
            .write(|tx| async move {
                sql::lock_mark(&tx).await?;
                let Some((ids, mark)) = sql::old(&tx, before, TOGETHER).await? else {
                    return Ok(0);
                };
                // The mark first: what lies behind it cannot be deleted.
                sql::set_mark(&tx, mark).await?;
                queue::forget(&tx, &ids).await?;
                sql::delete(&tx, &ids).await
            })
            .await?;
        if pruned == 0 {
            return Ok(gone);
        }
        gone += pruned;
    }
}
