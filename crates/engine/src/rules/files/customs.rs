//! Reads `data/rules/customs.toml`.

use super::{Words, dated, values};
use crate::data::{self, DataError};
use crate::rules::customs::{Custom, Customs};
use crate::rules::{Day, Message};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomFile {
    as_of: Day,
    custom: Vec<CustomEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomEntry {
    id: Spanned<String>,
    kind: Kind,
    #[serde(default)]
    occasions: Vec<Spanned<String>>,
    #[serde(default)]
    relations: Vec<Spanned<String>>,
    words: Vec<Spanned<String>>,
    #[serde(default)]
    not: Vec<Spanned<String>>,
    penalty: Option<Spanned<f32>>,
    bonus: Option<Spanned<f32>>,
    ko: String,
    en: String,
    source: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Avoid,
    Good,
}

pub(super) fn load() -> Result<Customs, DataError> {
    let file = data::CUSTOMS;
    let CustomFile { as_of, custom } = file.parse()?;
    if custom.len() > Customs::MOST {
        let what = format!("at most {} customs", Customs::MOST);
        return Err(file.error(custom[Customs::MOST].id.span(), what));
    }
    let mut words = Words::default();
    let mut customs = Vec::with_capacity(custom.len());
    for (number, entry) in (0u8..).zip(custom) {
        words.add(file, &entry.words, number)?;
        words.block(file, &entry.not, number)?;
        customs.push(Custom {
            value: value(&entry)?,
            occasions: values(file, &entry.occasions)?,
            relations: values(file, &entry.relations)?,
            message: Message {
                id: entry.id.into_inner(),
                ko: entry.ko,
                en: entry.en,
                source: dated(&entry.source, as_of),
            },
        });
    }
    Ok(Customs {
        customs,
        words: words.build(file)?,
    })
}

/// What a custom does to a score: a penalty is taken off, a bonus is added.
fn value(entry: &CustomEntry) -> Result<f32, DataError> {
    let (given, sign) = match (entry.kind, &entry.penalty, &entry.bonus) {
        (Kind::Avoid, Some(penalty), None) => (penalty, -1.0),
        (Kind::Good, None, Some(bonus)) => (bonus, 1.0),
        (Kind::Avoid, ..) => {
            let what = "\"avoid\" takes a penalty and no bonus".to_owned();
            return Err(data::CUSTOMS.error(entry.id.span(), what));
        }
        (Kind::Good, ..) => {
            let what = "\"good\" takes a bonus and no penalty".to_owned();
            return Err(data::CUSTOMS.error(entry.id.span(), what));
        }
    };
    if !(0.0..=1.0).contains(given.get_ref()) {
        let what = format!("{} must lie between 0 and 1", given.get_ref());
        return Err(data::CUSTOMS.error(given.span(), what));
    }
    Ok(sign * given.get_ref())
}
