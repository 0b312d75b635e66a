//! Builds the snapshot file from validated products. The same products give the same bytes (but for the time of building).

use super::analysis::{Analysed, Counts, analyse};
use super::format::{
    CONCEPTS_PER_PRODUCT, Document, FORMAT, Header, MAGIC, NO_CONCEPT, NONE, PostingRange,
    SECTIONS, Section, SectionRange, SnapshotError,
};
use super::product::Product;
use super::vocabulary::{WordCounts, count_words, most_common};
use super::weights::Usual;
use crate::Engine;
use crate::text::{TermId, in_description};
use bytemuck::{Zeroable, bytes_of, cast_slice};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Products analysed at once, on all cores.
const BATCH: usize = 8_192;

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// Identity of the content.
    pub version: String,
    /// Number of products.
    pub products: u64,
    /// Size of the file.
    pub bytes: u64,
    /// XXH3 of the body, hexadecimal.
    pub checksum: String,
}

/// Collects products and writes the snapshot.
pub struct SnapshotBuilder {
    engine: Arc<Engine>,
    currency: String,
    waiting: Vec<Product>,
    analysed: Vec<Analysed>,
    words: WordCounts,
}

impl SnapshotBuilder {
    /// An empty catalogue whose prices are in `currency` (ISO 4217).
    pub fn new(engine: Arc<Engine>, currency: &str) -> Self {
        Self {
            engine,
            currency: currency.to_owned(),
            waiting: Vec::with_capacity(BATCH),
            analysed: Vec::new(),
            words: WordCounts::new(),
        }
    }

    /// Adds one product; its id must not have been added before.
    pub fn add(&mut self, product: Product) {
        self.waiting.push(product);
        if self.waiting.len() >= BATCH {
            self.analyse_waiting();
        }
    }

    fn analyse_waiting(&mut self) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = self.waiting.len().div_ceil(cores).max(1);
        let engine = &*self.engine;
        let parts: Vec<(Vec<Analysed>, WordCounts)> = std::thread::scope(|scope| {
            let workers: Vec<_> = self
                .waiting
                .chunks(share)
                .map(|chunk| {
                    scope.spawn(move || {
                        let analysed = chunk.iter().map(|p| analyse(engine, p)).collect();
                        (analysed, count_words(chunk))
                    })
                })
                .collect();
            workers
                .into_iter()
                .map(|w| {
                    w.join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect()
        });
        for (analysed, words) in parts {
            self.analysed.extend(analysed);
            for (word, count) in words {
                *self.words.entry(word).or_default() += count;
            }
        }
        self.waiting.clear();
    }

    /// Writes the file beside `path`, syncs it and renames it into place; a failure leaves nothing behind.
    ///
    /// # Errors
    /// [`SnapshotError::Io`] when writing fails (a full disk, say), [`SnapshotError::TooLarge`] past four billion postings.
    pub fn finish(mut self, path: &Path, built_at_ms: i64) -> Result<SnapshotInfo, SnapshotError> {
        self.analyse_waiting();
        let sections = self.sections()?;
        let temporary = path.with_extension("tmp");
        let written = write(
            &temporary,
            &sections,
            self.analysed.len() as u64,
            built_at_ms,
        )
        .and_then(|info| std::fs::rename(&temporary, path).map(|()| info))
        .and_then(|info| sync_folder(path).map(|()| info));
        written.map_err(|source| {
            let _ = std::fs::remove_file(&temporary);
            SnapshotError::Io {
                path: path.to_owned(),
                action: "writing",
                source,
            }
        })
    }

    fn sections(&mut self) -> Result<Vec<Vec<u8>>, SnapshotError> {
        self.analysed.sort_by(|a, b| {
            a.price
                .cmp(&b.price)
                .then_with(|| a.product_id.cmp(&b.product_id))
        });
        if self.analysed.len() >= NONE as usize {
            return Err(SnapshotError::TooLarge("at most four billion products"));
        }
        let mut sections = vec![Vec::new(); SECTIONS];
        let mut put = |section: Section, bytes: Vec<u8>| sections[section as usize] = bytes;
        let lexicon = self.engine.lexicon();
        let concept_ids: Vec<&str> = lexicon.concepts().iter().map(|c| c.id.as_str()).collect();
        let custom_ids: Vec<&str> = self.engine.rules().customs().ids().collect();
        let meta = serde_json::json!({ "currency": self.currency, "concepts": concept_ids, "customs": custom_ids });
        put(Section::Meta, meta.to_string().into_bytes());

        let prices: Vec<u32> = self.analysed.iter().map(|a| a.price).collect();
        put(Section::Prices, cast_slice(&prices).to_vec());
        let mut ids: Vec<(u64, u32)> = self
            .analysed
            .iter()
            .zip(0..)
            .map(|(a, doc)| (a.product_id_hash, doc))
            .collect();
        ids.sort_unstable();
        put(
            Section::IdHashes,
            cast_slice(&ids.iter().map(|i| i.0).collect::<Vec<u64>>()).to_vec(),
        );
        put(
            Section::IdDocuments,
            cast_slice(&ids.iter().map(|i| i.1).collect::<Vec<u32>>()).to_vec(),
        );

        let (mut brands, mut paths, mut sellers) =
            (Names::default(), Names::default(), Names::default());
        let mut documents: Vec<Document> = Vec::with_capacity(self.analysed.len());
        let mut starts: Vec<u64> = Vec::with_capacity(self.analysed.len() + 1);
        let mut records: Vec<u8> = Vec::new();
        for product in &mut self.analysed {
            let mut document = product.document;
            document.brand = product.brand.take().map_or(NONE, |b| brands.number(b));
            document.seller = product.seller.take().map_or(NONE, |s| sellers.number(s));
            document.category_path = paths.number(std::mem::take(&mut product.category_path));
            documents.push(document);
            starts.push(records.len() as u64);
            records.extend_from_slice(&std::mem::take(&mut product.record));
        }
        starts.push(records.len() as u64);
        put(Section::Documents, cast_slice(&documents).to_vec());
        put(Section::RecordStarts, cast_slice(&starts).to_vec());
        put(Section::Records, records);
        put(Section::Brands, brands.encode());
        put(Section::CategoryCounts, cast_slice(&paths.counts).to_vec());
        put(Section::CategoryPaths, paths.encode());
        put(Section::Sellers, sellers.encode());

        let concepts = concept_postings(&documents, concept_ids.len());
        put(
            Section::ConceptStarts,
            cast_slice(&concepts.starts).to_vec(),
        );
        put(
            Section::ConceptDocuments,
            cast_slice(&concepts.documents).to_vec(),
        );
        put(Section::ConceptWeights, concepts.weights);

        let terms = term_postings(&self.analysed)?;
        put(Section::TermKeys, cast_slice(&terms.keys).to_vec());
        put(Section::TermRanges, cast_slice(&terms.ranges).to_vec());
        put(
            Section::PostingDocuments,
            cast_slice(&terms.documents).to_vec(),
        );
        put(Section::PostingWeights, terms.weights);

        let (mut words, mut word_counts) = (Names::default(), Vec::new());
        for (word, count) in most_common(std::mem::take(&mut self.words)) {
            words.number(word);
            word_counts.push(count);
        }
        put(Section::Words, words.encode());
        put(Section::WordCounts, cast_slice(&word_counts).to_vec());
        Ok(sections)
    }
}

/// Distinct names, numbered in order of first use.
#[derive(Default)]
struct Names {
    numbers: HashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    counts: Vec<u32>,
}

impl Names {
    fn number(&mut self, name: Box<str>) -> u32 {
        let next = self.names.len() as u32;
        let number = *self.numbers.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.counts.push(0);
            next
        });
        self.counts[number as usize] += 1;
        number
    }

    /// A string table: count, ends of the strings, the strings.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&(self.names.len() as u32).to_le_bytes());
        let mut end = 0u32;
        for name in &self.names {
            end += name.len() as u32;
            out.extend_from_slice(&end.to_le_bytes());
        }
        self.names
            .iter()
            .for_each(|n| out.extend_from_slice(n.as_bytes()));
        out
    }
}

struct ConceptPostings {
    starts: Vec<u32>,
    documents: Vec<u32>,
    weights: Vec<u8>,
}

fn concept_postings(documents: &[Document], concepts: usize) -> ConceptPostings {
    let mut starts = vec![0u32; concepts + 1];
    let pairs = || {
        documents.iter().zip(0u32..).flat_map(|(d, doc)| {
            (0..CONCEPTS_PER_PRODUCT)
                .filter(|&i| d.concepts[i] != NO_CONCEPT)
                .map(move |i| (usize::from(d.concepts[i]), doc, d.confidence[i]))
        })
    };
    pairs().for_each(|(concept, ..)| starts[concept + 1] += 1);
    for i in 0..concepts {
        starts[i + 1] += starts[i];
    }
    let total = starts[concepts] as usize;
    let (mut docs, mut weights, mut next) = (vec![0u32; total], vec![0u8; total], starts.clone());
    for (concept, doc, weight) in pairs() {
        let at = next[concept] as usize;
        (docs[at], weights[at]) = (doc, weight);
        next[concept] += 1;
    }
    ConceptPostings {
        starts,
        documents: docs,
        weights,
    }
}

struct TermPostings {
    keys: Vec<u64>,
    ranges: Vec<PostingRange>,
    documents: Vec<u32>,
    weights: Vec<u8>,
}

fn term_postings(products: &[Analysed]) -> Result<TermPostings, SnapshotError> {
    let usual = Usual::of(products);
    let key = |term: TermId, counts: Counts| {
        if counts.is_aside() {
            in_description(term)
        } else {
            term
        }
    };
    let mut counts: HashMap<TermId, u32, TermHasher> = HashMap::default();
    let mut total = 0usize;
    for &(term, fields) in products.iter().flat_map(|p| p.terms.iter()) {
        *counts.entry(key(term, fields)).or_default() += 1;
        total += 1;
    }
    if total > u32::MAX as usize {
        return Err(SnapshotError::TooLarge("at most four billion postings"));
    }
    let mut terms: Vec<(TermId, u32)> = counts.iter().map(|(&t, &n)| (t, n)).collect();
    terms.sort_unstable();
    let slots = (terms.len() * 2).next_power_of_two().max(2);
    let (mut keys, mut ranges) = (vec![0u64; slots], vec![PostingRange::default(); slots]);
    let mut start = 0;
    for (term, count) in terms {
        let slot = free_slot(&keys, term);
        (keys[slot], ranges[slot]) = (term, PostingRange { start, count });
        counts.insert(term, start);
        start += count;
    }
    let (mut documents, mut weights) = (vec![0u32; total], vec![0u8; total]);
    for (product, doc) in products.iter().zip(0u32..) {
        for &(term, fields) in &product.terms {
            if let Some(next) = counts.get_mut(&key(term, fields)) {
                let at = *next as usize;
                (documents[at], weights[at]) = (doc, usual.weight(fields, &product.lengths));
                *next += 1;
            }
        }
    }
    Ok(TermPostings {
        keys,
        ranges,
        documents,
        weights,
    })
}

/// First slot for a term in an open-addressed table whose size is a power of two.
pub(super) fn first_slot(slots: usize, term: TermId) -> usize {
    (term.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20) as usize & (slots - 1)
}

fn free_slot(keys: &[u64], term: TermId) -> usize {
    let mut slot = first_slot(keys.len(), term);
    while keys[slot] != 0 {
        slot = (slot + 1) & (keys.len() - 1);
    }
    slot
}

/// Terms are hashes or small packed integers: one multiplication spreads them well enough.
#[derive(Default, Clone, Copy)]
struct TermHasher;

impl std::hash::BuildHasher for TermHasher {
    type Hasher = TermHash;
    fn build_hasher(&self) -> TermHash {
        TermHash(0)
    }
}

struct TermHash(u64);

impl std::hash::Hasher for TermHash {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }
    fn write_u64(&mut self, term: u64) {
        let h = term.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = h ^ (h >> 32);
    }
}

fn write(
    path: &Path,
    sections: &[Vec<u8>],
    documents: u64,
    built_at_ms: i64,
) -> std::io::Result<SnapshotInfo> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let padded = |bytes: usize| bytes.next_multiple_of(8);
    let body_start = size_of::<Header>() + SECTIONS * size_of::<SectionRange>();
    let mut table = [SectionRange::default(); SECTIONS];
    let mut offset = body_start;
    let mut checksum = Xxh3::new();
    for (range, bytes) in table.iter_mut().zip(sections) {
        *range = SectionRange {
            offset: offset as u64,
            bytes: bytes.len() as u64,
        };
        checksum.update(bytes);
        checksum.update(&[0; 8][..padded(bytes.len()) - bytes.len()]);
        offset += padded(bytes.len());
    }
    let body_checksum = checksum.digest();
    let version = format!("{:016x}", (checksum.digest128() >> 64) as u64);
    let mut header = Header {
        magic: MAGIC,
        format: FORMAT,
        sections: SECTIONS as u32,
        file_bytes: offset as u64,
        body_checksum,
        built_at_ms,
        documents,
        ..Header::zeroed()
    };
    header.version.copy_from_slice(version.as_bytes());
    header.header_checksum = header_checksum(&header, &table);

    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(bytes_of(&header))?;
    file.write_all(cast_slice(&table))?;
    for bytes in sections {
        file.write_all(bytes)?;
        file.write_all(&[0; 8][..padded(bytes.len()) - bytes.len()])?;
    }
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(SnapshotInfo {
        version,
        products: documents,
        bytes: offset as u64,
        checksum: format!("{body_checksum:016x}"),
    })
}

/// Checksum of the header (its own field taken as 0) and the table.
pub(super) fn header_checksum(header: &Header, table: &[SectionRange]) -> u64 {
    let bare = Header {
        header_checksum: 0,
        ..*header
    };
    let mut checksum = Xxh3::new();
    checksum.update(bytes_of(&bare));
    checksum.update(cast_slice(table));
    checksum.digest()
}

/// Makes the rename durable.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
