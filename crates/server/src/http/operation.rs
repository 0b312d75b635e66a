//! Routes for those who run the program: is it alive, can it serve, what does it count.

use super::edge::KeepBody;
use super::extract::ApiJson;
use super::openapi::CommonErrors;
use crate::app::App;
use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Whether the process is alive.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether requests can be served.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// `ready`, `not_ready` or `ending`.
    #[schema(example = "ready")]
    status: &'static str,
    /// The database: `ok` or `unreachable`.
    database: &'static str,
    /// The cache: `ok` or `unreachable`; without it the program is slower, not less able.
    cache: &'static str,
    /// The catalogue: `ok` or `missing`.
    catalogue: &'static str,
    /// The version being served.
    catalogue_version: Option<String>,
    /// A snapshot that was refused, while an older one serves.
    refused_snapshot: Option<Refused>,
}

/// A snapshot that was refused.
#[derive(Serialize, ToSchema)]
pub struct Refused {
    /// Its version.
    version: String,
    /// Why.
    reason: String,
}

/// Whether the process is alive.
#[utoipa::path(get, path = "/healthz", tag = "Operation", operation_id = "healthz",
    responses((status = 200, description = "It is.", body = Health)))]
pub async fn healthz() -> ApiJson<Health> {
    ApiJson(Health { status: "ok" })
}

/// Whether requests can be served.
#[utoipa::path(get, path = "/readyz", tag = "Operation", operation_id = "readyz",
    responses((status = 200, description = "They can.", body = Readiness),
        (status = 503, description = "They cannot, or not all.", body = Readiness)))]
pub async fn readyz(State(app): State<App>) -> Response {
    let (database, cache) = tokio::join!(app.store.ping(), app.cache.ping());
    let catalogue = app.catalogue.load_full();
    let word = |ok: bool, otherwise: &'static str| if ok { "ok" } else { otherwise };
    let status = match (app.is_ending(), database.is_ok() && catalogue.is_some()) {
        (true, _) => "ending",
        (false, true) => "ready",
        (false, false) => "not_ready",
    };
    let view = Readiness {
        status,
        database: word(database.is_ok(), "unreachable"),
        cache: word(cache.is_ok(), "unreachable"),
        catalogue: word(catalogue.is_some(), "missing"),
        catalogue_version: catalogue.map(|c| c.version().to_owned()),
        refused_snapshot: app.refused_snapshot().map(|r| Refused {
            version: r.version,
            reason: r.reason,
        }),
    };
    let code = if status == "ready" {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Extension(KeepBody), ApiJson(view)).into_response()
}

/// Counters in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "Operation", operation_id = "metrics",
    responses((status = 200, description = "The counters.", body = String, content_type = "text/plain"), CommonErrors))]
pub async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let age = app.catalogue.load_full().map(|catalogue| {
        let age_ms = app.clock.now_ms().saturating_sub(catalogue.built_at_ms());
        Duration::from_millis(age_ms.try_into().unwrap_or(0))
    });
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        app.metrics.render(age),
    )
}
