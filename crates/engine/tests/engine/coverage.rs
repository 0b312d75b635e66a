//! What the lexicon says of a shop that it knows in part.

use crate::support::{ENGINE, SAMPLE, build, product};

#[test]
fn what_no_concept_covers_is_counted_with_the_words_that_would_teach_it() {
    let catalogue = build(vec![
        product("lamp", "터치식 무드등", 20_000),
        product("odd-1", "뿌릉뿌릉 쿠아쿠아 2개", 10_000),
        product("odd-2", "뿌릉뿌릉 50ml", 30_000),
        product("odd-3", "뿌릉뿌릉 뿌릉뿌릉 남성", 40_000),
    ]);
    let coverage = ENGINE.coverage(&catalogue);
    assert_eq!((coverage.products, coverage.uncovered), (4, 3));
    assert_eq!(coverage.uncovered_share, 0.75);
    let examples: Vec<&str> = coverage
        .examples
        .iter()
        .map(|e| e.product_id.as_str())
        .collect();
    assert_eq!(examples, ["odd-1", "odd-2", "odd-3"]);
    let words: Vec<(&str, usize)> = coverage
        .words
        .iter()
        .map(|w| (w.word.as_str(), w.products))
        .collect();
    // Once per title; sizes and words for people teach nothing.
    assert_eq!(words[0], ("뿌릉뿌릉", 3));
    assert!(words.contains(&("쿠아쿠아", 1)));
    assert!(
        !words
            .iter()
            .any(|w| ["ml", "남성", "50", "2"].contains(&w.0)),
        "{words:?}"
    );
    assert_eq!(coverage.words[0].example, "뿌릉뿌릉 쿠아쿠아 2개");
    let largest = &coverage.largest_concepts;
    assert!(
        largest
            .iter()
            .any(|c| c.concept_id == "mood_lamp" && c.products == 1)
    );
    assert_eq!(
        coverage.empty_concepts.len() + largest.len(),
        ENGINE.lexicon().concepts().len()
    );
}

#[test]
fn the_sample_shop_is_covered() {
    let coverage = ENGINE.coverage(&SAMPLE);
    assert!(coverage.uncovered_share <= 0.05, "{:#?}", coverage.examples);
    assert_eq!(coverage.examples.len(), coverage.uncovered.min(20));
    let largest: Vec<usize> = coverage
        .largest_concepts
        .iter()
        .map(|c| c.products)
        .collect();
    assert!(largest.len() == 20 && largest.is_sorted_by(|a, b| a >= b));
}

#[test]
fn an_empty_shop_has_nothing_to_cover() {
    let coverage = ENGINE.coverage(&build(Vec::new()));
    assert_eq!((coverage.uncovered, coverage.uncovered_share), (0, 0.0));
    assert!(coverage.largest_concepts.is_empty());
}
