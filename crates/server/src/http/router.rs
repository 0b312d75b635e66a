//! Every route of the program, and the layers around them.

use super::api::{
    admin, catalogue, guests, interviews, llm, products, questions, recommendations, reminders,
};
use super::pages::{files, interviews as interview_pages, landing, privacy, results};
use super::pages::{
    guests as guest_pages, products as product_pages, reminders as reminder_pages, visit,
};
use super::{edge, limits, openapi, operation};
use crate::app::App;
use crate::error::Error;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

/// Where the interface's document lies.
const DOCUMENT_PATH: &str = "/api/v1/openapi.json";

/// The program as a service that answers requests.
pub fn router(app: App) -> Router {
    let (api, document) = api().split_for_parts();
    let docs = SwaggerUi::new("/docs").url(DOCUMENT_PATH, document);
    surrounded(api.merge(pages(&app)).merge(docs), app)
}

/// Routes with everything that surrounds a request: limits, time, panics, and the edge that answers for all of them.
pub fn surrounded(routes: Router<App>, app: App) -> Router {
    routes
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .fallback(async || Error::NotFound)
        .layer(middleware::from_fn_with_state(
            app.clone(),
            limits::limit_rate,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), edge::time_out))
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn_with_state(app.clone(), edge::surround))
        .layer(CompressionLayer::new().gzip(true).br(true))
        // Every body is read by an extractor of ours with a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::Document::openapi())
        // Guest
        .routes(routes!(guests::create_guest))
        .routes(routes!(guests::erase_guest))
        // Interview
        .routes(routes!(questions::list_questions))
        .routes(routes!(
            interviews::create_interview,
            interviews::list_interviews
        ))
        .routes(routes!(interviews::fetch_interview))
        .routes(routes!(interviews::answer_question))
        .routes(routes!(interviews::extract_keywords))
        // Recommendation
        .routes(routes!(
            recommendations::create_recommendation,
            recommendations::list_recommendations
        ))
        .routes(routes!(recommendations::fetch_recommendation))
        .routes(routes!(recommendations::explain_absence))
        .routes(routes!(recommendations::critique_recommendation))
        .routes(routes!(recommendations::record_events))
        .routes(routes!(
            recommendations::offer_second_look,
            recommendations::accept_second_look
        ))
        // Reminder
        .routes(routes!(reminders::create_reminder))
        // Catalogue
        .routes(routes!(products::search_products))
        .routes(routes!(products::fetch_product))
        .routes(routes!(catalogue::fetch_catalogue))
        // Language model
        .routes(routes!(llm::relay_chat))
        // Admin
        .routes(routes!(admin::import_products))
        .routes(routes!(admin::patch_product, admin::delete_product))
        .routes(routes!(admin::request_build))
        .routes(routes!(admin::fetch_coverage))
        // Operation
        .routes(routes!(operation::healthz))
        .routes(routes!(operation::readyz))
        .routes(routes!(operation::metrics))
}

/// What people see, and the files that the pages use.
fn pages(app: &App) -> Router<App> {
    let pages = Router::new()
        .route("/", get(landing::landing))
        .route("/start", post(guest_pages::start))
        .route("/language", post(guest_pages::choose_language))
        .route("/erase", post(guest_pages::erase))
        .route("/privacy", get(privacy::privacy))
        .route("/privacy/model", post(privacy::choose_model))
        .route(
            "/interviews/{interview_id}",
            get(interview_pages::serve::question),
        )
        .route(
            "/interviews/{interview_id}/answers/{question_id}",
            post(interview_pages::serve::answer),
        )
        .route(
            "/interviews/{interview_id}/summary",
            get(interview_pages::serve::summary),
        )
        .route(
            "/interviews/{interview_id}/results",
            post(interview_pages::serve::recommend),
        )
        .route("/results", get(results::serve::results))
        .route("/results/{recommendation_id}", get(results::serve::result))
        .route(
            "/results/{recommendation_id}/refine",
            post(results::serve::refine),
        )
        .route("/products/{product_id}", get(product_pages::product))
        .route("/reminders/confirm", get(reminder_pages::confirm))
        .route("/reminders/unsubscribe", get(reminder_pages::unsubscribe))
        .route_layer(middleware::from_fn_with_state(app.clone(), visit::guard));
    let files = Router::new()
        .route("/assets/{name}", get(files::asset))
        .route("/pictures/{file}", get(files::picture));
    // Mail programs are no browsers: what they send carries no cookie, and its proof is in the address.
    let one_click = Router::new().route(
        "/reminders/unsubscribe",
        post(reminder_pages::unsubscribe_at_once),
    );
    pages.merge(one_click).merge(files)
}
