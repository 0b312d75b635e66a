//! How much of the served catalogue the lexicon recognises, as the interface and the command line tell it.

use crate::app::App;
use crate::error::Result;
use anyhow::Context;
use seonmul_engine::catalogue::{ConceptCount, Coverage, UncoveredProduct, UncoveredWord};
use serde::Serialize;
use utoipa::ToSchema;

/// How much of a catalogue the lexicon recognises.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageView {
    /// Names the catalogue's content.
    pub catalogue_version: String,
    /// Its products.
    pub products: usize,
    /// Products that are surely none of the concepts.
    pub uncovered: usize,
    /// Their share, 0 to 1.
    pub uncovered_share: f64,
    /// Some of them, spread evenly over the prices.
    pub examples: Vec<UncoveredProductView>,
    /// Words of their titles, those of most products first.
    pub words: Vec<UncoveredWordView>,
    /// Concepts that no product surely is.
    pub empty_concepts: Vec<ConceptCountView>,
    /// Concepts that most products surely are.
    pub largest_concepts: Vec<ConceptCountView>,
}

/// A product that is surely none of the concepts.
#[derive(Debug, Serialize, ToSchema)]
pub struct UncoveredProductView {
    /// The shop's id.
    pub product_id: String,
    /// Its name.
    pub title: String,
}

/// A word that the lexicon might learn from.
#[derive(Debug, Serialize, ToSchema)]
pub struct UncoveredWordView {
    /// The word.
    pub word: String,
    /// Products without a concept in whose names it stands.
    pub products: usize,
    /// One of these names.
    pub example: String,
}

/// A concept and its products.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConceptCountView {
    /// The concept's id.
    pub concept_id: String,
    /// Its Korean name.
    pub name: String,
    /// Products that surely are it.
    pub products: usize,
}

/// Coverage of the catalogue being served; on a thread of its own, since every product is read.
pub async fn fetch(app: &App) -> Result<CoverageView> {
    let catalogue = app.catalogue()?;
    let engine = app.engine.clone();
    let coverage = tokio::task::spawn_blocking(move || engine.coverage(&catalogue)).await;
    Ok(coverage.context("the coverage could not be read")?.into())
}

impl From<Coverage> for CoverageView {
    fn from(coverage: Coverage) -> Self {
        let concepts = |counts: Vec<ConceptCount>| {
            let view = |c: ConceptCount| ConceptCountView {
                concept_id: c.concept_id,
                name: c.name,
                products: c.products,
            };
            counts.into_iter().map(view).collect()
        };
        let example = |p: UncoveredProduct| UncoveredProductView {
            product_id: p.product_id,
            title: p.title,
        };
        let word = |w: UncoveredWord| UncoveredWordView {
            word: w.word,
            products: w.products,
            example: w.example,
        };
        Self {
            catalogue_version: coverage.catalogue_version,
            products: coverage.products,
            uncovered: coverage.uncovered,
            uncovered_share: coverage.uncovered_share,
            examples: coverage.examples.into_iter().map(example).collect(),
            words: coverage.words.into_iter().map(word).collect(),
            empty_concepts: concepts(coverage.empty_concepts),
            largest_concepts: concepts(coverage.largest_concepts),
        }
    }
}
