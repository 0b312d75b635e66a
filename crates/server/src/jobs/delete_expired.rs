//! Forgets what has expired: guests with everything of theirs, and idempotency keys.

use super::pause;
use crate::app::App;
use std::time::Duration;

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
        let keys = app.store.idempotency_delete_expired(now_ms, BATCH).await;
        let guests = app.store.guest_delete_expired(now_ms, BATCH).await;
        match (keys, guests) {
            (Ok(keys), Ok(guests)) if keys < u64::from(BATCH) && guests < u64::from(BATCH) => {
                return;
            }
            (Ok(_), Ok(_)) => {}
            (Err(error), _) | (_, Err(error)) => {
                tracing::debug!("expired rows could not be deleted: {error}");
                return;
            }
        }
        if app.is_ending() {
            return;
        }
    }
}
