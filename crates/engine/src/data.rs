//! The data files that non-programmers edit, embedded at build, and the one way to read them: errors name file and line.

use serde::de::DeserializeOwned;
use std::ops::Range;

/// A data file that breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("data/{file}:{line}: {message}")]
pub struct DataError {
    /// Path below `data/`.
    pub file: &'static str,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what is expected.
    pub message: String,
}

/// One embedded file.
#[derive(Debug, Clone, Copy)]
pub struct DataFile {
    /// Path below `data/`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! embed {
    ($path:literal) => {
        DataFile {
            name: $path,
            text: include_str!(concat!("../../../data/", $path)),
        }
    };
}

/// Gift concepts, one file per category, named after it.
pub(crate) const CONCEPTS: &[DataFile] = &[
    embed!("lexicon/concepts/food.toml"),
    embed!("lexicon/concepts/health.toml"),
    embed!("lexicon/concepts/beauty.toml"),
    embed!("lexicon/concepts/fashion.toml"),
    embed!("lexicon/concepts/jewelry.toml"),
    embed!("lexicon/concepts/living.toml"),
    embed!("lexicon/concepts/kitchen.toml"),
    embed!("lexicon/concepts/interior.toml"),
    embed!("lexicon/concepts/digital.toml"),
    embed!("lexicon/concepts/hobby.toml"),
    embed!("lexicon/concepts/sports.toml"),
    embed!("lexicon/concepts/outdoor.toml"),
    embed!("lexicon/concepts/books_stationery.toml"),
    embed!("lexicon/concepts/toys.toml"),
    embed!("lexicon/concepts/baby.toml"),
    embed!("lexicon/concepts/pet.toml"),
    embed!("lexicon/concepts/flowers_plants.toml"),
    embed!("lexicon/concepts/voucher.toml"),
    embed!("lexicon/concepts/experience.toml"),
    embed!("lexicon/concepts/travel.toml"),
    embed!("lexicon/concepts/car.toml"),
];
/// Judged situations of the gift benchmark.
pub(crate) const BENCHMARK_SITUATIONS: &[DataFile] = &[
    embed!("benchmark/situations/elders.toml"),
    embed!("benchmark/situations/friends_work.toml"),
    embed!("benchmark/situations/partners.toml"),
    embed!("benchmark/situations/young_law_hard.toml"),
];
pub(crate) const BENCHMARK_DEPARTMENTS: DataFile = embed!("benchmark/departments.toml");
pub(crate) const TASTES: DataFile = embed!("lexicon/tastes.toml");
pub(crate) const CONTEXT: DataFile = embed!("lexicon/context.toml");
pub(crate) const VAGUE: DataFile = embed!("lexicon/vague.toml");
pub(crate) const BRANDS: DataFile = embed!("lexicon/brands.toml");
pub(crate) const ORDINARY: DataFile = embed!("lexicon/ordinary.toml");
pub(crate) const FIXED_QUESTIONS: DataFile = embed!("questions/fixed.toml");
pub(crate) const FOLLOW_UPS: DataFile = embed!("questions/followups.toml");
pub(crate) const AUDIENCE: DataFile = embed!("rules/audience.toml");
pub(crate) const LAW: DataFile = embed!("rules/law.toml");
pub(crate) const CUSTOMS: DataFile = embed!("rules/customs.toml");
pub(crate) const CALENDAR: DataFile = embed!("rules/calendar.toml");
pub(crate) const WEIGHTS: DataFile = embed!("rank/weights.toml");
pub(crate) const REASONS: DataFile = embed!("rank/reasons.toml");
pub(crate) const COUNTERFACTUALS: DataFile = embed!("rank/counterfactuals.toml");
pub(crate) const WHY_NOT: DataFile = embed!("rank/why_not.toml");

impl DataFile {
    /// Parses the whole file.
    ///
    /// # Errors
    /// TOML that does not parse or does not fit `T`.
    pub(crate) fn parse<T: DeserializeOwned>(self) -> Result<T, DataError> {
        toml::from_str(self.text)
            .map_err(|e| self.error(e.span().unwrap_or(0..0), e.message().to_owned()))
    }

    /// An error at a byte range of this file.
    pub(crate) fn error(self, span: Range<usize>, message: String) -> DataError {
        let line = self
            .text
            .bytes()
            .take(span.start)
            .filter(|&b| b == b'\n')
            .count()
            + 1;
        DataError {
            file: self.name,
            line,
            message,
        }
    }
}
