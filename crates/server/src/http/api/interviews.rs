//! `/api/v1/interviews`.

use crate::app::App;
use crate::error::Result;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery, GuestAuth, Language, OptionalJson};
use crate::http::openapi::{GuestErrors, GuestWriteErrors};
use crate::service::interviews::{self, AnswerInput, AnswerSchema, InterviewPage, InterviewView};
use crate::service::keywords::{self, KeywordsInput, KeywordsView};
use crate::service::llm::Caller;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use seonmul_store::InterviewId;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Entries of a page; 20 when nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Begins an interview.
#[utoipa::path(post, path = "/api/v1/interviews", tag = "Interview", operation_id = "create_interview", security(("guest" = [])),
    responses((status = 201, description = "The interview with its first question.", body = InterviewView,
        headers(("Location" = String, description = "Where it is read"))), GuestErrors))]
pub async fn create_interview(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
    Language(lang): Language,
) -> Result<impl IntoResponse> {
    let view = interviews::create(&app, &guest, lang).await?;
    let location = format!("/api/v1/interviews/{}", view.interview_id);
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        ApiJson(view),
    ))
}

/// This guest's interviews, newest first.
#[utoipa::path(get, path = "/api/v1/interviews", tag = "Interview", operation_id = "list_interviews", params(PageQuery),
    security(("guest" = [])),
    responses((status = 200, description = "A page of interviews.", body = InterviewPage), GuestErrors))]
pub async fn list_interviews(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
    Language(lang): Language,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> Result<ApiJson<InterviewPage>> {
    interviews::list(&app, &guest, page.cursor.as_deref(), page.limit, lang)
        .await
        .map(ApiJson)
}

/// One interview.
#[utoipa::path(get, path = "/api/v1/interviews/{interview_id}", tag = "Interview", operation_id = "fetch_interview",
    params(("interview_id" = String, Path, description = "Its id")), security(("guest" = [])),
    responses((status = 200, description = "The interview.", body = InterviewView), GuestErrors))]
pub async fn fetch_interview(
    State(app): State<App>,
    caller: Caller,
    Language(lang): Language,
    ApiPath(id): ApiPath<InterviewId>,
) -> Result<ApiJson<InterviewView>> {
    interviews::fetch(&app, &caller, &id, lang)
        .await
        .map(ApiJson)
}

/// Answers a question, or answers it again.
#[utoipa::path(put, path = "/api/v1/interviews/{interview_id}/answers/{question_id}", tag = "Interview",
    operation_id = "answer_question", security(("guest" = [])), request_body = AnswerSchema,
    params(("interview_id" = String, Path, description = "The interview"),
        ("question_id" = String, Path, description = "A fixed question, the one asked next, or one that was answered before")),
    responses((status = 200, description = "The interview after the answer.", body = InterviewView), GuestWriteErrors))]
pub async fn answer_question(
    State(app): State<App>,
    caller: Caller,
    Language(lang): Language,
    ApiPath((id, question_id)): ApiPath<(InterviewId, String)>,
    ApiJson(input): ApiJson<AnswerInput>,
) -> Result<ApiJson<InterviewView>> {
    let answer = input.into_answer()?;
    interviews::answer(&app, &caller, &id, &question_id, answer, lang)
        .await
        .map(ApiJson)
}

/// Keywords that stand for the answers.
#[utoipa::path(post, path = "/api/v1/interviews/{interview_id}/keywords", tag = "Interview", operation_id = "extract_keywords",
    params(("interview_id" = String, Path, description = "The interview")), security(("guest" = [])),
    request_body = Option<KeywordsInput>,
    responses((status = 200, description = "The keywords and who found them.", body = KeywordsView), GuestWriteErrors))]
pub async fn extract_keywords(
    State(app): State<App>,
    caller: Caller,
    Language(lang): Language,
    ApiPath(id): ApiPath<InterviewId>,
    OptionalJson(input): OptionalJson<KeywordsInput>,
) -> Result<ApiJson<KeywordsView>> {
    keywords::extract(&app, &caller, &id, input.engine.unwrap_or_default(), lang)
        .await
        .map(ApiJson)
}
