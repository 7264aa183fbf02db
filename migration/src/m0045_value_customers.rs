//! What customers are worth, how they compare, segments of them, and names that are found although they were mistyped.

crate::dialect::concern! {
    "m0045_value_customers",
    up: r"
create table customer_values (
    customer_id {uuid} not null references customers (id),
    orders integer not null,
    cancelled integer not null,
    kept integer not null,
    first_order_at {time},
    last_order_at {time},
    units_sent {big} not null,
    units_returned {big} not null,
    return_ppm {big},
    late integer not null,
    open_cases integer not null,
    scores integer not null,
    score_sum integer not null,
    primary key (customer_id)
){often_changed};
create index customer_values_orders on customer_values (orders, customer_id);
create index customer_values_kept on customer_values (kept) where last_order_at is not null;
create index customer_values_first on customer_values (first_order_at, customer_id) where first_order_at is not null;
create index customer_values_last on customer_values (last_order_at, customer_id) where last_order_at is not null;
create index customer_values_returned on customer_values (return_ppm, customer_id) where return_ppm is not null;
create table customer_sums (
    customer_id {uuid} not null references customers (id),
    currency {key} not null,
    lifetime_minor {big} not null,
    lifetime_scaled {big} not null,
    ordered_minor {big} not null,
    kept integer not null,
    primary key (customer_id, currency)
){often_changed};
create index customer_sums_lifetime on customer_sums (currency, lifetime_scaled);
create index customer_sums_any on customer_sums (lifetime_scaled, customer_id);
create table rfm_steps (
    dimension text not null check (dimension in ('RECENCY', 'FREQUENCY', 'MONETARY')),
    currency {key} not null,
    step integer not null check (step between 1 and 4),
    at {time},
    amount {big},
    primary key (dimension, currency, step)
);
create table name_forms (
    form {key} not null,
    word {key} not null,
    primary key (form, word)
){clustered};
create index name_forms_word on name_forms (word);
create table segments (
    id {uuid} not null,
    version integer not null,
    name text not null,
    name_key {key} not null,
    filter {json} not null,
    members {big} not null,
    counted {bool} not null,
    swept_to {uuid},
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create unique index segments_name on segments (name_key);
create table segment_members (
    segment_id {uuid} not null references segments (id),
    customer_id {uuid} not null references customers (id),
    since {time} not null,
    primary key (segment_id, customer_id)
){clustered};
create index segment_members_customer on segment_members (customer_id, segment_id);
create table customer_watch (
    one integer not null check (one = 1),
    epoch integer not null,
    place {big} not null,
    event_id {uuid} not null,
    swept_to {uuid},
    compared_at {time},
    changed {bool} not null,
    primary key (one)
);
insert into customer_watch values (1, 0, 0, {no_uuid}, {no_uuid}, null, false);
alter table customer_addresses add column country_code {key};
update customer_addresses set country_code = {country_of_address};
create index customer_addresses_country on customer_addresses (country_code, customer_id) where country_code is not null;
",
    down: r"
drop index customer_addresses_country;
alter table customer_addresses drop column country_code;
drop table customer_watch;
drop table segment_members;
drop table segments;
drop table name_forms;
drop table rfm_steps;
drop table customer_sums;
drop table customer_values;
",
}
