//! Measures the engine: judged situations against baselines, simulated recipients with hidden tastes, random situations for what must never
//! happen. Everything here is repeatable: the same data and catalogue give the same figures.

mod benchmark;
mod bm25;
mod invariants;
mod judges;
mod look;
mod measures;
mod random;
mod recipients;
mod savings;
mod systems;
mod tune;
mod weights;

pub use benchmark::{Benchmark, Grade, Shown, Situation, Split};
pub use invariants::{Witness, situation};
pub use judges::{Judged, Judges};
pub use look::{Look, look};
pub use measures::{Estimate, dcg, ndcg};
pub use random::Random;
pub use recipients::{Asked, Policy};
pub use savings::Saving;
pub use systems::System;
pub use tune::{Tuned, tune};

use crate::Engine;
use crate::catalogue::{Catalogue, DocId};
use crate::rank::likeness_of;
use serde::Serialize;
use systems::{PLACES, Systems};

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which half of the judged situations.
    pub split: Option<Split>,
    /// Simulated recipients; 0 leaves them out.
    pub recipients: usize,
    /// Random situations; 0 leaves them out.
    pub random: u64,
}

/// Everything measured.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of the catalogue measured on.
    pub catalogue_version: String,
    /// Its products.
    pub products: usize,
    /// Judged situations used.
    pub situations: usize,
    /// By system, ours first.
    pub systems: Vec<SystemReport>,
    /// NDCG@8 of ours above that of the best baseline, 0.3 being 30 %.
    pub above_best_baseline: f64,
    /// Judged situations by id.
    pub by_situation: Vec<SituationReport>,
    /// How many questions each way of asking needs.
    pub interviews: Vec<Asked>,
    /// What adaptive asking spares, by noise.
    pub savings: Vec<Saving>,
    /// Random situations tried.
    pub random: u64,
    /// Faults found in them.
    pub faults: Vec<String>,
}

/// One system over all situations.
#[derive(Debug, Clone, Serialize)]
pub struct SystemReport {
    /// Which.
    pub system: System,
    /// Name in a table.
    pub name: &'static str,
    /// Mean NDCG@8 of the judged situations.
    pub ndcg: Estimate,
    /// Share of situations with at least one gift that fits well among the eight.
    pub success: Estimate,
    /// Mean share of the eight that must never appear.
    pub never: Estimate,
    /// Mean share of the engine's keywords that the eight serve.
    pub coverage: Estimate,
    /// Mean unlikeness of two gifts of a list, 0 to 1.
    pub diversity: Estimate,
    /// Share of situations in which ours has the higher NDCG@8; a tie counts half.
    pub beaten: f64,
    /// NDCG@8 of ours minus that of this system, situation by situation.
    pub lead: Estimate,
}

/// One situation.
#[derive(Debug, Clone, Serialize)]
pub struct SituationReport {
    /// Its id.
    pub id: String,
    /// NDCG@8 by system, in the order of [`System::ALL`].
    pub ndcg: Vec<f64>,
    /// Our list.
    pub list: Vec<Listed>,
}

/// A gift of a list.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// How it is judged.
    pub grade: Grade,
    /// Its title.
    pub title: String,
}

/// Follow-up questions after which an order without stopping is looked at.
const LOOKS: [usize; 12] = [0, 1, 2, 3, 4, 6, 8, 10, 14, 20, 30, 45];
/// Shares of answers given at random.
const NOISES: [f64; 4] = [0.0, 0.1, 0.2, 0.3];

/// Measures. `progress` is told the name of each stage with how much of it is done and how much there is.
pub fn evaluate(
    engine: &Engine,
    catalogue: &Catalogue,
    benchmark: &Benchmark,
    options: &Options,
    progress: &(dyn Fn(&str, u64, u64) + Sync),
) -> Report {
    let situations: Vec<&Situation> = benchmark.situations(options.split).collect();
    let shown = benchmark.show(catalogue);
    let systems = Systems::new(engine, catalogue, benchmark);
    let mut by_situation = Vec::with_capacity(situations.len());
    let mut tallies = vec![Tally::default(); System::ALL.len()];
    for (at, situation) in situations.iter().enumerate() {
        progress("situations", at as u64, situations.len() as u64);
        let grades: Vec<Grade> = shown.iter().map(|s| situation.grade(s)).collect();
        let served = served_by(engine, catalogue, &systems, situation);
        let affordable = bm25::affordable(catalogue, situation.profile.budget);
        let ideal: Vec<f64> = (0..)
            .zip(&grades)
            .filter(|(d, _)| affordable(*d))
            .map(|(_, g)| g.gain())
            .collect();
        let mut report = SituationReport {
            id: situation.id.clone(),
            ndcg: Vec::new(),
            list: Vec::new(),
        };
        for (system, tally) in System::ALL.into_iter().zip(&mut tallies) {
            let list = systems.list(system, situation);
            let of = |doc: &DocId| grades[*doc as usize];
            let gains: Vec<f64> = list.iter().map(|d| of(d).gain()).collect();
            let value = ndcg(&gains, ideal.clone(), PLACES);
            report.ndcg.push(value);
            tally.ndcg.push(value);
            tally.success.push(f64::from(
                list.iter().any(|d| of(d) == Grade::FitsWell)
                    || (situation.nothing_is_right() && list.is_empty()),
            ));
            tally.never.push(share(&list, |d| of(d) == Grade::Never));
            tally.coverage.push(served(&list));
            tally.diversity.push(diversity(catalogue, &list));
            if system == System::Seonmul {
                report.list = list
                    .iter()
                    .map(|d| Listed {
                        grade: of(d),
                        title: catalogue.title(*d).to_owned(),
                    })
                    .collect();
            }
        }
        by_situation.push(report);
    }
    let ours = tallies[0].ndcg.clone();
    let systems: Vec<SystemReport> = System::ALL
        .into_iter()
        .zip(tallies)
        .map(|(system, tally)| tally.report(system, &ours))
        .collect();
    let best = systems[1..]
        .iter()
        .map(|s| s.ndcg.mean)
        .fold(f64::MIN_POSITIVE, f64::max);
    let witness = Witness::new(engine, catalogue);
    let tried = std::sync::atomic::AtomicU64::new(0);
    let faults = witness.faults(0..options.random, &|more| {
        let done = tried.fetch_add(more, std::sync::atomic::Ordering::Relaxed) + more;
        progress("random situations", done, options.random);
    });
    let interviews = interviews(engine, catalogue, &situations, options.recipients, progress);
    Report {
        catalogue_version: catalogue.version().to_owned(),
        products: catalogue.len(),
        situations: situations.len(),
        above_best_baseline: systems[0].ndcg.mean / best - 1.0,
        systems,
        by_situation,
        savings: Saving::all(&interviews),
        interviews,
        random: options.random,
        faults,
    }
}

fn interviews(
    engine: &Engine,
    catalogue: &Catalogue,
    situations: &[&Situation],
    count: usize,
    progress: &(dyn Fn(&str, u64, u64) + Sync),
) -> Vec<Asked> {
    if count == 0 {
        return Vec::new();
    }
    let people = recipients::recipients(engine, catalogue, situations, count);
    let mut reports = Vec::new();
    let ways = Policy::ALL;
    for (at, noise) in NOISES.into_iter().enumerate() {
        for (way, policy) in ways.into_iter().enumerate() {
            progress(
                "simulated recipients",
                (at * ways.len() + way) as u64,
                (NOISES.len() * ways.len()) as u64,
            );
            let looks: &[usize] = if policy == Policy::Adaptive {
                &LOOKS[..4]
            } else {
                &LOOKS
            };
            reports.extend(recipients::ask(
                engine, catalogue, &people, policy, noise, looks,
            ));
        }
    }
    reports
}

/// Share of the engine's keywords that a list serves.
fn served_by<'a>(
    engine: &'a Engine,
    catalogue: &'a Catalogue,
    systems: &Systems<'_>,
    situation: &Situation,
) -> impl Fn(&[DocId]) -> f64 + use<'a> {
    let keywords = systems.keywords(situation);
    move |list| {
        let matched = engine.keywords_served(catalogue, &keywords, list);
        share(&matched, |&m| m)
    }
}

fn share<T>(values: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    values.iter().filter(|v| holds(v)).count() as f64 / values.len().max(1) as f64
}

/// Mean unlikeness of the pairs of a list (intra-list diversity, Ziegler et al. 2005), by kind, department, brand and title.
fn diversity(catalogue: &Catalogue, list: &[DocId]) -> f64 {
    let mut sum = 0.0;
    let mut pairs = 0u32;
    for (i, &a) in list.iter().enumerate() {
        for &b in &list[i + 1..] {
            sum += 1.0 - f64::from(likeness_of(catalogue, a, b));
            pairs += 1;
        }
    }
    sum / f64::from(pairs.max(1))
}

#[derive(Debug, Clone, Default)]
struct Tally {
    ndcg: Vec<f64>,
    success: Vec<f64>,
    never: Vec<f64>,
    coverage: Vec<f64>,
    diversity: Vec<f64>,
}

impl Tally {
    fn report(self, system: System, ours: &[f64]) -> SystemReport {
        let leads: Vec<f64> = ours.iter().zip(&self.ndcg).map(|(a, b)| a - b).collect();
        let won = leads.iter().map(|l| {
            if l.abs() < 1e-9 {
                0.5
            } else {
                f64::from(*l > 0.0)
            }
        });
        SystemReport {
            system,
            name: system.name(),
            beaten: won.sum::<f64>() / leads.len().max(1) as f64,
            lead: Estimate::of(&leads),
            ndcg: Estimate::of(&self.ndcg),
            success: Estimate::of(&self.success),
            never: Estimate::of(&self.never),
            coverage: Estimate::of(&self.coverage),
            diversity: Estimate::of(&self.diversity),
        }
    }
}
