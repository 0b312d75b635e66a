//! Weight of a term in a product: BM25F (Robertson, Zaragoza and Taylor 2004), the fields of a product weighted before the frequency is
//! saturated, each normalised by its usual length in this catalogue. All of it but the rarity of the term is known when the snapshot
//! is built, so one byte per posting holds it.

use super::analysis::{Analysed, Counts, Lengths};

/// What one occurrence counts by where it stands.
const TITLE: f32 = 2.0;
const BRAND: f32 = 1.6;
const TAGS: f32 = 1.0;
const CATEGORY: f32 = 1.2;
const DESCRIPTION: f32 = 0.4;
/// How far a field longer than usual makes its words count less, 0 to 1. A long title is often only a careful one.
const TITLE_LENGTH: f32 = 0.5;
const TAGS_LENGTH: f32 = 0.4;
const DESCRIPTION_LENGTH: f32 = 0.7;
/// Frequency at which a term has half its full weight.
const K1: f32 = 1.8;

/// The usual lengths of a catalogue's fields.
pub(super) struct Usual {
    title: f32,
    tags: f32,
    description: f32,
}

impl Usual {
    /// Means over the products that have the field at all.
    pub(super) fn of(products: &[Analysed]) -> Self {
        let mean = |length: fn(&Lengths) -> u16| {
            let lengths = products
                .iter()
                .map(|p| length(&p.lengths))
                .filter(|&l| l > 0);
            let (sum, n) = lengths.fold((0u64, 0u64), |(sum, n), l| (sum + u64::from(l), n + 1));
            sum as f32 / n.max(1) as f32
        };
        Self {
            title: mean(|l| l.title).max(1.0),
            tags: mean(|l| l.tags).max(1.0),
            description: mean(|l| l.description).max(1.0),
        }
    }

    /// Weight of a term, 1 to 255.
    pub(super) fn weight(&self, counts: Counts, lengths: &Lengths) -> u8 {
        let field = |count: u8, weight: f32, b: f32, length: u16, usual: f32| {
            weight * f32::from(count) / (1.0 - b + b * f32::from(length) / usual)
        };
        let frequency = field(counts.title, TITLE, TITLE_LENGTH, lengths.title, self.title)
            + BRAND * f32::from(counts.brand)
            + field(counts.tags, TAGS, TAGS_LENGTH, lengths.tags, self.tags)
            + CATEGORY * f32::from(counts.category)
            + field(
                counts.description,
                DESCRIPTION,
                DESCRIPTION_LENGTH,
                lengths.description,
                self.description,
            );
        (255.0 * frequency / (frequency + K1)).max(1.0) as u8
    }
}
