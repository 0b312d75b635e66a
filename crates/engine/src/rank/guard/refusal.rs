//! Why the guard refuses a product: the same checks in words that can be told.

use super::{Guard, Title, squeeze};
use crate::catalogue::DocId;
use crate::lexicon::ConceptIndex;
use crate::profile::Audience;
use crate::rank::fits::refusing_word;
use crate::rank::grounds::Grounds;

/// Why a product may not be shown to this guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rank) enum Refusal {
    /// The law forbids such goods.
    ByLaw,
    /// It costs more than the law allows for such goods.
    OverLegalLimit,
    /// It is known not to arrive in time; so many days it takes.
    TooLate(u8),
    /// It is made for somebody else.
    MadeFor(Audience),
    /// The guest does not want what this word names.
    Word(String),
    /// It was excluded by its id.
    Excluded,
    /// Such a thing is out of the question for this person.
    Unsuitable(ConceptIndex),
}

impl Guard<'_> {
    /// Why a product may not be shown; `None` exactly when it may, in whatever category.
    pub(in crate::rank) fn refusal(&self, grounds: &Grounds<'_>, doc: DocId) -> Option<Refusal> {
        let document = &self.catalogue.documents()[doc as usize];
        if document.flags & self.forbidden_flags != 0 {
            return Some(Refusal::ByLaw);
        }
        if doc >= self.plain_end && document.flags & self.excepted_flags == 0 {
            return Some(Refusal::OverLegalLimit);
        }
        if let Some(audience) = self.other_audience(document.audience) {
            return Some(Refusal::MadeFor(audience));
        }
        if let Some(word) = self.word_in_title(grounds, doc) {
            return Some(Refusal::Word(word));
        }
        if self.excluded.binary_search(&doc).is_ok() {
            return Some(Refusal::Excluded);
        }
        if self.comes_too_late(document) {
            return Some(Refusal::TooLate(document.delivery_days));
        }
        let concept = self.unwelcome_kind(document)?;
        let kind = grounds.engine.lexicon().concept(concept);
        if let Some(audience) = self.other_audience(kind.audience.bit()) {
            return Some(Refusal::MadeFor(audience));
        }
        let word = refusing_word(grounds.engine, &grounds.profile, concept);
        Some(word.map_or(Refusal::Unsuitable(concept), |w| {
            Refusal::Word(w.to_owned())
        }))
    }

    /// The audience among these bits that this recipient is not part of.
    fn other_audience(&self, bits: u8) -> Option<Audience> {
        let mut audiences = Audience::ALL.iter().copied();
        audiences.find(|a| a.bit() & bits & self.forbidden_audience != 0)
    }

    fn word_in_title(&self, grounds: &Grounds<'_>, doc: DocId) -> Option<String> {
        let title = Title::of(self.catalogue, doc);
        let mut words = grounds.profile.avoid.iter();
        words.find(|w| title.names(&squeeze(w))).cloned()
    }
}
