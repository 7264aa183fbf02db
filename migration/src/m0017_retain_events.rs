//! How far back the event log goes, and ways to find what happened to one thing or one customer.

crate::dialect::concern! {
    "m0017_retain_events",
    up: r"
create table event_retention (
    one integer not null check (one = 1),
    epoch integer not null,
    place {big} not null,
    event_id {uuid} not null,
    pruned_at {time},
    primary key (one)
);
{no_events_pruned}
{guard_kept_events}
create index events_subject on events (subject_id, at, id);
create index events_customer on events (customer_id, at, id) where customer_id is not null;
",
    down: r"
drop index events_customer;
drop index events_subject;
{drop_guard_kept_events}
drop table event_retention;
",
}
