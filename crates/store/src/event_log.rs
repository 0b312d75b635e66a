//! The files of the event log: which of them count. A reader goes by the list of one generation, so that files may come, be merged and go
//! without a row being seen twice or not at all.

use crate::connection::{BATCH_ROWS, Conn, Row, list, values};
use crate::error::{Result, StoreError};
use crate::ids::FileId;
use crate::store::Store;

/// A file of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Its id.
    pub file_id: FileId,
    /// The Korean day of its events, `YYYY-MM-DD`.
    pub day: String,
    /// Where it lies in the object store.
    pub location: String,
    /// Events in it.
    pub row_count: u64,
    /// Its size.
    pub bytes: u64,
    /// When it was written.
    pub created_ms: i64,
    /// Its place among the others; given by the store when it comes to count.
    pub generation: u64,
}

/// The files that count, as of one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogManifest {
    /// Grows with every change of the list.
    pub generation: u64,
    /// The files, by day and in the order in which they came to count.
    pub files: Vec<LogFile>,
}

const COLUMNS: &str = "file_id, day, location, row_count, bytes, created_ms, generation";

impl Store {
    /// The list of the files that count when it is newer than the one published last.
    pub async fn log_manifest_unpublished(&self) -> Result<Option<LogManifest>> {
        let sql = "SELECT a.value > b.value FROM counters a, counters b \
                   WHERE a.name = 'event_log_generation' AND b.name = 'event_log_published'";
        let row = self.fetch_optional(sql, &values![]).await?;
        if row.map(|row| row.int(0)).transpose()? != Some(1) {
            return Ok(None);
        }
        self.log_manifest().await.map(Some)
    }

    /// The list of the files that count.
    pub async fn log_manifest(&self) -> Result<LogManifest> {
        self.write((), |mut conn, ()| {
            Box::pin(async move {
                // Every change of the list holds this row until it commits, so list and number belong together.
                let generation = generation(&mut conn).await?;
                let mut files = Vec::new();
                loop {
                    let sql = format!(
                        "SELECT {COLUMNS} FROM log_files WHERE replaced_ms IS NULL AND file_id > ? ORDER BY file_id LIMIT 1000"
                    );
                    let after = files.last().map_or("", |file: &LogFile| file.file_id.as_str());
                    let rows = conn.fetch_all(sql, &values![after]).await?;
                    files.extend(rows.iter().map(read).collect::<Result<Vec<_>>>()?);
                    if rows.len() < BATCH_ROWS as usize {
                        break;
                    }
                }
                files.sort_by(|a, b| (&a.day, a.generation).cmp(&(&b.day, b.generation)));
                Ok(LogManifest { generation, files })
            })
        })
        .await
    }

    /// Notes that the list of a generation can be read by others.
    pub async fn log_manifest_published(&self, generation: u64) -> Result<()> {
        self.write(generation, |mut conn, &generation| {
            Box::pin(async move {
                let sql = "UPDATE counters SET value = ? WHERE name = 'event_log_published' AND value < ?";
                conn.execute(sql, &values![generation, generation]).await?;
                Ok(())
            })
        })
        .await
    }

    /// Days before `before_day` that lie in at least `files` files, oldest first, 100 at most.
    pub async fn log_days_in_pieces(&self, before_day: &str, files: u32) -> Result<Vec<String>> {
        let sql = "SELECT day FROM log_files WHERE replaced_ms IS NULL AND day < ? GROUP BY day HAVING COUNT(*) >= ? ORDER BY day LIMIT 100";
        let rows = self.fetch_all(sql, &values![before_day, files]).await?;
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// Up to `limit` (1,000 at most) of the smallest files of a day that count.
    pub async fn log_files_of_day(&self, day: &str, limit: u32) -> Result<Vec<LogFile>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM log_files WHERE replaced_ms IS NULL AND day = ? ORDER BY bytes, file_id LIMIT ?"
        );
        let rows = self
            .fetch_all(sql, &values![day, limit.min(BATCH_ROWS)])
            .await?;
        rows.iter().map(read).collect()
    }

    /// Puts one file in the place of several, all or nothing. `false` when one of them does not count any more.
    pub async fn log_files_replace(
        &self,
        old: &[FileId],
        new: &LogFile,
        now_ms: i64,
    ) -> Result<bool> {
        self.write(
            (old.to_vec(), new.clone(), now_ms),
            |mut conn, (old, new, now_ms)| {
                Box::pin(async move {
                    bump(&mut conn).await?;
                    let mut values = values![*now_ms].to_vec();
                    let sql = format!(
                        "UPDATE log_files SET replaced_ms = ? WHERE replaced_ms IS NULL AND file_id IN ({})",
                        list(&mut values, old)
                    );
                    if conn.execute(sql, &values).await? != old.len() as u64 {
                        return Err(StoreError::Conflict);
                    }
                    insert(&mut conn, new).await
                })
            },
        )
        .await
        .map(|()| true)
        .or_else(|error| match error {
            StoreError::Conflict => Ok(false),
            error => Err(error),
        })
    }

    /// Up to 1,000 files that were replaced before `before_ms`: nobody reads them any more.
    pub async fn log_files_replaced(&self, before_ms: i64) -> Result<Vec<LogFile>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM log_files WHERE replaced_ms < ? ORDER BY replaced_ms LIMIT 1000"
        );
        let rows = self.fetch_all(sql, &values![before_ms]).await?;
        rows.iter().map(read).collect()
    }

    /// Forgets files that were replaced and are gone.
    pub async fn log_files_forget(&self, files: &[FileId]) -> Result<()> {
        self.write(files.to_vec(), |mut conn, files| {
            Box::pin(async move {
                for chunk in files.chunks(BATCH_ROWS as usize) {
                    let mut values = Vec::new();
                    let sql = format!(
                        "DELETE FROM log_files WHERE replaced_ms IS NOT NULL AND file_id IN ({})",
                        list(&mut values, chunk)
                    );
                    conn.execute(sql, &values).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Whether a file is known, be it that it counts or that it was replaced.
    pub async fn log_file_is_known(&self, file: &FileId) -> Result<bool> {
        let sql = "SELECT 1 FROM log_files WHERE file_id = ?";
        Ok(self.fetch_optional(sql, &values![file]).await?.is_some())
    }
}

/// Adds files as part of the transaction that finishes their events.
pub(crate) async fn add(conn: &mut Conn<'_>, files: &[LogFile]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    bump(conn).await?;
    for file in files {
        insert(conn, file).await?;
    }
    Ok(())
}

async fn bump(conn: &mut Conn<'_>) -> Result<()> {
    let sql = "UPDATE counters SET value = value + 1 WHERE name = 'event_log_generation'";
    conn.execute(sql, &[]).await?;
    Ok(())
}

async fn generation(conn: &mut Conn<'_>) -> Result<u64> {
    let sql = conn.dialect(
        "SELECT value FROM counters WHERE name = 'event_log_generation'",
        "SELECT value FROM counters WHERE name = 'event_log_generation' FOR UPDATE",
    );
    let row = conn
        .fetch_optional(sql, &[])
        .await?
        .ok_or(StoreError::Corrupt { what: "a counter" })?;
    row.small(0, "a counter")
}

async fn insert(conn: &mut Conn<'_>, file: &LogFile) -> Result<()> {
    let sql = "INSERT INTO log_files (file_id, day, location, row_count, bytes, created_ms, generation) \
               SELECT ?, ?, ?, ?, ?, ?, value FROM counters WHERE name = 'event_log_generation'";
    let values = values![
        &file.file_id,
        &file.day,
        &file.location,
        file.row_count,
        file.bytes,
        file.created_ms
    ];
    conn.execute(sql, &values).await?;
    Ok(())
}

fn read(row: &Row) -> Result<LogFile> {
    Ok(LogFile {
        file_id: row.id(0, "a file's id")?,
        day: row.text(1)?,
        location: row.text(2)?,
        row_count: row.small(3, "a count of rows")?,
        bytes: row.small(4, "a size")?,
        created_ms: row.int(5)?,
        generation: row.small(6, "a generation")?,
    })
}
