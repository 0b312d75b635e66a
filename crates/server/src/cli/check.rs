//! `seonmul check`: what would be used, secrets hidden, and whether it works.

use super::output::line;
use crate::app::{connect_cache, connect_store};
use crate::clients::objects::Objects;
use crate::clock::Clock;
use crate::config::{Config, Sources};
use crate::service::llm::{Llm, Price};
use anyhow::Context;
use seonmul_engine::Engine;
use seonmul_engine::catalogue::Catalogue;
use seonmul_store::{SnapshotRow, Store};
use std::path::Path;
use std::process::ExitCode;

/// How the parts did.
#[derive(Default)]
struct Findings {
    failed: bool,
}

impl Findings {
    fn tell(&mut self, part: &str, outcome: anyhow::Result<String>) -> anyhow::Result<()> {
        match outcome {
            Ok(text) => line(format_args!("{part:<14} ok    {text}")),
            Err(error) => {
                self.failed = true;
                line(format_args!("{part:<14} FAIL  {error:#}"))
            }
        }
    }
}

pub async fn run(file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let sources = Sources::load(file)?;
    for (variable, value, origin) in sources.shown() {
        line(format_args!("{variable:<36} {value:<44} {origin}"))?;
    }
    line("")?;
    for unknown in sources.unknown_variables() {
        eprintln!("seonmul: {unknown} is set, but there is no such setting");
    }
    let config = Config::from_sources(&sources)?;
    let mut findings = Findings::default();
    let store = connect_store(&config).await;
    let store = match store {
        Ok(store) => {
            findings.tell("database", schema(&store).await)?;
            Some(store)
        }
        Err(error) => {
            findings.tell("database", Err(error))?;
            None
        }
    };
    findings.tell("cache", cache(&config).await)?;
    findings.tell("language model", language_model(&config))?;
    let objects = match Objects::new(&config.object_store) {
        Ok(objects) => {
            let writable = objects.check().await;
            let writable = writable.with_context(|| format!("cannot write to {}", objects.shown()));
            let shown = writable.map(|()| objects.shown().to_owned());
            findings.tell("object store", shown)?;
            Some(objects)
        }
        Err(error) => {
            findings.tell("object store", Err(error))?;
            None
        }
    };
    if let (Some(store), Some(objects)) = (&store, &objects) {
        findings.tell("snapshot", snapshot(store, objects).await)?;
    }
    if let Some(store) = store {
        store.close().await;
    }
    Ok(if findings.failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The language model as it is set; it is not asked, for every call costs.
fn language_model(config: &Config) -> anyhow::Result<String> {
    let llm = Llm::new(&config.llm, &Clock::System)?;
    if llm.client().is_none() {
        return Ok("none; the engine does its work".to_owned());
    }
    let Price { input, output } = llm.prices.price;
    let guess = if llm.prices.is_known {
        ""
    } else {
        ", a guess: set SEONMUL_LLM_INPUT_USD_PER_MILLION and SEONMUL_LLM_OUTPUT_USD_PER_MILLION"
    };
    Ok(format!(
        "{}, ${input} and ${output} for a million tokens read and written{guess}; try it with `seonmul prompt try`",
        config.llm.model
    ))
}

async fn schema(store: &Store) -> anyhow::Result<String> {
    let current = store.schema_is_current().await?;
    let schema = if current {
        "schema up to date"
    } else {
        "schema not up to date: run `seonmul migrate`, or serve"
    };
    Ok(format!("{}, {schema}", store.kind()))
}

async fn cache(config: &Config) -> anyhow::Result<String> {
    let cache = connect_cache(config)?;
    cache
        .ping()
        .await
        .context("SEONMUL_REDIS_URL does not answer")?;
    Ok(cache.kind().to_owned())
}

async fn snapshot(store: &Store, objects: &Objects) -> anyhow::Result<String> {
    if !store.schema_is_current().await? {
        return Ok("none yet".to_owned());
    }
    let Some(row) = store.snapshot_latest().await? else {
        return Ok("none yet".to_owned());
    };
    let engine = Engine::embedded()?;
    open_snapshot(&row, objects, &engine).await?;
    Ok(format!("{} with {} products", row.version, row.products))
}

/// Opens a snapshot and checks all of it.
pub(super) async fn open_snapshot(
    row: &SnapshotRow,
    objects: &Objects,
    engine: &Engine,
) -> anyhow::Result<Catalogue> {
    let path = objects.local(&row.location).await?;
    let catalogue = Catalogue::open(&path, engine)?;
    catalogue.verify()?;
    Ok(catalogue)
}
