//! Files with a request, <https://github.com/jaydenseric/graphql-multipart-request-spec>: the parts
//! `operations`, `map` and then the files, in this order. A file goes to disk as it comes, under no name, so
//! that nothing of it is left when the request ends.

use super::executor::Payload;
use super::http::payload as read_payload;
use super::limits::Limits;
use async_graphql::UploadValue;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::{Seek, SeekFrom};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

/// A page that sends one of these had to ask first, so that no mere form can send files in a visitor's name.
pub(super) const PREFLIGHT: [HeaderName; 2] = [
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("apollo-require-preflight"),
];
/// Files of a request at most.
const FILES: usize = 10;
/// Bytes of `map`.
const MAP: u64 = 16 * 1024;
/// How long files may take to come.
const LONGEST: Duration = Duration::from_mins(10);
/// Uploads at a time: each may take its full size of the disk.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(10));

/// Why files were not taken.
pub(super) type Refusal = (StatusCode, String);

fn bad(message: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, message.into())
}

/// Whether a request brings files.
pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    boundary(headers).is_some()
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    multer::parse_boundary(headers.get(header::CONTENT_TYPE)?.to_str().ok()?).ok()
}

/// Reads an operation with its files.
pub(super) async fn receive(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
) -> Result<Payload, Refusal> {
    let late = || {
        let message = format!("the files took more than {} s", LONGEST.as_secs());
        (StatusCode::REQUEST_TIMEOUT, message)
    };
    tokio::time::timeout(LONGEST, read(headers, body, limits)).await.unwrap_or_else(|_| Err(late()))
}

async fn read(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Payload, Refusal> {
    let boundary = boundary(headers).ok_or_else(|| bad("the body has no boundary"))?;
    let room = AT_ONCE.try_acquire().map_err(|_| {
        let message = "too many files are on their way, try again".to_owned();
        (StatusCode::SERVICE_UNAVAILABLE, message)
    })?;
    let as_u64 = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let sizes = SizeLimit::new()
        .whole_stream(as_u64(limits.upload))
        .for_field("operations", as_u64(limits.body))
        .for_field("map", MAP);
    let constraints = Constraints::new().size_limit(sizes);
    let stream = body.into_data_stream();
    let mut parts =
        Parts { form: Multipart::with_constraints(stream, boundary, constraints), limits };
    let operations = parts.text("operations").await?;
    let map = parts.text("map").await?;
    let operations: Json = serde_json::from_str(&operations)
        .map_err(|error| bad(format!("`operations` is not JSON: {error}")))?;
    if operations.is_array() {
        return Err(bad("a batch brings no files"));
    }
    let mut payload = read_payload(operations).map_err(bad)?;
    let mut map: BTreeMap<String, Vec<String>> = serde_json::from_str(&map)
        .map_err(|_| bad("`map` is a JSON object such as { \"0\": [\"variables.input.file\"] }"))?;
    if map.len() > FILES {
        return Err(bad(format!("a request brings at most {FILES} files, not {}", map.len())));
    }
    while let Some(file) = parts.next().await? {
        let name = file.name().unwrap_or_default().to_owned();
        let places =
            map.remove(&name).ok_or_else(|| bad(format!("`map` does not name `{name}`")))?;
        let [place] = places.as_slice() else {
            return Err(bad(format!("`map` gives `{name}` one place among the variables")));
        };
        let upload = parts.keep(file).await?;
        put_placeholder(&mut payload, place)?;
        payload.uploads.push((place.clone(), upload));
    }
    if let Some(missing) = map.keys().next() {
        return Err(bad(format!("the file `{missing}` did not come")));
    }
    payload.room = Some(room);
    Ok(payload)
}

/// The place of a file among the variables holds null in what is sent; from here on a text.
fn put_placeholder(payload: &mut Payload, place: &str) -> Result<(), Refusal> {
    let missing = || bad(format!("`{place}` is no null among the variables"));
    let pointer = place.strip_prefix("variables.").ok_or_else(missing)?;
    let (first, rest) = pointer.split_once('.').unwrap_or((pointer, ""));
    let variables = payload.variables.as_mut().ok_or_else(missing)?;
    let at = variables.get_mut(first).ok_or_else(missing)?;
    let path = rest.split('.').filter(|part| !part.is_empty());
    let pointer = path.fold(String::new(), |pointer, part| pointer + "/" + part);
    let at = at.pointer_mut(&pointer).filter(|at| at.is_null()).ok_or_else(missing)?;
    *at = Json::String(String::new());
    Ok(())
}

struct Parts<'a> {
    form: Multipart<'static>,
    limits: &'a Limits,
}

impl Parts<'_> {
    async fn next(&mut self) -> Result<Option<Field<'static>>, Refusal> {
        let limits = self.limits;
        patiently(limits, self.form.next_field()).await
    }

    /// The next part, which must be this one.
    async fn text(&mut self, name: &str) -> Result<String, Refusal> {
        let order = || bad("the parts are `operations`, `map` and then the files");
        let part = self.next().await?.filter(|part| part.name() == Some(name)).ok_or_else(order)?;
        patiently(self.limits, part.text()).await
    }

    /// Writes a file to disk as it comes.
    async fn keep(&self, mut part: Field<'static>) -> Result<UploadValue, Refusal> {
        let failed = |error: std::io::Error| {
            tracing::error!(%error, "an upload could not be kept");
            (StatusCode::SERVICE_UNAVAILABLE, "files cannot be taken now, try again".to_owned())
        };
        let filename = part.file_name().unwrap_or_default().to_owned();
        let content_type = part.content_type().map(ToString::to_string);
        let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(failed)?);
        while let Some(chunk) = patiently(self.limits, part.chunk()).await? {
            file.write_all(&chunk).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        let mut content = file.into_std().await;
        content.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(UploadValue { filename, content_type, content })
    }
}

/// Waits for the next piece, which must come in time.
async fn patiently<T>(
    limits: &Limits,
    piece: impl Future<Output = multer::Result<T>>,
) -> Result<T, Refusal> {
    match tokio::time::timeout(limits.body_time, piece).await {
        Ok(Ok(piece)) => Ok(piece),
        Ok(Err(multer::Error::StreamSizeExceeded { limit })) => {
            let message = format!("a request with files has at most {limit} bytes");
            Err((StatusCode::PAYLOAD_TOO_LARGE, message))
        }
        Ok(Err(multer::Error::FieldSizeExceeded { limit, field_name })) => {
            let name = field_name.unwrap_or_default();
            Err((StatusCode::PAYLOAD_TOO_LARGE, format!("`{name}` has at most {limit} bytes")))
        }
        Ok(Err(error)) => Err(bad(format!("the body is no multipart form: {error}"))),
        Err(_) => {
            let message = format!("nothing came for {} s", limits.body_time.as_secs());
            Err((StatusCode::REQUEST_TIMEOUT, message))
        }
    }
}
