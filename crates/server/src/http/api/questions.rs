//! `/api/v1/questions`.

use crate::app::App;
use crate::http::extract::{ApiJson, Language};
use crate::http::openapi::CommonErrors;
use crate::service::questions::{self, QuestionView};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The fixed questions.
#[derive(Serialize, ToSchema)]
pub struct QuestionList {
    /// In the order in which they are asked.
    questions: Vec<QuestionView>,
}

/// The six fixed questions.
#[utoipa::path(get, path = "/api/v1/questions", tag = "Interview", operation_id = "list_questions",
    responses((status = 200, description = "The six fixed questions.", body = QuestionList), CommonErrors))]
pub async fn list_questions(
    State(app): State<App>,
    Language(lang): Language,
) -> ApiJson<QuestionList> {
    ApiJson(QuestionList {
        questions: questions::fixed(&app, lang),
    })
}
