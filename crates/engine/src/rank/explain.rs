//! Words for a ranking: the terms of each score, one sentence made from the strongest of them, and what was loosened.

use super::compose::Pick;
use super::signals::{Candidate, Context, SIGNALS, Signal};
use super::{Constraint, RankedItem, Relaxation, ScoreTerm, Warning};
use crate::Lang;
use crate::data::{self, DataError};
use crate::interview::read_text;
use crate::profile::{AgeBand, Gender, Occasion, Profile, Relation};
use crate::text::with_josa;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A term below this share of the score is not worth a word.
const WORTH_SAYING: f32 = 0.04;

/// Sentence parts by term, and names, in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reasons {
    opening: Vec<Part>,
    closing: Vec<Part>,
    relation: BTreeMap<String, Name>,
    age: BTreeMap<String, Name>,
    gender: BTreeMap<String, Name>,
    occasion: BTreeMap<String, Name>,
}

/// What a sentence calls a recipient or an occasion.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    ko: String,
    en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    term: String,
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
        let named = |names: &BTreeMap<String, Name>, values: Vec<&'static str>| {
            values.into_iter().find(|&v| !names.contains_key(v))
        };
        let missing = named(
            &reasons.relation,
            Relation::ALL.iter().map(|v| v.as_str()).collect(),
        )
        .or_else(|| {
            named(
                &reasons.age,
                AgeBand::ALL.iter().map(|v| v.as_str()).collect(),
            )
        })
        .or_else(|| {
            named(
                &reasons.occasion,
                Occasion::ALL.iter().map(|v| v.as_str()).collect(),
            )
        })
        .or_else(|| {
            named(
                &reasons.gender,
                vec![Gender::Female.as_str(), Gender::Male.as_str()],
            )
        });
        match missing {
            Some(value) => fail(format!("no name for '{value}'")),
            None => Ok(reasons),
        }
    }

    fn name<'a>(&'a self, names: &'a BTreeMap<String, Name>, value: &str, lang: Lang) -> &'a str {
        names.get(value).map_or("", |n| lang.pick(&n.ko, &n.en))
    }

    fn variant(parts: &[Part], signal: Signal, lang: Lang, turn: usize) -> &str {
        let part = parts.iter().find(|p| p.term == signal.name());
        let variants = part.map_or(&[][..], |p| match lang {
            Lang::Ko => &p.ko,
            Lang::En => &p.en,
        });
        if variants.is_empty() {
            ""
        } else {
            &variants[turn % variants.len()]
        }
    }
}

/// A pick as the caller sees it.
pub(super) fn item(context: &Context<'_>, pick: &Pick, place: usize) -> RankedItem {
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
        reason: reason(context, candidate, place),
        matched_keywords: Signal::KeywordMatch.because(context, candidate),
        terms,
        explore: pick.explore,
        propensity: pick.propensity,
    }
}

/// One sentence from the two strongest terms that can be put into words for this gift.
fn reason(context: &Context<'_>, candidate: &Candidate, place: usize) -> String {
    let lang = context.params.lang;
    let speaker = Speaker { context, candidate };
    let mut told = candidate
        .strongest()
        .into_iter()
        .filter(|&(s, value)| value > WORTH_SAYING * candidate.score.max(1.0) && speaker.can_say(s))
        .map(|t| t.0);
    let Some(first) = told.next() else {
        return fallback(lang).to_owned();
    };
    let second = told.next();
    let reasons = &context.engine.reasons;
    let opening = speaker.fill(Reasons::variant(&reasons.opening, first, lang, place));
    let closing =
        second.map(|s| speaker.fill(Reasons::variant(&reasons.closing, s, lang, place + 1)));
    match (lang, closing) {
        (_, Some(closing)) => format!("{opening}, {closing}"),
        (Lang::Ko, None) => format!("{opening}, 마음을 전하기 좋아요."),
        (Lang::En, None) => format!("{opening}."),
    }
}

fn fallback(lang: Lang) -> &'static str {
    lang.pick(
        "예산 안에서 고를 수 있는 선물이에요.",
        "It is a gift within your budget.",
    )
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
            Signal::ConceptFit => {
                share >= 0.5 && !person(self.context).is_empty() && self.kind().is_some()
            }
            Signal::Taste => share >= 0.4 && self.taste().is_some(),
            Signal::Occasion => {
                share >= 0.5 && self.context.profile.occasion.is_some() && self.kind().is_some()
            }
            Signal::Budget => share >= 0.6 && self.context.profile.budget.is_some(),
            Signal::Quality => share >= 0.6,
            Signal::Style => share > 0.1 && self.kind().is_some(),
            Signal::Safety => share >= 0.65 && self.kind().is_some(),
        }
    }

    /// Replaces `{name}` and `{name:closed/open}` by their values.
    fn fill(&self, template: &str) -> String {
        let mut out = String::with_capacity(template.len() * 2);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((place, tail)) = after.split_once('}') else {
                break;
            };
            let (name, form) = place.split_once(':').unwrap_or((place, ""));
            let value = self.value(name);
            match form.split_once('/') {
                Some((closed, open)) => out.push_str(&with_josa(&value, closed, open)),
                None => out.push_str(&value),
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn value(&self, name: &str) -> String {
        let (context, lang) = (self.context, self.context.params.lang);
        match name {
            "keyword" => self.spoken_keyword().unwrap_or_default(),
            "kind" => self.kind().unwrap_or_default(),
            "taste" => self.taste().unwrap_or_default(),
            "occasion" => {
                let reasons = &context.engine.reasons;
                let name =
                    |o: Occasion| reasons.name(&reasons.occasion, o.as_str(), lang).to_owned();
                context.profile.occasion.map(name).unwrap_or_default()
            }
            "person" => person(context),
            "to_person" => format!("{}{}", person(context), dative(context.profile)),
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
        let mut liked: Vec<(u8, f32)> = Vec::new();
        for text in &context.profile.tastes {
            liked.extend(
                read_text(lexicon, text)
                    .tastes
                    .into_iter()
                    .map(|t| (t, 1.0)),
            );
        }
        liked.extend(context.profile.leanings.tastes.iter().map(|t| (t.0, t.1)));
        let best = liked
            .into_iter()
            .filter(|(t, _)| concept.tastes >> t & 1 == 1)
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let taste = &lexicon.tastes()[usize::from(best.0)];
        Some(lang.pick(&taste.ko, &taste.en).to_owned())
    }
}

/// The recipient in a few words: "60대 부모님", "a friend in their twenties".
fn person(context: &Context<'_>) -> String {
    let (profile, reasons, lang) = (
        context.profile,
        &context.engine.reasons,
        context.params.lang,
    );
    let relation = profile
        .relation
        .map(|r| reasons.name(&reasons.relation, r.as_str(), lang));
    let age = profile
        .age_band
        .map(|a| reasons.name(&reasons.age, a.as_str(), lang));
    let gender = match profile.gender {
        Some(g @ (Gender::Female | Gender::Male)) => {
            Some(reasons.name(&reasons.gender, g.as_str(), lang))
        }
        Some(Gender::Any) | None => None,
    };
    let who = relation.or(gender);
    match lang {
        Lang::Ko => [age, who]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        Lang::En => {
            let who = who.or(age.map(|_| "someone"));
            [who, age]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ")
        }
    }
}

/// The Korean dative, polite for elders and superiors.
fn dative(profile: &Profile) -> &'static str {
    match profile.relation {
        Some(
            Relation::Parent
            | Relation::ParentInLaw
            | Relation::Grandparent
            | Relation::Boss
            | Relation::Client
            | Relation::Teacher
            | Relation::PublicOfficial,
        ) => "께",
        _ => "에게",
    }
}

/// Said when there is nothing to give, so that an empty list is never without its reason.
pub(super) fn nothing_fits(lang: Lang) -> Warning {
    Warning {
        code: "nothing_fits".to_owned(),
        message: lang
            .pick(
                "이 예산과 조건으로 드릴 수 있는 상품이 없어요. 예산을 조금 올려 보세요.",
                "Nothing in the shop can be given within this budget and these limits. Try a slightly larger budget.",
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
