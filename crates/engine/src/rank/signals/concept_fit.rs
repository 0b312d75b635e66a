//! How well the kind of thing suits the recipient's relation, age and gender.

use super::{Context, Kinds};
use crate::profile::{Audience, Gender};

/// A product for women or men only, for somebody whose gender is not known, can easily be wrong.
const GENDER_UNKNOWN: f32 = 0.6;
/// A product whose title names other relations than the recipient's ("커플", "부모님").
const OTHER_RELATION: f32 = 0.5;

pub(super) fn value(context: &Context<'_>, kinds: &Kinds<'_>) -> f32 {
    let fit = kinds.mean(0.4, |c| context.fits.person[usize::from(c)]);
    let gendered = kinds.document.audience & (Audience::Women.bit() | Audience::Men.bit()) != 0;
    let known = matches!(context.profile.gender, Some(Gender::Female | Gender::Male));
    let named = kinds.document.relations;
    let other = context
        .profile
        .relation
        .is_some_and(|r| named != 0 && named >> r.index() & 1 == 0);
    let fit = if other { fit * OTHER_RELATION } else { fit };
    if gendered && !known {
        fit * GENDER_UNKNOWN
    } else {
        fit
    }
}

pub(super) fn because(context: &Context<'_>) -> Vec<String> {
    let profile = context.profile;
    let known = [
        ("relation", profile.relation.is_some()),
        ("gender", profile.gender.is_some()),
        ("age_band", profile.age_band.is_some()),
    ];
    known
        .into_iter()
        .filter(|k| k.1)
        .map(|k| k.0.to_owned())
        .collect()
}
