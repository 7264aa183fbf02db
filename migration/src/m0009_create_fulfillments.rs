//! Fulfillments and their lines.

crate::dialect::concern! {
    "m0009_create_fulfillments",
    up: r"
create table fulfillments (
    id {uuid} not null,
    version integer not null,
    number {key} not null,
    location_id {uuid} not null,
    state text not null check (state in ('REQUESTED', 'OPEN', 'ON_HOLD', 'PICKING', 'PACKED', 'SHIPPED', 'READY_FOR_PICKUP', 'DELIVERED', 'FAILED', 'CANCELLED')),
    delivery_method text not null check (delivery_method in ('SHIP', 'PICKUP', 'DIGITAL')),
    delivery_service text,
    destination {json},
    created_at {time} not null,
    shipped_at {time},
    delivered_at {time},
    cancelled_at {time},
    primary key (id)
);
create unique index fulfillments_number on fulfillments (number);
create index fulfillments_location on fulfillments (location_id, state, id);
create table fulfillment_orders (
    fulfillment_id {uuid} not null,
    order_id {uuid} not null,
    primary key (fulfillment_id, order_id)
){clustered};
create index fulfillment_orders_order on fulfillment_orders (order_id, fulfillment_id);
create table fulfillment_lines (
    id {uuid} not null,
    fulfillment_id {uuid} not null,
    order_id {uuid} not null,
    order_line_id {uuid},
    variant_id {uuid},
    sku {key} not null,
    name text not null,
    quantity integer not null,
    position integer not null,
    primary key (id)
){clustered};
create index fulfillment_lines_fulfillment on fulfillment_lines (fulfillment_id, position);
",
    down: r"
drop table fulfillment_lines;
drop table fulfillment_orders;
drop table fulfillments;
",
}
