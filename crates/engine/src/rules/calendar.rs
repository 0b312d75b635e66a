//! The days on which Koreans give gifts, from `data/rules/calendar.toml`. What the file does not list is unknown, never worked out.

use super::Message;
use super::day::Day;
use super::files::parsed;
use crate::Lang;
use crate::data::{self, DataError};
use crate::profile::Occasion;
use crate::rank::Warning;
use crate::text::with_josa;
use serde::Deserialize;
use toml::Spanned;

/// The next time that an occasion comes round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// On this day.
    On(Day),
    /// It depends on the year, and this year's date is not known.
    UnknownYear(i32),
    /// It has no date of its own.
    NoDate,
}

/// How the date of an occasion is found.
#[derive(Debug)]
enum Dates {
    /// The same month and day every year.
    Fixed { month: u32, day: u32 },
    /// The nth such weekday (days since Monday) of a month.
    NthWeekday { month: u32, weekday: u32, nth: u32 },
    /// Year by year.
    Table(Vec<Day>),
}

#[derive(Debug)]
struct Entry {
    occasion: Occasion,
    dates: Dates,
    ko: String,
    en: String,
    source: String,
}

/// A day counted from one that the guest gives.
#[derive(Debug)]
struct Counted {
    occasion: Occasion,
    /// Days from the first day to this one.
    offset: i32,
}

/// When each occasion is.
#[derive(Debug)]
pub struct Calendar {
    entries: Vec<Entry>,
    counted: Vec<Counted>,
    /// From so many days before it on, a date is told.
    within_days: i32,
    near: Message,
    unknown: Message,
}

impl Calendar {
    pub(super) fn embedded() -> Result<Self, DataError> {
        data::CALENDAR.parse::<CalendarFile>()?.check()
    }

    /// The day of an occasion in a year; `None` when it is unknown or the occasion has no date.
    pub fn date_of(&self, occasion: Occasion, year: i32) -> Option<Day> {
        self.entry(occasion)?.dates.of(year)
    }

    /// The next day of an occasion, today included.
    pub fn next(&self, occasion: Occasion, from: Day) -> Next {
        let Some(entry) = self.entry(occasion) else {
            return Next::NoDate;
        };
        for year in [from.year(), from.year() + 1] {
            match entry.dates.of(year) {
                Some(day) if day >= from => return Next::On(day),
                Some(_) => {}
                None => return Next::UnknownYear(year),
            }
        }
        Next::UnknownYear(from.year() + 1)
    }

    /// The day of an occasion that is counted from a first day, which is itself day 1.
    pub fn counted_from(&self, occasion: Occasion, first_day: Day) -> Option<Day> {
        let counted = self.counted.iter().find(|c| c.occasion == occasion)?;
        Some(first_day.plus(counted.offset))
    }

    fn entry(&self, occasion: Occasion) -> Option<&Entry> {
        self.entries.iter().find(|e| e.occasion == occasion)
    }

    /// What is to be told about the date of an occasion: that it is near, or that nobody knows it.
    pub(crate) fn warning(&self, occasion: Occasion, today: Day, lang: Lang) -> Option<Warning> {
        let entry = self.entry(occasion)?;
        let (message, filled) = match self.next(occasion, today) {
            Next::On(day) if day.days_since(today) <= self.within_days => (
                &self.near,
                entry.fill(&self.near, day.year(), Some(day), lang),
            ),
            Next::UnknownYear(year) => (&self.unknown, entry.fill(&self.unknown, year, None, lang)),
            Next::On(_) | Next::NoDate => return None,
        };
        Some(Warning {
            code: message.id.clone(),
            message: filled,
            source: entry.source.clone(),
        })
    }
}

impl Dates {
    fn of(&self, year: i32) -> Option<Day> {
        match *self {
            Self::Fixed { month, day } => Day::new(year, month, day),
            Self::NthWeekday {
                month,
                weekday,
                nth,
            } => {
                let first = Day::new(year, month, 1)?;
                let ahead = (weekday + 7 - first.weekday()) % 7 + 7 * (nth - 1);
                Day::new(year, month, 1 + ahead)
            }
            Self::Table(ref days) => days.iter().copied().find(|d| d.year() == year),
        }
    }
}

impl Entry {
    /// Puts the name and the date into a text.
    fn fill(&self, message: &Message, year: i32, day: Option<Day>, lang: Lang) -> String {
        // What stands in brackets explains the name and is no part of it.
        let name = lang.pick(&self.ko, &self.en);
        let name = name.split(" (").next().unwrap_or(name);
        let date = day.map_or_else(String::new, |d| match lang {
            Lang::Ko => format!("{}월 {}일", d.month(), d.day()),
            Lang::En => format!("{} {}", MONTHS[d.month() as usize - 1], d.day()),
        });
        lang.pick(&message.ko, &message.en)
            .replace("{name:은/는}", &with_josa(name, "은", "는"))
            .replace("{name}", name)
            .replace("{year}", &year.to_string())
            .replace("{date}", &date)
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    as_of: Day,
    near: NearEntry,
    unknown: TextEntry,
    fixed: Vec<FixedEntry>,
    nth_weekday: Vec<NthWeekdayEntry>,
    table: Vec<TableEntry>,
    counted: Vec<CountedEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NearEntry {
    id: String,
    within_days: u16,
    ko: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextEntry {
    id: String,
    ko: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FixedEntry {
    occasion: Spanned<String>,
    month: u32,
    day: u32,
    ko: String,
    en: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NthWeekdayEntry {
    occasion: Spanned<String>,
    month: u32,
    weekday: Weekday,
    nth: u32,
    ko: String,
    en: String,
    source: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableEntry {
    occasion: Spanned<String>,
    dates: Vec<Spanned<Day>>,
    ko: String,
    en: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "texts that wait for the page that asks for the first day"
)]
struct CountedEntry {
    occasion: Spanned<String>,
    day: u16,
    first_day_is: u16,
    ko: String,
    en: String,
    source: String,
}

impl CalendarFile {
    fn check(self) -> Result<Calendar, DataError> {
        let file = data::CALENDAR;
        let mut entries: Vec<Entry> = Vec::new();
        for e in self.fixed {
            // A day that only some years have would need a rule for the others.
            if Day::new(2027, e.month, e.day).is_none() {
                let what = format!("{}-{} is no day of every year", e.month, e.day);
                return Err(file.error(e.occasion.span(), what));
            }
            entries.push(Entry {
                occasion: parsed(file, &e.occasion)?,
                dates: Dates::Fixed {
                    month: e.month,
                    day: e.day,
                },
                ko: e.ko,
                en: e.en,
                source: e.source,
            });
        }
        for e in self.nth_weekday {
            if !(1..=12).contains(&e.month) || !(1..=4).contains(&e.nth) {
                let what = "month must be 1 to 12 and nth 1 to 4".to_owned();
                return Err(file.error(e.occasion.span(), what));
            }
            entries.push(Entry {
                occasion: parsed(file, &e.occasion)?,
                dates: Dates::NthWeekday {
                    month: e.month,
                    weekday: e.weekday as u32,
                    nth: e.nth,
                },
                ko: e.ko,
                en: e.en,
                source: e.source,
            });
        }
        for e in self.table {
            for (i, day) in e.dates.iter().enumerate() {
                let year = day.get_ref().year();
                if e.dates[..i].iter().any(|d| d.get_ref().year() == year) {
                    return Err(file.error(day.span(), format!("the year {year} stands twice")));
                }
            }
            entries.push(Entry {
                occasion: parsed(file, &e.occasion)?,
                dates: Dates::Table(e.dates.into_iter().map(Spanned::into_inner).collect()),
                ko: e.ko,
                en: e.en,
                source: e.source,
            });
        }
        let mut counted = Vec::new();
        for e in self.counted {
            counted.push(Counted {
                occasion: parsed(file, &e.occasion)?,
                offset: i32::from(e.day) - i32::from(e.first_day_is),
            });
        }
        for (i, entry) in entries.iter().enumerate() {
            if entries[..i].iter().any(|e| e.occasion == entry.occasion) {
                let what = format!("the occasion '{}' stands twice", entry.occasion);
                return Err(file.error(0..0, what));
            }
        }
        let message = |id: String, ko: String, en: String| Message {
            id,
            ko,
            en,
            source: String::new(),
        };
        for entry in &mut entries {
            entry.source = super::files::dated(&entry.source, self.as_of);
        }
        Ok(Calendar {
            entries,
            counted,
            within_days: i32::from(self.near.within_days),
            near: message(self.near.id, self.near.ko, self.near.en),
            unknown: message(self.unknown.id, self.unknown.ko, self.unknown.en),
        })
    }
}
