//! What is kept of a language model's suggestion.

use crate::support::{ENGINE, SAMPLE, build, product};
use seonmul_engine::Lang;
use seonmul_engine::interview::{Answer, Answered};
use seonmul_engine::keyword::{Dropped, KeywordSource, Suggestion};
use seonmul_engine::profile::Budget;
use std::collections::HashSet;

fn answered(question: &str, answer: Answer) -> Answered {
    Answered {
        question_id: question.to_owned(),
        answer,
    }
}

fn choice(question: &str, value: &str) -> Answered {
    answered(question, Answer::Choice(value.to_owned()))
}

fn said(choices: &[&str], own: &[&str]) -> Suggestion {
    let owned = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    Suggestion {
        choices: owned(choices),
        own: owned(own),
    }
}

/// A father in his sixties who fishes, for up to 100,000 won.
fn father() -> Vec<Answered> {
    vec![
        choice("relation", "parent"),
        choice("gender", "male"),
        choice("age_band", "60s"),
        answered(
            "budget",
            Answer::Range(Budget {
                min: 0,
                max: Some(100_000),
            }),
        ),
        choice("occasion", "birthday"),
        choice("category", "any"),
    ]
}

#[test]
fn the_vocabulary_holds_only_what_can_be_given() {
    let names = ENGINE.servable(&father(), &SAMPLE, Lang::Ko, None, 60);
    assert_eq!(names.len(), 60);
    let distinct: HashSet<_> = names.iter().map(|s| &s.name).collect();
    assert_eq!(distinct.len(), 60);
    assert!(names.iter().all(|s| s.products > 0));
    let for_women = ["립스틱", "핸드백", "여성 향수"];
    assert!(names.iter().all(|s| !for_women.contains(&s.name.as_str())));

    let mut teacher = father();
    teacher[0] = choice("relation", "teacher");
    teacher.push(choice("duty_relation", "yes"));
    assert!(
        ENGINE
            .servable(&teacher, &SAMPLE, Lang::Ko, None, 60)
            .is_empty()
    );
}

#[test]
fn every_keyword_of_a_suggestion_is_grounded_or_dropped_with_its_reason() {
    let vocabulary = ENGINE.servable(&father(), &SAMPLE, Lang::Ko, None, 60);
    let (first, second) = (&vocabulary[0].name, &vocabulary[1].name);
    let suggestion = said(
        &[first, first, "60대 아버지", "감성", second],
        &["무스탕가비", "안마의자"],
    );
    let composed = ENGINE.keywords_suggested(&father(), &SAMPLE, Lang::Ko, None, &suggestion);
    assert_eq!(composed.keywords.len(), 5);
    let from_model: Vec<&str> = composed
        .keywords
        .iter()
        .filter(|k| k.source == KeywordSource::Llm)
        .map(|k| k.text.as_str())
        .collect();
    assert_eq!(from_model, [first, second]);
    let why = |word: &str| composed.dropped.iter().find(|d| d.0 == word).map(|d| d.1);
    assert_eq!(why(first), Some(Dropped::Duplicate));
    assert_eq!(why("60대 아버지"), Some(Dropped::Context));
    assert_eq!(why("감성"), Some(Dropped::Vague));
    assert!(why("무스탕가비").is_some());
    assert_eq!(why("안마의자"), Some(Dropped::Unsold));
    let asked: Vec<String> = father().into_iter().map(|a| a.question_id).collect();
    for keyword in &composed.keywords {
        assert!(!keyword.because.is_empty(), "{keyword:?}");
        assert!(keyword.because.iter().all(|b| asked.contains(b)));
    }
}

#[test]
fn what_the_guest_named_stays_whatever_the_model_says() {
    let mut answers = father();
    answers.push(answered("own_words", Answer::Text("낚시대 하나".into())));
    let engine_only = ENGINE.keywords(&answers, &SAMPLE, Lang::Ko);
    let named: Vec<_> = engine_only
        .iter()
        .filter(|k| k.source == KeywordSource::Guest)
        .cloned()
        .collect();
    assert!(!named.is_empty());
    let vocabulary = ENGINE.servable(&answers, &SAMPLE, Lang::Ko, None, 60);
    let five: Vec<&str> = vocabulary[10..15].iter().map(|s| s.name.as_str()).collect();
    let composed = ENGINE.keywords_suggested(&answers, &SAMPLE, Lang::Ko, None, &said(&five, &[]));
    assert_eq!(composed.keywords[..named.len()], named);
}

#[test]
fn nothing_forbidden_or_refused_comes_out() {
    let child = vec![
        choice("relation", "child"),
        choice("age_band", "under_10"),
        answered("own_words", Answer::Text("레고는 이미 있어요".into())),
    ];
    let suggestion = said(&["위스키", "와인", "블록 장난감"], &["소주", "레고"]);
    let composed = ENGINE.keywords_suggested(&child, &SAMPLE, Lang::Ko, None, &suggestion);
    let refused = ["위스키", "와인", "소주", "레고"];
    for keyword in &composed.keywords {
        assert!(!refused.contains(&keyword.text.as_str()), "{keyword:?}");
    }
    for word in ["위스키", "와인", "소주"] {
        let why = composed.dropped.iter().find(|d| d.0 == word);
        assert_eq!(why.map(|d| d.1), Some(Dropped::Forbidden), "{word}");
    }
}

#[test]
fn words_that_no_list_knows_count_where_the_shop_has_them() {
    let shop = build(vec![
        product("a", "쿠리바야시 만년 자개 보석 상자", 40_000),
        product("b", "머그컵 2인 세트", 20_000),
    ]);
    let hear =
        |own: &[&str]| ENGINE.keywords_suggested(&father(), &shop, Lang::Ko, None, &said(&[], own));
    let heard = hear(&["쿠리바야시"]);
    let first = heard.keywords.iter().find(|k| k.text == "쿠리바야시");
    assert_eq!(first.map(|k| k.source), Some(KeywordSource::Llm));
    let markup = hear(&["<script>alert(1)</script>", "쿠리바야시 <b>", "무스탕가비"]);
    assert!(
        markup
            .keywords
            .iter()
            .all(|k| !k.text.contains(['<', '>', '&']))
    );
    let why = markup.dropped.iter().find(|d| d.0 == "무스탕가비");
    assert_eq!(why.map(|d| d.1), Some(Dropped::Ungrounded));
}

#[test]
fn a_model_adds_two_words_of_its_own_at_the_most() {
    let vocabulary = ENGINE.servable(&father(), &SAMPLE, Lang::Ko, None, 60);
    let own: Vec<&str> = vocabulary[..4].iter().map(|s| s.name.as_str()).collect();
    let composed = ENGINE.keywords_suggested(&father(), &SAMPLE, Lang::Ko, None, &said(&[], &own));
    assert_eq!(composed.kept.own.len(), 2);
    let rest: Vec<Dropped> = composed.dropped.iter().map(|d| d.1).collect();
    assert_eq!(rest, [Dropped::TooMany, Dropped::TooMany]);
}
