//! What was kept because it had to be goes when it no longer has to: exports after 30 days, and the keys of what invoices say of people at the end of their time.

use super::sql;
use crate::error::Result;
use crate::store::Store;

/// Keys destroyed in one transaction.
const TOGETHER: usize = 1_000;

/// Lets go of what is to be kept no longer, in short transactions, and says of how much.
pub async fn run(store: &Store) -> Result<u64> {
    let mut gone = store.write(|tx| async move { sql::forget_exports(&tx).await }).await?;
    loop {
        let shredded = store.write(|tx| async move { sql::shred(&tx, TOGETHER).await }).await?;
        if shredded == 0 {
            return Ok(gone);
        }
        gone += shredded;
    }
}
