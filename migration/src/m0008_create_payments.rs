//! Payments and their transactions.

crate::dialect::concern! {
    "m0008_create_payments",
    up: r"
create table payments (
    id {uuid} not null,
    version integer not null,
    order_id {uuid} not null,
    position integer not null,
    provider text not null,
    provider_account text,
    provider_reference {key},
    method text not null,
    card {json},
    state text not null check (state in ('PENDING', 'AUTHORIZED', 'PARTIALLY_CAPTURED', 'CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'VOIDED', 'FAILED', 'EXPIRED', 'CHARGED_BACK')),
    currency text not null,
    pending_minor {big} not null,
    authorized_minor {big} not null,
    captured_minor {big} not null,
    refunded_minor {big} not null,
    installments integer,
    authorization_expires_at {time},
    captured_at {time},
    created_at {time} not null,
    primary key (id)
);
create index payments_order on payments (order_id, position);
create table payment_transactions (
    id {uuid} not null,
    payment_id {uuid} not null,
    kind text not null check (kind in ('AUTHORIZATION', 'CAPTURE', 'VOID', 'REFUND', 'CHARGEBACK', 'CHARGEBACK_REVERSAL')),
    amount_minor {big} not null,
    state text not null check (state in ('PENDING', 'SUCCEEDED', 'FAILED')),
    provider_reference text,
    message text,
    at {time} not null,
    primary key (id)
){clustered};
create index payment_transactions_payment on payment_transactions (payment_id, id);
",
    down: r"
drop table payment_transactions;
drop table payments;
",
}
