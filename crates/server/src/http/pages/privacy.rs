//! What is kept, for how long, who receives it, and the button that erases it.

use super::texts::fill;
use super::visit::{Visit, show};
use super::{Frame, Lang, Page};
use crate::app::App;
use crate::error::Result;
use crate::http::extract::ApiQuery;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

const SECONDS_OF_A_DAY: u64 = 86_400;

/// The privacy page.
#[derive(Debug, Template)]
#[template(path = "privacy.html")]
pub struct PrivacyPage {
    /// The frame.
    pub frame: Frame,
    /// Days after the last visit until everything is erased.
    pub retention_days: u64,
    /// Host of the language model, if there is one.
    pub model_host: Option<String>,
    /// Whether there is anything to erase.
    pub has_guest: bool,
    /// Whether everything was erased just now.
    pub erased: bool,
}

impl PrivacyPage {
    fn paragraph(&self, text: &str) -> String {
        fill(text, "days", self.retention_days)
    }

    fn receiver(&self) -> String {
        match &self.model_host {
            Some(host) => fill(self.frame.t.privacy_page.model_used, "receiver", host),
            None => self.frame.t.privacy_page.model_unused.to_owned(),
        }
    }
}

/// Whether everything was erased just now.
#[derive(Deserialize)]
pub(in crate::http) struct PrivacyQuery {
    erased: Option<u8>,
}

/// The privacy page, true to the settings of this program.
pub(in crate::http) async fn privacy(
    State(app): State<App>,
    visit: Visit,
    ApiQuery(query): ApiQuery<PrivacyQuery>,
) -> Result<Response> {
    show(&PrivacyPage {
        frame: visit.frame(),
        retention_days: app.config.guest_retention.as_secs() / SECONDS_OF_A_DAY,
        model_host: app
            .config
            .llm
            .base_url
            .as_deref()
            .and_then(host)
            .map(str::to_owned),
        has_guest: visit.guest.is_some(),
        erased: query.erased.is_some(),
    })
}

/// The host in the address of the language model.
fn host(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next().filter(|host| !host.is_empty())
}

impl Page for PrivacyPage {
    const NAME: &'static str = "privacy";

    fn samples(lang: Lang) -> Vec<Self> {
        let page = |model_host: Option<&str>, has_guest, erased| Self {
            frame: Frame::new(lang, "/privacy"),
            retention_days: 30,
            model_host: model_host.map(str::to_owned),
            has_guest,
            erased,
        };
        vec![
            page(None, true, false),
            page(Some("model.example"), false, true),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn only_the_host_is_told() {
        assert_eq!(host("https://api.example/v1?x=1"), Some("api.example"));
        assert_eq!(
            host("http://user:secret@127.0.0.1:9999"),
            Some("127.0.0.1:9999")
        );
        assert_eq!(host("nonsense"), None);
    }
}
