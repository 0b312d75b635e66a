//! What the contract suite cannot reach from outside: groups in which one write fails, panics, or fills the disk.

use super::*;
use crate::connection::values;
use sqlx::Row as _;
use sqlx::sqlite::SqliteJournalMode;
use std::path::Path;
use tempfile::TempDir;

async fn writer(pages: Option<u32>) -> (Arc<Writer>, TempDir) {
    let folder = tempfile::tempdir().expect("a working file");
    let mut file = SqliteConnectOptions::new()
        .filename(folder.path().join("w.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    if let Some(pages) = pages {
        file = file.pragma("max_page_count", pages.to_string());
    }
    let writer = Writer::start(file, Duration::from_secs(3))
        .await
        .expect("a working file");
    let create = writer.submit((), |mut conn, ()| {
        Box::pin(async move {
            conn.execute("CREATE TABLE notes (note TEXT NOT NULL PRIMARY KEY)", &[])
                .await
        })
    });
    create.await.expect("a working file");
    (Arc::new(writer), folder)
}

fn insert<'a>(mut conn: Conn<'a>, note: &'a String) -> BoxFuture<'a, Result<u64>> {
    Box::pin(async move {
        let rows = conn
            .execute("INSERT INTO notes (note) VALUES (?)", &values![note])
            .await?;
        if note == "panic" {
            panic!("as the test wants");
        }
        if note == "fail" {
            return Err(StoreError::Conflict);
        }
        Ok(rows)
    })
}

async fn notes(folder: &Path) -> Vec<String> {
    let mut connection = SqliteConnectOptions::new()
        .filename(folder.join("w.db"))
        .connect()
        .await
        .expect("a working file");
    let rows = sqlx::query("SELECT note FROM notes ORDER BY note")
        .fetch_all(&mut connection)
        .await
        .expect("a working file");
    rows.iter().map(|row| row.get(0)).collect()
}

/// Queues all notes before the writer runs (the test's runtime has one thread), so that they form one group.
async fn submit_together(writer: &Arc<Writer>, notes: &[&str]) -> Vec<Result<u64>> {
    let mut tasks = Vec::new();
    for note in notes {
        let (writer, note) = (Arc::clone(writer), (*note).to_owned());
        tasks.push(tokio::spawn(
            async move { writer.submit(note, insert).await },
        ));
    }
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("a working file"));
    }
    outcomes
}

#[tokio::test]
async fn a_failing_write_undoes_itself_and_no_other() {
    let (writer, folder) = writer(None).await;
    let outcomes = submit_together(&writer, &["a", "fail", "b", "a"]).await;
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert!(matches!(outcomes[1], Err(StoreError::Conflict)));
    assert!(matches!(outcomes[3], Err(StoreError::Conflict)));
    assert_eq!(notes(folder.path()).await, ["a", "b"]);
}

#[tokio::test]
async fn a_panic_fails_its_group_and_the_writer_goes_on() {
    let (writer, folder) = writer(None).await;
    let outcomes = submit_together(&writer, &["a", "panic", "b"]).await;
    assert!(
        matches!(outcomes[0], Err(StoreError::Unavailable(_))),
        "what was not committed is not acknowledged"
    );
    assert!(matches!(outcomes[1], Err(StoreError::Unavailable(_))));
    let later = submit_together(&writer, &["c"]).await;
    assert!(later[0].is_ok());
    let mut expected = vec!["c".to_owned()];
    if outcomes[2].is_ok() {
        expected.insert(0, "b".to_owned());
    }
    assert_eq!(notes(folder.path()).await, expected);
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_smaller_writes_go_on() {
    let (writer, folder) = writer(Some(40)).await;
    assert!(writer.submit("first".to_owned(), insert).await.is_ok());
    let outcomes = submit_together(&writer, &["x", &"big".repeat(100_000), "y"]).await;
    assert!(
        matches!(outcomes[1], Err(StoreError::Unavailable(_))),
        "{:?}",
        outcomes[1]
    );
    assert!(writer.submit("z".to_owned(), insert).await.is_ok());
    let mut expected = vec!["first".to_owned()];
    expected.extend(
        ["x", "y"]
            .iter()
            .zip([&outcomes[0], &outcomes[2]])
            .filter(|(_, o)| o.is_ok())
            .map(|(n, _)| (*n).to_owned()),
    );
    expected.push("z".to_owned());
    assert_eq!(
        notes(folder.path()).await,
        expected,
        "what was acknowledged is there, and nothing else"
    );
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_not_begun() {
    let (writer, folder) = writer(None).await;
    {
        let mut abandoned = std::pin::pin!(writer.submit("abandoned".to_owned(), insert));
        // Polled once, so that it is queued, then dropped before the writer had its turn.
        std::future::poll_fn(|context| {
            assert!(abandoned.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    assert!(writer.submit("kept".to_owned(), insert).await.is_ok());
    assert_eq!(notes(folder.path()).await, ["kept"]);
}
