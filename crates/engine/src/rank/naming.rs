//! What a sentence calls the recipient and the occasion.

use super::explain::Reasons;
use super::words::{Text, fill};
use crate::profile::{AgeBand, Gender, Profile, Relation};
use crate::{Engine, Lang};
use serde::Deserialize;

/// What a relation is called: whatever the gender, and by gender where the language has a word of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelationName {
    ko: String,
    en: String,
    female: Option<Text>,
    male: Option<Text>,
    /// Whether Korean gives to such a person with 께.
    #[serde(default)]
    polite: bool,
}

impl RelationName {
    fn pick(&self, gender: Option<Gender>, lang: Lang) -> &str {
        let own = match gender {
            Some(Gender::Female) => &self.female,
            Some(Gender::Male) => &self.male,
            Some(Gender::Any) | None => &None,
        };
        own.as_ref()
            .map_or(lang.pick(&self.ko, &self.en), |t| t.pick(lang))
    }
}

/// The recipient in a few words, as far as known: "60대 어머니", "a friend in her twenties".
pub(super) fn person(engine: &Engine, profile: &Profile, lang: Lang) -> String {
    let reasons = &engine.reasons;
    let relation = profile.relation.and_then(|r| relation_name(reasons, r));
    let relation = relation.map(|n| n.pick(profile.gender, lang));
    let gender = gender_name(profile).and_then(|name| reasons.gender.get(name));
    let gender = gender.map(|t| t.pick(lang));
    let age = profile
        .age_band
        .and_then(|a| reasons.age.get(a.as_str()))
        .map(|t| fill(t.pick(lang), |_| pronoun(profile.gender).to_owned()));
    let who = relation.or(gender);
    match lang {
        Lang::Ko => joined([age.as_deref(), who]),
        Lang::En => {
            let who = who.or(age.as_deref().map(|_| "someone"));
            joined([who, age.as_deref()])
        }
    }
}

/// The words for a gender that the data file has, those for young people among them.
pub(super) const GENDERS: [&str; 4] = ["female", "male", "girl", "boy"];

fn gender_name(profile: &Profile) -> Option<&'static str> {
    let young = matches!(profile.age_band, Some(AgeBand::Under10 | AgeBand::Teens));
    match (profile.gender?, young) {
        (Gender::Female, false) => Some(GENDERS[0]),
        (Gender::Male, false) => Some(GENDERS[1]),
        (Gender::Female, true) => Some(GENDERS[2]),
        (Gender::Male, true) => Some(GENDERS[3]),
        (Gender::Any, _) => None,
    }
}

/// The same as the one whom something is given to: with 에게, or 께 for elders, in Korean.
pub(super) fn to_person(engine: &Engine, profile: &Profile, lang: Lang) -> String {
    let person = person(engine, profile, lang);
    if lang == Lang::En || person.is_empty() {
        return person;
    }
    let polite = match profile.relation {
        Some(relation) => relation_name(&engine.reasons, relation).is_some_and(|n| n.polite),
        None => matches!(
            profile.age_band,
            Some(AgeBand::Sixties | AgeBand::SeventiesPlus)
        ),
    };
    format!("{person}{}", if polite { "께" } else { "에게" })
}

fn relation_name(reasons: &Reasons, relation: Relation) -> Option<&RelationName> {
    reasons.relation.get(relation.as_str())
}

/// The only place of an English age: "in {their} sixties".
const fn pronoun(gender: Option<Gender>) -> &'static str {
    match gender {
        Some(Gender::Female) => "her",
        Some(Gender::Male) => "his",
        Some(Gender::Any) | None => "their",
    }
}

fn joined<const N: usize>(parts: [Option<&str>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
