//! Stylesheet, script and icon, embedded in the program and named by their content, so that browsers may keep them for a year.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

/// A file whose address names its content never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Any other address is asked again, and mostly answered with "not modified".
const ASK_AGAIN: &str = "public, max-age=300";

#[derive(Embed)]
#[folder = "assets/"]
struct Assets;

/// The text of an embedded file.
pub(super) fn text(path: &str) -> Option<String> {
    String::from_utf8(Assets::get(path)?.data.into_owned()).ok()
}

/// The address of a file, with its fingerprint.
pub fn url(name: &str) -> String {
    match Assets::get(name) {
        Some(file) => format!("/assets/{name}?v={}", fingerprint(&file)),
        None => format!("/assets/{name}"),
    }
}

fn fingerprint(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Answers a request for a file; `version` is the fingerprint that the address names.
pub(super) fn respond(name: &str, version: Option<&str>, headers: &HeaderMap) -> Option<Response> {
    let file = Assets::get(name).filter(|_| !name.contains('/'))?;
    let print = fingerprint(&file);
    let cache = if version == Some(print.as_str()) {
        FOREVER
    } else {
        ASK_AGAIN
    };
    Some(cacheable(
        file.data.into_owned(),
        media_type(name),
        &print,
        cache,
        headers,
    ))
}

/// A body with its entity tag, or "not modified" for whoever has it already.
pub(super) fn cacheable(
    body: impl Into<Body>,
    media_type: &'static str,
    print: &str,
    cache: &'static str,
    headers: &HeaderMap,
) -> Response {
    let tag = format!("\"{print}\"");
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok());
    let known = known.is_some_and(|v| {
        v.split(',')
            .any(|one| one.trim().trim_start_matches("W/") == tag)
    });
    let mut response = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, media_type)], body.into()).into_response(),
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_version_is_kept_for_a_year_and_asked_for_once() {
        let address = url("seonmul.css");
        let version = address.split_once("?v=").unwrap().1;
        let first = respond("seonmul.css", Some(version), &HeaderMap::new()).unwrap();
        assert_eq!(first.headers()[header::CACHE_CONTROL], FOREVER);
        assert_eq!(
            first.headers()[header::CONTENT_TYPE],
            "text/css; charset=utf-8"
        );

        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let second = respond("seonmul.css", None, &headers).unwrap();
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(second.headers()[header::CACHE_CONTROL], ASK_AGAIN);
        assert!(respond("pictures/gift.svg", None, &HeaderMap::new()).is_none());
        assert!(respond("no.css", None, &HeaderMap::new()).is_none());
    }
}
