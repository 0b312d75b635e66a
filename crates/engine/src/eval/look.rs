//! One judged situation, looked at closely: what was said, what the engine made of it, and how its list is judged.

use super::benchmark::{Benchmark, Grade, Situation};
use super::bm25::affordable;
use super::measures::ndcg;
use super::systems::{PLACES, Systems};
use crate::Engine;
use crate::catalogue::Catalogue;
use crate::keyword::Keyword;
use crate::rank::Ranking;

/// A situation with the engine's answer to it.
#[derive(Debug)]
pub struct Look<'b> {
    /// The situation.
    pub situation: &'b Situation,
    /// The engine's keywords.
    pub keywords: Vec<Keyword>,
    /// The eight.
    pub ranking: Ranking,
    /// How each of them is judged.
    pub grades: Vec<Grade>,
    /// NDCG@8 of the list.
    pub ndcg: f64,
    /// Affordable products by grade, from [`Grade::Never`] to [`Grade::FitsWell`].
    pub affordable: [usize; 4],
}

/// Looks at the situation of an id, of either half; nothing when there is none.
pub fn look<'b>(
    engine: &Engine,
    catalogue: &Catalogue,
    benchmark: &'b Benchmark,
    id: &str,
) -> Option<Look<'b>> {
    let situation = benchmark.situations(None).find(|s| s.id == id)?;
    let judged: Vec<Grade> = benchmark
        .show(catalogue)
        .iter()
        .map(|s| situation.grade(s))
        .collect();
    let within = affordable(catalogue, situation.profile.budget);
    let reach: Vec<Grade> = (0..)
        .zip(&judged)
        .filter(|(d, _)| within(*d))
        .map(|(_, g)| *g)
        .collect();
    let (keywords, ranking) = Systems::rank(engine, catalogue, situation);
    let grades: Vec<Grade> = ranking
        .items
        .iter()
        .map(|i| judged[i.doc as usize])
        .collect();
    let gains = |grades: &[Grade]| grades.iter().map(|g| g.gain()).collect::<Vec<_>>();
    Some(Look {
        situation,
        keywords,
        ndcg: ndcg(&gains(&grades), gains(&reach), PLACES),
        affordable: Grade::ALL.map(|grade| reach.iter().filter(|g| **g == grade).count()),
        ranking,
        grades,
    })
}
