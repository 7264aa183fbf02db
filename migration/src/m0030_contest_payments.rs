//! Disputes: what a payer's bank takes back, and what is said against it.

crate::dialect::concern! {
    "m0030_contest_payments",
    up: r"
alter table payments add column disputed_minor {big} not null default 0;
create table disputes (
    id {uuid} not null,
    version integer not null,
    payment_id {uuid} not null,
    order_id {uuid} not null,
    provider_reference {key},
    stage text not null check (stage in ('INQUIRY', 'CHARGEBACK', 'PRE_ARBITRATION', 'ARBITRATION')),
    state text not null check (state in ('OPEN', 'EVIDENCE_SENT', 'WON', 'LOST', 'ACCEPTED')),
    currency text not null,
    amount_minor {big} not null,
    fee_minor {big},
    taken_minor {big} not null,
    refunded_too {bool} not null,
    reason text not null,
    opened_at {time} not null,
    evidence_due_at {time},
    evidence_sent_at {time},
    evidence {json},
    resolved_at {time},
    note text,
    primary key (id)
);
create index disputes_state on disputes (state, id);
create index disputes_payment on disputes (payment_id, id);
create unique index disputes_reference on disputes (payment_id, provider_reference) where provider_reference is not null;
",
    down: r"
drop table disputes;
alter table payments drop column disputed_minor;
",
}
