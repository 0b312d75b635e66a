//! What one request is ranked by, worked out once: the profile as read, the law's verdict, the prices that remain, what the keywords
//! ask for and how well every kind of thing fits.

use super::Params;
use super::fits::Fits;
use super::guard::Guard;
use super::plan::Plan;
use super::signals::Context;
use crate::Engine;
use crate::catalogue::{Catalogue, DocId};
use crate::keyword::Keyword;
use crate::profile::{Budget, Category, Profile};
use crate::rules::{Dispatch, Verdict};
use std::ops::Range;

/// The grounds of one request.
pub(crate) struct Grounds<'a> {
    pub engine: &'a Engine,
    pub catalogue: &'a Catalogue,
    pub params: &'a Params,
    /// The profile with its own words read into its leanings.
    pub profile: Profile,
    pub verdict: Verdict<'a>,
    /// The days on which the gift may be sent.
    pub dispatch: Dispatch,
    /// What the guest and the law together allow to spend.
    pub budget: Budget,
    /// What usual prices are judged by.
    usual: Budget,
    pub(super) plans: Vec<Plan<'a>>,
    pub fits: Fits,
}

impl<'a> Grounds<'a> {
    pub(crate) fn of(
        engine: &'a Engine,
        catalogue: &'a Catalogue,
        profile: &Profile,
        keywords: &'a [Keyword],
        params: &'a Params,
    ) -> Self {
        let profile = engine.read_profile(profile);
        let dispatch = Dispatch::of(&profile, params.today);
        let said = profile.said(keywords);
        let (law, calendar) = (engine.rules().law(), engine.rules().calendar());
        let verdict = law.judge(calendar, &profile, said, dispatch, params.lang);
        let asked = profile.budget.unwrap_or(Budget::ANY);
        let at_most = |max: Option<u32>| Budget {
            max: [asked.max, max].into_iter().flatten().min(),
            ..asked
        };
        let budget = at_most(verdict.excepted_max_price);
        // Who names no price is not taken to hope for the exception.
        let usual = match profile.budget {
            Some(_) => budget,
            None => at_most(verdict.max_price),
        };
        Self {
            plans: Plan::all(engine, catalogue, keywords),
            fits: Fits::of(engine, &profile),
            engine,
            catalogue,
            params,
            profile,
            verdict,
            dispatch,
            budget,
            usual,
        }
    }

    /// What may never be shown.
    pub(super) fn guard(&self) -> Guard<'_> {
        Guard::new(
            self.engine,
            self.catalogue,
            &self.profile,
            &self.plans,
            &self.fits,
            &self.verdict,
            self.dispatch.days_left(),
            self.params,
        )
    }

    /// What scores are made of.
    pub(super) fn context(&self) -> Context<'_> {
        Context::new(
            self.engine,
            self.catalogue,
            &self.profile,
            &self.plans,
            &self.fits,
            self.usual,
            self.params,
        )
    }

    /// Documents within the budget.
    pub(super) fn range(&self) -> Range<DocId> {
        self.catalogue.price_range(self.budget.min, self.budget.max)
    }

    /// The department wished for, if any.
    pub(super) fn wished(&self) -> Option<Category> {
        self.profile.category.filter(|&c| c != Category::Any)
    }
}
