//! Words for follow-up questions. The engine chooses the question and what each option means; the model only words them, and what does not
//! keep to that is thrown away. The words are prepared while the guest reads the question before.

use super::{Caller, Inquiry, Task, asks, hear, json_in, kept, key_of, keywords, start};
use crate::app::{App, AppState};
use crate::clients::llm::ChatRequest;
use crate::service::questions::QuestionView;
use seonmul_engine::interview::{
    Answer, Answered, MAX_FOLLOW_UPS, Question, QuestionKind, QuestionSource,
};
use seonmul_engine::lexicon::Meaning;
use seonmul_engine::{Engine, Lang};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Options that a worded question has.
const OPTIONS: std::ops::RangeInclusive<usize> = 4..=6;
const MAX_TEXT_CHARS: usize = 90;
const MAX_LABEL_CHARS: usize = 45;
/// The answer that the words turn on: one speaks of parents otherwise than of friends. With more of them, fewer guests would find their
/// words prepared.
const ABOUT: &str = "relation";
/// What no question of ours is about.
const NEVER: [&str; 14] = [
    "http", "www.", ".com", ".kr", "@", "₩", "$", "만원", "만 원", "천원", "%", "법", "할인",
    "discount",
];

/// What the model answers, and what is kept of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Worded {
    text: String,
    options: Vec<WordedOption>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WordedOption {
    value: String,
    label: String,
}

/// How long the words of a question may be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Only what was prepared.
    None,
    /// As long as the settings say.
    Deadline,
}

/// Puts the model's words into a question that is about to be shown, when there are any in time. The ids and values stay the engine's.
pub async fn reword(
    app: &App,
    caller: &Caller,
    answers: &[Answered],
    view: &mut QuestionView,
    lang: Lang,
    patience: Patience,
) {
    let Some(question) = app
        .engine
        .question(&view.question_id)
        .filter(|q| is_worded(q))
    else {
        return;
    };
    if asks(app, Some(caller)).is_err() {
        return;
    }
    let key = key(app, answers, question, lang);
    let (bytes, shown) = match kept(app, &key).await {
        Some(bytes) => (Some(Arc::from(bytes)), "prepared"),
        None if patience == Patience::None => return,
        None => {
            let inquiry = inquiry(app, answers, question, lang, key);
            let heard = hear(app, caller, inquiry, app.config.llm.question_deadline).await;
            let shown = if heard.is_ok() { "waited" } else { "engine" };
            (heard.ok(), shown)
        }
    };
    let worded = bytes.and_then(|b| serde_json::from_slice::<Worded>(&b).ok());
    if patience == Patience::Deadline {
        app.metrics.llm_question(shown);
    }
    if let Some(worded) = worded {
        for option in &mut view.options {
            if let Some(said) = worded.options.iter().find(|o| o.value == option.value) {
                option.label.clone_from(&said.label);
            }
        }
        view.text = worded.text;
        view.source = "llm";
    }
}

/// Prepares what the guest will see next, whichever answer the open question gets: the words of the questions that can follow, and
/// keywords for the answers there are.
pub fn prepare_next(
    app: &App,
    caller: &Caller,
    answers: &[Answered],
    open: Option<&str>,
    lang: Lang,
) {
    if asks(app, Some(caller)).is_err() || app.llm.client().is_none_or(|c| c.is_resting()) {
        return;
    }
    let Some(catalogue) = app.catalogue.load_full() else {
        return;
    };
    let (app, caller, answers) = (Arc::clone(app), *caller, answers.to_vec());
    let open = open.map(str::to_owned);
    let preparing = Preparing::begin(&app.llm.preparing);
    tokio::spawn(async move {
        let _preparing = preparing;
        // Keywords are worth a call when the answers are all there, or all but one.
        let most = app.engine.fixed_questions().len() + MAX_FOLLOW_UPS;
        if open.is_none() || answers.len() + 1 >= most {
            keywords::prepare(&app, &caller, &answers, &catalogue, lang).await;
        }
        let Some(open) = open else {
            return;
        };
        let follow = {
            let (app, answers) = (Arc::clone(&app), answers.clone());
            tokio::task::spawn_blocking(move || {
                followers(&app.engine, &answers, &open, |with| {
                    app.engine.next_question(with, &catalogue).question_id
                })
            })
            .await
        };
        for (with, next) in follow.unwrap_or_default() {
            let Some(question) = app.engine.question(&next) else {
                continue;
            };
            let key = key(&app, &with, question, lang);
            if kept(&app, &key).await.is_none() {
                start(&app, &caller, inquiry(&app, &with, question, lang, key));
            }
        }
    });
}

/// Counts a preparation for as long as it lasts.
struct Preparing(Arc<AtomicUsize>);

impl Preparing {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Preparing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The different questions that can follow the open one, each with answers that lead to it.
fn followers(
    engine: &Engine,
    answers: &[Answered],
    open: &str,
    next: impl Fn(&[Answered]) -> Option<String>,
) -> Vec<(Vec<Answered>, String)> {
    let Some(question) = engine.question(open) else {
        return Vec::new();
    };
    let chosen = |value: &str| match question.kind {
        QuestionKind::Choices => Answer::Choices(vec![value.to_owned()]),
        _ => Answer::Choice(value.to_owned()),
    };
    let options = question.options.iter().map(|o| chosen(&o.value));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for answer in options.chain([Answer::Skipped]) {
        let mut with = answers.to_vec();
        with.push(Answered {
            question_id: open.to_owned(),
            answer,
        });
        let Some(id) = next(&with) else {
            continue;
        };
        // The words turn on who the gift is for, so an open question about that makes another one of the same.
        let about = (open == ABOUT).then(|| with.last().map(|a| format!("{:?}", a.answer)));
        let worded = engine.question(&id).is_some_and(is_worded);
        if worded && seen.insert((id.clone(), about)) {
            found.push((with, id));
        }
    }
    found
}

/// Whether a question is one that a model may word: a choice of the engine's with few options, and not what the law asks.
fn is_worded(question: &Question) -> bool {
    question.source == QuestionSource::Adaptive
        && question.kind == QuestionKind::Choice
        && OPTIONS.contains(&question.options.len())
}

fn about(answers: &[Answered]) -> Vec<Answered> {
    let about = answers
        .iter()
        .filter(|a| a.question_id == ABOUT && a.answer != Answer::Skipped);
    about.cloned().collect()
}

pub(super) fn key(app: &AppState, answers: &[Answered], question: &Question, lang: Lang) -> String {
    let digest = super::situation(app, &about(answers), lang).digest();
    key_of(
        app,
        Task::Question,
        lang,
        &format!("{}:{digest}", question.id),
    )
}

/// What is asked of the model for the words of a question.
pub fn request(
    app: &AppState,
    answers: &[Answered],
    question: &Question,
    lang: Lang,
) -> ChatRequest {
    let situation = super::situation(app, &about(answers), lang);
    let separated = app.engine.separates(question, lang);
    let options: Vec<String> = question
        .options
        .iter()
        .zip(separated)
        .map(|(option, names)| {
            let label = lang.pick(&option.ko, &option.en);
            format!("- {}: {label} ({})", option.value, names.join(", "))
        })
        .collect();
    let prompt = app.llm.prompts.of(Task::Question);
    ChatRequest {
        system: prompt.system(lang).to_owned(),
        user: prompt.user(
            lang,
            &[
                ("situation", &situation.sentence),
                ("question", question.text(lang)),
                ("options", &options.join("\n")),
            ],
        ),
        schema_name: "question",
        schema: schema(question),
        max_tokens: prompt.max_tokens,
        temperature: prompt.temperature,
    }
}

pub(super) fn inquiry(
    app: &App,
    answers: &[Answered],
    question: &Question,
    lang: Lang,
    key: String,
) -> Inquiry {
    let request = request(app, answers, question, lang);
    let (app, id) = (Arc::clone(app), question.id.clone());
    Inquiry {
        task: Task::Question,
        key,
        request,
        read: Box::new(move |text| {
            let worded = read(&app.engine, app.engine.question(&id)?, text, lang)?;
            serde_json::to_vec(&worded).ok()
        }),
    }
}

fn schema(question: &Question) -> Value {
    let values: Vec<&str> = question.options.iter().map(|o| o.value.as_str()).collect();
    let count = values.len();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["text", "options"],
        "properties": {
            "text": { "type": "string" },
            "options": {
                "type": "array",
                "minItems": count,
                "maxItems": count,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["value", "label"],
                    "properties": { "value": { "type": "string", "enum": values }, "label": { "type": "string" } },
                },
            },
        },
    })
}

/// The model's words, if they keep to the question: every option once, everything short, plain, in the guest's language, and about
/// nothing that is not a model's to say.
fn read(engine: &Engine, question: &Question, text: &str, lang: Lang) -> Option<Worded> {
    let mut worded: Worded = serde_json::from_str(json_in(text)).ok()?;
    let has = |value: &str| worded.options.iter().filter(|o| o.value == value).count() == 1;
    let complete = worded.options.len() == question.options.len()
        && question.options.iter().all(|o| has(&o.value));
    worded.text = worded.text.trim().to_owned();
    for option in &mut worded.options {
        option.label = option.label.trim().to_owned();
    }
    let labels: BTreeSet<&str> = worded.options.iter().map(|o| o.label.as_str()).collect();
    let sound = complete
        && labels.len() == worded.options.len()
        && worded.text.ends_with('?')
        && is_plain(engine, &worded.text, MAX_TEXT_CHARS, lang)
        && labels
            .iter()
            .all(|label| is_plain(engine, label, MAX_LABEL_CHARS, lang));
    sound.then_some(worded)
}

/// The question and its labels in the model's words, if they may be shown.
pub(super) fn words_of(
    engine: &Engine,
    question: &Question,
    text: &str,
    lang: Lang,
) -> Option<(String, Vec<String>)> {
    let worded = read(engine, question, text, lang)?;
    let labels = worded.options.into_iter().map(|o| o.label).collect();
    Some((worded.text, labels))
}

/// Whether a text of a model may be shown: short, one line, letters and ordinary signs, in the language, no brand, price, link or law.
pub(super) fn is_plain(engine: &Engine, text: &str, most: usize, lang: Lang) -> bool {
    let count = text.chars().count();
    let ordinary = |c: char| c.is_alphanumeric() || " ,.?!~·…'’\"“”()-&/+:".contains(c);
    let hangul = text.chars().filter(|c| ('가'..='힣').contains(c)).count();
    let ascii = text.chars().filter(char::is_ascii_alphabetic).count();
    // Japanese and Chinese slip into the Korean of small models.
    let foreign = count_foreign(text);
    let in_language = match lang {
        Lang::Ko => hangul >= ascii && hangul > 0,
        Lang::En => hangul == 0 && ascii > 0,
    };
    let lower = text.to_lowercase();
    let found = engine.lexicon().find(text);
    let mut meanings = found.iter().flat_map(|f| f.meanings.iter());
    (1..=most).contains(&count)
        && text.chars().all(ordinary)
        && in_language
        && foreign == 0
        && !NEVER.iter().any(|word| lower.contains(word))
        && !meanings.any(|m| matches!(m, Meaning::Brand(_)))
}

fn count_foreign(text: &str) -> usize {
    let known = |c: char| {
        !c.is_alphabetic()
            || c.is_ascii()
            || ('가'..='힣').contains(&c)
            || ('ㄱ'..='ㅣ').contains(&c)
    };
    text.chars().filter(|c| !known(*c)).count()
}
