//! `seonmul catalogue status --coverage`: what the lexicon does not recognise.

use super::super::Output;
use super::super::check::open_snapshot;
use super::super::output::line;
use crate::app::App;
use crate::service::coverage::{ConceptCountView, CoverageView};
use anyhow::Context;

/// Concepts without products named in the listing; JSON has all.
const NAMED: usize = 30;

pub async fn print(app: &App, output: Output) -> anyhow::Result<()> {
    let row = app.store.snapshot_latest().await?;
    let row =
        row.context("there is no catalogue yet; run `seonmul catalogue build`, or serve once")?;
    let catalogue = open_snapshot(&row, &app.objects, &app.engine).await?;
    let coverage = CoverageView::from(app.engine.coverage(&catalogue));
    if output.json {
        return line(serde_json::to_string(&coverage)?);
    }
    line(format_args!(
        "catalogue   {} with {} products",
        coverage.catalogue_version, coverage.products
    ))?;
    line(format_args!(
        "uncovered   {} ({:.1} %) are surely none of the lexicon's concepts",
        coverage.uncovered,
        coverage.uncovered_share * 100.0
    ))?;
    for example in &coverage.examples {
        line(format_args!("  {}  {}", example.product_id, example.title))?;
    }
    if !coverage.words.is_empty() {
        line("")?;
        line("words of uncovered titles, by products")?;
    }
    for word in &coverage.words {
        line(format_args!(
            "{:>8}  {}  ({})",
            word.products, word.word, word.example
        ))?;
    }
    line("")?;
    line("concepts with most products")?;
    for concept in &coverage.largest_concepts {
        line(format_args!(
            "{:>8}  {} {}",
            concept.products, concept.concept_id, concept.name
        ))?;
    }
    line("")?;
    line(format_args!(
        "concepts with no product: {}",
        names(&coverage.empty_concepts)
    ))
}

fn names(concepts: &[ConceptCountView]) -> String {
    if concepts.is_empty() {
        return "none".to_owned();
    }
    let named: Vec<&str> = concepts
        .iter()
        .take(NAMED)
        .map(|c| c.concept_id.as_str())
        .collect();
    let more = concepts.len() - named.len();
    let rest = if more > 0 {
        format!(" … and {more} more, which --json lists")
    } else {
        String::new()
    };
    format!("{} — {}{rest}", concepts.len(), named.join(", "))
}
