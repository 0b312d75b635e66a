//! An interview as the outside sees it.

use super::answered;
use super::answers::AnswerSchema;
use crate::app::AppState;
use crate::clock::rfc3339;
use crate::error::Result;
use crate::service::keywords::KeywordView;
use crate::service::questions::QuestionView;
use seonmul_engine::Lang;
use seonmul_engine::interview::{Answer, Answered};
use seonmul_store::{AnswerRow, InterviewRow, RecommendationId};
use serde::Serialize;
use utoipa::ToSchema;

/// An interview with its answers and the next question.
#[derive(Debug, Serialize, ToSchema)]
pub struct InterviewView {
    /// Its id.
    pub interview_id: String,
    /// `open`, `ready` or `completed`.
    #[schema(example = "open")]
    pub status: String,
    /// In the order in which they were given.
    pub answers: Vec<AnswerView>,
    /// What is asked next; `null` when nothing is.
    pub next_question: Option<QuestionView>,
    /// How many questions were answered or skipped.
    pub asked: u32,
    /// How many there can be.
    pub max_questions: u32,
    /// How much the next question is expected to tell, in bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_gain: Option<f32>,
    /// What the answers stand for so far.
    pub keywords: Vec<KeywordView>,
    /// The last recommendation that was made from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_recommendation_id: Option<String>,
    /// RFC 3339 in UTC.
    pub created_at: String,
    /// RFC 3339 in UTC.
    pub updated_at: String,
}

/// One answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerView {
    /// The question.
    pub question_id: String,
    /// The answer as it was given.
    #[schema(value_type = AnswerSchema)]
    pub answer: Answer,
    /// The answer in words.
    pub label: String,
}

/// Most questions of an interview as long as there is no catalogue to say more.
const FIXED_QUESTIONS: u32 = 6;

pub(super) fn build(
    app: &AppState,
    row: &InterviewRow,
    rows: &[AnswerRow],
    latest: Option<RecommendationId>,
    lang: Lang,
) -> Result<InterviewView> {
    let answered = answered(rows)?;
    let pending = row.pending_question.as_deref();
    let mut view = InterviewView {
        interview_id: row.interview_id.to_string(),
        status: row.status.clone(),
        next_question: pending
            .and_then(|id| app.engine.question(id))
            .map(|q| QuestionView::new(q, lang)),
        asked: u32::try_from(answered.len()).unwrap_or(u32::MAX),
        max_questions: FIXED_QUESTIONS,
        expected_gain: None,
        keywords: Vec::new(),
        latest_recommendation_id: latest.map(|id| id.to_string()),
        created_at: rfc3339(row.created_ms),
        updated_at: rfc3339(row.updated_ms),
        answers: Vec::new(),
    };
    if let Some(catalogue) = app.catalogue.load_full() {
        let step = app.engine.next_question(&answered, &catalogue);
        view.max_questions = step.max_questions;
        view.expected_gain = step
            .expected_gain
            .filter(|_| step.question_id.as_deref() == pending);
        if !answered.is_empty() {
            view.keywords = app
                .engine
                .keywords(&answered, &catalogue, lang)
                .iter()
                .map(KeywordView::from)
                .collect();
        }
    }
    let answer = |Answered {
                      question_id,
                      answer,
                  }: Answered| AnswerView {
        label: app.engine.answer_label(&question_id, &answer, lang),
        question_id,
        answer,
    };
    view.answers = answered.into_iter().map(answer).collect();
    Ok(view)
}
