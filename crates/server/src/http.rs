//! Everything that speaks HTTP.

pub mod assets;
pub mod pages;
pub mod pictures;
