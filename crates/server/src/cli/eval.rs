//! `seonmul eval`: how good the lists and the questions are, measured on the sample catalogue. Needs no settings and no database.

mod page;
mod plots;
mod situation;
mod tables;

use super::output::{bar, line};
use crate::jobs::fill_catalogue::sample_products;
use crate::service::imports::CURRENCY;
use anyhow::{Context, anyhow};
use askama::Template;
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use seonmul_engine::Engine;
use seonmul_engine::catalogue::{Catalogue, SnapshotBuilder};
use seonmul_engine::eval::{self, Benchmark, Report, Split, SystemReport};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tempfile::TempDir;

/// Faults that are told one by one.
const SHOWN_FAULTS: usize = 20;

#[derive(Debug, Args)]
pub struct Options {
    /// Which judged situations: the half that nothing is fitted to, the half for fitting, or both.
    #[arg(long, value_enum, default_value_t = Half::Reporting)]
    split: Half,
    /// Simulated recipients whose giver is asked follow-up questions; 0 leaves them out.
    #[arg(long, value_name = "N", default_value_t = 3_000)]
    recipients: usize,
    /// Random situations in which nothing forbidden may be shown; 0 leaves them out.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    random: u64,
    /// Write a page with plots and the best and worst situations to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Look at one judged situation instead: what was said, the keywords, and the eight with grade and reason.
    #[arg(long, value_name = "ID", conflicts_with_all = ["html", "split", "recipients", "random", "tune"])]
    situation: Option<String>,
    /// Fit the weights to the tuning half instead, and print data/rank/weights.toml as it would become (some ten seconds).
    #[arg(long, conflicts_with_all = ["html", "split", "recipients", "random"])]
    tune: bool,
    /// Most rounds of the fitting over all weights.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "tune")]
    rounds: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Which judged situations are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Half {
    Reporting,
    Tuning,
    All,
}

impl Half {
    const fn split(self) -> Option<Split> {
        match self {
            Self::Reporting => Some(Split::Reporting),
            Self::Tuning => Some(Split::Tuning),
            Self::All => None,
        }
    }

    /// In words, after the number of situations.
    const fn words(self) -> &'static str {
        match self {
            Self::Reporting => "judged situations of the reporting half",
            Self::Tuning => "judged situations of the tuning half",
            Self::All => "judged situations of both halves",
        }
    }
}

pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let engine = Arc::new(Engine::embedded().context("the data files in this program are faulty")?);
    let benchmark = Benchmark::embedded().context("the data files in this program are faulty")?;
    let (_folder, catalogue) = sample_catalogue(&engine)?;
    if let Some(id) = &options.situation {
        situation::print(&engine, &catalogue, &benchmark, id, options.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.tune {
        tune(&catalogue, &benchmark, options)?;
        return Ok(ExitCode::SUCCESS);
    }
    let what = eval::Options {
        split: options.split.split(),
        recipients: options.recipients,
        random: options.random,
    };
    let bar = bar(None, "{bar:40} {pos}/{len} {msg}");
    let report = eval::evaluate(
        &engine,
        &catalogue,
        &benchmark,
        &what,
        &|stage, done, of| tell(&bar, stage, done, of),
    );
    bar.finish_and_clear();
    if let Some(path) = &options.html {
        write_page(path, &report, &benchmark, options.split)?;
    }
    if options.json {
        line(serde_json::to_string_pretty(&report)?)?;
    } else {
        tables::print(&report, options.split)?;
    }
    Ok(tell_faults(&report))
}

/// The sample catalogue in a folder that vanishes with the first value.
pub(super) fn sample_catalogue(engine: &Arc<Engine>) -> anyhow::Result<(TempDir, Catalogue)> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let path = folder.path().join("sample.snap");
    let mut builder = SnapshotBuilder::new(engine.clone(), CURRENCY);
    for product in sample_products()? {
        builder.add(product);
    }
    builder
        .finish(&path, 0)
        .context("the sample catalogue could not be built")?;
    let catalogue = Catalogue::open(&path, engine)?;
    Ok((folder, catalogue))
}

fn tell(bar: &ProgressBar, stage: &str, done: u64, of: u64) {
    bar.set_message(stage.to_owned());
    bar.set_length(of);
    bar.set_position(done);
}

fn write_page(
    path: &Path,
    report: &Report,
    benchmark: &Benchmark,
    half: Half,
) -> anyhow::Result<()> {
    let html = page::EvalPage::new(report, benchmark, half).render()?;
    std::fs::write(path, html).with_context(|| format!("cannot write to {}", path.display()))
}

fn tell_faults(report: &Report) -> ExitCode {
    if report.faults.is_empty() {
        return ExitCode::SUCCESS;
    }
    for fault in report.faults.iter().take(SHOWN_FAULTS) {
        eprintln!("{fault}");
    }
    eprintln!(
        "seonmul: {} of {} random situations show a fault",
        report.faults.len(),
        report.random
    );
    ExitCode::FAILURE
}

/// Fits the weights. The new file goes to standard output, so that it can be put in the place of the old one.
fn tune(catalogue: &Catalogue, benchmark: &Benchmark, options: &Options) -> anyhow::Result<()> {
    let mut engine = Engine::embedded().context("the data files in this program are faulty")?;
    let bar = bar(None, "{spinner} {msg}");
    let tuned = eval::tune(
        &mut engine,
        catalogue,
        benchmark,
        options.rounds,
        &|name, ndcg| {
            bar.set_message(format!("NDCG@8 {ndcg:.4} after {name}"));
            bar.tick();
        },
    );
    bar.finish_and_clear();
    if options.json {
        return line(serde_json::to_string_pretty(&tuned)?);
    }
    for (name, before, after) in tuned.changes() {
        eprintln!("{name}: {before} -> {after:.3}");
    }
    eprintln!(
        "NDCG@8 of the tuning half: {:.4} before, {:.4} after",
        tuned.before, tuned.after
    );
    super::output::text(&tuned.file())
}

/// The baseline with the highest NDCG@8.
fn best_baseline(report: &Report) -> anyhow::Result<(usize, &SystemReport)> {
    report
        .systems
        .iter()
        .enumerate()
        .skip(1)
        .max_by(|a, b| a.1.ndcg.mean.total_cmp(&b.1.ndcg.mean))
        .ok_or_else(|| anyhow!("there is no baseline"))
}

/// `12 %`, of a share from 0 to 1.
fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// `1.2 %`, of a share that is small.
fn small_percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
