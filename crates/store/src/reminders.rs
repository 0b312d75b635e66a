//! Reminders and the mails that carry them. A mail is a row that workers claim; one of each kind exists for a reminder, so none is sent twice.

use crate::connection::{BATCH_ROWS, Conn, Row, list, values};
use crate::error::{Result, StoreError};
use crate::ids::{GuestKey, InterviewId, MailId, ReminderId};
use crate::outbox::{self, OutboxEvent};
use crate::store::Store;

/// A reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReminderRow {
    /// Its id.
    pub reminder_id: ReminderId,
    /// Whose it is.
    pub guest: GuestKey,
    /// The interview whose gifts it shows; without one, the guest's latest.
    pub interview_id: Option<InterviewId>,
    /// The mail address, encrypted.
    pub address_sealed: Vec<u8>,
    /// The day of the occasion, `YYYY-MM-DD`.
    pub day: String,
    /// How many days earlier the mail goes out.
    pub days_before: u32,
    /// When the mail is to go out.
    pub due_ms: i64,
    /// Language of its mails.
    pub lang: String,
    /// Where it stands, in the words of the service.
    pub status: String,
    /// When it was asked for.
    pub created_ms: i64,
}

/// A mail to be sent when its time comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailNew {
    /// Its id, which is in its Message-ID.
    pub mail_id: MailId,
    /// What it is for; one of each kind for a reminder.
    pub kind: String,
    /// When it is to go out.
    pub due_ms: i64,
}

/// A mail that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailClaim {
    /// Its id.
    pub mail_id: MailId,
    /// What it is for.
    pub kind: String,
    /// How often it has been claimed, this time included.
    pub attempts: u32,
    /// Until when it is held.
    pub lease_ms: i64,
    /// The reminder it belongs to.
    pub reminder: ReminderRow,
}

/// What became of a mail that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// The server took it over.
    Sent,
    /// It may be tried again from the time given.
    Retry {
        /// Not before this.
        due_ms: i64,
        /// Why it was not sent.
        reason: String,
    },
    /// It was given up.
    Dead {
        /// Why.
        reason: String,
    },
}

/// How many mails stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailStatus {
    /// Due and not sent.
    pub due: u64,
    /// When the oldest of those was due.
    pub oldest_due_ms: Option<i64>,
    /// For a later day.
    pub planned: u64,
    /// Sent.
    pub sent: u64,
    /// Given up.
    pub dead: u64,
    /// Handed to the server by a worker that died before it learnt whether the server took them. They are not sent again by themselves.
    pub uncertain: u64,
}

/// A mail that will not be sent by itself any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StuckMail {
    /// Its id.
    pub mail_id: MailId,
    /// What it is for.
    pub kind: String,
    /// `dead` or `uncertain`.
    pub status: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it stands there.
    pub reason: String,
    /// Since when.
    pub changed_ms: i64,
}

const COLUMNS: &str = "r.reminder_id, r.guest_key, r.interview_id, r.address_sealed, r.day, r.days_before, r.due_ms, r.lang, r.status, r.created_ms";

impl Store {
    /// Stores a reminder, its first mail and its event, all or nothing. [`StoreError::Orphan`] when the guest does not exist.
    pub async fn reminder_insert(
        &self,
        reminder: &ReminderRow,
        mail: &MailNew,
        event: &OutboxEvent,
    ) -> Result<()> {
        self.write(
            (reminder.clone(), mail.clone(), event.clone()),
            |conn, (reminder, mail, event)| Box::pin(insert(conn, reminder, mail, event)),
        )
        .await
    }

    /// A reminder, whoever asks: its id is in no place but its mails.
    pub async fn reminder_fetch(&self, id: &ReminderId) -> Result<Option<ReminderRow>> {
        let sql = format!("SELECT {COLUMNS} FROM reminders r WHERE r.reminder_id = ?");
        let row = self.fetch_optional(sql, &values![id]).await?;
        row.as_ref().map(|row| read(row, 0)).transpose()
    }

    /// The guest's reminders, newest first, 1,000 at most.
    pub async fn reminder_list(&self, guest: &GuestKey) -> Result<Vec<ReminderRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM reminders r WHERE r.guest_key = ? ORDER BY r.created_ms DESC, r.reminder_id DESC LIMIT 1000"
        );
        let rows = self.fetch_all(sql, &values![guest]).await?;
        rows.iter().map(|row| read(row, 0)).collect()
    }

    /// Moves a reminder from one status to another together with the mail that this calls for and its event. `false` when it does not
    /// have that status (any more), and then nothing changes.
    pub async fn reminder_advance(
        &self,
        id: &ReminderId,
        from: &str,
        to: &str,
        mail: &MailNew,
        event: &OutboxEvent,
    ) -> Result<bool> {
        let args = (
            id.clone(),
            from.to_owned(),
            to.to_owned(),
            mail.clone(),
            event.clone(),
        );
        self.write(args, |mut conn, (id, from, to, mail, event)| {
            Box::pin(async move {
                let sql = "UPDATE reminders SET status = ? WHERE reminder_id = ? AND status = ?";
                if conn.execute(sql, &values![to, id, from]).await? == 0 {
                    return Ok(false);
                }
                insert_mail(&mut conn, id, mail, event.created_ms).await?;
                conn.execute_all(vec![outbox::insert(event)]).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Deletes reminders with their mails, and stores the event, all or nothing. Gives how many there were.
    pub async fn reminder_delete(&self, ids: &[ReminderId], event: &OutboxEvent) -> Result<u64> {
        self.write((ids.to_vec(), event.clone()), |mut conn, (ids, event)| {
            Box::pin(async move {
                let mut deleted = 0;
                for chunk in ids.chunks(BATCH_ROWS as usize) {
                    let mut values = Vec::new();
                    let sql = format!(
                        "DELETE FROM reminders WHERE reminder_id IN ({})",
                        list(&mut values, chunk)
                    );
                    deleted += conn.execute(sql, &values).await?;
                }
                if deleted > 0 {
                    conn.execute_all(vec![outbox::insert(event)]).await?;
                }
                Ok(deleted)
            })
        })
        .await
    }

    /// Takes up to `limit` (1,000 at most) mails that are due and that nobody holds, for `lease_ms`, longest due first.
    pub async fn mail_claim(
        &self,
        now_ms: i64,
        lease_ms: i64,
        limit: u32,
    ) -> Result<Vec<MailClaim>> {
        self.write(
            (now_ms, lease_ms, limit),
            |conn, &(now_ms, lease_ms, limit)| Box::pin(claim(conn, now_ms, lease_ms, limit)),
        )
        .await
    }

    /// Notes that a mail is about to be handed over. `false` when this claim does not hold it any more, and it must not be sent.
    pub async fn mail_begin(&self, mail: &MailClaim, now_ms: i64) -> Result<bool> {
        self.write(
            (mail.mail_id.clone(), mail.attempts, mail.lease_ms, now_ms),
            |mut conn, (id, attempts, lease_ms, now_ms)| {
                Box::pin(async move {
                    let sql = "UPDATE mails SET status = 'sending', changed_ms = ? \
                               WHERE mail_id = ? AND status = 'waiting' AND attempts = ? AND lease_ms = ?";
                    let values = values![*now_ms, id, *attempts, *lease_ms];
                    Ok(conn.execute(sql, &values).await? > 0)
                })
            },
        )
        .await
    }

    /// Notes what became of a mail.
    pub async fn mail_finish(
        &self,
        mail: &MailClaim,
        outcome: &MailOutcome,
        reminder_status: Option<&str>,
        now_ms: i64,
    ) -> Result<()> {
        let args = (
            mail.clone(),
            outcome.clone(),
            reminder_status.map(str::to_owned),
            now_ms,
        );
        self.write(args, |conn, (mail, outcome, status, now_ms)| {
            Box::pin(finish(conn, mail, outcome, status.as_deref(), *now_ms))
        })
        .await
    }

    /// Marks mails as uncertain whose worker died while it handed them over, and gives their number.
    pub async fn mail_mark_uncertain(&self, now_ms: i64) -> Result<u64> {
        self.write(now_ms, |mut conn, &now_ms| {
            Box::pin(async move {
                let sql = "UPDATE mails SET status = 'uncertain', reason = 'the worker ended while the mail was handed over', changed_ms = ? \
                           WHERE status = 'sending' AND lease_ms <= ?";
                conn.execute(sql, &values![now_ms, now_ms]).await
            })
        })
        .await
    }

    /// How many mails stand where.
    pub async fn mail_status(&self, now_ms: i64) -> Result<MailStatus> {
        let sql = "SELECT status, COUNT(*), MIN(due_ms) FROM mails WHERE status <> 'waiting' GROUP BY status \
                   UNION ALL SELECT 'due', COUNT(*), MIN(due_ms) FROM mails WHERE status = 'waiting' AND due_ms <= ? \
                   UNION ALL SELECT 'planned', COUNT(*), MIN(due_ms) FROM mails WHERE status = 'waiting' AND due_ms > ? LIMIT 100";
        let mut counted = MailStatus::default();
        for row in self.fetch_all(sql, &values![now_ms, now_ms]).await? {
            let count: u64 = row.small(1, "a counter")?;
            match row.text(0)?.as_str() {
                "due" => {
                    counted.due += count;
                    counted.oldest_due_ms = row.optional_int(2)?;
                }
                "sending" => counted.due += count,
                "planned" => counted.planned = count,
                "sent" => counted.sent = count,
                "dead" => counted.dead = count,
                "uncertain" => counted.uncertain = count,
                _ => {
                    return Err(StoreError::Corrupt {
                        what: "a mail's status",
                    });
                }
            }
        }
        Ok(counted)
    }

    /// Mails that were given up or are uncertain, newest first, 1,000 at most.
    pub async fn mail_list_stuck(&self, limit: u32) -> Result<Vec<StuckMail>> {
        let sql = "SELECT mail_id, kind, status, attempts, reason, changed_ms FROM mails WHERE status IN ('dead', 'uncertain') \
                   ORDER BY changed_ms DESC, mail_id LIMIT ?";
        let rows = self.fetch_all(sql, &values![limit.min(BATCH_ROWS)]).await?;
        rows.iter()
            .map(|row| {
                Ok(StuckMail {
                    mail_id: row.id(0, "a mail's id")?,
                    kind: row.text(1)?,
                    status: row.text(2)?,
                    attempts: row.small(3, "a count of attempts")?,
                    reason: row.optional_text(4)?.unwrap_or_default(),
                    changed_ms: row.int(5)?,
                })
            })
            .collect()
    }

    /// Lets mails that were given up, or whose fate is uncertain, go out again from now, and gives their number.
    pub async fn mail_retry_dead(&self, now_ms: i64) -> Result<u64> {
        self.write(now_ms, |mut conn, &now_ms| {
            Box::pin(async move {
                let sql = "UPDATE mails SET status = 'waiting', due_ms = ?, lease_ms = 0, attempts = 0, changed_ms = ? \
                           WHERE status IN ('dead', 'uncertain')";
                conn.execute(sql, &values![now_ms, now_ms]).await
            })
        })
        .await
    }

    /// The reminder that a mail belongs to.
    pub async fn mail_reminder(&self, mail: &MailId) -> Result<Option<ReminderRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM mails m JOIN reminders r ON r.reminder_id = m.reminder_id WHERE m.mail_id = ?"
        );
        let row = self.fetch_optional(sql, &values![mail]).await?;
        row.as_ref().map(|row| read(row, 0)).transpose()
    }

    /// Deletes up to `limit` (1,000 at most) reminders with this status that were asked for before `before_ms`, and gives their number.
    pub async fn reminder_delete_before(
        &self,
        status: &str,
        before_ms: i64,
        limit: u32,
    ) -> Result<u64> {
        let args = (status.to_owned(), before_ms, limit);
        self.write(args, |mut conn, (status, before_ms, limit)| {
            Box::pin(async move {
                let sql =
                    "SELECT reminder_id FROM reminders WHERE status = ? AND created_ms < ? LIMIT ?";
                let mut ids: Vec<ReminderId> = Vec::new();
                let values = values![status, *before_ms, (*limit).min(BATCH_ROWS)];
                for row in conn.fetch_all(sql, &values).await? {
                    ids.push(row.id(0, "a reminder's id")?);
                }
                if ids.is_empty() {
                    return Ok(0);
                }
                let mut values = values![status].to_vec();
                let sql = format!(
                    "DELETE FROM reminders WHERE status = ? AND reminder_id IN ({})",
                    list(&mut values, &ids)
                );
                conn.execute(sql, &values).await
            })
        })
        .await
    }
}

async fn insert(
    mut conn: Conn<'_>,
    reminder: &ReminderRow,
    mail: &MailNew,
    event: &OutboxEvent,
) -> Result<()> {
    let sql = "INSERT INTO reminders (reminder_id, guest_key, interview_id, address_sealed, day, days_before, due_ms, lang, status, created_ms) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = values![
        &reminder.reminder_id,
        &reminder.guest,
        reminder.interview_id.as_ref(),
        &reminder.address_sealed,
        &reminder.day,
        reminder.days_before,
        reminder.due_ms,
        &reminder.lang,
        &reminder.status,
        reminder.created_ms
    ];
    conn.execute(sql, &values).await?;
    insert_mail(&mut conn, &reminder.reminder_id, mail, reminder.created_ms).await?;
    conn.execute_all(vec![outbox::insert(event)]).await
}

async fn insert_mail(
    conn: &mut Conn<'_>,
    reminder: &ReminderId,
    mail: &MailNew,
    now_ms: i64,
) -> Result<()> {
    let sql = "INSERT INTO mails (reminder_id, kind, mail_id, status, due_ms, changed_ms) VALUES (?, ?, ?, 'waiting', ?, ?)";
    let values = values![reminder, &mail.kind, &mail.mail_id, mail.due_ms, now_ms];
    conn.execute(sql, &values).await?;
    Ok(())
}

/// Claims are taken one after the other, as those of the outbox.
async fn claim(
    mut conn: Conn<'_>,
    now_ms: i64,
    lease_ms: i64,
    limit: u32,
) -> Result<Vec<MailClaim>> {
    conn.execute(
        "UPDATE counters SET value = value + 1 WHERE name = 'mail_claim'",
        &[],
    )
    .await?;
    let sql = format!(
        "SELECT m.mail_id, m.kind, m.attempts, {COLUMNS} FROM mails m JOIN reminders r ON r.reminder_id = m.reminder_id \
         WHERE m.status = 'waiting' AND m.due_ms <= ? AND m.lease_ms <= ? ORDER BY m.due_ms, m.mail_id LIMIT ?"
    );
    let lease_ms = now_ms.saturating_add(lease_ms);
    let mut claimed = Vec::new();
    for row in conn
        .fetch_all(sql, &values![now_ms, now_ms, limit.min(BATCH_ROWS)])
        .await?
    {
        claimed.push(MailClaim {
            mail_id: row.id(0, "a mail's id")?,
            kind: row.text(1)?,
            attempts: row
                .small::<u32>(2, "a count of attempts")?
                .saturating_add(1),
            lease_ms,
            reminder: read(&row, 3)?,
        });
    }
    if !claimed.is_empty() {
        let mut values = values![lease_ms].to_vec();
        let sql = format!(
            "UPDATE mails SET lease_ms = ?, attempts = attempts + 1 WHERE mail_id IN ({})",
            list(&mut values, claimed.iter().map(|mail| &mail.mail_id))
        );
        conn.execute(sql, &values).await?;
    }
    Ok(claimed)
}

async fn finish(
    mut conn: Conn<'_>,
    mail: &MailClaim,
    outcome: &MailOutcome,
    reminder_status: Option<&str>,
    now_ms: i64,
) -> Result<()> {
    let (status, due_ms, reason) = match outcome {
        MailOutcome::Sent => ("sent", None, None),
        MailOutcome::Retry { due_ms, reason } => ("waiting", Some(*due_ms), Some(reason)),
        MailOutcome::Dead { reason } => ("dead", None, Some(reason)),
    };
    let reason: Option<String> = reason.map(|text| text.chars().take(512).collect());
    // A mail that was sent is sent, even if the lease ran out meanwhile; anything else counts only while the claim holds.
    let sql = "UPDATE mails SET status = ?, due_ms = COALESCE(?, due_ms), lease_ms = 0, reason = ?, changed_ms = ? \
               WHERE mail_id = ? AND status <> 'sent' AND (attempts = ? OR ? = 'sent')";
    let values = values![
        status,
        due_ms,
        reason.as_ref(),
        now_ms,
        &mail.mail_id,
        mail.attempts,
        status
    ];
    if conn.execute(sql, &values).await? > 0
        && let Some(status) = reminder_status
    {
        let sql = "UPDATE reminders SET status = ? WHERE reminder_id = ?";
        conn.execute(sql, &values![status, &mail.reminder.reminder_id])
            .await?;
    }
    Ok(())
}

fn read(row: &Row, first: usize) -> Result<ReminderRow> {
    Ok(ReminderRow {
        reminder_id: row.id(first, "a reminder's id")?,
        guest: GuestKey(row.hash(first + 1, "a guest's key")?),
        interview_id: row.optional_id(first + 2, "an interview's id")?,
        address_sealed: row.bytes(first + 3)?,
        day: row.text(first + 4)?,
        days_before: row.small(first + 5, "a number of days")?,
        due_ms: row.int(first + 6)?,
        lang: row.text(first + 7)?,
        status: row.text(first + 8)?,
        created_ms: row.int(first + 9)?,
    })
}
