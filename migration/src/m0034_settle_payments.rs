//! What providers settle and what banks say of it: files line by line, payouts, matches, and differences to explain.
//!
//! A line is there before its file is known to be whole: what belongs to a report that is `IMPORTING` is seen by nobody.
//! Days are texts such as `2026-01-31`, so that both databases order them alike.

crate::dialect::concern! {
    "m0034_settle_payments",
    up: r"
create table provider_accounts (
    provider text not null,
    account text not null,
    legal_entity_id {uuid} not null references legal_entities (id),
    primary key (provider, account)
);
create table bank_accounts (
    account text not null,
    legal_entity_id {uuid} not null references legal_entities (id),
    primary key (account)
);
create table settlement_reports (
    id {uuid} not null,
    provider text not null,
    provider_account text,
    legal_entity_id {uuid} not null,
    format text not null check (format in ('ADYEN_SETTLEMENT_DETAILS', 'STRIPE_ITEMIZED', 'PAYPAL_STL', 'MOLLIE_SETTLEMENT', 'GENERIC_CSV')),
    reference text not null,
    file_name text,
    content_hash text not null,
    state text not null check (state in ('IMPORTING', 'IMPORTED', 'REFUSED', 'SUPERSEDED')),
    faults {json} not null,
    totals {json} not null,
    differences {json} not null,
    line_count integer not null,
    matched_count integer not null,
    exception_count integer not null,
    version integer not null,
    supersedes_id {uuid},
    booked_at {time},
    worked_through integer not null,
    worker_id {uuid} not null,
    beat_at {time} not null,
    imported_by_kind text not null check (imported_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    imported_by_id {uuid},
    imported_at {time} not null,
    primary key (id)
){often_changed};
create unique index settlement_reports_content on settlement_reports (provider, content_hash) where state <> 'REFUSED';
create index settlement_reports_batch on settlement_reports (provider, reference, version);
create index settlement_reports_unfinished on settlement_reports (id) where state = 'IMPORTING' or worked_through < 2147483647;
create table payouts (
    id {uuid} not null,
    provider text not null,
    provider_account text,
    legal_entity_id {uuid} not null,
    reference text not null,
    currency text not null,
    amount_minor {big} not null,
    received_minor {big} not null,
    state text not null check (state in ('EXPECTED', 'IN_TRANSIT', 'RECEIVED', 'MISSING', 'FAILED')),
    expected_at {time},
    paid_at {time},
    report_id {uuid},
    booked {bool} not null,
    primary key (id)
){often_changed};
create unique index payouts_reference on payouts (provider, reference, currency);
create index payouts_state on payouts (state, id);
create index payouts_report on payouts (report_id);
create table settlement_lines (
    id {uuid} not null,
    report_id {uuid} not null,
    line_number integer not null,
    kind text not null check (kind in ('CAPTURE', 'REFUND', 'REFUND_REVERSAL', 'CHARGEBACK', 'CHARGEBACK_REVERSAL', 'FEE', 'CONVERSION', 'RESERVE', 'CORRECTION', 'BALANCE_TRANSFER', 'PAYOUT', 'PAYOUT_REVERSAL', 'UNKNOWN')),
    state text not null check (state in ('OPEN', 'MATCHED', 'SUSPENDED', 'SETTLED')),
    batch text,
    payout_reference text,
    payout_id {uuid},
    provider_reference text,
    modification_reference text,
    merchant_reference text,
    gross_currency text not null,
    gross_minor {big} not null,
    currency text not null,
    fee_minor {big} not null,
    net_minor {big} not null,
    exchange_rate text,
    occurred_at {time},
    booked_at {time},
    raw {json} not null,
    primary key (id)
){often_changed};
create index settlement_lines_report on settlement_lines (report_id, line_number);
create index settlement_lines_payout on settlement_lines (payout_id, id) where payout_id is not null;
create table bank_statements (
    id {uuid} not null,
    account text not null,
    legal_entity_id {uuid} not null,
    format text not null check (format in ('CAMT053', 'MT940', 'BAI2', 'GENERIC_CSV')),
    reference text not null,
    sequence {big},
    page {big},
    from_day text,
    to_day text,
    currency text,
    opening_minor {big},
    closing_currency text,
    closing_minor {big},
    file_hash text not null,
    content_hash text not null,
    line_count integer not null,
    imported_at {time} not null,
    primary key (id)
);
create unique index bank_statements_content on bank_statements (account, content_hash);
create index bank_statements_file on bank_statements (file_hash);
create index bank_statements_account on bank_statements (account, to_day, id);
create table bank_lines (
    id {uuid} not null,
    statement_id {uuid} not null,
    line_number integer not null,
    state text not null check (state in ('OPEN', 'MATCHED', 'SUSPENDED', 'SETTLED')),
    currency text not null,
    amount_minor {big} not null,
    booked_at text not null,
    value_date text,
    reference text,
    description text,
    raw {json} not null,
    primary key (id)
){often_changed};
create index bank_lines_reference on bank_lines (reference, booked_at) where reference is not null;
create index bank_lines_open on bank_lines (statement_id) where state = 'OPEN';
create index bank_lines_statement on bank_lines (statement_id, line_number);
create table matches (
    id {uuid} not null,
    settlement_line_id {uuid},
    bank_line_id {uuid},
    transaction_id {uuid},
    payout_id {uuid},
    invoice_id {uuid},
    currency text not null,
    amount_minor {big} not null,
    gross_base_minor {big} not null,
    came_to_base_minor {big} not null,
    fee_base_minor {big} not null,
    state text not null check (state in ('PROPOSED', 'CONFIRMED', 'UNDONE')),
    rule text not null,
    confidence_percent integer not null,
    note text,
    matched_by_kind text not null check (matched_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    matched_by_id {uuid},
    matched_at {time} not null,
    primary key (id)
);
create index matches_line on matches (settlement_line_id) where settlement_line_id is not null;
create index matches_bank_line on matches (bank_line_id) where bank_line_id is not null;
create index matches_transaction on matches (transaction_id) where transaction_id is not null;
create index matches_payout on matches (payout_id) where payout_id is not null;
create index matches_invoice on matches (invoice_id) where invoice_id is not null;
create table reconciliation_exceptions (
    id {uuid} not null,
    kind text not null,
    state text not null check (state in ('OPEN', 'AWAITING_APPROVAL', 'RESOLVED')),
    subject text not null,
    provider text,
    legal_entity_id {uuid} not null,
    currency text not null,
    amount_minor {big} not null,
    amount_scaled {big} not null,
    explanation text not null,
    report_id {uuid},
    settlement_line_id {uuid},
    statement_id {uuid},
    bank_line_id {uuid},
    payout_id {uuid},
    payment_id {uuid},
    transaction_id {uuid},
    dispute_id {uuid},
    raised_at {time} not null,
    resolved_at {time},
    resolved_by_kind text check (resolved_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    resolved_by_id {uuid},
    resolution text check (resolution in ('MATCHED', 'UNMATCHED', 'WRITTEN_OFF', 'DISPUTED', 'ACCEPTED', 'MOVED_TO_SUSPENSE')),
    note text,
    wanted_by_kind text check (wanted_by_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    wanted_by_id {uuid},
    primary key (id)
){often_changed};
create unique index reconciliation_exceptions_subject on reconciliation_exceptions (kind, subject);
create index reconciliation_exceptions_state on reconciliation_exceptions (state, id);
create index reconciliation_exceptions_kind on reconciliation_exceptions (kind, state, id);
create index reconciliation_exceptions_report on reconciliation_exceptions (report_id) where report_id is not null;
create index reconciliation_exceptions_line on reconciliation_exceptions (settlement_line_id) where settlement_line_id is not null;
create index reconciliation_exceptions_bank_line on reconciliation_exceptions (bank_line_id) where bank_line_id is not null;
create index reconciliation_exceptions_transaction on reconciliation_exceptions (transaction_id) where transaction_id is not null;
create index reconciliation_exceptions_payout on reconciliation_exceptions (payout_id) where payout_id is not null;
create index payment_transactions_reference on payment_transactions (provider_reference) where provider_reference is not null;
create table reconciliation_watches (
    name text not null,
    through {uuid} not null,
    primary key (name)
);
",
    down: r"
drop table reconciliation_watches;
drop index payment_transactions_reference;
drop table reconciliation_exceptions;
drop table matches;
drop table bank_lines;
drop table bank_statements;
drop table settlement_lines;
drop table payouts;
drop table settlement_reports;
drop table bank_accounts;
drop table provider_accounts;
",
}
