//! Procedures with all their versions, and the tasks that they started.

crate::dialect::concern! {
    "m0048_run_procedures",
    up: r"
create table procedure_revision (
    revision {big} not null
);
insert into procedure_revision (revision) values (0);
create table procedures (
    id {uuid} not null,
    version integer not null,
    name text not null,
    name_key {key} not null,
    built_in {key},
    active {bool} not null,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create unique index procedures_name on procedures (name_key);
create unique index procedures_built_in on procedures (built_in) where built_in is not null;
create table procedure_versions (
    procedure_id {uuid} not null references procedures (id),
    version integer not null,
    description text,
    trigger_kind {key} not null,
    condition {json} not null,
    steps {json} not null,
    at {time} not null,
    primary key (procedure_id, version)
);
{guard:procedure_versions:update}
{guard:procedure_versions:delete}
create table tasks (
    id {uuid} not null,
    version integer not null,
    procedure_id {uuid} not null,
    procedure_version integer not null,
    step integer not null,
    step_name text not null,
    trigger_kind {key} not null,
    subject_type text not null,
    subject_id {uuid} not null,
    order_id {uuid},
    customer_id {uuid},
    channel_id {uuid},
    location_id {uuid},
    state text not null check (state in ('OPEN', 'PAUSED', 'DONE', 'SKIPPED', 'CANCELLED')),
    owner_role_id {uuid} not null,
    assignee_id {uuid},
    zone text not null,
    calendar_id {uuid},
    anchor_at {time} not null,
    started_at {time} not null,
    counted_from {time} not null,
    left_seconds {big} not null,
    total_seconds {big} not null,
    due_at {time} not null,
    queue_at {time} not null,
    paused_at {time},
    paused_seconds {big} not null,
    warned_percent integer not null,
    warned_at {time},
    escalated_at {time},
    completed_at {time},
    completed_by_kind text check (completed_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    completed_by_id {uuid},
    note text,
    updated_at {time} not null,
    primary key (id)
){often_changed};
create index tasks_queue on tasks (queue_at, id);
create index tasks_owner on tasks (owner_role_id, queue_at, id);
create index tasks_assignee on tasks (assignee_id, queue_at, id) where assignee_id is not null;
create index tasks_procedure on tasks (procedure_id, queue_at, id);
create index tasks_subject on tasks (subject_id, queue_at, id);
create index tasks_order on tasks (order_id, id) where order_id is not null;
create index tasks_customer on tasks (customer_id, id) where customer_id is not null;
create index tasks_calendar on tasks (calendar_id, id) where state in ('OPEN', 'PAUSED');
create unique index tasks_once on tasks (subject_id, procedure_id, step) where state in ('OPEN', 'PAUSED');
",
    down: r"
drop table tasks;
drop table procedure_versions;
drop table procedures;
drop table procedure_revision;
",
}
