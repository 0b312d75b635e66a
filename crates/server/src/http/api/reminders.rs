//! `/api/v1/reminders`.

use crate::app::App;
use crate::error::Result;
use crate::http::extract::{ApiJson, GuestAuth, Language};
use crate::http::openapi::GuestWriteErrors;
use crate::service::reminders::{self, ReminderInput, ReminderView};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

/// Asks for a reminder by mail.
///
/// A confirmation mail goes out; nothing else does until its link is followed. Without a mail server: 422 `unprocessable`.
#[utoipa::path(post, path = "/api/v1/reminders", tag = "Reminder", operation_id = "create_reminder", security(("guest" = [])),
    request_body = ReminderInput,
    responses((status = 202, description = "The address is asked.", body = ReminderView), GuestWriteErrors))]
pub async fn create_reminder(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
    Language(lang): Language,
    ApiJson(input): ApiJson<ReminderInput>,
) -> Result<impl IntoResponse> {
    let view = reminders::create(&app, &guest, &input, lang).await?;
    Ok((StatusCode::ACCEPTED, ApiJson(view)))
}
