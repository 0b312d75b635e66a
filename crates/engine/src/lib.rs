//! The engine of Seonmul: understands answers, ranks gifts and explains them.
//! Pure computation over plain data and one mapped file; no clock, no network, no environment, no async.

pub mod catalogue;
pub mod profile;
