//! Stock levels, their movements and reservations.

crate::dialect::concern! {
    "m0006_create_stock",
    up: r"
create table stock_levels (
    id {uuid} not null,
    variant_id {uuid} not null,
    location_id {uuid} not null,
    on_hand {big} not null,
    reserved {big} not null,
    damaged {big} not null,
    safety_stock integer not null,
    reorder_point integer,
    reorder_quantity integer,
    updated_at {time} not null,
    check (on_hand >= 0 and reserved >= 0 and damaged >= 0),
    primary key (id)
){often_changed};
create unique index stock_levels_place on stock_levels (variant_id, location_id);
create index stock_levels_location on stock_levels (location_id, id);
create table stock_movements (
    id {uuid} not null,
    level_id {uuid} not null,
    variant_id {uuid} not null,
    location_id {uuid} not null,
    kind text not null check (kind in ('RECEIPT', 'RESERVE', 'RELEASE', 'SHIP', 'RETURN', 'ADJUST', 'COUNT', 'TRANSFER_OUT', 'TRANSFER_IN', 'DAMAGE', 'SCRAP')),
    on_hand_change {big} not null,
    reserved_change {big} not null,
    damaged_change {big} not null,
    reason text,
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    subject_type text,
    subject_id {uuid},
    unit_cost_minor {big},
    unit_cost_currency text,
    at {time} not null,
    primary key (id)
){clustered};
create index stock_movements_level on stock_movements (level_id, id);
create index stock_movements_subject on stock_movements (subject_id) where subject_id is not null;
create table stock_reservations (
    id {uuid} not null,
    channel_id {uuid} not null,
    state text not null check (state in ('ACTIVE', 'USED', 'EXPIRED', 'RELEASED')),
    expires_at {time} not null,
    order_id {uuid},
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create index stock_reservations_state on stock_reservations (state, expires_at);
create table stock_reservation_lines (
    reservation_id {uuid} not null references stock_reservations (id),
    variant_id {uuid} not null,
    location_id {uuid} not null,
    quantity integer not null,
    primary key (reservation_id, variant_id, location_id)
){clustered};
",
    down: r"
drop table stock_reservation_lines;
drop table stock_reservations;
drop table stock_movements;
drop table stock_levels;
",
}
