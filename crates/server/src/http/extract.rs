//! Extractors that answer problems: JSON bodies, query strings, paths, the guest and the administrator.

use super::limits::client_network;
use crate::app::App;
use crate::error::{Error, FieldError, Result};
use crate::service;
use crate::service::llm::Caller;
use crate::service::strict::Object;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use seonmul_engine::Lang;
use seonmul_store::{GuestId, GuestKey};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest JSON body.
const MAX_JSON_BYTES: usize = 64 * 1024;
/// Longest idempotency key.
const MAX_IDEMPOTENCY_KEY: usize = 255;
/// Name of the cookie that holds the guest's id.
pub const GUEST_COOKIE: &str = "guest_id";
/// Name of the cookie that says that a guest wants nothing sent to a language model.
pub const LLM_COOKIE: &str = "llm";

/// A JSON body in, a JSON body out.
#[derive(Debug)]
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for ApiJson<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        if !is_json(request.headers()) {
            return Err(Error::UnsupportedMediaType {
                expected: "application/json",
            });
        }
        parse_json(&read_body(request.into_body(), MAX_JSON_BYTES).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for ApiJson<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => json_bytes(body).into_response(),
            Err(error) => Error::from(error).into_response(),
        }
    }
}

/// Bytes that are JSON already.
pub fn json_bytes(body: impl Into<Bytes>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], body.into())
}

/// A JSON body that may be left out.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<App> for OptionalJson<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let has_type = request.headers().contains_key(header::CONTENT_TYPE);
        let json = is_json(request.headers());
        let body = read_body(request.into_body(), MAX_JSON_BYTES).await?;
        match (body.is_empty(), json) {
            (true, json) if json || !has_type => Ok(Self(T::default())),
            (_, true) if body.trim_ascii() == b"null" => Ok(Self(T::default())),
            (_, true) => parse_json(&body).map(Self),
            _ => Err(Error::UnsupportedMediaType {
                expected: "application/json",
            }),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
    else {
        return false;
    };
    let mut pieces = value.split(';').map(str::trim);
    let essence = pieces.next().unwrap_or("").to_ascii_lowercase();
    let known = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    let utf8 = pieces.all(|p| {
        let charset = p.to_ascii_lowercase();
        charset
            .strip_prefix("charset=")
            .is_none_or(|c| matches!(c.trim_matches('"'), "utf-8" | "utf8"))
    });
    known && utf8
}

/// A body of at most so many bytes.
pub(super) async fn read_body(body: Body, limit: usize) -> Result<Bytes> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Error::TooLarge {
            limit_bytes: limit as u64,
        }),
        Err(_) => Err(Error::field(
            "body",
            "본문을 끝까지 읽지 못했습니다.",
            "The body could not be read to its end.",
        )),
    }
}

fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let Object(value) = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|e| field_error(&e.path().to_string(), "body", &e.inner().to_string()))?;
    deserializer
        .end()
        .map_err(|e| field_error(".", "body", &e.to_string()))?;
    Ok(value)
}

/// Names the field at fault. Our own checks put `ko / en` texts into serde errors with `\u{1f}` between them.
fn field_error(path: &str, root: &str, message: &str) -> Error {
    let unknown = message
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split('`').next());
    let path = path.trim_end_matches(".?").trim_end_matches('?');
    let path = if path == "." { "" } else { path };
    let field = match (unknown, path) {
        (Some(name), "") => name.to_owned(),
        (Some(name), path) if path == name || path.ends_with(&format!(".{name}")) => {
            path.to_owned()
        }
        (Some(name), path) => format!("{path}.{name}"),
        (None, "") => root.to_owned(),
        (None, path) => path.to_owned(),
    };
    let field: String = field.chars().take(200).collect();
    let message: String = message
        .split(" at line ")
        .next()
        .unwrap_or("")
        .chars()
        .take(300)
        .collect();
    Error::Invalid(vec![FieldError::new(
        field,
        format!("값이 형식에 맞지 않습니다: {message}"),
        message,
    )])
}

/// A query string. Parameters without a value count as absent, unknown ones are refused.
#[derive(Debug)]
pub struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for ApiQuery<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let given = parts.uri.query().unwrap_or("");
        let pairs = form_urlencoded::parse(given.as_bytes()).filter(|(_, value)| !value.is_empty());
        let kept = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let deserializer =
            serde_urlencoded::Deserializer::new(form_urlencoded::parse(kept.as_bytes()));
        serde_path_to_error::deserialize(deserializer)
            .map(Self)
            .map_err(|e| field_error(&e.path().to_string(), "query", &e.inner().to_string()))
    }
}

/// The parameters of a path. One that does not have the right shape names nothing.
#[derive(Debug)]
pub struct ApiPath<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for ApiPath<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        #[expect(clippy::disallowed_types, reason = "the one place that wraps it")]
        let path =
            <axum::extract::Path<T> as FromRequestParts<App>>::from_request_parts(parts, app).await;
        path.map(|path| Self(path.0)).map_err(|_| Error::NotFound)
    }
}

/// The language that the request wants.
#[derive(Debug, Clone, Copy)]
pub struct Language(pub Lang);

impl FromRequestParts<App> for Language {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        Ok(Self(super::language_of(&parts.headers)))
    }
}

/// A guest who is known.
#[derive(Debug, Clone, Copy)]
pub struct GuestAuth(pub GuestKey);

impl FromRequestParts<App> for GuestAuth {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let id = presented_guest(&parts.headers).ok_or(Error::GuestUnknown)?;
        service::guests::authenticate(app, &id).await.map(Self)
    }
}

impl OptionalFromRequestParts<App> for GuestAuth {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>> {
        match <Self as FromRequestParts<App>>::from_request_parts(parts, app).await {
            Ok(guest) => Ok(Some(guest)),
            Err(Error::GuestUnknown) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let GuestAuth(guest) =
            <GuestAuth as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        Ok(caller(app, guest, parts))
    }
}

/// A guest with what a call to the language model is counted by.
pub(super) fn caller(app: &App, guest: GuestKey, parts: &Parts) -> Caller {
    Caller {
        guest,
        network: client_network(app, &parts.headers, &parts.extensions),
        declines: declines_model(&parts.headers),
    }
}

/// Whether a request says that nothing may be sent to a language model.
pub fn declines_model(headers: &HeaderMap) -> bool {
    cookie(headers, LLM_COOKIE).any(|choice| choice == "off")
}

/// The values of a cookie.
fn cookie<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The guest's id that a request shows, in the header or else in the cookie; whether it is known is another question.
pub fn presented_guest(headers: &HeaderMap) -> Option<GuestId> {
    if let Some(value) = headers.get("x-guest-id") {
        return value.to_str().ok().and_then(GuestId::parse);
    }
    cookie(headers, GUEST_COOKIE).find_map(GuestId::parse)
}

/// Somebody who holds the admin token. Without a configured token the admin routes do not exist.
#[derive(Debug, Clone, Copy)]
pub struct AdminAuth;

impl FromRequestParts<App> for AdminAuth {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let token = app.config.admin_token.as_ref().ok_or(Error::NotFound)?;
        let given = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok());
        let given = given
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match given {
            Some((_, given)) if token.matches(given.trim()) => Ok(Self),
            _ => Err(Error::Forbidden),
        }
    }
}

/// The header `Idempotency-Key`, if the request has one.
#[derive(Debug)]
pub struct IdempotencyKey(pub Option<String>);

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        match value.to_str() {
            Ok(key) if (1..=MAX_IDEMPOTENCY_KEY).contains(&key.len()) => {
                Ok(Self(Some(key.to_owned())))
            }
            _ => Err(Error::field(
                "Idempotency-Key",
                "1~255자의 ASCII 문자여야 합니다.",
                "must be 1 to 255 visible ASCII characters",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the errors matter")]
    struct Outer {
        inner: Option<Inner>,
        list: Option<Vec<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the errors matter")]
    struct Inner {
        count: u32,
    }

    fn field_of(body: &[u8]) -> String {
        match parse_json::<Outer>(body) {
            Err(Error::Invalid(faults)) => faults[0].field.clone(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_field_is_named_by_its_path() {
        assert_eq!(field_of(br#"{"inner":{"count":"x"}}"#), "inner.count");
        assert_eq!(
            field_of(br#"{"list":[{"count":1},{"count":-1}]}"#),
            "list[1].count"
        );
        assert_eq!(field_of(br#"{"iner":1}"#), "iner");
        assert_eq!(field_of(br#"{"inner":{"cnt":1}}"#), "inner.cnt");
        assert_eq!(field_of(br#"{"inner":{}}"#), "inner");
        assert_eq!(field_of(b"{"), "body");
        assert_eq!(field_of(b"{} {}"), "body");
        assert_eq!(field_of(b"[1]"), "body");
        assert_eq!(field_of(b"{\"inner\":{\"count\":\"\xff\"}}"), "inner.count");
    }

    #[test]
    fn only_json_in_utf8_is_json() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/merge-patch+json", true),
            ("application/json; charset=euc-kr", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(is_json(&headers), expected, "{value}");
        }
    }

    #[test]
    fn the_guest_is_taken_from_header_or_cookie() {
        let id = "0123456789abcdef0123456789abcdef";
        let mut headers = HeaderMap::new();
        assert!(presented_guest(&headers).is_none());
        headers.insert(
            header::COOKIE,
            HeaderValue::from_str(&format!("a=b; guest_id={id}; guest_idx=1")).unwrap(),
        );
        assert_eq!(presented_guest(&headers).unwrap().as_str(), id);
        headers.insert("x-guest-id", HeaderValue::from_static("nonsense"));
        assert!(presented_guest(&headers).is_none());
    }
}
