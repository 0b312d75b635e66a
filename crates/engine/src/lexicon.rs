//! What the engine knows about gifts: concepts, tastes, brands, vague words and the words that name a person or a situation.
//! Built once from the data files; `lexicon/files.rs` reads and checks them, `lexicon/words.rs` finds their words in a text,
//! `lexicon/mending.rs` corrects the misspelt ones.

mod files;
mod mending;
mod words;

pub(crate) use mending::Manner;

pub use words::{Found, Meaning};
pub(crate) use words::{WordIndex, WordIndexBuilder};

use crate::DataError;
use crate::profile::{AgeBand, Audience, Category, Gender, Occasion, Relation};
use crate::text::{Squeezed, normalise};
use std::collections::HashMap;

/// Position of a concept in [`Lexicon::concepts`].
pub type ConceptIndex = u16;
/// Position of a taste in [`Lexicon::tastes`].
pub type TasteIndex = u8;

/// Position of a brand or a line among [`Lexicon::brand`]'s.
pub type BrandIndex = u16;

/// A kind of thing that can be given, with how well it suits whom. Fits run from 0 (never) to 1 (made for it).
#[derive(Debug, Clone)]
pub struct Concept {
    /// Stable id, snake_case.
    pub id: String,
    /// Korean name as a guest reads it.
    pub ko: String,
    /// English name.
    pub en: String,
    /// Department it belongs to.
    pub category: Category,
    /// A broader concept that it is a kind of.
    pub parent: Option<ConceptIndex>,
    /// Concepts that go well with it.
    pub goes_with: Vec<ConceptIndex>,
    /// Usual price band in won.
    pub price: (u32, u32),
    /// Fit to each relation.
    pub relation: [f32; Relation::COUNT],
    /// Fit to each age band.
    pub age: [f32; AgeBand::COUNT],
    /// Fit to female, male, and either.
    pub gender: [f32; Gender::COUNT],
    /// Fit to each occasion.
    pub occasion: [f32; Occasion::COUNT],
    /// Tastes whose owners are glad of it, one bit each.
    pub tastes: u128,
    /// The first of them, which it exists for.
    pub main_taste: Option<TasteIndex>,
    /// -1 practical to 1 special.
    pub special: f32,
    /// -1 safe for anyone to 1 risky when the taste is unknown.
    pub risk: f32,
    /// How much it depends on personal taste, size or skin, 0 to 1.
    pub taste_risk: f32,
    /// 0 casual to 1 formal.
    pub formality: f32,
    /// Months in which it is wanted, bit 1 to 12; 0 is all year.
    pub season: u16,
    /// For whom it is made.
    pub audience: Audience,
}

impl Concept {
    /// Name in a language.
    pub fn name(&self, lang: crate::Lang) -> &str {
        lang.pick(&self.ko, &self.en)
    }
}

/// Something a person likes to do or have.
#[derive(Debug, Clone)]
pub struct Taste {
    /// Stable id, snake_case.
    pub id: String,
    /// Korean name.
    pub ko: String,
    /// English name.
    pub en: String,
    /// Share of people who are glad of a gift from this taste although nobody named it, 0 to 1.
    pub common: f32,
}

/// A word that sounds like a wish but names no thing ("감성", "고급"): it leans towards styles and tastes.
#[derive(Debug, Clone, Default)]
pub struct Vague {
    /// Tastes it leans to, with strength 0 to 1.
    pub tastes: Vec<(TasteIndex, f32)>,
    /// Categories it leans to, with strength 0 to 1.
    pub categories: Vec<(Category, f32)>,
    /// Leaning from practical (-1) to special (1).
    pub special: f32,
    /// Leaning from safe (-1) to risky (1).
    pub risk: f32,
    /// Leaning from casual to formal.
    pub formality: f32,
    /// Says nothing at all ("선물", "용품").
    pub filler: bool,
    /// Tastes that such a person should not be given anything of.
    pub avoid: Vec<TasteIndex>,
}

/// A brand, or a line of one.
#[derive(Debug, Clone)]
pub struct Brand {
    /// Korean name.
    pub ko: String,
    /// What its bare name stands for; none where it makes all sorts of things.
    pub concepts: Vec<ConceptIndex>,
    /// A line ("에어팟") is a thing; a brand ("나이키") only tells things of others apart.
    pub line: bool,
}

/// All gift knowledge, immutable.
#[derive(Debug)]
pub struct Lexicon {
    pub(crate) concepts: Vec<Concept>,
    pub(crate) tastes: Vec<Taste>,
    pub(crate) vague: Vec<Vague>,
    brands: Vec<Brand>,
    concept_ids: HashMap<String, ConceptIndex>,
    taste_ids: HashMap<String, TasteIndex>,
    brand_names: HashMap<String, BrandIndex>,
    mender: mending::Mender,
    words: WordIndex,
    audience_words: WordIndex,
}

impl Lexicon {
    /// The lexicon of the embedded data files.
    ///
    /// # Errors
    /// A data file that breaks its schema, with file and line.
    pub fn embedded() -> Result<Self, DataError> {
        files::load()
    }

    /// Every concept.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// Every taste.
    pub fn tastes(&self) -> &[Taste] {
        &self.tastes
    }

    /// One concept.
    pub fn concept(&self, index: ConceptIndex) -> &Concept {
        &self.concepts[usize::from(index)]
    }

    /// A concept by its id.
    pub fn concept_by_id(&self, id: &str) -> Option<ConceptIndex> {
        self.concept_ids.get(id).copied()
    }

    /// A taste by its id.
    pub fn taste_by_id(&self, id: &str) -> Option<TasteIndex> {
        self.taste_ids.get(id).copied()
    }

    /// One vague word group.
    pub fn vague(&self, index: u16) -> &Vague {
        &self.vague[usize::from(index)]
    }

    /// One brand or line.
    pub fn brand(&self, index: BrandIndex) -> &Brand {
        &self.brands[usize::from(index)]
    }

    /// The brand that a product's brand field names, the whole of it.
    pub fn brand_of_field(&self, squeezed: &Squeezed) -> Option<&Brand> {
        self.brand_names
            .get(squeezed.as_str())
            .map(|&index| self.brand(index))
    }

    /// A normalised text with its misspelt words put right; none where there is nothing to correct.
    pub(crate) fn mend(&self, normalised: &str, manner: Manner) -> Option<String> {
        self.mender.mend(&self.words, normalised, manner)
    }

    /// What the last word of a normalised keyword names together with an earlier one that it does not stand beside:
    /// "캠핑용 접이식 의자" is a "캠핑 의자". None where the text says nothing of the kind, or says it without a gap.
    pub fn compound(&self, normalised: &str) -> Option<ConceptIndex> {
        /// Words of a keyword that are tried.
        const WORDS: usize = 6;
        let words: Vec<&str> = normalised.split(' ').take(WORDS).collect();
        let (last, earlier) = words.split_last()?;
        let apart = earlier.get(..earlier.len().checked_sub(1)?)?;
        apart.iter().find_map(|word| {
            let joined =
                [word, word.strip_suffix('용').unwrap_or(word)].map(|w| format!("{w}{last}"));
            joined.iter().find_map(|text| {
                let squeezed = Squeezed::new(text);
                let found = self
                    .mender
                    .knows(text)
                    .then(|| self.words.find(&squeezed))?;
                let whole = found
                    .iter()
                    .find(|f| f.range == (0..squeezed.as_str().len()))?;
                whole.concepts().next()
            })
        })
    }

    /// The known words in a text, longest match first, in order, not overlapping.
    pub fn find(&self, text: &str) -> Vec<Found> {
        self.words.find(&Squeezed::new(&normalise(text)))
    }

    /// As [`Self::find`] for a text that is already squeezed.
    pub fn find_in(&self, squeezed: &Squeezed) -> Vec<Found> {
        self.words.find(squeezed)
    }

    /// Bits of the audiences that a product's words name.
    pub fn audience_bits(&self, squeezed: &Squeezed) -> u8 {
        self.audience_words
            .find(squeezed)
            .iter()
            .flat_map(|f| f.meanings.iter())
            .map(|m| {
                if let Meaning::Audience(a) = m {
                    a.bit()
                } else {
                    0
                }
            })
            .fold(0, |bits, b| bits | b)
    }
}
