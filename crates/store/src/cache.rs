//! What may be lost: cached answers, rate limits, and word of new snapshots. In this process, or shared by all nodes through Redis.
//! A Redis that fails costs speed and never fails a call.

mod ledger;
mod memory;
mod redis;

use self::memory::MemoryCache;
use self::redis::RedisCache;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What the rate limiter decided about one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateDecision {
    /// Whether the call may go on; if so it was counted.
    pub allowed: bool,
    /// How many more calls would be allowed now.
    pub remaining: u32,
    /// How long to wait before the next call can be allowed; zero while one can.
    pub retry_after: Duration,
}

/// What is claimed of one counter of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Name of the counter.
    pub counter: String,
    /// How much is claimed.
    pub amount: u64,
    /// What the counter may never pass.
    pub limit: u64,
}

/// What became of some claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// All of them are counted.
    Held,
    /// Nothing is counted: the claim at this place would pass its limit.
    Denied(usize),
    /// The counters cannot be reached, so nothing may be taken for granted.
    Unknown,
}

/// Why a cache cannot be set up or does not answer a ping.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The URL is not one of Redis.
    #[error("the cache URL is not of the form redis://host:port")]
    Url(#[source] ::redis::RedisError),
    /// Redis does not answer.
    #[error("the cache is unavailable")]
    Unavailable(#[source] ::redis::RedisError),
}

/// The cache. Cheap to clone.
#[derive(Clone)]
pub struct Cache(Arc<Backend>);

enum Backend {
    Memory(MemoryCache),
    Redis(RedisCache),
}

impl Cache {
    /// A cache of this process alone.
    pub fn memory() -> Self {
        Self(Arc::new(Backend::Memory(MemoryCache::new())))
    }

    /// A cache in Redis, connected by the first call. Only a URL that is none is an error.
    pub fn redis(url: &str) -> Result<Self, CacheError> {
        Self::redis_with_prefix(url, "seonmul:")
    }

    /// The same, with another prefix for every key, for deployments that share one Redis.
    pub fn redis_with_prefix(url: &str, prefix: &str) -> Result<Self, CacheError> {
        Ok(Self(Arc::new(Backend::Redis(RedisCache::new(
            url, prefix,
        )?))))
    }

    /// The value of a key, if it is there and Redis answers.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        match &*self.0 {
            Backend::Memory(cache) => cache.get(key).await,
            Backend::Redis(cache) => cache.get(key).await,
        }
    }

    /// Keeps a value for at most `ttl`. With a `ttl` of less than a millisecond the key is deleted.
    pub async fn put(&self, key: &str, value: &[u8], ttl: Duration) {
        if ttl < Duration::from_millis(1) {
            return self.delete(key).await;
        }
        match &*self.0 {
            Backend::Memory(cache) => cache.put(key, value, ttl).await,
            Backend::Redis(cache) => cache.put(key, value, ttl).await,
        }
    }

    /// Forgets a key.
    pub async fn delete(&self, key: &str) {
        match &*self.0 {
            Backend::Memory(cache) => cache.delete(key).await,
            Backend::Redis(cache) => cache.delete(key).await,
        }
    }

    /// Counts a call under `key` and says whether it may go on: in any span of `window` exactly `limit` calls may. While Redis does not answer,
    /// each process counts for itself.
    pub async fn rate_check(
        &self,
        key: &str,
        limit: u32,
        window: Duration,
        now_ms: i64,
    ) -> RateDecision {
        match &*self.0 {
            Backend::Memory(cache) => cache.limiter().check(key, limit, window, now_ms),
            Backend::Redis(cache) => cache.rate_check(key, limit, window, now_ms).await,
        }
    }

    /// Counts all claims in a book or none, exactly, however many nodes claim at once. A book is forgotten `keep` after its first claim.
    /// Unlike the rate limit this never guesses: while Redis does not answer, nothing is granted.
    pub async fn reserve(&self, book: &str, claims: &[Claim], keep: Duration) -> Reservation {
        match &*self.0 {
            Backend::Memory(cache) => cache.ledger().reserve(book, claims, keep),
            Backend::Redis(cache) => cache.reserve(book, claims, keep).await,
        }
    }

    /// Takes back a part of what was claimed, as when a call cost less than was reserved for it.
    pub async fn give_back(&self, book: &str, counter: &str, amount: u64) {
        match &*self.0 {
            Backend::Memory(cache) => cache.ledger().give_back(book, counter, amount),
            Backend::Redis(cache) => cache.give_back(book, counter, amount).await,
        }
    }

    /// How much is counted; `None` while Redis does not answer.
    pub async fn counted(&self, book: &str, counter: &str) -> Option<u64> {
        match &*self.0 {
            Backend::Memory(cache) => Some(cache.ledger().counted(book, counter)),
            Backend::Redis(cache) => cache.counted(book, counter).await,
        }
    }

    /// Tells every node that there is a new snapshot. Nodes that miss it find it in the database.
    pub async fn notify_snapshot(&self, version: &str) {
        match &*self.0 {
            Backend::Memory(cache) => publish(cache.notices(), version),
            Backend::Redis(cache) => cache.notify_snapshot(version).await,
        }
    }

    /// The version of the last notice, `None` before the first one, and every later one as it comes. Needs a Tokio runtime.
    pub fn snapshot_notices(&self) -> watch::Receiver<Option<String>> {
        match &*self.0 {
            Backend::Memory(cache) => cache.notices().subscribe(),
            Backend::Redis(cache) => cache.snapshot_notices(),
        }
    }

    /// `memory` or `redis`.
    pub fn kind(&self) -> &'static str {
        match &*self.0 {
            Backend::Memory(_) => "memory",
            Backend::Redis(_) => "redis",
        }
    }

    /// Whether the cache answers. Once it does, its use resumes at once.
    pub async fn ping(&self) -> Result<(), CacheError> {
        match &*self.0 {
            Backend::Memory(_) => Ok(()),
            Backend::Redis(cache) => cache.ping().await,
        }
    }

    /// How many calls Redis failed to serve since the start.
    pub fn failure_count(&self) -> u64 {
        match &*self.0 {
            Backend::Memory(_) => 0,
            Backend::Redis(cache) => cache.failure_count(),
        }
    }
}

/// Passes a notice on, unless it only repeats the last one.
fn publish(notices: &watch::Sender<Option<String>>, version: &str) {
    notices.send_if_modified(|last| {
        let is_new = last.as_deref() != Some(version);
        if is_new {
            *last = Some(version.to_owned());
        }
        is_new
    });
}
