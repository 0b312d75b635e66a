//! The engine against the sample catalogue and real products.

mod benchmark;
mod counterfactuals;
mod coverage;
mod interview;
mod invariants;
mod keywords;
mod phrases;
mod reasons;
mod relevance;
mod rules;
mod sample;
mod search;
mod seed_failures;
mod snapshot;
mod suggested;
mod support;
mod why_not;
