//! What lies outside this process, database and cache apart.

pub mod llm;
pub mod mail;
pub mod objects;
pub mod seal;

/// Makes ring the provider of cryptography for every TLS connection of this process.
fn use_ring() {
    // An error only says that it is in place already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
