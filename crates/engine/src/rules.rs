//! Law and custom. Law filters and says so; custom only warns. Every rule is data with its source.

mod files;

use crate::lexicon::{Meaning, WordIndex};
use crate::profile::{Occasion, Profile, Relation};
use crate::rank::Warning;
use crate::text::Squeezed;
use crate::{DataError, Lang};

/// Most customs told about one list.
const MAX_CUSTOMS: usize = 3;

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

/// To whom a legal rule applies, judged by the answer about a direct duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
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
enum Effect {
    /// Goods may cost at most this, in won.
    MaxPrice(u32),
    /// Nothing may be given.
    Nothing,
    /// Amount vouchers may not be given.
    NoAmountVoucher,
    /// Only told.
    Note,
}

#[derive(Debug)]
struct LegalRule {
    relations: Vec<Relation>,
    duty: Duty,
    effect: Effect,
    message: Message,
}

#[derive(Debug)]
struct Custom {
    occasions: Vec<Occasion>,
    relations: Vec<Relation>,
    message: Message,
}

/// All rules, read once.
#[derive(Debug)]
pub struct Rules {
    legal: Vec<LegalRule>,
    customs: Vec<Custom>,
    custom_words: WordIndex,
    amount_voucher_words: WordIndex,
    amount_voucher_tags: Vec<String>,
}

/// What the law says about a profile.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Nothing may be given at all.
    pub nothing_allowed: bool,
    /// Highest price allowed, in won.
    pub max_price: Option<u32>,
    /// Kinds of product that are forbidden, as flags of a document.
    pub forbidden_flags: u8,
    /// What to tell the guest.
    pub warnings: Vec<Warning>,
}

impl Rules {
    pub(crate) fn embedded() -> Result<Self, DataError> {
        files::load()
    }

    /// What the law says about giving to this recipient.
    pub(crate) fn judge(&self, profile: &Profile, lang: Lang) -> Verdict {
        let mut verdict = Verdict::default();
        let Some(relation) = profile.relation else {
            return verdict;
        };
        for rule in self
            .legal
            .iter()
            .filter(|r| r.relations.contains(&relation) && r.duty.holds(profile.duty_relation))
        {
            match rule.effect {
                Effect::MaxPrice(max) => {
                    verdict.max_price = Some(verdict.max_price.map_or(max, |known| known.min(max)))
                }
                Effect::Nothing => verdict.nothing_allowed = true,
                Effect::NoAmountVoucher => {
                    verdict.forbidden_flags |= crate::catalogue::FLAG_AMOUNT_VOUCHER
                }
                Effect::Note => {}
            }
            verdict.warnings.push(rule.message.warning(lang));
        }
        verdict
    }

    /// Customs that speak against one of the listed things for this recipient and occasion.
    pub(crate) fn customs(
        &self,
        about: impl Iterator<Item = u8>,
        profile: &Profile,
        lang: Lang,
    ) -> Vec<Warning> {
        let mut told: Vec<u8> = Vec::new();
        for custom in about {
            let Some(rule) = self.customs.get(usize::from(custom)) else {
                continue;
            };
            let occasion = rule.occasions.is_empty()
                || profile
                    .occasion
                    .is_some_and(|o| rule.occasions.contains(&o));
            let relation = rule.relations.is_empty()
                || profile
                    .relation
                    .is_some_and(|r| rule.relations.contains(&r));
            if occasion && relation && told.len() < MAX_CUSTOMS && !told.contains(&custom) {
                told.push(custom);
            }
        }
        told.into_iter()
            .map(|c| self.customs[usize::from(c)].message.warning(lang))
            .collect()
    }

    /// Customs that a title gives cause for, by number.
    pub(crate) fn customs_about(&self, title: &Squeezed) -> Vec<u8> {
        let found = self.custom_words.find(title);
        let meanings = found.iter().flat_map(|f| f.meanings.iter());
        meanings
            .filter_map(|m| {
                if let Meaning::Custom(c) = m {
                    Some(*c)
                } else {
                    None
                }
            })
            .collect()
    }

    /// Ids of the customs, in the order of their numbers.
    pub(crate) fn custom_ids(&self) -> impl Iterator<Item = &str> {
        self.customs.iter().map(|c| c.message.id.as_str())
    }

    /// Number of a custom.
    pub(crate) fn custom_by_id(&self, id: &str) -> Option<u8> {
        self.custom_ids()
            .position(|c| c == id)
            .and_then(|at| u8::try_from(at).ok())
    }

    /// Whether a product is an amount voucher, as good as cash.
    pub(crate) fn is_amount_voucher(&self, title: &Squeezed, tags: &[Squeezed]) -> bool {
        tags.iter()
            .any(|t| self.amount_voucher_tags.iter().any(|a| a == t.as_str()))
            || !self.amount_voucher_words.find(title).is_empty()
    }
}
