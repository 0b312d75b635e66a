//! The request of the relay: the shape of chat completions, checked and reduced to what the service lets a front end say.

use super::super::prompts::Task;
use crate::error::{Error, FieldError, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Longest description of a recipient, in characters, all messages together.
const MAX_WORDS: usize = 2_000;
const MAX_MESSAGES: usize = 32;

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
    pub(super) stream: Option<bool>,
    pub(super) stream_options: Option<StreamOptions>,
    pub(super) metadata: Option<Metadata>,
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
pub(super) struct StreamOptions {
    pub(super) include_usage: Option<bool>,
    include_obfuscation: Option<bool>,
}

/// What the request is about.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    /// `keywords` (as when nothing is said) or `question`.
    #[schema(example = "keywords")]
    task: Option<String>,
    /// The interview whose answers are meant.
    pub(super) interview_id: Option<String>,
}

impl ChatInput {
    /// The words of the `user` messages.
    pub(super) fn words(&self) -> Result<String> {
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
    pub(super) fn task(&self) -> Result<Task> {
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
