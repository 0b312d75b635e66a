//! The shop's products: the row type, the build of the index, and the mapped snapshot that serves it.

mod analysis;
mod build;
mod format;
mod product;
mod records;
mod snapshot;
mod title;

pub(crate) use analysis::likeness;
pub use build::{SnapshotBuilder, SnapshotInfo};
pub use format::SnapshotError;
pub(crate) use format::{Document, FLAG_AMOUNT_VOUCHER};
pub use product::Product;
pub(crate) use snapshot::Postings;
pub use snapshot::{Catalogue, CategoryCount, DocId};
pub use title::{TitleNoise, TitleNoiseError, clean_title, plain_text};
