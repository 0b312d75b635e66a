//! Keeps the event log easy to read: the files of a day that is over become one, and what does not count is removed.

use super::{FOLDER, rows, today, write};
use crate::app::App;
use seonmul_store::{FileId, LogFile};

/// Days that lie in fewer files are left as they are.
const LEAST_FILES: u32 = 4;
/// Files that are merged at a time; memory is bounded by their rows.
const MERGED_FILES: u32 = 64;
/// Bytes that are merged at a time.
const MERGED_BYTES: u64 = 64 * 1024 * 1024;
/// How long a file stays after it was replaced, for readers who hold an older list.
const GRACE_MS: i64 = 3_600_000;
/// A file that is in no list by then belongs to a worker that died.
const ORPHAN_MS: i64 = 24 * 3_600_000;

/// Merges files of days that are over; gives how many were replaced.
///
/// # Errors
/// When the database or the object store cannot be reached; nothing is changed then.
pub async fn compact(app: &App) -> anyhow::Result<usize> {
    let mut replaced = 0;
    let days = app
        .store
        .log_days_in_pieces(&today(&app.clock), LEAST_FILES)
        .await?;
    for day in days {
        let mut files = app.store.log_files_of_day(&day, MERGED_FILES).await?;
        let mut bytes = 0;
        files.retain(|file| {
            bytes += file.bytes;
            bytes <= MERGED_BYTES
        });
        if files.len() >= LEAST_FILES as usize {
            replaced += merge(app, &day, &files).await?;
        }
    }
    Ok(replaced)
}

async fn merge(app: &App, day: &str, files: &[LogFile]) -> anyhow::Result<usize> {
    let mut ordered: Vec<&LogFile> = files.iter().collect();
    ordered.sort_by_key(|file| file.generation);
    let mut all = Vec::new();
    for file in ordered {
        all.extend(rows::decode(app.objects.read(&file.location).await?)?);
    }
    let merged = write(app, day, &all).await?;
    let old: Vec<FileId> = files.iter().map(|file| file.file_id.clone()).collect();
    let now_ms = app.clock.now_ms();
    if app.store.log_files_replace(&old, &merged, now_ms).await? {
        return Ok(old.len());
    }
    // Another worker was quicker.
    app.objects.delete(&[merged.location]).await?;
    Ok(0)
}

/// Removes files that were replaced a while ago, and those that never came to count; gives how many.
///
/// # Errors
/// When the database or the object store cannot be reached.
pub async fn sweep(app: &App) -> anyhow::Result<usize> {
    let now_ms = app.clock.now_ms();
    let replaced = app.store.log_files_replaced(now_ms - GRACE_MS).await?;
    let locations: Vec<String> = replaced.iter().map(|file| file.location.clone()).collect();
    app.objects.delete(&locations).await?;
    let ids: Vec<FileId> = replaced.into_iter().map(|file| file.file_id).collect();
    app.store.log_files_forget(&ids).await?;

    let mut orphans = Vec::new();
    for object in app.objects.list(FOLDER).await? {
        let name = object.location.rsplit('/').next().unwrap_or_default();
        let Some(id) = name.strip_suffix(".parquet").and_then(FileId::parse) else {
            continue;
        };
        if object.written_ms < now_ms - ORPHAN_MS && !app.store.log_file_is_known(&id).await? {
            orphans.push(object.location);
        }
    }
    app.objects.delete(&orphans).await?;
    Ok(ids.len() + orphans.len())
}
