//! The judged situations: who gives what to whom, and which gifts of a shop fit. They name gifts in plain words, so that they judge any
//! catalogue with Korean titles and know nothing of the lexicon.

use crate::Lang;
use crate::catalogue::{Catalogue, DocId};
use crate::data::{self, DataError, DataFile};
use crate::profile::{
    AgeBand, Budget, Category, Gender, Occasion, Profile, Relation, UnknownValue,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::str::FromStr;
use toml::Spanned;
use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::xxh3_64;

/// How good a gift is in a situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Showing it is a fault: made for others, refused, forbidden.
    Never,
    /// Wrong taste, awkward, beside the point. Also what nobody named.
    DoesNotFit,
    /// Acceptable.
    Fits,
    /// The giver is glad to have found it.
    FitsWell,
}

impl Grade {
    /// Every grade, the worst first.
    pub const ALL: [Self; 4] = [Self::Never, Self::DoesNotFit, Self::Fits, Self::FitsWell];

    /// Name in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::DoesNotFit => "does not fit",
            Self::Fits => "fits",
            Self::FitsWell => "fits well",
        }
    }

    /// Gain of a gift of this grade in NDCG: `2^grade - 1` for the grades 0, 1 and 2 (Burges et al. 2005).
    pub const fn gain(self) -> f64 {
        match self {
            Self::Never | Self::DoesNotFit => 0.0,
            Self::Fits => 1.0,
            Self::FitsWell => 3.0,
        }
    }
}

/// The two halves of the situations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// For fitting weights and for looking at.
    Tuning,
    /// Only for reporting.
    Reporting,
}

/// One judged situation.
#[derive(Debug, Clone)]
pub struct Situation {
    /// Stable id; its hash decides the split.
    pub id: String,
    /// What a good giver would think of.
    pub note: String,
    /// What is known of the recipient; what the giver typed stands under `tastes`.
    pub profile: Profile,
    /// Language of the giver.
    pub lang: Lang,
    phrases: Vec<(Phrase, Grade)>,
}

/// A gift in plain words, or a whole department.
#[derive(Debug, Clone)]
enum Phrase {
    Words { words: Vec<String>, length: usize },
    Department(Category),
}

/// All judged situations.
#[derive(Debug)]
pub struct Benchmark {
    situations: Vec<Situation>,
    departments: BTreeMap<String, Category>,
}

/// A product as the phrases see it.
#[derive(Debug, Clone)]
pub struct Shown {
    text: String,
    department: Option<Category>,
}

#[derive(Deserialize)]
struct File {
    situation: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    note: String,
    relation: Option<String>,
    gender: Option<String>,
    age_band: Option<String>,
    occasion: Option<String>,
    category: Option<String>,
    budget: Option<Range>,
    #[serde(default)]
    said: Vec<String>,
    #[serde(default)]
    avoid: Vec<String>,
    duty_relation: Option<bool>,
    lang: Option<String>,
    #[serde(default)]
    fits_well: Vec<String>,
    #[serde(default)]
    fits: Vec<String>,
    #[serde(default)]
    does_not_fit: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    #[serde(default)]
    min: u32,
    max: Option<u32>,
}

impl Benchmark {
    /// The situations of the embedded files.
    ///
    /// # Errors
    /// A data file that breaks its schema, with file and line.
    pub fn embedded() -> Result<Self, DataError> {
        let file = data::BENCHMARK_DEPARTMENTS;
        let labels: BTreeMap<String, Vec<String>> = file.parse()?;
        let mut departments = BTreeMap::new();
        for (category, labels) in labels {
            let category: Category = category
                .parse()
                .map_err(|e: UnknownValue| file.error(0..0, e.to_string()))?;
            departments.extend(labels.into_iter().map(|l| (l, category)));
        }
        let mut situations: Vec<Situation> = Vec::new();
        let mut ids = HashSet::new();
        for &file in data::BENCHMARK_SITUATIONS {
            for entry in file.parse::<File>()?.situation {
                if !ids.insert(entry.id.get_ref().clone()) {
                    let message = format!("situation '{}' stands twice", entry.id.get_ref());
                    return Err(file.error(entry.id.span(), message));
                }
                situations.push(situation(file, entry)?);
            }
        }
        Ok(Self {
            situations,
            departments,
        })
    }

    /// The situations of one half, or all.
    pub fn situations(&self, split: Option<Split>) -> impl Iterator<Item = &Situation> {
        self.situations
            .iter()
            .filter(move |s| split.is_none_or(|split| s.split() == split))
    }

    /// Every product of a catalogue as the phrases see it, by document.
    pub fn show(&self, catalogue: &Catalogue) -> Vec<Shown> {
        (0..catalogue.len() as DocId)
            .map(|doc| {
                let product = catalogue.product(doc);
                let (title, labels) = product.map(|p| (p.title, p.category)).unwrap_or_default();
                let department = labels
                    .first()
                    .and_then(|l| self.departments.get(l))
                    .copied();
                Shown {
                    text: fold(&format!("{title} {}", labels.join(" > "))),
                    department,
                }
            })
            .collect()
    }
}

fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase()
}

fn situation(file: DataFile, entry: Entry) -> Result<Situation, DataError> {
    let span = entry.id.span();
    let fail = |message: String| file.error(span.clone(), message);
    let value = |text: Option<String>| text;
    fn parse<V: FromStr<Err = UnknownValue>>(text: Option<String>) -> Result<Option<V>, String> {
        text.map(|t| t.parse().map_err(|e: UnknownValue| e.to_string()))
            .transpose()
    }
    let lang = match entry.lang.as_deref() {
        None | Some("ko") => Lang::Ko,
        Some("en") => Lang::En,
        Some(other) => return Err(fail(format!("lang '{other}' is neither ko nor en"))),
    };
    let mut phrases = Vec::new();
    for (texts, grade) in [
        (&entry.never, Grade::Never),
        (&entry.does_not_fit, Grade::DoesNotFit),
        (&entry.fits, Grade::Fits),
        (&entry.fits_well, Grade::FitsWell),
    ] {
        for text in texts {
            phrases.push((Phrase::parse(text).map_err(fail)?, grade));
        }
    }
    let profile = Profile {
        relation: parse::<Relation>(value(entry.relation)).map_err(fail)?,
        gender: parse::<Gender>(entry.gender).map_err(fail)?,
        age_band: parse::<AgeBand>(entry.age_band).map_err(fail)?,
        occasion: parse::<Occasion>(entry.occasion).map_err(fail)?,
        category: parse::<Category>(entry.category).map_err(fail)?,
        budget: entry.budget.map(|b| Budget {
            min: b.min,
            max: b.max,
        }),
        tastes: entry.said,
        avoid: entry.avoid,
        duty_relation: entry.duty_relation,
        ..Profile::default()
    };
    Ok(Situation {
        id: entry.id.into_inner(),
        note: entry.note,
        profile,
        lang,
        phrases,
    })
}

impl Phrase {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(department) = text.strip_prefix('@') {
            return department
                .parse()
                .map(Self::Department)
                .map_err(|e: UnknownValue| format!("@{department}: {e}"));
        }
        let folded = fold(text);
        let words: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err("a gift phrase has no word".to_owned());
        }
        Ok(Self::Words {
            words,
            length: folded.chars().count(),
        })
    }

    fn matches(&self, shown: &Shown) -> bool {
        match self {
            Self::Words { words, .. } => words.iter().all(|w| shown.text.contains(w.as_str())),
            Self::Department(category) => shown.department == Some(*category),
        }
    }

    /// How much it says: its characters. A department says least.
    fn length(&self) -> usize {
        match self {
            Self::Words { length, .. } => *length,
            Self::Department(_) => 1,
        }
    }
}

impl Situation {
    /// Which half it belongs to, decided by its id alone.
    pub fn split(&self) -> Split {
        if xxh3_64(self.id.as_bytes()) & 1 == 0 {
            Split::Tuning
        } else {
            Split::Reporting
        }
    }

    /// The judgement of a product: `never` wins, else the longest phrase that matches, of equal ones the worse grade.
    pub fn grade(&self, shown: &Shown) -> Grade {
        let mut best: Option<(usize, Grade)> = None;
        for (phrase, grade) in self.phrases.iter().filter(|(p, _)| p.matches(shown)) {
            if *grade == Grade::Never {
                return Grade::Never;
            }
            let better = best.is_none_or(|(length, worst)| {
                phrase.length() > length || (phrase.length() == length && *grade < worst)
            });
            if better {
                best = Some((phrase.length(), *grade));
            }
        }
        best.map_or(Grade::DoesNotFit, |b| b.1)
    }

    /// Whether no gift at all is judged right, as the law may have it.
    pub fn nothing_is_right(&self) -> bool {
        !self.phrases.iter().any(|(_, g)| *g >= Grade::Fits)
    }
}
