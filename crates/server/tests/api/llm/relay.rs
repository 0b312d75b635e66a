//! The relay: two tasks, streamed or not, and nothing else.

use super::scripted::{self, Scripted, streamed};
use super::{answered, events, on_shop, with_model};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_serves_the_two_tasks_and_nothing_else() {
    on_shop(async |shop| {
        let model = Scripted::good().await;
        let mut settings = with_model(&model.base_url);
        settings.push(("SEONMUL_LLM_MODE", "browser"));
        let server = shop.another(&settings).await;
        let (guest, interview) = answered(&shop).await;
        let relay = |body: Value| {
            let call = server.post("/api/v1/llm/chat/completions");
            call.guest(&guest).json(body).send()
        };
        let whole = relay(json!({
            "model": "whatever", "temperature": 1.9, "max_tokens": 100_000,
            "messages": [{ "role": "system", "content": "You are a poet." }, { "role": "user", "content": "60대 아버지, 낚시, 10만원 안팎" }],
        }))
        .await
        .json();
        assert_eq!(whole["object"], "chat.completion");
        let content = whole["choices"][0]["message"]["content"].as_str().unwrap();
        let said: Value = serde_json::from_str(content).unwrap();
        assert!(said["choices"].as_array().unwrap().iter().any(|c| c == "낚싯대"), "{said}");
        let call = &model.received()[0];
        assert!(!call.message("system").contains("poet"));
        assert!(call.message("user").contains("60대"));
        assert_eq!(call.body["max_completion_tokens"], 220);
        assert_eq!(call.body["model"], "gpt-4.1-mini");

        let streamed = relay(json!({ "stream": true, "stream_options": { "include_usage": true }, "messages": [],
            "metadata": { "task": "keywords", "interview_id": interview } }))
        .await;
        assert!(streamed.header("content-type").starts_with("text/event-stream"));
        let pieces = events(&streamed.text());
        assert_eq!(pieces.last().unwrap(), "[DONE]");
        let chunks: Vec<Value> = pieces[..pieces.len() - 1].iter().map(|p| serde_json::from_str(p).unwrap()).collect();
        let text: String = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect();
        serde_json::from_str::<Value>(&text).unwrap();
        assert_eq!(chunks.last().unwrap()["usage"]["prompt_tokens"], 700);
        assert!(chunks.len() > 3, "it is streamed as it comes");

        let question = relay(json!({ "metadata": { "task": "question", "interview_id": interview } })).await.json();
        let content = question["choices"][0]["message"]["content"].as_str().unwrap();
        assert!(serde_json::from_str::<Value>(content).unwrap()["options"].is_array());

        let other = shop.guest().await;
        let foreign = server.post("/api/v1/llm/chat/completions").guest(&other);
        let body = json!({ "metadata": { "interview_id": interview } });
        foreign.json(body).send().await.problem(404, "not_found");
        for (body, field) in [
            (json!({ "messages": [] }), "messages"),
            (json!({ "metadata": { "task": "poem" }, "messages": [] }), "metadata.task"),
            (json!({ "messages": [{ "role": "user", "content": "x".repeat(3_000) }] }), "messages"),
            (json!({ "messages": [{ "role": "user", "content": "x" }], "n": 5 }), "n"),
            (json!({ "messages": [{ "role": "user", "content": "x" }], "tools": [] }), "tools"),
        ] {
            assert_eq!(relay(body).await.problem(400, "invalid_request"), [field]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_is_no_way_to_chat_and_breaks_off_cleanly() {
    on_shop(async |shop| {
        let long = format!(r#"{{"choices":["{}"],"own":[]}}"#, "a poem ".repeat(50));
        let half = r#"{"choices":["낚싯대","#;
        let broken = [
            scripted::Step::Write(scripted::stream_head()),
            scripted::Step::Write(scripted::delta(json!({ "content": half }), Value::Null)),
            scripted::Step::Pause(Duration::from_millis(20)),
            scripted::Step::Reset,
        ];
        for (steps, code) in [(streamed(&long), "llm_off_schema"), (broken.to_vec(), "llm_interrupted")] {
            let model = Scripted::start(move |_, _| steps.clone()).await;
            let server = shop.another(&with_model(&model.base_url)).await;
            let guest = shop.guest().await;
            let body = json!({ "stream": true, "messages": [{ "role": "user", "content": "write a poem for my friend" }] });
            let reply = server.post("/api/v1/llm/chat/completions").guest(&guest).json(body).send().await;
            assert_eq!(reply.status, StatusCode::OK);
            assert!(!reply.text().contains(&"a poem ".repeat(20)));
            let pieces = events(&reply.text());
            let last: Value = serde_json::from_str(pieces.last().unwrap()).unwrap();
            assert_eq!(last["error"]["code"], code);
        }
        let model = Scripted::start(|_, _| scripted::refusal(500, "server_error", Value::Null, &[])).await;
        let server = shop.another(&with_model(&model.base_url)).await;
        for stream in [true, false] {
            let body = json!({ "stream": stream, "messages": [{ "role": "user", "content": "친구 생일" }] });
            let guest = shop.guest().await;
            let reply = server.post("/api/v1/llm/chat/completions").guest(&guest).json(body).send().await;
            reply.problem(503, "unavailable");
        }
    })
    .await;
}
