//! Sends mails that are due, each once.
//!
//! A mail is marked in the database right before it is handed over. Should this process die between the mark and the server's answer,
//! nobody knows whether the server has the mail; it most likely has, so it is kept as uncertain and never sent again by itself. Should the
//! server die instead, it most likely has not, and the mail goes out again under the same Message-ID.

use super::pause;
use crate::app::App;
use crate::clients::mail::{Delivery, LAST_ANSWER, Mailer};
use crate::clock::{korean_date, parse_rfc3339_ms};
use crate::mails::{Confirmation, Content, Envelope, Gift, Reminder, message};
use crate::service::reminders::{self, CONFIRMATION, REFUSED, REMINDER, SENT};
use anyhow::Context;
use futures_util::StreamExt;
use futures_util::stream;
use lettre::message::Mailbox;
use seonmul_engine::Lang;
use seonmul_store::{MailClaim, MailOutcome};
use std::time::Duration;

/// Mails claimed at a time; few, so that a worker that dies holds few up.
const BATCH: u32 = 64;
/// Longer than the server may take to answer, so that no other worker takes a mail that is being sent.
const LEASE_MS: i64 = LAST_ANSWER.as_millis() as i64 + 120_000;
const LOOK_EVERY: Duration = Duration::from_secs(5);
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 3_600_000;
/// Longest pause between two tries.
const LONGEST_PAUSE_MS: i64 = 6 * 3_600_000;
/// With the pauses between them about three days.
const MOST_ATTEMPTS: u32 = 20;

/// Sends mails until the program is told to end; ends at once when no mail server is set.
pub async fn run(app: App) {
    loop {
        let sent = match run_once(&app).await {
            Ok(sent) => sent,
            Err(error) => {
                app.metrics.worker_failure("send_mails");
                tracing::debug!("mails could not be sent: {error:#}");
                0
            }
        };
        if app.is_ending() {
            return;
        }
        if sent > 0 {
            continue;
        }
        let go_on = tokio::select! {
            go_on = pause(&app, LOOK_EVERY) => go_on,
            () = app.mails_waiting.notified() => true,
        };
        if !go_on {
            return;
        }
    }
}

/// Tries the mails that are due, up to one batch, and gives how many.
///
/// # Errors
/// When the database cannot be reached, or there is no key to read addresses with.
pub async fn run_once(app: &App) -> anyhow::Result<usize> {
    let Some(mailer) = app.mailer()? else {
        return Ok(0);
    };
    let config = app.config.mail.as_ref().context("a mailer has settings")?;
    let from: Mailbox = config.from.parse().context("SEONMUL_MAIL_FROM")?;
    app.store.mail_mark_uncertain(app.clock.now_ms()).await?;
    let claimed = app
        .store
        .mail_claim(app.clock.now_ms(), LEASE_MS, BATCH)
        .await?;
    let count = claimed.len();
    let outcomes = stream::iter(claimed)
        .map(|mail| send(app, mailer, &from, mail))
        .buffer_unordered(config.connections)
        .collect::<Vec<_>>()
        .await;
    for outcome in outcomes {
        outcome?;
    }
    Ok(count)
}

async fn send(app: &App, mailer: &Mailer, from: &Mailbox, mail: MailClaim) -> anyhow::Result<()> {
    let now_ms = app.clock.now_ms();
    let (outcome, reminder_status, word) = match compose(app, from, &mail).await {
        Ok((to, bytes)) => {
            let before = async || app.store.mail_begin(&mail, now_ms).await.unwrap_or(false);
            let delivery = mailer.send(&from.email, &to, &bytes, before).await;
            match settle(&mail, delivery, app.clock.now_ms()) {
                Some(settled) => settled,
                None => return Ok(()),
            }
        }
        Err(Trouble::Later(error)) => {
            let reason = format!("{error:#}");
            (retry(&mail, reason, app.clock.now_ms()), None, "retry")
        }
        Err(Trouble::Never(reason)) => (MailOutcome::Dead { reason }, None, "dead"),
    };
    app.metrics.mail(&mail.kind, word);
    app.store
        .mail_finish(&mail, &outcome, reminder_status, app.clock.now_ms())
        .await?;
    Ok(())
}

/// What a delivery means for the mail, for its reminder, and for the count; `None` when it is another worker's now.
fn settle(
    mail: &MailClaim,
    delivery: Delivery,
    now_ms: i64,
) -> Option<(MailOutcome, Option<&'static str>, &'static str)> {
    Some(match delivery {
        Delivery::Taken => (
            MailOutcome::Sent,
            (mail.kind == REMINDER).then_some(SENT),
            "sent",
        ),
        Delivery::Refused(reason) => (MailOutcome::Dead { reason }, Some(REFUSED), "refused"),
        Delivery::NotTaken(reason) | Delivery::Unanswered(reason) => {
            match retry(mail, reason, now_ms) {
                dead @ MailOutcome::Dead { .. } => (dead, None, "dead"),
                retry => (retry, None, "retry"),
            }
        }
        Delivery::Silent => {
            let reason = "the mail server took all of it and never answered".to_owned();
            (MailOutcome::Dead { reason }, None, "dead")
        }
        Delivery::Withdrawn => return None,
    })
}

/// Again after a pause that doubles, or given up when the tries are used up.
fn retry(mail: &MailClaim, reason: String, now_ms: i64) -> MailOutcome {
    if mail.attempts >= MOST_ATTEMPTS {
        let reason = format!("given up after {} tries: {reason}", mail.attempts);
        return MailOutcome::Dead { reason };
    }
    let doubled = MINUTE_MS << mail.attempts.saturating_sub(1).min(16);
    MailOutcome::Retry {
        due_ms: now_ms + doubled.min(LONGEST_PAUSE_MS),
        reason,
    }
}

/// Why a mail cannot be written.
enum Trouble {
    Later(anyhow::Error),
    Never(String),
}

impl<E: Into<anyhow::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Later(error.into())
    }
}

async fn compose(
    app: &App,
    from: &Mailbox,
    mail: &MailClaim,
) -> Result<(lettre::Address, Vec<u8>), Trouble> {
    let reminder = &mail.reminder;
    let now_ms = app.clock.now_ms();
    let sealer = app.sealer()?;
    let to = sealer.open(&reminder.address_sealed, reminder.reminder_id.as_str());
    let to = to.ok_or_else(|| {
        Trouble::Never("its address was encrypted with another SEONMUL_ENCRYPTION_KEY".to_owned())
    })?;
    let to = to
        .parse()
        .map_err(|_| Trouble::Never("its address is none".to_owned()))?;
    let lang = if reminder.lang == Lang::En.as_str() {
        Lang::En
    } else {
        Lang::Ko
    };
    let links = reminders::links(app, &reminder.reminder_id)?;
    let content: Content = if mail.kind == CONFIRMATION {
        let confirmation = Confirmation {
            lang,
            day: reminder.day.clone(),
            days_before: reminder.days_before,
            confirm_url: links.confirm,
        };
        confirmation.content()?
    } else {
        let days_left = days_between(now_ms, &reminder.day);
        if days_left < 0 {
            return Err(Trouble::Never("its day is over".to_owned()));
        }
        let gifts = reminders::gifts(app, reminder).await?.into_iter();
        let public_url = &app.config.public_url;
        let gifts = gifts.map(|product| Gift::of(product, lang, public_url));
        let reminder = Reminder {
            lang,
            day: reminder.day.clone(),
            days_left,
            gifts: gifts.collect(),
            home_url: app.config.public_url.clone(),
            unsubscribe_url: links.unsubscribe.clone(),
        };
        reminder.content()?
    };
    let envelope = Envelope {
        from,
        to,
        mail_id: mail.mail_id.as_str(),
        sent_ms: now_ms,
        unsubscribe_url: &links.unsubscribe,
    };
    let bytes = message(&envelope, content)?;
    Ok((envelope.to, bytes))
}

/// Korean days from a moment to a date; negative when it is over.
fn days_between(now_ms: i64, day: &str) -> i64 {
    let midnight = |day: &str| parse_rfc3339_ms(&format!("{day}T00:00:00+09:00"));
    match (midnight(&korean_date(now_ms)), midnight(day)) {
        (Some(today), Some(day)) => (day - today) / DAY_MS,
        _ => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_in_korea() {
        // 2026-11-23T00:00:00Z is nine in the morning of that day in Korea.
        let morning = 1_795_392_000_000;
        assert_eq!(days_between(morning, "2026-11-23"), 0);
        assert_eq!(days_between(morning, "2026-11-30"), 7);
        assert_eq!(days_between(morning + 15 * 3_600_000 - 1, "2026-11-23"), 0);
        assert_eq!(days_between(morning + 15 * 3_600_000, "2026-11-23"), -1);
    }
}
