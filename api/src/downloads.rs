//! Files to download: addresses that are signed, hold five minutes, and need no token.

use crate::front::refuse;
use crate::ids::{Kind, decode, encode, encode_prefixed};
use crate::server::{App, AppOptions};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use operations::invoices::paper::Paper;
use operations::invoices::{pdf, ubl};
use operations::ledger::export::{Export, Format, Wanted};
use operations::secrets::MasterKey;
use operations::settlements::export as reconciliation;
use operations::store::Db;
use operations::{Error, Result};
use reqwest::Url;
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// How long an address holds.
const LASTS: time::Duration = time::Duration::minutes(5);
/// What the key signs here, and nowhere else.
const PURPOSE: &str = "download";

/// Makes addresses and knows its own.
#[derive(Clone)]
pub(crate) struct Downloads {
    key: MasterKey,
    base: Option<Url>,
}

impl Downloads {
    pub(crate) fn new(options: &AppOptions) -> Self {
        Self { key: options.master_key.clone(), base: options.public_url.clone() }
    }

    /// Where a file can be fetched for five minutes. `path` begins with `/downloads/` and may have a query.
    pub(crate) fn address(&self, path: &str, now: OffsetDateTime) -> String {
        let until = (now + LASTS).unix_timestamp();
        let joint = if path.contains('?') { '&' } else { '?' };
        let named = format!("{path}{joint}until={until}");
        let signature = self.key.sign(PURPOSE, &named);
        let signed = format!("{named}&signature={signature}");
        self.base.as_ref().map_or_else(
            || signed.clone(),
            |base| format!("{}{signed}", base.as_str().trim_end_matches('/')),
        )
    }

    /// Whether an address is ours, and holds still.
    fn opens(&self, path: &str, until: i64, signature: &str, now: OffsetDateTime) -> bool {
        let joint = if path.contains('?') { '&' } else { '?' };
        let named = format!("{path}{joint}until={until}");
        now.unix_timestamp() <= until && self.key.verifies(PURPOSE, &named, signature)
    }
}

/// What stands behind a path.
#[derive(Debug, Deserialize)]
pub(crate) struct Signed {
    #[serde(default)]
    until: i64,
    #[serde(default)]
    signature: String,
}

fn gone() -> Response {
    let message = "this address holds no longer, or never did: ask for a new one";
    refuse(StatusCode::FORBIDDEN, "FORBIDDEN", message)
}

/// A document as PDF or XML.
pub(crate) async fn invoice(
    State(app): State<App>,
    Path(file): Path<String>,
    Query(signed): Query<Signed>,
) -> Response {
    let now = app.store().clock().now();
    let path = format!("/downloads/invoices/{file}");
    if !app.downloads().opens(&path, signed.until, &signed.signature, now) {
        return gone();
    }
    let named = file.split_once('.').and_then(|(id, kind)| match decode(id)? {
        (Kind::Invoice, id) => Some((id, kind.to_owned())),
        _ => None,
    });
    let Some((id, kind)) = named else { return gone() };
    match drawn(&app, id, &kind).await {
        Ok(Some((name, bytes))) => attachment(&name, content_type(&kind), Body::from(bytes)),
        Ok(None) => gone(),
        Err(error) => {
            tracing::error!(%error, "a document could not be drawn");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "the document could not be made")
        }
    }
}

async fn drawn(app: &App, id: Uuid, kind: &str) -> Result<Option<(String, Vec<u8>)>> {
    let Some(paper) = Paper::load(&app.store().read(), id).await? else { return Ok(None) };
    let name = format!("{}.{kind}", paper.document.number);
    let draw: fn(&Paper) -> Result<Vec<u8>> = match kind {
        "pdf" => pdf::pdf,
        "xml" => ubl::ubl,
        _ => return Ok(None),
    };
    // Shaping text takes milliseconds: nobody else waits for it.
    let drawn = tokio::task::spawn_blocking(move || draw(&paper)).await;
    let bytes = drawn.map_err(|error| Error::Internal(error.to_string()))??;
    Ok(Some((name, bytes)))
}

fn content_type(kind: &str) -> &'static str {
    match kind {
        "pdf" => "application/pdf",
        "xml" => "application/xml; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Where the journal of some days is, without a signature.
pub(crate) fn journal_path(wanted: &Wanted) -> String {
    let entity = encode(Kind::LegalEntity, wanted.legal_entity_id);
    let Wanted { from, to, format, .. } = wanted;
    format!("/downloads/journal/{entity}.{}?from={from}&to={to}", format.ending())
}

/// Which days of the journal.
#[derive(Debug, Deserialize)]
pub(crate) struct Days {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    until: i64,
    #[serde(default)]
    signature: String,
}

/// The journal of some days, part by part.
pub(crate) async fn journal(
    State(app): State<App>,
    Path(file): Path<String>,
    Query(days): Query<Days>,
) -> Response {
    let now = app.store().clock().now();
    let wanted = file.split_once('.').and_then(|(id, ending)| match decode(id)? {
        (Kind::LegalEntity, legal_entity_id) => {
            let format = Format::named(ending)?;
            Some(Wanted { legal_entity_id, from: days.from, to: days.to, format })
        }
        _ => None,
    });
    let Some(wanted) = wanted else { return gone() };
    if !app.downloads().opens(&journal_path(&wanted), days.until, &days.signature, now) {
        return gone();
    }
    let (name, format) = (wanted.file_name(), wanted.format);
    let db = app.store().read();
    let export = match Export::open(&db, wanted, encode_prefixed).await {
        Ok(Some(export)) => export,
        Ok(None) => return gone(),
        Err(error) => {
            tracing::error!(%error, "the journal could not be read");
            let message = "the journal could not be read";
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", message);
        }
    };
    let kind = match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Saft => "text/tab-separated-values; charset=utf-8",
    };
    attachment(&name, kind, in_parts(app, export))
}

/// Where a file of a reconciliation is, without a signature: with all that it is restricted to.
pub(crate) fn reconciliation_path(wanted: &reconciliation::Wanted) -> String {
    let moment = |at: OffsetDateTime| at.unix_timestamp_nanos().to_string();
    let listed = |ids: &[Uuid]| ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("from", &moment(wanted.from)).append_pair("to", &moment(wanted.to));
    query.append_pair("currency", &wanted.currency);
    let lists = [("entities", &wanted.entities), ("channels", &wanted.channels)];
    for (name, ids) in lists {
        if let Some(ids) = ids {
            query.append_pair(name, &listed(ids));
        }
    }
    if let Some(provider) = &wanted.provider {
        query.append_pair("provider", provider);
    }
    format!("/downloads/reconciliation/{}.csv?{}", wanted.part.name(), query.finish())
}

/// What a file of a reconciliation is restricted to.
#[derive(Debug, Deserialize)]
pub(crate) struct Restricted {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    currency: String,
    entities: Option<String>,
    channels: Option<String>,
    provider: Option<String>,
    #[serde(default)]
    until: i64,
    #[serde(default)]
    signature: String,
}

impl Restricted {
    fn wanted(&self, file: &str) -> Option<reconciliation::Wanted> {
        let moment = |text: &str| {
            let nanos = text.parse().ok()?;
            OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()
        };
        let listed = |text: &Option<String>| -> Option<Option<Vec<Uuid>>> {
            let Some(text) = text else { return Some(None) };
            let ids = text.split(',').filter(|id| !id.is_empty());
            Some(Some(ids.map(|id| id.parse().ok()).collect::<Option<Vec<Uuid>>>()?))
        };
        Some(reconciliation::Wanted {
            part: reconciliation::Part::named(file.strip_suffix(".csv")?)?,
            from: moment(&self.from)?,
            to: moment(&self.to)?,
            currency: self.currency.clone(),
            entities: listed(&self.entities)?,
            provider: self.provider.clone(),
            channels: listed(&self.channels)?,
        })
    }
}

/// A file of a reconciliation, part by part.
pub(crate) async fn reconciliation(
    State(app): State<App>,
    Path(file): Path<String>,
    Query(asked): Query<Restricted>,
) -> Response {
    let now = app.store().clock().now();
    let Some(wanted) = asked.wanted(&file) else { return gone() };
    if !app.downloads().opens(&reconciliation_path(&wanted), asked.until, &asked.signature, now) {
        return gone();
    }
    let name = wanted.file_name();
    let Some(export) = reconciliation::Export::open(wanted, encode_prefixed) else {
        return gone();
    };
    attachment(&name, "text/csv; charset=utf-8", in_parts(app, export))
}

/// A file that is made part by part.
trait Parts: Send + 'static {
    /// The next part; none where the file ends.
    fn next(&mut self, db: &Db) -> impl Future<Output = Result<Option<Vec<u8>>>> + Send;
}

impl Parts for Export {
    async fn next(&mut self, db: &Db) -> Result<Option<Vec<u8>>> {
        Self::next(self, db).await
    }
}

impl Parts for reconciliation::Export {
    async fn next(&mut self, db: &Db) -> Result<Option<Vec<u8>>> {
        Self::next(self, db).await
    }
}

/// Sends a file as it is made.
fn in_parts(app: App, file: impl Parts) -> Body {
    Body::from_stream(futures::stream::try_unfold(file, move |mut file| {
        let db = app.store().read();
        async move {
            let part = Parts::next(&mut file, &db).await;
            // A file that breaks off is no file: the connection ends without its end.
            let part = part.inspect_err(|error| tracing::error!(%error, "a file broke off"))?;
            Ok::<_, Error>(part.map(|part| (part, file)))
        }
    }))
}

/// A file that is saved under a name of our own making.
fn attachment(name: &str, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
