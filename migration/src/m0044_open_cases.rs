//! Cases of the contact center: what customers ask for, what was answered, and what they were given for it.

crate::dialect::concern! {
    "m0044_open_cases",
    up: r"
{case_series}
create table cases (
    id {uuid} not null,
    version integer not null,
    number {key} not null,
    customer_id {uuid} references customers (id),
    order_id {uuid},
    return_id {uuid},
    subject_type text,
    subject_id {uuid},
    channel_id {uuid},
    kind text not null check (kind in ('WHERE_IS_MY_ORDER', 'LOST_PACKAGE', 'WRONG_ITEM', 'DAMAGED', 'EXCHANGE', 'REFUND', 'PAYMENT', 'PRODUCT_QUESTION', 'COMPLAINT', 'OTHER')),
    subject text not null,
    state text not null check (state in ('OPEN', 'WAITING_ON_CUSTOMER', 'WAITING_ON_TEAM', 'RESOLVED', 'CLOSED')),
    priority text not null check (priority in ('LOW', 'NORMAL', 'HIGH', 'URGENT')),
    contact_channel text not null check (contact_channel in ('EMAIL', 'PHONE', 'CHAT', 'SOCIAL', 'STORE', 'WEB')),
    assignee_id {uuid},
    opened_at {time} not null,
    first_responded_at {time},
    answer_due_at {time},
    solve_due_at {time} not null,
    queue_at {time} not null,
    paused_since {time},
    resolved_at {time},
    resolution text,
    satisfaction integer,
    reopened integer not null,
    updated_at {time} not null,
    primary key (id)
){often_changed};
create unique index cases_number on cases (number);
create index cases_queue on cases (queue_at, id);
create index cases_customer on cases (customer_id, id) where customer_id is not null;
create index cases_order on cases (order_id, id) where order_id is not null;
create index cases_assignee on cases (assignee_id, queue_at, id) where assignee_id is not null;
create table case_messages (
    id {uuid} not null,
    case_id {uuid} not null references cases (id),
    direction text not null check (direction in ('INBOUND', 'OUTBOUND')),
    author_kind text check (author_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
    author_id {uuid},
    text text not null,
    internal {bool} not null,
    at {time} not null,
    primary key (id)
);
create index case_messages_case on case_messages (case_id, id);
create table case_words (
    case_id {uuid} not null references cases (id),
    word {key} not null,
    primary key (case_id, word)
);
create index case_words_word on case_words (word, case_id);
alter table credit_entries add column case_id {uuid};
create index credit_entries_case on credit_entries (case_id) where case_id is not null;
alter table money_grants add column case_id {uuid};
alter table refund_requests add column case_id {uuid};
create index money_grants_case on money_grants (case_id) where case_id is not null;
",
    down: r"
alter table refund_requests drop column case_id;
drop index money_grants_case;
alter table money_grants drop column case_id;
drop index credit_entries_case;
alter table credit_entries drop column case_id;
drop table case_words;
drop table case_messages;
drop table cases;
{drop_case_series}
",
}
