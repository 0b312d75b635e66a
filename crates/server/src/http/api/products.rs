//! `/api/v1/products`.

use crate::app::App;
use crate::error::Result;
use crate::http::extract::{ApiJson, ApiPath, ApiQuery};
use crate::http::openapi::CommonErrors;
use crate::service::products::{self, ProductPage, ProductSearch, ProductView};
use axum::extract::State;

/// Searches the catalogue, in order of relevance alone.
#[utoipa::path(get, path = "/api/v1/products", tag = "Catalogue", operation_id = "search_products", params(ProductSearch),
    responses((status = 200, description = "A page of products.", body = ProductPage), CommonErrors))]
pub async fn search_products(
    State(app): State<App>,
    ApiQuery(search): ApiQuery<ProductSearch>,
) -> Result<ApiJson<ProductPage>> {
    products::search(&app, &search).map(ApiJson)
}

/// One product.
#[utoipa::path(get, path = "/api/v1/products/{product_id}", tag = "Catalogue", operation_id = "fetch_product",
    params(("product_id" = String, Path, description = "The shop's id")),
    responses((status = 200, description = "The product.", body = ProductView), CommonErrors))]
pub async fn fetch_product(
    State(app): State<App>,
    ApiPath(id): ApiPath<String>,
) -> Result<ApiJson<ProductView>> {
    products::fetch(&app, &id).map(ApiJson)
}
