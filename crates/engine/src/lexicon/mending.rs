//! Corrects misspelt words against those that the lexicon knows. In keywords most unknown words are names of things, in running text
//! most are verbs and names of people, so the bar is higher there; ordinary words are never touched.

use super::words::{Meaning, WordIndex};
use crate::spelling::Speller;
use crate::text::{Squeezed, is_hangul, is_josa, normalise, tokens, without_josa};
use std::collections::HashSet;
use std::ops::Range;

/// What kind of text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A few words that name a thing.
    Keyword,
    /// A sentence.
    Sentence,
}

/// The words that a misspelt one may have been meant for, and those that are none.
#[derive(Debug)]
pub(super) struct Mender {
    speller: Speller,
    ordinary: HashSet<String>,
    endings: Vec<String>,
}

impl Mender {
    /// From the lexicon's squeezed words, the ordinary words, and the endings of verbs.
    pub(super) fn new<'a>(
        words: impl Iterator<Item = (&'a str, &'a [Meaning])>,
        ordinary: impl Iterator<Item = String>,
        endings: Vec<String>,
    ) -> Self {
        let things = words.filter(|(_, meanings)| {
            meanings.iter().any(|m| {
                matches!(
                    m,
                    Meaning::Concept(_) | Meaning::Taste(_) | Meaning::Brand(_)
                )
            })
        });
        let mut list: Vec<(String, u32)> = things
            .flat_map(|(word, meanings)| {
                // A name that several things share is met more often; what names a thing is meant more often than a brand.
                let weight = meanings
                    .iter()
                    .map(|m| {
                        if matches!(m, Meaning::Concept(_)) {
                            3
                        } else {
                            1
                        }
                    })
                    .sum();
                tokens(&normalise(word))
                    .map(|t| (t.to_owned(), weight))
                    .collect::<Vec<_>>()
            })
            .collect();
        list.sort();
        Self {
            speller: Speller::new(list),
            ordinary: ordinary.collect(),
            endings,
        }
    }

    /// Whether a single word names a thing, a taste or a brand.
    pub(super) fn knows(&self, word: &str) -> bool {
        self.speller.knows(word)
    }

    /// See [`super::Lexicon::mend`].
    pub(super) fn mend(
        &self,
        words: &WordIndex,
        normalised: &str,
        manner: Manner,
    ) -> Option<String> {
        let squeezed = Squeezed::new(normalised);
        let known: Vec<Range<usize>> = words.find(&squeezed).into_iter().map(|f| f.range).collect();
        let mut mended = String::with_capacity(normalised.len() + 8);
        let mut changed = false;
        let mut spans = squeezed.spans();
        for word in normalised.split(' ') {
            for token in tokens(word) {
                let span = spans.next()?;
                let parts = unknown_parts(&known, &span, token, manner);
                match self.correct(token, &parts, manner) {
                    Some(correction) => {
                        changed = true;
                        mended.push_str(&correction);
                    }
                    None => mended.push_str(token),
                }
            }
            mended.push(' ');
        }
        mended.pop();
        changed.then_some(mended)
    }

    /// A token put right, as a whole, without its particle, or only its one unknown part.
    fn correct(&self, token: &str, unknown: &[Range<usize>], manner: Manner) -> Option<String> {
        if unknown.is_empty() || self.is_ordinary(token, manner) {
            return None;
        }
        let nearest = |word: &str| match manner {
            _ if self.ordinary.contains(word) => None,
            Manner::Keyword => self.speller.nearest(word),
            Manner::Sentence => self.speller.nearest_by_ear(word),
        };
        if let Some(whole) = nearest(token) {
            return Some(whole.to_owned());
        }
        for stem in without_josa(token).filter(|_| token.starts_with(is_hangul)) {
            if let Some(word) = nearest(stem) {
                return Some(format!("{word}{}", &token[stem.len()..]));
            }
        }
        // Beside a known word of the same token ("등산가방베낭") the rest is a word of its own.
        if manner == Manner::Keyword
            && let [part] = unknown
            && part.len() < token.len()
            && !is_josa(&token[part.clone()])
            && let Some(word) = nearest(&token[part.clone()])
        {
            return Some(format!(
                "{} {word} {}",
                &token[..part.start],
                &token[part.end..]
            ));
        }
        None
    }

    fn is_ordinary(&self, token: &str, manner: Manner) -> bool {
        self.ordinary.contains(token)
            || self.speller.knows(token)
            || without_josa(token).any(|stem| self.ordinary.contains(stem))
            || (manner == Manner::Sentence
                && self
                    .endings
                    .iter()
                    .any(|ending| token.ends_with(ending.as_str())))
    }
}

/// The parts of a token that no known word covers. In a sentence a particle after a known word is covered; in a keyword it is more
/// likely a slip ("무선청소가").
fn unknown_parts(
    known: &[Range<usize>],
    span: &Range<usize>,
    token: &str,
    manner: Manner,
) -> Vec<Range<usize>> {
    if !token.starts_with(is_hangul) {
        let covered = known
            .iter()
            .any(|k| k.start <= span.start && span.end <= k.end);
        return if covered {
            Vec::new()
        } else {
            std::iter::once(0..token.len()).collect()
        };
    }
    let mut parts = Vec::new();
    let mut at = span.start;
    for word in known
        .iter()
        .filter(|k| k.start < span.end && span.start < k.end)
    {
        if word.start > at {
            parts.push(at - span.start..word.start - span.start);
        }
        at = at.max(word.end);
    }
    let particle = manner == Manner::Sentence
        && at > span.start
        && is_josa(token.get(at - span.start..).unwrap_or_default());
    if at < span.end && !particle {
        parts.push(at - span.start..token.len());
    }
    parts
}
