//! Keywords: the engine's own from the answers, and the cleaning and grounding of anyone's against lexicon and catalogue.

mod suggested;

pub use suggested::{Composed, OWN_WORDS, Servable, Suggestion};

use crate::catalogue::Catalogue;
use crate::interview::{
    Answered, Belief, Understanding, fill_context, lean_to_vague, read_misspelt,
};
use crate::lexicon::{Concept, ConceptIndex, Manner, Meaning, TasteIndex};
use crate::profile::{Gender, Profile};
use crate::text::{Squeezed, normalise, query_terms};
use crate::{Engine, Lang};
use serde::{Deserialize, Serialize};

/// Keywords that stand for the answers of an interview.
pub const KEYWORDS: usize = 5;
/// Longest keyword, in characters.
pub const MAX_KEYWORD_CHARS: usize = 100;

/// A longer keyword is read as a sentence.
const KEYWORD_WORDS: usize = 5;

/// Who spoke a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeywordSource {
    /// The guest's own words, or those of the guest's client.
    Guest,
    /// A language model.
    Llm,
    /// The engine, from the answers.
    Builtin,
    /// The engine, with nothing to go by.
    Fallback,
}

/// A concrete thing to look for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Keyword {
    /// The thing, as shown.
    pub text: String,
    /// Importance, above 0 and at most 1.
    pub weight: f32,
    /// Who spoke it.
    pub source: KeywordSource,
    /// The concept it names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub concept_id: Option<String>,
    /// Questions whose answers caused it.
    pub because: Vec<String>,
}

/// Why a keyword was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// It names a person, an age, a gender or an occasion; the profile has it now.
    Context,
    /// It names no thing ("감성"); its leaning is kept.
    Vague,
    /// It says what the gift must not be; the profile has it now.
    Refusal,
    /// It says the same as another.
    Duplicate,
    /// It has no letter or digit.
    Empty,
    /// The shop has nothing of it within the budget.
    Unsold,
    /// Law, custom, the recipient or the guest's own words rule it out.
    Forbidden,
    /// It names nothing that is known or sold.
    Ungrounded,
    /// There are enough already.
    TooMany,
}

impl Dropped {
    /// The stable word for reports and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Vague => "vague",
            Self::Refusal => "refusal",
            Self::Duplicate => "duplicate",
            Self::Empty => "empty",
            Self::Unsold => "unsold",
            Self::Forbidden => "forbidden",
            Self::Ungrounded => "ungrounded",
            Self::TooMany => "too_many",
        }
    }
}

/// Keywords after cleaning.
#[derive(Debug, Clone, Default)]
pub struct Grounded {
    /// What remains.
    pub keywords: Vec<Keyword>,
    /// What was taken out, and why.
    pub dropped: Vec<(String, Dropped)>,
}

impl Engine {
    /// Cleans keywords that somebody else extracted. Words for a person or a situation fill the profile's empty fields, vague
    /// words lend it their leaning, repeats go, and what is left is tied to a concept where it names one.
    pub fn ground(
        &self,
        spoken: &[(String, Option<f32>)],
        profile: &mut Profile,
        source: KeywordSource,
    ) -> Grounded {
        let mut grounded = Grounded::default();
        let mut seen: Vec<String> = Vec::with_capacity(spoken.len());
        for (text, weight) in spoken {
            let normal = normalise(text).replace(' ', "");
            let manner = if text.split_whitespace().nth(KEYWORD_WORDS).is_some() {
                Manner::Sentence
            } else {
                Manner::Keyword
            };
            let reading = read_misspelt(self.lexicon(), text, manner);
            // Korean names the thing last, and so does English but for what follows a preposition.
            let concept = self
                .lexicon()
                .compound(&normalise(text))
                .or_else(|| reading.things().first().copied());
            let mut drop = |why| grounded.dropped.push((text.clone(), why));
            if normal.is_empty() {
                drop(Dropped::Empty);
            } else if seen.contains(&normal) {
                drop(Dropped::Duplicate);
            } else if !reading.avoid.is_empty() && concept.is_none() && reading.tastes.is_empty() {
                profile.avoid.extend(reading.avoid);
                drop(Dropped::Refusal);
            } else if concept.is_none()
                && reading.tastes.is_empty()
                && !reading.context.is_empty()
                && !names_category_only(&reading.context)
            {
                reading
                    .context
                    .iter()
                    .for_each(|&m| fill_context(profile, m));
                drop(Dropped::Context);
            } else if concept.is_none()
                && reading.tastes.is_empty()
                && reading.context.is_empty()
                && !reading.vague.is_empty()
            {
                lean_to_vague(
                    self.lexicon(),
                    &mut profile.leanings,
                    &reading.vague,
                    "keywords",
                );
                drop(Dropped::Vague);
            } else {
                let shown = concept.and_then(|_| self.without_context(text, profile));
                grounded.keywords.push(Keyword {
                    text: shown.unwrap_or_else(|| text.trim().to_owned()),
                    weight: weight.unwrap_or(1.0).clamp(0.01, 1.0),
                    source,
                    concept_id: concept.map(|c| self.lexicon().concept(c).id.clone()),
                    because: vec!["keywords".to_owned()],
                });
            }
            seen.push(normal);
        }
        grounded
    }

    /// A keyword without the words around its thing that only name a person, an age or a price ("60대 부모님 건강식품 5만원" is
    /// "건강식품"); the profile's empty fields take them over. None where there are no such words.
    fn without_context(&self, text: &str, profile: &mut Profile) -> Option<String> {
        let about_person = |m: &Meaning| {
            matches!(
                m,
                Meaning::Relation(_) | Meaning::Age(_) | Meaning::Budget(_)
            )
        };
        let either = |m: &Meaning| matches!(m, Meaning::Gender(g) if *g == Gender::Any);
        let mut kept: Vec<&str> = Vec::new();
        let mut words = 0;
        for word in text.split_whitespace() {
            words += 1;
            let normal = normalise(word);
            let squeezed = Squeezed::new(&normal);
            let found = self.lexicon().find_in(&squeezed);
            // A word for two ("커플") tells of the thing as much as of the person.
            let person = matches!(found.as_slice(), [whole]
                if whole.range == (0..squeezed.as_str().len())
                    && whole.meanings.iter().any(about_person)
                    && !whole.meanings.iter().any(either)
                    && whole.concepts().next().is_none());
            if person {
                let meanings = found.iter().flat_map(|f| f.meanings.iter());
                meanings.for_each(|&m| fill_context(profile, m));
            } else if !is_price(&normal) {
                kept.push(word);
            }
        }
        (kept.len() < words && !kept.is_empty()).then(|| kept.join(" "))
    }

    /// The engine's own keywords: five concrete, distinct things, most likely first, each with the answers that caused it.
    pub fn keywords(
        &self,
        answers: &[Answered],
        catalogue: &Catalogue,
        lang: Lang,
    ) -> Vec<Keyword> {
        self.keywords_of(&self.understand(answers), catalogue, lang)
    }

    /// The engine's own keywords for a profile that was given directly.
    pub fn keywords_for_profile(
        &self,
        profile: &Profile,
        catalogue: &Catalogue,
        lang: Lang,
    ) -> Vec<Keyword> {
        let informed = *profile
            != Profile {
                budget: profile.budget,
                ..Profile::default()
            };
        self.keywords_of(
            &Understanding {
                profile: self.read_profile(profile),
                informed,
                ..Understanding::default()
            },
            catalogue,
            lang,
        )
    }

    fn keywords_of(
        &self,
        understanding: &Understanding,
        catalogue: &Catalogue,
        lang: Lang,
    ) -> Vec<Keyword> {
        let belief = Belief::of(self, understanding, catalogue);
        let probabilities = belief.concepts();
        let mut chosen: Vec<ConceptIndex> = Vec::with_capacity(KEYWORDS);
        let mut left: Vec<(ConceptIndex, f32)> = (0u16..)
            .zip(probabilities.iter().copied())
            .filter(|&(_, p)| p > 0.0)
            .collect();
        let mut lifts = belief.lifts().to_vec();
        while chosen.len() < KEYWORDS {
            let Some((at, _)) = left
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.1.total_cmp(&b.1.1).then(b.0.cmp(&a.0)))
            else {
                break;
            };
            let (concept, _) = left.swap_remove(at);
            chosen.push(concept);
            left.sort_unstable_by_key(|l| l.0);
            let taken = self.lexicon().concept(concept);
            // A taste that has its gift asks for another one less.
            let before = lifts.clone();
            for (taste, lift) in lifts.iter_mut().enumerate() {
                if taken.main_taste == Some(taste as TasteIndex) {
                    *lift *= self.weights.served;
                } else if taken.tastes >> taste & 1 == 1 {
                    *lift *= self.weights.served_by_the_way;
                }
            }
            for (other, p) in &mut left {
                let kind = self.lexicon().concept(*other);
                let wanted = belief.wanted(kind, &before);
                if wanted > 0.0 {
                    *p *= belief.wanted(kind, &lifts) / wanted;
                }
                *p *= 1.0 - self.alike(concept, taken, *other, kind);
            }
        }
        let best = chosen
            .iter()
            .map(|&c| probabilities[usize::from(c)])
            .fold(0.0, f32::max);
        // Words that no list knows count only where the shop has products with them, each once.
        let mut literal: Vec<&(String, String)> = Vec::new();
        for word in &understanding.profile.leanings.literal {
            let held = |t| catalogue.term(t).len() > 0;
            let sold = query_terms(&word.0).into_iter().all(held);
            if sold
                && word.0.chars().count() <= MAX_KEYWORD_CHARS
                && literal.iter().all(|l| l.0 != word.0)
            {
                literal.push(word);
            }
        }
        let mut keywords: Vec<Keyword> = literal
            .into_iter()
            .map(|(text, because)| Keyword {
                text: text.clone(),
                weight: 1.0,
                source: KeywordSource::Guest,
                concept_id: None,
                because: vec![because.clone()],
            })
            .collect();
        keywords.extend(chosen.iter().map(|&c| {
            let relative = (probabilities[usize::from(c)] / best).sqrt();
            let lightest = self.weights.lightest_keyword;
            self.keyword(
                c,
                lightest + (1.0 - lightest) * relative,
                understanding,
                lang,
            )
        }));
        keywords.truncate(KEYWORDS);
        keywords
    }

    fn keyword(
        &self,
        index: ConceptIndex,
        weight: f32,
        understanding: &Understanding,
        lang: Lang,
    ) -> Keyword {
        let concept = self.lexicon().concept(index);
        let leanings = &understanding.profile.leanings;
        let named = leanings.named.iter().any(|n| n.0 == index);
        let source = match (named, understanding.informed) {
            (true, _) => KeywordSource::Guest,
            (false, true) => KeywordSource::Builtin,
            (false, false) => KeywordSource::Fallback,
        };
        Keyword {
            text: concept.name(lang).to_owned(),
            weight,
            source,
            concept_id: Some(concept.id.clone()),
            because: self.causes(index, concept, understanding),
        }
    }

    /// How much two concepts would repeat each other among five, 0 to 1.
    fn alike(&self, a: ConceptIndex, first: &Concept, b: ConceptIndex, second: &Concept) -> f32 {
        const KIN: f32 = 0.9;
        let kin = first.parent == Some(b)
            || second.parent == Some(a)
            || (first.parent.is_some() && first.parent == second.parent);
        if kin {
            return KIN;
        }
        let same = first.category == second.category;
        let department = if same {
            self.weights.same_department
        } else {
            0.0
        };
        let tastes = (first.tastes & second.tastes).count_ones() as f32
            / (first.tastes | second.tastes).count_ones().max(1) as f32;
        1.0 - (1.0 - department) * (1.0 - self.weights.shared_tastes * tastes)
    }

    /// The answers that speak for a concept more than for the usual one, strongest first, three at the most.
    fn causes(
        &self,
        index: ConceptIndex,
        concept: &Concept,
        understanding: &Understanding,
    ) -> Vec<String> {
        const SPEAKS: f32 = 0.55;
        let profile = &understanding.profile;
        let mut causes: Vec<(f32, String)> = Vec::new();
        let mut add = |strength: f32, id: &str| {
            if strength >= SPEAKS && !causes.iter().any(|c| c.1 == id) {
                causes.push((strength, id.to_owned()));
            }
        };
        profile
            .leanings
            .named
            .iter()
            .filter(|n| n.0 == index)
            .for_each(|n| add(3.0, &n.1));
        for (taste, strength, because) in &profile.leanings.tastes {
            if concept.tastes >> taste & 1 == 1 {
                add(1.0 + strength, because);
            }
        }
        if profile.category == Some(concept.category) {
            add(1.5, "category");
        }
        for (category, strength, because) in &profile.leanings.categories {
            if *category == concept.category {
                add(0.6 + 0.3 * strength, because);
            }
        }
        profile
            .occasion
            .iter()
            .for_each(|o| add(concept.occasion[o.index()], "occasion"));
        profile
            .relation
            .iter()
            .for_each(|r| add(concept.relation[r.index()], "relation"));
        profile
            .age_band
            .iter()
            .for_each(|a| add(concept.age[a.index()], "age_band"));
        profile
            .gender
            .iter()
            .for_each(|g| add(concept.gender[g.index()], "gender"));
        if causes.is_empty() && profile.budget.is_some() {
            causes.push((1.0, "budget".to_owned()));
        }
        causes.sort_by(|a, b| b.0.total_cmp(&a.0));
        causes.into_iter().take(3).map(|c| c.1).collect()
    }
}

/// Whether a normalised word is a sum of money ("5만원", "3만원대").
fn is_price(word: &str) -> bool {
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < word.len()
        && matches!(
            unit,
            "만원" | "천원" | "원" | "만원대" | "만원이하" | "만원미만"
        )
}

fn names_category_only(context: &[Meaning]) -> bool {
    context.iter().all(|m| matches!(m, Meaning::Category(_)))
}
