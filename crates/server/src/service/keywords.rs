//! Keywords that stand for the answers of an interview.

use crate::app::App;
use crate::error::Result;
use crate::service::interviews;
use crate::service::llm::{self, Caller};
use seonmul_engine::Lang;
use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_store::InterviewId;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use utoipa::ToSchema;

/// A keyword and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct KeywordView {
    /// The word.
    #[schema(example = "낚싯대")]
    pub text: String,
    /// How much it counts, above 0 and at most 1.
    pub weight: f32,
    /// Who said it: `guest`, `llm`, `builtin` or `fallback`.
    pub source: &'static str,
    /// The gift concept that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concept_id: Option<String>,
    /// The questions whose answers led to it.
    pub because: Vec<String>,
}

impl From<&Keyword> for KeywordView {
    fn from(keyword: &Keyword) -> Self {
        Self {
            text: keyword.text.clone(),
            weight: keyword.weight,
            source: match keyword.source {
                KeywordSource::Guest => "guest",
                KeywordSource::Llm => "llm",
                KeywordSource::Builtin => "builtin",
                KeywordSource::Fallback => "fallback",
            },
            concept_id: keyword.concept_id.clone(),
            because: keyword.because.clone(),
        }
    }
}

/// Who is to find the keywords.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineChoice {
    /// The engine of this program.
    Builtin,
    /// The language model; the engine when there is none.
    Llm,
    /// Whoever is best in time.
    #[default]
    Auto,
}

/// Body of the keywords call.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeywordsInput {
    /// Who is to find the keywords; `auto` when nothing is said.
    pub engine: Option<EngineChoice>,
}

/// Keywords and who found them.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeywordsView {
    /// At most five, the most telling first.
    pub keywords: Vec<KeywordView>,
    /// Who found them: `builtin` or `llm`.
    pub engine: &'static str,
    /// Why it was that one: `requested`, `llm_answered`, `llm_prepared`, or what kept the model from answering, such as `llm_not_configured`,
    /// `llm_timed_out`, `llm_resting`, `llm_guest_quota`, `llm_cost_ceiling`, `llm_declined`, `llm_ungrounded`.
    pub engine_reason: &'static str,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// Keywords for the answers of an interview.
pub async fn extract(
    app: &App,
    caller: &Caller,
    id: &InterviewId,
    choice: EngineChoice,
    lang: Lang,
) -> Result<KeywordsView> {
    let started = Instant::now();
    let (_, answers) = interviews::load(app, &caller.guest, id).await?;
    let answers = interviews::answered(&answers)?;
    let catalogue = app.catalogue()?;
    let heard = match choice {
        EngineChoice::Builtin => Err("requested"),
        EngineChoice::Llm | EngineChoice::Auto => {
            llm::keywords::extract(app, caller, &answers, &catalogue, lang).await
        }
    };
    let (keywords, engine, engine_reason) = match heard {
        Ok(heard) if heard.was_prepared => (heard.composed.keywords, "llm", "llm_prepared"),
        Ok(heard) => (heard.composed.keywords, "llm", "llm_answered"),
        Err(reason) => {
            let keywords = app.engine.keywords(&answers, &catalogue, lang);
            (keywords, "builtin", reason)
        }
    };
    Ok(KeywordsView {
        keywords: keywords.iter().map(KeywordView::from).collect(),
        engine,
        engine_reason,
        elapsed_ms: started.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
    })
}
