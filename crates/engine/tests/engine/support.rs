//! Catalogues for tests: the sample files of the repository, and the real products beside it.

use flate2::read::GzDecoder;
use seonmul_engine::Engine;
use seonmul_engine::catalogue::{Catalogue, Product, SnapshotBuilder};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// The engine, read once.
pub static ENGINE: LazyLock<Arc<Engine>> =
    LazyLock::new(|| Arc::new(Engine::embedded().unwrap_or_else(|e| panic!("{e}"))));
/// The sample catalogue.
pub static SAMPLE: LazyLock<Catalogue> = LazyLock::new(|| build(sample_products()));
/// 9,317 real products (see `../shared/design/README.md`).
pub static REAL: LazyLock<Catalogue> = LazyLock::new(|| build(real_products()));

/// A catalogue of the given products in a file of its own.
pub fn build(products: Vec<Product>) -> Catalogue {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("test.snap");
    let mut builder = SnapshotBuilder::new(ENGINE.clone(), "KRW");
    products.into_iter().for_each(|p| builder.add(p));
    builder.finish(&path, 0).expect("the snapshot builds");
    let catalogue = Catalogue::open(&path, &ENGINE).expect("the snapshot opens");
    catalogue.verify().expect("the snapshot is whole");
    catalogue
}

/// A product with a title and a price, and nothing else.
pub fn product(id: &str, title: &str, price: u32) -> Product {
    Product {
        product_id: id.to_owned(),
        title: title.to_owned(),
        title_original: title.to_owned(),
        brand: None,
        category: Vec::new(),
        price,
        currency: "KRW".to_owned(),
        image_url: None,
        url: None,
        seller: None,
        rating: None,
        rating_count: None,
        description: String::new(),
        tags: Vec::new(),
        audience: Vec::new(),
        sponsored: false,
        delivery_days: None,
        price_as_of_ms: 0,
    }
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The repository's own products.
pub fn sample_products() -> Vec<Product> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join("data/sample"))
        .expect("data/sample")
        .map(|f| f.expect("a file").path())
        .collect();
    files.sort();
    let rows = files.iter().flat_map(|f| {
        let text = std::fs::read_to_string(f).expect("a sample file");
        text.lines()
            .filter(|l| !l.starts_with('#') && !l.starts_with("id\t"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        Product {
            category: cells[2].split('>').map(|c| c.trim().to_owned()).collect(),
            description: cells[4].to_owned(),
            tags: cells[5].split(',').map(|t| t.trim().to_owned()).collect(),
            audience: cells[6].parse().into_iter().collect(),
            ..product(cells[0], cells[1], cells[3].parse().expect("a price"))
        }
    })
    .collect()
}

fn real_products() -> Vec<Product> {
    let path = root().join("../shared/data/catalogue_ko.jsonl.gz");
    let file = std::fs::File::open(&path)
        .unwrap_or_else(|e| panic!("the real catalogue is needed at {}: {e}", path.display()));
    let rows = BufReader::new(GzDecoder::new(file))
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(&l.expect("a line")).expect("JSON"));
    rows.filter_map(|row| {
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        Some(Product {
            brand: text("brand"),
            category: text("category").into_iter().collect(),
            rating: row["rating"].as_f64().map(|r| r as f32),
            rating_count: row["rating_count"].as_u64().map(|n| n as u32),
            image_url: text("image"),
            ..product(
                row["id"].as_str()?,
                row["title"].as_str()?,
                u32::try_from(row["price"].as_u64()?).ok()?,
            )
        })
    })
    .collect()
}
