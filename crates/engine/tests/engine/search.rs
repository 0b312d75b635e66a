//! Product search.

use crate::support::{ENGINE, REAL, SAMPLE, build, product};
use proptest::prelude::*;
use seonmul_engine::catalogue::{Catalogue, Product};
use seonmul_engine::search::SearchQuery;

fn find(catalogue: &Catalogue, query: &str) -> Vec<String> {
    let page = ENGINE.search(
        catalogue,
        &SearchQuery {
            query,
            limit: 10,
            ..SearchQuery::default()
        },
    );
    page.hits
        .iter()
        .map(|h| catalogue.title(h.0).to_owned())
        .collect()
}

#[test]
fn spacing_and_synonyms_do_not_matter() {
    let shop = build(vec![
        product("a", "무선 이어폰 노이즈캔슬링", 50_000),
        product("b", "원목 무드등", 30_000),
        product("c", "도톰한 양말", 5_000),
        product("d", "scented candle gift", 20_000),
    ]);
    assert_eq!(find(&shop, "무선이어폰")[0], "무선 이어폰 노이즈캔슬링");
    assert_eq!(find(&shop, "분위기 조명"), ["원목 무드등"]);
    assert_eq!(find(&shop, "Candles"), ["scented candle gift"]);
    assert!(find(&shop, "자동차 타이어").is_empty());
    assert!(find(&shop, "!!!").is_empty());
}

#[test]
fn a_slip_of_the_pen_finds_what_was_meant() {
    let shop = build(vec![
        product("a", "도자기 텀블러", 20_000),
        product("b", "stainless humidifier for desks", 30_000),
        product("c", "벽걸이 시계", 40_000),
    ]);
    assert_eq!(find(&shop, "텀블라"), ["도자기 텀블러"]);
    assert_eq!(find(&shop, "humidifer"), ["stainless humidifier for desks"]);
    let words: Vec<_> = shop.words().collect();
    assert!(words.contains(&("텀블러", 1)) && words.contains(&("stainless", 1)));
    assert!(words.is_sorted());
}

#[test]
fn english_words_meet_their_other_forms_and_spellings() {
    let shop = build(vec![
        product("a", "Foldable Laptop Stand", 20_000),
        product("b", "Cotton T-Shirt for Women", 30_000),
        product("c", "Wireless Headphones", 40_000),
        product("d", "Wall Shelf 24\"", 50_000),
        product("e", "AA Battery, 8 Pack", 6_000),
        product("f", "Crème Brûlée Torch", 7_000),
    ]);
    for (query, title) in [
        ("folding laptop stands", "Foldable Laptop Stand"),
        ("tshirts", "Cotton T-Shirt for Women"),
        ("women's t shirt", "Cotton T-Shirt for Women"),
        ("head phones", "Wireless Headphones"),
        ("24 inch shelves", "Wall Shelf 24\""),
        ("batteries", "AA Battery, 8 Pack"),
        ("creme brulee", "Crème Brûlée Torch"),
    ] {
        let found = find(&shop, query);
        assert_eq!(found.first().map(String::as_str), Some(title), "{query}");
    }
}

#[test]
fn the_thing_itself_comes_before_what_only_speaks_of_it() {
    let aside = |id: &str, title: &str, description: &str| Product {
        description: description.to_owned(),
        ..product(id, title, 10_000)
    };
    let shop = build(vec![
        aside("a", "Ceramic Mug", "Stands well beside a table lamp."),
        aside("b", "Bulb for Table Lamp", "A warm light."),
        aside(
            "c",
            "Oak Table with Drawer, Lamp Hook",
            "Room for a lamp on the table.",
        ),
        aside("d", "Brass Table Lamp", "A warm light."),
        aside("e", "손뜨개 담요", "캠핑에도 잘 어울립니다."),
    ]);
    let found = find(&shop, "table lamp");
    assert_eq!((found[0].as_str(), found.len()), ("Brass Table Lamp", 4));
    assert_eq!(found[3], "Ceramic Mug");
    assert_eq!(find(&shop, "캠핑"), ["손뜨개 담요"]);
}

#[test]
fn english_and_brand_names_find_products_by_what_they_are() {
    let shop = build(vec![
        product("a", "원목 무드등", 30_000),
        product("b", "도톰한 양말", 5_000),
    ]);
    assert_eq!(find(&shop, "mood lamps"), ["원목 무드등"]);
    let shop = build(vec![
        product("a", "무선 이어폰", 10_000),
        product("b", "에어팟 프로", 300_000),
    ]);
    assert_eq!(find(&shop, "에어팟"), ["에어팟 프로", "무선 이어폰"]);
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    let mut seen = Vec::new();
    let mut offset = 0;
    loop {
        let page = ENGINE.search(
            &REAL,
            &SearchQuery {
                query: "패딩",
                limit: 20,
                offset,
                max_price: Some(200_000),
                ..SearchQuery::default()
            },
        );
        assert!(page.hits.windows(2).all(|w| w[0].1 >= w[1].1));
        seen.extend(page.hits.iter().map(|h| h.0));
        offset += 20;
        if !page.more {
            break;
        }
    }
    assert!(seen.len() > 40);
    assert!(
        seen.iter()
            .all(|&d| REAL.product(d).expect("a product").price <= 200_000)
    );
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn a_category_is_a_word_of_the_contract_or_a_path() {
    let search = |category| {
        let page = ENGINE.search(
            &SAMPLE,
            &SearchQuery {
                category: Some(category),
                limit: 30,
                ..SearchQuery::default()
            },
        );
        page.hits
            .iter()
            .map(|h| SAMPLE.product(h.0).expect("a product").category)
            .collect::<Vec<_>>()
    };
    assert!(search("food").iter().filter(|c| c[0] == "식품").count() >= 20);
    assert!(!search("식품").is_empty() && search("식품").iter().all(|c| c[0] == "식품"));
    assert!(search("없는 분류").is_empty());
}

proptest! {
    #[test]
    fn any_query_is_answered(query in "\\PC{0,80}", offset in 0usize..2000) {
        let page = ENGINE.search(&SAMPLE, &SearchQuery { query: &query, limit: 5, offset, ..SearchQuery::default() });
        prop_assert!(page.hits.len() <= 5);
    }
}
