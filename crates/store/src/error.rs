//! What can go wrong in the database, sorted by what the caller can do about it. No message carries a bound value.

use std::io;
use std::sync::Arc;

/// The result of every call of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why a call of the store failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is overloaded, read-only or full, or kept aborting the transaction. Trying later can help;
    /// whether a write took place is then unknown, which is what idempotency keys are for.
    #[error("the database is unavailable")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// A row with this key exists already.
    #[error("a row with this key exists already")]
    Conflict,
    /// The request that holds this idempotency key first is not done yet.
    #[error("the request that holds this idempotency key is not done yet")]
    InProgress,
    /// The row that this one belongs to does not exist, as when a guest was erased meanwhile.
    #[error("the row that this one belongs to does not exist")]
    Orphan,
    /// A value is too long for its column or breaks its rule.
    #[error("a value does not fit its column")]
    Rejected(#[source] Arc<sqlx::Error>),
    /// A stored value cannot be understood.
    #[error("a stored value cannot be understood: {what}")]
    Corrupt {
        /// Which value, never its content.
        what: &'static str,
    },
    /// The database refused a statement: a defect of this program or a schema that is not current.
    #[error("the database refused a statement")]
    Database(#[source] Arc<sqlx::Error>),
    /// The schema could not be brought up to date.
    #[error("the schema could not be brought up to date")]
    Migration(#[source] Arc<sqlx::migrate::MigrateError>),
    /// The database URL is not understood.
    #[error("the database URL is not understood: {reason}")]
    Url {
        /// What is wrong with it, without the URL, which may hold a password.
        reason: String,
    },
    /// The folder of the database file cannot be created.
    #[error("the folder of the database file cannot be created")]
    Folder(#[source] Arc<io::Error>),
}

impl StoreError {
    /// An [`Self::Unavailable`] for a call that took longer than its allowance.
    pub(crate) fn timed_out() -> Self {
        Self::Unavailable(Arc::new(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
    }

    /// The same cause, for a call that failed for no reason of its own.
    pub(crate) fn into_unavailable(self) -> Self {
        match self {
            Self::Unavailable(source) | Self::Rejected(source) | Self::Database(source) => {
                Self::Unavailable(source)
            }
            _ => Self::Unavailable(Arc::new(sqlx::Error::WorkerCrashed)),
        }
    }

    /// Whether MySQL rolled the transaction back for the sake of another one, so that running it again is right.
    pub(crate) fn is_deadlock(&self) -> bool {
        matches!(self, Self::Unavailable(source) if matches!(mysql_number(source), Some(1205 | 1213)))
    }

    /// Whether a lock was waited for in vain.
    pub(crate) fn is_lock_timeout(&self) -> bool {
        matches!(self, Self::Unavailable(source) if mysql_number(source) == Some(1205))
    }

    /// Whether the connection itself broke.
    pub(crate) fn is_broken_connection(&self) -> bool {
        matches!(self, Self::Unavailable(source) if matches!(**source, sqlx::Error::Io(_) | sqlx::Error::Protocol(_)))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        use sqlx::error::ErrorKind as Kind;
        match &error {
            E::Io(_)
            | E::Tls(_)
            | E::Protocol(_)
            | E::PoolTimedOut
            | E::PoolClosed
            | E::WorkerCrashed => Self::Unavailable(Arc::new(error)),
            E::ColumnDecode { .. }
            | E::Decode(_)
            | E::ColumnNotFound(_)
            | E::ColumnIndexOutOfBounds { .. }
            | E::TypeNotFound { .. } => Self::Corrupt {
                what: "a column of an unexpected type",
            },
            E::Database(database) => match database.kind() {
                Kind::UniqueViolation => Self::Conflict,
                Kind::ForeignKeyViolation => Self::Orphan,
                Kind::CheckViolation | Kind::NotNullViolation => Self::Rejected(Arc::new(error)),
                _ => Self::from_number(error),
            },
            _ => Self::Database(Arc::new(error)),
        }
    }
}

impl StoreError {
    fn from_number(error: sqlx::Error) -> Self {
        if let Some(number) = mysql_number(&error) {
            return match number {
                // Too long, out of range, a value the column cannot hold, a broken CHECK (MySQL 3819, MariaDB 4025).
                1264 | 1366 | 1406 | 3819 | 4025 => Self::Rejected(Arc::new(error)),
                // Too many connections, no host, access denied, Galera not ready, going down, network, limits, lock wait, deadlock,
                // read-only (four ways), disk or table full, commit failed, query killed or timed out, connection killed or idle too long.
                1021
                | 1040
                | 1042
                | 1043
                | 1044
                | 1045
                | 1047
                | 1053
                | 1114
                | 1152
                | 1158..=1161
                | 1180
                | 1203
                | 1205
                | 1213
                | 1226
                | 1290
                | 1317
                | 1792
                | 1836
                | 1927
                | 1969
                | 2006
                | 2013
                | 3024
                | 3100
                | 4031 => Self::Unavailable(Arc::new(error)),
                _ => Self::Database(Arc::new(error)),
            };
        }
        match sqlite_code(&error) {
            // Busy, locked, out of memory, read-only, interrupted, input and output, full, cannot open.
            Some(5 | 6 | 7 | 8 | 9 | 10 | 13 | 14) => Self::Unavailable(Arc::new(error)),
            Some(11 | 26) => Self::Corrupt {
                what: "the database file",
            },
            // Constraint and mismatch that have no kind of their own, and a text or blob that is too big.
            Some(18..=20) => Self::Rejected(Arc::new(error)),
            _ => Self::Database(Arc::new(error)),
        }
    }
}

fn mysql_number(error: &sqlx::Error) -> Option<u16> {
    let database = error.as_database_error()?;
    Some(
        database
            .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()?
            .number(),
    )
}

/// The primary result code; SQLite reports the extended one, whose low byte it is.
fn sqlite_code(error: &sqlx::Error) -> Option<i64> {
    let database = error
        .as_database_error()?
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    let code: i64 = sqlx::error::DatabaseError::code(database)?.parse().ok()?;
    Some(code & 0xff)
}
