//! The cache: keeps and forgets, limits exactly, passes notices on, and loses only speed when Redis goes away.

use crate::fixture::*;
use crate::schema::closed_port;
use seonmul_store::{Cache, CacheError, Claim, RateDecision, Reservation};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::timeout;

on_both_caches!(
    value_is_kept_replaced_and_forgotten,
    value_expires_by_itself,
    a_value_and_a_limit_of_one_key_are_apart,
    window_slides,
    limit_of_nothing_allows_nothing,
    limit_is_exact_however_many_ask_at_once,
    claims_are_counted_all_or_none,
    no_claim_passes_its_limit_however_many_claim_at_once,
    notices_reach_every_node,
);

const MINUTE: Duration = Duration::from_secs(60);
/// Longer than anything here takes; only a defect waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

async fn value_is_kept_replaced_and_forgotten(fixture: CacheFixture) {
    let CacheFixture { cache, other_node } = fixture;
    cache.ping().await.unwrap();
    assert_eq!(cache.get("열쇠 🔑").await, None);
    let bytes: Vec<u8> = (0..=255).collect();
    cache.put("열쇠 🔑", &bytes, MINUTE).await;
    cache.put("other", b"", MINUTE).await;
    assert_eq!(other_node.get("열쇠 🔑").await, Some(bytes));
    assert_eq!(cache.get("other").await, Some(vec![]));
    cache.put("열쇠 🔑", b"two", Duration::MAX).await;
    assert_eq!(other_node.get("열쇠 🔑").await, Some(b"two".to_vec()));
    cache.delete("열쇠 🔑").await;
    cache.delete("never there").await;
    assert_eq!(cache.get("열쇠 🔑").await, None);
    cache.put("other", b"gone", Duration::ZERO).await;
    assert_eq!(cache.get("other").await, None);
    assert_eq!(cache.failure_count(), 0);
}

async fn value_expires_by_itself(fixture: CacheFixture) {
    let cache = fixture.cache;
    cache.put("stays", b"value", MINUTE).await;
    cache.put("goes", b"value", Duration::from_millis(1)).await;
    let gone = async {
        while cache.get("goes").await.is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the value expires");
    assert!(cache.get("stays").await.is_some());
}

async fn a_value_and_a_limit_of_one_key_are_apart(fixture: CacheFixture) {
    let cache = fixture.cache;
    cache.put("key", b"value", MINUTE).await;
    assert!(cache.rate_check("key", 1, MINUTE, NOW_MS).await.allowed);
    assert!(
        !fixture
            .other_node
            .rate_check("key", 1, MINUTE, NOW_MS)
            .await
            .allowed
    );
    cache.put("key", b"again", MINUTE).await;
    assert!(!cache.rate_check("key", 1, MINUTE, NOW_MS).await.allowed);
    assert_eq!(cache.get("key").await, Some(b"again".to_vec()));
}

fn claim(counter: &str, amount: u64, limit: u64) -> Claim {
    Claim {
        counter: counter.to_owned(),
        amount,
        limit,
    }
}

async fn claims_are_counted_all_or_none(fixture: CacheFixture) {
    let CacheFixture { cache, other_node } = fixture;
    let held = cache
        .reserve(
            "day",
            &[claim("guest", 1, 2), claim("cost", 70, 100)],
            MINUTE,
        )
        .await;
    assert_eq!(held, Reservation::Held);
    let denied = other_node
        .reserve(
            "day",
            &[claim("guest", 1, 2), claim("cost", 31, 100)],
            MINUTE,
        )
        .await;
    assert_eq!(denied, Reservation::Denied(1));
    assert_eq!(cache.counted("day", "guest").await, Some(1));
    other_node.give_back("day", "cost", 40).await;
    assert_eq!(cache.counted("day", "cost").await, Some(30));
    cache.give_back("day", "cost", 1_000).await;
    assert_eq!(other_node.counted("day", "cost").await, Some(0));
    cache.give_back("never", "cost", 5).await;
    assert_eq!(cache.counted("never", "cost").await, Some(0));
    let short = Duration::from_millis(1);
    cache.reserve("short", &[claim("cost", 1, 1)], short).await;
    let gone = async {
        while cache.counted("short", "cost").await != Some(0) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone)
        .await
        .expect("the book is forgotten");
}

async fn no_claim_passes_its_limit_however_many_claim_at_once(fixture: CacheFixture) {
    let nodes = [fixture.cache.clone(), fixture.other_node.clone()];
    let claims = (0..200).map(|i| {
        let node = nodes[i % 2].clone();
        tokio::spawn(async move {
            let claims = [claim("calls", 1, 150), claim("cost", 7, 700)];
            node.reserve("day", &claims, MINUTE).await
        })
    });
    let mut held = 0;
    for claim in claims.collect::<Vec<_>>() {
        held += u64::from(claim.await.unwrap() == Reservation::Held);
    }
    assert_eq!(held, 100);
    assert_eq!(nodes[0].counted("day", "calls").await, Some(100));
    assert_eq!(nodes[1].counted("day", "cost").await, Some(700));
}

#[tokio::test]
async fn nothing_is_granted_while_the_counters_cannot_be_reached() {
    let cache = Cache::redis(&format!("redis://127.0.0.1:{}", closed_port())).unwrap();
    let answer = cache.reserve("day", &[claim("calls", 1, 9)], MINUTE).await;
    assert_eq!(answer, Reservation::Unknown);
    assert_eq!(cache.counted("day", "calls").await, None);
}

fn decided(allowed: bool, remaining: u32, wait_ms: u64) -> RateDecision {
    RateDecision {
        allowed,
        remaining,
        retry_after: Duration::from_millis(wait_ms),
    }
}

async fn window_slides(fixture: CacheFixture) {
    let check = async |at_ms: i64| {
        fixture
            .cache
            .rate_check("key", 3, MINUTE, NOW_MS + at_ms)
            .await
    };
    assert_eq!(check(0).await, decided(true, 2, 0));
    assert_eq!(check(10_000).await, decided(true, 1, 0));
    assert_eq!(check(20_000).await, decided(true, 0, 40_000));
    assert_eq!(check(30_000).await, decided(false, 0, 30_000));
    assert_eq!(check(59_999).await, decided(false, 0, 1));
    assert_eq!(check(60_000).await, decided(true, 0, 10_000));
    assert_eq!(check(60_001).await, decided(false, 0, 9_999));
    assert_eq!(check(1_000_000).await, decided(true, 2, 0));
    assert_eq!(
        fixture.cache.rate_check("Key", 3, MINUTE, NOW_MS).await,
        decided(true, 2, 0)
    );
}

async fn limit_of_nothing_allows_nothing(fixture: CacheFixture) {
    assert_eq!(
        fixture.cache.rate_check("key", 0, MINUTE, NOW_MS).await,
        decided(false, 0, 60_000)
    );
}

async fn limit_is_exact_however_many_ask_at_once(fixture: CacheFixture) {
    let remaining = allowed_of_two_hundred(&fixture.cache, &fixture.other_node).await;
    assert_eq!(remaining.len(), 50, "exactly the limit is allowed");
    assert_eq!(
        remaining.into_iter().collect::<HashSet<_>>(),
        (0..50).collect(),
        "each is told another rest"
    );
}

/// What remained after each call that was allowed, of 200 calls at once with a limit of 50.
async fn allowed_of_two_hundred(one: &Cache, two: &Cache) -> Vec<u32> {
    let mut calls = Vec::new();
    for number in 0..200 {
        let cache = if number % 2 == 0 {
            one.clone()
        } else {
            two.clone()
        };
        calls.push(tokio::spawn(async move {
            cache
                .rate_check("key", 50, MINUTE, NOW_MS + number % 7)
                .await
        }));
    }
    let mut remaining = Vec::new();
    for call in calls {
        let decision = call.await.unwrap();
        if decision.allowed {
            remaining.push(decision.remaining);
        }
    }
    remaining
}

async fn notices_reach_every_node(fixture: CacheFixture) {
    let CacheFixture { cache, other_node } = fixture;
    let mut own = cache.snapshot_notices();
    let mut others = other_node.snapshot_notices();
    assert_eq!(*own.borrow_and_update(), None);
    for version in ["v1", "v2", "v1"] {
        cache.notify_snapshot(version).await;
        for notices in [&mut own, &mut others] {
            let heard = timeout(
                PATIENCE,
                notices.wait_for(|last| last.as_deref() == Some(version)),
            )
            .await;
            heard.expect("the notice arrives").unwrap();
        }
    }
}

#[tokio::test]
async fn a_notice_reaches_a_node_that_was_not_listening() {
    let CacheFixture { cache, other_node } = redis_cache();
    cache.notify_snapshot("v1").await;
    let mut notices = other_node.snapshot_notices();
    let heard = timeout(
        PATIENCE,
        notices.wait_for(|last| last.as_deref() == Some("v1")),
    )
    .await;
    heard.expect("the notice arrives").unwrap();
}

#[test]
fn kinds_and_urls() {
    assert_eq!(Cache::memory().kind(), "memory");
    assert_eq!(Cache::redis("redis://127.0.0.1:1").unwrap().kind(), "redis");
    let refused = Cache::redis("http://secret@host").err().unwrap();
    assert!(matches!(refused, CacheError::Url(_)));
    assert!(!format!("{refused} {refused:?}").contains("secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_not_there_costs_only_speed() {
    let cache = Cache::redis(&format!("redis://127.0.0.1:{}", closed_port())).unwrap();
    cache.put("key", b"value", MINUTE).await;
    assert_eq!(cache.get("key").await, None);
    cache.delete("key").await;
    cache.notify_snapshot("v1").await;
    assert_eq!(
        *cache.snapshot_notices().borrow(),
        Some("v1".to_owned()),
        "this node knows all the same"
    );
    assert_eq!(
        allowed_of_two_hundred(&cache, &cache).await.len(),
        50,
        "the process's own limiter is exact"
    );
    assert!(matches!(
        cache.ping().await,
        Err(CacheError::Unavailable(_))
    ));
    assert!(cache.failure_count() > 200);
}

/// A Redis of this test's own, on a socket file, which it may kill.
struct OwnRedis(Child);

impl OwnRedis {
    fn start(socket: &Path) -> Self {
        let mut server = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--daemonize",
                "no",
                "--unixsocket",
            ])
            .arg(socket)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program redis-server must be installed for this test");
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let ready = lines.any(|line| line.unwrap().contains("eady to accept connections"));
        assert!(ready, "redis-server ends before it is ready");
        Self(server)
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn use_resumes_after_redis_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("redis.sock");
    let url = format!("redis+unix://{}", socket.display());
    let (cache, other_node) = (Cache::redis(&url).unwrap(), Cache::redis(&url).unwrap());
    let server = OwnRedis::start(&socket);
    let mut notices = cache.snapshot_notices();
    other_node.notify_snapshot("v1").await;
    timeout(
        PATIENCE,
        notices.wait_for(|last| last.as_deref() == Some("v1")),
    )
    .await
    .expect("the notice arrives")
    .unwrap();
    cache.put("key", b"value", MINUTE).await;
    assert_eq!(cache.get("key").await, Some(b"value".to_vec()));
    assert!(cache.rate_check("key", 1, MINUTE, NOW_MS).await.allowed);

    drop(server);
    assert_eq!(cache.get("key").await, None);
    assert!(
        cache.rate_check("key", 1, MINUTE, NOW_MS).await.allowed,
        "the process counts for itself, from nothing"
    );
    assert!(!cache.rate_check("key", 1, MINUTE, NOW_MS).await.allowed);
    assert!(cache.ping().await.is_err());

    let _server = OwnRedis::start(&socket);
    cache.ping().await.unwrap();
    other_node.ping().await.unwrap();
    cache.put("key", b"again", MINUTE).await;
    assert_eq!(other_node.get("key").await, Some(b"again".to_vec()));
    other_node.notify_snapshot("v2").await;
    timeout(
        PATIENCE,
        notices.wait_for(|last| last.as_deref() == Some("v2")),
    )
    .await
    .expect("the notice arrives")
    .unwrap();
}
