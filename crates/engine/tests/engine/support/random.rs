//! Random but repeatable situations.

use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_engine::profile::{AgeBand, Budget, Category, Gender, Occasion, Profile, Relation};
use seonmul_engine::rank::Params;

/// SplitMix64, so that a failing situation can be named by its number.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn maybe<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (self.below(4) > 0).then(|| self.pick(from))
    }
}

const WORDS: &[&str] = &[
    "낚시",
    "게임",
    "헤드셋",
    "고급 화장품 세트",
    "무드등",
    "분위기 조명",
    "커피",
    "텀블러",
    "향수",
    "운동화",
    "남성 지갑",
    "여성 가방",
    "감성",
    "힐링",
    "케이크",
    "한우",
    "와인",
    "위스키",
    "아기 옷",
    "강아지 간식",
    "아이폰 케이스",
    "아이섀도",
    "골프공",
    "캠핑 의자",
    "책",
    "꽃",
    "양말",
    "mug",
    "wireless earbuds",
    "candles",
    "패딩",
    "니트",
    "백팩",
    "키링",
    "홍삼",
    "쿠키",
    "zzzz",
    "ㅋㅋㅋ",
    "🎁",
    "케 이 크",
];

/// A situation of a guest: profile, keywords, parameters.
pub fn situation(number: u64) -> (Profile, Vec<Keyword>, Params) {
    let random = &mut Random(number);
    let prices = [
        0u32, 1_000, 5_000, 10_000, 30_000, 50_000, 100_000, 300_000, 500_000, 2_000_000,
    ];
    let budget = (random.below(5) > 0).then(|| {
        let (a, b) = (random.pick(&prices), random.pick(&prices));
        Budget {
            min: a.min(b),
            max: (random.below(6) > 0).then(|| a.max(b)),
        }
    });
    let words = |random: &mut Random, most: usize| -> Vec<String> {
        (0..random.below(most + 1))
            .map(|_| random.pick(WORDS).to_owned())
            .collect()
    };
    let profile = Profile {
        relation: random.maybe(Relation::ALL),
        gender: random.maybe(Gender::ALL),
        age_band: random.maybe(AgeBand::ALL),
        occasion: random.maybe(Occasion::ALL),
        category: if random.below(3) == 0 {
            random.maybe(Category::ALL)
        } else {
            None
        },
        budget,
        tastes: words(random, 2),
        avoid: words(random, 1),
        duty_relation: [None, Some(true), Some(false)][random.below(8).min(2)],
        ..Profile::default()
    };
    let keywords = words(random, 6)
        .into_iter()
        .map(|text| Keyword {
            text,
            weight: (1 + random.below(100)) as f32 / 100.0,
            source: KeywordSource::Guest,
            concept_id: None,
            because: Vec::new(),
        })
        .collect();
    let params = Params {
        limit: 1 + random.below(12),
        style: random.below(201) as f32 / 100.0 - 1.0,
        seed: random.next(),
        ..Params::default()
    };
    (profile, keywords, params)
}
