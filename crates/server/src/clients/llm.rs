//! The client of an OpenAI-compatible chat service (OpenAI, Azure, vLLM, Ollama, llama.cpp): one call, always streamed, with deadlines,
//! retries within a budget, a circuit breaker and a bound on calls at a time. It knows nothing of gifts.

mod breaker;
mod dialect;
mod error;
mod retry;
mod stream;

pub use error::ModelError;
pub use stream::{ChatStream, Usage};

use crate::clock::Clock;
use crate::config::Secret;
use anyhow::Context;
use breaker::Breaker;
use dialect::Dialect;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use retry::{Budget, Pauses, retry_after};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

/// Longest error body that is read.
const MAX_ERROR_BYTES: usize = 16 * 1024;
/// The header with which Azure takes its keys.
const AZURE_KEY: HeaderName = HeaderName::from_static("api-key");

/// Where the model is and how long it is waited for.
#[derive(Debug, Clone)]
pub struct ModelSettings {
    /// Base of the service, such as `https://api.openai.com/v1`; a query is kept.
    pub base_url: String,
    /// Its key, if it wants one.
    pub api_key: Option<Secret>,
    /// The model to ask.
    pub model: String,
    /// How much the model may think before it answers, for models that do.
    pub reasoning_effort: Option<String>,
    /// Longest time to connect.
    pub connect: Duration,
    /// Longest time from the call to the first piece of the answer.
    pub first_token: Duration,
    /// Longest time for all of the answer.
    pub total: Duration,
    /// Calls at a time.
    pub concurrency: usize,
}

/// What is asked of the model.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    /// What the model is to do.
    pub system: String,
    /// What it is to do it with.
    pub user: String,
    /// Name of the form that the answer must have.
    pub schema_name: &'static str,
    /// That form as a JSON schema.
    pub schema: Value,
    /// Longest answer, in tokens.
    pub max_tokens: u32,
    /// How freely the model chooses, 0 to 2.
    pub temperature: f32,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct ChatAnswer {
    /// What the model said.
    pub text: String,
    /// What it cost in tokens, when the service says so.
    pub usage: Option<Usage>,
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct ModelClient(Arc<Inner>);

struct Inner {
    http: Client,
    endpoint: Url,
    settings: ModelSettings,
    clock: Clock,
    dialect: Dialect,
    breaker: Breaker,
    budget: Budget,
    permits: Arc<Semaphore>,
}

impl ModelClient {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// When the address is none, or the key cannot stand in a header.
    pub fn new(settings: ModelSettings, clock: Clock) -> anyhow::Result<Self> {
        let endpoint =
            endpoint(&settings.base_url).context("SEONMUL_LLM_BASE_URL cannot be used")?;
        let mut headers = HeaderMap::new();
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("text/event-stream, application/json"),
        );
        if let Some(key) = &settings.api_key {
            let value = |text: &str| {
                let mut value = HeaderValue::from_str(text)
                    .ok()
                    .context("SEONMUL_LLM_API_KEY holds characters that no key has")?;
                value.set_sensitive(true);
                anyhow::Ok(value)
            };
            headers.insert(AUTHORIZATION, value(&format!("Bearer {}", key.expose()))?);
            if endpoint
                .host_str()
                .is_some_and(|h| h.ends_with(".azure.com"))
            {
                headers.insert(AZURE_KEY, value(key.expose())?);
            }
        }
        // Another part of the program may have chosen the same provider already.
        super::use_ring();
        let http = Client::builder()
            .default_headers(headers)
            .connect_timeout(settings.connect)
            // An answer that sends us elsewhere is none; the key goes nowhere but to the host that was set.
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("seonmul/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("the client of the language model cannot be set up")?;
        Ok(Self(Arc::new(Inner {
            http,
            endpoint,
            permits: Arc::new(Semaphore::new(settings.concurrency)),
            settings,
            clock,
            dialect: Dialect::default(),
            breaker: Breaker::default(),
            budget: Budget::default(),
        })))
    }

    /// The model that is asked.
    pub fn model(&self) -> &str {
        &self.0.settings.model
    }

    /// Whether calls are refused at once because the service failed again and again.
    pub fn is_resting(&self) -> bool {
        self.0.breaker.is_open()
    }

    /// Asks, and waits for the whole answer.
    ///
    /// # Errors
    /// What went wrong; never later than the total deadline.
    pub async fn complete(&self, request: &ChatRequest) -> Result<ChatAnswer, ModelError> {
        let mut stream = self.open(request).await?;
        let mut text = String::new();
        while let Some(piece) = stream.next().await? {
            text.push_str(&piece);
        }
        Ok(ChatAnswer {
            text,
            usage: stream.usage(),
        })
    }

    /// Asks, and gives the answer as it comes.
    ///
    /// # Errors
    /// What went wrong before the first piece of the answer.
    pub async fn open(&self, request: &ChatRequest) -> Result<ChatStream, ModelError> {
        let inner = &self.0;
        let started = Instant::now();
        let (first_by, all_by) = (
            started + inner.settings.first_token,
            started + inner.settings.total,
        );
        let pass = inner.breaker.pass()?;
        let permit = timeout_at(first_by, Arc::clone(&inner.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            pass.release();
            return Err(ModelError::Busy);
        };
        let outcome = timeout_at(first_by, inner.send_with_retries(request, first_by)).await;
        match outcome.unwrap_or(Err(ModelError::TimedOut)) {
            Ok(response) => Ok(ChatStream::new(response, permit, pass, first_by, all_by)),
            Err(error) => {
                pass.failed(&error);
                Err(error)
            }
        }
    }
}

impl Inner {
    async fn send_with_retries(
        &self,
        request: &ChatRequest,
        by: Instant,
    ) -> Result<Response, ModelError> {
        self.budget.earn();
        let mut pauses = Pauses::new();
        loop {
            let error = match self.send_adapting(request).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let Some(pause) = error.retry_after().and_then(|after| pauses.next(after)) else {
                return Err(error);
            };
            // A pause that ends too late helps nobody.
            if Instant::now() + pause >= by || !self.budget.spend() {
                return Err(error);
            }
            sleep(pause).await;
        }
    }

    /// Sends, and where the service refuses a part of the request that can be left out, sends again without it.
    async fn send_adapting(&self, request: &ChatRequest) -> Result<Response, ModelError> {
        let mut spoken = self.dialect.spoken();
        loop {
            let body = spoken.body(&self.settings, request);
            match self.send(&body).await {
                Ok(response) => {
                    self.dialect.remember(spoken);
                    return Ok(response);
                }
                Err((error, complaint)) => {
                    let next = complaint.and_then(|complaint| spoken.without(&complaint));
                    spoken = next.ok_or(error)?;
                }
            }
        }
    }

    /// One request; an error with what a refusal complains of.
    async fn send(&self, body: &Value) -> Result<Response, (ModelError, Option<String>)> {
        let sent = self
            .http
            .post(self.endpoint.clone())
            .json(body)
            .send()
            .await;
        let response = sent.map_err(|_| (ModelError::Unreachable, None))?;
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let status = response.status();
        let after = retry_after(response.headers(), &self.clock);
        let id = response.headers().get("x-request-id");
        let id = id.and_then(|v| v.to_str().ok()).unwrap_or("-").to_owned();
        let told = told(response).await;
        let error = ModelError::of_status(status, told.error.as_ref(), after);
        tracing::debug!(
            status = status.as_u16(),
            x_request_id = id,
            reason = error.reason(),
            "the language model refused"
        );
        let complaint =
            matches!(error, ModelError::BadRequest).then(|| told.complaint().to_owned());
        Err((error, complaint))
    }
}

/// What a service says of its refusal.
#[derive(Debug, Default)]
struct Told {
    error: Option<ToldError>,
    /// All of it, to look for the name of the part that was refused. Never logged: it may quote the request.
    text: String,
}

impl Told {
    fn complaint(&self) -> &str {
        let param = self.error.as_ref().and_then(|e| e.param.as_deref());
        param.unwrap_or(&self.text)
    }
}

/// The error object of the protocol; services differ in all of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ToldError {
    message: Value,
    #[serde(rename = "type")]
    kind: Value,
    code: Value,
    param: Option<String>,
}

async fn told(mut response: Response) -> Told {
    #[derive(Deserialize)]
    struct Body {
        error: ToldError,
    }
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ERROR_BYTES {
            break;
        }
    }
    Told {
        error: serde_json::from_slice::<Body>(&bytes).ok().map(|b| b.error),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// The address of chat completions below a base, whose query (Azure's `api-version`) is kept.
fn endpoint(base: &str) -> anyhow::Result<Url> {
    let mut url = Url::parse(base)?;
    url.path_segments_mut()
        .ok()
        .context("it is no http address")?
        .pop_if_empty()
        .extend(["chat", "completions"]);
    Ok(url)
}

/// The body of a request in the fullest form that the protocol has.
fn full_body(settings: &ModelSettings, request: &ChatRequest) -> Value {
    let mut body = json!({
        "model": settings.model,
        "messages": [
            { "role": "system", "content": request.system },
            { "role": "user", "content": request.user },
        ],
        "stream": true,
        "stream_options": { "include_usage": true },
        "store": false,
        "temperature": request.temperature,
        "max_completion_tokens": request.max_tokens,
        "response_format": {
            "type": "json_schema",
            "json_schema": { "name": request.schema_name, "strict": true, "schema": request.schema },
        },
    });
    if let Some(effort) = &settings.reasoning_effort {
        body["reasoning_effort"] = json!(effort);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn the_address_is_built_for_every_kind_of_service() {
        let at = |base| endpoint(base).unwrap().to_string();
        assert_eq!(
            at("https://api.example/v1"),
            "https://api.example/v1/chat/completions"
        );
        assert_eq!(
            at("http://127.0.0.1:8091"),
            "http://127.0.0.1:8091/chat/completions"
        );
        assert_eq!(
            at("https://x.azure.com/openai/deployments/mini?api-version=2024-10-21"),
            "https://x.azure.com/openai/deployments/mini/chat/completions?api-version=2024-10-21"
        );
    }
}
