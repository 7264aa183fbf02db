//! The series from which orders and customers take their numbers: unique and rising, with gaps
//! where a transaction was undone.

crate::dialect::concern! {
    "m0011_number_documents",
    up: r"
{number_series}
",
    down: r"
{drop_number_series}
",
}
