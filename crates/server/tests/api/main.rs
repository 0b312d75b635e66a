//! The JSON interface and the pages through the router, in this process, on SQLite with a memory cache and on MySQL with Redis.
//! `SEONMUL_TEST_MYSQL_URL` and `SEONMUL_TEST_REDIS_URL` name servers; each test makes and removes a database and key prefix of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what it does not expect has failed"
)]

mod admin;
mod catalogue;
mod edge;
mod events;
mod fixture;
mod guests;
mod interviews;
mod jobs;
mod llm;
mod pages;
mod recommendations;
mod reminders;
mod security;
