//! Every query of taxes.

use crate::error::Result;
use crate::sql::sql;
use crate::store::Db;
use entities::{legal_entity, tax_rate};
use uuid::Uuid;

/// The company that a channel belongs to.
pub(crate) async fn entity_of_channel(
    db: &Db,
    channel: Uuid,
) -> Result<Option<legal_entity::Model>> {
    let query = sql("select e.* from legal_entities e
         join channels c on c.legal_entity_id = e.id where c.id = ?");
    db.first(query.bind(channel)).await
}

/// The rates of a country that hold on a day.
pub(super) async fn rates_of(db: &Db, country: &str, day: &str) -> Result<Vec<tax_rate::Model>> {
    let query = sql("select r.* from tax_rates r where r.country = ? and r.day = (
             select max(n.day) from tax_rates n
             where n.country = r.country and n.category = r.category and n.day <= ?)
         order by r.category")
    .bind(country)
    .bind(day);
    db.all(query).await
}

/// The categories of variants that are not of the standard one.
pub(crate) async fn categories(db: &Db, variants: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let query = sql("select id, tax_category from variants
         where id = any(?) and tax_category <> 'STANDARD'");
    db.values(query.ids(variants)).await
}
