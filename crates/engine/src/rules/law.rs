//! What the law allows to give to whom, judged once for a request.

use super::calendar::{Calendar, Next};
use super::{Day, Message};
use crate::Lang;
use crate::catalogue::{FLAG_AGRICULTURAL, FLAG_AMOUNT_VOUCHER};
use crate::interview::Answer;
use crate::lexicon::{Meaning, WordIndex};
use crate::profile::{Budget, Occasion, Profile, Relation};
use crate::rank::Warning;
use crate::text::{Squeezed, normalise};

/// To whom a legal rule applies, judged by the answer about a direct duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    /// Whatever the answer.
    Either,
    /// Only for this answer.
    Is(bool),
    /// Only while nobody has answered.
    Unknown,
}

impl Duty {
    fn holds(self, answer: Option<bool>) -> bool {
        match self {
            Self::Either => true,
            Self::Is(wanted) => answer == Some(wanted),
            Self::Unknown => answer.is_none(),
        }
    }
}

/// What a legal rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Goods may cost at most this, in won.
    MaxPrice(u32),
    /// Nothing may be given.
    Nothing,
    /// Amount vouchers may not be given.
    NoAmountVoucher,
    /// Only told.
    Note,
    /// Told when the guest's own words hold one of the note's, by this number.
    NoteOnText(u8),
    /// Told when a listed gift is one of the note's goods, by this number.
    NoteOnGoods(u8),
}

#[derive(Debug)]
pub(super) struct LegalRule {
    pub relations: Vec<Relation>,
    pub duty: Duty,
    pub effect: Effect,
    pub message: Message,
}

impl LegalRule {
    fn holds(&self, profile: &Profile) -> bool {
        profile
            .relation
            .is_some_and(|r| self.relations.contains(&r))
            && self.duty.holds(profile.duty_relation)
    }
}

/// A higher limit for the goods that carry [`FLAG_AGRICULTURAL`].
#[derive(Debug)]
pub(super) struct Exception {
    /// The rule that it is an exception to.
    pub limit: String,
    pub relations: Vec<Relation>,
    pub max_price: u32,
    /// Whether it holds only in a window around a holiday.
    pub windows_only: bool,
    pub message: Message,
}

/// Days around a holiday on which a gift may be sent under the higher limit, both included.
#[derive(Debug)]
pub(super) struct Window {
    pub holiday: Occasion,
    pub year: i32,
    pub from: Day,
    pub to: Day,
}

/// When it is told that nobody knows a year's window.
#[derive(Debug)]
pub(super) struct WindowUnknown {
    pub holidays: Vec<Occasion>,
    pub days_before: i32,
    pub days_after: i32,
    pub message: Message,
}

/// A question that the law needs an answer to; its id is that of the profile's field.
#[derive(Debug)]
pub(crate) struct Ask {
    pub id: String,
    pub relations: Vec<Relation>,
    pub ko: String,
    pub en: String,
    pub hint_ko: String,
    pub hint_en: String,
    pub yes_ko: String,
    pub yes_en: String,
    pub no_ko: String,
    pub no_en: String,
    pub yes_words: Vec<String>,
    pub no_words: Vec<String>,
}

impl Ask {
    /// The value of the option that says yes, and of the one that says no.
    pub(crate) const OPTIONS: [&'static str; 2] = ["yes", "no"];

    /// What an answer says; an answer that is neither yes nor no says nothing.
    pub(crate) fn read(&self, answer: &Answer) -> Option<bool> {
        match answer {
            Answer::Choice(value) => {
                let at = Self::OPTIONS.iter().position(|o| o == value)?;
                Some(at == 0)
            }
            Answer::Text(text) => {
                let words = normalise(text);
                let first = words.split(' ').next()?;
                if self.yes_words.iter().any(|w| w == first) {
                    Some(true)
                } else {
                    self.no_words.iter().any(|w| w == first).then_some(false)
                }
            }
            Answer::Choices(_) | Answer::Range(_) | Answer::Skipped => None,
        }
    }
}

/// All legal rules.
#[derive(Debug)]
pub(crate) struct Law {
    pub(super) rules: Vec<LegalRule>,
    pub(super) exceptions: Vec<Exception>,
    pub(super) windows: Vec<Window>,
    pub(super) window_unknown: WindowUnknown,
    pub(super) ask: Ask,
    pub(super) goods: ExceptedGoods,
    pub(super) amount_vouchers: ForbiddenVouchers,
    /// Words of the notes that are told when a guest or a title says one.
    pub(super) note_words: WordIndex,
}

/// What counts as the goods of the exceptions.
#[derive(Debug)]
pub(super) struct ExceptedGoods {
    /// Words that say so, and words that say that it is something else.
    pub words: WordIndex,
    pub tags: Vec<String>,
}

impl ExceptedGoods {
    pub(super) const IS: u8 = 0;
    pub(super) const IS_NOT: u8 = 1;
}

/// What counts as good as cash.
#[derive(Debug)]
pub(super) struct ForbiddenVouchers {
    pub words: WordIndex,
    pub tags: Vec<String>,
}

/// What the law says about a profile.
#[derive(Debug, Default)]
pub(crate) struct Verdict<'a> {
    /// Nothing may be given at all.
    pub nothing_allowed: bool,
    /// Highest price allowed for goods without an exception, in won.
    pub max_price: Option<u32>,
    /// Highest price allowed for the goods of an exception, never below `max_price`.
    pub excepted_max_price: Option<u32>,
    /// The goods of an exception, as a flag of a document; 0 without one.
    pub excepted_flags: u8,
    /// Kinds of product that are forbidden, as flags of a document.
    pub forbidden_flags: u8,
    /// What to tell the guest whatever is listed.
    pub warnings: Vec<Warning>,
    /// Notes that depend on what is listed.
    on_goods: Vec<(u8, &'a Message)>,
    exception: Option<(&'a Exception, Option<&'a Window>)>,
    unknown: Option<&'a Message>,
}

/// The days on which the gift may be sent, as far as they are known: today, and the day by which it must be there.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dispatch {
    pub today: Option<Day>,
    pub deliver_by: Option<Day>,
}

impl Dispatch {
    pub(crate) fn of(profile: &Profile, today: Option<Day>) -> Self {
        let deliver_by = profile.deliver_by.as_deref();
        Self {
            today,
            deliver_by: deliver_by.and_then(|d| d.parse().ok()),
        }
    }

    /// Days from the order until the gift must be there.
    pub(crate) fn days_left(self) -> Option<i32> {
        Some(self.deliver_by?.days_since(self.today?))
    }

    fn days(self) -> impl Iterator<Item = Day> {
        self.today.into_iter().chain(self.deliver_by)
    }
}

impl Law {
    /// The question that the law needs an answer to.
    pub(crate) fn ask(&self) -> &Ask {
        &self.ask
    }

    /// What the law says about giving to this recipient. `said` are the guest's own words.
    pub(crate) fn judge<'s>(
        &self,
        calendar: &Calendar,
        profile: &Profile,
        said: impl Iterator<Item = &'s str>,
        dispatch: Dispatch,
        lang: Lang,
    ) -> Verdict<'_> {
        let mut verdict = Verdict::default();
        let mut texts = None;
        let mut said = Some(said);
        for rule in self.rules.iter().filter(|r| r.holds(profile)) {
            match rule.effect {
                Effect::MaxPrice(max) => self.limit(&mut verdict, rule, max, profile, dispatch),
                Effect::Nothing => verdict.nothing_allowed = true,
                Effect::NoAmountVoucher => verdict.forbidden_flags |= FLAG_AMOUNT_VOUCHER,
                Effect::Note => {}
                Effect::NoteOnText(number) => {
                    let notes = texts.get_or_insert_with(|| {
                        said.take()
                            .into_iter()
                            .flatten()
                            .fold(0u64, |notes, text| notes | self.notes_in(text))
                    });
                    if *notes >> number & 1 == 0 {
                        continue;
                    }
                }
                Effect::NoteOnGoods(number) => {
                    verdict.on_goods.push((number, &rule.message));
                    continue;
                }
            }
            verdict.warnings.push(rule.message.warning(lang));
        }
        if verdict.excepted_flags != 0 && self.window_is_unknown(calendar, profile, dispatch) {
            verdict.unknown = Some(&self.window_unknown.message);
        }
        verdict
    }

    /// Takes a limit into a verdict, with the exception to it that allows most.
    fn limit<'a>(
        &'a self,
        verdict: &mut Verdict<'a>,
        rule: &LegalRule,
        max: u32,
        profile: &Profile,
        dispatch: Dispatch,
    ) {
        let among = |e: &&Exception| {
            e.limit == rule.message.id && profile.relation.is_some_and(|r| e.relations.contains(&r))
        };
        let holding = self.exceptions.iter().filter(among).filter_map(|e| {
            if !e.windows_only {
                return Some((e, None));
            }
            let window = dispatch.days().find_map(|day| self.window_on(day))?;
            Some((e, Some(window)))
        });
        let best = holding.max_by_key(|(e, _)| e.max_price);
        let excepted = best.map_or(max, |(e, _)| e.max_price.max(max));
        if let Some(best) = best {
            verdict.excepted_flags |= FLAG_AGRICULTURAL;
            verdict.exception = Some(best);
        }
        let least = |known: Option<u32>, new: u32| Some(known.map_or(new, |k| k.min(new)));
        verdict.max_price = least(verdict.max_price, max);
        verdict.excepted_max_price = least(verdict.excepted_max_price, excepted);
    }

    fn window_on(&self, day: Day) -> Option<&Window> {
        self.windows.iter().find(|w| w.from <= day && day <= w.to)
    }

    /// Whether the gift is for a holiday, or sent near one, whose window nobody knows yet. A holiday whose own date is unknown may
    /// be near on any day.
    fn window_is_unknown(
        &self,
        calendar: &Calendar,
        profile: &Profile,
        dispatch: Dispatch,
    ) -> bool {
        let unknown = &self.window_unknown;
        let listed = |holiday: Occasion, year: i32| {
            self.windows
                .iter()
                .any(|w| w.holiday == holiday && w.year == year)
        };
        dispatch.days().any(|day| {
            unknown.holidays.iter().any(|&holiday| {
                match calendar.next(holiday, day.plus(-unknown.days_after)) {
                    Next::On(date) => {
                        let concerns = profile.occasion == Some(holiday)
                            || date.days_since(day) <= unknown.days_before;
                        concerns && !listed(holiday, date.year())
                    }
                    Next::UnknownYear(year) => !listed(holiday, year),
                    Next::NoDate => false,
                }
            })
        })
    }

    /// Notes that a text gives cause for, one bit each.
    fn notes_in(&self, text: &str) -> u64 {
        let found = self.note_words.find(&Squeezed::new(&normalise(text)));
        let meanings = found.iter().flat_map(|f| f.meanings.iter());
        meanings.fold(0, |bits, meaning| match meaning {
            Meaning::Custom(number) => bits | 1 << number,
            _ => bits,
        })
    }

    /// What is told once the list stands. `listed` gives the title, price and flags of each gift.
    pub(crate) fn told_about<'t>(
        &self,
        verdict: &Verdict<'_>,
        listed: impl Iterator<Item = (&'t str, u32, u8)> + Clone,
        budget: Option<Budget>,
        lang: Lang,
    ) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if let (Some((exception, window)), Some(plain)) = (verdict.exception, verdict.max_price) {
            let used = listed
                .clone()
                .any(|(_, price, flags)| price > plain && flags & verdict.excepted_flags != 0);
            let hoped = budget.is_some_and(|b| b.max.is_none_or(|max| max > plain));
            if used || hoped {
                warnings.push(exception.warning(window, lang));
            }
        }
        warnings.extend(verdict.unknown.map(|m| m.warning(lang)));
        if !verdict.on_goods.is_empty() {
            let notes = listed.fold(0, |notes, (title, ..)| notes | self.notes_in(title));
            let told = verdict.on_goods.iter().filter(|n| notes >> n.0 & 1 == 1);
            warnings.extend(told.map(|n| n.1.warning(lang)));
        }
        warnings
    }

    /// Whether a product is an amount voucher, as good as cash.
    pub(crate) fn is_amount_voucher(&self, title: &Squeezed, tags: &[Squeezed]) -> bool {
        let vouchers = &self.amount_vouchers;
        holds_tag(&vouchers.tags, tags) || !vouchers.words.find(title).is_empty()
    }

    /// Whether a product is one of the goods that the exceptions are about, as far as its words tell.
    pub(crate) fn is_excepted(&self, title: &Squeezed, tags: &[Squeezed]) -> bool {
        let found = self.goods.words.find(title);
        let says = |number| {
            let meaning = Meaning::Custom(number);
            found.iter().any(|f| f.meanings.contains(&meaning))
        };
        !says(ExceptedGoods::IS_NOT)
            && (says(ExceptedGoods::IS) || holds_tag(&self.goods.tags, tags))
    }

    /// Everything that the law can say.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        let rules = self.rules.iter().map(|r| &r.message);
        let exceptions = self.exceptions.iter().map(|e| &e.message);
        rules
            .chain(exceptions)
            .chain([&self.window_unknown.message])
    }
}

impl Exception {
    /// The warning, with the days of the window.
    fn warning(&self, window: Option<&Window>, lang: Lang) -> Warning {
        let mut warning = self.message.warning(lang);
        if let Some(window) = window {
            warning.message = warning
                .message
                .replace("{from}", &window.from.to_string())
                .replace("{to}", &window.to.to_string());
        }
        warning
    }
}

fn holds_tag(wanted: &[String], tags: &[Squeezed]) -> bool {
    tags.iter().any(|t| wanted.iter().any(|w| w == t.as_str()))
}
