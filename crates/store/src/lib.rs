//! All SQL and all Redis of Seonmul.
