//! An app on a database of its own, at a fixed time.

use crate::client::Client;
use crate::database::{Database, number};
use aftercart::front::Limits;
use aftercart::server::{App, AppOptions};
use aftercart::webhooks::Sender;
use operations::access::api_token_create::{CreateToken, api_token_create};
use operations::access::user_create::{CreateUser, roles_named, user_create};
use operations::actor::Reach;
use operations::clock::Clock;
use operations::events::Wanted;
use operations::ids::Ids;
use operations::permissions::{BuiltInRole, Permission, Permissions};
use operations::providers::{Desk, SANDBOX};
use operations::risk::countries::IpCountries;
use operations::secrets::MasterKey;
use operations::webhooks::Allowed;
use operations::{Actor, Call, Store, StoreOptions};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use time::macros::datetime;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// When every test begins.
pub const START: time::OffsetDateTime = datetime!(2026-03-02 10:00 UTC);
/// Providers that every app here speaks to.
fn connected() -> Vec<String> {
    vec![SANDBOX.to_owned(), aftercart::providers::stripe::NAME.to_owned()]
}

/// The password of every user.
pub const PASSWORD: &str = "correct horse battery";

pub struct TestApp {
    pub store: Store,
    pub clock: Clock,
    pub url: String,
    pub database: Database,
    /// Wraps the signing keys.
    pub master_key: MasterKey,
    /// Sends to partners' endpoints when it is told to.
    pub webhooks: Sender,
    /// Asks providers when it is told to.
    pub providers: Desk,
    raw: DatabaseConnection,
    stop: Option<oneshot::Sender<()>>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with_limits(|_| {}).await
    }

    /// An app with limits of its own.
    pub async fn with_limits(change: impl FnOnce(&mut Limits)) -> Self {
        Self::with_options(|options| change(&mut options.limits)).await
    }

    /// An app with options of its own.
    pub async fn with_options(change: impl FnOnce(&mut AppOptions)) -> Self {
        let database = Database::migrated().await;
        let clock = Clock::fixed(START);
        let options = StoreOptions {
            url: database.url.clone(),
            connections: 8,
            ids: Ids::seeded(clock.clone(), 1),
            clock: clock.clone(),
            ip_countries: IpCountries::default(),
            connected: connected(),
        };
        let store = Store::connect(options).await.expect("connects");
        store.migrate().await.expect("migrates");
        let mut options = AppOptions::new(MasterKey::generate());
        // Tests ask for more in a second than any client.
        options.limits.burst = 1_000_000;
        change(&mut options);
        let (stop, stopped) = oneshot::channel();
        let url = serve(&store, &options, stopped).await;
        let webhooks = Sender::new(store.clone(), &options).expect("a sender");
        let providers = aftercart::providers::desk(store.clone(), &options).expect("a desk");
        let raw = database.raw().await;
        let master_key = options.master_key;
        Self { store, clock, url, database, master_key, webhooks, providers, raw, stop: Some(stop) }
    }

    /// Another node on the same database, as the client that nobody is signed in to; it answers as long as
    /// the runtime does.
    pub async fn second_node(&self) -> Client {
        let (stop, stopped) = oneshot::channel();
        let options = AppOptions::new(self.master_key.clone());
        let url = serve(&self.store, &options, stopped).await;
        std::mem::forget(stop);
        Client::new(&url, None)
    }

    /// A store of its own on the same database and clock, as another node has.
    pub async fn another_store(&self) -> Store {
        let options = StoreOptions {
            url: self.database.url.clone(),
            connections: 4,
            ids: Ids::random(self.clock.clone()),
            clock: self.clock.clone(),
            ip_countries: IpCountries::default(),
            connected: connected(),
        };
        Store::connect(options).await.expect("connects")
    }

    pub fn anonymous(&self) -> Client {
        Client::new(&self.url, None)
    }

    /// A token that may do everything everywhere.
    pub async fn admin(&self) -> Client {
        self.token(Permissions::all(), Reach::default()).await
    }

    /// A token with what a built-in role may do.
    pub async fn role(&self, name: &str) -> Client {
        let role = BuiltInRole::named(name).expect("a built-in role");
        self.token(role.permissions(), Reach::default()).await
    }

    /// A token that lacks one permission alone.
    pub async fn without(&self, lacking: Permission) -> Client {
        let all = Permission::ALL.iter().copied().filter(|permission| *permission != lacking);
        self.token(all.collect(), Reach::default()).await
    }

    /// A token that may do everything, in reach of these rows alone.
    pub async fn reaching(&self, channels: Option<&[&str]>, locations: Option<&[&str]>) -> Client {
        let ids = |ids: &[&str]| {
            ids.iter().map(|id| aftercart::ids::decode(id).expect("an id").1).collect()
        };
        let reach = Reach { channels: channels.map(ids), locations: locations.map(ids) };
        self.token(Permissions::all(), reach).await
    }

    /// A token as a third-party location has it: it works on fulfillments there, and nothing else.
    pub async fn partner(&self, location: &str) -> Client {
        let permissions = [Permission::FulfillmentRead, Permission::FulfillmentWrite];
        let id = aftercart::ids::decode(location).expect("an id").1;
        let reach = Reach { channels: None, locations: Some(vec![id]) };
        self.token(permissions.into_iter().collect(), reach).await
    }

    pub async fn token(&self, permissions: Permissions, reach: Reach) -> Client {
        let command = CreateToken { name: "test".into(), permissions, reach, expires_at: None };
        let actor = Actor::system();
        let made =
            api_token_create(&self.store, Call::by(&actor), &command).await.expect("a token");
        Client::new(&self.url, made.secret)
    }

    /// A user who can sign in with [`PASSWORD`]; the id.
    pub async fn user(&self, email: &str, role: &str) -> String {
        let command = CreateUser {
            email: email.into(),
            name: email.split('@').next().unwrap_or(email).into(),
            password: Some(PASSWORD.into()),
            roles: roles_named(&self.store, &[role.into()]).await.expect("the role"),
            reach: Reach::default(),
        };
        let actor = Actor::system();
        let id = user_create(&self.store, Call::by(&actor), &command).await.expect("a user");
        aftercart::ids::encode(aftercart::ids::Kind::User, id)
    }

    /// A new user with one role, signed in.
    pub async fn signed_in(&self, email: &str, role: &str) -> Client {
        self.user(email, role).await;
        self.sign_in(email).await
    }

    /// A user who is there, signed in.
    pub async fn sign_in(&self, email: &str) -> Client {
        let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code message field } } }";
        let input = serde_json::json!({ "email": email, "password": PASSWORD });
        let session = self.anonymous().done(sign_in, input).await["session"].clone();
        let token = session["accessToken"].as_str().expect("a token").to_owned();
        self.anonymous().with_token(&token)
    }

    /// Moves the clock and runs what is due then.
    pub async fn later(&self, by: time::Duration) -> usize {
        self.clock.advance(by);
        let ran = operations::timers::run_due(&self.store).await.expect("timers run");
        self.asked().await;
        ran
    }

    /// Asks providers all that is due.
    pub async fn asked(&self) -> usize {
        self.providers.run_due().await.expect("providers are asked")
    }

    /// What stands at an address of the service: the status and the text.
    pub async fn fetched(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.url.trim_end_matches("/graphql"));
        let answer = reqwest::get(url).await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    }

    pub async fn number(&self, sql: &str) -> i64 {
        number(&self.raw, sql).await
    }

    /// An app whose webhooks may call this machine.
    pub async fn with_receivers() -> Self {
        let networks = ["127.0.0.0/8".parse().expect("a network")];
        Self::with_options(|options| options.webhook_allowed = Allowed(networks.to_vec())).await
    }

    /// Everything settled: on `PostgreSQL` another test's transaction may hold the end of the log back.
    pub async fn settled(&self) {
        let everything = Wanted::everything(&Actor::system());
        let all = self.number("select count(*) from events").await;
        for _ in 0..400 {
            let seen = operations::events::count(&self.store.read(), &everything).await;
            if seen.expect("the log is counted") == all {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("the log does not settle");
    }

    /// Follows the log for what is known of customers, to its end.
    pub async fn followed(&self) {
        self.settled().await;
        operations::customers::follow::run(&self.store).await.expect("the log is followed");
    }

    /// Sends what is due to partners; how many calls that was.
    pub async fn send_webhooks(&self) -> usize {
        self.settled().await;
        self.webhooks.run_once().await.expect("webhooks are sent")
    }

    /// Writes events straight into the log, at once, so that no node hears of them: [`planted`] says their ids.
    pub async fn plant_events(&self, numbers: std::ops::Range<u32>, kind: &str, data: &str) {
        let epoch = self.number("select cast(max(epoch) as bigint) from events").await;
        let postgres = crate::database::server().is_some();
        let rows: Vec<String> = numbers
            .map(|number| {
                let id = planted(number);
                let id = if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
                format!(
                    "({id}, {epoch}, '{kind}', 'chn', {id}, 'SYSTEM', '{data}',
                     '2026-03-02T10:00:00.000000Z', '2026-03-02T10:00:00.000000Z')"
                )
            })
            .collect();
        self.plant(&format!(
            "insert into events (id, epoch, kind, subject_type, subject_id, actor_kind, data, at, recorded_at)
             values {}",
            rows.join(", ")
        ))
        .await;
    }

    /// Captures of the only payment, all at one moment, past every rule.
    pub async fn plant_steps(&self, numbers: std::ops::Range<u32>) {
        let postgres = crate::database::server().is_some();
        let rows: Vec<String> = numbers
            .map(|number| {
                let id = planted(number);
                let id = if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
                format!(
                    "({id}, (select id from payments), 'CAPTURE', 1, 'SUCCEEDED', 'STEP-{number}', '2026-03-02T10:00:00.000000Z')"
                )
            })
            .collect();
        self.plant(&format!(
            "insert into payment_transactions (id, payment_id, kind, amount_minor, state, provider_reference, at)
             values {};
             insert into clearing_items
             select t.id, p.id, c.legal_entity_id, o.channel_id, p.provider, p.currency, t.kind, t.at, t.amount_minor, 0, null, null
             from payment_transactions t join payments p on p.id = t.payment_id join orders o on o.id = p.order_id
             join channels c on c.id = o.channel_id where t.provider_reference like 'STEP-%'",
            rows.join(", ")
        ))
        .await;
    }

    /// Changes rows past every rule.
    pub async fn plant(&self, sql: &str) {
        self.raw.execute_unprepared(sql).await.expect(sql);
    }

    /// The same, where the database may refuse.
    pub async fn try_plant(&self, sql: &str) -> Result<(), sea_orm::DbErr> {
        self.raw.execute_unprepared(sql).await.map(|_| ())
    }

    /// Where a text stands, in whatever spelling: tables on `PostgreSQL`, every byte of the files on `SQLite`.
    pub async fn places_of(&self, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        if crate::database::server().is_some() {
            let tables =
                "select table_name from information_schema.tables where table_schema = 'public'";
            let rows = self.raw.query_all_raw(statement(&self.raw, tables)).await.expect("tables");
            let mut places = Vec::new();
            for row in rows {
                let table: String = row.try_get_by_index(0).expect("a name");
                let found =
                    format!("select count(*) from {table} t where lower(t::text) like '%{lower}%'");
                if self.number(&found).await > 0 {
                    places.push(table);
                }
            }
            return places;
        }
        // All of it, as soon as nobody reads what was before.
        for _ in 0..100 {
            let checkpoint = statement(&self.raw, "pragma wal_checkpoint(truncate)");
            let done = self.raw.query_one_raw(checkpoint).await.ok().flatten();
            if done.and_then(|row| row.try_get_by_index::<i32>(0).ok()) == Some(0) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let file = self.url_of_file();
        let mut places = Vec::new();
        for name in [file.clone(), format!("{file}-wal")] {
            let bytes = std::fs::read(&name).unwrap_or_default().to_ascii_lowercase();
            let found = bytes.windows(lower.len()).position(|part| part == lower.as_bytes());
            if let Some(at) = found {
                let around = bytes.get(at.saturating_sub(60)..(at + 60).min(bytes.len()));
                let around = String::from_utf8_lossy(around.unwrap_or_default()).into_owned();
                places.push(format!("{name}: {around:?}"));
            }
        }
        places
    }

    fn url_of_file(&self) -> String {
        let path = self.database.url.trim_start_matches("sqlite://");
        path.split('?').next().unwrap_or(path).to_owned()
    }

    /// What the books look like: counts of rows, and sums that any change would move.
    pub async fn books(&self) -> Vec<(String, i64)> {
        let mut books = Vec::new();
        for table in [
            "channels",
            "locations",
            "legal_entities",
            "products",
            "variants",
            "prices",
            "suppliers",
            "bundle_components",
            "customers",
            "customer_identities",
            "stock_levels",
            "stock_movements",
            "stock_reservations",
            "orders",
            "order_lines",
            "order_tags",
            "notes",
            "payments",
            "fulfillments",
            "events",
            "timers",
            "idempotency_keys",
            "users",
            "sessions",
            "roles",
            "webhook_endpoints",
            "webhook_deliveries",
            "exchange_rates",
            "tax_rates",
            "journal_entries",
            "postings",
            "invoices",
            "invoice_lines",
            "invoice_dues",
            "payment_transactions",
            "refund_requests",
            "disputes",
            "money_grants",
            "credits",
            "credit_entries",
        ] {
            let count = self.number(&format!("select count(*) from {table}")).await;
            books.push((table.to_owned(), count));
        }
        for (table, column) in [
            ("stock_levels", "on_hand"),
            ("stock_levels", "reserved"),
            ("stock_levels", "damaged"),
            ("stock_levels", "safety_stock"),
            ("orders", "version"),
            ("orders", "grand_total_minor"),
            ("fulfillments", "version"),
        ] {
            let sql = format!("select cast(coalesce(sum({column}), 0) as bigint) from {table}");
            books.push((format!("{table}.{column}"), self.number(&sql).await));
        }
        books
    }

    /// Every entry of the audit log and of the journal lies under a seal. On `PostgreSQL` those of other tests' transactions
    /// that still run are waited for.
    pub async fn seal(&self) {
        let left =
            "select (select count(*) from audit_entries) + (select count(*) from journal_entries)
            - (select cast(coalesce(sum(entries), 0) as bigint) from audit_seals)
            - (select cast(coalesce(sum(entries), 0) as bigint) from journal_seals)";
        while self.number(left).await > 0 {
            operations::chain::seal(&self.store).await.expect("seals");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Every promise of the books holds.
    pub async fn verify(&self) {
        self.seal().await;
        self.followed().await;
        let report = operations::integrity::verify(&self.store, &Actor::system()).await;
        let report = report.expect("verifies");
        assert!(report.ok(), "{report:#?}");
    }
}

/// Answers on a port of its own. Timers are run by the tests themselves, when the clock says so.
async fn serve(store: &Store, options: &AppOptions, stopped: oneshot::Receiver<()>) -> String {
    let app = App::new(store.clone(), options).await.expect("starts");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let url = format!("http://{}/graphql", listener.local_addr().expect("an address"));
    tokio::spawn(app.answer(listener, async {
        let _ended = stopped.await;
    }));
    url
}

fn statement(raw: &DatabaseConnection, sql: &str) -> sea_orm::Statement {
    sea_orm::Statement::from_string(raw.get_database_backend(), sql.to_owned())
}

/// The id of an event that was planted.
pub fn planted(number: u32) -> uuid::Uuid {
    uuid::Uuid::from_u128((7 << 100) | u128::from(number))
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _sent = stop.send(());
        }
    }
}
