//! Counts and durations for Prometheus. One recorder for each application, so that nothing is global.

use crate::clients::llm::Usage;
use metrics::{Key, Label, Level, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use seonmul_store::{MailStatus, OutboxStatus};
use std::sync::Arc;
use std::time::Duration;

const REQUESTS: &str = "seonmul_http_requests_total";
const DURATION: &str = "seonmul_http_request_duration_seconds";
const RATE_LIMITED: &str = "seonmul_rate_limited_total";
const RECOMMENDATIONS: &str = "seonmul_recommendations_total";
const DATABASE_ERRORS: &str = "seonmul_database_errors_total";
const SNAPSHOT_INFO: &str = "seonmul_snapshot_info";
const SNAPSHOT_BUILT: &str = "seonmul_snapshot_built_timestamp_seconds";
const SNAPSHOT_AGE: &str = "seonmul_snapshot_age_seconds";
const SNAPSHOT_PRODUCTS: &str = "seonmul_snapshot_products";
const SNAPSHOT_REFUSED: &str = "seonmul_snapshot_refused_total";
const BUILDS: &str = "seonmul_catalogue_builds_total";

const LLM_CALLS: &str = "seonmul_llm_calls_total";
const LLM_DURATION: &str = "seonmul_llm_call_duration_seconds";
const LLM_LATE: &str = "seonmul_llm_late_total";
const LLM_QUESTIONS: &str = "seonmul_llm_questions_total";
const LLM_DROPPED: &str = "seonmul_llm_dropped_total";
const LLM_TOKENS: &str = "seonmul_llm_tokens_total";
const LLM_USD: &str = "seonmul_llm_spent_usd";
const LLM_KRW: &str = "seonmul_llm_spent_krw";

const OUTBOX_PENDING: &str = "seonmul_outbox_pending";
const OUTBOX_AGE: &str = "seonmul_outbox_oldest_age_seconds";
const OUTBOX_DEAD: &str = "seonmul_outbox_dead_letters";
const EVENTS_LOGGED: &str = "seonmul_events_logged_total";
const WORKER_FAILURES: &str = "seonmul_worker_failures_total";
const MAILS: &str = "seonmul_mails_total";
const MAILS_DUE: &str = "seonmul_mails_due";
const MAILS_AGE: &str = "seonmul_mails_oldest_due_age_seconds";
const MAILS_STUCK: &str = "seonmul_mails_stuck";

const BUCKETS_SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];
const METADATA: Metadata<'static> = Metadata::new("seonmul", Level::INFO, None);

/// The counters of one application.
#[derive(Clone)]
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Counters that all stand at zero.
    pub fn new() -> Self {
        let builder = PrometheusBuilder::new();
        // The buckets are a constant and not empty, the only reason for which they could be refused.
        let builder = builder.set_buckets(&BUCKETS_SECONDS).unwrap_or_default();
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        for (name, text) in [
            (REQUESTS, "Requests by method, route and status."),
            (
                RATE_LIMITED,
                "Requests refused by a rate limit, by what was limited.",
            ),
            (
                RECOMMENDATIONS,
                "Recommendations made, by where the keywords came from.",
            ),
            (
                DATABASE_ERRORS,
                "Calls that failed because of the database.",
            ),
            (
                SNAPSHOT_REFUSED,
                "Catalogue snapshots refused because they are torn or foreign.",
            ),
            (BUILDS, "Catalogue builds by outcome."),
            (
                LLM_CALLS,
                "Calls to the language model by task and outcome.",
            ),
            (
                LLM_LATE,
                "Answers of the language model that came after the deadline or never, by task.",
            ),
            (
                LLM_QUESTIONS,
                "Follow-up questions shown, by whether their words were prepared, waited for, or the engine's.",
            ),
            (
                LLM_DROPPED,
                "Keywords of the language model that were dropped, by reason.",
            ),
            (LLM_TOKENS, "Tokens read and written by the language model."),
            (EVENTS_LOGGED, "Events taken over into the event log."),
            (
                WORKER_FAILURES,
                "Steps of background work that failed and will be tried again, by job.",
            ),
            (MAILS, "Mails by kind and outcome."),
        ] {
            recorder.describe_counter(name.into(), None, text.into());
        }
        for (name, text) in [
            (
                SNAPSHOT_INFO,
                "1 for the version of the catalogue being served.",
            ),
            (SNAPSHOT_BUILT, "When the catalogue being served was built."),
            (
                SNAPSHOT_AGE,
                "Seconds since the catalogue being served was built.",
            ),
            (SNAPSHOT_PRODUCTS, "Products in the catalogue being served."),
            (
                LLM_USD,
                "US dollars spent on the language model since the start, by the table of prices.",
            ),
            (LLM_KRW, "The same in won."),
            (OUTBOX_PENDING, "Events that no worker has processed yet."),
            (OUTBOX_AGE, "Age of the oldest of those events."),
            (OUTBOX_DEAD, "Events that were given up."),
            (MAILS_DUE, "Mails that are due and not sent."),
            (
                MAILS_AGE,
                "How long the oldest of those mails has been due.",
            ),
            (
                MAILS_STUCK,
                "Mails that were given up, or of which nobody knows whether they arrived.",
            ),
        ] {
            recorder.describe_gauge(name.into(), None, text.into());
        }
        recorder.describe_histogram(
            DURATION.into(),
            Some(Unit::Seconds),
            "Time to answer, by route.".into(),
        );
        recorder.describe_histogram(
            LLM_DURATION.into(),
            Some(Unit::Seconds),
            "Time of a call to the language model, by task.".into(),
        );
        Self {
            recorder: Arc::new(recorder),
            handle,
        }
    }

    /// One request answered.
    pub fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route: SharedString = route.to_owned().into();
        let status: SharedString = status.to_string().into();
        let labels = vec![
            Label::new("method", method),
            Label::new("route", route.clone()),
            Label::new("status", status),
        ];
        self.count(REQUESTS, labels);
        let key = Key::from_parts(DURATION, vec![Label::new("route", route)]);
        self.recorder
            .register_histogram(&key, &METADATA)
            .record(took.as_secs_f64());
    }

    /// One request refused by the rate limit of a guest or an address.
    pub fn rate_limited(&self, scope: &'static str) {
        self.count(RATE_LIMITED, vec![Label::new("scope", scope)]);
    }

    /// One recommendation made.
    pub fn recommendation(&self, keywords_from: &'static str) {
        self.count(RECOMMENDATIONS, vec![Label::new("keywords", keywords_from)]);
    }

    /// One call that failed because of the database.
    pub fn database_error(&self) {
        self.count(DATABASE_ERRORS, Vec::new());
    }

    /// One snapshot refused.
    pub fn snapshot_refused(&self) {
        self.count(SNAPSHOT_REFUSED, Vec::new());
    }

    /// One catalogue build ended.
    pub fn build(&self, outcome: &'static str) {
        self.count(BUILDS, vec![Label::new("outcome", outcome)]);
    }

    /// One call to the language model ended, or was not made for the reason given.
    pub fn llm_call(&self, task: &'static str, outcome: &'static str, took: Option<Duration>) {
        let labels = vec![Label::new("task", task), Label::new("outcome", outcome)];
        self.count(LLM_CALLS, labels);
        if let Some(took) = took {
            let key = Key::from_parts(LLM_DURATION, vec![Label::new("task", task)]);
            self.recorder
                .register_histogram(&key, &METADATA)
                .record(took.as_secs_f64());
        }
    }

    /// One answer of the language model that somebody waited for in vain.
    pub fn llm_late(&self, task: &'static str) {
        self.count(LLM_LATE, vec![Label::new("task", task)]);
    }

    /// One follow-up question shown: `prepared`, `waited` or `engine`.
    pub fn llm_question(&self, shown: &'static str) {
        self.count(LLM_QUESTIONS, vec![Label::new("shown", shown)]);
    }

    /// One keyword of the language model dropped.
    pub fn llm_dropped(&self, why: &'static str) {
        self.count(LLM_DROPPED, vec![Label::new("reason", why)]);
    }

    /// What one call cost.
    pub fn llm_spent(&self, micro_usd: u64, krw: f64, usage: Option<Usage>) {
        let add = |name, value| {
            let key = Key::from_parts(name, Vec::new());
            self.recorder
                .register_gauge(&key, &METADATA)
                .increment(value);
        };
        #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^53")]
        add(LLM_USD, micro_usd as f64 / 1e6);
        add(LLM_KRW, krw);
        for (kind, tokens) in [
            ("read", usage.map_or(0, |u| u.prompt_tokens)),
            ("written", usage.map_or(0, |u| u.completion_tokens)),
        ] {
            let key = Key::from_parts(LLM_TOKENS, vec![Label::new("kind", kind)]);
            self.recorder
                .register_counter(&key, &METADATA)
                .increment(tokens);
        }
    }

    /// What waits in the outbox.
    pub fn outbox(&self, status: &OutboxStatus, now_ms: i64) {
        self.gauge(OUTBOX_PENDING, Vec::new(), number(status.pending));
        self.gauge(
            OUTBOX_AGE,
            Vec::new(),
            age_seconds(status.oldest_ms, now_ms),
        );
        self.gauge(OUTBOX_DEAD, Vec::new(), number(status.dead));
    }

    /// What waits to be mailed.
    pub fn mails_waiting(&self, status: &MailStatus, now_ms: i64) {
        self.gauge(MAILS_DUE, Vec::new(), number(status.due));
        self.gauge(
            MAILS_AGE,
            Vec::new(),
            age_seconds(status.oldest_due_ms, now_ms),
        );
        for (state, count) in [("dead", status.dead), ("uncertain", status.uncertain)] {
            self.gauge(MAILS_STUCK, vec![Label::new("state", state)], number(count));
        }
    }

    /// One mail came to an outcome.
    pub fn mail(&self, kind: &str, outcome: &'static str) {
        let labels = vec![
            Label::new("kind", kind.to_owned()),
            Label::new("outcome", outcome),
        ];
        self.count(MAILS, labels);
    }

    /// Events taken over into the event log.
    pub fn events_logged(&self, events: usize) {
        let key = Key::from_parts(EVENTS_LOGGED, Vec::new());
        self.recorder
            .register_counter(&key, &METADATA)
            .increment(events as u64);
    }

    /// One step of background work failed and will be tried again.
    pub fn worker_failure(&self, job: &'static str) {
        self.count(WORKER_FAILURES, vec![Label::new("job", job)]);
    }

    /// Another catalogue is being served.
    pub fn snapshot_swapped(
        &self,
        old: Option<&str>,
        new: &str,
        built_at_ms: i64,
        products: usize,
    ) {
        if let Some(old) = old {
            self.gauge(
                SNAPSHOT_INFO,
                vec![Label::new("version", old.to_owned())],
                0.0,
            );
        }
        self.gauge(
            SNAPSHOT_INFO,
            vec![Label::new("version", new.to_owned())],
            1.0,
        );
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds since 1970 and product counts fit a double"
        )]
        {
            self.gauge(SNAPSHOT_BUILT, Vec::new(), built_at_ms as f64 / 1e3);
            self.gauge(SNAPSHOT_PRODUCTS, Vec::new(), products as f64);
        }
    }

    /// The text that Prometheus reads; `snapshot_age` is that of the catalogue being served.
    pub fn render(&self, snapshot_age: Option<Duration>) -> String {
        if let Some(age) = snapshot_age {
            self.gauge(SNAPSHOT_AGE, Vec::new(), age.as_secs_f64());
        }
        self.handle.render()
    }

    /// Folds recorded durations into their buckets; called now and then, so that memory does not grow unread.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    fn count(&self, name: &'static str, labels: Vec<Label>) {
        self.recorder
            .register_counter(&Key::from_parts(name, labels), &METADATA)
            .increment(1);
    }

    fn gauge(&self, name: &'static str, labels: Vec<Label>, value: f64) {
        self.recorder
            .register_gauge(&Key::from_parts(name, labels), &METADATA)
            .set(value);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "ages are far below 2^53")]
fn age_seconds(since_ms: Option<i64>, now_ms: i64) -> f64 {
    since_ms.map_or(0.0, |since_ms| (now_ms - since_ms).max(0) as f64 / 1e3)
}
