//! Guests: a hashed secret and three times. Everything else of a guest hangs on this row and leaves with it.

use crate::connection::{BATCH_ROWS, Conn, list, values};
use crate::error::{Result, StoreError};
use crate::ids::GuestKey;
use crate::store::Store;

/// A guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestRow {
    /// When the guest first came.
    pub created_ms: i64,
    /// When the guest was last seen, to about an hour.
    pub last_seen_ms: i64,
    /// When the guest and everything of theirs may be deleted.
    pub expires_ms: i64,
}

struct Visit {
    guest: GuestKey,
    now_ms: i64,
    expires_ms: i64,
}

impl Store {
    /// Stores a guest. One who exists is touched; one who expired begins anew, without anything from before.
    pub async fn guest_insert(&self, guest: &GuestKey, now_ms: i64, expires_ms: i64) -> Result<()> {
        self.write(
            Visit {
                guest: *guest,
                now_ms,
                expires_ms,
            },
            |conn, visit| Box::pin(insert(conn, visit)),
        )
        .await
    }

    /// The guest, unless absent or expired.
    pub async fn guest_fetch(&self, guest: &GuestKey, now_ms: i64) -> Result<Option<GuestRow>> {
        let sql = "SELECT created_ms, last_seen_ms, expires_ms FROM guests WHERE guest_key = ? AND expires_ms > ?";
        let Some(row) = self.fetch_optional(sql, &values![guest, now_ms]).await? else {
            return Ok(None);
        };
        Ok(Some(GuestRow {
            created_ms: row.int(0)?,
            last_seen_ms: row.int(1)?,
            expires_ms: row.int(2)?,
        }))
    }

    /// Notes a visit and moves the expiry, never to an earlier time; nothing happens to a guest who is absent or expired. Call it at most once an hour.
    pub async fn guest_touch(&self, guest: &GuestKey, now_ms: i64, expires_ms: i64) -> Result<()> {
        self.write(
            Visit {
                guest: *guest,
                now_ms,
                expires_ms,
            },
            |conn, visit| Box::pin(touch(conn, visit)),
        )
        .await
    }

    /// Keeps a guest until a later time than the last visit alone would, as for a reminder that lies ahead.
    pub async fn guest_keep(&self, guest: &GuestKey, until_ms: i64) -> Result<()> {
        self.write((*guest, until_ms), |mut conn, (guest, until_ms)| {
            Box::pin(async move {
                let sql = "UPDATE guests SET expires_ms = ? WHERE guest_key = ? AND expires_ms < ?";
                conn.execute(sql, &values![*until_ms, guest, *until_ms])
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Erases the guest and everything of theirs: interviews, answers, recommendations, items, events, idempotency keys and outbox rows.
    /// `false` when there was no such guest.
    pub async fn guest_erase(&self, guest: &GuestKey) -> Result<bool> {
        self.write(*guest, |mut conn, guest| {
            Box::pin(async move {
                Ok(conn
                    .execute("DELETE FROM guests WHERE guest_key = ?", &values![guest])
                    .await?
                    > 0)
            })
        })
        .await
    }

    /// Erases up to `limit` guests (1,000 at most) whose time is over and gives their number.
    pub async fn guest_delete_expired(&self, now_ms: i64, limit: u32) -> Result<u64> {
        self.write((now_ms, limit), |conn, &(now_ms, limit)| {
            Box::pin(delete_expired(conn, now_ms, limit))
        })
        .await
    }
}

async fn insert(mut conn: Conn<'_>, visit: &Visit) -> Result<()> {
    let Visit {
        guest,
        now_ms,
        expires_ms,
    } = visit;
    conn.execute(
        "DELETE FROM guests WHERE guest_key = ? AND expires_ms <= ?",
        &values![guest, *now_ms],
    )
    .await?;
    let sql =
        "INSERT INTO guests (guest_key, created_ms, last_seen_ms, expires_ms) VALUES (?, ?, ?, ?)";
    match conn
        .execute(sql, &values![guest, *now_ms, *now_ms, *expires_ms])
        .await
    {
        Err(StoreError::Conflict) => touch(conn, visit).await,
        outcome => outcome.map(|_| ()),
    }
}

async fn touch(mut conn: Conn<'_>, visit: &Visit) -> Result<()> {
    let Visit {
        guest,
        now_ms,
        expires_ms,
    } = visit;
    // A later time stays: the guest may be kept for a reminder.
    let sql = conn.dialect(
        "UPDATE guests SET last_seen_ms = ?, expires_ms = MAX(expires_ms, ?) WHERE guest_key = ? AND expires_ms > ?",
        "UPDATE guests SET last_seen_ms = ?, expires_ms = GREATEST(expires_ms, ?) WHERE guest_key = ? AND expires_ms > ?",
    );
    conn.execute(sql, &values![*now_ms, *expires_ms, guest, *now_ms])
        .await?;
    Ok(())
}

async fn delete_expired(mut conn: Conn<'_>, now_ms: i64, limit: u32) -> Result<u64> {
    let sql = "SELECT guest_key FROM guests WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?";
    let rows = conn
        .fetch_all(sql, &values![now_ms, limit.min(BATCH_ROWS)])
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let keys = rows
        .iter()
        .map(|row| row.hash(0, "a guest's key").map(GuestKey))
        .collect::<Result<Vec<_>>>()?;
    // The time is asked again: a guest may have come back since the query.
    let mut values = values![now_ms].to_vec();
    let sql = format!(
        "DELETE FROM guests WHERE expires_ms <= ? AND guest_key IN ({})",
        list(&mut values, &keys)
    );
    conn.execute(sql, &values).await
}
