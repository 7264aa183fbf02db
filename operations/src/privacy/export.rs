//! All that is kept about a person, as a document for a program: every row by the names of its columns (GDPR articles 15 and 20).

use super::sql;
use crate::actor::Actor;
use crate::customers::read as customers;
use crate::customers::value::{self, Scores};
use crate::error::Result;
use crate::events;
use crate::page::PageArgs;
use crate::store::Db;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

macro_rules! tables {
    ($db:expr, $into:expr, $ids:expr; $($name:literal: $table:ident = $text:literal;)*) => {
        $($into.insert($name.to_owned(), sql::rows::<entities::$table::Model>($db, $text, $ids).await?);)*
    };
}

/// The document of a person, all of their records.
pub(super) async fn document(db: &Db, customer: Uuid) -> Result<Json> {
    let records = customers::records_of(db, &[customer]).await?;
    let mut all = Map::new();
    tables! { db, all, &records;
        "customers": customer = "select * from customers where id = any(?) order by id";
        "identities": customer_identity = "select * from customer_identities where customer_id = any(?) order by id";
        "addresses": customer_address = "select * from customer_addresses where customer_id = any(?) order by id";
        "consents": consent = "select * from consents where customer_id = any(?) order by id";
        "notes": note = "select * from notes where subject_id = any(?) order by id";
        "orders": order = "select o.* from orders o where o.customer_id = any(?) order by o.placed_at, o.id";
        "orderLines": order_line = "select l.* from orders o join order_lines l on l.order_id = o.id
             where o.customer_id = any(?) order by l.order_id, l.position";
        "orderNotes": note = "select n.* from orders o join notes n on n.subject_id = o.id where o.customer_id = any(?) order by n.id";
        "payments": payment = "select p.* from orders o join payments p on p.order_id = o.id
             where o.customer_id = any(?) order by p.id";
        "disputes": dispute = "select d.* from orders o join disputes d on d.order_id = o.id
             where o.customer_id = any(?) order by d.id";
        "fraudScores": order_risk = "select k.* from orders o join order_risks k on k.order_id = o.id
             where o.customer_id = any(?) order by k.order_id";
        "fulfillments": fulfillment = "select * from fulfillments where id in (select f.fulfillment_id
             from orders o join fulfillment_orders f on f.order_id = o.id where o.customer_id = any(?)) order by id";
        "parcels": parcel = "select * from parcels where fulfillment_id in (select f.fulfillment_id
             from orders o join fulfillment_orders f on f.order_id = o.id where o.customer_id = any(?)) order by id";
        "invoices": invoice = "select i.* from orders o join invoices i on i.order_id = o.id
             where o.customer_id = any(?) order by i.id";
        "returns": return_row = "select * from returns where customer_id = any(?) order by id";
        "returnLines": return_line = "select l.* from returns r join return_lines l on l.return_id = r.id
             where r.customer_id = any(?) order by l.id";
        "cases": case_row = "select * from cases where customer_id = any(?) order by id";
        "caseMessages": case_message = "select m.* from cases c join case_messages m on m.case_id = c.id
             where c.customer_id = any(?) order by m.id";
        "tasks": task = "select * from tasks where customer_id = any(?) order by id";
        "credits": credit = "select * from credits where customer_id = any(?) order by id";
        "value": customer_value = "select * from customer_values where customer_id = any(?)";
        "sums": customer_sum = "select * from customer_sums where customer_id = any(?) order by currency";
        "segments": segment_member = "select * from segment_members where customer_id = any(?) order by segment_id";
    }
    let scores = value::values(db, &Actor::system(), &[customer]).await?.remove(&customer);
    if let Some(scores) = scores.and_then(|value| value.scores) {
        let Scores { recency, frequency, monetary } = scores;
        all.insert(
            "rfm".into(),
            json!({ "recency": recency, "frequency": frequency, "monetary": monetary }),
        );
    }
    all.insert("history".into(), history(db, &records).await?);
    Ok(Json::Object(all))
}

/// All that happened, oldest first, as the log tells it.
async fn history(db: &Db, records: &[Uuid]) -> Result<Json> {
    let actor = Actor::system();
    let mut told = Vec::new();
    let mut before = None;
    loop {
        let page = PageArgs { last: Some(100), before, ..PageArgs::default() };
        let rows = events::customer_timeline(db, &actor, (records, None), &page).await?;
        for (_, event) in rows.rows.iter().rev() {
            told.push(json!({
                "type": event.row.kind,
                "at": crate::sql::fixed_width(event.row.at),
                "summary": event.summary(),
                "data": event.row.data,
            }));
        }
        match rows.rows.first() {
            Some((cursor, _)) if rows.has_previous_page => before = Some(cursor.clone()),
            _ => return Ok(Json::Array(told)),
        }
    }
}
