//! What providers are asked, after the commit of the transaction that wants it.

crate::dialect::concern! {
    "m0032_ask_providers",
    up: r"
create table provider_asks (
    id {uuid} not null,
    payment_id {uuid} not null,
    provider text not null,
    kind text not null check (kind in ('LOOK', 'CAPTURE', 'VOID', 'REFUND', 'EVIDENCE')),
    last {bool} not null,
    due_at {time} not null,
    attempts integer not null,
    answers integer not null,
    last_error text,
    created_at {time} not null,
    primary key (id)
);
create index provider_asks_due on provider_asks (provider, due_at);
create index provider_asks_payment on provider_asks (payment_id, id);
",
    down: r"
drop table provider_asks;
",
}
