//! Finds the lexicon's words in a text: one automaton over all of them, leftmost and longest, judged by where a match stands.

use super::{BrandIndex, ConceptIndex, TasteIndex};
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
    /// A brand or one of its lines, by its position among them.
    Brand(BrandIndex),
}

/// A word found in a text.
#[derive(Debug, Clone)]
pub struct Found {
    /// Byte range in the squeezed text.
    pub range: Range<usize>,
    /// What it stands for.
    pub meanings: Arc<[Meaning]>,
}

impl Found {
    /// The concepts among its meanings.
    pub fn concepts(&self) -> impl Iterator<Item = ConceptIndex> {
        self.meanings.iter().filter_map(|m| match m {
            Meaning::Concept(c) => Some(*c),
            _ => None,
        })
    }

    /// The brands and lines among its meanings.
    pub fn brands(&self) -> impl Iterator<Item = BrandIndex> {
        self.meanings.iter().filter_map(|m| match m {
            Meaning::Brand(b) => Some(*b),
            _ => None,
        })
    }
}

/// An immutable dictionary from words to meanings.
#[derive(Debug)]
pub(crate) struct WordIndex {
    automaton: AhoCorasick,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    meanings: Arc<[Meaning]>,
    /// What the shorter words that it overlaps do not mean here.
    hides: Box<[Meaning]>,
}

/// Collects words and blockers. A blocker hides one meaning from the shorter words inside it and leaves every other meaning be.
#[derive(Debug, Default)]
pub(crate) struct WordIndexBuilder {
    words: HashMap<String, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    meanings: Vec<Meaning>,
    hides: Vec<Meaning>,
}

impl WordIndexBuilder {
    /// Adds a spelling; returns false when it has no letter or digit.
    pub(crate) fn add(&mut self, spelling: &str, meaning: Meaning) -> bool {
        self.entry(spelling)
            .is_some_and(|entry| put(&mut entry.meanings, meaning))
    }

    /// Adds a phrase whose words do not have a meaning; returns false when it has no letter or digit.
    pub(crate) fn block(&mut self, phrase: &str, meaning: Meaning) -> bool {
        self.entry(phrase)
            .is_some_and(|entry| put(&mut entry.hides, meaning))
    }

    fn entry(&mut self, text: &str) -> Option<&mut Entry> {
        let squeezed = Squeezed::new(&normalise(text));
        (!squeezed.as_str().is_empty())
            .then(|| self.words.entry(squeezed.as_str().to_owned()).or_default())
    }

    /// The words that have a meaning, as squeezed texts.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = (&str, &[Meaning])> {
        self.words
            .iter()
            .filter(|(_, entry)| !entry.meanings.is_empty())
            .map(|(word, entry)| (word.as_str(), entry.meanings.as_slice()))
    }

    pub(crate) fn build(self) -> Result<WordIndex, aho_corasick::BuildError> {
        let mut words: Vec<(String, Entry)> = self.words.into_iter().collect();
        words.sort_by(|a, b| a.0.cmp(&b.0));
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(words.iter().map(|(w, _)| w))?;
        let patterns = words.into_iter().map(|(_, entry)| Pattern {
            meanings: entry.meanings.into(),
            hides: entry.hides.into(),
        });
        Ok(WordIndex {
            automaton,
            patterns: patterns.collect(),
        })
    }
}

/// Adds a meaning once.
fn put(meanings: &mut Vec<Meaning>, meaning: Meaning) -> bool {
    if !meanings.contains(&meaning) {
        meanings.push(meaning);
    }
    true
}

impl WordIndex {
    /// Words that stand alone, leftmost first, the longest at each place, none overlapping another, without the meanings that a
    /// blocker around them hides.
    pub(crate) fn find(&self, text: &Squeezed) -> Vec<Found> {
        let mut all: Vec<(usize, usize, &Pattern)> = self
            .automaton
            .find_overlapping_iter(text.as_str())
            .filter(|m| text.stands_alone(m.start(), m.end()))
            .map(|m| (m.start(), m.end(), &self.patterns[m.pattern().as_usize()]))
            .collect();
        all.sort_unstable_by(|a, b| (b.1 - b.0).cmp(&(a.1 - a.0)).then(a.0.cmp(&b.0)));
        let mut taken: Vec<Found> = Vec::with_capacity(8);
        for (i, &(start, end, pattern)) in all.iter().enumerate() {
            let free = taken
                .iter()
                .all(|f| end <= f.range.start || start >= f.range.end);
            if !free || pattern.meanings.is_empty() {
                continue;
            }
            let blocked = |meaning: &Meaning| {
                all[..i].iter().any(|&(s, e, blocker)| {
                    s < end && start < e && e - s > end - start && blocker.hides.contains(meaning)
                })
            };
            let meanings = if pattern.meanings.iter().any(blocked) {
                let left = pattern.meanings.iter().copied().filter(|m| !blocked(m));
                left.collect()
            } else {
                pattern.meanings.clone()
            };
            if !meanings.is_empty() {
                taken.push(Found {
                    range: start..end,
                    meanings,
                });
            }
        }
        taken.sort_unstable_by_key(|f| f.range.start);
        taken
    }
}
