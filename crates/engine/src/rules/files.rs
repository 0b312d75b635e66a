//! Reads and checks the data files of law and custom.

mod customs;
mod law;

use super::{Calendar, Day, Rules};
use crate::data::{DataError, DataFile};
use crate::lexicon::WordIndexBuilder;
use crate::lexicon::{Meaning, WordIndex};
use crate::profile::UnknownValue;
use crate::text::{Squeezed, normalise};
use std::str::FromStr;
use toml::Spanned;

pub(super) fn load() -> Result<Rules, DataError> {
    let calendar = Calendar::embedded()?;
    let law = law::load()?;
    let customs = customs::load()?;
    Ok(Rules {
        law,
        calendar,
        customs,
    })
}

/// One word of a closed vocabulary.
pub(super) fn parsed<V: FromStr<Err = UnknownValue>>(
    file: DataFile,
    at: &Spanned<String>,
) -> Result<V, DataError> {
    at.get_ref()
        .parse()
        .map_err(|e: UnknownValue| file.error(at.span(), e.to_string()))
}

/// Words of a closed vocabulary.
fn values<V: FromStr<Err = UnknownValue>>(
    file: DataFile,
    words: &[Spanned<String>],
) -> Result<Vec<V>, DataError> {
    words.iter().map(|w| parsed(file, w)).collect()
}

/// A source with the day up to which its file was checked.
pub(super) fn dated(source: &str, as_of: Day) -> String {
    format!("{source} ({as_of})")
}

/// Collects words of a file under their numbers, and the longer words that hide them.
#[derive(Default)]
struct Words(WordIndexBuilder);

impl Words {
    /// Words that mean a number.
    fn add(
        &mut self,
        file: DataFile,
        words: &[Spanned<String>],
        number: u8,
    ) -> Result<(), DataError> {
        Self::each(file, words, |word| {
            self.0.add(word, Meaning::Custom(number))
        })
    }

    /// Longer words that do not mean it although they hold one that does.
    fn block(
        &mut self,
        file: DataFile,
        words: &[Spanned<String>],
        number: u8,
    ) -> Result<(), DataError> {
        Self::each(file, words, |word| {
            self.0.block(word, Meaning::Custom(number))
        })
    }

    fn each(
        file: DataFile,
        words: &[Spanned<String>],
        mut taken: impl FnMut(&str) -> bool,
    ) -> Result<(), DataError> {
        for word in words {
            if !taken(word.get_ref()) {
                let what = format!("the word '{}' has no letter or digit", word.get_ref());
                return Err(file.error(word.span(), what));
            }
        }
        Ok(())
    }

    fn build(self, file: DataFile) -> Result<WordIndex, DataError> {
        self.0
            .build()
            .map_err(|e| file.error(0..0, format!("the word lists are too large: {e}")))
    }
}

/// Tags as they are compared.
fn squeezed(tags: &[Spanned<String>]) -> Vec<String> {
    let squeeze = |tag: &Spanned<String>| Squeezed::new(&normalise(tag.get_ref()));
    tags.iter()
        .map(|t| squeeze(t).as_str().to_owned())
        .collect()
}
