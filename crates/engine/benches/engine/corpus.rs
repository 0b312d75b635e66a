//! Synthetic products and guests for the benches: names from the lexicon in the shapes of real shop titles.

use seonmul_engine::Engine;
use seonmul_engine::catalogue::{Catalogue, Product, SnapshotBuilder, SnapshotInfo};
use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_engine::profile::{AgeBand, Budget, Gender, Occasion, Profile, Relation};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ADJECTIVES: &[&str] = &[
    "은은한",
    "도톰한",
    "프리미엄",
    "수제",
    "휴대용",
    "감성",
    "미니",
    "대용량",
    "클래식",
    "빈티지",
    "무선",
    "가벼운",
    "시그니처",
    "모던",
    "따뜻한",
];
const COLOURS: &[&str] = &[
    "블랙",
    "화이트",
    "베이지",
    "네이비",
    "그린",
    "핑크",
    "그레이",
    "브라운",
];

const ENDINGS: &[&str] = &[
    " 대신 쓰기 좋습니다.",
    "를 좋아하는 분께 알맞습니다.",
    "처럼 오래 쓸 수 있게 만들었습니다.",
    "를 찾는 분이 많이 고르는 제품입니다.",
];

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Product `number`: one concept, two adjectives, a colour, sometimes a second concept, a price between 3,000 and 1,000,000 won.
pub(crate) fn product(engine: &Engine, number: u64) -> Product {
    let random = &mut Random(number);
    let concepts = engine.lexicon().concepts();
    let concept = random.pick(concepts);
    let beside = if random.below(4) == 0 {
        random.pick(concepts).ko.as_str()
    } else {
        ""
    };
    let (a, b) = (*random.pick(ADJECTIVES), *random.pick(ADJECTIVES));
    let price = (3_000.0 * (random.below(5_810) as f64 / 1_000.0).exp()) as u32 / 100 * 100;
    Product {
        product_id: format!("p{number}"),
        title: format!(
            "{a} {b} {beside} {} {} {}호",
            concept.ko,
            random.pick(COLOURS),
            1 + random.below(40)
        ),
        title_original: String::new(),
        brand: (random.below(3) > 0).then(|| format!("브랜드{}", random.below(2_000))),
        category: vec![concept.category.as_str().to_owned()],
        price,
        currency: "KRW".to_owned(),
        image_url: None,
        url: Some(format!("https://shop.example/p/{number}")),
        seller: Some(format!("셀러{}", random.below(500))),
        rating: (random.below(2) == 0).then(|| 3.0 + random.below(21) as f32 / 10.0),
        rating_count: Some(random.below(3_000) as u32),
        description: description(engine, random),
        tags: vec![concept.en.clone(), "선물".to_owned()],
        audience: Vec::new(),
        sponsored: false,
        delivery_days: None,
        price_as_of_ms: 0,
    }
}

/// Two to five sentences of a shop about what a product goes with.
fn description(engine: &Engine, random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..2 + random.below(4) {
        let concepts = engine.lexicon().concepts();
        let (a, b) = (random.pick(concepts), random.pick(concepts));
        let (adjective, ending) = (*random.pick(ADJECTIVES), *random.pick(ENDINGS));
        text.push_str(&format!(
            "{adjective} {}와 잘 어울리고 {}{ending} ",
            a.ko, b.ko
        ));
    }
    text
}

/// Query `number`: the name of a concept, Korean or English, with an adjective, a colour or a slip of the pen.
pub(crate) fn query(engine: &Engine, number: u64) -> String {
    let random = &mut Random(number ^ 0x5EA7);
    let concept = random.pick(engine.lexicon().concepts());
    match random.below(6) {
        0 => concept.en.clone(),
        1 => format!("{} {}", random.pick(ADJECTIVES), concept.ko),
        2 => format!(
            "{} {} {}",
            random.pick(COLOURS),
            random.pick(ADJECTIVES),
            concept.ko
        ),
        3 => {
            let mut letters: Vec<char> = concept.ko.chars().collect();
            let at = random.below(letters.len());
            letters[at] = char::from_u32(letters[at] as u32 + 28).unwrap_or(letters[at]);
            letters.into_iter().collect()
        }
        4 => format!("{} {}호", concept.ko, 1 + random.below(40)),
        _ => concept.ko.clone(),
    }
}

/// Builds a snapshot of `products` synthetic products.
pub(crate) fn build(engine: &Arc<Engine>, products: u64, path: &Path) -> SnapshotInfo {
    let mut builder = SnapshotBuilder::new(engine.clone(), "KRW");
    (0..products).for_each(|n| builder.add(product(engine, n)));
    builder.finish(path, 0).expect("the snapshot builds")
}

/// Opens it.
pub(crate) fn open(engine: &Engine, path: &Path) -> Catalogue {
    Catalogue::open(path, engine).expect("the snapshot opens")
}

/// Guest `number`: a full profile and five keywords as a front end posts them, half of them names of concepts, half phrases.
pub(crate) fn guest(engine: &Engine, number: u64) -> (Profile, Vec<Keyword>) {
    let random = &mut Random(number ^ 0xABCD);
    let budgets = [
        (10_000, 30_000),
        (30_000, 50_000),
        (50_000, 100_000),
        (100_000, 300_000),
    ];
    let (min, max) = *random.pick(&budgets);
    let profile = Profile {
        relation: Some(*random.pick(Relation::ALL)),
        gender: Some(*random.pick(&[Gender::Female, Gender::Male])),
        age_band: Some(*random.pick(&AgeBand::ALL[1..])),
        occasion: Some(*random.pick(Occasion::ALL)),
        budget: Some(Budget {
            min,
            max: Some(max),
        }),
        ..Profile::default()
    };
    let keywords = (0..5)
        .map(|i| {
            let concept = random.pick(engine.lexicon().concepts());
            let text = if i % 2 == 0 {
                concept.ko.clone()
            } else {
                format!("{} {}", random.pick(ADJECTIVES), concept.ko)
            };
            Keyword {
                text,
                weight: 1.0 - 0.1 * i as f32,
                source: KeywordSource::Guest,
                concept_id: None,
                because: Vec::new(),
            }
        })
        .collect();
    (profile, keywords)
}

/// Runs `runs` times after a warm-up, prints the percentiles and gives the median.
pub(crate) fn percentiles(name: &str, runs: u64, mut run: impl FnMut(u64)) -> Duration {
    (0..runs.min(200)).for_each(&mut run);
    let mut times: Vec<Duration> = (0..runs)
        .map(|g| {
            let start = Instant::now();
            run(g);
            start.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{name}: p50 {:?}  p99 {:?}  max {:?}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    at(0.5)
}

/// Sizes to measure, from `SEONMUL_BENCH_PRODUCTS` (default 10000,100000,1000000).
#[expect(
    clippy::disallowed_methods,
    reason = "a bench has no configuration but its environment"
)]
pub(crate) fn sizes() -> Vec<u64> {
    let sizes = std::env::var("SEONMUL_BENCH_PRODUCTS");
    let sizes = sizes.unwrap_or_else(|_| "10000,100000,1000000".to_owned());
    sizes
        .split(',')
        .map(|s| s.trim().parse().expect("a number of products"))
        .collect()
}
