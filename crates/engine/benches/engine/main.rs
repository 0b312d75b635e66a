//! Speed of the engine on synthetic products. `SEONMUL_BENCH_PRODUCTS=10000,100000` chooses the sizes.

mod corpus;
mod rank;
mod search;
mod snapshot;

use criterion::{Criterion, criterion_group, criterion_main};

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = snapshot::bench, rank::bench, search::bench
}
criterion_main!(benches);
