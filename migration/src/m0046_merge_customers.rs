//! Records of one person, made one and taken apart again, and those that look as if they were.

crate::dialect::concern! {
    "m0046_merge_customers",
    up: r"
alter table customers add column merged_into {uuid};
create index customers_merged on customers (merged_into, id) where merged_into is not null;
create table customer_merges (
    id {uuid} not null,
    from_id {uuid} not null references customers (id),
    into_id {uuid} not null references customers (id),
    took {json} not null,
    merged_at {time} not null,
    primary key (id)
);
create unique index customer_merges_from on customer_merges (from_id);
create index customer_merges_into on customer_merges (into_id);
create table customer_moves (
    merge_id {uuid} not null references customer_merges (id),
    kind text not null,
    row_id {uuid} not null,
    primary key (merge_id, kind, row_id)
){clustered};
create index customer_moves_row on customer_moves (row_id);
create table customer_matches (
    id {uuid} not null,
    one_id {uuid} not null references customers (id),
    two_id {uuid} not null references customers (id),
    score_ppm {big} not null,
    evidence {json} not null,
    found_at {time} not null,
    primary key (id)
);
create unique index customer_matches_pair on customer_matches (one_id, two_id);
create index customer_matches_two on customer_matches (two_id);
create index customer_matches_score on customer_matches (score_ppm, id);
create index refund_requests_customer on refund_requests (customer_id) where customer_id is not null;
create index imported_credits_customer on imported_credits (customer_id) where customer_id is not null;
create index customer_addresses_fingerprint on customer_addresses (fingerprint);
",
    down: r"
drop index customer_addresses_fingerprint;
drop index imported_credits_customer;
drop index refund_requests_customer;
drop table customer_matches;
drop table customer_moves;
drop table customer_merges;
drop index customers_merged;
alter table customers drop column merged_into;
",
}
