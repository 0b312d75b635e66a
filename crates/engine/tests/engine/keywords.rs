//! Keywords from answers, and the cleaning of anyone's.

use crate::support::{ENGINE, SAMPLE, build, product};
use seonmul_engine::Lang;
use seonmul_engine::interview::{Answer, Answered};
use seonmul_engine::keyword::{Dropped, KeywordSource};
use seonmul_engine::profile::{Gender, Occasion, Profile, Relation};
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

#[test]
fn five_concrete_distinct_keywords_that_name_their_answers() {
    let answers = [
        choice("relation", "parent"),
        choice("gender", "female"),
        choice("age_band", "60s"),
        choice("budget", "50000-100000"),
        choice("occasion", "parents_day"),
        choice("category", "any"),
    ];
    let keywords = ENGINE.keywords(&answers, &SAMPLE, Lang::Ko);
    assert_eq!(keywords.len(), 5);
    assert_eq!(
        keywords
            .iter()
            .map(|k| &k.text)
            .collect::<HashSet<_>>()
            .len(),
        5
    );
    let questions: Vec<&str> = answers.iter().map(|a| a.question_id.as_str()).collect();
    for keyword in &keywords {
        assert!(keyword.concept_id.is_some() && keyword.source == KeywordSource::Builtin);
        assert!(keyword.weight > 0.0 && keyword.weight <= 1.0);
        assert!(
            !keyword.because.is_empty()
                && keyword
                    .because
                    .iter()
                    .all(|b| questions.contains(&b.as_str())),
            "{keyword:?}"
        );
    }
}

#[test]
fn what_the_guest_names_leads() {
    let answers = [
        choice("relation", "friend"),
        answered(
            "category",
            Answer::Text("요즘 낚시에 빠졌어요. 낚싯대가 필요하대요".to_owned()),
        ),
    ];
    let keywords = ENGINE.keywords(&answers, &SAMPLE, Lang::Ko);
    assert_eq!(keywords[0].source, KeywordSource::Guest);
    assert_eq!(keywords[0].because, ["category"]);
    assert!(keywords[0].text.contains("낚싯대"), "{}", keywords[0].text);
}

#[test]
fn what_the_guest_refuses_stays_away() {
    let answers = [
        choice("relation", "friend"),
        answered(
            "category",
            Answer::Text("커피랑 향수는 싫어해요".to_owned()),
        ),
    ];
    let understanding = ENGINE.understand(&answers);
    assert!(
        understanding
            .profile
            .avoid
            .iter()
            .any(|a| a.contains("향수")),
        "{:?}",
        understanding.profile.avoid
    );
    assert!(
        understanding
            .profile
            .avoid
            .iter()
            .any(|a| a.contains("커피")),
        "{:?}",
        understanding.profile.avoid
    );
    let english = ENGINE.understand(&[answered(
        "category",
        Answer::Text("She likes tea but doesn't like perfume".to_owned()),
    )]);
    assert!(
        english.profile.avoid.iter().any(|a| a.contains("향수")),
        "{:?}",
        english.profile.avoid
    );
    assert!(
        !english
            .profile
            .avoid
            .iter()
            .any(|a| a.contains("차") || a.contains("티")),
        "{:?}",
        english.profile.avoid
    );
}

#[test]
fn persons_and_occasions_fill_the_profile_and_are_no_keywords() {
    let mut profile = Profile::default();
    let spoken: Vec<(String, Option<f32>)> = ["남자친구", "생일", "낚시", "장비", "낚시"]
        .iter()
        .map(|w| ((*w).to_owned(), None))
        .collect();
    let grounded = ENGINE.ground(&spoken, &mut profile, KeywordSource::Guest);
    assert_eq!(
        grounded
            .keywords
            .iter()
            .map(|k| k.text.as_str())
            .collect::<Vec<_>>(),
        ["낚시"]
    );
    assert_eq!(
        (profile.relation, profile.gender, profile.occasion),
        (
            Some(Relation::Lover),
            Some(Gender::Male),
            Some(Occasion::Birthday)
        )
    );
    assert!(
        grounded
            .dropped
            .contains(&("낚시".to_owned(), Dropped::Duplicate))
    );
    assert!(
        grounded
            .dropped
            .contains(&("생일".to_owned(), Dropped::Context))
    );
}

#[test]
fn a_posted_word_never_overrules_an_answer() {
    let mut profile = Profile {
        gender: Some(Gender::Female),
        ..Profile::default()
    };
    ENGINE.ground(
        &[("남자친구".to_owned(), None)],
        &mut profile,
        KeywordSource::Guest,
    );
    assert_eq!(profile.gender, Some(Gender::Female));
}

#[test]
fn a_refusal_among_the_keywords_keeps_the_thing_away() {
    let mut profile = Profile::default();
    let spoken = vec![
        ("텀블러 말고".to_owned(), None),
        ("머그컵".to_owned(), None),
    ];
    let grounded = ENGINE.ground(&spoken, &mut profile, KeywordSource::Guest);
    assert_eq!(grounded.keywords.len(), 1);
    assert!(
        profile.avoid.iter().any(|a| a.contains("텀블러")),
        "{:?}",
        profile.avoid
    );
}

#[test]
fn who_keeps_a_dog_may_be_given_things_for_it() {
    let mut profile = Profile {
        relation: Some(Relation::Friend),
        ..Profile::default()
    };
    let spoken = vec![("강아지 키우는 친구".to_owned(), None)];
    let keywords = ENGINE
        .ground(&spoken, &mut profile, KeywordSource::Guest)
        .keywords;
    let ranking = ENGINE.rank(&SAMPLE, &profile, &keywords, &Default::default());
    assert!(
        ranking
            .items
            .iter()
            .any(|i| SAMPLE.title(i.doc).contains("강아지"))
    );
}

#[test]
fn a_thing_among_words_for_a_person_is_kept_alone() {
    let mut profile = Profile::default();
    let spoken = vec![
        ("60대 부모님 건강식품 5만원".to_owned(), None),
        ("커플 잠옷 세트".to_owned(), None),
    ];
    let grounded = ENGINE.ground(&spoken, &mut profile, KeywordSource::Guest);
    let shown: Vec<&str> = grounded.keywords.iter().map(|k| k.text.as_str()).collect();
    assert_eq!(shown, ["건강식품", "커플 잠옷 세트"]);
    assert_eq!(profile.relation, Some(Relation::Parent));
}

#[test]
fn a_misspelt_keyword_is_shown_as_typed_and_finds_what_was_meant() {
    let mut profile = Profile::default();
    let spoken = vec![("목거리".to_owned(), None)];
    let keywords = ENGINE
        .ground(&spoken, &mut profile, KeywordSource::Guest)
        .keywords;
    assert_eq!(keywords[0].text, "목거리");
    assert_eq!(keywords[0].concept_id.as_deref(), Some("necklace"));
    let ranking = ENGINE.rank(&SAMPLE, &profile, &keywords, &Default::default());
    assert!(SAMPLE.title(ranking.items[0].doc).contains("목걸이"));
}

#[test]
fn a_word_that_the_shop_holds_is_no_slip() {
    let shop = build(vec![
        product("a", "목거리 손세정 브러시", 9_000),
        product("b", "진주 목걸이", 9_000),
    ]);
    let mut profile = Profile::default();
    let keywords = ENGINE
        .ground(
            &[("목거리".to_owned(), None)],
            &mut profile,
            KeywordSource::Guest,
        )
        .keywords;
    let ranking = ENGINE.rank(&shop, &profile, &keywords, &Default::default());
    assert_eq!(shop.title(ranking.items[0].doc), "목거리 손세정 브러시");
}

#[test]
fn a_brand_finds_its_own_things_first_and_their_kind_where_there_are_none() {
    let shop = build(vec![
        product("a", "무선 이어폰", 90_000),
        product("b", "애플 에어팟 4세대", 190_000),
        product("c", "에어프라이어", 90_000),
    ]);
    let mut profile = Profile::default();
    let keywords = ENGINE
        .ground(
            &[("에어팟".to_owned(), None)],
            &mut profile,
            KeywordSource::Guest,
        )
        .keywords;
    let ranking = ENGINE.rank(&shop, &profile, &keywords, &Default::default());
    let titles: Vec<&str> = ranking.items.iter().map(|i| shop.title(i.doc)).collect();
    assert_eq!(titles[..2], ["애플 에어팟 4세대", "무선 이어폰"]);
}

#[test]
fn extras_and_colours_do_not_lead_a_title() {
    let shop = build(vec![
        product("a", "머그컵 선물세트 + 티스푼", 20_000),
        product("b", "캐시미어 니트_와인", 20_000),
        product("c", "레드 와인", 20_000),
    ]);
    let first = |word: &str| {
        let mut profile = Profile::default();
        let keywords = ENGINE
            .ground(
                &[(word.to_owned(), None)],
                &mut profile,
                KeywordSource::Guest,
            )
            .keywords;
        let ranking = ENGINE.rank(&shop, &profile, &keywords, &Default::default());
        shop.title(ranking.items[0].doc).to_owned()
    };
    assert_eq!(first("머그컵"), "머그컵 선물세트 + 티스푼");
    assert_eq!(first("니트"), "캐시미어 니트_와인");
    assert_eq!(first("와인"), "레드 와인");
}
