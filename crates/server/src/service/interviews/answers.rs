//! Answers: reading one from a request, and what it does to the answers that are there.

use crate::app::AppState;
use crate::error::{Error, Result};
use crate::service::schemas;
use crate::service::strict::optional_object;
use seonmul_engine::interview::{Answer, QuestionSource};
use seonmul_engine::profile::Budget;
use seonmul_store::AnswerRow;
use serde::Deserialize;
use utoipa::ToSchema;

/// Longest free text.
pub const MAX_TEXT_CHARACTERS: usize = 300;
const MAX_CHOICES: usize = 30;
const MAX_CHOICE_CHARACTERS: usize = 100;

/// An answer as it arrives: exactly one of the five.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerInput {
    choice: Option<String>,
    choices: Option<Vec<String>>,
    text: Option<String>,
    #[serde(default, deserialize_with = "optional_object")]
    range: Option<RangeInput>,
    skipped: Option<bool>,
}

/// From and to, in won.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeInput {
    /// Lowest price.
    #[serde(
        default,
        deserialize_with = "super::super::recommendations::input::won"
    )]
    #[schema(value_type = u64, maximum = 4_000_000_000_u64, required = false)]
    pub min: u32,
    /// Highest price; `null` is no limit.
    #[serde(
        default,
        deserialize_with = "super::super::recommendations::input::optional_won"
    )]
    #[schema(value_type = Option<u64>, maximum = 4_000_000_000_u64)]
    pub max: Option<u32>,
}

impl RangeInput {
    /// The same as a budget.
    pub fn budget(self) -> Budget {
        Budget {
            min: self.min,
            max: self.max,
        }
    }
}

/// The five forms of an answer, for the interface's document.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum AnswerSchema {
    /// One of the options.
    Choice(ChoiceSchema),
    /// Some of the options.
    Choices(ChoicesSchema),
    /// In the guest's own words.
    Text(TextSchema),
    /// A range of prices.
    Range(RangeSchema),
    /// No answer.
    Skipped(SkippedSchema),
}

/// One of the options.
#[derive(ToSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct ChoiceSchema {
    #[schema(max_length = 100, example = "friend")]
    choice: String,
}

/// Some of the options.
#[derive(ToSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct ChoicesSchema {
    #[schema(max_items = 30)]
    choices: Vec<String>,
}

/// In the guest's own words.
#[derive(ToSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct TextSchema {
    #[schema(max_length = 300)]
    text: String,
}

/// A range of prices.
#[derive(ToSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct RangeSchema {
    range: RangeInput,
}

/// No answer.
#[derive(ToSchema, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct SkippedSchema {
    #[schema(schema_with = schemas::only_true)]
    skipped: bool,
}

impl AnswerInput {
    /// The answer in it.
    ///
    /// # Errors
    /// Names the field that is missing, too long or one too many.
    pub fn into_answer(self) -> Result<Answer> {
        let given = [
            self.choice.is_some(),
            self.choices.is_some(),
            self.text.is_some(),
            self.range.is_some(),
            self.skipped.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            return Err(Error::field(
                "body",
                "choice, choices, text, range, skipped 가운데 하나만 보내 주세요.",
                "must hold exactly one of choice, choices, text, range, skipped",
            ));
        }
        match self {
            Self {
                choice: Some(value),
                ..
            } => choice(value),
            Self {
                choices: Some(values),
                ..
            } => choices(values),
            Self {
                text: Some(value), ..
            } => text(value),
            Self {
                range: Some(value), ..
            } => range(value.budget()),
            Self {
                skipped: Some(true),
                ..
            } => Ok(Answer::Skipped),
            _ => Err(Error::field("skipped", "true여야 합니다.", "must be true")),
        }
    }
}

fn choice(value: String) -> Result<Answer> {
    if value.chars().count() > MAX_CHOICE_CHARACTERS {
        return Err(Error::field(
            "choice",
            "선택지에 없는 값입니다.",
            "is not one of the options",
        ));
    }
    Ok(Answer::Choice(value))
}

fn choices(values: Vec<String>) -> Result<Answer> {
    if values.len() > MAX_CHOICES
        || values
            .iter()
            .any(|v| v.chars().count() > MAX_CHOICE_CHARACTERS)
    {
        return Err(Error::field(
            "choices",
            "선택지에 없거나 너무 많은 값입니다.",
            "holds too many values, or one that is not an option",
        ));
    }
    Ok(Answer::Choices(values))
}

fn text(value: String) -> Result<Answer> {
    if value.chars().count() > MAX_TEXT_CHARACTERS {
        return Err(Error::field(
            "text",
            "300자까지 쓸 수 있습니다.",
            "may hold at most 300 characters",
        ));
    }
    Ok(Answer::Text(value))
}

fn range(budget: Budget) -> Result<Answer> {
    if budget.max.is_some_and(|max| max < budget.min) {
        return Err(Error::field(
            "range",
            "최소 금액이 최대 금액보다 큽니다.",
            "min must not be above max",
        ));
    }
    Ok(Answer::Range(budget))
}

/// What an answer does to the answers that are there.
pub(super) struct Change {
    /// The answers afterwards, in their order.
    pub answers: Vec<AnswerRow>,
    /// The row to write; `None` when the same answer is there already.
    pub upsert: Option<AnswerRow>,
    /// Adaptive questions whose answers no longer hold.
    pub remove: Vec<String>,
}

/// A new answer goes to the end. Another answer to an earlier question takes its place, and the adaptive questions after it
/// are asked anew, for they followed from what was said before. The same answer again changes nothing.
pub(super) fn apply(
    app: &AppState,
    before: &[AnswerRow],
    question_id: &str,
    answer: &Answer,
) -> Result<Change> {
    let mut answers = before.to_vec();
    let earlier = answers.iter().position(|a| a.question_id == question_id);
    if let Some(at) = earlier
        && serde_json::from_str::<Answer>(&answers[at].answer_json)? == *answer
    {
        return Ok(Change {
            answers,
            upsert: None,
            remove: Vec::new(),
        });
    }
    let last = answers.iter().map(|a| a.seq).max().unwrap_or(0);
    let row = AnswerRow {
        question_id: question_id.to_owned(),
        seq: earlier.map_or(last + 1, |at| answers[at].seq),
        answer_json: serde_json::to_string(answer)?,
        answered_ms: app.clock.now_ms(),
    };
    let mut remove = Vec::new();
    match earlier {
        Some(at) => {
            answers[at] = row.clone();
            let redone = |a: &AnswerRow| {
                let adaptive = app
                    .engine
                    .question(&a.question_id)
                    .is_none_or(|q| q.source != QuestionSource::Fixed);
                adaptive && a.seq > row.seq
            };
            remove.extend(
                answers
                    .iter()
                    .filter(|a| redone(a))
                    .map(|a| a.question_id.clone()),
            );
            answers.retain(|a| !redone(a));
        }
        None => answers.push(row.clone()),
    }
    Ok(Change {
        answers,
        upsert: Some(row),
        remove,
    })
}
