//! An answer and the check that it fits its question.

use super::bank::{Question, QuestionKind};
use crate::profile::Budget;
use crate::{Engine, Lang};
use serde::{Deserialize, Serialize};

/// Longest free text, in characters.
pub const MAX_TEXT_CHARS: usize = 300;
/// Highest price that a budget may name.
pub const MAX_PRICE: u32 = 4_000_000_000;

/// What the guest said to one question, in the shape of the HTTP contract.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// One of the options.
    Choice(String),
    /// Several of the options.
    Choices(Vec<String>),
    /// Free text.
    Text(String),
    /// A price range.
    Range(Budget),
    /// "I do not know": no evidence.
    Skipped,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct AnswerJson {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    choice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    choices: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    range: Option<Budget>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    skipped: Option<bool>,
}

impl Serialize for Answer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = match self.clone() {
            Self::Choice(choice) => AnswerJson {
                choice: Some(choice),
                ..AnswerJson::default()
            },
            Self::Choices(choices) => AnswerJson {
                choices: Some(choices),
                ..AnswerJson::default()
            },
            Self::Text(text) => AnswerJson {
                text: Some(text),
                ..AnswerJson::default()
            },
            Self::Range(range) => AnswerJson {
                range: Some(range),
                ..AnswerJson::default()
            },
            Self::Skipped => AnswerJson {
                skipped: Some(true),
                ..AnswerJson::default()
            },
        };
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match AnswerJson::deserialize(deserializer)? {
            AnswerJson {
                choice: Some(choice),
                choices: None,
                text: None,
                range: None,
                skipped: None,
            } => Ok(Self::Choice(choice)),
            AnswerJson {
                choice: None,
                choices: Some(choices),
                text: None,
                range: None,
                skipped: None,
            } => Ok(Self::Choices(choices)),
            AnswerJson {
                choice: None,
                choices: None,
                text: Some(text),
                range: None,
                skipped: None,
            } => Ok(Self::Text(text)),
            AnswerJson {
                choice: None,
                choices: None,
                text: None,
                range: Some(range),
                skipped: None,
            } => Ok(Self::Range(range)),
            AnswerJson {
                choice: None,
                choices: None,
                text: None,
                range: None,
                skipped: Some(true),
            } => Ok(Self::Skipped),
            _ => Err(serde::de::Error::custom(
                "exactly one of choice, choices, text, range or skipped:true is expected",
            )),
        }
    }
}

/// One answer with the question it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// Id of the question.
    pub question_id: String,
    /// What was said.
    pub answer: Answer,
}

/// Why an answer does not fit its question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The question takes another kind of answer.
    #[error("this question takes {expected}")]
    WrongKind {
        /// The field that was sent.
        field: &'static str,
        /// What to send instead.
        expected: &'static str,
    },
    /// No such option.
    #[error("'{value}' is no option of this question")]
    UnknownOption {
        /// The field that was sent.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// An empty or repeated choice.
    #[error("choose at least one option, each once")]
    BadChoices,
    /// Empty text, or more than 300 characters.
    #[error("text must have 1 to {MAX_TEXT_CHARS} characters")]
    BadText,
    /// The range ends before it starts, or lies above what prices can be.
    #[error("min must not be above max, both at most {MAX_PRICE}")]
    BadRange,
}

impl AnswerError {
    /// The field at fault.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::WrongKind { field, .. } | Self::UnknownOption { field, .. } => field,
            Self::BadChoices => "choices",
            Self::BadText => "text",
            Self::BadRange => "range",
        }
    }

    /// The fault in a language.
    pub fn message(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            Self::WrongKind { expected, .. } => {
                format!("이 질문에는 {expected} 형식으로 답해 주세요")
            }
            Self::UnknownOption { value, .. } => {
                format!("'{value}'은(는) 이 질문의 보기에 없습니다")
            }
            Self::BadChoices => "보기를 하나 이상, 한 번씩만 골라 주세요".to_owned(),
            Self::BadText => format!("글은 1자에서 {MAX_TEXT_CHARS}자까지 쓸 수 있습니다"),
            Self::BadRange => {
                format!("최소 금액은 최대 금액보다 클 수 없고, 둘 다 {MAX_PRICE} 이하여야 합니다")
            }
        }
    }
}

impl Engine {
    /// Checks an answer against its question. Free text is a way out of every choice; the budget is a range.
    ///
    /// # Errors
    /// What does not fit, with the field.
    pub fn check_answer(&self, question: &Question, answer: &Answer) -> Result<(), AnswerError> {
        let expected = match question.kind {
            QuestionKind::Choice => "choice, text or skipped",
            QuestionKind::Choices => "choices, text or skipped",
            QuestionKind::Text => "text or skipped",
            QuestionKind::Range => "range, choice or skipped",
        };
        let option = |field: &'static str, value: &str| match question.option(value) {
            Some(_) => Ok(()),
            None => Err(AnswerError::UnknownOption {
                field,
                value: value.chars().take(64).collect(),
            }),
        };
        match (question.kind, answer) {
            (_, Answer::Skipped) => Ok(()),
            (QuestionKind::Choice | QuestionKind::Range, Answer::Choice(value)) => {
                option("choice", value)
            }
            (QuestionKind::Choices, Answer::Choices(values)) => {
                let repeated = values
                    .iter()
                    .enumerate()
                    .any(|(i, v)| values[..i].contains(v));
                if values.is_empty() || repeated {
                    return Err(AnswerError::BadChoices);
                }
                values.iter().try_for_each(|v| option("choices", v))
            }
            (
                QuestionKind::Choice | QuestionKind::Choices | QuestionKind::Text,
                Answer::Text(text),
            ) => {
                let length = text.trim().chars().count();
                if length == 0 || text.chars().count() > MAX_TEXT_CHARS {
                    Err(AnswerError::BadText)
                } else {
                    Ok(())
                }
            }
            (QuestionKind::Range, Answer::Range(range)) => {
                let inside = range.min <= MAX_PRICE
                    && range
                        .max
                        .is_none_or(|max| range.min <= max && max <= MAX_PRICE);
                if inside {
                    Ok(())
                } else {
                    Err(AnswerError::BadRange)
                }
            }
            (_, Answer::Choice(_)) => Err(AnswerError::WrongKind {
                field: "choice",
                expected,
            }),
            (_, Answer::Choices(_)) => Err(AnswerError::WrongKind {
                field: "choices",
                expected,
            }),
            (_, Answer::Text(_)) => Err(AnswerError::WrongKind {
                field: "text",
                expected,
            }),
            (_, Answer::Range(_)) => Err(AnswerError::WrongKind {
                field: "range",
                expected,
            }),
        }
    }
}
