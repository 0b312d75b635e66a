//! Reads everything back and compares it with what was acknowledged.

use crate::clients::Record;
use crate::processes::{Deployment, client};
use seonmul_server::jobs::log_events::{FOLDER, rows};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    guests: usize,
    answers: usize,
    results: usize,
    unknown: usize,
    events: usize,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} guests, {} answers and {} results acknowledged and there, {} results unknown, {} events each once",
            self.guests, self.answers, self.results, self.unknown, self.events
        )
    }
}

pub async fn everything(deployment: &Deployment, records: &[Record]) -> Found {
    let mut found = Found::default();
    let (mut stored_results, mut clicks, mut doubtful) = (0, 0, 0);
    for (place, record) in records.iter().enumerate() {
        let stranger = &records[(place + 1) % records.len()].guest;
        stored_results += one(deployment, record, stranger, &mut found).await;
        clicks += record.clicks;
        doubtful += record.doubtful_clicks;
    }
    assert!(
        found.results > 0 && found.answers > 0,
        "the clients got nowhere: {found}"
    );
    deployment.run(&["worker", "--once"]);
    let status: Value =
        serde_json::from_str(&deployment.run(&["worker", "--status", "--json"])).unwrap();
    if status["outbox"]["pending"] != 0 {
        // What a worker held when it was killed is free again once its lease is over; its own claim is asked for with a later clock.
        drain(deployment).await;
    }
    let events = logged(deployment);
    let distinct: HashSet<&String> = events.iter().map(|row| &row.event_id).collect();
    assert_eq!(distinct.len(), events.len(), "an event took effect twice");
    let kinds = events
        .iter()
        .fold(HashMap::<&str, usize>::new(), |mut kinds, row| {
            *kinds.entry(&row.kind).or_default() += 1;
            kinds
        });
    let of = |kind: &str| kinds.get(kind).copied().unwrap_or(0);
    assert_eq!(
        of("recommendation.created"),
        stored_results,
        "one event for each stored result"
    );
    assert!(of("interview.answered") >= found.answers, "{kinds:?}");
    let logged_clicks = of("recommendation.events");
    assert!(
        (clicks..=clicks + doubtful).contains(&logged_clicks),
        "{clicks} clicks, {doubtful} doubtful, {kinds:?}"
    );
    found.events = events.len();
    found
}

/// Checks one guest and gives how many results are stored.
async fn one(deployment: &Deployment, record: &Record, stranger: &str, found: &mut Found) -> usize {
    let http = client();
    let address = &deployment.addresses[found.guests % deployment.addresses.len()];
    let get = async |guest: &str, path: String| {
        let reply = http
            .get(format!("{address}{path}"))
            .header("x-guest-id", guest)
            .send()
            .await
            .unwrap();
        (
            reply.status().as_u16(),
            reply.json::<Value>().await.unwrap(),
        )
    };
    found.guests += 1;
    if record.interview.is_empty() {
        return 0;
    }
    let path = format!("/api/v1/interviews/{}", record.interview);
    let (status, interview) = get(&record.guest, path.clone()).await;
    assert_eq!(
        status, 200,
        "an acknowledged interview is lost: {interview}"
    );
    if stranger != record.guest {
        assert_eq!(
            get(stranger, path).await.0,
            404,
            "a stranger reads an interview"
        );
    }
    let answers = interview["answers"].as_array().unwrap();
    for (question, answer) in &record.answers {
        let stored = answers.iter().find(|a| &a["question_id"] == question);
        assert_eq!(
            stored.map(|a| &a["answer"]),
            Some(answer),
            "an acknowledged answer is lost"
        );
        found.answers += 1;
    }
    let path = format!(
        "/api/v1/recommendations?interview_id={}&limit=100",
        record.interview
    );
    let (_, listed) = get(&record.guest, path).await;
    let listed = listed["recommendations"].as_array().unwrap();
    let mut ids = HashSet::new();
    for (key, body, told) in &record.results {
        let known = listed
            .iter()
            .filter(|result| result["seed"] == body["seed"])
            .count();
        assert!(known <= 1, "{key} made {known} results");
        let Some(told) = told else {
            found.unknown += 1;
            continue;
        };
        let told: Value = serde_json::from_str(told).unwrap();
        let id = told["recommendation_id"].as_str().unwrap();
        let path = format!("/api/v1/recommendations/{id}");
        assert_eq!(
            get(&record.guest, path.clone()).await,
            (200, told.clone()),
            "an acknowledged result is lost"
        );
        if stranger != record.guest {
            assert_eq!(
                get(stranger, path).await.0,
                404,
                "a stranger reads a result"
            );
        }
        let again = http
            .post(format!("{address}/api/v1/recommendations"))
            .header("x-guest-id", &record.guest)
            .header("idempotency-key", key)
            .json(body)
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), 201);
        assert_eq!(
            again.json::<Value>().await.unwrap(),
            told,
            "the same key gave another body"
        );
        ids.insert(id.to_owned());
        found.results += 1;
    }
    assert!(
        listed.len() <= record.results.len(),
        "more results than keys"
    );
    listed.len()
}

async fn drain(deployment: &Deployment) {
    crate::processes::until("the outbox is empty", async || {
        deployment.run(&["worker", "--once"]);
        let status: Value =
            serde_json::from_str(&deployment.run(&["worker", "--status", "--json"])).unwrap();
        status["outbox"]["pending"] == 0
    })
    .await;
}

/// Every row of the files that the newest list names.
fn logged(deployment: &Deployment) -> Vec<rows::Row> {
    let folder = deployment.objects();
    let lists = std::fs::read_dir(folder.join(FOLDER).join("manifests")).unwrap();
    let newest = lists.map(|entry| entry.unwrap().path()).max().unwrap();
    let list: Value = serde_json::from_slice(&std::fs::read(newest).unwrap()).unwrap();
    let files = list["files"].as_array().unwrap().iter();
    files
        .flat_map(|file| {
            let path = folder.join(file["location"].as_str().unwrap());
            rows::decode(std::fs::read(path).unwrap().into()).unwrap()
        })
        .collect()
}
