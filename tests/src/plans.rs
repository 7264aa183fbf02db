//! How the database answers: by an index, never by reading a table from end to end.

use crate::app::TestApp;
use crate::database;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

/// How the database would run a statement, in words.
async fn plan(connection: &DatabaseConnection, statement: &Statement) -> String {
    let postgres = database::server().is_some();
    let prefix = if postgres { "explain (costs off) " } else { "explain query plan " };
    let explain = Statement { sql: format!("{prefix}{}", statement.sql), ..statement.clone() };
    let rows = connection.query_all_raw(explain).await.expect("a plan");
    let column = if postgres { 0 } else { 3 };
    rows.iter()
        .map(|row| row.try_get_by_index::<String>(column).unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A connection that plans as a node's do, and without reading whole tables where there is another way.
pub async fn planner(app: &TestApp) -> DatabaseConnection {
    let connection = app.database.single().await;
    if database::server().is_some() {
        for setting in ["enable_seqscan = off", "plan_cache_mode = force_generic_plan", "jit = off"]
        {
            connection.execute_unprepared(&format!("set {setting}")).await.unwrap();
        }
        connection.execute_unprepared("analyze").await.unwrap();
    }
    connection
}

/// Whether a step of a plan goes through a table without an index, but for what was just gathered from one.
fn reads_everything(step: &str, walked: &[&str]) -> bool {
    let step = step.trim();
    let Some(scan) = step.strip_prefix("SCAN ") else { return step.contains("Seq Scan on") };
    let of = scan.split(' ').next().unwrap_or_default();
    let counted = |letter: char| {
        of.strip_prefix(letter).is_some_and(|rest| rest.chars().all(|one| one.is_ascii_digit()))
    };
    // The names that lists give to what they gathered; a search goes through its words.
    let gathered =
        matches!(of, "k" | "q" | "w" | "CONSTANT") || counted('u') || of.starts_with("(subquery");
    !gathered && !walked.iter().any(|index| scan.contains(index))
}

/// Every statement of a list is served by indexes; answers with how many there were.
pub async fn assert_by_index(
    app: &TestApp,
    connection: &DatabaseConnection,
    tables: &[&str],
    walked: &[&str],
    what: &str,
) -> usize {
    let mut looked_at = 0;
    for statement in app.store.take_recorded() {
        if tables.iter().any(|table| statement.sql.contains(table)) {
            looked_at += 1;
            let plan = plan(connection, &statement).await;
            let bad = plan.lines().find(|line| reads_everything(line, walked));
            assert!(bad.is_none(), "{what}\n{}\n{plan}", statement.sql);
        }
    }
    looked_at
}
