//! Databases of one test each, caches of one test each, and samples of every row.

use seonmul_store::{
    AnswerRow, Cache, GuestId, GuestKey, IdempotencyNew, InterviewId, InterviewRow, ItemRow,
    OutboxEvent, RecommendationId, RecommendationNew, Store, StoreOptions,
};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row, SqliteConnection};
use std::future::Future;

/// The time at which tests take place.
pub const NOW_MS: i64 = 1_760_000_000_000;
/// When what the tests store expires.
pub const LATER_MS: i64 = NOW_MS + 86_400_000;

/// Every table that holds something of a guest.
pub const GUEST_TABLES: &[&str] = &[
    "guests",
    "interviews",
    "answers",
    "recommendations",
    "recommendation_items",
    "recommendation_events",
    "idempotency",
    "outbox",
    "guest_log_keys",
    "dead_letters",
    "reminders",
    "mails",
];

/// A migrated database that only this test uses.
#[derive(Clone)]
pub struct Database {
    pub url: String,
    pub store: Store,
}

impl Database {
    /// A second handle, as another node has it.
    pub async fn reopened(&self) -> Store {
        connect(&self.url).await
    }

    /// The number that a query gives, asked beside the store.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let mut connection = SqliteConnection::connect(path).await.unwrap();
            return sqlx::query(sql)
                .fetch_one(&mut connection)
                .await
                .unwrap()
                .get(0);
        }
        let mut connection = MySqlConnection::connect(&self.url).await.unwrap();
        sqlx::query(sql)
            .fetch_one(&mut connection)
            .await
            .unwrap()
            .get(0)
    }

    pub async fn row_count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }
}

pub async fn connect(url: &str) -> Store {
    Store::connect(url, StoreOptions::default()).await.unwrap()
}

pub async fn on_sqlite<F: Future<Output = ()> + Send + 'static>(test: impl FnOnce(Database) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite:{}",
        folder.path().join("made/by/store.db").display()
    );
    let store = connect(&url).await;
    store.migrate().await.unwrap();
    test(Database { url, store }).await;
}

pub async fn on_mysql<F: Future<Output = ()> + Send + 'static>(test: impl FnOnce(Database) -> F) {
    let server = variable("SEONMUL_TEST_MYSQL_URL", "mysql://root@127.0.0.1:3306");
    let server = server.trim_end_matches('/').to_owned();
    let name = format!("seonmul_test_{}", InterviewId::random());
    let mut admin = MySqlConnection::connect(&server).await.unwrap();
    // A database of another default, since the schema must not depend on it.
    run(
        &mut admin,
        format!("CREATE DATABASE {name} CHARACTER SET latin1"),
    )
    .await;
    let url = format!("{server}/{name}");
    let store = connect(&url).await;
    store.migrate().await.unwrap();
    // In a task, so that the database is dropped when the test fails too.
    let outcome = tokio::spawn(test(Database {
        url,
        store: store.clone(),
    }))
    .await;
    store.close().await;
    run(&mut admin, format!("DROP DATABASE {name}")).await;
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
}

async fn run(connection: &mut MySqlConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap();
}

/// A variable of the environment that the tests need.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration but their environment"
)]
pub fn variable(name: &str, example: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("set {name}, for example to {example}; the contract is not optional")
    })
}

/// Makes a test of each function, once per database.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::fixture::on_sqlite(super::$test).await;
            })+
        }
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $crate::fixture::on_mysql(super::$test).await;
            })+
        }
    };
}
pub(crate) use on_both_databases;

/// A cache that only this test uses, and the means to reach it as another node would.
pub struct CacheFixture {
    pub cache: Cache,
    pub other_node: Cache,
}

pub fn memory_cache() -> CacheFixture {
    let cache = Cache::memory();
    CacheFixture {
        other_node: cache.clone(),
        cache,
    }
}

pub fn redis_cache() -> CacheFixture {
    let url = variable("SEONMUL_TEST_REDIS_URL", "redis://127.0.0.1:6379");
    let prefix = format!("seonmul-test-{}:", InterviewId::random());
    let open = || Cache::redis_with_prefix(&url, &prefix).unwrap();
    CacheFixture {
        cache: open(),
        other_node: open(),
    }
}

/// Makes a test of each function, once per cache.
macro_rules! on_both_caches {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::fixture::memory_cache()).await;
            })+
        }
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::fixture::redis_cache()).await;
            })+
        }
    };
}
pub(crate) use on_both_caches;

/// A stored guest.
pub async fn guest(store: &Store) -> GuestKey {
    let guest = GuestId::random().key();
    store.guest_insert(&guest, NOW_MS, LATER_MS).await.unwrap();
    guest
}

pub fn event(guest: &GuestKey, kind: &str) -> OutboxEvent {
    OutboxEvent::new(Some(*guest), kind, r#"{"선물":"🎁"}"#.to_owned(), NOW_MS)
}

pub fn interview(guest: &GuestKey, created_ms: i64) -> InterviewRow {
    InterviewRow {
        interview_id: InterviewId::random(),
        guest: *guest,
        status: "active".to_owned(),
        pending_question: Some("대상".to_owned()),
        created_ms,
        updated_ms: created_ms,
        revision: 0,
    }
}

pub fn answer(question_id: &str, seq: u32, answer_json: &str) -> AnswerRow {
    AnswerRow {
        question_id: question_id.to_owned(),
        seq,
        answer_json: answer_json.to_owned(),
        answered_ms: NOW_MS + i64::from(seq),
    }
}

pub fn recommendation(guest: &GuestKey, created_ms: i64) -> RecommendationNew {
    let item = |rank: u32| ItemRow {
        rank,
        product_id: format!("상품-{rank}"),
        score: 1.0 / f64::from(rank),
        propensity: 0.125,
        explore: rank == 8,
    };
    RecommendationNew {
        recommendation_id: RecommendationId::random(),
        guest: *guest,
        interview_id: None,
        parent_id: None,
        created_ms,
        catalogue_version: "v1".to_owned(),
        seed: u64::MAX - 7,
        body_json: r#"{"제목":"꽃다발 💐"}"#.to_owned(),
        // Stored last first, to see that the order comes from the rank.
        items: (1..=8).rev().map(item).collect(),
        idempotency: None,
        interview_status: None,
        event: event(guest, "recommendation.created"),
    }
}

pub fn idempotency(key: &str, response_json: &str) -> IdempotencyNew {
    IdempotencyNew {
        key: key.to_owned(),
        request_hash: [7; 32],
        status: 201,
        response_json: response_json.to_owned(),
        created_ms: NOW_MS,
        expires_ms: LATER_MS,
    }
}
