//! What surrounds every request: problems, headers, limits, compression, operation routes, the document.

use crate::fixture::{Server, on_both};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use seonmul_server::error::Error;
use seonmul_server::http::router::surrounded;
use serde_json::{Value, json};
use std::collections::BTreeSet;

on_both!(
    what_is_not_there_is_a_problem,
    bodies_are_checked_before_they_are_read,
    problems_speak_the_language_asked_for,
    request_ids_go_in_and_out,
    every_answer_is_guarded_by_headers,
    a_guest_is_limited with &[("SEONMUL_RATE_LIMIT_PER_MINUTE", "5")],
    an_address_is_limited with &[("SEONMUL_RATE_LIMIT_PER_MINUTE", "2")],
    large_answers_are_compressed,
    counters_count,
    an_empty_shop_is_not_ready with &[crate::fixture::EMPTY],
    the_document_names_every_route_and_error,
    the_relay_waits_for_a_model,
    a_fault_of_ours_tells_nothing with &[("SEONMUL_REQUEST_TIMEOUT_SECONDS", "1")],
);

async fn what_is_not_there_is_a_problem(server: Server) {
    for path in [
        "/nope",
        "/api/v1",
        "/api/v1/nope",
        "/api/v2/guests",
        "/api/v1/guests/",
    ] {
        server.get(path).send().await.problem(404, "not_found");
    }
    for (method, path) in [
        (Method::DELETE, "/healthz"),
        (Method::GET, "/api/v1/guests"),
        (Method::POST, "/api/v1/products"),
        (Method::TRACE, "/api/v1/questions"),
        (Method::from_bytes(b"BREW").unwrap(), "/api/v1/catalogue"),
    ] {
        let reply = server.call(method, path).send().await;
        reply.problem(405, "method_not_allowed");
        assert!(!reply.header("allow").is_empty());
    }
}

async fn bodies_are_checked_before_they_are_read(server: Server) {
    let guest = server.guest().await;
    let post = || server.post("/api/v1/recommendations").guest(&guest);
    post().send().await.problem(415, "unsupported_media_type");
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=euc-kr",
        "nonsense",
    ] {
        post()
            .body(content_type, "{}")
            .send()
            .await
            .problem(415, "unsupported_media_type");
    }
    for body in ["", "{", "{} {}", "[1,", "nul", "{\"limit\":1,\"limit\":2}"] {
        let reply = post().body("application/json", body).send().await;
        assert!(!reply.problem(400, "invalid_request").is_empty(), "{body}");
    }
    let fields = post()
        .body("application/json", b"{\"parent_id\":\"\xff\"}".to_vec())
        .send()
        .await;
    assert_eq!(fields.problem(400, "invalid_request"), ["parent_id"]);
    let deep = "[".repeat(10_000);
    post()
        .body("application/json", deep)
        .send()
        .await
        .problem(400, "invalid_request");
    let large = format!("{{\"parent_id\":\"{}\"}}", "a".repeat(64 * 1024));
    post()
        .body("application/json", large.clone())
        .send()
        .await
        .problem(413, "too_large");
    let unannounced = Body::from_stream(Chunks(large.into_bytes()));
    post()
        .body("application/json", unannounced)
        .send()
        .await
        .problem(413, "too_large");
}

/// A body whose length is not known beforehand.
struct Chunks(Vec<u8>);

impl futures_core::Stream for Chunks {
    type Item = Result<Vec<u8>, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let rest = std::mem::take(&mut self.0);
        std::task::Poll::Ready(if rest.is_empty() {
            None
        } else {
            Some(Ok(rest))
        })
    }
}

async fn problems_speak_the_language_asked_for(server: Server) {
    let guest = server.guest().await;
    let wrong = |language: &str| {
        let call = server
            .post("/api/v1/recommendations")
            .guest(&guest)
            .json(json!({ "limit": 99 }));
        call.header("accept-language", language).send()
    };
    let (korean, english) = (wrong("ko-KR,en;q=0.5").await, wrong("en-US").await);
    assert_eq!(
        (
            korean.header("content-language"),
            english.header("content-language")
        ),
        ("ko", "en")
    );
    assert_eq!(
        english.json()["errors"][0]["message"],
        "must be between 1 and 30"
    );
    assert_eq!(
        korean.json()["errors"][0]["message"],
        "1부터 30 사이여야 합니다."
    );
    assert_eq!(korean.json()["code"], english.json()["code"]);
}

async fn request_ids_go_in_and_out(server: Server) {
    let echoed = server
        .get("/healthz")
        .header("x-request-id", "abc-123")
        .send()
        .await;
    assert_eq!(echoed.header("x-request-id"), "abc-123");
    for odd in ["", "a b", "a\tb", "<x>", &"a".repeat(200)] {
        let reply = server
            .get("/healthz")
            .header("x-request-id", odd)
            .send()
            .await;
        let id = reply.header("x-request-id");
        assert!(id != odd && id.len() == 32, "{odd}: {id}");
    }
}

async fn every_answer_is_guarded_by_headers(server: Server) {
    for path in ["/healthz", "/docs/", "/nope", "/api/v1/questions"] {
        let reply = server.get(path).send().await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert!(
            reply
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert!(!reply.header("content-security-policy").contains("unsafe"));
        assert_eq!(
            reply.header("referrer-policy"),
            "strict-origin-when-cross-origin"
        );
        assert!(reply.headers.get("strict-transport-security").is_none());
    }
    assert_eq!(
        server
            .get("/api/v1/questions")
            .send()
            .await
            .header("cache-control"),
        "no-store"
    );
}

async fn a_guest_is_limited(server: Server) {
    let (one, other) = (server.guest().await, server.guest().await);
    for _ in 0..5 {
        assert_eq!(
            server
                .get("/api/v1/interviews")
                .guest(&one)
                .send()
                .await
                .status,
            StatusCode::OK
        );
    }
    let refused = server.get("/api/v1/interviews").guest(&one).send().await;
    refused.problem(429, "rate_limited");
    let seconds: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(
        server
            .get("/api/v1/interviews")
            .guest(&other)
            .send()
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        server.get("/healthz").guest(&one).send().await.status,
        StatusCode::OK
    );
    server.app.clock.advance_ms(61_000);
    assert_eq!(
        server
            .get("/api/v1/interviews")
            .guest(&one)
            .send()
            .await
            .status,
        StatusCode::OK
    );
}

async fn an_address_is_limited(server: Server) {
    let call = |peer: &str| server.get("/api/v1/questions").peer(peer).send();
    for _ in 0..20 {
        assert_eq!(call("198.51.100.7:4000").await.status, StatusCode::OK);
    }
    call("198.51.100.7:5000").await.problem(429, "rate_limited");
    assert_eq!(call("198.51.100.8:4000").await.status, StatusCode::OK);
    let spoofed = server
        .get("/api/v1/questions")
        .peer("198.51.100.7:1")
        .header("x-forwarded-for", "1.2.3.4")
        .send()
        .await;
    spoofed.problem(429, "rate_limited");
}

async fn large_answers_are_compressed(server: Server) {
    for encoding in ["gzip", "br"] {
        let reply = server
            .get("/api/v1/questions")
            .header("accept-encoding", encoding)
            .send()
            .await;
        assert_eq!(reply.header("content-encoding"), encoding);
        assert!(reply.header("vary").contains("accept-encoding"));
    }
    let plain = server.get("/api/v1/questions").send().await;
    assert!(plain.headers.get("content-encoding").is_none() && plain.json().is_object());
}

async fn counters_count(server: Server) {
    server.get("/api/v1/questions").send().await;
    server.get("/made-up/path").send().await;
    let text = server.get("/metrics").send().await.text();
    for line in [
        r#"seonmul_http_requests_total{method="GET",route="/api/v1/questions",status="200"} 1"#,
        r#"seonmul_http_requests_total{method="GET",route="unmatched",status="404"} 1"#,
        "seonmul_snapshot_age_seconds 0",
        "seonmul_snapshot_products 40",
        r#"seonmul_http_request_duration_seconds_bucket{route="/api/v1/questions",le="+Inf"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("made-up"));
}

async fn an_empty_shop_is_not_ready(server: Server) {
    let reply = server.get("/readyz").send().await;
    assert_eq!(
        (reply.status.as_u16(), &reply.json()["catalogue"]),
        (503, &json!("missing"))
    );
    for path in [
        "/api/v1/products",
        "/api/v1/products/x",
        "/api/v1/catalogue",
    ] {
        server.get(path).send().await.problem(503, "unavailable");
    }
    server.app.ending.send_replace(true);
    assert_eq!(
        server.get("/readyz").send().await.json()["status"],
        "ending"
    );
}

async fn the_document_names_every_route_and_error(server: Server) {
    let document = server.get("/api/v1/openapi.json").send().await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let (mut ids, mut count) = (BTreeSet::new(), 0);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            count += 1;
            ids.insert(operation["operationId"].as_str().unwrap());
            let responses = operation["responses"].as_object().unwrap();
            if path.starts_with("/api/") {
                for status in ["400", "404", "405", "413", "429", "500", "503"] {
                    let schema =
                        &responses[status]["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(schema, "#/components/schemas/Problem", "{path} {status}");
                }
            }
        }
    }
    assert_eq!((ids.len(), count), (29, 29));
    let schemas = &document["components"]["schemas"];
    for input in [
        "RecommendationInput",
        "ProfileInput",
        "EventsInput",
        "CritiqueInput",
        "KeywordsInput",
        "ChatInput",
        "ProductPatch",
    ] {
        assert_eq!(
            schemas[input]["additionalProperties"],
            Value::Bool(false),
            "{input}"
        );
    }
    assert_eq!(
        server.get("/docs").send().await.status,
        StatusCode::TEMPORARY_REDIRECT.min(StatusCode::SEE_OTHER)
    );
    assert!(
        server
            .get("/docs/")
            .send()
            .await
            .text()
            .contains("swagger-ui")
    );
    let asset = server.get("/docs/swagger-ui-bundle.js").send().await;
    assert_eq!(
        (asset.status, asset.header("content-type")),
        (StatusCode::OK, "text/javascript")
    );
}

async fn the_relay_waits_for_a_model(server: Server) {
    let guest = server.guest().await;
    let reply = server
        .post("/api/v1/llm/chat/completions")
        .guest(&guest)
        .json(json!({ "messages": [] }))
        .send()
        .await;
    reply.problem(503, "llm_not_configured");
    server
        .post("/api/v1/llm/chat/completions")
        .json(json!({}))
        .send()
        .await
        .problem(401, "guest_unknown");
}

async fn a_fault_of_ours_tells_nothing(mut server: Server) {
    async fn panics() {
        panic!("the password is swordfish")
    }
    async fn never_ends() {
        std::future::pending().await
    }
    let routes = Router::new()
        .route("/panics", get(panics))
        .route(
            "/fails",
            get(async || Error::Internal(anyhow::anyhow!("the password is swordfish"))),
        )
        .route(
            "/bare",
            get(async || (StatusCode::BAD_GATEWAY, "the password is swordfish")),
        )
        .route("/never", get(never_ends));
    server.router = surrounded(routes, server.app.clone());
    for path in ["/panics", "/fails", "/bare"] {
        let reply = server.get(path).send().await;
        reply.problem(500, "internal");
        assert!(!reply.text().contains("swordfish"));
    }
    server
        .get("/never")
        .send()
        .await
        .problem(503, "unavailable");
}
