//! The outbox: events written in the transaction that caused them and handed out, at least once each, to whoever processes them.

use crate::connection::{BATCH_ROWS, Conn, Step, list, values};
use crate::error::Result;
use crate::ids::{EventId, GuestKey};
use crate::store::Store;

/// An event to be stored beside the change that caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// Its id, by which whoever processes it recognises a repetition.
    pub event_id: EventId,
    /// Whose it is; it leaves with the guest.
    pub guest: Option<GuestKey>,
    /// What happened.
    pub kind: String,
    /// The particulars, as JSON.
    pub payload_json: String,
    /// When it happened.
    pub created_ms: i64,
}

impl OutboxEvent {
    /// An event with a new id.
    pub fn new(guest: Option<GuestKey>, kind: &str, payload_json: String, created_ms: i64) -> Self {
        Self {
            event_id: EventId::random(),
            guest,
            kind: kind.to_owned(),
            payload_json,
            created_ms,
        }
    }
}

/// An event that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The event.
    pub event: OutboxEvent,
    /// How often it has been claimed, this time included.
    pub attempts: u32,
}

impl Store {
    /// How many events have not been processed.
    pub async fn outbox_pending_count(&self) -> Result<u64> {
        self.fetch_number("SELECT COUNT(*) FROM outbox").await
    }

    /// Takes up to `limit` (1,000 at most) of the oldest events that nobody holds, for `lease_ms`. An event that is not deleted by then is given out again.
    pub async fn outbox_claim(
        &self,
        now_ms: i64,
        lease_ms: i64,
        limit: u32,
    ) -> Result<Vec<OutboxRow>> {
        self.write(
            (now_ms, lease_ms, limit),
            |conn, &(now_ms, lease_ms, limit)| Box::pin(claim(conn, now_ms, lease_ms, limit)),
        )
        .await
    }

    /// Removes events that were processed and gives their number.
    pub async fn outbox_delete(&self, events: &[EventId]) -> Result<u64> {
        self.write(events.to_vec(), |mut conn, events| {
            Box::pin(async move {
                let mut deleted = 0;
                for chunk in events.chunks(BATCH_ROWS as usize) {
                    let mut values = Vec::new();
                    let sql = format!(
                        "DELETE FROM outbox WHERE event_id IN ({})",
                        list(&mut values, chunk)
                    );
                    deleted += conn.execute(sql, &values).await?;
                }
                Ok(deleted)
            })
        })
        .await
    }
}

/// Stores an event, as a step of the transaction of the change that caused it.
pub(crate) fn insert(event: &OutboxEvent) -> Step<'_> {
    let sql = "INSERT INTO outbox (event_id, guest_key, kind, payload_json, created_ms) VALUES (?, ?, ?, ?, ?)";
    let values = values![
        &event.event_id,
        event.guest.as_ref(),
        &event.kind,
        &event.payload_json,
        event.created_ms
    ];
    (sql.into(), values.to_vec())
}

async fn claim(
    mut conn: Conn<'_>,
    now_ms: i64,
    lease_ms: i64,
    limit: u32,
) -> Result<Vec<OutboxRow>> {
    let sql = conn.dialect(
        "SELECT event_id, guest_key, kind, payload_json, created_ms, attempts FROM outbox WHERE lease_ms <= ? ORDER BY sequence LIMIT ?",
        "SELECT event_id, guest_key, kind, payload_json, created_ms, attempts FROM outbox WHERE lease_ms <= ? ORDER BY sequence LIMIT ? \
         FOR UPDATE SKIP LOCKED",
    );
    let mut claimed = Vec::new();
    for row in conn
        .fetch_all(sql, &values![now_ms, limit.min(BATCH_ROWS)])
        .await?
    {
        let event = OutboxEvent {
            event_id: row.id(0, "an event's id")?,
            guest: row.optional_hash(1, "a guest's key")?.map(GuestKey),
            kind: row.text(2)?,
            payload_json: row.text(3)?,
            created_ms: row.int(4)?,
        };
        claimed.push(OutboxRow {
            event,
            attempts: row
                .small::<u32>(5, "a count of attempts")?
                .saturating_add(1),
        });
    }
    if !claimed.is_empty() {
        let mut values = values![now_ms.saturating_add(lease_ms)].to_vec();
        let sql = format!(
            "UPDATE outbox SET lease_ms = ?, attempts = attempts + 1 WHERE event_id IN ({})",
            list(&mut values, claimed.iter().map(|row| &row.event.event_id))
        );
        conn.execute(sql, &values).await?;
    }
    Ok(claimed)
}
