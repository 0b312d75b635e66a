//! What a language model costs those who wait: `POST /api/v1/recommendations` with the model hung beside the same with the model off, in
//! turns; and the share of follow-up questions that are worded without a wait, with a model of one second and guests who read for three.
//! `cargo bench -p seonmul-server --bench llm`

use axum::routing::post;
use axum::{Router, http};
use reqwest::Client;
use seonmul_server::app::{App, AppState};
use seonmul_server::config::{Config, Sources};
use seonmul_server::http::{router, serve};
use seonmul_server::jobs::fill_catalogue;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// As in the program.
#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 16;
const ROUND: Duration = Duration::from_secs(4);
const ROUNDS: usize = 7;
const GUESTS: usize = 40;
const MODEL: Duration = Duration::from_secs(1);
const READING: Duration = Duration::from_secs(3);
/// A question that comes later than this was waited for.
const AT_ONCE: Duration = Duration::from_millis(100);

async fn serve_model(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/v1")
}

/// Takes calls and never answers.
async fn hung() -> String {
    let silent = post(async || std::future::pending::<()>().await);
    serve_model(Router::new().route("/v1/chat/completions", silent)).await
}

/// Answers every call well, after the time that the model takes.
async fn slow() -> String {
    let answer = post(async |call: String| {
        let call: Value = serde_json::from_str(&call).expect("JSON");
        tokio::time::sleep(MODEL).await;
        let schema = &call["response_format"]["json_schema"]["schema"]["properties"];
        let values = &schema["options"]["items"]["properties"]["value"]["enum"];
        let said = match values.as_array() {
            Some(values) => {
                let marks = ["가", "나", "다", "라", "마", "바"];
                let options = values.iter().zip(marks);
                let options =
                    options.map(|(v, m)| json!({ "value": v, "label": format!("이런 것 {m}") }));
                json!({ "text": "이럴 때 가장 즐거워하시나요?", "options": options.collect::<Vec<_>>() })
            }
            None => {
                let names = schema["choices"]["items"]["enum"]
                    .as_array()
                    .expect("names");
                json!({ "choices": names[..names.len().min(5)], "own": [] })
            }
        };
        let message = json!({ "role": "assistant", "content": said.to_string() });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        {
            let usage = json!({ "prompt_tokens": 700, "completion_tokens": 60 });
            let body = json!({ "choices": [choice], "usage": usage });
            (
                [(http::header::CONTENT_TYPE, "application/json")],
                body.to_string(),
            )
        }
    });
    serve_model(Router::new().route("/v1/chat/completions", answer)).await
}

/// A shop in a folder of its own, and where it listens.
struct Shop {
    app: App,
    base: String,
    client: Client,
    _folder: tempfile::TempDir,
}

impl Shop {
    async fn open(model: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut settings = vec![
            (
                "SEONMUL_DATABASE_URL",
                format!("sqlite:{}", path("bench.db")),
            ),
            ("SEONMUL_OBJECT_STORE_URL", path("objects")),
            ("SEONMUL_RATE_LIMIT_PER_MINUTE", "0".to_owned()),
        ];
        settings.extend(model.map(|url| ("SEONMUL_LLM_BASE_URL", url.to_owned())));
        let settings = settings.into_iter().map(|(k, v)| (k.to_owned(), v));
        let sources = Sources::from_parts(settings, None).expect("settings");
        let config = Config::from_sources(&sources).expect("a configuration");
        let app = AppState::connect(config).await.expect("a database");
        fill_catalogue::run_once(&app)
            .await
            .expect("the sample catalogue");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!(
            "http://{}/api/v1",
            listener.local_addr().expect("an address")
        );
        let (served, routes) = (app.clone(), router::router(app.clone()));
        tokio::spawn(async move { serve::serve(&served, listener, routes).await });
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            app,
            base,
            client: Client::builder().no_proxy().build().expect("a client"),
            _folder: folder,
        }
    }

    async fn call(&self, method: reqwest::Method, path: &str, guest: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.base);
        let call = self
            .client
            .request(method, url)
            .header("x-guest-id", guest)
            .json(&body);
        let answer = call.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }

    async fn post(&self, path: &str, guest: &str, body: Value) -> Value {
        self.call(reqwest::Method::POST, path, guest, body).await
    }

    async fn answer(&self, guest: &str, interview: &str, question: &str, answer: Value) -> Value {
        let path = format!("/interviews/{interview}/answers/{question}");
        self.call(reqwest::Method::PUT, &path, guest, answer).await
    }

    /// A guest with an interview whose first five questions are answered.
    async fn guest(&self, number: usize) -> (String, String) {
        let made = self.client.post(format!("{}/guests", self.base)).send();
        let made: Value = made.await.expect("an answer").json().await.expect("JSON");
        let guest = made["guest_id"].as_str().expect("an id").to_owned();
        let interview = self.post("/interviews", &guest, json!({})).await;
        let interview = interview["interview_id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let pick = |of: &[&str]| json!({ "choice": of[number % of.len()] });
        for (question, answer) in [
            (
                "relation",
                pick(&["friend", "parent", "lover", "colleague", "sibling"]),
            ),
            ("gender", pick(&["female", "male"])),
            ("age_band", pick(&["20s", "30s", "60s"])),
            (
                "budget",
                json!({ "range": { "min": 0, "max": 100_000 + number } }),
            ),
            (
                "occasion",
                pick(&["birthday", "thanks", "housewarming", "christmas"]),
            ),
        ] {
            self.answer(&guest, &interview, question, answer).await;
        }
        (guest, interview)
    }

    /// Times of recommendations for one round, sorted.
    async fn load(&self) -> Vec<Duration> {
        let (guest, interview) = self.guest(0).await;
        let start = Instant::now();
        let clients = (0..CONNECTIONS).map(|_| async {
            let mut times = Vec::new();
            while start.elapsed() < ROUND {
                let sent = Instant::now();
                let body = json!({ "interview_id": interview });
                self.post("/recommendations", &guest, body).await;
                times.push(sent.elapsed());
            }
            times
        });
        // Meanwhile somebody asks for keywords again and again.
        let asking = async {
            while start.elapsed() < ROUND {
                let path = format!("/interviews/{interview}/keywords");
                self.post(&path, &guest, json!({})).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let (times, ()) = tokio::join!(futures_util::future::join_all(clients), asking);
        let mut times = times.concat();
        times.sort();
        times
    }
}

fn at(times: &[Duration], share: f64) -> f64 {
    times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn hung_beside_off() {
    let model = hung().await;
    let (off, hung) = (Shop::open(None).await, Shop::open(Some(&model)).await);
    let mut ratios = [Vec::new(), Vec::new()];
    let mut figures = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
    for round in 0..ROUNDS {
        // Whoever goes second finds a warmer machine, so they take turns.
        let (a, b) = if round % 2 == 0 {
            let a = off.load().await;
            (a, hung.load().await)
        } else {
            let b = hung.load().await;
            (off.load().await, b)
        };
        for (i, share) in [0.5, 0.99].into_iter().enumerate() {
            ratios[i].push(at(&b, share) / at(&a, share));
            figures[i][0].push(at(&a, share));
            figures[i][1].push(at(&b, share));
        }
    }
    for ((name, ratios), [off, hung]) in ["p50", "p99"].into_iter().zip(ratios).zip(figures) {
        println!(
            "recommendations {name}: off {:.2} ms, hung {:.2} ms, ratio {:.3} (medians of {ROUNDS} rounds)",
            median(off),
            median(hung),
            median(ratios)
        );
    }
}

async fn prepared_questions() {
    let model = slow().await;
    let shop = Shop::open(Some(&model)).await;
    let walks = (0..GUESTS).map(|number| {
        let shop = &shop;
        async move {
            // Guests do not come all at once.
            tokio::time::sleep(Duration::from_millis(150) * u32::try_from(number).expect("few"))
                .await;
            let (guest, interview) = shop.guest(number).await;
            let (mut shown, mut at_once, mut worded) = (0u32, 0u32, 0u32);
            let (mut question, mut answer) = ("category".to_owned(), json!({ "choice": "any" }));
            loop {
                tokio::time::sleep(READING).await;
                let sent = Instant::now();
                let view = shop.answer(&guest, &interview, &question, answer).await;
                let Some(next) = view["next_question"]["question_id"].as_str() else {
                    return (shown, at_once, worded);
                };
                shown += 1;
                at_once += u32::from(sent.elapsed() < AT_ONCE);
                worded += u32::from(view["next_question"]["source"] == "llm");
                let options = view["next_question"]["options"]
                    .as_array()
                    .expect("options");
                answer = json!({ "choice": options[number % options.len()]["value"] });
                question = next.to_owned();
            }
        }
    });
    let walks = futures_util::future::join_all(walks).await;
    let sum = |of: fn(&(u32, u32, u32)) -> u32| walks.iter().map(of).sum::<u32>();
    let (shown, at_once, worded) = (sum(|w| w.0), sum(|w| w.1), sum(|w| w.2));
    println!(
        "follow-up questions: {shown} shown to {GUESTS} guests, {at_once} within {AT_ONCE:?}, {worded} in the model's words"
    );
    for line in shop.app.metrics.render(None).lines() {
        if line.starts_with("seonmul_llm_questions") || line.starts_with("seonmul_llm_calls") {
            println!("  {line}");
        }
    }
}

#[tokio::main]
async fn main() {
    prepared_questions().await;
    hung_beside_off().await;
}
