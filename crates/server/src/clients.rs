//! What lies outside this process, database and cache apart.

pub mod llm;
pub mod objects;
