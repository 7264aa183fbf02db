//! Who did what, kept for good, and the seals that show that nothing was changed or left out.

crate::dialect::concern! {
    "m0014_create_audit",
    up: r"
create table audit_entries (
    id {uuid} not null,
    epoch integer not null,
    operation {key} not null,
    outcome text not null,
    subject_type text,
    subject_id {uuid},
    actor_kind text check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    change text,
    request_id text,
    ip_address text,
    at {time} not null,
    hash text not null,
    {event_position},
    {event_identity}
);
{audit_tail_index}
create index audit_entries_subject on audit_entries (subject_id, id) where subject_id is not null;
create index audit_entries_actor on audit_entries (actor_id, id) where actor_id is not null;
create table audit_seals (
    number {big} not null,
    entries {big} not null,
    last_epoch integer not null,
    last_place {big} not null,
    last_id {uuid} not null,
    hash text not null,
    sealed_at {time} not null,
    primary key (number)
);
{guard:audit_entries:update}
{guard:audit_entries:delete}
{guard:audit_seals:update}
{guard:audit_seals:delete}
",
    down: r"
drop table audit_seals;
drop table audit_entries;
",
}
