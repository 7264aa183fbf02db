//! The erasure itself, in one transaction: everything that names the person, and no amount.

use super::seal::{self, ERASED};
use super::{sql, suppress};
use crate::actor::Actor;
use crate::audit;
use crate::customers::read as customers;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::orders::list::search;
use crate::store::{Batch, WriteTx};
use entities::enums::{IdentityKind, PrivacyRequestState};
use entities::{customer, customer_identity, privacy_request, suppression};
use serde_json::json;
use time::{Date, Month, OffsetDateTime};
use uuid::Uuid;

/// A label that keeps a customer from being erased: a claim or an authority asks for what is known.
const LEGAL_HOLD: &str = "legal-hold";
/// Orders that are changed by one statement.
const TOGETHER: usize = 2_000;

/// What an erasure waits for.
pub(super) async fn blocked_by(tx: &WriteTx, customer: &customer::Model) -> Result<Vec<String>> {
    let records = customers::records_of(tx, &[customer.id]).await?;
    let open = sql::open_with(tx, &records).await?;
    let mut waits: Vec<String> =
        open.into_iter().map(|(what, number)| format!("{what} {number}")).collect();
    let tags: Vec<String> = serde_json::from_value(customer.tags.clone()).unwrap_or_default();
    if tags.iter().any(|tag| tag.eq_ignore_ascii_case(LEGAL_HOLD)) {
        waits.push("a legal hold".to_owned());
    }
    Ok(waits)
}

/// Goes on with erasures of customers of whom something happened, where nothing holds them up any longer.
pub(crate) async fn go_on(tx: &WriteTx, touched: &[Uuid]) -> Result<()> {
    if touched.is_empty() {
        return Ok(());
    }
    let records = customers::records_of(tx, touched).await?;
    for row in sql::blocked(tx, &records).await? {
        let Some(row) = sql::lock(tx, row.id).await? else { continue };
        if row.state == PrivacyRequestState::Blocked {
            let mut batch = Batch::default();
            try_to(tx, &Actor::system(), &mut batch, row).await?;
            batch.insert(tx).await?;
        }
    }
    // What came by itself since, of a dispute or of a carrier, is taken out as well.
    let erased = sql::erased_of(tx, &records).await?;
    if erased.is_empty() {
        return Ok(());
    }
    let orders = sql::orders_of(tx, &erased).await?;
    scrub(tx, &erased, &orders).await
}

/// Erases whom a request is about, or says what that waits for.
pub(super) async fn try_to(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    mut row: privacy_request::Model,
) -> Result<()> {
    let records = customers::records_of(tx, &[row.customer_id]).await?;
    // Nobody orders, and nothing is made one with it, until this is done.
    let found = sql::lock_people(tx, &records).await?;
    let Some(customer) = found.into_iter().find(|row| row.merged_into.is_none()) else {
        return Err(Error::Contended);
    };
    let waits = blocked_by(tx, &customer).await?;
    let before = row.clone();
    row.blocked_by = json!(waits);
    if waits.is_empty() {
        row.state = PrivacyRequestState::Completed;
        row.completed_at = Some(tx.now());
        row.retained = json!(erase(tx, actor, batch, &customer).await?);
        row.extended_because = row.extended_because.map(|_| ERASED.to_owned());
    } else {
        row.state = PrivacyRequestState::Blocked;
    }
    if row == before {
        return Ok(());
    }
    row.version += 1;
    batch.save(&row);
    let (kind, data) = if waits.is_empty() {
        (events::PRIVACY_COMPLETED, json!({ "kind": "ERASURE" }))
    } else {
        (events::PRIVACY_BLOCKED, json!({ "kind": "ERASURE", "waitsFor": waits.len() }))
    };
    // The last that is told of the person is that they are erased.
    let customer = (!waits.is_empty()).then_some(customer.id);
    let event = NewEvent { customer, ..NewEvent::new(kind, ("prq", row.id), data) };
    events::record(tx, actor, batch, event);
    Ok(())
}

/// Takes a person out of everything, and says what had to be kept.
async fn erase(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    customer: &customer::Model,
) -> Result<Vec<String>> {
    let records = customers::records_of(tx, &[customer.id]).await?;
    let identities = customers::identities_of(tx, &records).await?;
    let orders = sql::orders_of(tx, &records).await?;
    let mut retained = Vec::new();
    for chunk in orders.chunks(TOGETHER) {
        retained.extend(keep_invoices(tx, chunk).await?);
        for (written, text) in [
            ("buyer_tax_id", "the tax number of the buyer on invoices: kept for tax"),
            ("reason", "reasons that are written on credit notes: kept for tax"),
        ] {
            if sql::written(tx, written, chunk).await? {
                retained.push(text.to_owned());
            }
        }
    }
    retained.sort();
    retained.dedup();
    retained.extend(keep_listed(tx, (&records, &identities), &orders).await?);
    if sql::paid(tx, &orders).await? {
        let files = "what banks and payment providers reported in their files: vouchers, kept as long as the books";
        retained.push(files.to_owned());
    }
    if suppress(tx, batch, &identities) {
        let text = "hashes of how they were known: so that they do not come back with a history that is imported again";
        retained.push(text.to_owned());
    }
    let words = sql::words_of(tx, &records).await?;
    // The person first: by their name and address their orders are found.
    sql::forget_people(tx, &records).await?;
    scrub(tx, &records, &orders).await?;
    sql::forget_spellings(tx, &words).await?;
    let data = json!({ "number": customer.number });
    let event = NewEvent {
        customer: Some(customer.id),
        ..NewEvent::new(events::CUSTOMER_ERASED, ("cus", customer.id), data)
    };
    audit::record(tx, actor, batch, Some(event.subject), &audit::made(&event.data));
    events::record(tx, actor, batch, event);
    Ok(retained)
}

/// Takes people out of what belongs to their records and their orders; again, as often as something comes.
async fn scrub(tx: &WriteTx, records: &[Uuid], orders: &[Uuid]) -> Result<()> {
    for text in OF_PEOPLE {
        sql::change(tx, text, records).await?;
    }
    let (country, billed) = if tx.is_postgres() {
        (
            "jsonb_build_object('country_code', country_code)",
            "jsonb_build_object('country_code', billing_address ->> 'country_code')",
        )
    } else {
        (
            "json_object('country_code', country_code)",
            "json_object('country_code', billing_address ->> 'country_code')",
        )
    };
    let destination = country.replace("country_code)", "destination ->> 'country_code')");
    let addresses = [
        format!("update orders set shipping_address = {country} where id = any(?) and shipping_address is not null"),
        format!("update orders set billing_address = {billed} where id = any(?) and billing_address is not null"),
        format!("update fulfillments set destination = {destination}
             where destination is not null and id in (select fulfillment_id from fulfillment_orders where order_id = any(?))"),
    ];
    for chunk in orders.chunks(TOGETHER) {
        for text in OF_ORDERS.iter().copied().chain(addresses.iter().map(String::as_str)) {
            sql::change(tx, text, chunk).await?;
        }
        search::refresh(tx, chunk).await?;
    }
    Ok(())
}

/// What is known of a person by their own records.
const OF_PEOPLE: &[&str] = &[
    "delete from customer_words where customer_id = any(?)",
    "delete from customer_identities where customer_id = any(?)",
    "delete from customer_addresses where customer_id = any(?)",
    "delete from customer_matches where one_id = any(?) or two_id = any(?)",
    "delete from customer_moves where merge_id in (
         select id from customer_merges where from_id = any(?) or into_id = any(?))",
    "delete from customer_merges where from_id = any(?) or into_id = any(?)",
    "update consents set source = '(erased)' where customer_id = any(?)",
    "update notes set text = '(erased)' where subject_id = any(?)",
    "delete from case_words where case_id in (select id from cases where customer_id = any(?))",
    "update case_messages set text = '(erased)' where case_id in (
         select id from cases where customer_id = any(?))",
    "update cases set subject = '(erased)', resolution = case when resolution is null then null else '(erased)' end
         where customer_id = any(?)",
    "update returns set comment = null, note = null,
             rejected_because = case when rejected_because is null then null else '(erased)' end
         where customer_id = any(?)",
    "update return_lines set comment = null, evidence_urls = '[]' where return_id in (
         select id from returns where customer_id = any(?))",
    "update return_inspections set note = null where return_line_id in (
         select l.id from return_lines l join returns r on r.id = l.return_id where r.customer_id = any(?))",
    "update refund_requests set reason = '(erased)', note = null where customer_id = any(?)",
    "update parcels set tracking_url = null, received_by = null where return_id in (
         select id from returns where customer_id = any(?))",
    "update tracking_events set place = null, detail = null where parcel_id in (
         select p.id from parcels p join returns r on r.id = p.return_id where r.customer_id = any(?))",
    "update tasks set note = case when note is null then null else '(erased)' end where customer_id = any(?)",
    "update privacy_requests set export = null, export_until = null,
             refused_because = case when refused_because is null then null else '(erased)' end,
             extended_because = case when extended_because is null then null else '(erased)' end
         where customer_id = any(?)",
    "delete from sealed_keys where customer_id = any(?)",
];

/// What is known of a person by their orders.
const OF_ORDERS: &[&str] = &[
    "update orders set email = null, email_key = null, phone = null, phone_key = null, address_key = null,
             client_ip = null, user_agent = null, attributes = null, tax_id = null, purchase_order_number = null,
             version = version + 1
         where id = any(?)",
    "update notes set text = '(erased)' where subject_id = any(?)",
    "update order_holds set note = null where order_id = any(?)",
    "update tasks set note = case when note is null then null else '(erased)' end where order_id = any(?)",
    "delete from case_words where case_id in (select id from cases where order_id = any(?))",
    "update case_messages set text = '(erased)' where case_id in (select id from cases where order_id = any(?))",
    "update cases set subject = '(erased)', resolution = case when resolution is null then null else '(erased)' end
         where order_id = any(?)",
    "update returns set comment = null, note = null,
             rejected_because = case when rejected_because is null then null else '(erased)' end
         where order_id = any(?)",
    "update return_lines set comment = null, evidence_urls = '[]' where return_id in (
         select id from returns where order_id = any(?))",
    "update return_inspections set note = null where return_line_id in (
         select l.id from return_lines l join returns r on r.id = l.return_id where r.order_id = any(?))",
    "delete from sealed_keys where row_id in (select id from events where order_id = any(?))",
    "update parcels set tracking_url = null, received_by = null where fulfillment_id in (
         select fulfillment_id from fulfillment_orders where order_id = any(?))",
    "update tracking_events set place = null, detail = null where parcel_id in (
         select p.id from parcels p join fulfillment_orders f on f.fulfillment_id = p.fulfillment_id
         where f.order_id = any(?))",
    "update fulfillments set failed_because = case when failed_because is null then null else '(erased)' end
         where id in (select fulfillment_id from fulfillment_orders where order_id = any(?))",
    "update payments set card = null where order_id = any(?)",
    "update payment_transactions set message = null where payment_id in (
         select id from payments where order_id = any(?))",
    "update disputes set evidence = null, note = null, reason = '(erased)' where order_id = any(?)",
    "update refund_requests set reason = '(erased)', note = null where order_id = any(?)",
    "update order_risks set signals = '[]' where order_id = any(?)",
];

/// How they were known is kept as a hash; a telephone number alone tells nobody apart.
fn suppress(tx: &WriteTx, batch: &mut Batch, identities: &[customer_identity::Model]) -> bool {
    let telling = identities.iter().filter(|one| one.kind != IdentityKind::Phone);
    let mut any = false;
    for identity in telling {
        let key = (identity.kind, identity.value_key.clone(), identity.scope);
        batch.save(&suppression::Model { hash: suppress::hash(&key), at: tx.now() });
        any = true;
    }
    any
}

/// Years for which invoices are kept, behind the end of the year in which they were issued: 8 in Germany since 2025 (section 147 of its fiscal code), 7 in the
/// Netherlands, 6 in the United Kingdom, and 10, the longest of the European Union, elsewhere.
const fn years(country: &[u8]) -> i32 {
    match country {
        b"DE" => 8,
        b"NL" => 7,
        b"GB" => 6,
        _ => 10,
    }
}

/// Seals to whom invoices were made out: they are read by whoever sees personal data until the key is destroyed.
async fn keep_invoices(tx: &WriteTx, orders: &[Uuid]) -> Result<Vec<String>> {
    let mut kept: Vec<(String, i32)> = Vec::new();
    for (mut party, issued_on, country) in sql::parties(tx, orders).await? {
        if party.bill_to.get("sealed").is_some() {
            continue;
        }
        let issued = issued_on.get(..4).and_then(|year| year.parse::<i32>().ok());
        let last = issued.unwrap_or_else(|| tx.now().year()) + years(country.as_bytes());
        let mut batch = Batch::default();
        let key = seal::new_key(&mut batch, party.invoice_id, None);
        party.bill_to = json!({ "sealed": seal::seal(&key, &party.bill_to.to_string()) });
        batch.save(&party);
        batch.insert(tx).await?;
        sql::keep_key(tx, party.invoice_id, begin_of(last + 1)).await?;
        match kept.iter_mut().find(|(known, until)| *known == country && *until == last) {
            Some(_) => {}
            None => kept.push((country, last)),
        }
    }
    let told = |(country, last): (String, i32)| {
        format!(
            "to whom invoices were made out, sealed until the end of {last}: kept for tax ({country})"
        )
    };
    Ok(kept.into_iter().map(told).collect())
}

fn begin_of(year: i32) -> OffsetDateTime {
    let day = Date::from_calendar_date(year, Month::January, 1).unwrap_or(Date::MAX);
    day.midnight().assume_utc()
}

/// Whoever stands in a list of risk is still recognized, by a hash.
async fn keep_listed(
    tx: &WriteTx,
    (records, identities): (&[Uuid], &[customer_identity::Model]),
    orders: &[Uuid],
) -> Result<Vec<String>> {
    let own = records.iter().map(Uuid::to_string);
    let known = identities
        .iter()
        .filter(|one| matches!(one.kind, IdentityKind::Email | IdentityKind::Phone))
        .map(|one| one.value_key.clone());
    let mut keys: Vec<String> = own.chain(known).collect();
    for chunk in orders.chunks(TOGETHER) {
        keys.extend(sql::keys_of_orders(tx, chunk).await?);
    }
    keys.sort_unstable();
    keys.dedup();
    let mut denied = false;
    for (id, list, key) in sql::listed_keys(tx, &keys).await? {
        denied |= list == "DENY";
        sql::hash_entry(tx, id, &suppress::listed(&key)).await?;
    }
    let text =
        "a hash by which they are recognized in the list of those known for bad: to prevent fraud";
    Ok(denied.then(|| text.to_owned()).into_iter().collect())
}
