//! Reads and checks the lexicon's data files.

use super::mending::Mender;
use super::words::{Meaning, WordIndexBuilder};
use super::{Brand, BrandIndex, Concept, ConceptIndex, Lexicon, Taste, TasteIndex, Vague};
use crate::data::{self, DataError, DataFile};
use crate::profile::{
    AgeBand, Audience, Budget, Category, Gender, Occasion, Relation, UnknownValue,
};
use crate::text::{Squeezed, normalise};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;
use toml::Spanned;

/// Fit of a concept where its file says nothing.
const USUAL_FIT: f32 = 0.5;
/// Fit to an occasion where the file says nothing: most gifts suit only some occasions.
const USUAL_OCCASION_FIT: f32 = 0.4;

#[derive(Deserialize)]
struct ConceptFile {
    concept: Vec<ConceptEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConceptEntry {
    id: Spanned<String>,
    ko: String,
    en: String,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
    parent: Option<String>,
    #[serde(default)]
    goes_with: Vec<String>,
    price: [u32; 2],
    #[serde(default)]
    relation: BTreeMap<String, f32>,
    #[serde(default)]
    age: BTreeMap<String, f32>,
    #[serde(default)]
    gender: BTreeMap<String, f32>,
    #[serde(default)]
    occasion: BTreeMap<String, f32>,
    #[serde(default)]
    tastes: Vec<String>,
    #[serde(default)]
    special: f32,
    #[serde(default)]
    risk: f32,
    #[serde(default = "default_taste_risk")]
    taste_risk: f32,
    #[serde(default = "default_formality")]
    formality: f32,
    #[serde(default)]
    season: Vec<u8>,
    audience: Option<String>,
}

const fn default_taste_risk() -> f32 {
    0.2
}

const fn default_common() -> f32 {
    0.4
}

const fn default_formality() -> f32 {
    0.3
}

#[derive(Deserialize)]
struct TasteFile {
    taste: Vec<TasteEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TasteEntry {
    id: Spanned<String>,
    ko: String,
    en: String,
    #[serde(default = "default_common")]
    common: f32,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextFile {
    relation: Vec<ContextEntry>,
    gender: Vec<ContextEntry>,
    age: Vec<ContextEntry>,
    occasion: Vec<ContextEntry>,
    category: Vec<ContextEntry>,
    #[serde(default)]
    budget: Vec<ContextEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextEntry {
    value: Spanned<String>,
    words: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
}

#[derive(Deserialize)]
struct VagueFile {
    vague: Vec<VagueEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VagueEntry {
    words: Spanned<Vec<String>>,
    #[serde(default)]
    not: Vec<String>,
    #[serde(default)]
    tastes: BTreeMap<String, f32>,
    #[serde(default)]
    categories: BTreeMap<String, f32>,
    #[serde(default)]
    special: f32,
    #[serde(default)]
    risk: f32,
    #[serde(default)]
    formality: f32,
    #[serde(default)]
    filler: bool,
    #[serde(default)]
    avoid: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BrandFile {
    brand: Vec<BrandEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BrandEntry {
    id: Spanned<String>,
    ko: String,
    en: String,
    words: Vec<String>,
    #[serde(default)]
    concepts: Vec<String>,
    #[serde(default)]
    ordinary: bool,
    #[serde(default)]
    lines: Vec<LineEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineEntry {
    ko: Spanned<String>,
    en: String,
    words: Vec<String>,
    concepts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrdinaryFile {
    korean: Vec<String>,
    english: Vec<String>,
    endings: Vec<String>,
}

#[derive(Deserialize)]
struct AudienceFile {
    audience: Vec<ContextEntry>,
}

/// A place in a data file, to hang errors on.
struct At<'a, T> {
    file: DataFile,
    entry: &'a Spanned<T>,
}

impl<T> At<'_, T> {
    fn error(&self, message: impl Into<String>) -> DataError {
        self.file.error(self.entry.span(), message.into())
    }

    fn value<V: FromStr<Err = UnknownValue>>(&self, key: &str, text: &str) -> Result<V, DataError> {
        text.parse().map_err(|e| self.error(format!("{key}: {e}")))
    }

    fn number(&self, key: &str, value: f32, low: f32, high: f32) -> Result<f32, DataError> {
        if (low..=high).contains(&value) {
            Ok(value)
        } else {
            Err(self.error(format!("{key} = {value} must lie between {low} and {high}")))
        }
    }

    fn fits<V: FromStr<Err = UnknownValue> + Copy, const N: usize>(
        &self,
        key: &str,
        table: &BTreeMap<String, f32>,
        usual: f32,
        index: impl Fn(V) -> usize,
    ) -> Result<[f32; N], DataError> {
        let mut fits = [usual; N];
        for (name, &fit) in table {
            fits[index(self.value(key, name)?)] = self.number(key, fit, 0.0, 1.0)?;
        }
        Ok(fits)
    }
}

/// Builds the lexicon from the embedded files.
pub(super) fn load() -> Result<Lexicon, DataError> {
    let mut words = WordIndexBuilder::default();
    let (tastes, taste_ids) = load_tastes(&mut words)?;
    let (concepts, concept_ids) = load_concepts(&taste_ids, &mut words)?;
    load_context(&mut words)?;
    let vague = load_vague(&taste_ids, &mut words)?;
    let (brands, brand_names) = load_brands(&concept_ids, &mut words)?;
    let audience_words = load_audience()?;
    let ordinary: OrdinaryFile = data::ORDINARY.parse()?;
    let mender = Mender::new(
        words.spellings(),
        ordinary.korean.into_iter().chain(ordinary.english),
        ordinary.endings,
    );
    let too_large = |e: aho_corasick::BuildError| {
        data::TASTES.error(0..0, format!("the word lists are too large: {e}"))
    };
    Ok(Lexicon {
        concepts,
        tastes,
        vague,
        brands,
        concept_ids,
        taste_ids,
        brand_names,
        mender,
        words: words.build().map_err(too_large)?,
        audience_words: audience_words.build().map_err(too_large)?,
    })
}

fn load_tastes(
    words: &mut WordIndexBuilder,
) -> Result<(Vec<Taste>, HashMap<String, TasteIndex>), DataError> {
    let file: TasteFile = data::TASTES.parse()?;
    let mut tastes = Vec::with_capacity(file.taste.len());
    let mut ids = HashMap::new();
    for entry in file.taste {
        let at = At {
            file: data::TASTES,
            entry: &entry.id,
        };
        let index = tastes.len() as TasteIndex;
        if tastes.len() >= 128 {
            return Err(at.error("at most 128 tastes"));
        }
        if ids.insert(entry.id.get_ref().clone(), index).is_some() {
            return Err(at.error(format!("taste '{}' stands twice", entry.id.get_ref())));
        }
        add_words(
            &at,
            words,
            [&entry.ko, &entry.en].into_iter().chain(&entry.words),
            &entry.not,
            Meaning::Taste(index),
        )?;
        tastes.push(Taste {
            common: at.number("common", entry.common, 0.0, 1.0)?,
            id: entry.id.into_inner(),
            ko: entry.ko,
            en: entry.en,
        });
    }
    Ok((tastes, ids))
}

fn load_concepts(
    taste_ids: &HashMap<String, TasteIndex>,
    words: &mut WordIndexBuilder,
) -> Result<(Vec<Concept>, HashMap<String, ConceptIndex>), DataError> {
    let mut ids: HashMap<String, ConceptIndex> = HashMap::new();
    let mut entries = Vec::new();
    for &file in data::CONCEPTS {
        let category = category_of(file);
        for entry in file.parse::<ConceptFile>()?.concept {
            let index = entries.len() as ConceptIndex;
            if ids.insert(entry.id.get_ref().clone(), index).is_some() {
                return Err(At {
                    file,
                    entry: &entry.id,
                }
                .error(format!("concept '{}' stands twice", entry.id.get_ref())));
            }
            entries.push((file, category, entry));
        }
    }
    let concepts = entries
        .into_iter()
        .enumerate()
        .map(|(index, (file, category, entry))| {
            concept(
                index as ConceptIndex,
                file,
                category,
                entry,
                &ids,
                taste_ids,
                words,
            )
        })
        .collect::<Result<_, _>>()?;
    Ok((concepts, ids))
}

/// A concept file is named after its category.
fn category_of(file: DataFile) -> Category {
    let stem = file
        .name
        .rsplit('/')
        .next()
        .and_then(|n| n.strip_suffix(".toml"))
        .unwrap_or_default();
    stem.parse().unwrap_or(Category::Any)
}

fn concept(
    index: ConceptIndex,
    file: DataFile,
    category: Category,
    entry: ConceptEntry,
    ids: &HashMap<String, ConceptIndex>,
    taste_ids: &HashMap<String, TasteIndex>,
    words: &mut WordIndexBuilder,
) -> Result<Concept, DataError> {
    let at = At {
        file,
        entry: &entry.id,
    };
    let known = |key: &str, id: &String| {
        ids.get(id)
            .copied()
            .ok_or_else(|| at.error(format!("{key}: no concept '{id}'")))
    };
    add_words(
        &at,
        words,
        [&entry.ko, &entry.en].into_iter().chain(&entry.words),
        &entry.not,
        Meaning::Concept(index),
    )?;
    if entry.price[0] == 0 || entry.price[0] > entry.price[1] {
        return Err(at.error("price must be [low, high] in won with 0 < low <= high"));
    }
    let mut tastes = 0u128;
    let mut main_taste = None;
    for id in &entry.tastes {
        let taste = *taste_ids
            .get(id)
            .ok_or_else(|| at.error(format!("tastes: no taste '{id}'")))?;
        tastes |= 1 << taste;
        main_taste.get_or_insert(taste);
    }
    let mut season = 0;
    for &month in &entry.season {
        if !(1..=12).contains(&month) {
            return Err(at.error(format!("season: {month} is no month")));
        }
        season |= 1 << month;
    }
    Ok(Concept {
        category,
        parent: entry
            .parent
            .as_ref()
            .map(|id| known("parent", id))
            .transpose()?,
        goes_with: entry
            .goes_with
            .iter()
            .map(|id| known("goes_with", id))
            .collect::<Result<_, _>>()?,
        price: (entry.price[0], entry.price[1]),
        relation: at.fits::<Relation, _>(
            "relation",
            &entry.relation,
            USUAL_FIT,
            Relation::index,
        )?,
        age: at.fits::<AgeBand, _>("age", &entry.age, USUAL_FIT, AgeBand::index)?,
        gender: at.fits::<Gender, _>("gender", &entry.gender, USUAL_FIT, Gender::index)?,
        occasion: at.fits::<Occasion, _>(
            "occasion",
            &entry.occasion,
            USUAL_OCCASION_FIT,
            Occasion::index,
        )?,
        tastes,
        main_taste,
        special: at.number("special", entry.special, -1.0, 1.0)?,
        risk: at.number("risk", entry.risk, -1.0, 1.0)?,
        taste_risk: at.number("taste_risk", entry.taste_risk, 0.0, 1.0)?,
        formality: at.number("formality", entry.formality, 0.0, 1.0)?,
        season,
        audience: entry
            .audience
            .as_deref()
            .map_or(Ok(Audience::Anyone), |a| at.value("audience", a))?,
        id: entry.id.get_ref().clone(),
        ko: entry.ko,
        en: entry.en,
    })
}

fn load_context(words: &mut WordIndexBuilder) -> Result<(), DataError> {
    fn add<V: FromStr<Err = UnknownValue> + Copy>(
        words: &mut WordIndexBuilder,
        key: &str,
        entries: &[ContextEntry],
        meaning: fn(V) -> Meaning,
    ) -> Result<(), DataError> {
        for entry in entries {
            let at = At {
                file: data::CONTEXT,
                entry: &entry.value,
            };
            let value = at.value(key, entry.value.get_ref())?;
            add_words(&at, words, &entry.words, &entry.not, meaning(value))?;
        }
        Ok(())
    }
    let file: ContextFile = data::CONTEXT.parse()?;
    add(words, "relation", &file.relation, Meaning::Relation)?;
    add(words, "gender", &file.gender, Meaning::Gender)?;
    add(words, "age", &file.age, Meaning::Age)?;
    add(words, "occasion", &file.occasion, Meaning::Occasion)?;
    add(words, "category", &file.category, Meaning::Category)?;
    for entry in &file.budget {
        let at = At {
            file: data::CONTEXT,
            entry: &entry.value,
        };
        let budget = Budget::from_preset(entry.value.get_ref())
            .ok_or_else(|| at.error("budget: expected FROM-TO in won"))?;
        add_words(
            &at,
            words,
            &entry.words,
            &entry.not,
            Meaning::Budget(budget),
        )?;
    }
    Ok(())
}

fn load_vague(
    taste_ids: &HashMap<String, TasteIndex>,
    words: &mut WordIndexBuilder,
) -> Result<Vec<Vague>, DataError> {
    let file: VagueFile = data::VAGUE.parse()?;
    let mut groups = Vec::with_capacity(file.vague.len());
    for entry in file.vague {
        let at = At {
            file: data::VAGUE,
            entry: &entry.words,
        };
        add_words(
            &at,
            words,
            entry.words.get_ref(),
            &entry.not,
            Meaning::Vague(groups.len() as u16),
        )?;
        let mut group = Vague {
            special: at.number("special", entry.special, -1.0, 1.0)?,
            risk: at.number("risk", entry.risk, -1.0, 1.0)?,
            formality: at.number("formality", entry.formality, -1.0, 1.0)?,
            filler: entry.filler,
            ..Vague::default()
        };
        let known = |key: &str, id: &String| {
            let taste = taste_ids.get(id).copied();
            taste.ok_or_else(|| at.error(format!("{key}: no taste '{id}'")))
        };
        for id in &entry.avoid {
            group.avoid.push(known("avoid", id)?);
        }
        for (id, &strength) in &entry.tastes {
            let taste = known("tastes", id)?;
            group
                .tastes
                .push((taste, at.number("tastes", strength, 0.0, 1.0)?));
        }
        for (name, &strength) in &entry.categories {
            group.categories.push((
                at.value("categories", name)?,
                at.number("categories", strength, 0.0, 1.0)?,
            ));
        }
        groups.push(group);
    }
    Ok(groups)
}

/// Brands and their lines, and the names by which a product's brand field knows them, squeezed.
fn load_brands(
    concept_ids: &HashMap<String, ConceptIndex>,
    words: &mut WordIndexBuilder,
) -> Result<(Vec<Brand>, HashMap<String, BrandIndex>), DataError> {
    fn known<T>(
        at: &At<'_, T>,
        ids: &HashMap<String, ConceptIndex>,
        concepts: &[String],
    ) -> Result<Vec<ConceptIndex>, DataError> {
        let index = |id: &String| {
            ids.get(id)
                .copied()
                .ok_or_else(|| at.error(format!("concepts: no concept '{id}'")))
        };
        concepts.iter().map(index).collect()
    }
    let file: BrandFile = data::BRANDS.parse()?;
    let mut brands: Vec<Brand> = Vec::with_capacity(file.brand.len() * 2);
    let mut names = HashMap::new();
    let mut ids: HashSet<&str> = HashSet::with_capacity(file.brand.len());
    for entry in &file.brand {
        let at = At {
            file: data::BRANDS,
            entry: &entry.id,
        };
        if !ids.insert(entry.id.get_ref()) {
            return Err(at.error(format!("brand '{}' stands twice", entry.id.get_ref())));
        }
        let index = brands.len() as BrandIndex;
        let spellings = || [&entry.ko, &entry.en].into_iter().chain(&entry.words);
        if !entry.ordinary {
            add_words(&at, words, spellings(), &[], Meaning::Brand(index))?;
        }
        for spelling in spellings() {
            let squeezed = Squeezed::new(&normalise(spelling));
            names.entry(squeezed.as_str().to_owned()).or_insert(index);
        }
        brands.push(Brand {
            ko: entry.ko.clone(),
            concepts: known(&at, concept_ids, &entry.concepts)?,
            line: false,
        });
        for line in &entry.lines {
            let at = At {
                file: data::BRANDS,
                entry: &line.ko,
            };
            add_words(
                &at,
                words,
                [line.ko.get_ref(), &line.en].into_iter().chain(&line.words),
                &[],
                Meaning::Brand(brands.len() as BrandIndex),
            )?;
            brands.push(Brand {
                ko: line.ko.get_ref().clone(),
                concepts: known(&at, concept_ids, &line.concepts)?,
                line: true,
            });
        }
    }
    Ok((brands, names))
}

fn load_audience() -> Result<WordIndexBuilder, DataError> {
    let file: AudienceFile = data::AUDIENCE.parse()?;
    let mut words = WordIndexBuilder::default();
    for entry in &file.audience {
        let at = At {
            file: data::AUDIENCE,
            entry: &entry.value,
        };
        let audience: Audience = at.value("audience", entry.value.get_ref())?;
        add_words(
            &at,
            &mut words,
            &entry.words,
            &entry.not,
            Meaning::Audience(audience),
        )?;
    }
    Ok(words)
}

fn add_words<'a, T>(
    at: &At<'_, T>,
    index: &mut WordIndexBuilder,
    words: impl IntoIterator<Item = &'a String>,
    not: &[String],
    meaning: Meaning,
) -> Result<(), DataError> {
    for word in words {
        if !index.add(word, meaning) {
            return Err(at.error(format!("the word '{word}' has no letter or digit")));
        }
    }
    for phrase in not {
        if !index.block(phrase, meaning) {
            return Err(at.error(format!(
                "the phrase '{phrase}' under `not` has no letter or digit"
            )));
        }
    }
    Ok(())
}
