//! Legal entities, channels, locations, products, prices and suppliers.

crate::dialect::concern! {
    "m0004_create_catalog",
    up: r"
create table legal_entities (
    id {uuid} not null,
    name text not null,
    country_code text not null,
    tax_id text,
    base_currency text not null,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create table channels (
    id {uuid} not null,
    code {key} not null,
    name text not null,
    kind text not null check (kind in ('WEB', 'STORE', 'MARKETPLACE', 'CONTACT_CENTER', 'WHOLESALE')),
    currency text not null,
    tax_included {bool} not null,
    legal_entity_id {uuid} not null,
    order_number_prefix text not null,
    unpaid_expires_after_seconds integer,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create unique index channels_code on channels (code);
create table locations (
    id {uuid} not null,
    code {key} not null,
    name text not null,
    kind text not null check (kind in ('WAREHOUSE', 'STORE', 'THIRD_PARTY', 'SUPPLIER')),
    address {json} not null,
    time_zone text not null,
    ships_orders {bool} not null,
    offers_pickup {bool} not null,
    active {bool} not null,
    calendar {json} not null,
    latitude {float},
    longitude {float},
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create unique index locations_code on locations (code);
create table channel_locations (
    channel_id {uuid} not null references channels (id),
    location_id {uuid} not null,
    position integer not null,
    primary key (channel_id, location_id)
);
create table products (
    id {uuid} not null,
    name text not null,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create table variants (
    id {uuid} not null,
    product_id {uuid} not null,
    sku {key} not null,
    sku_key {key} not null,
    barcode text,
    name text not null,
    name_key {key} not null,
    attributes {json},
    weight_grams integer,
    customs_code text,
    origin_country text,
    bundle {bool} not null,
    unit_cost_minor {big},
    unit_cost_currency text,
    final_sale {bool} not null,
    active {bool} not null,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create unique index variants_sku on variants (sku);
create index variants_sku_key on variants (sku_key);
create index variants_name_key on variants (name_key);
create unique index variants_barcode on variants (barcode) where barcode is not null;
create index variants_product on variants (product_id, id);
create table bundle_components (
    bundle_id {uuid} not null references variants (id),
    component_id {uuid} not null,
    quantity integer not null,
    position integer not null,
    primary key (bundle_id, component_id)
);
create table prices (
    variant_id {uuid} not null references variants (id),
    channel_id {uuid} not null,
    amount_minor {big} not null,
    tax_rate_ppm integer not null,
    primary key (variant_id, channel_id)
);
create table suppliers (
    id {uuid} not null,
    name {key} not null,
    email text,
    currency text not null,
    payment_terms_days integer not null,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create table supplier_terms (
    supplier_id {uuid} not null references suppliers (id),
    variant_id {uuid} not null,
    supplier_sku text,
    unit_cost_minor {big} not null,
    lead_time_days integer not null,
    minimum_quantity integer not null,
    pack_size integer not null,
    primary key (supplier_id, variant_id)
);
",
    down: r"
drop table supplier_terms;
drop table suppliers;
drop table prices;
drop table bundle_components;
drop table variants;
drop table products;
drop table channel_locations;
drop table locations;
drop table channels;
drop table legal_entities;
",
}
