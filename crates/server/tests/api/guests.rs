//! Guests: let in, known, forgotten.

use crate::fixture::{NOW_MS, Server, on_both};
use axum::http::StatusCode;
use seonmul_server::clock::rfc3339;
use serde_json::json;

on_both!(
    a_new_guest_gets_a_cookie,
    the_cookie_is_as_good_as_the_header,
    nobody_else_is_a_guest,
    a_guest_is_forgotten_after_the_last_visit,
    another_guests_things_do_not_exist,
    erased_means_gone,
);

async fn a_new_guest_gets_a_cookie(server: Server) {
    let reply = server.post("/api/v1/guests").send().await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let body = reply.json();
    let id = body["guest_id"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    assert_eq!(body["expires_at"], rfc3339(NOW_MS + 30 * 86_400_000));
    let cookie = reply.header("set-cookie");
    assert!(
        cookie.starts_with(&format!(
            "guest_id={id}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"
        )),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"));
    let https = server
        .another(&[("SEONMUL_PUBLIC_URL", "https://gift.example")])
        .await;
    let reply = https.post("/api/v1/guests").send().await;
    assert!(reply.header("set-cookie").ends_with("; Secure"));
    assert!(
        reply
            .header("strict-transport-security")
            .starts_with("max-age=")
    );
}

async fn the_cookie_is_as_good_as_the_header(server: Server) {
    let guest = server.guest().await;
    let reply = server
        .get("/api/v1/interviews")
        .header("cookie", &format!("a=b; guest_id={guest}"))
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::OK);
}

async fn nobody_else_is_a_guest(server: Server) {
    let stranger = "0123456789abcdef0123456789abcdef";
    for id in ["", "x", "%00", stranger] {
        server
            .get("/api/v1/interviews")
            .guest(id)
            .send()
            .await
            .problem(401, "guest_unknown");
    }
    server
        .get("/api/v1/interviews")
        .send()
        .await
        .problem(401, "guest_unknown");
    server
        .post("/api/v1/recommendations")
        .json(json!({}))
        .send()
        .await
        .problem(401, "guest_unknown");
    server
        .delete("/api/v1/guests/me")
        .send()
        .await
        .problem(401, "guest_unknown");
}

async fn a_guest_is_forgotten_after_the_last_visit(server: Server) {
    const DAY_MS: i64 = 86_400_000;
    let guest = server.guest().await;
    for _ in 0..3 {
        server.app.clock.advance_ms(20 * DAY_MS);
        assert_eq!(
            server
                .get("/api/v1/interviews")
                .guest(&guest)
                .send()
                .await
                .status,
            StatusCode::OK
        );
    }
    server.app.clock.advance_ms(31 * DAY_MS);
    server
        .get("/api/v1/interviews")
        .guest(&guest)
        .send()
        .await
        .problem(401, "guest_unknown");
}

async fn another_guests_things_do_not_exist(server: Server) {
    let (one, other) = (server.guest().await, server.guest().await);
    let interview = server.interview(&one).await;
    let made = server
        .post("/api/v1/recommendations")
        .guest(&one)
        .json(json!({}))
        .send()
        .await
        .json();
    let recommendation = made["recommendation_id"].as_str().unwrap();
    let product = made["items"][0]["product"]["product_id"].as_str().unwrap();
    let interview_path = format!("/api/v1/interviews/{interview}");
    let recommendation_path = format!("/api/v1/recommendations/{recommendation}");
    for call in [
        server.get(&interview_path),
        server
            .put(&format!("{interview_path}/answers/relation"))
            .json(json!({ "choice": "friend" })),
        server.post(&format!("{interview_path}/keywords")),
        server.get(&recommendation_path),
        server.get(&format!("/api/v1/recommendations?interview_id={interview}")),
        server
            .post("/api/v1/recommendations")
            .json(json!({ "interview_id": interview })),
        server
            .post("/api/v1/recommendations")
            .json(json!({ "parent_id": recommendation })),
        server
            .post(&format!("{recommendation_path}/critiques"))
            .json(json!({ "kind": "cheaper" })),
        server
            .post(&format!("{recommendation_path}/events"))
            .json(json!({ "events": [{ "kind": "click", "product_id": product }] })),
    ] {
        call.guest(&other).send().await.problem(404, "not_found");
    }
    let theirs = server
        .get("/api/v1/interviews")
        .guest(&other)
        .send()
        .await
        .json();
    assert_eq!(theirs["interviews"], json!([]));
}

async fn erased_means_gone(server: Server) {
    let guest = server.guest().await;
    let interview = server.interview(&guest).await;
    let made = server
        .post("/api/v1/recommendations")
        .guest(&guest)
        .json(json!({ "interview_id": interview }))
        .send()
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert!(server.app.store.outbox_status().await.unwrap().pending > 0);
    let reply = server
        .delete("/api/v1/guests/me")
        .guest(&guest)
        .send()
        .await;
    assert_eq!(
        (reply.status, reply.body.len()),
        (StatusCode::NO_CONTENT, 0)
    );
    assert!(reply.header("set-cookie").contains("Max-Age=0"));
    server
        .get(&format!("/api/v1/interviews/{interview}"))
        .guest(&guest)
        .send()
        .await
        .problem(401, "guest_unknown");
    assert_eq!(server.app.store.outbox_status().await.unwrap().pending, 0);
}
