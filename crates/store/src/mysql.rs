//! The MySQL and MariaDB side of the store: one lazily connected pool, bounded waits, and transactions that run again after a deadlock.

use crate::connection::{Action, Conn, Row, Statement, Value, values};
use crate::error::{Result, StoreError};
use crate::store::StoreOptions;
use sqlx::migrate::Migrator;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPool, MySqlPoolOptions};
use sqlx::{ConnectOptions, Connection};
use std::str::FromStr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::time::timeout;

/// Longest that one transaction or query may take before its connection is given up.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest that a node waits for another one that migrates, in seconds.
const MIGRATION_LOCK_SECONDS: u32 = 120;

/// How often a transaction is tried when the database sacrifices it to another one.
const ATTEMPTS: u32 = 8;

/// A pooled connection that lay idle for longer is tested before it is used.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(5);

/// Read committed: no gap locks between guests, and a loser of a unique key sees the winner's row. The server's own lock wait is 50 s.
const SESSION: &[&str] = &[
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = 5, sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
];

/// A schema that is ahead of this program is fine, since migrations only ever add.
pub(crate) static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("migrations/mysql");
    migrator.set_ignore_missing(true);
    // `migrate` below holds a lock of its own, one that does not wait for ever.
    migrator.set_locking(false);
    migrator
});

pub(crate) struct MySqlBackend {
    pool: MySqlPool,
}

impl MySqlBackend {
    /// Prepares a pool; the first call connects.
    pub(crate) fn open(url: &str, options: &StoreOptions) -> Result<Self> {
        let server = MySqlConnectOptions::from_str(url)
            // The source would repeat the URL and with it the password.
            .map_err(|_| StoreError::Url {
                reason: "it is not of the form mysql://user:password@host:port/database".to_owned(),
            })?
            .charset("utf8mb4")
            .collation("utf8mb4_bin")
            .disable_statement_logging();
        if server.get_database().is_none_or(str::is_empty) {
            return Err(StoreError::Url {
                reason: "it names no database".to_owned(),
            });
        }
        let pool = MySqlPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > TEST_AFTER_IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move {
                    for statement in SESSION {
                        sqlx::raw_sql(*statement).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            })
            .connect_lazy_with(server);
        Ok(Self { pool })
    }

    /// Runs a write in a transaction of its own; again when it lost a deadlock, or when the connection broke before anything was sent.
    pub(crate) async fn write<A, T>(&self, args: &A, action: Action<A, T>) -> Result<T> {
        let mut attempt = 1;
        loop {
            match self.write_once(args, action).await {
                Ok(value) => return Ok(value),
                Err(Failed { error, harmless }) if !harmless || attempt == ATTEMPTS => {
                    return Err(error);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(u64::from(attempt))).await,
            }
            attempt += 1;
        }
    }

    async fn write_once<A, T>(&self, args: &A, action: Action<A, T>) -> Result<T, Failed> {
        let mut connection = self.pool.acquire().await.map_err(|e| Failed {
            error: e.into(),
            harmless: false,
        })?;
        let outcome = timeout(CALL_TIMEOUT, transact(&mut connection, args, action)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            Err(Failed {
                error: StoreError::timed_out(),
                harmless: false,
            })
        });
        if matches!(&outcome, Err(failed) if failed.error.is_broken_connection()) {
            connection.close_on_drop();
        }
        outcome
    }

    /// Every row of a query; tried once more when the pooled connection turns out to be dead.
    pub(crate) async fn fetch_all(
        &self,
        statement: Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>> {
        match self.fetch_once(statement.clone(), values).await {
            Err(error) if error.is_broken_connection() => self.fetch_once(statement, values).await,
            outcome => outcome,
        }
    }

    async fn fetch_once(&self, statement: Statement, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let mut connection = self.pool.acquire().await?;
        let outcome = timeout(
            CALL_TIMEOUT,
            Conn::MySql(&mut connection).fetch_all(statement, values),
        )
        .await;
        let outcome = outcome.unwrap_or_else(|_| Err(StoreError::timed_out()));
        if matches!(&outcome, Err(error) if error.is_broken_connection()) {
            connection.close_on_drop();
        }
        outcome
    }

    /// Nodes that start together take turns by a named lock. Each migration can be repeated, so what a crashed node left half done is run again.
    pub(crate) async fn migrate(&self) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        // The lock belongs to the connection, which must therefore not go back to the pool with it.
        connection.close_on_drop();
        let locked = Conn::MySql(&mut connection)
            .fetch_optional(
                "SELECT GET_LOCK(CONCAT('seonmul.', MD5(DATABASE())), ?)",
                &values![MIGRATION_LOCK_SECONDS],
            )
            .await?;
        if locked.map(|row| row.optional_int(0)).transpose()?.flatten() != Some(1) {
            return Err(StoreError::timed_out());
        }
        forget_unfinished(&mut connection).await?;
        MIGRATOR
            .run_direct(None, &mut *connection, false)
            .await
            .map_err(|e| StoreError::Migration(Arc::new(e)))?;
        connection.close().await?;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

async fn forget_unfinished(connection: &mut MySqlConnection) -> Result<()> {
    let mut conn = Conn::MySql(connection);
    let tables = conn
        .fetch_all("SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '_sqlx_migrations'", &[])
        .await?;
    if !tables.is_empty() {
        conn.execute("DELETE FROM _sqlx_migrations WHERE success = FALSE", &[])
            .await?;
    }
    Ok(())
}

/// A failed transaction, and whether it certainly left nothing behind and may run again.
struct Failed {
    error: StoreError,
    harmless: bool,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        let harmless = error.is_deadlock();
        Self { error, harmless }
    }
}

async fn transact<A, T>(
    connection: &mut MySqlConnection,
    args: &A,
    action: Action<A, T>,
) -> Result<T, Failed> {
    let mut transaction = connection.begin().await.map_err(|e| {
        let error = StoreError::from(e);
        let harmless = error.is_broken_connection();
        Failed { error, harmless }
    })?;
    let outcome = action(Conn::MySql(&mut transaction), args).await;
    match outcome {
        Ok(value) => {
            transaction.commit().await.map_err(StoreError::from)?;
            Ok(value)
        }
        Err(error) => {
            // The error that counts is the first one; a rollback that fails too only means that the connection is gone.
            let _ = transaction.rollback().await;
            Err(error.into())
        }
    }
}
