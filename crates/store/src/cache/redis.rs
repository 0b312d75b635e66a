//! The cache shared by all nodes. Calls are short; after a failure Redis is left alone until a background ping succeeds, so that a dead one
//! costs no call its time.

use super::memory::{Limiter, decision, millis};
use super::{CacheError, Claim, RateDecision, Reservation, publish};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{
    AsyncConnectionConfig, Client, ProtocolVersion, PushInfo, PushKind, RedisError, RedisResult,
    Script,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// Longest that one call waits for Redis, connecting included.
const CALL_TIMEOUT: Duration = Duration::from_millis(300);

/// Time between two attempts to reach a Redis that failed.
const PROBE_PAUSE: Duration = Duration::from_millis(500);

/// Silence after which the connection that listens for notices is tested.
const LISTEN_SILENCE: Duration = Duration::from_secs(30);

/// How long the last notice is kept for nodes that were not listening when it came.
const NOTICE_TTL_SECONDS: u64 = 24 * 60 * 60;

/// A failure is logged the first time and then once in so many.
const LOG_EVERY: u64 = 1_000;

/// A sliding window as a list of the times of the calls that were allowed, oldest first: the rule of [`Limiter::check`], in one atomic step.
const RATE_SCRIPT: &str = r"
local now, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local first = redis.call('LINDEX', KEYS[1], 0)
while first and tonumber(first) <= now - window do
    redis.call('LPOP', KEYS[1])
    first = redis.call('LINDEX', KEYS[1], 0)
end
local used = redis.call('LLEN', KEYS[1])
local allowed = 0
if used < limit then
    allowed = 1
    redis.call('RPUSH', KEYS[1], ARGV[1])
    redis.call('PEXPIRE', KEYS[1], window)
    first = first or ARGV[1]
end
return {allowed, used, first and tonumber(first) or false}
";

/// Counts all claims of a book or none. A book is one hash, so that all of it lies on one node of a cluster. Arguments: milliseconds to
/// keep a new book, then counter, amount and limit of each claim. Answers 0, or the place of the claim that would pass its limit, from 1.
const RESERVE_SCRIPT: &str = r"
for i = 2, #ARGV, 3 do
    local used = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0')
    if used + tonumber(ARGV[i + 1]) > tonumber(ARGV[i + 2]) then
        return (i + 1) / 3
    end
end
for i = 2, #ARGV, 3 do
    redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
end
if redis.call('PTTL', KEYS[1]) < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 0
";

/// Takes an amount off a counter, down to nothing. A book that is gone stays gone.
const GIVE_BACK_SCRIPT: &str = r"
local used = redis.call('HGET', KEYS[1], ARGV[1])
if used then
    redis.call('HINCRBY', KEYS[1], ARGV[1], -math.min(tonumber(used), tonumber(ARGV[2])))
end
return 0
";

pub(super) struct RedisCache {
    shared: Arc<Shared>,
    /// The task that listens for notices, started by whoever first wants them.
    listener: OnceLock<AbortHandle>,
}

struct Shared {
    client: Client,
    manager: OnceLock<ConnectionManager>,
    prefix: String,
    rate_script: Script,
    reserve_script: Script,
    give_back_script: Script,
    /// Stands in for Redis while it does not answer.
    limiter: Limiter,
    notices: watch::Sender<Option<String>>,
    is_down: AtomicBool,
    failures: AtomicU64,
}

impl Drop for RedisCache {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get() {
            listener.abort();
        }
    }
}

impl RedisCache {
    pub(super) fn new(url: &str, prefix: &str) -> Result<Self, CacheError> {
        let shared = Shared {
            client: Client::open(url).map_err(CacheError::Url)?,
            manager: OnceLock::new(),
            prefix: prefix.to_owned(),
            rate_script: Script::new(RATE_SCRIPT),
            reserve_script: Script::new(RESERVE_SCRIPT),
            give_back_script: Script::new(GIVE_BACK_SCRIPT),
            limiter: Limiter::default(),
            notices: watch::Sender::new(None),
            is_down: AtomicBool::new(false),
            failures: AtomicU64::new(0),
        };
        Ok(Self {
            shared: Arc::new(shared),
            listener: OnceLock::new(),
        })
    }

    pub(super) async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let key = self.shared.value_key(key);
        self.shared
            .attempt(async |mut redis| redis::cmd("GET").arg(key).query_async(&mut redis).await)
            .await?
    }

    pub(super) async fn put(&self, key: &str, value: &[u8], ttl: Duration) {
        let key = self.shared.value_key(key);
        self.shared
            .attempt(async |mut redis| {
                redis::cmd("SET")
                    .arg(key)
                    .arg(value)
                    .arg("PX")
                    .arg(millis(ttl))
                    .exec_async(&mut redis)
                    .await
            })
            .await;
    }

    pub(super) async fn delete(&self, key: &str) {
        let key = self.shared.value_key(key);
        self.shared
            .attempt(async |mut redis| redis::cmd("DEL").arg(key).exec_async(&mut redis).await)
            .await;
    }

    pub(super) async fn rate_check(
        &self,
        key: &str,
        limit: u32,
        window: Duration,
        now_ms: i64,
    ) -> RateDecision {
        let window_ms = millis(window);
        let mut call = self.shared.rate_script.prepare_invoke();
        call.key(self.shared.rate_key(key))
            .arg(now_ms)
            .arg(window_ms)
            .arg(limit);
        let answer = self
            .shared
            .attempt(async |mut redis| {
                call.invoke_async::<(bool, u32, Option<i64>)>(&mut redis)
                    .await
            })
            .await;
        match answer {
            Some((allowed, used, first_ms)) => {
                decision(allowed, limit, used, first_ms, window_ms, now_ms)
            }
            None => self.shared.limiter.check(key, limit, window, now_ms),
        }
    }

    pub(super) async fn reserve(
        &self,
        book: &str,
        claims: &[Claim],
        keep: Duration,
    ) -> Reservation {
        let mut call = self.shared.reserve_script.prepare_invoke();
        call.key(self.shared.book_key(book)).arg(millis(keep));
        for claim in claims {
            call.arg(&claim.counter).arg(claim.amount).arg(claim.limit);
        }
        let answer = self
            .shared
            .attempt(async |mut redis| call.invoke_async::<usize>(&mut redis).await)
            .await;
        match answer {
            Some(0) => Reservation::Held,
            Some(place) => Reservation::Denied(place - 1),
            None => Reservation::Unknown,
        }
    }

    pub(super) async fn give_back(&self, book: &str, counter: &str, amount: u64) {
        let mut call = self.shared.give_back_script.prepare_invoke();
        call.key(self.shared.book_key(book))
            .arg(counter)
            .arg(amount);
        self.shared
            .attempt(async |mut redis| call.invoke_async::<()>(&mut redis).await)
            .await;
    }

    pub(super) async fn counted(&self, book: &str, counter: &str) -> Option<u64> {
        let key = self.shared.book_key(book);
        let answer: Option<Option<u64>> = self
            .shared
            .attempt(async |mut redis| {
                redis::cmd("HGET")
                    .arg(key)
                    .arg(counter)
                    .query_async(&mut redis)
                    .await
            })
            .await;
        answer.map(Option::unwrap_or_default)
    }

    pub(super) async fn notify_snapshot(&self, version: &str) {
        publish(&self.shared.notices, version);
        let topic = self.shared.topic();
        self.shared
            .attempt(async |mut redis| {
                let mut pipeline = redis::pipe();
                // Kept as well as told: a node that was not listening asks for it when it listens again.
                pipeline
                    .cmd("SET")
                    .arg(&topic)
                    .arg(version)
                    .arg("EX")
                    .arg(NOTICE_TTL_SECONDS);
                pipeline.cmd("PUBLISH").arg(&topic).arg(version);
                pipeline.exec_async(&mut redis).await
            })
            .await;
    }

    pub(super) fn snapshot_notices(&self) -> watch::Receiver<Option<String>> {
        let notices = self.shared.notices.subscribe();
        self.listener
            .get_or_init(|| tokio::spawn(listen_for_ever(Arc::clone(&self.shared))).abort_handle());
        notices
    }

    pub(super) async fn ping(&self) -> Result<(), CacheError> {
        self.shared.ping().await.map_err(CacheError::Unavailable)
    }

    pub(super) fn failure_count(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn value_key(&self, key: &str) -> String {
        format!("{}value:{key}", self.prefix)
    }

    /// Apart from the values: the same key may name a value and a limit.
    fn rate_key(&self, key: &str) -> String {
        format!("{}rate:{key}", self.prefix)
    }

    fn book_key(&self, book: &str) -> String {
        format!("{}book:{book}", self.prefix)
    }

    /// The channel of notices, and the key of the last one.
    fn topic(&self) -> String {
        format!("{}snapshot", self.prefix)
    }

    fn manager(&self) -> RedisResult<ConnectionManager> {
        if let Some(manager) = self.manager.get() {
            return Ok(manager.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CALL_TIMEOUT))
            .set_response_timeout(Some(CALL_TIMEOUT));
        let manager = ConnectionManager::new_lazy_with_config(self.client.clone(), config)?;
        Ok(self.manager.get_or_init(|| manager).clone())
    }

    /// The answer of a call, or `None` when Redis did not give one in time.
    async fn attempt<T>(
        self: &Arc<Self>,
        call: impl AsyncFnOnce(ConnectionManager) -> RedisResult<T>,
    ) -> Option<T> {
        if self.is_down.load(Ordering::Relaxed) {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let outcome = match self.manager() {
            Ok(manager) => timeout(CALL_TIMEOUT, call(manager))
                .await
                .unwrap_or_else(|_| Err(too_slow())),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.note_failure(&error);
                None
            }
        }
    }

    fn note_failure(self: &Arc<Self>, error: &RedisError) {
        let before = self.failures.fetch_add(1, Ordering::Relaxed);
        if before.is_multiple_of(LOG_EVERY) {
            tracing::debug!(kind = ?error.kind(), failures = before + 1, "the cache did not answer");
        }
        // A refused command, as when Redis is full, says nothing about the next one.
        let is_unreachable =
            error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error();
        if is_unreachable && !self.is_down.swap(true, Ordering::Relaxed) {
            tokio::spawn(probe(Arc::downgrade(self)));
        }
    }

    async fn ping(&self) -> RedisResult<()> {
        let ping = async || {
            let mut manager = self.manager()?;
            let call = async { redis::cmd("PING").exec_async(&mut manager).await };
            timeout(CALL_TIMEOUT, call)
                .await
                .unwrap_or_else(|_| Err(too_slow()))
        };
        // The first failure may be that of a connection lost long ago, and makes the manager connect anew, which the second one waits for.
        if ping().await.is_err() {
            ping().await?;
        }
        self.is_down.store(false, Ordering::Relaxed);
        Ok(())
    }
}

fn too_slow() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

/// Tries a failed Redis until it answers or nobody needs it any more.
async fn probe(shared: Weak<Shared>) {
    loop {
        sleep(PROBE_PAUSE).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if !shared.is_down.load(Ordering::Relaxed) || shared.ping().await.is_ok() {
            return;
        }
    }
}

async fn listen_for_ever(shared: Arc<Shared>) {
    loop {
        if let Err(error) = listen(&shared).await {
            tracing::debug!(kind = ?error.kind(), "not listening for snapshots; trying again");
        }
        sleep(PROBE_PAUSE).await;
    }
}

/// Passes notices on until the connection is lost.
async fn listen(shared: &Shared) -> RedisResult<()> {
    // Messages beside answers on one connection need the third version of the protocol.
    let info = shared.client.get_connection_info().clone();
    let settings = info
        .redis_settings()
        .clone()
        .set_protocol(ProtocolVersion::RESP3);
    let client = Client::open(info.set_redis_settings(settings))?;
    let (pushes, mut pushed) = mpsc::unbounded_channel();
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CALL_TIMEOUT))
        .set_response_timeout(Some(CALL_TIMEOUT))
        .set_push_sender(pushes);
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await?;
    let topic = shared.topic();
    connection.subscribe(&topic).await?;
    let missed: Option<String> = redis::cmd("GET")
        .arg(&topic)
        .query_async(&mut connection)
        .await?;
    if let Some(version) = missed {
        publish(&shared.notices, &version);
    }
    loop {
        match timeout(LISTEN_SILENCE, pushed.recv()).await {
            // A server that vanished without a word is noticed here.
            Err(_) => redis::cmd("PING").exec_async(&mut connection).await?,
            Ok(None) => return Ok(()),
            Ok(Some(push)) if push.kind == PushKind::Disconnection => return Ok(()),
            Ok(Some(push)) => {
                if let Some(version) = message(&push) {
                    publish(&shared.notices, &version);
                }
            }
        }
    }
}

/// The text of a message; other pushes confirm subscriptions.
fn message(push: &PushInfo) -> Option<String> {
    if push.kind != PushKind::Message {
        return None;
    }
    redis::from_redis_value_ref(push.data.get(1)?).ok()
}
