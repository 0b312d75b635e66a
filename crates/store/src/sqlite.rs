//! The SQLite side of the store: one writer that commits in groups, and a pool of readers.

mod writer;

use crate::connection::{Action, Conn, Row, Statement, Value};
use crate::error::{Result, StoreError};
use crate::store::StoreOptions;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use writer::Writer;

/// How long SQLite waits for another process that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A schema that is ahead of this program is fine, since migrations only ever add.
pub(crate) static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("migrations/sqlite");
    migrator.set_ignore_missing(true);
    migrator
});

pub(crate) struct SqliteBackend {
    writer: Writer,
    readers: SqlitePool,
    file: SqliteConnectOptions,
}

impl SqliteBackend {
    pub(crate) async fn open(path: &str, options: &StoreOptions) -> Result<Self> {
        let path = Path::new(path);
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|e| StoreError::Folder(Arc::new(e)))?;
        }
        let file = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: an answer is given only after the log is on the disk.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .pragma("temp_store", "memory")
            // 64 MB of pages at most, so that inserts at random keys find theirs in memory.
            .pragma("cache_size", "-65536")
            // The log is copied into the file after 16 MB instead of 4: fewer long commits, each page copied less often.
            .pragma("wal_autocheckpoint", "4096")
            .disable_statement_logging();
        // Opening once here creates the file, so that a wrong path is an error now and not at the first guest.
        let writer = Writer::start(file.clone(), options.acquire_timeout).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .connect_lazy_with(file.clone().pragma("query_only", "on"));
        Ok(Self {
            writer,
            readers,
            file,
        })
    }

    pub(crate) async fn write<A, T>(&self, args: A, action: Action<A, T>) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.writer.submit(args, action).await
    }

    pub(crate) async fn fetch_all(
        &self,
        statement: Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>> {
        let mut reader = self.readers.acquire().await?;
        Conn::Sqlite(&mut reader).fetch_all(statement, values).await
    }

    /// Runs inside one write transaction: SQLite's write lock makes nodes that start together take turns.
    pub(crate) async fn migrate(&self) -> Result<()> {
        let mut connection = self.file.connect().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        MIGRATOR
            .run_direct(None, &mut *transaction, false)
            .await
            .map_err(|e| StoreError::Migration(Arc::new(e)))?;
        transaction.commit().await?;
        connection.close().await?;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
    }
}
