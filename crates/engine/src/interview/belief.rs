//! How likely each concept is the right gift, given the answers and what the catalogue holds within the budget.

use super::understand::Understanding;
use crate::Engine;
use crate::catalogue::Catalogue;
use crate::profile::{Budget, Category};
use crate::rank::Fits;

/// How much more likely a thing becomes when the guest names it.
const NAMED: f32 = 12.0;
/// How likely a concept outside the chosen category still is.
const OTHER_CATEGORY: f32 = 0.02;

/// A probability for every concept of the lexicon; concepts that cannot be given have none.
#[derive(Debug)]
pub(crate) struct Belief {
    probabilities: Vec<f32>,
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
        let mut weights: Vec<f32> = (0u16..)
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
                let suits = fits.person[i].powi(2) * (0.15 + fits.occasion[i]).powf(1.5);
                let safe = 1.0 - 0.4 * concept.taste_risk * (1.0 - fits.taste[i]);
                let wanted = 0.3 + fits.taste[i];
                chosen * suits * safe * wanted * (available as f32).ln_1p().sqrt()
            })
            .collect();
        for (question, value) in &understanding.choices {
            if let Some(likelihood) = engine.questions.likelihood(question, value) {
                weights
                    .iter_mut()
                    .zip(likelihood)
                    .for_each(|(w, l)| *w *= l);
            }
        }
        for &(concept, _) in &understanding.named {
            weights[usize::from(concept)] *= NAMED;
            for &near in &lexicon.concept(concept).goes_with {
                weights[usize::from(near)] *= NAMED / 4.0;
            }
        }
        let total: f32 = weights.iter().sum();
        if total > 0.0 {
            weights.iter_mut().for_each(|w| *w /= total);
        }
        Self {
            probabilities: weights,
        }
    }

    /// Probability by concept, adding up to 1, or to 0 when nothing can be given.
    pub(crate) fn probabilities(&self) -> &[f32] {
        &self.probabilities
    }
}
