//! What is kept, for how long, who receives it, and the button that erases it.

use super::texts::fill;
use super::{Frame, Lang, Page};
use askama::Template;

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
