//! What one changed wish would bring: the list is ranked again with that one change, and told only where it comes out better.

use super::compose::same_gift;
use super::grounds::Grounds;
use super::signals::Signal;
use super::words::{Text, fill, price, short};
use super::{Params, RankedItem, Ranking};
use crate::catalogue::Catalogue;
use crate::data::{self, DataError};
use crate::interview::{Answer, grouped, won_ko};
use crate::keyword::Keyword;
use crate::profile::{Budget, Category, Profile};
use crate::{Engine, Lang};
use serde::Deserialize;

/// Rankings made at the most; the change that helps seldomest is left out.
const RANKINGS: usize = 3;
/// Changes told at the most.
const TOLD: usize = 2;
/// A gift must come into this many first places to be worth a change.
const FIRST_PLACES: usize = 3;
/// By how much such a gift must be better than today's weakest, without the term for the price: as much as a gift that hits one
/// of the guest's tastes fully is better than one that hits it by a quarter.
const CLEARLY: f64 = 0.4;
/// A cheaper list is as good as today's when its mean worth is at least this share of today's.
const AS_GOOD: f64 = 0.97;
/// So many of today's gifts must cost more than the lowered limit; else there is nothing to save.
const SAVED_ON: usize = 3;

/// A change of one wish and what it would bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterfactual {
    /// Stable code, with the amount where there is one: `budget_max+10000`, `budget_max-10000`, `budget_min=0`, `category=any`.
    pub change: String,
    /// The same in words.
    pub detail: String,
}

/// The sentences, one for each kind of change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counterfactuals {
    raise_max: Text,
    lower_max: Text,
    no_min: Text,
    any_category: Text,
}

impl Counterfactuals {
    pub(crate) fn embedded() -> Result<Self, DataError> {
        data::COUNTERFACTUALS.parse()
    }
}

/// One change of one wish; amounts in won.
#[derive(Debug, Clone, Copy)]
enum Change {
    RaiseMax { from: u32, by: u32 },
    AnyCategory { from: Category },
    LowerMax { from: u32, by: u32 },
    NoMin { from: u32 },
}

impl Engine {
    /// What one changed wish would bring, most useful first, at most two; `today` is the list as [`Engine::rank`] makes it from the
    /// same arguments. Ranks at most three times.
    pub fn counterfactuals(
        &self,
        catalogue: &Catalogue,
        profile: &Profile,
        keywords: &[Keyword],
        params: &Params,
        today: &Ranking,
    ) -> Vec<Counterfactual> {
        let grounds = Grounds::of(self, catalogue, profile, keywords, params);
        if grounds.verdict.nothing_allowed {
            return Vec::new();
        }
        let tried = changes(&grounds).into_iter().take(RANKINGS);
        let mut found: Vec<(f64, Counterfactual)> = tried
            .filter_map(|change| {
                let changed = change.applied(profile);
                let then = self.rank(catalogue, &changed, keywords, params);
                change.outcome(&grounds, today, &then)
            })
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found.into_iter().map(|f| f.1).take(TOLD).collect()
    }
}

/// The changes worth a try, likeliest to help first. Steps are in won, so a shop in another currency has none for prices.
fn changes(grounds: &Grounds<'_>) -> Vec<Change> {
    let mut changes = Vec::with_capacity(4);
    let won = grounds.catalogue.currency() == "KRW";
    let asked = grounds.profile.budget.unwrap_or(Budget::ANY);
    let max = asked.max.filter(|&max| won && max > 0);
    if let Some(from) = max {
        let by = step_up(from);
        let lawful = grounds
            .verdict
            .max_price
            .is_none_or(|law| from.saturating_add(by) <= law);
        if lawful && from.checked_add(by).is_some() {
            changes.push(Change::RaiseMax { from, by });
        }
    }
    if let Some(from) = grounds.wished() {
        changes.push(Change::AnyCategory { from });
    }
    if let Some(from) = max {
        let by = step_down(from);
        if from - by > asked.min && from - by >= from / 2 {
            changes.push(Change::LowerMax { from, by });
        }
    }
    if won && asked.min > 0 {
        changes.push(Change::NoMin { from: asked.min });
    }
    changes
}

/// What a guest might add to a budget without thinking of it as another gift.
fn step_up(max: u32) -> u32 {
    match max {
        ..100_000 => 10_000,
        100_000..200_000 => 20_000,
        200_000..300_000 => 30_000,
        _ => 50_000,
    }
}

/// What would be worth saving.
fn step_down(max: u32) -> u32 {
    match max {
        ..20_000 => max / 4 / 1_000 * 1_000,
        20_000..60_000 => 10_000,
        60_000..150_000 => 20_000,
        150_000..400_000 => 50_000,
        _ => 100_000,
    }
}

impl Change {
    fn applied(self, profile: &Profile) -> Profile {
        let mut changed = profile.clone();
        let budget = profile.budget.unwrap_or(Budget::ANY);
        match self {
            Self::RaiseMax { from, by } => {
                let max = Some(from + by);
                changed.budget = Some(Budget { max, ..budget });
            }
            Self::LowerMax { from, by } => {
                let max = Some(from - by);
                changed.budget = Some(Budget { max, ..budget });
            }
            Self::NoMin { .. } => changed.budget = Some(Budget { min: 0, ..budget }),
            Self::AnyCategory { .. } => changed.category = Some(Category::Any),
        }
        changed
    }

    fn code(self) -> String {
        match self {
            Self::RaiseMax { by, .. } => format!("budget_max+{by}"),
            Self::LowerMax { by, .. } => format!("budget_max-{by}"),
            Self::NoMin { .. } => "budget_min=0".to_owned(),
            Self::AnyCategory { .. } => "category=any".to_owned(),
        }
    }

    /// How much better the other list is, and what to say of it; nothing if it is no better.
    fn outcome(
        self,
        grounds: &Grounds<'_>,
        today: &Ranking,
        then: &Ranking,
    ) -> Option<(f64, Counterfactual)> {
        let texts = &grounds.engine.counterfactuals;
        let (text, gift, gain) = match self {
            Self::LowerMax { from, by } => {
                is_as_good(grounds.catalogue, today, then, from - by).then_some(())?;
                // Saving is told after what would be better.
                (&texts.lower_max, None, 0.0)
            }
            _ => {
                let (gift, gain) = self.entering(grounds.catalogue, today, then)?;
                let text = match self {
                    Self::RaiseMax { .. } => &texts.raise_max,
                    Self::NoMin { .. } => &texts.no_min,
                    _ => &texts.any_category,
                };
                (text, Some(gift), gain)
            }
        };
        let lang = grounds.params.lang;
        let detail = fill(text.pick(lang), |name| {
            self.value(name, grounds, gift, then.items.len())
        });
        let change = self.code();
        Some((gain, Counterfactual { change, detail }))
    }

    fn value(
        self,
        name: &str,
        grounds: &Grounds<'_>,
        gift: Option<&RankedItem>,
        count: usize,
    ) -> String {
        let (catalogue, lang) = (grounds.catalogue, grounds.params.lang);
        match (name, self) {
            ("amount", Self::RaiseMax { by, .. } | Self::LowerMax { by, .. }) => amount(by, lang),
            ("min", Self::NoMin { from }) => amount(from, lang),
            ("category", Self::AnyCategory { from }) => {
                let wished = Answer::Choice(from.as_str().to_owned());
                grounds.engine.answer_label("category", &wished, lang)
            }
            ("count", _) => count.to_string(),
            ("title", _) => gift.map_or_else(String::new, |g| short(catalogue.title(g.doc))),
            ("price", _) => gift.map_or_else(String::new, |g| {
                let won = catalogue.prices()[g.doc as usize];
                price(won, catalogue.currency(), lang)
            }),
            _ => String::new(),
        }
    }

    /// The best gift that only the change lets in, if it comes into the first places and is clearly better than today's weakest; and
    /// by how much.
    fn entering<'r>(
        self,
        catalogue: &Catalogue,
        today: &Ranking,
        then: &'r Ranking,
    ) -> Option<(&'r RankedItem, f64)> {
        let listed = |item: &RankedItem| {
            let mut gifts = today.items.iter();
            gifts.any(|t| same_gift(catalogue, t.doc, item.doc))
        };
        let weakest = today.items.iter().map(worth).min_by(f64::total_cmp);
        let firsts = then.items.iter().take(FIRST_PLACES);
        let let_in = firsts.filter(|i| !i.explore && self.lets_in(catalogue, i) && !listed(i));
        let best = let_in.max_by(|a, b| worth(a).total_cmp(&worth(b)))?;
        let gain = worth(best) - weakest.unwrap_or(0.0);
        (gain >= CLEARLY).then_some((best, gain))
    }

    /// Whether a gift could not be listed before the change.
    fn lets_in(self, catalogue: &Catalogue, item: &RankedItem) -> bool {
        let price = catalogue.prices()[item.doc as usize];
        match self {
            Self::RaiseMax { from, .. } => price > from,
            // Far below the minimum it would be another sort of gift.
            Self::NoMin { from } => price < from && price >= from / 2,
            Self::AnyCategory { from } => {
                catalogue.documents()[item.doc as usize].category_bits & from.bit() == 0
            }
            Self::LowerMax { .. } => false,
        }
    }
}

/// Whether a list that stays below a price is as long and as good as today's, and today's costs more.
fn is_as_good(catalogue: &Catalogue, today: &Ranking, then: &Ranking, max: u32) -> bool {
    let dearer = |i: &&RankedItem| catalogue.prices()[i.doc as usize] > max;
    let mean = |ranking: &Ranking| {
        ranking.items.iter().map(worth).sum::<f64>() / ranking.items.len().max(1) as f64
    };
    then.items.len() >= today.items.len().max(SAVED_ON)
        && then.relaxations.len() <= today.relaxations.len()
        && today.items.iter().filter(dearer).count() >= SAVED_ON
        && mean(then) >= AS_GOOD * mean(today)
}

/// The score without the term for the price, which every budget measures from another point.
fn worth(item: &RankedItem) -> f64 {
    let terms = item
        .terms
        .iter()
        .filter(|t| t.term != Signal::Budget.name());
    terms.map(|t| t.value).sum()
}

fn amount(won: u32, lang: Lang) -> String {
    match lang {
        Lang::Ko => won_ko(won),
        Lang::En => format!("₩{}", grouped(won)),
    }
}
