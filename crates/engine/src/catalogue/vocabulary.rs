//! The words of the shop: which words its titles, brands and tags hold, and how many products hold each. Search mends with it what
//! nobody sells under that spelling, and finds the relatives of a word ("folding", "foldable").

use super::product::Product;
use crate::spelling::Speller;
use crate::text::{is_hangul, normalise, root, stem, tokens};
use std::collections::{HashMap, HashSet};

/// Words kept of a catalogue, the most common ones.
const MOST_WORDS: usize = 200_000;
/// Syllables of a Hangul word that is kept: one says nothing, and a long run is a title without spaces.
const SYLLABLES: std::ops::RangeInclusive<usize> = 2..=8;
/// Letters of any other word that is kept.
const LETTERS: std::ops::RangeInclusive<usize> = 3..=24;
/// Relatives of a word that are looked up.
const RELATIVES: usize = 4;

/// Words with the number of products that hold each.
pub(super) type WordCounts = HashMap<Box<str>, u32>;

fn is_word(token: &str) -> bool {
    let letters = token.chars().count();
    if token.starts_with(is_hangul) {
        SYLLABLES.contains(&letters)
    } else {
        LETTERS.contains(&letters) && token.chars().all(char::is_alphabetic)
    }
}

/// The words of some products.
pub(super) fn count_words(products: &[Product]) -> WordCounts {
    let mut counts = WordCounts::new();
    for product in products {
        let mut text = normalise(&product.title);
        for more in product.brand.iter().chain(&product.tags) {
            text.push(' ');
            text.push_str(&normalise(more));
        }
        let words: HashSet<&str> = tokens(&text).filter(|t| is_word(t)).collect();
        for word in words {
            match counts.get_mut(word) {
                Some(count) => *count += 1,
                None => _ = counts.insert(word.into(), 1),
            }
        }
    }
    counts
}

/// The most common of them, in order of the alphabet.
pub(super) fn most_common(counts: WordCounts) -> Vec<(Box<str>, u32)> {
    let mut words: Vec<(Box<str>, u32)> = counts.into_iter().collect();
    if words.len() > MOST_WORDS {
        words.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        words.truncate(MOST_WORDS);
    }
    words.sort_unstable();
    words
}

/// What is made of a catalogue's words at the first search.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    speller: Speller,
    singulars: HashSet<Box<str>>,
    /// By root, the different words in their plain form, most common first.
    families: HashMap<Box<str>, Vec<Box<str>>>,
}

impl Vocabulary {
    pub(super) fn of<'a>(words: impl Iterator<Item = (&'a str, u32)> + Clone) -> Self {
        let mut singulars: HashMap<Box<str>, u32> = HashMap::new();
        for (word, count) in words.clone().filter(|w| w.0.is_ascii()) {
            *singulars.entry(stem(word).into()).or_default() += count;
        }
        let mut families: HashMap<Box<str>, Vec<(u32, Box<str>)>> = HashMap::new();
        for (word, count) in &singulars {
            let family = families.entry(root(word).into()).or_default();
            family.push((*count, word.clone()));
        }
        let families = families.into_iter().filter(|f| f.1.len() > 1);
        Self {
            speller: Speller::new(words.map(|(word, count)| (word.to_owned(), count))),
            singulars: singulars.into_keys().collect(),
            families: families
                .map(|(root, mut family)| {
                    family.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
                    family.truncate(RELATIVES + 1);
                    (root, family.into_iter().map(|f| f.1).collect())
                })
                .collect(),
        }
    }

    /// The word of the shop that somebody most likely meant.
    pub(crate) fn nearest(&self, word: &str) -> Option<&str> {
        self.speller.nearest(word)
    }

    /// Whether the shop has this word that is no Hangul.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.singulars.contains(&*stem(word))
    }

    /// Other words of the same root.
    pub(crate) fn relatives(&self, word: &str) -> impl Iterator<Item = &str> {
        let own = stem(word).into_owned();
        let family = self
            .families
            .get(&*root(&own))
            .map_or(&[][..], Vec::as_slice);
        family
            .iter()
            .map(|w| &**w)
            .filter(move |w| *w != own)
            .take(RELATIVES)
    }
}
