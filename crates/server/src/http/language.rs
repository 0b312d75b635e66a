//! Which of the two languages a request wants.

use axum::http::{HeaderMap, header};
use seonmul_engine::Lang;

/// The better liked of Korean and English in `Accept-Language`; Korean when neither is named.
pub fn from_headers(headers: &HeaderMap) -> Lang {
    let mut best = (Lang::Ko, 0.0_f32);
    for part in headers
        .get_all(header::ACCEPT_LANGUAGE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
    {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or("").trim().to_ascii_lowercase();
        let weight = pieces
            .find_map(|p| {
                p.trim()
                    .strip_prefix("q=")
                    .map(|q| q.trim().parse().unwrap_or(0.0))
            })
            .unwrap_or(1.0);
        let lang = match tag.split('-').next().unwrap_or("") {
            "ko" => Lang::Ko,
            "en" => Lang::En,
            _ => continue,
        };
        if weight > best.1 {
            best = (lang, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_better_liked_language_wins() {
        for (header, expected) in [
            ("", "ko"),
            ("fr", "ko"),
            ("en", "en"),
            ("en-US,en;q=0.9", "en"),
            ("fr-FR, en;q=0.5, ko;q=0.8", "ko"),
            ("ko;q=0.2, EN-gb", "en"),
            ("en;q=0", "ko"),
            ("en;q=NaN", "ko"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(header));
            assert_eq!(from_headers(&headers).as_str(), expected, "{header}");
        }
    }
}
