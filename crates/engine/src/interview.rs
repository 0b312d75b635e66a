//! The interview: questions, answers, what they say about the recipient, and which question is worth asking next.

mod answer;
mod bank;
mod belief;
mod understand;

pub use answer::{Answer, AnswerError, Answered};
pub use bank::{Question, QuestionBank, QuestionKind, QuestionOption, QuestionSource};
pub(crate) use belief::Belief;
pub use understand::Understanding;
pub(crate) use understand::{fill_context, lean_to_vague, read_misspelt, read_text};

use crate::catalogue::Catalogue;
use crate::profile::Profile;
use crate::{Engine, Lang};

/// Follow-up questions asked at the most.
pub const MAX_FOLLOW_UPS: usize = 3;
/// A follow-up is not worth a tap below this expected gain, in bits.
const WORTH_A_TAP_BITS: f32 = 0.04;

/// Where an interview stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The question to ask next; `None` when nothing more is worth asking.
    pub question_id: Option<String>,
    /// Expected information gain of a follow-up question in bits.
    pub expected_gain: Option<f32>,
    /// Questions answered or skipped so far.
    pub asked: u32,
    /// The most that will be asked.
    pub max_questions: u32,
    /// Whether every fixed question was answered or skipped.
    pub ready: bool,
}

impl Engine {
    /// The six fixed questions, in order.
    pub fn fixed_questions(&self) -> &[Question] {
        self.questions.fixed()
    }

    /// A question by its id, fixed or follow-up.
    pub fn question(&self, question_id: &str) -> Option<&Question> {
        self.questions.get(question_id)
    }

    /// Follow-up questions that may be asked about a recipient, in the order of the file.
    pub fn follow_ups(&self, profile: &Profile) -> impl Iterator<Item = &Question> {
        let fitting = |q: &&Question| q.fits(profile);
        self.questions.follow_ups().map(|(_, q)| q).filter(fitting)
    }

    /// Decides what to ask next: the fixed questions in order, then what the law asks about the recipient, then the follow-up
    /// whose answer is expected to tell most about the gifts that the catalogue holds within the budget.
    pub fn next_question(&self, answers: &[Answered], catalogue: &Catalogue) -> Step {
        let answered = |id: &str| answers.iter().any(|a| a.question_id == id);
        let max_questions = (self.questions.fixed().len() + MAX_FOLLOW_UPS) as u32;
        let asked = answers.len() as u32;
        if let Some(question) = self.questions.fixed().iter().find(|q| !answered(&q.id)) {
            return Step {
                question_id: Some(question.id.clone()),
                expected_gain: None,
                asked,
                max_questions,
                ready: false,
            };
        }
        let done = Step {
            question_id: None,
            expected_gain: None,
            asked,
            max_questions,
            ready: true,
        };
        if asked >= max_questions {
            return done;
        }
        let understanding = self.understand(answers);
        // What the law needs to know comes before what would be good to know.
        let question = self.questions.ask();
        if !answered(&question.id) && question.fits(&understanding.profile) {
            return Step {
                question_id: Some(question.id.clone()),
                ..done
            };
        }
        if understanding.profile.duty_relation == Some(true) {
            return done;
        }
        match self.best_follow_up(answers, &understanding, catalogue) {
            Some((question, gain)) if gain >= WORTH_A_TAP_BITS => Step {
                question_id: Some(question.id.clone()),
                expected_gain: Some(gain),
                ..done
            },
            _ => done,
        }
    }

    /// The follow-up question whose answer is expected to tell most, whatever else has been asked; none when none is worth a tap.
    pub fn follow_up(&self, answers: &[Answered], catalogue: &Catalogue) -> Option<&Question> {
        let best = self.best_follow_up(answers, &self.understand(answers), catalogue);
        best.filter(|(_, gain)| *gain >= WORTH_A_TAP_BITS)
            .map(|(question, _)| question)
    }

    /// The follow-up question with the highest expected information gain, and that gain in bits.
    fn best_follow_up(
        &self,
        answers: &[Answered],
        understanding: &Understanding,
        catalogue: &Catalogue,
    ) -> Option<(&Question, f32)> {
        let answered = |id: &str| answers.iter().any(|a| a.question_id == id);
        let belief = Belief::of(self, understanding, catalogue);
        let skipped = answers.iter().filter(|a| a.answer == Answer::Skipped);
        let asked_in_vain: Vec<&str> = skipped.map(|a| a.question_id.as_str()).collect();
        let open = self.questions.still_open(&belief, &asked_in_vain);
        self.questions
            .follow_ups()
            .filter(|(_, q)| !answered(&q.id) && q.fits(&understanding.profile))
            .map(|(index, q)| (q, self.questions.gain(index, &open)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.id.cmp(&a.0.id)))
    }

    /// What each option of a question speaks for most, in words: at most four tastes or departments, strongest first.
    pub fn separates(&self, question: &Question, lang: Lang) -> Vec<Vec<&str>> {
        const SHOWN: usize = 4;
        let names = |option: &QuestionOption| {
            let tastes = option.tastes.iter().map(|&(taste, strength)| {
                let taste = &self.lexicon().tastes()[usize::from(taste)];
                (strength, lang.pick(&taste.ko, &taste.en))
            });
            let departments = option
                .categories
                .iter()
                .map(|&(category, strength)| (strength, category.as_str()));
            let mut names: Vec<(f32, &str)> = tastes.chain(departments).collect();
            names.sort_by(|a, b| b.0.total_cmp(&a.0));
            names.into_iter().take(SHOWN).map(|n| n.1).collect()
        };
        question.options.iter().map(names).collect()
    }

    /// An answer in words, as the guest chose it.
    pub fn answer_label(&self, question_id: &str, answer: &Answer, lang: Lang) -> String {
        let label = |value: &str| {
            let question = self.question(question_id);
            question
                .and_then(|q| q.option(value))
                .map_or_else(|| value.to_owned(), |o| lang.pick(&o.ko, &o.en).to_owned())
        };
        match answer {
            Answer::Choice(value) => label(value),
            Answer::Choices(values) => values
                .iter()
                .map(|v| label(v))
                .collect::<Vec<_>>()
                .join(", "),
            Answer::Text(text) => text.clone(),
            Answer::Range(budget) => budget_label(budget.min, budget.max, lang),
            Answer::Skipped => lang.pick("잘 모르겠어요", "Not sure").to_owned(),
        }
    }
}

/// A budget in words: "3만~5만원", "₩30,000–50,000".
pub fn budget_label(min: u32, max: Option<u32>, lang: Lang) -> String {
    match (lang, min, max) {
        (Lang::Ko, 0, None) => "제한 없음".to_owned(),
        (Lang::En, 0, None) => "no limit".to_owned(),
        (Lang::Ko, 0, Some(max)) => format!("{} 이하", won_ko(max)),
        (Lang::En, 0, Some(max)) => format!("up to ₩{}", grouped(max)),
        (Lang::Ko, min, None) => format!("{} 이상", won_ko(min)),
        (Lang::En, min, None) => format!("₩{} or more", grouped(min)),
        (Lang::Ko, min, Some(max)) => format!("{}~{}", won_ko(min), won_ko(max)),
        (Lang::En, min, Some(max)) => format!("₩{}–{}", grouped(min), grouped(max)),
    }
}

/// A price as Koreans say it when it is round: 30000 is "3만원", 12500 is "12,500원".
pub fn won_ko(price: u32) -> String {
    if price >= 10_000 && price.is_multiple_of(10_000) {
        format!("{}만원", grouped(price / 10_000))
    } else {
        format!("{}원", grouped(price))
    }
}

/// Digits in groups of three.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
