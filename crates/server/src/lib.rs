//! The Seonmul server: HTTP, pages, jobs, clients and configuration.
