//! The routes of lists: one as it was stored, and all of a guest.

use super::super::visit::{Visit, see_other, show};
use super::super::{AnswerLine, Lang, Picture, ProductCard, format, interviews};
use super::{GiftCard, Notice, ResultPage, ResultSummary, ResultsPage, WhyNotLine};
use crate::app::{App, AppState};
use crate::clock::parse_rfc3339_ms;
use crate::config::LlmMode;
use crate::error::{Error, Result};
use crate::http::extract::{ApiPath, ApiQuery};
use crate::service::interviews::{self as interview_service, InterviewView};
use crate::service::products::ProductView;
use crate::service::recommendations::{self, WhyNotView};
use axum::extract::State;
use axum::response::Response;
use seonmul_engine::interview::Answer;
use seonmul_engine::profile::Profile;
use seonmul_store::{InterviewId, RecommendationId};
use serde::Deserialize;

/// Lists on one page.
const PAGE: u32 = 20;
/// Pictures beside a list among others.
const PICTURES: usize = 4;

/// A cause that is neither a question nor a keyword: the step that a critique took.
const STYLE: &str = "style";

/// The part of a stored list that people see.
#[derive(Deserialize)]
struct Stored {
    recommendation_id: String,
    interview_id: Option<String>,
    created_at: String,
    items: Vec<StoredItem>,
    relaxations: Vec<StoredRelaxation>,
    warnings: Vec<StoredWarning>,
    #[serde(default)]
    counterfactuals: Vec<StoredCounterfactual>,
    basis: StoredBasis,
}

#[derive(Deserialize)]
struct StoredItem {
    rank: u32,
    product: ProductView,
    score_terms: Vec<StoredTerm>,
    reason: String,
    matched_keywords: Vec<String>,
}

#[derive(Deserialize)]
struct StoredTerm {
    term: String,
    value: f64,
    because: Vec<String>,
}

#[derive(Deserialize)]
struct StoredRelaxation {
    detail: String,
}

#[derive(Deserialize)]
struct StoredWarning {
    message: String,
    source: String,
}

#[derive(Deserialize)]
struct StoredCounterfactual {
    detail: String,
}

#[derive(Deserialize)]
struct StoredBasis {
    profile: Profile,
}

/// A question about a list: why the product of this name or id is missing.
#[derive(Deserialize)]
pub(in crate::http) struct ResultQuery {
    product: Option<String>,
    /// The language, which a visit reads itself.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// A list as it was made.
pub(in crate::http) async fn result(
    State(app): State<App>,
    visit: Visit,
    ApiPath(id): ApiPath<RecommendationId>,
    ApiQuery(query): ApiQuery<ResultQuery>,
) -> Result<Response> {
    let guest = visit.known_guest()?;
    let stored: Stored = serde_json::from_str(&recommendations::fetch(&app, &guest, &id).await?)?;
    let interview = match stored.interview_id.as_deref().and_then(InterviewId::parse) {
        Some(interview) => {
            match interview_service::fetch(&app, &visit.caller()?, &interview, visit.lang).await {
                Ok(view) => Some(view),
                Err(Error::NotFound) => None,
                Err(error) => return Err(error),
            }
        }
        None => None,
    };
    let asked = query.product.unwrap_or_default();
    let answered = recommendations::why_not_named(&app, &guest, &id, &asked, visit.lang).await?;
    let page = result_page(&app, &visit, stored, interview.as_ref());
    show(&ResultPage {
        asked: asked.trim().to_owned(),
        answered: answered.map(why_not_line),
        ..page
    })
}

/// Makes the list that a second look offered.
pub(in crate::http) async fn refine(
    State(app): State<App>,
    visit: Visit,
    ApiPath(id): ApiPath<RecommendationId>,
) -> Result<Response> {
    let made = recommendations::accept(&app, &visit.caller()?, &id, visit.lang).await?;
    Ok(see_other(&format!("/results/{}", made.recommendation_id)))
}

/// Which part of all lists.
#[derive(Deserialize)]
pub(in crate::http) struct ResultsQuery {
    cursor: Option<String>,
}

/// All lists of this guest; somebody new has none.
pub(in crate::http) async fn results(
    State(app): State<App>,
    visit: Visit,
    ApiQuery(query): ApiQuery<ResultsQuery>,
) -> Result<Response> {
    let mut page = ResultsPage {
        frame: visit.frame(),
        results: Vec::new(),
        next: None,
    };
    if let Some(guest) = visit.guest {
        let found =
            recommendations::list(&app, &guest, None, query.cursor.as_deref(), Some(PAGE)).await?;
        for body in &found.recommendations {
            let stored = serde_json::from_str(body.get())?;
            page.results.push(result_summary(&app, visit.lang, &stored));
        }
        page.next = found
            .next_cursor
            .map(|cursor| format!("/results?cursor={}", format::path_segment(&cursor)));
    }
    show(&page)
}

fn result_page(
    app: &AppState,
    visit: &Visit,
    stored: Stored,
    interview: Option<&InterviewView>,
) -> ResultPage {
    let answers = answers(app, visit, &stored, interview);
    let gift = |item: StoredItem| gift(app, &answers, visit, item);
    ResultPage {
        frame: visit.frame(),
        gifts: stored.items.into_iter().map(gift).collect(),
        interview_id: interview.map(|view| view.interview_id.clone()),
        warnings: stored
            .warnings
            .into_iter()
            .map(|w| Notice {
                message: w.message,
                source: w.source,
            })
            .collect(),
        relaxations: stored.relaxations.into_iter().map(|r| r.detail).collect(),
        counterfactuals: stored
            .counterfactuals
            .into_iter()
            .map(|c| c.detail)
            .collect(),
        second_look: (app.config.llm.refine
            && app.config.llm.mode == LlmMode::Server
            && app.llm.client().is_some()
            && interview.is_some())
        .then(|| stored.recommendation_id.clone()),
        url: format!("/results/{}", stored.recommendation_id),
        asked: String::new(),
        answered: None,
        made_on: format::date(&stored.created_at, visit.lang),
        answers,
    }
}

fn why_not_line(told: WhyNotView) -> WhyNotLine {
    WhyNotLine {
        url: format!("/products/{}", format::path_segment(&told.product_id)),
        title: told.product.title,
        detail: told.detail,
    }
}

/// What a list was made from: the profile stored with it, and the follow-up answers, unless they were changed since.
fn answers(
    app: &AppState,
    visit: &Visit,
    stored: &Stored,
    interview: Option<&InterviewView>,
) -> Vec<AnswerLine> {
    let mut lines = profile_lines(app, visit.lang, &stored.basis.profile);
    let unchanged = |view: &&InterviewView| {
        parse_rfc3339_ms(&view.updated_at) <= parse_rfc3339_ms(&stored.created_at)
    };
    if let Some(view) = interview.filter(unchanged) {
        let told = |id: &str| {
            view.answers
                .iter()
                .any(|a| a.question_id == id && a.answer != Answer::Skipped)
        };
        let known: Vec<String> = lines.iter().map(|l| l.question_id.clone()).collect();
        let all = interviews::serve::answer_lines(app, visit, view);
        lines.extend(
            all.into_iter()
                .filter(|l| told(&l.question_id) && !known.contains(&l.question_id)),
        );
    }
    lines
}

/// The fixed answers that a profile holds.
fn profile_lines(app: &AppState, lang: Lang, profile: &Profile) -> Vec<AnswerLine> {
    let choice = |value: Option<&'static str>| value.map(|v| Answer::Choice(v.to_owned()));
    let given = [
        ("relation", choice(profile.relation.map(|v| v.as_str()))),
        ("gender", choice(profile.gender.map(|v| v.as_str()))),
        ("age_band", choice(profile.age_band.map(|v| v.as_str()))),
        ("budget", profile.budget.map(Answer::Range)),
        ("occasion", choice(profile.occasion.map(|v| v.as_str()))),
        ("category", choice(profile.category.map(|v| v.as_str()))),
    ];
    let line = |(id, answer): (&str, Option<Answer>)| {
        Some(AnswerLine {
            question_id: id.to_owned(),
            question: app.engine.question(id)?.text(lang).to_owned(),
            label: app.engine.answer_label(id, &answer?, lang),
        })
    };
    given.into_iter().filter_map(line).collect()
}

fn gift(app: &AppState, answers: &[AnswerLine], visit: &Visit, item: StoredItem) -> GiftCard {
    // What a term came from is a question, whose answer says more than its name, or a keyword.
    let word = |because: &String| match answers.iter().find(|a| a.question_id == *because) {
        Some(answer) => Some(answer.label.clone()),
        None => {
            (because != STYLE && app.engine.question(because).is_none()).then(|| because.clone())
        }
    };
    let terms = item.score_terms.iter().map(|t| {
        let words: Vec<String> = t.because.iter().filter_map(word).collect();
        (t.term.as_str(), t.value, words.join(", "))
    });
    GiftCard {
        rank: item.rank,
        terms: GiftCard::terms(terms, visit.frame().t),
        product: ProductCard::from_view(item.product, visit.lang),
        reason: item.reason,
        matched: item.matched_keywords,
    }
}

fn result_summary(app: &AppState, lang: Lang, stored: &Stored) -> ResultSummary {
    let about = profile_lines(app, lang, &stored.basis.profile).into_iter();
    ResultSummary {
        url: format!("/results/{}", stored.recommendation_id),
        about: about
            .filter(|l| matches!(l.question_id.as_str(), "relation" | "occasion" | "budget"))
            .map(|l| l.label)
            .collect(),
        made_on: format::date(&stored.created_at, lang),
        pictures: stored
            .items
            .iter()
            .take(PICTURES)
            .map(|i| Picture::new(i.product.image_url.clone()))
            .collect(),
        count: stored.items.len(),
    }
}
