//! What the lexicon makes of a shop: the products that it does not recognise, the words that would teach it, and concepts without products.

use super::Catalogue;
use super::snapshot::DocId;
use crate::Engine;
use crate::lexicon::{Concept, Found, Lexicon, Meaning};
use crate::text::{normalise, tokens};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// A product surely is a concept from this confidence on, as the ranking has it.
const SURE: f32 = 0.6;
/// Products shown as examples, words and concepts listed.
const EXAMPLES: usize = 20;
const WORDS: usize = 30;
const LARGEST: usize = 20;

/// How much of a catalogue the lexicon recognises.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// Version of the catalogue.
    pub catalogue_version: String,
    /// Its products.
    pub products: usize,
    /// Products that are surely none of the concepts.
    pub uncovered: usize,
    /// Their share, 0 to 1.
    pub uncovered_share: f64,
    /// Some of them, spread evenly over the prices.
    pub examples: Vec<UncoveredProduct>,
    /// Words of their titles, those of most products first; words that the lexicon knows as no thing are left out.
    pub words: Vec<UncoveredWord>,
    /// Concepts that no product surely is, in the order of the lexicon.
    pub empty_concepts: Vec<ConceptCount>,
    /// Concepts that most products surely are; those of a narrower concept count for the broader one too.
    pub largest_concepts: Vec<ConceptCount>,
}

/// A product that is surely none of the concepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UncoveredProduct {
    /// The shop's id.
    pub product_id: String,
    /// Its title.
    pub title: String,
}

/// A word of titles that the lexicon might learn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UncoveredWord {
    /// The word, in normal form.
    pub word: String,
    /// Uncovered products in whose titles it stands.
    pub products: usize,
    /// One of these titles.
    pub example: String,
}

/// A concept and how many products surely are it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConceptCount {
    /// Its id.
    pub concept_id: String,
    /// Its Korean name.
    pub name: String,
    /// Products.
    pub products: usize,
}

impl Engine {
    /// How much of a catalogue the lexicon recognises. Reads every product: about a second per million.
    pub fn coverage(&self, catalogue: &Catalogue) -> Coverage {
        let lexicon = self.lexicon();
        let mut counts = vec![0; lexicon.concepts().len()];
        let mut uncovered: Vec<DocId> = Vec::new();
        for (doc, document) in (0..).zip(catalogue.documents()) {
            let mut covered = false;
            for (concept, _) in catalogue.concepts_of(document).filter(|c| c.1 >= SURE) {
                counts[usize::from(concept)] += 1;
                covered = true;
            }
            if !covered {
                uncovered.push(doc);
            }
        }
        let count = |(concept, products): (&Concept, usize)| ConceptCount {
            concept_id: concept.id.clone(),
            name: concept.ko.clone(),
            products,
        };
        let concepts: Vec<ConceptCount> =
            lexicon.concepts().iter().zip(counts).map(count).collect();
        let (empty_concepts, mut largest_concepts): (Vec<_>, Vec<_>) =
            concepts.into_iter().partition(|c| c.products == 0);
        largest_concepts.sort_by_key(|c| std::cmp::Reverse(c.products));
        largest_concepts.truncate(LARGEST);
        Coverage {
            catalogue_version: catalogue.version().to_owned(),
            products: catalogue.len(),
            uncovered: uncovered.len(),
            uncovered_share: uncovered.len() as f64 / catalogue.len().max(1) as f64,
            examples: examples(catalogue, &uncovered),
            words: words(lexicon, catalogue, &uncovered),
            empty_concepts,
            largest_concepts,
        }
    }
}

fn examples(catalogue: &Catalogue, uncovered: &[DocId]) -> Vec<UncoveredProduct> {
    let shown = EXAMPLES.min(uncovered.len());
    let of = |doc: DocId| UncoveredProduct {
        product_id: catalogue.product_id(doc).to_owned(),
        title: catalogue.title(doc).to_owned(),
    };
    (0..shown)
        .map(|i| of(uncovered[i * uncovered.len() / shown]))
        .collect()
}

fn words(lexicon: &Lexicon, catalogue: &Catalogue, uncovered: &[DocId]) -> Vec<UncoveredWord> {
    let mut found: HashMap<String, (usize, DocId)> = HashMap::new();
    for &doc in uncovered {
        let title = normalise(catalogue.title(doc));
        let distinct: HashSet<&str> = tokens(&title).filter(|t| says_something(t)).collect();
        for word in distinct {
            match found.get_mut(word) {
                Some(known) => known.0 += 1,
                None => {
                    found.insert(word.to_owned(), (1, doc));
                }
            }
        }
    }
    let mut words: Vec<(String, (usize, DocId))> = found.into_iter().collect();
    words.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    let unknown = words.into_iter().filter(|w| !names_no_thing(lexicon, &w.0));
    let word = |(word, (products, doc)): (String, (usize, DocId))| UncoveredWord {
        word,
        products,
        example: catalogue.title(doc).to_owned(),
    };
    unknown.take(WORDS).map(word).collect()
}

/// Whether a token can name a thing at all: two characters or more, no number and no size.
fn says_something(token: &str) -> bool {
    token.chars().count() >= 2 && !token.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether the lexicon knows the whole word, and as something else than a thing: a person, an occasion, a mere quality.
fn names_no_thing(lexicon: &Lexicon, word: &str) -> bool {
    let found = lexicon.find(word);
    let known: usize = found.iter().map(|f| f.range.len()).sum();
    let thing = |f: &Found| {
        f.meanings
            .iter()
            .any(|m| matches!(m, Meaning::Concept(_) | Meaning::Taste(_)))
    };
    known == word.len() && !found.iter().any(thing)
}
