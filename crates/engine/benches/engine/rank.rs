//! `rank()` with five keywords and a full profile, one thread, beside tantivy on the same products and words.

use crate::corpus;
use criterion::Criterion;
use seonmul_engine::Engine;
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::keyword::Keyword;
use seonmul_engine::profile::Profile;
use seonmul_engine::rank::Params;
use std::hint::black_box;
use std::sync::Arc;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query, RangeQuery, TermQuery};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::tokenizer::{LowerCaser, NgramTokenizer, TextAnalyzer};
use tantivy::{Index, IndexReader, TantivyDocument, Term};

const GUESTS: u64 = 2_000;
const TOP: usize = 50;

/// The yardstick: titles as character bigrams, five keywords OR, price range, top 50 by BM25.
struct Tantivy {
    reader: IndexReader,
    title: Field,
    price: Field,
    number: Field,
    _folder: tempfile::TempDir,
}

impl Tantivy {
    fn build(engine: &Engine, products: u64) -> Self {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("bigrams")
            .set_index_option(IndexRecordOption::WithFreqs);
        let title = schema.add_text_field(
            "title",
            TextOptions::default().set_indexing_options(indexing),
        );
        let price = schema.add_u64_field("price", FAST | INDEXED);
        let number = schema.add_u64_field("number", STORED);
        let folder = tempfile::tempdir().expect("a folder");
        let index = Index::create_in_dir(folder.path(), schema.build()).expect("an index");
        let bigrams = TextAnalyzer::builder(NgramTokenizer::new(2, 2, false).expect("bigrams"))
            .filter(LowerCaser)
            .build();
        index.tokenizers().register("bigrams", bigrams);
        let mut writer = index
            .writer_with_num_threads(1, 500_000_000)
            .expect("a writer");
        for n in 0..products {
            let product = corpus::product(engine, n);
            let mut document = TantivyDocument::new();
            document.add_text(title, &product.title);
            document.add_u64(price, u64::from(product.price));
            document.add_u64(number, n);
            writer.add_document(document).expect("a document");
        }
        writer.commit().expect("a commit");
        writer.wait_merging_threads().expect("merged");
        let index = Index::open_in_dir(folder.path()).expect("the index");
        Self {
            reader: index.reader().expect("a reader"),
            title,
            price,
            number,
            _folder: folder,
        }
    }

    fn search(&self, profile: &Profile, keywords: &[Keyword]) -> Vec<u64> {
        let budget = profile.budget.expect("a budget");
        let mut words: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for keyword in keywords {
            let chars: Vec<char> = keyword.text.to_lowercase().chars().collect();
            for pair in chars.windows(2).filter(|p| !p.contains(&' ')) {
                let term = Term::from_field_text(self.title, &pair.iter().collect::<String>());
                words.push((
                    Occur::Should,
                    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
                ));
            }
        }
        let bound = |price: u32| Term::from_field_u64(self.price, u64::from(price));
        let range = RangeQuery::new(
            std::ops::Bound::Included(bound(budget.min)),
            std::ops::Bound::Included(bound(budget.max.expect("a limit"))),
        );
        let query = BooleanQuery::new(vec![
            (Occur::Must, Box::new(BooleanQuery::new(words)) as _),
            (Occur::Must, Box::new(range) as _),
        ]);
        let searcher = self.reader.searcher();
        let top = searcher
            .search(&query, &TopDocs::with_limit(TOP).order_by_score())
            .expect("a search");
        let number = |doc: TantivyDocument| {
            doc.get_first(self.number)
                .and_then(|v| v.as_u64())
                .expect("a number")
        };
        top.into_iter()
            .map(|(_, at)| number(searcher.doc(at).expect("a document")))
            .collect()
    }
}

/// Share of the five keywords for which a product that names one stands among the results.
fn keywords_found(keywords: &[Keyword], titles: &[String]) -> f64 {
    let thing = |k: &Keyword| k.text.rsplit(' ').next().unwrap_or_default().to_owned();
    keywords
        .iter()
        .filter(|k| titles.iter().any(|t| t.contains(&thing(k))))
        .count() as f64
        / keywords.len() as f64
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let engine = Arc::new(Engine::embedded().unwrap_or_else(|e| panic!("{e}")));
    let guests: Vec<(Profile, Vec<Keyword>)> =
        (0..GUESTS).map(|g| corpus::guest(&engine, g)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    for products in corpus::sizes() {
        let path = folder.path().join(format!("{products}.snap"));
        corpus::build(&engine, products, &path);
        let catalogue = corpus::open(&engine, &path);
        let yardstick = Tantivy::build(&engine, products);
        let rank = |g: u64| {
            let (profile, keywords) = &guests[g as usize];
            engine.rank(
                &catalogue,
                profile,
                keywords,
                &Params {
                    seed: g,
                    ..Params::default()
                },
            )
        };
        let ours = corpus::percentiles(&format!("rank/{products}"), GUESTS, |g| {
            _ = black_box(rank(g))
        });
        let theirs = corpus::percentiles(&format!("tantivy/{products}"), GUESTS, |g| {
            let (profile, keywords) = &guests[g as usize];
            black_box(yardstick.search(profile, keywords));
        });
        println!(
            "tantivy/rank at {products}: {:.1} times",
            theirs.as_secs_f64() / ours.as_secs_f64()
        );
        recall(&engine, &catalogue, &yardstick, &guests);
        let mut g = 0;
        criterion.bench_function(&format!("rank/{products}"), |b| {
            b.iter(|| {
                g = (g + 1) % GUESTS;
                rank(g)
            });
        });
        criterion.bench_function(&format!("tantivy/{products}"), |b| {
            b.iter(|| {
                g = (g + 1) % GUESTS;
                yardstick.search(&guests[g as usize].0, &guests[g as usize].1)
            });
        });
        criterion.bench_function(&format!("next_keywords/{products}"), |b| {
            b.iter(|| {
                engine.keywords_for_profile(&guests[0].0, &catalogue, seonmul_engine::Lang::Ko)
            });
        });
    }
}

fn recall(
    engine: &Engine,
    catalogue: &Catalogue,
    yardstick: &Tantivy,
    guests: &[(Profile, Vec<Keyword>)],
) {
    let (mut ours, mut theirs) = (0.0, 0.0);
    for (profile, keywords) in &guests[..500] {
        let shown: Vec<String> = engine
            .rank(catalogue, profile, keywords, &Params::default())
            .items
            .iter()
            .map(|i| catalogue.title(i.doc).to_owned())
            .collect();
        let found: Vec<String> = yardstick
            .search(profile, keywords)
            .into_iter()
            .map(|n| corpus::product(engine, n).title)
            .collect();
        ours += keywords_found(keywords, &shown) / 500.0;
        theirs += keywords_found(keywords, &found) / 500.0;
    }
    println!("keywords represented: rank in its 8 {ours:.3}, tantivy in its {TOP} {theirs:.3}");
}
