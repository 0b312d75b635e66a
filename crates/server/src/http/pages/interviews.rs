//! One question a screen, and the answers so far.

mod samples;
pub(in crate::http) mod serve;

use super::texts::fill;
use super::{Frame, Lang, MAX_TEXT_CHARACTERS, format};
use askama::Template;

/// Options that stand together, question by question. The headings are texts; what is in no group comes last.
const GROUPS: &[(&str, &[&[&str]])] = &[
    (
        "relation",
        &[
            &["lover", "spouse", "crush", "friend"],
            &[
                "parent",
                "parent_in_law",
                "grandparent",
                "child",
                "sibling",
                "relative",
            ],
            &[
                "colleague",
                "boss",
                "junior",
                "client",
                "teacher",
                "public_official",
                "acquaintance",
            ],
        ],
    ),
    (
        "occasion",
        &[
            &[
                "birthday",
                "anniversary",
                "hundred_days",
                "first_birthday",
                "sixtieth",
                "coming_of_age",
            ],
            &["thanks", "apology", "cheer_up", "just_because", "hospital"],
            &[
                "new_job",
                "promotion",
                "retirement",
                "admission",
                "graduation",
                "csat",
                "wedding",
                "housewarming",
                "birth",
                "opening",
            ],
            &[
                "seollal",
                "chuseok",
                "parents_day",
                "teachers_day",
                "childrens_day",
                "valentine",
                "white_day",
                "pepero_day",
                "christmas",
                "year_end",
            ],
        ],
    ),
];

/// A question.
#[derive(Debug, Template)]
#[template(path = "question.html")]
pub struct QuestionPage {
    /// The frame.
    pub frame: Frame,
    /// The interview.
    pub interview_id: String,
    /// What is asked.
    pub question: QuestionCard,
    /// Place of this question, from 1.
    pub number: u32,
    /// How many there can be.
    pub total: u32,
    /// The way back.
    pub back: String,
    /// Whether there is an answer to make a list from.
    pub can_finish: bool,
    /// Makes the list only once, however often the button is pressed.
    pub result_key: String,
    /// Where the guest's browser is to ask the language model for keywords: how long it waits for them, in milliseconds.
    pub model_wait_ms: Option<u128>,
    /// Whether the guest came here to change an answer and goes back to the summary.
    pub from_summary: bool,
    /// What was wrong with the answer that was sent.
    pub fault: Option<String>,
}

/// What is asked and what can be answered.
#[derive(Debug, Default)]
pub struct QuestionCard {
    /// Its id.
    pub id: String,
    /// The question.
    pub text: String,
    /// A word of help, may be empty.
    pub hint: String,
    /// `choice`, `choices`, `text` or `range`.
    pub kind: &'static str,
    /// The options in their groups.
    pub groups: Vec<OptionGroup>,
    /// Whether the question is one of the six; the others can be answered in one's own words.
    pub fixed: bool,
    /// What was written before.
    pub text_answer: String,
    /// The range that was given before.
    pub range_answer: Option<(u32, Option<u32>)>,
}

/// Options that stand together.
#[derive(Debug, Default)]
pub struct OptionGroup {
    /// Heading, if they have one.
    pub heading: Option<&'static str>,
    /// The options.
    pub options: Vec<Choice>,
}

/// One option.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Its stable word.
    pub value: String,
    /// Its name.
    pub label: String,
    /// Whether it was chosen before.
    pub picked: bool,
    /// A drawing of it.
    pub picture: Option<String>,
}

impl QuestionCard {
    /// Puts options into the groups of their question.
    pub fn grouped(question_id: &str, options: Vec<Choice>, lang: Lang) -> Vec<OptionGroup> {
        let headings = super::texts::texts(lang)
            .option_groups
            .iter()
            .find(|(id, _)| *id == question_id);
        let values = GROUPS.iter().find(|(id, _)| *id == question_id);
        let (Some((_, headings)), Some((_, values))) = (headings, values) else {
            return vec![OptionGroup {
                heading: None,
                options,
            }];
        };
        let mut rest = options;
        let mut groups = Vec::with_capacity(headings.len() + 1);
        for (heading, values) in headings.iter().zip(*values) {
            let (inside, outside) = rest
                .into_iter()
                .partition(|o| values.contains(&o.value.as_str()));
            groups.push(OptionGroup {
                heading: Some(heading),
                options: inside,
            });
            rest = outside;
        }
        groups.push(OptionGroup {
            heading: None,
            options: rest,
        });
        groups.retain(|g| !g.options.is_empty());
        groups
    }

    /// Whether the labels are short enough for two columns on a phone.
    fn is_short(&self) -> bool {
        self.kind != "range"
            && self
                .groups
                .iter()
                .flat_map(|g| &g.options)
                .all(|o| width(&o.label) <= 28)
    }

    fn has_pictures(&self) -> bool {
        self.groups
            .iter()
            .flat_map(|g| &g.options)
            .any(|o| o.picture.is_some())
    }

    fn takes_text(&self) -> bool {
        !self.fixed && matches!(self.kind, "choice" | "choices")
    }

    fn range_min(&self) -> String {
        self.range_answer
            .filter(|(min, _)| *min > 0)
            .map(|(min, _)| min.to_string())
            .unwrap_or_default()
    }

    fn range_max(&self) -> String {
        self.range_answer
            .and_then(|(_, max)| max)
            .map(|max| max.to_string())
            .unwrap_or_default()
    }

    fn text_left(&self, frame: &Frame) -> String {
        let left = MAX_TEXT_CHARACTERS.saturating_sub(self.text_answer.chars().count());
        fill(frame.t.question.characters_left, "left", left)
    }
}

/// Columns of a terminal that a label would take: a Korean syllable takes two.
fn width(label: &str) -> usize {
    label
        .chars()
        .map(|c| if c.is_ascii() { 1 } else { 2 })
        .sum()
}

impl QuestionPage {
    fn action(&self) -> String {
        format!(
            "/interviews/{}/answers/{}",
            self.interview_id,
            format::path_segment(&self.question.id)
        )
    }

    fn progress(&self) -> String {
        fill(
            &fill(self.frame.t.question.progress, "number", self.number),
            "total",
            self.total,
        )
    }
}

/// The answers so far.
#[derive(Debug, Template)]
#[template(path = "summary.html")]
pub struct SummaryPage {
    /// The frame.
    pub frame: Frame,
    /// The interview.
    pub interview_id: String,
    /// The answers.
    pub answers: Vec<AnswerLine>,
    /// Whether there is more to ask.
    pub has_next: bool,
    /// The last list made from them.
    pub last_result: Option<String>,
    /// Makes the list only once, however often the button is pressed.
    pub result_key: String,
    /// Where the guest's browser is to ask the language model for keywords: how long it waits for them, in milliseconds.
    pub model_wait_ms: Option<u128>,
}

/// An answer in words.
#[derive(Debug, Clone)]
pub struct AnswerLine {
    /// The question's id.
    pub question_id: String,
    /// The question.
    pub question: String,
    /// The answer.
    pub label: String,
}

impl AnswerLine {
    /// Where this answer is changed.
    pub(super) fn change_url(&self, interview_id: &str) -> String {
        format!(
            "/interviews/{interview_id}?question={}&from=summary",
            format::path_segment(&self.question_id)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_keep_their_order_and_none_is_lost() {
        let option = |value: &str| Choice {
            value: value.to_owned(),
            ..Choice::default()
        };
        let options = vec![
            option("boss"),
            option("parent"),
            option("lover"),
            option("new_word"),
            option("friend"),
        ];
        let groups = QuestionCard::grouped("relation", options, Lang::En);
        let values: Vec<_> = groups
            .iter()
            .map(|g| {
                g.options
                    .iter()
                    .map(|o| o.value.as_str())
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(
            values,
            [
                vec!["lover", "friend"],
                vec!["parent"],
                vec!["boss"],
                vec!["new_word"]
            ]
        );
        assert!(groups[0].heading.is_some() && groups[3].heading.is_none());
        assert_eq!(
            QuestionCard::grouped("gender", vec![option("any")], Lang::Ko).len(),
            1
        );
    }

    #[test]
    fn every_group_has_a_heading_in_both_languages() {
        for lang in [Lang::Ko, Lang::En] {
            let texts = super::super::texts::texts(lang);
            assert_eq!(texts.option_groups.len(), GROUPS.len());
            for (question, values) in GROUPS {
                let (_, headings) = texts
                    .option_groups
                    .iter()
                    .find(|(id, _)| id == question)
                    .unwrap();
                assert_eq!(headings.len(), values.len(), "{question}");
            }
        }
    }
}
