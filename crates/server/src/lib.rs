//! The Seonmul server: HTTP, pages, jobs, clients and configuration.

pub mod feeds;
pub mod http;
