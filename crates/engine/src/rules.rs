//! Law, custom and calendar. Law filters and says so; custom only warns and moves a score. Every rule is data with its source.

mod calendar;
mod customs;
mod day;
mod files;
mod law;

pub use calendar::{Calendar, Next};
pub(crate) use customs::Customs;
pub use day::{Day, NoDay};
pub(crate) use law::{Ask, Dispatch, Law, Verdict};

use crate::rank::Warning;
use crate::{DataError, Lang};

/// A text in both languages with its source.
#[derive(Debug, Clone)]
struct Message {
    id: String,
    ko: String,
    en: String,
    source: String,
}

impl Message {
    fn warning(&self, lang: Lang) -> Warning {
        Warning {
            code: self.id.clone(),
            message: lang.pick(&self.ko, &self.en).to_owned(),
            source: self.source.clone(),
        }
    }
}

/// All rules, read once.
#[derive(Debug)]
pub struct Rules {
    law: Law,
    calendar: Calendar,
    customs: Customs,
}

impl Rules {
    pub(crate) fn embedded() -> Result<Self, DataError> {
        files::load()
    }

    /// When each occasion is.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// What may be given to whom.
    pub(crate) fn law(&self) -> &Law {
        &self.law
    }

    /// What people like or avoid giving.
    pub(crate) fn customs(&self) -> &Customs {
        &self.customs
    }

    /// Everything that law and custom can say, whoever asks, so that each can be checked.
    pub fn all_warnings(&self, lang: Lang) -> Vec<Warning> {
        let customs = self.customs.customs.iter().map(|c| &c.message);
        self.law
            .messages()
            .chain(customs)
            .map(|m| m.warning(lang))
            .collect()
    }
}
