//! Who waits for which goods, in the order in which they are served.

crate::dialect::concern! {
    "m0021_keep_backorders",
    up: r"
create table backorders (
    order_line_id {uuid} not null,
    variant_id {uuid} not null,
    order_id {uuid} not null,
    rank_at {time} not null,
    placed_at {time} not null,
    primary key (order_line_id, variant_id)
){clustered};
create index backorders_rank on backorders (variant_id, rank_at, placed_at, order_line_id);
create index backorders_order on backorders (order_id);
insert into backorders (order_line_id, variant_id, order_id, rank_at, placed_at)
select l.id, coalesce(b.component_id, l.variant_id), o.id, coalesce(o.promised_by, {never}), o.placed_at
from order_lines l join orders o on o.id = l.order_id
left join bundle_components b on b.bundle_id = l.variant_id
where l.quantity_backordered > 0 and l.variant_id is not null and o.state = 'OPEN';
",
    down: r"
drop table backorders;
",
}
