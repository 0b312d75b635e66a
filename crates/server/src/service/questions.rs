//! Questions as the outside sees them.

use crate::app::AppState;
use seonmul_engine::Lang;
use seonmul_engine::interview::{Question, QuestionOption};
use serde::Serialize;
use utoipa::ToSchema;

/// A question in one language.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QuestionView {
    /// Stable id.
    #[schema(example = "relation")]
    pub question_id: String,
    /// The question itself.
    pub text: String,
    /// How it is answered: `choice`, `choices`, `text` or `range`.
    #[schema(example = "choice")]
    pub kind: &'static str,
    /// What can be chosen.
    pub options: Vec<OptionView>,
    /// Whether it must be answered; none has to be.
    pub required: bool,
    /// Who asks: `fixed`, `adaptive` or `llm`.
    #[schema(example = "fixed")]
    pub source: &'static str,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OptionView {
    /// Stable word.
    pub value: String,
    /// What it is called in the language asked for.
    pub label: String,
}

impl QuestionView {
    /// A question in a language.
    pub fn new(question: &Question, lang: Lang) -> Self {
        let option = |option: &QuestionOption| OptionView {
            value: option.value.clone(),
            label: lang.pick(&option.ko, &option.en).to_owned(),
        };
        Self {
            question_id: question.id.clone(),
            text: question.text(lang).to_owned(),
            kind: question.kind.as_str(),
            options: question.options.iter().map(option).collect(),
            required: false,
            source: question.source.as_str(),
        }
    }
}

/// The six fixed questions, in their order.
pub fn fixed(app: &AppState, lang: Lang) -> Vec<QuestionView> {
    app.engine
        .fixed_questions()
        .iter()
        .map(|q| QuestionView::new(q, lang))
        .collect()
}
