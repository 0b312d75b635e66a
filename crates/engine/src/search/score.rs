//! The first pass: the best documents by words and concepts. Only lists without which a document cannot come among the best are read
//! through, the others are looked up for what those give (MaxScore, Turtle and Flood 1995).

use super::query::{Answers, Asked, bits};
use crate::catalogue::{DocId, Postings};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

/// What a word counts for standing in a product at all, beside how much it stands for there.
const PRESENCE: f32 = 0.2;
/// What a concept counts where the words that name it are missing, in units of those words.
const CONCEPT: f32 = 0.75;
/// What it counts beside the words themselves.
const CONCEPT_BESIDE: f32 = 0.25;
/// How much a product loses that answers only part of the query: the part's share to this power.
const COVERAGE_POWER: f32 = 0.5;
/// Share of the query's weight that a hit must answer.
const MIN_COVERAGE: f32 = 0.1;

/// A document with its relevance, ordered from bad to good; of equal relevance the lower document is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    pub doc: DocId,
    pub score: f32,
}

impl Eq for Hit {}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score
            .total_cmp(&other.score)
            .then(other.doc.cmp(&self.doc))
    }
}

/// A list being read in order of documents.
struct Cursor<'c> {
    postings: Postings<'c>,
    answers: Answers,
    factor: f32,
    /// The most that it can add to a document.
    bound: f32,
    at: usize,
}

impl Cursor<'_> {
    fn doc(&self) -> Option<DocId> {
        self.postings.documents.get(self.at).copied()
    }

    /// Moves to the first document not before `doc`, in ever larger steps.
    fn seek(&mut self, doc: DocId) {
        let rest = self.postings.documents.get(self.at..).unwrap_or_default();
        let mut bound = 1;
        while bound < rest.len() && rest[bound] < doc {
            bound *= 2;
        }
        let end = (bound + 1).min(rest.len());
        let from = bound / 2;
        self.at += from + rest[from.min(end)..end].partition_point(|&d| d < doc);
    }
}

/// What a document has shown of the query so far.
struct Evidence<'a, 'c> {
    asked: &'a Asked<'c>,
    atoms: Vec<f32>,
    concepts: Vec<f32>,
}

impl<'a, 'c> Evidence<'a, 'c> {
    fn new(asked: &'a Asked<'c>) -> Self {
        Self {
            asked,
            atoms: vec![0.0; asked.atoms.len()],
            concepts: vec![0.0; asked.named.len()],
        }
    }

    fn add(&mut self, cursor: &Cursor<'_>) {
        let weight = f32::from(cursor.postings.weights[cursor.at]) / 255.0;
        match cursor.answers {
            Answers::Atom(atom) => {
                let value = cursor.factor * (PRESENCE + weight);
                let best = &mut self.atoms[usize::from(atom)];
                *best = best.max(value);
            }
            Answers::Concept(concept) => {
                let best = &mut self.concepts[usize::from(concept)];
                *best = best.max(cursor.factor * weight);
            }
        }
    }

    /// The relevance, if enough of the query is answered; ready for the next document.
    fn take(&mut self) -> Option<f32> {
        let (mut sum, mut coverage, mut answered) = (0.0, 0.0, 0u64);
        for (at, (value, atom)) in self.atoms.iter_mut().zip(&self.asked.atoms).enumerate() {
            if *value > 0.0 {
                sum += *value;
                coverage += atom.share;
                answered |= 1 << at;
            }
        }
        for (weight, named) in self.concepts.iter_mut().zip(&self.asked.named) {
            if *weight > 0.0 {
                let share = |atoms: u64| -> f32 {
                    bits(atoms)
                        .map(|a| self.asked.atoms[usize::from(a)].share)
                        .sum()
                };
                let missing = share(named.atoms & !answered);
                sum +=
                    *weight * (CONCEPT * missing + CONCEPT_BESIDE * (share(named.atoms) - missing));
                coverage += missing * *weight;
                answered |= named.atoms;
            }
            *weight = 0.0;
        }
        self.atoms.fill(0.0);
        (coverage >= MIN_COVERAGE && self.asked.is_met(answered))
            .then(|| sum * coverage.min(1.0).powf(COVERAGE_POWER))
    }
}

/// The best `room` documents of a range that `admits` lets pass, best first.
pub(super) fn best(
    asked: &Asked<'_>,
    range: &Range<DocId>,
    room: usize,
    admits: impl Fn(DocId) -> bool,
) -> Vec<Hit> {
    let mut cursors = cursors(asked, range);
    let mut evidence = Evidence::new(asked);
    let mut heap: BinaryHeap<Reverse<Hit>> = BinaryHeap::with_capacity(room.min(4_096) + 1);
    // Of the cursors, sorted by what they can add, those from `essential` on must be read; `before` is what the others add at most.
    let (mut essential, mut before) = (0, 0.0);
    while let Some(doc) = cursors[essential..].iter().filter_map(Cursor::doc).min() {
        for (at, cursor) in cursors.iter_mut().enumerate() {
            if at < essential {
                cursor.seek(doc);
            }
            if cursor.doc() == Some(doc) {
                evidence.add(cursor);
                cursor.at += 1;
            }
        }
        let Some(score) = evidence.take() else {
            continue;
        };
        let hit = Hit { doc, score };
        let worst = heap.peek().filter(|_| heap.len() >= room);
        if worst.is_some_and(|worst| hit <= worst.0) || !admits(doc) {
            continue;
        }
        heap.push(Reverse(hit));
        if heap.len() > room {
            heap.pop();
        }
        if heap.len() >= room
            && let Some(Reverse(worst)) = heap.peek()
        {
            while essential < cursors.len() && before + cursors[essential].bound < worst.score {
                before += cursors[essential].bound;
                essential += 1;
            }
        }
    }
    let mut hits: Vec<Hit> = heap.into_iter().map(|Reverse(hit)| hit).collect();
    hits.sort_unstable_by(|a, b| b.cmp(a));
    hits
}

fn cursors<'c>(asked: &Asked<'c>, range: &Range<DocId>) -> Vec<Cursor<'c>> {
    let share =
        |atoms: u64| -> f32 { bits(atoms).map(|a| asked.atoms[usize::from(a)].share).sum() };
    let mut cursors: Vec<Cursor<'c>> = asked
        .lists
        .iter()
        .map(|list| Cursor {
            postings: list.postings.within(range),
            answers: list.answers,
            factor: list.factor,
            bound: match list.answers {
                Answers::Atom(_) => list.factor * (PRESENCE + 1.0),
                Answers::Concept(concept) => {
                    CONCEPT.max(CONCEPT_BESIDE)
                        * list.factor
                        * share(asked.named[usize::from(concept)].atoms)
                }
            },
            at: 0,
        })
        .filter(|c| c.postings.len() > 0)
        .collect();
    cursors.sort_by(|a, b| a.bound.total_cmp(&b.bound));
    cursors
}
