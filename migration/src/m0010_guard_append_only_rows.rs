//! Movements are never changed; events are never rewritten, only aged out as a whole.

crate::dialect::concern! {
    "m0010_guard_append_only_rows",
    up: r"
{refuse_function}
{guard:stock_movements:update}
{guard:stock_movements:delete}
{guard:events:update}
",
    down: r"
drop trigger events_no_update{on:events};
drop trigger stock_movements_no_delete{on:stock_movements};
drop trigger stock_movements_no_update{on:stock_movements};
{drop_refuse_function}
",
}
