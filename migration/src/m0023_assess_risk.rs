//! What makes an order doubtful, who is known, and what was found.

crate::dialect::concern! {
    "m0023_assess_risk",
    up: r"
create table risk_rules (
    code {key} not null,
    active {bool} not null,
    points integer not null,
    threshold {float},
    window_hours integer,
    minimum_orders integer,
    updated_at {time} not null,
    primary key (code)
);
create table risk_entries (
    id {uuid} not null,
    list text not null check (list in ('ALLOW', 'DENY')),
    kind text not null check (kind in ('EMAIL', 'EMAIL_DOMAIN', 'PHONE', 'ADDRESS', 'IP', 'CUSTOMER')),
    value text not null,
    value_key {key} not null,
    reason text not null,
    expires_at {time},
    created_by_kind text not null check (created_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    created_by_id {uuid},
    created_at {time} not null,
    removed_at {time},
    primary key (id)
);
create index risk_entries_value on risk_entries (kind, value_key) where removed_at is null;
create table order_risks (
    order_id {uuid} not null,
    score integer not null,
    level text not null check (level in ('LOW', 'MEDIUM', 'HIGH')),
    signals {json} not null,
    assessed_at {time} not null,
    decision text check (decision in ('APPROVED', 'DECLINED')),
    decided_by_kind text check (decided_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    decided_by_id {uuid},
    decided_at {time},
    primary key (order_id)
);
alter table orders add column risk_level text;
create index orders_risk on orders (risk_level, placed_at, id) where risk_level in ('MEDIUM', 'HIGH');
create index orders_ip on orders (client_ip, placed_at) where client_ip is not null;
create index orders_segment on orders (channel_id, country_code, placed_at);
create index orders_charged_back on orders (email_key) where payment_state = 'CHARGED_BACK';
",
    down: r"
drop index orders_charged_back;
drop index orders_segment;
drop index orders_ip;
drop index orders_risk;
alter table orders drop column risk_level;
drop table order_risks;
drop table risk_entries;
drop table risk_rules;
",
}
