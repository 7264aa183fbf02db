//! The one way to run an operation, behind every transport: document, variables, cost, rate, execution.

use super::cost::cost;
use super::documents::{
    Document, Documents, Fault, Hash, LIMIT_EXCEEDED, VALIDATION_FAILED, parse_hash, request_fault,
};
use super::guard::longest_list;
use super::limits::Limits;
use super::listen::Peer;
use super::rate::Rates;
use super::sse::Resume;
use crate::auth::{Credential, Tokens};
use crate::downloads::Downloads;
use crate::loaders::{Loaders, Scope, Views};
use crate::schema::{self, Schema};
use crate::server::AppOptions;
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use async_graphql::{ErrorExtensionValues, Response, UploadValue, Value};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use moka::sync::Cache;
use operations::access::network;
use operations::access::session::Request;
use operations::audit::{self, DONE, Remark};
use operations::events::tail::EventTail;
use operations::ids::Subject;
use operations::webhooks::Means;
use operations::{Actor, Store};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tracing::Instrument;
use uuid::Uuid;

/// What a client sends, on every transport.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload {
    /// The document.
    pub(super) query: Option<String>,
    /// Which of its operations.
    pub(super) operation_name: Option<String>,
    /// Values of its variables.
    #[serde(default)]
    pub(super) variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// Beside the document, such as the hash of a persisted one.
    #[serde(default)]
    pub(super) extensions: Option<serde_json::Map<String, serde_json::Value>>,
    /// Files, by their place among the variables.
    #[serde(skip)]
    pub(super) uploads: Vec<(String, UploadValue)>,
    /// The place that the files take on disk, until they are gone.
    #[serde(skip)]
    pub(super) room: Option<SemaphorePermit<'static>>,
}

/// What kind of operation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Query,
    Mutation,
    Subscription,
}

/// An operation that may run.
pub(super) struct Prepared {
    request: async_graphql::Request,
    document: Arc<Document>,
    pub(super) kind: Kind,
    cost: u64,
    room: Option<SemaphorePermit<'static>>,
}

/// Who asks, in which request.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub(super) actor: Option<Arc<Actor>>,
    pub(super) request: Request,
}

impl Asker {
    /// The same actor, with what the logs are to say of the request.
    pub(super) fn new(actor: Option<Arc<Actor>>, id: String, peer: Peer) -> Self {
        let request = Request { id: Some(id), address: Some(peer.address()) };
        let named = |actor: Arc<Actor>| {
            let Request { id: request_id, address } = request.clone();
            Arc::new(Actor { request_id, address, ..(*actor).clone() })
        };
        Self { actor: actor.map(named), request }
    }

    pub(super) fn remark(&self, operation: &str, outcome: &'static str) -> Remark {
        Remark {
            actor: self.actor.as_ref().map(|actor| (actor.kind, actor.id)),
            operation: operation.to_owned(),
            outcome,
            subject: None,
            request_id: self.request.id.clone(),
            address: self.request.address.clone(),
        }
    }
}

/// What the audit log is to know of an answer.
#[derive(Clone)]
struct Watch {
    asker: Asker,
    views: Arc<Views>,
    document: Arc<Document>,
    operation: Option<String>,
}

/// What an operation cost, and what its actor has left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spent {
    requested: u64,
    limit: u64,
    remaining: u32,
}

/// Why nothing ran.
#[derive(Debug)]
pub(super) enum Refused {
    /// The request is wrong: its document, its variables, or how much it asks for.
    Request(Vec<Fault>),
    /// The actor asks for too much in too short a time.
    TooMany(Duration),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Request(vec![fault])
    }
}

struct Inner {
    store: Store,
    schema: Schema,
    tail: EventTail,
    types: Arc<Valid<apollo_compiler::Schema>>,
    documents: Documents,
    rates: Rates,
    /// Attempts of nobody that the audit log takes, by address: nobody fills it up.
    strangers: Rates,
    /// Views of personal data that were noted a short while ago, by actor.
    viewed: Cache<(Uuid, Subject), ()>,
    limits: Limits,
    means: Arc<Means>,
    downloads: Downloads,
}

/// A second look at the same person within this time is the same view.
const ONE_VIEW: Duration = Duration::from_mins(15);
/// Attempts of nobody that are noted, for an address: at once, and in a second.
const STRANGERS: (u32, u32) = (60, 1);

/// Runs operations.
#[derive(Clone)]
pub(crate) struct Executor(Arc<Inner>);

impl Executor {
    /// Fails where the schema does not validate, which a test would have found.
    pub(crate) fn new(store: Store, options: &AppOptions) -> operations::Result<Self> {
        let limits = &options.limits;
        let types = apollo_compiler::Schema::parse_and_validate(types(), "schema.graphql")
            .map_err(|failed| operations::Error::Internal(failed.errors.to_string()))?;
        let types = Arc::new(types);
        Ok(Self(Arc::new(Inner {
            tail: EventTail::new(store.clone(), options.event_poll),
            store,
            schema: schema::build(),
            documents: Documents::new(types.clone(), limits.clone()),
            types,
            rates: Rates::new(limits.rate, limits.burst),
            strangers: Rates::new(STRANGERS.1, STRANGERS.0),
            viewed: Cache::builder().max_capacity(100_000).time_to_live(ONE_VIEW).build(),
            limits: limits.clone(),
            means: Arc::new(options.means()),
            downloads: Downloads::new(options),
        })))
    }

    /// Makes addresses to download from.
    pub(crate) fn downloads(&self) -> &Downloads {
        &self.0.downloads
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Checks all that can be checked before anything is loaded.
    pub(super) fn prepare(&self, payload: Payload) -> Result<Prepared, Refused> {
        let named = persisted(payload.extensions.as_ref())?;
        let text = payload.query.as_deref().filter(|text| !text.trim().is_empty());
        let document: Arc<Document> =
            self.0.documents.get(text, named).map_err(Refused::Request)?;
        let checked = &document.checked;
        let name = payload.operation_name.as_deref().filter(|name| !name.is_empty());
        let operation = checked
            .operations
            .get(name)
            .map_err(|error| request_fault(VALIDATION_FAILED, &error, &checked.sources))?;
        let kind = if operation.is_query() {
            Kind::Query
        } else if operation.is_mutation() {
            Kind::Mutation
        } else {
            Kind::Subscription
        };
        let variables = serde_json::Value::Object(payload.variables.unwrap_or_default());
        let longest = longest_list(&variables);
        if longest > self.0.limits.list_input {
            let limit = self.0.limits.list_input;
            let message =
                format!("a list in the variables has {longest} items, at most {limit} are allowed");
            return Err(Fault::new(LIMIT_EXCEEDED, message).into());
        }
        let given: JsonMap = serde_json::from_value(variables.clone())
            .map_err(|error| Fault::new("BAD_REQUEST", error.to_string()))?;
        let coerced =
            apollo_compiler::request::coerce_variable_values(&self.0.types, operation, &given)
                .map_err(|error| request_fault("BAD_INPUT", &error, &checked.sources))?;
        let cost = cost(&self.0.types, checked, operation, &coerced);
        if cost > self.0.limits.cost {
            let limit = self.0.limits.cost;
            let message = format!(
                "this operation costs {cost} points, at most {limit} are allowed: ask for fewer rows"
            );
            return Err(Fault::new(LIMIT_EXCEEDED, message).into());
        }
        let mut request = async_graphql::Request::new(String::new())
            .variables(async_graphql::Variables::from_json(variables));
        request.operation_name = name.map(str::to_owned);
        request.set_parsed_query(document.parsed.clone());
        for (place, upload) in payload.uploads {
            let variable = place.split('.').nth(1).unwrap_or_default();
            let defined = operation.variables.iter().find(|defined| defined.name == variable);
            if !defined.is_some_and(|defined| self.takes_files(&defined.ty)) {
                let message = format!("`{place}` takes no file");
                return Err(Fault::new("BAD_REQUEST", message).into());
            }
            request.set_upload(&place, upload);
        }
        Ok(Prepared { request, document, kind, cost, room: payload.room })
    }

    /// Whether a variable's type is `Upload`, or an input that holds one somewhere.
    fn takes_files(&self, ty: &apollo_compiler::ast::Type) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![ty.inner_named_type().clone()];
        while let Some(name) = open.pop() {
            if name == "Upload" {
                return true;
            }
            if let (true, Some(input)) =
                (seen.insert(name.clone()), self.0.types.get_input_object(&name))
            {
                open.extend(input.fields.values().map(|field| field.ty.inner_named_type().clone()));
            }
        }
        false
    }

    /// Takes the cost of operations from what an actor may spend.
    pub(super) fn charge(&self, who: &str, operations: &[Prepared]) -> Result<Spent, Refused> {
        let requested = operations.iter().map(|operation| operation.cost).sum();
        let remaining = self.0.rates.spend(who, requested).map_err(Refused::TooMany)?;
        Ok(Spent { requested, limit: self.0.limits.cost, remaining })
    }

    /// Runs a query or mutation. A mutation is never cut short: it has a task of its own, which goes on
    /// where its client went away. A query ends with its time.
    pub(super) async fn run(
        &self,
        mut prepared: Prepared,
        asker: &Asker,
        tokens: &Tokens,
    ) -> Response {
        let (executor, kind) = (self.clone(), prepared.kind);
        let room = prepared.room.take();
        let (request, watch) = self.with_data(prepared, asker.clone(), tokens);
        // All of it goes on where the client went away: a mutation is whole, a query ends with its time,
        // and what was denied is noted.
        let work = async move {
            let running = executor.0.schema.execute(request);
            let limit = executor.0.limits.query_time;
            let answer = if kind == Kind::Query {
                let late = |_| {
                    failure("TIMEOUT", format!("the query took more than {} s", limit.as_secs()))
                };
                tokio::time::timeout(limit, running).await.unwrap_or_else(late)
            } else {
                running.await
            };
            drop(room);
            executor.watched(answer, &watch).await
        };
        unbroken(work, asker.request.id.as_deref().unwrap_or_default()).await
    }

    /// The answers of a subscription, for as long as the credential holds.
    pub(super) fn follow(
        &self,
        prepared: Prepared,
        asker: Asker,
        tokens: &Tokens,
        credential: Credential,
        resume: Arc<Resume>,
    ) -> BoxStream<'static, Response> {
        let (request, watch) = self.with_data(prepared, asker, tokens);
        let executor = self.clone();
        let answers = self
            .0
            .schema
            .execute_stream(request.data(credential).data(resume).data(self.0.tail.clone()));
        // A resolver that panics ends its stream alone.
        AssertUnwindSafe(answers)
            .catch_unwind()
            .scan((), |(), answer| std::future::ready(answer.ok()))
            .then(move |answer| {
                let (executor, watch) = (executor.clone(), watch.clone());
                // Boxed: a stream that waits has no room set aside for it.
                async move { executor.watched(answer, &watch).await }.boxed()
            })
            .boxed()
    }

    fn with_data(
        &self,
        prepared: Prepared,
        asker: Asker,
        tokens: &Tokens,
    ) -> (async_graphql::Request, Watch) {
        let Prepared { request, document, .. } = prepared;
        let views = Arc::<Views>::default();
        let scope = Scope {
            store: self.0.store.clone(),
            actor: asker.actor.clone(),
            request: asker.request.clone(),
            views: views.clone(),
        };
        let operation = request.operation_name.clone();
        let watch = Watch { asker, views, document, operation };
        let request = request.data(Loaders::new(scope)).data(tokens.clone());
        let request = request.data(self.0.means.clone()).data(self.0.downloads.clone());
        (request, watch)
    }

    /// Completes an answer, and tells the audit log what was denied and whose personal data it shows:
    /// an answer whose views cannot be noted does not leave.
    async fn watched(&self, mut answer: Response, watch: &Watch) -> Response {
        let request_id = watch.asker.request.id.as_deref().unwrap_or_default();
        complete_errors(&mut answer, request_id);
        let denied = denials(&answer, watch);
        let views = self.new_views(watch);
        if denied.is_empty() && views.is_empty() {
            return answer;
        }
        self.note_denials(&watch.asker, denied, watch.views.attempt()).await;
        if views.is_empty() {
            return answer;
        }
        let remark = |(_, subject): &(Uuid, Subject)| Remark {
            subject: Some(*subject),
            ..watch.asker.remark("customer.viewed", DONE)
        };
        let remarks: Vec<Remark> = views.iter().map(remark).collect();
        match audit::write(&self.0.store, &remarks).await {
            Ok(()) => {
                for view in views {
                    self.0.viewed.insert(view, ());
                }
                answer
            }
            Err(error) => {
                tracing::error!(%error, "views of personal data could not be noted");
                let why = "the service cannot answer now, try again";
                failure("UNAVAILABLE", why.to_owned())
            }
        }
    }

    /// Views that were not noted a short while ago.
    fn new_views(&self, watch: &Watch) -> Vec<(Uuid, Subject)> {
        let Some(who) = watch.asker.actor.as_ref().and_then(|actor| actor.id) else {
            return Vec::new();
        };
        let seen = watch.views.take().into_iter().map(|subject| (who, subject));
        seen.filter(|view| !self.0.viewed.contains_key(view)).collect()
    }

    /// Tells the audit log what was denied. Attempts of nobody are noted up to a limit for each address.
    pub(super) async fn note_denials(
        &self,
        asker: &Asker,
        denied: Vec<(String, &'static str)>,
        subject: Option<Subject>,
    ) {
        let remark = |(operation, code): &(String, &'static str)| Remark {
            subject,
            ..asker.remark(operation, code)
        };
        let mut remarks: Vec<Remark> = denied.iter().map(remark).collect();
        if asker.actor.is_none() {
            let address = asker.request.address.as_deref().unwrap_or_default();
            let network = network(address);
            remarks.retain(|_| self.0.strangers.spend(&network, 1).is_ok());
        }
        if remarks.is_empty() {
            return;
        }
        if let Err(error) = audit::write(&self.0.store, &remarks).await {
            tracing::error!(%error, "a denied attempt could not be noted");
        }
    }
}

/// Root fields that were denied to the asker, with the code: once for each time a document asks for one.
fn denials(answer: &Response, watch: &Watch) -> Vec<(String, &'static str)> {
    let mut denied = Vec::new();
    for error in &answer.errors {
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
        let code = match code {
            Some(Value::String(code)) if code == "FORBIDDEN" => "FORBIDDEN",
            Some(Value::String(code)) if code == "UNAUTHENTICATED" => "UNAUTHENTICATED",
            Some(Value::String(code)) if code == "RATE_LIMITED" => "RATE_LIMITED",
            _ => continue,
        };
        let key = match error.path.first() {
            Some(async_graphql::PathSegment::Field(key)) => key.as_str(),
            Some(async_graphql::PathSegment::Index(_)) | None => "",
        };
        if !denied.contains(&(key, code)) {
            denied.push((key, code));
        }
    }
    denied.into_iter().map(|(key, code)| (watch.field(key), code)).collect()
}

impl Watch {
    /// The root field behind a key of the answer.
    fn field(&self, key: &str) -> String {
        let checked = &self.document.checked;
        let Ok(operation) = checked.operations.get(self.operation.as_deref()) else {
            return key.to_owned();
        };
        let mut fields = operation.root_fields(checked);
        fields
            .find(|field| field.response_key() == key)
            .map_or_else(|| key.to_owned(), |field| field.name.to_string())
    }
}

/// The schema, with what the introspection of its executor can tell beside the specification's own.
pub(super) fn types() -> String {
    schema::sdl() + "\nextend type __Type { isOneOf: Boolean }\n"
}

/// The hash of `extensions.persistedQuery`, as automatic persisted queries send it.
fn persisted(
    extensions: Option<&serde_json::Map<String, serde_json::Value>>,
) -> Result<Option<Hash>, Fault> {
    let Some(persisted) = extensions.and_then(|extensions| extensions.get("persistedQuery")) else {
        return Ok(None);
    };
    let hash = persisted.get("sha256Hash").and_then(serde_json::Value::as_str);
    let hash = hash.and_then(parse_hash);
    let version = persisted.get("version").and_then(serde_json::Value::as_u64);
    if version != Some(1) || hash.is_none() {
        let message =
            "`extensions.persistedQuery` is { version: 1, sha256Hash: 64 hexadecimal digits }";
        return Err(Fault::new("BAD_REQUEST", message));
    }
    Ok(hash)
}

/// The answer of a task of its own. A panic ends the task alone, and is a fault of ours.
async fn unbroken(
    work: impl Future<Output = Response> + Send + 'static,
    request_id: &str,
) -> Response {
    match tokio::spawn(work.in_current_span()).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%error, "a resolver panicked");
            let mut answer = failure("INTERNAL", "something went wrong on our side".into());
            complete_errors(&mut answer, request_id);
            answer
        }
    }
}

fn failure(code: &str, message: String) -> Response {
    let mut error = async_graphql::ServerError::new(message, None);
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    Response::from_errors(vec![error])
}

/// Every error has a code; a fault of ours names the request, so that support finds its cause.
fn complete_errors(response: &mut Response, request_id: &str) {
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if extensions.get("code").is_none() {
            extensions.set("code", "BAD_INPUT");
        }
        if extensions.get("code") == Some(&Value::from("INTERNAL")) {
            extensions.set("requestId", request_id);
        }
    }
}

/// `extensions.cost` of an answer.
pub(super) fn show_cost(response: &mut Response, spent: Spent) {
    let cost = async_graphql::value!({
        "requested": spent.requested,
        "limit": spent.limit,
        "remaining": spent.remaining,
    });
    response.extensions.insert("cost".to_owned(), cost);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_fault_of_ours_with_the_id_of_its_request() {
        let work = async { panic!("a secret") };
        let answer = serde_json::to_value(unbroken(work, "req_1").await).unwrap();
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "INTERNAL");
        assert_eq!(error["extensions"]["requestId"], "req_1");
        assert!(!answer.to_string().contains("secret"));
    }
}
