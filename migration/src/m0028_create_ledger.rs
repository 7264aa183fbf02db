//! The books: accounts, journal, exchange rates, invoices and what of an order's money stands where.

crate::dialect::concern! {
    "m0028_create_ledger",
    up: r"
alter table legal_entities add column time_zone text not null default 'UTC';
alter table legal_entities add column tax_rounding text not null default 'DOCUMENT' check (tax_rounding in ('DOCUMENT', 'LINE'));
alter table legal_entities add column closed_through {key};
alter table orders add column tax_rounding text not null default 'DOCUMENT' check (tax_rounding in ('DOCUMENT', 'LINE'));
alter table orders add column in_books {bool} not null default false;
alter table orders add column invoiced_minor {big} not null default 0;
alter table orders add column credited_minor {big} not null default 0;
alter table orders add column deposit_minor {big} not null default 0;
alter table orders add column deposit_base_minor {big} not null default 0;
alter table orders add column receivable_minor {big} not null default 0;
alter table orders add column receivable_base_minor {big} not null default 0;
alter table orders add column refund_due_minor {big} not null default 0;
alter table orders add column refund_due_base_minor {big} not null default 0;
alter table order_lines add column tax_scheme text not null default 'DOMESTIC' check (tax_scheme in ('DOMESTIC', 'OSS', 'EXPORT', 'REVERSE_CHARGE', 'EXEMPT'));
alter table order_lines add column tax_country text;
alter table order_lines add column home_rate_ppm integer not null default 0;
alter table order_lines add column tax_given {bool} not null default false;
update order_lines set home_rate_ppm = tax_rate_ppm;
alter table variants add column tax_category text not null default 'STANDARD';
alter table legal_entities add column one_stop_shop {bool} not null default false;
create table tax_rates (
    country {key} not null,
    category {key} not null,
    day {key} not null,
    rate_ppm integer not null,
    set_at {time} not null,
    primary key (country, category, day)
){clustered};
alter table order_adjustments add column tax_parts {json};
alter table payments add column capturing_minor {big} not null default 0;
alter table payments add column refunding_minor {big} not null default 0;
create table exchange_rates (
    base {key} not null,
    currency {key} not null,
    day {key} not null,
    rate text not null,
    source text,
    set_at {time} not null,
    primary key (base, currency, day)
){clustered};
create table ledger_accounts (
    id {uuid} not null,
    legal_entity_id {uuid} not null,
    code integer not null,
    name text not null,
    kind text not null check (kind in ('ASSET', 'LIABILITY', 'REVENUE', 'EXPENSE', 'MEMO')),
    primary key (id)
);
create unique index ledger_accounts_code on ledger_accounts (legal_entity_id, code);
{journal_series}
create table journal_entries (
    id {uuid} not null,
    epoch integer not null,
    legal_entity_id {uuid} not null,
    template {key} not null,
    source_id {uuid} not null,
    at {time} not null,
    business_date {key} not null,
    recorded_at {time} not null,
    description text not null,
    subject_type text not null,
    subject_id {uuid} not null,
    order_id {uuid},
    event_id {uuid},
    reverses_id {uuid},
    hash text not null,
    {journal_position},
    {event_identity}
);
{journal_tail_index}
create unique index journal_entries_source on journal_entries (source_id, template);
create index journal_entries_entity on journal_entries (legal_entity_id, at, id);
create index journal_entries_subject on journal_entries (subject_id, id);
create index journal_entries_order on journal_entries (order_id, id) where order_id is not null;
create unique index journal_entries_reverses on journal_entries (reverses_id) where reverses_id is not null;
create table postings (
    entry_id {uuid} not null,
    position integer not null,
    legal_entity_id {uuid} not null,
    account integer not null,
    currency text not null,
    amount_minor {big} not null,
    base_minor {big} not null,
    at {time} not null,
    subledger {json} not null,
    primary key (entry_id, position)
){clustered};
create index postings_account on postings (legal_entity_id, account, at{covering_posting});
create table journal_seals (
    number {big} not null,
    entries {big} not null,
    last_epoch integer not null,
    last_place {big} not null,
    last_id {uuid} not null,
    hash text not null,
    sealed_at {time} not null,
    primary key (number)
);
create table invoice_series (
    legal_entity_id {uuid} not null,
    series {key} not null,
    year integer not null,
    last integer not null,
    last_at {time} not null,
    primary key (legal_entity_id, series, year)
);
create table invoices (
    id {uuid} not null,
    number {key} not null,
    series {key} not null,
    year integer not null,
    sequence integer not null,
    kind text not null check (kind in ('INVOICE', 'CREDIT_NOTE')),
    cause text not null check (cause in ('SHIPMENT', 'CORRECTION', 'RETURN', 'ALLOWANCE')),
    legal_entity_id {uuid} not null,
    channel_id {uuid} not null,
    order_id {uuid} not null,
    order_number text not null,
    customer_id {uuid},
    fulfillment_id {uuid},
    corrects_id {uuid},
    issued_at {time} not null,
    issued_on {key} not null,
    due_at {time},
    currency text not null,
    tax_included {bool} not null,
    seller {json} not null,
    buyer_tax_id text,
    net_minor {big} not null,
    tax_minor {big} not null,
    gross_minor {big} not null,
    gross_base_minor {big} not null,
    reason text,
    primary key (id)
);
create unique index invoices_number on invoices (legal_entity_id, series, year, sequence);
create index invoices_find on invoices (number);
create index invoices_issued on invoices (issued_at, id);
create index invoices_order on invoices (order_id, id);
create index invoices_customer on invoices (customer_id, id) where customer_id is not null;
create index invoices_corrects on invoices (corrects_id) where corrects_id is not null;
create table invoice_lines (
    invoice_id {uuid} not null,
    position integer not null,
    order_id {uuid} not null,
    order_line_id {uuid},
    adjustment_kind text,
    sku text,
    description text not null,
    quantity integer not null,
    unit_price_minor {big} not null,
    list_minor {big} not null,
    discount_minor {big} not null,
    net_minor {big} not null,
    tax_minor {big} not null,
    net_base_minor {big} not null,
    tax_base_minor {big} not null,
    tax_rate_ppm integer not null,
    tax_scheme text not null check (tax_scheme in ('DOMESTIC', 'OSS', 'EXPORT', 'REVERSE_CHARGE', 'EXEMPT')),
    tax_country text,
    primary key (invoice_id, position)
){clustered};
create index invoice_lines_order on invoice_lines (order_id);
create table invoice_parties (
    invoice_id {uuid} not null,
    bill_to {json} not null,
    primary key (invoice_id)
);
create table invoice_dues (
    invoice_id {uuid} not null,
    order_id {uuid} not null,
    legal_entity_id {uuid} not null,
    due_at {time} not null,
    open_minor {big} not null,
    primary key (invoice_id)
);
create index invoice_dues_open on invoice_dues (due_at, invoice_id) where open_minor > 0;
create index invoice_dues_order on invoice_dues (order_id, due_at);
with chart (code, name, kind) as (values
    (1000, 'Bank', 'ASSET'),
    (1050, 'Payouts in transit', 'ASSET'),
    (1100, 'PSP clearing', 'ASSET'),
    (1110, 'PSP reserve', 'ASSET'),
    (1150, 'Receivables on account', 'ASSET'),
    (1180, 'Disputed funds', 'ASSET'),
    (1200, 'Inventory', 'ASSET'),
    (1210, 'Returns under inspection', 'ASSET'),
    (2000, 'Customer deposits', 'LIABILITY'),
    (2050, 'Refunds payable', 'LIABILITY'),
    (2100, 'VAT payable', 'LIABILITY'),
    (2150, 'Gift cards', 'LIABILITY'),
    (2160, 'Store credit', 'LIABILITY'),
    (2190, 'Unallocated receipts', 'LIABILITY'),
    (4000, 'Product revenue', 'REVENUE'),
    (4010, 'Shipping revenue', 'REVENUE'),
    (4020, 'Breakage', 'REVENUE'),
    (4090, 'Discounts', 'REVENUE'),
    (4100, 'Sales returns', 'REVENUE'),
    (4110, 'Restocking fees', 'REVENUE'),
    (5000, 'Cost of goods sold', 'EXPENSE'),
    (5010, 'Shrink and scrap', 'EXPENSE'),
    (6000, 'PSP fees', 'EXPENSE'),
    (6010, 'Chargeback fees', 'EXPENSE'),
    (6020, 'Chargeback losses', 'EXPENSE'),
    (6030, 'Bank charges', 'EXPENSE'),
    (6040, 'Goodwill', 'EXPENSE'),
    (6050, 'Bad debt', 'EXPENSE'),
    (6060, 'Rounding differences', 'EXPENSE'),
    (6070, 'FX differences', 'EXPENSE'),
    (9000, 'Authorizations', 'MEMO'),
    (9001, 'Authorizations, contra', 'MEMO'))
insert into ledger_accounts (id, legal_entity_id, code, name, kind)
select {new_uuid}, e.id, chart.code, chart.name, chart.kind from legal_entities e cross join chart;
{guard:journal_entries:update}
{guard:journal_entries:delete}
{guard:postings:update}
{guard:postings:delete}
{guard:journal_seals:update}
{guard:journal_seals:delete}
{guard:invoices:update}
{guard:invoices:delete}
{guard:invoice_lines:update}
{guard:invoice_lines:delete}
",
    down: r"
drop table invoice_dues;
drop table invoice_parties;
drop table invoice_lines;
drop table invoices;
drop table invoice_series;
drop table journal_seals;
drop table postings;
drop table journal_entries;
{drop_journal_series}
drop table ledger_accounts;
drop table exchange_rates;
alter table payments drop column refunding_minor;
alter table payments drop column capturing_minor;
alter table order_adjustments drop column tax_parts;
drop table tax_rates;
alter table legal_entities drop column one_stop_shop;
alter table variants drop column tax_category;
alter table order_lines drop column tax_given;
alter table order_lines drop column home_rate_ppm;
alter table order_lines drop column tax_country;
alter table order_lines drop column tax_scheme;
alter table orders drop column refund_due_base_minor;
alter table orders drop column refund_due_minor;
alter table orders drop column receivable_base_minor;
alter table orders drop column receivable_minor;
alter table orders drop column deposit_base_minor;
alter table orders drop column deposit_minor;
alter table orders drop column credited_minor;
alter table orders drop column invoiced_minor;
alter table orders drop column in_books;
alter table orders drop column tax_rounding;
alter table legal_entities drop column closed_through;
alter table legal_entities drop column tax_rounding;
alter table legal_entities drop column time_zone;
",
}
