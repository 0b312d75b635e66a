//! Fits the weights of the score to the tuning half of the judged situations.

use super::benchmark::{Benchmark, Grade, Situation, Split};
use super::measures::ndcg;
use super::systems::{PLACES, Systems};
use crate::Engine;
use crate::catalogue::Catalogue;
use serde::Serialize;

/// Factors tried for each weight, in turns.
const STEPS: [f32; 4] = [0.6, 0.8, 1.25, 1.7];
/// No weight moves further than this factor from where it began: the judgements fit weights, they do not abolish signals.
const REACH: f32 = 3.0;
/// Judgements of single gifts say nothing of the list as a whole: lists must stay this varied and serve this share of the keywords,
/// and what they lack of it is taken off so many times.
const VARIED: f64 = 0.87;
const SERVED: f64 = 0.93;
const LACKING: f64 = 3.0;
/// A change must gain at least this much NDCG to be taken, so that noise is not fitted.
const WORTH_TAKING: f64 = 0.0005;

/// What the fitting gave.
#[derive(Debug, Clone, Serialize)]
pub struct Tuned {
    /// Mean NDCG@8 of the tuning half before, less what its lists lack in variety and keywords served.
    pub before: f64,
    /// The same after.
    pub after: f64,
    /// Name and value of every weight after, in the order of the file.
    pub weights: Vec<(String, f32)>,
}

/// Fits by coordinate ascent: each weight in turn is scaled by every step and the best kept, until a whole round changes nothing or the
/// rounds are used up. `progress` is told about each weight tried.
pub fn tune(
    engine: &mut Engine,
    catalogue: &Catalogue,
    benchmark: &Benchmark,
    rounds: usize,
    progress: &dyn Fn(&str, f64),
) -> Tuned {
    let shown = benchmark.show(catalogue);
    let judged: Vec<Judged<'_>> = benchmark
        .situations(Some(Split::Tuning))
        .map(|situation| {
            let affordable = super::bm25::affordable(catalogue, situation.profile.budget);
            let grades: Vec<Grade> = shown.iter().map(|s| situation.grade(s)).collect();
            let ideal = (0..)
                .zip(&grades)
                .filter(|(d, _)| affordable(*d))
                .map(|(_, g)| g.gain())
                .collect();
            Judged {
                situation,
                grades,
                ideal,
            }
        })
        .collect();
    let began: Vec<f32> = engine.weights.all().iter().map(|w| *w.1).collect();
    let before = quality(engine, catalogue, &judged);
    let mut best = before;
    for _ in 0..rounds {
        let at_start = best;
        for (at, began) in began.iter().copied().enumerate() {
            let name = engine.weights.all()[at].0;
            let kept = *engine.weights.all()[at].1;
            let mut chosen = kept;
            for step in STEPS {
                let value = kept * step;
                if !(began / REACH..=began * REACH).contains(&value) {
                    continue;
                }
                *engine.weights.all()[at].1 = value;
                let found = quality(engine, catalogue, &judged);
                if found > best + WORTH_TAKING {
                    (best, chosen) = (found, value);
                }
            }
            *engine.weights.all()[at].1 = chosen;
            progress(name, best);
        }
        if best <= at_start {
            break;
        }
    }
    let weights = engine.weights.all();
    let weights = weights.into_iter().map(|(n, v)| (n.to_owned(), *v));
    let weights = weights.collect();
    Tuned {
        before,
        after: best,
        weights,
    }
}

struct Judged<'a> {
    situation: &'a Situation,
    grades: Vec<Grade>,
    ideal: Vec<f64>,
}

/// Mean NDCG@8, less what the lists lack in variety and keywords served.
fn quality(engine: &Engine, catalogue: &Catalogue, judged: &[Judged<'_>]) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = judged.len().div_ceil(threads).max(1);
    let one = |j: &Judged<'_>| {
        let (keywords, ranking) = Systems::rank(engine, catalogue, j.situation);
        let gains: Vec<f64> = ranking
            .items
            .iter()
            .map(|i| j.grades[i.doc as usize].gain())
            .collect();
        let docs: Vec<_> = ranking.items.iter().map(|i| i.doc).collect();
        let served = engine.keywords_served(catalogue, &keywords, &docs);
        [
            ndcg(&gains, j.ideal.clone(), PLACES),
            super::diversity(catalogue, &docs),
            super::share(&served, |s| *s),
        ]
    };
    let add = |a: [f64; 3], b: [f64; 3]| std::array::from_fn(|i| a[i] + b[i]);
    let sums: [f64; 3] = std::thread::scope(|scope| {
        let workers: Vec<_> = judged
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(one).fold([0.0; 3], add)))
            .collect();
        workers
            .into_iter()
            .map(|w| {
                w.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .fold([0.0; 3], add)
    });
    let [ndcg, varied, served] = sums.map(|s| s / judged.len().max(1) as f64);
    ndcg - LACKING * ((VARIED - varied).max(0.0) + (SERVED - served).max(0.0))
}
