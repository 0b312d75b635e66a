//! "Why not this one?": every code, its sentence, and that the sentence is so.

use crate::support::{ENGINE, REAL, build, product};
use seonmul_engine::Lang;
use seonmul_engine::catalogue::{Catalogue, Product};
use seonmul_engine::eval::situation;
use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_engine::profile::{AgeBand, Budget, Category, Gender, Profile, Relation};
use seonmul_engine::rank::{Params, WHY_NOT_CODES, WhyNot};
use std::collections::HashSet;

fn keywords(words: &[&str]) -> Vec<Keyword> {
    let words: Vec<(String, Option<f32>)> = words.iter().map(|w| ((*w).to_owned(), None)).collect();
    ENGINE
        .ground(&words, &mut Profile::default(), KeywordSource::Guest)
        .keywords
}

fn asked(shop: &Catalogue, profile: &Profile, words: &[&str], params: &Params, id: &str) -> WhyNot {
    let doc = shop.doc_of(id).expect("a product of the shop");
    ENGINE.why_not(shop, profile, &keywords(words), params, doc)
}

fn in_both(shop: &Catalogue, profile: &Profile, words: &[&str], id: &str) -> [WhyNot; 2] {
    [Lang::Ko, Lang::En].map(|lang| {
        let params = Params {
            lang,
            ..Params::default()
        };
        asked(shop, profile, words, &params, id)
    })
}

/// Whether a product is kept out for one reason, told in these words.
fn check(
    shop: &Catalogue,
    profile: &Profile,
    words: &[&str],
    id: &str,
    code: &str,
    told: [&str; 2],
) {
    let found = in_both(shop, profile, words, id);
    assert_eq!(found[0].code, code, "{found:?}");
    assert_eq!(found.each_ref().map(|f| f.detail.as_str()), told);
}

fn shop() -> Catalogue {
    let of = |category: &str, product: Product| Product {
        category: vec![category.to_owned()],
        ..product
    };
    let titles = [
        "면 양말 세트",
        "도자기 머그컵",
        "수제 쿠키 세트",
        "핸드크림 3종",
        "소이 향초",
        "보온 텀블러",
        "접이식 우산",
        "가죽 카드지갑",
        "손뜨개 목도리",
        "블루투스 스피커",
    ];
    let mut products: Vec<Product> = (0..)
        .zip(titles)
        .map(|(i, t): (u32, _)| product(&format!("p{i}"), t, 20_000 + i * 100))
        .collect();
    products.extend([
        product("dear", "보온 텀블러 선물 세트", 49_000),
        product("cheap", "도자기 찻잔", 4_000),
        product("voucher", "백화점 상품권 3만원권", 30_000),
        product("women", "여성 지갑", 25_000),
        product("watch", "클래식 손목시계", 28_000),
        product("twin", "보온 텀블러", 20_500),
        of("디지털/가전", product("mouse", "무선 마우스", 22_000)),
    ]);
    build(products)
}

fn friend() -> Profile {
    Profile {
        relation: Some(Relation::Friend),
        budget: Some(Budget {
            min: 10_000,
            max: Some(30_000),
        }),
        ..Profile::default()
    }
}

#[test]
fn money_and_law_are_told_with_amounts() {
    let shop = shop();
    check(
        &shop,
        &friend(),
        &["텀블러"],
        "dear",
        "over_budget",
        [
            "가격이 49,000원이라 예산 30,000원을 19,000원 넘어요.",
            "It costs ₩49,000, which is ₩19,000 over your budget of ₩30,000.",
        ],
    );
    check(
        &shop,
        &friend(),
        &["텀블러"],
        "cheap",
        "below_minimum",
        [
            "가격이 4,000원이라 정하신 최소 금액 10,000원보다 6,000원 적어요.",
            "It costs ₩4,000, which is ₩6,000 below your minimum of ₩10,000.",
        ],
    );
    let official = |duty| Profile {
        relation: Some(Relation::PublicOfficial),
        duty_relation: duty,
        budget: None,
        ..Profile::default()
    };
    let dear = build(vec![
        product("dear", "보온 텀블러 선물 세트", 69_000),
        product("plain", "보온 텀블러", 20_000),
        product("voucher", "백화점 상품권 3만원권", 30_000),
    ]);
    let code = |duty, id| asked(&dear, &official(duty), &[], &Params::default(), id).code;
    assert_eq!(code(Some(false), "dear"), "over_legal_limit");
    assert_eq!(code(Some(false), "voucher"), "forbidden_by_law");
    assert_eq!(code(Some(true), "plain"), "nothing_allowed");
    assert_eq!(code(Some(false), "plain"), "shown");
}

#[test]
fn whom_it_is_for_and_what_was_refused_are_named() {
    let shop = shop();
    let man = Profile {
        gender: Some(Gender::Male),
        ..friend()
    };
    check(
        &shop,
        &man,
        &["지갑"],
        "women",
        "made_for_others",
        [
            "여성용 상품인데, 들려주신 답으로는 받는 분께 맞지 않아 뺐어요.",
            "It is made for women, which by your answers is not whom you give to.",
        ],
    );
    let no_watch = Profile {
        avoid: vec!["시계".to_owned()],
        ..friend()
    };
    check(
        &shop,
        &no_watch,
        &[],
        "watch",
        "refused",
        [
            "피하고 싶다고 하신 ‘시계’에 해당해서 뺐어요.",
            "You asked to avoid “시계”, and it is one of those.",
        ],
    );
    let params = Params {
        exclude_product_ids: vec!["p5".to_owned()],
        ..Params::default()
    };
    let excluded = asked(&shop, &friend(), &["텀블러"], &params, "p5");
    assert_eq!(excluded.code, "excluded");
}

#[test]
fn wishes_and_the_list_itself_are_named() {
    let shop = shop();
    let kitchen = Profile {
        category: Some(Category::Digital),
        ..friend()
    };
    let limit = Params {
        limit: 1,
        ..Params::default()
    };
    let outside = asked(&shop, &kitchen, &["마우스"], &limit, "p5");
    assert_eq!(outside.code, "other_category", "{outside:?}");
    let shown = asked(&shop, &friend(), &["텀블러"], &Params::default(), "p5");
    let twin = asked(&shop, &friend(), &["텀블러"], &Params::default(), "twin");
    let mut codes = [shown.code, twin.code];
    codes.sort_unstable();
    assert_eq!(codes, ["shown", "stand_in"], "{shown:?} {twin:?}");
    let two = Params {
        limit: 1,
        ..Params::default()
    };
    let other = asked(&shop, &friend(), &["머그컵"], &two, "p8");
    assert_eq!(
        (other.code, other.detail.as_str()),
        (
            "other_keywords",
            "이번 추천의 키워드(머그컵)와 맞는 상품이 아니라서 담지 않았어요."
        )
    );
}

#[test]
fn brands_and_kinds_that_are_full_say_how_full() {
    let branded = |id: &str, title: &str, price| Product {
        brand: Some("온기".to_owned()),
        ..product(id, title, price)
    };
    let shop = build(vec![
        branded("a", "도자기 머그컵", 20_000),
        branded("b", "소이 향초", 20_100),
        branded("c", "손뜨개 목도리", 20_200),
        product("d", "면 양말 세트", 20_300),
        product("e", "접이식 우산", 20_400),
    ]);
    let params = Params {
        limit: 4,
        ..Params::default()
    };
    let told: Vec<WhyNot> = ["a", "b", "c"]
        .map(|id| asked(&shop, &friend(), &[], &params, id))
        .into();
    let full: Vec<&WhyNot> = told.iter().filter(|t| t.code == "stand_in").collect();
    assert_eq!(full.len(), 1, "{told:?}");
    assert_eq!(
        full[0].detail,
        "같은 브랜드(온기) 선물이 이미 2개 있어서 더 담지 않았어요."
    );
}

/// In every situation, for products in and around the list, there is an answer that agrees with the list.
#[test]
fn there_is_always_an_answer_that_agrees_with_the_list() {
    let mut codes: HashSet<&str> = HashSet::new();
    for number in 0..1_000 {
        let (profile, keywords, mut params) = situation(number);
        params.lang = if number % 2 == 0 { Lang::Ko } else { Lang::En };
        let list = ENGINE.rank(&REAL, &profile, &keywords, &params);
        let shown = list.items.iter().map(|i| i.doc).take(1);
        let any = (0..6).map(|i| ((number * 6 + i) * 7_919 % REAL.len() as u64) as u32);
        for doc in shown.chain(any).collect::<Vec<_>>() {
            let told = ENGINE.why_not(&REAL, &profile, &keywords, &params, doc);
            let listed = list.items.iter().any(|i| i.doc == doc);
            let title = REAL.title(doc);
            assert!(WHY_NOT_CODES.contains(&told.code), "{told:?}");
            assert_eq!(told.code == "shown", listed, "{number} {title}: {told:?}");
            assert!(
                !told.detail.is_empty()
                    && !told.detail.contains(['{', '}'])
                    && !told.detail.contains("()")
                    && !told.detail.contains("‘’"),
                "{number} {title}: {told:?}"
            );
            let price = REAL.product(doc).expect("a product").price;
            let over = profile
                .budget
                .and_then(|b| b.max)
                .is_some_and(|m| price > m);
            assert!(told.code != "over_budget" || over, "{number} {title}");
            codes.insert(told.code);
        }
    }
    let missing: Vec<_> = WHY_NOT_CODES
        .iter()
        .filter(|c| !codes.contains(*c))
        .collect();
    assert!(missing.len() <= 3, "never given: {missing:?}");
}

#[test]
fn what_suits_nobody_like_that_is_told_by_kind_and_person() {
    let profile = Profile {
        relation: Some(Relation::Boss),
        age_band: Some(AgeBand::Fifties),
        gender: Some(Gender::Male),
        ..Profile::default()
    };
    let mut unsuitable = (0..REAL.len() as u32).filter_map(|doc| {
        let told = ENGINE.why_not(&REAL, &profile, &[], &Params::default(), doc);
        (told.code == "unsuitable").then_some(told.detail)
    });
    let detail = unsuitable.next().expect("something never given to a boss");
    assert!(
        detail.ends_with("50대 상사 선물로는 어울리지 않아 뺐어요."),
        "{detail}"
    );
}
