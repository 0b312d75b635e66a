//! How likely each concept is the right gift, and each taste the recipient's, given the answers and what the catalogue holds within the
//! budget.

use super::understand::Understanding;
use crate::Engine;
use crate::catalogue::Catalogue;
use crate::lexicon::{Concept, TasteIndex};
use crate::profile::{Budget, Category};
use crate::rank::Fits;

/// How much more likely a thing becomes when the guest names it.
const NAMED: f32 = 12.0;
/// How likely a concept outside the chosen category still is.
const OTHER_CATEGORY: f32 = 0.02;
/// Exponent that flattens what is usual for such people into what this person may like: people have tastes of their own.
const INDIVIDUAL: f32 = 0.2;

/// A probability for every concept and every taste of the lexicon; what cannot be given, and a taste that nothing serves, has none.
#[derive(Debug)]
pub(crate) struct Belief {
    concepts: Vec<f32>,
    tastes: Vec<f32>,
    lifts: Vec<f32>,
    /// How much the tastes count, 0 (nothing is known of them) to 1.
    trust: f32,
    by_the_way: f32,
}

impl Belief {
    pub(crate) fn of(
        engine: &Engine,
        understanding: &Understanding,
        catalogue: &Catalogue,
    ) -> Self {
        let profile = &understanding.profile;
        let fits = Fits::of(engine, profile);
        let budget = profile.budget.unwrap_or(Budget::ANY);
        let range = catalogue.price_range(budget.min, budget.max);
        let lexicon = engine.lexicon();
        let w = &engine.weights;
        let mut tastes = vec![0.0f32; lexicon.tastes().len()];
        let mut wished = vec![0.0f32; lexicon.tastes().len()];
        let mut concepts: Vec<f32> = (0u16..)
            .zip(lexicon.concepts())
            .map(|(index, concept)| {
                let available = catalogue.concept(index).within(&range).len();
                if available == 0 || !fits.allowed[usize::from(index)] {
                    return 0.0;
                }
                let chosen = match profile.category {
                    None | Some(Category::Any) => 1.0,
                    Some(category) if category == concept.category => 1.0,
                    Some(_) => OTHER_CATEGORY,
                };
                let i = usize::from(index);
                let suits = fits.person[i].powf(w.person_power)
                    * (w.occasion_floor + fits.occasion[i]).powf(w.occasion_power);
                let usual = suits * (available as f32).ln_1p().sqrt();
                let mut common = 1.0;
                if let Some(taste) = concept.main_taste {
                    tastes[usize::from(taste)] += usual;
                    let wished = &mut wished[usize::from(taste)];
                    *wished = wished.max(chosen);
                    common = lexicon.tastes()[usize::from(taste)].common;
                }
                let usual = chosen * usual * (w.rare_taste + (1.0 - w.rare_taste) * common);
                let safe = 1.0 - w.risk * concept.taste_risk * (1.0 - fits.taste[i]);
                usual * safe
            })
            .collect();
        // A department that was chosen is chosen by this person, so it is not flattened.
        let own = tastes.iter_mut().zip(&wished);
        own.for_each(|(t, wished)| *t = t.powf(INDIVIDUAL) * wished);
        normalise(&mut tastes);
        let before = tastes.clone();
        for &(taste, strength, _) in &profile.leanings.tastes {
            tastes[usize::from(taste)] *= 1.0 + w.named_taste * strength.powi(3);
        }
        for (question, value) in &understanding.choices {
            if let Some((of_concepts, of_tastes)) = engine.questions.likelihood(question, value) {
                let update = |belief: &mut [f32], likelihood: &[f32]| {
                    belief.iter_mut().zip(likelihood).for_each(|(b, l)| *b *= l);
                };
                update(&mut concepts, of_concepts);
                update(&mut tastes, of_tastes);
            }
        }
        for &(concept, _) in &profile.leanings.named {
            concepts[usize::from(concept)] *= NAMED;
            for &near in &lexicon.concept(concept).goes_with {
                concepts[usize::from(near)] *= NAMED / 4.0;
            }
        }
        normalise(&mut tastes);
        let lifts: Vec<f32> = tastes
            .iter()
            .zip(&before)
            .map(|(now, usual)| if *usual > 0.0 { now / usual } else { 0.0 })
            .collect();
        // Kullback-Leibler divergence in nats: how much is known of the tastes by now.
        let known: f32 = tastes
            .iter()
            .zip(&lifts)
            .map(|(p, lift)| if *p > 0.0 { p * lift.ln() } else { 0.0 })
            .sum();
        let mut belief = Self {
            concepts,
            tastes,
            lifts,
            trust: known / (w.knowledge + known),
            by_the_way: w.by_the_way,
        };
        let wanted: Vec<f32> = lexicon
            .concepts()
            .iter()
            .map(|c| belief.wanted(c, &belief.lifts))
            .collect();
        belief
            .concepts
            .iter_mut()
            .zip(wanted)
            .for_each(|(p, w)| *p *= w);
        normalise(&mut belief.concepts);
        belief
    }

    /// How much more a concept is wanted than usual, given how much more likely each taste is: what the answers say about tastes
    /// counts as far as they say anything.
    pub(crate) fn wanted(&self, concept: &Concept, lifts: &[f32]) -> f32 {
        let mut most = 0.0f32;
        let mut left = concept.tastes;
        while left != 0 {
            let taste = left.trailing_zeros() as usize;
            left &= left - 1;
            let main = concept.main_taste == Some(taste as TasteIndex);
            most = most.max(lifts[taste] * if main { 1.0 } else { self.by_the_way });
        }
        1.0 - self.trust + self.trust * most
    }

    /// By taste, how many times more likely it is now than before anybody answered.
    pub(crate) fn lifts(&self) -> &[f32] {
        &self.lifts
    }

    /// Probability by concept, adding up to 1, or to 0 when nothing can be given.
    pub(crate) fn concepts(&self) -> &[f32] {
        &self.concepts
    }

    /// Probability by taste that it is what the recipient likes best, adding up to 1, or to 0 when no taste can be served.
    pub(crate) fn tastes(&self) -> &[f32] {
        &self.tastes
    }
}

fn normalise(weights: &mut [f32]) {
    let total: f32 = weights.iter().sum();
    if total > 0.0 {
        weights.iter_mut().for_each(|w| *w /= total);
    }
}
