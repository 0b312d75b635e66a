//! The interview's routes: the next question, an answer, the answers so far, and the list that is made from them.

use super::super::MAX_TEXT_CHARACTERS;
use super::super::format::path_segment;
use super::super::visit::{Form, Visit, see_other, show};
use super::{AnswerLine, Choice, QuestionCard, QuestionPage, SummaryPage};
use crate::app::{App, AppState};
use crate::config::LlmMode;
use crate::error::{Error, Result};
use crate::http::edge::KeepBody;
use crate::http::extract::{ApiPath, ApiQuery};
use crate::service::interviews::{self, InterviewView};
use crate::service::questions::QuestionView;
use crate::service::recommendations::{self, KeywordInput, RecommendationInput};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use seonmul_engine::interview::{Answer, Question, QuestionSource};
use seonmul_engine::keyword::{KEYWORDS, MAX_KEYWORD_CHARS};
use seonmul_engine::profile::Budget;
use seonmul_store::{InterviewId, RecommendationId};
use serde::Deserialize;

/// Where a guest comes from and goes back to.
const SUMMARY: &str = "summary";
/// The question whose options have drawings.
const CATEGORY: &str = "category";

/// Which question of an interview.
#[derive(Deserialize)]
pub(in crate::http) struct QuestionQuery {
    question: Option<String>,
    from: Option<String>,
}

/// A question, to answer or to answer again. Each has an address of its own, so that a browser's way back leads to the one before.
pub(in crate::http) async fn question(
    State(app): State<App>,
    visit: Visit,
    ApiPath(id): ApiPath<InterviewId>,
    ApiQuery(query): ApiQuery<QuestionQuery>,
) -> Result<Response> {
    let view = interviews::fetch(&app, &visit.caller()?, &id, visit.lang).await?;
    let from_summary = query.from.as_deref() == Some(SUMMARY);
    let asked = query
        .question
        .and_then(|question| question_page(&app, &visit, &view, &question, from_summary));
    match asked {
        Some(page) => show(&page),
        None => Ok(see_other(&next_path(&view))),
    }
}

/// Where an interview goes on: the next question, or the answers when nothing is left to ask.
pub(in crate::http::pages) fn next_path(view: &InterviewView) -> String {
    let id = &view.interview_id;
    match &view.next_question {
        Some(next) => question_path(id, &next.question_id),
        None => format!("/interviews/{id}/summary"),
    }
}

fn question_path(interview_id: &str, question_id: &str) -> String {
    format!(
        "/interviews/{interview_id}?question={}",
        path_segment(question_id)
    )
}

/// An answer. One that does not fit is asked for again, with what is wrong.
pub(in crate::http) async fn answer(
    State(app): State<App>,
    visit: Visit,
    ApiPath((id, question_id)): ApiPath<(InterviewId, String)>,
    form: Form,
) -> Result<Response> {
    let caller = visit.caller()?;
    let from_summary = form.get("from") == Some(SUMMARY);
    let given = match read_answer(&form) {
        Ok(given) => interviews::answer(&app, &caller, &id, &question_id, given, visit.lang).await,
        Err(error) => Err(error),
    };
    let faults = match given {
        Ok(_) if from_summary => return Ok(see_other(&format!("/interviews/{id}/summary"))),
        Ok(view) => return Ok(see_other(&next_path(&view))),
        Err(Error::Invalid(faults)) => faults,
        Err(error) => return Err(error),
    };
    let view = interviews::fetch(&app, &caller, &id, visit.lang).await?;
    let page = question_page(&app, &visit, &view, &question_id, from_summary);
    let mut page = page.ok_or(Error::NotFound)?;
    let fault = faults
        .first()
        .map(|f| visit.lang.pick(&f.message.ko, &f.message.en).to_owned());
    page.fault = Some(fault.unwrap_or_else(|| page.frame.t.question.invalid.to_owned()));
    page.frame.path = question_path(id.as_str(), &question_id);
    if let Some(text) = form.get("text") {
        page.question.text_answer = text.chars().take(MAX_TEXT_CHARACTERS).collect();
    }
    let status = Error::Invalid(faults).status();
    Ok((status, Extension(KeepBody), show(&page)?).into_response())
}

/// The answers so far.
pub(in crate::http) async fn summary(
    State(app): State<App>,
    visit: Visit,
    ApiPath(id): ApiPath<InterviewId>,
) -> Result<Response> {
    let view = interviews::fetch(&app, &visit.caller()?, &id, visit.lang).await?;
    let model_wait_ms = model_wait_ms(&app, &visit, &view)?;
    show(&SummaryPage {
        frame: visit.frame(),
        answers: answer_lines(&app, &visit, &view),
        has_next: view.next_question.is_some(),
        last_result: view
            .latest_recommendation_id
            .map(|id| format!("/results/{id}")),
        result_key: result_key(),
        model_wait_ms,
        interview_id: view.interview_id,
    })
}

/// Makes a list from the answers, once for each time that the page with the button was shown.
pub(in crate::http) async fn recommend(
    State(app): State<App>,
    visit: Visit,
    ApiPath(id): ApiPath<InterviewId>,
    form: Form,
) -> Result<Response> {
    let key = form
        .get("key")
        .and_then(RecommendationId::parse)
        .map(|key| format!("page-{key}"));
    // What the guest's browser heard from the language model. It is as trustworthy as anything that a browser sends.
    let heard: Vec<KeywordInput> = form
        .all("keyword")
        .filter(|word| (1..=MAX_KEYWORD_CHARS).contains(&word.trim().chars().count()))
        .take(KEYWORDS)
        .map(|word| KeywordInput::Text(word.to_owned()))
        .collect();
    let input = RecommendationInput {
        interview_id: Some(id.to_string()),
        keywords: (!heard.is_empty()).then_some(heard),
        ..RecommendationInput::default()
    };
    let made =
        recommendations::create(&app, &visit.known_guest()?, &input, key, visit.lang).await?;
    Ok(see_other(&format!("/results/{}", made.recommendation_id)))
}

fn result_key() -> String {
    RecommendationId::random().to_string()
}

/// The answers of an interview in words, with their questions.
pub(in crate::http::pages) fn answer_lines(
    app: &AppState,
    visit: &Visit,
    view: &InterviewView,
) -> Vec<AnswerLine> {
    let line = |answer: &interviews::AnswerView| {
        let question = app.engine.question(&answer.question_id)?;
        Some(AnswerLine {
            question_id: answer.question_id.clone(),
            question: question.text(visit.lang).to_owned(),
            label: answer.label.clone(),
        })
    };
    view.answers.iter().filter_map(line).collect()
}

/// What a form answers.
fn read_answer(form: &Form) -> Result<Answer> {
    match (form.get("answer"), form.get("choice"), form.get("text")) {
        (Some("skip"), ..) => Ok(Answer::Skipped),
        (Some("range"), ..) => {
            let min = won(form.get("min").unwrap_or(""))?.unwrap_or(0);
            let max = won(form.get("max").unwrap_or(""))?;
            if max.is_some_and(|max| max < min) {
                return Err(Error::field(
                    "range",
                    "최소 금액이 최대 금액보다 커요.",
                    "The lower amount is above the upper one.",
                ));
            }
            Ok(Answer::Range(Budget { min, max }))
        }
        (_, Some(choice), _) => Ok(Answer::Choice(choice.to_owned())),
        (_, _, Some(text)) => Ok(Answer::Text(text.trim().to_owned())),
        _ => {
            let choices: Vec<String> = form.all("choices").map(str::to_owned).collect();
            if choices.is_empty() {
                return Err(Error::field(
                    "choices",
                    "하나 이상 골라 주세요.",
                    "Please choose at least one.",
                ));
            }
            Ok(Answer::Choices(choices))
        }
    }
}

/// An amount as people write it: digits, with commas or without; nothing at all is no amount.
fn won(text: &str) -> Result<Option<u32>> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ',' | ' ' | '원' | '₩'))
        .collect();
    if digits.is_empty() {
        return Ok(None);
    }
    let amount = digits.parse().map_err(|_| {
        Error::field(
            "range",
            "금액은 숫자로 적어 주세요.",
            "Please write amounts in digits.",
        )
    })?;
    Ok(Some(amount))
}

/// A question as it stands in an interview; `None` for one that is not asked there.
fn question_page(
    app: &AppState,
    visit: &Visit,
    view: &InterviewView,
    question_id: &str,
    from_summary: bool,
) -> Option<QuestionPage> {
    let question = app.engine.question(question_id)?;
    let place = view
        .answers
        .iter()
        .position(|a| a.question_id == question_id);
    let is_next = view
        .next_question
        .as_ref()
        .is_some_and(|q| q.question_id == question_id);
    if place.is_none() && !is_next && question.source != QuestionSource::Fixed {
        return None;
    }
    let id = &view.interview_id;
    let before = place
        .unwrap_or(view.answers.len())
        .checked_sub(1)
        .map(|i| &view.answers[i].question_id);
    let back = match before {
        _ if from_summary => format!("/interviews/{id}/summary"),
        Some(earlier) => question_path(id, earlier),
        None => "/".to_owned(),
    };
    let number = place.map_or(view.asked, |place| u32::try_from(place).unwrap_or(u32::MAX)) + 1;
    Some(QuestionPage {
        frame: visit.frame(),
        interview_id: id.clone(),
        question: in_shown_words(
            card(question, place.map(|i| &view.answers[i].answer), visit),
            view.next_question.as_ref().filter(|_| is_next),
        ),
        number,
        total: view.max_questions.max(number),
        back,
        can_finish: !view.answers.is_empty(),
        result_key: result_key(),
        // Before all six are answered more is coming, and the model is asked only once.
        model_wait_ms: (view.status != interviews::OPEN)
            .then(|| model_wait_ms(app, visit, view).ok().flatten())
            .flatten(),
        from_summary,
        fault: None,
    })
}

/// The question in the words in which it is asked this time, where those are not the engine's.
fn in_shown_words(mut card: QuestionCard, shown: Option<&QuestionView>) -> QuestionCard {
    if let Some(shown) = shown {
        card.text.clone_from(&shown.text);
        for option in card.groups.iter_mut().flat_map(|g| &mut g.options) {
            if let Some(said) = shown.options.iter().find(|o| o.value == option.value) {
                option.label.clone_from(&said.label);
            }
        }
    }
    card
}

/// How long the guest's browser waits for keywords of the language model, where it is the one to ask.
fn model_wait_ms(app: &AppState, visit: &Visit, view: &InterviewView) -> Result<Option<u128>> {
    let config = &app.config.llm;
    let asks = config.mode == LlmMode::Browser
        && app.llm.client().is_some()
        && !view.answers.is_empty()
        && !visit.caller()?.declines;
    Ok(asks.then_some(config.keywords_deadline.as_millis()))
}

fn card(question: &Question, answer: Option<&Answer>, visit: &Visit) -> QuestionCard {
    let picked = |value: &str| match answer {
        Some(Answer::Choice(choice)) => choice == value,
        Some(Answer::Choices(choices)) => choices.iter().any(|c| c == value),
        _ => false,
    };
    let choices = question.options.iter().map(|option| Choice {
        value: option.value.clone(),
        label: visit.lang.pick(&option.ko, &option.en).to_owned(),
        picked: picked(&option.value),
        picture: (question.id == CATEGORY).then(|| format!("/pictures/{}.svg", option.value)),
    });
    QuestionCard {
        groups: QuestionCard::grouped(&question.id, choices.collect(), visit.lang),
        id: question.id.clone(),
        text: question.text(visit.lang).to_owned(),
        hint: question.hint(visit.lang).to_owned(),
        kind: question.kind.as_str(),
        fixed: question.source == QuestionSource::Fixed,
        text_answer: match answer {
            Some(Answer::Text(text)) => text.clone(),
            _ => String::new(),
        },
        range_answer: match answer {
            Some(Answer::Range(range)) => Some((range.min, range.max)),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        Form(
            pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn a_form_says_one_answer() {
        let read = |pairs: &[(&str, &str)]| read_answer(&form(pairs)).ok();
        assert_eq!(
            read(&[("answer", "skip"), ("choice", "friend")]),
            Some(Answer::Skipped)
        );
        assert_eq!(
            read(&[("from", "summary"), ("choice", "friend")]),
            Some(Answer::Choice("friend".to_owned()))
        );
        assert_eq!(
            read(&[("text", " 낚시 ")]),
            Some(Answer::Text("낚시".to_owned()))
        );
        assert_eq!(
            read(&[("choices", "a"), ("choices", "b")]),
            Some(Answer::Choices(vec!["a".to_owned(), "b".to_owned()]))
        );
        assert_eq!(read(&[("from", "summary")]), None);
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        let range = |min: &str, max: &str| match read_answer(&form(&[
            ("answer", "range"),
            ("min", min),
            ("max", max),
        ])) {
            Ok(Answer::Range(budget)) => Some((budget.min, budget.max)),
            _ => None,
        };
        assert_eq!(range("30,000", "70000원"), Some((30_000, Some(70_000))));
        assert_eq!(range("", ""), Some((0, None)));
        assert_eq!(range("₩ 5 000", ""), Some((5_000, None)));
        assert_eq!(range("70000", "30000"), None);
        assert_eq!(range("-1", "x"), None);
        assert_eq!(range("", "99999999999"), None);
    }
}
