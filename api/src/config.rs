//! Configuration: the environment over an optional file; every fault is named at once.

use crate::front::Limits;
use crate::oidc::Issuer;
use crate::providers::stripe::{self, Secret, StripeOptions};
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use operations::risk::countries::IpCountries;
use operations::secrets::MasterKey;
use operations::webhooks::Allowed;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What the service is told from outside.
#[derive(Debug, Clone)]
pub struct Config {
    /// `sqlite://…` or `postgres://…`.
    pub database_url: String,
    /// Connections to `PostgreSQL`, readers on `SQLite`.
    pub database_connections: u32,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Whether `serve` migrates by itself.
    pub migrate: bool,
    /// How long an access token works.
    pub jwt_lifetime: time::Duration,
    /// How much one request may ask for.
    pub limits: Limits,
    /// Identity providers whose tokens are taken.
    pub issuers: Vec<Issuer>,
    /// Networks that webhooks may reach although they are internal.
    pub webhook_allowed: Allowed,
    /// The wait behind the first failure of a webhook.
    pub webhook_first_retry: Duration,
    /// Tells from which country an IP address comes.
    pub ip_countries: IpCountries,
    /// How long events are kept; none for good.
    pub events_kept: Option<time::Duration>,
    /// How often the log is looked at where nothing was heard.
    pub event_poll: Duration,
    /// A NATS server that tells nodes of news, instead of the database.
    pub nats_url: Option<String>,
    /// Our account at Stripe.
    pub stripe: Option<StripeOptions>,
    /// Where clients reach us.
    pub public_url: Option<reqwest::Url>,
    /// A folder whose files are imported by themselves.
    pub inbox: Option<std::path::PathBuf>,
    /// The master key, where the operator names one.
    pub master_key: Option<MasterKey>,
    /// What is logged, as `tracing` filters: `info`, `aftercart=debug`.
    pub log: String,
    /// Whether log lines are JSON.
    pub log_json: bool,
}

/// Every variable: its name, its default, what it means.
pub const VARIABLES: &[(&str, &str, &str)] = &[
    (
        "DATABASE_URL",
        "sqlite://aftercart.db?mode=rwc",
        "The database: a SQLite file or PostgreSQL.",
    ),
    (
        "AFTERCART_DATABASE_CONNECTIONS",
        "8",
        "Connections to PostgreSQL, or readers of the SQLite file; 1 to 200.",
    ),
    ("AFTERCART_LISTEN", "127.0.0.1:4000", "The address and port to listen on."),
    ("AFTERCART_MIGRATE", "true", "Whether `serve` brings the schema up to date by itself."),
    ("AFTERCART_JWT_LIFETIME_SECONDS", "900", "How long an access token works; 60 to 86400."),
    (
        "AFTERCART_OIDC_ISSUERS",
        "",
        "A JSON file of identity providers whose tokens are taken: `[{ \"issuer\", \"audience\", \"jwksUrl\", \"rolesClaim\", \"roles\": { \"their group\": \"our role\" } }]`.",
    ),
    ("AFTERCART_LIMIT_BODY_BYTES", "1048576", "The largest request body; 1024 to 104857600."),
    (
        "AFTERCART_LIMIT_UPLOAD_BYTES",
        "209715200",
        "The largest request that brings files; 1024 to 10737418240.",
    ),
    ("AFTERCART_LIMIT_HEAD_BYTES", "16384", "The head of a request; 8192 to 1048576."),
    (
        "AFTERCART_LIMIT_BODY_SECONDS",
        "30",
        "How long the body of a request may take to come; 1 to 3600.",
    ),
    ("AFTERCART_LIMIT_TOKENS", "5000", "Tokens of a document; 100 to 100000."),
    ("AFTERCART_LIMIT_DEPTH", "12", "Selections below each other; 1 to 50."),
    (
        "AFTERCART_LIMIT_SELECTIONS",
        "1000",
        "Selections of a document, fragments expanded; 100 to 100000.",
    ),
    ("AFTERCART_LIMIT_ALIASES", "50", "Aliases of a document, fragments expanded; 0 to 10000."),
    (
        "AFTERCART_LIMIT_DIRECTIVES",
        "20",
        "Directives of a document, fragments expanded; 0 to 10000.",
    ),
    ("AFTERCART_LIMIT_COST", "1000", "Points an operation may cost; 10 to 1000000."),
    ("AFTERCART_LIMIT_LIST_INPUT", "250", "Items of a list in the input; 1 to 10000."),
    ("AFTERCART_LIMIT_BATCH", "10", "Queries of a batch; 1 to 100."),
    ("AFTERCART_LIMIT_SOCKET_OPERATIONS", "100", "Operations of a socket at a time; 1 to 10000."),
    (
        "AFTERCART_LIMIT_INIT_SECONDS",
        "10",
        "How long a socket may wait with `connection_init`; 1 to 60.",
    ),
    (
        "AFTERCART_ORIGINS",
        "",
        "Web pages that may call us from a browser, separated by commas: `https://shop.example`; `*` is any.",
    ),
    (
        "AFTERCART_TRUSTED_PROXIES",
        "",
        "Addresses or networks of proxies whose `X-Forwarded-For` names the client, separated by commas: `10.0.0.0/8`.",
    ),
    (
        "AFTERCART_LIMIT_QUERY_SECONDS",
        "5",
        "How long a query may take; 1 to 600. A mutation is never cut short.",
    ),
    (
        "AFTERCART_RATE_POINTS_PER_SECOND",
        "10000",
        "Points an actor may spend in a second, over time; 1 to 1000000000.",
    ),
    (
        "AFTERCART_RATE_BURST_POINTS",
        "50000",
        "Points an actor may have saved up; at least the cost of one operation; 10 to 1000000000.",
    ),
    (
        "AFTERCART_EVENTS_KEEP_DAYS",
        "0",
        "How long events are kept; 7 to 36500, or 0 for good. Timelines show what is kept.",
    ),
    (
        "AFTERCART_EVENT_POLL_MILLISECONDS",
        "500",
        "How often a node looks at the event log where nothing was heard: what a lost hint costs at most; 50 to 60000.",
    ),
    (
        "AFTERCART_NATS_URL",
        "",
        "A NATS server by which nodes tell each other of news, instead of PostgreSQL's NOTIFY: `nats://user:password@host:4222`.",
    ),
    (
        "AFTERCART_PUBLIC_URL",
        "",
        "Where clients reach the service, such as `https://api.shop.example`: addresses to download from begin with it. Without it they are paths.",
    ),
    (
        "AFTERCART_SETTLEMENT_INBOX",
        "",
        "A folder whose files are imported by themselves: `stripe.STRIPE_ITEMIZED/` holds files of the provider `stripe`, `bank.CAMT053/` bank statements. They end in `done`, or in `refused` with the reasons beside them.",
    ),
    (
        "AFTERCART_STRIPE_SECRET_KEY",
        "",
        "The secret key of an account at Stripe: payments of the provider `stripe` are captured, released and refunded there.",
    ),
    (
        "AFTERCART_STRIPE_WEBHOOK_SECRET",
        "",
        "What signs Stripe's webhooks to `/hooks/stripe`; none are taken without it.",
    ),
    ("AFTERCART_STRIPE_URL", stripe::API, "Where Stripe is: another address for tests."),
    (
        "AFTERCART_WEBHOOK_ALLOW",
        "",
        "Addresses or networks that webhooks may reach although they are internal, and without encryption, separated by commas: `10.0.0.0/8`.",
    ),
    (
        "AFTERCART_WEBHOOK_FIRST_RETRY_SECONDS",
        "5",
        "The wait behind the first failure of a webhook; 1 to 3600. Each further one is six times as long, up to 12 hours.",
    ),
    (
        "AFTERCART_IP_COUNTRIES_FILE",
        "",
        "A file in the MMDB format that tells the country of an IP address, for the rules about risk; without it that rule rests.",
    ),
    (
        "AFTERCART_MASTER_KEY",
        "",
        "32 bytes in URL-safe base64 that wrap every other key. Without it a key file beside the SQLite file, or a row on PostgreSQL, is made and used.",
    ),
    ("AFTERCART_MASTER_KEY_FILE", "", "A file that holds the master key."),
    (
        "AFTERCART_LOG",
        "info,sea_orm_migration=warn,sqlx=warn",
        "What is logged: a level, or filters such as `aftercart=debug`.",
    ),
    (
        "AFTERCART_ALLOWED_DOCUMENTS",
        "",
        "A JSON file of the only documents that run, by name or hash: `{ \"name\": \"query …\" }`.",
    ),
    ("AFTERCART_LOG_FORMAT", "text", "`text` or `json`."),
    ("AFTERCART_CONFIG", "", "A TOML file with the same names in lower case, without the prefix."),
];

/// The variables as a table for `--help`.
pub fn help() -> String {
    let entry = |(name, default, meaning): &(&str, &str, &str)| {
        let default = if default.is_empty() { "" } else { &format!(" [default: {default}]") };
        format!("  {name}\n          {meaning}{default}\n")
    };
    VARIABLES.iter().map(entry).fold(String::from("Environment:\n"), |text, entry| text + &entry)
}

impl Config {
    /// Reads the environment and the file it names.
    pub fn load() -> Result<Self, Vec<String>> {
        let mut figment = Figment::new();
        if let Some(path) = std::env::var_os("AFTERCART_CONFIG") {
            let path = PathBuf::from(path);
            if !path.is_file() {
                return Err(vec![format!("AFTERCART_CONFIG: there is no file {}", path.display())]);
            }
            figment = figment.merge(Toml::file_exact(path));
        }
        let figment = figment
            .merge(Env::prefixed("AFTERCART_").ignore(&["config"]))
            .merge(Env::raw().only(&["DATABASE_URL"]));
        let values: BTreeMap<String, figment::value::Value> =
            figment.extract().map_err(|errors| {
                errors.into_iter().map(|error| error.to_string()).collect::<Vec<_>>()
            })?;
        let text = |value: &figment::value::Value| {
            value.as_str().map_or_else(|| plain(value), str::to_owned)
        };
        Self::read(&values.iter().map(|(name, value)| (name.clone(), text(value))).collect())
    }

    fn read(values: &BTreeMap<String, String>) -> Result<Self, Vec<String>> {
        let mut reader = Reader { values, faults: Vec::new() };
        for name in values.keys() {
            let known = VARIABLES.iter().any(|(variable, _, _)| short(variable) == *name);
            if !known {
                let upper = name.to_uppercase();
                reader.faults.push(format!("AFTERCART_{upper}: there is no such setting"));
            }
        }
        let database_url = reader.text("DATABASE_URL");
        if !(database_url.starts_with("sqlite:")
            || database_url.starts_with("postgres://")
            || database_url.starts_with("postgresql://"))
        {
            reader.fault("DATABASE_URL", "begins with sqlite: or postgres://");
        }
        let listen =
            reader.parsed("AFTERCART_LISTEN", "is an address and port such as 127.0.0.1:4000");
        let config = Self {
            database_connections: reader.number("AFTERCART_DATABASE_CONNECTIONS", 1, 200),
            listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 4000))),
            migrate: reader.choice("AFTERCART_MIGRATE", "true", "false"),
            jwt_lifetime: time::Duration::seconds(
                reader.number("AFTERCART_JWT_LIFETIME_SECONDS", 60_u32, 86_400).into(),
            ),
            limits: reader.limits(),
            issuers: reader.issuers(),
            webhook_allowed: Allowed(reader.networks("AFTERCART_WEBHOOK_ALLOW")),
            webhook_first_retry: Duration::from_secs(reader.number(
                "AFTERCART_WEBHOOK_FIRST_RETRY_SECONDS",
                1,
                3_600,
            )),
            ip_countries: reader.ip_countries(),
            events_kept: reader.events_kept(),
            event_poll: Duration::from_millis(reader.number(
                "AFTERCART_EVENT_POLL_MILLISECONDS",
                50,
                60_000,
            )),
            nats_url: reader.nats_url(),
            stripe: reader.stripe(),
            public_url: reader.public_url(),
            inbox: reader.inbox(),
            master_key: reader.master_key(),
            log: reader.text("AFTERCART_LOG"),
            log_json: !reader.choice("AFTERCART_LOG_FORMAT", "text", "json"),
            database_url,
        };
        if reader.faults.is_empty() { Ok(config) } else { Err(reader.faults) }
    }
}

fn plain(value: &figment::value::Value) -> String {
    value
        .to_bool()
        .map(|flag| flag.to_string())
        .or_else(|| value.to_i128().map(|number| number.to_string()))
        .or_else(|| value.to_u128().map(|number| number.to_string()))
        .unwrap_or_else(|| format!("{value:?}"))
}

/// `AFTERCART_LISTEN` is `listen` in the file.
fn short(variable: &str) -> String {
    variable.strip_prefix("AFTERCART_").unwrap_or(variable).to_lowercase()
}

struct Reader<'a> {
    values: &'a BTreeMap<String, String>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn given(&self, variable: &str) -> Option<String> {
        self.values.get(&short(variable)).filter(|text| !text.is_empty()).cloned()
    }

    fn text(&self, variable: &str) -> String {
        let default = VARIABLES.iter().find(|(name, _, _)| *name == variable);
        self.given(variable).unwrap_or_else(|| default.map_or("", |entry| entry.1).to_owned())
    }

    fn fault(&mut self, variable: &str, wanted: &str) {
        self.faults.push(format!("{variable}: {wanted}, not `{}`", self.text(variable)));
    }

    fn parsed<T: std::str::FromStr>(&mut self, variable: &str, wanted: &str) -> Option<T> {
        let parsed = self.text(variable).parse().ok();
        if parsed.is_none() {
            self.fault(variable, wanted);
        }
        parsed
    }

    fn number<T>(&mut self, variable: &str, min: T, max: T) -> T
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
    {
        let parsed = self.text(variable).parse().ok().filter(|number| (min..=max).contains(number));
        parsed.unwrap_or_else(|| {
            self.fault(variable, &format!("is a number from {min} to {max}"));
            min
        })
    }

    fn ip_countries(&mut self) -> IpCountries {
        let variable = "AFTERCART_IP_COUNTRIES_FILE";
        let Some(path) = self.given(variable) else { return IpCountries::default() };
        IpCountries::open(&PathBuf::from(path)).unwrap_or_else(|error| {
            self.fault(variable, &format!("is a file in the MMDB format ({error})"));
            IpCountries::default()
        })
    }

    fn limits(&mut self) -> Limits {
        let limits = Limits {
            body: self.number("AFTERCART_LIMIT_BODY_BYTES", 1_024, 104_857_600),
            upload: self.number("AFTERCART_LIMIT_UPLOAD_BYTES", 1_024, 10_737_418_240),
            head: self.number("AFTERCART_LIMIT_HEAD_BYTES", 8_192, 1_048_576),
            body_time: Duration::from_secs(self.number("AFTERCART_LIMIT_BODY_SECONDS", 1, 3_600)),
            tokens: self.number("AFTERCART_LIMIT_TOKENS", 100, 100_000),
            depth: self.number("AFTERCART_LIMIT_DEPTH", 1, 50),
            selections: self.number("AFTERCART_LIMIT_SELECTIONS", 100, 100_000),
            aliases: self.number("AFTERCART_LIMIT_ALIASES", 0, 10_000),
            directives: self.number("AFTERCART_LIMIT_DIRECTIVES", 0, 10_000),
            cost: self.number("AFTERCART_LIMIT_COST", 10, 1_000_000),
            list_input: self.number("AFTERCART_LIMIT_LIST_INPUT", 1, 10_000),
            batch: self.number("AFTERCART_LIMIT_BATCH", 1, 100),
            socket_operations: self.number("AFTERCART_LIMIT_SOCKET_OPERATIONS", 1, 10_000),
            init_time: Duration::from_secs(self.number("AFTERCART_LIMIT_INIT_SECONDS", 1, 60)),
            origins: self.origins(),
            trusted_proxies: self.networks("AFTERCART_TRUSTED_PROXIES"),
            rate: self.number("AFTERCART_RATE_POINTS_PER_SECOND", 1, 1_000_000_000),
            burst: self.number("AFTERCART_RATE_BURST_POINTS", 10, 1_000_000_000),
            query_time: Duration::from_secs(self.number("AFTERCART_LIMIT_QUERY_SECONDS", 1, 600)),
            allowed_documents: self.allowed_documents(),
        };
        if u64::from(limits.burst) < limits.cost {
            let message = format!("is at least AFTERCART_LIMIT_COST, {}", limits.cost);
            self.fault("AFTERCART_RATE_BURST_POINTS", &message);
        }
        limits
    }

    fn origins(&mut self) -> Vec<String> {
        let text = self.text("AFTERCART_ORIGINS");
        let origins: Vec<String> = text
            .split(',')
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect();
        let fits = |origin: &String| {
            origin == "*"
                || origin
                    .strip_prefix("https://")
                    .or_else(|| origin.strip_prefix("http://"))
                    .is_some_and(|place| !place.is_empty() && !place.contains('/'))
        };
        if !origins.iter().all(fits) {
            self.fault("AFTERCART_ORIGINS", "is `*` or origins such as https://shop.example");
        }
        origins
    }

    fn inbox(&mut self) -> Option<std::path::PathBuf> {
        let variable = "AFTERCART_SETTLEMENT_INBOX";
        let folder = std::path::PathBuf::from(self.given(variable)?);
        if !folder.is_dir() {
            self.fault(variable, "is a folder that exists");
        }
        Some(folder)
    }

    fn public_url(&mut self) -> Option<reqwest::Url> {
        let variable = "AFTERCART_PUBLIC_URL";
        self.given(variable)?;
        self.parsed(variable, "is an address such as https://api.shop.example")
    }

    fn stripe(&mut self) -> Option<StripeOptions> {
        let url =
            self.parsed("AFTERCART_STRIPE_URL", "is an address such as https://api.stripe.com");
        let secret = |reader: &Self, variable: &str| reader.given(variable).map(Secret::new);
        let webhook_secret = secret(self, "AFTERCART_STRIPE_WEBHOOK_SECRET");
        let Some(key) = secret(self, "AFTERCART_STRIPE_SECRET_KEY") else {
            if webhook_secret.is_some() {
                let message =
                    "AFTERCART_STRIPE_WEBHOOK_SECRET: comes with AFTERCART_STRIPE_SECRET_KEY";
                self.faults.push(message.to_owned());
            }
            return None;
        };
        Some(StripeOptions { key, webhook_secret, url: url? })
    }

    fn nats_url(&mut self) -> Option<String> {
        let variable = "AFTERCART_NATS_URL";
        let url = self.given(variable)?;
        if !(url.starts_with("nats://") || url.starts_with("tls://")) {
            // It may hold a password.
            self.faults.push(format!("{variable}: begins with nats:// or tls://"));
        }
        Some(url)
    }

    /// Zero keeps events for good; deliveries are tried for three days, so a week is the least.
    fn events_kept(&mut self) -> Option<time::Duration> {
        let variable = "AFTERCART_EVENTS_KEEP_DAYS";
        match self.number(variable, 0, 36_500) {
            0 => None,
            days if days < 7 => {
                self.fault(variable, "is 0, or a number from 7 to 36500");
                None
            }
            days => Some(time::Duration::days(days)),
        }
    }

    fn networks(&mut self, variable: &str) -> Vec<ipnet::IpNet> {
        let text = self.text(variable);
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let alone = || part.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
            part.parse().or_else(|_| alone())
        };
        let networks: Result<Vec<ipnet::IpNet>, _> = parts.map(network).collect();
        networks.unwrap_or_else(|_| {
            self.fault(variable, "is addresses or networks such as 10.0.0.0/8");
            Vec::new()
        })
    }

    fn issuers(&mut self) -> Vec<Issuer> {
        let variable = "AFTERCART_OIDC_ISSUERS";
        let Some(path) = self.given(variable) else { return Vec::new() };
        let read = std::fs::read_to_string(&path).map_err(|error| error.to_string());
        let parsed = read.and_then(|text| {
            serde_json::from_str::<Vec<Issuer>>(&text).map_err(|error| error.to_string())
        });
        let issuers = parsed.unwrap_or_else(|error| {
            self.faults.push(format!("{variable}: {path}: {error}"));
            Vec::new()
        });
        for fault in issuers.iter().filter_map(Issuer::fault) {
            self.faults.push(format!("{variable}: {path}: {fault}"));
        }
        issuers
    }

    fn allowed_documents(&mut self) -> Option<Vec<String>> {
        let variable = "AFTERCART_ALLOWED_DOCUMENTS";
        let path = self.given(variable)?;
        let read = std::fs::read_to_string(&path).map_err(|error| error.to_string());
        let parsed = read.and_then(|text| {
            serde_json::from_str::<BTreeMap<String, String>>(&text)
                .map_err(|error| error.to_string())
        });
        match parsed {
            Ok(documents) => Some(documents.into_values().collect()),
            Err(error) => {
                self.faults.push(format!("{variable}: {path}: {error}"));
                None
            }
        }
    }

    fn choice(&mut self, variable: &str, yes: &str, no: &str) -> bool {
        let given = self.text(variable);
        if given != yes && given != no {
            self.fault(variable, &format!("is `{yes}` or `{no}`"));
        }
        given == yes
    }

    fn master_key(&mut self) -> Option<MasterKey> {
        let (variable, text) =
            match (self.given("AFTERCART_MASTER_KEY"), self.given("AFTERCART_MASTER_KEY_FILE")) {
                (Some(_), Some(_)) => {
                    self.faults
                        .push("AFTERCART_MASTER_KEY: give the key or the file, not both".into());
                    return None;
                }
                (Some(text), None) => ("AFTERCART_MASTER_KEY", text),
                (None, Some(path)) => match std::fs::read_to_string(&path) {
                    Ok(text) => ("AFTERCART_MASTER_KEY_FILE", text),
                    Err(error) => {
                        self.faults.push(format!("AFTERCART_MASTER_KEY_FILE: {path}: {error}"));
                        return None;
                    }
                },
                (None, None) => return None,
            };
        let key = MasterKey::parse(&text);
        if key.is_none() {
            // The value is a secret and stands in no message.
            self.faults.push(format!("{variable}: is 32 bytes in URL-safe base64"));
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let owned = values.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Config::read(&owned.collect())
    }

    #[test]
    fn without_anything_the_defaults_hold() {
        let config = read(&[]).unwrap();
        assert_eq!(config.database_url, "sqlite://aftercart.db?mode=rwc");
        assert_eq!(config.listen.to_string(), "127.0.0.1:4000");
        assert!(config.migrate && !config.log_json);
    }

    #[test]
    fn every_fault_is_named_at_once_and_no_secret_is() {
        let faults = read(&[
            ("database_url", "mysql://x"),
            ("listen", "here"),
            ("jwt_lifetime_seconds", "1"),
            ("master_key", "hunter2"),
            ("lisen", "127.0.0.1:1"),
        ])
        .unwrap_err()
        .join("\n");
        for name in [
            "DATABASE_URL",
            "AFTERCART_LISTEN",
            "AFTERCART_JWT_LIFETIME_SECONDS",
            "AFTERCART_MASTER_KEY",
            "AFTERCART_LISEN",
        ] {
            assert!(faults.contains(name), "{name} in {faults}");
        }
        assert!(!faults.contains("hunter2"));
    }
}
