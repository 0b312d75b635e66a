//! The command line: what can be asked for, and how it ends. Data goes to standard output, everything else to standard error.

mod catalogue;
mod check;
mod eval;
mod output;
mod prompt;
mod recommend;
mod serve;
mod worker;

use crate::config::{Config, ConfigError, LogFormat};
use clap::{Args, Parser, Subcommand};
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Recommends gifts from the shop's own catalogue, with reasons. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "seonmul", version, max_term_width = 100)]
struct Cli {
    /// Settings as TOML, with the names of the SEONMUL_ variables in lower case and without prefix. Variables win over the file.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve HTTP, and do the work that stands behind it.
    Serve,
    /// Do the work behind the requests in a process of its own, or see what waits for it.
    Worker(worker::Options),
    /// Bring the database's schema up to date.
    Migrate,
    /// Print what would be used, secrets hidden, and try every part of it.
    Check,
    /// Import products, build the catalogue, see what is served.
    #[command(subcommand)]
    Catalogue(catalogue::Command),
    /// Recommend gifts from the newest catalogue.
    Recommend(Box<recommend::Options>),
    /// Try and measure the language model and its prompts.
    #[command(subcommand)]
    Prompt(prompt::Command),
    /// Measure how good lists and questions are, on the sample catalogue; needs no settings and no database.
    Eval(eval::Options),
}

/// How a listing is printed.
#[derive(Debug, Clone, Copy, Args)]
struct Output {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("seonmul: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let command = cli.command.unwrap_or(Command::Serve);
    let command = match command {
        Command::Check => return runtime()?.block_on(check::run(cli.config.as_deref())),
        Command::Eval(options) => return eval::run(&options),
        other => other,
    };
    let config = Config::load(cli.config.as_deref())?;
    start_log(&config, &command)?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        match command {
            Command::Serve => serve::run(config).await,
            Command::Worker(options) => worker::run(config, options).await,
            Command::Migrate => migrate(config).await,
            Command::Check | Command::Eval(_) => Ok(()),
            Command::Catalogue(command) => catalogue::run(config, command).await,
            Command::Recommend(options) => recommend::run(config, *options).await,
            Command::Prompt(command) => prompt::run(config, command).await,
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    outcome.map(|()| ExitCode::SUCCESS)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

async fn migrate(config: Config) -> anyhow::Result<()> {
    let store = crate::app::connect_store(&config).await?;
    store.migrate().await?;
    eprintln!("The schema is up to date.");
    store.close().await;
    Ok(())
}

/// Starts the log. Commands that come to an end say what they have to say themselves, so only warnings are logged unless asked for.
fn start_log(config: &Config, command: &Command) -> Result<(), ConfigError> {
    let quiet = !matches!(command, Command::Serve | Command::Worker(_)) && config.log == "info";
    let filter = EnvFilter::new(if quiet { "warn" } else { &config.log });
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    match config.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
