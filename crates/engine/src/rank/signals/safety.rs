//! How little can go wrong: things that depend on size, shade or personal taste are risky while the taste is unknown,
//! and so are things for a taste that few have.

use super::{Context, Kinds};
use crate::lexicon::ConceptIndex;

/// Where nothing is recognised, the middle.
const UNKNOWN: f32 = 0.5;

/// What a gift for a rare taste risks when nobody named the taste.
const RARE: f32 = 0.3;

pub(super) fn value(context: &Context<'_>, kinds: &Kinds<'_>) -> f32 {
    kinds.mean(UNKNOWN, |c| of_concept(context, c))
}

pub(super) fn of_concept(context: &Context<'_>, concept: ConceptIndex) -> f32 {
    let kind = context.engine.lexicon().concept(concept);
    let known = context.fits.taste[usize::from(concept)];
    let tastes = context.engine.lexicon().tastes();
    let rare = kind
        .main_taste
        .map_or(0.0, |t| 1.0 - tastes[usize::from(t)].common);
    let risk = 0.6 * kind.taste_risk + 0.4 * (kind.risk + 1.0) / 2.0;
    1.0 - (risk + RARE * rare).min(1.0) * (1.0 - 0.7 * known)
}
