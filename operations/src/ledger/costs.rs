//! What goods had cost that left for orders, or came back from them: at the value that their movements took.

use super::entry::Books;
use super::{sql, templates};
use crate::error::{Error, Result};
use crate::money::Currency;
use crate::stock::ledger::Noted;
use crate::store::{Batch, WriteTx};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Books the costs of what moved for orders.
pub(crate) async fn book(tx: &WriteTx, batch: &mut Batch, noted: &Noted) -> Result<()> {
    let costs: Vec<_> = noted.costs.iter().filter(|one| one.minor != 0).collect();
    if costs.is_empty() {
        return Ok(());
    }
    let orders: Vec<Uuid> = costs.iter().map(|one| one.order).collect();
    let orders: BTreeMap<Uuid, (Uuid, String)> = sql::channels_of_orders(tx, &orders)
        .await?
        .into_iter()
        .map(|(order, channel, number)| (order, (channel, number)))
        .collect();
    let channels: Vec<Uuid> = orders.values().map(|(channel, _)| *channel).collect();
    let mut books = Books::of_channels(tx, &channels).await?;
    for one in costs {
        // What is not in our books has no costs there either.
        let Some((channel, number)) = orders.get(&one.order) else { continue };
        let books = books.get_mut(channel).ok_or(Error::Contended)?;
        let currency = Currency::from_code(&one.currency)
            .ok_or_else(|| Error::Internal("a cost without a currency".into()))?;
        let cost = books.worth(tx, currency, one.minor, tx.now()).await?;
        let of = (one.location, currency, cost);
        let told = (one.scrapped, Some(one.event));
        let entry = templates::cost(one.movement, tx.now(), (one.order, number), of, told);
        books.write(tx, batch, entry)?;
    }
    Ok(())
}
