//! How well the kind of thing suits the recipient's relation, age and gender.

use super::{Context, Kinds};
use crate::profile::{Audience, Gender};

/// A product for women or men only, for somebody whose gender is not known, can easily be wrong.
const GENDER_UNKNOWN: f32 = 0.6;

pub(super) fn value(context: &Context<'_>, kinds: &Kinds<'_>) -> f32 {
    let fit = kinds.mean(0.4, |c| context.fits.person[usize::from(c)]);
    let gendered = kinds.document.audience & (Audience::Women.bit() | Audience::Men.bit()) != 0;
    let known = matches!(context.profile.gender, Some(Gender::Female | Gender::Male));
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
