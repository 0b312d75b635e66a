//! Search measured against judged queries, beside plain BM25 over all texts of a product: nDCG@10 and recall@50.
//! `SEONMUL_RELEVANCE_SET=folder` measures a set of another catalogue as well: `docs.jsonl` (`id`, `title` and, where known, `brand`,
//! `category`, `tags`, `description`), `queries.jsonl` (`id`, `text` and, where known, `lang`, `kind`), `qrels.tsv` (query, document, grade).

use crate::support::{ENGINE, SAMPLE, build, product, sample_products};
use frostem::{Algorithm, Stemmer};
use seonmul_engine::catalogue::{Catalogue, Product};
use seonmul_engine::eval::ndcg;
use seonmul_engine::search::SearchQuery;
use seonmul_engine::text::{is_hangul, tokens};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{
    Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value as _,
};
use tantivy::{Index, IndexReader, TantivyDocument, Term};
use unicode_normalization::UnicodeNormalization;

const PLACES: usize = 10;
const DEPTH: usize = 50;

/// A query with the grades of the products that answer it.
struct Judged {
    text: String,
    lang: String,
    kind: String,
    grades: HashMap<String, f64>,
}

/// The yardstick: one field with every text, English words stemmed (Porter2), Hangul as bigrams, tantivy's BM25 as it comes.
struct Bm25 {
    reader: IndexReader,
    text: Field,
    id: Field,
}

/// Words of a text for the yardstick, parted by spaces.
fn plain_terms(text: &str) -> Vec<String> {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let mut terms = Vec::new();
    for token in tokens(&words.join(" ")) {
        let chars: Vec<char> = token.chars().collect();
        if !is_hangul(chars[0]) {
            terms.push(Stemmer::new(Algorithm::English).stem(token).into_owned());
        } else if chars.len() == 1 {
            terms.push(token.to_owned());
        } else {
            terms.extend(chars.windows(2).map(String::from_iter));
        }
    }
    terms
}

impl Bm25 {
    fn of(products: &[Product]) -> Self {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("whitespace")
            .set_index_option(IndexRecordOption::WithFreqs);
        let text = schema.add_text_field(
            "text",
            TextOptions::default().set_indexing_options(indexing),
        );
        let id = schema.add_text_field("id", STORED);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index
            .writer_with_num_threads(1, 50_000_000)
            .expect("a writer");
        for product in products {
            let mut all = vec![product.title.as_str()];
            all.extend(product.brand.as_deref());
            all.extend(product.category.iter().map(String::as_str));
            all.extend(product.tags.iter().map(String::as_str));
            all.push(&product.description);
            let mut document = TantivyDocument::new();
            document.add_text(text, plain_terms(&all.join(" | ")).join(" "));
            document.add_text(id, &product.product_id);
            writer.add_document(document).expect("a document");
        }
        writer.commit().expect("a commit");
        Self {
            reader: index.reader().expect("a reader"),
            text,
            id,
        }
    }

    fn search(&self, query: &str) -> Vec<String> {
        let words: Vec<(Occur, Box<dyn Query>)> = plain_terms(query)
            .into_iter()
            .map(|w| {
                let term = Term::from_field_text(self.text, &w);
                let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                (Occur::Should, Box::new(query) as _)
            })
            .collect();
        let searcher = self.reader.searcher();
        let top = searcher
            .search(
                &BooleanQuery::new(words),
                &TopDocs::with_limit(DEPTH).order_by_score(),
            )
            .expect("a search");
        let id = |document: TantivyDocument| {
            let id = document.get_first(self.id).and_then(|v| v.as_str());
            id.expect("an id").to_owned()
        };
        top.into_iter()
            .map(|(_, at)| id(searcher.doc(at).expect("a document")))
            .collect()
    }
}

fn ours(catalogue: &Catalogue, query: &str) -> Vec<String> {
    let query = SearchQuery {
        query,
        limit: DEPTH,
        ..SearchQuery::default()
    };
    let page = ENGINE.search(catalogue, &query);
    page.hits
        .iter()
        .map(|h| catalogue.product_id(h.0).to_owned())
        .collect()
}

fn ndcg_of(judged: &Judged, found: &[String]) -> f64 {
    let gain = |id: &String| judged.grades.get(id).copied().unwrap_or_default();
    let gains: Vec<f64> = found.iter().map(gain).collect();
    ndcg(&gains, judged.grades.values().copied().collect(), PLACES)
}

fn recall_of(judged: &Judged, found: &[String]) -> f64 {
    let right: HashSet<&String> = judged
        .grades
        .iter()
        .filter(|g| *g.1 > 0.0)
        .map(|g| g.0)
        .collect();
    found.iter().filter(|id| right.contains(id)).count() as f64 / right.len().clamp(1, DEPTH) as f64
}

/// Sums of a group of queries: number, our nDCG and recall, theirs.
#[derive(Default)]
struct Sums([f64; 5]);

impl Sums {
    fn ndcg(&self) -> (f64, f64) {
        (self.0[1] / self.0[0], self.0[3] / self.0[0])
    }
}

/// Measures both, prints both by group, and gives the sums by group. Half "a" is for tuning, half "b" for looking.
fn measure(
    name: &str,
    products: &[Product],
    catalogue: &Catalogue,
    queries: &[Judged],
) -> BTreeMap<String, Sums> {
    let yardstick = Bm25::of(products);
    let mut groups: BTreeMap<String, Sums> = BTreeMap::new();
    for judged in queries {
        let (we, they) = (
            ours(catalogue, &judged.text),
            yardstick.search(&judged.text),
        );
        let values = [
            1.0,
            ndcg_of(judged, &we),
            recall_of(judged, &we),
            ndcg_of(judged, &they),
            recall_of(judged, &they),
        ];
        let half = judged
            .text
            .bytes()
            .fold(0u32, |h, b| h.wrapping_mul(31).wrapping_add(b.into()))
            >> 4
            & 1;
        let half = if half == 0 { "half a" } else { "half b" };
        let lang = format!("lang {}", judged.lang);
        let kind = format!("kind {}", judged.kind);
        for group in ["all", half, &lang, &kind] {
            let sums = groups.entry(group.to_owned()).or_default();
            sums.0.iter_mut().zip(values).for_each(|(s, v)| *s += v);
        }
        println!("{:5.3} {:5.3}  {}", values[1], values[3], judged.text);
    }
    println!("{name}: {} products", products.len());
    println!("{:24} queries  nDCG@10 ours BM25   recall@50 ours BM25", "");
    for (group, Sums([n, ndcg, recall, ndcg_bm25, recall_bm25])) in &groups {
        println!(
            "{group:24} {n:7}  {:12.3} {:4.3}  {:14.3} {:4.3}",
            ndcg / n,
            ndcg_bm25 / n,
            recall / n,
            recall_bm25 / n
        );
    }
    groups
}

#[derive(Deserialize)]
struct QueryRow {
    text: String,
    lang: String,
    kind: String,
    exact: Vec<String>,
    partial: Vec<String>,
}

fn sample_queries() -> Vec<Judged> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/benchmark/queries.toml");
    let text = std::fs::read_to_string(path).expect("the judged queries");
    let mut file: HashMap<String, Vec<QueryRow>> = toml::from_str(&text).expect("TOML");
    let rows = file.remove("query").expect("queries");
    rows.into_iter()
        .map(|row| Judged {
            text: row.text,
            lang: row.lang,
            kind: row.kind,
            grades: (row.partial.into_iter().map(|id| (id, 1.0)))
                .chain(row.exact.into_iter().map(|id| (id, 3.0)))
                .collect(),
        })
        .collect()
}

#[test]
fn search_beats_plain_bm25_on_the_judged_queries() {
    let queries = sample_queries();
    for id in queries.iter().flat_map(|q| q.grades.keys()) {
        assert!(SAMPLE.doc_of(id).is_some(), "no product {id}");
    }
    let groups = measure("sample", &sample_products(), &SAMPLE, &queries);
    for group in ["all", "lang ko", "lang en"] {
        let (we, they) = groups[group].ndcg();
        assert!(we > they, "{group}: {we:.3} against {they:.3}");
    }
}

fn rows(path: PathBuf) -> Vec<Value> {
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no configuration but its environment"
)]
fn search_beats_plain_bm25_on_a_set_that_is_named() {
    let Ok(folder) = std::env::var("SEONMUL_RELEVANCE_SET") else {
        return;
    };
    let folder = Path::new(&folder);
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let products: Vec<Product> = rows(folder.join("docs.jsonl"))
        .iter()
        .map(|row| Product {
            brand: row["brand"].as_str().map(str::to_owned),
            category: word(row, "category")
                .split(['>', '/'])
                .map(|l| l.trim().to_owned())
                .filter(|l| !l.is_empty())
                .collect(),
            tags: word(row, "tags")
                .split(',')
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty())
                .collect(),
            description: word(row, "description"),
            ..product(&word(row, "id"), &word(row, "title"), 1_000)
        })
        .collect();
    let mut grades: HashMap<String, HashMap<String, f64>> = HashMap::new();
    let judgements = std::fs::read_to_string(folder.join("qrels.tsv")).expect("the judgements");
    for line in judgements.lines() {
        let [query, document, grade] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {line}");
        };
        let grade = grade.parse().expect("a grade");
        let known = grades.entry(query.to_owned()).or_default();
        known.insert(document.to_owned(), grade);
    }
    let queries: Vec<Judged> = rows(folder.join("queries.jsonl"))
        .iter()
        .map(|row| Judged {
            text: word(row, "text"),
            lang: word(row, "lang"),
            kind: word(row, "kind"),
            grades: grades.remove(&word(row, "id")).unwrap_or_default(),
        })
        .filter(|q| q.grades.values().any(|&g| g > 0.0))
        .collect();
    let catalogue = build(products.clone());
    let groups = measure("named set", &products, &catalogue, &queries);
    let (we, they) = groups["all"].ndcg();
    assert!(we > they, "{we:.3} against {they:.3}");
}
