//! A database per test: a `SQLite` file, or a `PostgreSQL` database copied from a migrated template.

use operations::{Store, StoreOptions};
use sea_orm::{ConnectionTrait, Database as Connect, DatabaseConnection, Statement};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tokio::sync::OnceCell;

static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static COUNT: AtomicU32 = AtomicU32::new(0);

pub struct Database {
    pub url: String,
    folder: Option<TempDir>,
    server: Option<(String, String)>,
}

/// The `PostgreSQL` server to test on, if one is named.
pub fn server() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
}

fn with_name(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, ""), |(base, query)| (base, query));
    let base = base.rsplit_once('/').map_or(base, |(base, _)| base);
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{base}/{name}{query}")
}

async fn run(url: &str, sql: &str) {
    let connection = Connect::connect(url).await.expect("the test server answers");
    connection.execute_unprepared(sql).await.expect(sql);
    connection.close().await.expect("closes");
}

impl Database {
    /// An empty database without a schema.
    pub async fn empty() -> Self {
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let Some(server) = server() else {
            let folder = TempDir::new().expect("a temporary folder");
            let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
            return Self { url, folder: Some(folder), server: None };
        };
        let name = format!("aftercart_test_{}_{number}", std::process::id());
        run(&server, &format!("create database {name}")).await;
        Self { url: with_name(&server, &name), folder: None, server: Some((server, name)) }
    }

    /// A database with the current schema.
    pub async fn migrated() -> Self {
        let Some(server) = server() else {
            let database = Self::empty().await;
            let store = Store::connect(StoreOptions::new(&database.url)).await.expect("connects");
            store.migrate().await.expect("migrates");
            store.close().await;
            return database;
        };
        let template = TEMPLATE
            .get_or_init(|| async {
                let name = format!("aftercart_template_{}", std::process::id());
                run(&server, &format!("drop database if exists {name}")).await;
                run(&server, &format!("create database {name}")).await;
                let url = with_name(&server, &name);
                let store = Store::connect(StoreOptions::new(url)).await.expect("connects");
                store.migrate().await.expect("migrates");
                store.close().await;
                name
            })
            .await;
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("aftercart_test_{}_{number}", std::process::id());
        run(&server, &format!("create database {name} template {template} strategy file_copy"))
            .await;
        Self { url: with_name(&server, &name), folder: None, server: Some((server, name)) }
    }

    /// One connection alone, so that what is set on it stays.
    pub async fn single(&self) -> DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false);
        Connect::connect(options).await.expect("connects")
    }

    /// A connection past every rule, to look at rows and to plant damage.
    pub async fn raw(&self) -> DatabaseConnection {
        Connect::connect(&self.url).await.expect("connects")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((server, name)) = self.server.take() else { return };
        // In a thread of its own: a drop cannot wait for a future.
        let cleanup = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                run(&server, &format!("drop database if exists {name} with (force)")).await;
            });
        });
        let _joined = cleanup.join();
        drop(self.folder.take());
    }
}

/// One number from the database.
pub async fn number(connection: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.expect(sql).expect("a row");
    row.try_get_by_index::<i64>(0).expect("a number")
}
