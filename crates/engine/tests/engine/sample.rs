//! The sample catalogue is complete: every category, every budget of every relation, every product recognised.

use crate::support::{ENGINE, SAMPLE, sample_products};
use seonmul_engine::profile::{Budget, Category, Profile, Relation};
use seonmul_engine::rank::Params;
use seonmul_engine::search::SearchQuery;
use std::collections::{HashMap, HashSet};

const PRESETS: [&str; 7] = [
    "-10000",
    "10000-30000",
    "30000-50000",
    "50000-100000",
    "100000-300000",
    "300000-500000",
    "500000-",
];

#[test]
fn there_is_plenty_and_no_product_stands_twice() {
    let products = sample_products();
    assert!(products.len() >= 1_200, "{}", products.len());
    let ids: HashSet<_> = products.iter().map(|p| &p.product_id).collect();
    let titles: HashSet<_> = products.iter().map(|p| &p.title).collect();
    assert_eq!((ids.len(), titles.len()), (products.len(), products.len()));
    for product in &products {
        assert!(
            product.price >= 1_000 && product.price % 100 == 0,
            "{}",
            product.product_id
        );
        assert!(
            (4..=60).contains(&product.title.chars().count()),
            "{}",
            product.title
        );
        assert!(
            (15..=200).contains(&product.description.chars().count()),
            "{}: {}",
            product.product_id,
            product.description
        );
        assert!(
            (2..=8).contains(&product.tags.len()) && product.tags.iter().all(|t| !t.is_empty()),
            "{}",
            product.product_id
        );
        assert!(
            (1..=3).contains(&product.category.len()),
            "{}",
            product.product_id
        );
    }
}

#[test]
fn every_category_has_twenty_products() {
    for category in Category::ALL.iter().filter(|&&c| c != Category::Any) {
        let page = ENGINE.search(
            &SAMPLE,
            &SearchQuery {
                category: Some(category.as_str()),
                limit: 30,
                ..SearchQuery::default()
            },
        );
        assert!(page.hits.len() >= 20, "{category}: {}", page.hits.len());
    }
}

#[test]
fn every_budget_of_every_relation_is_served() {
    for &relation in Relation::ALL {
        for preset in PRESETS {
            let profile = Profile {
                relation: Some(relation),
                budget: Budget::from_preset(preset),
                ..Profile::default()
            };
            let lawful = !matches!(relation, Relation::Teacher | Relation::PublicOfficial)
                || profile.budget.is_some_and(|b| b.min < 50_000);
            let ranking = ENGINE.rank(
                &SAMPLE,
                &profile,
                &ENGINE.keywords_for_profile(&profile, &SAMPLE, Default::default()),
                &Params::default(),
            );
            assert_eq!(
                ranking.items.len(),
                8,
                "{relation} {preset}: {}",
                ranking.items.len()
            );
            let below = ranking
                .relaxations
                .iter()
                .any(|r| r.constraint == "budget_min");
            assert!(!lawful || !below, "{relation} {preset} needs cheaper gifts");
        }
    }
}

#[test]
fn products_are_recognised_as_the_concept_they_are_written_for() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample");
    let mut missed: HashMap<String, Vec<String>> = HashMap::new();
    let mut total = 0;
    for file in std::fs::read_dir(root).expect("data/sample") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("readable");
        for row in text
            .lines()
            .filter(|l| !l.starts_with('#') && !l.starts_with("id\t"))
        {
            let cells: Vec<&str> = row.split('\t').collect();
            assert_eq!(cells.len(), 8, "{row}");
            let concept = ENGINE
                .lexicon()
                .concept_by_id(cells[7])
                .unwrap_or_else(|| panic!("{}: no concept '{}'", cells[0], cells[7]));
            let key =
                SAMPLE.picture_key(SAMPLE.doc_of(cells[0]).expect("in the catalogue"), &ENGINE);
            let found = ENGINE.lexicon().concept_by_id(&key);
            let kin = |a: u16, b: u16| {
                a == b
                    || ENGINE.lexicon().concept(a).parent == Some(b)
                    || ENGINE.lexicon().concept(b).parent == Some(a)
            };
            total += 1;
            if !found.is_some_and(|f| kin(f, concept)) {
                missed
                    .entry(cells[7].to_owned())
                    .or_default()
                    .push(format!("{} -> {key}", cells[1]));
            }
        }
    }
    let count: usize = missed.values().map(Vec::len).sum();
    assert!(count * 100 <= total * 5, "{count} of {total}: {missed:#?}");
}
