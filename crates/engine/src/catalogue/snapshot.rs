//! The mapped snapshot: opened in constant time, read in place, shared by all threads.

use super::build::{first_slot, header_checksum};
use super::format::{
    DELIVERY_UNKNOWN, Document, FORMAT, Header, MAGIC, NONE, PostingRange, SECTIONS, Section,
    SectionRange, SnapshotError,
};
use super::product::Product;
use super::records::{self, Record};
use super::vocabulary::Vocabulary;
use crate::Engine;
use crate::lexicon::ConceptIndex;
use crate::profile::Category;
use crate::text::TermId;
use bytemuck::{Pod, pod_read_unaligned, try_cast_slice};
use memmap2::Mmap;
use serde::Deserialize;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Number of a product within one snapshot, ascending with its price.
pub type DocId = u32;

/// Products of one category path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryCount {
    /// Labels from wide to narrow.
    pub path: Vec<String>,
    /// Products whose path is exactly this.
    pub count: u32,
}

/// Documents that hold a term or are a concept, ascending, with a weight each.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Postings<'a> {
    pub documents: &'a [DocId],
    pub weights: &'a [u8],
}

impl Postings<'_> {
    /// The part whose documents lie in a range.
    pub(crate) fn within(self, range: &Range<DocId>) -> Self {
        let from = self.documents.partition_point(|&d| d < range.start);
        let to = from + self.documents[from..].partition_point(|&d| d < range.end);
        Self {
            documents: &self.documents[from..to],
            weights: &self.weights[from..to],
        }
    }

    /// Number of documents.
    pub(crate) fn len(self) -> usize {
        self.documents.len()
    }

    /// Weight of one document, if it is among them.
    pub(crate) fn weight_of(self, doc: DocId) -> Option<u8> {
        self.documents
            .binary_search(&doc)
            .ok()
            .map(|at| self.weights[at])
    }
}

#[derive(Deserialize)]
struct Meta {
    currency: String,
    concepts: Vec<String>,
    customs: Vec<String>,
}

/// One immutable version of the shop's products.
#[derive(Debug)]
pub struct Catalogue {
    path: PathBuf,
    map: Mmap,
    table: [SectionRange; SECTIONS],
    version: String,
    built_at_ms: i64,
    body_checksum: u64,
    documents: usize,
    currency: String,
    /// Concept numbers of the snapshot to those of the lexicon in use, and back.
    concept_of_number: Vec<Option<ConceptIndex>>,
    number_of_concept: Vec<Option<u16>>,
    /// Custom numbers of the snapshot to those of the rules in use.
    custom_of_number: Vec<Option<u8>>,
    brands: Vec<Range<u32>>,
    category_paths: Vec<Range<u32>>,
    sellers: Vec<Range<u32>>,
    words: Vec<Range<u32>>,
    vocabulary: OnceLock<Vocabulary>,
}

impl Catalogue {
    /// Maps a snapshot and checks its head: format, length, and that every section fits. The body is not read; see [`Self::verify`].
    ///
    /// # Errors
    /// [`SnapshotError`] that says whether the file is unreadable, foreign or torn.
    pub fn open(path: &Path, engine: &Engine) -> Result<Self, SnapshotError> {
        let io = |action: &'static str| {
            move |source| SnapshotError::Io {
                path: path.to_owned(),
                action,
                source,
            }
        };
        let file = File::open(path).map_err(io("opening"))?;
        #[expect(
            unsafe_code,
            reason = "mapping is the one unsafe act; snapshots are written once, renamed into place and never changed"
        )]
        // SAFETY: the file is never modified after its rename; every read through the map is bounds-checked.
        let map = unsafe { Mmap::map(&file) }.map_err(io("mapping"))?;
        let foreign = |reason: String| SnapshotError::Foreign {
            path: path.to_owned(),
            reason,
        };
        let torn = |reason: String| SnapshotError::Torn {
            path: path.to_owned(),
            reason,
        };

        if map.len() < size_of::<Header>() || map[..8] != MAGIC {
            return Err(foreign("it does not begin as a snapshot does".into()));
        }
        let header: Header = pod_read_unaligned(&map[..size_of::<Header>()]);
        if header.format != FORMAT || header.sections as usize != SECTIONS {
            return Err(foreign(format!(
                "format {} where this program reads format {FORMAT}",
                header.format
            )));
        }
        if header.file_bytes != map.len() as u64 {
            return Err(torn(format!(
                "{} bytes where {} were written",
                map.len(),
                header.file_bytes
            )));
        }
        let mut table = [SectionRange::default(); SECTIONS];
        let table_end = size_of::<Header>() + SECTIONS * size_of::<SectionRange>();
        let Some(table_bytes) = map.get(size_of::<Header>()..table_end) else {
            return Err(torn("the section table is cut".into()));
        };
        for (range, bytes) in table
            .iter_mut()
            .zip(table_bytes.chunks_exact(size_of::<SectionRange>()))
        {
            *range = pod_read_unaligned(bytes);
        }
        if header_checksum(&header, &table) != header.header_checksum {
            return Err(torn("the head does not match its checksum".into()));
        }
        let mut catalogue = Self {
            path: path.to_owned(),
            table,
            version: String::from_utf8_lossy(&header.version).into_owned(),
            built_at_ms: header.built_at_ms,
            body_checksum: header.body_checksum,
            documents: header.documents as usize,
            currency: String::new(),
            concept_of_number: Vec::new(),
            number_of_concept: Vec::new(),
            custom_of_number: Vec::new(),
            brands: Vec::new(),
            category_paths: Vec::new(),
            sellers: Vec::new(),
            words: Vec::new(),
            vocabulary: OnceLock::new(),
            map,
        };
        catalogue.check_lengths().map_err(torn)?;
        catalogue.read_meta(engine).map_err(torn)?;
        Ok(catalogue)
    }

    fn check_lengths(&self) -> Result<(), String> {
        let n = self.documents;
        let expected = [
            (Section::Prices, n * 4),
            (Section::Documents, n * size_of::<Document>()),
            (Section::RecordStarts, (n + 1) * 8),
            (Section::IdHashes, n * 8),
            (Section::IdDocuments, n * 4),
        ];
        for (section, bytes) in expected {
            if self.table[section as usize].bytes != bytes as u64 {
                return Err(format!(
                    "section {section:?} has another length than its products need"
                ));
            }
        }
        for range in self.table {
            if range.offset % 8 != 0
                || range
                    .offset
                    .checked_add(range.bytes)
                    .is_none_or(|end| end > self.map.len() as u64)
            {
                return Err("a section lies outside the file".into());
            }
        }
        let keys = self.slice::<u64>(Section::TermKeys).len();
        if !keys.is_power_of_two() || self.slice::<PostingRange>(Section::TermRanges).len() != keys
        {
            return Err("the term table has no usable size".into());
        }
        let equal =
            |a: Section, b: Section| self.slice::<u32>(a).len() == self.slice::<u8>(b).len();
        if !equal(Section::PostingDocuments, Section::PostingWeights)
            || !equal(Section::ConceptDocuments, Section::ConceptWeights)
        {
            return Err("postings and their weights differ in number".into());
        }
        Ok(())
    }

    fn read_meta(&mut self, engine: &Engine) -> Result<(), String> {
        let meta: Meta = serde_json::from_slice(self.section(Section::Meta))
            .map_err(|e| format!("its description does not parse: {e}"))?;
        if self.slice::<u32>(Section::ConceptStarts).len() != meta.concepts.len() + 1 {
            return Err("concepts and their postings differ in number".into());
        }
        let lexicon = engine.lexicon();
        self.currency = meta.currency;
        self.custom_of_number = meta
            .customs
            .iter()
            .map(|id| engine.rules().customs().by_id(id))
            .collect();
        self.number_of_concept = vec![None; lexicon.concepts().len()];
        self.concept_of_number = meta
            .concepts
            .iter()
            .map(|id| lexicon.concept_by_id(id))
            .collect();
        for (number, concept) in (0u16..).zip(&self.concept_of_number) {
            if let Some(concept) = concept {
                self.number_of_concept[usize::from(*concept)] = Some(number);
            }
        }
        let table = |section| {
            string_table(self.section(section))
                .ok_or_else(|| format!("section {section:?} is no string table"))
        };
        let tables = (
            table(Section::Brands)?,
            table(Section::CategoryPaths)?,
            table(Section::Sellers)?,
            table(Section::Words)?,
        );
        (self.brands, self.category_paths, self.sellers, self.words) = tables;
        if self.slice::<u32>(Section::WordCounts).len() != self.words.len() {
            return Err("words and their counts differ in number".into());
        }
        Ok(())
    }

    /// Reads the whole body and compares its checksum; takes milliseconds per 100 MB.
    ///
    /// # Errors
    /// [`SnapshotError::Torn`] when a single bit differs from what was written.
    pub fn verify(&self) -> Result<(), SnapshotError> {
        let start = size_of::<Header>() + SECTIONS * size_of::<SectionRange>();
        let mut checksum = Xxh3::new();
        checksum.update(&self.map[start..]);
        if checksum.digest() == self.body_checksum {
            return Ok(());
        }
        Err(SnapshotError::Torn {
            path: self.path.clone(),
            reason: "the body does not match its checksum".into(),
        })
    }

    fn section(&self, section: Section) -> &[u8] {
        let range = self.table[section as usize];
        self.map
            .get(range.offset as usize..(range.offset + range.bytes) as usize)
            .unwrap_or_default()
    }

    fn slice<T: Pod>(&self, section: Section) -> &[T] {
        try_cast_slice(self.section(section)).unwrap_or_default()
    }

    fn name<'a>(&'a self, names: &[Range<u32>], section: Section, number: u32) -> Option<&'a str> {
        let range = names.get(number as usize)?;
        std::str::from_utf8(
            self.section(section)
                .get(range.start as usize..range.end as usize)?,
        )
        .ok()
    }

    /// Identity of the content: equal for equal products and lexicon.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// When it was built, in milliseconds since 1970 UTC.
    pub fn built_at_ms(&self) -> i64 {
        self.built_at_ms
    }

    /// Currency of every price, ISO 4217.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Number of products.
    pub fn len(&self) -> usize {
        self.documents
    }

    /// Whether it holds no product.
    pub fn is_empty(&self) -> bool {
        self.documents == 0
    }

    /// Prices by document, ascending.
    pub(crate) fn prices(&self) -> &[u32] {
        self.slice(Section::Prices)
    }

    pub(crate) fn documents(&self) -> &[Document] {
        self.slice(Section::Documents)
    }

    /// Documents whose price lies between two prices, both inclusive.
    pub(crate) fn price_range(&self, min: u32, max: Option<u32>) -> Range<DocId> {
        let prices = self.prices();
        let start = prices.partition_point(|&p| p < min);
        let end = max.map_or(prices.len(), |max| prices.partition_point(|&p| p <= max));
        start as DocId..end.max(start) as DocId
    }

    /// Postings of a term; empty when no product holds it.
    pub(crate) fn term(&self, term: TermId) -> Postings<'_> {
        let keys = self.slice::<u64>(Section::TermKeys);
        let mut slot = first_slot(keys.len(), term);
        for _ in 0..keys.len() {
            match keys[slot] {
                0 => break,
                key if key == term => {
                    let range = self.slice::<PostingRange>(Section::TermRanges)[slot];
                    let places = range.start as usize..range.start as usize + range.count as usize;
                    let documents = self
                        .slice::<u32>(Section::PostingDocuments)
                        .get(places.clone());
                    let weights = self.slice::<u8>(Section::PostingWeights).get(places);
                    return Postings {
                        documents: documents.unwrap_or_default(),
                        weights: weights.unwrap_or_default(),
                    };
                }
                _ => slot = (slot + 1) & (keys.len() - 1),
            }
        }
        Postings::default()
    }

    /// Postings of a concept; empty when the snapshot was built without it.
    pub(crate) fn concept(&self, concept: ConceptIndex) -> Postings<'_> {
        let Some(number) = self
            .number_of_concept
            .get(usize::from(concept))
            .copied()
            .flatten()
            .map(usize::from)
        else {
            return Postings::default();
        };
        let starts = self.slice::<u32>(Section::ConceptStarts);
        let places = starts[number] as usize..starts[number + 1] as usize;
        let documents = self
            .slice::<u32>(Section::ConceptDocuments)
            .get(places.clone());
        let weights = self.slice::<u8>(Section::ConceptWeights).get(places);
        Postings {
            documents: documents.unwrap_or_default(),
            weights: weights.unwrap_or_default(),
        }
    }

    /// Concepts of a document with their confidence (0 to 1), strongest first.
    pub(crate) fn concepts_of(
        &self,
        document: &Document,
    ) -> impl Iterator<Item = (ConceptIndex, f32)> {
        let pairs = document.concepts.into_iter().zip(document.confidence);
        pairs.filter_map(|(number, weight)| {
            let concept = self
                .concept_of_number
                .get(usize::from(number))
                .copied()
                .flatten()?;
            Some((concept, f32::from(weight) / 255.0))
        })
    }

    /// Customs that speak of a document.
    pub(crate) fn customs_of(&self, document: &Document) -> impl Iterator<Item = u8> {
        let mut left = document.customs;
        std::iter::from_fn(move || {
            let number = left.trailing_zeros();
            left &= left.checked_sub(1)?;
            Some(number as usize)
        })
        .filter_map(|number| self.custom_of_number.get(number).copied().flatten())
    }

    fn record(&self, doc: DocId) -> Record<'_> {
        let starts = self.slice::<u64>(Section::RecordStarts);
        let range = match (starts.get(doc as usize), starts.get(doc as usize + 1)) {
            (Some(&start), Some(&end)) => start as usize..end as usize,
            _ => 0..0,
        };
        records::decode(
            self.section(Section::Records)
                .get(range)
                .unwrap_or_default(),
        )
    }

    /// Title of a product as shown.
    pub fn title(&self, doc: DocId) -> &str {
        self.record(doc).title
    }

    /// Id of a product.
    pub fn product_id(&self, doc: DocId) -> &str {
        self.record(doc).product_id
    }

    /// A product with its texts; the fields that only building needs (tags, original title, audience) are empty.
    pub fn product(&self, doc: DocId) -> Option<Product> {
        let document = self.documents().get(doc as usize)?;
        let record = self.record(doc);
        Some(Product {
            product_id: record.product_id.to_owned(),
            title: record.title.to_owned(),
            title_original: String::new(),
            brand: self
                .name(&self.brands, Section::Brands, document.brand)
                .map(str::to_owned),
            category: self.category_path(document.category_path),
            price: self.prices().get(doc as usize).copied().unwrap_or_default(),
            currency: self.currency.clone(),
            image_url: record.image_url.map(str::to_owned),
            url: record.url.map(str::to_owned),
            seller: self
                .name(&self.sellers, Section::Sellers, document.seller)
                .map(str::to_owned),
            rating: record.rating,
            rating_count: record.rating_count,
            description: record.description.to_owned(),
            tags: Vec::new(),
            audience: Vec::new(),
            sponsored: document.flags & super::format::FLAG_SPONSORED != 0,
            delivery_days: Some(document.delivery_days).filter(|&d| d != DELIVERY_UNKNOWN),
            price_as_of_ms: record.price_as_of_ms,
        })
    }

    fn category_path(&self, number: u32) -> Vec<String> {
        let path = self
            .name(&self.category_paths, Section::CategoryPaths, number)
            .unwrap_or_default();
        path.split(super::analysis::PATH_SEPARATOR)
            .filter(|l| !l.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The document of a product id.
    pub fn doc_of(&self, product_id: &str) -> Option<DocId> {
        let hash = xxh3_64(product_id.as_bytes());
        let hashes = self.slice::<u64>(Section::IdHashes);
        let documents = self.slice::<u32>(Section::IdDocuments);
        let first = hashes.partition_point(|&h| h < hash);
        let same = hashes[first..].iter().take_while(|&&h| h == hash).count();
        documents[first..first + same]
            .iter()
            .copied()
            .find(|&doc| self.record(doc).product_id == product_id)
    }

    /// Category paths with the number of their products, in order of path.
    pub fn categories(&self) -> Vec<CategoryCount> {
        let counts = self.slice::<u32>(Section::CategoryCounts);
        let mut categories: Vec<CategoryCount> = counts
            .iter()
            .zip(0u32..)
            .map(|(&count, number)| CategoryCount {
                path: self.category_path(number),
                count,
            })
            .filter(|c| !c.path.is_empty())
            .collect();
        categories.sort_by(|a, b| a.path.cmp(&b.path));
        categories
    }

    /// For each category path, whether it equals or lies below the given labels.
    pub(crate) fn paths_below(&self, labels: &[&str]) -> Vec<bool> {
        (0..self.category_paths.len() as u32)
            .map(|number| {
                let path = self.category_path(number);
                path.len() >= labels.len() && path.iter().zip(labels).all(|(a, b)| a == b)
            })
            .collect()
    }

    /// Ids of the concepts that a product is taken for, surest first, each with how surely, 0 to 1.
    pub fn kinds<'e>(&self, doc: DocId, engine: &'e Engine) -> Vec<(&'e str, f32)> {
        let Some(document) = self.documents().get(doc as usize) else {
            return Vec::new();
        };
        let concept = |c: ConceptIndex| engine.lexicon().concept(c).id.as_str();
        self.concepts_of(document)
            .map(|(c, sure)| (concept(c), sure))
            .collect()
    }

    /// Words of titles, brands and tags with the number of products that hold each, in order of the alphabet; the most common ones.
    pub fn words(&self) -> impl Iterator<Item = (&str, u32)> + Clone {
        let counts = self.slice::<u32>(Section::WordCounts);
        let bytes = self.section(Section::Words);
        self.words.iter().zip(counts).filter_map(|(range, &count)| {
            let word = bytes.get(range.start as usize..range.end as usize)?;
            Some((std::str::from_utf8(word).ok()?, count))
        })
    }

    /// The same made ready for look-up, at the first call.
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary.get_or_init(|| Vocabulary::of(self.words()))
    }

    /// Key of the drawn picture for a product without one: its surest concept, or else its category.
    pub fn picture_key(&self, doc: DocId, engine: &Engine) -> String {
        let Some(document) = self.documents().get(doc as usize) else {
            return Category::Any.as_str().to_owned();
        };
        if let Some((concept, _)) = self.concepts_of(document).next() {
            return engine.lexicon().concept(concept).id.clone();
        }
        Category::ALL
            .iter()
            .find(|c| c.bit() & document.category_bits != 0)
            .unwrap_or(&Category::Any)
            .as_str()
            .to_owned()
    }

    /// Whether a brand number stands for no brand.
    pub(crate) fn has_brand(document: &Document) -> bool {
        document.brand != NONE
    }
}

/// Byte ranges of the strings of a table within its section.
fn string_table(bytes: &[u8]) -> Option<Vec<Range<u32>>> {
    let count = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let base = count.checked_mul(4)?.checked_add(4)?;
    let ends = bytes.get(4..base as usize)?;
    let mut start = base;
    ends.chunks_exact(4)
        .map(|end| {
            let end = base.checked_add(u32::from_le_bytes(end.try_into().ok()?))?;
            let range = start..end;
            start = end;
            (range.start <= range.end && end as usize <= bytes.len()).then_some(range)
        })
        .collect()
}
