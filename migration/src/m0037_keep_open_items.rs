//! Steps of payments as open items of what providers hold, and what the lines of a report come to: so that a reconciliation
//! reads what is open and what changed since, not all that ever was.

crate::dialect::concern! {
    "m0037_keep_open_items",
    up: r"
create table clearing_items (
    transaction_id {uuid} not null references payment_transactions (id),
    payment_id {uuid} not null,
    legal_entity_id {uuid} not null,
    channel_id {uuid} not null,
    provider text not null,
    currency text not null,
    kind text not null check (kind in ('CAPTURE', 'REFUND', 'CHARGEBACK', 'CHARGEBACK_REVERSAL')),
    at {time} not null,
    amount_minor {big} not null,
    settled_minor {big} not null,
    settled_from {time},
    settled_at {time},
    primary key (transaction_id)
){often_changed};
create index clearing_items_moved on clearing_items (at);
create index clearing_items_open on clearing_items (at) where settled_minor <> amount_minor;
create index clearing_items_settled on clearing_items (settled_at);
create table settlement_sums (
    report_id {uuid} not null references settlement_reports (id),
    currency text not null,
    net_minor {big} not null,
    payouts_back_minor {big} not null,
    fee_minor {big} not null,
    first_at {time} not null,
    last_at {time} not null,
    primary key (report_id, currency)
){often_changed};
insert into clearing_items
select t.id, p.id, c.legal_entity_id, o.channel_id, p.provider, p.currency, t.kind, t.at, t.amount_minor,
    coalesce(s.minor, 0), s.first_at, s.last_at
from payment_transactions t join payments p on p.id = t.payment_id join orders o on o.id = p.order_id
join channels c on c.id = o.channel_id
left join (
    select m.transaction_id, sum(m.amount_minor) as minor, min(coalesce(r.booked_at, m.matched_at)) as first_at,
        max(coalesce(r.booked_at, m.matched_at)) as last_at
    from matches m left join settlement_lines l on l.id = m.settlement_line_id
    left join settlement_reports r on r.id = l.report_id
    where m.transaction_id is not null and m.state = 'CONFIRMED' group by m.transaction_id) s on s.transaction_id = t.id
where t.state = 'SUCCEEDED' and t.kind in ('CAPTURE', 'REFUND', 'CHARGEBACK', 'CHARGEBACK_REVERSAL')
    and o.in_books and not o.draft and p.credit_id is null;
insert into settlement_sums
select l.report_id, l.currency,
    sum(case when l.kind = 'PAYOUT_REVERSAL' then 0 else l.net_minor end),
    sum(case when l.kind = 'PAYOUT_REVERSAL' then l.net_minor else 0 end),
    sum(case when l.kind = 'PAYOUT_REVERSAL' then 0 when l.kind in ('FEE', 'CORRECTION') then -l.net_minor else l.fee_minor end),
    min(coalesce(l.booked_at, r.booked_at, r.imported_at)), max(coalesce(l.booked_at, r.booked_at, r.imported_at))
from settlement_lines l join settlement_reports r on r.id = l.report_id
where l.state = 'MATCHED' and l.kind not in ('PAYOUT', 'BALANCE_TRANSFER')
group by l.report_id, l.currency;
",
    down: r"
drop table settlement_sums;
drop table clearing_items;
",
}
