//! Partners' endpoints, what is to be sent to them, and how far the log was looked through for them.

crate::dialect::concern! {
    "m0018_create_webhooks",
    up: r"
create table webhook_endpoints (
    id {uuid} not null,
    url text not null,
    description text,
    types {json} not null,
    active {bool} not null,
    disabled_because text,
    created_by_kind text not null check (created_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    created_by_id {uuid},
    start_epoch integer not null,
    start_place {big} not null,
    start_id {uuid} not null,
    created_at {time} not null,
    updated_at {time} not null,
    deleted_at {time},
    primary key (id)
);
create table webhook_secrets (
    id {uuid} not null,
    endpoint_id {uuid} not null references webhook_endpoints (id),
    sealed {bytes} not null,
    created_at {time} not null,
    expires_at {time},
    primary key (id)
);
create index webhook_secrets_endpoint on webhook_secrets (endpoint_id);
create table webhook_deliveries (
    id {uuid} not null,
    endpoint_id {uuid} not null references webhook_endpoints (id),
    event_id {uuid} not null,
    epoch integer not null,
    place {big} not null,
    subject_id {uuid} not null,
    state text not null check (state in ('PENDING', 'DELIVERED', 'FAILED')),
    attempts integer not null,
    last_status integer,
    last_error text,
    next_attempt_at {time},
    delivered_at {time},
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id),
    unique (endpoint_id, event_id)
);
create index webhook_deliveries_event on webhook_deliveries (event_id);
create index webhook_deliveries_list on webhook_deliveries (endpoint_id, id);
create index webhook_deliveries_due on webhook_deliveries (endpoint_id, next_attempt_at)
    where state = 'PENDING' and next_attempt_at is not null;
create index webhook_deliveries_lane
    on webhook_deliveries (endpoint_id, subject_id, epoch, place, event_id) where state = 'PENDING';
create index webhook_deliveries_done on webhook_deliveries (updated_at) where state <> 'PENDING';
create table webhook_replays (
    id {uuid} not null,
    endpoint_id {uuid} not null references webhook_endpoints (id),
    types {json},
    only_failed {bool} not null,
    from_epoch integer not null,
    from_place {big} not null,
    from_id {uuid} not null,
    to_epoch integer not null,
    to_place {big} not null,
    to_id {uuid} not null,
    first_id {uuid},
    end_id {uuid},
    due_at {time} not null,
    created_at {time} not null,
    primary key (id)
);
create table webhook_progress (
    one integer not null check (one = 1),
    epoch integer not null,
    place {big} not null,
    event_id {uuid} not null,
    primary key (one)
);
{no_webhook_progress}
",
    down: r"
drop table webhook_progress;
drop table webhook_replays;
drop table webhook_deliveries;
drop table webhook_secrets;
drop table webhook_endpoints;
",
}
