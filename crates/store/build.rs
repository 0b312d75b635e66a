//! Tells cargo that the embedded migrations are part of the source, so that a new file rebuilds the crate.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
