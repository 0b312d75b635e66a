//! Forgets what has expired: guests with everything of theirs, and idempotency keys.

use super::pause;
use crate::app::App;
use std::time::Duration;

/// How long an event that was processed is recognised when it is delivered again.
const INBOX_MS: i64 = 14 * 24 * 3_600_000;
/// How long a reminder waits for its confirmation.
const UNCONFIRMED_MS: i64 = 7 * 24 * 3_600_000;
const EVERY: Duration = Duration::from_secs(10 * 60);
/// Deleted in one transaction, so that no other write waits long.
const BATCH: u32 = 200;

/// Forgets now and then until the program is told to end.
pub async fn run(app: App) {
    while pause(&app, EVERY).await {
        run_once(&app).await;
    }
}

/// Forgets everything that has expired by now.
pub async fn run_once(app: &App) {
    let now_ms = app.clock.now_ms();
    loop {
        match forget_some(app, now_ms).await {
            Ok(most) if most < u64::from(BATCH) => return,
            Ok(_) => {}
            Err(error) => {
                app.metrics.worker_failure("delete_expired");
                tracing::debug!("expired rows could not be deleted: {error}");
                return;
            }
        }
        if app.is_ending() {
            return;
        }
    }
}

/// Deletes up to one batch of everything, and gives the largest number of rows that were deleted of one kind.
async fn forget_some(app: &App, now_ms: i64) -> seonmul_store::Result<u64> {
    let store = &app.store;
    let keys = store.idempotency_delete_expired(now_ms, BATCH).await?;
    let guests = store.guest_delete_expired(now_ms, BATCH).await?;
    let done = store.inbox_delete_before(now_ms - INBOX_MS, BATCH).await?;
    let before_ms = now_ms - UNCONFIRMED_MS;
    let unconfirmed = store
        .reminder_delete_before("unconfirmed", before_ms, BATCH)
        .await?;
    Ok(keys.max(guests).max(done).max(unconfirmed))
}
