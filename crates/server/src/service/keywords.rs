//! Keywords that stand for the answers of an interview.

use crate::app::AppState;
use crate::error::Result;
use crate::service::interviews;
use seonmul_engine::Lang;
use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_store::{GuestKey, InterviewId};
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
    /// Why it was that one.
    pub engine_reason: &'static str,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// Keywords for the answers of an interview.
pub async fn extract(
    app: &AppState,
    guest: &GuestKey,
    id: &InterviewId,
    choice: EngineChoice,
    lang: Lang,
) -> Result<KeywordsView> {
    let started = Instant::now();
    let (_, answers) = interviews::load(app, guest, id).await?;
    let catalogue = app.catalogue()?;
    let keywords = app
        .engine
        .keywords(&interviews::answered(&answers)?, &catalogue, lang);
    Ok(KeywordsView {
        keywords: keywords.iter().map(KeywordView::from).collect(),
        engine: "builtin",
        engine_reason: match choice {
            EngineChoice::Builtin => "requested",
            EngineChoice::Llm | EngineChoice::Auto => "llm_not_configured",
        },
        elapsed_ms: started.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
    })
}
