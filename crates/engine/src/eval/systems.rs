//! The systems that are compared: ours, and what a shop would do without it.

use super::benchmark::{Benchmark, Grade, Situation, Split};
use super::bm25::{Bm25, affordable};
use super::random::Random;
use crate::catalogue::{Catalogue, DocId};
use crate::keyword::Keyword;
use crate::lexicon::Meaning;
use crate::profile::Category;
use crate::rank::{Params, Ranking};
use crate::text::normalise;
use crate::{Engine, Lang};
use serde::Serialize;
use std::collections::HashSet;
use xxhash_rust::xxh3::xxh3_64;

/// Gifts in a list.
pub(super) const PLACES: usize = 8;
/// The words that the seed system fell back on.
const SEED_FALLBACKS: [&str; 4] = ["감성", "실용적인", "가성비", "인기"];
/// The seed system's limits: products of one keyword, and the likeness of titles from which on two are one.
const SEED_PER_KEYWORD: usize = 2;
const SEED_SAME_TITLE: f64 = 0.9;

/// A way to choose eight gifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// The engine.
    Seonmul,
    /// Plain BM25 over the engine's keywords, within the budget.
    Bm25,
    /// The seed system's published rule, over keywords as it made them: the answers' own words.
    SeedRule,
    /// The seed system's rule over the engine's keywords.
    SeedRuleOurKeywords,
    /// What was right most often in the tuning half, within the budget.
    Popularity,
    /// Any products within the budget.
    Random,
}

impl System {
    /// Every system, ours first.
    pub const ALL: [Self; 6] = [
        Self::Seonmul,
        Self::Bm25,
        Self::SeedRule,
        Self::SeedRuleOurKeywords,
        Self::Popularity,
        Self::Random,
    ];

    /// Name in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seonmul => "seonmul",
            Self::Bm25 => "bm25 on our keywords",
            Self::SeedRule => "seed rule, its keywords",
            Self::SeedRuleOurKeywords => "seed rule, our keywords",
            Self::Popularity => "popularity",
            Self::Random => "random",
        }
    }
}

/// The systems over one catalogue.
pub(super) struct Systems<'a> {
    engine: &'a Engine,
    catalogue: &'a Catalogue,
    bm25: Bm25,
    /// By document: how often it was right in the tuning half, and how often it was affordable there.
    right: Vec<(f32, f32)>,
}

impl<'a> Systems<'a> {
    pub(super) fn new(engine: &'a Engine, catalogue: &'a Catalogue, benchmark: &Benchmark) -> Self {
        let shown = benchmark.show(catalogue);
        let mut right = vec![(0.0, 0.0); catalogue.len()];
        for situation in benchmark.situations(Some(Split::Tuning)) {
            let affordable = affordable(catalogue, situation.profile.budget);
            for (doc, product) in (0..).zip(&shown).filter(|(d, _)| affordable(*d)) {
                let tally: &mut (f32, f32) = &mut right[doc as usize];
                tally.1 += 1.0;
                tally.0 += (situation.grade(product) == Grade::FitsWell) as u8 as f32;
            }
        }
        Self {
            engine,
            catalogue,
            bm25: Bm25::of(catalogue),
            right,
        }
    }

    /// The engine's list with everything that belongs to it.
    pub(super) fn rank(
        engine: &Engine,
        catalogue: &Catalogue,
        situation: &Situation,
    ) -> (Vec<Keyword>, Ranking) {
        let keywords = engine.keywords_for_profile(&situation.profile, catalogue, situation.lang);
        let params = Params {
            limit: PLACES,
            seed: xxh3_64(situation.id.as_bytes()),
            lang: situation.lang,
            ..Params::default()
        };
        let ranking = engine.rank(catalogue, &situation.profile, &keywords, &params);
        (keywords, ranking)
    }

    pub(super) fn keywords(&self, situation: &Situation) -> Vec<Keyword> {
        self.engine
            .keywords_for_profile(&situation.profile, self.catalogue, situation.lang)
    }

    /// The products that a system shows, best first.
    pub(super) fn list(&self, system: System, situation: &Situation) -> Vec<DocId> {
        let affordable = affordable(self.catalogue, situation.profile.budget);
        let texts =
            |keywords: Vec<Keyword>| keywords.into_iter().map(|k| k.text).collect::<Vec<_>>();
        match system {
            System::Seonmul => {
                let (_, ranking) = Self::rank(self.engine, self.catalogue, situation);
                ranking.items.iter().map(|i| i.doc).collect()
            }
            System::Bm25 => {
                let query = texts(self.keywords(situation)).join(" ");
                let mut found = self.bm25.search(&query, affordable);
                found.truncate(PLACES);
                found
            }
            System::SeedRule => self.seed_rule(&self.seed_keywords(situation), affordable),
            System::SeedRuleOurKeywords => {
                self.seed_rule(&texts(self.keywords(situation)), affordable)
            }
            System::Popularity => {
                let mut found: Vec<(DocId, f32)> = (0..)
                    .zip(&self.right)
                    .filter(|(d, _)| affordable(*d))
                    .map(|(d, (right, seen))| (d, right / (seen + 4.0)))
                    .collect();
                found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                found.into_iter().take(PLACES).map(|f| f.0).collect()
            }
            System::Random => {
                let mut random = Random::new(xxh3_64(situation.id.as_bytes()));
                let mut left: Vec<DocId> = (0..self.catalogue.len() as DocId)
                    .filter(|d| affordable(*d))
                    .collect();
                let places = PLACES.min(left.len());
                (0..places)
                    .map(|_| left.swap_remove(random.below(left.len())))
                    .collect()
            }
        }
    }

    /// Up to two products of each keyword, at most eight, one of each brand, no title twice; from its fallback words where these run out.
    fn seed_rule(&self, keywords: &[String], affordable: impl Fn(DocId) -> bool) -> Vec<DocId> {
        let fallbacks = SEED_FALLBACKS.iter().map(|w| (*w).to_owned());
        let mut list: Vec<DocId> = Vec::with_capacity(PLACES);
        let mut brands: HashSet<String> = HashSet::new();
        let mut titles: Vec<HashSet<String>> = Vec::new();
        for keyword in keywords.iter().cloned().chain(fallbacks) {
            let mut taken = 0;
            for doc in self.bm25.search(&keyword, &affordable) {
                if list.len() == PLACES || taken == SEED_PER_KEYWORD {
                    break;
                }
                let Some(product) = self.catalogue.product(doc) else {
                    continue;
                };
                let title: HashSet<String> = normalise(&product.title)
                    .split(' ')
                    .map(str::to_owned)
                    .collect();
                let seen = titles.iter().any(|t| jaccard(t, &title) >= SEED_SAME_TITLE);
                let same_brand = product.brand.as_ref().is_some_and(|b| brands.contains(b));
                if seen || same_brand || list.contains(&doc) {
                    continue;
                }
                brands.extend(product.brand);
                titles.push(title);
                list.push(doc);
                taken += 1;
            }
        }
        list
    }

    /// The seed system's keywords, five at the most, as its author reports them: words for the person and the occasion, then the tastes'.
    fn seed_keywords(&self, situation: &Situation) -> Vec<String> {
        let profile = &situation.profile;
        let label = |id: &str, value: Option<&str>| {
            let question = self.engine.question(id)?;
            question.option(value?).map(|o| o.ko.clone())
        };
        let mut keywords: Vec<String> = [
            label("relation", profile.relation.map(|v| v.as_str())),
            label("occasion", profile.occasion.map(|v| v.as_str())),
        ]
        .into_iter()
        .flatten()
        .collect();
        let category = profile.category.filter(|&c| c != Category::Any);
        keywords.extend(label("category", category.map(|v| v.as_str())));
        let lexicon = self.engine.lexicon();
        for text in &profile.tastes {
            for found in lexicon.find(text) {
                keywords.extend(found.meanings.iter().find_map(|m| match m {
                    Meaning::Concept(c) => Some(lexicon.concept(*c).name(Lang::Ko).to_owned()),
                    Meaning::Taste(t) => Some(lexicon.tastes()[usize::from(*t)].ko.clone()),
                    _ => None,
                }));
            }
        }
        keywords.dedup();
        keywords.truncate(5);
        keywords
    }
}

fn jaccard(a: &HashSet<String>, b: &HashSet<String>) -> f64 {
    a.intersection(b).count() as f64 / a.union(b).count().max(1) as f64
}
