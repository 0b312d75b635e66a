//! What a keyword asks of a product: the concepts, tastes and categories that it names and the words that no list knows.

use super::MAX_KEYWORDS;
use super::guard::SURE;
use crate::Engine;
use crate::catalogue::{Catalogue, DocId, Document, Postings};
use crate::keyword::{Keyword, KeywordSource};
use crate::lexicon::{ConceptIndex, Meaning};
use crate::text::{Squeezed, normalise, query_terms};

/// From this degree on a product is said to match a keyword.
pub(super) const MATCHES: f32 = 0.42;
/// A concept named before the last one tells less: Korean names the thing last.
const MODIFIER: f32 = 0.5;
/// A taste beside a concept narrows it; alone it carries the keyword, a little less surely than a thing would, and least where
/// the thing only happens to please people with that taste.
const TASTE_BESIDE: f32 = 0.6;
const TASTE_ALONE: f32 = 0.85;
const TASTE_BY_THE_WAY: f32 = 0.42;
/// A close relative of the thing that was asked for: what it is a kind of, and the other kinds of that.
const KIN: f32 = 0.6;
const CATEGORY_ALONE: f32 = 0.55;
/// Unknown words beside known ones.
const WORDS_BESIDE: f32 = 0.8;
/// Words of a title alone are a weaker sign than a recognised concept.
const WORDS_ALONE: f32 = 0.9;

/// A term with its postings and its weight among the terms of the keyword (they add up to 1).
#[derive(Debug)]
pub(super) struct PlanTerm<'c> {
    pub postings: Postings<'c>,
    pub share: f32,
}

/// One keyword, understood.
#[derive(Debug)]
pub(super) struct Plan<'c> {
    /// The keyword as shown.
    pub text: &'c str,
    /// Its weight, the heaviest being 1.
    pub weight: f32,
    /// Whether somebody said it, rather than the engine.
    pub spoken: bool,
    /// Alternatives for the thing itself.
    pub heads: Vec<ConceptIndex>,
    /// What the thing is a kind of, and the other kinds of that; the way out when the shop has none of the thing.
    pub kin: Vec<ConceptIndex>,
    /// Whether the things are only what a brand stands for, so that anything else with its name will do.
    by_brand: bool,
    modifiers: Vec<ConceptIndex>,
    pub tastes: u128,
    pub categories: u32,
    /// Terms of the unknown words, rarest first; of all words where nothing is known.
    pub terms: Vec<PlanTerm<'c>>,
}

impl<'c> Plan<'c> {
    /// Plans for keywords, in their order.
    pub(super) fn all(
        engine: &Engine,
        catalogue: &'c Catalogue,
        keywords: &'c [Keyword],
    ) -> Vec<Self> {
        let heaviest = keywords
            .iter()
            .map(|k| k.weight)
            .fold(f32::MIN_POSITIVE, f32::max);
        let mut plans: Vec<Self> = Vec::with_capacity(keywords.len());
        for keyword in keywords {
            let mut plan = Self::of(engine, catalogue, keyword);
            plan.weight = (keyword.weight / heaviest).clamp(0.05, 1.0);
            plans.push(plan);
        }
        if plans.len() > MAX_KEYWORDS {
            plans.sort_by(|a, b| b.weight.total_cmp(&a.weight));
            plans.truncate(MAX_KEYWORDS);
        }
        plans
    }

    fn of(engine: &Engine, catalogue: &'c Catalogue, keyword: &'c Keyword) -> Self {
        let lexicon = engine.lexicon();
        let mut plan = Self {
            text: &keyword.text,
            weight: 1.0,
            spoken: matches!(keyword.source, KeywordSource::Guest | KeywordSource::Llm),
            heads: Vec::new(),
            kin: Vec::new(),
            by_brand: false,
            modifiers: Vec::new(),
            tastes: 0,
            categories: 0,
            terms: Vec::new(),
        };
        let named = keyword
            .concept_id
            .as_deref()
            .and_then(|id| lexicon.concept_by_id(id));
        if let Some(concept) = named
            && [&lexicon.concept(concept).ko, &lexicon.concept(concept).en].contains(&&keyword.text)
        {
            plan.heads.push(concept);
            plan.find_kin(engine);
            return plan;
        }
        let normal = normalise(&keyword.text);
        let squeezed = Squeezed::new(&normal);
        let found = lexicon.find_in(&squeezed);
        let mut unknown = String::new();
        let mut at = 0;
        let mut branded: Vec<ConceptIndex> = Vec::new();
        for word in &found {
            unknown.push_str(&squeezed.as_str()[at..word.range.start]);
            unknown.push(' ');
            at = word.range.end;
            plan.take(&word.meanings);
            // A brand stays a word to be looked up, whatever else it says.
            if word.brands().next().is_some() {
                unknown.push_str(&squeezed.as_str()[word.range.clone()]);
                unknown.push(' ');
                branded.extend(word.brands().flat_map(|b| &lexicon.brand(b).concepts));
            }
        }
        unknown.push_str(&squeezed.as_str()[at..]);
        if plan.heads.is_empty() && !branded.is_empty() {
            plan.by_brand = true;
            plan.heads = branded;
        }
        if let Some(compound) = lexicon.compound(&normal) {
            plan.mean(compound);
        }
        let told = |c: &ConceptIndex| plan.heads.contains(c) || plan.modifiers.contains(c);
        if let Some(meant) = named.filter(|n| !told(n)) {
            // No word of the text says it as it stands, so it was read out of a misspelt one. A word that the shop's products
            // hold is no slip, unless they are that very thing.
            match holds(catalogue, &normal, meant) {
                Held::Otherwise => {}
                Held::Alike => plan.mean(meant),
                Held::Nowhere => {
                    plan.mean(meant);
                    unknown.clear();
                }
            }
        }
        plan.find_kin(engine);
        // Beside a thing only the words that no list knows are looked up; a mere taste or department is looked up as it stands.
        plan.add_terms(
            catalogue,
            if plan.heads.is_empty() {
                &normal
            } else {
                &unknown
            },
        );
        plan
    }

    /// Takes a thing for the only one that is meant.
    fn mean(&mut self, concept: ConceptIndex) {
        self.heads = vec![concept];
        self.modifiers.clear();
        self.by_brand = false;
    }

    fn find_kin(&mut self, engine: &Engine) {
        let lexicon = engine.lexicon();
        for &head in &self.heads {
            let Some(parent) = lexicon.concept(head).parent else {
                continue;
            };
            self.kin.push(parent);
            let siblings = (0u16..)
                .zip(lexicon.concepts())
                .filter(|(_, c)| c.parent == Some(parent));
            self.kin
                .extend(siblings.map(|s| s.0).filter(|s| !self.heads.contains(s)));
        }
    }

    /// Takes the meanings of one word over; a later thing makes the earlier ones modifiers.
    fn take(&mut self, meanings: &[Meaning]) {
        let concepts: Vec<ConceptIndex> = meanings
            .iter()
            .filter_map(|m| {
                if let Meaning::Concept(c) = m {
                    Some(*c)
                } else {
                    None
                }
            })
            .collect();
        if !concepts.is_empty() {
            self.modifiers.append(&mut self.heads);
            self.heads = concepts;
            return;
        }
        // A word for both a taste and a department ("골프") wishes for the taste.
        let taste = meanings.iter().any(|m| matches!(m, Meaning::Taste(_)));
        for meaning in meanings {
            match meaning {
                Meaning::Taste(t) => self.tastes |= 1 << t,
                Meaning::Category(c) if !taste => self.categories |= c.bit(),
                _ => {}
            }
        }
    }

    fn add_terms(&mut self, catalogue: &'c Catalogue, words: &str) {
        let normal = normalise(words);
        let total = catalogue.len() as f32;
        let mut terms: Vec<(Postings<'c>, f32)> = query_terms(&normal)
            .into_iter()
            .map(|t| {
                let postings = catalogue.term(t);
                (postings, (1.0 + total / (1.0 + postings.len() as f32)).ln())
            })
            .collect();
        let sum: f32 = terms.iter().map(|t| t.1).sum();
        terms.sort_by(|a, b| b.1.total_cmp(&a.1));
        self.terms = terms
            .into_iter()
            .map(|(postings, idf)| PlanTerm {
                postings,
                share: idf / sum,
            })
            .collect();
    }

    /// Concepts that the keyword names.
    pub(super) fn concepts(&self) -> impl Iterator<Item = ConceptIndex> {
        self.heads.iter().chain(&self.modifiers).copied()
    }

    /// How well a product is what the keyword asks for, 0 to 1.
    pub(super) fn degree(
        &self,
        engine: &Engine,
        catalogue: &Catalogue,
        doc: DocId,
        document: &Document,
    ) -> f32 {
        let mut named = Mean::default();
        let is = |wanted: &[ConceptIndex]| {
            catalogue
                .concepts_of(document)
                .filter(|(c, _)| wanted.contains(c))
                .map(|c| c.1)
                .fold(0.0f32, f32::max)
        };
        if !self.heads.is_empty() {
            let head = is(&self.heads);
            let head = if head == 0.0 && !self.kin.is_empty() {
                KIN * is(&self.kin)
            } else {
                head
            };
            // What is not the thing is no match, whatever words it shares; the brand's own things are.
            if head == 0.0 {
                return if self.by_brand {
                    WORDS_ALONE * self.coverage(doc)
                } else {
                    0.0
                };
            }
            named.add(1.0, head);
        }
        if !self.modifiers.is_empty() {
            named.add(MODIFIER, is(&self.modifiers));
        }
        if !self.heads.is_empty() {
            if self.tastes != 0 {
                named.add(
                    TASTE_BESIDE,
                    if self.taste_degree(engine, catalogue, document) > 0.0 {
                        1.0
                    } else {
                        0.0
                    },
                );
            }
            if !self.terms.is_empty() {
                named.add(WORDS_BESIDE, self.coverage(doc));
            }
            return named.value();
        }
        let taste = if self.tastes == 0 {
            0.0
        } else {
            self.taste_degree(engine, catalogue, document)
        };
        let category = if document.category_bits & self.categories != 0 {
            CATEGORY_ALONE
        } else {
            0.0
        };
        taste
            .max(category)
            .max(WORDS_ALONE * self.coverage(doc))
            .max(named.value())
    }

    /// Share of the words, by weight, that the product holds.
    fn coverage(&self, doc: DocId) -> f32 {
        self.terms
            .iter()
            .filter(|t| t.postings.weight_of(doc).is_some())
            .map(|t| t.share)
            .sum()
    }

    /// Whether the product exists for one of the tastes, or only pleases people who have it.
    fn taste_degree(&self, engine: &Engine, catalogue: &Catalogue, document: &Document) -> f32 {
        let sure = catalogue
            .concepts_of(document)
            .filter(|c| c.1 >= SURE)
            .map(|c| engine.lexicon().concept(c.0));
        sure.map(|concept| match concept.main_taste {
            Some(main) if self.tastes >> main & 1 == 1 => TASTE_ALONE,
            _ if concept.tastes & self.tastes != 0 => TASTE_BY_THE_WAY,
            _ => 0.0,
        })
        .fold(0.0, f32::max)
    }
}

/// Whether the products of a shop hold a text that was taken for a misspelt name.
enum Held {
    /// None has all its words.
    Nowhere,
    /// Those that have them are what it was taken for.
    Alike,
    /// They are something else.
    Otherwise,
}

/// Looks at the first products that hold the rarest of a text's terms.
fn holds(catalogue: &Catalogue, normal: &str, meant: ConceptIndex) -> Held {
    /// Products looked at, and read to find them.
    const LOOKED_AT: usize = 16;
    const READ: usize = 512;
    let lists: Vec<Postings<'_>> = query_terms(normal)
        .into_iter()
        .map(|t| catalogue.term(t))
        .collect();
    let Some(rarest) = lists.iter().min_by_key(|l| l.len()) else {
        return Held::Nowhere;
    };
    let mut holding = 0;
    let mut alike = 0;
    let docs = rarest.documents.iter().take(READ).copied();
    for doc in docs
        .filter(|&d| lists.iter().all(|l| l.weight_of(d).is_some()))
        .take(LOOKED_AT)
    {
        holding += 1;
        let document = &catalogue.documents()[doc as usize];
        alike += usize::from(catalogue.concepts_of(document).any(|c| c.0 == meant));
    }
    match (holding, alike) {
        (0, _) => Held::Nowhere,
        (held, alike) if alike * 2 >= held => Held::Alike,
        _ => Held::Otherwise,
    }
}

/// A weighted mean.
#[derive(Default)]
struct Mean {
    sum: f32,
    weights: f32,
}

impl Mean {
    fn add(&mut self, weight: f32, value: f32) {
        self.sum += weight * value;
        self.weights += weight;
    }

    fn value(&self) -> f32 {
        if self.weights == 0.0 {
            0.0
        } else {
            self.sum / self.weights
        }
    }
}
