//! The language model's part: it words questions and suggests keywords, and nobody waits for it beyond a deadline. Answers are kept by
//! what was asked, not by who asked; what a guest may see of them is checked by the engine every time.

mod flights;
pub mod keywords;
mod prompts;
mod question;
mod redaction;
mod refine;
mod relay;
mod situation;
mod spend;
mod trial;

pub use prompts::{Prompt, Prompts, Task};
pub use question::{Patience, prepare_next, reword};
use redaction::Redactor;
pub use refine::{CANDIDATES, Picked, heard_look, second_look};
pub use relay::{ChatInput, Relayed, relay};
pub use situation::Situation;
pub use spend::{Price, Prices, today};
pub use trial::{Trial, try_keywords, try_question};

use crate::app::{App, AppState};
use crate::clients::llm::{ChatRequest, ModelClient, ModelError, ModelSettings};
use crate::clock::Clock;
use crate::config::{LlmConfig, LlmMode};
use flights::{Flight, Flights, Landed};
use seonmul_engine::Lang;
use seonmul_engine::interview::Answered;
use seonmul_store::GuestKey;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long answers of the model are kept.
const KEEP: Duration = Duration::from_secs(7 * 86_400);

/// Who a call is made for.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The guest.
    pub guest: GuestKey,
    /// The network that the guest comes from, if it is known.
    pub network: Option<IpAddr>,
    /// Whether the guest wants nothing sent to a model.
    pub declines: bool,
}

/// Everything about the language model that lasts.
pub struct Llm {
    client: Option<ModelClient>,
    /// The prompts.
    pub prompts: Prompts,
    /// What the model costs.
    pub prices: Prices,
    /// Cuts out what must not leave; where there is no model nothing does.
    redactor: Option<Redactor>,
    flights: Flights,
    /// Preparations that have not started all their calls yet.
    preparing: Arc<AtomicUsize>,
}

/// What is kept of an answer; `None` when nothing of it can be used.
type Read = Box<dyn FnOnce(&str) -> Option<Vec<u8>> + Send>;

/// One question to the model: under which key its answer is kept, what is asked, and how an answer is read.
struct Inquiry {
    task: Task,
    key: String,
    request: ChatRequest,
    read: Read,
}

impl Llm {
    /// The language model as it is set.
    ///
    /// # Errors
    /// Settings that cannot be used, or faulty data files.
    pub fn new(config: &LlmConfig, clock: &Clock) -> anyhow::Result<Self> {
        let wanted = config.mode != LlmMode::Off;
        let client = match config.base_url.clone().filter(|_| wanted) {
            Some(base_url) => {
                let settings = ModelSettings {
                    base_url,
                    api_key: config.api_key.clone(),
                    model: config.model.clone(),
                    reasoning_effort: config.reasoning_effort.clone(),
                    connect: config.connect_timeout,
                    first_token: config.first_token_timeout,
                    total: config.timeout,
                    concurrency: config.concurrency,
                };
                Some(ModelClient::new(settings, clock.clone())?)
            }
            None => None,
        };
        let redactor = client.as_ref().map(|_| Redactor::embedded()).transpose()?;
        Ok(Self {
            client,
            prompts: Prompts::embedded()?,
            prices: Prices::of(config)?,
            redactor,
            flights: Flights::default(),
            preparing: Arc::default(),
        })
    }

    /// Calls and preparations that are under way in this process.
    pub fn under_way(&self) -> usize {
        self.preparing.load(Ordering::SeqCst) + self.flights.count()
    }

    /// The client, where there is a model.
    pub fn client(&self) -> Option<&ModelClient> {
        self.client.as_ref()
    }
}

/// Whether this program asks the model by itself for this guest; else why not.
fn asks(app: &AppState, caller: Option<&Caller>) -> Result<(), &'static str> {
    match app.config.llm.mode {
        _ if app.config.llm.base_url.is_none() => Err("llm_not_configured"),
        LlmMode::Off => Err("llm_off"),
        LlmMode::Browser => Err("llm_in_browser"),
        LlmMode::Server if caller.is_some_and(|c| c.declines) => Err("llm_declined"),
        LlmMode::Server => Ok(()),
    }
}

/// The answers in words for the model.
pub fn situation(app: &AppState, answers: &[Answered], lang: Lang) -> Situation {
    let keep = app.config.llm.keep_sensitive_home;
    match &app.llm.redactor {
        Some(redactor) => Situation::of(&app.engine, redactor, keep, answers, lang),
        None => Situation::default(),
    }
}

/// The key of an answer: the task, the version of its prompt, the model, the language and the digest of what was asked.
fn key_of(app: &AppState, task: Task, lang: Lang, asked: &str) -> String {
    let version = app.llm.prompts.of(task).version;
    let model = &app.config.llm.model;
    format!(
        "llm:{}:{version}:{model}:{}:{asked}",
        task.as_str(),
        lang.as_str()
    )
}

/// An answer that was prepared, without asking for one.
async fn kept(app: &AppState, key: &str) -> Option<Vec<u8>> {
    app.cache.get(key).await
}

/// An answer: a prepared one, or one that comes in time. The call goes on when the time is up, for whoever asks next.
async fn hear(
    app: &App,
    caller: &Caller,
    inquiry: Inquiry,
    wait: Duration,
) -> Result<Arc<[u8]>, &'static str> {
    let task = inquiry.task;
    let mut flight = start(app, caller, inquiry);
    let landed = match timeout(wait, flight.wait_for(Option::is_some)).await {
        Ok(Ok(landed)) => landed.clone().unwrap_or(Err("llm_lost")),
        Ok(Err(_)) => Err("llm_lost"),
        Err(_) => Err(ModelError::TimedOut.reason()),
    };
    if landed == Err(ModelError::TimedOut.reason()) {
        app.metrics.llm_late(task.as_str());
    }
    landed
}

/// Starts a call, unless the same one is under way.
fn start(app: &App, caller: &Caller, inquiry: Inquiry) -> Flight {
    let (flight, pilot) = app.llm.flights.join(&inquiry.key);
    if let Some(pilot) = pilot {
        let (app, caller) = (Arc::clone(app), *caller);
        tokio::spawn(async move { pilot.land(fly(&app, &caller, inquiry).await) });
    }
    flight
}

/// Asks the model, counts what it cost, and keeps what can be used of the answer.
async fn fly(app: &App, caller: &Caller, inquiry: Inquiry) -> Landed {
    let Inquiry {
        task,
        key,
        request,
        read,
    } = inquiry;
    // Another node, or the flight before this one, may have kept it meanwhile.
    if let Some(kept) = app.cache.get(&key).await {
        return Ok(kept.into());
    }
    let client = app.llm.client().ok_or("llm_not_configured")?;
    if client.is_resting() {
        app.metrics
            .llm_call(task.as_str(), ModelError::Resting.reason(), None);
        return Err(ModelError::Resting.reason());
    }
    let leave = spend::reserve(app, caller, &request)
        .await
        .inspect_err(|reason| {
            app.metrics.llm_call(task.as_str(), reason, None);
        })?;
    let started = Instant::now();
    let answer = client.complete(&request).await;
    let took = started.elapsed();
    let (landed, usage, may_have_cost) = match answer {
        Ok(answer) => {
            let bytes = read(&answer.text).ok_or(ModelError::OffSchema.reason());
            (bytes, answer.usage, true)
        }
        Err(error) => (Err(error.reason()), None, error.may_have_cost()),
    };
    spend::settle(app, leave, usage, may_have_cost).await;
    let outcome = landed.as_ref().err().copied().unwrap_or("answered");
    app.metrics.llm_call(task.as_str(), outcome, Some(took));
    let bytes = landed?;
    app.cache.put(&key, &bytes, KEEP).await;
    Ok(bytes.into())
}

/// The JSON object in an answer. Services without a JSON mode wrap it in words or in a fenced block.
fn json_in(text: &str) -> &str {
    let from = text.find('{').unwrap_or(0);
    let to = text.rfind('}').map_or(text.len(), |at| at + 1);
    text.get(from..to).unwrap_or(text)
}
