//! How well the kind of thing suits the occasion.

use super::{Context, Kinds};

/// A product whose title names the occasion suits it at least this well; one that names only others, this part as well as its kind.
const NAMED: f32 = 0.85;
const OTHER: f32 = 0.3;

pub(super) fn value(context: &Context<'_>, kinds: &Kinds<'_>) -> f32 {
    let fit = kinds.mean(0.4, |c| context.fits.occasion[usize::from(c)]);
    let named = kinds.document.occasions;
    match context.profile.occasion {
        Some(occasion) if named >> occasion.index() & 1 == 1 => fit.max(NAMED),
        Some(_) if named != 0 => fit * OTHER,
        _ => fit,
    }
}
