//! What providers may keep as agreed, how far amounts may be apart, steps of payments by time and amount, and lines
//! that no payout took yet, and differences by what they are about.
//!
//! A fee that is agreed for every method has the method `''`, so that the key holds on both databases. One without a rate and a
//! fixed part ends what was agreed before.

crate::dialect::concern! {
    "m0035_agree_fees",
    up: r"
create table fee_agreements (
    legal_entity_id {uuid} not null references legal_entities (id),
    provider text not null,
    kind text not null check (kind in ('CAPTURE', 'REFUND', 'CHARGEBACK')),
    method text not null,
    currency text not null,
    from_day text not null,
    rate text,
    fixed_minor {big},
    set_at {time} not null,
    primary key (legal_entity_id, provider, kind, method, currency, from_day)
);
create table reconciliation_tolerances (
    legal_entity_id {uuid} not null references legal_entities (id),
    currency text not null,
    line_minor {big} not null,
    batch_line_minor {big} not null,
    batch_minor {big} not null,
    bank_minor {big} not null,
    bank_abroad_minor {big} not null,
    fee_minor {big} not null,
    fee_rate text not null,
    set_at {time} not null,
    primary key (legal_entity_id, currency)
);
create index reconciliation_exceptions_about on reconciliation_exceptions (subject);
create index settlement_lines_unsent on settlement_lines (currency, booked_at, id) where payout_id is null;
create index payment_transactions_moved on payment_transactions (at, id) where kind not in ('AUTHORIZATION', 'VOID');
create index payment_transactions_amount on payment_transactions (amount_minor, at) where kind not in ('AUTHORIZATION', 'VOID');
",
    down: r"
drop index payment_transactions_amount;
drop index payment_transactions_moved;
drop index settlement_lines_unsent;
drop index reconciliation_exceptions_about;
drop table reconciliation_tolerances;
drop table fee_agreements;
",
}
