//! The event log: every event once, in files that other programs open, in a folder and in S3; nothing of a guest that outlives the guest.

use crate::fixture::{NOW_MS, Server, on_both, python};
use seonmul_server::jobs::log_events::{self, Outcome, rows};
use seonmul_server::jobs::work_once;
use seonmul_store::OutboxEvent;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

on_both!(
    every_event_is_logged_once,
    events_wait_for_company_but_not_for_ever,
    workers_share_the_work,
    a_broken_event_is_buried_and_holds_up_nobody,
    a_store_that_is_away_loses_nothing,
    days_that_are_over_become_one_file,
    what_is_erased_leaves_no_trace_that_means_anything,
    a_bucket_serves_as_well_as_a_folder,
);

const DAY_MS: i64 = 86_400_000;

/// A guest who answers everything, gets a list and clicks on it: eight events.
async fn visit(server: &Server) -> (String, String) {
    let guest = server.guest().await;
    let interview = server.interview(&guest).await;
    server.answer_all(&guest, &interview).await;
    let made = server
        .post("/api/v1/recommendations")
        .guest(&guest)
        .json(json!({ "interview_id": interview }))
        .send()
        .await
        .json();
    let id = made["recommendation_id"].as_str().unwrap().to_owned();
    let product = &made["items"][0]["product"]["product_id"];
    let clicked = server
        .post(&format!("/api/v1/recommendations/{id}/events"))
        .guest(&guest)
        .json(json!({ "events": [{ "kind": "click", "product_id": product }] }))
        .send()
        .await;
    assert_eq!(clicked.status, 202);
    (guest, id)
}

const EVENTS_OF_A_VISIT: usize = 8;

/// What the newest list says.
async fn manifest(server: &Server) -> Value {
    let folder = format!("{}/manifests", log_events::FOLDER);
    let mut listed = server.app.objects.list(&folder).await.unwrap();
    listed.sort_by(|a, b| a.location.cmp(&b.location));
    let newest = &listed.last().unwrap().location;
    serde_json::from_slice(&server.app.objects.read(newest).await.unwrap()).unwrap()
}

/// All rows of the files that count.
async fn logged(server: &Server) -> Vec<rows::Row> {
    let mut all = Vec::new();
    for file in manifest(server).await["files"].as_array().unwrap() {
        let location = file["location"].as_str().unwrap();
        all.extend(rows::decode(server.app.objects.read(location).await.unwrap()).unwrap());
    }
    all
}

fn distinct(rows: &[rows::Row]) -> usize {
    rows.iter()
        .map(|row| &row.event_id)
        .collect::<HashSet<_>>()
        .len()
}

async fn every_event_is_logged_once(server: Server) {
    visit(&server).await;
    visit(&server).await;
    work_once(&server.app).await.unwrap();
    visit(&server).await;
    work_once(&server.app).await.unwrap();
    work_once(&server.app).await.unwrap();
    let rows = logged(&server).await;
    assert_eq!(
        (rows.len(), distinct(&rows)),
        (3 * EVENTS_OF_A_VISIT, 3 * EVENTS_OF_A_VISIT)
    );
    let guests: HashSet<_> = rows.iter().map(|row| row.guest.clone().unwrap()).collect();
    assert_eq!(guests.len(), 3);
    for guest in guests {
        let own: Vec<&str> = rows
            .iter()
            .filter(|row| row.guest.as_ref() == Some(&guest))
            .map(|row| row.kind.as_str())
            .collect();
        assert_eq!(
            own[..6],
            ["interview.answered"; 6],
            "in the order of their happening"
        );
        assert_eq!(
            own[6..],
            ["recommendation.created", "recommendation.events"]
        );
    }

    // Another program reads the same.
    let root = server.app.objects.root().to_owned();
    let listed = manifest(&server).await;
    let files = listed["files"].as_array().unwrap().iter();
    let files: Vec<String> = files
        .map(|file| {
            root.join(file["location"].as_str().unwrap())
                .display()
                .to_string()
        })
        .collect();
    let answer = duckdb(
        &files,
        "SELECT count(*), count(DISTINCT event_id), count(DISTINCT guest), min(happened_at)::VARCHAR, \
         sum(CASE WHEN kind = 'recommendation.created' THEN json_array_length(details, '$.items') END)::INT, \
         min(day)::VARCHAR FROM events",
    )
    .await;
    let items: usize = rows
        .iter()
        .filter(|row| row.kind == "recommendation.created")
        .map(|row| {
            serde_json::from_str::<Value>(&row.details).unwrap()["items"]
                .as_array()
                .unwrap()
                .len()
        })
        .sum();
    assert_eq!(
        answer,
        json!([24, 24, 3, "2026-11-23 00:00:00+00", items, "2026-11-23"])
    );
}

/// The first row of a query over Parquet files, asked of DuckDB.
async fn duckdb(files: &[String], query: &str) -> Value {
    let script = "import duckdb, json, sys\n\
                  c = duckdb.connect()\n\
                  c.execute(\"SET TimeZone='UTC'\")\n\
                  c.execute('CREATE VIEW events AS SELECT * FROM read_parquet(' + repr(json.loads(sys.argv[1])) + ', hive_partitioning=true)')\n\
                  print(json.dumps(c.execute(sys.argv[2]).fetchone()))";
    let output = python(&["-c", script, &json!(files).to_string(), query])
        .output()
        .await
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn events_wait_for_company_but_not_for_ever(server: Server) {
    let minute = Duration::from_secs(60);
    visit(&server).await;
    let step = async || log_events::run_once(&server.app, minute).await.unwrap();
    assert_eq!(step().await, Outcome::Idle);
    server.app.clock.advance_ms(60_000);
    assert_eq!(step().await, Outcome::Logged(EVENTS_OF_A_VISIT));
    assert_eq!(step().await, Outcome::Idle);
}

async fn workers_share_the_work(server: Server) {
    for _ in 0..6 {
        visit(&server).await;
    }
    let mut workers = Vec::new();
    for _ in 0..4 {
        let node = server.another(&[]).await;
        workers.push(tokio::spawn(async move { work_once(&node.app).await }));
    }
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    let rows = logged(&server).await;
    assert_eq!((rows.len(), distinct(&rows)), (48, 48));
}

async fn a_broken_event_is_buried_and_holds_up_nobody(server: Server) {
    let (guest, id) = visit(&server).await;
    let guest = seonmul_store::GuestId::parse(&guest).unwrap().key();
    let id = seonmul_store::RecommendationId::parse(&id).unwrap();
    let broken = OutboxEvent::new(Some(guest), "broken", "[1, 2".to_owned(), NOW_MS);
    let stored = server
        .app
        .store
        .recommendation_events_insert(&guest, &id, &[], &broken);
    assert!(stored.await.unwrap());
    visit(&server).await;
    work_once(&server.app).await.unwrap();
    let status = server.app.store.outbox_status().await.unwrap();
    assert_eq!((status.pending, status.dead), (0, 1));
    let dead = server.app.store.dead_letter_list(10).await.unwrap();
    assert!(dead[0].reason.contains("no JSON object"), "{dead:?}");
    assert_eq!(logged(&server).await.len(), 2 * EVENTS_OF_A_VISIT);
}

async fn a_store_that_is_away_loses_nothing(server: Server) {
    visit(&server).await;
    let root = server.app.objects.root().join("events");
    // A file in the place of the folder: nothing can be written below it.
    std::fs::write(&root, "").unwrap();
    assert!(work_once(&server.app).await.is_err());
    assert_eq!(server.app.store.outbox_status().await.unwrap().pending, 8);
    std::fs::remove_file(&root).unwrap();
    work_once(&server.app).await.unwrap();
    assert_eq!(distinct(&logged(&server).await), EVENTS_OF_A_VISIT);
}

async fn days_that_are_over_become_one_file(server: Server) {
    for _ in 0..5 {
        visit(&server).await;
        log_events::run_once(&server.app, Duration::ZERO)
            .await
            .unwrap();
    }
    let before = logged(&server).await;
    assert_eq!(
        log_events::compact(&server.app).await.unwrap(),
        0,
        "the day is not over"
    );
    server.app.clock.advance_ms(DAY_MS);
    assert_eq!(log_events::compact(&server.app).await.unwrap(), 5);
    work_once(&server.app).await.unwrap();
    let listed = manifest(&server).await;
    assert_eq!(listed["files"].as_array().unwrap().len(), 1);
    assert_eq!(listed["schema"], rows::SCHEMA_NAME);
    assert_eq!(logged(&server).await, before);

    let files = async || {
        let all = server.app.objects.list(log_events::FOLDER).await.unwrap();
        all.iter()
            .filter(|o| o.location.ends_with(".parquet"))
            .count()
    };
    assert_eq!(
        files().await,
        6,
        "whoever holds the older list still finds its files"
    );
    server.app.clock.advance_ms(2 * 3_600_000);
    assert_eq!(log_events::sweep(&server.app).await.unwrap(), 5);
    assert_eq!(files().await, 1);
    assert_eq!(logged(&server).await, before);
}

async fn what_is_erased_leaves_no_trace_that_means_anything(server: Server) {
    let (guest, id) = visit(&server).await;
    work_once(&server.app).await.unwrap();
    let key = seonmul_store::GuestId::parse(&guest).unwrap().key();
    let text = format!("{:?}", logged(&server).await);
    assert!(
        !text.contains(&guest) && !text.contains(&id) && !text.contains(&key.to_hex()),
        "{text}"
    );
    let before = server.app.store.guest_log_keys(&[key]).await.unwrap();
    assert_eq!(before.len(), 1);
    visit(&server).await;
    let gone = server
        .delete("/api/v1/guests/me")
        .guest(&guest)
        .send()
        .await;
    assert_eq!(gone.status, 204);
    assert!(
        server
            .app
            .store
            .guest_log_keys(&[key])
            .await
            .unwrap()
            .is_empty()
    );
    work_once(&server.app).await.unwrap();
    assert_eq!(distinct(&logged(&server).await), 2 * EVENTS_OF_A_VISIT);
}

/// A moto server on a port of its own choosing, and its address.
async fn s3() -> (Child, String) {
    let script = "import sys, threading\n\
                  from moto.server import ThreadedMotoServer\n\
                  s = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)\n\
                  s.start()\n\
                  print(s.get_host_and_port()[1], flush=True)\n\
                  sys.stdin.read()";
    let mut server = python(&["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let port = lines
        .next_line()
        .await
        .unwrap()
        .expect("moto tells its port");
    (server, format!("http://127.0.0.1:{port}"))
}

async fn a_bucket_serves_as_well_as_a_folder(server: Server) {
    let (_moto, address) = s3().await;
    let copies = tempfile::tempdir().unwrap();
    let folder = |name: &str| copies.path().join(name).display().to_string();
    let (one, two) = (folder("one"), folder("two"));
    let node = async |copies: &str| {
        server
            .another(&[
                ("SEONMUL_OBJECT_STORE_URL", "s3://gifts/shop/a"),
                ("SEONMUL_SNAPSHOT_COPIES", copies),
                ("AWS_ENDPOINT_URL", &address),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "id"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
            ])
            .await
    };
    let builder = node(&one).await;
    let http = reqwest::Client::new();
    let made = http.put(format!("{address}/gifts")).send().await.unwrap();
    assert!(made.status().is_success(), "{}", made.status());
    builder.app.objects.check().await.unwrap();
    let row = seonmul_server::jobs::build_catalogue::build(&builder.app, |_| {})
        .await
        .unwrap();
    // Another node, with an empty folder, serves the snapshot that the first one built.
    let reader = node(&two).await;
    assert_eq!(reader.app.catalogue().unwrap().version(), row.version);
    visit(&reader).await;
    work_once(&reader.app).await.unwrap();
    assert_eq!(distinct(&logged(&builder).await), EVENTS_OF_A_VISIT);
    let keys = http
        .get(format!("{address}/gifts"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        keys.contains("shop/a/events/v1/day=2026-11-23/") && keys.contains("shop/a/snapshots/"),
        "{keys}"
    );
    assert!(!keys.contains(".check"), "{keys}");
}
