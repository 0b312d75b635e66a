//! When a call is tried again: pauses that grow and vary, what the service asks for, and a budget that keeps retries from becoming a storm.

use crate::clock::Clock;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MOST_RETRIES: usize = 2;
/// What one retry costs, in what one call earns: at most one retry for ten calls in the long run.
const PRICE: u32 = 10;
const MOST_SAVED: u32 = 100;

/// The pauses between the tries of one call.
pub(super) struct Pauses(ExponentialBackoff);

impl Pauses {
    pub(super) fn new() -> Self {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_times(MOST_RETRIES)
            .with_jitter();
        Self(pauses.build())
    }

    /// The next pause, at least as long as the service asks for; `None` when it was tried often enough.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let pause = self.0.next()?;
        Some(asked.map_or(pause, |asked| asked.max(pause)))
    }
}

/// Calls earn retries.
pub(super) struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(MOST_SAVED))
    }
}

impl Budget {
    pub(super) fn earn(&self) {
        let add = |saved: u32| Some((saved + 1).min(MOST_SAVED));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    pub(super) fn spend(&self) -> bool {
        let take = |saved: u32| saved.checked_sub(PRICE);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

/// How long the service asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, clock: &Clock) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(ms) = text("retry-after-ms").and_then(|v| v.trim().parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(ms / 1e3).ok();
    }
    let asked = text(RETRY_AFTER.as_str())?.trim();
    if let Ok(seconds) = asked.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(asked).ok()?;
    // The clock of the service, where it tells it, is the one that its date is meant by.
    let now = text(DATE.as_str())
        .and_then(|v| httpdate::parse_http_date(v).ok())
        .unwrap_or_else(|| {
            let ms = u64::try_from(clock.now_ms()).unwrap_or(0);
            SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
        });
    Some(at.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn the_three_forms_of_retry_after_are_read() {
        let after = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            retry_after(&headers, &Clock::fixed(1_795_392_000_000))
        };
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(after(&[("retry-after", "2")]), ms(2_000));
        assert_eq!(
            after(&[("retry-after", "9"), ("retry-after-ms", "250")]),
            ms(250)
        );
        assert_eq!(
            after(&[("retry-after", "Mon, 23 Nov 2026 00:00:05 GMT")]),
            ms(5_000)
        );
        assert_eq!(
            after(&[
                ("retry-after", "Mon, 23 Nov 2026 00:00:05 GMT"),
                ("date", "Mon, 23 Nov 2026 00:00:02 GMT"),
            ]),
            ms(3_000)
        );
        assert_eq!(
            after(&[("retry-after", "Sun, 22 Nov 2026 00:00:00 GMT")]),
            ms(0)
        );
        for broken in ["soon", "-1", "inf", ""] {
            assert_eq!(after(&[("retry-after", broken)]), None, "{broken}");
        }
    }

    #[test]
    fn retries_cost_what_ten_calls_earn() {
        let budget = Budget::default();
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
        (0..9).for_each(|_| budget.earn());
        assert!(!budget.spend());
        budget.earn();
        assert!(budget.spend());
    }
}
