//! Cleans product texts of untrusted feeds: markup, entities and hidden characters out of any text, sales words out of titles.
//! What counts as a sales word is data (`data/rules/title_noise.toml`); the characters live in `plain`, the words in `noise`.

mod noise;
mod plain;
#[cfg(test)]
mod tests;

use noise::has_words;
pub use noise::{TitleNoise, TitleNoiseError};
pub use plain::plain_text;
use std::sync::LazyLock;

/// A title is read up to here; shops allow 100 to 200 characters.
const MAX_CHARS: usize = 1_000;

static EMBEDDED: LazyLock<TitleNoise> = LazyLock::new(|| {
    TitleNoise::embedded().expect("a test reads the embedded data/rules/title_noise.toml")
});

/// The title as a guest should read it: plain text without sales words, bracketed brands and colours kept as text.
/// Cleaning a cleaned title changes nothing. A title of sales words only comes back as plain text, so the answer is empty
/// only when the original holds no readable text.
pub fn clean_title(original: &str) -> String {
    clean_with(&EMBEDDED, original)
}

fn clean_with(noise: &TitleNoise, original: &str) -> String {
    let bounded = original
        .char_indices()
        .nth(MAX_CHARS)
        .map_or(original, |(end, _)| &original[..end]);
    let plain = plain_fixpoint(bounded);
    if noise.leaves_alone(&plain) {
        return plain;
    }
    // What one pass uncovers ("[무료] 배송" becomes "무료 배송") the next one takes. A pass never adds a character, and one
    // that changes anything leaves fewer characters, brackets or entities, so this ends.
    let mut cleaned = noise.strip(&plain);
    loop {
        let next = noise.strip(&plain_fixpoint(&cleaned));
        if next == cleaned {
            break;
        }
        cleaned = next;
    }
    if has_words(&cleaned) { cleaned } else { plain }
}

fn plain_fixpoint(text: &str) -> String {
    let mut plain = plain_text(text).into_owned();
    loop {
        let next = plain_text(&plain);
        if next == plain {
            return plain;
        }
        plain = next.into_owned();
    }
}
