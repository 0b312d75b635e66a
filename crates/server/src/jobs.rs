//! Work that no request waits for. Each job is idempotent and may run on every node.

pub mod build_catalogue;
pub mod delete_expired;
pub mod fill_catalogue;
pub mod run_builds;
pub mod swap_catalogue;

use crate::app::App;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often durations are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts everything that runs beside the requests; all of it ends soon after the program is told to.
pub fn start_all(app: &App) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(swap_catalogue::run(app.clone()));
    jobs.spawn(run_builds::run(app.clone()));
    jobs.spawn(delete_expired::run(app.clone()));
    jobs.spawn(keep_metrics(app.clone()));
    jobs
}

async fn keep_metrics(app: App) {
    while pause(&app, UPKEEP).await {
        app.metrics.upkeep();
    }
}

/// Waits; false when the program was told to end meanwhile.
async fn pause(app: &App, duration: Duration) -> bool {
    let mut ending = app.ending.subscribe();
    tokio::select! {
        () = tokio::time::sleep(duration) => true,
        _ = ending.wait_for(|ending| *ending) => false,
    }
}
