//! The engine of Seonmul: understands answers, ranks gifts and explains them.
//! Pure computation over plain data and one mapped file; no clock, no network, no environment, no async.

pub mod catalogue;
mod data;
pub mod eval;
pub mod interview;
pub mod keyword;
pub mod lexicon;
pub mod profile;
pub mod rank;
pub mod rules;
pub mod search;
pub mod spelling;
pub mod text;

pub use data::DataError;

use interview::QuestionBank;
use lexicon::Lexicon;
use rank::{Counterfactuals, Reasons, Weights, WhyNots};
use rules::Rules;

/// Language of a text shown to a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// Korean.
    #[default]
    Ko,
    /// English.
    En,
}

impl Lang {
    /// Language tag.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// The one of two texts that is in this language.
    pub fn pick<'a>(self, ko: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ko => ko,
            Self::En => en,
        }
    }
}

/// Everything the engine knows, read once from the embedded data files and shared by all threads.
#[derive(Debug)]
pub struct Engine {
    lexicon: Lexicon,
    questions: QuestionBank,
    rules: Rules,
    weights: Weights,
    reasons: Reasons,
    counterfactuals: Counterfactuals,
    why_nots: WhyNots,
}

impl Engine {
    /// The engine over the embedded data files.
    ///
    /// # Errors
    /// A data file that breaks its schema, with file and line.
    pub fn embedded() -> Result<Self, DataError> {
        let lexicon = Lexicon::embedded()?;
        let rules = Rules::embedded()?;
        let questions = QuestionBank::embedded(&lexicon, rules.law().ask())?;
        Ok(Self {
            questions,
            rules,
            weights: Weights::embedded()?,
            reasons: Reasons::embedded()?,
            counterfactuals: Counterfactuals::embedded()?,
            why_nots: WhyNots::embedded()?,
            lexicon,
        })
    }

    /// Concepts, tastes and words.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// Law and custom.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}
