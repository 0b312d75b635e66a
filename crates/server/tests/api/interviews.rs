//! Interviews: questions, answers, what answering again does.

use crate::fixture::{Server, on_both};
use axum::http::StatusCode;
use serde_json::{Value, json};

on_both!(
    questions_are_the_six_fixed_ones,
    an_interview_goes_from_open_to_ready_to_completed,
    a_teacher_s_giver_is_asked_about_a_duty,
    answering_again_redoes_what_followed,
    only_askable_questions_are_answered,
    wrong_answers_name_their_field,
    answers_at_the_same_time_all_count,
    the_list_is_paged_newest_first,
    keywords_say_who_found_them,
    an_interview_works_without_a_catalogue,
);

async fn questions_are_the_six_fixed_ones(server: Server) {
    let questions = server.get("/api/v1/questions").send().await.json()["questions"].clone();
    let ids: Vec<&str> = questions
        .as_array()
        .unwrap()
        .iter()
        .map(|q| q["question_id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "relation", "gender", "age_band", "budget", "occasion", "category"
        ]
    );
    let english = server
        .get("/api/v1/questions")
        .header("accept-language", "en")
        .send()
        .await
        .json();
    assert_ne!(questions[0]["text"], english["questions"][0]["text"]);
    assert_eq!(
        questions[0]["options"][0]["value"],
        english["questions"][0]["options"][0]["value"]
    );
    assert_eq!(
        (&questions[0]["source"], &questions[0]["required"]),
        (&json!("fixed"), &json!(false))
    );
    assert_eq!(questions[3]["kind"], "range");
}

async fn an_interview_goes_from_open_to_ready_to_completed(server: Server) {
    let guest = server.guest().await;
    let reply = server.post("/api/v1/interviews").guest(&guest).send().await;
    let created = reply.json();
    let id = created["interview_id"].as_str().unwrap();
    assert_eq!(reply.header("location"), format!("/api/v1/interviews/{id}"));
    assert_eq!(
        (&created["status"], &created["asked"]),
        (&json!("open"), &json!(0))
    );
    assert_eq!(created["next_question"]["question_id"], "relation");
    assert_eq!(
        (&created["answers"], &created["keywords"]),
        (&json!([]), &json!([]))
    );

    let ready = server.answer_all(&guest, id).await;
    assert_eq!(
        (&ready["status"], &ready["asked"]),
        (&json!("ready"), &json!(6))
    );
    assert_eq!(
        ready["answers"][5],
        json!({ "question_id": "category", "answer": { "skipped": true }, "label": ready["answers"][5]["label"] })
    );
    assert!(!ready["keywords"].as_array().unwrap().is_empty());

    let made = server
        .post("/api/v1/recommendations")
        .guest(&guest)
        .json(json!({ "interview_id": id }))
        .send()
        .await
        .json();
    let completed = server
        .get(&format!("/api/v1/interviews/{id}"))
        .guest(&guest)
        .send()
        .await
        .json();
    assert_eq!(completed["status"], "completed");
    assert_eq!(
        completed["latest_recommendation_id"],
        made["recommendation_id"]
    );
    let again = server
        .answer(&guest, id, "relation", json!({ "choice": "friend" }))
        .await;
    assert_eq!(again["status"], "ready");
    assert_eq!(again["latest_recommendation_id"], made["recommendation_id"]);
}

fn answered(interview: &Value) -> Vec<String> {
    let answers = interview["answers"].as_array().unwrap();
    answers
        .iter()
        .map(|a| a["question_id"].as_str().unwrap().to_owned())
        .collect()
}

async fn a_teacher_s_giver_is_asked_about_a_duty(server: Server) {
    let guest = server.guest().await;
    let id = server.interview(&guest).await;
    server.answer_all(&guest, &id).await;
    let say = async |question: &str, value: &str| {
        server
            .answer(&guest, &id, question, json!({ "choice": value }))
            .await
    };
    let asked = say("relation", "teacher").await;
    let question = &asked["next_question"];
    assert_eq!(
        (&question["question_id"], &question["source"]),
        (&json!("duty_relation"), &json!("adaptive"))
    );
    assert_eq!(question["options"][0]["value"], "yes");
    assert_eq!(question["options"][1]["value"], "no");
    let recommend = async || {
        let reply = server
            .post("/api/v1/recommendations")
            .guest(&guest)
            .json(json!({ "interview_id": id }))
            .send()
            .await;
        reply.json()
    };
    let codes = |list: &Value| -> Vec<String> {
        let warnings = list["warnings"].as_array().unwrap();
        warnings
            .iter()
            .map(|w| w["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let yes = say("duty_relation", "yes").await;
    assert_eq!(
        (&yes["next_question"], &yes["asked"]),
        (&Value::Null, &json!(7))
    );
    assert_eq!(yes["answers"][6]["label"], "네, 직접 관련이 있어요");
    let nothing = recommend().await;
    assert!(nothing["items"].as_array().unwrap().is_empty());
    assert!(
        codes(&nothing).contains(&"graft_duty".to_owned()),
        "{nothing}"
    );

    let no = say("duty_relation", "no").await;
    assert_eq!((&no["asked"], &no["max_questions"]), (&json!(7), &json!(9)));
    let some = recommend().await;
    assert!(!some["items"].as_array().unwrap().is_empty());
    for warning in some["warnings"].as_array().unwrap() {
        let text = warning["message"].as_str().unwrap();
        let law = warning["code"].as_str().unwrap().starts_with("graft");
        assert!(!law || text.ends_with("법률 자문이 아닙니다"), "{text}");
        assert_ne!(warning["source"], "");
    }
    let friend = say("relation", "friend").await;
    assert!(!answered(&friend).contains(&"duty_relation".to_owned()));
}

async fn answering_again_redoes_what_followed(server: Server) {
    let guest = server.guest().await;
    let id = server.interview(&guest).await;
    let ready = server.answer_all(&guest, &id).await;
    let first = ready["next_question"].clone();
    assert_eq!(first["source"], "adaptive");
    let question = first["question_id"].as_str().unwrap();
    let choice = json!({ "choice": first["options"][0]["value"] });
    let after = server.answer(&guest, &id, question, choice.clone()).await;
    assert_eq!(after["asked"], 7);

    let same = server
        .answer(&guest, &id, "gender", json!({ "choice": "male" }))
        .await;
    assert_eq!(answered(&same).len(), 7, "the same value loses nothing");
    assert_eq!(same["updated_at"], after["updated_at"]);

    let other = json!({ "choice": first["options"][1]["value"] });
    let corrected = server.answer(&guest, &id, question, other).await;
    assert_eq!(
        answered(&corrected).len(),
        7,
        "an adaptive answer may be corrected"
    );

    let changed = server
        .answer(&guest, &id, "gender", json!({ "choice": "female" }))
        .await;
    assert_eq!(
        answered(&changed),
        [
            "relation", "gender", "age_band", "budget", "occasion", "category"
        ]
    );
    let path = format!("/api/v1/interviews/{id}/answers/{question}");
    if changed["next_question"]["question_id"] != *question {
        server
            .put(&path)
            .guest(&guest)
            .json(choice)
            .send()
            .await
            .problem(404, "not_found");
    }
}

async fn only_askable_questions_are_answered(server: Server) {
    let guest = server.guest().await;
    let id = server.interview(&guest).await;
    let path = |question: &str| format!("/api/v1/interviews/{id}/answers/{question}");
    for question in ["weekend", "nothing", "relation%00", "%FF", "관계"] {
        let reply = server
            .put(&path(question))
            .guest(&guest)
            .json(json!({ "skipped": true }))
            .send()
            .await;
        reply.problem(404, "not_found");
    }
    let later = server
        .answer(&guest, &id, "category", json!({ "choice": "food" }))
        .await;
    assert_eq!(
        later["next_question"]["question_id"], "relation",
        "fixed questions may be answered in any order"
    );
    for id in ["nonsense", "0123456789abcdef0123456789abcdef"] {
        server
            .get(&format!("/api/v1/interviews/{id}"))
            .guest(&guest)
            .send()
            .await
            .problem(404, "not_found");
    }
}

async fn wrong_answers_name_their_field(server: Server) {
    let guest = server.guest().await;
    let id = server.interview(&guest).await;
    for (question, answer, field) in [
        ("relation", json!({ "choice": "dragon" }), "choice"),
        ("relation", json!({ "choice": "가".repeat(200) }), "choice"),
        (
            "relation",
            json!({ "range": { "min": 1, "max": 2 } }),
            "range",
        ),
        ("relation", json!({}), "body"),
        (
            "relation",
            json!({ "choice": "friend", "skipped": true }),
            "body",
        ),
        ("relation", json!({ "skipped": false }), "skipped"),
        ("relation", json!({ "choise": "friend" }), "choise"),
        ("relation", json!({ "text": "가".repeat(301) }), "text"),
        (
            "budget",
            json!({ "range": { "min": 5, "max": 4 } }),
            "range",
        ),
        ("budget", json!({ "range": { "min": -1 } }), "range.min"),
        (
            "budget",
            json!({ "range": { "min": 1, "max": 4_000_000_001_u64 } }),
            "range.max",
        ),
        ("budget", json!({ "range": { "min": "1" } }), "range.min"),
    ] {
        let path = format!("/api/v1/interviews/{id}/answers/{question}");
        let reply = server
            .put(&path)
            .guest(&guest)
            .json(answer.clone())
            .send()
            .await;
        assert_eq!(reply.problem(400, "invalid_request"), [field], "{answer}");
    }
    let open = server
        .answer(
            &guest,
            &id,
            "budget",
            json!({ "range": { "min": 30_000, "max": null } }),
        )
        .await;
    assert_eq!(
        open["answers"][0]["answer"],
        json!({ "range": { "min": 30_000, "max": null } })
    );
    server
        .answer(&guest, &id, "relation", json!({ "text": "가".repeat(300) }))
        .await;
}

async fn answers_at_the_same_time_all_count(server: Server) {
    let guest = server.guest().await;
    let id = server.interview(&guest).await;
    let calls = [
        ("relation", json!({ "choice": "friend" })),
        ("gender", json!({ "choice": "any" })),
        ("age_band", json!({ "choice": "20s" })),
    ]
    .map(|(question, answer)| {
        let call = server
            .put(&format!("/api/v1/interviews/{id}/answers/{question}"))
            .guest(&guest)
            .json(answer);
        tokio::spawn(call.send())
    });
    for call in calls {
        assert_eq!(call.await.unwrap().status, StatusCode::OK);
    }
    let interview = server
        .get(&format!("/api/v1/interviews/{id}"))
        .guest(&guest)
        .send()
        .await
        .json();
    let mut questions = answered(&interview);
    questions.sort();
    assert_eq!(questions, ["age_band", "gender", "relation"]);
    assert_eq!(interview["next_question"]["question_id"], "budget");
}

async fn the_list_is_paged_newest_first(server: Server) {
    let guest = server.guest().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        server.app.clock.advance_ms(1_000);
        ids.insert(0, server.interview(&guest).await);
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/interviews?limit=2".to_owned();
    loop {
        let page = server.get(&path).guest(&guest).send().await.json();
        let page_ids = page["interviews"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["interview_id"].as_str().unwrap().to_owned());
        seen.extend(page_ids);
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/interviews?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ids);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=zz", "cursor"),
        ("page=2", "page"),
    ] {
        let reply = server
            .get(&format!("/api/v1/interviews?{query}"))
            .guest(&guest)
            .send()
            .await;
        assert_eq!(reply.problem(400, "invalid_request"), [field]);
    }
}

async fn keywords_say_who_found_them(server: Server) {
    let guest = server.guest().await;
    let id = server.interview(&guest).await;
    server.answer_all(&guest, &id).await;
    let path = format!("/api/v1/interviews/{id}/keywords");
    for (body, reason) in [
        (None, "llm_not_configured"),
        (Some(json!({})), "llm_not_configured"),
        (Some(json!({ "engine": "auto" })), "llm_not_configured"),
        (Some(json!({ "engine": "llm" })), "llm_not_configured"),
        (Some(json!({ "engine": "builtin" })), "requested"),
    ] {
        let call = server.post(&path).guest(&guest);
        let call = if let Some(body) = body {
            call.json(body)
        } else {
            call
        };
        let found = call.send().await.json();
        assert_eq!(
            (&found["engine"], &found["engine_reason"]),
            (&json!("builtin"), &json!(reason))
        );
        assert!(found["elapsed_ms"].is_u64());
        let keywords = found["keywords"].as_array().unwrap();
        assert!((1..=5).contains(&keywords.len()));
        for keyword in keywords {
            let weight = keyword["weight"].as_f64().unwrap();
            assert!(
                weight > 0.0
                    && weight <= 1.0
                    && keyword["because"].is_array()
                    && keyword["source"].is_string()
            );
        }
    }
    let wrong = server
        .post(&path)
        .guest(&guest)
        .json(json!({ "engine": "magic" }))
        .send()
        .await;
    assert_eq!(wrong.problem(400, "invalid_request"), ["engine"]);
    server
        .post(&path)
        .guest(&guest)
        .body("text/plain", "{}")
        .send()
        .await
        .problem(415, "unsupported_media_type");
}

async fn an_interview_works_without_a_catalogue(server: Server) {
    server.app.catalogue.store(None);
    let guest = server.guest().await;
    let id = server.interview(&guest).await;
    let ready = server.answer_all(&guest, &id).await;
    assert_eq!(
        (&ready["status"], &ready["next_question"]),
        (&json!("ready"), &Value::Null)
    );
    let path = format!("/api/v1/interviews/{id}/keywords");
    let reply = server.post(&path).guest(&guest).send().await;
    reply.problem(503, "unavailable");
    assert!(!reply.header("retry-after").is_empty());
}
