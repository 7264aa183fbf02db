//! Customers are searched as people type: a name, the beginning of one or of an email address, a telephone number in any spelling, a label, the
//! number of an order or of a parcel. Where nobody is found so, with a letter of a name mistyped.

mod sql;

pub(super) use sql::Search;
