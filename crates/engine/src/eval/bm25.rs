//! Plain BM25 (Robertson and Walker 1994), the yardstick: one field of all texts, Hangul bigrams and whole Latin words as terms, no lexicon.

use crate::catalogue::{Catalogue, DocId};
use crate::profile::Budget;
use crate::text::{TermId, index_terms, normalise, query_terms};
use std::collections::HashMap;

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// An index of a catalogue.
pub(super) struct Bm25 {
    postings: HashMap<TermId, Vec<(DocId, f32)>>,
    lengths: Vec<f32>,
    mean_length: f32,
}

impl Bm25 {
    pub(super) fn of(catalogue: &Catalogue) -> Self {
        let mut postings: HashMap<TermId, Vec<(DocId, f32)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(catalogue.len());
        for doc in 0..catalogue.len() as DocId {
            let mut length = 0.0;
            let mut add = |text: &str| {
                index_terms(&normalise(text), |term| {
                    length += 1.0;
                    let list = postings.entry(term).or_default();
                    match list.last_mut() {
                        Some(last) if last.0 == doc => last.1 += 1.0,
                        _ => list.push((doc, 1.0)),
                    }
                })
            };
            if let Some(product) = catalogue.product(doc) {
                add(&product.title);
                product.category.iter().for_each(|c| add(c));
                product.brand.iter().for_each(|b| add(b));
                add(&product.description);
            }
            lengths.push(length);
        }
        let mean_length = lengths.iter().sum::<f32>() / lengths.len().max(1) as f32;
        Self {
            postings,
            lengths,
            mean_length,
        }
    }

    /// Products for a text, best first.
    pub(super) fn search(&self, text: &str, affordable: impl Fn(DocId) -> bool) -> Vec<DocId> {
        let total = self.lengths.len() as f32;
        let mut scores: HashMap<DocId, f32> = HashMap::new();
        for term in query_terms(&normalise(text)) {
            let Some(list) = self.postings.get(&term) else {
                continue;
            };
            let n = list.len() as f32;
            let idf = (1.0 + (total - n + 0.5) / (n + 0.5)).ln();
            for &(doc, tf) in list.iter().filter(|(d, _)| affordable(*d)) {
                let norm = K1 * (1.0 - B + B * self.lengths[doc as usize] / self.mean_length);
                *scores.entry(doc).or_default() += idf * tf * (K1 + 1.0) / (tf + norm);
            }
        }
        let mut found: Vec<(DocId, f32)> = scores.into_iter().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.into_iter().map(|f| f.0).collect()
    }
}

/// Whether a budget admits a product.
pub(super) fn affordable(
    catalogue: &Catalogue,
    budget: Option<Budget>,
) -> impl Fn(DocId) -> bool + Copy {
    let range = budget.map_or(0..catalogue.len() as DocId, |b| {
        catalogue.price_range(b.min, b.max)
    });
    let (start, end) = (range.start, range.end);
    move |doc| (start..end).contains(&doc)
}
