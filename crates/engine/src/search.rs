//! Product search: order of relevance alone (words and concepts), within a price range and a category.

use crate::Engine;
use crate::catalogue::{Catalogue, DocId};
use crate::lexicon::{ConceptIndex, Meaning};
use crate::profile::Category;
use crate::text::{Squeezed, normalise, query_terms};
use std::ops::Range;

/// What a recognised concept counts beside the words, in units of one rare word.
const CONCEPT: f32 = 0.6;
/// Share of the query's weight that a product must hold to be a hit when no concept of the query is recognised in it.
const MIN_COVERAGE: f32 = 0.34;

/// What to look for.
#[derive(Debug, Clone, Copy, Default)]
pub struct SearchQuery<'a> {
    /// Words, Korean or English; empty finds everything, cheapest first.
    pub query: &'a str,
    /// Lowest price.
    pub min_price: Option<u32>,
    /// Highest price.
    pub max_price: Option<u32>,
    /// A category of the contract ("food") or a path of labels ("식품 > 과일").
    pub category: Option<&'a str>,
    /// Hits wanted.
    pub limit: usize,
    /// Hits to pass over.
    pub offset: usize,
}

/// One page of hits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchPage {
    /// Products with their relevance, best first.
    pub hits: Vec<(DocId, f32)>,
    /// Whether there are more.
    pub more: bool,
}

/// Which products a search may find.
enum Department {
    All,
    Bits(u32),
    Paths(Vec<bool>),
}

impl Engine {
    /// Finds products.
    pub fn search(&self, catalogue: &Catalogue, query: &SearchQuery<'_>) -> SearchPage {
        let range = catalogue.price_range(query.min_price.unwrap_or(0), query.max_price);
        let department = Department::of(catalogue, query.category);
        let documents = catalogue.documents();
        let inside = |doc: DocId| match &department {
            Department::All => true,
            Department::Bits(bits) => documents[doc as usize].category_bits & bits != 0,
            Department::Paths(paths) => paths
                .get(documents[doc as usize].category_path as usize)
                .copied()
                .unwrap_or(false),
        };
        let normal = normalise(query.query);
        if normal.is_empty() {
            if !query.query.trim().is_empty() {
                return SearchPage::default();
            }
            let mut hits: Vec<(DocId, f32)> = range
                .filter(|&d| inside(d))
                .skip(query.offset)
                .take(query.limit + 1)
                .map(|d| (d, 0.0))
                .collect();
            let more = hits.len() > query.limit;
            hits.truncate(query.limit);
            return SearchPage { hits, more };
        }
        let mut hits = self.relevance(catalogue, &normal, range);
        hits.retain(|&(doc, _)| inside(doc));
        let wanted = query.offset + query.limit;
        let order = |a: &(DocId, f32), b: &(DocId, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if hits.len() > wanted + 1 {
            hits.select_nth_unstable_by(wanted, order);
            hits.truncate(wanted + 1);
        }
        hits.sort_unstable_by(order);
        let more = hits.len() > wanted;
        hits.truncate(wanted);
        SearchPage {
            hits: hits.split_off(query.offset.min(hits.len())),
            more,
        }
    }

    /// BM25 over the terms, with the concepts that the query names counted beside them.
    fn relevance(
        &self,
        catalogue: &Catalogue,
        normal: &str,
        range: Range<DocId>,
    ) -> Vec<(DocId, f32)> {
        let total = catalogue.len() as f32;
        let base = range.start;
        let mut scores = vec![(0.0f32, 0.0f32); (range.end - range.start) as usize];
        let mut whole = 0.0;
        for term in query_terms(normal) {
            let postings = catalogue.term(term);
            let idf =
                (1.0 + (total - postings.len() as f32 + 0.5) / (postings.len() as f32 + 0.5)).ln();
            whole += idf;
            let postings = postings.within(&range);
            for (&doc, &weight) in postings.documents.iter().zip(postings.weights) {
                let Some(score) = scores.get_mut(doc.wrapping_sub(base) as usize) else {
                    continue;
                };
                score.0 += idf * f32::from(weight) / 255.0;
                score.1 += idf;
            }
        }
        if whole == 0.0 {
            whole = 1.0;
        }
        for concept in self.named_concepts(normal) {
            let postings = catalogue.concept(concept).within(&range);
            for (&doc, &weight) in postings.documents.iter().zip(postings.weights) {
                let Some(score) = scores.get_mut(doc.wrapping_sub(base) as usize) else {
                    continue;
                };
                score.0 += CONCEPT * whole * f32::from(weight) / 255.0;
                score.1 += whole;
            }
        }
        let hit = |score: &(f32, f32)| score.1 >= MIN_COVERAGE * whole;
        (base..)
            .zip(scores)
            .filter(|(_, s)| hit(s))
            .map(|(doc, s)| (doc, s.0 / whole))
            .collect()
    }

    fn named_concepts(&self, normal: &str) -> Vec<ConceptIndex> {
        let found = self.lexicon().find_in(&Squeezed::new(normal));
        let meanings = found.iter().flat_map(|f| f.meanings.iter());
        meanings
            .filter_map(|m| {
                if let Meaning::Concept(c) = m {
                    Some(*c)
                } else {
                    None
                }
            })
            .collect()
    }
}

impl Department {
    fn of(catalogue: &Catalogue, category: Option<&str>) -> Self {
        match category {
            None => Self::All,
            Some(text) => match text.parse::<Category>() {
                Ok(Category::Any) => Self::All,
                Ok(category) => Self::Bits(category.bit()),
                Err(_) => Self::Paths(
                    catalogue.paths_below(&text.split('>').map(str::trim).collect::<Vec<_>>()),
                ),
            },
        }
    }
}
