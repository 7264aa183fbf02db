//! Work lists of any length: every filter has an index in the order of the list, and every order a document by which
//! it is found.

crate::dialect::concern! {
    "m0024_list_orders",
    up: r"
alter table orders add column total_scaled {big} generated always as (grand_total_minor * case currency_digits when 0 then 10000 when 3 then 10 when 4 then 1 else 100 end) {generated};
alter table orders add column promised_key {time} generated always as (coalesce(promised_by, {never})) {generated};
drop index orders_total;
drop index orders_promised;
create index orders_total on orders (total_scaled, id{covering_placed});
create index orders_promised on orders (promised_key, id{covering_placed});
create index orders_fulfillment_state on orders (fulfillment_state, placed_at, id);
create index orders_payment_state on orders (payment_state, placed_at, id);
create index orders_return_state on orders (return_state, placed_at, id) where return_state <> 'NONE';
create index orders_country on orders (country_code, placed_at, id) where country_code is not null;
alter table order_lines add column order_placed_at {time} not null default {never};
update order_lines set order_placed_at = (select o.placed_at from orders o where o.id = order_lines.order_id);
drop index order_lines_sku;
create index order_lines_sku on order_lines (sku_key, order_placed_at, order_id);
alter table order_lines add column components {json};
update order_lines set components = (select {components_as_json} from bundle_components b
    where b.bundle_id = order_lines.variant_id) where variant_id in (select bundle_id from bundle_components);
alter table order_tags add column order_placed_at {time} not null default {never};
update order_tags set order_placed_at = (select o.placed_at from orders o where o.id = order_tags.order_id);
drop index order_tags_tag;
create index order_tags_tag on order_tags (tag, order_placed_at, order_id);
alter table order_flags add column order_placed_at {time} not null default {never};
update order_flags set order_placed_at = (select o.placed_at from orders o where o.id = order_flags.order_id);
drop index order_flags_code;
create index order_flags_code on order_flags (code, order_placed_at, order_id);
alter table order_holds add column order_placed_at {time} not null default {never};
update order_holds set order_placed_at = (select o.placed_at from orders o where o.id = order_holds.order_id);
drop index order_holds_open;
create index order_holds_open on order_holds (reason, order_placed_at, order_id) where released_at is null;
alter table fulfillment_orders add column location_id {uuid} not null default {no_uuid};
alter table fulfillment_orders add column order_placed_at {time} not null default {never};
update fulfillment_orders set
    location_id = (select f.location_id from fulfillments f where f.id = fulfillment_orders.fulfillment_id),
    order_placed_at = (select o.placed_at from orders o where o.id = fulfillment_orders.order_id);
create index fulfillment_orders_location on fulfillment_orders (location_id, order_placed_at, order_id);
{order_documents}
insert into order_documents (order_id, words)
select o.id, lower(o.number) || coalesce(' ' || lower(o.channel_reference), '')
    || coalesce(' ' || o.email_key, '') || coalesce(' ' || o.phone_key, '')
    || coalesce(' ' || (select string_agg(l.sku_key, ' ') from order_lines l where l.order_id = o.id), '')
    || coalesce(' ' || (select string_agg(w.word, ' ') from customer_words w where w.customer_id = o.customer_id), '')
    || coalesce(' ' || (select string_agg(lower(p.tracking_key), ' ') from parcels p
         join fulfillment_orders f on f.fulfillment_id = p.fulfillment_id where f.order_id = o.id), '')
from orders o;
drop index fulfillments_location;
drop index fulfillments_assignee;
create index fulfillments_at on fulfillments (location_id, {ship_by_or_never}, id);
create index fulfillments_state on fulfillments (state, {ship_by_or_never}, id);
create index fulfillments_assignee on fulfillments (assignee_id, {ship_by_or_never}, id) where assignee_id is not null;
",
    down: r"
drop index fulfillments_assignee;
drop index fulfillments_state;
drop index fulfillments_at;
create index fulfillments_assignee on fulfillments (assignee_id, state, id) where assignee_id is not null;
create index fulfillments_location on fulfillments (location_id, state, id);
{drop_order_documents}
drop index fulfillment_orders_location;
alter table fulfillment_orders drop column order_placed_at;
alter table fulfillment_orders drop column location_id;
drop index order_holds_open;
create index order_holds_open on order_holds (reason, order_id) where released_at is null;
alter table order_holds drop column order_placed_at;
drop index order_flags_code;
create index order_flags_code on order_flags (code, order_id);
alter table order_flags drop column order_placed_at;
drop index order_tags_tag;
create index order_tags_tag on order_tags (tag, order_id);
alter table order_tags drop column order_placed_at;
drop index order_lines_sku;
create index order_lines_sku on order_lines (sku_key, order_id);
alter table order_lines drop column order_placed_at;
drop index orders_country;
drop index orders_return_state;
drop index orders_payment_state;
drop index orders_fulfillment_state;
drop index orders_promised;
drop index orders_total;
create index orders_promised on orders ({promised_or_never}, id);
create index orders_total on orders (grand_total_minor, id);
alter table order_lines drop column components;
alter table orders drop column promised_key;
alter table orders drop column total_scaled;
",
}
