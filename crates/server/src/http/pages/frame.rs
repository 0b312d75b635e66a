//! What surrounds every page: language, texts, the addresses of stylesheet and script, and the way to the other language.

use super::Lang;
use super::texts::{Texts, texts};
use crate::http::assets;

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language.
    pub lang: Lang,
    /// Its texts.
    pub t: &'static Texts,
    /// Path and query of this page, to come back to after changing the language.
    pub path: String,
}

impl Frame {
    /// The frame of the page at a path.
    pub fn new(lang: Lang, path: impl Into<String>) -> Self {
        Self {
            lang,
            t: texts(lang),
            path: path.into(),
        }
    }

    /// The tag of the language.
    pub fn tag(&self) -> &'static str {
        self.lang.as_str()
    }

    /// The tag of the other language.
    pub fn other_tag(&self) -> &'static str {
        match self.lang {
            Lang::Ko => "en",
            Lang::En => "ko",
        }
    }

    /// Address of the stylesheet.
    pub fn css(&self) -> String {
        assets::url("seonmul.css")
    }

    /// Address of the script.
    pub fn js(&self) -> String {
        assets::url("seonmul.js")
    }

    /// Address of the icon.
    pub fn icon(&self) -> String {
        assets::url("favicon.svg")
    }
}

/// A picture of a gift: the shop's own, or one that we drew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// https, or a path of this service.
    pub url: String,
    /// Whether it is one of ours.
    pub drawn: bool,
}

impl Picture {
    /// A picture by its address.
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        Self {
            drawn: url.starts_with('/'),
            url,
        }
    }

    /// Our drawing of a concept or a category.
    pub fn drawn(key: &str) -> Self {
        Self {
            url: format!("/pictures/{key}.svg"),
            drawn: true,
        }
    }
}
