//! One call with everything to look at: for those who write prompts. It is counted like any other.

use super::spend::{reserve, settle};
use super::{Caller, keywords, question, situation};
use crate::app::AppState;
use crate::clients::llm::{ChatRequest, ModelError, Usage};
use seonmul_engine::Lang;
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::interview::Answered;
use seonmul_engine::keyword::Composed;
use std::time::{Duration, Instant};

/// What a call was and what became of it.
pub struct Trial {
    /// What was asked.
    pub request: ChatRequest,
    /// What the model said, word for word, or why there is nothing.
    pub raw: Result<String, ModelError>,
    /// Keywords made from it, when keywords were asked for and it can be read.
    pub composed: Option<Composed>,
    /// The question in the model's words, when one was asked for and they can be shown.
    pub worded: Option<(String, Vec<String>)>,
    /// Kinds of things that were cut from the guest's words.
    pub cut: Vec<&'static str>,
    /// Time of the call.
    pub took: Duration,
    /// Tokens, when the service says so.
    pub usage: Option<Usage>,
    /// Cost in millionths of a US dollar.
    pub micro_usd: u64,
}

/// Asks for keywords and shows all of it.
///
/// # Errors
/// The reason for which no call was made.
pub async fn try_keywords(
    app: &AppState,
    caller: &Caller,
    answers: &[Answered],
    catalogue: &Catalogue,
    lang: Lang,
) -> Result<Trial, &'static str> {
    let situation = situation(app, answers, lang);
    let (request, _) = keywords::request(app, answers, catalogue, lang, &situation)?;
    let mut trial = call(app, caller, request).await?;
    trial.cut = situation.cut;
    let suggestion = trial
        .raw
        .as_ref()
        .ok()
        .and_then(|text| keywords::read(text));
    trial.composed = suggestion.map(|suggestion| {
        let today = Some(app.clock.today_in_korea());
        app.engine
            .keywords_suggested(answers, catalogue, lang, today, &suggestion)
    });
    Ok(trial)
}

/// Asks for the words of the follow-up question that is worth most, and shows all of it.
///
/// # Errors
/// The reason for which no call was made.
pub async fn try_question(
    app: &AppState,
    caller: &Caller,
    answers: &[Answered],
    catalogue: &Catalogue,
    lang: Lang,
) -> Result<Trial, &'static str> {
    let asked = app
        .engine
        .follow_up(answers, catalogue)
        .ok_or("nothing_to_ask")?;
    let request = question::request(app, answers, asked, lang);
    let mut trial = call(app, caller, request).await?;
    let text = trial.raw.as_ref().ok();
    trial.worded = text.and_then(|text| question::words_of(&app.engine, asked, text, lang));
    Ok(trial)
}

async fn call(
    app: &AppState,
    caller: &Caller,
    request: ChatRequest,
) -> Result<Trial, &'static str> {
    let client = app.llm.client().ok_or("llm_not_configured")?;
    let leave = reserve(app, caller, &request).await?;
    let started = Instant::now();
    let answer = client.complete(&request).await;
    let took = started.elapsed();
    let usage = answer.as_ref().ok().and_then(|a| a.usage);
    let may_have_cost = answer.as_ref().err().is_none_or(|e| e.may_have_cost());
    settle(app, leave, usage, may_have_cost).await;
    let prices = app.llm.prices;
    Ok(Trial {
        request,
        raw: answer.map(|a| a.text),
        composed: None,
        worded: None,
        cut: Vec::new(),
        took,
        micro_usd: usage.map_or(0, |u| {
            prices.micro_usd(u.prompt_tokens, u.completion_tokens)
        }),
        usage,
    })
}
