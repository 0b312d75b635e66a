//! Finds the lexicon's words in a text: one automaton over all of them, leftmost and longest, judged by where a match stands.

use super::{ConceptIndex, TasteIndex};
use crate::profile::{AgeBand, Audience, Budget, Category, Gender, Occasion, Relation};
use crate::text::{Squeezed, normalise};
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// What a word stands for. One word can stand for several things ("남자친구" is a lover and a man).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the vocabulary it names")]
pub enum Meaning {
    Concept(ConceptIndex),
    Taste(TasteIndex),
    Relation(Relation),
    Gender(Gender),
    Age(AgeBand),
    Occasion(Occasion),
    Category(Category),
    Audience(Audience),
    Budget(Budget),
    /// A custom, by its position among the customs.
    Custom(u8),
    /// A word without a thing, by its position among the vague words.
    Vague(u16),
}

/// A word found in a text.
#[derive(Debug, Clone)]
pub struct Found {
    /// Byte range in the squeezed text.
    pub range: Range<usize>,
    /// What it stands for.
    pub meanings: Arc<[Meaning]>,
}

/// An immutable dictionary from words to meanings.
#[derive(Debug)]
pub(crate) struct WordIndex {
    automaton: AhoCorasick,
    meanings: Vec<Arc<[Meaning]>>,
}

/// Collects words; a word with no meaning is a blocker that hides the shorter words inside it.
#[derive(Debug, Default)]
pub(crate) struct WordIndexBuilder {
    words: HashMap<String, Vec<Meaning>>,
}

impl WordIndexBuilder {
    /// Adds a spelling; returns false when it has no letter or digit.
    pub(crate) fn add(&mut self, spelling: &str, meaning: Option<Meaning>) -> bool {
        let squeezed = Squeezed::new(&normalise(spelling));
        if squeezed.as_str().is_empty() {
            return false;
        }
        let meanings = self.words.entry(squeezed.as_str().to_owned()).or_default();
        if let Some(meaning) = meaning
            && !meanings.contains(&meaning)
        {
            meanings.push(meaning);
        }
        true
    }

    pub(crate) fn build(self) -> Result<WordIndex, aho_corasick::BuildError> {
        let mut words: Vec<(String, Vec<Meaning>)> = self.words.into_iter().collect();
        words.sort_by(|a, b| a.0.cmp(&b.0));
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(words.iter().map(|(w, _)| w))?;
        Ok(WordIndex {
            automaton,
            meanings: words.into_iter().map(|(_, m)| m.into()).collect(),
        })
    }
}

impl WordIndex {
    /// Words that stand alone, leftmost first, the longest at each place, none overlapping another; blockers are consumed unseen.
    pub(crate) fn find(&self, text: &Squeezed) -> Vec<Found> {
        let mut all: Vec<(usize, usize, u32)> = self
            .automaton
            .find_overlapping_iter(text.as_str())
            .filter(|m| text.stands_alone(m.start(), m.end()))
            .map(|m| (m.start(), m.end(), m.pattern().as_u32()))
            .collect();
        all.sort_unstable_by(|a, b| (b.1 - b.0).cmp(&(a.1 - a.0)).then(a.0.cmp(&b.0)));
        let mut taken: Vec<(usize, usize, u32)> = Vec::with_capacity(8);
        for (start, end, pattern) in all {
            if taken.iter().all(|&(s, e, _)| end <= s || start >= e) {
                taken.push((start, end, pattern));
            }
        }
        taken.sort_unstable_by_key(|&(start, ..)| start);
        taken
            .into_iter()
            .map(|(start, end, pattern)| Found {
                range: start..end,
                meanings: self.meanings[pattern as usize].clone(),
            })
            .filter(|f| !f.meanings.is_empty())
            .collect()
    }
}
