//! The handle of the database: which one it is, how to reach it, and its schema. What is stored is in the file of each aggregate.

use crate::connection::{Action, Row, Statement, Value, values};
use crate::error::{Result, StoreError};
use crate::mysql::{self, MySqlBackend};
use crate::sqlite::{self, SqliteBackend};
use std::sync::Arc;
use std::time::Duration;

/// How long [`Store::ping`] waits.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// How a store uses its database.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Connections at most: readers of SQLite, all of MySQL.
    pub max_connections: u32,
    /// How long a call waits for a connection, or for a place in the queue of writes, before it fails as unavailable.
    pub acquire_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            max_connections: 8,
            acquire_timeout: Duration::from_secs(3),
        }
    }
}

/// The database, SQLite or MySQL. Cheap to clone. A write that returns is durable.
#[derive(Clone)]
pub struct Store(Backend);

#[derive(Clone)]
enum Backend {
    Sqlite(Arc<SqliteBackend>),
    MySql(Arc<MySqlBackend>),
}

impl Store {
    /// Opens `sqlite:PATH` (creating the file and its folder) or prepares `mysql://user:password@host:port/database`, which the first
    /// call connects to. Needs a Tokio runtime.
    pub async fn connect(url: &str, options: StoreOptions) -> Result<Self> {
        let backend = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(":memory:") || path.contains('?') {
                return Err(StoreError::Url {
                    reason: "sqlite: needs the path of a file and takes no parameters".to_owned(),
                });
            }
            Backend::Sqlite(Arc::new(SqliteBackend::open(path, &options).await?))
        } else if url.starts_with("mysql://") || url.starts_with("mariadb://") {
            Backend::MySql(Arc::new(MySqlBackend::open(url, &options)?))
        } else {
            return Err(StoreError::Url {
                reason: "it must start with sqlite: or mysql://".to_owned(),
            });
        };
        Ok(Self(backend))
    }

    /// Brings the schema up to date. Several nodes may do it at once, and again at every start.
    pub async fn migrate(&self) -> Result<()> {
        match &self.0 {
            Backend::Sqlite(backend) => backend.migrate().await,
            Backend::MySql(backend) => backend.migrate().await,
        }
    }

    /// Whether every migration that this program knows was applied as it is written here.
    pub async fn schema_is_current(&self) -> Result<bool> {
        let (migrator, tables) = match &self.0 {
            Backend::Sqlite(_) => (
                &*sqlite::MIGRATOR,
                "SELECT name FROM sqlite_master WHERE name = '_sqlx_migrations'",
            ),
            Backend::MySql(_) => (
                &*mysql::MIGRATOR,
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '_sqlx_migrations'",
            ),
        };
        if self.fetch_all(tables, &[]).await?.is_empty() {
            return Ok(false);
        }
        let mut applied = Vec::new();
        for row in self.fetch_all("SELECT version, LOWER(HEX(checksum)) FROM _sqlx_migrations WHERE success LIMIT 10000", &[]).await? {
            applied.push((row.int(0)?, row.text(1)?));
        }
        Ok(migrator.iter().all(|known| {
            let checksum: String = known
                .checksum
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            applied.contains(&(known.version, checksum))
        }))
    }

    /// Whether the database answers, within a second.
    pub async fn ping(&self) -> Result<()> {
        let answer = tokio::time::timeout(PING_TIMEOUT, self.fetch_all("SELECT 1", &[])).await;
        answer.map_err(|_| StoreError::timed_out())??;
        Ok(())
    }

    /// `sqlite` or `mysql`.
    pub fn kind(&self) -> &'static str {
        match &self.0 {
            Backend::Sqlite(_) => "sqlite",
            Backend::MySql(_) => "mysql",
        }
    }

    /// Closes the pooled connections; calls that need one fail from now on. Nothing depends on it: writes that were answered are durable,
    /// and the writer of SQLite ends with the last handle.
    pub async fn close(&self) {
        match &self.0 {
            Backend::Sqlite(backend) => backend.close().await,
            Backend::MySql(backend) => backend.close().await,
        }
    }

    /// Runs `action` in a transaction of its own and returns once it is durable. An error undoes all of it.
    pub(crate) async fn write<A, T>(&self, args: A, action: Action<A, T>) -> Result<T>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        match &self.0 {
            Backend::Sqlite(backend) => backend.write(args, action).await,
            Backend::MySql(backend) => backend.write(&args, action).await,
        }
    }

    /// Every row of a query outside any transaction.
    pub(crate) async fn fetch_all(
        &self,
        statement: impl Into<Statement>,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>> {
        let statement = statement.into();
        match &self.0 {
            Backend::Sqlite(backend) => backend.fetch_all(statement, values).await,
            Backend::MySql(backend) => backend.fetch_all(statement, values).await,
        }
    }

    /// The first row of a query outside any transaction, if there is one.
    pub(crate) async fn fetch_optional(
        &self,
        statement: impl Into<Statement>,
        values: &[Value<'_>],
    ) -> Result<Option<Row>> {
        Ok(self.fetch_all(statement, values).await?.into_iter().next())
    }

    /// The number in the first column of a query that always gives one row.
    pub(crate) async fn fetch_number(&self, statement: &'static str) -> Result<u64> {
        let row = self
            .fetch_optional(statement, &values![])
            .await?
            .ok_or(StoreError::Corrupt { what: "a counter" })?;
        row.small(0, "a counter")
    }
}
