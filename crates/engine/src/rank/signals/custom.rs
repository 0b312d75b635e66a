//! Customs of this occasion and relation: what speaks against the product is taken off, what speaks for it is added.

use super::{Candidate, Context};
use crate::catalogue::Document;

pub(super) fn value(context: &Context<'_>, document: &Document) -> f32 {
    let customs = context.catalogue.customs_of(document);
    let values = customs.map(|c| context.customs[usize::from(c)]);
    values.sum::<f32>().clamp(-1.0, 1.0)
}

pub(super) fn because(context: &Context<'_>, candidate: &Candidate) -> Vec<String> {
    let document = &context.catalogue.documents()[candidate.doc as usize];
    let customs = context.engine.rules().customs();
    let mut because: Vec<String> = Vec::new();
    for custom in context.catalogue.customs_of(document) {
        if context.customs[usize::from(custom)] == 0.0 {
            continue;
        }
        for question in customs.because(custom) {
            if !because.iter().any(|b| b == question) {
                because.push(question.to_owned());
            }
        }
    }
    because
}
