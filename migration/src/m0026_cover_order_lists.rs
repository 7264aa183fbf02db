//! What is in one state can be sorted by any column of the list without looking at an order.

crate::dialect::concern! {
    "m0026_cover_order_lists",
    up: r"
drop index orders_state;
drop index orders_fulfillment_state;
drop index orders_payment_state;
drop index orders_return_state;
create index orders_state on orders (state, placed_at, id{covering_sorts});
create index orders_fulfillment_state on orders (fulfillment_state, placed_at, id{covering_sorts});
create index orders_payment_state on orders (payment_state, placed_at, id{covering_sorts});
create index orders_return_state on orders (return_state, placed_at, id{covering_sorts}) where return_state <> 'NONE';
",
    down: r"
drop index orders_return_state;
drop index orders_payment_state;
drop index orders_fulfillment_state;
drop index orders_state;
create index orders_state on orders (state, placed_at, id);
create index orders_fulfillment_state on orders (fulfillment_state, placed_at, id);
create index orders_payment_state on orders (payment_state, placed_at, id);
create index orders_return_state on orders (return_state, placed_at, id) where return_state <> 'NONE';
",
}
