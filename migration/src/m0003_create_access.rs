//! Users, roles, sessions, tokens and signing keys.

crate::dialect::concern! {
    "m0003_create_access",
    up: r"
create table signing_keys (
    id {uuid} not null,
    algorithm text not null,
    wrapped {bytes} not null,
    created_at {time} not null,
    retired_at {time},
    primary key (id)
);
create table roles (
    id {uuid} not null,
    name {key} not null,
    description text,
    permissions {json} not null,
    built_in {bool} not null,
    created_at {time} not null,
    primary key (id)
);
create unique index roles_name on roles (name);
create table users (
    id {uuid} not null,
    email text not null,
    email_key {key} not null,
    name text not null,
    password_hash text,
    reach_channels {json},
    reach_locations {json},
    active {bool} not null,
    last_sign_in_at {time},
    created_at {time} not null,
    updated_at {time} not null,
    primary key (id)
);
create unique index users_email on users (email_key);
create table user_roles (
    user_id {uuid} not null references users (id),
    role_id {uuid} not null,
    primary key (user_id, role_id)
);
create table sessions (
    id {uuid} not null,
    user_id {uuid} not null,
    created_at {time} not null,
    expires_at {time} not null,
    ended_at {time},
    primary key (id)
);
create index sessions_user on sessions (user_id);
create table refresh_tokens (
    hash text not null,
    session_id {uuid} not null references sessions (id),
    created_at {time} not null,
    spent_at {time},
    primary key (hash)
);
create index refresh_tokens_session on refresh_tokens (session_id);
create table api_tokens (
    id {uuid} not null,
    name text not null,
    hint text not null,
    secret_hash text not null,
    permissions {json} not null,
    reach_channels {json},
    reach_locations {json},
    expires_at {time},
    last_used_at {time},
    revoked_at {time},
    created_by {uuid},
    created_at {time} not null,
    primary key (id)
);
create unique index api_tokens_hash on api_tokens (secret_hash);
",
    down: r"
drop table api_tokens;
drop table refresh_tokens;
drop table sessions;
drop table user_roles;
drop table users;
drop table roles;
drop table signing_keys;
",
}
