//! An answer as it comes: server-sent events, or one JSON completion from a service that does not stream. Bounded in time and length.

use super::breaker::Pass;
use super::{ModelError, ToldError};
use bytes::Bytes;
use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

/// Longest answer with everything around it.
const MAX_BYTES: usize = 1024 * 1024;
/// Longest text of an answer.
const MAX_TEXT_BYTES: usize = 64 * 1024;
const DONE: &str = "[DONE]";
/// How long the end of the stream is waited for once the answer is whole; it may still tell the tokens.
const USAGE_PATIENCE: Duration = Duration::from_millis(200);

/// What an answer cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// Tokens read.
    #[serde(default)]
    pub prompt_tokens: u64,
    /// Tokens written.
    #[serde(default)]
    pub completion_tokens: u64,
}

/// An answer that is under way.
pub struct ChatStream {
    events: BoxStream<'static, Result<String, ModelError>>,
    _permit: OwnedSemaphorePermit,
    pass: Option<Pass>,
    first_by: Instant,
    all_by: Instant,
    text_bytes: usize,
    is_whole: bool,
    usage: Option<Usage>,
}

/// One piece of a stream, or a whole completion: every field that is read is in one of them.
#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
    error: Option<ToldError>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
}

impl ChatStream {
    pub(super) fn new(
        response: Response,
        permit: OwnedSemaphorePermit,
        pass: Pass,
        first_by: Instant,
        all_by: Instant,
    ) -> Self {
        Self {
            events: events(response),
            _permit: permit,
            pass: Some(pass),
            first_by,
            all_by,
            text_bytes: 0,
            is_whole: false,
            usage: None,
        }
    }

    /// The next piece of the text; `None` at its good end.
    ///
    /// # Errors
    /// What went wrong; nothing comes after it.
    pub async fn next(&mut self) -> Result<Option<String>, ModelError> {
        let outcome = self.advance().await;
        match (&outcome, self.pass.take()) {
            (Ok(None), Some(pass)) => pass.succeeded(),
            (Err(error), Some(pass)) => pass.failed(error),
            (Ok(Some(_)), pass) => self.pass = pass,
            (_, None) => {}
        }
        outcome
    }

    /// What it cost, once it is over, when the service says so.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    async fn advance(&mut self) -> Result<Option<String>, ModelError> {
        loop {
            let by = if self.is_whole {
                self.all_by.min(Instant::now() + USAGE_PATIENCE)
            } else if self.text_bytes == 0 {
                self.first_by.min(self.all_by)
            } else {
                self.all_by
            };
            let data = match timeout_at(by, self.events.next()).await {
                Err(_) if self.is_whole => return Ok(None),
                Err(_) => return Err(ModelError::TimedOut),
                Ok(None) => None,
                Ok(Some(Ok(data))) if data.trim() == DONE => None,
                Ok(Some(Ok(data))) => Some(data),
                Ok(Some(Err(_))) if self.is_whole => None,
                Ok(Some(Err(error))) => return Err(error),
            };
            let Some(data) = data else {
                return match (self.is_whole, self.text_bytes) {
                    (true, 0) => Err(ModelError::Empty),
                    (true, _) => Ok(None),
                    (false, _) => Err(ModelError::Interrupted),
                };
            };
            if let Some(text) = self.take(&data)? {
                return Ok(Some(text));
            }
        }
    }

    /// The text in one event.
    fn take(&mut self, data: &str) -> Result<Option<String>, ModelError> {
        let chunk: Chunk = serde_json::from_str(data).map_err(|_| ModelError::BadAnswer)?;
        if let Some(told) = &chunk.error {
            return Err(ModelError::of_told(told));
        }
        self.usage = chunk.usage.or(self.usage);
        let Some(choice) = chunk.choices.into_iter().next() else {
            // Only the piece that tells the tokens has no choice.
            return if chunk.usage.is_some() && self.is_whole {
                Ok(None)
            } else if chunk.usage.is_some() {
                Err(ModelError::Empty)
            } else {
                Err(ModelError::BadAnswer)
            };
        };
        let delta = choice.delta;
        if delta
            .as_ref()
            .is_some_and(|d| d.refusal.as_ref().is_some_and(|r| !r.is_empty()))
        {
            return Err(ModelError::Refused);
        }
        match choice.finish_reason.as_deref() {
            Some("length") => return Err(ModelError::CutOff),
            Some("content_filter") => return Err(ModelError::Filtered),
            Some(_) => self.is_whole = true,
            None => {}
        }
        let text = delta.and_then(|d| d.content).filter(|t| !t.is_empty());
        if let Some(text) = &text {
            self.text_bytes += text.len();
            if self.text_bytes > MAX_TEXT_BYTES {
                return Err(ModelError::BadAnswer);
            }
        }
        Ok(text)
    }
}

/// The events of an answer; a completion that was not streamed is one event and its end.
fn events(response: Response) -> BoxStream<'static, Result<String, ModelError>> {
    let header = |name| {
        let value = response.headers().get(name);
        value.and_then(|v| v.to_str().ok()).unwrap_or("")
    };
    // Nothing compressed was asked for, and what unpacks to anything is not unpacked.
    let encoding = header(CONTENT_ENCODING);
    let is_plain = encoding.is_empty() || encoding.eq_ignore_ascii_case("identity");
    let media_type = header(CONTENT_TYPE).to_ascii_lowercase();
    let bytes = bounded(response);
    if is_plain && media_type.starts_with("text/event-stream") {
        let events = bytes.eventsource().map(|event| match event {
            Ok(event) => Ok(event.data),
            Err(EventStreamError::Transport(error)) => Err(error),
            Err(EventStreamError::Utf8(_) | EventStreamError::Parser(_)) => {
                Err(ModelError::BadAnswer)
            }
        });
        // Some services send an event without data to keep the connection open.
        return events
            .filter(|e| {
                let is_empty = matches!(e, Ok(data) if data.is_empty());
                async move { !is_empty }
            })
            .boxed();
    }
    if is_plain && media_type.starts_with("application/json") {
        return stream::once(whole(bytes)).boxed();
    }
    stream::iter([Err(ModelError::BadAnswer)]).boxed()
}

async fn whole(
    mut bytes: BoxStream<'static, Result<Bytes, ModelError>>,
) -> Result<String, ModelError> {
    let mut body = Vec::new();
    while let Some(chunk) = bytes.next().await {
        body.extend_from_slice(&chunk?);
    }
    String::from_utf8(body).map_err(|_| ModelError::BadAnswer)
}

/// The bytes of an answer up to the bound.
fn bounded(response: Response) -> BoxStream<'static, Result<Bytes, ModelError>> {
    let mut left = MAX_BYTES;
    let bytes = response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(|_| ModelError::Interrupted)?;
        left = left.checked_sub(chunk.len()).ok_or(ModelError::BadAnswer)?;
        Ok(chunk)
    });
    bytes.boxed()
}
