//! The failures that the first system of this kind reported of itself (`domain.md`, "What went wrong in the seed system").

use crate::support::{ENGINE, REAL, SAMPLE, build, product};
use seonmul_engine::Lang;
use seonmul_engine::catalogue::{Catalogue, Product};
use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_engine::profile::{AgeBand, Budget, Gender, Occasion, Profile, Relation};
use seonmul_engine::rank::{Params, Ranking};
use seonmul_engine::text::normalise;
use std::collections::{HashMap, HashSet};

fn budget(min: u32, max: u32) -> Option<Budget> {
    Some(Budget {
        min,
        max: Some(max),
    })
}

/// Keywords as a front end posts them, cleaned and ranked.
fn posted(catalogue: &Catalogue, mut profile: Profile, words: &[&str]) -> (Vec<Keyword>, Ranking) {
    let spoken: Vec<(String, Option<f32>)> =
        words.iter().map(|w| ((*w).to_owned(), None)).collect();
    let keywords = ENGINE
        .ground(&spoken, &mut profile, KeywordSource::Guest)
        .keywords;
    let ranking = ENGINE.rank(catalogue, &profile, &keywords, &Params::default());
    (keywords, ranking)
}

fn products(catalogue: &Catalogue, ranking: &Ranking) -> Vec<Product> {
    ranking
        .items
        .iter()
        .map(|i| catalogue.product(i.doc).expect("a product"))
        .collect()
}

fn titles(catalogue: &Catalogue, ranking: &Ranking) -> Vec<String> {
    products(catalogue, ranking)
        .into_iter()
        .map(|p| p.title)
        .collect()
}

/// Situations that a shop sees every day.
fn everyday() -> Vec<(Profile, Vec<&'static str>)> {
    let person = |relation, gender, age_band, occasion, budget| Profile {
        relation: Some(relation),
        gender: Some(gender),
        age_band: Some(age_band),
        occasion: Some(occasion),
        budget,
        ..Profile::default()
    };
    vec![
        (
            person(
                Relation::Lover,
                Gender::Male,
                AgeBand::Twenties,
                Occasion::Birthday,
                budget(30_000, 100_000),
            ),
            vec!["운동화", "이어폰"],
        ),
        (
            person(
                Relation::Friend,
                Gender::Female,
                AgeBand::Twenties,
                Occasion::Birthday,
                budget(10_000, 50_000),
            ),
            vec![],
        ),
        (
            person(
                Relation::Parent,
                Gender::Female,
                AgeBand::Sixties,
                Occasion::ParentsDay,
                budget(50_000, 150_000),
            ),
            vec![],
        ),
        (
            person(
                Relation::Boss,
                Gender::Male,
                AgeBand::Fifties,
                Occasion::Promotion,
                budget(30_000, 100_000),
            ),
            vec![],
        ),
        (
            person(
                Relation::Colleague,
                Gender::Any,
                AgeBand::Thirties,
                Occasion::Thanks,
                budget(3_000, 20_000),
            ),
            vec!["케이크", "커피"],
        ),
        (
            person(
                Relation::Lover,
                Gender::Female,
                AgeBand::Twenties,
                Occasion::Anniversary,
                budget(50_000, 300_000),
            ),
            vec!["가방", "향수", "목걸이"],
        ),
        (
            person(
                Relation::Friend,
                Gender::Male,
                AgeBand::Thirties,
                Occasion::Housewarming,
                budget(10_000, 70_000),
            ),
            vec!["무드등"],
        ),
    ]
}

#[test]
fn tastes_are_not_drowned_by_relation_and_occasion() {
    let profile = Profile {
        budget: budget(30_000, 150_000),
        ..Profile::default()
    };
    let (_, fishing) = posted(
        &SAMPLE,
        profile.clone(),
        &["남자친구", "생일", "낚시", "장비"],
    );
    let (_, gaming) = posted(&SAMPLE, profile, &["남자친구", "생일", "게임", "헤드셋"]);
    let (fishing, gaming) = (titles(&SAMPLE, &fishing), titles(&SAMPLE, &gaming));
    assert_eq!((fishing.len(), gaming.len()), (8, 8));
    let shared: Vec<_> = fishing.iter().filter(|t| gaming.contains(t)).collect();
    assert!(shared.len() <= 1, "{shared:?} stand in both lists");
    assert!(
        fishing
            .iter()
            .filter(|t| ["낚시", "낚싯", "루어", "릴", "피싱", "찌"]
                .iter()
                .any(|w| t.contains(w)))
            .count()
            >= 5,
        "{fishing:?}"
    );
    assert!(
        gaming
            .iter()
            .filter(
                |t| ["게임", "게이밍", "헤드셋", "컨트롤러", "마우스", "키보드"]
                    .iter()
                    .any(|w| t.contains(w))
            )
            .count()
            >= 5,
        "{gaming:?}"
    );
}

#[test]
fn no_brand_stands_more_than_twice() {
    for (profile, words) in everyday() {
        let (_, ranking) = posted(&REAL, profile, &words);
        let mut brands: HashMap<String, usize> = HashMap::new();
        for brand in products(&REAL, &ranking)
            .into_iter()
            .filter_map(|p| p.brand)
        {
            *brands.entry(brand).or_default() += 1;
        }
        assert!(brands.values().all(|&n| n <= 2), "{words:?}: {brands:?}");
        assert_eq!(ranking.items.len(), 8, "{words:?}");
    }
}

/// Jaccard likeness of the words of two titles.
fn jaccard(a: &str, b: &str) -> f64 {
    let words = |t: &str| {
        normalise(t)
            .split(' ')
            .map(str::to_owned)
            .collect::<HashSet<_>>()
    };
    let (a, b) = (words(a), words(b));
    a.intersection(&b).count() as f64 / a.union(&b).count().max(1) as f64
}

#[test]
fn no_two_titles_are_nearly_the_same() {
    for catalogue in [&*REAL, &*SAMPLE] {
        for (profile, words) in everyday() {
            let (_, ranking) = posted(catalogue, profile, &words);
            let titles = titles(catalogue, &ranking);
            for (i, a) in titles.iter().enumerate() {
                for b in &titles[i + 1..] {
                    assert!(jaccard(a, b) < 0.6, "'{a}' and '{b}'");
                }
            }
        }
    }
}

#[test]
fn sizes_and_colours_of_one_product_are_one_gift() {
    let shop: Vec<Product> = (1..=6)
        .map(|n| {
            product(
                &format!("buds-{n}"),
                &format!("무선 이어폰 프로 {n}세대 블랙"),
                50_000,
            )
        })
        .chain([
            product("mug", "도자기 머그컵 두 개", 20_000),
            product("lamp", "은은한 무드등", 30_000),
        ])
        .collect();
    let (_, ranking) = posted(&build(shop.clone()), Profile::default(), &["이어폰"]);
    let catalogue = build(shop);
    let earphones = titles(&catalogue, &ranking)
        .into_iter()
        .filter(|t| t.contains("이어폰"))
        .count();
    assert_eq!(earphones, 1);
}

#[test]
fn everything_skipped_still_gives_varied_gifts_with_reasons() {
    for catalogue in [&*REAL, &*SAMPLE] {
        let keywords = ENGINE.keywords(&[], catalogue, Lang::Ko);
        let ranking = ENGINE.rank(
            catalogue,
            &Profile::default(),
            &keywords,
            &Params::default(),
        );
        assert_eq!(ranking.items.len(), 8);
        assert!(ranking.items.iter().all(|i| i.reason.chars().count() > 10));
        let concepts: HashSet<_> = ranking
            .items
            .iter()
            .map(|i| catalogue.picture_key(i.doc, &ENGINE))
            .collect();
        assert!(concepts.len() >= 4, "{concepts:?}");
    }
}

#[test]
fn a_phrase_finds_what_its_words_mean() {
    let profile = Profile {
        budget: budget(10_000, 100_000),
        ..Profile::default()
    };
    let (_, set) = posted(&REAL, profile.clone(), &["고급 화장품 세트"]);
    assert!(
        set.items
            .iter()
            .filter(|i| !i.matched_keywords.is_empty())
            .count()
            >= 4,
        "{:?}",
        titles(&REAL, &set)
    );

    let (_, mood) = posted(&SAMPLE, profile.clone(), &["무드등"]);
    let (_, light) = posted(&SAMPLE, profile, &["분위기 조명"]);
    assert_eq!(titles(&SAMPLE, &mood)[..3], titles(&SAMPLE, &light)[..3]);
}

#[test]
fn vague_words_are_no_products() {
    let mut profile = Profile::default();
    let spoken: Vec<(String, Option<f32>)> = ["감성", "힐링", "분위기", "선물"]
        .iter()
        .map(|w| ((*w).to_owned(), None))
        .collect();
    let grounded = ENGINE.ground(&spoken, &mut profile, KeywordSource::Guest);
    assert!(grounded.keywords.is_empty(), "{:?}", grounded.keywords);
    assert!(!profile.leanings.tastes.is_empty(), "their leaning is kept");
}

#[test]
fn a_woman_in_her_twenties_gets_nothing_made_for_men_or_babies() {
    let profile = Profile {
        gender: Some(Gender::Female),
        age_band: Some(AgeBand::Twenties),
        budget: budget(10_000, 200_000),
        ..Profile::default()
    };
    for words in [
        vec!["운동화"],
        vec!["시계", "가방"],
        vec!["옷"],
        vec!["모자", "양말"],
    ] {
        let (_, ranking) = posted(&REAL, profile.clone(), &words);
        for title in titles(&REAL, &ranking) {
            let normal = normalise(&title);
            assert!(
                !["남성", "맨즈", "유아", "아동", "베이비", "키즈"]
                    .iter()
                    .any(|w| normal.contains(w)),
                "{words:?}: {title}"
            );
            assert!(
                !normal
                    .split(' ')
                    .any(|w| ["men", "mens", "kids", "baby"].contains(&w)),
                "{words:?}: {title}"
            );
        }
    }
}

#[test]
fn a_word_inside_another_does_not_hide_a_product() {
    let shop = vec![
        product("case", "아이폰 케이스 투명", 15_000),
        product("tablet", "아이패드 거치대", 25_000),
        product("shadow", "아이섀도 팔레트", 22_000),
        product("shoes", "여성 female 러닝화", 45_000),
        product("kids", "유아 아동 운동화", 30_000),
    ];
    let catalogue = build(shop);
    let woman = Profile {
        gender: Some(Gender::Female),
        age_band: Some(AgeBand::Twenties),
        ..Profile::default()
    };
    let (_, ranking) = posted(&catalogue, woman, &[]);
    let mut shown = titles(&catalogue, &ranking);
    shown.sort();
    assert_eq!(
        shown,
        [
            "아이섀도 팔레트",
            "아이패드 거치대",
            "아이폰 케이스 투명",
            "여성 female 러닝화"
        ]
    );
    let man = Profile {
        gender: Some(Gender::Male),
        age_band: Some(AgeBand::Twenties),
        ..Profile::default()
    };
    let (_, ranking) = posted(&catalogue, man, &[]);
    assert!(
        !titles(&catalogue, &ranking)
            .iter()
            .any(|t| t.contains("female"))
    );
}

#[test]
fn the_guard_holds_from_sixty_up() {
    for age_band in [AgeBand::Sixties, AgeBand::SeventiesPlus] {
        let profile = Profile {
            age_band: Some(age_band),
            gender: Some(Gender::Male),
            budget: budget(10_000, 200_000),
            ..Profile::default()
        };
        let (_, ranking) = posted(&REAL, profile, &["운동화", "양말", "티셔츠"]);
        for title in titles(&REAL, &ranking) {
            let normal = normalise(&title);
            assert!(
                !["키즈", "유아", "여성", "우먼"]
                    .iter()
                    .any(|w| normal.contains(w)),
                "{title}"
            );
        }
    }
}

#[test]
fn each_of_five_keywords_has_its_gift() {
    let profile = Profile {
        budget: budget(5_000, 100_000),
        gender: Some(Gender::Female),
        age_band: Some(AgeBand::Thirties),
        ..Profile::default()
    };
    for (catalogue, words) in [
        (&*REAL, ["핸드크림", "텀블러", "양말", "케이크", "머플러"]),
        (
            &*SAMPLE,
            ["핸드크림", "텀블러", "양말", "무드등", "보드게임"],
        ),
    ] {
        let (keywords, ranking) = posted(catalogue, profile.clone(), &words);
        assert_eq!(keywords.len(), 5);
        for word in words {
            assert!(
                ranking
                    .items
                    .iter()
                    .any(|i| i.matched_keywords.iter().any(|m| m == word)),
                "no gift for {word}"
            );
        }
    }
}

#[test]
fn a_shop_without_brands_fills_the_list() {
    assert!(SAMPLE.len() >= 1_200);
    for (profile, words) in everyday() {
        let (_, ranking) = posted(&SAMPLE, profile, &words);
        assert_eq!(ranking.items.len(), 8, "{words:?}");
    }
}
