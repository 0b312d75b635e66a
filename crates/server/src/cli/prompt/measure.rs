//! `seonmul prompt eval`: the repository's judged situations with the engine's keywords and with the model's.

use super::super::output::{bar, line};
use super::{Asked, Bench, answered, as_answers};
use anyhow::Context;
use clap::Args;
use seonmul_engine::eval::{Benchmark, Estimate, Judged, Judges, Situation, Split};
use seonmul_engine::interview::{Answer, Answered};
use seonmul_engine::keyword::{Keyword, KeywordSource};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Args)]
pub struct Options {
    /// Judged situations of the tuning half to run at the most, spread evenly; the other half is for reports only.
    #[arg(long, value_name = "N", default_value_t = 40)]
    situations: usize,
    /// Run the reporting half instead.
    #[arg(long)]
    reporting: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Default)]
struct Tally {
    ndcg: Vec<f64>,
    success: Vec<f64>,
    never: Vec<f64>,
}

impl Tally {
    fn add(&mut self, judged: &Judged) {
        self.ndcg.push(judged.ndcg);
        self.success.push(f64::from(judged.success));
        self.never.push(judged.never);
    }

    fn measures(&self) -> [(&'static str, Estimate); 3] {
        [
            ("NDCG@8", Estimate::of(&self.ndcg)),
            ("SR@8", Estimate::of(&self.success)),
            ("never shown", Estimate::of(&self.never)),
        ]
    }
}

pub(super) async fn run(bench: &Bench, options: &Options) -> anyhow::Result<()> {
    let benchmark = Benchmark::embedded().context("the data files in this program are faulty")?;
    let split = if options.reporting {
        Split::Reporting
    } else {
        Split::Tuning
    };
    let all: Vec<&Situation> = benchmark.situations(Some(split)).collect();
    let step = all.len().div_ceil(options.situations.max(1)).max(1);
    let chosen: Vec<&Situation> = all.into_iter().step_by(step).collect();
    let (engine, catalogue) = (&bench.app.engine, &bench.catalogue);
    let judges = Judges::new(engine, catalogue, &benchmark);
    let bar = bar(Some(chosen.len() as u64), "{bar:40} {pos}/{len}");
    let (mut ours, mut theirs) = (Tally::default(), Tally::default());
    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    let mut dropped: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut cost, mut from_model, mut of) = (0u64, 0usize, 0usize);
    for situation in &chosen {
        let answers = answers_of(situation);
        let own = engine.keywords(&answers, catalogue, situation.lang);
        ours.add(&judges.judge(situation, &own));
        let (keywords, outcome) = match bench.ask(Asked::Keywords, &answers, situation.lang).await {
            Err(reason) => (own, reason),
            Ok(trial) => {
                cost += trial.micro_usd;
                match (trial.raw, trial.composed) {
                    (Err(error), _) => (own, error.reason()),
                    (Ok(_), None) => (own, "llm_off_schema"),
                    (Ok(_), Some(composed)) => {
                        for (_, why) in &composed.dropped {
                            *dropped.entry(why.as_str()).or_default() += 1;
                        }
                        (composed.keywords, "answered")
                    }
                }
            }
        };
        of += keywords.len();
        from_model += keywords.iter().filter(|k| is_models(k)).count();
        *outcomes.entry(outcome).or_default() += 1;
        theirs.add(&judges.judge(situation, &keywords));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let rows: Vec<(&str, Estimate, Estimate)> = ours
        .measures()
        .into_iter()
        .zip(theirs.measures())
        .map(|((name, a), (_, b))| (name, a, b))
        .collect();
    if options.json {
        let measures: Vec<Value> = rows
            .iter()
            .map(|(name, a, b)| json!({ "measure": name, "engine": a, "model": b }))
            .collect();
        return line(serde_json::to_string_pretty(&json!({
            "situations": chosen.len(), "measures": measures, "outcomes": outcomes, "dropped": dropped,
            "keywords_from_model": from_model, "keywords": of, "micro_usd": cost, "krw": bench.app.llm.prices.krw(cost),
        }))?);
    }
    line(format_args!(
        "{} judged situations, model {}\n",
        chosen.len(),
        bench.app.config.llm.model
    ))?;
    line(format_args!(
        "{:<14} {:>24} {:>24}",
        "", "engine alone", "with the model"
    ))?;
    for (name, a, b) in &rows {
        let shown = |e: &Estimate| format!("{:.3} ({:.3}-{:.3})", e.mean, e.low, e.high);
        line(format_args!("{name:<14} {:>24} {:>24}", shown(a), shown(b)))?;
    }
    line(format_args!(
        "\n{from_model} of {of} keywords are the model's. Answers: {outcomes:?}. Dropped: {dropped:?}."
    ))?;
    line(format_args!(
        "Cost: {cost} millionths of a dollar, {:.1} won.",
        bench.app.llm.prices.krw(cost)
    ))
}

fn is_models(keyword: &Keyword) -> bool {
    keyword.source == KeywordSource::Llm
}

/// A judged situation as the answers of an interview.
fn answers_of(situation: &Situation) -> Vec<Answered> {
    let profile = &situation.profile;
    let mut answers = as_answers(profile);
    let texts = profile.tastes.iter().map(|t| Answer::Text(t.clone()));
    answers.extend(texts.map(|text| answered("text", text)));
    answers
}
