//! `/api/v1/catalogue`.

use crate::app::App;
use crate::error::Result;
use crate::http::extract::ApiJson;
use crate::http::openapi::CommonErrors;
use crate::service::products::{self, CatalogueView};
use axum::extract::State;

/// The catalogue being served.
#[utoipa::path(get, path = "/api/v1/catalogue", tag = "Catalogue", operation_id = "fetch_catalogue",
    responses((status = 200, description = "Its version and categories.", body = CatalogueView), CommonErrors))]
pub async fn fetch_catalogue(State(app): State<App>) -> Result<ApiJson<CatalogueView>> {
    products::catalogue(&app).map(ApiJson)
}
