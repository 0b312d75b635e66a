//! Candidates: the best few of each posting list within the price range, never the whole catalogue.

use super::guard::Guard;
use super::plan::{MATCHES, Plan, PlanTerm};
use super::signals::{Candidate, Context};
use crate::catalogue::{DocId, Postings};
use crate::lexicon::ConceptIndex;
use crate::profile::Category;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// Candidates kept for one keyword.
const PER_KEYWORD: usize = 32;
/// Candidates kept of one list when a keyword has several.
const PER_LIST: usize = 12;
/// Concepts looked at when the profile alone speaks, and candidates of each.
const FITTING_CONCEPTS: usize = 28;
const PER_FITTING_CONCEPT: usize = 6;
/// Postings read of one list at the most; a longer one is read at even steps, which leaves thousands to choose from.
const MAX_READ: usize = 4_096;
/// Share of a text's weight that a product must hold to be considered.
const MIN_COVERAGE: f32 = 0.55;

/// The best few by key; of equal keys the lower document stays.
struct Best {
    heap: BinaryHeap<Reverse<(i32, Reverse<DocId>)>>,
    room: usize,
}

impl Best {
    fn new(room: usize) -> Self {
        Self {
            heap: BinaryHeap::with_capacity(room + 1),
            room,
        }
    }

    fn wants(&self, key: i32, doc: DocId) -> bool {
        self.heap.len() < self.room
            || self
                .heap
                .peek()
                .is_some_and(|worst| (key, Reverse(doc)) > worst.0)
    }

    fn push(&mut self, key: i32, doc: DocId) {
        self.heap.push(Reverse((key, Reverse(doc))));
        if self.heap.len() > self.room {
            self.heap.pop();
        }
    }

    fn documents(self) -> impl Iterator<Item = DocId> {
        self.heap.into_iter().map(|Reverse((_, Reverse(doc)))| doc)
    }
}

/// Products that match a keyword.
pub(super) fn by_keywords(
    context: &Context<'_>,
    guard: &Guard<'_>,
    range: &Range<DocId>,
    category: Option<Category>,
) -> Vec<Candidate> {
    let bits = category.map_or(0, Category::bit);
    let mut docs: Vec<DocId> = Vec::with_capacity(context.plans.len() * PER_KEYWORD);
    for plan in context.plans {
        keyword_documents(context, guard, range, bits, plan, &mut docs);
    }
    let mut candidates = scored(context, docs);
    candidates.retain(|c| c.matched != 0);
    candidates
}

fn keyword_documents(
    context: &Context<'_>,
    guard: &Guard<'_>,
    range: &Range<DocId>,
    bits: u32,
    plan: &Plan<'_>,
    out: &mut Vec<DocId>,
) {
    let lexicon = context.engine.lexicon();
    let before = out.len();
    let mut lists: Vec<ConceptIndex> = plan
        .heads
        .iter()
        .copied()
        .filter(|&c| guard.admits_concept(c))
        .collect();
    if lists.is_empty() && (plan.tastes != 0 || plan.categories != 0) {
        let in_category = |c: &crate::lexicon::Concept| {
            plan.tastes == 0 && c.category.bit() & plan.categories != 0
        };
        let related = (0u16..)
            .zip(lexicon.concepts())
            .filter(|(_, c)| c.tastes & plan.tastes != 0 || in_category(c));
        lists.extend(
            related
                .map(|(index, _)| index)
                .filter(|&c| guard.admits_concept(c)),
        );
        // What exists for the taste comes first, then what suits this person best, and only so many are looked at.
        let by_the_way = |c: ConceptIndex| {
            lexicon
                .concept(c)
                .main_taste
                .is_none_or(|t| plan.tastes >> t & 1 == 0)
        };
        let promise = |c: ConceptIndex| context.concept_promise(c);
        lists.sort_by(|&a, &b| {
            by_the_way(a)
                .cmp(&by_the_way(b))
                .then(promise(b).total_cmp(&promise(a)))
                .then(a.cmp(&b))
        });
        lists.truncate(FITTING_CONCEPTS);
    }
    let room = if lists.len() > 2 {
        PER_LIST
    } else {
        PER_KEYWORD
    };
    for &concept in &lists {
        best_of_concept(context, guard, range, bits, concept, room, out);
    }
    if out.len() < before + PER_LIST {
        for &concept in plan.kin.iter().filter(|&&c| guard.admits_concept(c)) {
            best_of_concept(context, guard, range, bits, concept, PER_LIST, out);
        }
    }
    // Words beside a thing only tell its examples apart, unless there are hardly any.
    if !plan.terms.is_empty() && (plan.heads.is_empty() || out.len() < before + PER_LIST) {
        best_of_terms(
            context,
            guard,
            range,
            bits,
            &plan.terms,
            lists.is_empty(),
            out,
        );
    }
}

/// Products of the kinds that suit the profile best.
pub(super) fn by_fit(
    context: &Context<'_>,
    guard: &Guard<'_>,
    range: &Range<DocId>,
    category: Option<Category>,
) -> Vec<Candidate> {
    let bits = category.map_or(0, Category::bit);
    let concepts = context.engine.lexicon().concepts();
    let mut promising: Vec<(f32, ConceptIndex)> = (0u16..)
        .zip(concepts)
        .filter(|(index, concept)| {
            guard.admits_concept(*index) && (bits == 0 || concept.category.bit() & bits != 0)
        })
        .map(|(index, _)| (context.concept_promise(index), index))
        .collect();
    promising.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut docs = Vec::with_capacity(FITTING_CONCEPTS * PER_FITTING_CONCEPT);
    let mut used = 0;
    for (_, concept) in promising {
        let before = docs.len();
        best_of_concept(
            context,
            guard,
            range,
            bits,
            concept,
            PER_FITTING_CONCEPT,
            &mut docs,
        );
        used += usize::from(docs.len() > before);
        if used == FITTING_CONCEPTS {
            break;
        }
    }
    scored(context, docs)
}

/// Products that may be shown whatever they are, nearest to the usual price first; reads on until there are enough.
pub(super) fn anything(
    context: &Context<'_>,
    guard: &Guard<'_>,
    range: &Range<DocId>,
    category: Option<Category>,
    limit: usize,
) -> Vec<Candidate> {
    let bits = category.map_or(0, Category::bit);
    let documents = context.catalogue.documents();
    let start = context.target_document(range);
    let mut docs = Vec::with_capacity(limit * 4);
    let mut up = start..range.end;
    let mut down = (range.start..start).rev();
    loop {
        let (above, below) = (up.next(), down.next());
        if above.is_none() && below.is_none() {
            break;
        }
        docs.extend(
            [above, below].into_iter().flatten().filter(|&d| {
                guard.admits(d, &documents[d as usize], bits) && guard.admits_title(d)
            }),
        );
        if docs.len() >= limit * 4 {
            break;
        }
    }
    scored(context, docs)
}

fn best_of_concept(
    context: &Context<'_>,
    guard: &Guard<'_>,
    range: &Range<DocId>,
    bits: u32,
    concept: ConceptIndex,
    room: usize,
    out: &mut Vec<DocId>,
) {
    let postings = context.catalogue.concept(concept).within(range);
    let documents = context.catalogue.documents();
    let step = postings.len().div_ceil(MAX_READ).max(1);
    let mut best = Best::new(room);
    for at in (0..postings.len()).step_by(step) {
        let doc = postings.documents[at];
        let key = i32::from(postings.weights[at]) + context.closeness_key(doc);
        if best.wants(key, doc)
            && documents
                .get(doc as usize)
                .is_some_and(|d| guard.admits(doc, d, bits))
        {
            best.push(key, doc);
        }
    }
    out.extend(best.documents());
}

/// A list being read in order of documents.
struct Cursor<'c> {
    postings: Postings<'c>,
    share: f32,
    at: usize,
}

impl Cursor<'_> {
    fn doc(&self) -> Option<DocId> {
        self.postings.documents.get(self.at).copied()
    }

    /// Moves to the first document not before `doc`, in ever larger steps.
    fn seek(&mut self, doc: DocId) {
        let rest = &self.postings.documents[self.at..];
        let mut bound = 1;
        while bound < rest.len() && rest[bound] < doc {
            bound *= 2;
        }
        let end = (bound + 1).min(rest.len());
        let from = bound / 2;
        self.at += from + rest[from..end].partition_point(|&d| d < doc);
    }
}

/// Products that hold most of a text by weight. Only the rarest terms, without which the least coverage cannot be reached, are
/// read through; the others are looked up for what those give (MaxScore, Turtle and Flood 1995).
fn best_of_terms<'a>(
    context: &Context<'_>,
    guard: &Guard<'_>,
    range: &Range<DocId>,
    bits: u32,
    terms: &[PlanTerm<'a>],
    alone: bool,
    out: &mut Vec<DocId>,
) {
    let documents = context.catalogue.documents();
    let mut rest: f32 = terms.iter().map(|t| t.share).sum();
    let mut essential = 0;
    while essential < terms.len() && rest >= MIN_COVERAGE {
        rest -= terms[essential].share;
        essential += 1;
    }
    let to_read: usize = terms[..essential]
        .iter()
        .map(|t| t.postings.within(range).len())
        .sum();
    let range = &around(context.target_document(range), range, MAX_READ * 2, to_read);
    let cursor = |t: &PlanTerm<'a>| Cursor {
        postings: t.postings.within(range),
        share: t.share,
        at: 0,
    };
    let mut cursors: Vec<Cursor<'_>> = terms.iter().map(cursor).collect();
    let mut best = Best::new(if alone { PER_KEYWORD } else { PER_LIST });
    while let Some(doc) = cursors[..essential].iter().filter_map(Cursor::doc).min() {
        let (mut coverage, mut weight) = (0.0, 0.0);
        for (i, cursor) in cursors.iter_mut().enumerate() {
            if i >= essential {
                cursor.seek(doc);
            }
            if cursor.doc() == Some(doc) {
                coverage += cursor.share;
                weight += cursor.share * f32::from(cursor.postings.weights[cursor.at]);
                cursor.at += 1;
            }
        }
        let key = (coverage * 512.0) as i32 + (weight * 0.5) as i32 + context.closeness_key(doc);
        if coverage >= MIN_COVERAGE
            && best.wants(key, doc)
            && documents
                .get(doc as usize)
                .is_some_and(|d| guard.admits(doc, d, bits))
        {
            best.push(key, doc);
        }
    }
    out.extend(best.documents());
}

/// The part of a range around a document in which about `room` of its `all` postings lie: of far more products than can be shown,
/// those near the usual price are read.
fn around(target: DocId, range: &Range<DocId>, room: usize, all: usize) -> Range<DocId> {
    if all <= room {
        return range.clone();
    }
    let length = ((range.len() as u64 * room as u64) / all as u64) as DocId;
    let start = target
        .saturating_sub(length / 2)
        .clamp(range.start, range.end - length);
    start..start + length
}

fn scored(context: &Context<'_>, mut docs: Vec<DocId>) -> Vec<Candidate> {
    docs.sort_unstable();
    docs.dedup();
    docs.into_iter()
        .map(|doc| Candidate::of(context, doc))
        .collect()
}

impl Candidate {
    /// Marks the keywords that the product matches, with the best degree among them weighted by importance.
    pub(super) fn match_keywords(&mut self, context: &Context<'_>) -> f32 {
        let document = &context.catalogue.documents()[self.doc as usize];
        let (mut best, mut second) = (0.0f32, 0.0f32);
        for (i, plan) in context.plans.iter().enumerate() {
            let degree = plan.degree(context.engine, context.catalogue, self.doc, document);
            if degree >= MATCHES {
                self.matched |= 1 << i;
                let value = degree * (0.3 + 0.7 * plan.weight);
                (best, second) = if value > best {
                    (value, best)
                } else {
                    (best, second.max(value))
                };
            }
        }
        (best + 0.2 * second).min(1.0)
    }
}
