//! What may be given at all, asked for kinds of things: the same guard that every list passes.

use super::grounds::Grounds;
use super::guard::Guard;
use crate::catalogue::Postings;
use crate::lexicon::ConceptIndex;
use crate::text::query_terms;

/// What law, custom, recipient, refusals and budget leave of the catalogue.
pub(crate) struct Allowance<'g> {
    grounds: &'g Grounds<'g>,
    guard: Guard<'g>,
}

impl<'g> Allowance<'g> {
    pub(crate) fn of(grounds: &'g Grounds<'g>) -> Self {
        Self {
            grounds,
            guard: grounds.guard(),
        }
    }

    /// Whether a concept may be given to this recipient, in stock or not.
    pub(crate) fn allows(&self, concept: ConceptIndex) -> bool {
        !self.grounds.verdict.nothing_allowed && self.guard.admits_concept(concept)
    }

    /// Products of a concept within the budget that may be given.
    pub(crate) fn products(&self, concept: ConceptIndex) -> usize {
        if !self.allows(concept) {
            return 0;
        }
        let catalogue = self.grounds.catalogue;
        let documents = catalogue.documents();
        let within = catalogue.concept(concept).within(&self.grounds.range());
        let admitted = |doc: &&u32| self.guard.admits(**doc, &documents[**doc as usize], 0);
        within.documents.iter().filter(admitted).count()
    }

    /// Whether a product within the budget that may be given holds every word of a text.
    pub(crate) fn holds_words(&self, text: &str) -> bool {
        let catalogue = self.grounds.catalogue;
        let range = self.grounds.range();
        let mut words: Vec<Postings<'_>> = query_terms(text)
            .into_iter()
            .map(|term| catalogue.term(term).within(&range))
            .collect();
        words.sort_by_key(|postings| postings.len());
        let Some((rarest, others)) = words.split_first() else {
            return false;
        };
        let documents = catalogue.documents();
        rarest.documents.iter().any(|&doc| {
            others.iter().all(|o| o.weight_of(doc).is_some())
                && self.guard.admits(doc, &documents[doc as usize], 0)
                && self.guard.admits_title(doc)
        })
    }
}
