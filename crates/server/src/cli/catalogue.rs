//! `seonmul catalogue`: import products, build the catalogue, see what is served.

mod coverage;

use super::Output;
use super::output::{bar, line};
use crate::app::{App, AppState};
use crate::clock::rfc3339;
use crate::config::Config;
use crate::feeds::FeedFormat;
use crate::jobs::build_catalogue;
use crate::service::imports::{self, Import, ImportReport, Missing, RejectedRow, Step};
use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Rejected rows that are shown when they are not written to a file.
const SHOWN_REJECTIONS: usize = 20;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import a product feed; `seonmul catalogue build` makes it visible.
    Import(ImportOptions),
    /// Build the catalogue from all products; running servers take it over by themselves.
    Build(Output),
    /// Show the newest catalogue and build, or what of it the lexicon does not recognise.
    Status(StatusOptions),
}

#[derive(Debug, Args)]
pub struct StatusOptions {
    /// Show which products no concept covers, which words would teach it, and how the concepts are filled.
    #[arg(long)]
    coverage: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub struct ImportOptions {
    /// The feed, gzip or not.
    file: PathBuf,
    /// ndjson, csv, tsv, google-tsv, google-xml, naver-ep or naver-json; found out when nothing is said.
    #[arg(long)]
    format: Option<FeedFormat>,
    /// Products of this source that the feed does not hold leave the shop.
    #[arg(long)]
    prune: bool,
    /// Write the rows that were left out, with line and reason, to this file.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// The feed that the products belong to; the name of the file without its ending when nothing is said.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    #[command(flatten)]
    output: Output,
}

pub async fn run(config: Config, command: Command) -> anyhow::Result<()> {
    let app = AppState::connect(config).await?;
    let outcome = match command {
        Command::Import(options) => import(&app, options).await,
        Command::Build(output) => build(&app, output).await,
        Command::Status(options) if options.coverage => coverage::print(&app, options.output).await,
        Command::Status(options) => status(&app, options.output).await,
    };
    app.store.close().await;
    outcome
}

async fn import(app: &App, options: ImportOptions) -> anyhow::Result<()> {
    let size = std::fs::metadata(&options.file)
        .with_context(|| format!("cannot read {}", options.file.display()))?
        .len();
    let format = match options.format {
        Some(format) => format,
        None => imports::detect_format(&options.file)
            .with_context(|| format!("cannot read {}", options.file.display()))?
            .ok_or_else(|| {
                anyhow!(
                    "{} is of no known format; name it with --format",
                    options.file.display()
                )
            })?,
    };
    let source = options
        .source
        .clone()
        .unwrap_or_else(|| source_of(&options.file));
    let mut rejects = options.rejects.as_deref().map(rejects_file).transpose()?;
    let mut reject_fault = None;
    let bar = bar(Some(size), "{bar:40} {bytes}/{total_bytes} {msg}");
    let import = Import {
        path: options.file.clone(),
        format,
        source,
        missing: if options.prune {
            Missing::Retire
        } else {
            Missing::Keep
        },
    };
    let report = imports::import(app, import, |step| match step {
        Step::Read(bytes) => bar.set_position(bytes),
        Step::Rejected(row) => {
            if let Some(file) = &mut rejects
                && let Err(error) = write_reject(file, row)
            {
                reject_fault.get_or_insert(error);
            }
        }
    });
    let report = report.await.map_err(told)?;
    bar.finish_and_clear();
    if let Some(mut file) = rejects {
        let written = reject_fault.map_or(Ok(()), Err).and_then(|()| file.flush());
        written.context("the rejected rows could not be written")?;
    }
    print_report(&report, &options)
}

/// What an error of a service says to somebody at a terminal, who may see the inside.
fn told(error: crate::error::Error) -> anyhow::Error {
    match error {
        crate::error::Error::Internal(cause) => cause,
        crate::error::Error::Unprocessable(message) => anyhow!(message.en),
        other => anyhow::Error::new(other),
    }
}

fn source_of(path: &Path) -> String {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("file");
    let stem = name
        .split('.')
        .next()
        .filter(|stem| !stem.is_empty())
        .unwrap_or("file");
    stem.chars().take(64).collect()
}

fn rejects_file(path: &Path) -> anyhow::Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("cannot write to {}", path.display()))?;
    let mut file = BufWriter::new(file);
    writeln!(file, "line\treason")?;
    Ok(file)
}

fn write_reject(file: &mut BufWriter<File>, row: &RejectedRow) -> std::io::Result<()> {
    writeln!(
        file,
        "{}\t{}",
        row.line,
        row.reason.replace(['\t', '\n', '\r'], " ")
    )
}

fn print_report(report: &ImportReport, options: &ImportOptions) -> anyhow::Result<()> {
    if options.output.json {
        line(format_args!("{}", serde_json::to_string(report)?))?;
    } else {
        line(format_args!(
            "{} new, {} changed, {} unchanged, {} retired, {} rejected",
            report.accepted,
            report.updated,
            report.unchanged,
            report.retired,
            report.rejected_count
        ))?;
    }
    if options.rejects.is_none() && !options.output.json {
        for row in report.rejected.iter().take(SHOWN_REJECTIONS) {
            eprintln!("line {}: {}", row.line, row.reason);
        }
        if report.rejected_count > SHOWN_REJECTIONS as u64 {
            eprintln!("… and more; --rejects FILE writes all of them");
        }
    }
    let good = report.accepted + report.updated + report.unchanged + report.retired;
    if good == 0 && report.rejected_count > 0 {
        bail!("no row of {} could be taken", options.file.display());
    }
    Ok(())
}

async fn build(app: &App, output: Output) -> anyhow::Result<()> {
    let total = app.store.product_count().await?;
    let bar = bar(Some(total), "{bar:40} {pos}/{len} products {msg}");
    let row = build_catalogue::build(app, |rows| bar.set_position(rows)).await?;
    bar.finish_and_clear();
    if output.json {
        line(format_args!(
            "{}",
            json!({ "catalogue_version": row.version, "products": row.products, "built_at": rfc3339(row.built_ms) })
        ))?;
    } else {
        line(format_args!(
            "catalogue {} with {} products",
            row.version, row.products
        ))?;
    }
    Ok(())
}

async fn status(app: &App, output: Output) -> anyhow::Result<()> {
    let snapshot = app.store.snapshot_latest().await?;
    let build = app.store.build_latest().await?;
    let products = app.store.product_count().await?;
    let revision = app.store.product_revision().await?;
    let stale = snapshot
        .as_ref()
        .is_none_or(|s| s.product_revision != revision);
    if output.json {
        let snapshot = snapshot.map(|s| {
            json!({ "catalogue_version": s.version, "products": s.products, "built_at": rfc3339(s.built_ms), "location": s.location })
        });
        let build = build.map(|b| {
            json!({ "build_id": b.build_id, "status": b.status.as_str(), "requested_at": rfc3339(b.requested_ms),
                    "finished_at": b.finished_ms.map(rfc3339), "reason": b.reason })
        });
        line(format_args!(
            "{}",
            json!({ "live_products": products, "stale": stale, "snapshot": snapshot, "last_build": build })
        ))?;
        return Ok(());
    }
    match snapshot {
        Some(s) => line(format_args!(
            "catalogue   {} with {} products, built {}",
            s.version,
            s.products,
            rfc3339(s.built_ms)
        ))?,
        None => line(format_args!("catalogue   none yet"))?,
    }
    let note = if stale {
        ", changed since the last build"
    } else {
        ""
    };
    line(format_args!("products    {products} live{note}"))?;
    if let Some(b) = build {
        let reason = b.reason.map(|r| format!(": {r}")).unwrap_or_default();
        line(format_args!(
            "last build  {} {}{reason}",
            b.status,
            rfc3339(b.requested_ms)
        ))?;
    }
    Ok(())
}
