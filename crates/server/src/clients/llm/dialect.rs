//! What a service understands of the protocol. Services differ: one wants another name for the length, one knows no JSON schema, one
//! refuses fields that it does not know. What a refusal names is left out from then on.

use super::{ChatRequest, ModelSettings, full_body};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU8, Ordering};

const JSON_MODE: u8 = 1;
const PLAIN_TEXT: u8 = 2;
const OLD_LENGTH: u8 = 4;
const NO_TEMPERATURE: u8 = 8;
const NO_STORE: u8 = 16;
const NO_STREAM_OPTIONS: u8 = 32;
const NO_EFFORT: u8 = 64;

/// The dialect of a service as far as it is known.
#[derive(Default)]
pub(super) struct Dialect(AtomicU8);

/// The dialect in which one call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spoken(u8);

impl Dialect {
    pub(super) fn spoken(&self) -> Spoken {
        Spoken(self.0.load(Ordering::Relaxed))
    }

    /// Keeps what worked.
    pub(super) fn remember(&self, spoken: Spoken) {
        self.0.fetch_or(spoken.0, Ordering::Relaxed);
    }
}

impl Spoken {
    fn lacks(self, part: u8) -> bool {
        self.0 & part != 0
    }

    /// The request in this dialect.
    pub(super) fn body(self, settings: &ModelSettings, request: &ChatRequest) -> Value {
        let mut body = full_body(settings, request);
        let Some(fields) = body.as_object_mut() else {
            return body;
        };
        if self.lacks(PLAIN_TEXT) {
            fields.remove("response_format");
        } else if self.lacks(JSON_MODE) {
            fields.insert(
                "response_format".to_owned(),
                json!({ "type": "json_object" }),
            );
        }
        if self.lacks(OLD_LENGTH)
            && let Some(length) = fields.remove("max_completion_tokens")
        {
            fields.insert("max_tokens".to_owned(), length);
        }
        for (part, name) in [
            (NO_TEMPERATURE, "temperature"),
            (NO_STORE, "store"),
            (NO_STREAM_OPTIONS, "stream_options"),
            (NO_EFFORT, "reasoning_effort"),
        ] {
            if self.lacks(part) {
                fields.remove(name);
            }
        }
        body
    }

    /// The dialect to try after a refusal; `None` when there is nothing left to leave out.
    pub(super) fn without(self, complaint: &str) -> Option<Self> {
        let named = [
            ("max_completion_tokens", OLD_LENGTH),
            ("stream_options", NO_STREAM_OPTIONS),
            ("reasoning_effort", NO_EFFORT),
            ("temperature", NO_TEMPERATURE),
            ("store", NO_STORE),
        ];
        let part = named
            .into_iter()
            .find(|(name, part)| complaint.contains(name) && !self.lacks(*part))
            .map(|(_, part)| part)
            // The form of the answer is what services differ in most, so a complaint about nothing in particular is taken for one.
            .or_else(|| (!self.lacks(JSON_MODE)).then_some(JSON_MODE))
            .or_else(|| (!self.lacks(PLAIN_TEXT)).then_some(PLAIN_TEXT))?;
        Some(Self(self.0 | part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_a_service_refuses_is_left_out_step_by_step() {
        let request = ChatRequest {
            system: "s".into(),
            user: "u".into(),
            schema_name: "keywords",
            schema: json!({ "type": "object" }),
            max_tokens: 9,
            temperature: 0.2,
        };
        let settings = ModelSettings {
            base_url: String::new(),
            api_key: None,
            model: "m".into(),
            reasoning_effort: Some("low".into()),
            connect: Duration::ZERO,
            first_token: Duration::ZERO,
            total: Duration::ZERO,
            concurrency: 1,
        };
        let dialect = Dialect::default();
        let mut spoken = dialect.spoken();
        assert_eq!(
            spoken.body(&settings, &request)["response_format"]["type"],
            "json_schema"
        );
        let complaints = [
            "Unsupported parameter: 'max_completion_tokens'",
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","store"]}]}"#,
            "response_format",
            "temperature",
            "stream_options",
            "reasoning_effort",
            "what?",
        ];
        for complaint in complaints {
            spoken = spoken.without(complaint).unwrap();
        }
        let body = spoken.body(&settings, &request);
        let mut left: Vec<&String> = body.as_object().unwrap().keys().collect();
        left.sort();
        assert_eq!(left, ["max_tokens", "messages", "model", "stream"]);
        assert_eq!(body["max_tokens"], 9);
        assert_eq!(spoken.without("store"), None);
        dialect.remember(spoken);
        assert_eq!(dialect.spoken(), spoken);
    }
}
