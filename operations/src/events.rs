//! The event log: every change writes what happened, in its own transaction.
//!
//! Timelines read it now; subscriptions, webhooks and history will. Data names people by id, never
//! by name or address, since rows of the log are never rewritten.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::{Permission, Permissions};
use crate::sql::{Sql, sql};
use crate::store::{Batch, Db, WriteTx};
use entities::{Row, event};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// A type of event: declared once, here.
#[derive(Debug)]
pub struct EventKind {
    /// Dotted and past tense, such as `order.placed`.
    pub name: &'static str,
    /// What happened, for a developer.
    pub description: &'static str,
    /// Who may see it.
    pub permission: Permission,
    /// A sentence for a timeline, with `{field}` of the data.
    summary: &'static str,
}

impl EventKind {
    /// The sentence for one event.
    pub fn summarize(&self, data: &Json) -> String {
        let mut text = self.summary.to_owned();
        for (name, value) in data.as_object().into_iter().flatten() {
            let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text = text.replace(&format!("{{{name}}}"), &plain);
        }
        text
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        EVENT_KINDS.iter().copied().find(|kind| kind.name == name)
    }
}

macro_rules! event_kinds {
    ($($constant:ident $name:literal $permission:ident $summary:literal $description:literal;)*) => {
        $(#[doc = $description]
        pub(crate) const $constant: &EventKind = &EventKind {
            name: $name,
            description: $description,
            permission: Permission::$permission,
            summary: $summary,
        };)*

        /// Every type of event.
        pub const EVENT_KINDS: &[&EventKind] = &[$($constant,)*];
    };
}

event_kinds! {
    ORDER_PLACED "order.placed" OrdersRead "Order {number} placed for {total} {currency}" "An order was placed. Data: number, total, currency, lines.";
    ORDER_IMPORTED "order.imported" OrdersRead "Order {number} imported with its history" "An order came in with its history from another system. Data: number, total, currency, lines, state.";
    ORDER_CANCELLED "order.cancelled" OrdersRead "Order cancelled: {reason}" "An order was cancelled. Data: reason.";
    ORDER_TAGGED "order.tagged" OrdersRead "Tags changed" "Labels were added or removed. Data: added, removed.";
    ORDER_ASSIGNED "order.assigned" OrdersRead "Assignee changed" "An order was given to a user, or to nobody. Data: userId.";
    NOTE_ADDED "note.added" OrdersWrite "Note added" "An internal note was written. Data: noteId.";
    FULFILLMENT_OPENED "fulfillment.opened" FulfillmentRead "Fulfillment {number} opened with {units} units" "A location was given its share of an order. Data: number, units.";
    FULFILLMENT_CANCELLED "fulfillment.cancelled" FulfillmentRead "Fulfillment {number} cancelled" "A location's share was called off. Data: number.";
    PAYMENT_PENDING "payment.pending" PaymentsRead "{amount} {currency} promised by {method}" "Money was promised and not yet obtained. Data: amount, currency, method, provider.";
    PAYMENT_AUTHORIZED "payment.authorized" PaymentsRead "{amount} {currency} authorized by {method}" "Money was authorized. Data: amount, currency, method, provider.";
    PAYMENT_CAPTURED "payment.captured" PaymentsRead "{amount} {currency} captured by {method}" "Money was captured. Data: amount, currency, method, provider.";
    STOCK_RECEIVED "stock.received" StockRead "{onHandChange} x {sku} received" "Goods came in. Data: sku, onHandChange.";
    STOCK_ADJUSTED "stock.adjusted" StockRead "{sku} adjusted" "A level was corrected by hand. Data: sku, onHandChange, damagedChange.";
    STOCK_POLICY_SET "stock.policy_set" StockRead "Policy of {sku} set" "Safety stock or reorder point changed. Data: sku, safetyStock, reorderPoint, reorderQuantity.";
    STOCK_RESERVED "stock.reserved" StockRead "{reservedChange} x {sku} reserved" "Stock was promised. Data: sku, reservedChange.";
    STOCK_RELEASED "stock.released" StockRead "{reservedChange} x {sku} released" "A promise was given back. Data: sku, reservedChange.";
    RESERVATION_MADE "reservation.made" StockRead "Stock held for a checkout" "A checkout holds stock. Data: expiresAt, units.";
    RESERVATION_USED "reservation.used" StockRead "Held stock became an order" "A checkout became an order. Data: orderId.";
    RESERVATION_RELEASED "reservation.released" StockRead "Held stock given back" "A checkout gave its stock back.";
    RESERVATION_EXPIRED "reservation.expired" StockRead "Held stock ran out of time" "A checkout ran out of time.";
    CUSTOMER_CREATED "customer.created" CustomersRead "Customer {number} first seen" "A customer was seen for the first time. Data: number.";
    CHANNEL_SAVED "channel.saved" CatalogRead "Channel {code} saved" "A channel was made or changed. Data: code.";
    LOCATION_SAVED "location.saved" CatalogRead "Location {code} saved" "A location was made or changed. Data: code.";
    LEGAL_ENTITY_SAVED "legal_entity.saved" CatalogRead "Legal entity saved" "A legal entity was made or changed.";
    PRODUCT_SAVED "product.saved" CatalogRead "Product saved" "A product and its variants were made or changed. Data: skus.";
    SUPPLIER_SAVED "supplier.saved" PurchasingRead "Supplier saved" "A supplier was made or changed.";
    USER_CREATED "user.created" AccessManage "User created" "A user was made. Data: roles.";
    USER_UPDATED "user.updated" AccessManage "User changed" "A user was changed. Data: roles, active, passwordSet.";
    PASSWORD_CHANGED "user.password_changed" AccessManage "Password changed" "A user set a new password; their other sessions ended.";
    ROLE_DEFINED "role.defined" AccessManage "Role {name} defined" "A role was made or changed. Data: name, permissions.";
    API_TOKEN_CREATED "api_token.created" AccessManage "Token {name} created" "A partner's token was made. Data: name, permissions.";
    API_TOKEN_ROTATED "api_token.rotated" AccessManage "Token {name} got a new secret" "A partner's token got a new secret. Data: name, overlapSeconds.";
    API_TOKEN_REVOKED "api_token.revoked" AccessManage "Token {name} revoked" "A partner's token was withdrawn. Data: name.";
    SIGNED_IN "session.started" AccessManage "Signed in" "A user signed in.";
    SESSION_REVOKED "session.revoked" AccessManage "Session revoked: a spent refresh token came back" "A spent refresh token was used again, so the session ended.";
    SIGNED_OUT "session.ended" AccessManage "Signed out" "A user signed out.";
}

/// What happened, before it is written.
#[derive(Debug)]
pub(crate) struct NewEvent {
    pub(crate) kind: &'static EventKind,
    /// The id prefix and id of what it is about.
    pub(crate) subject: (&'static str, Uuid),
    pub(crate) order: Option<Uuid>,
    pub(crate) customer: Option<Uuid>,
    pub(crate) channel: Option<Uuid>,
    pub(crate) location: Option<Uuid>,
    pub(crate) data: Json,
    /// When it happened in the world, if not now.
    pub(crate) at: Option<OffsetDateTime>,
}

impl NewEvent {
    pub(crate) fn new(kind: &'static EventKind, subject: (&'static str, Uuid), data: Json) -> Self {
        Self {
            kind,
            subject,
            order: None,
            customer: None,
            channel: None,
            location: None,
            data,
            at: None,
        }
    }
}

/// Adds the event to what the transaction writes.
pub(crate) fn record(tx: &WriteTx, actor: &Actor, batch: &mut Batch, event: NewEvent) {
    let now = tx.now();
    batch.add(&event::Model {
        id: tx.id(),
        epoch: tx.epoch(),
        kind: event.kind.name.to_owned(),
        subject_type: event.subject.0.to_owned(),
        subject_id: event.subject.1,
        order_id: event.order,
        customer_id: event.customer,
        channel_id: event.channel,
        location_id: event.location,
        actor_kind: actor.kind,
        actor_id: actor.id,
        data: event.data,
        request_id: actor.request_id.clone(),
        at: event.at.unwrap_or(now),
        recorded_at: now,
    });
}

/// An event as it stands in the log.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    /// The row.
    pub row: event::Model,
    /// Its place in the log.
    pub place: LogPlace,
    /// The same, opaque to clients.
    pub cursor: String,
}

impl Row for LoggedEvent {
    const COLUMNS: &'static [&'static str] = event::Model::COLUMNS;

    fn read(row: &sea_orm::QueryResult, at: usize) -> std::result::Result<Self, sea_orm::DbErr> {
        let event = event::Model::read(row, at)?;
        let place: i64 = row.try_get_by_index(at + Self::COLUMNS.len())?;
        let sort = SortValue::Text(format!("{}.{place}", event.epoch));
        let cursor = Cursor::new(sort, event.id).encode();
        let place = LogPlace { epoch: event.epoch, place, id: event.id };
        Ok(Self { row: event, place, cursor })
    }
}

impl LoggedEvent {
    /// Whether the actor may see it: what [`visible`] says in SQL.
    pub fn visible_to(&self, actor: &Actor) -> bool {
        let row = &self.row;
        // A type that this program does not know yet is for who may see all.
        let everything = || actor.permissions == Permissions::all();
        EventKind::named(&row.kind).map_or_else(everything, |kind| actor.may(kind.permission))
            && row.channel_id.is_none_or(|channel| actor.reach.has_channel(channel))
            && row.location_id.is_none_or(|location| actor.reach.has_location(location))
    }

    /// The sentence for a timeline.
    pub fn summary(&self) -> String {
        EventKind::named(&self.row.kind)
            .map_or_else(|| self.row.kind.clone(), |kind| kind.summarize(&self.row.data))
    }
}

fn select(db: &Db) -> Sql {
    sql(if db.is_postgres() {
        "select e.*, cast(cast(e.xid as text) as bigint) as place from events e where true"
    } else {
        "select e.*, e.position as place from events e where true"
    })
}

/// ` and …` for the events an actor may see.
fn visible(actor: &Actor) -> Sql {
    let hidden = EVENT_KINDS.iter().filter(|kind| !actor.may(kind.permission)).count();
    let mut condition = sql("");
    if hidden > 0 {
        let names: Vec<&str> = EVENT_KINDS
            .iter()
            .filter(|kind| actor.may(kind.permission))
            .map(|kind| kind.name)
            .collect();
        condition = condition.add(" and e.kind = any(?)").texts(&names);
    }
    if let Some(channels) = &actor.reach.channels {
        condition =
            condition.add(" and (e.channel_id is null or e.channel_id = any(?))").ids(channels);
    }
    if let Some(locations) = &actor.reach.locations {
        condition =
            condition.add(" and (e.location_id is null or e.location_id = any(?))").ids(locations);
    }
    condition
}

const TIMELINE: Order = Order::by_time("e.at", "e.id", true);

/// Everything that happened to an order that the actor may see, newest first.
pub async fn order_timeline(
    db: &Db,
    actor: &Actor,
    order: Uuid,
    page: &PageArgs,
) -> Result<Rows<LoggedEvent>> {
    let page = page.check(TIMELINE)?;
    let query = select(db)
        .add(" and e.order_id = ?")
        .bind(order)
        .join(visible(actor))
        .join(page.sql(TIMELINE));
    let rows = db.all::<LoggedEvent>(query).await?;
    Ok(page.finish(rows, |event| Cursor::new(SortValue::at(event.row.at), event.row.id)))
}

/// How many events the whole timeline of an order has for the actor.
pub async fn order_timeline_count(db: &Db, actor: &Actor, order: Uuid) -> Result<i64> {
    let query =
        sql("select count(*) from events e where e.order_id = ?").bind(order).join(visible(actor));
    Ok(db.value(query).await?.unwrap_or(0))
}

/// Events by id, as far as the actor may see them.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<LoggedEvent>> {
    let query = select(db).add(" and e.id = any(?)").ids(ids).join(visible(actor));
    db.all(query).await
}

/// A place in the log: everything at or before it has been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    epoch: i32,
    /// The writing transaction on `PostgreSQL`, the row on `SQLite`.
    place: i64,
    id: Uuid,
}

impl LogPlace {
    /// Before the first event.
    const START: Self = Self { epoch: 0, place: 0, id: Uuid::nil() };

    /// The place that an event's cursor names.
    pub fn of_cursor(cursor: &str) -> Result<Self> {
        let (SortValue::Text(place), id) = Cursor::decode(cursor)?.into_parts() else {
            return Err(Error::CursorInvalid);
        };
        let (epoch, place) = place.split_once('.').ok_or(Error::CursorInvalid)?;
        match (epoch.parse(), place.parse()) {
            (Ok(epoch), Ok(place)) => Ok(Self { epoch, place, id }),
            _ => Err(Error::CursorInvalid),
        }
    }
}

/// Events that no transaction still running can come before: on `PostgreSQL` a transaction takes its
/// place when it first writes and shows its events when it commits, so a reader stops below the
/// oldest one that is running. On `SQLite` there is one writer.
fn settled(db: &Db) -> Sql {
    if db.is_postgres() {
        sql(" and (e.epoch < ? or e.xid < pg_snapshot_xmin(pg_current_snapshot()))")
            .bind(db.epoch())
    } else {
        sql("")
    }
}

fn log_order(db: &Db, descending: bool) -> &'static str {
    match (db.is_postgres(), descending) {
        (true, false) => " order by e.epoch, e.xid, e.id",
        (true, true) => " order by e.epoch desc, e.xid desc, e.id desc",
        (false, false) => " order by e.position",
        (false, true) => " order by e.position desc",
    }
}

/// The newest place from which nothing can be missed.
pub async fn newest_place(db: &Db) -> Result<LogPlace> {
    let query = select(db).join(settled(db)).add(log_order(db, true)).add(" limit 1");
    let newest: Option<LoggedEvent> = db.first(query).await?;
    newest.map_or(Ok(LogPlace::START), |event| LogPlace::of_cursor(&event.cursor))
}

/// The next events that the actor may see, oldest first: in order, with no gap and no duplicate.
pub async fn after(
    db: &Db,
    actor: &Actor,
    place: LogPlace,
    limit: usize,
) -> Result<Vec<LoggedEvent>> {
    next(db, place, visible(actor), limit).await
}

/// The next events, whoever may see them.
pub(crate) async fn settled_after(
    db: &Db,
    place: LogPlace,
    limit: usize,
) -> Result<Vec<LoggedEvent>> {
    next(db, place, sql(""), limit).await
}

async fn next(db: &Db, place: LogPlace, which: Sql, limit: usize) -> Result<Vec<LoggedEvent>> {
    let query = select(db);
    let query = if db.is_postgres() {
        query
            .add(" and (e.epoch, e.xid, e.id) > (?, cast(cast(? as text) as xid8), ?)")
            .bind(place.epoch)
            .bind(place.place.to_string())
            .bind(place.id)
    } else {
        query.add(" and e.position > ?").bind(place.place)
    };
    let query = query.join(settled(db)).join(which);
    db.all(query.add(log_order(db, false)).add(&format!(" limit {limit}"))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_once_and_in_the_past() {
        let mut names: Vec<&str> = EVENT_KINDS.iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b));
        assert!(names.iter().all(|name| name.contains('.')));
    }

    #[test]
    fn a_summary_takes_its_words_from_the_data() {
        let data = serde_json::json!({ "number": "WEB-1", "total": "9.90", "currency": "EUR" });
        assert_eq!(ORDER_PLACED.summarize(&data), "Order WEB-1 placed for 9.90 EUR");
    }
}
