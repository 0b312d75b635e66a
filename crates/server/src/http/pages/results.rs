//! A list of gifts with its reasons, and all lists of a guest.

mod samples;
pub(in crate::http) mod serve;

use super::texts::{Texts, fill};
use super::{AnswerLine, Frame, Picture, ProductCard};
use askama::Template;

/// A list of gifts.
#[derive(Debug, Template)]
#[template(path = "result.html")]
pub struct ResultPage {
    /// The frame.
    pub frame: Frame,
    /// The interview that it was made from, if it is still there.
    pub interview_id: Option<String>,
    /// The answers that it was made from.
    pub answers: Vec<AnswerLine>,
    /// What law and custom say.
    pub warnings: Vec<Notice>,
    /// Wishes that gave way, in words.
    pub relaxations: Vec<String>,
    /// The gifts, best first.
    pub gifts: Vec<GiftCard>,
    /// What one changed wish would bring, in words.
    pub counterfactuals: Vec<String>,
    /// The list that a second look is offered for, where one is.
    pub second_look: Option<String>,
    /// Where it is asked why a product is missing.
    pub url: String,
    /// The product that was asked about, in the guest's words; may be empty.
    pub asked: String,
    /// The answer to it, if a product is called like that.
    pub answered: Option<WhyNotLine>,
    /// When it was made.
    pub made_on: String,
}

/// Why a product is not in the list.
#[derive(Debug, Clone)]
pub struct WhyNotLine {
    /// What it is called.
    pub title: String,
    /// Its page.
    pub url: String,
    /// The answer.
    pub detail: String,
}

/// Something to know, and who says so.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What.
    pub message: String,
    /// Who says so; may be empty.
    pub source: String,
}

/// One gift.
#[derive(Debug, Clone)]
pub struct GiftCard {
    /// Its place, from 1.
    pub rank: u32,
    /// What it is.
    pub product: ProductCard,
    /// Why it is here.
    pub reason: String,
    /// The keywords that it fits.
    pub matched: Vec<String>,
    /// What its place is made of, strongest first.
    pub terms: Vec<TermLine>,
}

/// A part of a score, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermLine {
    /// What was judged.
    pub name: &'static str,
    /// How well it fits.
    pub strength: &'static str,
    /// Length of its bar, 0 to 100.
    pub share: u32,
    /// The answers and keywords that it came from.
    pub because: String,
}

impl GiftCard {
    /// The terms of a score in words: name, value and what it came from. The names of the signals are the engine's;
    /// one that has no words here is left out rather than shown raw.
    pub fn terms<'a>(
        terms: impl IntoIterator<Item = (&'a str, f64, String)>,
        texts: &Texts,
    ) -> Vec<TermLine> {
        let mut given: Vec<_> = terms
            .into_iter()
            .filter(|(_, value, _)| *value != 0.0)
            .collect();
        given.sort_by(|a, b| b.1.total_cmp(&a.1));
        let most = given.first().map_or(1.0, |t| t.1).max(f64::EPSILON);
        let line = |(term, value, because): (&str, f64, String)| {
            let (_, name) = texts.result.terms.iter().find(|(id, _)| *id == term)?;
            let share = value / most;
            let step = match share {
                share if share < 0.0 => 3,
                share if share < 0.25 => 2,
                share if share < 0.6 => 1,
                _ => 0,
            };
            let percent = (share.abs().min(1.0) * 100.0).round();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 100"
            )]
            let share = percent as u32;
            Some(TermLine {
                name,
                strength: texts.result.strengths[step],
                share,
                because,
            })
        };
        given.into_iter().filter_map(line).collect()
    }
}

impl ResultPage {
    fn lead(&self) -> String {
        fill(self.frame.t.result.lead, "count", self.gifts.len())
    }

    fn unknown(&self) -> String {
        fill(self.frame.t.result.why_not_unknown, "name", &self.asked)
    }
}

/// All lists of a guest.
#[derive(Debug, Template)]
#[template(path = "results.html")]
pub struct ResultsPage {
    /// The frame.
    pub frame: Frame,
    /// Newest first.
    pub results: Vec<ResultSummary>,
    /// Where the list goes on.
    pub next: Option<String>,
}

/// One list among others.
#[derive(Debug, Clone)]
pub struct ResultSummary {
    /// Where it is read.
    pub url: String,
    /// For whom and when, in words; may be empty.
    pub about: Vec<String>,
    /// When it was made.
    pub made_on: String,
    /// Its first gifts.
    pub pictures: Vec<Picture>,
    /// How many gifts are in it.
    pub count: usize,
}

impl ResultSummary {
    fn title(&self, frame: &Frame) -> String {
        if self.about.is_empty() {
            frame.t.results.untitled.to_owned()
        } else {
            self.about.join(" · ")
        }
    }

    fn count_text(&self, frame: &Frame) -> String {
        fill(frame.t.results.count, "count", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Lang;
    use super::super::texts::texts;
    use super::*;

    #[test]
    fn terms_are_told_in_words_strongest_first() {
        let given = [
            ("budget", 0.1, String::new()),
            ("taste", 0.5, "camping".to_owned()),
            ("unheard_of", 9.0, String::new()),
        ];
        let lines = GiftCard::terms(given, texts(Lang::En));
        assert_eq!(
            lines.iter().map(|l| l.name).collect::<Vec<_>>(),
            ["Their taste", "Your budget"]
        );
        let lines = GiftCard::terms(
            [
                ("taste", 1.0, String::new()),
                ("safety", -0.5, String::new()),
            ],
            texts(Lang::Ko),
        );
        assert_eq!(
            (lines[0].share, lines[1].share, lines[1].strength),
            (100, 50, "아쉬운 점")
        );
        assert!(GiftCard::terms([("taste", 0.0, String::new())], texts(Lang::Ko)).is_empty());
    }
}
