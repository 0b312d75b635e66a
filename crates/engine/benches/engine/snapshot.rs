//! Building a snapshot, opening it and verifying it.

use crate::corpus;
use criterion::Criterion;
use seonmul_engine::Engine;
use std::sync::Arc;
use std::time::Instant;

pub(crate) fn bench(criterion: &mut Criterion) {
    let engine = Arc::new(Engine::embedded().unwrap_or_else(|e| panic!("{e}")));
    let folder = tempfile::tempdir().expect("a folder");
    for products in corpus::sizes() {
        let path = folder.path().join(format!("{products}.snap"));
        let start = Instant::now();
        let info = corpus::build(&engine, products, &path);
        println!(
            "build/{products}: {:?}, {} MB",
            start.elapsed(),
            info.bytes / 1_000_000
        );
        criterion.bench_function(&format!("open/{products}"), |b| {
            b.iter(|| corpus::open(&engine, &path))
        });
        let catalogue = corpus::open(&engine, &path);
        criterion.bench_function(&format!("verify/{products}"), |b| {
            b.iter(|| catalogue.verify().expect("whole"))
        });
    }
    criterion.bench_function("engine/embedded", |b| {
        b.iter(|| Engine::embedded().expect("the data files are sound"))
    });
}
