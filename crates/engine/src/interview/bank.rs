//! The question bank: six fixed questions and the follow-ups, with how each option speaks for or against each concept.

use super::belief::Belief;
use crate::Lang;
use crate::data::{self, DataError, DataFile};
use crate::lexicon::{Concept, Lexicon, TasteIndex};
use crate::profile::{
    AgeBand, Budget, Category, Gender, Occasion, Profile, Relation, UnknownValue,
};
use crate::rules::Ask;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use toml::Spanned;

/// Share of answers taken to be slips, spread over the options.
const ANSWER_NOISE: f32 = 0.1;
/// How likely an option is for a concept that it says nothing about, against 1 for one that it speaks for fully.
const INDIFFERENT: f32 = 0.15;
/// A department is weaker evidence for a concept than a taste.
const CATEGORY_STRENGTH: f32 = 0.7;

/// What an answer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the HTTP contract")]
pub enum QuestionKind {
    Choice,
    Choices,
    Text,
    Range,
}

impl QuestionKind {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Choices => "choices",
            Self::Text => "text",
            Self::Range => "range",
        }
    }
}

/// Who chose the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionSource {
    /// One of the six.
    Fixed,
    /// Chosen by the engine for what its answer tells.
    Adaptive,
}

impl QuestionSource {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Adaptive => "adaptive",
        }
    }
}

/// One option of a question.
#[derive(Debug, Clone)]
pub struct QuestionOption {
    /// Stable value.
    pub value: String,
    /// Korean label.
    pub ko: String,
    /// English label.
    pub en: String,
    pub(crate) tastes: Vec<(TasteIndex, f32)>,
    pub(crate) categories: Vec<(Category, f32)>,
    pub(crate) special: f32,
    pub(crate) risk: f32,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    /// Stable id.
    pub id: String,
    /// What an answer looks like.
    pub kind: QuestionKind,
    /// Who chose it.
    pub source: QuestionSource,
    /// Korean text.
    pub ko: String,
    /// English text.
    pub en: String,
    /// Korean hint, may be empty.
    pub hint_ko: String,
    /// English hint, may be empty.
    pub hint_en: String,
    /// The options, in order.
    pub options: Vec<QuestionOption>,
    relation: Vec<Relation>,
    age: Vec<AgeBand>,
    occasion: Vec<Occasion>,
    category: Vec<Category>,
}

impl Question {
    /// The question of the law as one to be shown; its answer says nothing about tastes.
    fn of_law(ask: &Ask) -> Self {
        let [yes, no] = Ask::OPTIONS;
        let option = |value: &str, ko: &str, en: &str| QuestionOption {
            value: value.to_owned(),
            ko: ko.to_owned(),
            en: en.to_owned(),
            tastes: Vec::new(),
            categories: Vec::new(),
            special: 0.0,
            risk: 0.0,
        };
        Self {
            id: ask.id.clone(),
            kind: QuestionKind::Choice,
            source: QuestionSource::Adaptive,
            ko: ask.ko.clone(),
            en: ask.en.clone(),
            hint_ko: ask.hint_ko.clone(),
            hint_en: ask.hint_en.clone(),
            options: vec![
                option(yes, &ask.yes_ko, &ask.yes_en),
                option(no, &ask.no_ko, &ask.no_en),
            ],
            relation: ask.relations.clone(),
            age: Vec::new(),
            occasion: Vec::new(),
            category: Vec::new(),
        }
    }

    /// Text in a language.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.ko, &self.en)
    }

    /// Hint in a language, may be empty.
    pub fn hint(&self, lang: Lang) -> &str {
        lang.pick(&self.hint_ko, &self.hint_en)
    }

    /// One option by its value.
    pub fn option(&self, value: &str) -> Option<&QuestionOption> {
        self.options.iter().find(|o| o.value == value)
    }

    /// Whether it may be asked about this recipient. A question for some only waits until it is known that they are one.
    pub(super) fn fits(&self, profile: &Profile) -> bool {
        fn among<T: PartialEq>(list: &[T], value: Option<T>) -> bool {
            list.is_empty() || value.is_some_and(|v| list.contains(&v))
        }
        let any_category = matches!(profile.category, None | Some(Category::Any));
        among(&self.relation, profile.relation)
            && among(&self.age, profile.age_band)
            && among(&self.occasion, profile.occasion)
            && (any_category || among(&self.category, profile.category))
    }
}

/// What the answers to a follow-up say about every concept and every taste.
#[derive(Debug)]
struct Likelihood {
    /// `P(option | concept)`, option by option, concepts inside.
    concepts: Vec<Vec<f32>>,
    /// `P(option | taste)`, option by option, tastes inside. They add up to less than 1: the rest says "I do not know".
    tastes: Vec<Vec<f32>>,
    /// Sum of `P log2 P` over the options, by taste.
    information: Vec<f32>,
}

/// All questions.
#[derive(Debug)]
pub struct QuestionBank {
    questions: Vec<Question>,
    fixed: usize,
    by_id: HashMap<String, usize>,
    likelihoods: Vec<Likelihood>,
    /// Place of the question that the law asks; it stands last.
    ask: usize,
}

impl QuestionBank {
    pub(crate) fn embedded(lexicon: &Lexicon, ask: &Ask) -> Result<Self, DataError> {
        let mut questions = load(data::FIXED_QUESTIONS, QuestionSource::Fixed, lexicon)?;
        check_fixed(&questions)?;
        let fixed = questions.len();
        questions.extend(load(data::FOLLOW_UPS, QuestionSource::Adaptive, lexicon)?);
        let follow_ups = questions.len();
        questions.push(Question::of_law(ask));
        let mut by_id = HashMap::new();
        for (index, question) in questions.iter().enumerate() {
            if by_id.insert(question.id.clone(), index).is_some() {
                return Err(data::FOLLOW_UPS
                    .error(0..0, format!("question '{}' stands twice", question.id)));
            }
        }
        let likelihoods = questions[fixed..follow_ups]
            .iter()
            .map(|q| Likelihood::of(q, lexicon))
            .collect();
        Ok(Self {
            questions,
            fixed,
            by_id,
            likelihoods,
            ask: follow_ups,
        })
    }

    pub(super) fn fixed(&self) -> &[Question] {
        &self.questions[..self.fixed]
    }

    pub(super) fn get(&self, id: &str) -> Option<&Question> {
        self.by_id.get(id).map(|&i| &self.questions[i])
    }

    pub(super) fn follow_ups(&self) -> impl Iterator<Item = (usize, &Question)> {
        self.questions[self.fixed..self.ask].iter().enumerate()
    }

    /// The question that the law asks.
    pub(super) fn ask(&self) -> &Question {
        &self.questions[self.ask]
    }

    /// The belief in each taste by which the next question is chosen. A skipped question says nothing about the recipient, but the
    /// giver had no answer to it, so what it could have brought to light is not asked for again: tastes count by how likely they
    /// would have left it unanswered.
    pub(super) fn still_open(&self, belief: &Belief, skipped: &[&str]) -> Vec<f32> {
        let mut open = belief.tastes().to_vec();
        for id in skipped {
            let follow_up = self.by_id.get(*id).and_then(|i| i.checked_sub(self.fixed));
            let Some(likelihood) = follow_up.and_then(|i| self.likelihoods.get(i)) else {
                continue;
            };
            for (taste, p) in open.iter_mut().enumerate() {
                let answered: f32 = likelihood.tastes.iter().map(|o| o[taste]).sum();
                *p *= (1.0 - answered).max(ANSWER_NOISE);
            }
        }
        let total: f32 = open.iter().sum();
        if total > 0.0 {
            open.iter_mut().for_each(|p| *p /= total);
        }
        open
    }

    /// Expected information gain of a follow-up in bits: the mutual information of its answer and the recipient's taste, given how
    /// likely each taste is, with "I do not know" counted as no information, since it is taken for none.
    pub(super) fn gain(&self, follow_up: usize, tastes: &[f32]) -> f32 {
        let likelihood = &self.likelihoods[follow_up];
        let dot = |a: &[f32]| a.iter().zip(tastes).map(|(x, p)| x * p).sum::<f32>();
        let answer: f32 = likelihood.tastes.iter().map(|o| entropy_term(dot(o))).sum();
        answer + dot(&likelihood.information)
    }

    /// `P(option | concept)` for every concept and `P(option | taste)` for every taste, if the question is a follow-up with that option.
    pub(super) fn likelihood(&self, question_id: &str, value: &str) -> Option<(&[f32], &[f32])> {
        let index = *self.by_id.get(question_id)?;
        let option = self.questions[index]
            .options
            .iter()
            .position(|o| o.value == value)?;
        let likelihood = self.likelihoods.get(index.checked_sub(self.fixed)?)?;
        Some((&likelihood.concepts[option], &likelihood.tastes[option]))
    }
}

fn entropy_term(p: f32) -> f32 {
    if p > 0.0 { -p * p.log2() } else { 0.0 }
}

impl Likelihood {
    fn of(question: &Question, lexicon: &Lexicon) -> Self {
        let count = question.options.len();
        let mut of_concepts = vec![vec![0.0; lexicon.concepts().len()]; count];
        for (c, concept) in lexicon.concepts().iter().enumerate() {
            let speaks: Vec<f32> = question
                .options
                .iter()
                .map(|o| INDIFFERENT + o.strength(concept))
                .collect();
            let total: f32 = speaks.iter().sum();
            for (o, s) in speaks.iter().enumerate() {
                of_concepts[o][c] = (1.0 - ANSWER_NOISE) * s / total + ANSWER_NOISE / count as f32;
            }
        }
        let tastes = lexicon.tastes().len();
        let mut of_tastes = vec![vec![0.0; tastes]; count];
        let mut information = vec![0.0; tastes];
        for taste in 0..tastes {
            let departments = departments_of(taste as TasteIndex, lexicon);
            let speaks: Vec<f32> = question
                .options
                .iter()
                .map(|o| o.strength_for(taste as TasteIndex, &departments))
                .collect();
            let total: f32 = speaks.iter().sum();
            let answers = (speaks.iter().copied().fold(0.0, f32::max) * 2.0).clamp(0.0, 1.0);
            for (o, s) in speaks.iter().enumerate() {
                let meant = if total > 0.0 {
                    answers * s / total
                } else {
                    0.0
                };
                let p = (1.0 - ANSWER_NOISE) * meant + ANSWER_NOISE / count as f32;
                of_tastes[o][taste] = p;
                information[taste] -= entropy_term(p);
            }
        }
        Self {
            concepts: of_concepts,
            tastes: of_tastes,
            information,
        }
    }
}

/// Share of each department in the things that exist for a taste.
fn departments_of(taste: TasteIndex, lexicon: &Lexicon) -> Vec<(Category, f32)> {
    let mut shares: Vec<(Category, f32)> = Vec::new();
    let mut total = 0.0;
    for concept in lexicon
        .concepts()
        .iter()
        .filter(|c| c.main_taste == Some(taste))
    {
        total += 1.0;
        match shares.iter_mut().find(|s| s.0 == concept.category) {
            Some(share) => share.1 += 1.0,
            None => shares.push((concept.category, 1.0)),
        }
    }
    shares.iter_mut().for_each(|s| s.1 /= total);
    shares
}

impl QuestionOption {
    /// How strongly choosing this option speaks for any of some tastes (one bit each), 0 to 1.
    pub fn speaks_for(&self, tastes: u128) -> f32 {
        let spoken = self.tastes.iter().filter(|(t, _)| tastes >> t & 1 == 1);
        spoken.map(|t| t.1).fold(0.0, f32::max)
    }

    /// How strongly choosing this option speaks for a taste, 0 to 1.
    fn strength_for(&self, taste: TasteIndex, departments: &[(Category, f32)]) -> f32 {
        let said = self.tastes.iter().filter(|t| t.0 == taste).map(|t| t.1);
        let department = |category: Category| {
            let share = departments.iter().find(|d| d.0 == category);
            share.map_or(0.0, |d| d.1)
        };
        let near = self
            .categories
            .iter()
            .map(|&(c, s)| CATEGORY_STRENGTH * s * department(c));
        said.chain(near).fold(0.0, f32::max)
    }

    /// How strongly choosing this option speaks for a concept, 0 to about 1.
    fn strength(&self, concept: &Concept) -> f32 {
        let taste = self
            .tastes
            .iter()
            .filter(|(t, _)| concept.tastes >> t & 1 == 1)
            .map(|t| t.1)
            .fold(0.0, f32::max);
        let category = self
            .categories
            .iter()
            .filter(|(c, _)| *c == concept.category)
            .map(|c| c.1)
            .fold(0.0, f32::max);
        let style = (self.special * concept.special + self.risk * concept.risk).max(0.0) * 0.5;
        taste.max(category * CATEGORY_STRENGTH).max(style)
    }
}

#[derive(Deserialize)]
struct QuestionFile {
    question: Vec<QuestionEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionEntry {
    id: Spanned<String>,
    kind: Option<QuestionKind>,
    ko: String,
    en: String,
    #[serde(default)]
    hint_ko: String,
    #[serde(default)]
    hint_en: String,
    #[serde(default)]
    relation: Vec<String>,
    #[serde(default)]
    age: Vec<String>,
    #[serde(default)]
    occasion: Vec<String>,
    #[serde(default)]
    category: Vec<String>,
    option: Vec<OptionEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionEntry {
    value: String,
    ko: String,
    en: String,
    #[serde(default)]
    tastes: BTreeMap<String, f32>,
    #[serde(default)]
    categories: BTreeMap<String, f32>,
    #[serde(default)]
    special: f32,
    #[serde(default)]
    risk: f32,
}

fn load(
    file: DataFile,
    source: QuestionSource,
    lexicon: &Lexicon,
) -> Result<Vec<Question>, DataError> {
    file.parse::<QuestionFile>()?
        .question
        .into_iter()
        .map(|entry| question(file, source, entry, lexicon))
        .collect()
}

fn question(
    file: DataFile,
    source: QuestionSource,
    entry: QuestionEntry,
    lexicon: &Lexicon,
) -> Result<Question, DataError> {
    let span = entry.id.span();
    let fail = |message: String| file.error(span.clone(), message);
    fn list<V: FromStr<Err = UnknownValue>>(values: &[String]) -> Result<Vec<V>, String> {
        values
            .iter()
            .map(|v| v.parse().map_err(|e: UnknownValue| e.to_string()))
            .collect()
    }
    let mut options: Vec<QuestionOption> = Vec::with_capacity(entry.option.len());
    for option in entry.option {
        if options.iter().any(|o| o.value == option.value) {
            return Err(fail(format!("option '{}' stands twice", option.value)));
        }
        let strength = |s: f32| {
            if (0.0..=1.0).contains(&s) {
                Ok(s)
            } else {
                Err(fail(format!("strength {s} must lie between 0 and 1")))
            }
        };
        let mut tastes = Vec::new();
        for (id, s) in &option.tastes {
            tastes.push((
                lexicon
                    .taste_by_id(id)
                    .ok_or_else(|| fail(format!("no taste '{id}'")))?,
                strength(*s)?,
            ));
        }
        let mut categories = Vec::new();
        for (name, s) in &option.categories {
            categories.push((
                name.parse()
                    .map_err(|e: UnknownValue| fail(e.to_string()))?,
                strength(*s)?,
            ));
        }
        options.push(QuestionOption {
            value: option.value,
            ko: option.ko,
            en: option.en,
            tastes,
            categories,
            special: option.special,
            risk: option.risk,
        });
    }
    if options.len() < 2 {
        return Err(fail("a question needs at least two options".into()));
    }
    Ok(Question {
        kind: entry.kind.unwrap_or(QuestionKind::Choice),
        source,
        ko: entry.ko,
        en: entry.en,
        hint_ko: entry.hint_ko,
        hint_en: entry.hint_en,
        options,
        relation: list(&entry.relation).map_err(fail)?,
        age: list(&entry.age).map_err(fail)?,
        occasion: list(&entry.occasion).map_err(fail)?,
        category: list(&entry.category).map_err(fail)?,
        id: entry.id.into_inner(),
    })
}

/// The fixed questions' ids and option values are part of the HTTP contract.
fn check_fixed(questions: &[Question]) -> Result<(), DataError> {
    fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
        all.iter().map(|&v| word(v)).collect()
    }
    let expected = [
        ("relation", Some(words(Relation::ALL, Relation::as_str))),
        ("gender", Some(words(Gender::ALL, Gender::as_str))),
        ("age_band", Some(words(AgeBand::ALL, AgeBand::as_str))),
        ("budget", None),
        ("occasion", Some(words(Occasion::ALL, Occasion::as_str))),
        ("category", Some(words(Category::ALL, Category::as_str))),
    ];
    let fail = |message: String| Err(data::FIXED_QUESTIONS.error(0..0, message));
    if questions
        .iter()
        .map(|q| q.id.as_str())
        .ne(expected.iter().map(|e| e.0))
    {
        return fail("the six questions must be relation, gender, age_band, budget, occasion, category, in this order".into());
    }
    for (question, (id, values)) in questions.iter().zip(expected) {
        match values {
            Some(values) => {
                let missing = values.iter().find(|v| question.option(v).is_none());
                if let Some(missing) = missing {
                    return fail(format!("question '{id}' lacks the option '{missing}'"));
                }
            }
            None => {
                if let Some(bad) = question
                    .options
                    .iter()
                    .find(|o| Budget::from_preset(&o.value).is_none())
                {
                    return fail(format!(
                        "budget option '{}' is not FROM-TO in won",
                        bad.value
                    ));
                }
            }
        }
    }
    Ok(())
}
