//! Holds, parcels, and what the work on an order leaves behind.

crate::dialect::concern! {
    "m0019_run_orders",
    up: r"
alter table orders add column draft {bool} not null default false;
alter table orders add column on_hold {bool} not null default false;
alter table orders add column address_key {key};
create index orders_held on orders (placed_at, id) where on_hold;
create index orders_address on orders (address_key, placed_at) where address_key is not null;
{allow_emptied_lines}
alter table order_lines add column own_discount_minor {big} not null default 0;
alter table order_lines add column frozen_quantity integer not null default 0;
alter table order_lines add column frozen_discount_minor {big} not null default 0;
alter table order_lines add column substitutes_for {uuid};
update order_lines set frozen_quantity = quantity, frozen_discount_minor = discount_minor;
create table order_holds (
    id {uuid} not null,
    order_id {uuid} not null,
    reason text not null check (reason in ('RISK_REVIEW', 'PAYMENT', 'ADDRESS', 'STOCK', 'CUSTOMER_REQUEST', 'MANUAL')),
    note text,
    placed_at {time} not null,
    placed_by_kind text not null check (placed_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    placed_by_id {uuid},
    released_at {time},
    released_by_kind text check (released_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    released_by_id {uuid},
    primary key (id)
);
create index order_holds_order on order_holds (order_id, id);
create index order_holds_open on order_holds (reason, order_id) where released_at is null;
alter table payments add column voided_minor {big} not null default 0;
alter table payment_transactions add column fulfillment_id {uuid};
alter table fulfillments add column assignee_id {uuid};
alter table fulfillments add column ship_by {time};
alter table fulfillments add column third_party {bool} not null default false;
alter table fulfillments add column accepted_at {time};
alter table fulfillments add column picked_at {time};
alter table fulfillments add column packed_at {time};
alter table fulfillments add column ready_at {time};
alter table fulfillments add column cancel_requested_at {time};
alter table fulfillments add column cancel_request {json};
alter table fulfillments add column failed_because text;
alter table fulfillments add column routing {json};
create index fulfillments_assignee on fulfillments (assignee_id, state, id) where assignee_id is not null;
alter table fulfillment_lines add column quantity_picked integer not null default 0;
alter table fulfillment_lines add column quantity_short integer not null default 0;
alter table fulfillment_lines add column per_unit integer not null default 1;
create table parcels (
    id {uuid} not null,
    fulfillment_id {uuid} not null,
    position integer not null,
    carrier text,
    tracking_number text,
    tracking_key {key},
    tracking_url text,
    weight_grams integer,
    status text check (status in ('LABEL_CREATED', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'EXCEPTION', 'RETURNED_TO_SENDER', 'LOST')),
    shipped_at {time},
    delivered_at {time},
    received_by text,
    customs {json},
    created_at {time} not null,
    primary key (id)
);
create index parcels_fulfillment on parcels (fulfillment_id, position);
create index parcels_tracking on parcels (tracking_key) where tracking_key is not null;
create table parcel_lines (
    parcel_id {uuid} not null,
    fulfillment_line_id {uuid} not null,
    sku {key} not null,
    quantity integer not null,
    primary key (parcel_id, fulfillment_line_id)
){clustered};
create table tracking_events (
    id {uuid} not null,
    parcel_id {uuid} not null,
    status text not null check (status in ('LABEL_CREATED', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'EXCEPTION', 'RETURNED_TO_SENDER', 'LOST')),
    at {time} not null,
    place text,
    detail text,
    reported_at {time} not null,
    primary key (id)
);
create unique index tracking_events_parcel on tracking_events (parcel_id, at, status);
",
    down: r"
drop table tracking_events;
drop table parcel_lines;
drop table parcels;
alter table fulfillment_lines drop column per_unit;
alter table fulfillment_lines drop column quantity_short;
alter table fulfillment_lines drop column quantity_picked;
drop index fulfillments_assignee;
alter table fulfillments drop column routing;
alter table fulfillments drop column failed_because;
alter table fulfillments drop column cancel_request;
alter table fulfillments drop column cancel_requested_at;
alter table fulfillments drop column ready_at;
alter table fulfillments drop column packed_at;
alter table fulfillments drop column picked_at;
alter table fulfillments drop column accepted_at;
alter table fulfillments drop column third_party;
alter table fulfillments drop column ship_by;
alter table fulfillments drop column assignee_id;
alter table payment_transactions drop column fulfillment_id;
alter table payments drop column voided_minor;
drop table order_holds;
alter table order_lines drop column substitutes_for;
alter table order_lines drop column frozen_discount_minor;
alter table order_lines drop column frozen_quantity;
alter table order_lines drop column own_discount_minor;
drop index orders_address;
drop index orders_held;
alter table orders drop column address_key;
alter table orders drop column on_hold;
alter table orders drop column draft;
",
}
