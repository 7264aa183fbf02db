//! The command line: one file per command.

mod demo;
mod events;
mod import;
mod import_returns;
mod import_stock;
mod key;
mod migrate;
mod privacy;
mod schema;
mod serve;
mod settlement;
mod shop;
mod table;
mod token;
mod user;
mod verify;

use crate::config::{self, Config};
use crate::providers::stripe;
use crate::server::AppOptions;
use clap::{Parser, Subcommand};
use operations::access::keys::stored_master_key;
use operations::providers::SANDBOX;
use operations::secrets::MasterKey;
use operations::{Error, Store, StoreOptions};
use std::path::PathBuf;
use std::process::ExitCode;

/// Everything after the buy button, behind one GraphQL schema.
#[derive(Debug, Parser)]
#[command(
    name = "aftercart",
    version,
    after_help = "Without a command it serves. `aftercart demo` shows it with a shop of its own."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API. This is what happens without a command.
    #[command(after_help = serve_help())]
    Serve,
    /// Make a believable shop in a `SQLite` file of its own, once, and serve it.
    #[command(
        after_help = "Example:\n  aftercart demo --port 4000\n\nThe shop lies in aftercart-demo.db in the current folder; delete the file to make a new one."
    )]
    Demo(demo::DemoArgs),
    /// Bring the schema of the database up to date.
    #[command(
        after_help = "Example:\n  DATABASE_URL=postgres://aftercart@localhost/aftercart aftercart migrate"
    )]
    Migrate,
    /// Import orders with their history: a file of JSON lines, one order a line.
    #[command(
        after_help = "Examples:\n  aftercart import orders.ndjson.gz\n  aftercart import stock stock.csv\n  aftercart import returns credit_notes.csv\n\nA bad line is refused with its number and all its faults, the rest goes in. Running the same file again imports nothing twice. Works beside a running server."
    )]
    Import(import::ImportArgs),
    /// Check every promise of the books; exits 1 with examples when anything is off.
    #[command(after_help = "Example:\n  aftercart verify")]
    Verify,
    /// Print the GraphQL schema.
    #[command(after_help = "Example:\n  aftercart schema > schema.graphql")]
    Schema,
    /// Print every type of event, as the page `events.md`.
    Events,
    /// Manage users.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Manage the keys that sign access tokens.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Manage partners' tokens.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Answer what people ask of their data.
    #[command(subcommand)]
    Privacy(privacy::PrivacyCommand),
    /// Look at files of providers and banks, and make some.
    #[command(subcommand)]
    Settlement(settlement::SettlementCommand),
}

fn serve_help() -> String {
    format!(
        "Example:\n  DATABASE_URL=postgres://aftercart@localhost/aftercart aftercart serve\n\n{}",
        config::help()
    )
}

/// Why a command ended without success.
#[derive(Debug)]
enum Fault {
    /// The command or the configuration is wrong: exit 2.
    Usage(Vec<String>),
    /// The command was understood and failed: exit 1.
    Failed(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusals) => Self::Usage(
                refusals
                    .into_iter()
                    .map(|refusal| match refusal.field.join(".") {
                        field if field.is_empty() => refusal.message,
                        field => format!("{field}: {}", refusal.message),
                    })
                    .collect(),
            ),
            other @ (Error::Unauthenticated(_)
            | Error::Forbidden(_)
            | Error::TooMany(_)
            | Error::BadInput(_)
            | Error::CursorInvalid
            | Error::CursorExpired
            | Error::Contended
            | Error::Undone
            | Error::Unavailable(_)
            | Error::Internal(_)
            | Error::Database(_)) => Self::Failed(other.to_string()),
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

type Outcome = Result<ExitCode, Fault>;

/// Runs a command and says how it ended: 0 for success, 1 for failure, 2 for wrong use.
pub async fn run(cli: Cli) -> ExitCode {
    let outcome = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run().await,
        Command::Demo(args) => demo::run(args).await,
        Command::Migrate => migrate::run().await,
        Command::Import(args) => import::run(args).await,
        Command::Verify => verify::run().await,
        Command::Schema => schema::run(),
        Command::Events => events::run(),
        Command::User(command) => user::run(command).await,
        Command::Key(command) => key::run(command).await,
        Command::Token(command) => token::run(command).await,
        Command::Privacy(command) => privacy::run(command).await,
        Command::Settlement(command) => settlement::run(command).await,
    };
    let (faults, code) = match outcome {
        Ok(code) => return code,
        Err(Fault::Usage(faults)) => (faults, 2),
        Err(Fault::Failed(fault)) => (vec![fault], 1),
    };
    for fault in faults {
        eprintln!("aftercart: {fault}");
    }
    ExitCode::from(code)
}

/// Writes to standard output; a reader that went away is no fault.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").is_ok() {
        let _flushed = out.flush();
    }
}

fn configure() -> Result<Config, Fault> {
    let config = Config::load().map_err(Fault::Usage)?;
    start_log(&config)?;
    Ok(config)
}

fn start_log(config: &Config) -> Result<(), Fault> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log)
        .map_err(|error| Fault::Usage(vec![format!("AFTERCART_LOG: {error}")]))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if config.log_json { builder.json().try_init() } else { builder.try_init() };
    started.map_err(|error| Fault::Failed(error.to_string()))
}

async fn connect(config: &Config) -> Result<Store, Fault> {
    let mut connected = vec![SANDBOX.to_owned()];
    connected.extend(config.stripe.as_ref().map(|_| stripe::NAME.to_owned()));
    let options = StoreOptions {
        connected,
        connections: config.database_connections,
        ip_countries: config.ip_countries.clone(),
        ..StoreOptions::new(&config.database_url)
    };
    Ok(Store::connect(options).await?)
}

/// The database, migrated unless the operator does that alone.
async fn open(config: &Config) -> Result<Store, Fault> {
    let store = connect(config).await?;
    if config.migrate {
        store.migrate().await?;
    } else {
        store.check_migrated().await?;
    }
    Ok(store)
}

/// The operator's master key; else a key file beside the `SQLite` file, or a row on `PostgreSQL`, made
/// once. Either is as safe as the database itself, no safer: the log says so.
async fn master_key(config: &Config, store: &Store) -> Result<MasterKey, Fault> {
    if let Some(key) = &config.master_key {
        return Ok(key.clone());
    }
    if store.is_postgres() {
        tracing::warn!("no AFTERCART_MASTER_KEY: the key is kept in the database it protects");
        return Ok(stored_master_key(store).await?);
    }
    let path = key_file(&config.database_url);
    tracing::warn!(path = %path.display(), "no AFTERCART_MASTER_KEY: the key is kept in a file beside the database");
    if let Ok(text) = tokio::fs::read_to_string(&path).await {
        let damaged = || Fault::Failed(format!("{}: is no master key", path.display()));
        return MasterKey::parse(&text).ok_or_else(damaged);
    }
    let key = MasterKey::generate();
    write_secret(&path, &key.encode())?;
    Ok(key)
}

fn key_file(url: &str) -> PathBuf {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split('?').next().unwrap_or(path);
    PathBuf::from(format!("{path}.key"))
}

/// Writes a file that its owner alone may read, and that must not be there yet.
fn write_secret(path: &std::path::Path, text: &str) -> Result<(), Fault> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let fault = |error: std::io::Error| Fault::Failed(format!("{}: {error}", path.display()));
    let mut file = options.open(path).map_err(fault)?;
    file.write_all(text.as_bytes()).map_err(fault)
}

/// What the service is made with.
async fn options(config: &Config, store: &Store) -> Result<AppOptions, Fault> {
    Ok(AppOptions {
        master_key: master_key(config, store).await?,
        jwt_lifetime: config.jwt_lifetime,
        limits: config.limits.clone(),
        issuers: config.issuers.clone(),
        webhook_allowed: config.webhook_allowed.clone(),
        webhook_first_retry: config.webhook_first_retry,
        events_kept: config.events_kept,
        event_poll: config.event_poll,
        nats_url: config.nats_url.clone(),
        stripe: config.stripe.clone(),
        public_url: config.public_url.clone(),
        inbox: config.inbox.clone(),
    })
}
