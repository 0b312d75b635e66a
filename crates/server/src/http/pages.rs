//! The pages that people see: a typed context for each, its template, and samples that the tests render in both languages.

mod errors;
pub(super) mod files;
mod format;
mod frame;
pub(super) mod guests;
pub(super) mod interviews;
pub(super) mod landing;
pub(super) mod privacy;
pub(super) mod products;
pub(super) mod reminders;
pub(super) mod results;
mod texts;
pub(super) mod visit;

pub use errors::{ErrorPage, Fault};
pub use format::price as price_text;
pub use frame::{Frame, Picture};
pub use interviews::{AnswerLine, Choice, OptionGroup, QuestionCard, QuestionPage, SummaryPage};
pub use landing::{LandingPage, Resume};
pub use privacy::PrivacyPage;
pub use products::{ProductCard, ProductPage, ShopLink};
pub use reminders::ReminderPage;
pub use results::{GiftCard, Notice, ResultPage, ResultSummary, ResultsPage, TermLine};

pub use seonmul_engine::Lang;
pub(super) use visit::FailedVisit;

use askama::Template;

use crate::service::interviews::MAX_TEXT_CHARACTERS;

/// A kind of page: everything that its template needs, and examples of it.
pub trait Page: Template + Sized {
    /// Name of the kind, for tests and previews.
    const NAME: &'static str;

    /// Examples that together pass through every branch of the template.
    fn samples(lang: Lang) -> Vec<Self>;
}

#[cfg(test)]
mod tests;
