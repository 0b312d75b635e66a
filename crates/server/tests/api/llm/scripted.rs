//! A server that speaks the protocol of a language model, well or badly, as a test scripts it.

use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What it does with a call, one after the other; then it closes the connection.
#[derive(Clone)]
pub enum Step {
    Write(Vec<u8>),
    Pause(Duration),
    /// Says nothing more and keeps the connection.
    Hang,
    /// Cuts the connection without a goodbye.
    Reset,
    /// Writes the same again and again, with a pause between, until the other side goes.
    Forever(Vec<u8>, Duration),
}

/// A call that came.
#[derive(Clone)]
pub struct Received {
    pub head: String,
    pub body: Value,
}

impl Received {
    /// The message of a role.
    pub fn message(&self, role: &str) -> &str {
        let messages = self.body["messages"].as_array().unwrap();
        let message = messages.iter().find(|m| m["role"] == role).unwrap();
        message["content"].as_str().unwrap()
    }

    /// Names in the enumeration of the schema that was sent.
    pub fn names(&self) -> Vec<String> {
        let schema = &self.body["response_format"]["json_schema"]["schema"];
        let names = schema["properties"]["choices"]["items"]["enum"].as_array();
        let names = names.into_iter().flatten();
        names.map(|n| n.as_str().unwrap().to_owned()).collect()
    }

    /// An answer that is right for what was asked.
    pub fn good(&self) -> String {
        if self.body["response_format"]["json_schema"]["name"] == "question" {
            return self.worded("이럴 때 가장 즐거워하시나요?");
        }
        let choices: Vec<String> = self.names().into_iter().take(5).collect();
        json!({ "choices": choices, "own": [] }).to_string()
    }

    /// The question in other words, every option in its own.
    pub fn worded(&self, text: &str) -> String {
        let schema = &self.body["response_format"]["json_schema"]["schema"];
        let values = &schema["properties"]["options"]["items"]["properties"]["value"]["enum"];
        let marks = ["가", "나", "다", "라", "마", "바"];
        let options = values.as_array().unwrap().iter().zip(marks);
        let options = options.map(|(v, m)| json!({ "value": v, "label": format!("이런 것 {m}") }));
        json!({ "text": text, "options": options.collect::<Vec<_>>() }).to_string()
    }
}

type Script = dyn Fn(usize, &Received) -> Vec<Step> + Send + Sync;

/// The server. It is gone when this is dropped.
pub struct Scripted {
    pub base_url: String,
    received: Arc<Mutex<Vec<Received>>>,
    task: AbortHandle,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scripted {
    /// Starts a server; the script is told how many calls came before, and the call.
    pub async fn start(
        script: impl Fn(usize, &Received) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (script, calls): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&received));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, Arc::clone(&script), Arc::clone(&calls)));
            }
        });
        Self {
            base_url,
            received,
            task: task.abort_handle(),
        }
    }

    /// A server that answers every call as it should.
    pub async fn good() -> Self {
        Self::start(|_, call| streamed(&call.good())).await
    }

    /// A server that takes calls and says nothing.
    pub async fn hung() -> Self {
        Self::start(|_, _| vec![Step::Hang]).await
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Script>,
    calls: Arc<Mutex<Vec<Received>>>,
) -> Option<()> {
    let mut bytes = Vec::new();
    let received = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(received) = whole(&bytes) {
            break received;
        }
    };
    let before = {
        let mut calls = calls.lock().unwrap();
        calls.push(received.clone());
        calls.len() - 1
    };
    for step in script(before, &received) {
        match step {
            Step::Write(bytes) => stream.write_all(&bytes).await.ok()?,
            Step::Pause(pause) => tokio::time::sleep(pause).await,
            Step::Hang => std::future::pending().await,
            Step::Reset => {
                stream.set_zero_linger().ok()?;
                return None;
            }
            Step::Forever(bytes, pause) => loop {
                stream.write_all(&bytes).await.ok()?;
                tokio::time::sleep(pause).await;
            },
        }
    }
    stream.shutdown().await.ok()
}

fn whole(bytes: &[u8]) -> Option<Received> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let value: usize = value.trim().parse().ok()?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    })?;
    (body.len() >= length).then(|| Received {
        head: head.to_owned(),
        body: serde_json::from_str(body).unwrap(),
    })
}

/// An answer with a status, headers and a body, as bytes.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<Step> {
    let mut bytes = format!("HTTP/1.1 {status} -\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    vec![Step::Write(bytes)]
}

pub fn json_answer(status: u16, headers: &[(&str, &str)], body: &Value) -> Vec<Step> {
    let headers = [headers, &[("content-type", "application/json")]].concat();
    answer(status, &headers, body.to_string().as_bytes())
}

/// A refusal in the protocol's form.
pub fn refusal(status: u16, kind: &str, code: Value, headers: &[(&str, &str)]) -> Vec<Step> {
    let error = json!({ "message": "no", "type": kind, "param": null, "code": code });
    json_answer(status, headers, &json!({ "error": error }))
}

/// A completion that is not streamed.
pub fn completion(message: Value, finish: &str) -> Vec<Step> {
    let choice = json!({ "index": 0, "message": message, "finish_reason": finish });
    let usage = json!({ "prompt_tokens": 700, "completion_tokens": 50, "total_tokens": 750 });
    json_answer(
        200,
        &[],
        &json!({ "id": "c", "object": "chat.completion", "choices": [choice], "usage": usage }),
    )
}

/// The head of a stream.
pub fn stream_head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n".to_vec()
}

/// One event.
pub fn event(data: &Value) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

/// One piece of an answer.
pub fn delta(delta: Value, finish: Value) -> Vec<u8> {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    event(
        &json!({ "id": "c", "object": "chat.completion.chunk", "choices": [choice], "obfuscation": "x" }),
    )
}

/// An answer as services stream it: a first piece without content, characters torn over packets, the tokens at the end.
pub fn streamed(content: &str) -> Vec<Step> {
    let mut bytes = delta(json!({ "role": "assistant", "content": null }), Value::Null);
    let characters: Vec<char> = content.chars().collect();
    for piece in characters.chunks(7) {
        let piece: String = piece.iter().collect();
        bytes.extend(delta(json!({ "content": piece }), Value::Null));
    }
    bytes.extend(delta(json!({}), json!("stop")));
    let usage = json!({ "prompt_tokens": 700, "completion_tokens": 50, "total_tokens": 750 });
    bytes.extend(event(&json!({ "choices": [], "usage": usage })));
    bytes.extend(b"data: [DONE]\n\n");
    let middle = bytes.len() / 2;
    // In the middle of a Korean character, where there is one.
    let torn = (middle..bytes.len())
        .find(|&i| bytes[i] & 0xC0 == 0x80)
        .unwrap_or(middle);
    vec![
        Step::Write(stream_head()),
        Step::Write(bytes[..torn].to_vec()),
        Step::Pause(Duration::from_millis(5)),
        Step::Write(bytes[torn..].to_vec()),
    ]
}

/// The same after a while.
pub fn slow(content: &str, pause: Duration) -> Vec<Step> {
    [vec![Step::Pause(pause)], streamed(content)].concat()
}
