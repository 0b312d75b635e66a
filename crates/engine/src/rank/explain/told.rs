//! The choice of words for a list: every gift gets a sentence of its own from the two strongest terms that can be told.

use super::{Part, Speaker};
use crate::Lang;
use crate::rank::signals::Signal;

/// A term below this share of the score is not worth a word.
const WORTH_SAYING: f32 = 0.04;
/// Gifts of a list whose sentences may begin alike, if it can be helped.
const ALIKE: usize = 3;

/// The sentences of a list so far, so that the next one sounds different.
#[derive(Default)]
pub(super) struct Told {
    sentences: Vec<String>,
    beginnings: Vec<String>,
}

impl Told {
    /// One sentence from the two strongest terms that can be put into words for a gift: it opens with the strongest, or with the
    /// other where too many open like that.
    pub(super) fn reason(&mut self, speaker: &Speaker<'_>) -> String {
        let lang = speaker.context.params.lang;
        let reasons = &speaker.context.engine.reasons;
        let candidate = speaker.candidate;
        let mut terms = candidate
            .strongest()
            .into_iter()
            .filter(|&(s, value)| {
                value > WORTH_SAYING * candidate.score.max(1.0) && speaker.can_say(s)
            })
            .map(|t| t.0);
        let (first, second) = (terms.next(), terms.next());
        let openings = |signal: Option<Signal>| match signal {
            Some(signal) => variants(&reasons.opening, signal, lang),
            None => &[],
        };
        let closings = |signal: Option<Signal>| match (first, signal) {
            (None, _) => &[],
            (Some(_), None) => pick(&reasons.ending.ko, &reasons.ending.en, lang),
            (Some(_), Some(signal)) => variants(&reasons.closing, signal, lang),
        };
        let whole = pick(&reasons.whole.ko, &reasons.whole.en, lang);
        let orders = [
            (openings(first), closings(second)),
            (openings(second), closings(first)),
            (whole, &[][..]),
        ];
        let sentence = self.best_of(speaker, &orders, whole);
        self.beginnings.push(beginning(&sentence, lang));
        self.sentences.push(sentence.clone());
        sentence
    }

    /// The first sentence that nothing in the list sounds like; failing that, the one that sounds least like the others, and at last
    /// a repeated one.
    fn best_of(
        &self,
        speaker: &Speaker<'_>,
        orders: &[(&[String], &[String])],
        whole: &[String],
    ) -> String {
        let lang = speaker.context.params.lang;
        let mut best: Option<(usize, String)> = None;
        for (openings, closings) in orders {
            for opening in self.turned(openings) {
                let Some(opening) = speaker.fill(opening) else {
                    continue;
                };
                let alike = self.alike(&beginning(&opening, lang));
                if best.as_ref().is_some_and(|b| alike >= b.0) {
                    continue;
                }
                let Some(sentence) = self.closed(speaker, opening, closings) else {
                    continue;
                };
                if alike == 0 {
                    return sentence;
                }
                best = Some((alike, sentence));
            }
            if best.as_ref().is_some_and(|b| b.0 < ALIKE) {
                break;
            }
        }
        let whole = || self.turned(whole).find_map(|w| speaker.fill(w));
        best.map(|b| b.1).or_else(whole).unwrap_or_default()
    }

    /// A sentence that begins like this and that no other gift has.
    fn closed(
        &self,
        speaker: &Speaker<'_>,
        opening: String,
        closings: &[String],
    ) -> Option<String> {
        if closings.is_empty() {
            return self.is_new(&opening).then_some(opening);
        }
        let filled = self.turned(closings).filter_map(|c| speaker.fill(c));
        let mut sentences = filled.map(|closing| format!("{opening}{closing}"));
        sentences.find(|s| self.is_new(s))
    }

    /// Variants, another one first for every place of the list.
    fn turned<'v>(&self, variants: &'v [String]) -> impl Iterator<Item = &'v String> {
        let turn = self.sentences.len() % variants.len().max(1);
        variants[turn..].iter().chain(&variants[..turn])
    }

    fn is_new(&self, sentence: &str) -> bool {
        self.sentences.iter().all(|s| s != sentence)
    }

    fn alike(&self, beginning: &str) -> usize {
        self.beginnings.iter().filter(|b| *b == beginning).count()
    }
}

/// The words that a reader notices first: two in Korean, three in English.
fn beginning(sentence: &str, lang: Lang) -> String {
    let words = match lang {
        Lang::Ko => 2,
        Lang::En => 3,
    };
    let mut words = sentence.match_indices(' ').skip(words - 1);
    let end = words.next().map_or(sentence.len(), |(at, _)| at);
    sentence[..end].to_owned()
}

fn variants(parts: &[Part], signal: Signal, lang: Lang) -> &[String] {
    let part = parts.iter().find(|p| p.term == signal.name());
    part.map_or(&[], |p| pick(&p.ko, &p.en, lang))
}

fn pick<'a>(ko: &'a [String], en: &'a [String], lang: Lang) -> &'a [String] {
    match lang {
        Lang::Ko => ko,
        Lang::En => en,
    }
}
