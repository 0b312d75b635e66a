//! How well every concept suits a profile; computed once for a request, read for each product.

use crate::Engine;
use crate::interview::read_text;
use crate::lexicon::{Concept, ConceptIndex, TasteIndex};
use crate::profile::{Audience, Category, Gender, Occasion, Profile, Relation};

/// At or below this fit to a known relation, age or gender a concept is out of the question.
const NEVER: f32 = 0.05;
/// How much a concept that goes with a liked one is liked.
const COMPANION: f32 = 0.5;
/// How much a whole department is liked when it is leaned to.
const DEPARTMENT: f32 = 0.5;

/// Tastes that say that there is an animal to give to.
const PET_TASTES: [&str; 2] = ["cats", "dogs"];

/// Suitability by concept, each 0 to 1.
#[derive(Debug)]
pub(crate) struct Fits {
    /// To the person: relation, age, gender.
    pub person: Vec<f32>,
    /// To the occasion.
    pub occasion: Vec<f32>,
    /// To what the person likes.
    pub taste: Vec<f32>,
    /// Whether it may be given at all: not refused, not out of the question.
    pub allowed: Vec<bool>,
    /// Whether the guest refused it.
    pub refused: Vec<bool>,
    /// Whether the person keeps an animal.
    pub likes_pets: bool,
    /// The tastes that say so, one bit each.
    pub pet_tastes: u128,
}

/// What the profile says that the recipient likes.
struct Likes {
    tastes: Vec<(TasteIndex, f32)>,
    concepts: Vec<ConceptIndex>,
}

impl Fits {
    pub(crate) fn of(engine: &Engine, profile: &Profile) -> Self {
        let concepts = engine.lexicon().concepts();
        let likes = Likes::of(profile);
        let pets = PET_TASTES
            .iter()
            .filter_map(|id| engine.lexicon().taste_by_id(id));
        let pet_tastes = pets.fold(0u128, |bits, taste| bits | 1 << taste);
        let refused = Refused::of(engine, &profile.avoid);
        let mut fits = Self {
            person: Vec::with_capacity(concepts.len()),
            occasion: Vec::with_capacity(concepts.len()),
            taste: Vec::with_capacity(concepts.len()),
            allowed: Vec::with_capacity(concepts.len()),
            refused: Vec::with_capacity(concepts.len()),
            likes_pets: likes
                .tastes
                .iter()
                .any(|&(taste, strength)| strength >= 0.7 && pet_tastes >> taste & 1 == 1),
            pet_tastes,
        };
        for (index, concept) in (0u16..).zip(concepts) {
            let (person, worst) = person_fit(concept, profile);
            fits.person.push(person);
            fits.occasion.push(occasion_fit(concept, profile));
            fits.taste.push(likes.fit(index, concept, profile));
            let refused = refused.covers(index, concept);
            fits.refused.push(refused);
            fits.allowed.push(worst > NEVER && !refused);
        }
        fits
    }
}

/// Fit to the known ones of relation, age and gender (their mean, pulled towards the worst of them), and that worst one.
/// With nothing known, what suits everybody suits best.
fn person_fit(concept: &Concept, profile: &Profile) -> (f32, f32) {
    let relation = profile.relation.map(|r| concept.relation[r.index()]);
    // What is given for a baby is judged by the occasion, whoever of the family is named.
    let for_baby = matches!(concept.audience, Audience::Baby | Audience::Child)
        && matches!(
            profile.occasion,
            Some(Occasion::Birth | Occasion::FirstBirthday)
        )
        && !matches!(profile.relation, Some(Relation::Lover | Relation::Spouse));
    if for_baby {
        return (0.85, 1.0);
    }
    let age = profile.age_band.map(|a| concept.age[a.index()]);
    let gender = match profile.gender {
        Some(g @ (Gender::Female | Gender::Male)) => Some(concept.gender[g.index()]),
        Some(Gender::Any) | None => None,
    };
    let known = [relation, age, gender].into_iter().flatten();
    let (count, sum, worst) = known.fold((0.0f32, 0.0, 1.0f32), |(n, sum, worst), fit| {
        (n + 1.0, sum + fit, worst.min(fit))
    });
    if count == 0.0 {
        let usual = concept.relation.iter().sum::<f32>() / Relation::COUNT as f32;
        return (usual * (1.0 - 0.5 * concept.taste_risk), 1.0);
    }
    let formal = profile.relation.map_or(0.0, |r| {
        formality_wanted(r) * (concept.formality - 0.3).min(0.0).abs()
    });
    (
        (0.5 * (sum / count) + 0.5 * worst - 0.3 * formal).max(0.0),
        worst,
    )
}

/// How much a relation asks for formality, 0 to 1 (`domain.md`: nothing jokey or intimate to boss, client, parent-in-law).
fn formality_wanted(relation: Relation) -> f32 {
    match relation {
        Relation::Boss
        | Relation::Client
        | Relation::ParentInLaw
        | Relation::Teacher
        | Relation::PublicOfficial => 1.0,
        Relation::Parent | Relation::Grandparent | Relation::Relative => 0.4,
        _ => 0.0,
    }
}

fn occasion_fit(concept: &Concept, profile: &Profile) -> f32 {
    match profile.occasion {
        Some(occasion) => concept.occasion[occasion.index()],
        // Without an occasion, what is given on many of them.
        None => concept.occasion.iter().sum::<f32>() / concept.occasion.len() as f32,
    }
}

impl Likes {
    fn of(profile: &Profile) -> Self {
        let leanings = &profile.leanings;
        // Answers that agree add up: one minus the chance that every one of them is beside the point.
        let mut tastes: Vec<(TasteIndex, f32)> = Vec::with_capacity(leanings.tastes.len());
        for &(taste, strength, _) in &leanings.tastes {
            match tastes.iter_mut().find(|t| t.0 == taste) {
                Some(known) => known.1 = 1.0 - (1.0 - known.1) * (1.0 - strength),
                None => tastes.push((taste, strength)),
            }
        }
        Self {
            tastes,
            concepts: leanings.named.iter().map(|n| n.0).collect(),
        }
    }

    fn fit(&self, index: ConceptIndex, concept: &Concept, profile: &Profile) -> f32 {
        let taste = self
            .tastes
            .iter()
            .filter(|(t, _)| concept.tastes >> t & 1 == 1)
            .map(|t| t.1)
            .fold(0.0, f32::max);
        let named = self.concepts.iter().map(|&c| {
            if c == index || concept.parent == Some(c) {
                1.0
            } else if concept.goes_with.contains(&c) {
                COMPANION
            } else {
                0.0
            }
        });
        let leaned = profile
            .leanings
            .categories
            .iter()
            .filter(|(c, ..)| *c == concept.category)
            .map(|c| c.1 * DEPARTMENT);
        named.chain(leaned).fold(taste, f32::max)
    }
}

/// What the profile says that it must not be.
#[derive(Default)]
struct Refused {
    tastes: u128,
    concepts: Vec<ConceptIndex>,
    /// Departments, one bit each.
    departments: u32,
}

/// The words of a profile that refuse a concept, if any do.
pub(super) fn refusing_word<'p>(
    engine: &Engine,
    profile: &'p Profile,
    concept: ConceptIndex,
) -> Option<&'p str> {
    let kind = engine.lexicon().concept(concept);
    let mut words = profile.avoid.iter();
    let refuses =
        |word: &&String| Refused::of(engine, std::slice::from_ref(*word)).covers(concept, kind);
    words.find(refuses).map(String::as_str)
}

impl Refused {
    fn of(engine: &Engine, avoid: &[String]) -> Self {
        let mut refused = Self::default();
        for text in avoid {
            let reading = read_text(engine.lexicon(), text);
            if reading.concepts.is_empty() {
                reading.tastes.iter().for_each(|t| refused.tastes |= 1 << t);
                if reading.tastes.is_empty() {
                    refused.departments |= reading.departments();
                }
            }
            refused.concepts.extend(reading.concepts);
            refused.concepts.extend(
                reading
                    .avoid
                    .iter()
                    .flat_map(|a| read_text(engine.lexicon(), a).concepts),
            );
        }
        refused
    }

    fn covers(&self, index: ConceptIndex, concept: &Concept) -> bool {
        // What only happens to please people with a refused taste is refused where it is to eat or drink.
        let main = concept.main_taste.map_or(0, |t| 1u128 << t);
        let tastes = if concept.category == Category::Food {
            concept.tastes
        } else {
            main
        };
        tastes & self.tastes != 0
            || concept.category.bit() & self.departments != 0
            || self
                .concepts
                .iter()
                .any(|&c| c == index || concept.parent == Some(c))
    }
}
