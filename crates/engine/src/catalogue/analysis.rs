//! What the index keeps of one product: its terms with weights, the concepts it is, for whom it is, how alike its title is to others.

use super::format::{
    CONCEPTS_PER_PRODUCT, Document, FLAG_AMOUNT_VOUCHER, FLAG_SPONSORED, NO_CONCEPT, NONE,
};
use super::product::Product;
use crate::Engine;
use crate::lexicon::{ConceptIndex, Found, Lexicon, Meaning};
use crate::profile::Audience;
use crate::text::{Squeezed, TermId, index_terms, normalise};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Weight of one occurrence of a term by where it stands.
const TITLE_WEIGHT: f32 = 1.0;
const BRAND_WEIGHT: f32 = 0.9;
const TAG_WEIGHT: f32 = 0.55;
const CATEGORY_WEIGHT: f32 = 0.5;
/// BM25's k1 and b, and the usual number of weighted terms of a product; fixed so that a product's postings do not depend on the rest.
const K1: f32 = 1.2;
const B: f32 = 0.4;
const USUAL_TERMS: f32 = 18.0;

/// One analysed product, ready to be numbered.
pub(super) struct Analysed {
    pub product_id_hash: u64,
    pub price: u32,
    pub product_id: Box<str>,
    pub document: Document,
    pub brand: Option<Box<str>>,
    pub category_path: Box<str>,
    pub seller: Option<Box<str>>,
    pub terms: Box<[(TermId, u8)]>,
    pub record: Box<[u8]>,
}

/// Separates the labels of a category path inside the snapshot.
pub(super) const PATH_SEPARATOR: char = '\u{1f}';

pub(super) fn analyse(engine: &Engine, product: &Product) -> Analysed {
    let lexicon = engine.lexicon();
    let title = normalise(&product.title);
    let squeezed_title = Squeezed::new(&title);
    let title_words = lexicon.find_in(&squeezed_title);
    let tags: Vec<Squeezed> = product
        .tags
        .iter()
        .map(|t| Squeezed::new(&normalise(t)))
        .collect();
    let labels: Vec<Squeezed> = product
        .category
        .iter()
        .map(|c| Squeezed::new(&normalise(c)))
        .collect();

    let department = label_categories(lexicon, &labels);
    let concepts = concepts(lexicon, &title_words, &tags, &labels, department);
    let category_bits = category_bits(lexicon, &concepts, department);
    let customs = engine.rules().customs_about(&squeezed_title);
    let document = Document {
        signature: signature(&title),
        brand: NONE,
        category_path: NONE,
        seller: NONE,
        image: product
            .image_url
            .as_deref()
            .map_or(0, |u| (xxh3_64(u.as_bytes()) as u32).max(1)),
        category_bits,
        concepts: std::array::from_fn(|i| concepts.get(i).map_or(NO_CONCEPT, |c| c.0)),
        confidence: std::array::from_fn(|i| concepts.get(i).map_or(0, |c| (c.1 * 255.0) as u8)),
        audience: audience(lexicon, product, &squeezed_title, &tags, &labels, &concepts),
        quality: quality(product.rating, product.rating_count),
        flags: (u8::from(product.sponsored) * FLAG_SPONSORED)
            | (u8::from(engine.rules().is_amount_voucher(&squeezed_title, &tags))
                * FLAG_AMOUNT_VOUCHER),
        customs: std::array::from_fn(|i| customs.get(i).map_or(0, |&c| c + 1)),
        reserved: [0; 3],
    };
    Analysed {
        product_id_hash: xxh3_64(product.product_id.as_bytes()),
        price: product.price,
        product_id: product.product_id.as_str().into(),
        document,
        brand: product.brand.as_deref().map(Into::into),
        category_path: product.category.join(&PATH_SEPARATOR.to_string()).into(),
        seller: product.seller.as_deref().map(Into::into),
        terms: weighted_terms(product, &title),
        record: super::records::encode(product),
    }
}

/// Terms with BM25's saturated term frequency, 1 to 255.
fn weighted_terms(product: &Product, title: &str) -> Box<[(TermId, u8)]> {
    let mut terms: Vec<(TermId, f32)> = Vec::with_capacity(48);
    let mut add = |text: &str, weight: f32| index_terms(text, |t| terms.push((t, weight)));
    add(title, TITLE_WEIGHT);
    if let Some(brand) = &product.brand {
        add(&normalise(brand), BRAND_WEIGHT);
    }
    for tag in &product.tags {
        add(&normalise(tag), TAG_WEIGHT);
    }
    for label in &product.category {
        add(&normalise(label), CATEGORY_WEIGHT);
    }
    let length: f32 = terms.iter().map(|t| t.1).sum();
    let norm = K1 * (1.0 - B + B * length / USUAL_TERMS);
    terms.sort_unstable_by_key(|t| t.0);
    let mut merged: Vec<(TermId, f32)> = Vec::with_capacity(terms.len());
    for (term, weight) in terms {
        match merged.last_mut() {
            Some(last) if last.0 == term => last.1 += weight,
            _ => merged.push((term, weight)),
        }
    }
    merged
        .into_iter()
        .map(|(t, tf)| (t, (255.0 * tf / (tf + norm)).max(1.0) as u8))
        .collect()
}

/// The concepts a product is, strongest first. Korean titles name the thing last ("낚시 의자 커버"), so the last one found leads.
/// A concept of another department than the shop put the product in is doubted ("과일 무늬 수세미 뜨기").
fn concepts(
    lexicon: &Lexicon,
    title: &[Found],
    tags: &[Squeezed],
    labels: &[Squeezed],
    department: u32,
) -> Vec<(ConceptIndex, f32)> {
    /// Where another thing in the product fits the shop's department, and where nothing does.
    const OUTDONE: f32 = 0.45;
    const DOUBTED: f32 = 0.65;
    let mut found: Vec<(ConceptIndex, f32)> = Vec::with_capacity(8);
    let mut add =
        |concept: ConceptIndex, confidence: f32| match found.iter_mut().find(|f| f.0 == concept) {
            // Independent hints add up without passing certainty.
            Some(known) => known.1 = 1.0 - (1.0 - known.1) * (1.0 - confidence * 0.6),
            None => found.push((concept, confidence)),
        };
    let of = |f: &Found| {
        f.meanings
            .iter()
            .filter_map(|m| {
                if let Meaning::Concept(c) = m {
                    Some(*c)
                } else {
                    None
                }
            })
            .collect::<Vec<_>>()
    };
    let named: Vec<Vec<ConceptIndex>> = title.iter().map(of).filter(|c| !c.is_empty()).collect();
    for (i, group) in named.iter().enumerate() {
        let confidence = if i + 1 == named.len() { 0.9 } else { 0.6 };
        group.iter().for_each(|&c| add(c, confidence));
    }
    for (words, confidence) in tags
        .iter()
        .map(|t| (t, 0.45))
        .chain(labels.iter().map(|l| (l, 0.5)))
    {
        lexicon
            .find_in(words)
            .iter()
            .flat_map(of)
            .for_each(|c| add(c, confidence));
    }
    if department != 0 {
        let fits = |c: ConceptIndex| lexicon.concept(c).category.bit() & department != 0;
        let doubt = if found.iter().any(|f| fits(f.0)) {
            OUTDONE
        } else {
            DOUBTED
        };
        found
            .iter_mut()
            .filter(|f| !fits(f.0))
            .for_each(|f| f.1 *= doubt);
    }
    let parents: Vec<_> = found
        .iter()
        .filter_map(|&(c, w)| lexicon.concept(c).parent.map(|p| (p, w * 0.8)))
        .collect();
    for (parent, confidence) in parents {
        if !found.iter().any(|f| f.0 == parent) {
            found.push((parent, confidence));
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(CONCEPTS_PER_PRODUCT);
    found
}

/// Departments that the shop's own category path names.
fn label_categories(lexicon: &Lexicon, labels: &[Squeezed]) -> u32 {
    let meanings = |label| {
        lexicon
            .find_in(label)
            .into_iter()
            .flat_map(|f| f.meanings.to_vec())
    };
    let categories = labels.iter().flat_map(meanings).map(|m| {
        if let Meaning::Category(c) = m {
            c.bit()
        } else {
            0
        }
    });
    categories.fold(0, |bits, b| bits | b)
}

fn category_bits(lexicon: &Lexicon, concepts: &[(ConceptIndex, f32)], department: u32) -> u32 {
    let mut bits = department;
    // The leading concept speaks where the shop's own path says nothing, and beside it where it is sure.
    if let Some(&(concept, confidence)) = concepts.first()
        && (bits == 0 || confidence >= 0.85)
    {
        bits |= lexicon.concept(concept).category.bit();
    }
    bits
}

fn audience(
    lexicon: &Lexicon,
    product: &Product,
    title: &Squeezed,
    tags: &[Squeezed],
    labels: &[Squeezed],
    concepts: &[(ConceptIndex, f32)],
) -> u8 {
    // What the shop says itself counts alone; its words are read only where it says nothing.
    if !product.audience.is_empty() {
        return product.audience.iter().fold(0, |b, a| b | a.bit());
    }
    let mut bits = 0;
    bits |= lexicon.audience_bits(title);
    for words in tags.iter().chain(labels) {
        bits |= lexicon.audience_bits(words);
    }
    if let Some(brand) = &product.brand {
        bits |= lexicon.audience_bits(&Squeezed::new(&normalise(brand)));
    }
    if let Some(&(concept, confidence)) = concepts.first()
        && confidence >= 0.6
    {
        bits |= lexicon.concept(concept).audience.bit();
    }
    let both = Audience::Women.bit() | Audience::Men.bit();
    if bits & both == both {
        bits & !both
    } else {
        bits
    }
}

/// A shrunk mean of the ratings and a little for how many there are; exactly the middle where nothing is known.
/// The prior (4.3 of 5, worth 20 ratings) is the usual level of Korean shops, so few ratings move little.
fn quality(rating: Option<f32>, count: Option<u32>) -> u8 {
    const PRIOR_MEAN: f32 = 4.3;
    const PRIOR_COUNT: f32 = 20.0;
    let n = count.unwrap_or(0) as f32;
    let rated = rating.map_or(0.0, |r| {
        let n = n.max(1.0);
        ((PRIOR_MEAN * PRIOR_COUNT + r * n) / (PRIOR_COUNT + n) - PRIOR_MEAN) * 0.6
    });
    let known = (1.0 + n).log10() / 5.0 * 0.25;
    ((0.5 + rated + known).clamp(0.0, 1.0) * 255.0) as u8
}

/// Marks the hash class of every term of the title that is no number: sizes and counts do not make another gift.
fn signature(title: &str) -> [u64; 2] {
    let mut bits = [0u64; 2];
    let words: String = title
        .split(' ')
        .filter(|w| !w.starts_with(|c: char| c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ");
    index_terms(&words, |term| {
        let h = xxh3_128(&term.to_le_bytes()) as u64;
        bits[(h >> 6 & 1) as usize] |= 1 << (h & 63);
    });
    bits
}

/// Estimated Jaccard likeness of two titles from their signatures, 0 to 1.
pub(crate) fn likeness(a: &[u64; 2], b: &[u64; 2]) -> f32 {
    let both = (a[0] & b[0]).count_ones() + (a[1] & b[1]).count_ones();
    let either = (a[0] | b[0]).count_ones() + (a[1] | b[1]).count_ones();
    if either == 0 {
        0.0
    } else {
        both as f32 / either as f32
    }
}
