//! Composition: from scored candidates to a list in which every keyword has its share and no brand, kind or title repeats itself.

mod stand_in;

pub(super) use stand_in::{StandIn, same_gift};

use super::guard::Guard;
use super::signals::{Candidate, Context};
use super::{Constraint, MAX_LIMIT};
use crate::catalogue::{Catalogue, DocId, Document, likeness};
use crate::lexicon::ConceptIndex;

/// Gifts of one brand in a list.
const PER_BRAND: usize = 2;
/// What each place among the preferred is worth: more than scores ever differ by.
const PREFERRED: f32 = 10.0;
/// From this likeness of titles on, two products are the same gift to a guest.
const NEAR_IDENTICAL: f32 = 0.5;
/// Near equals among which the last place is drawn, and how near they must be.
const DRAWN_AMONG: usize = 4;
const DRAW_WITHIN: f32 = 0.12;

/// A chosen gift.
#[derive(Debug, Clone)]
pub(super) struct Pick {
    pub candidate: Candidate,
    /// The wish that was loosened for it.
    pub loosened: Option<Constraint>,
    pub explore: bool,
    pub propensity: f64,
}

/// What repetition is judged by.
struct Face {
    doc: DocId,
    document: Document,
    kind: Option<ConceptIndex>,
    category: u32,
}

/// Builds the list stage by stage; each stage may only fill the places that are left.
pub(super) struct Composer<'a> {
    context: &'a Context<'a>,
    guard: &'a Guard<'a>,
    limit: usize,
    picks: Vec<Pick>,
    faces: Vec<Face>,
    /// Gifts so far by keyword.
    served: Vec<usize>,
    /// Share of the list that each keyword is due.
    due: Vec<f32>,
    per_kind: usize,
    per_category: usize,
}

impl<'a> Composer<'a> {
    pub(super) fn new(context: &'a Context<'a>, guard: &'a Guard<'a>, limit: usize) -> Self {
        let keywords = context.plans.len();
        let total: f32 = context.plans.iter().map(|p| p.weight).sum();
        // One keyword may well be answered by one kind of thing; five should not be.
        let per_kind = if keywords == 0 {
            1.max(limit / 4)
        } else {
            limit.div_ceil(keywords).max(2)
        };
        let open_choice = keywords == 0
            && context
                .profile
                .category
                .is_none_or(|c| c == crate::profile::Category::Any);
        Self {
            context,
            guard,
            limit,
            picks: Vec::with_capacity(limit),
            faces: Vec::with_capacity(limit),
            served: vec![0; keywords],
            due: context.plans.iter().map(|p| p.weight / total).collect(),
            per_kind,
            per_category: if open_choice {
                limit.div_ceil(3).max(2)
            } else {
                limit
            },
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.picks.len() >= self.limit
    }

    pub(super) fn is_empty(&self) -> bool {
        self.picks.is_empty()
    }

    /// Adds the best of a pool while there is room. `loosened` is the wish that the pool leaves out; with
    /// [`Constraint::Diversity`] the limits on kinds and categories are off.
    pub(super) fn fill(&mut self, pool: &[Candidate], loosened: Option<Constraint>) {
        if self.is_full() {
            return;
        }
        let capped = loosened != Some(Constraint::Diversity);
        let mut pool = self.entries(pool);
        while !self.is_full() {
            let Some(best) = self.best(&pool) else { break };
            if !self.admits(&pool[best].face, capped) {
                pool.swap_remove(best);
                continue;
            }
            let last = self.picks.len() + 1 == self.limit && loosened.is_none();
            let (at, explore, propensity) = if last {
                self.draw(&pool, best, capped)
            } else {
                (best, false, 1.0)
            };
            let entry = pool.swap_remove(at);
            if !self.guard.admits_title(entry.candidate.doc) {
                continue;
            }
            self.take(entry, loosened, explore, propensity, &mut pool);
        }
    }

    /// The last resort of a shop with few brands: the limit on brands is off as well.
    pub(super) fn fill_same_brand(&mut self, pool: &[Candidate]) {
        let mut pool = self.entries(pool);
        while !self.is_full() {
            let Some(best) = self.best(&pool) else { break };
            let entry = pool.swap_remove(best);
            if self.repeats(&entry.face) {
                continue;
            }
            self.take(entry, Some(Constraint::Diversity), false, 1.0, &mut pool);
        }
    }

    /// The list, best score first; gifts for which a wish was loosened stand last.
    pub(super) fn finish(self) -> Vec<Pick> {
        let preferred = &self.context.params.preferred;
        let preference = |p: &Pick| {
            let place = preferred.iter().position(|d| *d == p.candidate.doc);
            place.unwrap_or(preferred.len())
        };
        let mut picks = self.picks;
        let late = |p: &Pick| p.loosened.filter(|&c| c != Constraint::Diversity);
        picks.sort_by(|a, b| {
            let by_wish = late(a).cmp(&late(b));
            let by_preference = preference(a).cmp(&preference(b));
            by_wish
                .then(by_preference)
                .then(b.candidate.score.total_cmp(&a.candidate.score))
                .then(a.candidate.doc.cmp(&b.candidate.doc))
        });
        picks
    }

    fn entries(&self, pool: &[Candidate]) -> Vec<Entry> {
        let entry = |candidate: &Candidate| {
            let face = Face::of(self.context.catalogue, candidate.doc);
            let likeness = self
                .faces
                .iter()
                .map(|f| f.alike(&face))
                .fold(0.0, f32::max);
            Entry {
                candidate: candidate.clone(),
                face,
                likeness,
            }
        };
        pool.iter().map(entry).collect()
    }

    fn take(
        &mut self,
        entry: Entry,
        loosened: Option<Constraint>,
        explore: bool,
        propensity: f64,
        pool: &mut [Entry],
    ) {
        for other in pool.iter_mut() {
            other.likeness = other.likeness.max(entry.face.alike(&other.face));
        }
        for (keyword, served) in self.served.iter_mut().enumerate() {
            *served += (entry.candidate.matched >> keyword & 1) as usize;
        }
        self.faces.push(entry.face);
        self.picks.push(Pick {
            candidate: entry.candidate,
            loosened,
            explore,
            propensity,
        });
    }

    fn admits(&self, face: &Face, capped: bool) -> bool {
        if self.repeats(face) {
            return false;
        }
        let same = |alike: &dyn Fn(&Face) -> bool| self.faces.iter().filter(|f| alike(f)).count();
        if Catalogue::has_brand(&face.document)
            && same(&|f| f.document.brand == face.document.brand) >= PER_BRAND
        {
            return false;
        }
        // One more of a kind is a small loss; a list of one kind is no list.
        let per_kind = self.per_kind + usize::from(!capped);
        let kind = face.kind.is_none() || same(&|f| f.kind == face.kind) < per_kind;
        if !capped {
            return kind;
        }
        kind && (face.category == 0 || same(&|f| f.category == face.category) < self.per_category)
    }

    /// Whether it is the same gift as one in the list, to a guest.
    fn repeats(&self, face: &Face) -> bool {
        self.faces.iter().any(|f| f.is_same_gift(face))
    }

    /// A keyword that nobody serves yet comes first, by weight; then the best by score, share of keywords and variety.
    fn best(&self, pool: &[Entry]) -> Option<usize> {
        let wanted = self.unserved(pool).map_or(u32::MAX, |k| 1 << k);
        let mut best: Option<(usize, f32, DocId)> = None;
        for (at, entry) in pool.iter().enumerate() {
            if wanted != u32::MAX && entry.candidate.matched & wanted == 0 {
                continue;
            }
            let (value, doc) = (self.value(entry), entry.candidate.doc);
            if best.is_none_or(|(_, top, first)| value > top || (value == top && doc < first)) {
                best = Some((at, value, doc));
            }
        }
        best.map(|b| b.0)
    }

    /// The heaviest keyword without a gift for which the pool holds one.
    fn unserved(&self, pool: &[Entry]) -> Option<usize> {
        let offered = pool.iter().fold(0u32, |bits, e| bits | e.candidate.matched);
        let waiting =
            (0..self.served.len()).filter(|&k| self.served[k] == 0 && offered >> k & 1 == 1);
        waiting.max_by(|&a, &b| {
            self.context.plans[a]
                .weight
                .total_cmp(&self.context.plans[b].weight)
                .then(b.cmp(&a))
        })
    }

    fn value(&self, entry: &Entry) -> f32 {
        let weights = self.context.weights;
        let first = self.preference(entry.candidate.doc).map_or(0.0, |place| {
            PREFERRED * (MAX_LIMIT - place.min(MAX_LIMIT)) as f32
        });
        first + entry.candidate.score - weights.variety * entry.likeness
            + weights.share * self.need(entry.candidate.matched)
    }

    /// The place of a product among those that come first.
    fn preference(&self, doc: DocId) -> Option<usize> {
        let preferred = &self.context.params.preferred;
        preferred.iter().position(|d| *d == doc)
    }

    /// How far the neediest of the matched keywords is below its share of the list, in gifts, at most 1.
    fn need(&self, matched: u32) -> f32 {
        let places = (self.picks.len() + 1) as f32;
        let (mut left, mut most) = (matched, 0.0f32);
        while left != 0 {
            let k = left.trailing_zeros() as usize;
            most = most.max(self.due[k] * places - self.served[k] as f32);
            left &= left - 1;
        }
        most.min(1.0)
    }

    /// Draws the last place among near equals, so that the shop learns about more than its favourites. The draw depends on the
    /// seed and the candidates alone, and its probability is recorded.
    fn draw(&self, pool: &[Entry], best: usize, capped: bool) -> (usize, bool, f64) {
        if self.unserved(pool).is_some() {
            return (best, false, 1.0);
        }
        let top = self.value(&pool[best]);
        let valued = pool.iter().enumerate().map(|(at, e)| (at, self.value(e)));
        let mut near: Vec<(usize, f32)> = valued
            .filter(|&(at, v)| top - v <= DRAW_WITHIN && self.admits(&pool[at].face, capped))
            .collect();
        near.sort_by(|a, b| {
            b.1.total_cmp(&a.1)
                .then(pool[a.0].candidate.doc.cmp(&pool[b.0].candidate.doc))
        });
        near.truncate(DRAWN_AMONG);
        let weights: Vec<f64> = near
            .iter()
            .map(|(_, v)| f64::from((v - top) / DRAW_WITHIN).exp())
            .collect();
        let total: f64 = weights.iter().sum();
        let mut point = unit(self.context.params.seed, pool[best].candidate.doc) * total;
        let chosen = weights.iter().position(|w| {
            point -= w;
            point < 0.0
        });
        let chosen = chosen.unwrap_or(0);
        (near[chosen].0, chosen != 0, weights[chosen] / total)
    }
}

/// A number in [0, 1) from a seed and a document: SplitMix64 (Steele, Lea and Flood 2014).
fn unit(seed: u64, doc: DocId) -> f64 {
    let mut z = seed
        .wrapping_add(u64::from(doc))
        .wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Likeness of two products as gifts, 0 to 1.
pub(crate) fn likeness_of(catalogue: &Catalogue, a: DocId, b: DocId) -> f32 {
    Face::of(catalogue, a).alike(&Face::of(catalogue, b))
}

struct Entry {
    candidate: Candidate,
    face: Face,
    /// To the most alike gift in the list so far.
    likeness: f32,
}

impl Face {
    fn of(catalogue: &Catalogue, doc: DocId) -> Self {
        let document = catalogue.documents()[doc as usize];
        let kind = catalogue.concepts_of(&document).next().map(|c| c.0);
        let category = document.category_bits & document.category_bits.wrapping_neg();
        Self {
            doc,
            document,
            kind,
            category,
        }
    }

    /// Whether it is the same gift to a guest: one product, one picture or nearly one title.
    fn is_same_gift(&self, other: &Self) -> bool {
        let picture = self.document.image != 0 && self.document.image == other.document.image;
        self.doc == other.doc
            || picture
            || likeness(&self.document.signature, &other.document.signature) >= NEAR_IDENTICAL
    }

    /// Likeness to another gift, 0 to 1: kind, then department, then words of the title.
    fn alike(&self, other: &Self) -> f32 {
        let kind = if self.kind.is_some() && self.kind == other.kind {
            0.5
        } else {
            0.0
        };
        let category = if self.category != 0 && self.category == other.category {
            0.15
        } else {
            0.0
        };
        let brand = if Catalogue::has_brand(&self.document)
            && self.document.brand == other.document.brand
        {
            0.2
        } else {
            0.0
        };
        (kind
            + category
            + brand
            + 0.5 * likeness(&self.document.signature, &other.document.signature))
        .min(1.0)
    }
}
