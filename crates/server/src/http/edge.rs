//! What surrounds every request: its id, its language, its answer when something failed, security headers, log and metrics.

use super::language;
use super::pages::FailedVisit;
use super::problem::{self, Failure};
use crate::app::{App, AppState};
use crate::error::Error;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID_BYTES: usize = 128;
/// The import of a large feed takes longer than a request of a guest may.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(3_600);
/// The route whose body may be large and whose work may take long.
pub const IMPORT_ROUTE: &str = "/api/v1/admin/products";

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'";

/// Marks an answer with an error status whose body is meant, such as that of `/readyz`.
#[derive(Clone, Copy)]
pub struct KeepBody;

/// The outermost part that knows the route: gives the request its id and turns every failure into a problem.
pub async fn surround(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request_id(request.headers());
    let lang = language::from_headers(request.headers());
    let visit = FailedVisit::of(request.uri(), request.method(), request.headers());
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);

    let has_body = !request.body().is_end_stream();

    let mut response = next.run(request).await;
    if has_body && response.status().is_client_error() {
        // The body may not have been read, so the connection cannot be used again; say so rather than hang up.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    if let Some(failure) = failure_of(&response) {
        log_failure(&app, &failure, &request_id, route);
        let allow = response.headers_mut().remove(header::ALLOW);
        response = match visit {
            Some(visit) => visit.render(&failure, &request_id),
            None => problem::render(&failure, lang, &request_id),
        };
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    add_headers(&app, response.headers_mut(), &request_id);

    let (status, took) = (response.status().as_u16(), started.elapsed());
    app.metrics.request(method, route, status, took);
    tracing::info!(
        request_id,
        method,
        route,
        status,
        duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    response
}

/// The failure that a handler reported, or the one that an error status without a report of ours stands for.
fn failure_of(response: &Response) -> Option<Arc<Error>> {
    if let Some(Failure(error)) = response.extensions().get::<Failure>() {
        return Some(Arc::clone(error));
    }
    if response.extensions().get::<KeepBody>().is_some() {
        return None;
    }
    let error = match response.status() {
        status if status.is_success() || status.is_redirection() || status.is_informational() => {
            return None;
        }
        StatusCode::NOT_FOUND => Error::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Error::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge { limit_bytes: 0 },
        status if status.is_client_error() => Error::Invalid(Vec::new()),
        status => Error::Internal(anyhow::anyhow!(
            "a handler answered {status} without saying why"
        )),
    };
    Some(Arc::new(error))
}

fn log_failure(app: &AppState, error: &Error, request_id: &str, route: &str) {
    if error.is_database() {
        app.metrics.database_error();
    }
    match error {
        Error::Internal(cause) => tracing::error!(request_id, route, "internal fault: {cause:#}"),
        Error::Unavailable { what, source } => {
            let cause = source.as_deref().map(|s| chain(s)).unwrap_or_default();
            tracing::warn!(request_id, route, "unavailable: {what}: {cause}");
        }
        _ => tracing::debug!(request_id, route, code = error.code(), "refused"),
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |e| e.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|v| v.to_str().ok());
    let usable = |id: &&str| {
        let plain = |b: u8| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'=' | b'/' | b'+')
        };
        !id.is_empty() && id.len() <= MAX_REQUEST_ID_BYTES && id.bytes().all(plain)
    };
    given.filter(usable).map_or_else(
        || seonmul_store::EventId::random().to_string(),
        str::to_owned,
    )
}

fn add_headers(app: &AppState, headers: &mut HeaderMap, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if app.config.is_https() {
        let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
}

/// The name of a method for logs and metrics; methods that nobody defined share one name, so that they cannot fill memory.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// Gives up on a request that takes too long.
pub async fn time_out(State(app): State<App>, request: Request, next: Next) -> Response {
    let importing = request.method() == Method::POST
        && request
            .extensions()
            .get::<MatchedPath>()
            .is_some_and(|route| route.as_str() == IMPORT_ROUTE);
    let limit = if importing {
        IMPORT_TIMEOUT
    } else {
        app.config.request_timeout
    };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Unavailable {
            what: "the request took too long",
            source: None,
        }
        .into_response(),
    }
}

/// What a panic in a handler becomes.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature is that of the panic layer"
)]
pub fn panicked(panic: Box<dyn Any + Send>) -> Response<Body> {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Error::Internal(anyhow::anyhow!("panic: {text}")).into_response()
}
