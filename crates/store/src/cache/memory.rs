//! The cache of one process, and the rate limiter that also stands in for Redis.

use super::RateDecision;
use super::ledger::Ledger;
use moka::Expiry;
use moka::future::Cache as Moka;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Bytes of values and keys kept at most.
const CAPACITY_BYTES: u64 = 64 * 1024 * 1024;

/// Keys that the limiter holds before it looks for ones that are over.
const SWEEP_KEYS: usize = 10_000;

const MAX_WINDOW_MS: i64 = 10 * 365 * 24 * 60 * 60 * 1_000;

#[derive(Clone)]
struct Entry {
    value: Arc<[u8]>,
    ttl: Duration,
}

struct OwnTtl;

impl Expiry<String, Entry> for OwnTtl {
    fn expire_after_create(
        &self,
        _key: &String,
        entry: &Entry,
        _created_at: Instant,
    ) -> Option<Duration> {
        Some(entry.ttl)
    }

    fn expire_after_update(
        &self,
        _key: &String,
        entry: &Entry,
        _updated_at: Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.ttl)
    }
}

pub(super) struct MemoryCache {
    entries: Moka<String, Entry>,
    limiter: Limiter,
    ledger: Ledger,
    notices: watch::Sender<Option<String>>,
}

impl MemoryCache {
    pub(super) fn new() -> Self {
        let entries = Moka::builder()
            .max_capacity(CAPACITY_BYTES)
            .weigher(|key: &String, entry: &Entry| {
                u32::try_from(key.len() + entry.value.len()).unwrap_or(u32::MAX)
            })
            .expire_after(OwnTtl)
            .build();
        Self {
            entries,
            limiter: Limiter::default(),
            ledger: Ledger::default(),
            notices: watch::Sender::new(None),
        }
    }

    pub(super) async fn get(&self, key: &str) -> Option<Vec<u8>> {
        Some(self.entries.get(key).await?.value.to_vec())
    }

    pub(super) async fn put(&self, key: &str, value: &[u8], ttl: Duration) {
        self.entries
            .insert(
                key.to_owned(),
                Entry {
                    value: value.into(),
                    ttl,
                },
            )
            .await;
    }

    pub(super) async fn delete(&self, key: &str) {
        self.entries.invalidate(key).await;
    }

    pub(super) fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn notices(&self) -> &watch::Sender<Option<String>> {
        &self.notices
    }
}

/// A sliding window: the times of the calls that were allowed, per key.
#[derive(Default)]
pub(super) struct Limiter {
    windows: Mutex<Windows>,
}

#[derive(Default)]
struct Windows {
    by_key: HashMap<String, Window>,
    /// Number of keys at which those that are over are dropped.
    sweep_at: usize,
}

#[derive(Default)]
struct Window {
    allowed_ms: VecDeque<i64>,
    over_ms: i64,
}

impl Limiter {
    /// The same rule as the script in Redis.
    pub(super) fn check(
        &self,
        key: &str,
        limit: u32,
        window: Duration,
        now_ms: i64,
    ) -> RateDecision {
        let window_ms = millis(window);
        // A panic elsewhere cannot leave a window half changed, so a poisoned lock is as good as any.
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.sweep(now_ms);
        let entry = windows.by_key.entry(key.to_owned()).or_default();
        while entry
            .allowed_ms
            .front()
            .is_some_and(|first| *first <= now_ms - window_ms)
        {
            entry.allowed_ms.pop_front();
        }
        let used = u32::try_from(entry.allowed_ms.len()).unwrap_or(u32::MAX);
        let allowed = used < limit;
        if allowed {
            entry.allowed_ms.push_back(now_ms);
            entry.over_ms = now_ms + window_ms;
        }
        decision(
            allowed,
            limit,
            used,
            entry.allowed_ms.front().copied(),
            window_ms,
            now_ms,
        )
    }
}

impl Windows {
    /// Doubling the mark keeps the cost of a call constant in the mean, however many guests there are.
    fn sweep(&mut self, now_ms: i64) {
        if self.by_key.len() >= self.sweep_at.max(SWEEP_KEYS) {
            self.by_key.retain(|_, window| window.over_ms > now_ms);
            self.sweep_at = self.by_key.len() * 2;
        }
    }
}

/// A time span in whole milliseconds, at least one and at most ten years, which Redis can still add to its clock.
pub(super) fn millis(window: Duration) -> i64 {
    i64::try_from(window.as_millis())
        .unwrap_or(MAX_WINDOW_MS)
        .clamp(1, MAX_WINDOW_MS)
}

/// The decision from the calls in the window before this one and the time of the oldest.
pub(super) fn decision(
    allowed: bool,
    limit: u32,
    used: u32,
    first_ms: Option<i64>,
    window_ms: i64,
    now_ms: i64,
) -> RateDecision {
    let remaining = limit
        .saturating_sub(used)
        .saturating_sub(u32::from(allowed));
    let wait_ms = if remaining > 0 {
        0
    } else {
        first_ms.map_or(window_ms, |first| first + window_ms - now_ms)
    };
    RateDecision {
        allowed,
        remaining,
        retry_after: Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0)),
    }
}
