//! The pages that people see: a typed context for each, its template, and samples that the tests render in both languages.

mod errors;
mod format;
mod frame;
mod interviews;
mod landing;
mod privacy;
mod products;
mod results;
mod texts;

pub use errors::{ErrorPage, Fault};
pub use frame::{Frame, Picture};
pub use interviews::{AnswerLine, Choice, OptionGroup, QuestionCard, QuestionPage, SummaryPage};
pub use landing::{LandingPage, Resume};
pub use privacy::PrivacyPage;
pub use products::{ProductCard, ProductPage, ShopLink};
pub use results::{GiftCard, Notice, ResultPage, ResultSummary, ResultsPage, TermLine};

use askama::Template;

/// Longest free text of an answer.
pub const MAX_TEXT_CHARACTERS: usize = 300;

/// Language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
}

/// A kind of page: everything that its template needs, and examples of it.
pub trait Page: Template + Sized {
    /// Name of the kind, for tests and previews.
    const NAME: &'static str;

    /// Examples that together pass through every branch of the template.
    fn samples(lang: Lang) -> Vec<Self>;
}

#[cfg(test)]
mod tests;
