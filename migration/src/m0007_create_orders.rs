//! Orders, their lines, adjustments, tags and notes.
//!
//! An order is written whole, by one statement, and never deleted: its parts need no foreign key to find
//! it, and placing it is a tenth cheaper without. `aftercart verify` checks that they fit.

crate::dialect::concern! {
    "m0007_create_orders",
    up: r"
create table orders (
    id {uuid} not null,
    version integer not null,
    number {key} not null,
    channel_id {uuid} not null,
    channel_reference {key},
    customer_id {uuid},
    state text not null check (state in ('DRAFT', 'OPEN', 'COMPLETED', 'CANCELLED')),
    fulfillment_state text not null check (fulfillment_state in ('UNFULFILLED', 'PARTIALLY_FULFILLED', 'FULFILLED', 'DELIVERED')),
    payment_state text not null check (payment_state in ('PENDING', 'AUTHORIZED', 'PARTIALLY_PAID', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'CHARGED_BACK', 'VOIDED')),
    return_state text not null check (return_state in ('NONE', 'REQUESTED', 'IN_PROGRESS', 'RETURNED')),
    currency text not null,
    currency_digits integer not null,
    tax_included {bool} not null,
    placed_at {time} not null,
    approved_at {time},
    shipped_at {time},
    delivered_at {time},
    completed_at {time},
    cancelled_at {time},
    returned_at {time},
    cancel_reason text check (cancel_reason in ('CUSTOMER', 'FRAUD', 'STOCK', 'DECLINED', 'STAFF_ERROR', 'OTHER')),
    placed_by_kind text not null check (placed_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    placed_by_id {uuid},
    email text,
    email_key {key},
    phone text,
    phone_key {key},
    billing_address {json},
    shipping_address {json},
    country_code text,
    delivery_method text not null check (delivery_method in ('SHIP', 'PICKUP', 'DIGITAL')),
    delivery_service text,
    pickup_location_id {uuid},
    allow_split {bool} not null,
    allow_backorder {bool} not null,
    tax_id text,
    purchase_order_number text,
    payment_terms_days integer,
    promised_by {time},
    items_minor {big} not null,
    shipping_minor {big} not null,
    discounts_minor {big} not null,
    other_minor {big} not null,
    tax_minor {big} not null,
    grand_total_minor {big} not null,
    paid_minor {big} not null,
    refunded_minor {big} not null,
    assignee_id {uuid},
    satisfaction integer,
    client_ip text,
    user_agent text,
    attributes {json},
    imported {bool} not null,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create unique index orders_number on orders (number);
create unique index orders_reference on orders (channel_reference, channel_id) where channel_reference is not null;
create index orders_placed on orders (placed_at, id);
create index orders_state on orders (state, placed_at, id);
create index orders_channel on orders (channel_id, placed_at, id);
create index orders_customer on orders (customer_id, placed_at, id);
create index orders_total on orders (grand_total_minor, id);
create index orders_promised on orders ({promised_or_never}, id);
create index orders_email on orders (email_key) where email_key is not null;
create index orders_phone on orders (phone_key) where phone_key is not null;
create index orders_assignee on orders (assignee_id, placed_at, id) where assignee_id is not null;
create table order_lines (
    id {uuid} not null,
    order_id {uuid} not null,
    position integer not null,
    variant_id {uuid},
    sku {key} not null,
    sku_key {key} not null,
    name text not null,
    quantity integer not null,
    unit_price_minor {big} not null,
    discount_minor {big} not null,
    shipping_minor {big} not null,
    tax_minor {big} not null,
    tax_rate_ppm integer not null,
    total_minor {big} not null,
    quantity_reserved integer not null,
    quantity_backordered integer not null,
    quantity_fulfilled integer not null,
    quantity_cancelled integer not null,
    quantity_returned integer not null,
    check (quantity > 0),
    primary key (id)
){clustered};
create index order_lines_order on order_lines (order_id, position);
create index order_lines_sku on order_lines (sku_key, order_id);
create table order_adjustments (
    id {uuid} not null,
    order_id {uuid} not null,
    position integer not null,
    kind text not null check (kind in ('SHIPPING', 'DISCOUNT', 'GIFT_WRAP', 'FEE', 'GOODWILL', 'ROUNDING')),
    label text not null,
    amount_minor {big} not null,
    tax_minor {big} not null,
    tax_rate_ppm integer,
    primary key (id)
){clustered};
create index order_adjustments_order on order_adjustments (order_id, position);
create table order_tags (
    order_id {uuid} not null,
    tag {key} not null,
    primary key (order_id, tag)
){clustered};
create index order_tags_tag on order_tags (tag, order_id);
create table notes (
    id {uuid} not null,
    subject_type text not null,
    subject_id {uuid} not null,
    author_kind text not null check (author_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    author_id {uuid},
    text text not null,
    mentions {json} not null,
    created_at {time} not null,
    primary key (id)
);
create index notes_subject on notes (subject_id, id);
",
    down: r"
drop table notes;
drop table order_tags;
drop table order_adjustments;
drop table order_lines;
drop table orders;
",
}
