//! Mends slips of the pen: the word of a list that a misspelt one was meant to be. Hangul is compared letter by letter (jamo), with
//! what sounds alike costing least, and Latin by the usual edits. Knows nothing of meanings; what may be corrected is for callers.

mod letters;
#[cfg(test)]
mod tests;

use letters::{ALPHABET, LATIN, LETTERS, NEAR, SLIP, Spelt, costs, first_sound};
use std::collections::HashMap;

/// The most letters that two words may differ in number, whatever those letters cost.
const LENGTHS: usize = 2;
/// Costs up to which [`Speller::nearest_by_ear`] goes: two letters that sound alike.
const BY_EAR: u32 = 60;

/// The words of a list, ready to be looked up by a misspelling.
#[derive(Debug)]
pub struct Speller {
    /// Cost of one letter in the place of another.
    costs: Box<[[u8; ALPHABET]; ALPHABET]>,
    words: Vec<Entry>,
    /// Positions in `words` by the sound of the first letter and the number of letters.
    shelves: HashMap<(u8, u8), Vec<u32>>,
    known: HashMap<String, u32>,
}

#[derive(Debug)]
struct Entry {
    text: String,
    common: u32,
    spelt: Spelt,
}

impl Speller {
    /// A speller over words, each with how common it is; of equally near words the commonest wins. Words are normalised, of one
    /// script; those with digits or other signs are passed over, a word that comes twice adds up.
    pub fn new(words: impl IntoIterator<Item = (String, u32)>) -> Self {
        let mut speller = Self {
            costs: costs(),
            words: Vec::new(),
            shelves: HashMap::new(),
            known: HashMap::new(),
        };
        for (text, common) in words {
            if let Some(&known) = speller.known.get(&text) {
                let entry = &mut speller.words[known as usize];
                entry.common = entry.common.saturating_add(common);
                continue;
            }
            let Some(spelt) = Spelt::new(&text) else {
                continue;
            };
            let index = speller.words.len() as u32;
            speller
                .shelves
                .entry((first_sound(&spelt.letters), spelt.letters.len() as u8))
                .or_default()
                .push(index);
            speller.known.insert(text.clone(), index);
            speller.words.push(Entry {
                text,
                common,
                spelt,
            });
        }
        speller
    }

    /// Whether the word is in the list as it is.
    pub fn knows(&self, word: &str) -> bool {
        self.known.contains_key(word)
    }

    /// The word that was meant, or none when the word is in the list itself, or too short or too far from all of them. How far is
    /// allowed grows with the length: one syllable cannot be guessed, two only by ear, and a plain slip wants four.
    pub fn nearest(&self, word: &str) -> Option<&str> {
        let spelt = Spelt::new(word)?;
        let limit = match (spelt.letters[0] >= LATIN, spelt.syllables) {
            (false, 0 | 1) | (true, 0..=3) => return None,
            (false, 2) => BY_EAR,
            (false, 3) => 95,
            (false, 4) => SLIP,
            (false, _) => 130,
            (true, 4) => NEAR,
            (true, 5..=7) => SLIP,
            (true, _) => 150,
        };
        self.search(word, &spelt, limit)
    }

    /// As [`Self::nearest`], but only over slips that sound alike, whatever the length; for running text, where most unknown words
    /// are no names of things at all.
    pub fn nearest_by_ear(&self, word: &str) -> Option<&str> {
        let spelt = Spelt::new(word)?;
        match (spelt.letters[0] >= LATIN, spelt.syllables) {
            (false, 0 | 1) | (true, 0..=5) => None,
            // Latin is spelt rather than heard: one slip in a long word is as sure.
            (true, _) => self.search(word, &spelt, SLIP),
            (false, _) => self.search(word, &spelt, BY_EAR),
        }
    }

    fn search(&self, word: &str, spelt: &Spelt, limit: u32) -> Option<&str> {
        if self.knows(word) {
            return None;
        }
        let first = first_sound(&spelt.letters);
        let length = spelt.letters.len();
        let mut best: Option<(u32, &Entry)> = None;
        // First letters are seldom wrong by more than their sound, so only one shelf of each length is looked through.
        for length in length.saturating_sub(LENGTHS)..=length + LENGTHS {
            let Some(shelf) = self.shelves.get(&(first, length as u8)) else {
                continue;
            };
            for &index in shelf {
                let entry = &self.words[index as usize];
                let allowed = best.map_or(limit, |b| b.0);
                // A slip of at least NEAR changes two sounds at the most, a cheaper one none.
                let differing = (entry.spelt.sounds ^ spelt.sounds).count_ones();
                if differing.div_ceil(2) * NEAR > allowed {
                    continue;
                }
                let Some(cost) = self.distance(spelt, &entry.spelt, allowed) else {
                    continue;
                };
                if best.is_none_or(|(least, other)| {
                    (cost, other.common, entry.text.as_str())
                        < (least, entry.common, other.text.as_str())
                }) {
                    best = Some((cost, entry));
                }
            }
        }
        best.map(|b| b.1.text.as_str())
    }

    /// Weighted optimal string alignment: the least cost of edits that make one word the other, no letter being edited twice;
    /// none above the limit.
    fn distance(&self, a: &Spelt, b: &Spelt, limit: u32) -> Option<u32> {
        let width = b.letters.len() + 1;
        let mut rows = [[0u32; LETTERS + 1]; 3];
        for j in 1..width {
            rows[0][j] = rows[0][j - 1] + u32::from(b.losses[j - 1]);
        }
        for (i, (&letter, &loss)) in a.letters.iter().zip(&a.losses).enumerate() {
            let [before, above, row] = match i % 3 {
                0 => [2, 0, 1],
                1 => [0, 1, 2],
                _ => [1, 2, 0],
            };
            rows[row][0] = rows[above][0] + u32::from(loss);
            let mut least = rows[row][0];
            for j in 1..width {
                let other = b.letters[j - 1];
                let cost = u32::from(self.costs[usize::from(letter)][usize::from(other)]);
                let mut value = (rows[above][j - 1] + cost)
                    .min(rows[above][j] + u32::from(loss))
                    .min(rows[row][j - 1] + u32::from(b.losses[j - 1]));
                if i > 0 && j > 1 && letter == b.letters[j - 2] && a.letters[i - 1] == other {
                    value = value.min(rows[before][j - 2] + SLIP);
                }
                rows[row][j] = value;
                least = least.min(value);
            }
            // A swap reaches back over one row, but costs no less than the wrong letter that leads through this row.
            if least > limit {
                return None;
            }
        }
        let cost = rows[a.letters.len() % 3][width - 1];
        (cost <= limit).then_some(cost)
    }
}
