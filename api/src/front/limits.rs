//! How much one request may ask for.

use std::time::Duration;

/// The limits of the front door; every one is a setting.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a request body.
    pub body: usize,
    /// Bytes of a request that brings files.
    pub upload: usize,
    /// Bytes of a request's head: its line and its headers.
    pub head: usize,
    /// How long a request body may take to come.
    pub body_time: Duration,
    /// Tokens of a document.
    pub tokens: usize,
    /// Selections below each other; those of introspection have [`Limits::INTROSPECTION_DEPTH`].
    pub depth: u32,
    /// Selections in all, each spread of a fragment counted anew.
    pub selections: u64,
    /// Aliases in all, each spread of a fragment counted anew.
    pub aliases: u64,
    /// Directives in all, each spread of a fragment counted anew.
    pub directives: u64,
    /// What an operation may cost; see [`super::cost`].
    pub cost: u64,
    /// Items of a list in the input.
    pub list_input: usize,
    /// Operations of a batch.
    pub batch: usize,
    /// Operations of a socket at a time.
    pub socket_operations: usize,
    /// How long a socket may wait before it says who it is.
    pub init_time: Duration,
    /// Web pages that may call us, as `https://shop.example`; `*` is any.
    pub origins: Vec<String>,
    /// What an actor may spend in a second, over time.
    pub rate: u32,
    /// What an actor may have saved up.
    pub burst: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// How long a query may take.
    pub query_time: Duration,
    /// The only documents that run, where the operator names them.
    pub allowed_documents: Option<Vec<String>>,
}

impl Limits {
    /// The standard introspection query is 15 deep.
    pub(super) const INTROSPECTION_DEPTH: u32 = 20;
    /// `fields`, `interfaces`, `possibleTypes` and `inputFields` below each other: each multiplies the
    /// answer by the size of the schema.
    pub(super) const INTROSPECTION_LISTS: u32 = 2;
    /// Brackets in brackets.
    pub(super) const NESTING: usize = 64;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            upload: 200 * 1024 * 1024,
            head: 16 * 1024,
            body_time: Duration::from_secs(30),
            tokens: 5_000,
            depth: 12,
            selections: 1_000,
            aliases: 50,
            directives: 20,
            cost: 1_000,
            list_input: 250,
            batch: 10,
            socket_operations: 100,
            init_time: Duration::from_secs(10),
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            rate: 10_000,
            burst: 50_000,
            query_time: Duration::from_secs(5),
            allowed_documents: None,
        }
    }
}
