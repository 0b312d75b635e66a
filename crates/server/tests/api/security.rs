//! What attackers try: ids that can be guessed, paths that lead out, logs that lie or tell too much.

use crate::fixture::{Server, on_both};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::time::Duration;

on_both!(ids_cannot_be_guessed, paths_lead_nowhere_else);

async fn ids_cannot_be_guessed(server: Server) {
    let mut ids = Vec::new();
    for _ in 0..32 {
        let guest = server.guest().await;
        ids.push(server.interview(&guest).await);
        ids.push(guest);
    }
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 64);
    for id in &ids {
        assert!(
            id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()),
            "128 bits: {id}"
        );
    }
    // Of 64 random ids no place has the same character in all, as a clock, a node's number or a counter would leave it.
    for place in 0..32 {
        let seen: HashSet<char> = ids.iter().filter_map(|id| id.chars().nth(place)).collect();
        assert!(seen.len() > 4, "place {place} is one of {seen:?}");
    }
}

async fn paths_lead_nowhere_else(server: Server) {
    for path in [
        "/assets/../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e%2fseonmul.css",
        "/assets/%00",
        "/pictures/..%2f..%2fdata%2frank%2fweights.toml",
        "/pictures/%2fetc%2fpasswd.svg",
        "/pictures/..%5c..%5cany.svg",
    ] {
        let reply = server.get(path).send().await;
        assert!(reply.status.is_client_error(), "{path}: {}", reply.status);
        assert!(
            !reply.text().contains("[package]") && !reply.text().contains("root:"),
            "{path}"
        );
    }
}

/// The program itself, its log at its most talkative.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_hold_one_line_each_and_nothing_of_a_guest() {
    let folder = tempfile::tempdir().unwrap();
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_seonmul"))
        .arg("serve")
        .current_dir(folder.path())
        .env("SEONMUL_LISTEN", format!("127.0.0.1:{port}"))
        .env("SEONMUL_LOG", "trace")
        .env("SEONMUL_LOG_FORMAT", "json")
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    while !http
        .get(at("/readyz"))
        .send()
        .await
        .is_ok_and(|r| r.status() == 200)
    {
        assert!(program.try_wait().unwrap().is_none(), "it ended");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let made: Value = http
        .post(at("/api/v1/guests"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let guest = made["guest_id"].as_str().unwrap().to_owned();
    let secret = "할머니비밀일기장";
    let liar = "x\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}";
    let post = async |path: &str, body: Value| {
        let call = http.post(at(path)).header("x-guest-id", &guest).json(&body);
        call.send().await.unwrap().status().as_u16()
    };
    let profile = json!({ "profile": { "relation": "friend", "tastes": [secret, liar] }, "keywords": [secret] });
    assert_eq!(post("/api/v1/recommendations", profile).await, 201);
    assert_eq!(
        post("/api/v1/recommendations", json!({ secret: liar })).await,
        400
    );
    assert_eq!(
        http.get(at(&format!("/{secret}?{secret}")))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
    program.kill().unwrap();
    program.wait().unwrap();
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.lines().count() > 10);
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_ne!(entry["message"], "forged");
    }
    for hidden in [guest.as_str(), secret, "forged"] {
        assert!(!log.contains(hidden), "{hidden} is in the log");
    }
}
