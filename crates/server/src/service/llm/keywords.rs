//! Keywords from the model: asked for with what the shop can serve, kept as what it chose, and composed by the engine for this guest.

use super::{
    Caller, Inquiry, Situation, Task, asks, hear, json_in, kept, key_of, situation, start,
};
use crate::app::{App, AppState};
use crate::clients::llm::ChatRequest;
use seonmul_engine::Lang;
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::interview::Answered;
use seonmul_engine::keyword::{Composed, KEYWORDS, KeywordSource, OWN_WORDS, Servable, Suggestion};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Names that the model may choose from.
pub const VOCABULARY: usize = 60;
/// What is read of an answer that says more than was asked for.
const MOST_SAID: usize = 12;

/// What the model answers, and what is kept of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    choices: Vec<String>,
    own: Vec<String>,
}

/// The forms in which models give keywords: the one that is asked for, and the one that they fall into where nothing holds them to it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spoken {
    Asked(Said),
    Usual(Usual),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual {
    keywords: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Plain(String),
    Named { text: String },
}

/// Keywords that a model had a part in.
#[derive(Debug)]
pub struct Heard {
    /// The keywords, and what became of everything it said.
    pub composed: Composed,
    /// Whether the answer was there before it was asked for.
    pub was_prepared: bool,
}

/// Keywords from the model within the deadline; else the reason why there are none.
pub async fn extract(
    app: &App,
    caller: &Caller,
    answers: &[Answered],
    catalogue: &Arc<Catalogue>,
    lang: Lang,
) -> Result<Heard, &'static str> {
    asks(app, Some(caller))?;
    let (situation, key) = asked(app, answers, lang)?;
    let (bytes, was_prepared) = match kept(app, &key).await {
        Some(bytes) => (bytes.into(), true),
        None => {
            let inquiry = inquiry(app, answers, catalogue, lang, &situation, key)?;
            let deadline = app.config.llm.keywords_deadline;
            (hear(app, caller, inquiry, deadline).await?, false)
        }
    };
    let composed = composed(app, answers, catalogue, lang, &bytes).ok_or("llm_ungrounded")?;
    Ok(Heard {
        composed,
        was_prepared,
    })
}

/// Starts to find keywords, for whoever asks for them soon.
pub async fn prepare(
    app: &App,
    caller: &Caller,
    answers: &[Answered],
    catalogue: &Arc<Catalogue>,
    lang: Lang,
) {
    let ready = asks(app, Some(caller)).and_then(|()| asked(app, answers, lang));
    let Ok((situation, key)) = ready else {
        return;
    };
    if kept(app, &key).await.is_none()
        && let Ok(inquiry) = inquiry(app, answers, catalogue, lang, &situation, key)
    {
        start(app, caller, inquiry);
    }
}

/// The keywords that were prepared for these answers, if there are any. Asks nobody and waits for nobody.
pub async fn prepared(
    app: &AppState,
    answers: &[Answered],
    catalogue: &Catalogue,
    lang: Lang,
) -> Option<Composed> {
    asks(app, None).ok()?;
    let (_, key) = asked(app, answers, lang).ok()?;
    let bytes = kept(app, &key).await?;
    composed(app, answers, catalogue, lang, &bytes)
}

/// The request for keywords, and the vocabulary that it offers.
pub fn request(
    app: &AppState,
    answers: &[Answered],
    catalogue: &Catalogue,
    lang: Lang,
    situation: &Situation,
) -> Result<(ChatRequest, Vec<Servable>), &'static str> {
    let today = Some(app.clock.today_in_korea());
    let vocabulary = app
        .engine
        .servable(answers, catalogue, lang, today, VOCABULARY);
    if vocabulary.is_empty() {
        return Err("nothing_to_give");
    }
    let names: Vec<String> = vocabulary
        .iter()
        .map(|s| format!("{} ({})", s.name, s.products))
        .collect();
    let prompt = app.llm.prompts.of(Task::Keywords);
    let request = ChatRequest {
        system: prompt.system(lang).to_owned(),
        user: prompt.user(
            lang,
            &[
                ("situation", &situation.sentence),
                ("answers", &situation.answers),
                ("words", &situation.words),
                ("vocabulary", &names.join(", ")),
            ],
        ),
        schema_name: "keywords",
        schema: schema(&vocabulary),
        max_tokens: prompt.max_tokens,
        temperature: prompt.temperature,
    };
    Ok((request, vocabulary))
}

/// What the model said, if it has the form that was asked for.
pub fn read(text: &str) -> Option<Suggestion> {
    let said = match serde_json::from_str(json_in(text)).ok()? {
        Spoken::Asked(said) => said,
        Spoken::Usual(Usual { keywords }) => Said {
            choices: keywords
                .into_iter()
                .map(|(Word::Plain(text) | Word::Named { text })| text)
                .collect(),
            own: Vec::new(),
        },
    };
    let some = |mut words: Vec<String>| {
        words.truncate(MOST_SAID);
        words
    };
    Some(Suggestion {
        choices: some(said.choices),
        own: some(said.own),
    })
}

fn schema(vocabulary: &[Servable]) -> Value {
    let mut names: Vec<&str> = vocabulary.iter().map(|s| s.name.as_str()).collect();
    names.dedup();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["choices", "own"],
        "properties": {
            "choices": { "type": "array", "maxItems": KEYWORDS, "items": { "type": "string", "enum": names } },
            "own": { "type": "array", "maxItems": OWN_WORDS, "items": { "type": "string" } },
        },
    })
}

/// The answers as they are asked about, and the key under which the answer is kept.
fn asked(
    app: &AppState,
    answers: &[Answered],
    lang: Lang,
) -> Result<(Situation, String), &'static str> {
    if answers.is_empty() {
        return Err("nothing_answered");
    }
    let situation = situation(app, answers, lang);
    let key = key(app, &situation, lang);
    Ok((situation, key))
}

/// The key under which the answer for a situation is kept.
pub(super) fn key(app: &AppState, situation: &Situation, lang: Lang) -> String {
    key_of(app, Task::Keywords, lang, &situation.digest())
}

pub(super) fn inquiry(
    app: &App,
    answers: &[Answered],
    catalogue: &Arc<Catalogue>,
    lang: Lang,
    situation: &Situation,
    key: String,
) -> Result<Inquiry, &'static str> {
    let (request, _) = request(app, answers, catalogue, lang, situation)?;
    let (app, catalogue, answers) = (Arc::clone(app), Arc::clone(catalogue), answers.to_vec());
    Ok(Inquiry {
        task: Task::Keywords,
        key,
        request,
        read: Box::new(move |text| {
            let suggestion = read(text)?;
            let today = Some(app.clock.today_in_korea());
            let composed =
                app.engine
                    .keywords_suggested(&answers, &catalogue, lang, today, &suggestion);
            for (_, why) in &composed.dropped {
                app.metrics.llm_dropped(why.as_str());
            }
            // Only what is known to be a thing is kept, so nothing of a guest's words can stay behind in it.
            let said = Said {
                choices: composed.kept.choices,
                own: composed.kept.own,
            };
            serde_json::to_vec(&said).ok()
        }),
    })
}

/// Keywords for these answers from what was kept; none where nothing of it can be used any more.
fn composed(
    app: &AppState,
    answers: &[Answered],
    catalogue: &Catalogue,
    lang: Lang,
    bytes: &[u8],
) -> Option<Composed> {
    let said: Said = serde_json::from_slice(bytes).ok()?;
    let suggestion = Suggestion {
        choices: said.choices,
        own: said.own,
    };
    let today = Some(app.clock.today_in_korea());
    let composed = app
        .engine
        .keywords_suggested(answers, catalogue, lang, today, &suggestion);
    let heard = composed
        .keywords
        .iter()
        .any(|k| k.source == KeywordSource::Llm);
    heard.then_some(composed)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn keywords_are_read_in_the_form_asked_for_and_in_the_usual_one() {
        let said = |text: &str| read(text).map(|s| (s.choices.join(","), s.own.join(",")));
        let both = Some(("a,b".to_owned(), "c".to_owned()));
        assert_eq!(said(r#"{"choices":["a","b"],"own":["c"]}"#), both);
        let usual = Some(("a,b".to_owned(), String::new()));
        assert_eq!(said(r#"Sure: {"keywords":["a","b"]} ok?"#), usual);
        assert_eq!(said(r#"{"keywords":[{"text":"a","weight":1},"b"]}"#), usual);
        for other in [
            r#"{"gifts":["a"]}"#,
            r#"["a"]"#,
            "a, b",
            r#"{"keywords":"a"}"#,
            "",
        ] {
            assert_eq!(said(other), None, "{other}");
        }
    }
}
