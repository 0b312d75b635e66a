//! Everything that a service can do wrong, and what is said of it.

use super::scripted::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

/// What a service does, and the reason that the guest's client is told.
pub struct Fault {
    pub name: &'static str,
    pub reason: &'static str,
    pub steps: Vec<Step>,
}

const SHORT: Duration = Duration::from_millis(20);

fn stream(events: Vec<Vec<u8>>) -> Vec<Step> {
    let mut bytes = stream_head();
    bytes.extend(events.concat());
    vec![Step::Write(bytes)]
}

fn said(content: &str) -> Vec<Step> {
    streamed(content)
}

fn bomb() -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let block = vec![b' '; 1 << 20];
    (0..100).for_each(|_| gzip.write_all(&block).unwrap());
    gzip.finish().unwrap()
}

/// All of them; `good` is what would have been right.
pub fn all(good: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut add = |name, reason, steps| {
        faults.push(Fault {
            name,
            reason,
            steps,
        });
    };
    let half = &good[..good.len() / 2
        - (0..4)
            .find(|i| good.is_char_boundary(good.len() / 2 - i))
            .unwrap()];
    let html = b"<!doctype html><title>Sign in</title>";
    // Statuses.
    let code = |code: &str| json!(code);
    add(
        "wrong key",
        "llm_unauthorized",
        refusal(401, "invalid_request_error", code("invalid_api_key"), &[]),
    );
    add(
        "forbidden",
        "llm_unauthorized",
        refusal(403, "forbidden", Value::Null, &[]),
    );
    add(
        "no such model",
        "llm_not_found",
        refusal(404, "invalid_request_error", code("model_not_found"), &[]),
    );
    add(
        "too many calls, seconds",
        "llm_rate_limited",
        refusal(
            429,
            "requests",
            code("rate_limit_exceeded"),
            &[("retry-after", "30")],
        ),
    );
    add(
        "too many calls, date",
        "llm_rate_limited",
        refusal(
            429,
            "requests",
            code("slow_down"),
            &[("retry-after", "Sat, 06 Nov 2094 08:49:37 GMT")],
        ),
    );
    add(
        "too many calls, milliseconds",
        "llm_rate_limited",
        refusal(
            429,
            "requests",
            code("rate_limit_exceeded"),
            &[("retry-after-ms", "30000")],
        ),
    );
    add(
        "no credit",
        "llm_quota_exhausted",
        refusal(
            429,
            "insufficient_quota",
            code("insufficient_quota"),
            &[("retry-after", "0")],
        ),
    );
    add(
        "context overflow",
        "llm_context_overflow",
        refusal(
            400,
            "invalid_request_error",
            code("context_length_exceeded"),
            &[],
        ),
    );
    add(
        "context overflow with a number as code",
        "llm_context_overflow",
        refusal(400, "exceed_context_size_error", json!(400), &[]),
    );
    add(
        "unknown request",
        "llm_bad_request",
        refusal(422, "x", json!(422), &[]),
    );
    add(
        "teapot",
        "llm_bad_request",
        answer(418, &[], b"short and stout"),
    );
    add(
        "request timeout",
        "llm_server_error",
        refusal(408, "timeout", Value::Null, &[("retry-after", "30")]),
    );
    add(
        "conflict",
        "llm_server_error",
        refusal(409, "conflict", Value::Null, &[("retry-after", "30")]),
    );
    add(
        "server error",
        "llm_server_error",
        refusal(500, "server_error", Value::Null, &[]),
    );
    add(
        "overloaded",
        "llm_server_error",
        refusal(503, "overloaded", Value::Null, &[("retry-after", "30")]),
    );
    add(
        "bad gateway in HTML",
        "llm_server_error",
        answer(502, &[("content-type", "text/html")], html),
    );
    add(
        "redirect",
        "llm_redirected",
        answer(302, &[("location", "http://127.0.0.1:1/")], b""),
    );
    add(
        "redirect that keeps the method",
        "llm_redirected",
        answer(307, &[("location", "http://127.0.0.1:1/")], b""),
    );
    // Connections.
    add("closed without a byte", "llm_unreachable", vec![]);
    add("reset at once", "llm_unreachable", vec![Step::Reset]);
    add(
        "no HTTP",
        "llm_unreachable",
        vec![Step::Write(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())],
    );
    add("silence", "llm_timed_out", vec![Step::Hang]);
    add(
        "silence after the head",
        "llm_timed_out",
        vec![Step::Write(stream_head()), Step::Hang],
    );
    add(
        "slow drip",
        "llm_timed_out",
        vec![
            Step::Write(stream_head()),
            Step::Forever(b"d".to_vec(), SHORT),
        ],
    );
    add(
        "comments without end",
        "llm_timed_out",
        vec![
            Step::Write(stream_head()),
            Step::Forever(b": ping\n\n".to_vec(), SHORT),
        ],
    );
    add(
        "empty pieces without end",
        "llm_timed_out",
        vec![
            Step::Write(stream_head()),
            Step::Forever(delta(json!({ "content": "" }), Value::Null), SHORT),
        ],
    );
    add(
        "text without end",
        "llm_bad_answer",
        vec![
            Step::Write(stream_head()),
            Step::Forever(
                delta(json!({ "content": "x".repeat(4_096) }), Value::Null),
                Duration::ZERO,
            ),
        ],
    );
    add(
        "one line of 50 MB",
        "llm_bad_answer",
        [
            vec![Step::Write(stream_head())],
            vec![Step::Write(vec![b'x'; 1 << 20]); 50],
        ]
        .concat(),
    );
    add(
        "a body of 50 MB",
        "llm_bad_answer",
        [
            json_answer(200, &[], &json!({})),
            vec![Step::Write(vec![b' '; 1 << 20]); 50],
        ]
        .concat(),
    );
    add(
        "gzip bomb",
        "llm_bad_answer",
        answer(
            200,
            &[
                ("content-type", "application/json"),
                ("content-encoding", "gzip"),
            ],
            &bomb(),
        ),
    );
    add(
        "reset in the middle",
        "llm_interrupted",
        [
            stream(vec![delta(json!({ "content": half }), Value::Null)]),
            vec![Step::Pause(SHORT), Step::Reset],
        ]
        .concat(),
    );
    add(
        "closed in the middle",
        "llm_interrupted",
        stream(vec![delta(json!({ "content": half }), Value::Null)]),
    );
    // Bodies.
    add(
        "sign-in page",
        "llm_bad_answer",
        answer(200, &[("content-type", "text/html")], html),
    );
    add(
        "wrong content type",
        "llm_bad_answer",
        answer(200, &[("content-type", "text/plain")], br#"{"ok":true}"#),
    );
    add(
        "truncated JSON",
        "llm_bad_answer",
        answer(
            200,
            &[("content-type", "application/json")],
            br#"{"choices":[{"mess"#,
        ),
    );
    add(
        "JSON of something else",
        "llm_bad_answer",
        json_answer(200, &[], &json!({ "ok": true })),
    );
    add(
        "brackets without end",
        "llm_bad_answer",
        answer(
            200,
            &[("content-type", "application/json")],
            "[".repeat(100_000).as_bytes(),
        ),
    );
    add(
        "broken UTF-8",
        "llm_bad_answer",
        [
            stream(vec![]),
            vec![Step::Write(
                b"data: {\"choices\":[{\"delta\":{\"content\":\"\xff\xfe\"}}]}\n\n".to_vec(),
            )],
        ]
        .concat(),
    );
    add(
        "an error in a good stream",
        "llm_server_error",
        stream(vec![event(
            &json!({ "error": { "message": "no", "type": "server_error", "code": 500 } }),
        )]),
    );
    add(
        "no choices",
        "llm_empty",
        stream(vec![
            event(&json!({ "choices": [], "usage": { "prompt_tokens": 9 } })),
            b"data: [DONE]\n\n".to_vec(),
        ]),
    );
    add(
        "no content",
        "llm_empty",
        completion(json!({ "role": "assistant", "content": null }), "stop"),
    );
    add(
        "refusal",
        "llm_refused",
        completion(
            json!({ "role": "assistant", "content": null, "refusal": "I cannot." }),
            "stop",
        ),
    );
    add(
        "refusal in a stream",
        "llm_refused",
        stream(vec![delta(json!({ "refusal": "I" }), Value::Null)]),
    );
    add(
        "filtered",
        "llm_filtered",
        completion(
            json!({ "role": "assistant", "content": half }),
            "content_filter",
        ),
    );
    add(
        "cut off",
        "llm_cut_off",
        stream(vec![
            delta(json!({ "content": half }), Value::Null),
            delta(json!({}), json!("length")),
        ]),
    );
    // What is said.
    add(
        "chat",
        "llm_off_schema",
        said("I would suggest a nice mug."),
    );
    add("half of the JSON", "llm_off_schema", said(half));
    add(
        "another form",
        "llm_off_schema",
        said(r#"{"gifts":["머그컵"]}"#),
    );
    add(
        "wrong types",
        "llm_off_schema",
        said(r#"{"choices":"머그컵","own":{}}"#),
    );
    add(
        "a field too few",
        "llm_off_schema",
        said(r#"{"choices":["머그컵"]}"#),
    );
    add(
        "a field too many",
        "llm_off_schema",
        said(r#"{"choices":["머그컵"],"own":[],"url":"http://x"}"#),
    );
    add("an array", "llm_off_schema", said(r#"["머그컵"]"#));
    add(
        "nothing at all",
        "llm_ungrounded",
        said(r#"{"choices":[],"own":[]}"#),
    );
    add(
        "only vague words and people",
        "llm_ungrounded",
        said(r#"{"choices":["감성","60대 아버지","감성"],"own":["가성비"]}"#),
    );
    add(
        "only what must not be",
        "llm_ungrounded",
        said(
            r#"{"choices":["립스틱","위스키 잔 세트 50만원"],"own":["<script>alert(1)</script>","https://evil.example/"]}"#,
        ),
    );
    faults
}
