//! Who may give how much back, and what waits for somebody else's word; payments as a list.

crate::dialect::concern! {
    "m0029_give_money_back",
    up: r"
create table refund_requests (
    id {uuid} not null,
    payment_id {uuid},
    order_id {uuid},
    customer_id {uuid},
    amount_minor {big} not null,
    currency text not null,
    reason text not null,
    state text not null check (state in ('PENDING', 'GRANTED', 'DENIED')),
    requested_by_kind text not null check (requested_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    requested_by_id {uuid},
    requested_at {time} not null,
    decided_by_kind text check (decided_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    decided_by_id {uuid},
    decided_at {time},
    note text,
    primary key (id)
);
create index refund_requests_state on refund_requests (state, id);
create index refund_requests_payment on refund_requests (payment_id) where state = 'PENDING';
create table money_grants (
    id {uuid} not null,
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    order_id {uuid},
    customer_id {uuid},
    base_minor {big} not null,
    goodwill_base_minor {big} not null,
    at {time} not null,
    primary key (id)
);
create index money_grants_customer on money_grants (customer_id, at) where customer_id is not null;
create index money_grants_order on money_grants (order_id, at) where order_id is not null;
create index payments_state on payments (state, id);
create index payments_reference on payments (provider_reference) where provider_reference is not null;
create index payments_captured on payments (captured_at, id) where captured_at is not null;
create index payments_expiring on payments (authorization_expires_at, id) where authorization_expires_at is not null;
{guard:money_grants:update}
{guard:money_grants:delete}
",
    down: r"
drop index payments_expiring;
drop index payments_captured;
drop index payments_reference;
drop index payments_state;
drop table money_grants;
drop table refund_requests;
",
}
