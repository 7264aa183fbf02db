//! A partner's token keeps its old secret for a while when it gets a new one.

crate::dialect::concern! {
    "m0012_rotate_api_tokens",
    up: r"
alter table api_tokens add column old_secret_hash text;
alter table api_tokens add column old_secret_until {time};
create unique index api_tokens_old_hash on api_tokens (old_secret_hash) where old_secret_hash is not null;
",
    down: r"
drop index api_tokens_old_hash;
alter table api_tokens drop column old_secret_until;
alter table api_tokens drop column old_secret_hash;
",
}
