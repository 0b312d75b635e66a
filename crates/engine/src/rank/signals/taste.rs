//! Whether people with the recipient's tastes are glad of it.

use super::{Candidate, Context, Kinds};

pub(super) fn value(context: &Context<'_>, kinds: &Kinds<'_>) -> f32 {
    kinds.mean(0.0, |c| context.fits.taste[usize::from(c)])
}

pub(super) fn because(context: &Context<'_>, candidate: &Candidate) -> Vec<String> {
    let lexicon = context.engine.lexicon();
    let document = &context.catalogue.documents()[candidate.doc as usize];
    let Some((index, _)) = context.catalogue.concepts_of(document).next() else {
        return Vec::new();
    };
    let concept = lexicon.concept(index);
    let profile = context.profile;
    let mut because: Vec<String> = Vec::new();
    let mut add = |id: &str| {
        if !because.iter().any(|b| b == id) {
            because.push(id.to_owned());
        }
    };
    profile
        .leanings
        .named
        .iter()
        .filter(|n| n.0 == index)
        .for_each(|n| add(&n.1));
    profile
        .leanings
        .tastes
        .iter()
        .filter(|(t, ..)| concept.tastes >> t & 1 == 1)
        .for_each(|t| add(&t.2));
    profile
        .leanings
        .categories
        .iter()
        .filter(|(c, ..)| *c == concept.category)
        .for_each(|c| add(&c.2));
    because
}
