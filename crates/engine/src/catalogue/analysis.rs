//! What the index keeps of one product: its terms counted by field, the concepts it is, for whom it is, how alike its title is to others.

use super::format::{
    CONCEPTS_PER_PRODUCT, DELIVERY_UNKNOWN, Document, FLAG_AGRICULTURAL, FLAG_AMOUNT_VOUCHER,
    FLAG_SPONSORED, NO_CONCEPT, NONE,
};
use super::product::Product;
use crate::Engine;
use crate::lexicon::{Brand, ConceptIndex, Found, Lexicon, Meaning};
use crate::profile::{Audience, Occasion, Relation};
use crate::text::{Squeezed, TermId, hyphenated, index_terms, normalise, word_term};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Terms of a description that are read; what a description says after that is fine print.
const DESCRIPTION_TERMS: usize = 400;

/// One analysed product, ready to be numbered.
pub(super) struct Analysed {
    pub product_id_hash: u64,
    pub price: u32,
    pub product_id: Box<str>,
    pub document: Document,
    pub brand: Option<Box<str>>,
    pub category_path: Box<str>,
    pub seller: Option<Box<str>>,
    pub terms: Box<[(TermId, Counts)]>,
    pub lengths: Lengths,
    pub record: Box<[u8]>,
}

/// What makes a thing out of a brand's line that is only made for it, as squeezed texts.
const ACCESSORIES: [&str; 17] = [
    "케이스",
    "커버",
    "거치대",
    "필름",
    "스트랩",
    "파우치",
    "키링",
    "스티커",
    "홀더",
    "젤리케이스",
    "충전기",
    "어댑터",
    "\u{1}case\u{2}",
    "\u{1}cover\u{2}",
    "\u{1}strap\u{2}",
    "\u{1}film\u{2}",
    "\u{1}holder\u{2}",
];

/// How often a term stands in each field of a product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub title: u8,
    pub brand: u8,
    pub tags: u8,
    pub category: u8,
    pub description: u8,
}

/// Terms of the fields whose length varies.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lengths {
    pub title: u16,
    pub tags: u16,
    pub description: u16,
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
    let brand = product
        .brand
        .as_deref()
        .and_then(|b| lexicon.brand_of_field(&Squeezed::new(&normalise(b))));
    let hints = Hints {
        title: &title_words,
        main_end: Squeezed::new(&normalise(main_part(&product.title)))
            .as_str()
            .len(),
        squeezed: &squeezed_title,
        brand,
        tags: &tags,
        labels: &labels,
        department,
    };
    let concepts = concepts(lexicon, &hints);
    let category_bits = category_bits(lexicon, &concepts, department);
    let law = engine.rules().law();
    let document = Document {
        signature: signature(&normalise(without_choice(main_part(&product.title)))),
        customs: engine.rules().customs().about(&squeezed_title),
        brand: NONE,
        category_path: NONE,
        seller: NONE,
        image: product
            .image_url
            .as_deref()
            .map_or(0, |u| (xxh3_64(u.as_bytes()) as u32).max(1)),
        category_bits,
        occasions: named_occasions(&title_words),
        relations: named_relations(&title_words),
        concepts: std::array::from_fn(|i| concepts.get(i).map_or(NO_CONCEPT, |c| c.0)),
        confidence: std::array::from_fn(|i| concepts.get(i).map_or(0, |c| (c.1 * 255.0) as u8)),
        audience: audience(lexicon, product, &squeezed_title, &tags, &labels, &concepts),
        quality: quality(product.rating, product.rating_count),
        flags: (u8::from(product.sponsored) * FLAG_SPONSORED)
            | (u8::from(law.is_amount_voucher(&squeezed_title, &tags)) * FLAG_AMOUNT_VOUCHER)
            | (u8::from(law.is_excepted(&squeezed_title, &tags)) * FLAG_AGRICULTURAL),
        delivery_days: product.delivery_days.unwrap_or(DELIVERY_UNKNOWN),
        reserved: [0; 4],
    };
    let (terms, lengths) = counted_terms(product, &title);
    Analysed {
        product_id_hash: xxh3_64(product.product_id.as_bytes()),
        price: product.price,
        product_id: product.product_id.as_str().into(),
        document,
        brand: product.brand.as_deref().map(Into::into),
        category_path: product.category.join(&PATH_SEPARATOR.to_string()).into(),
        seller: product.seller.as_deref().map(Into::into),
        terms,
        lengths,
        record: super::records::encode(product),
    }
}

/// The terms of a product by field, each term once, with the lengths of the fields.
fn counted_terms(product: &Product, title: &str) -> (Box<[(TermId, Counts)]>, Lengths) {
    let mut terms: Vec<(TermId, Counts)> = Vec::with_capacity(64);
    let mut lengths = Lengths::default();
    let mut add = |raw: &str, normal: &str, room: usize, once: Counts| {
        let before = terms.len();
        for joined in hyphenated(raw) {
            terms.push((word_term(&joined), once));
        }
        let joined = terms.len() - before;
        index_terms(normal, |t| {
            if terms.len() - before < room {
                terms.push((t, once));
            }
        });
        (terms.len() - before - joined) as u16
    };
    let once = Counts::default();
    let all = usize::from(u16::MAX);
    lengths.title = add(&product.title, title, all, Counts { title: 1, ..once });
    if let Some(brand) = &product.brand {
        add(brand, &normalise(brand), all, Counts { brand: 1, ..once });
    }
    for tag in &product.tags {
        let length = add(tag, &normalise(tag), all, Counts { tags: 1, ..once });
        lengths.tags = lengths.tags.saturating_add(length);
    }
    for label in &product.category {
        add(
            label,
            &normalise(label),
            all,
            Counts {
                category: 1,
                ..once
            },
        );
    }
    let description = normalise(&product.description);
    let said = Counts {
        description: 1,
        ..once
    };
    lengths.description = add(&product.description, &description, DESCRIPTION_TERMS, said);
    terms.sort_unstable_by_key(|t| t.0);
    let mut merged: Vec<(TermId, Counts)> = Vec::with_capacity(terms.len());
    for (term, counts) in terms {
        match merged.last_mut() {
            Some(last) if last.0 == term => last.1.add(counts),
            _ => merged.push((term, counts)),
        }
    }
    (merged.into(), lengths)
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.title = self.title.saturating_add(other.title);
        self.brand = self.brand.saturating_add(other.brand);
        self.tags = self.tags.saturating_add(other.tags);
        self.category = self.category.saturating_add(other.category);
        self.description = self.description.saturating_add(other.description);
    }

    /// Whether only the description holds the term.
    pub(super) fn is_aside(self) -> bool {
        self == Self {
            description: self.description,
            ..Self::default()
        }
    }
}

/// What a product says of itself.
struct Hints<'a> {
    squeezed: &'a Squeezed,
    /// Words of the title, in its order.
    title: &'a [Found],
    /// Where the squeezed title stops naming the thing and goes on to its colour or to extras; its length where it does not.
    main_end: usize,
    /// The brand that its brand field names.
    brand: Option<&'a Brand>,
    tags: &'a [Squeezed],
    labels: &'a [Squeezed],
    department: u32,
}

/// The title up to the first mark behind which extras or a choice stand ("머그컵 + 스푼", "니트_와인"); sellers put the thing itself
/// before it.
fn main_part(title: &str) -> &str {
    let marks = title.char_indices().filter(|&(at, c)| {
        let spaced = || title[..at].ends_with(' ') && title[at + 1..].starts_with(' ');
        matches!(c, '+' | '&' | '_') || (c == '-' && spaced())
    });
    let words = EXTRAS_FOLLOW.iter().filter_map(|w| title.find(w));
    let cut = marks.map(|m| m.0).chain(words).filter(|&at| at > 0).min();
    &title[..cut.unwrap_or(title.len())]
}

/// A title without the choice in brackets at its end ("무드등 [파인그린]"), which does not make another gift.
fn without_choice(title: &str) -> &str {
    let bare = title.trim_end();
    let open = match bare.chars().next_back() {
        Some(']') => bare.rfind('['),
        Some(')') => bare.rfind('('),
        _ => None,
    };
    open.map(|at| &bare[..at])
        .filter(|rest| rest.chars().any(char::is_alphanumeric))
        .unwrap_or(bare)
}

/// Words that announce extras.
const EXTRAS_FOLLOW: &[&str] = &["사은품", "(증정", "[증정"];
/// Words that make an extra of the thing before them ("머그컵 세트 스푼 증정").
const EXTRAS_PRECEDE: &[&str] = &["증정", "포함", "동봉"];

/// The concepts a product is, strongest first. Korean titles name the thing last ("낚시 의자 커버"), so the last one found leads.
/// A concept of another department than the shop put the product in is doubted ("과일 무늬 수세미 뜨기").
fn concepts(lexicon: &Lexicon, hints: &Hints<'_>) -> Vec<(ConceptIndex, f32)> {
    let &Hints {
        squeezed,
        title,
        main_end,
        brand,
        tags,
        labels,
        department,
    } = hints;
    /// The thing that a title is about, and what it mentions besides.
    const LEADS: f32 = 0.9;
    const MENTIONED: f32 = 0.6;
    /// A brand's bare name is the weakest hint.
    const BRANDED: f32 = 0.3;
    /// The last label, where it is the very name of a thing and the title names none.
    const LABELLED: f32 = 0.63;
    /// Where another thing in the product fits the shop's department, and where nothing does.
    const OUTDONE: f32 = 0.45;
    const DOUBTED: f32 = 0.55;
    let mut found: Vec<(ConceptIndex, f32)> = Vec::with_capacity(8);
    let mut add =
        |concept: ConceptIndex, confidence: f32| match found.iter_mut().find(|f| f.0 == concept) {
            // Independent hints add up without passing certainty.
            Some(known) => known.1 = 1.0 - (1.0 - known.1) * (1.0 - confidence * 0.6),
            None => found.push((concept, confidence)),
        };
    let of = |f: &Found| f.concepts().collect::<Vec<_>>();
    let lines = |f: &Found| -> Vec<ConceptIndex> {
        let brands = f.brands().map(|b| lexicon.brand(b));
        brands
            .filter(|b| b.line)
            .flat_map(|b| b.concepts.iter().copied())
            .collect()
    };
    let things: Vec<&Found> = title
        .iter()
        .filter(|f| f.concepts().next().is_some())
        .collect();
    // The last thing before the extras leads, a brand's line only where no noun does.
    let leader = things
        .iter()
        .rev()
        .find(|f| {
            let behind = &squeezed.as_str()[f.range.end..];
            let extra = EXTRAS_PRECEDE.iter().any(|w| behind.starts_with(w));
            f.range.end <= main_end && !extra
        })
        .or_else(|| things.last())
        .map(|f| f.range.clone());
    // "에어팟 케이스" is made for the thing, it is not the thing.
    let accessory = ACCESSORIES.iter().any(|w| squeezed.as_str().contains(w));
    for word in title {
        let leads = leader.as_ref() == Some(&word.range);
        for concept in of(word) {
            add(concept, if leads { LEADS } else { MENTIONED });
        }
        for concept in lines(word) {
            add(
                concept,
                match leader {
                    _ if accessory => BRANDED,
                    None => LEADS,
                    Some(_) => MENTIONED,
                },
            );
        }
    }
    let unnamed = title
        .iter()
        .all(|f| of(f).is_empty() && lines(f).is_empty());
    for concept in brand.iter().flat_map(|b| &b.concepts) {
        add(*concept, BRANDED);
    }
    for words in tags {
        let named = lexicon.find_in(words);
        named.iter().flat_map(of).for_each(|c| add(c, 0.45));
    }
    for (i, words) in labels.iter().enumerate() {
        let named = lexicon.find_in(words);
        // A label of several things ("과일・소고기") says less of each.
        let things = named.iter().filter(|w| !of(w).is_empty()).count().max(1);
        for word in named {
            let whole = word.range == (0..words.as_str().len());
            let sure = unnamed && whole && i + 1 == labels.len();
            let confidence = if sure { LABELLED } else { 0.5 / things as f32 };
            of(&word).into_iter().for_each(|c| add(c, confidence));
        }
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

/// Occasions that a title says it is for. Who gives at one of two alike occasions gives the same.
fn named_occasions(title: &[Found]) -> u32 {
    let alike: [&[Occasion]; 2] = [
        &[Occasion::Seollal, Occasion::Chuseok],
        &[Occasion::Anniversary, Occasion::HundredDays],
    ];
    let meanings = title.iter().flat_map(|f| f.meanings.iter());
    let named = meanings.filter_map(|m| match m {
        Meaning::Occasion(o) => Some(*o),
        _ => None,
    });
    let group = |o: Occasion| {
        let alike = alike.iter().find(|group| group.contains(&o));
        alike.map_or(1 << o.index(), |g| {
            g.iter().fold(0, |bits, o| bits | 1 << o.index())
        })
    };
    named.fold(0, |bits, o| bits | group(o))
}

/// Relations that a title says it is for, with those to whom one gives the same.
fn named_relations(title: &[Found]) -> u32 {
    let alike: [&[Relation]; 2] = [
        &[Relation::Lover, Relation::Spouse, Relation::Crush],
        &[
            Relation::Parent,
            Relation::ParentInLaw,
            Relation::Grandparent,
        ],
    ];
    let meanings = title.iter().flat_map(|f| f.meanings.iter());
    let named = meanings.filter_map(|m| match m {
        Meaning::Relation(r) => Some(*r),
        _ => None,
    });
    let group = |r: Relation| {
        let alike = alike.iter().find(|group| group.contains(&r));
        alike.map_or(1 << r.index(), |g| {
            g.iter().fold(0, |bits, r| bits | 1 << r.index())
        })
    };
    named.fold(0, |bits, r| bits | group(r))
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
