//! Limits of roles, and who guessed passwords lately.

crate::dialect::concern! {
    "m0013_complete_access",
    up: r"
alter table roles add column refund_limit text;
alter table roles add column goodwill_per_case_limit text;
alter table roles add column goodwill_per_customer_limit text;
create table sign_in_failures (
    key {key} not null,
    failures {big} not null,
    failed_at {time} not null,
    primary key (key)
);
create index sign_in_failures_age on sign_in_failures (failed_at);
",
    down: r"
drop table sign_in_failures;
alter table roles drop column goodwill_per_customer_limit;
alter table roles drop column goodwill_per_case_limit;
alter table roles drop column refund_limit;
",
}
