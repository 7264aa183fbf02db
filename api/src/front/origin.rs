//! Which web pages may talk to us.

use super::limits::Limits;
use super::upload::PREFLIGHT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Whether a page of the `Origin` may: our own, one that the operator names, or no page at all. A
/// program that is no browser sends no `Origin`.
pub(super) fn allowed(headers: &HeaderMap, named: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let own = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let place = origin.split_once("://").map(|(_, place)| place);
    (place.is_some() && place == own) || named.iter().any(|name| name == origin || name == "*")
}

/// CORS for the pages that the operator names; our own need none.
pub(crate) fn cors(limits: &Limits) -> CorsLayer {
    let named = limits.origins.clone();
    let fits = move |origin: &HeaderValue, _: &Parts| {
        origin.to_str().is_ok_and(|origin| named.iter().any(|name| name == origin || name == "*"))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(fits))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("last-event-id"),
            PREFLIGHT[0].clone(),
            PREFLIGHT[1].clone(),
        ])
        .expose_headers([header::RETRY_AFTER])
        .max_age(Duration::from_mins(10))
}
