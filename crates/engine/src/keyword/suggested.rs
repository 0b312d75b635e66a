//! Keywords that a language model suggests: the vocabulary that it may choose from, and what of its answer is kept. Whatever it
//! says, only things that the catalogue holds within the budget, and that may be given, come out.

use super::{Dropped, KEYWORDS, Keyword, KeywordSource};
use crate::catalogue::Catalogue;
use crate::interview::{Answered, Belief, Understanding};
use crate::lexicon::ConceptIndex;
use crate::rank::{Allowance, Grounds, Params};
use crate::rules::Day;
use crate::text::normalise;
use crate::{Engine, Lang};

/// Words of its own that a model may add.
pub const OWN_WORDS: usize = 2;
/// Longest of them, in characters.
const MAX_OWN_CHARS: usize = 40;
/// A model's choice counts at least so much, for it was chosen from many.
const LEAST_WEIGHT: f32 = 0.7;

/// A kind of thing that can be given: within the budget, allowed, and in stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servable {
    /// The concept's id.
    pub concept_id: String,
    /// Its name, which a model says when it chooses it.
    pub name: String,
    /// Products of it.
    pub products: usize,
}

/// What a model said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggestion {
    /// Names from the vocabulary.
    pub choices: Vec<String>,
    /// Words of its own.
    pub own: Vec<String>,
}

/// Keywords made from a suggestion.
#[derive(Debug, Clone, Default)]
pub struct Composed {
    /// What the guest named, then what was kept of the suggestion, then the engine's own; five, or fewer when less can be given.
    pub keywords: Vec<Keyword>,
    /// What was kept of the suggestion, as it was said.
    pub kept: Suggestion,
    /// What was dropped, and why.
    pub dropped: Vec<(String, Dropped)>,
}

/// The answers with everything that suggestions are judged by.
struct Judge<'a> {
    grounds: &'a Grounds<'a>,
    understanding: &'a Understanding,
    probabilities: Vec<f32>,
    allowance: Allowance<'a>,
}

impl Engine {
    /// The vocabulary of a model: what can be given for these answers, most likely first. Empty when nothing may be given.
    pub fn servable(
        &self,
        answers: &[Answered],
        catalogue: &Catalogue,
        lang: Lang,
        today: Option<Day>,
        most: usize,
    ) -> Vec<Servable> {
        let understanding = self.understand(answers);
        let params = params(lang, today);
        let grounds = Grounds::of(self, catalogue, &understanding.profile, &[], &params);
        let judge = Judge::new(&grounds, &understanding);
        let mut likely: Vec<(ConceptIndex, f32)> = (0u16..)
            .zip(judge.probabilities.iter().copied())
            .filter(|&(_, p)| p > 0.0)
            .collect();
        likely.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let servable = likely.into_iter().filter_map(|(index, _)| {
            let products = judge.allowance.products(index);
            let concept = self.lexicon().concept(index);
            (products > 0).then(|| Servable {
                concept_id: concept.id.clone(),
                name: concept.name(lang).to_owned(),
                products,
            })
        });
        servable.take(most).collect()
    }

    /// Keywords from what a model suggested: repeats, people, ages, prices, vague words, and what cannot or must not be given are
    /// dropped; the engine fills up what is missing.
    pub fn keywords_suggested(
        &self,
        answers: &[Answered],
        catalogue: &Catalogue,
        lang: Lang,
        today: Option<Day>,
        suggestion: &Suggestion,
    ) -> Composed {
        let understanding = self.understand(answers);
        let params = params(lang, today);
        let grounds = Grounds::of(self, catalogue, &understanding.profile, &[], &params);
        let judge = Judge::new(&grounds, &understanding);
        let builtin = self.keywords_of(&understanding, catalogue, lang);
        let (named, usual): (Vec<Keyword>, Vec<Keyword>) = builtin
            .into_iter()
            .partition(|k| k.source == KeywordSource::Guest);
        let mut composed = Composed {
            keywords: named,
            ..Composed::default()
        };
        let mut own = 0;
        let choices = suggestion.choices.iter().map(|c| (c, true));
        for (said, chosen) in choices.chain(suggestion.own.iter().map(|o| (o, false))) {
            let judged = match judge.choice(said, lang).filter(|_| chosen) {
                Some(keyword) => keyword,
                None if own >= OWN_WORDS => Err(Dropped::TooMany),
                None => judge.own(said, lang),
            };
            let repeated = |k: &Keyword| composed.keywords.iter().any(|other| same(other, k));
            match judged {
                Err(why) => composed.dropped.push((said.clone(), why)),
                Ok(keyword) if repeated(&keyword) => {
                    // What the guest named is wanted all the same; saying it again is agreement.
                    composed.dropped.push((said.clone(), Dropped::Duplicate));
                }
                Ok(_) if composed.keywords.len() >= KEYWORDS => {
                    composed.dropped.push((said.clone(), Dropped::TooMany));
                }
                Ok(keyword) => {
                    let list = if chosen {
                        &mut composed.kept.choices
                    } else {
                        own += 1;
                        &mut composed.kept.own
                    };
                    list.push(said.clone());
                    composed.keywords.push(keyword);
                }
            }
        }
        for keyword in usual {
            if composed.keywords.len() < KEYWORDS
                && !composed.keywords.iter().any(|k| same(k, &keyword))
            {
                composed.keywords.push(keyword);
            }
        }
        composed
    }
}

fn params(lang: Lang, today: Option<Day>) -> Params {
    Params {
        limit: 1,
        lang,
        today,
        ..Params::default()
    }
}

fn same(a: &Keyword, b: &Keyword) -> bool {
    (a.concept_id.is_some() && a.concept_id == b.concept_id)
        || normalise(&a.text).replace(' ', "") == normalise(&b.text).replace(' ', "")
}

impl<'a> Judge<'a> {
    fn new(grounds: &'a Grounds<'a>, understanding: &'a Understanding) -> Self {
        let belief = Belief::of(grounds.engine, understanding, grounds.catalogue);
        Self {
            probabilities: belief.concepts().to_vec(),
            allowance: Allowance::of(grounds),
            grounds,
            understanding,
        }
    }

    /// A concept that is called so, judged; `None` when none is.
    fn choice(&self, said: &str, lang: Lang) -> Option<Result<Keyword, Dropped>> {
        let plain = normalise(said);
        let concepts = self.grounds.engine.lexicon().concepts();
        let called = |name: &str| normalise(name) == plain;
        let index = concepts
            .iter()
            .position(|c| called(c.name(lang)))
            .or_else(|| concepts.iter().position(|c| called(&c.ko) || called(&c.en)))?;
        Some(self.concept(u16::try_from(index).ok()?, lang))
    }

    fn concept(&self, index: ConceptIndex, lang: Lang) -> Result<Keyword, Dropped> {
        let probability = self.probabilities[usize::from(index)];
        if !self.allowance.allows(index) {
            return Err(Dropped::Forbidden);
        }
        if self.allowance.products(index) == 0 {
            return Err(Dropped::Unsold);
        }
        let best = self.probabilities.iter().copied().fold(0.0, f32::max);
        let relative = if best > 0.0 {
            (probability / best).sqrt()
        } else {
            0.0
        };
        let weight = LEAST_WEIGHT + (1.0 - LEAST_WEIGHT) * relative;
        let engine = self.grounds.engine;
        let mut keyword = engine.keyword(index, weight, self.understanding, lang);
        keyword.source = KeywordSource::Llm;
        Ok(keyword)
    }

    /// A word of the model's own: the concept that it names, or, where it names none, a text that products within the budget answer.
    fn own(&self, said: &str, lang: Lang) -> Result<Keyword, Dropped> {
        if said.chars().count() > MAX_OWN_CHARS {
            return Err(Dropped::Ungrounded);
        }
        // Only for what it finds out; what a model says changes nothing about the guest.
        let mut profile = self.understanding.profile.clone();
        let engine = self.grounds.engine;
        let grounded = engine.ground(&[(said.to_owned(), None)], &mut profile, KeywordSource::Llm);
        if let Some((_, why)) = grounded.dropped.first() {
            return Err(*why);
        }
        let keyword = grounded.keywords.into_iter().next();
        let mut keyword = keyword.ok_or(Dropped::Empty)?;
        let lexicon = engine.lexicon();
        if let Some(index) = keyword
            .concept_id
            .as_deref()
            .and_then(|id| lexicon.concept_by_id(id))
        {
            return self.concept(index, lang);
        }
        // Letters, digits and spaces only: nothing else of a model's text is ever shown.
        keyword.text = normalise(&keyword.text);
        keyword.weight = LEAST_WEIGHT;
        keyword.because = self.because();
        if self.allowance.holds_words(&keyword.text) {
            Ok(keyword)
        } else {
            Err(Dropped::Ungrounded)
        }
    }

    /// The answers that a free word can have come from: what was written or chosen beyond the six questions, else who it is for.
    fn because(&self) -> Vec<String> {
        let leanings = &self.understanding.profile.leanings;
        let mut ids: Vec<String> = Vec::new();
        let said = leanings.named.iter().map(|n| &n.1);
        let liked = leanings.tastes.iter().map(|t| &t.2);
        for id in said.chain(liked) {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        if ids.is_empty() {
            ids.push("relation".to_owned());
        }
        ids.truncate(3);
        ids
    }
}
