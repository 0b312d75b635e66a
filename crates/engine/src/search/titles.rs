//! The second pass: the best few again, by what their titles and categories say. Words in the order of the query, the thing itself where
//! titles name it, and the kind of product that most of the best agree on.

use super::query::{Asked, Word};
use super::score::Hit;
use crate::catalogue::Catalogue;
use crate::text::{is_hangul, normalise, stem, tokens};
use std::collections::HashMap;

/// Documents that are looked at again.
pub(super) const LOOKED_AT: usize = 150;
/// What each sign adds to the relevance of the first pass, as a share of it.
const IN_TITLE: f32 = 0.35;
const IN_ORDER: f32 = 0.2;
const EXACT: f32 = 0.5;
const HEAD: f32 = 0.25;
const KIND: f32 = 0.4;
/// What is left of a product made for others than the query says.
const FOR_OTHERS: f32 = 0.6;
/// Signs that end the part of an English title which names the thing.
const PART_ENDS: &[&str] = &[
    ",",
    "(",
    "[",
    "|",
    ":",
    ";",
    " - ",
    " \u{2013} ",
    " for ",
    " with ",
    " w/ ",
    " by ",
    " from ",
    " in ",
    " to ",
];

/// Sorts the first of the hits, best first as the first pass left them, by what their titles say.
pub(super) fn look_again(catalogue: &Catalogue, asked: &Asked<'_>, hits: &mut [Hit]) {
    let looked_at = hits.len().min(LOOKED_AT);
    let (first, rest) = hits.split_at_mut(looked_at);
    let kinds = Kinds::of(catalogue, first);
    let documents = catalogue.documents();
    for hit in first.iter_mut() {
        let document = &documents[hit.doc as usize];
        let title = catalogue.title(hit.doc);
        let signs = title_signs(asked, title) + KIND * kinds.agreement(document.category_path);
        hit.score *= 1.0 + signs;
        if asked.audience & document.audience == 0 && asked.audience != 0 && document.audience != 0
        {
            hit.score *= FOR_OTHERS;
        }
    }
    first.sort_unstable_by(|a, b| b.cmp(a));
    // What was not looked at stays behind what was.
    let last = first.last().map_or(f32::MAX, |h| h.score);
    for hit in rest {
        hit.score = hit.score.min(last);
    }
}

/// The kinds of product among the best, each with its share of their relevance.
struct Kinds {
    shares: HashMap<u32, f32>,
}

impl Kinds {
    fn of(catalogue: &Catalogue, hits: &[Hit]) -> Self {
        const VOTERS: usize = 40;
        let documents = catalogue.documents();
        let mut shares: HashMap<u32, f32> = HashMap::new();
        for hit in hits.iter().take(VOTERS) {
            let vote = hit.score.powi(3);
            *shares
                .entry(documents[hit.doc as usize].category_path)
                .or_default() += vote;
        }
        let most = shares.values().copied().fold(f32::MIN_POSITIVE, f32::max);
        shares.values_mut().for_each(|s| *s /= most);
        Self { shares }
    }

    fn agreement(&self, path: u32) -> f32 {
        self.shares.get(&path).copied().unwrap_or_default()
    }
}

fn title_signs(asked: &Asked<'_>, title: &str) -> f32 {
    let normal = normalise(title);
    let title_words: Vec<_> = tokens(&normal).map(stem).collect();
    let places: Vec<Option<usize>> = asked
        .words
        .iter()
        .map(|word| title_words.iter().position(|t| holds(t, word)))
        .collect();
    let held: f32 = asked
        .words
        .iter()
        .zip(&places)
        .filter(|(_, place)| place.is_some())
        .map(|(word, _)| word.share)
        .sum();
    let mut signs = IN_TITLE * held;
    let pairs = asked.words.len().saturating_sub(1);
    if pairs > 0 {
        let follows = |i: &usize| {
            let (a, b) = (&asked.words[*i], &asked.words[i + 1]);
            title_words
                .windows(2)
                .any(|w| holds(&w[0], a) && holds(&w[1], b))
        };
        signs += IN_ORDER * (0..pairs).filter(follows).count() as f32 / pairs as f32;
    }
    if (title_words.iter()).eq(asked.words.iter().map(|w| &*w.text)) {
        signs += EXACT;
    }
    if let Some(head) = asked.head.and_then(|at| asked.words.get(at))
        && names_thing(title, &normal, head)
    {
        signs += HEAD;
    }
    signs
}

/// Whether a word of a title holds one of the query.
fn holds(title_word: &str, word: &Word) -> bool {
    if word.hangul {
        title_word.contains(&*word.text)
    } else {
        title_word == word.text
    }
}

/// Whether the title names the thing with this word: an English one at the end of its first part, a Korean one at the end of a word.
fn names_thing(title: &str, normal: &str, head: &Word) -> bool {
    if head.hangul {
        return tokens(normal).any(|t| t.ends_with(&*head.text));
    }
    let end = PART_ENDS
        .iter()
        .filter_map(|sign| title.find(sign).filter(|&at| at > 0))
        .min()
        .unwrap_or(title.len());
    let part = normalise(&title[..end]);
    tokens(&part)
        .filter(|t| !t.starts_with(|c: char| c.is_ascii_digit() || is_hangul(c)))
        .last()
        .is_some_and(|t| stem(t) == head.text)
}
