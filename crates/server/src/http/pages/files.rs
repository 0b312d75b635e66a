//! Files that pages use: stylesheet, script, icon, and drawn pictures.

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::assets;
use crate::http::extract::{ApiPath, ApiQuery};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

/// A drawing changes with a new version of the program at most.
const A_DAY: &str = "public, max-age=86400";

/// Which version of a file.
#[derive(Deserialize)]
pub(in crate::http) struct VersionQuery {
    v: Option<String>,
}

/// A file by its name.
pub(in crate::http) async fn asset(
    ApiPath(name): ApiPath<String>,
    ApiQuery(version): ApiQuery<VersionQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    assets::respond(&name, version.v.as_deref(), &headers).ok_or(Error::NotFound)
}

/// The picture of a kind of gift or of a category: `/pictures/mood_lamp.svg`.
pub(in crate::http) async fn picture(
    State(app): State<App>,
    ApiPath(file): ApiPath<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let key = file.strip_suffix(".svg").ok_or(Error::NotFound)?;
    let lexicon = app.engine.lexicon();
    let category_of = |id: &str| {
        lexicon
            .concept_by_id(id)
            .map(|index| lexicon.concept(index).category.as_str())
    };
    let svg = app.pictures.svg(key, category_of).ok_or(Error::NotFound)?;
    let print = format!("{:016x}", xxh3_64(svg.as_bytes()));
    Ok(assets::cacheable(
        svg,
        "image/svg+xml",
        &print,
        A_DAY,
        &headers,
    ))
}
