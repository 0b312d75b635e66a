//! The `seonmul` command.

fn main() {}
