//! The pages that people see: a typed context for each, its template, and samples that the tests render in both languages.

mod errors;
mod files;
mod format;
mod frame;
mod guests;
mod interviews;
mod landing;
mod privacy;
mod products;
mod results;
mod texts;
mod visit;

pub use errors::{ErrorPage, Fault};
pub use frame::{Frame, Picture};
pub use interviews::{AnswerLine, Choice, OptionGroup, QuestionCard, QuestionPage, SummaryPage};
pub use landing::{LandingPage, Resume};
pub use privacy::PrivacyPage;
pub use products::{ProductCard, ProductPage, ShopLink};
pub use results::{GiftCard, Notice, ResultPage, ResultSummary, ResultsPage, TermLine};

pub use seonmul_engine::Lang;
pub(super) use visit::FailedVisit;

use crate::app::App;
use askama::Template;
use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::service::interviews::MAX_TEXT_CHARACTERS;

/// The routes of all pages and of the files that they use.
pub fn routes(app: &App) -> Router<App> {
    let pages = Router::new()
        .route("/", get(landing::landing))
        .route("/start", post(guests::start))
        .route("/language", post(guests::choose_language))
        .route("/erase", post(guests::erase))
        .route("/privacy", get(privacy::privacy))
        .route(
            "/interviews/{interview_id}",
            get(interviews::serve::question),
        )
        .route(
            "/interviews/{interview_id}/answers/{question_id}",
            post(interviews::serve::answer),
        )
        .route(
            "/interviews/{interview_id}/summary",
            get(interviews::serve::summary),
        )
        .route(
            "/interviews/{interview_id}/results",
            post(interviews::serve::recommend),
        )
        .route("/results", get(results::serve::results))
        .route("/results/{recommendation_id}", get(results::serve::result))
        .route("/products/{product_id}", get(products::product))
        .route_layer(middleware::from_fn_with_state(app.clone(), visit::guard));
    let files = Router::new()
        .route("/assets/{name}", get(files::asset))
        .route("/pictures/{file}", get(files::picture));
    pages.merge(files)
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
