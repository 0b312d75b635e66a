//! The JSON interface, one file for each noun. Handlers extract, authorise, make one call and answer.

pub mod admin;
pub mod catalogue;
pub mod guests;
pub mod interviews;
pub mod llm;
pub mod products;
pub mod questions;
pub mod recommendations;
pub mod reminders;
