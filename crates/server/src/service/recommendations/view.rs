//! A recommendation as the outside sees it.

use super::Basis;
use crate::app::AppState;
use crate::clock::rfc3339;
use crate::service::keywords::KeywordView;
use crate::service::products::{self, ProductView};
use seonmul_engine::catalogue::Catalogue;
use seonmul_engine::keyword::KeywordSource;
use seonmul_engine::profile::Profile;
use seonmul_engine::rank::{Counterfactual, RankedItem, Ranking};
use seonmul_store::RecommendationId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A list of gifts and why they are in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecommendationView {
    /// Its id.
    pub recommendation_id: String,
    /// The interview that it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interview_id: Option<String>,
    /// The recommendation that it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// RFC 3339 in UTC.
    pub created_at: String,
    /// The catalogue that it was made from.
    pub catalogue_version: String,
    /// Who found the keywords: `builtin` or `llm`.
    #[schema(example = "builtin")]
    pub engine: &'static str,
    /// With the same seed, the same request on the same catalogue gives the same list.
    pub seed: u64,
    /// What was looked for.
    pub keywords: Vec<KeywordView>,
    /// The gifts, best first.
    pub items: Vec<ItemView>,
    /// Wishes that had to give way because too few products fit.
    pub relaxations: Vec<RelaxationView>,
    /// What law and custom say about gifts like these.
    pub warnings: Vec<WarningView>,
    /// What one changed wish would bring, most useful first; only what was found to come out better.
    pub counterfactuals: Vec<CounterfactualView>,
    /// What the list was made from; a critique goes on from here.
    #[schema(value_type = Object)]
    pub basis: BasisView,
}

/// What a list was made from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BasisView {
    /// Who, when and how much, as understood.
    pub profile: Profile,
    /// How many gifts were asked for.
    pub limit: usize,
    /// From safe (-1) to special (1).
    pub style: f32,
    /// Products that must not come.
    pub exclude_product_ids: Vec<String>,
}

/// One gift.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemView {
    /// Its place, from 1.
    pub rank: u32,
    /// What it is.
    pub product: ProductView,
    /// The sum of its terms.
    pub score: f64,
    /// What the score is made of.
    pub score_terms: Vec<TermView>,
    /// Why it is here, in a sentence.
    pub reason: String,
    /// The keywords that it fits.
    pub matched_keywords: Vec<String>,
    /// Whether it is here to learn rather than because it scored best.
    pub explore: bool,
    /// How likely it was to be shown.
    pub propensity: f64,
}

/// One part of a score.
#[derive(Debug, Serialize, ToSchema)]
pub struct TermView {
    /// What was judged.
    pub term: String,
    /// What it added.
    pub value: f64,
    /// The questions or keywords that it came from.
    pub because: Vec<String>,
}

/// A wish that gave way.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelaxationView {
    /// `diversity`, `keywords`, `category` or `budget_min`.
    pub constraint: String,
    /// How far it gave way.
    pub detail: String,
}

/// Something to know before giving.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarningView {
    /// Stable word.
    pub code: String,
    /// For people.
    pub message: String,
    /// Where it is from.
    pub source: String,
}

/// What one changed wish would bring.
#[derive(Debug, Serialize, ToSchema)]
pub struct CounterfactualView {
    /// The change: `budget_max+AMOUNT`, `budget_max-AMOUNT`, `budget_min=0` or `category=any`.
    #[schema(example = "budget_max+10000")]
    pub change: String,
    /// The same in words.
    pub detail: String,
}

/// A page of recommendations.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecommendationPage {
    /// Newest first, each as it was stored.
    #[schema(value_type = Vec<RecommendationView>)]
    pub recommendations: Vec<Box<RawValue>>,
    /// Where the next page begins; `null` at the end.
    pub next_cursor: Option<String>,
}

pub(super) fn counterfactuals(found: Vec<Counterfactual>) -> Vec<CounterfactualView> {
    let view = |c: Counterfactual| CounterfactualView {
        change: c.change,
        detail: c.detail,
    };
    found.into_iter().map(view).collect()
}

/// A list as it is answered, still without its counterfactuals.
pub(super) fn build(
    app: &AppState,
    id: &RecommendationId,
    basis: &Basis,
    seed: u64,
    ranking: &Ranking,
    catalogue: &Catalogue,
    now_ms: i64,
) -> RecommendationView {
    let items = ranking
        .items
        .iter()
        .zip(1_u32..)
        .filter_map(|(item, rank)| item_view(app, item, rank, catalogue));
    let by_model = !basis.preferred.is_empty()
        || basis
            .keywords
            .iter()
            .any(|k| k.source == KeywordSource::Llm);
    RecommendationView {
        recommendation_id: id.to_string(),
        interview_id: basis.interview_id.as_ref().map(ToString::to_string),
        parent_id: basis.parent_id.as_ref().map(ToString::to_string),
        created_at: rfc3339(now_ms),
        catalogue_version: catalogue.version().to_owned(),
        engine: if by_model { "llm" } else { "builtin" },
        seed,
        keywords: basis.keywords.iter().map(KeywordView::from).collect(),
        items: items.collect(),
        relaxations: ranking
            .relaxations
            .iter()
            .map(|r| RelaxationView {
                constraint: r.constraint.clone(),
                detail: r.detail.clone(),
            })
            .collect(),
        warnings: ranking
            .warnings
            .iter()
            .map(|w| WarningView {
                code: w.code.clone(),
                message: w.message.clone(),
                source: w.source.clone(),
            })
            .collect(),
        counterfactuals: Vec::new(),
        basis: BasisView {
            profile: basis.profile.clone(),
            limit: basis.limit,
            style: basis.style,
            exclude_product_ids: basis.exclude_product_ids.clone(),
        },
    }
}

fn item_view(
    app: &AppState,
    item: &RankedItem,
    rank: u32,
    catalogue: &Catalogue,
) -> Option<ItemView> {
    let term = |term: &seonmul_engine::rank::ScoreTerm| TermView {
        term: term.term.clone(),
        value: term.value,
        because: term.because.clone(),
    };
    Some(ItemView {
        rank,
        product: products::view_of(app, catalogue, item.doc)?,
        score: item.score,
        score_terms: item.terms.iter().map(term).collect(),
        reason: item.reason.clone(),
        matched_keywords: item.matched_keywords.clone(),
        explore: item.explore,
        propensity: item.propensity,
    })
}
