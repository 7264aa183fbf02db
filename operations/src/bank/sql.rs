//! Every query of bank statements.

use crate::error::Result;
use crate::sql::sql;
use crate::store::{Db, WriteTx};
use entities::enums::SettlementLineState;
use entities::{bank_line, bank_statement, invoice, match_row, payout};
use sea_orm::ActiveEnum;
use uuid::Uuid;

pub(super) async fn statements_of_content(
    db: &Db,
    hashes: &[&str],
) -> Result<Vec<bank_statement::Model>> {
    db.all(sql("select * from bank_statements where content_hash = any(?)").texts(hashes)).await
}

/// The statements of the account before and after one, by day.
pub(super) async fn neighbours(
    db: &Db,
    row: &bank_statement::Model,
) -> Result<(Option<bank_statement::Model>, Option<bank_statement::Model>)> {
    let Some(day) = &row.to_day else { return Ok((None, None)) };
    let query = sql(
        "select * from bank_statements where account = ? and (to_day < ? or to_day = ? and id < ?)
         order by to_day desc, id desc limit 1",
    )
    .bind(row.account.as_str())
    .bind(day.as_str())
    .bind(day.as_str())
    .bind(row.id);
    let before = db.first(query).await?;
    let query = sql("select * from bank_statements where account = ? and to_day > ?
         order by to_day, id limit 1");
    Ok((before, db.first(query.bind(row.account.as_str()).bind(day.as_str())).await?))
}

pub(crate) async fn statements(db: &Db, ids: &[Uuid]) -> Result<Vec<bank_statement::Model>> {
    db.all(sql("select * from bank_statements where id = any(?) order by id").ids(ids)).await
}

/// Whether something about a statement stands in the way of matching its entries.
pub(super) async fn is_blocked(db: &Db, statement: Uuid) -> Result<bool> {
    let query = sql("select count(*) from reconciliation_exceptions
         where subject = ? and kind in ('STATEMENT_GAP', 'BALANCE_BREAK') and state <> 'RESOLVED'");
    let open: Option<i64> = db.value(query.bind(statement.to_string())).await?;
    Ok(open.unwrap_or(0) > 0)
}

pub(super) async fn open_lines_behind(
    tx: &WriteTx,
    statement: Uuid,
    behind: i32,
    limit: i64,
) -> Result<Vec<bank_line::Model>> {
    let query = sql(
        "select * from bank_lines where statement_id = ? and line_number > ? and state = 'OPEN'
         order by line_number limit ?",
    );
    tx.all(query.bind(statement).bind(behind).bind(limit)).await
}

pub(crate) async fn lines(db: &Db, ids: &[Uuid]) -> Result<Vec<bank_line::Model>> {
    db.all(sql("select * from bank_lines where id = any(?) order by id").ids(ids)).await
}

/// Statements of a company with entries that nothing explains.
pub(super) async fn with_open_lines(db: &Db, entity: Uuid) -> Result<Vec<Uuid>> {
    let query = sql("select distinct l.statement_id from bank_lines l
         join bank_statements s on s.id = l.statement_id where s.legal_entity_id = ? and l.state = 'OPEN'");
    db.values(query.bind(entity)).await
}

/// Payouts that the bank should have, or may.
pub(super) async fn expected_payouts(tx: &WriteTx, entity: Uuid) -> Result<Vec<payout::Model>> {
    let query = sql("select * from payouts where legal_entity_id = ? and state in ('IN_TRANSIT', 'MISSING') and booked
         order by id").bind(entity).add(tx.for_update());
    tx.all(query).await
}

pub(crate) async fn lock_payouts(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<payout::Model>> {
    let query = sql("select * from payouts where id = any(?)").ids(ids).add(" order by id");
    tx.all(query.add(tx.for_update())).await
}

pub(crate) async fn lock_line(tx: &WriteTx, id: Uuid) -> Result<Option<bank_line::Model>> {
    tx.first(sql("select * from bank_lines where id = ?").bind(id).add(tx.for_update())).await
}

pub(crate) async fn set_state(
    tx: &WriteTx,
    lines: &[Uuid],
    state: SettlementLineState,
) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let query = sql("update bank_lines set state = ? where id = any(?)");
    tx.run(query.bind(state.to_value()).ids(lines)).await?;
    Ok(())
}

/// Invoices of a company by their numbers, with what is open of them.
pub(super) async fn invoices_numbered(
    db: &Db,
    entity: Uuid,
    numbers: &[&str],
) -> Result<Vec<invoice::Model>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql(
        "select i.* from invoices i where i.legal_entity_id = ? and i.kind = 'INVOICE' and i.number = any(?)",
    );
    db.all(query.bind(entity).texts(numbers)).await
}

/// Matches that stand, of entries.
pub(crate) async fn matches_of_lines(db: &Db, lines: &[Uuid]) -> Result<Vec<match_row::Model>> {
    let query =
        sql("select * from matches where bank_line_id = any(?) and state <> 'UNDONE' order by id");
    db.all(query.ids(lines)).await
}

/// Entries that have a part of a payout, by payout.
pub(super) async fn parts_of_payouts(
    db: &Db,
    payouts: &[Uuid],
) -> Result<std::collections::HashMap<Uuid, Vec<bank_line::Model>>> {
    let mut parts: std::collections::HashMap<Uuid, Vec<bank_line::Model>> =
        std::collections::HashMap::new();
    if payouts.is_empty() {
        return Ok(parts);
    }
    let query = sql("select payout_id, bank_line_id from reconciliation_exceptions
         where kind = 'BANK_SHORT' and state = 'OPEN' and bank_line_id is not null and payout_id = any(?)");
    let pairs: Vec<(Uuid, Uuid)> = db.values(query.ids(payouts)).await?;
    let ids: Vec<Uuid> = pairs.iter().map(|(_, line)| *line).collect();
    if ids.is_empty() {
        return Ok(parts);
    }
    for line in lines(db, &ids).await? {
        let of = pairs.iter().find(|(_, id)| *id == line.id).map(|(payout, _)| *payout);
        if let Some(payout) = of.filter(|_| line.state == SettlementLineState::Open) {
            parts.entry(payout).or_default().push(line);
        }
    }
    Ok(parts)
}

/// Entries of which another statement of the account told before: the same name, day and amount.
pub(super) async fn seen_before(
    db: &Db,
    statement: &bank_statement::Model,
    lines: &[bank_line::Model],
) -> Result<Vec<Uuid>> {
    let references: Vec<&str> = lines.iter().filter_map(|line| line.reference.as_deref()).collect();
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("select n.id from bank_lines n
         join bank_lines o on o.reference = n.reference and o.booked_at = n.booked_at
             and o.amount_minor = n.amount_minor and o.currency = n.currency and o.id < n.id
         join bank_statements s on s.id = o.statement_id and s.account = ? and s.id <> ?
         where n.statement_id = ? and n.reference = any(?)")
    .bind(statement.account.as_str())
    .bind(statement.id)
    .bind(statement.id)
    .texts(&references);
    db.values(query).await
}

/// Takes away entries of statements that never came to be, because whoever read them went away.
pub(crate) async fn clear_orphans(tx: &WriteTx, before: Uuid) -> Result<u64> {
    let query = sql("delete from bank_lines where state = 'OPEN' and id < ?
         and not exists (select 1 from bank_statements s where s.id = bank_lines.statement_id)");
    tx.run(query.bind(before)).await
}
