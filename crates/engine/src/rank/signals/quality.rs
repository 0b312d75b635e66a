//! What others thought of the product, shrunk towards the middle where few or none were asked.

use crate::catalogue::Document;

pub(super) fn value(document: &Document) -> f32 {
    f32::from(document.quality) / 255.0
}
