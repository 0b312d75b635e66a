//! The signals of the score: each gives a number from 0 to 1 (style and custom: -1 to 1), its weight comes from data, and what it came from
//! is told by the same file, so that the explanation cannot disagree with the score.

mod budget;
mod concept_fit;
mod custom;
mod keyword_match;
mod occasion;
mod quality;
mod safety;
mod style;
mod taste;

use super::Params;
use super::fits::Fits;
use super::plan::Plan;
use crate::Engine;
use crate::catalogue::{Catalogue, DocId, Document};
use crate::data::{self, DataError};
use crate::lexicon::ConceptIndex;
use crate::profile::{Budget, Profile};
use serde::Deserialize;
use std::ops::Range;

macro_rules! weights {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Every number of `data/rank/weights.toml`, where each is explained.
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct Weights { $($(#[$doc])* pub(crate) $name: f32),+ }

        impl Weights {
            /// Every number by its name in the data file, to be read or changed.
            pub(crate) fn all(&mut self) -> Vec<(&'static str, &mut f32)> {
                vec![$((stringify!($name), &mut self.$name)),+]
            }
        }
    };
}

weights!(
    keyword_match,
    concept_fit,
    taste,
    occasion,
    budget,
    quality,
    style,
    safety,
    custom,
    variety,
    share,
    person_power,
    occasion_power,
    occasion_floor,
    rare_taste,
    risk,
    named_taste,
    knowledge,
    by_the_way,
    served,
    served_by_the_way,
    same_department,
    shared_tastes,
    lightest_keyword,
);

impl Weights {
    pub(crate) fn embedded() -> Result<Self, DataError> {
        data::WEIGHTS.parse()
    }
}

/// The signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Signal {
    KeywordMatch,
    ConceptFit,
    Taste,
    Occasion,
    Budget,
    Quality,
    Style,
    Safety,
    Custom,
}

pub(super) const SIGNALS: [Signal; 9] = [
    Signal::KeywordMatch,
    Signal::ConceptFit,
    Signal::Taste,
    Signal::Occasion,
    Signal::Budget,
    Signal::Quality,
    Signal::Style,
    Signal::Safety,
    Signal::Custom,
];

impl Signal {
    /// Name in the HTTP contract.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::KeywordMatch => "keyword_match",
            Self::ConceptFit => "concept_fit",
            Self::Taste => "taste",
            Self::Occasion => "occasion",
            Self::Budget => "budget",
            Self::Quality => "quality",
            Self::Style => "style",
            Self::Safety => "safety",
            Self::Custom => "custom",
        }
    }

    pub(super) fn weight(self, weights: &Weights) -> f32 {
        match self {
            Self::KeywordMatch => weights.keyword_match,
            Self::ConceptFit => weights.concept_fit,
            Self::Taste => weights.taste,
            Self::Occasion => weights.occasion,
            Self::Budget => weights.budget,
            Self::Quality => weights.quality,
            Self::Style => weights.style,
            Self::Safety => weights.safety,
            Self::Custom => weights.custom,
        }
    }

    /// Questions and keywords that the signal's value for a product came from.
    pub(super) fn because(self, context: &Context<'_>, candidate: &Candidate) -> Vec<String> {
        match self {
            Self::KeywordMatch => keyword_match::because(context, candidate),
            Self::ConceptFit => concept_fit::because(context),
            Self::Taste => taste::because(context, candidate),
            Self::Occasion => context
                .profile
                .occasion
                .iter()
                .map(|_| "occasion".to_owned())
                .collect(),
            Self::Budget => context
                .profile
                .budget
                .iter()
                .map(|_| "budget".to_owned())
                .collect(),
            Self::Style => vec!["style".to_owned()],
            Self::Custom => custom::because(context, candidate),
            Self::Quality | Self::Safety => Vec::new(),
        }
    }
}

/// What one request ranks with.
pub(super) struct Context<'a> {
    pub engine: &'a Engine,
    pub catalogue: &'a Catalogue,
    pub profile: &'a Profile,
    pub plans: &'a [Plan<'a>],
    pub fits: &'a Fits,
    pub params: &'a Params,
    pub weights: &'a Weights,
    pub(super) style: f32,
    /// What each custom adds, by number.
    customs: Vec<f32>,
    price: budget::Target,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        catalogue: &'a Catalogue,
        profile: &'a Profile,
        plans: &'a [Plan<'a>],
        fits: &'a Fits,
        budget: Budget,
        params: &'a Params,
    ) -> Self {
        let style = (params.style + 0.5 * (profile.leanings.special + profile.leanings.risk))
            .clamp(-1.0, 1.0);
        let price = budget::Target::of(budget);
        Self {
            engine,
            catalogue,
            profile,
            plans,
            fits,
            params,
            weights: &engine.weights,
            style,
            customs: engine.rules().customs().values(profile),
            price,
        }
    }

    /// How good a kind of thing promises to be before any product is looked at.
    pub(super) fn concept_promise(&self, concept: ConceptIndex) -> f32 {
        let i = usize::from(concept);
        let w = self.weights;
        w.concept_fit * self.fits.person[i]
            + w.taste * self.fits.taste[i]
            + w.occasion * self.fits.occasion[i]
            + w.safety * safety::of_concept(self, concept)
            + w.style * style::of_concept(self, concept)
    }

    /// Closeness of a price to what is usual for the budget, in the scale of posting weights.
    pub(super) fn closeness_key(&self, doc: DocId) -> i32 {
        let price = self.catalogue.prices().get(doc as usize).copied();
        price.map_or(0, |p| (self.price.closeness(p) * 48.0) as i32)
    }

    /// The document of a range whose price is nearest to the usual one.
    pub(super) fn target_document(&self, range: &Range<DocId>) -> DocId {
        let prices = &self.catalogue.prices()[range.start as usize..range.end as usize];
        range.start + prices.partition_point(|&p| p < self.price.usual()) as DocId
    }
}

/// What a product is, as the signals see it: its two surest concepts.
struct Kinds<'c> {
    document: &'c Document,
    concepts: [(ConceptIndex, f32); 2],
}

impl<'c> Kinds<'c> {
    fn of(catalogue: &Catalogue, document: &'c Document) -> Self {
        let mut concepts = [(0, 0.0); 2];
        for (place, (concept, confidence)) in
            concepts.iter_mut().zip(catalogue.concepts_of(document))
        {
            *place = (concept, confidence * confidence);
        }
        Self { document, concepts }
    }

    /// Mean of a value known by concept, weighted by confidence and shrunk to `unknown` where little is recognised, so that an
    /// unrecognised product is neither praised nor punished.
    fn mean(&self, unknown: f32, value: impl Fn(ConceptIndex) -> f32) -> f32 {
        const SHRINK: f32 = 0.15;
        let (mut sum, mut weights) = (unknown * SHRINK, SHRINK);
        for &(concept, weight) in &self.concepts {
            if weight > 0.0 {
                sum += weight * value(concept);
                weights += weight;
            }
        }
        sum / weights
    }
}

/// A product that may be shown, with its score.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub doc: DocId,
    /// Keywords that it matches, one bit each.
    pub matched: u32,
    /// Weight times value by signal.
    pub terms: [f32; SIGNALS.len()],
    pub score: f32,
}

impl Candidate {
    pub(super) fn of(context: &Context<'_>, doc: DocId) -> Self {
        let mut candidate = Self {
            doc,
            matched: 0,
            terms: [0.0; SIGNALS.len()],
            score: 0.0,
        };
        let document = &context.catalogue.documents()[doc as usize];
        let kinds = &Kinds::of(context.catalogue, document);
        let keyword_match = candidate.match_keywords(context);
        for signal in SIGNALS {
            let value = match signal {
                Signal::KeywordMatch => keyword_match,
                Signal::ConceptFit => concept_fit::value(context, kinds),
                Signal::Taste => taste::value(context, kinds),
                Signal::Occasion => occasion::value(context, kinds),
                Signal::Budget => context
                    .price
                    .closeness(context.catalogue.prices()[doc as usize]),
                Signal::Quality => quality::value(document),
                Signal::Style => style::value(context, kinds),
                Signal::Safety => safety::value(context, kinds),
                Signal::Custom => custom::value(context, document),
            };
            candidate.terms[signal as usize] = signal.weight(context.weights) * value;
        }
        candidate.score = candidate.terms.iter().sum();
        candidate
    }

    /// Signals by what they contribute, largest first.
    pub(super) fn strongest(&self) -> Vec<(Signal, f32)> {
        let mut terms: Vec<(Signal, f32)> = SIGNALS
            .iter()
            .map(|&s| (s, self.terms[s as usize]))
            .collect();
        terms.sort_by(|a, b| b.1.total_cmp(&a.1));
        terms
    }
}
