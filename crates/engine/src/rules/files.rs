//! Reads and checks the data files of law and custom.

use super::{Custom, Duty, Effect, LegalRule, Message, Rules};
use crate::data::{self, DataError, DataFile};
use crate::lexicon::{Meaning, WordIndexBuilder};
use crate::profile::UnknownValue;
use crate::text::{Squeezed, normalise};
use serde::Deserialize;
use std::str::FromStr;
use toml::Spanned;

#[derive(Deserialize)]
struct LawFile {
    limit: Vec<LegalEntry>,
    forbid: Vec<LegalEntry>,
    note: Vec<LegalEntry>,
}

#[derive(Deserialize)]
struct LegalEntry {
    id: Spanned<String>,
    relations: Vec<String>,
    duty_relation: Option<bool>,
    #[serde(default)]
    duty_unknown: bool,
    max_price: Option<u32>,
    #[serde(default)]
    everything: bool,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    concept_words: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
    ko: String,
    en: String,
    source: String,
}

#[derive(Deserialize)]
struct CustomFile {
    custom: Vec<CustomEntry>,
}

#[derive(Deserialize)]
struct CustomEntry {
    id: Spanned<String>,
    kind: String,
    #[serde(default)]
    occasions: Vec<String>,
    #[serde(default)]
    relations: Vec<String>,
    words: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
    ko: String,
    en: String,
    source: String,
}

fn values<V: FromStr<Err = UnknownValue>>(
    file: DataFile,
    at: &Spanned<String>,
    words: &[String],
) -> Result<Vec<V>, DataError> {
    words
        .iter()
        .map(|w| {
            w.parse()
                .map_err(|e: UnknownValue| file.error(at.span(), e.to_string()))
        })
        .collect()
}

pub(super) fn load() -> Result<Rules, DataError> {
    let law: LawFile = data::LAW.parse()?;
    let mut legal = Vec::new();
    let mut voucher_words = WordIndexBuilder::default();
    let mut amount_voucher_tags = Vec::new();
    for entry in law.limit {
        let max = entry.max_price.ok_or_else(|| {
            data::LAW.error(entry.id.span(), "a limit needs max_price in won".into())
        })?;
        legal.push(legal_rule(entry, Effect::MaxPrice(max))?);
    }
    for entry in law.forbid {
        let effect = if entry.everything {
            Effect::Nothing
        } else {
            Effect::NoAmountVoucher
        };
        if effect == Effect::NoAmountVoucher {
            entry
                .concept_words
                .iter()
                .for_each(|w| _ = voucher_words.add(w, Some(Meaning::Custom(0))));
            entry
                .not
                .iter()
                .for_each(|w| _ = voucher_words.add(w, None));
            amount_voucher_tags.extend(
                entry
                    .tags
                    .iter()
                    .map(|t| Squeezed::new(&normalise(t)).as_str().to_owned()),
            );
        }
        legal.push(legal_rule(entry, effect)?);
    }
    for entry in law.note {
        // A note about certain goods belongs to those goods; the others are told with every list.
        if entry.concept_words.is_empty() {
            legal.push(legal_rule(entry, Effect::Note)?);
        }
    }

    let mut customs = Vec::new();
    let mut custom_words = WordIndexBuilder::default();
    for entry in data::CUSTOMS.parse::<CustomFile>()?.custom {
        match entry.kind.as_str() {
            "avoid" => {}
            "good" => continue,
            other => {
                return Err(data::CUSTOMS.error(
                    entry.id.span(),
                    format!("kind '{other}' is neither 'avoid' nor 'good'"),
                ));
            }
        }
        let number = u8::try_from(customs.len()).ok().filter(|&n| n < u8::MAX);
        let number = number.ok_or_else(|| {
            data::CUSTOMS.error(
                entry.id.span(),
                "at most 254 customs that say \"avoid\"".into(),
            )
        })?;
        let meaning = Meaning::Custom(number);
        for word in &entry.words {
            if !custom_words.add(word, Some(meaning)) {
                return Err(data::CUSTOMS.error(
                    entry.id.span(),
                    format!("the word '{word}' has no letter or digit"),
                ));
            }
        }
        entry.not.iter().for_each(|w| _ = custom_words.add(w, None));
        customs.push(Custom {
            occasions: values(data::CUSTOMS, &entry.id, &entry.occasions)?,
            relations: values(data::CUSTOMS, &entry.id, &entry.relations)?,
            message: Message {
                id: entry.id.into_inner(),
                ko: entry.ko,
                en: entry.en,
                source: entry.source,
            },
        });
    }
    let too_large = |e: aho_corasick::BuildError| {
        data::CUSTOMS.error(0..0, format!("the word lists are too large: {e}"))
    };
    Ok(Rules {
        legal,
        customs,
        custom_words: custom_words.build().map_err(too_large)?,
        amount_voucher_words: voucher_words.build().map_err(too_large)?,
        amount_voucher_tags,
    })
}

fn legal_rule(entry: LegalEntry, effect: Effect) -> Result<LegalRule, DataError> {
    let duty = match (entry.duty_relation, entry.duty_unknown) {
        (_, true) => Duty::Unknown,
        (Some(answer), _) => Duty::Is(answer),
        (None, false) => Duty::Either,
    };
    Ok(LegalRule {
        relations: values(data::LAW, &entry.id, &entry.relations)?,
        duty,
        effect,
        message: Message {
            id: entry.id.into_inner(),
            ko: entry.ko,
            en: entry.en,
            source: entry.source,
        },
    })
}
