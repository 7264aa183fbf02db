//! Values the whole installation shares.

crate::dialect::concern! {
    "m0001_create_settings",
    up: r"
create table settings (
    name {key} not null,
    value text not null,
    updated_at {time} not null,
    primary key (name)
);
",
    down: r"
drop table settings;
",
}
