//! Interviews: one per gift. Answers are stored with their event; what is asked next follows from the answers.

mod answers;
mod view;

pub use answers::{AnswerInput, AnswerSchema, MAX_TEXT_CHARACTERS};
pub use view::{AnswerView, InterviewView};

use crate::app::{App, AppState};
use crate::error::{Error, FieldError, Result};
use crate::service::llm::{self, Caller, Patience};
use crate::service::paging;
use seonmul_engine::Lang;
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::interview::{Answer, Answered, QuestionSource};
use seonmul_store::{AnswerRow, GuestKey, InterviewId, InterviewRow, OutboxEvent, SaveOutcome};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// How often an answer is tried again when another one came between.
const SAVE_ATTEMPTS: usize = 5;

/// Fixed questions remain.
pub const OPEN: &str = "open";
/// All fixed questions are answered or skipped.
pub const READY: &str = "ready";
/// A recommendation was made from it.
pub const COMPLETED: &str = "completed";

/// A page of interviews.
#[derive(Debug, Serialize, ToSchema)]
pub struct InterviewPage {
    /// Newest first.
    pub interviews: Vec<InterviewView>,
    /// Where the next page begins; `null` at the end.
    pub next_cursor: Option<String>,
}

/// What the next question is, as stored with the interview.
struct NextStep {
    pending: Option<String>,
    status: &'static str,
}

/// Begins an interview.
pub async fn create(app: &AppState, guest: &GuestKey, lang: Lang) -> Result<InterviewView> {
    let now_ms = app.clock.now_ms();
    let next = next_step(app, &[], app.catalogue.load_full().as_deref());
    let row = InterviewRow {
        interview_id: InterviewId::random(),
        guest: *guest,
        status: next.status.to_owned(),
        pending_question: next.pending,
        created_ms: now_ms,
        updated_ms: now_ms,
        revision: 0,
    };
    app.store.interview_insert(&row).await?;
    view::build(app, &row, &[], None, lang)
}

/// An interview with its answers.
pub async fn fetch(
    app: &App,
    caller: &Caller,
    id: &InterviewId,
    lang: Lang,
) -> Result<InterviewView> {
    let guest = &caller.guest;
    let (row, answers) = load(app, guest, id).await?;
    let latest = app.store.interview_latest_recommendation(guest, id).await?;
    let mut view = view::build(app, &row, &answers, latest, lang)?;
    if let Some(question) = &mut view.next_question {
        let answered = answered(&answers)?;
        llm::reword(app, caller, &answered, question, lang, Patience::None).await;
    }
    Ok(view)
}

/// A guest's interviews, newest first.
pub async fn list(
    app: &AppState,
    guest: &GuestKey,
    cursor: Option<&str>,
    limit: Option<u32>,
    lang: Lang,
) -> Result<InterviewPage> {
    let limit = paging::limit(limit, paging::MAX_LIMIT, paging::DEFAULT_LIMIT)?;
    let before = paging::parse_cursor(cursor, InterviewId::parse)?;
    let mut rows = app.store.interview_list(guest, before, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| more);
    let next_cursor =
        last.map(|(row, ..)| paging::cursor_after(row.created_ms, row.interview_id.as_str()));
    let interviews = rows
        .into_iter()
        .map(|(row, answers, latest)| view::build(app, &row, &answers, latest, lang));
    Ok(InterviewPage {
        interviews: interviews.collect::<Result<_>>()?,
        next_cursor,
    })
}

/// Answers a question, or answers it again.
///
/// # Errors
/// [`Error::NotFound`] for a question that is not asked here, [`Error::Invalid`] for an answer that does not fit it,
/// [`Error::Conflict`] when others keep answering at the same time.
pub async fn answer(
    app: &App,
    caller: &Caller,
    id: &InterviewId,
    question_id: &str,
    answer: Answer,
    lang: Lang,
) -> Result<InterviewView> {
    let guest = &caller.guest;
    for _ in 0..SAVE_ATTEMPTS {
        let (mut row, answers) = load(app, guest, id).await?;
        check_askable(app, &row, &answers, question_id)?;
        check_answer(app, question_id, &answer)?;
        let change = answers::apply(app, &answers, question_id, &answer)?;
        let next = next_step(
            app,
            &answered(&change.answers)?,
            app.catalogue.load_full().as_deref(),
        );
        let unchanged = change.upsert.is_none() && row.status == next.status;
        if !unchanged {
            row.status = next.status.to_owned();
            row.pending_question = next.pending;
            row.updated_ms = app.clock.now_ms();
            let event = answered_event(app, guest, &row, question_id, &answer);
            let upsert = change.upsert.as_slice();
            match app
                .store
                .interview_save_answers(guest, &row, upsert, &change.remove, &event)
                .await?
            {
                SaveOutcome::Saved => {}
                SaveOutcome::Stale => continue,
            }
        }
        let latest = app.store.interview_latest_recommendation(guest, id).await?;
        let mut view = view::build(app, &row, &change.answers, latest, lang)?;
        let answered = answered(&change.answers)?;
        // The answer is kept by now; only the words of the next question are waited for, and not for long.
        llm::prepare_next(
            app,
            caller,
            &answered,
            row.pending_question.as_deref(),
            lang,
        );
        if let Some(question) = &mut view.next_question {
            llm::reword(app, caller, &answered, question, lang, Patience::Deadline).await;
        }
        return Ok(view);
    }
    Err(Error::Conflict)
}

/// An interview of this guest.
pub(super) async fn load(
    app: &AppState,
    guest: &GuestKey,
    id: &InterviewId,
) -> Result<(InterviewRow, Vec<AnswerRow>)> {
    app.store
        .interview_fetch(guest, id)
        .await?
        .ok_or(Error::NotFound)
}

/// Stored answers as the engine reads them.
pub(super) fn answered(rows: &[AnswerRow]) -> Result<Vec<Answered>> {
    let read = |row: &AnswerRow| {
        Ok(Answered {
            question_id: row.question_id.clone(),
            answer: serde_json::from_str(&row.answer_json)?,
        })
    };
    rows.iter().map(read).collect()
}

fn check_askable(
    app: &AppState,
    row: &InterviewRow,
    answers: &[AnswerRow],
    question_id: &str,
) -> Result<()> {
    let question = app.engine.question(question_id).ok_or(Error::NotFound)?;
    let asked = question.source == QuestionSource::Fixed
        || row.pending_question.as_deref() == Some(question_id)
        || answers.iter().any(|a| a.question_id == question_id);
    if asked { Ok(()) } else { Err(Error::NotFound) }
}

fn check_answer(app: &AppState, question_id: &str, answer: &Answer) -> Result<()> {
    let question = app.engine.question(question_id).ok_or(Error::NotFound)?;
    app.engine.check_answer(question, answer).map_err(|e| {
        Error::Invalid(vec![FieldError::new(
            e.field(),
            e.message(Lang::Ko),
            e.message(Lang::En),
        )])
    })
}

fn next_step(app: &AppState, answered: &[Answered], catalogue: Option<&Catalogue>) -> NextStep {
    let unanswered = app
        .engine
        .fixed_questions()
        .iter()
        .find(|q| !answered.iter().any(|a| a.question_id == q.id))
        .map(|q| q.id.clone());
    let status = if unanswered.is_some() { OPEN } else { READY };
    let pending = match catalogue {
        Some(catalogue) => app.engine.next_question(answered, catalogue).question_id,
        None => unanswered,
    };
    NextStep { pending, status }
}

/// The event of an answer. What a guest wrote freely is not in it.
fn answered_event(
    app: &AppState,
    guest: &GuestKey,
    row: &InterviewRow,
    question_id: &str,
    answer: &Answer,
) -> OutboxEvent {
    let answer = match answer {
        Answer::Text(text) => json!({ "text_characters": text.chars().count() }),
        other => json!(other),
    };
    let payload = json!({ "interview_id": row.interview_id, "question_id": question_id, "status": row.status, "answer": answer });
    OutboxEvent::new(
        Some(*guest),
        "interview.answered",
        payload.to_string(),
        app.clock.now_ms(),
    )
}
