//! The Seonmul server: HTTP, pages, jobs, clients and configuration.

pub mod app;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod error;
pub mod feeds;
pub mod http;
pub mod jobs;
pub mod mails;
pub mod metrics;
pub mod service;
