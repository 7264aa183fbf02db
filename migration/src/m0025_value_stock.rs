//! Stock that is not on the shelf yet, that nobody may sell, and what all of it is worth. What a list of levels asks for
//! is derived by the database, and changes seldom: an update of a level seldom touches an index.

crate::dialect::concern! {
    "m0025_value_stock",
    up: r"
{widen_movements}
{guard_movements_again}
create index stock_movements_shipped on stock_movements (level_id, at, on_hand_change) where kind = 'SHIP';
alter table stock_levels add column quality_hold {big} not null default 0 check (quality_hold >= 0);
alter table stock_levels add column incoming {big} not null default 0 check (incoming >= 0);
alter table stock_levels add column in_transit {big} not null default 0 check (in_transit >= 0);
alter table stock_levels add column value_minor {big} not null default 0;
alter table stock_levels add column value_currency text;
alter table stock_levels add column counted_at {time};
alter table stock_levels add column available {big} generated always as
    (on_hand - reserved - damaged - quality_hold - safety_stock) {generated};
alter table stock_levels add column low integer generated always as
    (case when on_hand - reserved - damaged - quality_hold - safety_stock <= reorder_point then 1 else 0 end) {generated};
alter table stock_levels add column sold_out integer generated always as
    (case when on_hand - reserved - damaged - quality_hold - safety_stock <= 0 then 1 else 0 end) {generated};
create index stock_levels_low on stock_levels (low, id);
create index stock_levels_sold_out on stock_levels (sold_out, id);
create index stock_levels_location_low on stock_levels (location_id, low, id);
create index stock_levels_location_sold_out on stock_levels (location_id, sold_out, id);
",
    down: r"
drop index stock_levels_location_sold_out;
drop index stock_levels_location_low;
drop index stock_levels_sold_out;
drop index stock_levels_low;
alter table stock_levels drop column sold_out;
alter table stock_levels drop column low;
alter table stock_levels drop column available;
alter table stock_levels drop column counted_at;
alter table stock_levels drop column value_currency;
alter table stock_levels drop column value_minor;
alter table stock_levels drop column in_transit;
alter table stock_levels drop column incoming;
alter table stock_levels drop column quality_hold;
drop index stock_movements_shipped;
{narrow_movements}
{guard_movements_again}
",
}
