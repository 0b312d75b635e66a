//! Which gift of a list keeps another one out of it, by the same limits on repetition that the composer keeps.

use super::{Composer, Face, PER_BRAND};
use crate::catalogue::{Catalogue, DocId};
use crate::lexicon::ConceptIndex;

/// Why a list has no room for a product, as far as its own gifts are the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rank) enum StandIn {
    /// This gift is the same one to a guest.
    Same(DocId),
    /// So many gifts of its brand.
    Brand(usize),
    /// So many gifts of its kind.
    Kind(ConceptIndex, usize),
    /// So many gifts of its category.
    Category(usize),
}

/// Whether two products are the same gift to a guest.
pub(in crate::rank) fn same_gift(catalogue: &Catalogue, a: DocId, b: DocId) -> bool {
    Face::of(catalogue, a).is_same_gift(&Face::of(catalogue, b))
}

impl Composer<'_> {
    /// What keeps a product out of a finished list of other products.
    pub(in crate::rank) fn stand_in(
        mut self,
        listed: impl Iterator<Item = DocId>,
        doc: DocId,
    ) -> Option<StandIn> {
        let catalogue = self.context.catalogue;
        self.faces = listed.map(|d| Face::of(catalogue, d)).collect();
        let face = Face::of(catalogue, doc);
        if let Some(same) = self.faces.iter().find(|f| f.is_same_gift(&face)) {
            return Some(StandIn::Same(same.doc));
        }
        let count = |alike: &dyn Fn(&Face) -> bool| self.faces.iter().filter(|f| alike(f)).count();
        let brand = count(&|f| f.document.brand == face.document.brand);
        if Catalogue::has_brand(&face.document) && brand >= PER_BRAND {
            return Some(StandIn::Brand(brand));
        }
        let kind = count(&|f| f.kind == face.kind);
        if let Some(concept) = face.kind.filter(|_| kind >= self.per_kind) {
            return Some(StandIn::Kind(concept, kind));
        }
        let category = count(&|f| f.category == face.category);
        (face.category != 0 && category >= self.per_category).then_some(StandIn::Category(category))
    }
}
