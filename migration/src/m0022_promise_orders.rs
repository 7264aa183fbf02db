//! What customers were told and what threatens it: services, promises and flags.

crate::dialect::concern! {
    "m0022_promise_orders",
    up: r"
create table delivery_services (
    id {uuid} not null,
    code {key} not null,
    channel_id {uuid},
    name text not null,
    express {bool} not null,
    handling_days integer not null,
    transit_days integer not null,
    transit_days_abroad integer not null,
    working_days {json} not null,
    holidays {json} not null,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create index delivery_services_code on delivery_services (code);
alter table orders add column promise_given {bool} not null default false;
alter table orders add column ship_by {time};
alter table orders add column expected_at {time};
alter table orders add column at_risk {bool} not null default false;
alter table orders add column review_at {time};
update orders set promise_given = promised_by is not null;
create table order_flags (
    order_id {uuid} not null,
    code text not null check (code in ('OUTLIER', 'SPLIT_SHIPMENT', 'BACKORDERED', 'LATE', 'PROMISE_AT_RISK', 'CONSOLIDATABLE', 'AUTHORIZATION_EXPIRING', 'UNPAID_SHIPPED', 'ADDRESS_MISMATCH')),
    raised_at {time} not null,
    explanation text not null,
    primary key (order_id, code)
){clustered};
create index order_flags_code on order_flags (code, order_id);
create index fulfillments_queue on fulfillments (location_id, state, {ship_by_or_never}, id);
create index fulfillments_ship_by on fulfillments ({ship_by_or_never}, id);
",
    down: r"
drop index fulfillments_ship_by;
drop index fulfillments_queue;
drop table order_flags;
alter table orders drop column review_at;
alter table orders drop column at_risk;
alter table orders drop column expected_at;
alter table orders drop column ship_by;
alter table orders drop column promise_given;
drop table delivery_services;
",
}
