//! `seonmul prompt try`: one call in full, or the sums of many.

use super::super::output::{bar, line};
use super::{Bench, TryOptions};
use crate::service::llm::Trial;
use seonmul_engine::interview::Answered;
use seonmul_engine::keyword::KeywordSource;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) async fn run(
    bench: &Bench,
    options: &TryOptions,
    answers: &[Answered],
) -> anyhow::Result<()> {
    if options.runs > 1 {
        return many(bench, options, answers).await;
    }
    let trial = bench.ask(options.task, answers, options.lang).await;
    let trial = trial.map_err(|reason| anyhow::anyhow!("the model was not asked: {reason}"))?;
    if options.json {
        return line(serde_json::to_string_pretty(&as_json(bench, &trial))?);
    }
    in_words(bench, &trial)
}

fn in_words(bench: &Bench, trial: &Trial) -> anyhow::Result<()> {
    line(format_args!("--- system\n{}\n", trial.request.system))?;
    line(format_args!("--- user\n{}\n", trial.request.user))?;
    if !trial.cut.is_empty() {
        line(format_args!(
            "--- cut before it left: {}\n",
            trial.cut.join(", ")
        ))?;
    }
    match &trial.raw {
        Ok(text) => line(format_args!("--- answer\n{text}\n"))?,
        Err(error) => line(format_args!(
            "--- no answer: {error} ({})\n",
            error.reason()
        ))?,
    }
    if let Some(composed) = &trial.composed {
        line("--- keywords")?;
        for k in &composed.keywords {
            let source = source(k.source);
            let because = k.because.join(", ");
            line(format_args!(
                "{:<24} {:.2}  {source:<8} because of {because}",
                k.text, k.weight
            ))?;
        }
        for (word, why) in &composed.dropped {
            line(format_args!("{word:<24} dropped: {}", why.as_str()))?;
        }
    } else if let Some((text, labels)) = &trial.worded {
        line(format_args!("--- shown\n{text}"))?;
        for label in labels {
            line(format_args!("  - {label}"))?;
        }
    } else {
        line("--- nothing of it can be used; the engine's own serves")?;
    }
    let prices = bench.app.llm.prices;
    let usage = trial.usage.map_or_else(
        || "tokens unknown".to_owned(),
        |u| {
            format!(
                "{} tokens read, {} written",
                u.prompt_tokens, u.completion_tokens
            )
        },
    );
    #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^53")]
    let usd = trial.micro_usd as f64 / 1e6;
    line(format_args!(
        "\n{:.2} s, {usage}, ${usd:.6} ({:.2} won)",
        trial.took.as_secs_f64(),
        prices.krw(trial.micro_usd)
    ))
}

const fn source(source: KeywordSource) -> &'static str {
    match source {
        KeywordSource::Guest => "guest",
        KeywordSource::Llm => "llm",
        KeywordSource::Builtin => "builtin",
        KeywordSource::Fallback => "fallback",
    }
}

fn as_json(bench: &Bench, trial: &Trial) -> Value {
    let composed = trial.composed.as_ref().map(|c| {
        let dropped: Vec<Value> = c
            .dropped
            .iter()
            .map(|(word, why)| json!({ "text": word, "why": why.as_str() }))
            .collect();
        json!({ "keywords": c.keywords, "dropped": dropped })
    });
    json!({
        "system": trial.request.system,
        "user": trial.request.user,
        "cut": trial.cut,
        "answer": trial.raw.as_ref().ok(),
        "failure": trial.raw.as_ref().err().map(|e| e.reason()),
        "composed": composed,
        "question": trial.worded.as_ref().map(|(text, labels)| json!({ "text": text, "labels": labels })),
        "seconds": trial.took.as_secs_f64(),
        "tokens_read": trial.usage.map(|u| u.prompt_tokens),
        "tokens_written": trial.usage.map(|u| u.completion_tokens),
        "micro_usd": trial.micro_usd,
        "krw": bench.app.llm.prices.krw(trial.micro_usd),
    })
}

/// Asks again and again and adds up.
async fn many(bench: &Bench, options: &TryOptions, answers: &[Answered]) -> anyhow::Result<()> {
    let bar = bar(Some(options.runs.into()), "{bar:40} {pos}/{len}");
    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    let mut dropped: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut kept, mut filled, mut cost) = (0u32, 0u32, 0u64);
    let mut times = Vec::new();
    for _ in 0..options.runs {
        let outcome = match bench.ask(options.task, answers, options.lang).await {
            Err(reason) => reason,
            Ok(trial) => {
                times.push(trial.took);
                cost += trial.micro_usd;
                for keyword in trial.composed.iter().flat_map(|c| &c.keywords) {
                    let counter = if keyword.source == KeywordSource::Llm {
                        &mut kept
                    } else {
                        &mut filled
                    };
                    *counter += 1;
                }
                for (_, why) in trial.composed.iter().flat_map(|c| &c.dropped) {
                    *dropped.entry(why.as_str()).or_default() += 1;
                }
                match (&trial.raw, &trial.composed, &trial.worded) {
                    (Err(error), ..) => error.reason(),
                    (Ok(_), None, None) => "llm_off_schema",
                    (Ok(_), ..) => "answered",
                }
            }
        };
        *outcomes.entry(outcome).or_default() += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    times.sort();
    let at = |share: usize| {
        times
            .get(times.len() * share / 100)
            .map(std::time::Duration::as_secs_f64)
    };
    let sums = json!({
        "runs": options.runs,
        "outcomes": outcomes,
        "keywords": { "from_model": kept, "from_engine_or_guest": filled },
        "dropped": dropped,
        "seconds": { "p50": at(50), "p95": at(95) },
        "micro_usd": cost,
        "krw": bench.app.llm.prices.krw(cost),
    });
    line(serde_json::to_string_pretty(&sums)?)
}
