//! Every route of the program, and the layers around them.

use super::api::{admin, catalogue, guests, interviews, llm, products, questions, recommendations};
use super::{edge, limits, openapi, operation, pages};
use crate::app::App;
use crate::error::Error;
use axum::extract::DefaultBodyLimit;
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
    surrounded(api.merge(pages::routes(&app)).merge(docs), app)
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
        .routes(routes!(recommendations::critique_recommendation))
        .routes(routes!(recommendations::record_events))
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
        // Operation
        .routes(routes!(operation::healthz))
        .routes(routes!(operation::readyz))
        .routes(routes!(operation::metrics))
}
