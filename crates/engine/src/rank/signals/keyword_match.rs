//! Which keywords the product is an answer to. The degree is worked out while candidates are retrieved.

use super::{Candidate, Context};

pub(super) fn because(context: &Context<'_>, candidate: &Candidate) -> Vec<String> {
    let matched = context
        .plans
        .iter()
        .enumerate()
        .filter(|(i, _)| candidate.matched >> i & 1 == 1);
    matched.map(|(_, plan)| plan.text.to_owned()).collect()
}
