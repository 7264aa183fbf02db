//! Files to download: addresses that are signed, hold five minutes, and need no token.

use crate::front::refuse;
use crate::ids::{Kind, decode};
use crate::server::{App, AppOptions};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use operations::invoices::paper::Paper;
use operations::invoices::{pdf, ubl};
use operations::secrets::MasterKey;
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

/// A file that is saved under a name of our own making.
pub(crate) fn attachment(name: &str, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
