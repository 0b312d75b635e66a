//! What can go wrong with a call to a language model, in kinds that a caller can act on and a guest's client can read.

use super::ToldError;
use reqwest::StatusCode;
use serde_json::Value;
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// No connection, or it ended before an answer began.
    #[error("the service cannot be reached")]
    Unreachable,
    /// 401 or 403: the key is wrong.
    #[error("the service refuses the key")]
    Unauthorized,
    /// 404: the address or the model is wrong.
    #[error("the service does not know the address or the model")]
    NotFound,
    /// 429: too many calls.
    #[error("the service wants fewer calls")]
    RateLimited(Option<Duration>),
    /// 429 because there is no credit left.
    #[error("the account has no credit left")]
    QuotaExhausted,
    /// 408, 409 or 5xx.
    #[error("the service failed")]
    Server(Option<Duration>),
    /// The request is not understood.
    #[error("the service does not understand the request")]
    BadRequest,
    /// The request is longer than the model can read.
    #[error("the request is longer than the model can read")]
    ContextOverflow,
    /// An answer that leads elsewhere.
    #[error("the service sends the call elsewhere")]
    Redirected,
    /// Not the protocol, or far too much of it.
    #[error("the answer is no chat completion")]
    BadAnswer,
    /// Nothing was said.
    #[error("the answer is empty")]
    Empty,
    /// The model refused.
    #[error("the model refused")]
    Refused,
    /// A filter of the service held the answer back.
    #[error("the service filtered the answer")]
    Filtered,
    /// The answer is longer than allowed.
    #[error("the answer was cut off")]
    CutOff,
    /// The answer does not have the form that was asked for.
    #[error("the answer does not have the form that was asked for")]
    OffSchema,
    /// The answer ended in the middle.
    #[error("the answer broke off")]
    Interrupted,
    /// No answer in time.
    #[error("the answer did not come in time")]
    TimedOut,
    /// The service failed so often that it is left alone for a while.
    #[error("the service is left alone after many failures")]
    Resting,
    /// Too many calls of ours at once.
    #[error("too many calls at once")]
    Busy,
}

impl ModelError {
    /// The stable word for programs, metrics and logs.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unreachable => "llm_unreachable",
            Self::Unauthorized => "llm_unauthorized",
            Self::NotFound => "llm_not_found",
            Self::RateLimited(_) => "llm_rate_limited",
            Self::QuotaExhausted => "llm_quota_exhausted",
            Self::Server(_) => "llm_server_error",
            Self::BadRequest => "llm_bad_request",
            Self::ContextOverflow => "llm_context_overflow",
            Self::Redirected => "llm_redirected",
            Self::BadAnswer => "llm_bad_answer",
            Self::Empty => "llm_empty",
            Self::Refused => "llm_refused",
            Self::Filtered => "llm_filtered",
            Self::CutOff => "llm_cut_off",
            Self::OffSchema => "llm_off_schema",
            Self::Interrupted => "llm_interrupted",
            Self::TimedOut => "llm_timed_out",
            Self::Resting => "llm_resting",
            Self::Busy => "llm_busy",
        }
    }

    /// Whether the service may have counted tokens for it.
    pub const fn may_have_cost(self) -> bool {
        matches!(
            self,
            Self::BadAnswer
                | Self::Empty
                | Self::Refused
                | Self::Filtered
                | Self::CutOff
                | Self::OffSchema
                | Self::Interrupted
                | Self::TimedOut
        )
    }

    /// Whether it says that the service is unwell, rather than that it did not like this one request.
    pub(super) const fn is_illness(self) -> bool {
        !matches!(
            self,
            Self::Refused
                | Self::Filtered
                | Self::CutOff
                | Self::OffSchema
                | Self::ContextOverflow
                | Self::Empty
                | Self::Resting
                | Self::Busy
        )
    }

    /// Whether trying again soon can help, and the pause that the service asks for, if any.
    pub(super) const fn retry_after(self) -> Option<Option<Duration>> {
        match self {
            Self::Unreachable => Some(None),
            Self::RateLimited(after) | Self::Server(after) => Some(after),
            _ => None,
        }
    }

    /// The error that a status and what is told beside it stand for.
    pub(super) fn of_status(
        status: StatusCode,
        told: Option<&ToldError>,
        after: Option<Duration>,
    ) -> Self {
        let says = |word: &str| told.is_some_and(|t| t.says(word));
        match status.as_u16() {
            401 | 403 => Self::Unauthorized,
            404 => Self::NotFound,
            429 if says("insufficient_quota") => Self::QuotaExhausted,
            429 => Self::RateLimited(after),
            408 | 409 | 500..=599 => Self::Server(after),
            400 | 413 | 422 if says("context_length") || says("exceed_context") => {
                Self::ContextOverflow
            }
            300..=399 => Self::Redirected,
            400..=499 => Self::BadRequest,
            _ => Self::BadAnswer,
        }
    }

    /// The error that an error object in the middle of a good answer stands for.
    pub(super) fn of_told(told: &ToldError) -> Self {
        if told.says("insufficient_quota") {
            Self::QuotaExhausted
        } else if told.says("context_length") || told.says("exceed_context") {
            Self::ContextOverflow
        } else {
            Self::Server(None)
        }
    }
}

impl ToldError {
    /// Whether the type or the code is this word or holds it.
    fn says(&self, word: &str) -> bool {
        let holds = |value: &Value| value.as_str().is_some_and(|text| text.contains(word));
        holds(&self.kind) || holds(&self.code)
    }
}
