//! Which question comes next, and what answers may be given.

use crate::support::{ENGINE, SAMPLE};
use proptest::prelude::*;
use seonmul_engine::interview::{Answer, AnswerError, Answered, QuestionSource};
use seonmul_engine::profile::{Budget, Category};

fn choice(question: &str, value: &str) -> Answered {
    Answered {
        question_id: question.to_owned(),
        answer: Answer::Choice(value.to_owned()),
    }
}

fn fixed(category: &str) -> Vec<Answered> {
    vec![
        choice("relation", "friend"),
        choice("gender", "male"),
        choice("age_band", "30s"),
        choice("budget", "30000-50000"),
        choice("occasion", "birthday"),
        choice("category", category),
    ]
}

#[test]
fn the_fixed_questions_come_first_in_their_order() {
    let mut answers = Vec::new();
    let mut asked = Vec::new();
    while let Some(id) = ENGINE
        .next_question(&answers, &SAMPLE)
        .question_id
        .filter(|_| answers.len() < 6)
    {
        asked.push(id.clone());
        answers.push(Answered {
            question_id: id,
            answer: Answer::Skipped,
        });
    }
    assert_eq!(
        asked,
        [
            "relation", "gender", "age_band", "budget", "occasion", "category"
        ]
    );
}

#[test]
fn follow_ups_are_few_new_and_worth_it() {
    let mut answers = fixed("any");
    let mut gains = Vec::new();
    loop {
        let step = ENGINE.next_question(&answers, &SAMPLE);
        assert!(step.ready);
        let Some(id) = step.question_id else { break };
        let question = ENGINE.question(&id).expect("a known question");
        assert_eq!(question.source, QuestionSource::Adaptive);
        assert!(!answers.iter().any(|a| a.question_id == id));
        gains.push(step.expected_gain.expect("a follow-up has a gain"));
        answers.push(choice(&id, &question.options[0].value));
    }
    assert!((1..=3).contains(&gains.len()), "{gains:?}");
    assert!(gains.iter().all(|&g| g > 0.0), "{gains:?}");
}

#[test]
fn an_answer_changes_what_is_asked_and_recommended() {
    let first = |category| ENGINE.next_question(&fixed(category), &SAMPLE).question_id;
    assert_ne!(first("food"), first("digital"));
    let mut likes_fishing = fixed("any");
    likes_fishing.push(Answered {
        question_id: "weekend".into(),
        answer: Answer::Text("낚시하러 가요".into()),
    });
    let keywords = ENGINE.keywords(&likes_fishing, &SAMPLE, seonmul_engine::Lang::Ko);
    assert!(
        keywords
            .iter()
            .any(|k| k.because.contains(&"weekend".to_owned())),
        "{keywords:?}"
    );
}

#[test]
fn a_skip_is_no_evidence() {
    let skipped: Vec<Answered> = ENGINE
        .fixed_questions()
        .iter()
        .map(|q| Answered {
            question_id: q.id.clone(),
            answer: Answer::Skipped,
        })
        .collect();
    assert_eq!(
        ENGINE.understand(&skipped).profile,
        ENGINE.understand(&[]).profile
    );
}

#[test]
fn answers_must_fit_their_question() {
    let check = |id: &str, answer: Answer| {
        ENGINE.check_answer(ENGINE.question(id).expect("known"), &answer)
    };
    assert_eq!(check("relation", Answer::Choice("friend".into())), Ok(()));
    assert_eq!(
        check("relation", Answer::Text("고등학교 동창".into())),
        Ok(())
    );
    assert_eq!(
        check("budget", Answer::Choice("30000-50000".into())),
        Ok(())
    );
    assert!(matches!(
        check("relation", Answer::Choice("enemy".into())),
        Err(AnswerError::UnknownOption {
            field: "choice",
            ..
        })
    ));
    assert!(matches!(
        check("relation", Answer::Range(Budget::ANY)),
        Err(AnswerError::WrongKind { field: "range", .. })
    ));
    assert_eq!(
        check(
            "budget",
            Answer::Range(Budget {
                min: 5,
                max: Some(4)
            })
        ),
        Err(AnswerError::BadRange)
    );
    assert_eq!(
        check("category", Answer::Text("가".repeat(301))),
        Err(AnswerError::BadText)
    );
    assert_eq!(check("category", Answer::Text("가".repeat(300))), Ok(()));
    assert_eq!(
        check("category", Answer::Text(" \n".into())),
        Err(AnswerError::BadText)
    );
}

#[test]
fn there_are_questions_for_every_category() {
    for category in Category::ALL.iter().filter(|&&c| c != Category::Any) {
        assert!(
            ENGINE
                .next_question(&fixed(category.as_str()), &SAMPLE)
                .ready
        );
    }
}

proptest! {
    #[test]
    fn any_text_can_be_read(text in "\\PC{0,300}") {
        let answers = [Answered { question_id: "category".into(), answer: Answer::Text(text) }];
        let keywords = ENGINE.keywords(&answers, &SAMPLE, seonmul_engine::Lang::En);
        prop_assert!(keywords.len() <= 5);
        prop_assert!(ENGINE.next_question(&answers, &SAMPLE).question_id.is_some());
    }

    #[test]
    fn an_answer_survives_its_json(text in "\\PC{1,50}", min in 0u32..1000, more in 0u32..1000) {
        for answer in [Answer::Text(text.clone()), Answer::Choice(text), Answer::Range(Budget { min, max: Some(min + more) }), Answer::Skipped] {
            let json = serde_json::to_string(&answer).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Answer>(&json).expect("an answer"), answer);
        }
    }
}
