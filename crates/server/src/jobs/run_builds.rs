//! Claims builds that were asked for and does them. A node that dies leaves its claim to another one.

use super::build_catalogue::build;
use super::pause;
use crate::app::App;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A build that takes longer counts as abandoned.
const LEASE_MS: i64 = 15 * 60_000;

/// Looks for builds until the program is told to end.
pub async fn run(app: App) {
    loop {
        while let Some(true) = run_once(&app).await {}
        let go_on = tokio::select! {
            go_on = pause(&app, LOOK_EVERY) => go_on,
            () = app.build_requested.notified() => true,
        };
        if !go_on {
            return;
        }
    }
}

/// Does one build if one is waiting: true when there was one, `None` when the database did not answer.
pub async fn run_once(app: &App) -> Option<bool> {
    if app.is_ending() {
        return Some(false);
    }
    let claimed = match app.store.build_claim(app.clock.now_ms(), LEASE_MS).await {
        Ok(claimed) => claimed,
        Err(error) => {
            tracing::debug!("builds could not be looked for: {error}");
            return None;
        }
    };
    let Some(id) = claimed else {
        return Some(false);
    };
    let outcome = build(app, |_| {}).await;
    let (word, result) = match &outcome {
        Ok(row) => ("done", Ok(row.version.clone())),
        Err(error) => {
            tracing::error!("catalogue build failed: {error:#}");
            (
                "failed",
                Err(format!("{error:#}").chars().take(500).collect::<String>()),
            )
        }
    };
    app.metrics.build(word);
    let result = result.as_deref().map_err(String::as_str);
    // When this fails too, the lease runs out and the build is done again, which does no harm.
    if let Err(error) = app
        .store
        .build_finish(&id, result, app.clock.now_ms())
        .await
    {
        tracing::warn!("a build could not be marked as {word}: {error}");
    }
    Some(true)
}
