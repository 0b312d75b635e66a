//! Guests: who they are without ever knowing who they are. A session is read through the cache; losing the cache costs a query.

use crate::app::AppState;
use crate::error::{Error, Result};
use seonmul_store::{GuestId, GuestKey};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const SESSION_TTL: Duration = Duration::from_secs(60);
/// A visit is written down at most once an hour.
const TOUCH_AFTER_MS: i64 = 3_600_000;

/// What the cache keeps of a guest.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Session {
    last_seen_ms: i64,
    expires_ms: i64,
}

/// A guest who has just come.
#[derive(Debug)]
pub struct NewGuest {
    /// The secret that only the guest keeps.
    pub guest_id: GuestId,
    /// When everything of the guest is forgotten, unless there is another visit.
    pub expires_ms: i64,
}

/// Lets a new guest in.
pub async fn create(app: &AppState) -> Result<NewGuest> {
    let guest_id = GuestId::random();
    let now_ms = app.clock.now_ms();
    let expires_ms = expiry(app, now_ms);
    app.store
        .guest_insert(&guest_id.key(), now_ms, expires_ms)
        .await?;
    Ok(NewGuest {
        guest_id,
        expires_ms,
    })
}

/// The key of a guest who is known and has not expired.
///
/// # Errors
/// [`Error::GuestUnknown`] for anybody else.
pub async fn authenticate(app: &AppState, guest_id: &GuestId) -> Result<GuestKey> {
    let guest = guest_id.key();
    let now_ms = app.clock.now_ms();
    let session = match cached(app, &guest).await {
        Some(session) => session,
        None => read(app, &guest, now_ms).await?,
    };
    if session.expires_ms <= now_ms {
        return Err(Error::GuestUnknown);
    }
    if now_ms - session.last_seen_ms > TOUCH_AFTER_MS {
        touch(app, &guest, now_ms).await;
    }
    Ok(guest)
}

/// Keeps a guest until a later time than the last visit alone would.
pub async fn keep(app: &AppState, guest: &GuestKey, until_ms: i64) -> Result<()> {
    app.store.guest_keep(guest, until_ms).await?;
    app.cache.delete(&cache_key(guest)).await;
    Ok(())
}

/// Forgets everything of a guest.
pub async fn erase(app: &AppState, guest: &GuestKey) -> Result<()> {
    let key = cache_key(guest);
    app.cache.delete(&key).await;
    let erased = app.store.guest_erase(guest).await;
    // A request in flight may have put the session back while the rows went away.
    app.cache.delete(&key).await;
    erased?;
    Ok(())
}

async fn cached(app: &AppState, guest: &GuestKey) -> Option<Session> {
    serde_json::from_slice(&app.cache.get(&cache_key(guest)).await?).ok()
}

async fn read(app: &AppState, guest: &GuestKey, now_ms: i64) -> Result<Session> {
    let row = app
        .store
        .guest_fetch(guest, now_ms)
        .await?
        .ok_or(Error::GuestUnknown)?;
    let session = Session {
        last_seen_ms: row.last_seen_ms,
        expires_ms: row.expires_ms,
    };
    remember(app, guest, session).await;
    Ok(session)
}

/// Writes a visit down. A failure is left to the call that follows: it will meet the same database.
async fn touch(app: &AppState, guest: &GuestKey, now_ms: i64) {
    let expires_ms = expiry(app, now_ms);
    match app.store.guest_touch(guest, now_ms, expires_ms).await {
        // The next request reads the row again, which may name a later time.
        Ok(()) => app.cache.delete(&cache_key(guest)).await,
        Err(error) => tracing::debug!("a visit was not written down: {error}"),
    }
}

async fn remember(app: &AppState, guest: &GuestKey, session: Session) {
    if let Ok(bytes) = serde_json::to_vec(&session) {
        app.cache.put(&cache_key(guest), &bytes, SESSION_TTL).await;
    }
}

fn cache_key(guest: &GuestKey) -> String {
    format!("guest:{}", guest.to_hex())
}

fn expiry(app: &AppState, now_ms: i64) -> i64 {
    now_ms + i64::try_from(app.config.guest_retention.as_millis()).unwrap_or(i64::MAX / 2)
}
