//! The relay: a front end asks the model for one of the two tasks without holding the key. What the model is told is built here; the front
//! end only says for which interview, or describes the recipient in words that are treated as data.

use super::prompts::Task;
use super::spend::{reserve, settle};
use super::{Caller, Inquiry, hear, kept, keywords, question, situation};
use crate::app::{App, AppState};
use crate::clients::llm::{ModelClient, ModelError, Usage};
use crate::config::LlmMode;
use crate::error::{Error, FieldError, Message, Result};
use crate::service::interviews;
use seonmul_engine::Lang;
use seonmul_engine::interview::{Answer, Answered, QuestionSource};
use seonmul_store::{EventId, InterviewId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use utoipa::ToSchema;

/// Longest description of a recipient, in characters, all messages together.
const MAX_WORDS: usize = 2_000;
const MAX_MESSAGES: usize = 32;
/// Where words of a message are said to come from.
const MESSAGES: &str = "messages";
/// How long a client may leave an event unread.
const READER_PATIENCE: Duration = Duration::from_secs(5);
const KOREA_AHEAD_MS: i64 = 9 * 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// Longest string that an answer may hold, and how many: more than any honest answer has.
const MAX_STRING_CHARS: usize = 120;
const MAX_STRINGS: usize = 40;

/// A request in the shape of chat completions. Fields that choose a model, a form or a length are read and left to the service.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the rest of the shape is taken and left to the service"
)]
pub struct ChatInput {
    /// What the recipient is like, in `user` messages; other roles are left out, for the service writes them.
    #[serde(default)]
    #[schema(max_items = 32)]
    messages: Vec<MessageInput>,
    /// Whether the answer comes as server-sent events.
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    metadata: Option<Metadata>,
    /// Its `json_schema.name` may say the task as well.
    response_format: Option<Value>,
    model: Option<Value>,
    temperature: Option<Value>,
    top_p: Option<Value>,
    max_tokens: Option<Value>,
    max_completion_tokens: Option<Value>,
    n: Option<Value>,
    stop: Option<Value>,
    seed: Option<Value>,
    user: Option<Value>,
    store: Option<Value>,
    presence_penalty: Option<Value>,
    frequency_penalty: Option<Value>,
}

/// One message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the rest of the shape is taken and left to the service"
)]
struct MessageInput {
    #[schema(example = "user")]
    role: Role,
    #[serde(default)]
    #[schema(value_type = Object)]
    content: Content,
    name: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Role {
    System,
    Developer,
    User,
    Assistant,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Parts(Vec::new())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the rest of the shape is taken and left to the service"
)]
struct Part {
    #[serde(rename = "type")]
    kind: PartKind,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PartKind {
    Text,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the rest of the shape is taken and left to the service"
)]
struct StreamOptions {
    include_usage: Option<bool>,
    include_obfuscation: Option<bool>,
}

/// What the request is about.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Metadata {
    /// `keywords` (as when nothing is said) or `question`.
    #[schema(example = "keywords")]
    task: Option<String>,
    /// The interview whose answers are meant.
    interview_id: Option<String>,
}

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

impl ChatInput {
    /// The words of the `user` messages.
    fn words(&self) -> Result<String> {
        let invalid = |field: String, ko: &'static str, en: &'static str| {
            Err(Error::Invalid(vec![FieldError::new(field, ko, en)]))
        };
        if self.messages.len() > MAX_MESSAGES {
            return invalid(
                "messages".to_owned(),
                "메시지는 32개까지입니다.",
                "may hold at most 32 messages",
            );
        }
        if self.n.as_ref().is_some_and(|n| *n != json!(1)) {
            return invalid("n".to_owned(), "1이어야 합니다.", "must be 1");
        }
        let mut words = String::new();
        for message in self.messages.iter().filter(|m| m.role == Role::User) {
            let texts: Vec<&str> = match &message.content {
                Content::Text(text) => vec![text],
                Content::Parts(parts) => parts.iter().map(|p| p.text.as_str()).collect(),
            };
            for text in texts {
                words.push_str(text.trim());
                words.push('\n');
            }
        }
        if words.chars().count() > MAX_WORDS {
            return invalid(
                "messages".to_owned(),
                "user 메시지는 모두 합쳐 2,000자까지입니다.",
                "user messages may hold at most 2,000 characters together",
            );
        }
        Ok(words.trim().to_owned())
    }

    /// The task, said by `metadata.task` or by the name of the schema.
    fn task(&self) -> Result<Task> {
        let named = self.metadata.as_ref().and_then(|m| m.task.as_deref());
        let schema = self.response_format.as_ref();
        let schema = schema.and_then(|f| f["json_schema"]["name"].as_str());
        match named.or(schema) {
            None | Some("keywords") => Ok(Task::Keywords),
            Some("question" | "follow_up") => Ok(Task::Question),
            Some(_) => Err(Error::field(
                "metadata.task",
                "keywords나 question이어야 합니다.",
                "must be keywords or question",
            )),
        }
    }
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

/// What has come of a JSON object so far: strings are short and few, and outside of them stands only what JSON is made of.
#[derive(Default)]
struct Form {
    depth: u32,
    has_begun: bool,
    is_over: bool,
    in_string: bool,
    is_escaped: bool,
    string_chars: usize,
    strings: usize,
}

impl Form {
    /// The part of a piece that belongs to the object; `None` when it is no such object.
    fn admit(&mut self, piece: &str) -> Option<String> {
        let mut admitted = String::with_capacity(piece.len());
        for c in piece.chars() {
            // Services without a JSON mode say something before and after; that is left out.
            if self.is_over || (!self.has_begun && c != '{') {
                continue;
            }
            self.has_begun = true;
            if !self.step(c) {
                return None;
            }
            admitted.push(c);
        }
        Some(admitted)
    }

    fn step(&mut self, c: char) -> bool {
        if self.in_string {
            self.string_chars += 1;
            match c {
                _ if self.is_escaped => self.is_escaped = false,
                '\\' => self.is_escaped = true,
                '"' => self.in_string = false,
                _ => {}
            }
            return self.string_chars <= MAX_STRING_CHARS;
        }
        match c {
            '"' => {
                self.in_string = true;
                self.string_chars = 0;
                self.strings += 1;
                self.strings <= MAX_STRINGS
            }
            '{' | '[' => {
                self.depth += 1;
                self.depth <= 4
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                self.is_over = self.depth == 0;
                true
            }
            ',' | ':' => true,
            c => c.is_whitespace(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_short_object_of_short_strings_passes() {
        let pass = |text: &str| {
            let mut form = Form::default();
            let mut out = String::new();
            for c in text.chars() {
                out.push_str(&form.admit(&c.to_string())?);
            }
            Some(out)
        };
        let good = r#"{"choices": ["낚싯대", "a\"b"], "own": []}"#;
        assert_eq!(pass(good).as_deref(), Some(good));
        assert_eq!(
            pass(&format!("Sure!\n```json\n{good}\n``` Bye")).as_deref(),
            Some(good)
        );
        assert_eq!(pass("I would rather write a poem.").as_deref(), Some(""));
        assert_eq!(pass(r#"{"a": 1}"#), None);
        assert_eq!(pass(&format!(r#"{{"a": "{}"}}"#, "x".repeat(200))), None);
        assert_eq!(pass(&format!("{{{}", r#""a","#.repeat(50))), None);
        assert_eq!(pass("{[[[[["), None);
    }
}
