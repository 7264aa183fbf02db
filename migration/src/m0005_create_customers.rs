//! Customers and how they are known.

crate::dialect::concern! {
    "m0005_create_customers",
    up: r"
create table customers (
    id {uuid} not null,
    version integer not null,
    number {key} not null,
    name text,
    email text,
    phone text,
    company text,
    locale text,
    tags {json} not null,
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create unique index customers_number on customers (number);
create table customer_identities (
    id {uuid} not null,
    customer_id {uuid} not null references customers (id),
    kind text not null check (kind in ('EMAIL', 'PHONE', 'CHANNEL_ACCOUNT', 'LOYALTY', 'OTHER')),
    value text not null,
    value_key {key} not null,
    scope {uuid} not null,
    verified {bool} not null,
    created_at {time} not null,
    primary key (id)
);
create unique index customer_identities_value on customer_identities (kind, value_key, scope);
create index customer_identities_customer on customer_identities (customer_id, id);
create index customer_identities_key on customer_identities (value_key);
create table customer_addresses (
    id {uuid} not null,
    customer_id {uuid} not null references customers (id),
    address {json} not null,
    fingerprint text not null,
    created_at {time} not null,
    primary key (id)
);
create unique index customer_addresses_customer on customer_addresses (customer_id, fingerprint);
create table customer_words (
    customer_id {uuid} not null references customers (id),
    word {key} not null,
    primary key (customer_id, word)
);
create index customer_words_word on customer_words (word, customer_id);
",
    down: r"
drop table customer_words;
drop table customer_addresses;
drop table customer_identities;
drop table customers;
",
}
