//! Settings of the language model: where it is, who calls it, how long it is waited for, and what it may cost.

use super::{ConfigError, Secret, Sources, parse_http_url, parse_number};
use std::time::Duration;

/// Who calls the language model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LlmMode {
    /// This program.
    Server,
    /// The guest's browser, through the relay.
    Browser,
    /// Nobody.
    Off,
}

/// What is set of the language model.
#[derive(Debug, Clone)]
pub struct LlmConfig {
    /// Base of an OpenAI-compatible service; without one there is no model.
    pub base_url: Option<String>,
    /// Its key.
    pub api_key: Option<Secret>,
    /// Its model.
    pub model: String,
    /// How much a model that thinks first may think; it is waited for, so the least is best.
    pub reasoning_effort: Option<String>,
    /// Who calls it.
    pub mode: LlmMode,
    /// Longest that a guest waits for the words of a question.
    pub question_deadline: Duration,
    /// Longest that a guest waits for keywords.
    pub keywords_deadline: Duration,
    /// Longest time to connect.
    pub connect_timeout: Duration,
    /// Longest time to the first piece of an answer.
    pub first_token_timeout: Duration,
    /// Longest time for a whole answer; beyond the deadlines it still serves the next guest.
    pub timeout: Duration,
    /// Calls at a time.
    pub concurrency: usize,
    /// Calls for one guest in a day.
    pub guest_calls_per_day: u64,
    /// Calls for one address in a day.
    pub address_calls_per_day: u64,
    /// Calls in a day.
    pub calls_per_day: u64,
    /// What a day may cost, in millionths of a US dollar.
    pub daily_cost_micro_usd: u64,
    /// Price of a million tokens read, in US dollars, where the table does not know the model.
    pub input_usd_per_million: Option<f64>,
    /// Price of a million tokens written.
    pub output_usd_per_million: Option<f64>,
    /// Whether clauses with words about health, faith and the like stay here.
    pub keep_sensitive_home: bool,
    /// Whether a second look at a list is offered.
    pub refine: bool,
}

impl LlmConfig {
    pub(super) fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let ms = |name| {
            let number = sources.parsed(name, |v| parse_number(v, 50, 120_000))?;
            Ok(Duration::from_millis(number.into()))
        };
        let calls = |name| {
            let number = sources.parsed(name, |v| parse_number(v, 0, 1_000_000_000))?;
            Ok(u64::from(number))
        };
        Ok(Self {
            base_url: sources.parsed_optional("llm_base_url", parse_http_url)?,
            api_key: sources.optional("llm_api_key").map(Secret::new),
            model: sources.parsed("llm_model", |v| Some(v.to_owned()))?,
            reasoning_effort: sources.parsed_optional("llm_reasoning_effort", parse_word)?,
            mode: sources.parsed("llm_mode", parse_mode)?,
            question_deadline: ms("llm_question_deadline_ms")?,
            keywords_deadline: ms("llm_keywords_deadline_ms")?,
            connect_timeout: ms("llm_connect_timeout_ms")?,
            first_token_timeout: ms("llm_first_token_timeout_ms")?,
            timeout: ms("llm_timeout_ms")?,
            concurrency: sources
                .parsed("llm_concurrency", |v| parse_number(v, 1, 1_000))
                .map(|n| n as usize)?,
            guest_calls_per_day: calls("llm_guest_calls_per_day")?,
            address_calls_per_day: calls("llm_address_calls_per_day")?,
            calls_per_day: calls("llm_calls_per_day")?,
            daily_cost_micro_usd: sources.parsed("llm_daily_cost_usd", parse_micro_usd)?,
            input_usd_per_million: sources
                .parsed_optional("llm_input_usd_per_million", parse_price)?,
            output_usd_per_million: sources
                .parsed_optional("llm_output_usd_per_million", parse_price)?,
            keep_sensitive_home: sources.parsed("llm_keep_sensitive_home", parse_switch)?,
            refine: sources.parsed("llm_refine", parse_switch)?,
        })
    }
}

fn parse_mode(value: &str) -> Option<LlmMode> {
    match value {
        "server" => Some(LlmMode::Server),
        "browser" => Some(LlmMode::Browser),
        "off" => Some(LlmMode::Off),
        _ => None,
    }
}

fn parse_word(value: &str) -> Option<String> {
    let is_word = !value.is_empty() && value.bytes().all(|b| b.is_ascii_lowercase());
    is_word.then(|| value.to_owned())
}

fn parse_switch(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn parse_price(value: &str) -> Option<f64> {
    value
        .parse()
        .ok()
        .filter(|price: &f64| (0.0..=10_000.0).contains(price))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie between 0 and a million"
)]
fn parse_micro_usd(value: &str) -> Option<u64> {
    let usd: f64 = value.parse().ok()?;
    (0.0..=1e6)
        .contains(&usd)
        .then(|| (usd * 1e6).round() as u64)
}
