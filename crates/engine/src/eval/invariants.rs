//! Situations at random, and what no list may ever do in any of them. Judged from the products' own titles and prices, not with the
//! engine's filters.

use super::random::Random;
use crate::Engine;
use crate::catalogue::{Catalogue, DocId};
use crate::data;
use crate::keyword::{Keyword, KeywordSource};
use crate::profile::{AgeBand, Budget, Category, Gender, Occasion, Profile, Relation};
use crate::rank::{Params, Ranking};
use crate::text::normalise;
use std::collections::HashSet;
use std::ops::Range;

/// Things that guests type.
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

fn maybe<T: Copy>(random: &mut Random, from: &[T]) -> Option<T> {
    (random.below(4) > 0).then(|| *random.pick(from))
}

/// The situation of a number, the same for ever: profile, keywords, parameters.
pub fn situation(number: u64) -> (Profile, Vec<Keyword>, Params) {
    let random = &mut Random::new(number);
    let prices = [
        0u32, 1_000, 5_000, 10_000, 30_000, 50_000, 100_000, 300_000, 500_000, 2_000_000,
    ];
    let budget = (random.below(5) > 0).then(|| {
        let (a, b) = (*random.pick(&prices), *random.pick(&prices));
        Budget {
            min: a.min(b),
            max: (random.below(6) > 0).then(|| a.max(b)),
        }
    });
    let words = |random: &mut Random, most: usize| -> Vec<String> {
        (0..random.below(most + 1))
            .map(|_| (*random.pick(WORDS)).to_owned())
            .collect()
    };
    let profile = Profile {
        relation: maybe(random, Relation::ALL),
        gender: maybe(random, Gender::ALL),
        age_band: maybe(random, AgeBand::ALL),
        occasion: maybe(random, Occasion::ALL),
        category: if random.below(3) == 0 {
            maybe(random, Category::ALL)
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
        seed: random.number(),
        ..Params::default()
    };
    (profile, keywords, params)
}

/// What a gift to an official may cost, in won, and what one of agricultural goods may outside the holiday windows (`domain.md`).
const OFFICIAL_MAX: u32 = 50_000;
const AGRICULTURAL_MAX: u32 = 150_000;
/// Below this many products within reach, all of them may rightly be for others or refused.
const A_HANDFUL: usize = 20;

/// What a catalogue's titles say, read once.
pub struct Witness<'a> {
    engine: &'a Engine,
    catalogue: &'a Catalogue,
    titles: Vec<String>,
    prices: Vec<u32>,
    /// Words of the law's exception for agricultural goods, read from its file apart from the rules.
    agricultural: Vec<String>,
}

impl<'a> Witness<'a> {
    /// A witness for a catalogue.
    pub fn new(engine: &'a Engine, catalogue: &'a Catalogue) -> Self {
        let docs = 0..catalogue.len() as DocId;
        Self {
            engine,
            catalogue,
            titles: docs
                .map(|d| normalise(catalogue.title(d)).replace(' ', ""))
                .collect(),
            prices: catalogue.prices().to_vec(),
            agricultural: agricultural_words(),
        }
    }

    /// Ranks for every situation of a range, on all cores, and gives every fault found, named by the situation's number. `done` is told
    /// about every thousand situations.
    pub fn faults(&self, numbers: Range<u64>, done: &(dyn Fn(u64) + Sync)) -> Vec<String> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|t| {
                    let own = (numbers.start + t..numbers.end).step_by(threads as usize);
                    scope.spawn(move || {
                        let mut faults = Vec::new();
                        for (count, number) in (1u64..).zip(own) {
                            faults.extend(
                                self.fault(number)
                                    .map(|f| format!("situation {number}: {f}")),
                            );
                            if count % 1_000 == 0 {
                                done(1_000);
                            }
                        }
                        faults
                    })
                })
                .collect();
            let join = |w: std::thread::ScopedJoinHandle<'_, Vec<String>>| {
                w.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            workers.into_iter().flat_map(join).collect()
        })
    }

    fn fault(&self, number: u64) -> Option<String> {
        let (profile, keywords, mut params) = situation(number);
        let first = self
            .engine
            .rank(self.catalogue, &profile, &keywords, &params);
        if let Some(fault) = self.fault_of(&profile, &params, &first) {
            return Some(fault);
        }
        // Excluding what was shown never brings any of it back.
        let shown = first
            .items
            .iter()
            .map(|i| self.catalogue.product_id(i.doc).to_owned());
        params.exclude_product_ids = shown.collect();
        let second = self
            .engine
            .rank(self.catalogue, &profile, &keywords, &params);
        self.fault_of(&profile, &params, &second)
            .map(|f| format!("after excluding the first list: {f}"))
    }

    fn fault_of(&self, profile: &Profile, params: &Params, ranking: &Ranking) -> Option<String> {
        let official = matches!(
            profile.relation,
            Some(Relation::Teacher | Relation::PublicOfficial)
        );
        if official && profile.duty_relation == Some(true) {
            let right = ranking.items.is_empty() && !ranking.warnings.is_empty();
            return (!right).then(|| "the law forbids every gift".to_owned());
        }
        let lawful = official.then_some(AGRICULTURAL_MAX);
        let max = [profile.budget.unwrap_or(Budget::ANY).max, lawful];
        let max = max.into_iter().flatten().min();
        let loosened = |name: &str| ranking.relaxations.iter().any(|r| r.constraint == name);
        let refused: Vec<String> = profile
            .avoid
            .iter()
            .map(|w| normalise(w).replace(' ', ""))
            .filter(|w| w.chars().count() >= 2)
            .collect();
        let mut seen: HashSet<DocId> = HashSet::new();
        if ranking.items.len() > params.limit {
            return Some("more gifts than were asked for".to_owned());
        }
        for item in &ranking.items {
            let (price, title) = (
                self.prices[item.doc as usize],
                &self.titles[item.doc as usize],
            );
            let sum: f64 = item.terms.iter().map(|t| t.value).sum();
            let below = profile.budget.is_some_and(|b| price < b.min);
            let id = self.catalogue.product_id(item.doc);
            let fault = if max.is_some_and(|max| price > max) {
                "is over what may be spent"
            } else if official
                && price > OFFICIAL_MAX
                && !self.agricultural.iter().any(|w| title.contains(w))
            {
                "is dearer than the law allows"
            } else if below && !loosened("budget_min") {
                "is below the budget and nothing says so"
            } else if (sum - item.score).abs() > 1e-9 {
                "has terms that do not add up to its score"
            } else if item.reason.is_empty() || item.reason.contains(['{', '}']) {
                "has no readable reason"
            } else if !(item.propensity > 0.0 && item.propensity <= 1.0) {
                "has a propensity that is no probability"
            } else if params.exclude_product_ids.iter().any(|e| e == id) {
                "was excluded"
            } else if refused.iter().any(|w| title.contains(w)) {
                "was refused"
            } else if made_for_others(profile, title) {
                "is made for others"
            } else if !seen.insert(item.doc) {
                "stands twice"
            } else {
                continue;
            };
            return Some(format!("{title} ({price}) {fault}"));
        }
        let within = || {
            let affordable = self.prices.iter().zip(&self.titles);
            affordable
                .filter(|(p, t)| {
                    max.is_none_or(|max| **p <= max)
                        && (!official || **p <= OFFICIAL_MAX)
                        && !refused.iter().any(|w| t.contains(w))
                        && !made_for_others(profile, t)
                })
                .count()
        };
        (ranking.items.is_empty() && within() >= A_HANDFUL + params.exclude_product_ids.len())
            .then(|| "an empty list although the budget allows something".to_owned())
    }
}

fn agricultural_words() -> Vec<String> {
    let law: toml::Table = data::LAW.parse().unwrap_or_default();
    let exceptions = law.get("exception").and_then(|e| e.as_array());
    let words = exceptions
        .into_iter()
        .flatten()
        .filter_map(|e| e.get("words")?.as_array())
        .flatten();
    words
        .filter_map(|w| w.as_str())
        .map(|w| normalise(w).replace(' ', ""))
        .collect()
}

/// Whether a title says plainly that it is made for the other sex.
fn made_for_others(profile: &Profile, title: &str) -> bool {
    const MEN: [&str; 2] = ["남성용", "남성"];
    const WOMEN: [&str; 2] = ["여성용", "여성"];
    let says = |words: &[&str]| words.iter().any(|w| title.contains(w));
    match profile.gender {
        Some(Gender::Female) => says(&MEN) && !says(&WOMEN),
        Some(Gender::Male) => says(&WOMEN) && !says(&MEN),
        _ => false,
    }
}
