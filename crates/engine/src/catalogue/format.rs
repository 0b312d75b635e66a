//! Layout of the snapshot file. Everything is little-endian; sections are aligned to 8 bytes so that they are used in place.
//!
//! ```text
//! header  magic, format, section count, file length, body checksum, built_at, header checksum, version
//! table   (offset, length) of each section, in the order of `Section`
//! body    the sections
//! ```
//! Documents are numbered in order of price, so a budget is a contiguous range of document numbers.

use bytemuck::{Pod, Zeroable};
use std::path::PathBuf;

/// First eight bytes of every snapshot.
pub(super) const MAGIC: [u8; 8] = *b"SEONMUL\0";
/// Raised whenever the layout or the meaning of a section changes.
pub(super) const FORMAT: u32 = 3;
/// "No brand", "no seller", "no rating count".
pub(super) const NONE: u32 = u32::MAX;
/// Concepts kept per product, strongest first.
pub(super) const CONCEPTS_PER_PRODUCT: usize = 4;
/// An unused place among a product's concepts.
pub(super) const NO_CONCEPT: u16 = u16::MAX;

/// The sections, in file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Section {
    /// JSON: currency and the ids of the concepts and customs, in the order of their numbers here.
    Meta,
    /// `u32` per document: price, ascending.
    Prices,
    /// [`Document`] per document.
    Documents,
    /// `u64` per document plus one: start of its record in `Records`.
    RecordStarts,
    /// Texts shown to people.
    Records,
    /// `u64` per document, ascending: hash of the product id.
    IdHashes,
    /// `u32` per document: the document of the hash at the same place.
    IdDocuments,
    /// String table of brands.
    Brands,
    /// String table of category paths, labels joined by U+001F.
    CategoryPaths,
    /// `u32` per category path: number of products.
    CategoryCounts,
    /// String table of sellers.
    Sellers,
    /// `u64` per slot of an open-addressed table: term, 0 for empty.
    TermKeys,
    /// [`PostingRange`] per slot.
    TermRanges,
    /// `u32`: documents of all terms, ascending within a term.
    PostingDocuments,
    /// `u8` beside each: weight of the term in the document, which only its rarity must still multiply.
    PostingWeights,
    /// `u32` per concept plus one: start of its postings.
    ConceptStarts,
    /// `u32`: documents of all concepts, ascending within a concept.
    ConceptDocuments,
    /// `u8` beside each: confidence.
    ConceptWeights,
    /// String table of the words of titles, brands and tags, in order.
    Words,
    /// `u32` per word: number of products.
    WordCounts,
}

/// Number of sections.
pub(super) const SECTIONS: usize = Section::WordCounts as usize + 1;

/// The fixed head of the file.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Header {
    pub magic: [u8; 8],
    pub format: u32,
    pub sections: u32,
    pub file_bytes: u64,
    pub body_checksum: u64,
    pub built_at_ms: i64,
    pub documents: u64,
    /// Identity of the content, 16 hexadecimal digits.
    pub version: [u8; 16],
    /// XXH3 of the header with this field 0, followed by the table.
    pub header_checksum: u64,
}

/// Place of a section in the file.
#[derive(Debug, Clone, Copy, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct SectionRange {
    pub offset: u64,
    pub bytes: u64,
}

/// Where a term's postings are.
#[derive(Debug, Clone, Copy, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct PostingRange {
    pub start: u32,
    pub count: u32,
}

/// What ranking needs of a product, without its texts.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Document {
    /// One bit for each of 128 hash classes of the title's terms: a cheap measure of likeness.
    pub signature: [u64; 2],
    /// Customs that speak of the product, one bit each.
    pub customs: u64,
    pub brand: u32,
    pub category_path: u32,
    pub seller: u32,
    /// Hash of the picture address, 0 for none.
    pub image: u32,
    pub category_bits: u32,
    /// Occasions that the title names, one bit each; 0 where it names none.
    pub occasions: u32,
    /// Relations that the title names, one bit each; 0 where it names none.
    pub relations: u32,
    pub concepts: [u16; CONCEPTS_PER_PRODUCT],
    pub confidence: [u8; CONCEPTS_PER_PRODUCT],
    pub audience: u8,
    /// 0 to 255; 128 where nothing is known.
    pub quality: u8,
    pub flags: u8,
    /// Most days from the order to the door; [`DELIVERY_UNKNOWN`] where nobody says.
    pub delivery_days: u8,
    pub reserved: [u8; 4],
}

/// [`Document::delivery_days`]: nobody says.
pub(crate) const DELIVERY_UNKNOWN: u8 = u8::MAX;

/// [`Document::flags`]: somebody pays for the listing.
pub(crate) const FLAG_SPONSORED: u8 = 1;
/// [`Document::flags`]: an amount voucher, as good as cash.
pub(crate) const FLAG_AMOUNT_VOUCHER: u8 = 2;
/// [`Document::flags`]: agricultural, livestock or fishery goods, for which the law knows a higher limit.
pub(crate) const FLAG_AGRICULTURAL: u8 = 4;

/// Why a snapshot cannot be built or used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Reading or writing failed.
    #[error("snapshot {path}: {action} failed")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no snapshot, or one of another format.
    #[error("snapshot {path} is foreign: {reason}; build it again with `seonmul catalogue build`")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// The file was cut or changed after it was written.
    #[error("snapshot {path} is torn: {reason}; build it again with `seonmul catalogue build`")]
    Torn {
        /// The file.
        path: PathBuf,
        /// What does not add up.
        reason: String,
    },
    /// The catalogue is larger than the format can number.
    #[error("the catalogue is too large: {0}")]
    TooLarge(&'static str),
}
