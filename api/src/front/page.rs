//! `GraphiQL` at `/`, for people with a browser. Its files are in the program where the build had them
//! (`web/dist`, see `web/build.mjs`); without them the page names the same files at a content delivery
//! network, each with the hash that it must have.

use crate::server::App;
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use rust_embed::RustEmbed;
use serde::Deserialize;
use std::fmt::Write;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Dist;

/// A file of a package, pinned by its hash.
#[derive(Debug, Deserialize)]
struct Asset {
    name: String,
    package: String,
    version: String,
    path: String,
    integrity: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../web/assets.json")).unwrap_or_default()
});

fn is_style(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|ending| ending == "css")
}

/// Where files of packages are when they are not in the program.
const NETWORK: &str = "https://cdn.jsdelivr.net";

impl Asset {
    fn is_style(&self) -> bool {
        is_style(&self.name)
    }

    /// Its element of the page.
    fn element(&self, own: bool) -> String {
        let Self { name, package, version, path, integrity } = self;
        let place = if own {
            format!("/assets/{name}")
        } else {
            format!("{NETWORK}/npm/{package}@{version}/{path}")
        };
        let checked = format!("integrity=\"{integrity}\" crossorigin=\"anonymous\"");
        if self.is_style() {
            format!("<link rel=\"stylesheet\" href=\"{place}\" {checked} />")
        } else {
            format!("<script src=\"{place}\" {checked}></script>")
        }
    }
}

/// Whether the program has every file itself.
fn own() -> bool {
    !ASSETS.is_empty() && ASSETS.iter().all(|asset| Dist::get(&asset.name).is_some())
}

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/", get(page)).route("/assets/{name}", get(asset))
}

async fn page() -> Response {
    let own = own();
    let elements = |styles: bool| {
        let wanted = ASSETS.iter().filter(|asset| asset.is_style() == styles);
        wanted.fold(String::new(), |mut text, asset| {
            let _infallible = write!(text, "{}\n    ", asset.element(own));
            text
        })
    };
    let html = include_str!("../../../web/src/index.html")
        .replace("{styles}", elements(true).trim_end())
        .replace("{scripts}", elements(false).trim_end());
    let network = if own { "" } else { NETWORK };
    // The editor sets styles of its elements; nothing else is let in, and no other page may frame it.
    let policy = format!(
        "default-src 'none'; script-src 'self' {network}; style-src 'self' 'unsafe-inline' {network}; \
         font-src 'self' data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    let mut response = content("text/html; charset=utf-8", html.into());
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

async fn asset(Path(name): Path<String>) -> Response {
    let kind = |name: &str| {
        if is_style(name) { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" }
    };
    match name.as_str() {
        "page.js" => content(kind("page.js"), include_str!("../../../web/src/page.js").into()),
        "page.css" => content(kind("page.css"), include_str!("../../../web/src/page.css").into()),
        name => match Dist::get(name) {
            Some(file) => content(kind(name), file.data.into_owned().into()),
            None => super::refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such file"),
        },
    }
}

fn content(kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
