//! Strategies by which locations are chosen, and how much a location can do in a day.

crate::dialect::concern! {
    "m0020_route_orders",
    up: r"
create table routing_strategies (
    id {uuid} not null,
    name text not null,
    channel_id {uuid},
    rules {json} not null,
    max_splits integer,
    split_above_value text,
    active {bool} not null,
    priority integer not null,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
alter table locations add column daily_capacity integer;
create index fulfillments_opened on fulfillments (location_id, created_at);
",
    down: r"
drop index fulfillments_opened;
alter table locations drop column daily_capacity;
drop table routing_strategies;
",
}
