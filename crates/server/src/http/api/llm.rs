//! `/api/v1/llm`: the relay to the language model, for front ends that talk to the model themselves and hold no key.

use crate::app::App;
use crate::error::Result;
use crate::http::extract::{ApiJson, Language};
use crate::http::openapi::GuestWriteErrors;
use crate::service::llm::{self, Caller, ChatInput, Relayed};
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use std::convert::Infallible;

/// Relays one of the two tasks to the language model.
///
/// The shape is that of OpenAI's chat completions, streamed or not. `metadata.task` is `keywords` or `question`, `metadata.interview_id` the
/// interview that is meant; `user` messages describe the recipient in words. The service writes everything else of the prompt.
#[utoipa::path(post, path = "/api/v1/llm/chat/completions", tag = "Language model", operation_id = "relay_chat",
    security(("guest" = [])), request_body = ChatInput,
    responses((status = 200, description = "The answer of the model: a chat completion, or with `stream` its chunks as server-sent events.",
        body = Object), GuestWriteErrors))]
pub async fn relay_chat(
    State(app): State<App>,
    caller: Caller,
    Language(lang): Language,
    input: Result<ApiJson<ChatInput>>,
) -> Result<Response> {
    match llm::relay(&app, &caller, input.map(|ApiJson(input)| input), lang).await? {
        Relayed::Whole(completion) => Ok(ApiJson(completion).into_response()),
        Relayed::Stream(receiver) => {
            let pieces = unfold(receiver, |mut receiver| async {
                let data = receiver.recv().await?;
                Some((data, receiver))
            });
            let events = pieces.map(|data| Ok::<_, Infallible>(Event::default().data(data)));
            Ok(Sse::new(events).into_response())
        }
    }
}
