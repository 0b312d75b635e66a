//! Judges lists that are made from somebody else's keywords.

use super::benchmark::{Benchmark, Grade, Shown, Situation};
use super::bm25::affordable;
use super::measures::ndcg;
use super::share;
use super::systems::PLACES;
use crate::Engine;
use crate::catalogue::Catalogue;
use crate::keyword::Keyword;
use crate::rank::Params;
use xxhash_rust::xxh3::xxh3_64;

/// How good one list is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// NDCG@8.
    pub ndcg: f64,
    /// Whether a gift that fits well is among the eight, or rightly nothing.
    pub success: bool,
    /// Share of the eight that must never appear.
    pub never: f64,
}

/// The judgements of a benchmark over a catalogue.
pub struct Judges<'a> {
    engine: &'a Engine,
    catalogue: &'a Catalogue,
    shown: Vec<Shown>,
}

impl<'a> Judges<'a> {
    /// Looks at every product once.
    pub fn new(engine: &'a Engine, catalogue: &'a Catalogue, benchmark: &Benchmark) -> Self {
        Self {
            engine,
            catalogue,
            shown: benchmark.show(catalogue),
        }
    }

    /// How good the engine's list for a situation is when it goes by these keywords.
    pub fn judge(&self, situation: &Situation, keywords: &[Keyword]) -> Judged {
        let grades: Vec<Grade> = self.shown.iter().map(|s| situation.grade(s)).collect();
        let within = affordable(self.catalogue, situation.profile.budget);
        let ideal: Vec<f64> = (0..)
            .zip(&grades)
            .filter(|(d, _)| within(*d))
            .map(|(_, g)| g.gain())
            .collect();
        let params = Params {
            limit: PLACES,
            seed: xxh3_64(situation.id.as_bytes()),
            lang: situation.lang,
            ..Params::default()
        };
        let ranking = self
            .engine
            .rank(self.catalogue, &situation.profile, keywords, &params);
        let list: Vec<Grade> = ranking
            .items
            .iter()
            .map(|i| grades[i.doc as usize])
            .collect();
        let gains: Vec<f64> = list.iter().map(|g| g.gain()).collect();
        Judged {
            ndcg: ndcg(&gains, ideal, PLACES),
            success: list.contains(&Grade::FitsWell)
                || (situation.nothing_is_right() && list.is_empty()),
            never: share(&list, |g| *g == Grade::Never),
        }
    }
}
