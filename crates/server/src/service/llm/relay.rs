//! The relay: a front end asks the model for one of the two tasks without holding the key. What the model is told is built here; the front
//! end only says for which interview, or describes the recipient in words that are treated as data.

mod form;
mod input;

pub use input::ChatInput;

use super::prompts::Task;
use super::spend::{reserve, settle};
use super::{Caller, Inquiry, hear, kept, keywords, question, situation};
use crate::app::{App, AppState};
use crate::clients::llm::{ModelClient, ModelError, Usage};
use crate::config::LlmMode;
use crate::error::{Error, Message, Result};
use crate::service::interviews;
use form::Form;
use seonmul_engine::Lang;
use seonmul_engine::interview::{Answer, Answered, QuestionSource};
use seonmul_store::{EventId, InterviewId};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Where words of a message are said to come from.
const MESSAGES: &str = "messages";
/// How long a client may leave an event unread.
const READER_PATIENCE: Duration = Duration::from_secs(5);
const KOREA_AHEAD_MS: i64 = 9 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// An answer of the relay.
pub enum Relayed {
    /// All of it, as a chat completion.
    Whole(Value),
    /// Server-sent events as they come, without their `data:`.
    Stream(mpsc::Receiver<String>),
}

/// What is asked, ready to be sent.
struct Ready {
    inquiry: Inquiry,
    wants_usage: bool,
}

/// Relays a task to the model.
///
/// # Errors
/// [`Error::LlmNotConfigured`] without a model, [`Error::Invalid`] for anything but the two tasks, [`Error::RateLimited`] when a bound of the
/// day is reached, [`Error::Unavailable`] when the model does not answer.
pub async fn relay(
    app: &App,
    caller: &Caller,
    input: Result<ChatInput>,
    lang: Lang,
) -> Result<Relayed> {
    let client = match app.config.llm.mode {
        LlmMode::Off => None,
        LlmMode::Server | LlmMode::Browser => app.llm.client(),
    };
    let client = client.ok_or(Error::LlmNotConfigured)?.clone();
    if caller.declines {
        return Err(Error::Forbidden);
    }
    let input = input?;
    let streams = input.stream.unwrap_or(false);
    let Ready {
        inquiry,
        wants_usage,
    } = ready(app, caller, input, lang).await?;
    if streams {
        return stream(app, caller, client, inquiry, wants_usage)
            .await
            .map(Relayed::Stream);
    }
    let bytes: Arc<[u8]> = match kept(app, &inquiry.key).await {
        Some(bytes) => bytes.into(),
        None => {
            let patience = app.config.llm.timeout + Duration::from_millis(100);
            hear(app, caller, inquiry, patience)
                .await
                .map_err(|reason| refused(app, reason))?
        }
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Relayed::Whole(json!({
        "id": completion_id(),
        "object": "chat.completion",
        "created": app.clock.now_ms() / 1_000,
        "model": client.model(),
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text, "refusal": null },
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": usage_json(None),
    })))
}

fn completion_id() -> String {
    format!("chatcmpl-{}", EventId::random())
}

fn usage_json(usage: Option<Usage>) -> Value {
    let (read, written) = usage.map_or((0, 0), |u| (u.prompt_tokens, u.completion_tokens));
    json!({ "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written })
}

/// Checks the request and builds what the model is asked.
async fn ready(app: &App, caller: &Caller, input: ChatInput, lang: Lang) -> Result<Ready> {
    let words = input.words()?;
    let task = input.task()?;
    let metadata = input.metadata.unwrap_or_default();
    let mut pending = None;
    let mut answers = match metadata.interview_id.as_deref() {
        Some(id) => {
            let id = InterviewId::parse(id).ok_or(Error::NotFound)?;
            let (row, rows) = interviews::load(app, &caller.guest, &id).await?;
            pending = row.pending_question;
            interviews::answered(&rows)?
        }
        None => Vec::new(),
    };
    if !words.is_empty() {
        answers.push(Answered {
            question_id: MESSAGES.to_owned(),
            answer: Answer::Text(words),
        });
    }
    if answers.is_empty() {
        return Err(Error::field(
            "messages",
            "받는 사람을 설명하는 user 메시지나 metadata.interview_id가 필요합니다.",
            "needs a user message that describes the recipient, or metadata.interview_id",
        ));
    }
    let catalogue = app.catalogue()?;
    let inquiry = match task {
        Task::Question => {
            let pending = pending.and_then(|id| app.engine.question(&id));
            let asked = pending
                .filter(|q| q.source == QuestionSource::Adaptive)
                .or_else(|| app.engine.follow_up(&answers, &catalogue))
                .ok_or_else(|| {
                    Error::Unprocessable(Message::new(
                        "더 물어볼 만한 질문이 없습니다.",
                        "No further question is worth asking.",
                    ))
                })?;
            let key = question::key(app, &answers, asked, lang);
            question::inquiry(app, &answers, asked, lang, key)
        }
        _ => {
            let situation = situation(app, &answers, lang);
            let key = keywords::key(app, &situation, lang);
            keywords::inquiry(app, &answers, &catalogue, lang, &situation, key).map_err(|_| {
                Error::Unprocessable(Message::new(
                    "이 조건으로 드릴 수 있는 선물이 없습니다.",
                    "Nothing can be given under these conditions.",
                ))
            })?
        }
    };
    Ok(Ready {
        inquiry,
        wants_usage: input
            .stream_options
            .is_some_and(|o| o.include_usage == Some(true)),
    })
}

/// The refusal that a reason stands for.
fn refused(app: &AppState, reason: &'static str) -> Error {
    match reason {
        "llm_guest_quota" | "llm_address_quota" | "llm_daily_quota" | "llm_cost_ceiling" => {
            let into_day = (app.clock.now_ms() + KOREA_AHEAD_MS).rem_euclid(DAY_MS);
            let left = u64::try_from(DAY_MS - into_day).unwrap_or(0);
            Error::RateLimited {
                retry_after: Duration::from_millis(left),
            }
        }
        what => Error::Unavailable { what, source: None },
    }
}

/// Streams an answer. What goes out is held to the form of the task, piece by piece, so the relay is no way to chat.
async fn stream(
    app: &App,
    caller: &Caller,
    client: ModelClient,
    inquiry: Inquiry,
    wants_usage: bool,
) -> Result<mpsc::Receiver<String>> {
    let (sender, receiver) = mpsc::channel(32);
    let events = Events::new(app, &client, sender);
    if let Some(bytes) = kept(app, &inquiry.key).await {
        tokio::spawn(async move {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if events.delta(&text).await {
                events.end(None, wants_usage).await;
            }
        });
        return Ok(receiver);
    }
    let Inquiry {
        task,
        key,
        request,
        read,
    } = inquiry;
    let leave = reserve(app, caller, &request)
        .await
        .map_err(|reason| refused(app, reason))?;
    let opened = client.open(&request).await;
    let mut answer = match opened {
        Ok(answer) => answer,
        Err(error) => {
            settle(app, leave, None, error.may_have_cost()).await;
            app.metrics.llm_call(task.as_str(), error.reason(), None);
            return Err(refused(app, error.reason()));
        }
    };
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let mut text = String::new();
        let mut form = Form::default();
        let outcome = loop {
            match answer.next().await {
                Ok(Some(piece)) => {
                    let Some(piece) = form.admit(&piece) else {
                        break Err(ModelError::OffSchema);
                    };
                    text.push_str(&piece);
                    // A client that is gone pays for no more.
                    if !piece.is_empty() && !events.delta(&piece).await {
                        break Err(ModelError::Interrupted);
                    }
                }
                Ok(None) => break read(&text).ok_or(ModelError::OffSchema),
                Err(error) => break Err(error),
            }
        };
        settle(&app, leave, answer.usage(), true).await;
        let reason = outcome.as_ref().err().map_or("answered", |e| e.reason());
        app.metrics.llm_call(task.as_str(), reason, None);
        match outcome {
            Ok(bytes) => {
                app.cache.put(&key, &bytes, super::KEEP).await;
                events.end(answer.usage(), wants_usage).await;
            }
            Err(error) => events.fail(error).await,
        }
    });
    Ok(receiver)
}

/// Writes the events of one streamed completion.
struct Events {
    id: String,
    created: i64,
    model: String,
    sender: mpsc::Sender<String>,
}

impl Events {
    fn new(app: &AppState, client: &ModelClient, sender: mpsc::Sender<String>) -> Self {
        Self {
            id: completion_id(),
            created: app.clock.now_ms() / 1_000,
            model: client.model().to_owned(),
            sender,
        }
    }

    async fn send(&self, choices: Value, usage: Option<Value>) -> bool {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model, "choices": choices,
        });
        if let Some(usage) = usage {
            chunk["usage"] = usage;
        }
        self.pass_on(chunk.to_string()).await
    }

    /// Whether the client took an event. One that does not read is given up, for it keeps a place that others could have.
    async fn pass_on(&self, event: String) -> bool {
        let sent = timeout(READER_PATIENCE, self.sender.send(event)).await;
        matches!(sent, Ok(Ok(())))
    }

    async fn delta(&self, text: &str) -> bool {
        let choices = json!([{ "index": 0, "delta": { "content": text }, "finish_reason": null }]);
        self.send(choices, None).await
    }

    async fn end(&self, usage: Option<Usage>, wants_usage: bool) {
        self.send(
            json!([{ "index": 0, "delta": {}, "finish_reason": "stop" }]),
            None,
        )
        .await;
        if wants_usage {
            self.send(json!([]), Some(usage_json(usage))).await;
        }
        self.pass_on("[DONE]".to_owned()).await;
    }

    async fn fail(&self, error: ModelError) {
        let told = json!({ "error": {
            "message": "The answer of the language model broke off or cannot be used.",
            "type": "server_error", "param": null, "code": error.reason(),
        } });
        self.pass_on(told.to_string()).await;
    }
}
