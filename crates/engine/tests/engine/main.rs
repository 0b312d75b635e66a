//! The engine against the sample catalogue and real products.

mod interview;
mod invariants;
mod keywords;
mod sample;
mod search;
mod seed_failures;
mod snapshot;
mod support;
