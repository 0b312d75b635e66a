//! Where the links of mails lead: the reminder is confirmed, or ended.

use super::visit::{Visit, show};
use super::{Frame, Lang, Page};
use crate::app::App;
use crate::error::Result;
use crate::http::extract::ApiQuery;
use crate::service::reminders::{self, Followed};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// What following a link came to.
#[derive(Debug, Template)]
#[template(path = "reminder.html")]
pub struct ReminderPage {
    /// The frame.
    pub frame: Frame,
    /// What it came to.
    pub followed: Followed,
}

impl ReminderPage {
    fn words(&self) -> (&'static str, &'static str) {
        let texts = &self.frame.t.reminders;
        match self.followed {
            Followed::Confirmed => texts.confirmed,
            Followed::Unsubscribed => texts.unsubscribed,
            Followed::Gone => texts.gone,
        }
    }

    fn heading(&self) -> &'static str {
        self.words().0
    }

    fn detail(&self) -> &'static str {
        self.words().1
    }
}

impl Page for ReminderPage {
    const NAME: &'static str = "reminder";

    fn samples(lang: Lang) -> Vec<Self> {
        let page = |followed| Self {
            frame: Frame::new(lang, "/reminders/confirm"),
            followed,
        };
        [Followed::Confirmed, Followed::Unsubscribed, Followed::Gone]
            .map(page)
            .into()
    }
}

/// The proof in a link.
#[derive(Deserialize)]
pub(in crate::http) struct TokenQuery {
    #[serde(default)]
    token: String,
}

/// Follows the link that confirms.
pub(in crate::http) async fn confirm(
    State(app): State<App>,
    visit: Visit,
    ApiQuery(query): ApiQuery<TokenQuery>,
) -> Result<Response> {
    let followed = reminders::confirm(&app, &query.token).await?;
    page(visit, followed)
}

/// Follows the link that ends it.
pub(in crate::http) async fn unsubscribe(
    State(app): State<App>,
    visit: Visit,
    ApiQuery(query): ApiQuery<TokenQuery>,
) -> Result<Response> {
    let followed = reminders::unsubscribe(&app, &query.token).await?;
    page(visit, followed)
}

/// Ends it for a mail program that was asked to with one click (RFC 8058): it sends no cookies and reads no page.
pub(in crate::http) async fn unsubscribe_at_once(
    State(app): State<App>,
    ApiQuery(query): ApiQuery<TokenQuery>,
) -> Result<StatusCode> {
    reminders::unsubscribe(&app, &query.token).await?;
    Ok(StatusCode::OK)
}

fn page(visit: Visit, followed: Followed) -> Result<Response> {
    let page = ReminderPage {
        // The path goes without the token, which must not travel on with a change of language.
        frame: Frame::new(visit.lang, "/"),
        followed,
    };
    let mut response = show(&page)?.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    Ok(response)
}
