//! Work that no request waits for. Each job is idempotent and may run on every node.

pub mod build_catalogue;
pub mod delete_expired;
pub mod fill_catalogue;
pub mod log_events;
pub mod run_builds;
pub mod send_mails;
pub mod swap_catalogue;

use crate::app::App;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often durations are folded into their buckets, and what waits is counted.
const UPKEEP: Duration = Duration::from_secs(10);

/// Starts what every node needs beside the requests; all of it ends soon after the program is told to.
pub fn start_node(app: &App) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(swap_catalogue::run(app.clone()));
    jobs.spawn(keep_metrics(app.clone()));
    jobs
}

/// Adds the work of a worker, which any number of processes may share.
pub fn start_work(app: &App, jobs: &mut JoinSet<()>) {
    jobs.spawn(run_builds::run(app.clone()));
    jobs.spawn(delete_expired::run(app.clone()));
    jobs.spawn(log_events::run(app.clone()));
    jobs.spawn(send_mails::run(app.clone()));
}

/// Does all of the work that can be done now.
///
/// # Errors
/// When the database or the object store cannot be reached.
pub async fn work_once(app: &App) -> anyhow::Result<()> {
    while let Some(true) = run_builds::run_once(app).await {}
    delete_expired::run_once(app).await;
    while log_events::run_once(app, Duration::ZERO).await? != log_events::Outcome::Idle {}
    while send_mails::run_once(app).await? > 0 {}
    log_events::compact(app).await?;
    log_events::sweep(app).await?;
    Ok(())
}

async fn keep_metrics(app: App) {
    while pause(&app, UPKEEP).await {
        app.metrics.upkeep();
        let now_ms = app.clock.now_ms();
        // While the database is away, the figures stay as they were, and the readiness says why.
        if let Ok(status) = app.store.outbox_status().await {
            app.metrics.outbox(&status, now_ms);
        }
        if let Ok(status) = app.store.mail_status(now_ms).await {
            app.metrics.mails_waiting(&status, now_ms);
        }
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
