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

pub use seonmul_engine::Lang;

use crate::app::App;
use askama::Template;
use axum::Router;

/// Longest free text of an answer.
pub const MAX_TEXT_CHARACTERS: usize = 300;

/// The routes of all pages.
pub fn routes() -> Router<App> {
    Router::new()
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
