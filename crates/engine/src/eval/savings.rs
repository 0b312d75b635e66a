//! What asking adaptively spares the giver, read off the simulated interviews.

use super::recipients::{Asked, Policy};
use serde::Serialize;

/// Questions that two ways of asking need for the same success.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Saving {
    /// Share of answers given at random.
    pub noise: f64,
    /// SR@8 that adaptive asking reaches with all the questions it may ask.
    pub success: f64,
    /// Questions that it asks for that on average.
    pub adaptive: f64,
    /// Questions that the fixed order needs for it, between two looks in proportion; nothing when it never reaches it.
    pub fixed_order: Option<f64>,
    /// Questions of the fixed order at the last look.
    pub fixed_order_most: f64,
    /// Share of the fixed order's questions that adaptive asking does without, 0.3 being 30 %; a lower bound when the fixed order never
    /// gets there.
    pub fewer: f64,
}

impl Saving {
    /// One for each share of noise, in the order of the interviews.
    pub(super) fn all(interviews: &[Asked]) -> Vec<Self> {
        let mut noises: Vec<f64> = interviews.iter().map(|a| a.noise).collect();
        noises.dedup();
        noises
            .into_iter()
            .filter_map(|noise| Self::at(interviews, noise))
            .collect()
    }

    fn at(interviews: &[Asked], noise: f64) -> Option<Self> {
        let of = |policy| {
            interviews
                .iter()
                .filter(move |a| a.policy == policy && a.noise == noise)
        };
        let goal = of(Policy::Adaptive).next_back()?;
        let looks: Vec<&Asked> = of(Policy::FixedOrder).collect();
        let fixed_order = reaches(&looks, goal.success);
        let fixed_order_most = looks.last()?.questions;
        let needed = fixed_order.unwrap_or(fixed_order_most);
        Some(Self {
            noise,
            success: goal.success,
            adaptive: goal.questions,
            fixed_order,
            fixed_order_most,
            fewer: if needed > 0.0 {
                1.0 - goal.questions / needed
            } else {
                0.0
            },
        })
    }
}

/// Questions at which a way of asking first has a success.
fn reaches(looks: &[&Asked], success: f64) -> Option<f64> {
    let at = looks.iter().position(|a| a.success >= success)?;
    let after = looks[at];
    let Some(before) = at.checked_sub(1).map(|b| looks[b]) else {
        return Some(after.questions);
    };
    let part = (success - before.success) / (after.success - before.success);
    Some(before.questions + part * (after.questions - before.questions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(policy: Policy, looks: &[(f64, f64)]) -> Vec<Asked> {
        let one = |&(questions, success): &(f64, f64)| Asked {
            policy,
            noise: 0.1,
            allowed: questions as usize,
            questions,
            success,
            served: 0.0,
        };
        looks.iter().map(one).collect()
    }

    #[test]
    fn the_fixed_order_is_read_between_two_looks() {
        let mut all = asked(Policy::Adaptive, &[(0.0, 0.2), (2.5, 0.5)]);
        all.extend(asked(
            Policy::FixedOrder,
            &[(0.0, 0.2), (4.0, 0.4), (8.0, 0.6)],
        ));
        let saving = Saving::all(&all)[0];
        assert_eq!((saving.adaptive, saving.success), (2.5, 0.5));
        assert!((saving.fixed_order.unwrap() - 6.0).abs() < 1e-9);
        assert!((saving.fewer - (1.0 - 2.5 / 6.0)).abs() < 1e-9);
    }

    #[test]
    fn an_order_that_never_gets_there_counts_with_all_its_questions() {
        let mut all = asked(Policy::Adaptive, &[(3.0, 0.9)]);
        all.extend(asked(Policy::FixedOrder, &[(0.0, 0.2), (40.0, 0.6)]));
        let saving = Saving::all(&all)[0];
        assert_eq!(saving.fixed_order, None);
        assert!((saving.fewer - (1.0 - 3.0 / 40.0)).abs() < 1e-9);
        assert!(Saving::all(&[]).is_empty());
    }
}
