//! `/api/v1/admin`: products, builds and what the lexicon makes of them, for whoever holds the admin token.

use crate::app::App;
use crate::error::{Error, Result};
use crate::feeds::FeedFormat;
use crate::http::extract::{AdminAuth, ApiJson, ApiPath, ApiQuery};
use crate::http::openapi::{AdminErrors, AdminWriteErrors};
use crate::service::builds::{self, BuildView};
use crate::service::coverage::{self, CoverageView};
use crate::service::imports::{self, Import, ImportReport, Missing};
use crate::service::products::{self, ProductPatch, ProductView};
use anyhow::Context;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use http_body_util::{BodyExt, Limited};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use utoipa::IntoParams;

/// Longest feed.
const MAX_FEED_BYTES: u64 = 1 << 30;
const MAX_SOURCE_CHARACTERS: usize = 64;
const FEED_TYPES: &str =
    "application/x-ndjson, text/csv, text/tab-separated-values, application/xml";

/// How a feed is to be taken.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// The feed that the products belong to; `admin` when nothing is said.
    #[param(max_length = 64)]
    source: Option<String>,
    /// The format, where the content type does not say it.
    format: Option<String>,
    /// Whether products of this source that the feed does not hold leave the shop.
    prune: Option<bool>,
}

/// Imports products. Good rows go in, bad rows are reported; the same feed again changes nothing.
#[utoipa::path(post, path = "/api/v1/admin/products", tag = "Admin", operation_id = "import_products", params(ImportQuery),
    security(("admin" = [])), request_body(content((String = "application/x-ndjson"), (String = "text/csv"), (String = "text/tab-separated-values"), (String = "application/xml"))),
    responses((status = 200, description = "What became of the rows.", body = ImportReport), AdminWriteErrors))]
pub async fn import_products(
    _admin: AdminAuth,
    State(app): State<App>,
    ApiQuery(query): ApiQuery<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<ApiJson<ImportReport>> {
    let format = feed_format(query.format.as_deref(), &headers)?;
    let source = query.source.unwrap_or_else(|| "admin".to_owned());
    if source.trim().is_empty() || source.chars().count() > MAX_SOURCE_CHARACTERS {
        return Err(Error::field(
            "source",
            "1~64자여야 합니다.",
            "must hold 1 to 64 characters",
        ));
    }
    let file = receive(body).await?;
    let missing = if query.prune.unwrap_or(false) {
        Missing::Retire
    } else {
        Missing::Keep
    };
    let import = Import {
        path: file.path().to_owned(),
        format,
        source,
        missing,
    };
    imports::import(&app, import, |_| {}).await.map(ApiJson)
}

fn feed_format(named: Option<&str>, headers: &HeaderMap) -> Result<FeedFormat> {
    if let Some(named) = named {
        return named
            .parse()
            .map_err(|e: seonmul_engine::profile::UnknownValue| {
                Error::field(
                    "format",
                    format!("다음 가운데 하나여야 합니다: {}", e.expected),
                    format!("must be one of {}", e.expected),
                )
            });
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    content_type
        .and_then(FeedFormat::from_content_type)
        .ok_or(Error::UnsupportedMediaType {
            expected: FEED_TYPES,
        })
}

/// Writes a body to a file that vanishes by itself, so that no feed has to fit into memory.
async fn receive(body: Body) -> Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new().context("no file for the feed")?;
    let mut writer = tokio::fs::File::from_std(file.reopen().context("no file for the feed")?);
    let limit = usize::try_from(MAX_FEED_BYTES).unwrap_or(usize::MAX);
    let mut body = Limited::new(body, limit);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                Error::TooLarge {
                    limit_bytes: MAX_FEED_BYTES,
                }
            } else {
                Error::field(
                    "body",
                    "본문을 끝까지 읽지 못했습니다.",
                    "The body could not be read to its end.",
                )
            }
        })?;
        if let Ok(data) = frame.into_data() {
            writer
                .write_all(&data)
                .await
                .context("the feed could not be kept")?;
        }
    }
    writer.flush().await.context("the feed could not be kept")?;
    Ok(file)
}

/// Changes a product; guests see it after the next build.
#[utoipa::path(patch, path = "/api/v1/admin/products/{product_id}", tag = "Admin", operation_id = "patch_product",
    security(("admin" = [])), request_body = ProductPatch,
    params(("product_id" = String, Path, description = "The shop's id")),
    responses((status = 200, description = "The product as it is now.", body = ProductView), AdminWriteErrors))]
pub async fn patch_product(
    _admin: AdminAuth,
    State(app): State<App>,
    ApiPath(id): ApiPath<String>,
    ApiJson(patch): ApiJson<ProductPatch>,
) -> Result<ApiJson<ProductView>> {
    products::patch(&app, &id, patch).await.map(ApiJson)
}

/// Takes a product out of the shop; guests see it until the next build.
#[utoipa::path(delete, path = "/api/v1/admin/products/{product_id}", tag = "Admin", operation_id = "delete_product",
    security(("admin" = [])), params(("product_id" = String, Path, description = "The shop's id")),
    responses((status = 204, description = "It is out."), AdminErrors))]
pub async fn delete_product(
    _admin: AdminAuth,
    State(app): State<App>,
    ApiPath(id): ApiPath<String>,
) -> Result<impl IntoResponse> {
    products::delete(&app, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for a build of the catalogue.
#[utoipa::path(post, path = "/api/v1/admin/catalogue/builds", tag = "Admin", operation_id = "request_build",
    security(("admin" = [])),
    responses((status = 202, description = "It will be built.", body = BuildView), AdminErrors))]
pub async fn request_build(_admin: AdminAuth, State(app): State<App>) -> Result<impl IntoResponse> {
    Ok((StatusCode::ACCEPTED, ApiJson(builds::request(&app).await?)))
}

/// How much of the served catalogue the lexicon recognises.
#[utoipa::path(get, path = "/api/v1/admin/coverage", tag = "Admin", operation_id = "fetch_coverage",
    security(("admin" = [])),
    responses((status = 200, description = "Products without a concept, words that would teach it, concepts by size.", body = CoverageView), AdminErrors))]
pub async fn fetch_coverage(
    _admin: AdminAuth,
    State(app): State<App>,
) -> Result<ApiJson<CoverageView>> {
    coverage::fetch(&app).await.map(ApiJson)
}
