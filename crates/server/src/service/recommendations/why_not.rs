//! Why a product is not in a list: asked by its id or by its name, answered for the guest's own list.

use super::critiques::{Stored, followed};
use crate::app::AppState;
use crate::error::{Error, Result};
use crate::service::products::{self, ProductView};
use seonmul_engine::Lang;
use seonmul_engine::catalogue::{Catalogue, DocId};
use seonmul_engine::rank::{Params, WhyNot};
use seonmul_engine::search::SearchQuery;
use seonmul_store::{GuestKey, RecommendationId};
use serde::Serialize;
use utoipa::ToSchema;

/// Characters of a name that are looked at.
const NAME_CHARACTERS: usize = 300;
/// The list holds it by now: answers or products have changed since it was made.
const CHANGED_SINCE: &str = "changed_since";

/// Why a product is not in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct WhyNotView {
    /// The product.
    pub product_id: String,
    /// Stable word: `shown`, `nothing_allowed`, `over_budget`, `over_legal_limit`, `below_minimum`, `forbidden_by_law`,
    /// `made_for_others`, `refused`, `excluded`, `too_late`, `unsuitable`, `other_category`, `stand_in`, `other_keywords`,
    /// `lower_score`, `no_room` or `changed_since`.
    #[schema(example = "over_budget")]
    pub code: String,
    /// The same in one sentence.
    pub detail: String,
    /// What it is.
    pub product: ProductView,
}

/// Why the product of an id is not in a list of this guest's.
pub async fn why_not(
    app: &AppState,
    guest: &GuestKey,
    id: &RecommendationId,
    product_id: &str,
    lang: Lang,
) -> Result<WhyNotView> {
    let catalogue = app.catalogue()?;
    let doc = catalogue.doc_of(product_id).ok_or(Error::NotFound)?;
    answer(app, guest, id, &catalogue, doc, lang).await
}

/// The same for the product that a guest names, by its id or in words; nothing where no product is called like that.
pub async fn why_not_named(
    app: &AppState,
    guest: &GuestKey,
    id: &RecommendationId,
    name: &str,
    lang: Lang,
) -> Result<Option<WhyNotView>> {
    let name: String = name.trim().chars().take(NAME_CHARACTERS).collect();
    if name.is_empty() {
        return Ok(None);
    }
    let catalogue = app.catalogue()?;
    let query = SearchQuery {
        query: &name,
        limit: 1,
        ..SearchQuery::default()
    };
    let found = catalogue.doc_of(&name).or_else(|| {
        let page = app.engine.search(&catalogue, &query);
        page.hits.first().map(|hit| hit.0)
    });
    match found {
        Some(doc) => answer(app, guest, id, &catalogue, doc, lang)
            .await
            .map(Some),
        None => Ok(None),
    }
}

async fn answer(
    app: &AppState,
    guest: &GuestKey,
    id: &RecommendationId,
    catalogue: &Catalogue,
    doc: DocId,
    lang: Lang,
) -> Result<WhyNotView> {
    let list = app.store.recommendation_fetch(guest, id).await?;
    let list = list.ok_or(Error::NotFound)?;
    let stored: Stored = serde_json::from_str(&list.body_json)?;
    let product = products::view_of(app, catalogue, doc).ok_or(Error::NotFound)?;
    let mut items = stored.items.iter();
    let place = items.position(|i| i.product.product_id == product.product_id);
    let told = match place {
        Some(at) => app.engine.shown_at(at + 1, lang),
        None => {
            let basis = followed(app, guest, &list, &stored).await?;
            let params = Params {
                seed: stored.seed,
                ..basis.params(app, lang)
            };
            let (profile, keywords) = (&basis.profile, &basis.keywords);
            let told = app
                .engine
                .why_not(catalogue, profile, keywords, &params, doc);
            if told.code == "shown" {
                changed_since(lang)
            } else {
                told
            }
        }
    };
    Ok(WhyNotView {
        product_id: product.product_id.clone(),
        code: told.code.to_owned(),
        detail: told.detail,
        product,
    })
}

fn changed_since(lang: Lang) -> WhyNot {
    let detail = lang.pick(
        "이 추천을 만든 뒤 답이나 상품이 바뀌었어요. 지금 다시 추천받으면 나오는 선물이에요.",
        "Answers or products have changed since this list was made. It is in a list made now.",
    );
    WhyNot {
        code: CHANGED_SINCE,
        detail: detail.to_owned(),
    }
}
