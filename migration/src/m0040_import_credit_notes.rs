//! Credit notes of earlier systems, which name no order: what each told of, and how much of it was found.

crate::dialect::concern! {
    "m0040_import_credit_notes",
    up: r"
create table imported_credits (
    id {uuid} not null,
    channel_id {uuid} not null references channels (id),
    reference {key} not null,
    customer_id {uuid},
    currency text not null,
    credited_at {time} not null,
    created_at {time} not null,
    primary key (id)
);
create unique index imported_credits_reference on imported_credits (channel_id, reference);
create table imported_credit_lines (
    credit_id {uuid} not null references imported_credits (id),
    position integer not null,
    sku text not null,
    quantity integer not null check (quantity > 0),
    unit_minor {big} not null check (unit_minor >= 0),
    matched integer not null check (matched between 0 and quantity),
    primary key (credit_id, position)
){clustered};
alter table return_lines add column imported_credit_id {uuid};
create index return_lines_imported on return_lines (imported_credit_id) where imported_credit_id is not null;
",
    down: r"
drop index return_lines_imported;
alter table return_lines drop column imported_credit_id;
drop table imported_credit_lines;
drop table imported_credits;
",
}
