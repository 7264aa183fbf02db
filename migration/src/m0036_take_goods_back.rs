//! Goods that come back: what may come back until when, and returns with their lines.
//!
//! Days are counted in the customer's place; the moments that follow
//! are kept, so that clocks and lists need no calendar.

crate::dialect::concern! {
    "m0036_take_goods_back",
    up: r"
{return_series}
create table return_policies (
    id {uuid} not null,
    version integer not null,
    name text not null,
    channel_id {uuid} references channels (id),
    country_codes {json},
    tags {json},
    window_days integer not null check (window_days >= 0),
    refund_within_days integer not null check (refund_within_days >= 0),
    restocking_rate_ppm integer not null check (restocking_rate_ppm between 0 and 1000000),
    customer_pays_shipping {bool} not null,
    return_shipping_minor {big},
    standard_shipping_minor {big},
    fee_currency text,
    reasons {json} not null,
    evidence_reasons {json} not null,
    priority integer not null,
    active {bool} not null,
    statutory {bool} not null,
    refund_trigger text not null check (refund_trigger in ('DECLARATION', 'DISPATCH', 'RECEIPT', 'INSPECTION')),
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create table returns (
    id {uuid} not null,
    version integer not null,
    number {key} not null,
    order_id {uuid},
    customer_id {uuid},
    channel_id {uuid},
    state text not null check (state in ('STAGED', 'REQUESTED', 'APPROVED', 'REJECTED', 'IN_TRANSIT', 'RECEIVED', 'INSPECTED', 'RESOLVED', 'CANCELLED', 'EXPIRED')),
    kind text not null check (kind in ('RETURN', 'EXCHANGE', 'CLAIM')),
    policy_id {uuid},
    location_id {uuid},
    currency text,
    comment text,
    requested_at {time} not null,
    approved_at {time},
    refund_due_at {time},
    paused_since {time},
    paused_seconds {big} not null,
    overridden {bool} not null,
    goods_stay {bool} not null,
    carrier text,
    tracking_number text,
    tracking_key {key},
    outbound_parcel_id {uuid},
    rejected_because text,
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    created_at {time} not null,
    primary key (id)
){often_changed};
create unique index returns_number on returns (number);
create index returns_order on returns (order_id, id) where order_id is not null;
create index returns_customer on returns (customer_id, id) where customer_id is not null;
create index returns_state on returns (state, id);
create index returns_due on returns (refund_due_at, id) where refund_due_at is not null;
create index returns_tracking on returns (tracking_key) where tracking_key is not null;
create table return_lines (
    id {uuid} not null,
    return_id {uuid} not null references returns (id),
    position integer not null,
    order_line_id {uuid},
    variant_id {uuid},
    sku text not null,
    quantity integer not null check (quantity > 0),
    reason text not null check (reason in ('CHANGED_MIND', 'WRONG_SIZE', 'DEFECTIVE', 'DAMAGED_IN_TRANSIT', 'WRONG_ITEM', 'MISSING_ITEM', 'NOT_AS_DESCRIBED', 'LATE', 'LOST', 'NOT_DELIVERED', 'UNDELIVERABLE', 'OTHER')),
    comment text,
    evidence_urls {json} not null,
    primary key (id)
);
create unique index return_lines_return on return_lines (return_id, position);
create index return_lines_order_line on return_lines (order_line_id) where order_line_id is not null;
alter table orders add column returns_asked integer not null default 0;
alter table orders add column returns_moving integer not null default 0;
",
    down: r"
alter table orders drop column returns_moving;
alter table orders drop column returns_asked;
drop table return_lines;
drop table returns;
drop table return_policies;
{drop_return_series}
",
}
