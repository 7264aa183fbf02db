//! What a token's holder may grant alone, and the roles that an identity provider last named.

crate::dialect::concern! {
    "m0016_limit_tokens",
    up: r"
alter table api_tokens add column refund_limit text;
alter table api_tokens add column goodwill_per_case_limit text;
alter table api_tokens add column goodwill_per_customer_limit text;
alter table user_identities add column roles {json} not null default '[]';
",
    down: r"
alter table user_identities drop column roles;
alter table api_tokens drop column goodwill_per_customer_limit;
alter table api_tokens drop column goodwill_per_case_limit;
alter table api_tokens drop column refund_limit;
",
}
