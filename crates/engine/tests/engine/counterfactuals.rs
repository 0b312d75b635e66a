//! Counterfactuals: what is told comes true when the guest does as told, and nothing is told without need.

use crate::support::{ENGINE, REAL, build, product};
use seonmul_engine::Lang;
use seonmul_engine::catalogue::{Catalogue, Product};
use seonmul_engine::eval::situation;
use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_engine::profile::{Budget, Category, Profile, Relation};
use seonmul_engine::rank::{Counterfactual, Params};

fn told(catalogue: &Catalogue, profile: &Profile, words: &[&str]) -> Vec<Counterfactual> {
    let words: Vec<(String, Option<f32>)> = words.iter().map(|w| ((*w).to_owned(), None)).collect();
    let keywords = ENGINE
        .ground(&words, &mut profile.clone(), KeywordSource::Guest)
        .keywords;
    let params = Params::default();
    let today = ENGINE.rank(catalogue, profile, &keywords, &params);
    ENGINE.counterfactuals(catalogue, profile, &keywords, &params, &today)
}

fn changes(told: &[Counterfactual]) -> Vec<&str> {
    told.iter().map(|c| c.change.as_str()).collect()
}

fn budget(min: u32, max: u32) -> Option<Budget> {
    let max = Some(max);
    Some(Budget { min, max })
}

fn friend(budget: Option<Budget>) -> Profile {
    Profile {
        relation: Some(Relation::Friend),
        budget,
        ..Profile::default()
    }
}

/// Eight different things of a price.
fn plain(price: u32) -> Vec<Product> {
    let titles = [
        "면 양말 세트",
        "도자기 머그컵",
        "무선 노트 세트",
        "핸드크림",
        "향초",
        "보온 텀블러",
        "수제 쿠키 세트",
        "접이식 우산",
    ];
    let named = (0..).zip(titles);
    named
        .map(|(i, title): (u32, _)| product(&format!("{price}-{i}"), title, price + i * 100))
        .collect()
}

#[test]
fn a_gift_just_above_the_budget_is_named_with_its_price() {
    let mut products = plain(21_000);
    products.push(product("lamp", "분위기 있는 무드등", 34_000));
    let shop = build(products);
    let told = told(&shop, &friend(budget(10_000, 30_000)), &["무드등"]);
    assert_eq!(
        told[0],
        Counterfactual {
            change: "budget_max+10000".to_owned(),
            detail: "예산을 1만원 늘리면 ‘분위기 있는 무드등’(34,000원)도 고를 수 있어요."
                .to_owned()
        }
    );
}

#[test]
fn a_gift_that_is_no_better_is_not_worth_more_money() {
    let mut products = plain(21_000);
    products.push(product("mug", "도자기 찻잔", 34_000));
    let shop = build(products);
    let told = told(
        &shop,
        &friend(budget(10_000, 30_000)),
        &["양말", "머그컵", "핸드크림"],
    );
    assert_eq!(changes(&told), [] as [&str; 0]);
}

#[test]
fn a_lower_budget_is_told_when_the_gifts_are_as_good() {
    let mut products = plain(28_000);
    products.extend(plain(18_000));
    let shop = build(products);
    let found = told(&shop, &friend(budget(10_000, 30_000)), &[]);
    let saving = found.iter().find(|c| c.change == "budget_max-10000");
    assert_eq!(
        saving.map(|c| c.detail.as_str()),
        Some("예산을 1만원 줄여도 비슷하게 잘 맞는 선물 8개를 고를 수 있어요.")
    );
    let shop = build(plain(28_000));
    let told = told(&shop, &friend(budget(10_000, 30_000)), &[]);
    assert!(
        !changes(&told).contains(&"budget_max-10000"),
        "nothing costs less"
    );
}

#[test]
fn a_cheaper_gift_that_fits_is_told_of() {
    let mut products = plain(31_000);
    products.push(product("lamp", "분위기 있는 무드등", 18_000));
    let shop = build(products);
    let told = told(&shop, &friend(budget(30_000, 50_000)), &["무드등"]);
    let told = told.iter().find(|c| c.change == "budget_min=0");
    assert_eq!(
        told.map(|c| c.detail.as_str()),
        Some("3만원보다 저렴해도 괜찮다면 ‘분위기 있는 무드등’(18,000원)도 고를 수 있어요.")
    );
}

#[test]
fn a_better_gift_of_another_category_is_told_of() {
    let of = |category: &str, product: Product| Product {
        category: vec![category.to_owned()],
        ..product
    };
    let mut products: Vec<Product> = plain(21_000)
        .into_iter()
        .map(|p| of("주방용품", p))
        .collect();
    products.push(of(
        "디지털/가전",
        product("pods", "블루투스 무선 이어폰", 25_000),
    ));
    let shop = build(products);
    let profile = Profile {
        category: Some(Category::Kitchen),
        ..friend(budget(10_000, 30_000))
    };
    let told = told(&shop, &profile, &["무선 이어폰"]);
    assert_eq!(changes(&told), ["category=any"]);
    assert!(told[0].detail.contains("‘블루투스 무선 이어폰’(25,000원)"));
}

#[test]
fn the_law_is_never_advised_against() {
    for relation in [Relation::Teacher, Relation::PublicOfficial] {
        for max in [45_000, 50_000, 80_000] {
            let profile = Profile {
                relation: Some(relation),
                budget: budget(10_000, max),
                ..Profile::default()
            };
            let told = told(&REAL, &profile, &["무선 이어폰", "홍삼", "와인"]);
            assert!(
                !told.iter().any(|c| c.change.starts_with("budget_max+")),
                "{relation} {max}: {told:?}"
            );
        }
    }
}

/// The profile after a guest has done as told, and the limit that the gift now passes.
fn as_told(profile: &Profile, change: &str) -> Profile {
    let budget = profile.budget.unwrap_or(Budget::ANY);
    let mut changed = profile.clone();
    let by = |sign: char| {
        change
            .rsplit(sign)
            .next()
            .and_then(|n| n.parse::<u32>().ok())
    };
    match change {
        "category=any" => changed.category = None,
        "budget_min=0" => changed.budget = Some(Budget { min: 0, ..budget }),
        _ if change.contains('+') => {
            let max = budget.max.zip(by('+')).map(|(max, by)| max + by);
            changed.budget = Some(Budget { max, ..budget });
        }
        _ => {
            let max = budget.max.zip(by('-')).map(|(max, by)| max - by);
            changed.budget = Some(Budget { max, ..budget });
        }
    }
    changed
}

fn check(number: u64) -> usize {
    let (profile, keywords, mut params): (Profile, Vec<Keyword>, Params) = situation(number);
    params.lang = if number.is_multiple_of(2) {
        Lang::Ko
    } else {
        Lang::En
    };
    let today = ENGINE.rank(&REAL, &profile, &keywords, &params);
    let told = ENGINE.counterfactuals(&REAL, &profile, &keywords, &params, &today);
    assert!(told.len() <= 2, "situation {number}");
    for Counterfactual { change, detail } in &told {
        assert!(!detail.contains(['{', '}']), "situation {number}: {detail}");
        let then = ENGINE.rank(&REAL, &as_told(&profile, change), &keywords, &params);
        if change.starts_with("budget_max-") {
            assert!(then.items.len() >= today.items.len());
            assert!(detail.contains(&then.items.len().to_string()));
            continue;
        }
        let named = then.items.iter().take(3).find(|i| {
            let title = REAL.title(i.doc);
            let begin: String = title.chars().take(15).collect();
            detail.contains(begin.trim_end())
        });
        let named = named.unwrap_or_else(|| panic!("situation {number}: {detail} is not so"));
        assert!(
            today.items.iter().all(|i| i.doc != named.doc),
            "situation {number}: {detail} is there already"
        );
    }
    told.len()
}

#[test]
fn what_is_told_comes_true() {
    let told: usize = (0..1_500).map(check).sum();
    assert!(told > 100, "{told} in 1,500 situations");
}
