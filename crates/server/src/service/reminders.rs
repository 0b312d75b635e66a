//! Reminders: asked for with an address and a day, nothing sent but a confirmation until the address said yes, gone with one click.

use crate::app::AppState;
use crate::clock::{is_date, korean_date, parse_rfc3339_ms};
use crate::error::{Error, Faults, Message, Result};
use crate::service::recommendations::input::unknown_id;
use crate::service::{guests, interviews, products::ProductView};
use lettre::Address;
use seonmul_engine::Lang;
use seonmul_store::{GuestKey, InterviewId, MailId, MailNew, OutboxEvent, ReminderId, ReminderRow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use utoipa::ToSchema;

/// The kind of the mail that asks whether the address wants the reminder.
pub const CONFIRMATION: &str = "confirmation";
/// The kind of the mail that reminds.
pub const REMINDER: &str = "reminder";
/// What a link of a mail is for.
const CONFIRM: &str = "reminder/confirm";
const UNSUBSCRIBE: &str = "reminder/unsubscribe";

const UNCONFIRMED: &str = "unconfirmed";
const CONFIRMED: &str = "confirmed";
/// The status of a reminder whose mail went out.
pub const SENT: &str = "sent";
/// The status of a reminder whose address does not exist or wants no mail.
pub const REFUSED: &str = "refused";

const DAY: Duration = Duration::from_secs(86_400);
const DAY_MS: i64 = 86_400_000;
/// Mails go out at nine in the morning, Korean time, which is midnight UTC.
const MORNING: &str = "T09:00:00+09:00";
/// How far ahead a day may lie.
const MOST_DAYS_AHEAD: i64 = 400;
const MOST_DAYS_BEFORE: u32 = 60;
/// Confirmations to one address in a day, so that nobody's mailbox is filled by others.
const ADDRESS_MAILS_PER_DAY: u32 = 3;
const GUEST_REMINDERS_PER_DAY: u32 = 10;
/// The guest of a reminder is kept for so long after the mail.
const KEPT_AFTER_MS: i64 = 7 * DAY_MS;
/// RFC 5321: 64 characters, the @, and 255 more; together 254 (erratum 1690 of RFC 3696).
const MAX_ADDRESS_BYTES: usize = 254;

/// A reminder that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReminderInput {
    /// Where it goes.
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// The interview whose gifts it shows; without one, the latest list.
    #[serde(default)]
    interview_id: Option<String>,
    /// The day of the occasion.
    #[schema(format = "date")]
    date: String,
    /// How many days earlier the mail goes out.
    #[schema(minimum = 0, maximum = 60)]
    days_before: u32,
}

/// A reminder that waits for its confirmation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReminderView {
    reminder_id: String,
    /// `unconfirmed` until the link in the mail is followed.
    status: &'static str,
    /// The day on which the mail goes out.
    #[schema(format = "date")]
    mail_date: String,
}

/// What following a link came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// The reminder will come.
    Confirmed,
    /// No mail will come any more.
    Unsubscribed,
    /// There is no such reminder (any more).
    Gone,
}

/// Asks an address whether it wants a reminder.
///
/// # Errors
/// When no mail server is set, a field is wrong, or too many were asked for.
pub async fn create(
    app: &AppState,
    guest: &GuestKey,
    input: &ReminderInput,
    lang: Lang,
) -> Result<ReminderView> {
    let now_ms = app.clock.now_ms();
    let (address, due_ms) = check(input, now_ms)?;
    if app.config.mail.is_none() {
        return Err(Error::Unprocessable(Message::new(
            "메일 서버가 설정되어 있지 않아 알림을 보낼 수 없습니다.",
            "No reminder can be sent: no mail server is configured (SEONMUL_SMTP_URL).",
        )));
    }
    let interview_id = unknown_id(input.interview_id.as_deref(), InterviewId::parse)?;
    if let Some(interview) = &interview_id {
        interviews::load(app, guest, interview).await?;
    }
    let sealer = app.sealer()?;
    let normal = address.to_string().to_lowercase();
    let limits = [
        (
            format!("reminders:{}", guest.to_hex()),
            GUEST_REMINDERS_PER_DAY,
        ),
        (
            format!("mail:{}", sealer.name("address", &normal)),
            ADDRESS_MAILS_PER_DAY,
        ),
    ];
    for (key, limit) in limits {
        let decision = app.cache.rate_check(&key, limit, DAY, now_ms).await;
        if !decision.allowed {
            let retry_after = decision.retry_after;
            return Err(Error::RateLimited { retry_after });
        }
    }
    let reminder_id = ReminderId::random();
    let row = ReminderRow {
        address_sealed: sealer.seal(address.as_ref(), reminder_id.as_str())?,
        reminder_id: reminder_id.clone(),
        guest: *guest,
        interview_id,
        day: input.date.clone(),
        days_before: input.days_before,
        due_ms,
        lang: lang.as_str().to_owned(),
        status: UNCONFIRMED.to_owned(),
        created_ms: now_ms,
    };
    let mail = MailNew {
        mail_id: MailId::random(),
        kind: CONFIRMATION.to_owned(),
        due_ms: now_ms,
    };
    let event = event(guest, "reminder.requested", input.days_before, now_ms);
    app.store.reminder_insert(&row, &mail, &event).await?;
    // The guest asked for something that lies ahead, and is kept until then.
    guests::keep(app, guest, due_ms + KEPT_AFTER_MS).await?;
    app.mails_waiting.notify_one();
    Ok(ReminderView {
        reminder_id: reminder_id.to_string(),
        status: UNCONFIRMED,
        mail_date: korean_date(due_ms),
    })
}

fn check(input: &ReminderInput, now_ms: i64) -> Result<(Address, i64)> {
    let mut faults = Faults::default();
    let address = (input.email.len() <= MAX_ADDRESS_BYTES && input.email.is_ascii())
        .then(|| input.email.parse::<Address>().ok())
        .flatten();
    faults.require(
        address.is_some(),
        "email",
        "메일 주소를 확인해 주세요.",
        "must be a mail address",
    );
    let morning_ms = is_date(&input.date)
        .then(|| parse_rfc3339_ms(&format!("{}{MORNING}", input.date)))
        .flatten();
    faults.require(
        morning_ms.is_some_and(|at| at <= now_ms + MOST_DAYS_AHEAD * DAY_MS),
        "date",
        format!("{MOST_DAYS_AHEAD}일 안의 날짜여야 합니다(YYYY-MM-DD)."),
        format!("must be a date within {MOST_DAYS_AHEAD} days (YYYY-MM-DD)"),
    );
    faults.require(
        input.days_before <= MOST_DAYS_BEFORE,
        "days_before",
        format!("0에서 {MOST_DAYS_BEFORE} 사이여야 합니다."),
        format!("must be from 0 to {MOST_DAYS_BEFORE}"),
    );
    let due_ms = morning_ms.map(|at| at - i64::from(input.days_before) * DAY_MS);
    if input.days_before <= MOST_DAYS_BEFORE && morning_ms.is_some() {
        faults.require(
            due_ms.is_some_and(|due| korean_date(due) >= korean_date(now_ms)),
            "days_before",
            "메일이 나갈 날이 이미 지났습니다.",
            "the day on which the mail would go out is over",
        );
    }
    faults.finish()?;
    match (address, due_ms) {
        (Some(address), Some(due_ms)) => Ok((address, due_ms)),
        _ => Err(Error::Internal(anyhow::anyhow!("a field was not checked"))),
    }
}

/// Follows the link that confirms. Following it again changes nothing.
pub async fn confirm(app: &AppState, token: &str) -> Result<Followed> {
    let Some(row) = named(app, CONFIRM, token).await? else {
        return Ok(Followed::Gone);
    };
    let now_ms = app.clock.now_ms();
    let mail = MailNew {
        mail_id: MailId::random(),
        kind: REMINDER.to_owned(),
        due_ms: row.due_ms.max(now_ms),
    };
    // Before it is promised, and again here: a process may have died between the request and its keeping.
    guests::keep(app, &row.guest, mail.due_ms + KEPT_AFTER_MS).await?;
    let event = event(&row.guest, "reminder.confirmed", row.days_before, now_ms);
    app.store
        .reminder_advance(&row.reminder_id, UNCONFIRMED, CONFIRMED, &mail, &event)
        .await?;
    Ok(Followed::Confirmed)
}

/// Follows the link that ends it: every reminder of this guest to this address goes.
pub async fn unsubscribe(app: &AppState, token: &str) -> Result<Followed> {
    let Some(row) = named(app, UNSUBSCRIBE, token).await? else {
        return Ok(Followed::Gone);
    };
    let sealer = app.sealer()?;
    let address = |row: &ReminderRow| sealer.open(&row.address_sealed, row.reminder_id.as_str());
    let wanted = address(&row);
    let all = app.store.reminder_list(&row.guest).await?;
    let same = all
        .iter()
        .filter(|other| other.reminder_id == row.reminder_id || address(other) == wanted);
    let ids: Vec<ReminderId> = same.map(|other| other.reminder_id.clone()).collect();
    let now_ms = app.clock.now_ms();
    let event = event(&row.guest, "reminder.unsubscribed", row.days_before, now_ms);
    app.store.reminder_delete(&ids, &event).await?;
    Ok(Followed::Unsubscribed)
}

async fn named(app: &AppState, purpose: &str, token: &str) -> Result<Option<ReminderRow>> {
    let id = app.sealer()?.verified(purpose, token);
    match id.and_then(ReminderId::parse) {
        Some(id) => Ok(app.store.reminder_fetch(&id).await?),
        None => Ok(None),
    }
}

/// The links of a reminder's mails.
pub struct Links {
    /// Confirms.
    pub confirm: String,
    /// Ends it.
    pub unsubscribe: String,
}

/// The links that belong into the mails of a reminder.
pub fn links(app: &AppState, reminder: &ReminderId) -> Result<Links> {
    let sealer = app.sealer()?;
    let link = |path, purpose| {
        let token = sealer.token(purpose, reminder.as_str());
        format!("{}/reminders/{path}?token={token}", app.config.public_url)
    };
    Ok(Links {
        confirm: link("confirm", CONFIRM),
        unsubscribe: link("unsubscribe", UNSUBSCRIBE),
    })
}

/// The gifts of the guest's list as the catalogue knows them now: those that are gone are left out, prices are today's.
pub async fn gifts(app: &AppState, reminder: &ReminderRow) -> Result<Vec<ProductView>> {
    let lists = app
        .store
        .recommendation_list(&reminder.guest, reminder.interview_id.as_ref(), None, 1)
        .await?;
    let Some(latest) = lists.first() else {
        return Ok(Vec::new());
    };
    let ids = app
        .store
        .recommendation_product_ids(&reminder.guest, &latest.recommendation_id)
        .await?;
    let mut gifts = Vec::new();
    for id in ids.unwrap_or_default() {
        match crate::service::products::fetch(app, &id) {
            Ok(product) => gifts.push(product),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(gifts)
}

fn event(guest: &GuestKey, kind: &str, days_before: u32, now_ms: i64) -> OutboxEvent {
    let payload = json!({ "days_before": days_before });
    OutboxEvent::new(Some(*guest), kind, payload.to_string(), now_ms)
}
