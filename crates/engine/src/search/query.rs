//! What a query asks for: its words as atoms with the postings of each spelling, and the concepts that stand for some of them.

use crate::Engine;
use crate::catalogue::{Catalogue, Postings};
use crate::lexicon::{ConceptIndex, Meaning, TasteIndex};
use crate::text::{
    Squeezed, TermId, in_description, index_terms, is_hangul, measure, stem, strip_josa, tokens,
    word_term,
};
use std::borrow::Cow;

/// Atoms of a query that are looked up; what comes after is left out.
const MOST_ATOMS: usize = 48;
/// What a match counts by the way it came about.
const CORRECTED: f32 = 0.85;
const RELATIVE: f32 = 0.7;
const ASIDE: f32 = 0.7;
/// Weight of a word that only joins others, and of one that every gift has ("선물", "gift").
const GLUE_WEIGHT: f32 = 0.1;
/// Weight of a word for the person: products seldom say for whom, and many that suit say nothing.
const PERSON_WEIGHT: f32 = 0.4;
const FILLER_WEIGHT: f32 = 0.3;
/// Weight of a word that no product holds: what is left of the query must still be able to find something.
const UNKNOWN_WEIGHT: f32 = 0.4;
/// Weight of a word in several pairs of syllables, by their number: they are one word after all.
const PAIRS_POWER: f32 = -0.5;
/// Postings of the rarest pair that are looked through for a product that holds the whole word.
const MOST_WITNESSES: usize = 2_000;

/// Concepts and tastes of one query that are looked up, and things of one taste.
const MOST_NAMED: usize = 16;
const MOST_THINGS: usize = 24;
/// What a thing counts that exists for a taste that the query names, beside a thing that it names.
const TASTE: f32 = 0.7;
/// What a thing of the same kind counts where a line ("에어팟") was asked for by name.
const LINE: f32 = 0.6;

/// English words that join others. Rarity alone tells them only in an English shop.
const GLUE: &[&str] = &[
    "a",
    "an",
    "and",
    "any",
    "are",
    "at",
    "be",
    "by",
    "can",
    "do",
    "for",
    "from",
    "he",
    "her",
    "him",
    "his",
    "i",
    "in",
    "is",
    "it",
    "like",
    "me",
    "my",
    "of",
    "on",
    "or",
    "our",
    "she",
    "some",
    "something",
    "that",
    "the",
    "their",
    "them",
    "this",
    "to",
    "under",
    "up",
    "we",
    "who",
    "with",
    "without",
    "you",
    "your",
];

/// Korean words and endings that say no more than that.
const GLUE_KO: &[&str] = &[
    "때",
    "및",
    "갈때",
    "있는",
    "좋은",
    "추천",
    "치는",
    "하는",
    "할때",
    "위한",
    "인기",
    "좋아하는",
];

/// Documents that answer an atom one way or another.
pub(super) struct List<'c> {
    pub postings: Postings<'c>,
    /// Which atom it answers, or which concept.
    pub answers: Answers,
    /// What a full weight in it counts.
    pub factor: f32,
}

/// What a list answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    Atom(u8),
    Concept(u8),
}

/// The least part of a query that is looked up: a Latin word, or two neighbouring syllables.
pub(super) struct Atom {
    /// Share of the query's weight; the shares add up to 1.
    pub share: f32,
}

/// A concept that the query names, with the atoms that name it, one bit each.
pub(super) struct Named {
    pub atoms: u64,
}

/// A word of the query as titles are compared with it.
#[derive(Debug)]
pub(super) struct Word {
    /// The word in plain form, as corrected.
    pub text: String,
    pub hangul: bool,
    /// Share of the query's weight.
    pub share: f32,
    sold: bool,
    atoms: u64,
}

/// A query understood against a catalogue.
pub(super) struct Asked<'c> {
    pub lists: Vec<List<'c>>,
    pub atoms: Vec<Atom>,
    pub named: Vec<Named>,
    pub words: Vec<Word>,
    /// Position among `words` of the thing itself.
    pub head: Option<usize>,
    /// Whom the query says it is for, one bit each.
    pub audience: u8,
}

/// Reads a query.
pub(super) struct Reader<'e, 'c> {
    engine: &'e Engine,
    catalogue: &'c Catalogue,
    weights: Vec<f32>,
    asked: Asked<'c>,
}

impl<'c> Asked<'c> {
    /// Understands a normalised query.
    pub(super) fn of(engine: &Engine, catalogue: &'c Catalogue, normal: &str) -> Self {
        let reader = Reader {
            engine,
            catalogue,
            weights: Vec::new(),
            asked: Self {
                lists: Vec::new(),
                atoms: Vec::new(),
                named: Vec::new(),
                words: Vec::new(),
                head: None,
                audience: 0,
            },
        };
        reader.read(normal)
    }

    /// Whether these atoms answer a word: of one that nobody sells, a single pair of syllables is a coincidence ("이어" of "타이어").
    pub(super) fn is_met(&self, atoms: u64) -> bool {
        self.words.iter().any(|word| {
            let met = (word.atoms & atoms).count_ones();
            met >= 2 || (met == 1 && (word.sold || word.atoms.count_ones() == 1))
        })
    }
}

impl<'c> Reader<'_, 'c> {
    fn read(mut self, normal: &str) -> Asked<'c> {
        let spelt = self.spelt(normal);
        let mut rest = spelt.iter().map(|(w, c)| (w.as_str(), *c)).peekable();
        let mut before: Option<(String, u64)> = None;
        while let Some((word, corrected)) = rest.next() {
            if self.weights.len() >= MOST_ATOMS {
                break;
            }
            let factor = if corrected { CORRECTED } else { 1.0 };
            if word.starts_with(is_hangul) {
                self.hangul(word, factor, corrected || self.is_sold(word));
                before = None;
                continue;
            }
            let measured = measure(word, rest.peek().map(|n| n.0));
            let measured = measured.filter(|m| self.document_count(word_term(m)) > 0);
            if let Some(measured) = measured {
                if word.bytes().all(|b| b.is_ascii_digit()) {
                    rest.next();
                }
                self.latin(&measured, factor);
                before = None;
                continue;
            }
            let atom = self.latin(word, factor);
            if let Some((first, other)) = before {
                self.joined(&format!("{first}{word}"), atom | other);
            }
            before = Some((word.to_owned(), atom));
        }
        self.name_concepts(normal);
        self.share_out();
        self.asked
    }

    /// The words of the query, what nobody sells under its spelling corrected, with whether it was.
    fn spelt(&self, normal: &str) -> Vec<(String, bool)> {
        let known = self.known_to_lexicon(normal);
        let mut words: Vec<(String, bool)> = Vec::new();
        for (token, known) in tokens(normal).zip(known) {
            let word = strip_josa(token);
            if words.iter().any(|w| w.0 == word) {
                continue;
            }
            if known || self.is_sold(word) {
                words.push((word.to_owned(), false));
            } else if let Some((a, b)) = self.parted(word) {
                words.push((a.to_owned(), false));
                words.push((b.to_owned(), false));
            } else if let Some(nearest) = self.catalogue.vocabulary().nearest(word) {
                words.push((nearest.to_owned(), true));
            } else {
                words.push((word.to_owned(), false));
            }
        }
        words
    }

    /// For each token, whether the lexicon knows it as a whole or in part.
    fn known_to_lexicon(&self, normal: &str) -> Vec<bool> {
        let squeezed = Squeezed::new(normal);
        let found = self.engine.lexicon().find_in(&squeezed);
        places(normal)
            .map(|(start, end)| {
                found
                    .iter()
                    .any(|f| f.range.start < end && f.range.end > start)
            })
            .collect()
    }

    fn document_count(&self, term: TermId) -> usize {
        self.catalogue.term(term).len() + self.catalogue.term(in_description(term)).len()
    }

    /// Whether some product holds the whole word, in whatever field.
    fn is_sold(&self, word: &str) -> bool {
        if !word.starts_with(is_hangul) {
            return self.document_count(word_term(word)) > 0
                || self.catalogue.vocabulary().relatives(word).next().is_some();
        }
        let mut pairs = Vec::with_capacity(8);
        index_terms(word, |t| pairs.push(t));
        let holds = |space: fn(TermId) -> TermId| {
            let mut lists: Vec<Postings<'_>> = pairs
                .iter()
                .map(|&t| self.catalogue.term(space(t)))
                .collect();
            lists.sort_by_key(|l| l.len());
            let Some((rarest, others)) = lists.split_first() else {
                return false;
            };
            let witnesses = rarest.documents.iter().take(MOST_WITNESSES);
            witnesses
                .into_iter()
                .any(|&doc| others.iter().all(|l| l.weight_of(doc).is_some()))
        };
        holds(|t| t) || holds(in_description)
    }

    /// The two words that somebody wrote as one ("tshirt"), when the shop has both.
    fn parted<'w>(&self, word: &'w str) -> Option<(&'w str, &'w str)> {
        if !word.is_ascii() || word.len() < 5 {
            return None;
        }
        let vocabulary = self.catalogue.vocabulary();
        let sold = |part: &str| {
            vocabulary.has(part) || (part.len() < 3 && self.document_count(word_term(part)) > 0)
        };
        (1..word.len())
            .map(|at| word.split_at(at))
            .filter(|(a, b)| a.len().max(b.len()) >= 4 && sold(a) && sold(b))
            .max_by_key(|(a, b)| a.len().min(b.len()))
    }

    /// Weight of a word by how few products hold it (Robertson and Spärck Jones 1976).
    fn rarity(&self, documents: usize) -> f32 {
        let (total, n) = (self.catalogue.len() as f32, documents as f32);
        (1.0 + (total - n + 0.5).max(0.0) / (n + 0.5)).ln()
    }

    fn atom(&mut self, weight: f32) -> u8 {
        self.weights.push(weight);
        (self.weights.len() - 1) as u8
    }

    /// Adds the postings of a term as answers to an atom: where a name says it, and where only a description does.
    fn answer(&mut self, atom: u8, term: TermId, factor: f32) {
        for (term, factor) in [(term, factor), (in_description(term), factor * ASIDE)] {
            let postings = self.catalogue.term(term);
            if postings.len() > 0 {
                let answers = Answers::Atom(atom);
                self.asked.lists.push(List {
                    postings,
                    answers,
                    factor,
                });
            }
        }
    }

    fn word(&mut self, text: Cow<'_, str>, sold: bool, atoms: u64) {
        self.asked.words.push(Word {
            hangul: text.starts_with(is_hangul),
            text: text.into_owned(),
            share: 0.0,
            sold,
            atoms,
        });
    }

    fn latin(&mut self, word: &str, factor: f32) -> u64 {
        let term = word_term(word);
        let relatives: Vec<TermId> = self
            .catalogue
            .vocabulary()
            .relatives(word)
            .map(word_term)
            .collect();
        let documents = self.document_count(term)
            + relatives
                .iter()
                .map(|&t| self.document_count(t))
                .sum::<usize>();
        let glue = if GLUE.contains(&word) {
            GLUE_WEIGHT
        } else {
            1.0
        };
        let known = if documents == 0 { UNKNOWN_WEIGHT } else { 1.0 };
        let weight = self.rarity(documents) * glue * known;
        let atom = self.atom(weight);
        self.answer(atom, term, factor);
        for relative in relatives {
            self.answer(atom, relative, factor * RELATIVE);
        }
        self.word(stem(word), documents > 0, 1 << atom);
        1 << atom
    }

    /// Two words of the query that shops write as one as well.
    fn joined(&mut self, word: &str, atoms: u64) {
        let term = word_term(word);
        if self.document_count(term) > 0 {
            bits(atoms).for_each(|atom| self.answer(atom, term, 1.0));
        }
    }

    fn hangul(&mut self, word: &str, factor: f32, sold: bool) {
        let mut pairs: Vec<TermId> = Vec::with_capacity(8);
        index_terms(word, |t| {
            if !pairs.contains(&t) {
                pairs.push(t);
            }
        });
        let known = match sold {
            _ if GLUE_KO.contains(&word) => GLUE_WEIGHT,
            true => 1.0,
            false => UNKNOWN_WEIGHT,
        };
        let scale = known * (pairs.len() as f32).powf(PAIRS_POWER);
        let mut atoms = 0;
        for term in pairs {
            if self.weights.len() >= MOST_ATOMS {
                break;
            }
            let documents = self.document_count(term);
            let weight = self.rarity(documents) * scale;
            let atom = self.atom(weight);
            self.answer(atom, term, factor);
            atoms |= 1 << atom;
        }
        self.word(Cow::Borrowed(word), sold, atoms);
    }

    /// Finds the concepts that the query names and what they name them with; words that say nothing count little.
    fn name_concepts(&mut self, typed: &str) {
        let texts: Vec<&str> = self.asked.words.iter().map(|w| w.text.as_str()).collect();
        let normal = texts.join(" ");
        let lexicon = self.engine.lexicon();
        let squeezed = Squeezed::new(&normal);
        self.asked.audience = lexicon.audience_bits(&Squeezed::new(typed));
        let places: Vec<(usize, usize)> = places(&normal).collect();
        for found in lexicon.find_in(&squeezed) {
            let range = &found.range;
            let mut atoms = 0;
            for (word, &(start, end)) in self.asked.words.iter().zip(&places) {
                if start >= range.end || end <= range.start {
                    continue;
                }
                // Of a longer Hangul word, only the pairs that the name covers.
                let (from, to) = (range.start.max(start) - start, range.end.min(end) - start);
                for (i, atom) in bits(word.atoms).enumerate() {
                    if !word.hangul || (i * 3 >= from && i * 3 + 3 <= to) {
                        atoms |= 1 << atom;
                    }
                }
            }
            if atoms == 0 {
                continue;
            }
            for meaning in found.meanings.iter() {
                match meaning {
                    Meaning::Concept(concept) => self.name_concept(*concept, atoms),
                    Meaning::Brand(brand) => {
                        let brand = lexicon.brand(*brand);
                        if brand.line {
                            self.name(&brand.concepts, atoms, LINE);
                        }
                    }
                    Meaning::Taste(taste) => self.name_taste(*taste, atoms),
                    Meaning::Relation(_) | Meaning::Age(_) => {
                        for atom in bits(atoms) {
                            self.weights[usize::from(atom)] *= PERSON_WEIGHT;
                        }
                    }
                    Meaning::Vague(vague) if lexicon.vague(*vague).filler => {
                        for atom in bits(atoms) {
                            self.weights[usize::from(atom)] *= FILLER_WEIGHT;
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn name_concept(&mut self, concept: ConceptIndex, atoms: u64) {
        self.name(&[concept], atoms, 1.0);
    }

    /// A taste names the things that exist for it.
    fn name_taste(&mut self, taste: TasteIndex, atoms: u64) {
        let concepts = (0..).zip(self.engine.lexicon().concepts());
        let things: Vec<ConceptIndex> = concepts
            .filter(|(_, c)| c.main_taste == Some(taste))
            .map(|(index, _)| index)
            .take(MOST_THINGS)
            .collect();
        self.name(&things, atoms, TASTE);
    }

    fn name(&mut self, concepts: &[ConceptIndex], atoms: u64, factor: f32) {
        let number = self.asked.named.len();
        if number >= MOST_NAMED {
            return;
        }
        self.asked.named.push(Named { atoms });
        for &concept in concepts {
            let postings = self.catalogue.concept(concept);
            if postings.len() > 0 {
                self.asked.lists.push(List {
                    postings,
                    answers: Answers::Concept(number as u8),
                    factor,
                });
            }
        }
    }

    /// Turns weights into shares, and finds the word that names the thing.
    fn share_out(&mut self) {
        let whole = self.weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let shares = self.weights.iter().map(|w| w / whole);
        self.asked.atoms = shares.map(|share| Atom { share }).collect();
        for word in &mut self.asked.words {
            word.share = bits(word.atoms)
                .map(|a| self.weights[usize::from(a)] / whole)
                .sum();
        }
        for list in &mut self.asked.lists {
            if let Answers::Atom(atom) = list.answers {
                list.factor *= self.weights[usize::from(atom)] / whole;
            }
        }
        let joins = |w: &Word| matches!(&*w.text, "for" | "with" | "in" | "on" | "to" | "of");
        let named = self.asked.words.iter().position(joins);
        let named = named.filter(|&at| at > 0);
        self.asked.head = named.unwrap_or(self.asked.words.len()).checked_sub(1);
    }
}

/// Byte ranges of the tokens of a normalised text within its squeezed form.
fn places(normal: &str) -> impl Iterator<Item = (usize, usize)> {
    tokens(normal).scan(0, |at, token| {
        let start = *at;
        *at += if token.starts_with(is_hangul) {
            token.len()
        } else {
            stem(token).len() + 2
        };
        Some((start, *at))
    })
}

/// Positions of the bits that are set.
pub(super) fn bits(mut set: u64) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let at = (set != 0).then(|| set.trailing_zeros() as u8)?;
        set &= set - 1;
        Some(at)
    })
}
