//! Product search.

use crate::support::{ENGINE, REAL, SAMPLE, build, product};
use proptest::prelude::*;
use seonmul_engine::catalogue::Catalogue;
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
