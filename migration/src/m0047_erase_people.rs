//! What people ask of their data, the keys of what is sealed, and who is not to come back.

crate::dialect::concern! {
    "m0047_erase_people",
    up: r"
alter table customers add column erased_at {time};
create table privacy_requests (
    id {uuid} not null,
    version integer not null,
    customer_id {uuid} not null references customers (id),
    kind text not null check (kind in ('EXPORT', 'ERASURE')),
    state text not null check (state in ('OPEN', 'BLOCKED', 'COMPLETED', 'REFUSED')),
    requested_at {time} not null,
    due_at {time} not null,
    completed_at {time},
    blocked_by {json} not null,
    refused_because text,
    extended_because text,
    export {json},
    export_until {time},
    retained {json} not null,
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    primary key (id)
);
create index privacy_requests_due on privacy_requests (due_at, id);
create index privacy_requests_customer on privacy_requests (customer_id, id);
create index privacy_requests_export on privacy_requests (export_until) where export_until is not null;
create table sealed_keys (
    row_id {uuid} not null,
    customer_id {uuid},
    key text not null,
    shred_at {time},
    primary key (row_id)
);
create index sealed_keys_customer on sealed_keys (customer_id) where customer_id is not null;
create index sealed_keys_shred on sealed_keys (shred_at) where shred_at is not null;
create table suppressions (
    hash {key} not null,
    at {time} not null,
    primary key (hash)
);
create index disputes_order on disputes (order_id);
create index refund_requests_order on refund_requests (order_id) where order_id is not null;
create index risk_entries_key on risk_entries (value_key);
create index consents_purpose on consents (purpose, customer_id, id);
{forget_searched_words}
",
    down: r"
drop index consents_purpose;
drop index risk_entries_key;
drop index refund_requests_order;
drop index disputes_order;
drop table suppressions;
drop table sealed_keys;
drop table privacy_requests;
alter table customers drop column erased_at;
",
}
