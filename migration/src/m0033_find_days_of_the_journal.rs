//! The journal by day: a file for bookkeepers is read in that order.

crate::dialect::concern! {
    "m0033_find_days_of_the_journal",
    up: r"
create index journal_entries_days on journal_entries (legal_entity_id, business_date, position);
",
    down: r"
drop index journal_entries_days;
",
}
