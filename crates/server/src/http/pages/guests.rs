//! What a guest does with the site as a whole: come in, choose a language, have everything forgotten.

use super::interviews::serve::next_path;
use super::visit::{Form, Visit, language_cookie, local_path, parse_language, see_other};
use crate::app::App;
use crate::error::{Error, Result};
use crate::http::api::guests::guest_cookie;
use crate::http::extract::ApiQuery;
use crate::service::{guests, interviews};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Begins an interview, for a new guest if need be.
pub(in crate::http) async fn start(State(app): State<App>, visit: Visit) -> Result<Response> {
    let (guest, cookie) = match visit.guest {
        Some(guest) => (guest, None),
        None => {
            let new = guests::create(&app).await?;
            let cookie = guest_cookie(
                &app,
                new.guest_id.as_str(),
                app.config.guest_retention.as_secs(),
            );
            (new.guest_id.key(), Some(cookie))
        }
    };
    let interview = interviews::create(&app, &guest, visit.lang).await?;
    let next = see_other(&next_path(&interview));
    Ok(match cookie {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], next).into_response(),
        None => next,
    })
}

/// Which language.
#[derive(Deserialize)]
pub(in crate::http) struct LanguageQuery {
    to: String,
}

/// Keeps a language and goes back to where the guest was.
pub(in crate::http) async fn choose_language(
    State(app): State<App>,
    ApiQuery(query): ApiQuery<LanguageQuery>,
    form: Form,
) -> Result<Response> {
    let lang = parse_language(&query.to)
        .ok_or_else(|| Error::field("to", "ko 또는 en이어야 합니다.", "must be ko or en"))?;
    let back = see_other(local_path(form.get("back").unwrap_or("/")));
    Ok(([(header::SET_COOKIE, language_cookie(&app, lang))], back).into_response())
}

/// Forgets everything of this guest.
pub(in crate::http) async fn erase(State(app): State<App>, visit: Visit) -> Result<Response> {
    if let Some(guest) = visit.guest {
        guests::erase(&app, &guest).await?;
    }
    Ok((
        [(header::SET_COOKIE, guest_cookie(&app, "", 0))],
        see_other("/privacy?erased=1"),
    )
        .into_response())
}
