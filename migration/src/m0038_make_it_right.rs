//! What became of goods that came back: how many arrived, in which condition, where they went, and what was given for them.

crate::dialect::concern! {
    "m0038_make_it_right",
    up: r"
alter table returns add column received_at {time};
alter table returns add column resolved_at {time};
alter table returns add column resolution text check (resolution in ('ORIGINAL_PAYMENT', 'STORE_CREDIT', 'EXCHANGE', 'REPLACEMENT', 'NONE'));
alter table returns add column resolved_quote {json};
alter table returns add column refunded_minor {big} not null default 0;
alter table returns add column store_credit_minor {big} not null default 0;
alter table returns add column note text;
alter table return_lines add column quantity_received integer not null default 0;
create table return_inspections (
    id {uuid} not null,
    return_line_id {uuid} not null references return_lines (id),
    quantity integer not null check (quantity > 0),
    condition text not null check (condition in ('NEW', 'OPENED', 'USED', 'DAMAGED', 'DEFECTIVE', 'WRONG_ITEM', 'MISSING')),
    disposition text not null check (disposition in ('RESTOCK', 'OPEN_BOX', 'REFURBISH', 'RETURN_TO_VENDOR', 'LIQUIDATE', 'DONATE', 'SCRAP', 'HAZARDOUS', 'KEEP_WITH_CUSTOMER')),
    refundable {bool} not null,
    note text,
    inspected_by_kind text not null check (inspected_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    inspected_by_id {uuid},
    at {time} not null,
    primary key (id)
);
create index return_inspections_line on return_inspections (return_line_id, id);
create table return_refunds (
    transaction_id {uuid} not null,
    return_id {uuid} not null references returns (id),
    primary key (transaction_id)
){clustered};
create index return_refunds_return on return_refunds (return_id);
create table carrier_claims (
    return_id {uuid} not null references returns (id),
    reference text,
    state text not null check (state in ('FILED', 'PAID', 'REJECTED')),
    currency text not null,
    claimed_minor {big} not null check (claimed_minor >= 0),
    recovered_minor {big} not null check (recovered_minor >= 0),
    filed_at {time} not null,
    resolved_at {time},
    primary key (return_id)
){clustered};
alter table orders add column store_credit_minor {big} not null default 0;
",
    down: r"
alter table orders drop column store_credit_minor;
drop table carrier_claims;
drop table return_refunds;
drop table return_inspections;
alter table return_lines drop column quantity_received;
alter table returns drop column note;
alter table returns drop column store_credit_minor;
alter table returns drop column refunded_minor;
alter table returns drop column resolved_quote;
alter table returns drop column resolution;
alter table returns drop column resolved_at;
alter table returns drop column received_at;
",
}
