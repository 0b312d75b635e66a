//! Product search on synthetic products with descriptions: queries of one to three words, some misspelt, some in English, one thread.

use crate::corpus;
use criterion::Criterion;
use seonmul_engine::Engine;
use seonmul_engine::search::SearchQuery;
use std::hint::black_box;
use std::sync::Arc;

const QUERIES: u64 = 1_000;
const PAGE: usize = 20;

pub(crate) fn bench(_: &mut Criterion) {
    let engine = Arc::new(Engine::embedded().unwrap_or_else(|e| panic!("{e}")));
    let folder = tempfile::tempdir().expect("a folder");
    let queries: Vec<String> = (0..QUERIES).map(|n| corpus::query(&engine, n)).collect();
    for products in corpus::sizes() {
        let path = folder.path().join(format!("{products}.snap"));
        corpus::build(&engine, products, &path);
        let catalogue = corpus::open(&engine, &path);
        let search = |query: &str| {
            let query = SearchQuery {
                query,
                limit: PAGE,
                ..SearchQuery::default()
            };
            engine.search(&catalogue, &query)
        };
        let first = std::time::Instant::now();
        search("무드등");
        println!("first search/{products}: {:?}", first.elapsed());
        corpus::percentiles(&format!("search/{products}"), QUERIES, |n| {
            _ = black_box(search(&queries[n as usize]));
        });
        let found = queries.iter().filter(|q| !search(q).hits.is_empty());
        println!(
            "search/{products}: {} of {QUERIES} find something",
            found.count()
        );
    }
}
