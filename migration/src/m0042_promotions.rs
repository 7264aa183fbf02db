//! What discounts are earned by, so that a return may break them: how many units together, or how much of an order.

crate::dialect::concern! {
    "m0042_promotions",
    up: r"
alter table order_lines add column discount_per integer;

alter table order_adjustments add column minimum_items_minor {big};

alter table return_policies add column recompute_promotions {bool} not null default false;
",
    down: r"
alter table return_policies drop column recompute_promotions;

alter table order_adjustments drop column minimum_items_minor;

alter table order_lines drop column discount_per;
",
}
