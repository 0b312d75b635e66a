//! Counts and durations for Prometheus. One recorder for each application, so that nothing is global.

use metrics::{Key, Label, Level, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
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
        ] {
            recorder.describe_gauge(name.into(), None, text.into());
        }
        recorder.describe_histogram(
            DURATION.into(),
            Some(Unit::Seconds),
            "Time to answer, by route.".into(),
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
