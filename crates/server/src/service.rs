//! Use cases that the JSON interface, the pages, the jobs and the command line share. They know nothing of HTTP.

pub mod builds;
pub mod coverage;
pub mod guests;
pub mod imports;
pub mod interviews;
pub mod keywords;
pub mod llm;
pub mod paging;
pub mod products;
pub mod questions;
pub mod recommendations;
pub mod reminders;
pub mod schemas;
pub mod strict;
