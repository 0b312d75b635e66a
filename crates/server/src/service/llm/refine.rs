//! A second look at a list: the model orders candidates by their numbers and says why. It names no product itself, and what it says is held
//! to the same plainness as its questions.

use super::question::is_plain;
use super::situation::fenced;
use super::{Caller, Inquiry, Situation, Task, asks, hear, json_in, kept, key_of};
use crate::app::{App, AppState};
use crate::clients::llm::ChatRequest;
use seonmul_engine::Lang;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt::Write;

const MAX_WHY_CHARS: usize = 70;
const MAX_TITLE_CHARS: usize = 80;
/// Products that are looked at, and how many are picked.
pub const CANDIDATES: usize = 30;
const PICKS: usize = 8;

/// What the model answers, and what is kept of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    picks: Vec<Pick>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pick {
    id: usize,
    why: String,
}

/// A candidate that the model picked: its place among the candidates from 0, and why, where that can be shown.
pub type Picked = (usize, Option<String>);

fn key(app: &AppState, list: &str, lang: Lang) -> String {
    key_of(app, Task::Refine, lang, list)
}

/// The model's order of candidates for a list, best first; `list` names the list and the catalogue that it was made from.
///
/// # Errors
/// Why there is none.
pub async fn second_look(
    app: &App,
    caller: &Caller,
    list: &str,
    situation: &Situation,
    titles: &[String],
    lang: Lang,
) -> Result<Vec<Picked>, &'static str> {
    if !app.config.llm.refine {
        return Err("refine_off");
    }
    asks(app, Some(caller))?;
    let key = key(app, list, lang);
    let bytes = match kept(app, &key).await {
        Some(bytes) => bytes.into(),
        None => {
            let inquiry = inquiry(app, situation, titles, lang, key);
            hear(app, caller, inquiry, app.config.llm.timeout).await?
        }
    };
    picked(&bytes, titles.len()).ok_or("llm_ungrounded")
}

/// The order that was heard before, without asking.
pub async fn heard_look(app: &AppState, list: &str, of: usize, lang: Lang) -> Option<Vec<Picked>> {
    let bytes = kept(app, &key(app, list, lang)).await?;
    picked(&bytes, of)
}

fn picked(bytes: &[u8], of: usize) -> Option<Vec<Picked>> {
    let said: Said = serde_json::from_slice(bytes).ok()?;
    let mut picked: Vec<Picked> = Vec::with_capacity(PICKS);
    for pick in said.picks {
        let place = pick.id.checked_sub(1).filter(|place| *place < of)?;
        if !picked.iter().any(|p| p.0 == place) {
            picked.push((place, Some(pick.why).filter(|why| !why.is_empty())));
        }
    }
    picked.truncate(PICKS);
    (!picked.is_empty()).then_some(picked)
}

fn inquiry(
    app: &App,
    situation: &Situation,
    titles: &[String],
    lang: Lang,
    key: String,
) -> Inquiry {
    let mut products = String::new();
    for (number, title) in (1..).zip(titles) {
        let title: String = fenced(title).chars().take(MAX_TITLE_CHARS).collect();
        let number: usize = number;
        let _ = writeln!(products, "{number}. {title}");
    }
    let prompt = app.llm.prompts.of(Task::Refine);
    let request = ChatRequest {
        system: prompt.system(lang).to_owned(),
        user: prompt.user(
            lang,
            &[
                ("situation", &situation.sentence),
                ("answers", &situation.answers),
                ("words", &situation.words),
                ("products", products.trim_end()),
            ],
        ),
        schema_name: "refine",
        schema: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["picks"],
            "properties": { "picks": {
                "type": "array",
                "maxItems": PICKS,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["id", "why"],
                    "properties": { "id": { "type": "integer" }, "why": { "type": "string" } },
                },
            } },
        }),
        max_tokens: prompt.max_tokens,
        temperature: prompt.temperature,
    };
    let (app, of) = (App::clone(app), titles.len());
    Inquiry {
        task: Task::Refine,
        key,
        request,
        read: Box::new(move |text| {
            let mut said: Said = serde_json::from_str(json_in(text)).ok()?;
            for pick in &mut said.picks {
                pick.why = pick.why.trim().to_owned();
                if !is_plain(&app.engine, &pick.why, MAX_WHY_CHARS, lang) {
                    pick.why.clear();
                }
            }
            let bytes = serde_json::to_vec(&said).ok()?;
            picked(&bytes, of).map(|_| bytes)
        }),
    }
}
