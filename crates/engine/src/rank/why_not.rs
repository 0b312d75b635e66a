//! Why a product is not in a list: the first reason that is true, in one sentence.

use super::compose::{Composer, StandIn};
use super::grounds::Grounds;
use super::guard::Refusal;
use super::naming::person;
use super::signals::{Candidate, SIGNALS, Signal};
use super::words::{Text, fill, price, short};
use super::{MAX_LIMIT, Params, Ranking};
use crate::catalogue::{Catalogue, DocId};
use crate::data::{self, DataError};
use crate::interview::Answer;
use crate::keyword::Keyword;
use crate::profile::{Audience, Category, Profile};
use crate::{Engine, Lang};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why a product is not in a list, or where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyNot {
    /// Stable word, one of [`WHY_NOT_CODES`].
    pub code: &'static str,
    /// The same in one sentence.
    pub detail: String,
}

/// Keywords that a sentence names at the most.
const KEYWORDS_TOLD: usize = 5;

/// Every code of [`WhyNot`], in the order in which reasons are looked for.
pub const WHY_NOT_CODES: [&str; 16] = [
    "shown",
    "nothing_allowed",
    "over_budget",
    "over_legal_limit",
    "below_minimum",
    "forbidden_by_law",
    "made_for_others",
    "refused",
    "excluded",
    "too_late",
    "unsuitable",
    "other_category",
    "stand_in",
    "other_keywords",
    "lower_score",
    "no_room",
];

/// The sentences, and how they name audiences and score terms.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhyNots {
    answer: BTreeMap<String, Text>,
    audience: BTreeMap<String, Text>,
    term: BTreeMap<String, Text>,
    /// The terms whose question nobody has answered.
    term_unanswered: BTreeMap<String, Text>,
}

/// A reason with what its sentence needs.
#[derive(Debug)]
enum Obstacle {
    Shown(usize),
    NothingAllowed,
    OverBudget(u32),
    OverLegalLimit(u32),
    BelowMinimum(u32),
    Refused(Refusal),
    OtherCategory,
    StandIn(StandIn),
    OtherKeywords,
    LowerScore(Signal, DocId),
    NoRoom,
}

impl WhyNots {
    pub(crate) fn embedded() -> Result<Self, DataError> {
        let texts: Self = data::WHY_NOT.parse()?;
        let fail = |message: String| Err(data::WHY_NOT.error(0..0, message));
        let stand_ins = ["same_gift", "same_brand", "same_kind", "same_category"];
        let codes = WHY_NOT_CODES.iter().filter(|&&c| c != "stand_in");
        for answer in codes.chain(&stand_ins) {
            if !texts.answer.contains_key(*answer) {
                return fail(format!("no answer '{answer}'"));
            }
        }
        let audiences = Audience::ALL.iter().filter(|&&a| a != Audience::Anyone);
        for audience in audiences {
            if !texts.audience.contains_key(audience.as_str()) {
                return fail(format!("no name for the audience '{audience}'"));
            }
        }
        for signal in SIGNALS {
            let open = is_answered(signal, &Profile::default())
                || texts.term_unanswered.contains_key(signal.name());
            if !open || !texts.term.contains_key(signal.name()) {
                return fail(format!("no name for the term '{}'", signal.name()));
            }
        }
        Ok(texts)
    }
}

impl Engine {
    /// Why a product is not in the list that [`Engine::rank`] makes from the same arguments: the first reason that is true.
    pub fn why_not(
        &self,
        catalogue: &Catalogue,
        profile: &Profile,
        keywords: &[Keyword],
        params: &Params,
        doc: DocId,
    ) -> WhyNot {
        let ranking = self.rank(catalogue, profile, keywords, params);
        let grounds = Grounds::of(self, catalogue, profile, keywords, params);
        let obstacle = Obstacle::of(&grounds, &ranking, doc);
        let texts = &self.why_nots;
        let detail = texts
            .answer
            .get(obstacle.text())
            .map_or_else(String::new, |t| {
                fill(t.pick(params.lang), |name| {
                    obstacle.value(name, &grounds, &ranking, doc)
                })
            });
        let code = obstacle.code();
        WhyNot { code, detail }
    }
}

impl Engine {
    /// What is told of a product that is in a list, by its place from 1.
    pub fn shown_at(&self, place: usize, lang: Lang) -> WhyNot {
        let code = Obstacle::Shown(place).code();
        let text = self.why_nots.answer.get(code);
        let detail = text.map_or_else(String::new, |t| fill(t.pick(lang), |_| place.to_string()));
        WhyNot { code, detail }
    }
}

impl Obstacle {
    fn of(grounds: &Grounds<'_>, ranking: &Ranking, doc: DocId) -> Self {
        let catalogue = grounds.catalogue;
        if let Some(at) = ranking.items.iter().position(|i| i.doc == doc) {
            return Self::Shown(at + 1);
        }
        if grounds.verdict.nothing_allowed {
            return Self::NothingAllowed;
        }
        let price = catalogue.prices()[doc as usize];
        let over = |max: Option<u32>| max.filter(|&max| price > max);
        if let Some(max) = over(grounds.profile.budget.and_then(|b| b.max)) {
            return Self::OverBudget(max);
        }
        if let Some(max) = over(grounds.verdict.excepted_max_price) {
            return Self::OverLegalLimit(max);
        }
        let loosened = |name: &str| ranking.relaxations.iter().any(|r| r.constraint == name);
        let below = price < grounds.budget.min;
        if below && !loosened("budget_min") {
            return Self::BelowMinimum(grounds.budget.min);
        }
        let guard = grounds.guard();
        if let Some(refusal) = guard.refusal(grounds, doc) {
            return match (refusal, grounds.verdict.max_price) {
                (Refusal::OverLegalLimit, Some(max)) => Self::OverLegalLimit(max),
                (refusal, _) => Self::Refused(refusal),
            };
        }
        let document = &catalogue.documents()[doc as usize];
        let outside = |c: Category| document.category_bits & c.bit() == 0;
        let outside = grounds.wished().is_some_and(outside);
        if outside && !loosened("category") {
            return Self::OtherCategory;
        }
        let context = grounds.context();
        let limit = grounds.params.limit.clamp(1, MAX_LIMIT);
        let listed = ranking.items.iter().map(|i| i.doc);
        if let Some(stand_in) = Composer::new(&context, &guard, limit).stand_in(listed, doc) {
            return Self::StandIn(stand_in);
        }
        let candidate = Candidate::of(&context, doc);
        if !grounds.plans.is_empty() && candidate.matched == 0 && !loosened("keywords") {
            return Self::OtherKeywords;
        }
        match Self::by_score(&candidate, ranking) {
            // Where a wish was loosened, what it keeps out still comes last.
            Self::NoRoom if below => Self::BelowMinimum(grounds.budget.min),
            Self::NoRoom if outside => Self::OtherCategory,
            obstacle => obstacle,
        }
    }

    /// Against the weakest gift shown: the term that is furthest behind, if the score is behind at all.
    fn by_score(candidate: &Candidate, ranking: &Ranking) -> Self {
        let weakest = ranking
            .items
            .iter()
            .min_by(|a, b| a.score.total_cmp(&b.score));
        let Some(weakest) = weakest.filter(|w| w.score > f64::from(candidate.score)) else {
            return Self::NoRoom;
        };
        let behind = |signal: Signal| {
            let theirs = weakest.terms.iter().find(|t| t.term == signal.name());
            theirs.map_or(0.0, |t| t.value) - f64::from(candidate.terms[signal as usize])
        };
        let most = SIGNALS
            .into_iter()
            .max_by(|&a, &b| behind(a).total_cmp(&behind(b)));
        most.map_or(Self::NoRoom, |s| Self::LowerScore(s, weakest.doc))
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::StandIn(_) => "stand_in",
            _ => self.text(),
        }
    }

    /// Name of the sentence.
    const fn text(&self) -> &'static str {
        match self {
            Self::Shown(_) => "shown",
            Self::NothingAllowed => "nothing_allowed",
            Self::OverBudget(_) => "over_budget",
            Self::OverLegalLimit(_) | Self::Refused(Refusal::OverLegalLimit) => "over_legal_limit",
            Self::BelowMinimum(_) => "below_minimum",
            Self::Refused(Refusal::ByLaw) => "forbidden_by_law",
            Self::Refused(Refusal::MadeFor(_)) => "made_for_others",
            Self::Refused(Refusal::Word(_)) => "refused",
            Self::Refused(Refusal::Excluded) => "excluded",
            Self::Refused(Refusal::TooLate(_)) => "too_late",
            Self::Refused(Refusal::Unsuitable(_)) => "unsuitable",
            Self::OtherCategory => "other_category",
            Self::StandIn(StandIn::Same(_)) => "same_gift",
            Self::StandIn(StandIn::Brand(_)) => "same_brand",
            Self::StandIn(StandIn::Kind(..)) => "same_kind",
            Self::StandIn(StandIn::Category(_)) => "same_category",
            Self::OtherKeywords => "other_keywords",
            Self::LowerScore(..) => "lower_score",
            Self::NoRoom => "no_room",
        }
    }

    fn value(&self, name: &str, grounds: &Grounds<'_>, ranking: &Ranking, doc: DocId) -> String {
        let (catalogue, lang) = (grounds.catalogue, grounds.params.lang);
        let money = |amount: u32| price(amount, catalogue.currency(), lang);
        let own = catalogue.prices()[doc as usize];
        let named = |names: &BTreeMap<String, Text>, key: &str| {
            names.get(key).map_or("", |t| t.pick(lang)).to_owned()
        };
        let texts = &grounds.engine.why_nots;
        match (name, self) {
            ("place", Self::Shown(place)) => place.to_string(),
            ("price", _) => money(own),
            ("limit", Self::OverBudget(to) | Self::OverLegalLimit(to) | Self::BelowMinimum(to)) => {
                money(*to)
            }
            ("by", Self::OverBudget(to) | Self::OverLegalLimit(to) | Self::BelowMinimum(to)) => {
                money(own.abs_diff(*to))
            }
            ("audience", Self::Refused(Refusal::MadeFor(audience))) => {
                named(&texts.audience, audience.as_str())
            }
            ("days", Self::Refused(Refusal::TooLate(days))) => days.to_string(),
            ("left", _) => grounds
                .dispatch
                .days_left()
                .map_or_else(String::new, |d| d.max(0).to_string()),
            ("word", Self::Refused(Refusal::Word(word))) => word.clone(),
            (
                "kind",
                Self::Refused(Refusal::Unsuitable(c)) | Self::StandIn(StandIn::Kind(c, _)),
            ) => grounds.engine.lexicon().concept(*c).name(lang).to_owned(),
            ("person", _) => person(grounds.engine, &grounds.profile, lang),
            ("category", _) => grounds.wished().map_or_else(String::new, |c| {
                let wished = Answer::Choice(c.as_str().to_owned());
                grounds.engine.answer_label("category", &wished, lang)
            }),
            ("gift", Self::StandIn(StandIn::Same(gift)) | Self::LowerScore(_, gift)) => {
                short(catalogue.title(*gift))
            }
            ("brand", _) => catalogue
                .product(doc)
                .and_then(|p| p.brand)
                .unwrap_or_default(),
            (
                "count",
                Self::StandIn(
                    StandIn::Brand(count) | StandIn::Kind(_, count) | StandIn::Category(count),
                ),
            ) => count.to_string(),
            ("listed", _) => ranking.items.len().to_string(),
            ("keywords", _) => {
                let told = grounds.plans.iter().take(KEYWORDS_TOLD);
                told.map(|p| p.text).collect::<Vec<_>>().join(", ")
            }
            ("term", Self::LowerScore(signal, _)) => {
                let names = if is_answered(*signal, &grounds.profile) {
                    &texts.term
                } else {
                    &texts.term_unanswered
                };
                named(names, signal.name())
            }
            _ => String::new(),
        }
    }
}

/// Whether the question that a term turns on was answered.
fn is_answered(signal: Signal, profile: &Profile) -> bool {
    match signal {
        Signal::ConceptFit => {
            profile.relation.is_some() || profile.gender.is_some() || profile.age_band.is_some()
        }
        Signal::Occasion => profile.occasion.is_some(),
        Signal::Budget => profile.budget.is_some(),
        _ => true,
    }
}
