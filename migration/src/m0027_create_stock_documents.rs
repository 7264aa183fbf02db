//! What moves stock on paper: transfers between locations, purchase orders and counts.

crate::dialect::concern! {
    "m0027_create_stock_documents",
    up: r"
{stock_document_series}
create table stock_transfers (
    id {uuid} not null,
    version integer not null,
    number {key} not null,
    from_location_id {uuid} not null,
    to_location_id {uuid} not null,
    state text not null check (state in ('DRAFT', 'SHIPPED', 'PARTIALLY_RECEIVED', 'RECEIVED', 'CANCELLED')),
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    created_at {time} not null,
    expected_at {time},
    shipped_at {time},
    received_at {time},
    cancelled_at {time},
    primary key (id)
);
create unique index stock_transfers_number on stock_transfers (number);
create index stock_transfers_from on stock_transfers (from_location_id, id);
create index stock_transfers_to on stock_transfers (to_location_id, id);
create index stock_transfers_state on stock_transfers (state, id);
create table stock_transfer_lines (
    transfer_id {uuid} not null references stock_transfers (id),
    variant_id {uuid} not null,
    position integer not null,
    sku text not null,
    quantity integer not null check (quantity > 0),
    received integer not null check (received >= 0),
    damaged integer not null check (damaged >= 0 and damaged <= received),
    lost integer not null check (lost >= 0 and received + lost <= quantity),
    primary key (transfer_id, variant_id)
){clustered};
create index stock_transfer_lines_variant on stock_transfer_lines (variant_id, transfer_id);
create table purchase_orders (
    id {uuid} not null,
    version integer not null,
    number {key} not null,
    supplier_id {uuid} not null,
    location_id {uuid} not null,
    state text not null check (state in ('DRAFT', 'ORDERED', 'PARTIALLY_RECEIVED', 'RECEIVED', 'CLOSED', 'CANCELLED')),
    currency text not null,
    total_minor {big} not null,
    exchange_rate text,
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    created_at {time} not null,
    ordered_at {time},
    expected_at {time},
    received_at {time},
    closed_at {time},
    cancelled_at {time},
    primary key (id)
);
create unique index purchase_orders_number on purchase_orders (number);
create index purchase_orders_state on purchase_orders (state, id);
create index purchase_orders_location on purchase_orders (location_id, id);
create index purchase_orders_supplier on purchase_orders (supplier_id, id);
create table purchase_order_lines (
    purchase_order_id {uuid} not null references purchase_orders (id),
    variant_id {uuid} not null,
    position integer not null,
    sku text not null,
    quantity integer not null check (quantity > 0),
    received integer not null check (received >= 0),
    damaged integer not null check (damaged >= 0 and damaged <= received),
    unit_cost_minor {big} not null check (unit_cost_minor >= 0),
    received_at {time},
    primary key (purchase_order_id, variant_id)
){clustered};
create index purchase_order_lines_variant on purchase_order_lines (variant_id, purchase_order_id);
alter table suppliers add column over_receipt_percent integer not null default 10
    check (over_receipt_percent between 0 and 100);
alter table suppliers add column order_cost_minor {big} check (order_cost_minor >= 0);
create table stock_counts (
    id {uuid} not null,
    location_id {uuid} not null,
    state text not null check (state in ('OPEN', 'CLOSED', 'CANCELLED')),
    blind {bool} not null,
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    started_at {time} not null,
    closed_at {time},
    cancelled_at {time},
    lines_counted integer not null,
    lines_right integer not null,
    difference_minor {big},
    difference_currency text,
    primary key (id)
);
create index stock_counts_state on stock_counts (state, id);
create index stock_counts_location on stock_counts (location_id, id);
create table stock_count_lines (
    stock_count_id {uuid} not null references stock_counts (id),
    variant_id {uuid} not null,
    sku {key} not null,
    expected {big} not null,
    counted {big} check (counted >= 0),
    counted_at {time},
    counted_by_kind text check (counted_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    counted_by_id {uuid},
    primary key (stock_count_id, variant_id)
){clustered};
create unique index stock_count_lines_sku on stock_count_lines (stock_count_id, sku);
alter table locations add column count_approval_above text;
alter table backorders add column units {big} not null default 0;
alter table backorders add column expected_at {time};
alter table backorders add column expected_at_location_id {uuid};
update backorders set units = (select l.quantity_backordered from order_lines l where l.id = backorders.order_line_id)
    * coalesce((select b.quantity from bundle_components b join order_lines l on l.variant_id = b.bundle_id
        where l.id = backorders.order_line_id and b.component_id = backorders.variant_id), 1);
",
    down: r"
alter table backorders drop column expected_at_location_id;
alter table backorders drop column expected_at;
alter table backorders drop column units;
alter table locations drop column count_approval_above;
drop table stock_count_lines;
drop table stock_counts;
alter table suppliers drop column order_cost_minor;
alter table suppliers drop column over_receipt_percent;
drop table purchase_order_lines;
drop table purchase_orders;
drop table stock_transfer_lines;
drop table stock_transfers;
{drop_stock_document_series}
",
}
