//! What differs between the two databases, all of it.

use sea_orm_migration::sea_orm::DbBackend;

/// Token, `PostgreSQL`, `SQLite`.
///
/// Times are `timestamptz` on `PostgreSQL` and fixed-width UTC text on `SQLite`, so that text order is
/// time order. Keys compare by code point on both. A UUID is 16 bytes on both.
const TOKENS: &[(&str, &str, &str)] = &[
    ("{uuid}", "uuid", "blob"),
    ("{key}", "text collate \"C\"", "text"),
    ("{big}", "bigint", "integer"),
    ("{bool}", "boolean", "boolean"),
    ("{time}", "timestamptz", "datetime"),
    ("{json}", "jsonb", "text"),
    ("{float}", "double precision", "real"),
    ("{bytes}", "bytea", "blob"),
    // Narrow rows that are only ever found by key: one tree instead of two.
    ("{clustered}", "", " without rowid"),
    // Room on each page for the next version of a row that changes with every order.
    ("{often_changed}", " with (fillfactor = 70)", ""),
    // Null promises sort behind every real one; the same constant stands in the query.
    (
        "{promised_or_never}",
        "(coalesce(promised_by, timestamptz '9999-12-31 00:00:00+00'))",
        "(coalesce(promised_by, '9999-12-31T00:00:00.000000Z'))",
    ),
    (
        "{ship_by_or_never}",
        "(coalesce(ship_by, timestamptz '9999-12-31 00:00:00+00'))",
        "(coalesce(ship_by, '9999-12-31T00:00:00.000000Z'))",
    ),
    // A column that the database derives; SQLite adds none that it would have to write into every row.
    ("{generated}", "stored", "virtual"),
    // The moment of placement beside the key of an index, so that the index alone answers.
    ("{covering_placed}", ") include (placed_at", ", placed_at"),
    // All that a list of orders is sorted by.
    ("{covering_sorts}", ") include (total_scaled, promised_key", ", total_scaled, promised_key"),
    (
        "{components_as_json}",
        "jsonb_agg(jsonb_build_array(b.component_id, b.quantity))",
        "json_group_array(json_array(lower(hex(b.component_id)), b.quantity))",
    ),
    ("{country_of_address}", "address ->> 'country_code'", "json_extract(address, '$.country_code')"),
    // What is taken out of the index of words is overwritten there.
    (
        "{forget_searched_words}",
        "",
        "insert into order_words (order_words, rank) values ('secure-delete', 1);",
    ),
    ("{no_uuid}", "'00000000-0000-0000-0000-000000000000'", "x'00000000000000000000000000000000'"),
    // Words are taken as they are: parted by blanks, folded already, any other character part of them.
    (
        "{order_documents}",
        "create table order_documents (
             order_id uuid not null,
             words text not null,
             primary key (order_id)
         );
         create index order_documents_words on order_documents
             using gin (array_to_tsvector(array_remove(string_to_array(words, ' '), '')));",
        r#"create table order_documents (
             seq integer primary key,
             order_id blob not null unique,
             words text not null
         );
         create virtual table order_words using fts5(words, content = 'order_documents',
             content_rowid = 'seq', tokenize = "ascii tokenchars '#!""$%&''()*+,-./:;<=>?@[\]^_`{|}~'");
         create trigger order_documents_added after insert on order_documents begin
             insert into order_words (rowid, words) values (new.seq, new.words);
         end;
         create trigger order_documents_removed after delete on order_documents begin
             insert into order_words (order_words, rowid, words) values ('delete', old.seq, old.words);
         end;
         create trigger order_documents_changed after update of words on order_documents begin
             insert into order_words (order_words, rowid, words) values ('delete', old.seq, old.words);
             insert into order_words (rowid, words) values (new.seq, new.words);
         end;"#,
    ),
    ("{drop_order_documents}", "drop table order_documents;", "drop table order_words; drop table order_documents;"),
    // Behind every real promise.
    ("{never}", "timestamptz '9999-12-31 00:00:00+00'", "'9999-12-31T00:00:00.000000Z'"),
    // Position of an event: a reader must never pass one that commits later. On PostgreSQL the
    // writing transaction's id, read below the oldest running one; on SQLite commits are in order.
    (
        "{event_position}",
        "xid xid8 not null default pg_current_xact_id()",
        "position integer primary key autoincrement",
    ),
    ("{event_identity}", "primary key (id)", "unique (id)"),
    (
        "{event_tail_index}",
        "create index events_tail on events (epoch, xid, id);",
        "",
    ),
    (
        "{audit_tail_index}",
        "create index audit_entries_tail on audit_entries (epoch, xid, id);",
        "",
    ),
    (
        "{refuse_function}",
        "create function refuse_change() returns trigger language plpgsql as $$
         begin raise exception 'rows of % are never changed', tg_table_name; end $$;",
        "",
    ),
    (
        "{drop_refuse_function}",
        "drop function refuse_change();",
        "",
    ),
    // A parcel on its way back belongs to no fulfillment; SQLite takes no condition off a column.
    (
        "{parcels_of_returns}",
        "alter table parcels alter column fulfillment_id drop not null;",
        "alter table parcels rename to old_parcels;
         drop index parcels_fulfillment;
         drop index parcels_tracking;
         create table parcels (
             id blob not null,
             fulfillment_id blob,
             position integer not null,
             carrier text,
             tracking_number text,
             tracking_key text,
             tracking_url text,
             weight_grams integer,
             status text check (status in ('LABEL_CREATED', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'EXCEPTION', 'RETURNED_TO_SENDER', 'LOST')),
             shipped_at datetime,
             delivered_at datetime,
             received_by text,
             customs text,
             created_at datetime not null,
             primary key (id)
         );
         insert into parcels select * from old_parcels;
         drop table old_parcels;
         create index parcels_fulfillment on parcels (fulfillment_id, position);
         create index parcels_tracking on parcels (tracking_key) where tracking_key is not null;",
    ),
    (
        "{parcels_of_work_only}",
        "alter table parcels alter column fulfillment_id set not null;",
        "alter table parcels rename to old_parcels;
         drop index parcels_fulfillment;
         drop index parcels_tracking;
         create table parcels (
             id blob not null,
             fulfillment_id blob not null,
             position integer not null,
             carrier text,
             tracking_number text,
             tracking_key text,
             tracking_url text,
             weight_grams integer,
             status text check (status in ('LABEL_CREATED', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'EXCEPTION', 'RETURNED_TO_SENDER', 'LOST')),
             shipped_at datetime,
             delivered_at datetime,
             received_by text,
             customs text,
             created_at datetime not null,
             primary key (id)
         );
         insert into parcels select * from old_parcels;
         drop table old_parcels;
         create index parcels_fulfillment on parcels (fulfillment_id, position);
         create index parcels_tracking on parcels (tracking_key) where tracking_key is not null;",
    ),
    (
        "{no_events_pruned}",
        "insert into event_retention values (1, 0, 0, '00000000-0000-0000-0000-000000000000');",
        "insert into event_retention values (1, 0, 0, x'00000000000000000000000000000000', null);",
    ),
    (
        "{no_webhook_progress}",
        "insert into webhook_progress values (1, 0, 0, '00000000-0000-0000-0000-000000000000');",
        "insert into webhook_progress values (1, 0, 0, x'00000000000000000000000000000000');",
    ),
    // Events at or before the mark may go; the others stay, whoever asks.
    (
        "{guard_kept_events}",
        "create function refuse_kept_event() returns trigger language plpgsql as $$
         begin
             if (old.epoch, cast(cast(old.xid as text) as bigint), old.id)
                 > (select epoch, place, event_id from event_retention) then
                 raise exception 'events are kept until they are pruned';
             end if;
             return old;
         end $$;
         create trigger events_no_delete before delete on events \
         for each row execute function refuse_kept_event();",
        "create trigger events_no_delete before delete on events \
         when old.position > (select place from event_retention) \
         begin select raise(abort, 'events are kept until they are pruned'); end;",
    ),
    (
        "{drop_guard_kept_events}",
        "drop trigger events_no_delete on events; drop function refuse_kept_event();",
        "drop trigger events_no_delete;",
    ),
    // An edit may leave nothing of a line. SQLite cannot drop a check: the table is written anew.
    (
        "{allow_emptied_lines}",
        "alter table order_lines drop constraint order_lines_quantity_check;
         alter table order_lines add check (quantity >= 0);",
        "alter table order_lines rename to order_lines_before;
         create table order_lines (
             id blob not null,
             order_id blob not null,
             position integer not null,
             variant_id blob,
             sku text not null,
             sku_key text not null,
             name text not null,
             quantity integer not null,
             unit_price_minor integer not null,
             discount_minor integer not null,
             shipping_minor integer not null,
             tax_minor integer not null,
             tax_rate_ppm integer not null,
             total_minor integer not null,
             quantity_reserved integer not null,
             quantity_backordered integer not null,
             quantity_fulfilled integer not null,
             quantity_cancelled integer not null,
             quantity_returned integer not null,
             check (quantity >= 0),
             primary key (id)
         ) without rowid;
         insert into order_lines select * from order_lines_before;
         drop table order_lines_before;
         create index order_lines_order on order_lines (order_id, position);
         create index order_lines_sku on order_lines (sku_key, order_id);",
    ),
    // New kinds of movements, and what else they change. SQLite cannot change a check: the table is written anew.
    (
        "{widen_movements}",
        "alter table stock_movements drop constraint stock_movements_kind_check;
         alter table stock_movements add check (kind in ('RECEIPT', 'RESERVE', 'RELEASE', 'SHIP', 'RETURN', 'ADJUST', 'COUNT', 'TRANSFER_OUT', 'TRANSFER_IN', 'DAMAGE', 'SCRAP', 'EXPECT', 'TRANSIT', 'HOLD'));
         alter table stock_movements add column quality_hold_change bigint not null default 0;
         alter table stock_movements add column incoming_change bigint not null default 0;
         alter table stock_movements add column in_transit_change bigint not null default 0;
         alter table stock_movements add column value_change_minor bigint not null default 0;",
        "drop trigger stock_movements_no_delete;
         drop trigger stock_movements_no_update;
         alter table stock_movements rename to stock_movements_before;
         create table stock_movements (
             id blob not null,
             level_id blob not null,
             variant_id blob not null,
             location_id blob not null,
             kind text not null check (kind in ('RECEIPT', 'RESERVE', 'RELEASE', 'SHIP', 'RETURN', 'ADJUST', 'COUNT', 'TRANSFER_OUT', 'TRANSFER_IN', 'DAMAGE', 'SCRAP', 'EXPECT', 'TRANSIT', 'HOLD')),
             on_hand_change integer not null,
             reserved_change integer not null,
             damaged_change integer not null,
             reason text,
             actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
             actor_id blob,
             subject_type text,
             subject_id blob,
             unit_cost_minor integer,
             unit_cost_currency text,
             at datetime not null,
             quality_hold_change integer not null default 0,
             incoming_change integer not null default 0,
             in_transit_change integer not null default 0,
             value_change_minor integer not null default 0,
             primary key (id)
         ) without rowid;
         insert into stock_movements select id, level_id, variant_id, location_id, kind, on_hand_change, reserved_change, damaged_change, reason, actor_kind, actor_id, subject_type, subject_id, unit_cost_minor, unit_cost_currency, at, 0, 0, 0, 0 from stock_movements_before;
         drop table stock_movements_before;
         create index stock_movements_level on stock_movements (level_id, id);
         create index stock_movements_subject on stock_movements (subject_id) where subject_id is not null;",
    ),
    (
        "{narrow_movements}",
        "alter table stock_movements drop column value_change_minor;
         alter table stock_movements drop column in_transit_change;
         alter table stock_movements drop column incoming_change;
         alter table stock_movements drop column quality_hold_change;
         alter table stock_movements drop constraint stock_movements_kind_check;
         alter table stock_movements add check (kind in ('RECEIPT', 'RESERVE', 'RELEASE', 'SHIP', 'RETURN', 'ADJUST', 'COUNT', 'TRANSFER_OUT', 'TRANSFER_IN', 'DAMAGE', 'SCRAP'));",
        "drop trigger stock_movements_no_delete;
         drop trigger stock_movements_no_update;
         alter table stock_movements rename to stock_movements_before;
         create table stock_movements (
             id blob not null,
             level_id blob not null,
             variant_id blob not null,
             location_id blob not null,
             kind text not null check (kind in ('RECEIPT', 'RESERVE', 'RELEASE', 'SHIP', 'RETURN', 'ADJUST', 'COUNT', 'TRANSFER_OUT', 'TRANSFER_IN', 'DAMAGE', 'SCRAP')),
             on_hand_change integer not null,
             reserved_change integer not null,
             damaged_change integer not null,
             reason text,
             actor_kind text not null check (actor_kind in ('USER', 'API_TOKEN', 'SYSTEM')),
             actor_id blob,
             subject_type text,
             subject_id blob,
             unit_cost_minor integer,
             unit_cost_currency text,
             at datetime not null,
             primary key (id)
         ) without rowid;
         insert into stock_movements select id, level_id, variant_id, location_id, kind, on_hand_change, reserved_change, damaged_change, reason, actor_kind, actor_id, subject_type, subject_id, unit_cost_minor, unit_cost_currency, at from stock_movements_before;
         drop table stock_movements_before;
         create index stock_movements_level on stock_movements (level_id, id);
         create index stock_movements_subject on stock_movements (subject_id) where subject_id is not null;",
    ),
    // The guards went with the table that was written anew.
    ("{guard_movements_again}", "", "create trigger stock_movements_no_update before update on stock_movements \
         begin select raise(abort, 'rows of stock_movements are never changed'); end;
         create trigger stock_movements_no_delete before delete on stock_movements \
         begin select raise(abort, 'rows of stock_movements are never changed'); end;"),
    (
        "{stock_document_series}",
        "create sequence purchase_order_numbers start 1000001;
         create sequence transfer_numbers start 1000001;",
        "insert into number_series (name, last) values ('purchase_order_numbers', 1000000), ('transfer_numbers', 1000000);",
    ),
    (
        "{drop_stock_document_series}",
        "drop sequence purchase_order_numbers; drop sequence transfer_numbers;",
        "delete from number_series where name in ('purchase_order_numbers', 'transfer_numbers');",
    ),
    (
        "{return_series}",
        "create sequence return_numbers start 1000001;",
        "insert into number_series (name, last) values ('return_numbers', 1000000);",
    ),
    (
        "{drop_return_series}",
        "drop sequence return_numbers;",
        "delete from number_series where name = 'return_numbers';",
    ),
    (
        "{case_series}",
        "create sequence case_numbers start 1000001;",
        "insert into number_series (name, last) values ('case_numbers', 1000000);",
    ),
    (
        "{drop_case_series}",
        "drop sequence case_numbers;",
        "delete from number_series where name = 'case_numbers';",
    ),
    (
        "{journal_series}",
        "create sequence journal_numbers start 1;",
        "",
    ),
    ("{drop_journal_series}", "drop sequence journal_numbers;", ""),
    (
        "{journal_position}",
        "xid xid8 not null default pg_current_xact_id(),
    position bigint not null default nextval('journal_numbers')",
        "position integer primary key autoincrement",
    ),
    (
        "{journal_tail_index}",
        "create index journal_entries_tail on journal_entries (epoch, xid, id);",
        "",
    ),
    (
        "{covering_posting}",
        ") include (currency, amount_minor, base_minor",
        ", currency, amount_minor, base_minor",
    ),
    ("{new_uuid}", "gen_random_uuid()", "randomblob(16)"),
    (
        "{number_series}",
        "create sequence order_numbers start 1000001;
         create sequence customer_numbers start 1000001;",
        "create table number_series (name text primary key, last integer not null);
         insert into number_series (name, last) values ('order_numbers', 1000000), ('customer_numbers', 1000000);",
    ),
    (
        "{drop_number_series}",
        "drop sequence order_numbers; drop sequence customer_numbers;",
        "drop table number_series;",
    ),
];

/// The SQL for one database.
pub(crate) fn render(template: &str, backend: DbBackend) -> String {
    let postgres = backend == DbBackend::Postgres;
    let mut sql = template.to_owned();
    for (token, on_postgres, on_sqlite) in TOKENS {
        sql = sql.replace(token, if postgres { on_postgres } else { on_sqlite });
    }
    for table in ["events", "stock_movements"] {
        // SQLite's triggers have names of their own, PostgreSQL's belong to a table.
        let on = if postgres { format!(" on {table}") } else { String::new() };
        sql = sql.replace(&format!("{{on:{table}}}"), &on);
    }
    sql.replace("{guard:", if postgres { "{guard_postgres:" } else { "{guard_sqlite:" })
        .lines()
        .map(expand_guard)
        .collect::<Vec<_>>()
        .join("\n")
}

/// `{guard:TABLE:OPERATION}` alone on a line is a trigger that refuses the operation on the table.
fn expand_guard(line: &str) -> String {
    let parse = |prefix: &str| {
        let (table, operation) =
            line.trim().strip_prefix(prefix)?.strip_suffix('}')?.split_once(':')?;
        Some((table.to_owned(), operation.to_owned()))
    };
    if let Some((table, operation)) = parse("{guard_postgres:") {
        return format!(
            "create trigger {table}_no_{operation} before {operation} on {table} \
             for each row execute function refuse_change();"
        );
    }
    if let Some((table, operation)) = parse("{guard_sqlite:") {
        return format!(
            "create trigger {table}_no_{operation} before {operation} on {table} \
             begin select raise(abort, 'rows of {table} are never changed'); end;"
        );
    }
    line.to_owned()
}

/// A migration made of two SQL templates.
macro_rules! concern {
    ($name:literal, up: $up:literal, down: $down:literal $(,)?) => {
        use sea_orm_migration::prelude::{
            DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait,
        };

        pub(crate) struct Migration;

        impl MigrationName for Migration {
            fn name(&self) -> &str {
                $name
            }
        }

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                crate::dialect::run(manager, $up).await
            }

            async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                crate::dialect::run(manager, $down).await
            }
        }
    };
}
pub(crate) use concern;

pub(crate) async fn run(
    manager: &sea_orm_migration::SchemaManager<'_>,
    template: &str,
) -> Result<(), sea_orm_migration::DbErr> {
    use sea_orm_migration::sea_orm::ConnectionTrait;
    let sql = render(template, manager.get_database_backend());
    manager.get_connection().execute_unprepared(&sql).await?;
    Ok(())
}
