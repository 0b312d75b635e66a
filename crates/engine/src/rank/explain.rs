//! Words for a ranking: the terms of each score, one sentence made from the strongest of them, and what was loosened.

mod told;

use super::compose::Pick;
use super::naming::{GENDERS, RelationName, person, to_person};
use super::signals::{Candidate, Context, SIGNALS, Signal};
use super::words::{Text, fill, price};
use super::{Constraint, RankedItem, Relaxation, ScoreTerm, Warning};
use crate::Lang;
use crate::data::{self, DataError};
use crate::profile::{AgeBand, Gender, Occasion, Relation};
use crate::rules::Dispatch;
use serde::Deserialize;
use std::cell::Cell;
use std::collections::BTreeMap;
use told::Told;

/// Sentence parts by term, and names, in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reasons {
    opening: Vec<Part>,
    closing: Vec<Part>,
    /// After an opening that nothing follows.
    ending: Variants,
    /// For a gift of which no term can be put into words.
    whole: Variants,
    pub(super) relation: BTreeMap<String, RelationName>,
    pub(super) age: BTreeMap<String, Text>,
    pub(super) gender: BTreeMap<String, Text>,
    occasion: BTreeMap<String, Text>,
    style: BTreeMap<String, Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    term: String,
    ko: Vec<String>,
    en: Vec<String>,
}

/// Ways to say the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variants {
    ko: Vec<String>,
    en: Vec<String>,
}

impl Reasons {
    pub(crate) fn embedded() -> Result<Self, DataError> {
        let reasons: Self = data::REASONS.parse()?;
        let fail = |message: String| Err(data::REASONS.error(0..0, message));
        for parts in [&reasons.opening, &reasons.closing] {
            for signal in SIGNALS {
                let complete = parts
                    .iter()
                    .any(|p| p.term == signal.name() && !p.ko.is_empty() && !p.en.is_empty());
                if !complete {
                    return fail(format!(
                        "no opening or closing for the term '{}'",
                        signal.name()
                    ));
                }
            }
        }
        for variants in [&reasons.ending, &reasons.whole] {
            if variants.ko.is_empty() || variants.en.is_empty() {
                return fail("an ending or a whole sentence without words".to_owned());
            }
        }
        let mut relations = Relation::ALL.iter().map(|v| v.as_str());
        let mut ages = AgeBand::ALL.iter().map(|v| v.as_str());
        let mut occasions = Occasion::ALL.iter().map(|v| v.as_str());
        let missing = relations
            .find(|v| !reasons.relation.contains_key(*v))
            .or_else(|| ages.find(|v| !reasons.age.contains_key(*v)))
            .or_else(|| occasions.find(|v| !reasons.occasion.contains_key(*v)))
            .or_else(|| {
                GENDERS
                    .into_iter()
                    .find(|v| !reasons.gender.contains_key(*v))
            })
            .or_else(|| STYLES.into_iter().find(|v| !reasons.style.contains_key(*v)));
        match missing {
            Some(value) => fail(format!("no name for '{value}'")),
            None => Ok(reasons),
        }
    }
}

/// The two ends of the style, as the data file names them.
const STYLES: [&str; 2] = ["safe", "special"];

/// All picks as the caller sees them, each with a sentence of its own.
pub(super) fn items(context: &Context<'_>, picks: &[Pick]) -> Vec<RankedItem> {
    let mut items: Vec<RankedItem> = Vec::with_capacity(picks.len());
    let mut told = Told::default();
    for pick in picks {
        let speaker = Speaker {
            context,
            candidate: &pick.candidate,
        };
        let reason = told.reason(&speaker);
        items.push(item(context, pick, reason));
    }
    items
}

/// A pick as the caller sees it.
fn item(context: &Context<'_>, pick: &Pick, reason: String) -> RankedItem {
    let candidate = &pick.candidate;
    let terms: Vec<ScoreTerm> = SIGNALS
        .iter()
        .filter(|&&s| candidate.terms[s as usize] != 0.0)
        .map(|&s| ScoreTerm {
            term: s.name().to_owned(),
            value: f64::from(candidate.terms[s as usize]),
            because: s.because(context, candidate),
        })
        .collect();
    RankedItem {
        doc: candidate.doc,
        score: terms.iter().map(|t| t.value).sum(),
        reason,
        matched_keywords: Signal::KeywordMatch.because(context, candidate),
        terms,
        explore: pick.explore,
        propensity: pick.propensity,
    }
}

/// Fills the places of a sentence part for one gift.
struct Speaker<'a> {
    context: &'a Context<'a>,
    candidate: &'a Candidate,
}

impl Speaker<'_> {
    /// Whether what a term came from can be named: an unanswered question is never spoken of, a middling signal is no reason.
    fn can_say(&self, signal: Signal) -> bool {
        let value = self.candidate.terms[signal as usize];
        let share = value / signal.weight(self.context.weights);
        match signal {
            Signal::KeywordMatch => self.spoken_keyword().is_some(),
            Signal::ConceptFit => share >= 0.5 && self.knows_person() && self.kind().is_some(),
            Signal::Taste => share >= 0.4 && self.taste().is_some(),
            Signal::Occasion => {
                share >= 0.5 && self.context.profile.occasion.is_some() && self.kind().is_some()
            }
            Signal::Budget => share >= 0.6 && self.context.profile.budget.is_some(),
            Signal::Quality => share >= 0.6,
            Signal::Style => share > 0.1 && self.kind().is_some(),
            Signal::Safety => share >= 0.65 && self.kind().is_some(),
            Signal::Custom => share > 0.0 && self.context.profile.occasion.is_some(),
        }
    }

    fn knows_person(&self) -> bool {
        let profile = self.context.profile;
        let gender = matches!(profile.gender, Some(Gender::Female | Gender::Male));
        profile.relation.is_some() || profile.age_band.is_some() || gender
    }

    /// Fills a part; nothing if a place of it has no value, or if the kind of the gift would be named twice.
    fn fill(&self, template: &str) -> Option<String> {
        let complete = Cell::new(true);
        let filled = fill(template, |name| {
            let value = self.value(name);
            if value.is_empty() {
                complete.set(false);
            }
            value
        });
        (complete.get() && !self.names_kind_twice(template)).then_some(filled)
    }

    /// Whether a part names the kind beside a keyword or a taste that is much the same word.
    fn names_kind_twice(&self, template: &str) -> bool {
        if !template.contains("{kind") {
            return false;
        }
        let kind = self.kind().unwrap_or_default();
        let twice = |name: &str| {
            let other = self.value(name);
            template.contains(&format!("{{{name}"))
                && (other.contains(kind.as_str()) || kind.contains(other.as_str()))
        };
        twice("keyword") || twice("taste")
    }

    fn value(&self, name: &str) -> String {
        let (context, lang) = (self.context, self.context.params.lang);
        match name {
            "keyword" => self.spoken_keyword().unwrap_or_default(),
            "kind" => self.kind().unwrap_or_default(),
            "taste" => self.taste().unwrap_or_default(),
            "occasion" => {
                let names = &context.engine.reasons.occasion;
                let name = context.profile.occasion.and_then(|o| names.get(o.as_str()));
                name.map_or_else(String::new, |t| t.pick(lang).to_owned())
            }
            "style" => {
                let names = &context.engine.reasons.style;
                let name = names.get(STYLES[usize::from(context.style > 0.0)]);
                name.map_or_else(String::new, |t| t.pick(lang).to_owned())
            }
            "person" => person(context.engine, context.profile, lang),
            "to_person" => to_person(context.engine, context.profile, lang),
            "price" => {
                let amount = context.catalogue.prices()[self.candidate.doc as usize];
                price(amount, context.catalogue.currency(), lang)
            }
            _ => String::new(),
        }
    }

    /// The first keyword that somebody said and that the gift surely is; the engine's own keywords are no wish of the guest's,
    /// and a distant relative is no answer to one.
    fn spoken_keyword(&self) -> Option<String> {
        const SURELY: f32 = 0.6;
        let (context, doc) = (self.context, self.candidate.doc);
        let document = &context.catalogue.documents()[doc as usize];
        let matched = context
            .plans
            .iter()
            .enumerate()
            .filter(|(i, p)| p.spoken && self.candidate.matched >> i & 1 == 1);
        let mut sure = matched
            .filter(|(_, p)| p.degree(context.engine, context.catalogue, doc, document) >= SURELY);
        sure.next().map(|(_, p)| p.text.to_owned())
    }

    fn kind(&self) -> Option<String> {
        let (context, lang) = (self.context, self.context.params.lang);
        let document = &context.catalogue.documents()[self.candidate.doc as usize];
        let (concept, confidence) = context.catalogue.concepts_of(document).next()?;
        (confidence >= super::guard::SURE).then(|| {
            context
                .engine
                .lexicon()
                .concept(concept)
                .name(lang)
                .to_owned()
        })
    }

    /// The liked thing that the gift's kind serves, strongest first.
    fn taste(&self) -> Option<String> {
        let (context, lang) = (self.context, self.context.params.lang);
        let lexicon = context.engine.lexicon();
        let document = &context.catalogue.documents()[self.candidate.doc as usize];
        let (index, _) = context.catalogue.concepts_of(document).next()?;
        let concept = lexicon.concept(index);
        let liked = context.profile.leanings.tastes.iter();
        let best = liked
            .filter(|(t, ..)| concept.tastes >> t & 1 == 1)
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let taste = &lexicon.tastes()[usize::from(best.0)];
        Some(lang.pick(&taste.ko, &taste.en).to_owned())
    }
}

/// Said when there is nothing to give, so that an empty list is never without its reason.
pub(super) fn nothing_fits(dispatch: Dispatch, lang: Lang) -> Warning {
    let message = match dispatch.days_left() {
        None => lang.pick(
            "이 예산과 조건으로 드릴 수 있는 상품이 없어요. 예산을 조금 올려 보세요.",
            "Nothing in the shop can be given within this budget and these limits. Try a slightly larger budget.",
        ),
        Some(_) => lang.pick(
            "이 예산과 조건으로 그날까지 도착하는 상품이 없어요. 예산을 조금 올리거나 날짜를 늦춰 보세요.",
            "Nothing in the shop can arrive by that day within this budget and these limits. Try a slightly larger budget or a later day.",
        ),
    };
    Warning {
        code: "nothing_fits".to_owned(),
        message: message.to_owned(),
        source: lang.pick("상품 목록", "the shop's catalogue").to_owned(),
    }
}

/// Said when a list for a certain day holds gifts of which nobody knows how long they take.
pub(super) fn delivery_unknown(lang: Lang) -> Warning {
    Warning {
        code: "delivery_unknown".to_owned(),
        message: lang
            .pick(
                "배송 기간을 알려 주지 않은 상품도 있어요. 그날까지 도착하는지 판매처에 확인해 주세요.",
                "Some sellers give no delivery time. Please check with them that the gift arrives by that day.",
            )
            .to_owned(),
        source: lang.pick("상품 목록", "the shop's catalogue").to_owned(),
    }
}

/// What was loosened, in the order of the contract, each wish once.
pub(super) fn relaxations(context: &Context<'_>, picks: &[Pick], limit: usize) -> Vec<Relaxation> {
    let lang = context.params.lang;
    let mut relaxations = Vec::new();
    for constraint in [
        Constraint::Diversity,
        Constraint::Keywords,
        Constraint::Category,
        Constraint::BudgetMin,
    ] {
        let count = picks
            .iter()
            .filter(|p| p.loosened == Some(constraint))
            .count();
        let unserved = if constraint == Constraint::Keywords {
            unserved(context, picks, limit)
        } else {
            Vec::new()
        };
        if count == 0 && unserved.is_empty() {
            continue;
        }
        let (name, detail) = match (constraint, lang) {
            (Constraint::Diversity, Lang::Ko) => (
                "diversity",
                "고를 수 있는 상품이 적어 비슷한 종류도 함께 담았어요.".to_owned(),
            ),
            (Constraint::Diversity, Lang::En) => (
                "diversity",
                "Few products were left, so some of the same kind are among them.".to_owned(),
            ),
            (Constraint::Keywords, Lang::Ko) if !unserved.is_empty() => (
                "keywords",
                format!(
                    "이 예산에서 '{}' 상품을 찾지 못했어요.",
                    unserved.join("', '")
                ),
            ),
            (Constraint::Keywords, Lang::En) if !unserved.is_empty() => (
                "keywords",
                format!(
                    "Nothing in this budget matches '{}'.",
                    unserved.join("', '")
                ),
            ),
            (Constraint::Keywords, Lang::Ko) => (
                "keywords",
                "키워드에 맞는 상품이 적어 받는 분께 어울리는 다른 선물도 담았어요.".to_owned(),
            ),
            (Constraint::Keywords, Lang::En) => (
                "keywords",
                "Few products match the keywords, so other gifts that suit are among them."
                    .to_owned(),
            ),
            (Constraint::Category, Lang::Ko) => (
                "category",
                "고른 카테고리에 상품이 적어 다른 카테고리도 담았어요.".to_owned(),
            ),
            (Constraint::Category, Lang::En) => (
                "category",
                "The category holds few products, so others are among them.".to_owned(),
            ),
            (Constraint::BudgetMin, Lang::Ko) => (
                "budget_min",
                "최소 금액보다 저렴한 선물도 담았어요.".to_owned(),
            ),
            (Constraint::BudgetMin, Lang::En) => (
                "budget_min",
                "Some gifts cost less than your minimum.".to_owned(),
            ),
        };
        relaxations.push(Relaxation {
            constraint: name.to_owned(),
            detail,
        });
    }
    relaxations
}

/// Keywords that somebody said and that have no gift, if there was room for one each.
fn unserved(context: &Context<'_>, picks: &[Pick], limit: usize) -> Vec<String> {
    if context.plans.len() > limit {
        return Vec::new();
    }
    let served = picks
        .iter()
        .fold(0u32, |bits, p| bits | p.candidate.matched);
    context
        .plans
        .iter()
        .enumerate()
        .filter(|(i, p)| p.spoken && served >> i & 1 == 0)
        .map(|(_, p)| p.text.to_owned())
        .collect()
}
