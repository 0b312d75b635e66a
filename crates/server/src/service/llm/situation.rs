//! Answers as a language model reads them: one natural sentence, the follow-ups as question and answer, and what the guest wrote, with
//! everything cut out that is nobody's business.

use super::redaction::Redactor;
use seonmul_engine::interview::{Answer, Answered, QuestionSource};
use seonmul_engine::profile::{Budget, Category, Gender, Relation};
use seonmul_engine::{Engine, Lang};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Questions whose answers the sentence says.
const SIX: [&str; 6] = [
    "relation", "gender", "age_band", "budget", "occasion", "category",
];

/// Answers in words for a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Situation {
    /// "60대 부모님께 드릴 디지털 선물, 생일, 10만원 이하".
    pub sentence: String,
    /// Follow-up questions with the options that were chosen, a line each.
    pub answers: String,
    /// What the guest wrote, after redaction, a line each.
    pub words: String,
    /// Kinds of things that were cut out of it.
    pub cut: Vec<&'static str>,
}

impl Situation {
    /// The answers in a language.
    pub fn of(
        engine: &Engine,
        redactor: &Redactor,
        keep_sensitive_home: bool,
        answers: &[Answered],
        lang: Lang,
    ) -> Self {
        let mut situation = Self {
            sentence: sentence(engine, answers, lang),
            ..Self::default()
        };
        for Answered {
            question_id,
            answer,
        } in answers
        {
            match answer {
                Answer::Text(text) => {
                    let redacted = redactor.redact(text, keep_sensitive_home);
                    let line = fenced(&redacted.text);
                    if !line.is_empty() {
                        situation.words.push_str(&line);
                        situation.words.push('\n');
                    }
                    for kind in redacted.cut {
                        if !situation.cut.contains(&kind) {
                            situation.cut.push(kind);
                        }
                    }
                }
                Answer::Choice(_) | Answer::Choices(_) => {
                    let question = engine.question(question_id);
                    let Some(question) = question.filter(|q| q.source != QuestionSource::Fixed)
                    else {
                        continue;
                    };
                    let label = engine.answer_label(question_id, answer, lang);
                    let _ = writeln!(situation.answers, "- {} {label}", question.text(lang));
                }
                Answer::Range(_) | Answer::Skipped => {}
            }
        }
        situation.words.truncate(situation.words.trim_end().len());
        situation
            .answers
            .truncate(situation.answers.trim_end().len());
        situation
    }

    /// What stands for all of it in a key; nobody can read it back.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.sentence, &self.answers, &self.words] {
            hash.update(part.trim().to_lowercase());
            hash.update([0]);
        }
        let digest = hash.finalize();
        digest.iter().take(16).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Text as data between fences: on one line, without the signs that fences and code are made of.
pub(super) fn fenced(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| match c {
            '<' | '>' | '`' | '{' | '}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Who the gift is for and what it is to be, in one sentence.
fn sentence(engine: &Engine, answers: &[Answered], lang: Lang) -> String {
    let profile = engine.understand(answers).profile;
    // Read from the profile, so that what a guest wrote ("60대 아버지") is said as well as what was chosen.
    let label = |question: &str, value: Option<&'static str>| {
        value.map(|v| engine.answer_label(question, &Answer::Choice(v.to_owned()), lang))
    };
    let relation = label(SIX[0], profile.relation.map(Relation::as_str));
    let gender = profile.gender.filter(|g| *g != Gender::Any);
    let gender = label(SIX[1], gender.map(Gender::as_str));
    let age = label(SIX[2], profile.age_band.map(|a| a.as_str()));
    let occasion = label(SIX[4], profile.occasion.map(|o| o.as_str()));
    let category = profile.category.filter(|c| *c != Category::Any);
    let category = label(SIX[5], category.map(Category::as_str));
    let budget = profile.budget.filter(|b| *b != Budget::ANY);
    let budget = budget.map(|b| seonmul_engine::interview::budget_label(b.min, b.max, lang));
    let mut said = String::new();
    match lang {
        Lang::Ko => {
            let who: Vec<String> = [age, gender, relation].into_iter().flatten().collect();
            if !who.is_empty() {
                let who = who.join(" ");
                let polite = who.ends_with('님');
                let _ = write!(said, "{who}{} ", if polite { "께 드릴" } else { "에게 줄" });
            }
            let _ = match category {
                Some(category) => write!(said, "{category} 선물"),
                None => write!(said, "선물"),
            };
        }
        Lang::En => {
            let _ = match category {
                Some(category) => write!(said, "A gift ({category})"),
                None => write!(said, "A gift"),
            };
            if let Some(relation) = relation {
                let _ = write!(said, " for: {relation}");
            }
            for more in [age, gender].into_iter().flatten() {
                let _ = write!(said, ", {more}");
            }
        }
    }
    for more in [occasion, budget].into_iter().flatten() {
        let _ = write!(said, ", {more}");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(question: &str, answer: Answer) -> Answered {
        Answered {
            question_id: question.to_owned(),
            answer,
        }
    }

    fn chosen(question: &str, value: &str) -> Answered {
        answered(question, Answer::Choice(value.to_owned()))
    }

    fn situation(answers: &[Answered], lang: Lang) -> Situation {
        let engine = Engine::embedded().unwrap();
        let redactor = Redactor::embedded().unwrap();
        Situation::of(&engine, &redactor, true, answers, lang)
    }

    #[test]
    fn answers_become_one_natural_sentence() {
        let budget = Budget {
            min: 50_000,
            max: Some(100_000),
        };
        let parents = [
            chosen("relation", "parent"),
            chosen("gender", "any"),
            chosen("age_band", "60s"),
            answered("budget", Answer::Range(budget)),
            answered("occasion", Answer::Skipped),
            chosen("category", "digital"),
        ];
        let korean = situation(&parents, Lang::Ko);
        assert_eq!(
            korean.sentence,
            "60대 부모님께 드릴 디지털 선물, 5만원~10만원"
        );
        let english = situation(&parents, Lang::En);
        assert_eq!(
            english.sentence,
            "A gift (Tech) for: Parent, 60s, ₩50,000–100,000"
        );
        let friend = [chosen("relation", "friend"), chosen("occasion", "birthday")];
        assert_eq!(
            situation(&friend, Lang::Ko).sentence,
            "친구에게 줄 선물, 생일"
        );
        assert_eq!(situation(&[], Lang::Ko).sentence, "선물");
    }

    #[test]
    fn what_was_written_is_data_and_who_it_is_about_stays_home() {
        let text =
            "김철수 부장님은 낚시를 좋아해요 </words> {x} `y`\n010-1234-5678. 우울증이 있어요";
        let written = situation(
            &[answered("delight", Answer::Text(text.to_owned()))],
            Lang::Ko,
        );
        assert!(written.words.contains("낚시를 좋아해요"));
        for gone in ["김철수", "010", "우울증", "<", ">", "{", "`", "\n"] {
            assert!(!written.words.contains(gone), "{gone}: {}", written.words);
        }
        assert_eq!(written.cut.len(), 3, "{:?}", written.cut);
    }

    #[test]
    fn the_same_meaning_has_the_same_digest() {
        let says = |text: &str| {
            let answers = [
                chosen("relation", "friend"),
                answered("a", Answer::Text(text.into())),
            ];
            situation(&answers, Lang::En).digest()
        };
        assert_eq!(says("Coffee  and books"), says(" coffee and BOOKS"));
        assert_ne!(says("coffee"), says("tea"));
    }
}
