//! What is kept, for how long, who receives it, and the button that erases it.

use super::texts::fill;
use super::visit::{Form, Visit, see_other, show};
use super::{Frame, Lang, Page};
use crate::app::App;
use crate::config::{LlmConfig, LlmMode};
use crate::error::{Error, Result};
use crate::http::extract::{ApiQuery, LLM_COOKIE, declines_model};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
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
    /// The language model, if answers are sent to one.
    pub model: Option<ModelReceiver>,
    /// Whether this guest wants nothing sent to it.
    pub declines: bool,
    /// Whether there is anything to erase.
    pub has_guest: bool,
    /// Whether everything was erased just now.
    pub erased: bool,
}

impl PrivacyPage {
    fn paragraph(&self, text: &str) -> String {
        fill(text, "days", self.retention_days)
    }

    /// Who receives what, true to the settings.
    fn receiver(&self) -> Vec<String> {
        let t = &self.frame.t.privacy_page;
        let Some(model) = &self.model else {
            return vec![t.model_unused.to_owned()];
        };
        let used = fill(
            &fill(t.model_used, "receiver", &model.host),
            "model",
            &model.name,
        );
        let mut told = vec![used, t.model_cut.to_owned()];
        if model.keeps_sensitive_home {
            told.push(t.model_sensitive.to_owned());
        }
        told
    }
}

/// Who answers are sent to.
#[derive(Debug, Clone)]
pub struct ModelReceiver {
    /// The host of the service.
    pub host: String,
    /// The model.
    pub name: String,
    /// Whether sentences about health, faith and the like stay here.
    pub keeps_sensitive_home: bool,
}

impl ModelReceiver {
    fn of(config: &LlmConfig) -> Option<Self> {
        let host = config.base_url.as_deref().and_then(host)?;
        (config.mode != LlmMode::Off).then(|| Self {
            host: host.to_owned(),
            name: config.model.clone(),
            keeps_sensitive_home: config.keep_sensitive_home,
        })
    }
}

/// Keeps whether answers of this guest may be sent to the language model.
pub(in crate::http) async fn choose_model(State(app): State<App>, form: Form) -> Result<Response> {
    const SECONDS: u32 = 365 * 86_400;
    let (value, age) = match form.get("llm") {
        Some("off") => ("off", SECONDS),
        Some("on") => ("", 0),
        _ => {
            return Err(Error::field(
                "llm",
                "on 또는 off여야 합니다.",
                "must be on or off",
            ));
        }
    };
    let secure = if app.config.is_https() {
        "; Secure"
    } else {
        ""
    };
    let cookie =
        format!("{LLM_COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    Ok(([(header::SET_COOKIE, cookie)], see_other("/privacy")).into_response())
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
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<PrivacyQuery>,
) -> Result<Response> {
    let declines = declines_model(&headers);
    show(&PrivacyPage {
        frame: visit.frame(),
        retention_days: app.config.guest_retention.as_secs() / SECONDS_OF_A_DAY,
        model: ModelReceiver::of(&app.config.llm),
        declines,
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
        let page = |model: Option<bool>, has_guest, erased| Self {
            frame: Frame::new(lang, "/privacy"),
            retention_days: 30,
            model: model.map(|keeps_sensitive_home| ModelReceiver {
                host: "model.example".to_owned(),
                name: "mini".to_owned(),
                keeps_sensitive_home,
            }),
            declines: has_guest,
            has_guest,
            erased,
        };
        vec![
            page(None, true, false),
            page(Some(true), false, true),
            page(Some(false), true, false),
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
