//! Gift cards and store credit; when money is taken, and where it goes back to first.

crate::dialect::concern! {
    "m0031_hold_credit",
    up: r"
create table credits (
    id {uuid} not null,
    version integer not null,
    kind text not null check (kind in ('GIFT_CARD', 'STORE_CREDIT')),
    legal_entity_id {uuid} not null,
    currency text not null,
    code_hash {key},
    hint text,
    customer_id {uuid},
    order_id {uuid},
    issued_minor {big} not null,
    balance_minor {big} not null,
    reserved_minor {big} not null,
    expires_at {time},
    created_at {time} not null,
    check (reserved_minor >= 0 and reserved_minor <= balance_minor),
    check ((kind = 'GIFT_CARD') = (code_hash is not null)),
    check (kind = 'GIFT_CARD' or customer_id is not null),
    primary key (id)
);
create unique index credits_code on credits (code_hash) where code_hash is not null;
create index credits_customer on credits (customer_id, id) where customer_id is not null;
create table credit_entries (
    id {uuid} not null,
    credit_id {uuid} not null,
    amount_minor {big} not null check (amount_minor <> 0),
    reason text not null,
    at {time} not null,
    actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    actor_id {uuid},
    order_id {uuid},
    primary key (id)
);
create index credit_entries_credit on credit_entries (credit_id, id);
alter table payments add column credit_id {uuid};
alter table payments add column refund_rank integer not null default 1;
alter table payments add column warned_hours integer;
create index payments_credit on payments (credit_id) where credit_id is not null;
alter table refund_requests add column legal_entity_id {uuid};
alter table refund_requests add column expires_at {time};
alter table legal_entities add column gift_card_valid_days integer;
alter table legal_entities add column store_credit_valid_days integer;
alter table legal_entities add column breakage text not null default 'ON_EXPIRY' check (breakage in ('ON_EXPIRY', 'KEEP'));
alter table legal_entities add column refund_order text not null default 'CREDIT_LAST' check (refund_order in ('CREDIT_LAST', 'CREDIT_FIRST'));
alter table channels add column capture text not null default 'SHIPMENT' check (capture in ('SHIPMENT', 'APPROVAL', 'MANUAL'));
alter table orders add column capture text not null default 'SHIPMENT' check (capture in ('SHIPMENT', 'APPROVAL', 'MANUAL'));
{guard:credit_entries:update}
{guard:credit_entries:delete}
",
    down: r"
alter table orders drop column capture;
alter table channels drop column capture;
alter table legal_entities drop column refund_order;
alter table legal_entities drop column breakage;
alter table legal_entities drop column store_credit_valid_days;
alter table legal_entities drop column gift_card_valid_days;
alter table refund_requests drop column expires_at;
alter table refund_requests drop column legal_entity_id;
drop index payments_credit;
alter table payments drop column warned_hours;
alter table payments drop column refund_rank;
alter table payments drop column credit_id;
drop table credit_entries;
drop table credits;
",
}
