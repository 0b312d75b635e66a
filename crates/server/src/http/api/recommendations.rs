//! `/api/v1/recommendations`.

use crate::app::App;
use crate::error::Result;
use crate::http::extract::{
    ApiJson, ApiPath, ApiQuery, GuestAuth, IdempotencyKey, Language, json_bytes,
};
use crate::http::openapi::{GuestErrors, GuestWriteErrors};
use crate::service::llm::Caller;
use crate::service::recommendations::{
    self, CritiqueInput, EventsAccepted, EventsInput, Made, RecommendationInput,
    RecommendationPage, RecommendationView, WhyNotView,
};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::once;
use seonmul_store::RecommendationId;
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use utoipa::IntoParams;

/// Which recommendations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecommendationQuery {
    /// Only those made from this interview.
    interview_id: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Entries of a page; 20 when nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Recommends gifts.
#[utoipa::path(post, path = "/api/v1/recommendations", tag = "Recommendation", operation_id = "create_recommendation",
    security(("guest" = [])), request_body = RecommendationInput,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
        description = "Requests with the same key and body give one result")),
    responses((status = 201, description = "The list.", body = RecommendationView,
        headers(("Location" = String, description = "Where it is read"),
            ("Idempotent-Replayed" = String, description = "true when an earlier request made it"))), GuestWriteErrors))]
pub async fn create_recommendation(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
    IdempotencyKey(key): IdempotencyKey,
    Language(lang): Language,
    ApiJson(input): ApiJson<RecommendationInput>,
) -> Result<Response> {
    recommendations::create(&app, &guest, &input, key, lang)
        .await
        .map(created)
}

fn created(made: Made) -> Response {
    let location = format!("/api/v1/recommendations/{}", made.recommendation_id);
    let mut response = (
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        json_bytes(made.body_json),
    )
        .into_response();
    if made.replayed {
        let name = HeaderName::from_static("idempotent-replayed");
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static("true"));
    }
    response
}

/// This guest's recommendations, newest first.
#[utoipa::path(get, path = "/api/v1/recommendations", tag = "Recommendation", operation_id = "list_recommendations",
    params(RecommendationQuery), security(("guest" = [])),
    responses((status = 200, description = "A page of recommendations.", body = RecommendationPage), GuestErrors))]
pub async fn list_recommendations(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
    ApiQuery(query): ApiQuery<RecommendationQuery>,
) -> Result<ApiJson<RecommendationPage>> {
    let (interview, cursor) = (query.interview_id.as_deref(), query.cursor.as_deref());
    recommendations::list(&app, &guest, interview, cursor, query.limit)
        .await
        .map(ApiJson)
}

/// A recommendation, exactly as it was made.
#[utoipa::path(get, path = "/api/v1/recommendations/{recommendation_id}", tag = "Recommendation",
    operation_id = "fetch_recommendation", security(("guest" = [])),
    params(("recommendation_id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The list.", body = RecommendationView), GuestErrors))]
pub async fn fetch_recommendation(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
    ApiPath(id): ApiPath<RecommendationId>,
) -> Result<impl IntoResponse> {
    recommendations::fetch(&app, &guest, &id)
        .await
        .map(json_bytes)
}

/// Which product is asked about.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhyNotQuery {
    /// The shop's id.
    #[param(max_length = 128)]
    product_id: String,
}

/// Tells why a product is not in a list.
#[utoipa::path(get, path = "/api/v1/recommendations/{recommendation_id}/why-not", tag = "Recommendation",
    operation_id = "explain_absence", security(("guest" = [])), params(
        ("recommendation_id" = String, Path, description = "The list that is meant"), WhyNotQuery),
    responses((status = 200, description = "The first reason that is true.", body = WhyNotView), GuestErrors))]
pub async fn explain_absence(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
    Language(lang): Language,
    ApiPath(id): ApiPath<RecommendationId>,
    ApiQuery(query): ApiQuery<WhyNotQuery>,
) -> Result<ApiJson<WhyNotView>> {
    recommendations::why_not(&app, &guest, &id, &query.product_id, lang)
        .await
        .map(ApiJson)
}

/// Says what should be otherwise, and gets another list.
#[utoipa::path(post, path = "/api/v1/recommendations/{recommendation_id}/critiques", tag = "Recommendation",
    operation_id = "critique_recommendation", security(("guest" = [])), request_body = CritiqueInput,
    params(("recommendation_id" = String, Path, description = "The list that is meant")),
    responses((status = 201, description = "The list that follows.", body = RecommendationView,
        headers(("Location" = String, description = "Where it is read"))), GuestWriteErrors))]
pub async fn critique_recommendation(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
    Language(lang): Language,
    ApiPath(id): ApiPath<RecommendationId>,
    ApiJson(input): ApiJson<CritiqueInput>,
) -> Result<Response> {
    recommendations::critique(&app, &guest, &id, &input, lang)
        .await
        .map(created)
}

/// Asks the language model for a second look at a list.
///
/// Server-sent events: `offer` with the list as it would become, or `none` with the reason for which nothing is offered; then the stream
/// ends. The list itself stays as it is until the offer is accepted.
#[utoipa::path(get, path = "/api/v1/recommendations/{recommendation_id}/refine", tag = "Recommendation",
    operation_id = "offer_second_look", security(("guest" = [])),
    params(("recommendation_id" = String, Path, description = "The list that is meant")),
    responses((status = 200, description = "One event: the data of `offer` is `{items:[{product_id,title,reason}]}`, that of `none` `{reason}`.",
        body = Object, content_type = "text/event-stream"), GuestErrors))]
pub async fn offer_second_look(
    State(app): State<App>,
    caller: Caller,
    Language(lang): Language,
    ApiPath(id): ApiPath<RecommendationId>,
) -> Result<Response> {
    // Checked before the stream begins, so that a list of somebody else is not found as everywhere.
    recommendations::fetch(&app, &caller.guest, &id).await?;
    let look = async move {
        let (name, data) = match recommendations::offer(&app, &caller, &id, lang).await {
            Ok(Ok(offer)) => ("offer", json!(offer)),
            Ok(Err(reason)) => ("none", json!({ "reason": reason })),
            Err(error) => ("none", json!({ "reason": error.code() })),
        };
        Ok::<_, Infallible>(Event::default().event(name).data(data.to_string()))
    };
    Ok(Sse::new(once(look))
        .keep_alive(KeepAlive::default())
        .into_response())
}

/// Makes the list that a second look offered.
#[utoipa::path(post, path = "/api/v1/recommendations/{recommendation_id}/refine", tag = "Recommendation",
    operation_id = "accept_second_look", security(("guest" = [])),
    params(("recommendation_id" = String, Path, description = "The list that is meant")),
    responses((status = 201, description = "The list that follows.", body = RecommendationView,
        headers(("Location" = String, description = "Where it is read"))), GuestWriteErrors))]
pub async fn accept_second_look(
    State(app): State<App>,
    caller: Caller,
    Language(lang): Language,
    ApiPath(id): ApiPath<RecommendationId>,
) -> Result<Response> {
    recommendations::accept(&app, &caller, &id, lang)
        .await
        .map(created)
}

/// Tells what happened with a list.
#[utoipa::path(post, path = "/api/v1/recommendations/{recommendation_id}/events", tag = "Recommendation",
    operation_id = "record_events", security(("guest" = [])), request_body = EventsInput,
    params(("recommendation_id" = String, Path, description = "The list")),
    responses((status = 202, description = "Stored.", body = EventsAccepted), GuestWriteErrors))]
pub async fn record_events(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
    ApiPath(id): ApiPath<RecommendationId>,
    ApiJson(input): ApiJson<EventsInput>,
) -> Result<impl IntoResponse> {
    let accepted = recommendations::record_events(&app, &guest, &id, &input).await?;
    Ok((StatusCode::ACCEPTED, ApiJson(accepted)))
}
