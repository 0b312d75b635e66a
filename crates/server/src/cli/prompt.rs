//! `seonmul prompt`: for those who write prompts or choose a model. Every call is counted and bounded like those of the service.

mod measure;
mod show;

use super::check::open_snapshot;
use super::eval::sample_catalogue;
use super::recommend::{Six, parse_lang};
use crate::app::{App, AppState};
use crate::config::Config;
use crate::service::llm::{Caller, Trial, today, try_keywords, try_question};
use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use seonmul_engine::Lang;
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::interview::{Answer, Answered};
use seonmul_engine::profile::{AgeBand, Category, Gender, Occasion, Profile, Relation};
use seonmul_store::GuestId;
use tempfile::TempDir;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask the model once, or some times over, and show the prompt, the raw answer, what was kept and dropped and why, time and cost.
    Try(Box<TryOptions>),
    /// Run judged situations through engine and model, on the sample catalogue, and print the quality of both.
    Eval(measure::Options),
}

#[derive(Debug, Args)]
pub struct TryOptions {
    /// What is asked of the model.
    #[arg(long, value_enum, default_value_t = Asked::Keywords)]
    task: Asked,
    #[command(flatten)]
    six: Six,
    /// What the guest writes; may be repeated.
    #[arg(long)]
    text: Vec<String>,
    /// The language: ko or en.
    #[arg(long, default_value = "ko", value_parser = parse_lang)]
    lang: Lang,
    /// How often to ask. Above 1 only the sums are shown.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    runs: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Asked {
    Keywords,
    Question,
}

impl TryOptions {
    /// The options as answers of an interview.
    fn answers(&self) -> Vec<Answered> {
        let six = &self.six;
        let profile = Profile {
            relation: six.relation,
            gender: six.gender,
            age_band: six.age_band,
            budget: six.budget,
            occasion: six.occasion,
            category: six.category,
            ..Profile::default()
        };
        let mut answers = as_answers(&profile);
        let texts = self.text.iter().map(|t| Answer::Text(t.clone()));
        answers.extend(texts.map(|text| answered("text", text)));
        answers
    }
}

/// What a profile says of the six questions, as answers.
fn as_answers(profile: &Profile) -> Vec<Answered> {
    let chosen = |question: &str, value: Option<&'static str>| {
        value.map(|value| answered(question, Answer::Choice(value.to_owned())))
    };
    [
        chosen("relation", profile.relation.map(Relation::as_str)),
        chosen("gender", profile.gender.map(Gender::as_str)),
        chosen("age_band", profile.age_band.map(AgeBand::as_str)),
        profile.budget.map(|b| answered("budget", Answer::Range(b))),
        chosen("occasion", profile.occasion.map(Occasion::as_str)),
        chosen("category", profile.category.map(Category::as_str)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn answered(question: &str, answer: Answer) -> Answered {
    Answered {
        question_id: question.to_owned(),
        answer,
    }
}

/// The program with a catalogue: the shop's newest, or the sample.
struct Bench {
    app: App,
    catalogue: Catalogue,
    caller: Caller,
    _folder: Option<TempDir>,
}

impl Bench {
    async fn set_up(config: Config, on_sample: bool) -> anyhow::Result<Self> {
        let app = AppState::connect(config).await?;
        if app.llm.client().is_none() {
            bail!(
                "no language model is configured: set SEONMUL_LLM_BASE_URL (and SEONMUL_LLM_MODE to server or browser)"
            );
        }
        let row = app.store.snapshot_latest().await?.filter(|_| !on_sample);
        let (folder, catalogue) = match row {
            Some(row) => (None, open_snapshot(&row, &app.objects, &app.engine).await?),
            None => {
                let (folder, catalogue) = sample_catalogue(&app.engine)?;
                (Some(folder), catalogue)
            }
        };
        if !app.llm.prices.is_known {
            eprintln!(
                "The price of {} is not in the table, so the dearest counts; set SEONMUL_LLM_INPUT_USD_PER_MILLION and SEONMUL_LLM_OUTPUT_USD_PER_MILLION.",
                app.config.llm.model
            );
        }
        Ok(Self {
            app,
            catalogue,
            caller: Caller {
                guest: GuestId::random().key(),
                network: None,
                declines: false,
            },
            _folder: folder,
        })
    }

    /// What this day has cost so far, and what it may cost.
    async fn tell_day(&self) {
        let config = &self.app.config.llm;
        if let Some((calls, micro_usd)) = today(&self.app).await {
            #[expect(clippy::cast_precision_loss, reason = "costs are far below 2^53")]
            let usd = |micro: u64| micro as f64 / 1e6;
            eprintln!(
                "Today: {calls} of {} calls, ${:.4} of ${}.",
                config.calls_per_day,
                usd(micro_usd),
                usd(config.daily_cost_micro_usd)
            );
        }
    }

    async fn ask(
        &self,
        task: Asked,
        answers: &[Answered],
        lang: Lang,
    ) -> Result<Trial, &'static str> {
        let (app, caller, catalogue) = (&self.app, &self.caller, &self.catalogue);
        match task {
            Asked::Keywords => try_keywords(app, caller, answers, catalogue, lang).await,
            Asked::Question => try_question(app, caller, answers, catalogue, lang).await,
        }
    }
}

pub async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Try(options) => {
            let answers = options.answers();
            if answers.is_empty() {
                bail!("say something of the recipient, such as --relation parent --text 낚시");
            }
            let bench = Bench::set_up(config, false).await?;
            let outcome = show::run(&bench, &options, &answers).await;
            bench.tell_day().await;
            bench.app.store.close().await;
            outcome
        }
        Command::Eval(options) => {
            let bench = Bench::set_up(config, true).await?;
            let outcome = measure::run(&bench, &options).await;
            bench.app.store.close().await;
            outcome.context("the measurement broke off")
        }
    }
}
