//! Ranking: retrieve within the budget, filter, score, compose a varied list, explain it with the terms of its own score.
//! Total and deterministic: the same catalogue, profile, keywords and parameters give the same list on every machine.

mod allowance;
mod compose;
mod counterfactual;
mod explain;
mod fits;
mod grounds;
mod guard;
mod naming;
mod plan;
mod retrieve;
mod signals;
mod why_not;
mod words;

pub(crate) use allowance::Allowance;
pub(crate) use compose::likeness_of;
pub(crate) use counterfactual::Counterfactuals;
pub(crate) use explain::Reasons;
pub(crate) use fits::Fits;
pub(crate) use grounds::Grounds;
pub(crate) use signals::Weights;
pub(crate) use why_not::WhyNots;

pub use counterfactual::Counterfactual;
pub use why_not::{WHY_NOT_CODES, WhyNot};

use crate::catalogue::{Catalogue, DELIVERY_UNKNOWN, DocId};
use crate::keyword::Keyword;
use crate::profile::Profile;
use crate::rules::Day;
use crate::{Engine, Lang};
use compose::Composer;
use plan::Plan;
use serde::{Deserialize, Serialize};

/// Most gifts in one list.
pub const MAX_LIMIT: usize = 30;
/// Most keywords that a list is made for; more are ignored, lightest first.
pub const MAX_KEYWORDS: usize = 30;

/// How to rank, apart from for whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Gifts wanted, at most [`MAX_LIMIT`].
    pub limit: usize,
    /// Products that must not appear.
    pub exclude_product_ids: Vec<String>,
    /// -1 safe to 1 special.
    pub style: f32,
    /// Decides between near equals.
    pub seed: u64,
    /// Language of reasons and warnings.
    pub lang: Lang,
    /// The day in Korea on which the gift is ordered; rules that turn on a day say nothing without it.
    pub today: Option<Day>,
    /// Products that come first, in this order, where everything that holds for a list allows it. Scores are left as they are.
    pub preferred: Vec<DocId>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            limit: 8,
            exclude_product_ids: Vec::new(),
            style: 0.0,
            seed: 0,
            lang: Lang::Ko,
            today: None,
            preferred: Vec::new(),
        }
    }
}

/// A list of gifts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranking {
    /// The gifts, best first.
    pub items: Vec<RankedItem>,
    /// Wishes that had to be loosened, in the order of the contract.
    pub relaxations: Vec<Relaxation>,
    /// What law and custom say.
    pub warnings: Vec<Warning>,
}

/// One gift.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedItem {
    /// Its document in the catalogue.
    pub doc: DocId,
    /// Sum of the terms.
    pub score: f64,
    /// What the score is made of.
    pub terms: Vec<ScoreTerm>,
    /// One sentence made from the strongest terms.
    pub reason: String,
    /// Texts of the keywords that it matches.
    pub matched_keywords: Vec<String>,
    /// Whether it was drawn in place of a near equal, to learn.
    pub explore: bool,
    /// Probability with which it was shown.
    pub propensity: f64,
}

/// One part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreTerm {
    /// Name of the signal.
    pub term: String,
    /// Weight times signal.
    pub value: f64,
    /// Questions and keywords that it came from.
    pub because: Vec<String>,
}

/// A wish that was loosened so that the list is not short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relaxation {
    /// `diversity`, `keywords`, `category` or `budget_min`.
    pub constraint: String,
    /// What was done, in words.
    pub detail: String,
}

/// What law or custom says about this gift-giving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable code of the rule.
    pub code: String,
    /// The message.
    pub message: String,
    /// Where the rule comes from.
    pub source: String,
}

/// Wishes in the order in which they are loosened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Constraint {
    Diversity,
    Keywords,
    Category,
    BudgetMin,
}

impl Engine {
    /// Which of some keywords at least one of some products is an answer to, in the order of the keywords.
    pub fn keywords_served(
        &self,
        catalogue: &Catalogue,
        keywords: &[Keyword],
        docs: &[DocId],
    ) -> Vec<bool> {
        let serves = |plan: &Plan<'_>| {
            let documents = catalogue.documents();
            docs.iter().any(|&doc| {
                plan.degree(self, catalogue, doc, &documents[doc as usize]) >= plan::MATCHES
            })
        };
        Plan::all(self, catalogue, keywords)
            .iter()
            .map(serves)
            .collect()
    }

    /// Ranks the catalogue for a recipient. Never over budget, never an excluded product, never a product made for others or
    /// forbidden by law; never empty while the catalogue holds anything else within the budget.
    pub fn rank(
        &self,
        catalogue: &Catalogue,
        profile: &Profile,
        keywords: &[Keyword],
        params: &Params,
    ) -> Ranking {
        let grounds = Grounds::of(self, catalogue, profile, keywords, params);
        let mut ranking = Ranking {
            warnings: grounds.verdict.warnings.clone(),
            ..Ranking::default()
        };
        if grounds.verdict.nothing_allowed || catalogue.is_empty() {
            return ranking;
        }
        let (profile, budget, plans) = (&grounds.profile, grounds.budget, &grounds.plans);
        let limit = params.limit.clamp(1, MAX_LIMIT);
        let guard = grounds.guard();
        let context = grounds.context();
        let mut composer = Composer::new(&context, &guard, limit);
        let range = grounds.range();
        let affordable = catalogue.price_range(0, budget.max).end;
        let below = 0..range.start.min(affordable);
        let wished = grounds.wished();

        let keyworded = if plans.is_empty() {
            Vec::new()
        } else {
            retrieve::by_keywords(&context, &guard, &range, wished)
        };
        composer.fill(&keyworded, None);
        composer.fill(&keyworded, Some(Constraint::Diversity));
        if !composer.is_full() {
            let fitting = retrieve::by_fit(&context, &guard, &range, wished);
            let loosened = (!plans.is_empty()).then_some(Constraint::Keywords);
            composer.fill(&fitting, loosened);
            composer.fill(&fitting, loosened.or(Some(Constraint::Diversity)));
        }
        if !composer.is_full() && wished.is_some() {
            composer.fill(
                &retrieve::anything(&context, &guard, &range, wished, limit),
                Some(Constraint::Keywords),
            );
            composer.fill(
                &retrieve::by_keywords(&context, &guard, &range, None),
                Some(Constraint::Category),
            );
            composer.fill(
                &retrieve::by_fit(&context, &guard, &range, None),
                Some(Constraint::Category),
            );
        }
        // Below the minimum, what lies nearest to it comes first.
        let near = catalogue
            .price_range(budget.min / 2, budget.max)
            .start
            .min(below.end);
        for below in [near..below.end, 0..near] {
            if composer.is_full() || below.is_empty() {
                continue;
            }
            composer.fill(
                &retrieve::by_keywords(&context, &guard, &below, wished),
                Some(Constraint::BudgetMin),
            );
            composer.fill(
                &retrieve::by_fit(&context, &guard, &below, wished),
                Some(Constraint::BudgetMin),
            );
        }
        if !composer.is_full() {
            let rest = retrieve::anything(&context, &guard, &range, None, limit);
            let loosened = match wished {
                Some(_) => Constraint::Category,
                None if plans.is_empty() => Constraint::Diversity,
                None => Constraint::Keywords,
            };
            composer.fill(&rest, Some(loosened));
            composer.fill_same_brand(&rest);
        }
        if composer.is_empty() {
            composer.fill(
                &retrieve::anything(&context, &guard, &below, None, limit),
                Some(Constraint::BudgetMin),
            );
        }
        let composed = composer.finish();
        ranking.relaxations = explain::relaxations(&context, &composed, limit);
        ranking.items = explain::items(&context, &composed);
        let documents = catalogue.documents();
        let listed = ranking.items.iter().map(|i| {
            let document = &documents[i.doc as usize];
            let price = catalogue.prices()[i.doc as usize];
            (catalogue.title(i.doc), price, document.flags)
        });
        let law = self.rules().law();
        let told = law.told_about(&grounds.verdict, listed, profile.budget, params.lang);
        ranking.warnings.extend(told);
        let dispatch = grounds.dispatch;
        if ranking.items.is_empty() && ranking.warnings.is_empty() {
            ranking
                .warnings
                .push(explain::nothing_fits(dispatch, params.lang));
        }
        let unknown = |i: &RankedItem| documents[i.doc as usize].delivery_days == DELIVERY_UNKNOWN;
        if dispatch.days_left().is_some() && ranking.items.iter().any(unknown) {
            let warning = explain::delivery_unknown(params.lang);
            ranking.warnings.push(warning);
        }
        let about = ranking
            .items
            .iter()
            .flat_map(|i| catalogue.customs_of(&documents[i.doc as usize]));
        let customs = self.rules().customs();
        let customs = customs.warnings(about, profile, params.lang);
        ranking.warnings.extend(customs);
        ranking.warnings.extend(self.date_warning(profile, params));
        ranking
    }

    /// What is to be told about the day of the occasion, unless the guest named the day themselves.
    fn date_warning(&self, profile: &Profile, params: &Params) -> Option<Warning> {
        if profile.deliver_by.is_some() {
            return None;
        }
        let calendar = self.rules().calendar();
        calendar.warning(profile.occasion?, params.today?, params.lang)
    }
}
