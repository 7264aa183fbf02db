//! Money that goes back to trusted customers before the goods are here, up to an amount.

crate::dialect::concern! {
    "m0041_refund_at_once",
    up: r"
alter table return_policies add column instant_refund_minor {big};
",
    down: r"
alter table return_policies drop column instant_refund_minor;
",
}
