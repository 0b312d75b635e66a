//! The one error of the server, in kinds that know nothing of transport. `http/problem.rs` turns it into an answer.

use seonmul_store::StoreError;
use std::borrow::Cow;
use std::time::Duration;

/// A text for people, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Korean.
    pub ko: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Message {
    /// A message in both languages.
    pub fn new(ko: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self {
            ko: ko.into(),
            en: en.into(),
        }
    }
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field, such as `profile.budget` or `events[0].kind`.
    pub field: String,
    /// What is wrong with it.
    pub message: Message,
}

impl FieldError {
    /// A fault of a field.
    pub fn new(
        field: impl Into<String>,
        ko: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: field.into(),
            message: Message::new(ko, en),
        }
    }
}

/// Everything that can go wrong with a call, in kinds that a caller can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request does not say what it must say.
    #[error("invalid request ({} fields)", .0.len())]
    Invalid(Vec<FieldError>),
    /// No guest, or one who is not known any more.
    #[error("unknown guest")]
    GuestUnknown,
    /// Known, but not allowed.
    #[error("forbidden")]
    Forbidden,
    /// Not there, or not theirs.
    #[error("not found")]
    NotFound,
    /// The path is there, the method is not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// Somebody else changed the same thing at the same time.
    #[error("conflict")]
    Conflict,
    /// The body is longer than allowed.
    #[error("body over {limit_bytes} bytes")]
    TooLarge {
        /// The limit that was passed.
        limit_bytes: u64,
    },
    /// The content type is not one that is read here.
    #[error("unsupported media type")]
    UnsupportedMediaType {
        /// The content types that are read here.
        expected: &'static str,
    },
    /// The idempotency key was used for another request.
    #[error("idempotency key used for another request")]
    IdempotencyMismatch,
    /// The first request with this idempotency key is not done yet.
    #[error("the first request with this idempotency key is not done yet")]
    IdempotencyInProgress,
    /// Understood, but it cannot be done.
    #[error("unprocessable: {}", .0.en)]
    Unprocessable(Message),
    /// Too many requests.
    #[error("rate limited")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// No language model is configured.
    #[error("no language model is configured")]
    LlmNotConfigured,
    /// Something needed cannot be reached now; the same call may succeed later.
    #[error("unavailable: {what}")]
    Unavailable {
        /// What is missing, for the log.
        what: &'static str,
        /// Why, for the log.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A fault of ours.
    #[error("internal fault")]
    Internal(#[source] anyhow::Error),
}

/// What services give back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// One wrong field.
    pub fn field(
        field: impl Into<String>,
        ko: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Invalid(vec![FieldError::new(field, ko, en)])
    }

    /// There is no catalogue to recommend from yet.
    pub fn no_catalogue() -> Self {
        Self::Unavailable {
            what: "no catalogue is loaded",
            source: None,
        }
    }

    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::GuestUnknown => "guest_unknown",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::TooLarge { .. } => "too_large",
            Self::UnsupportedMediaType { .. } => "unsupported_media_type",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::IdempotencyInProgress => "idempotency_in_progress",
            Self::Unprocessable(_) => "unprocessable",
            Self::RateLimited { .. } => "rate_limited",
            Self::LlmNotConfigured => "llm_not_configured",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether the cause lies with the database.
    pub fn is_database(&self) -> bool {
        match self {
            Self::Unavailable {
                source: Some(source),
                ..
            } => source.is::<StoreError>(),
            Self::Internal(cause) => cause.is::<StoreError>(),
            _ => false,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable {
                what: "database",
                source: Some(Box::new(error)),
            },
            StoreError::Conflict => Self::Conflict,
            StoreError::InProgress => Self::IdempotencyInProgress,
            // Only a guest who was erased meanwhile leaves rows without an owner.
            StoreError::Orphan => Self::GuestUnknown,
            _ => Self::Internal(anyhow::Error::new(error)),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(anyhow::Error::new(error))
    }
}

/// Collects the faults of a request, so that all of them are told at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Adds a fault.
    pub fn push(
        &mut self,
        field: impl Into<String>,
        ko: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) {
        self.0.push(FieldError::new(field, ko, en));
    }

    /// Adds a fault when a condition that must hold does not.
    pub fn require(
        &mut self,
        holds: bool,
        field: impl Into<String>,
        ko: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) {
        if !holds {
            self.push(field, ko, en);
        }
    }

    /// `Ok` when nothing was wrong.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.0))
        }
    }
}
