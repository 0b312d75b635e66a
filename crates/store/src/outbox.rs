//! The outbox: events written in the transaction that caused them and handed out, at least once each, to whoever processes them.

use crate::connection::{BATCH_ROWS, Conn, Step, Value, groups, list, powers, values};
use crate::error::{Result, StoreError};
use crate::event_log::{self, LogFile};
use crate::ids::{EventId, GuestKey, random_bytes};
use crate::store::Store;
use std::collections::HashMap;

/// Longest reason that is kept.
const REASON_CHARS: usize = 512;

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
    /// Until when it is held; with `attempts` this tells one claim from every other.
    pub lease_ms: i64,
}

/// What waits and what was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxStatus {
    /// Events not processed yet.
    pub pending: u64,
    /// When the oldest of them happened.
    pub oldest_ms: Option<i64>,
    /// Events that were given up.
    pub dead: u64,
}

/// An event that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event's id.
    pub event_id: EventId,
    /// What happened.
    pub kind: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was given up.
    pub reason: String,
    /// When it was given up.
    pub dead_ms: i64,
}

/// What became of finished work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// It counts.
    Done,
    /// Some of the events are not held by this claim any more: another worker has them, or their guest was erased. Nothing was changed.
    Lost,
}

/// Longest lease or pause of an event. One that ends later was written by a clock that was wrong, and does not count.
const LONGEST_LEASE_MS: i64 = 2 * 3_600_000;

impl Store {
    /// How much waits and how much was given up.
    pub async fn outbox_status(&self) -> Result<OutboxStatus> {
        let sql =
            "SELECT COUNT(*), MIN(created_ms), (SELECT COUNT(*) FROM dead_letters) FROM outbox";
        let row = self
            .fetch_optional(sql, &values![])
            .await?
            .ok_or(StoreError::Corrupt { what: "a counter" })?;
        Ok(OutboxStatus {
            pending: row.small(0, "a counter")?,
            oldest_ms: row.optional_int(1)?,
            dead: row.small(2, "a counter")?,
        })
    }

    /// How many events wait, counted up to `limit`, and when the oldest of them happened.
    pub async fn outbox_waiting(&self, limit: u32) -> Result<(u64, Option<i64>)> {
        let sql = "SELECT COUNT(*), MIN(created_ms) FROM (SELECT created_ms FROM outbox ORDER BY sequence LIMIT ?) waiting";
        let row = self
            .fetch_optional(sql, &values![limit])
            .await?
            .ok_or(StoreError::Corrupt { what: "a counter" })?;
        Ok((row.small(0, "a counter")?, row.optional_int(1)?))
    }

    /// Takes up to `limit` (1,000 at most) of the oldest events that nobody holds, for `lease_ms` (two hours at most). An event that is not
    /// finished by then is given out again. An event is never given out while an earlier one of the same guest is held by somebody else,
    /// so a guest's events are processed in their order. Events that the inbox knows are deleted instead.
    pub async fn outbox_claim(
        &self,
        now_ms: i64,
        lease_ms: i64,
        limit: u32,
    ) -> Result<Vec<OutboxRow>> {
        self.write(
            (now_ms, lease_ms.min(LONGEST_LEASE_MS), limit),
            |conn, &(now_ms, lease_ms, limit)| Box::pin(claim(conn, now_ms, lease_ms, limit)),
        )
        .await
    }

    /// Removes events whose effect took place, notes them in the inbox, and adds the files of the event log that hold them, all or
    /// nothing. [`Finished::Lost`] unless this claim holds every one of them.
    pub async fn outbox_finish(
        &self,
        claimed: &[OutboxRow],
        files: &[LogFile],
        now_ms: i64,
    ) -> Result<Finished> {
        self.write(
            (claimed.to_vec(), files.to_vec(), now_ms),
            |conn, (claimed, files, now_ms)| Box::pin(finish(conn, claimed, files, *now_ms)),
        )
        .await
    }

    /// Gives events back that could not be processed; nobody gets them before `not_before_ms` (two hours ahead at most). Those that this
    /// claim does not hold any more are left alone.
    pub async fn outbox_release(&self, claimed: &[OutboxRow], not_before_ms: i64) -> Result<()> {
        self.write(
            (claimed.to_vec(), not_before_ms),
            |mut conn, (claimed, not_before_ms)| {
                Box::pin(async move {
                    for row in still_held(&mut conn, claimed).await? {
                        let sql = "UPDATE outbox SET lease_ms = ? WHERE event_id = ?";
                        conn.execute(sql, &values![*not_before_ms, &row.event.event_id])
                            .await?;
                    }
                    Ok(())
                })
            },
        )
        .await
    }

    /// Gives an event up and keeps it among the dead letters with the reason (512 characters at most). `false` when this claim does not
    /// hold it any more.
    pub async fn outbox_bury(&self, row: &OutboxRow, reason: &str, now_ms: i64) -> Result<bool> {
        self.write(
            (row.clone(), reason.to_owned(), now_ms),
            |conn, (row, reason, now_ms)| Box::pin(bury(conn, row, reason, *now_ms)),
        )
        .await
    }

    /// The dead letters, newest first, 1,000 at most.
    pub async fn dead_letter_list(&self, limit: u32) -> Result<Vec<DeadLetter>> {
        let sql = "SELECT event_id, kind, attempts, reason, dead_ms FROM dead_letters ORDER BY dead_ms DESC, event_id DESC LIMIT ?";
        let rows = self.fetch_all(sql, &values![limit.min(BATCH_ROWS)]).await?;
        rows.iter()
            .map(|row| {
                Ok(DeadLetter {
                    event_id: row.id(0, "an event's id")?,
                    kind: row.text(1)?,
                    attempts: row.small(2, "a count of attempts")?,
                    reason: row.text(3)?,
                    dead_ms: row.int(4)?,
                })
            })
            .collect()
    }

    /// Puts up to 1,000 of the oldest dead letters back into the outbox and gives their number.
    pub async fn dead_letter_retry(&self) -> Result<u64> {
        self.write((), |mut conn, ()| {
            Box::pin(async move {
                let sql = "SELECT event_id FROM dead_letters ORDER BY dead_ms, event_id LIMIT 1000";
                let mut ids: Vec<EventId> = Vec::new();
                for row in conn.fetch_all(sql, &values![]).await? {
                    ids.push(row.id(0, "an event's id")?);
                }
                for id in &ids {
                    let back = "INSERT INTO outbox (event_id, guest_key, kind, payload_json, created_ms) \
                                SELECT event_id, guest_key, kind, payload_json, created_ms FROM dead_letters WHERE event_id = ?";
                    conn.execute(back, &values![id]).await?;
                    conn.execute("DELETE FROM dead_letters WHERE event_id = ?", &values![id])
                        .await?;
                }
                Ok(ids.len() as u64)
            })
        })
        .await
    }

    /// Deletes up to `limit` (1,000 at most) entries of the inbox that are older than `before_ms`, and gives their number.
    pub async fn inbox_delete_before(&self, before_ms: i64, limit: u32) -> Result<u64> {
        self.write((before_ms, limit), |mut conn, &(before_ms, limit)| {
            Box::pin(async move {
                let sql = "SELECT event_id FROM inbox WHERE done_ms < ? ORDER BY done_ms LIMIT ?";
                let mut ids: Vec<EventId> = Vec::new();
                for row in conn
                    .fetch_all(sql, &values![before_ms, limit.min(BATCH_ROWS)])
                    .await?
                {
                    ids.push(row.id(0, "an event's id")?);
                }
                delete_events(&mut conn, "inbox", &ids).await
            })
        })
        .await
    }

    /// The keys that pseudonyms of these guests are made with; a guest who has none yet gets one. Guests who do not exist are left out.
    pub async fn guest_log_keys(&self, guests: &[GuestKey]) -> Result<HashMap<GuestKey, [u8; 32]>> {
        self.write(guests.to_vec(), |conn, guests| {
            Box::pin(log_keys(conn, guests))
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

/// Claims are taken one after the other: whoever changes the counter first goes first. On Galera, where locks hold within a node, the
/// change of that one row also makes one of two claims lose.
async fn claim(
    mut conn: Conn<'_>,
    now_ms: i64,
    lease_ms: i64,
    limit: u32,
) -> Result<Vec<OutboxRow>> {
    let limit = limit.min(BATCH_ROWS);
    let latest_ms = now_ms.saturating_add(LONGEST_LEASE_MS);
    let free = "SELECT event_id, guest_key, kind, payload_json, created_ms, attempts FROM outbox o \
                WHERE (lease_ms <= ? OR lease_ms > ?) AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.guest_key = o.guest_key \
                AND e.sequence < o.sequence AND e.lease_ms > ? AND e.lease_ms <= ?) ORDER BY sequence LIMIT ?";
    let free_values = values![now_ms, latest_ms, now_ms, latest_ms, limit];
    conn.execute(
        "UPDATE counters SET value = value + 1 WHERE name = 'outbox_claim'",
        &[],
    )
    .await?;
    let lease_ms = now_ms.saturating_add(lease_ms);
    let mut claimed = Vec::new();
    for row in conn.fetch_all(free, &free_values).await? {
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
            lease_ms,
        });
    }
    if claimed.is_empty() {
        return Ok(claimed);
    }
    let mut values = Vec::new();
    let sql = format!(
        "SELECT event_id FROM inbox WHERE event_id IN ({})",
        list(&mut values, claimed.iter().map(|row| &row.event.event_id))
    );
    let mut done: Vec<EventId> = Vec::new();
    for row in conn.fetch_all(sql, &values).await? {
        done.push(row.id(0, "an event's id")?);
    }
    delete_events(&mut conn, "outbox", &done).await?;
    claimed.retain(|row| !done.contains(&row.event.event_id));
    if claimed.is_empty() {
        return Ok(claimed);
    }
    let mut values = values![lease_ms].to_vec();
    let sql = format!(
        "UPDATE outbox SET lease_ms = ?, attempts = attempts + 1 WHERE event_id IN ({})",
        list(&mut values, claimed.iter().map(|row| &row.event.event_id))
    );
    if conn.execute(sql, &values).await? != claimed.len() as u64 {
        // A guest was erased since the query. The next claim sees it.
        return Err(StoreError::Conflict);
    }
    Ok(claimed)
}

/// Those of the events that this very claim still holds, locked until the transaction ends.
async fn still_held<'r>(
    conn: &mut Conn<'_>,
    claimed: &'r [OutboxRow],
) -> Result<Vec<&'r OutboxRow>> {
    let mut held = HashMap::with_capacity(claimed.len());
    for chunk in claimed.chunks(BATCH_ROWS as usize) {
        let mut values = Vec::new();
        let marks = list(&mut values, chunk.iter().map(|row| &row.event.event_id));
        let lock = conn.dialect("", " FOR UPDATE");
        let sql = format!(
            "SELECT event_id, attempts, lease_ms FROM outbox WHERE event_id IN ({marks}){lock}"
        );
        for row in conn.fetch_all(sql, &values).await? {
            held.insert(row.text(0)?, (row.int(1)?, row.int(2)?));
        }
    }
    Ok(claimed
        .iter()
        .filter(|row| {
            held.get(row.event.event_id.as_str()) == Some(&(i64::from(row.attempts), row.lease_ms))
        })
        .collect())
}

async fn finish(
    mut conn: Conn<'_>,
    claimed: &[OutboxRow],
    files: &[LogFile],
    now_ms: i64,
) -> Result<Finished> {
    if still_held(&mut conn, claimed).await?.len() != claimed.len() {
        return Ok(Finished::Lost);
    }
    for chunk in powers(claimed, 256) {
        let sql = format!(
            "INSERT INTO inbox (event_id, done_ms) VALUES {}",
            groups(chunk.len(), 2)
        );
        let values: Vec<Value<'_>> = chunk
            .iter()
            .flat_map(|row| values![&row.event.event_id, now_ms])
            .collect();
        conn.execute(sql, &values).await?;
    }
    let ids: Vec<EventId> = claimed
        .iter()
        .map(|row| row.event.event_id.clone())
        .collect();
    delete_events(&mut conn, "outbox", &ids).await?;
    event_log::add(&mut conn, files).await?;
    Ok(Finished::Done)
}

async fn bury(mut conn: Conn<'_>, row: &OutboxRow, reason: &str, now_ms: i64) -> Result<bool> {
    if still_held(&mut conn, std::slice::from_ref(row))
        .await?
        .is_empty()
    {
        return Ok(false);
    }
    let reason: String = reason.chars().take(REASON_CHARS).collect();
    let sql = "INSERT INTO dead_letters (event_id, guest_key, kind, payload_json, created_ms, attempts, reason, dead_ms) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let event = &row.event;
    let values = values![
        &event.event_id,
        event.guest.as_ref(),
        &event.kind,
        &event.payload_json,
        event.created_ms,
        row.attempts,
        &reason,
        now_ms
    ];
    conn.execute(sql, &values).await?;
    delete_events(&mut conn, "outbox", std::slice::from_ref(&event.event_id)).await?;
    Ok(true)
}

/// Deletes events by their ids from a table of the outbox and gives their number.
async fn delete_events(conn: &mut Conn<'_>, table: &str, ids: &[EventId]) -> Result<u64> {
    let mut deleted = 0;
    for chunk in ids.chunks(BATCH_ROWS as usize) {
        let mut values = Vec::new();
        let marks = list(&mut values, chunk);
        deleted += conn
            .execute(
                format!("DELETE FROM {table} WHERE event_id IN ({marks})"),
                &values,
            )
            .await?;
    }
    Ok(deleted)
}

async fn log_keys(mut conn: Conn<'_>, guests: &[GuestKey]) -> Result<HashMap<GuestKey, [u8; 32]>> {
    let mut keys = fetch_log_keys(&mut conn, guests).await?;
    let missing: Vec<&GuestKey> = guests.iter().filter(|g| !keys.contains_key(g)).collect();
    if missing.is_empty() {
        return Ok(keys);
    }
    for guest in missing {
        let key = random_bytes();
        let sql = conn.dialect(
            "INSERT INTO guest_log_keys (guest_key, log_key) VALUES (?, ?) ON CONFLICT DO NOTHING",
            "INSERT IGNORE INTO guest_log_keys (guest_key, log_key) VALUES (?, ?)",
        );
        match conn.execute(sql, &values![guest, &key]).await {
            Ok(_) | Err(StoreError::Orphan) => {}
            Err(error) => return Err(error),
        }
    }
    keys = fetch_log_keys(&mut conn, guests).await?;
    Ok(keys)
}

async fn fetch_log_keys(
    conn: &mut Conn<'_>,
    guests: &[GuestKey],
) -> Result<HashMap<GuestKey, [u8; 32]>> {
    let mut keys = HashMap::with_capacity(guests.len());
    for chunk in guests.chunks(BATCH_ROWS as usize) {
        let mut values = Vec::new();
        let sql = format!(
            "SELECT guest_key, log_key FROM guest_log_keys WHERE guest_key IN ({})",
            list(&mut values, chunk)
        );
        for row in conn.fetch_all(sql, &values).await? {
            keys.insert(
                GuestKey(row.hash(0, "a guest's key")?),
                row.hash(1, "a log key")?,
            );
        }
    }
    Ok(keys)
}
