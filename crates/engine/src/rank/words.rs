//! Texts of data files with places to fill, and prices and titles as they stand in a sentence.

use crate::Lang;
use crate::interview::grouped;
use crate::text::with_josa;
use serde::Deserialize;

/// Longest part of a title that a sentence quotes, in characters.
const TITLE_CHARS: usize = 40;

/// A text in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    pub ko: String,
    pub en: String,
}

impl Text {
    pub(super) fn pick(&self, lang: Lang) -> &str {
        lang.pick(&self.ko, &self.en)
    }
}

/// Replaces `{name}` by its value, and `{name:closed/open}` by its value with the one of two particles that fits it.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((place, tail)) = after.split_once('}') else {
            break;
        };
        let (name, form) = place.split_once(':').unwrap_or((place, ""));
        let value = value(name);
        match form.split_once('/') {
            Some((closed, open)) => out.push_str(&with_josa(&value, closed, open)),
            None => out.push_str(&value),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// `32,000원`, `₩32,000`; other currencies by their code.
pub(super) fn price(amount: u32, currency: &str, lang: Lang) -> String {
    match (currency, lang) {
        ("KRW", Lang::Ko) => format!("{}원", grouped(amount)),
        ("KRW", Lang::En) => format!("₩{}", grouped(amount)),
        (code, _) => format!("{} {code}", grouped(amount)),
    }
}

/// A title short enough to be quoted in a sentence, cut at a space where that leaves enough of it.
pub(super) fn short(title: &str) -> String {
    let Some((end, _)) = title.char_indices().nth(TITLE_CHARS) else {
        return title.to_owned();
    };
    let space = title[..end].rfind(' ').filter(|&at| at >= end / 2);
    let cut = space.unwrap_or(end);
    format!("{}…", title[..cut].trim_end())
}
