//! The pages that people see. Their routes are added to the list in `router.rs`.

use crate::app::App;
use axum::Router;

/// The routes of all pages.
pub fn routes() -> Router<App> {
    Router::new()
}
