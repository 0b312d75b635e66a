//! Critiques: a word about a list, and the next list that takes it to heart. What was rejected before stays away.

use super::{Basis, BasisView, Made, make};
use crate::app::AppState;
use crate::error::{Error, Result};
use crate::service::interviews;
use seonmul_engine::Lang;
use seonmul_engine::keyword::{Keyword, KeywordSource};
use seonmul_engine::profile::{Budget, Category};
use seonmul_store::{GuestKey, RecommendationId, RecommendationRow};
use serde::Deserialize;
use utoipa::ToSchema;

/// How far a step towards safe, special or practical goes.
const STYLE_STEP: f32 = 0.5;
/// A chain of critiques keeps at most this many products away, the oldest forgotten first.
const MAX_REJECTED: usize = 500;

/// Body of the critiques call.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CritiqueInput {
    /// What should be otherwise.
    pub kind: CritiqueKind,
    /// The gift that is meant, where one is.
    #[schema(max_length = 128)]
    pub product_id: Option<String>,
}

/// What can be said about a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words of the HTTP contract")]
pub enum CritiqueKind {
    Cheaper,
    Pricier,
    MoreSpecial,
    Safer,
    MorePractical,
    MoreDifferent,
    NotThis,
    AlreadyHas,
    NotCategory,
    MoreLike,
}

impl CritiqueKind {
    /// Whether it is said about one gift rather than about the whole list.
    const fn needs_product(self) -> bool {
        matches!(
            self,
            Self::NotThis | Self::AlreadyHas | Self::NotCategory | Self::MoreLike
        )
    }
}

/// The part of a stored list that what is said about it goes on from.
#[derive(Deserialize)]
pub(super) struct Stored {
    basis: BasisView,
    keywords: Vec<Keyword>,
    pub(super) seed: u64,
    pub(super) items: Vec<StoredItem>,
}

#[derive(Deserialize)]
pub(super) struct StoredItem {
    pub(super) product: StoredProduct,
}

#[derive(Deserialize)]
pub(super) struct StoredProduct {
    pub(super) product_id: String,
    title: String,
    category: Vec<String>,
    price: u32,
}

/// Makes the list that follows another one after a critique.
pub async fn critique(
    app: &AppState,
    guest: &GuestKey,
    id: &RecommendationId,
    input: &CritiqueInput,
    lang: Lang,
) -> Result<Made> {
    let parent = app
        .store
        .recommendation_fetch(guest, id)
        .await?
        .ok_or(Error::NotFound)?;
    let stored: Stored = serde_json::from_str(&parent.body_json)?;
    let meant = meant(&stored, input)?;
    let catalogue = app.catalogue()?;
    let mut basis = followed(app, guest, &parent, &stored).await?;
    let kind = input.kind;
    if kind == CritiqueKind::MoreDifferent {
        basis.keywords = app
            .engine
            .keywords_for_profile(&basis.profile, &catalogue, lang);
    }
    apply(&mut basis, &stored, kind, meant, app);
    basis.exclude_product_ids.extend(
        stored
            .items
            .iter()
            .map(|item| item.product.product_id.clone()),
    );
    keep_newest(&mut basis.exclude_product_ids);
    make(app, guest, basis, None, &catalogue, lang).await
}

fn meant<'a>(stored: &'a Stored, input: &CritiqueInput) -> Result<Option<&'a StoredProduct>> {
    let Some(product_id) = &input.product_id else {
        return if input.kind.needs_product() {
            Err(Error::field(
                "product_id",
                "어떤 상품인지 알려 주세요.",
                "is needed for this kind",
            ))
        } else {
            Ok(None)
        };
    };
    let found = stored
        .items
        .iter()
        .map(|item| &item.product)
        .find(|p| p.product_id == *product_id);
    found.map(Some).ok_or_else(|| {
        Error::field(
            "product_id",
            "이 추천에 없는 상품입니다.",
            "is not a product of this recommendation",
        )
    })
}

/// What the list was made from. What answers lean to is not stored with it, but follows from them again.
pub(super) async fn followed(
    app: &AppState,
    guest: &GuestKey,
    parent: &RecommendationRow,
    stored: &Stored,
) -> Result<Basis> {
    let mut profile = stored.basis.profile.clone();
    if let Some(interview) = &parent.interview_id {
        let (_, answers) = interviews::load(app, guest, interview).await?;
        let understood = app.engine.understand(&interviews::answered(&answers)?);
        profile.leanings = understood.profile.leanings;
        profile.written = understood.profile.written;
    }
    Ok(Basis {
        interview_id: parent.interview_id.clone(),
        parent_id: Some(parent.recommendation_id.clone()),
        profile,
        keywords: stored.keywords.clone(),
        limit: stored.basis.limit,
        exclude_product_ids: stored.basis.exclude_product_ids.clone(),
        style: stored.basis.style,
        seed: None,
        preferred: Vec::new(),
    })
}

fn apply(
    basis: &mut Basis,
    stored: &Stored,
    kind: CritiqueKind,
    meant: Option<&StoredProduct>,
    app: &AppState,
) {
    let budget = basis.profile.budget.unwrap_or(Budget::ANY);
    match kind {
        CritiqueKind::Cheaper => {
            basis.profile.budget = Some(cheaper(budget, reference_price(stored, meant)))
        }
        CritiqueKind::Pricier => {
            basis.profile.budget = Some(pricier(budget, reference_price(stored, meant)))
        }
        CritiqueKind::MoreSpecial => basis.style = (basis.style + STYLE_STEP).min(1.0),
        CritiqueKind::Safer | CritiqueKind::MorePractical => {
            basis.style = (basis.style - STYLE_STEP).max(-1.0)
        }
        CritiqueKind::MoreDifferent | CritiqueKind::NotThis | CritiqueKind::AlreadyHas => {}
        CritiqueKind::NotCategory => {
            basis.profile.category = basis.profile.category.filter(|c| *c == Category::Any);
            basis
                .profile
                .avoid
                .extend(meant.and_then(|p| p.category.first()).cloned());
        }
        CritiqueKind::MoreLike => {
            let words: Vec<_> = meant
                .map(|p| (p.title.clone(), Some(1.0)))
                .into_iter()
                .collect();
            let like = app
                .engine
                .ground(&words, &mut basis.profile.clone(), KeywordSource::Guest)
                .keywords;
            basis.keywords.splice(0..0, like);
        }
    }
}

/// The price that "cheaper" and "pricier" are meant against: that of the gift, or the middle one of the list.
fn reference_price(stored: &Stored, meant: Option<&StoredProduct>) -> Option<u32> {
    let mut prices: Vec<u32> = stored.items.iter().map(|item| item.product.price).collect();
    prices.sort_unstable();
    meant
        .map(|p| p.price)
        .or_else(|| prices.get(prices.len() / 2).copied())
}

/// Everything below the reference; the lower end goes down too, so that there is room.
fn cheaper(budget: Budget, reference: Option<u32>) -> Budget {
    let Some(reference) = reference.or(budget.max) else {
        return budget;
    };
    let max = reference.saturating_sub(1).max(1);
    Budget {
        min: budget.min.min(max / 2),
        max: Some(max),
    }
}

/// From the reference up, but never above what the guest can give.
fn pricier(budget: Budget, reference: Option<u32>) -> Budget {
    let min = reference
        .map_or(budget.min, |price| price.saturating_add(1))
        .max(budget.min);
    Budget {
        min: budget.max.map_or(min, |max| min.min(max)),
        max: budget.max,
    }
}

/// The newest rejections without repetition.
fn keep_newest(ids: &mut Vec<String>) {
    let mut seen = std::collections::HashSet::new();
    let mut newest: Vec<String> = ids
        .drain(..)
        .rev()
        .filter(|id| seen.insert(id.clone()))
        .take(MAX_REJECTED)
        .collect();
    newest.reverse();
    *ids = newest;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cheaper_and_pricier_stay_within_what_was_said() {
        let budget = Budget {
            min: 30_000,
            max: Some(50_000),
        };
        assert_eq!(
            cheaper(budget, Some(40_000)),
            Budget {
                min: 19_999,
                max: Some(39_999)
            }
        );
        assert_eq!(
            pricier(budget, Some(40_000)),
            Budget {
                min: 40_001,
                max: Some(50_000)
            }
        );
        assert_eq!(
            pricier(budget, Some(50_000)),
            Budget {
                min: 50_000,
                max: Some(50_000)
            }
        );
        assert_eq!(cheaper(Budget::ANY, None), Budget::ANY);
    }

    #[test]
    fn the_newest_rejections_are_kept_once() {
        let mut ids: Vec<String> = ["a", "b", "a", "c"].map(str::to_owned).into();
        keep_newest(&mut ids);
        assert_eq!(ids, ["b", "a", "c"]);
    }
}
