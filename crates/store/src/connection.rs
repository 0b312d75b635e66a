//! One way to run a statement and read a row on either database, so that each query of the store is written once.

use crate::error::{Result, StoreError};
use crate::ids::{
    BuildId, EventId, FileId, GuestKey, InterviewId, MailId, RecommendationId, ReminderId,
};
use sqlx::mysql::{MySql, MySqlConnection, MySqlRow};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::pin::Pin;

/// A future that a queue can hold.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a write does inside its transaction. It owns what it needs in `A`, because it may wait in a queue or run again after a deadlock.
pub(crate) type Action<A, T> = for<'a> fn(Conn<'a>, &'a A) -> BoxFuture<'a, Result<T>>;

/// A statement and its parameters.
pub(crate) type Step<'v> = (Statement, Vec<Value<'v>>);

/// Rows that one transaction changes, or one list gives, at most.
pub(crate) const BATCH_ROWS: u32 = 1_000;

/// A borrowed connection to either database.
pub(crate) enum Conn<'c> {
    Sqlite(&'c mut SqliteConnection),
    MySql(&'c mut MySqlConnection),
}

/// A statement. It is prepared once per connection, so built ones must come in few shapes: sqlx sets no TCP_NODELAY, and each statement
/// that MySQL is told to forget holds up the next one by the 40 ms of a delayed acknowledgement.
pub(crate) type Statement = Cow<'static, str>;

/// A bound parameter.
#[derive(Clone, Copy)]
pub(crate) enum Value<'v> {
    Null,
    Int(i64),
    Float(f64),
    Text(&'v str),
    Bytes(&'v [u8]),
}

macro_rules! value_from {
    ($($from:ty, $name:ident => $value:expr;)+) => {
        $(impl<'v> From<$from> for Value<'v> {
            fn from($name: $from) -> Self {
                $value
            }
        })+
    };
}

value_from! {
    i64, v => Value::Int(v);
    u16, v => Value::Int(v.into());
    u32, v => Value::Int(v.into());
    // Both databases hold 64 bits with a sign: the bits are kept and given back as they were.
    u64, v => Value::Int(v.cast_signed());
    bool, v => Value::Int(v.into());
    f64, v => Value::Float(v);
    &'v str, v => Value::Text(v);
    &'v String, v => Value::Text(v);
    &'v [u8; 32], v => Value::Bytes(v);
    &'v GuestKey, v => Value::Bytes(&v.0);
    &'v InterviewId, v => Value::Text(v.as_str());
    &'v RecommendationId, v => Value::Text(v.as_str());
    &'v BuildId, v => Value::Text(v.as_str());
    &'v EventId, v => Value::Text(v.as_str());
    &'v FileId, v => Value::Text(v.as_str());
    &'v ReminderId, v => Value::Text(v.as_str());
    &'v MailId, v => Value::Text(v.as_str());
    &'v Vec<u8>, v => Value::Bytes(v);
}

impl<'v, T> From<Option<T>> for Value<'v>
where
    Value<'v>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Value::from)
    }
}

/// Parameters of a statement, in the order of its question marks.
macro_rules! values {
    ($($value:expr),* $(,)?) => { [$($crate::connection::Value::from($value)),*] };
}
pub(crate) use values;

/// A query of one database with its parameters bound.
macro_rules! bound {
    ($database:ty, $statement:expr, $values:expr) => {{
        // Built statements only ever repeat placeholders; every value is bound.
        let sql = match $statement {
            Cow::Borrowed(text) => text.into_sql_str(),
            Cow::Owned(text) => AssertSqlSafe(text).into_sql_str(),
        };
        let mut query = sqlx::query::<$database>(sql);
        for value in $values {
            query = match *value {
                Value::Null => query.bind(None::<String>),
                Value::Int(v) => query.bind(v),
                Value::Float(v) => query.bind(v),
                Value::Text(v) => query.bind(v),
                Value::Bytes(v) => query.bind(v),
            };
        }
        query
    }};
}

impl Conn<'_> {
    /// Runs a statement and gives the number of rows it matched (MySQL too counts rows that kept their values).
    pub(crate) async fn execute(
        &mut self,
        statement: impl Into<Statement>,
        values: &[Value<'_>],
    ) -> Result<u64> {
        let statement = statement.into();
        Ok(match self {
            Self::Sqlite(conn) => bound!(Sqlite, statement, values)
                .execute(&mut **conn)
                .await?
                .rows_affected(),
            Self::MySql(conn) => bound!(MySql, statement, values)
                .execute(&mut **conn)
                .await?
                .rows_affected(),
        })
    }

    /// Runs several statements. SQLite takes them in one go, which saves the way to its thread and back for each.
    pub(crate) async fn execute_all(&mut self, statements: Vec<Step<'_>>) -> Result<()> {
        match self {
            Self::Sqlite(_) => {
                let texts: Vec<&str> = statements.iter().map(|(text, _)| &**text).collect();
                let values: Vec<Value<'_>> = statements
                    .iter()
                    .flat_map(|(_, values)| values)
                    .copied()
                    .collect();
                self.execute(texts.join(";"), &values).await?;
            }
            Self::MySql(_) => {
                for (text, values) in statements {
                    self.execute(text, &values).await?;
                }
            }
        }
        Ok(())
    }

    /// Every row of a query.
    pub(crate) async fn fetch_all(
        &mut self,
        statement: impl Into<Statement>,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>> {
        let statement = statement.into();
        Ok(match self {
            Self::Sqlite(conn) => bound!(Sqlite, statement, values)
                .fetch_all(&mut **conn)
                .await?
                .into_iter()
                .map(Row::Sqlite)
                .collect(),
            Self::MySql(conn) => bound!(MySql, statement, values)
                .fetch_all(&mut **conn)
                .await?
                .into_iter()
                .map(Row::MySql)
                .collect(),
        })
    }

    /// The first row of a query, if there is one.
    pub(crate) async fn fetch_optional(
        &mut self,
        statement: impl Into<Statement>,
        values: &[Value<'_>],
    ) -> Result<Option<Row>> {
        let statement = statement.into();
        Ok(match self {
            Self::Sqlite(conn) => bound!(Sqlite, statement, values)
                .fetch_optional(&mut **conn)
                .await?
                .map(Row::Sqlite),
            Self::MySql(conn) => bound!(MySql, statement, values)
                .fetch_optional(&mut **conn)
                .await?
                .map(Row::MySql),
        })
    }

    /// The text that this database understands, where the two differ.
    pub(crate) fn dialect(&self, sqlite: &'static str, mysql: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::MySql(_) => mysql,
        }
    }
}

/// `(?,?),(?,?)`: one group for each of `rows`, each of `columns` question marks.
pub(crate) fn groups(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * (columns * 2 + 2));
    for row in 0..rows {
        let separator = if row == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}({})", marks(columns));
    }
    text
}

/// `?,?,?`: as many question marks as told.
fn marks(count: usize) -> String {
    let mut text = "?,".repeat(count);
    text.pop();
    text
}

/// The question marks of `IN (…)` for at least one value, which are added to `values`. The last one is repeated up to a power of two, so
/// that lists of any length make few statements.
pub(crate) fn list<'v, T>(
    values: &mut Vec<Value<'v>>,
    members: impl IntoIterator<Item = T>,
) -> String
where
    Value<'v>: From<T>,
{
    let before = values.len();
    values.extend(members.into_iter().map(Value::from));
    let count = (values.len() - before).next_power_of_two();
    if let Some(last) = values.last().copied() {
        values.resize(before + count, last);
    }
    marks(count)
}

/// Slices whose lengths are powers of two up to `limit`, itself one, so that inserts of any number of rows make few statements.
pub(crate) fn powers<T>(rows: &[T], limit: usize) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let length = if rest.is_empty() {
            return None;
        } else {
            limit.min(1 << rest.len().ilog2())
        };
        let (slice, after) = rest.split_at(length);
        rest = after;
        Some(slice)
    })
}

/// A row of either database, read by the position of its columns.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    MySql(MySqlRow),
}

// Unchecked: MySQL gives a column of a binary collation or another width a type of its own name, while the bytes decode just the same.
macro_rules! column {
    ($row:expr, $index:expr, $type:ty) => {
        Ok(match $row {
            Row::Sqlite(row) => row.try_get_unchecked::<$type, _>($index)?,
            Row::MySql(row) => row.try_get_unchecked::<$type, _>($index)?,
        })
    };
}

impl Row {
    pub(crate) fn int(&self, index: usize) -> Result<i64> {
        column!(self, index, i64)
    }

    pub(crate) fn optional_int(&self, index: usize) -> Result<Option<i64>> {
        column!(self, index, Option<i64>)
    }

    /// A number that was bound as `u64`.
    pub(crate) fn bits(&self, index: usize) -> Result<u64> {
        Ok(self.int(index)?.cast_unsigned())
    }

    /// A number that fits the type asked for.
    pub(crate) fn small<T: TryFrom<i64>>(&self, index: usize, what: &'static str) -> Result<T> {
        T::try_from(self.int(index)?).map_err(|_| StoreError::Corrupt { what })
    }

    pub(crate) fn text(&self, index: usize) -> Result<String> {
        column!(self, index, String)
    }

    pub(crate) fn optional_text(&self, index: usize) -> Result<Option<String>> {
        column!(self, index, Option<String>)
    }

    /// 32 bytes: a guest's key or a hash.
    pub(crate) fn hash(&self, index: usize, what: &'static str) -> Result<[u8; 32]> {
        self.optional_hash(index, what)?
            .ok_or(StoreError::Corrupt { what })
    }

    pub(crate) fn optional_hash(
        &self,
        index: usize,
        what: &'static str,
    ) -> Result<Option<[u8; 32]>> {
        let bytes: Result<Option<Vec<u8>>> = column!(self, index, Option<Vec<u8>>);
        bytes?
            .map(|bytes| bytes.try_into().map_err(|_| StoreError::Corrupt { what }))
            .transpose()
    }

    pub(crate) fn bytes(&self, index: usize) -> Result<Vec<u8>> {
        column!(self, index, Vec<u8>)
    }

    /// A text column that holds an id.
    pub(crate) fn id<T: TryFrom<String>>(&self, index: usize, what: &'static str) -> Result<T> {
        T::try_from(self.text(index)?).map_err(|_| StoreError::Corrupt { what })
    }

    pub(crate) fn optional_id<T: TryFrom<String>>(
        &self,
        index: usize,
        what: &'static str,
    ) -> Result<Option<T>> {
        self.optional_text(index)?
            .map(|text| T::try_from(text).map_err(|_| StoreError::Corrupt { what }))
            .transpose()
    }
}
