//! Everything that speaks HTTP: the routes, what surrounds every request, extractors, the JSON interface and the pages.

#![expect(
    unused_qualifications,
    reason = "the macros of the interface's document write them"
)]

pub mod api;
pub mod assets;
pub mod edge;
pub mod extract;
mod language;
mod limits;
pub mod openapi;
pub mod operation;
pub mod pages;
pub mod pictures;
pub mod problem;
pub mod router;
pub mod serve;

pub use language::from_headers as language_of;
