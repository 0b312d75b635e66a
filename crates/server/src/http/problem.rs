//! Errors as `application/problem+json` (RFC 9457): statuses, texts in both languages, and nothing of the inside.

use crate::error::{Error, Message};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seonmul_engine::Lang;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// Seconds after which an unavailable service is worth another try.
const UNAVAILABLE_RETRY_SECONDS: u64 = 2;

/// What a failed call answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem; always `about:blank`, for `code` says more.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The status in words.
    #[schema(example = "Bad Request")]
    pub title: &'static str,
    /// The status.
    #[schema(example = 400, minimum = 400, maximum = 599)]
    pub status: u16,
    /// Stable word for programs.
    #[schema(example = "invalid_request")]
    pub code: &'static str,
    /// For people, in the language asked for.
    pub detail: String,
    /// Names this request in the log.
    pub request_id: String,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<ProblemField>,
}

/// One wrong field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// Its path.
    #[schema(example = "profile.budget")]
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Travels with the response from a handler to the edge, which knows language and request id.
#[derive(Clone)]
pub struct Failure(pub Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Failure(Arc::new(self)));
        response
    }
}

impl Error {
    /// The status that stands for this kind.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::GuestUnknown => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::IdempotencyInProgress => StatusCode::CONFLICT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::IdempotencyMismatch | Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::LlmNotConfigured | Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after } => Some(seconds_up(*retry_after)),
            Self::Unavailable { .. } | Self::IdempotencyInProgress => {
                Some(UNAVAILABLE_RETRY_SECONDS)
            }
            _ => None,
        }
    }

    /// What a person is told, in both languages. Never what went wrong inside.
    pub fn message(&self) -> Message {
        let text = |ko: &'static str, en: &'static str| Message::new(ko, en);
        match self {
            Self::Invalid(_) => text("요청을 다시 확인해 주세요.", "Please check the request."),
            Self::GuestUnknown => text(
                "손님 정보가 없거나 만료되었습니다.",
                "The guest is missing, unknown or expired.",
            ),
            Self::Forbidden => text("허용되지 않은 요청입니다.", "This is not allowed."),
            Self::NotFound => text("찾을 수 없습니다.", "There is nothing here."),
            Self::MethodNotAllowed => text(
                "이 주소에서 쓸 수 없는 방식입니다.",
                "This method is not offered here.",
            ),
            Self::Conflict => text(
                "같은 내용이 동시에 바뀌었습니다. 다시 시도해 주세요.",
                "The same thing was changed meanwhile. Please try again.",
            ),
            Self::TooLarge { limit_bytes } => Message::new(
                format!("요청 본문은 {limit_bytes}바이트까지 보낼 수 있습니다."),
                format!("The body may hold at most {limit_bytes} bytes."),
            ),
            Self::UnsupportedMediaType { expected } => Message::new(
                format!("Content-Type은 {expected} 이어야 합니다."),
                format!("The content type must be {expected}."),
            ),
            Self::IdempotencyMismatch => text(
                "같은 Idempotency-Key가 다른 요청에 이미 쓰였습니다.",
                "This Idempotency-Key was already used for another request.",
            ),
            Self::IdempotencyInProgress => text(
                "같은 Idempotency-Key의 요청을 아직 처리하고 있습니다. 잠시 뒤에 다시 시도해 주세요.",
                "The first request with this Idempotency-Key is still being worked on. Please try again in a moment.",
            ),
            Self::Unprocessable(message) => message.clone(),
            Self::RateLimited { .. } => text(
                "요청이 너무 많습니다. 잠시 뒤에 다시 시도해 주세요.",
                "Too many requests. Please try again in a moment.",
            ),
            Self::LlmNotConfigured => text(
                "언어 모델이 설정되어 있지 않습니다.",
                "No language model is configured.",
            ),
            Self::Unavailable { .. } => text(
                "지금은 처리할 수 없습니다. 잠시 뒤에 다시 시도해 주세요.",
                "This cannot be done right now. Please try again in a moment.",
            ),
            Self::Internal(_) => text(
                "서버에 문제가 생겼습니다.",
                "Something went wrong on our side.",
            ),
        }
    }
}

/// Whole seconds, rounded up, at least one.
fn seconds_up(duration: Duration) -> u64 {
    duration
        .as_millis()
        .div_ceil(1_000)
        .try_into()
        .unwrap_or(u64::MAX)
        .max(1)
}

/// The answer of a failed call.
pub fn render(error: &Error, lang: Lang, request_id: &str) -> Response {
    let status = error.status();
    let say = |message: &Message| match lang {
        Lang::Ko => message.ko.to_string(),
        Lang::En => message.en.to_string(),
    };
    let errors = match error {
        Error::Invalid(faults) => faults
            .iter()
            .map(|f| ProblemField {
                field: f.field.clone(),
                message: say(&f.message),
            })
            .collect(),
        _ => Vec::new(),
    };
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        code: error.code(),
        detail: say(&error.message()),
        request_id: request_id.to_owned(),
        errors,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(lang.as_str()),
    );
    if let Some(seconds) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
