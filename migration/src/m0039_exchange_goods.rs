//! Goods in exchange or as replacement: orders that make a return right, what moves from one order to the other, and the parcel on
//! its way back.

crate::dialect::concern! {
    "m0039_exchange_goods",
    up: r"
alter table orders add column exchanged_minor {big} not null default 0;
alter table payments add column origin_order_id {uuid};
create index payments_origin on payments (origin_order_id) where origin_order_id is not null;
alter table returns add column exchange_order_id {uuid};
alter table returns add column replacement_order_id {uuid};
alter table returns add column exchange_total_minor {big} not null default 0;
alter table returns add column exchange_tax_minor {big} not null default 0;
alter table returns add column exchanged_minor {big} not null default 0;
create unique index returns_exchange_order on returns (exchange_order_id) where exchange_order_id is not null;
create unique index returns_replacement_order on returns (replacement_order_id) where replacement_order_id is not null;
alter table return_lines add column exchange_variant_id {uuid};
alter table return_lines add column exchange_sku text;
alter table return_lines add column exchange_unit_minor {big};
alter table return_lines add column exchange_discount_minor {big};
insert into ledger_accounts (id, legal_entity_id, code, name, kind)
select {new_uuid}, e.id, 2170, 'Exchanges', 'LIABILITY' from legal_entities e;
{parcels_of_returns}
alter table parcels add column return_id {uuid};
create index parcels_return on parcels (return_id) where return_id is not null;
",
    down: r"
delete from parcels where return_id is not null;
drop index parcels_return;
alter table parcels drop column return_id;
{parcels_of_work_only}
delete from ledger_accounts where code = 2170;
alter table return_lines drop column exchange_discount_minor;
alter table return_lines drop column exchange_unit_minor;
alter table return_lines drop column exchange_sku;
alter table return_lines drop column exchange_variant_id;
drop index returns_replacement_order;
drop index returns_exchange_order;
alter table returns drop column exchanged_minor;
alter table returns drop column exchange_tax_minor;
alter table returns drop column exchange_total_minor;
alter table returns drop column replacement_order_id;
alter table returns drop column exchange_order_id;
drop index payments_origin;
alter table payments drop column origin_order_id;
alter table orders drop column exchanged_minor;
",
}
