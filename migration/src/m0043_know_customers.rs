//! What customers agreed to, and notes by what they are about.

crate::dialect::concern! {
    "m0043_know_customers",
    up: r"
create table consents (
    id {uuid} not null,
    customer_id {uuid} not null references customers (id),
    purpose {key} not null,
    granted {bool} not null,
    source text not null,
    at {time} not null,
    primary key (id)
);
create index consents_customer on consents (customer_id, id);
",
    down: r"
drop table consents;
",
}
