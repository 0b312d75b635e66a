//! `seonmul worker`: the work behind the requests in a process of its own, what waits for it, and what was given up.

use super::output::line;
use super::serve::{end_on_signal, stop};
use crate::app::{App, AppState};
use crate::clock::rfc3339;
use crate::config::Config;
use crate::jobs;
use anyhow::Context;
use clap::Args;
use serde_json::json;

/// Dead letters that are listed.
const LISTED: u32 = 100;

/// Runs until it is told to end, unless it is only asked something.
#[derive(Debug, Args)]
pub struct Options {
    /// Show what waits and what was given up, and end.
    #[arg(long, conflicts_with_all = ["retry_dead", "once"])]
    status: bool,
    /// Put what was given up back into line, and end.
    #[arg(long, conflicts_with = "once")]
    retry_dead: bool,
    /// Do all that can be done now, and end.
    #[arg(long)]
    once: bool,
    /// With --status: print JSON.
    #[arg(long, requires = "status", conflicts_with_all = ["retry_dead", "once"])]
    json: bool,
}

pub async fn run(config: Config, options: Options) -> anyhow::Result<()> {
    let app = AppState::connect(config).await?;
    if options.status {
        let outcome = status(&app, options.json).await;
        app.store.close().await;
        return outcome;
    }
    if options.retry_dead {
        // As many rounds as there are dead letters now: a worker may be giving up the same ones again meanwhile.
        let (dead, mut events) = (app.store.outbox_status().await?.dead, 0);
        while events < dead {
            match app.store.dead_letter_retry().await? {
                0 => break,
                some => events += some,
            }
        }
        let mails = app.store.mail_retry_dead(app.clock.now_ms()).await?;
        line(format_args!(
            "{events} events and {mails} mails are in line again"
        ))?;
        app.store.close().await;
        return Ok(());
    }
    if options.once {
        jobs::swap_catalogue::run_once(&app).await;
        let outcome = jobs::work_once(&app).await;
        app.store.close().await;
        return outcome.context("not all of the work could be done");
    }
    end_on_signal(&app)?;
    // Reminders show what the shop has now.
    let mut jobs = jobs::start_node(&app);
    jobs::start_work(&app, &mut jobs);
    tracing::info!(
        database = app.store.kind(),
        objects = app.objects.shown(),
        "working"
    );
    let mut ending = app.ending.subscribe();
    // The sender lives in `app`, so this ends only when the program is told to.
    let _ = ending.wait_for(|ending| *ending).await;
    stop(&app, jobs).await;
    Ok(())
}

async fn status(app: &App, as_json: bool) -> anyhow::Result<()> {
    let now_ms = app.clock.now_ms();
    let outbox = app.store.outbox_status().await?;
    let mails = app.store.mail_status(now_ms).await?;
    let dead = app.store.dead_letter_list(LISTED).await?;
    let stuck = app.store.mail_list_stuck(LISTED).await?;
    let age = |since: Option<i64>| since.map(|ms| (now_ms - ms).max(0) / 1000);
    if as_json {
        let dead: Vec<_> = dead
            .iter()
            .map(|d| json!({ "event_id": d.event_id, "kind": d.kind, "attempts": d.attempts, "reason": d.reason, "dead_at": rfc3339(d.dead_ms) }))
            .collect();
        let stuck: Vec<_> = stuck
            .iter()
            .map(|m| json!({ "mail_id": m.mail_id, "kind": m.kind, "status": m.status, "attempts": m.attempts, "reason": m.reason,
                             "changed_at": rfc3339(m.changed_ms) }))
            .collect();
        let all = json!({
            "outbox": { "pending": outbox.pending, "oldest_age_seconds": age(outbox.oldest_ms), "dead": outbox.dead },
            "mails": { "due": mails.due, "oldest_due_age_seconds": age(mails.oldest_due_ms), "planned": mails.planned, "sent": mails.sent,
                       "dead": mails.dead, "uncertain": mails.uncertain },
            "dead_letters": dead,
            "stuck_mails": stuck,
        });
        return line(serde_json::to_string_pretty(&all)?);
    }
    let seconds =
        |age: Option<i64>| age.map_or(String::new(), |s| format!(", the oldest for {s} s"));
    line(format_args!(
        "events   {} wait{}; {} given up",
        outbox.pending,
        seconds(age(outbox.oldest_ms)),
        outbox.dead
    ))?;
    line(format_args!(
        "mails    {} due{}; {} for later, {} sent, {} given up, {} uncertain",
        mails.due,
        seconds(age(mails.oldest_due_ms)),
        mails.planned,
        mails.sent,
        mails.dead,
        mails.uncertain
    ))?;
    for letter in dead {
        line(format_args!(
            "event    {} {} after {} attempts at {}: {}",
            letter.event_id,
            letter.kind,
            letter.attempts,
            rfc3339(letter.dead_ms),
            letter.reason
        ))?;
    }
    for mail in stuck {
        line(format_args!(
            "mail     {} {} {} after {} attempts at {}: {}",
            mail.mail_id,
            mail.kind,
            mail.status,
            mail.attempts,
            rfc3339(mail.changed_ms),
            mail.reason
        ))?;
    }
    Ok(())
}
