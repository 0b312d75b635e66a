//! `/api/v1/llm`: the relay to a language model, for front ends that talk to the model themselves.

use crate::error::Error;
use crate::http::extract::GuestAuth;
use crate::http::openapi::GuestWriteErrors;

/// Relays a conversation to the language model.
#[utoipa::path(post, path = "/api/v1/llm/chat/completions", tag = "Language model", operation_id = "relay_chat",
    security(("guest" = [])), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "The answer of the model.", body = Object), GuestWriteErrors))]
pub async fn relay_chat(_guest: GuestAuth) -> Error {
    Error::LlmNotConfigured
}
