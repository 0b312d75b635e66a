//! The document of the interface, and the errors that calls of each kind can answer.

use super::problem::Problem;
use std::collections::BTreeMap;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, Modify, OpenApi, ToSchema};

/// The document without its routes, which the router adds.
#[derive(OpenApi)]
#[openapi(
    info(title = "Seonmul", description = "Recommends gifts from the shop's own catalogue, with reasons.", version = "1.0"),
    components(schemas(Problem)),
    modifiers(&Schemes)
)]
pub struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        openapi.info.license = None;
        let components = openapi.components.get_or_insert_default();
        let guest = ApiKeyValue::with_description(
            "X-Guest-Id",
            "The guest_id of POST /api/v1/guests; the cookie of that name does as well.",
        );
        components.add_security_scheme("guest", SecurityScheme::ApiKey(ApiKey::Header(guest)));
        let admin = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("SEONMUL_ADMIN_TOKEN"))
            .build();
        components.add_security_scheme("admin", SecurityScheme::Http(admin));
    }
}

type Responses = BTreeMap<String, RefOr<Response>>;

const COMMON: [(u16, &str); 7] = [
    (
        400,
        "invalid_request: the request does not say what it must say; `errors` names the fields",
    ),
    (
        404,
        "not_found: there is no such thing, or it belongs to somebody else",
    ),
    (405, "method_not_allowed"),
    (413, "too_large"),
    (
        429,
        "rate_limited: wait as many seconds as Retry-After says",
    ),
    (500, "internal"),
    (
        503,
        "unavailable: try again after as many seconds as Retry-After says",
    ),
];
const WRITES: [(u16, &str); 3] = [
    (409, "conflict or idempotency_in_progress"),
    (415, "unsupported_media_type"),
    (422, "idempotency_mismatch or unprocessable"),
];
const GUEST: (u16, &str) = (
    401,
    "guest_unknown: no guest, or one who is not known any more",
);
const ADMIN: (u16, &str) = (403, "forbidden: the token is missing or wrong");

fn problems<'a>(statuses: impl IntoIterator<Item = &'a (u16, &'a str)>) -> Responses {
    let schema = RefOr::Ref(Ref::from_schema_name(Problem::name()));
    let response = |description: &str| {
        let content = Content::new(Some(schema.clone()));
        ResponseBuilder::new()
            .description(description)
            .content("application/problem+json", content)
            .build()
    };
    statuses
        .into_iter()
        .map(|(status, text)| (status.to_string(), RefOr::T(response(text))))
        .collect()
}

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $($part:expr),+;)+) => {
        $(
            $(#[$doc])*
            pub struct $name;
            impl IntoResponses for $name {
                fn responses() -> Responses {
                    let mut all: Vec<&(u16, &str)> = COMMON.iter().collect();
                    $(all.extend($part);)+
                    problems(all)
                }
            }
        )+
    };
}

errors! {
    /// What any call can answer.
    CommonErrors = [&GUEST; 0];
    /// What a call of a guest can answer.
    GuestErrors = [&GUEST, &WRITES[0]];
    /// What a call of a guest with a body can answer.
    GuestWriteErrors = [&GUEST], &WRITES;
    /// What a call of an administrator can answer.
    AdminErrors = [&ADMIN, &WRITES[0]];
    /// What a call of an administrator with a body can answer.
    AdminWriteErrors = [&ADMIN], &WRITES;
}
