//! Serves the newest snapshot: looked for at start, now and then, and when another node says so.
//! A torn or foreign file is refused, and the last good catalogue goes on serving.

use super::pause;
use crate::app::{App, RefusedSnapshot};
use seonmul_engine::catalogue::Catalogue;
use seonmul_store::SnapshotRow;
use std::sync::Arc;

/// What a look at the newest snapshot led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There is none yet.
    Nothing,
    /// It is being served already.
    Unchanged,
    /// It is being served from now on.
    Swapped,
    /// It was refused.
    Refused,
    /// The database did not answer.
    Unknown,
}

/// Looks again and again until the program is told to end.
pub async fn run(app: App) {
    let mut notices = app.cache.snapshot_notices();
    let mut noticing = true;
    loop {
        run_once(&app).await;
        let go_on = tokio::select! {
            go_on = pause(&app, app.config.snapshot_poll) => go_on,
            changed = notices.changed(), if noticing => { noticing = changed.is_ok(); true }
        };
        if !go_on {
            return;
        }
    }
}

/// Looks once.
pub async fn run_once(app: &App) -> Outcome {
    let row = match app.store.snapshot_latest().await {
        Ok(Some(row)) => row,
        Ok(None) => return Outcome::Nothing,
        Err(error) => {
            tracing::debug!("the newest snapshot could not be looked for: {error}");
            return Outcome::Unknown;
        }
    };
    let serving = app.catalogue.load_full();
    if serving.as_ref().is_some_and(|c| c.version() == row.version) {
        app.remember_refusal(None);
        return Outcome::Unchanged;
    }
    match open(app, &row).await {
        Ok(catalogue) => {
            let old = serving.as_ref().map(|c| c.version());
            app.metrics.snapshot_swapped(
                old,
                catalogue.version(),
                catalogue.built_at_ms(),
                catalogue.len(),
            );
            app.catalogue.store(Some(Arc::new(catalogue)));
            app.remember_refusal(None);
            tracing::info!(
                version = row.version,
                products = row.products,
                "serving another catalogue"
            );
            Outcome::Swapped
        }
        Err(reason) => {
            let refusal = RefusedSnapshot {
                version: row.version,
                reason,
            };
            // Told once for each reason, not at every look.
            if app.remember_refusal(Some(refusal.clone())) {
                app.metrics.snapshot_refused();
                tracing::error!(
                    version = refusal.version,
                    reason = refusal.reason,
                    "snapshot refused"
                );
            }
            Outcome::Refused
        }
    }
}

async fn open(app: &App, row: &SnapshotRow) -> Result<Catalogue, String> {
    let path = app.objects.local(&row.location).await;
    let path = path.map_err(|error| format!("{error:#}"))?;
    let engine = app.engine.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let catalogue = Catalogue::open(&path, &engine)?;
        catalogue.verify()?;
        Ok(catalogue)
    });
    let catalogue = opened
        .await
        .map_err(|_| "it made the reader panic".to_owned())?
        .map_err(|error: seonmul_engine::catalogue::SnapshotError| reason(&error))?;
    if catalogue.version() != row.version {
        return Err(format!("it holds version {} instead", catalogue.version()));
    }
    Ok(catalogue)
}

fn reason(error: &seonmul_engine::catalogue::SnapshotError) -> String {
    let source = std::error::Error::source(error)
        .map(|s| format!(": {s}"))
        .unwrap_or_default();
    format!("{error}{source}")
}
