//! Connecting, migrating, and what a database that is not there looks like.

use crate::fixture::*;
use seonmul_store::{GuestId, Store, StoreError, StoreOptions};
use sqlx::{Connection, MySqlConnection};
use std::net::TcpListener;
use std::time::Duration;

on_both_databases!(
    migrations_run_twice_and_at_once,
    a_second_handle_sees_what_was_stored,
    an_older_program_accepts_a_newer_schema
);

async fn migrations_run_twice_and_at_once(db: Database) {
    assert!(db.store.schema_is_current().await.unwrap());
    db.store.migrate().await.unwrap();
    for table in GUEST_TABLES.iter().chain(&[
        "products",
        "counters",
        "builds",
        "snapshots",
        "inbox",
        "log_files",
        "_sqlx_migrations",
    ]) {
        execute(&db, &format!("DROP TABLE {table}")).await;
    }
    assert!(!db.store.schema_is_current().await.unwrap());

    let mut nodes = Vec::new();
    for _ in 0..8 {
        let store = db.reopened().await;
        nodes.push(tokio::spawn(async move { store.migrate().await }));
    }
    for node in nodes {
        node.await.unwrap().unwrap();
    }
    assert!(db.store.schema_is_current().await.unwrap());
    assert_eq!(db.store.product_revision().await.unwrap(), 0);
    guest(&db.store).await;

    execute(&db, "UPDATE _sqlx_migrations SET checksum = x'00'").await;
    assert!(
        !db.store.schema_is_current().await.unwrap(),
        "a migration that was changed is noticed"
    );
    let refused = db.store.migrate().await;
    assert!(
        matches!(refused, Err(StoreError::Migration(_))),
        "{refused:?}"
    );
}

/// Runs a statement beside the store, without looking at foreign keys.
async fn execute(db: &Database, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    if let Some(path) = db.url.strip_prefix("sqlite:") {
        let mut connection = sqlx::SqliteConnection::connect(path).await.unwrap();
        sqlx::raw_sql("PRAGMA foreign_keys = OFF")
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    } else {
        let mut connection = MySqlConnection::connect(&db.url).await.unwrap();
        sqlx::raw_sql("SET foreign_key_checks = 0")
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
}

async fn a_second_handle_sees_what_was_stored(db: Database) {
    assert_eq!(db.store.kind(), db.url.split(':').next().unwrap());
    db.store.ping().await.unwrap();
    let key = guest(&db.store).await;
    let other = db.reopened().await;
    assert!(other.guest_fetch(&key, NOW_MS).await.unwrap().is_some());
    assert!(other.guest_erase(&key).await.unwrap());
    assert_eq!(db.store.guest_fetch(&key, NOW_MS).await.unwrap(), None);
    other.close().await;
    let closed = other.ping().await;
    assert!(
        matches!(closed, Err(StoreError::Unavailable(_))),
        "{closed:?}"
    );
}

async fn an_older_program_accepts_a_newer_schema(db: Database) {
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'newer', TRUE, x'00', 0)";
    execute(&db, newer).await;
    assert!(db.store.schema_is_current().await.unwrap());
    db.store.migrate().await.unwrap();
}

#[tokio::test]
async fn what_a_crashed_migration_left_is_run_again_on_mysql() {
    on_mysql(|db| async move {
        execute(&db, "UPDATE _sqlx_migrations SET success = FALSE").await;
        execute(&db, "DROP TABLE snapshots").await;
        assert!(!db.store.schema_is_current().await.unwrap());
        db.store.migrate().await.unwrap();
        assert!(db.store.schema_is_current().await.unwrap());
        assert_eq!(db.row_count("snapshots").await, 0);
        assert_eq!(db.row_count("counters").await, 6);
    })
    .await;
}

/// The pair of locks that a transaction beside the store takes crosswise makes MySQL sacrifice the store's transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_deadlock_is_tried_again_on_mysql() {
    on_mysql(|db| async move {
        let key = guest(&db.store).await;
        let asked = interview(&key, NOW_MS);
        db.store.interview_insert(&asked).await.unwrap();
        let mut other = MySqlConnection::connect(&db.url).await.unwrap();
        let mut other = other.begin().await.unwrap();
        // MySQL sacrifices the transaction that changed less, so this one changes much.
        for number in 0..200 {
            let sql = "INSERT INTO counters (name, value) VALUES (?, 0)";
            sqlx::query(sql).bind(number.to_string()).execute(&mut *other).await.unwrap();
        }
        let lock = "SELECT 1 FROM interviews WHERE interview_id = ? FOR UPDATE";
        sqlx::query(lock).bind(asked.interview_id.as_str()).execute(&mut *other).await.unwrap();

        let mut new = recommendation(&key, NOW_MS);
        new.idempotency = Some(idempotency("key", "{}"));
        new.interview_id = Some(asked.interview_id.clone());
        new.interview_status = Some("done".to_owned());
        let store = db.store.clone();
        let insert = tokio::spawn(async move { store.recommendation_insert(&new).await });
        // Of InnoDB's own tables the server renews a reader's view only after a pause, so the list of connections is watched.
        let waiting = format!(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{}' AND info LIKE 'UPDATE interviews%'",
            db.url.rsplit('/').next().unwrap()
        );
        while db.number(&waiting).await == 0 {
            tokio::task::yield_now().await;
        }
        let taken = "INSERT INTO idempotency VALUES (?, 'key', REPEAT('x', 32), 200, '', 0, 0)";
        let guest_row: Vec<u8> = sqlx::query_scalar("SELECT guest_key FROM guests").fetch_one(&mut *other).await.unwrap();
        sqlx::query(taken).bind(guest_row).execute(&mut *other).await.unwrap();
        other.rollback().await.unwrap();

        assert_eq!(insert.await.unwrap().unwrap(), seonmul_store::InsertOutcome::Stored);
        assert_eq!(db.row_count("recommendations").await, 1);
        assert_eq!(db.row_count("idempotency").await, 1);
    })
    .await;
}

fn impatient() -> StoreOptions {
    StoreOptions {
        max_connections: 2,
        acquire_timeout: Duration::from_millis(200),
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    let port = closed_port();
    let url = format!("mysql://root@127.0.0.1:{port}/seonmul");
    let store = Store::connect(&url, impatient()).await.unwrap();
    let key = GuestId::random().key();
    for outcome in [
        store.ping().await,
        store.migrate().await,
        store.guest_insert(&key, NOW_MS, LATER_MS).await,
        store.guest_fetch(&key, NOW_MS).await.map(|_| ()),
    ] {
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{outcome:?}"
        );
    }
}

/// A port that nothing listens on.
pub fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_repeating_it() {
    for url in [
        "",
        "postgres://secret@host/db",
        "sqlite:",
        "sqlite::memory:",
        "mysql://secret@host:port/db",
        "mysql://root:secret@127.0.0.1:3306",
    ] {
        let refused = Store::connect(url, impatient()).await.err().unwrap();
        assert!(
            matches!(refused, StoreError::Url { .. }),
            "{url}: {refused:?}"
        );
        assert!(
            !format!("{refused} {refused:?}").contains("secret"),
            "{refused:?}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let refused = Store::connect(&format!("sqlite:{}/store.db", file.display()), impatient())
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, StoreError::Folder(_)), "{refused:?}");
    let refused = Store::connect(&format!("sqlite:{}", file.display()), impatient())
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused:?}");
}
