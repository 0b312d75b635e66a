//! Builds of the catalogue: asked for here, done by a job of whichever node claims them.

use crate::app::AppState;
use crate::clock::rfc3339;
use crate::error::Result;
use seonmul_store::BuildId;
use serde::Serialize;
use utoipa::ToSchema;

/// A build that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct BuildView {
    /// Its id.
    pub build_id: String,
    /// `requested`.
    #[schema(example = "requested")]
    pub status: &'static str,
    /// RFC 3339 in UTC.
    pub requested_at: String,
}

/// Asks for a build.
pub async fn request(app: &AppState) -> Result<BuildView> {
    let now_ms = app.clock.now_ms();
    let build_id = BuildId::random();
    app.store.build_request(&build_id, now_ms).await?;
    app.build_requested.notify_one();
    Ok(BuildView {
        build_id: build_id.to_string(),
        status: "requested",
        requested_at: rfc3339(now_ms),
    })
}
