//! The sentences beside the gifts: varied within a list, right in grammar, and silent about what nobody answered.

use crate::support::{ENGINE, REAL, SAMPLE};
use seonmul_engine::Lang;
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::eval::situation;
use seonmul_engine::keyword::Keyword;
use seonmul_engine::profile::{AgeBand, Gender, Occasion, Profile, Relation};
use seonmul_engine::rank::Params;
use std::collections::HashMap;

struct List {
    number: u64,
    profile: Profile,
    reasons: Vec<String>,
}

/// Lists of eight over varied situations, a third of them without a keyword of the guest's.
fn lists(catalogue: &Catalogue, numbers: std::ops::Range<u64>, lang: Lang) -> Vec<List> {
    let list = |number| {
        let (profile, mut keywords, params): (Profile, Vec<Keyword>, Params) = situation(number);
        if number % 3 == 0 || keywords.is_empty() {
            keywords = ENGINE.keywords_for_profile(&profile, catalogue, lang);
        }
        let params = Params {
            limit: 8,
            lang,
            ..params
        };
        let ranking = ENGINE.rank(catalogue, &profile, &keywords, &params);
        List {
            number,
            profile,
            reasons: ranking.items.into_iter().map(|i| i.reason).collect(),
        }
    };
    numbers.map(list).collect()
}

fn beginning(reason: &str, words: usize) -> String {
    let begin: Vec<&str> = reason.split(' ').take(words).collect();
    begin.join(" ")
}

#[test]
fn no_two_of_eight_are_alike() {
    for (lang, words) in [(Lang::Ko, 2), (Lang::En, 3)] {
        for catalogue in [&*SAMPLE, &*REAL] {
            for list in lists(catalogue, 0..600, lang) {
                let mut begun: HashMap<String, usize> = HashMap::new();
                for (at, reason) in list.reasons.iter().enumerate() {
                    assert!(
                        !list.reasons[..at].contains(reason),
                        "{}: {reason}",
                        list.number
                    );
                    *begun.entry(beginning(reason, words)).or_default() += 1;
                }
                let most = begun.iter().max_by_key(|b| b.1);
                assert!(
                    most.is_none_or(|(_, &n)| n <= 3),
                    "{}: {most:?} {:#?}",
                    list.number,
                    list.reasons
                );
            }
        }
    }
}

fn closed(c: char) -> bool {
    ('가'..='힣').contains(&c) && !(c as u32 - 0xAC00).is_multiple_of(28)
}

#[test]
fn particles_fit_what_they_follow() {
    for list in lists(&SAMPLE, 0..1_000, Lang::Ko) {
        for reason in &list.reasons {
            for word in reason.split([' ', ',', '.']) {
                let mut chars = word.chars().rev().filter(|c| *c != '’');
                let (Some(particle), Some(before)) = (chars.next(), chars.next()) else {
                    continue;
                };
                if !('가'..='힣').contains(&before) {
                    continue;
                }
                let wrong = match particle {
                    '을' => !closed(before),
                    '를' => closed(before),
                    '은' => !closed(before),
                    _ => false,
                };
                assert!(!wrong, "{}: '{word}' in {reason}", list.number);
            }
            let open = ENGINE.lexicon().concepts().iter().map(|c| c.ko.as_str());
            let open = open.filter(|n| n.ends_with(|c| ('가'..='힣').contains(&c) && !closed(c)));
            for name in open {
                let wrong = format!("{name}이고,");
                assert!(!reason.contains(&wrong), "{}: {reason}", list.number);
            }
        }
    }
}

#[test]
fn english_has_no_article_out_of_place() {
    for list in lists(&SAMPLE, 0..600, Lang::En) {
        for reason in &list.reasons {
            for wrong in [
                " a a", " a an ", " an a ", " a your", "  ", " ,", "a elder", ",,", "..",
            ] {
                let words = if wrong == " a a" { " a a " } else { wrong };
                assert!(!reason.contains(words), "{}: {reason}", list.number);
            }
            assert!(
                reason.starts_with(char::is_uppercase) && reason.ends_with('.'),
                "{reason}"
            );
        }
    }
}

#[test]
fn what_nobody_answered_is_not_spoken_of() {
    let ages = [
        "10대", "20대", "30대", "40대", "50대", "60대", "70대", "10세",
    ];
    let people = [
        "친구",
        "부모님",
        "어머니",
        "상사",
        "연인",
        "동료",
        "여성에게",
        "남성에게",
    ];
    let occasions = [
        "생일 선물",
        "기념일 선물",
        "집들이 선물",
        "결혼 선물",
        "추석 선물",
    ];
    for list in lists(&SAMPLE, 0..1_500, Lang::Ko) {
        let said = |words: &[&str]| -> Option<String> {
            let mut reasons = list.reasons.iter();
            reasons
                .find(|r| words.iter().any(|w| r.contains(w)))
                .cloned()
        };
        let profile = &list.profile;
        let quiet = |known: bool, words: &[&str]| {
            let told = said(words).filter(|_| !known);
            assert_eq!(told, None, "{}", list.number);
        };
        quiet(profile.age_band.is_some(), &ages);
        quiet(
            profile.relation.is_some() || profile.gender.is_some_and(|g| g != Gender::Any),
            &people,
        );
        quiet(profile.occasion.is_some(), &occasions);
        quiet(profile.budget.is_some(), &["예산"]);
    }
}

#[test]
fn relatives_are_called_by_their_gender() {
    let told = |relation, gender, lang| {
        let profile = Profile {
            relation: Some(relation),
            gender,
            age_band: Some(AgeBand::Sixties),
            occasion: Some(Occasion::Birthday),
            ..Profile::default()
        };
        let keywords = ENGINE.keywords_for_profile(&profile, &SAMPLE, lang);
        let params = Params {
            lang,
            ..Params::default()
        };
        let list = ENGINE.rank(&SAMPLE, &profile, &keywords, &params);
        let reasons: Vec<String> = list.items.into_iter().map(|i| i.reason).collect();
        reasons.join("\n")
    };
    let (female, male) = (Some(Gender::Female), Some(Gender::Male));
    for (relation, gender, ko, en) in [
        (
            Relation::Parent,
            female,
            "60대 어머니께",
            "your mother in her sixties",
        ),
        (
            Relation::Parent,
            male,
            "60대 아버지께",
            "your father in his sixties",
        ),
        (
            Relation::Parent,
            None,
            "60대 부모님께",
            "your parents in their sixties",
        ),
        (
            Relation::Parent,
            Some(Gender::Any),
            "60대 부모님께",
            "your parents in their sixties",
        ),
        (
            Relation::Grandparent,
            female,
            "60대 할머니께",
            "your grandmother in her sixties",
        ),
        (
            Relation::Spouse,
            male,
            "60대 남편에게",
            "your husband in his sixties",
        ),
        (
            Relation::ParentInLaw,
            male,
            "60대 시아버지나 장인어른께",
            "your father-in-law in his",
        ),
    ] {
        let reasons = told(relation, gender, Lang::Ko);
        assert!(reasons.contains(ko), "{ko}: {reasons}");
        let reasons = told(relation, gender, Lang::En);
        assert!(reasons.contains(en), "{en}: {reasons}");
    }
}
