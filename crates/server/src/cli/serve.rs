//! `seonmul serve`: connect, make sure of a catalogue, listen, and end gracefully.

use crate::app::{App, AppState};
use crate::config::Config;
use crate::http::{router, serve};
use crate::jobs;
use anyhow::Context;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

/// How long jobs may take to stop. A build that is cut off is done again by whoever claims it next.
const JOBS_PATIENCE: Duration = Duration::from_secs(5);

pub async fn run(config: Config) -> anyhow::Result<()> {
    let listen = config.listen;
    // Bound first, so that a port in use is told at once and not after an import.
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (SEONMUL_LISTEN)"))?;
    let app = AppState::connect(config).await?;
    end_on_signal(&app)?;
    jobs::fill_catalogue::run_once(&app)
        .await
        .context("there is no catalogue to serve")?;
    let mut jobs = jobs::start_node(&app);
    if app.config.works {
        jobs::start_work(&app, &mut jobs);
    }
    let address = listener.local_addr()?;
    tracing::info!(%address, database = app.store.kind(), cache = app.cache.kind(), "listening");
    serve::serve(&app, listener, router::router(app.clone())).await;
    stop(&app, jobs).await;
    Ok(())
}

/// Lets jobs come to an end, and closes the database.
pub(super) async fn stop(app: &App, mut jobs: JoinSet<()>) {
    let stopped = tokio::time::timeout(JOBS_PATIENCE, async {
        while jobs.join_next().await.is_some() {}
    });
    if stopped.await.is_err() {
        tracing::warn!("some jobs did not stop in time");
    }
    app.store.close().await;
    tracing::info!("ended");
}

/// Makes the program end gracefully when it is told to, and at once when it is told twice.
pub(super) fn end_on_signal(app: &App) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("no signal handler")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("no signal handler")?;
    let app = app.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to end: finishing what is running");
        app.ending.send_replace(true);
        // Whoever asks twice does not want to wait.
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(1);
    });
    Ok(())
}
