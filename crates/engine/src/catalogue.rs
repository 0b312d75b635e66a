//! The shop's products: the row type, the build of the index, and the mapped snapshot that serves it.

mod analysis;
mod build;
mod coverage;
mod format;
mod product;
mod records;
mod snapshot;
mod title;
mod vocabulary;
mod weights;

pub(crate) use analysis::likeness;
pub use build::{SnapshotBuilder, SnapshotInfo};
pub use coverage::{ConceptCount, Coverage, UncoveredProduct, UncoveredWord};
pub use format::SnapshotError;
pub(crate) use format::{DELIVERY_UNKNOWN, Document, FLAG_AGRICULTURAL, FLAG_AMOUNT_VOUCHER};
pub use product::{MAX_DELIVERY_DAYS, Product};
pub(crate) use snapshot::Postings;
pub use snapshot::{Catalogue, CategoryCount, DocId};
pub use title::{TitleNoise, TitleNoiseError, clean_title, plain_text};
