//! Reads `data/rules/law.toml`. Every text of the law must end with the disclaimer, so that none is ever shown without it.

use super::{Words, dated, parsed, squeezed, values};
use crate::data::{self, DataError};
use crate::profile::Occasion;
use crate::rules::law::{
    Ask, Duty, Effect, ExceptedGoods, Exception, ForbiddenVouchers, Law, LegalRule, Window,
    WindowUnknown,
};
use crate::rules::{Day, Message};
use crate::text::normalise;
use serde::Deserialize;
use toml::Spanned;

const NOTES_MOST: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LawFile {
    as_of: Day,
    law_ko: String,
    law_en: String,
    disclaimer_ko: String,
    disclaimer_en: String,
    check_ko: String,
    check_en: String,
    ask: Vec<AskEntry>,
    limit: Vec<LimitEntry>,
    exception: Vec<ExceptionEntry>,
    window_unknown: WindowUnknownEntry,
    window: Vec<WindowEntry>,
    forbid: Vec<ForbidEntry>,
    note: Vec<NoteEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskEntry {
    id: Spanned<String>,
    relations: Vec<Spanned<String>>,
    ko: String,
    en: String,
    hint_ko: String,
    hint_en: String,
    yes_ko: String,
    yes_en: String,
    no_ko: String,
    no_en: String,
    yes_words: Vec<String>,
    no_words: Vec<String>,
    source: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitEntry {
    id: Spanned<String>,
    relations: Vec<Spanned<String>>,
    max_price: u32,
    ko: String,
    en: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionEntry {
    id: Spanned<String>,
    limit: Spanned<String>,
    relations: Vec<Spanned<String>>,
    max_price: u32,
    same_goods_as: Option<Spanned<String>>,
    #[serde(default)]
    windows_only: bool,
    #[serde(default)]
    needs_check: bool,
    #[serde(default)]
    tags: Vec<Spanned<String>>,
    #[serde(default)]
    words: Vec<Spanned<String>>,
    #[serde(default)]
    not: Vec<Spanned<String>>,
    ko: String,
    en: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowUnknownEntry {
    id: Spanned<String>,
    holidays: Vec<Spanned<String>>,
    days_before: u16,
    days_after: u16,
    ko: String,
    en: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowEntry {
    holiday: Spanned<String>,
    year: Spanned<i32>,
    from: Day,
    to: Day,
    source: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForbidEntry {
    id: Spanned<String>,
    relations: Vec<Spanned<String>>,
    duty_relation: Option<bool>,
    everything: bool,
    #[serde(default)]
    tags: Vec<Spanned<String>>,
    #[serde(default)]
    concept_words: Vec<Spanned<String>>,
    #[serde(default)]
    not: Vec<Spanned<String>>,
    ko: String,
    en: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteEntry {
    id: Spanned<String>,
    relations: Vec<Spanned<String>>,
    duty_relation: Option<bool>,
    #[serde(default)]
    duty_unknown: bool,
    #[serde(default)]
    concept_words: Vec<Spanned<String>>,
    #[serde(default)]
    words_in_text: Vec<Spanned<String>>,
    ko: String,
    en: String,
    source: String,
}

/// What every text of the file is checked against and completed with.
struct Texts {
    as_of: Day,
    disclaimer: [String; 2],
    check: [String; 2],
}

impl Texts {
    /// A message that ends with the disclaimer; the reminder to check goes before it.
    fn message(
        &self,
        id: Spanned<String>,
        texts: [String; 2],
        source: &str,
        needs_check: bool,
    ) -> Result<Message, DataError> {
        let fault = |what: String| Err(data::LAW.error(id.span(), what));
        if source.trim().is_empty() {
            return fault("a rule needs its source".to_owned());
        }
        let [mut ko, mut en] = texts;
        for (i, text) in [&mut ko, &mut en].into_iter().enumerate() {
            let (disclaimer, check) = (&self.disclaimer[i], &self.check[i]);
            let Some(said) = text.strip_suffix(disclaimer.as_str()) else {
                return fault(format!("the text must end with '{disclaimer}'"));
            };
            if needs_check {
                *text = format!("{said}{check} {disclaimer}");
            }
        }
        let source = dated(source, self.as_of);
        let id = id.into_inner();
        Ok(Message { id, ko, en, source })
    }
}

pub(super) fn load() -> Result<Law, DataError> {
    let file: LawFile = data::LAW.parse()?;
    let texts = Texts {
        as_of: file.as_of,
        disclaimer: [file.disclaimer_ko, file.disclaimer_en],
        check: [file.check_ko, file.check_en],
    };
    if file.law_ko.is_empty() || file.law_en.is_empty() {
        return Err(data::LAW.error(0..0, "law_ko and law_en must name the law".into()));
    }
    let mut rules = Vec::new();
    for entry in file.limit {
        let effect = Effect::MaxPrice(entry.max_price);
        let message = texts.message(entry.id, [entry.ko, entry.en], &entry.source, false)?;
        rules.push(LegalRule {
            relations: values(data::LAW, &entry.relations)?,
            duty: Duty::Either,
            effect,
            message,
        });
    }
    let (exceptions, goods) = exceptions(file.exception, &rules, &texts)?;
    let amount_vouchers = forbidden(file.forbid, &texts, &mut rules)?;
    let note_words = notes(file.note, &texts, &mut rules)?;
    Ok(Law {
        rules,
        exceptions,
        windows: windows(file.window)?,
        window_unknown: window_unknown(file.window_unknown, &texts)?,
        ask: ask(file.ask)?,
        goods,
        amount_vouchers,
        note_words: note_words.build(data::LAW)?,
    })
}

fn ask(entries: Vec<AskEntry>) -> Result<Ask, DataError> {
    let mut entries = entries.into_iter();
    let Some(entry) = entries.next() else {
        return Err(data::LAW.error(0..0, "the question [[ask]] is missing".into()));
    };
    if let Some(second) = entries.next() {
        return Err(data::LAW.error(second.id.span(), "only one [[ask]] is known".into()));
    }
    if entry.id.get_ref() != "duty_relation" {
        let what = "the question must have the id of a profile's field, 'duty_relation'".into();
        return Err(data::LAW.error(entry.id.span(), what));
    }
    if entry.source.get_ref().trim().is_empty() {
        return Err(data::LAW.error(entry.source.span(), "a question needs its source".into()));
    }
    let words = |words: Vec<String>| words.iter().map(|w| normalise(w)).collect();
    Ok(Ask {
        relations: values(data::LAW, &entry.relations)?,
        id: entry.id.into_inner(),
        ko: entry.ko,
        en: entry.en,
        hint_ko: entry.hint_ko,
        hint_en: entry.hint_en,
        yes_ko: entry.yes_ko,
        yes_en: entry.yes_en,
        no_ko: entry.no_ko,
        no_en: entry.no_en,
        yes_words: words(entry.yes_words),
        no_words: words(entry.no_words),
    })
}

fn exceptions(
    entries: Vec<ExceptionEntry>,
    limits: &[LegalRule],
    texts: &Texts,
) -> Result<(Vec<Exception>, ExceptedGoods), DataError> {
    let mut words = Words::default();
    let mut tags = Vec::new();
    // One flag of a product tells all excepted goods, so one entry lists them and the others name it.
    let mut listing: Option<String> = None;
    let mut exceptions = Vec::new();
    for entry in entries {
        if !limits
            .iter()
            .any(|l| l.message.id == *entry.limit.get_ref())
        {
            let what = format!("no limit '{}'", entry.limit.get_ref());
            return Err(data::LAW.error(entry.limit.span(), what));
        }
        match (&entry.same_goods_as, &listing) {
            (Some(same), Some(listed)) if same.get_ref() == listed => {
                if !(entry.words.is_empty() && entry.tags.is_empty() && entry.not.is_empty()) {
                    let what = "same_goods_as leaves no room for words, tags and not".into();
                    return Err(data::LAW.error(same.span(), what));
                }
            }
            (Some(same), _) => {
                let what = format!("'{}' lists no goods above this", same.get_ref());
                return Err(data::LAW.error(same.span(), what));
            }
            (None, Some(listed)) => {
                let what = format!("goods are listed once: write same_goods_as = \"{listed}\"");
                return Err(data::LAW.error(entry.id.span(), what));
            }
            (None, None) => {
                words.add(data::LAW, &entry.words, ExceptedGoods::IS)?;
                words.add(data::LAW, &entry.not, ExceptedGoods::IS_NOT)?;
                tags = squeezed(&entry.tags);
                listing = Some(entry.id.get_ref().clone());
            }
        }
        let (id, said) = (entry.id, [entry.ko, entry.en]);
        exceptions.push(Exception {
            limit: entry.limit.into_inner(),
            relations: values(data::LAW, &entry.relations)?,
            max_price: entry.max_price,
            windows_only: entry.windows_only,
            message: texts.message(id, said, &entry.source, entry.needs_check)?,
        });
    }
    let words = words.build(data::LAW)?;
    Ok((exceptions, ExceptedGoods { words, tags }))
}

fn windows(entries: Vec<WindowEntry>) -> Result<Vec<Window>, DataError> {
    let mut windows: Vec<Window> = Vec::new();
    for entry in entries {
        let holiday: Occasion = parsed(data::LAW, &entry.holiday)?;
        let (at, year) = (entry.year.span(), entry.year.into_inner());
        if entry.source.get_ref().trim().is_empty() {
            return Err(data::LAW.error(entry.source.span(), "a window needs its source".into()));
        }
        if entry.from > entry.to || entry.to.year() != year {
            let what = "the window must begin before it ends, and end in its year".into();
            return Err(data::LAW.error(at, what));
        }
        if windows
            .iter()
            .any(|w| w.holiday == holiday && w.year == year)
        {
            return Err(data::LAW.error(at, format!("the window of {holiday} {year} stands twice")));
        }
        windows.push(Window {
            holiday,
            year,
            from: entry.from,
            to: entry.to,
        });
    }
    Ok(windows)
}

fn window_unknown(entry: WindowUnknownEntry, texts: &Texts) -> Result<WindowUnknown, DataError> {
    Ok(WindowUnknown {
        holidays: values(data::LAW, &entry.holidays)?,
        days_before: i32::from(entry.days_before),
        days_after: i32::from(entry.days_after),
        message: texts.message(entry.id, [entry.ko, entry.en], &entry.source, false)?,
    })
}

fn forbidden(
    entries: Vec<ForbidEntry>,
    texts: &Texts,
    rules: &mut Vec<LegalRule>,
) -> Result<ForbiddenVouchers, DataError> {
    let mut words = Words::default();
    let mut tags = Vec::new();
    for entry in entries {
        let listed = !(entry.tags.is_empty() && entry.concept_words.is_empty());
        if entry.everything == listed {
            let what = "either everything is forbidden, or what concept_words and tags list".into();
            return Err(data::LAW.error(entry.id.span(), what));
        }
        words.add(data::LAW, &entry.concept_words, 0)?;
        words.block(data::LAW, &entry.not, 0)?;
        tags.extend(squeezed(&entry.tags));
        rules.push(LegalRule {
            relations: values(data::LAW, &entry.relations)?,
            duty: entry.duty_relation.map_or(Duty::Either, Duty::Is),
            effect: if entry.everything {
                Effect::Nothing
            } else {
                Effect::NoAmountVoucher
            },
            message: texts.message(entry.id, [entry.ko, entry.en], &entry.source, false)?,
        });
    }
    let words = words.build(data::LAW)?;
    Ok(ForbiddenVouchers { words, tags })
}

fn notes(
    entries: Vec<NoteEntry>,
    texts: &Texts,
    rules: &mut Vec<LegalRule>,
) -> Result<Words, DataError> {
    let mut words = Words::default();
    if entries.len() > NOTES_MOST {
        let what = format!("at most {NOTES_MOST} notes");
        return Err(data::LAW.error(entries[NOTES_MOST].id.span(), what));
    }
    for (number, entry) in (0u8..).zip(entries) {
        words.add(data::LAW, &entry.concept_words, number)?;
        words.add(data::LAW, &entry.words_in_text, number)?;
        let effect = match (
            entry.concept_words.is_empty(),
            entry.words_in_text.is_empty(),
        ) {
            (true, true) => Effect::Note,
            (false, true) => Effect::NoteOnGoods(number),
            (true, false) => Effect::NoteOnText(number),
            (false, false) => {
                let what = "a note is about goods or about the guest's words, not both".into();
                return Err(data::LAW.error(entry.id.span(), what));
            }
        };
        let duty = match (entry.duty_relation, entry.duty_unknown) {
            (None, true) => Duty::Unknown,
            (Some(answer), false) => Duty::Is(answer),
            (None, false) => Duty::Either,
            (Some(_), true) => {
                let what = "duty_relation and duty_unknown exclude each other".into();
                return Err(data::LAW.error(entry.id.span(), what));
            }
        };
        rules.push(LegalRule {
            relations: values(data::LAW, &entry.relations)?,
            duty,
            effect,
            message: texts.message(entry.id, [entry.ko, entry.en], &entry.source, false)?,
        });
    }
    Ok(words)
}
