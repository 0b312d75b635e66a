//! Simulated recipients: people with hidden tastes whose giver answers the follow-up questions, sometimes wrongly. Measures how many
//! questions an order of asking needs until the eight gifts hold one that serves a hidden taste.

use super::benchmark::Situation;
use super::random::Random;
use super::systems::PLACES;
use crate::Engine;
use crate::Lang;
use crate::catalogue::Catalogue;
use crate::interview::{Answer, Answered, MAX_FOLLOW_UPS, Question};
use crate::lexicon::TasteIndex;
use crate::profile::{Budget, Profile};
use crate::rank::{Fits, Params};
use serde::Serialize;

/// Hidden tastes of a recipient.
const TASTES: usize = 2;
/// A gift serves a taste when its surest concept has it and is recognised at least this surely.
const SURE: f32 = 0.6;
/// How strongly an option must speak for a hidden taste for the giver to choose it for that.
const SPEAKS: f32 = 0.3;

/// How the next follow-up question is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// By expected information gain, stopping when it is not worth a tap.
    Adaptive,
    /// In the order of the question file.
    FixedOrder,
    /// At random.
    RandomOrder,
}

impl Policy {
    /// Every way, ours first.
    pub const ALL: [Self; 3] = [Self::Adaptive, Self::FixedOrder, Self::RandomOrder];

    /// Name in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adaptive => "adaptive",
            Self::FixedOrder => "fixed order",
            Self::RandomOrder => "random order",
        }
    }
}

/// What one way of asking reached.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    /// The way.
    pub policy: Policy,
    /// Share of answers given at random.
    pub noise: f64,
    /// Follow-up questions allowed.
    pub allowed: usize,
    /// Follow-up questions asked on average, skipped ones included.
    pub questions: f64,
    /// Share of recipients with at least one gift that serves a hidden taste among the eight.
    pub success: f64,
    /// Mean share of the eight that serve one.
    pub served: f64,
}

/// A person with hidden tastes.
pub(super) struct Recipient {
    profile: Profile,
    tastes: u128,
    seed: u64,
}

/// The people: recipients of judged situations with tastes that somebody of that age and relation may have and that the shop can serve
/// within the budget.
pub(super) fn recipients(
    engine: &Engine,
    catalogue: &Catalogue,
    situations: &[&Situation],
    count: usize,
) -> Vec<Recipient> {
    let concepts = engine.lexicon().concepts();
    let mut random = Random::new(count as u64);
    let mut people = Vec::with_capacity(count);
    let mut tries = 0;
    while people.len() < count && tries < count * 20 && !situations.is_empty() {
        tries += 1;
        let situation = situations[tries % situations.len()];
        let profile = Profile {
            tastes: Vec::new(),
            avoid: Vec::new(),
            ..situation.profile.clone()
        };
        let fits = Fits::of(engine, &profile);
        let budget = profile.budget.unwrap_or(Budget::ANY);
        let range = catalogue.price_range(budget.min, budget.max);
        let mut possible: Vec<TasteIndex> = Vec::new();
        for taste in 0..engine.lexicon().tastes().len() as TasteIndex {
            let served = (0u16..).zip(concepts).any(|(index, concept)| {
                concept.main_taste == Some(taste)
                    && fits.allowed[usize::from(index)]
                    && fits.person[usize::from(index)] >= 0.3
                    && catalogue.concept(index).within(&range).len() > 0
            });
            if served {
                possible.push(taste);
            }
        }
        if possible.len() < TASTES {
            continue;
        }
        let mut tastes = 0u128;
        while (tastes.count_ones() as usize) < TASTES {
            tastes |= 1 << *random.pick(&possible);
        }
        people.push(Recipient {
            profile,
            tastes,
            seed: random.number(),
        });
    }
    people
}

/// Lets every recipient's giver be asked, and looks at the eight gifts after each of the given numbers of questions.
pub(super) fn ask(
    engine: &Engine,
    catalogue: &Catalogue,
    people: &[Recipient],
    policy: Policy,
    noise: f64,
    looks: &[usize],
) -> Vec<Asked> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = people.len().div_ceil(threads).max(1);
    let one = |person: &Recipient| interview(engine, catalogue, person, policy, noise, looks);
    let outcomes: Vec<Vec<(usize, usize)>> = std::thread::scope(|scope| {
        let workers: Vec<_> = people
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(one).collect::<Vec<_>>()))
            .collect();
        workers
            .into_iter()
            .flat_map(|w| {
                w.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    let n = outcomes.len().max(1) as f64;
    looks
        .iter()
        .enumerate()
        .map(|(at, &allowed)| {
            let mean = |f: &dyn Fn((usize, usize)) -> f64| {
                outcomes.iter().map(|o| f(o[at])).sum::<f64>() / n
            };
            Asked {
                policy,
                noise,
                allowed,
                questions: mean(&|(asked, _)| asked as f64),
                success: mean(&|(_, served)| f64::from(served > 0)),
                served: mean(&|(_, served)| served as f64 / PLACES as f64),
            }
        })
        .collect()
}

/// Questions asked and gifts that serve a hidden taste, at each look.
fn interview(
    engine: &Engine,
    catalogue: &Catalogue,
    person: &Recipient,
    policy: Policy,
    noise: f64,
    looks: &[usize],
) -> Vec<(usize, usize)> {
    let mut random = Random::new(person.seed);
    let mut answers = fixed_answers(engine, &person.profile);
    let fixed = answers.len();
    let mut outcomes = Vec::with_capacity(looks.len());
    let mut stopped = false;
    for &allowed in looks {
        while !stopped && answers.len() - fixed < allowed {
            match next(engine, catalogue, &answers, policy, fixed, person.seed) {
                Some(question) => {
                    let answer = answer(question, person.tastes, noise, &mut random);
                    answers.push(Answered {
                        question_id: question.id.clone(),
                        answer,
                    });
                }
                None => stopped = true,
            }
        }
        outcomes.push((
            answers.len() - fixed,
            served(engine, catalogue, person, &answers),
        ));
    }
    outcomes
}

fn fixed_answers(engine: &Engine, profile: &Profile) -> Vec<Answered> {
    let choice =
        |value: Option<&str>| value.map_or(Answer::Skipped, |v| Answer::Choice(v.to_owned()));
    let answer = |id: &str| match id {
        "relation" => choice(profile.relation.map(|v| v.as_str())),
        "gender" => choice(profile.gender.map(|v| v.as_str())),
        "age_band" => choice(profile.age_band.map(|v| v.as_str())),
        "occasion" => choice(profile.occasion.map(|v| v.as_str())),
        "category" => choice(profile.category.map(|v| v.as_str())),
        "budget" => profile.budget.map_or(Answer::Skipped, Answer::Range),
        _ => Answer::Skipped,
    };
    engine
        .fixed_questions()
        .iter()
        .map(|q| Answered {
            question_id: q.id.clone(),
            answer: answer(&q.id),
        })
        .collect()
}

fn next<'e>(
    engine: &'e Engine,
    catalogue: &Catalogue,
    answers: &[Answered],
    policy: Policy,
    fixed: usize,
    seed: u64,
) -> Option<&'e Question> {
    if policy == Policy::Adaptive {
        if answers.len() - fixed >= MAX_FOLLOW_UPS {
            return None;
        }
        let step = engine.next_question(answers, catalogue);
        return engine.question(&step.question_id?);
    }
    let understanding = engine.understand(answers);
    let open: Vec<&Question> = engine
        .follow_ups(&understanding.profile)
        .filter(|q| !answers.iter().any(|a| a.question_id == q.id))
        .collect();
    match policy {
        Policy::RandomOrder if !open.is_empty() => {
            Some(*Random::new(seed ^ answers.len() as u64).pick(&open))
        }
        _ => open.first().copied(),
    }
}

/// What the giver answers: the option that speaks most for a hidden taste; "I do not know" when none does; anything now and then.
fn answer(question: &Question, tastes: u128, noise: f64, random: &mut Random) -> Answer {
    let slip = random.unit() < noise;
    let any = random.below(question.options.len());
    if slip {
        return Answer::Choice(question.options[any].value.clone());
    }
    let mut best: Option<(f32, &str)> = None;
    for option in &question.options {
        let strength = option.speaks_for(tastes);
        if strength >= SPEAKS && best.is_none_or(|b| strength > b.0) {
            best = Some((strength, &option.value));
        }
    }
    best.map_or(Answer::Skipped, |b| Answer::Choice(b.1.to_owned()))
}

fn served(
    engine: &Engine,
    catalogue: &Catalogue,
    person: &Recipient,
    answers: &[Answered],
) -> usize {
    let profile = engine.understand(answers).profile;
    let keywords = engine.keywords(answers, catalogue, Lang::Ko);
    let params = Params {
        limit: PLACES,
        seed: person.seed,
        ..Params::default()
    };
    let ranking = engine.rank(catalogue, &profile, &keywords, &params);
    let serves = |doc: crate::catalogue::DocId| {
        let document = &catalogue.documents()[doc as usize];
        catalogue
            .concepts_of(document)
            .next()
            .is_some_and(|(c, sure)| {
                let taste = engine.lexicon().concept(c).main_taste;
                sure >= SURE && taste.is_some_and(|t| person.tastes >> t & 1 == 1)
            })
    };
    ranking.items.iter().filter(|i| serves(i.doc)).count()
}
