//! `/api/v1/guests`.

use crate::app::App;
use crate::clock::rfc3339;
use crate::error::Result;
use crate::http::extract::{ApiJson, GUEST_COOKIE, GuestAuth};
use crate::http::openapi::{CommonErrors, GuestErrors};
use crate::service::guests;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

/// A new guest.
#[derive(Serialize, ToSchema)]
pub struct GuestView {
    /// Keep it secret: whoever has it is this guest.
    guest_id: String,
    /// When everything is forgotten, unless there is another visit; RFC 3339 in UTC.
    expires_at: String,
}

/// Lets a new guest in.
#[utoipa::path(post, path = "/api/v1/guests", tag = "Guest", operation_id = "create_guest",
    responses((status = 201, description = "The guest, also as a cookie.", body = GuestView,
        headers(("Set-Cookie" = String, description = "guest_id, HttpOnly"))), CommonErrors))]
pub async fn create_guest(State(app): State<App>) -> Result<impl IntoResponse> {
    let guest = guests::create(&app).await?;
    let cookie = guest_cookie(
        &app,
        guest.guest_id.as_str(),
        app.config.guest_retention.as_secs(),
    );
    let view = GuestView {
        guest_id: guest.guest_id.as_str().to_owned(),
        expires_at: rfc3339(guest.expires_ms),
    };
    Ok((
        StatusCode::CREATED,
        [(header::SET_COOKIE, cookie)],
        ApiJson(view),
    ))
}

/// Forgets everything of this guest.
#[utoipa::path(delete, path = "/api/v1/guests/me", tag = "Guest", operation_id = "erase_guest", security(("guest" = [])),
    responses((status = 204, description = "Everything of the guest is erased."), GuestErrors))]
pub async fn erase_guest(
    State(app): State<App>,
    GuestAuth(guest): GuestAuth,
) -> Result<impl IntoResponse> {
    guests::erase(&app, &guest).await?;
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, guest_cookie(&app, "", 0))],
    ))
}

/// The cookie that makes a browser this guest for so many seconds.
pub fn guest_cookie(app: &App, guest_id: &str, max_age_seconds: u64) -> String {
    let secure = if app.config.is_https() {
        "; Secure"
    } else {
        ""
    };
    format!(
        "{GUEST_COOKIE}={guest_id}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{secure}"
    )
}
