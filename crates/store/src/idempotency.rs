//! Idempotency keys: what was answered to a request that may come again. They are written in the transaction of the result they belong to.

use crate::connection::{BATCH_ROWS, Conn, Row, Value, powers, values};
use crate::error::{Result, StoreError};
use crate::ids::GuestKey;
use crate::store::Store;

/// A key to be stored with the answer it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyNew {
    /// What the client chose, at most 255 characters.
    pub key: String,
    /// SHA-256 of the request, by which the same key on another request is noticed.
    pub request_hash: [u8; 32],
    /// The HTTP status that was answered.
    pub status: u16,
    /// The body that was answered.
    pub response_json: String,
    /// When it is stored; a stored key that expired by then is replaced.
    pub created_ms: i64,
    /// From when it does not count any more.
    pub expires_ms: i64,
}

/// The stored answer of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// SHA-256 of the request.
    pub request_hash: [u8; 32],
    /// The HTTP status that was answered.
    pub status: u16,
    /// The body that was answered.
    pub response_json: String,
}

impl Store {
    /// The answer stored for a guest's key, unless absent or expired.
    pub async fn idempotency_fetch(
        &self,
        guest: &GuestKey,
        key: &str,
        now_ms: i64,
    ) -> Result<Option<IdempotencyRow>> {
        let row = self
            .fetch_optional(FETCH, &values![guest, key, now_ms])
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Deletes up to `limit` (1,000 at most) expired keys and gives their number.
    pub async fn idempotency_delete_expired(&self, now_ms: i64, limit: u32) -> Result<u64> {
        self.write((now_ms, limit), |conn, &(now_ms, limit)| {
            Box::pin(delete_expired(conn, now_ms, limit))
        })
        .await
    }
}

const FETCH: &str = "SELECT request_hash, status, response_json FROM idempotency WHERE guest_key = ? AND idempotency_key = ? AND expires_ms > ?";

fn read(row: &Row) -> Result<IdempotencyRow> {
    Ok(IdempotencyRow {
        request_hash: row.hash(0, "a request hash")?,
        status: row.small(1, "an HTTP status")?,
        response_json: row.text(2)?,
    })
}

/// Takes the key for the transaction it runs in, or gives the answer of whoever had it first. Two that come together wait for each
/// other here, at the unique key; [`StoreError::InProgress`] when the first one takes longer than a lock is waited for.
pub(crate) async fn take(
    conn: &mut Conn<'_>,
    guest: &GuestKey,
    new: &IdempotencyNew,
) -> Result<Option<IdempotencyRow>> {
    let insert = "INSERT INTO idempotency (guest_key, idempotency_key, request_hash, status, response_json, created_ms, expires_ms) \
                  VALUES (?, ?, ?, ?, ?, ?, ?)";
    let IdempotencyNew {
        key,
        request_hash,
        status,
        response_json,
        created_ms,
        expires_ms,
    } = new;
    let values = values![
        guest,
        key,
        request_hash,
        *status,
        response_json,
        *created_ms,
        *expires_ms
    ];
    match conn.execute(insert, &values).await {
        Err(StoreError::Conflict) => {}
        Err(error) if error.is_lock_timeout() => return Err(StoreError::InProgress),
        outcome => return outcome.map(|_| None),
    }
    if let Some(row) = conn
        .fetch_optional(FETCH, &values![guest, key, *created_ms])
        .await?
    {
        return read(&row).map(Some);
    }
    let replace = "UPDATE idempotency SET request_hash = ?, status = ?, response_json = ?, created_ms = ?, expires_ms = ? \
                   WHERE guest_key = ? AND idempotency_key = ? AND expires_ms <= ?";
    let values = values![
        request_hash,
        *status,
        response_json,
        *created_ms,
        *expires_ms,
        guest,
        key,
        *created_ms
    ];
    if conn.execute(replace, &values).await? == 0 {
        // Deleted or replaced by another node since the insert was refused; the caller's retry finds out which.
        return Err(StoreError::Conflict);
    }
    Ok(None)
}

async fn delete_expired(mut conn: Conn<'_>, now_ms: i64, limit: u32) -> Result<u64> {
    let sql = "SELECT guest_key, idempotency_key FROM idempotency WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?";
    let mut old = Vec::new();
    for row in conn
        .fetch_all(sql, &values![now_ms, limit.min(BATCH_ROWS)])
        .await?
    {
        old.push((GuestKey(row.hash(0, "a guest's key")?), row.text(1)?));
    }
    let mut deleted = 0;
    for chunk in powers(&old, 256) {
        let pairs = vec!["(guest_key = ? AND idempotency_key = ?)"; chunk.len()].join(" OR ");
        let mut values = values![now_ms].to_vec();
        values.extend(
            chunk
                .iter()
                .flat_map(|(guest, key)| [Value::from(guest), Value::from(key)]),
        );
        deleted += conn
            .execute(
                format!("DELETE FROM idempotency WHERE expires_ms <= ? AND ({pairs})"),
                &values,
            )
            .await?;
    }
    Ok(deleted)
}
