//! Clients that do what guests do, again and again, and write down what they were told.

use crate::processes::{Deployment, client};
use reqwest::Client;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

const CLIENTS: usize = 8;
/// A call that found no answer after so many tries is left: nobody knows what became of it.
const TRIES: usize = 60;

/// One guest and all that was acknowledged.
#[derive(Debug, Default)]
pub struct Record {
    pub guest: String,
    pub interview: String,
    /// Questions and their acknowledged answers.
    pub answers: Vec<(String, Value)>,
    /// Keys with the body that was sent and the body that came back; none where nobody knows.
    pub results: Vec<(String, Value, Option<String>)>,
    /// Clicks that were acknowledged.
    pub clicks: usize,
    /// Clicks of which nobody knows: each try may have counted.
    pub doubtful_clicks: usize,
}

/// What the clients share.
pub struct Shared {
    pub addresses: Vec<String>,
    stopping: AtomicBool,
    pub acknowledged: AtomicUsize,
    pub refused: AtomicUsize,
    number: AtomicU64,
}

/// Clients at work.
pub struct Load {
    pub shared: Arc<Shared>,
    clients: Vec<JoinHandle<Vec<Record>>>,
}

impl Load {
    pub fn start(deployment: &Deployment) -> Self {
        let shared = Arc::new(Shared {
            addresses: deployment.addresses.clone(),
            stopping: AtomicBool::new(false),
            acknowledged: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            number: AtomicU64::new(0),
        });
        let clients = (0..CLIENTS).map(|_| tokio::spawn(work(shared.clone(), client())));
        Self {
            clients: clients.collect(),
            shared,
        }
    }

    pub async fn stop(self) -> Vec<Record> {
        self.shared.stopping.store(true, Ordering::Relaxed);
        let mut records = Vec::new();
        for client in self.clients {
            records.extend(client.await.unwrap());
        }
        records
    }
}

async fn work(shared: Arc<Shared>, http: Client) -> Vec<Record> {
    let mut records = Vec::new();
    while !shared.stopping.load(Ordering::Relaxed) {
        let mut record = Record::default();
        // A visit that breaks off is a record too: all that was acknowledged until then counts.
        let _ = visit(&shared, &http, &mut record).await;
        if !record.guest.is_empty() {
            records.push(record);
        }
    }
    records
}

async fn visit(shared: &Shared, http: &Client, record: &mut Record) -> Option<()> {
    let guest: Value = shared
        .call(http, "", "POST", "/api/v1/guests", None, None)
        .await
        .0?;
    record.guest = guest["guest_id"].as_str()?.to_owned();
    let guest = record.guest.clone();
    let interview = shared
        .call(http, &guest, "POST", "/api/v1/interviews", None, None)
        .await
        .0?;
    record.interview = interview["interview_id"].as_str()?.to_owned();
    let number = shared.number.fetch_add(1, Ordering::Relaxed);
    let relations = ["lover", "friend", "parent", "colleague"];
    for (question, answer) in [
        (
            "relation",
            json!({ "choice": relations[number as usize % relations.len()] }),
        ),
        (
            "budget",
            json!({ "range": { "min": 10_000, "max": 50_000 + number } }),
        ),
        ("occasion", json!({ "choice": "birthday" })),
    ] {
        let path = format!("/api/v1/interviews/{}/answers/{question}", record.interview);
        let (stored, _) = shared
            .call(http, &guest, "PUT", &path, Some(&answer), None)
            .await;
        if stored.is_some() {
            record.answers.push((question.to_owned(), answer));
        }
    }
    for round in 0..3 {
        let key = format!("key-{number}-{round}");
        let body = json!({ "interview_id": record.interview, "seed": number * 10 + round });
        let path = "/api/v1/recommendations";
        let (made, _) = shared
            .call(http, &guest, "POST", path, Some(&body), Some(&key))
            .await;
        let text = made.as_ref().map(Value::to_string);
        record.results.push((key, body, text));
        let Some(made) = made else { continue };
        let id = made["recommendation_id"].as_str()?;
        let click = json!({ "events": [{ "kind": "click", "product_id": made["items"][0]["product"]["product_id"] }] });
        let path = format!("/api/v1/recommendations/{id}/events");
        let (counted, tries) = shared
            .call(http, &guest, "POST", &path, Some(&click), None)
            .await;
        record.clicks += usize::from(counted.is_some());
        record.doubtful_clicks += tries - usize::from(counted.is_some());
    }
    Some(())
}

impl Shared {
    /// Calls until there is an answer that says yes, each time at another server. Gives the answer and how many tries may have arrived.
    pub async fn call(
        &self,
        http: &Client,
        guest: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> (Option<Value>, usize) {
        let mut arrived = 0;
        for attempt in 0..TRIES {
            let server =
                (self.number.load(Ordering::Relaxed) as usize + attempt) % self.addresses.len();
            let url = format!("{}{path}", self.addresses[server]);
            let mut request = http
                .request(method.parse().unwrap(), url)
                .header("x-guest-id", guest);
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            match request.send().await {
                Ok(reply) if reply.status().is_success() => {
                    arrived += 1;
                    // Told in full or not at all: a body that is cut off is no acknowledgement.
                    if let Ok(value) = reply.json().await {
                        self.acknowledged.fetch_add(1, Ordering::Relaxed);
                        return (Some(value), arrived);
                    }
                }
                Ok(reply) if reply.status().is_server_error() || reply.status() == 409 => {
                    arrived += 1;
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
                Ok(reply) => {
                    let status = reply.status();
                    panic!(
                        "{method} {path}: {status} {}",
                        reply.text().await.unwrap_or_default()
                    );
                }
                Err(error) => {
                    // A connection that was refused brought nothing along.
                    arrived += usize::from(!error.is_connect());
                }
            }
            if self.stopping.load(Ordering::Relaxed) && attempt > 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20 + 10 * attempt as u64)).await;
        }
        (None, arrived)
    }
}
