//! The event log, timers and idempotency keys.

crate::dialect::concern! {
    "m0002_create_events",
    up: r"
create table timers (
    id {uuid} not null,
    due_at {time} not null,
    kind text not null,
    subject_id {uuid} not null,
    payload {json} not null,
    attempts integer not null,
    last_error text,
    created_at {time} not null,
    primary key (id)
);
create index timers_due on timers (due_at, id);
create index timers_subject on timers (subject_id);
create table events (
    id {uuid} not null,
    epoch integer not null,
    kind text not null,
    subject_type text not null,
    subject_id {uuid} not null,
    order_id {uuid},
    customer_id {uuid},
    channel_id {uuid},
    location_id {uuid},
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    data {json} not null,
    request_id text,
    at {time} not null,
    recorded_at {time} not null,
    {event_position},
    {event_identity}
);
{event_tail_index}
create index events_order on events (order_id, at, id) where order_id is not null;
create table idempotency_keys (
    actor {uuid} not null,
    key {key} not null,
    operation text not null,
    fingerprint text not null,
    result {json},
    created_at {time} not null,
    primary key (actor, key)
);
",
    down: r"
drop table idempotency_keys;
drop table events;
drop table timers;
",
}
