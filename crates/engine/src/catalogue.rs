//! The shop's products: the row type, the build of the index, and the mapped snapshot that serves it.

mod product;
mod title;

pub use product::Product;
pub use title::{TitleNoise, TitleNoiseError, clean_title, plain_text};
