//! Safe or special, as the guest leans. Without a leaning it says nothing.

use super::{Context, Kinds};
use crate::lexicon::ConceptIndex;

pub(super) fn value(context: &Context<'_>, kinds: &Kinds<'_>) -> f32 {
    if context.style == 0.0 {
        0.0
    } else {
        kinds.mean(0.0, |c| of_concept(context, c))
    }
}

pub(super) fn of_concept(context: &Context<'_>, concept: ConceptIndex) -> f32 {
    let kind = context.engine.lexicon().concept(concept);
    context.style * (0.7 * kind.special + 0.3 * kind.risk)
}
