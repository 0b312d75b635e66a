//! A visit to a page: its language, its guest, its form; the refusal of forms from other sites; and the page of a failure.

use super::errors::{ErrorPage, Fault};
use super::{Frame, Lang};
use crate::app::App;
use crate::error::{Error, Result};
use crate::http::extract::{GuestAuth, caller, read_body};
use crate::http::language_of;
use crate::service::llm::Caller;
use askama::Template;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use seonmul_store::GuestKey;

const LANGUAGE_COOKIE: &str = "lang";
const LANGUAGE_PARAMETER: &str = "lang";
const LANGUAGE_SECONDS: u32 = 365 * 86_400;
/// Longest body of a form; the longest field holds 300 characters.
const MAX_FORM_BYTES: usize = 16 * 1024;
/// Paths that programs ask for; their failures stay problems.
const NOT_PAGES: [&str; 7] = [
    "/api/",
    "/docs",
    "/assets/",
    "/pictures/",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// Who looks at a page, and in which language.
#[derive(Debug, Clone)]
pub(in crate::http) struct Visit {
    pub lang: Lang,
    pub guest: Option<GuestKey>,
    /// The guest with what calls to the language model are counted by.
    caller: Option<Caller>,
    /// Path and query, without the choice of a language.
    pub path: String,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let guest = match <GuestAuth as FromRequestParts<App>>::from_request_parts(parts, app).await
        {
            Ok(GuestAuth(guest)) => Some(guest),
            Err(Error::GuestUnknown) => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            lang: language(&parts.uri, &parts.headers),
            guest,
            caller: guest.map(|guest| caller(app, guest, parts)),
            path: path_without_language(&parts.uri),
        })
    }
}

impl Visit {
    /// The frame of the page that is visited.
    pub fn frame(&self) -> Frame {
        Frame::new(self.lang, self.path.clone())
    }

    /// The guest with what calls to the language model are counted by, for pages that are nobody else's.
    pub fn caller(&self) -> Result<Caller> {
        self.caller.ok_or(Error::GuestUnknown)
    }

    /// The guest, for pages that are nobody else's.
    pub fn known_guest(&self) -> Result<GuestKey> {
        self.guest.ok_or(Error::GuestUnknown)
    }
}

/// The language of a request: chosen by its address, else by the cookie, else by the browser.
fn language(uri: &Uri, headers: &HeaderMap) -> Lang {
    let chosen = query_pairs(uri)
        .find(|(name, _)| name == LANGUAGE_PARAMETER)
        .and_then(|(_, value)| parse_language(&value));
    chosen
        .or_else(|| cookie_language(headers))
        .unwrap_or_else(|| language_of(headers))
}

fn cookie_language(headers: &HeaderMap) -> Option<Lang> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'));
    cookies
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == LANGUAGE_COOKIE)
        .and_then(|(_, v)| parse_language(v))
}

pub(super) fn parse_language(tag: &str) -> Option<Lang> {
    [Lang::Ko, Lang::En]
        .into_iter()
        .find(|lang| lang.as_str() == tag)
}

/// The cookie that keeps a language.
pub(super) fn language_cookie(app: &App, lang: Lang) -> String {
    let secure = if app.config.is_https() {
        "; Secure"
    } else {
        ""
    };
    format!(
        "{LANGUAGE_COOKIE}={}; Path=/; Max-Age={LANGUAGE_SECONDS}; SameSite=Lax{secure}",
        lang.as_str()
    )
}

fn query_pairs(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()).into_owned()
}

fn path_without_language(uri: &Uri) -> String {
    let kept = query_pairs(uri).filter(|(name, _)| name != LANGUAGE_PARAMETER);
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish();
    if query.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{query}", uri.path())
    }
}

/// A place of this site to go back to; anything else leads to the first page.
pub(super) fn local_path(path: &str) -> &str {
    let local = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if local { path } else { "/" }
}

/// The fields of a form, in their order.
#[derive(Debug, Default)]
pub(in crate::http) struct Form(pub Vec<(String, String)>);

impl Form {
    /// The first field of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// All fields of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

impl FromRequest<App> for Form {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        const EXPECTED: &str = "application/x-www-form-urlencoded";
        let media_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok());
        let essence = media_type.map(|v| {
            v.split(';')
                .next()
                .unwrap_or("")
                .trim()
                .to_ascii_lowercase()
        });
        let body = read_body(request.into_body(), MAX_FORM_BYTES).await?;
        match essence.as_deref() {
            Some(EXPECTED) => Ok(Self(form_urlencoded::parse(&body).into_owned().collect())),
            None if body.is_empty() => Ok(Self::default()),
            _ => Err(Error::UnsupportedMediaType { expected: EXPECTED }),
        }
    }
}

/// A page as an answer.
pub(super) fn show(page: &impl Template) -> Result<Response> {
    let html = page
        .render()
        .map_err(|error| Error::Internal(anyhow::Error::new(error)))?;
    Ok(Html(html).into_response())
}

/// The way to another page after a form.
pub(super) fn see_other(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Refuses forms that another site sent, and keeps a language that the address chose.
pub(in crate::http) async fn guard(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() == Method::POST && !is_from_here(request.headers(), &app.config.public_url)
    {
        return Error::Forbidden.into_response();
    }
    let chosen = query_pairs(request.uri()).find(|(name, _)| name == LANGUAGE_PARAMETER);
    let chosen = chosen.and_then(|(_, value)| parse_language(&value));
    let mut response = next.run(request).await;
    if let Some(lang) = chosen
        && let Ok(cookie) = HeaderValue::from_str(&language_cookie(&app, lang))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether a browser says that a form is from this site. One that says nothing is too old to say it; the guest's cookie is
/// `SameSite=Lax` besides.
fn is_from_here(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else {
        return true;
    };
    let own = public_url.trim_end_matches('/');
    let host = origin.split_once("://").map(|(_, host)| host);
    origin.eq_ignore_ascii_case(own) || (host.is_some() && host == text("host"))
}

/// What is known of a request when its page failed.
pub(in crate::http) struct FailedVisit {
    lang: Lang,
    path: String,
}

impl FailedVisit {
    /// Something to show a page to, if it is a person that asks.
    pub(in crate::http) fn of(uri: &Uri, method: &Method, headers: &HeaderMap) -> Option<Self> {
        let path = uri.path();
        let accepts = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .any(|v| v.contains("text/html"));
        if !accepts || NOT_PAGES.iter().any(|other| path.starts_with(other)) {
            return None;
        }
        // The address of a form is no page to come back to.
        let path = if method == Method::GET {
            path_without_language(uri)
        } else {
            "/".to_owned()
        };
        Some(Self {
            lang: language(uri, headers),
            path,
        })
    }

    /// The page of a failure.
    pub(in crate::http) fn render(self, error: &Error, request_id: &str) -> Response {
        let fault = match error {
            Error::NotFound => Fault::NotFound,
            Error::GuestUnknown => Fault::GuestUnknown,
            Error::RateLimited { .. } => Fault::Busy,
            Error::Unavailable { .. } | Error::LlmNotConfigured => Fault::Unavailable,
            Error::Internal(_) => Fault::Broken,
            _ => Fault::Refused,
        };
        let page = ErrorPage {
            frame: Frame::new(self.lang, self.path),
            fault,
            request_id: request_id.to_owned(),
        };
        let mut response =
            (error.status(), Html(page.render().unwrap_or_default())).into_response();
        if let Some(seconds) = error.retry_after() {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn the_address_beats_the_cookie_and_the_cookie_the_browser() {
        let browser = headers(&[("accept-language", "en")]);
        let cookie = headers(&[("accept-language", "en"), ("cookie", "a=b; lang=ko")]);
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        assert_eq!(language(&uri("/"), &browser), Lang::En);
        assert_eq!(language(&uri("/"), &cookie), Lang::Ko);
        assert_eq!(language(&uri("/?lang=en"), &cookie), Lang::En);
        assert_eq!(language(&uri("/?lang=xx"), &cookie), Lang::Ko);
        assert_eq!(
            path_without_language(&uri("/results?lang=en&cursor=a%20b")),
            "/results?cursor=a+b"
        );
    }

    #[test]
    fn only_this_site_sends_forms() {
        let here = |pairs: &[(&'static str, &'static str)]| {
            is_from_here(&headers(pairs), "https://gift.example")
        };
        assert!(here(&[]));
        assert!(here(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "null")
        ]));
        assert!(here(&[("origin", "https://gift.example")]));
        assert!(here(&[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080")
        ]));
        assert!(!here(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://gift.example")
        ]));
        assert!(!here(&[("sec-fetch-site", "same-site")]));
        assert!(!here(&[
            ("origin", "https://evil.example"),
            ("host", "gift.example")
        ]));
        assert!(!here(&[("origin", "null"), ("host", "gift.example")]));
    }

    #[test]
    fn one_goes_back_to_this_site_only() {
        assert_eq!(
            local_path("/interviews/a?question=b"),
            "/interviews/a?question=b"
        );
        for elsewhere in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/a\r\nb",
        ] {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
