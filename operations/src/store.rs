//! The only place that begins a transaction.
//!
//! A [`Read`] answers from the reader pool. [`Store::write`] runs a body in one short transaction
//! and tries it again when another transaction was in the way; a body therefore touches nothing
//! but its [`WriteTx`].

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::ids::Ids;
use crate::procedures::known::Cell;
use crate::procedures::react::{self, Happened};
use crate::providers::SANDBOX;
use crate::risk::countries::IpCountries;
use crate::sql::{Sql, portable, sql};
use entities::Row;
use migration::{Migrate, Migrator};
use rand::RngExt;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};
use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::watch;

/// How often a transaction is tried before the caller is told to come back.
const ATTEMPTS: u32 = 6;
/// Writers that may wait for `SQLite`'s one writing connection.
const SQLITE_QUEUE: usize = 2_000;
/// A number of our own, so that nodes that start together migrate one after another.
const MIGRATION_LOCK: i64 = 4_207_849_611;

/// The database, the clock and the source of ids: all an operation needs from outside.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl std::fmt::Debug for Store {
    /// Without its address, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("backend", &self.0.backend).finish_non_exhaustive()
    }
}

struct Inner {
    connected: Vec<String>,
    url: String,
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    backend: DbBackend,
    clock: Clock,
    ids: Ids,
    ip_countries: IpCountries,
    statements: AtomicU64,
    /// Whether statements are kept for somebody who looks at their plans, and those that were.
    recording: AtomicBool,
    recorded: Mutex<Vec<Statement>>,
    waiting: AtomicUsize,
    epoch: AtomicI32,
    /// Procedures, as far as this node knows them.
    procedures: Cell,
    /// Counts the commits of this store.
    commits: watch::Sender<u64>,
    /// Counts hints that there is something new, from here or from another node.
    news: watch::Sender<u64>,
}

/// Where the database is and how it is used.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
    /// Connections on `PostgreSQL`, readers on `SQLite`.
    pub connections: u32,
    /// Tells the time.
    pub clock: Clock,
    /// Makes ids.
    pub ids: Ids,
    /// Tells from which country an IP address comes.
    pub ip_countries: IpCountries,
    /// Providers that are spoken to, by name.
    pub connected: Vec<String>,
}

impl StoreOptions {
    /// The usual options for a database.
    pub fn new(url: impl Into<String>) -> Self {
        let clock = Clock::system();
        let ids = Ids::random(clock.clone());
        let ip_countries = IpCountries::default();
        let connected = vec![SANDBOX.to_owned()];
        Self { url: url.into(), connections: 8, clock, ids, ip_countries, connected }
    }
}

impl Store {
    /// Opens the database. It need not be migrated yet.
    pub async fn connect(options: StoreOptions) -> Result<Self> {
        let backend = if options.url.starts_with("postgres") {
            DbBackend::Postgres
        } else {
            DbBackend::Sqlite
        };
        let (reader, writer) = if backend == DbBackend::Postgres {
            let pool = Database::connect(postgres_options(&options)).await?;
            (pool.clone(), pool)
        } else {
            let writer = Database::connect(sqlite_options(&options, 1, WRITER_CACHE)).await?;
            let readers = options.connections;
            let reader = Database::connect(sqlite_options(&options, readers, READER_CACHE)).await?;
            (reader, writer)
        };
        Ok(Self(Arc::new(Inner {
            url: options.url,
            reader,
            writer,
            backend,
            clock: options.clock,
            ids: options.ids,
            ip_countries: options.ip_countries,
            connected: options.connected,
            statements: AtomicU64::new(0),
            recording: AtomicBool::new(false),
            recorded: Mutex::default(),
            waiting: AtomicUsize::new(0),
            epoch: AtomicI32::new(1),
            procedures: Cell::default(),
            commits: watch::Sender::new(0),
            news: watch::Sender::new(0),
        })))
    }

    /// Brings the schema up to date; nodes that start together do it one after another. A schema
    /// newer than this program is refused.
    pub async fn migrate(&self) -> Result<()> {
        let tx = self.begin().await?;
        if self.0.backend == DbBackend::Postgres {
            // What a large database needs for it takes as long as it takes.
            tx.execute_unprepared("set local statement_timeout = 0").await?;
            let lock = format!("select pg_advisory_xact_lock({MIGRATION_LOCK})");
            tx.execute_unprepared(&lock).await?;
        }
        self.refuse_newer(&tx).await?;
        Migrator::up(&tx, None).await?;
        tx.commit().await?;
        self.load_epoch().await
    }

    /// Undoes every migration: for tests of the migrations themselves.
    pub async fn unmigrate(&self) -> Result<()> {
        let tx = self.begin().await?;
        Migrator::down(&tx, None).await?;
        Ok(tx.commit().await?)
    }

    /// Checks that the schema is the one this program knows, without changing it.
    pub async fn check_migrated(&self) -> Result<()> {
        let tx = self.begin().await?;
        self.refuse_newer(&tx).await?;
        let pending = Migrator::get_pending_migrations(&tx).await?.len();
        tx.rollback().await?;
        if pending > 0 {
            return Err(Error::Unavailable(format!(
                "the database lacks {pending} migrations: run `aftercart migrate`"
            )));
        }
        self.load_epoch().await
    }

    async fn refuse_newer(&self, tx: &DatabaseTransaction) -> Result<()> {
        let applied = Migrator::get_applied_migrations(tx).await;
        // A database of a newer program holds migrations this one does not know.
        match applied {
            Ok(_) => Ok(()),
            Err(error) if error.to_string().contains("Migration file of version") => {
                Err(Error::Unavailable(format!(
                    "the database was migrated by a newer aftercart ({error}): use that one"
                )))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Events are ordered by (epoch, transaction, id). After a logical restore a new cluster counts
    /// transactions from the start again, so the epoch is raised where the log is ahead of it.
    async fn load_epoch(&self) -> Result<()> {
        if self.0.backend != DbBackend::Postgres {
            return Ok(());
        }
        let newest = self
            .read()
            .value::<(i32, bool)>(sql(
                "select epoch, xid > pg_current_xact_id() as ahead from (
                 (select epoch, xid from events order by epoch desc, xid desc limit 1) union all
                 (select epoch, xid from audit_entries order by epoch desc, xid desc limit 1)) newest
                 order by epoch desc, xid desc limit 1",
            ))
            .await?;
        let (epoch, ahead) = newest.unwrap_or((1, false));
        self.0.epoch.store(if ahead { epoch + 1 } else { epoch }, Ordering::SeqCst);
        Ok(())
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The source of ids.
    pub fn ids(&self) -> &Ids {
        &self.0.ids
    }

    /// Whether this is `PostgreSQL`.
    pub fn is_postgres(&self) -> bool {
        self.0.backend == DbBackend::Postgres
    }

    /// Where the database is.
    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    /// Changes with every transaction of this store that changes anything: what other nodes are to be told.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.0.commits.subscribe()
    }

    /// Changes when there may be something new in the database.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.0.news.subscribe()
    }

    /// Another node says that there is something new.
    pub fn heard(&self) {
        self.0.news.send_modify(|count| *count += 1);
    }

    /// How many statements this store has run: what the statement-count tests look at.
    pub fn statements(&self) -> u64 {
        self.0.statements.load(Ordering::SeqCst)
    }

    /// Keeps every statement from now on: what the tests of plans look at.
    pub fn record_statements(&self) {
        self.0.recording.store(true, Ordering::SeqCst);
    }

    /// The statements kept since the last call.
    pub fn take_recorded(&self) -> Vec<Statement> {
        self.0.recorded.lock().map(|mut kept| std::mem::take(&mut *kept)).unwrap_or_default()
    }

    /// A handle for queries outside any transaction.
    pub fn read(&self) -> Read {
        Read(Db { store: self.clone(), connection: Connection::Pool(self.0.reader.clone()) })
    }

    async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        Ok(self.0.writer.begin_with_options(options).await?)
    }

    /// Runs a body in one transaction: whole or absent. It is run again, on a new transaction, when
    /// another one was in the way.
    pub async fn write<T, F, Fut>(&self, body: F) -> Result<T>
    where
        F: Fn(WriteTx) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let _place = self.queue()?;
        let turns = Arc::<Turns>::default();
        let mut attempt = 1;
        loop {
            let error = match self.attempt(&body, &turns).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if !error.is_transient() {
                return Err(error);
            }
            if attempt == ATTEMPTS {
                tracing::warn!(%error, "gave up after {ATTEMPTS} attempts");
                return Err(Error::Unavailable("too much contention, try again".into()));
            }
            let ceiling = 4 << attempt;
            let pause = rand::rng().random_range(1..=ceiling);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            attempt += 1;
        }
    }

    /// Runs a body in one transaction and undoes it: what would happen, to the cent, without its happening.
    pub(crate) async fn rehearse<T, F, Fut>(&self, body: F) -> Result<T>
    where
        T: Send,
        F: Fn(WriteTx) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let outcome = std::sync::Mutex::new(None);
        let (body, kept) = (&body, &outcome);
        let undone: Result<()> = self
            .write(|tx| async move {
                let value = body(tx).await?;
                if let Ok(mut kept) = kept.lock() {
                    *kept = Some(value);
                }
                Err(Error::Undone)
            })
            .await;
        match (undone, outcome.into_inner()) {
            (Err(Error::Undone), Ok(Some(value))) => Ok(value),
            (Err(error), _) => Err(error),
            (Ok(()), _) => Err(Error::Internal("a rehearsal was not undone".into())),
        }
    }

    async fn attempt<T, F, Fut>(&self, body: &F, turns: &Arc<Turns>) -> Result<T>
    where
        F: Fn(WriteTx) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let begun = self.begin().await?;
        self.0.statements.fetch_add(2, Ordering::SeqCst);
        let shared = Arc::new(begun);
        let connection = Connection::Transaction(shared.clone());
        let noted = Arc::new(Noted { turns: turns.clone(), ..Noted::default() });
        let tx = WriteTx(Db { store: self.clone(), connection }, noted.clone());
        let result = match tx.wait_for_turns().await {
            Ok(()) => followed(body, tx).await,
            Err(error) => {
                drop(tx);
                Err(error)
            }
        };
        let Some(tx) = Arc::into_inner(shared) else {
            return Err(Error::Internal("a transaction outlived its body".into()));
        };
        match result {
            Ok(value) => {
                tx.commit().await?;
                // One that only looked is no news, here or elsewhere.
                if noted.wrote.load(Ordering::SeqCst) {
                    self.0.commits.send_modify(|count| *count += 1);
                    self.heard();
                }
                Ok(value)
            }
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }

    /// On `SQLite` one writer works at a time; a queue without end would only grow.
    fn queue(&self) -> Result<Place<'_>> {
        let waiting = self.0.waiting.fetch_add(1, Ordering::SeqCst);
        let place = Place(&self.0.waiting);
        if self.0.backend == DbBackend::Sqlite && waiting >= SQLITE_QUEUE {
            return Err(Error::Unavailable("too many writers are waiting, try again".into()));
        }
        Ok(place)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.read().value::<i64>(sql("select cast(1 as bigint)")).await.map(|_| ())
    }

    /// Closes the pools; what runs is waited for.
    pub async fn close(&self) {
        for connection in [&self.0.reader, &self.0.writer] {
            if let Err(error) = connection.close_by_ref().await {
                tracing::warn!(%error, "a pool did not close");
            }
        }
    }
}

/// Runs a body, and lets the clocks of procedures listen to what it told of.
async fn followed<T, F, Fut>(body: &F, tx: WriteTx) -> Result<T>
where
    F: Fn(WriteTx) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let after = tx.share();
    let value = body(tx).await?;
    let happened = after.1.happened.lock().map(|mut all| std::mem::take(&mut *all));
    react::react(&after, happened.unwrap_or_default()).await?;
    Ok(value)
}

struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn postgres_options(options: &StoreOptions) -> ConnectOptions {
    let mut connect = ConnectOptions::new(&options.url);
    connect
        .max_connections(options.connections)
        .min_connections(options.connections.min(4))
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(|postgres| {
            postgres.statement_cache_capacity(500).options([
                ("statement_timeout", "30s"),
                ("lock_timeout", "10s"),
                ("idle_in_transaction_session_timeout", "30s"),
                ("jit", "off"),
                // Starting workers takes longer than any question of a page.
                ("max_parallel_workers_per_gather", "0"),
                // A list of ids would be planned anew each time: half of what placing an order costs.
                // Each combination of filters is a statement of its own, so one plan fits its calls.
                ("plan_cache_mode", "force_generic_plan"),
            ])
        });
    connect
}

/// Pages that `SQLite`'s writer keeps, in KiB: the inner pages of every index of a large shop.
const WRITER_CACHE: u32 = 64_000;
/// Pages that each of its readers keeps, in KiB.
const READER_CACHE: u32 = 16_000;
/// Pages of the log before they are copied into the file: an index page that many orders touch is
/// then copied once.
const CHECKPOINT: u32 = 4_000;

fn sqlite_options(options: &StoreOptions, connections: u32, cache: u32) -> ConnectOptions {
    use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
    let mut connect = ConnectOptions::new(&options.url);
    connect
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(500)
                .pragma("cache_size", format!("-{cache}"))
                // What is deleted is overwritten: people are erased, not forgotten about.
                .pragma("secure_delete", "on")
                .pragma("wal_autocheckpoint", CHECKPOINT.to_string())
        });
    connect
}

#[derive(Debug)]
enum Connection {
    Pool(DatabaseConnection),
    Transaction(Arc<DatabaseTransaction>),
}

/// A connection that runs statements, inside a transaction or not.
#[derive(Debug)]
pub struct Db {
    store: Store,
    connection: Connection,
}

/// Queries outside a transaction.
#[derive(Debug)]
pub struct Read(Db);

/// An open transaction: a function that takes one can only be called inside [`Store::write`].
#[derive(Debug)]
pub struct WriteTx(Db, Arc<Noted>);

/// Names that a body found taken: its next try has them from the start.
type Turns = Mutex<BTreeSet<String>>;

/// What is to be known of a transaction beside its rows.
#[derive(Debug, Default)]
struct Noted {
    /// Whether it changed any row.
    wrote: AtomicBool,
    /// Names that it waited for before anything else.
    turns: Arc<Turns>,
    /// What the audit log is to say of it, and whether it says so already.
    operation: OnceLock<&'static str>,
    audited: AtomicBool,
    /// What it told of, for the clocks of procedures.
    happened: Mutex<Vec<Happened>>,
}

impl Deref for Read {
    type Target = Db;
    fn deref(&self) -> &Db {
        &self.0
    }
}

impl Deref for WriteTx {
    type Target = Db;
    fn deref(&self) -> &Db {
        &self.0
    }
}

impl Db {
    /// Tells from which country an IP address comes.
    pub(crate) fn ip_countries(&self) -> &IpCountries {
        &self.store.0.ip_countries
    }

    /// Whether a provider is spoken to.
    pub(crate) fn is_connected(&self, provider: &str) -> bool {
        self.store.0.connected.iter().any(|name| name == provider)
    }

    /// The clock.
    pub fn now(&self) -> time::OffsetDateTime {
        self.store.0.clock.now()
    }

    /// A new id.
    pub(crate) fn id(&self) -> uuid::Uuid {
        self.store.0.ids.next()
    }

    /// Which database this is.
    pub(crate) fn is_postgres(&self) -> bool {
        self.store.is_postgres()
    }

    /// Procedures, as far as this node knows them.
    pub(crate) fn procedures(&self) -> &Cell {
        &self.store.0.procedures
    }

    /// Which life of the database cluster this is.
    pub(crate) fn epoch(&self) -> i32 {
        self.store.0.epoch.load(Ordering::SeqCst)
    }

    fn statement(&self, query: Sql) -> Statement {
        self.store.0.statements.fetch_add(1, Ordering::SeqCst);
        let statement = query.build(self.store.0.backend);
        if self.store.0.recording.load(Ordering::SeqCst)
            && let Ok(mut kept) = self.store.0.recorded.lock()
        {
            kept.push(statement.clone());
        }
        statement
    }

    /// Every row, as an entity.
    pub(crate) async fn all<M: Row>(&self, query: Sql) -> Result<Vec<M>> {
        let rows = self.rows(query.columns(M::COLUMNS)).await?;
        rows.iter().map(|row| M::read(row, 0).map_err(Error::from)).collect()
    }

    /// The first row, if there is one.
    pub(crate) async fn first<M: Row>(&self, query: Sql) -> Result<Option<M>> {
        let row = self.row(query.columns(M::COLUMNS)).await?;
        row.map(|row| M::read(&row, 0).map_err(Error::from)).transpose()
    }

    /// Every row, as a function reads it.
    pub(crate) async fn all_as<T>(
        &self,
        query: Sql,
        read: impl Fn(&QueryResult) -> std::result::Result<T, DbErr>,
    ) -> Result<Vec<T>> {
        let rows = self.rows(query).await?;
        rows.iter().map(|row| read(row).map_err(Error::from)).collect()
    }

    /// Every row, as a scalar or a tuple.
    pub(crate) async fn values<T: Columns>(&self, query: Sql) -> Result<Vec<T>> {
        let rows = self.rows(query).await?;
        rows.iter().map(|row| T::read(row).map_err(Error::from)).collect()
    }

    /// The first row as a scalar or a tuple, if there is one.
    pub(crate) async fn value<T: Columns>(&self, query: Sql) -> Result<Option<T>> {
        let row = self.row(query).await?;
        row.map(|row| T::read(&row).map_err(Error::from)).transpose()
    }

    async fn rows(&self, query: Sql) -> Result<Vec<QueryResult>> {
        let statement = self.statement(query);
        Ok(match &self.connection {
            Connection::Pool(pool) => pool.query_all_raw(statement).await?,
            Connection::Transaction(tx) => tx.query_all_raw(statement).await?,
        })
    }

    async fn row(&self, query: Sql) -> Result<Option<QueryResult>> {
        let statement = self.statement(query);
        Ok(match &self.connection {
            Connection::Pool(pool) => pool.query_one_raw(statement).await?,
            Connection::Transaction(tx) => tx.query_one_raw(statement).await?,
        })
    }
}

impl WriteTx {
    /// A second handle on the same transaction, for what comes after a body.
    pub(crate) fn share(&self) -> Self {
        let connection = match &self.0.connection {
            Connection::Pool(pool) => Connection::Pool(pool.clone()),
            Connection::Transaction(tx) => Connection::Transaction(tx.clone()),
        };
        Self(Db { store: self.0.store.clone(), connection }, self.1.clone())
    }

    /// Notes what it told of, for the clocks of procedures.
    pub(crate) fn note_happened(&self, happened: Happened) {
        if let Ok(mut all) = self.1.happened.lock() {
            all.push(happened);
        }
    }

    /// Names the operation that the audit log will note.
    pub(crate) fn name_operation(&self, operation: &'static str) {
        self.1.operation.get_or_init(|| operation);
    }

    /// The operation, for the one who notes it now: an operation has one entry.
    pub(crate) fn note_audited(&self) -> Option<&'static str> {
        let operation = self.1.operation.get().copied()?;
        (!self.1.audited.swap(true, Ordering::SeqCst)).then_some(operation)
    }

    /// Locks the rows that a query finds until the transaction ends. `SQLite` has one writer at a time anyway.
    pub(crate) fn for_update(&self) -> &'static str {
        if self.is_postgres() { " for update" } else { "" }
    }

    /// Waits until no other transaction has a name, and has it to the end. `SQLite` has one writer at a time anyway.
    pub(crate) async fn lock(&self, name: &str) -> Result<()> {
        if self.is_postgres() {
            let query = sql(
                "select cast(1 as bigint) from (select pg_advisory_xact_lock(hashtextextended(?, 0))) l",
            );
            self.value::<i64>(query.bind(name)).await?;
        }
        Ok(())
    }

    /// Has names to the end, or begins anew and waits for them before anything else: whoever comes later stands later in
    /// the log too, and nobody waits for a name while others wait for their rows.
    pub(crate) async fn lock_in_turn(&self, names: BTreeSet<String>) -> Result<()> {
        let held = self.1.turns.lock().map(|turns| turns.clone()).unwrap_or_default();
        let names: Vec<String> = names.difference(&held).cloned().collect();
        if !self.is_postgres() || names.is_empty() {
            return Ok(());
        }
        let query = sql(
            "select n from (select n, pg_try_advisory_xact_lock(hashtextextended(n, 0)) as mine
             from unnest(?) as n) tried where not mine",
        );
        let taken: Vec<String> = self.values(query.texts(&names)).await?;
        if taken.is_empty() {
            return Ok(());
        }
        if let Ok(mut turns) = self.1.turns.lock() {
            turns.extend(taken);
        }
        Err(Error::Contended)
    }

    async fn wait_for_turns(&self) -> Result<()> {
        let names = self.1.turns.lock().map(|turns| turns.clone()).unwrap_or_default();
        for name in names {
            self.lock(&name).await?;
        }
        Ok(())
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) async fn run(&self, query: Sql) -> Result<u64> {
        let statement = self.statement(query);
        let result = match &self.0.connection {
            Connection::Pool(pool) => pool.execute_raw(statement).await?,
            Connection::Transaction(tx) => tx.execute_raw(statement).await?,
        };
        if result.rows_affected() > 0 {
            self.1.wrote.store(true, Ordering::SeqCst);
        }
        Ok(result.rows_affected())
    }

    /// The next number of a series.
    pub(crate) async fn next_numbers(&self, series: &str, count: usize) -> Result<Vec<i64>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let wanted = i64::try_from(count).unwrap_or(i64::MAX);
        if self.is_postgres() {
            let query = sql("select nextval(cast(? as text)) from generate_series(1, ?)");
            let mut numbers: Vec<i64> = self.values(query.bind(series).bind(wanted)).await?;
            numbers.sort_unstable();
            return Ok(numbers);
        }
        let query = sql("update number_series set last = last + ? where name = ? returning last");
        let last: Option<i64> = self.value(query.bind(wanted).bind(series)).await?;
        let last = last.ok_or_else(|| Error::Internal(format!("no series {series}")))?;
        Ok((last - wanted + 1..=last).collect())
    }
}

/// A scalar or a tuple, read by the position of its columns.
pub(crate) trait Columns: Sized {
    fn read(row: &QueryResult) -> std::result::Result<Self, DbErr>;
}

macro_rules! scalars {
    ($($scalar:ty),*) => {$(
        impl Columns for $scalar {
            fn read(row: &QueryResult) -> std::result::Result<Self, DbErr> {
                row.try_get_by_index(0)
            }
        }
    )*};
}
scalars!(i64, String, uuid::Uuid, bool);

macro_rules! tuples {
    ($(($($name:ident $index:tt),*))*) => {$(
        impl<$($name: sea_orm::TryGetable),*> Columns for ($($name,)*) {
            fn read(row: &QueryResult) -> std::result::Result<Self, DbErr> {
                Ok(($(row.try_get_by_index::<$name>($index)?,)*))
            }
        }
    )*};
}
tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}

/// Rows to insert, of several tables, written together by one call however many rows there are.
#[derive(Debug, Default)]
pub(crate) struct Batch(Vec<Part>);

#[derive(Debug)]
struct Part {
    table: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
    /// The primary key, where a row that is there already is overwritten.
    overwrite: Option<Vec<&'static str>>,
}

impl Part {
    /// ` on conflict (…) do update set …`, or nothing.
    fn conflict(&self) -> String {
        let Some(key) = &self.overwrite else { return String::new() };
        let changed = self.columns.iter().filter(|column| !key.contains(column));
        let set: Vec<String> =
            changed.map(|column| format!("{column} = excluded.{column}")).collect();
        if set.is_empty() {
            return format!(" on conflict ({}) do nothing", key.join(", "));
        }
        format!(" on conflict ({}) do update set {}", key.join(", "), set.join(", "))
    }
}

/// `SQLite` takes at most 32,766 values in a statement.
const SQLITE_VALUES: usize = 30_000;

impl Batch {
    /// A new row.
    pub(crate) fn add<M: ModelTrait>(&mut self, model: &M) {
        self.put(model, false);
    }

    /// A row that is written over the one with its primary key, if there is one.
    pub(crate) fn save<M: ModelTrait>(&mut self, model: &M) {
        self.put(model, true);
    }

    fn put<M: ModelTrait>(&mut self, model: &M, overwrite: bool) {
        use sea_orm::EntityName;
        type Columns<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;
        let table = M::Entity::default().table_name();
        let row = Columns::<M>::iter().map(|column| model.get(column)).collect();
        let same = |part: &&mut Part| part.table == table && part.overwrite.is_some() == overwrite;
        if let Some(part) = self.0.iter_mut().find(same) {
            part.rows.push(row);
            return;
        }
        let columns = Columns::<M>::iter().map(|column| column.as_str()).collect();
        let overwrite = overwrite.then(|| {
            type Keys<M> = <<M as ModelTrait>::Entity as EntityTrait>::PrimaryKey;
            Keys::<M>::iter().map(|key| key.into_column().as_str()).collect()
        });
        self.0.push(Part { table, columns, rows: vec![row], overwrite });
    }

    /// New rows of one table.
    pub(crate) fn add_all<'a, M: ModelTrait + 'a>(
        &mut self,
        models: impl IntoIterator<Item = &'a M>,
    ) {
        for model in models {
            self.add(model);
        }
    }

    pub(crate) async fn insert(self, tx: &WriteTx) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        if tx.is_postgres() { self.insert_postgres(tx).await } else { self.insert_sqlite(tx).await }
    }

    /// One text for any number of rows: `PostgreSQL` prepares it once.
    async fn insert_postgres(self, tx: &WriteTx) -> Result<()> {
        let last = self.0.len() - 1;
        let mut query = sql(if last > 0 { "with " } else { "" });
        for (index, part) in self.0.into_iter().enumerate() {
            let columns = part.columns.join(", ");
            let insert = format!(
                "insert into {table} ({columns}) select {columns}
                 from json_populate_recordset(null::{table}, cast(? as json)){conflict}",
                table = part.table,
                conflict = part.conflict(),
            );
            let text = if index == last {
                format!(" {insert}")
            } else {
                let comma = if index + 1 < last { "," } else { "" };
                format!("i{index} as ({insert}){comma} ")
            };
            query = query.add(&text).bind(json_rows(&part.columns, part.rows));
        }
        tx.run(query).await?;
        Ok(())
    }

    /// Statements in a row, handed over together: each handing over wakes another thread.
    async fn insert_sqlite(self, tx: &WriteTx) -> Result<()> {
        let mut query = sql("");
        for part in self.0 {
            let columns = part.columns.join(", ");
            let marks = vec!["?"; part.columns.len()].join(", ");
            for rows in part.rows.chunks(SQLITE_VALUES / part.columns.len()) {
                let tuples = vec![format!("({marks})"); rows.len()].join(", ");
                query = query.add(&format!(
                    "insert into {} ({columns}) values {tuples}{};",
                    part.table,
                    part.conflict()
                ));
                query = rows
                    .iter()
                    .flatten()
                    .fold(query, |query, value| query.bind(portable(value.clone(), false)));
            }
        }
        tx.run(query).await?;
        Ok(())
    }
}

/// Rows as `PostgreSQL` reads them from JSON; a column that is left out is null.
fn json_rows(columns: &[&'static str], rows: Vec<Vec<Value>>) -> String {
    let mut json = String::with_capacity(rows.len() * columns.len() * 24);
    json.push('[');
    for (index, row) in rows.into_iter().enumerate() {
        json.push_str(if index == 0 { "{" } else { ",{" });
        let mut first = true;
        for (column, value) in columns.iter().zip(row) {
            let Some(value) = json_value(value) else { continue };
            json.push_str(if first { "\"" } else { ",\"" });
            first = false;
            json.push_str(column);
            json.push_str("\":");
            json.push_str(&value);
        }
        json.push('}');
    }
    json.push(']');
    json
}

/// A row as JSON has it: every column by its name.
pub(crate) fn row_json<M: ModelTrait>(row: &M) -> serde_json::Value {
    type Columns<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;
    let columns = Columns::<M>::iter();
    columns.map(|column| (column.as_str().to_owned(), plain_json(row.get(column)))).collect()
}

/// A column value as JSON has it.
pub(crate) fn plain_json(value: Value) -> serde_json::Value {
    json_value(value).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// A column value in JSON; none where it is null.
#[expect(clippy::wildcard_enum_match_arm, reason = "the entities use no other kind of column")]
fn json_value(value: Value) -> Option<String> {
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    match value {
        Value::Bool(flag) => flag.map(|flag| flag.to_string()),
        Value::Int(number) => number.map(|number| number.to_string()),
        Value::BigInt(number) => number.map(|number| number.to_string()),
        Value::Double(number) => number.map(|number| number.to_string()),
        Value::String(text) => text.map(|text| quoted(&text)),
        Value::Uuid(id) => id.map(|id| format!("\"{id}\"")),
        Value::Json(json) => json.map(|json| json.to_string()),
        Value::TimeDateTimeWithTimeZone(at) => {
            at.map(|at| format!("\"{}\"", crate::sql::fixed_width(at)))
        }
        Value::Bytes(bytes) => bytes.map(|bytes| {
            let hex = crate::secrets::hex(&bytes);
            format!("\"\\\\x{hex}\"")
        }),
        _ => None,
    }
}
