//! Users who sign in with an identity provider.

crate::dialect::concern! {
    "m0015_create_user_identities",
    up: r"
create table user_identities (
    issuer {key} not null,
    subject {key} not null,
    user_id {uuid} not null references users (id),
    created_at {time} not null,
    primary key (issuer, subject)
);
create index user_identities_user on user_identities (user_id);
",
    down: r"
drop table user_identities;
",
}
