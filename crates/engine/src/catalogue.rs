//! The shop's products: the row type, the build of the index, and the mapped snapshot that serves it.

mod product;

pub use product::Product;
