//! Moves events from the outbox into the event log: Parquet files in the object store, one folder for each Korean day.
//!
//! A file counts once the transaction that takes its events out of the outbox has committed; that transaction holds only while the claim
//! does. A file of a worker that died, or that lost its claim, is therefore in no list, and is swept away later. Readers go by the newest
//! list (`manifests/`), which names the files that count as of one moment.

mod compact;
pub mod rows;

use super::pause;
use crate::app::App;
use crate::clock::{Clock, korean_date};
use bytes::Bytes;
use rows::{Pseudonyms, Row};
use seonmul_store::{FileId, Finished, LogFile, LogManifest, OutboxRow};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

pub use compact::{compact, sweep};

/// Where the event log lies in the object store; the number is that of its schema.
pub const FOLDER: &str = "events/v1";
/// Events taken at a time.
const BATCH: u32 = 1_000;
/// A worker that takes longer to write a file has lost its events to another one.
const LEASE_MS: i64 = 60_000;
/// Longest pause after failures, such as those of an object store that is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often it is looked whether days should be merged and leftovers removed.
const TIDY_EVERY_MS: i64 = 10 * 60_000;
/// Lists that stay, so that a reader who has just looked still finds its own.
const KEPT_MANIFESTS: usize = 10;

/// What one step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// So many events were taken over.
    Logged(usize),
    /// There was nothing to do.
    Idle,
    /// Another worker was quicker; nothing was done.
    Lost,
}

/// The list of files that a reader goes by.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    schema: &'static str,
    generation: u64,
    files: Vec<ManifestFile<'a>>,
}

#[derive(Debug, Serialize)]
struct ManifestFile<'a> {
    location: &'a str,
    day: &'a str,
    rows: u64,
    bytes: u64,
}

/// Logs events until the program is told to end.
pub async fn run(app: App) {
    let (mut failures, mut tidied_ms) = (0_u32, i64::MIN);
    loop {
        let wait = match run_once(&app, app.config.event_log_delay).await {
            Ok(Outcome::Logged(_) | Outcome::Lost) => {
                failures = 0;
                Duration::ZERO
            }
            Ok(Outcome::Idle) => {
                failures = 0;
                let now_ms = app.clock.now_ms();
                if now_ms.saturating_sub(tidied_ms) >= TIDY_EVERY_MS {
                    tidied_ms = now_ms;
                    tidy(&app).await;
                }
                Duration::from_secs(1)
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                if failures == 1 || failures.is_multiple_of(60) {
                    tracing::warn!("events could not be logged: {error:#}");
                }
                app.metrics.worker_failure("log_events");
                LONGEST_PAUSE.min(Duration::from_millis(500) * 2_u32.pow(failures.min(8)))
            }
        };
        if app.is_ending() || (!wait.is_zero() && !pause(&app, wait).await) {
            return;
        }
    }
}

async fn tidy(app: &App) {
    if let Err(error) = compact(app).await {
        tracing::warn!("the event log could not be merged: {error:#}");
    }
    if let Err(error) = sweep(app).await {
        tracing::warn!("leftovers of the event log could not be removed: {error:#}");
    }
}

/// Logs one batch, if one is full or its oldest event has waited for `delay`; small files are dear to read.
///
/// # Errors
/// When the database or the object store cannot be reached. The events are then given back.
pub async fn run_once(app: &App, delay: Duration) -> anyhow::Result<Outcome> {
    publish_manifest(app).await?;
    let (waiting, oldest_ms) = app.store.outbox_waiting(BATCH).await?;
    let waited_ms = oldest_ms.map(|oldest| app.clock.now_ms() - oldest);
    let delay_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
    // A clock that was set back must not hold events up for hours.
    let is_due = waited_ms.is_some_and(|waited| waited >= delay_ms || waited < 0);
    if waiting < u64::from(BATCH) && !is_due {
        return Ok(Outcome::Idle);
    }
    let claimed = match app
        .store
        .outbox_claim(app.clock.now_ms(), LEASE_MS, BATCH)
        .await
    {
        Ok(claimed) => claimed,
        Err(seonmul_store::StoreError::Conflict) => return Ok(Outcome::Lost),
        Err(error) => return Err(error.into()),
    };
    if claimed.is_empty() {
        return Ok(Outcome::Idle);
    }
    let outcome = log(app, &claimed).await;
    if outcome.is_err() {
        // Should this fail too, the lease runs out.
        let _ = app.store.outbox_release(&claimed, app.clock.now_ms()).await;
    }
    let outcome = outcome?;
    publish_manifest(app).await?;
    Ok(outcome)
}

async fn log(app: &App, claimed: &[OutboxRow]) -> anyhow::Result<Outcome> {
    let mut guests: Vec<_> = claimed.iter().filter_map(|row| row.event.guest).collect();
    guests.sort_by_key(seonmul_store::GuestKey::to_hex);
    guests.dedup();
    let keys = app.store.guest_log_keys(&guests).await?;
    let now_ms = app.clock.now_ms();
    let (mut by_day, mut logged) = (BTreeMap::<String, Vec<Row>>::new(), Vec::new());
    for row in claimed {
        let names = row.event.guest.and_then(|guest| keys.get(&guest));
        match Row::of(
            &row.event,
            names.map(|key| Pseudonyms::new(key, row.event.created_ms)),
        ) {
            Ok(read) => {
                by_day
                    .entry(korean_date(row.event.created_ms))
                    .or_default()
                    .push(read);
                logged.push(row.clone());
            }
            // It will never be readable, and must not hold up the others.
            Err(reason) => {
                tracing::error!(
                    event = row.event.event_id.as_str(),
                    "event given up: {reason}"
                );
                app.store.outbox_bury(row, &reason, now_ms).await?;
            }
        }
    }
    let mut files = Vec::with_capacity(by_day.len());
    for (day, rows) in by_day {
        files.push(write(app, &day, &rows).await?);
    }
    let finished = app.store.outbox_finish(&logged, &files, now_ms).await?;
    if finished == Finished::Lost {
        let locations: Vec<String> = files.into_iter().map(|file| file.location).collect();
        // The sweep finds them too.
        let _ = app.objects.delete(&locations).await;
        app.store.outbox_release(&logged, now_ms).await?;
        return Ok(Outcome::Lost);
    }
    app.metrics.events_logged(logged.len());
    Ok(Outcome::Logged(logged.len()))
}

/// Writes a new file of a day.
async fn write(app: &App, day: &str, rows: &[Row]) -> anyhow::Result<LogFile> {
    let file_id = FileId::random();
    let location = format!("{FOLDER}/day={day}/{file_id}.parquet");
    let bytes = rows::encode(rows)?;
    let size = bytes.len() as u64;
    app.objects.create(&location, Bytes::from(bytes)).await?;
    Ok(LogFile {
        file_id,
        day: day.to_owned(),
        location,
        row_count: rows.len() as u64,
        bytes: size,
        created_ms: app.clock.now_ms(),
        generation: 0,
    })
}

/// Lets readers know of the files that count by now. Lists are numbered and never replaced, so the one with the highest number is the
/// newest, whichever worker wrote it.
async fn publish_manifest(app: &App) -> anyhow::Result<()> {
    let Some(LogManifest { generation, files }) = app.store.log_manifest_unpublished().await?
    else {
        return Ok(());
    };
    let manifest = Manifest {
        schema: rows::SCHEMA_NAME,
        generation,
        files: files
            .iter()
            .map(|file| ManifestFile {
                location: &file.location,
                day: &file.day,
                rows: file.row_count,
                bytes: file.bytes,
            })
            .collect(),
    };
    let location = format!("{FOLDER}/manifests/{generation:012}.json");
    let bytes = serde_json::to_vec_pretty(&manifest)?;
    app.objects.create(&location, bytes.into()).await?;
    app.store.log_manifest_published(generation).await?;
    if generation.is_multiple_of(KEPT_MANIFESTS as u64) {
        let mut listed = app.objects.list(&format!("{FOLDER}/manifests")).await?;
        listed.sort_by(|a, b| b.location.cmp(&a.location));
        let old = listed.into_iter().skip(KEPT_MANIFESTS);
        let old: Vec<String> = old.map(|object| object.location).collect();
        app.objects.delete(&old).await?;
    }
    Ok(())
}

/// The Korean day that it is.
fn today(clock: &Clock) -> String {
    korean_date(clock.now_ms())
}
