//! How well the kind of thing suits the occasion.

use super::{Context, Kinds};

pub(super) fn value(context: &Context<'_>, kinds: &Kinds<'_>) -> f32 {
    kinds.mean(0.4, |c| context.fits.occasion[usize::from(c)])
}
