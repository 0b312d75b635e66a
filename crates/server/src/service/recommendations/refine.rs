//! A second look at a list by the language model: offered beside the list, and made into a list of its own only when the guest wants it.
//! Whatever the model prefers, the list is composed and guarded as every other.

use super::critiques::{Stored, followed};
use super::{Basis, Made, make};
use crate::app::App;
use crate::error::{Error, Message, Result};
use crate::service::interviews;
use crate::service::llm::{self, CANDIDATES, Caller, Picked};
use seonmul_engine::Lang;
use seonmul_engine::catalogue::{Catalogue, DocId};
use seonmul_engine::rank::{Params, RankedItem};
use seonmul_store::{RecommendationId, RecommendationRow};
use serde::Serialize;
use std::sync::Arc;

/// What a second look offers.
#[derive(Debug, Serialize)]
pub struct OfferView {
    /// The gifts as the list would become, best first.
    pub items: Vec<OfferedView>,
}

/// One gift of an offer.
#[derive(Debug, Serialize)]
pub struct OfferedView {
    /// The shop's id.
    pub product_id: String,
    /// What it is called.
    pub title: String,
    /// Why it is in this place.
    pub reason: String,
}

/// A list with what a second look needs to know of it.
struct Looked {
    basis: Basis,
    stored: Stored,
    row: RecommendationRow,
    catalogue: Arc<Catalogue>,
    candidates: Vec<DocId>,
    /// The list and the catalogue that its candidates come from.
    name: String,
}

impl Looked {
    async fn at(app: &App, caller: &Caller, id: &RecommendationId, lang: Lang) -> Result<Self> {
        let row = app.store.recommendation_fetch(&caller.guest, id).await?;
        let row = row.ok_or(Error::NotFound)?;
        let stored: Stored = serde_json::from_str(&row.body_json)?;
        let basis = followed(app, &caller.guest, &row, &stored).await?;
        let catalogue = app.catalogue()?;
        let params = Params {
            limit: CANDIDATES,
            seed: stored.seed,
            ..basis.params(app, lang)
        };
        let ranking = app
            .engine
            .rank(&catalogue, &basis.profile, &basis.keywords, &params);
        // What answers no keyword comes in only where too little does, so it is no candidate for a list that is full without it.
        let answering = |i: &&RankedItem| !i.matched_keywords.is_empty();
        let few = ranking.items.iter().filter(answering).count() <= basis.limit;
        let candidates = ranking.items.iter().filter(|i| few || answering(i));
        Ok(Self {
            name: format!("{id}:{}", catalogue.version()),
            candidates: candidates.map(|i| i.doc).collect(),
            basis,
            stored,
            row,
            catalogue,
        })
    }

    fn prefer(&mut self, picked: Vec<Picked>) {
        let of = |(place, why): Picked| Some((*self.candidates.get(place)?, why));
        self.basis.preferred = picked.into_iter().filter_map(of).collect();
    }
}

/// Asks for a second look; the inner error is why there is nothing to offer.
pub async fn offer(
    app: &App,
    caller: &Caller,
    id: &RecommendationId,
    lang: Lang,
) -> Result<Result<OfferView, &'static str>> {
    let mut looked = Looked::at(app, caller, id, lang).await?;
    let Some(interview) = &looked.row.interview_id else {
        return Ok(Err("no_interview"));
    };
    let (_, rows) = interviews::load(app, &caller.guest, interview).await?;
    let answers = interviews::answered(&rows)?;
    let situation = llm::situation(app, &answers, lang);
    let titles: Vec<String> = looked
        .candidates
        .iter()
        .map(|&doc| looked.catalogue.title(doc).to_owned())
        .collect();
    let picked = llm::second_look(app, caller, &looked.name, &situation, &titles, lang).await;
    match picked {
        Ok(picked) => looked.prefer(picked),
        Err(reason) => return Ok(Err(reason)),
    }
    let basis = &looked.basis;
    let params = Params {
        seed: looked.stored.seed,
        ..basis.params(app, lang)
    };
    let ranking = app
        .engine
        .rank(&looked.catalogue, &basis.profile, &basis.keywords, &params);
    let items: Vec<OfferedView> = ranking
        .items
        .into_iter()
        .map(|item| OfferedView {
            product_id: looked.catalogue.product_id(item.doc).to_owned(),
            title: looked.catalogue.title(item.doc).to_owned(),
            reason: basis.reason_of(item.doc).unwrap_or(item.reason),
        })
        .collect();
    let shown = looked.stored.items.iter().map(|i| &i.product.product_id);
    if items.iter().map(|i| &i.product_id).eq(shown) {
        return Ok(Err("llm_agrees"));
    }
    Ok(Ok(OfferView { items }))
}

/// Makes the list that was offered.
///
/// # Errors
/// [`Error::Unprocessable`] when nothing is on offer for this list any more.
pub async fn accept(app: &App, caller: &Caller, id: &RecommendationId, lang: Lang) -> Result<Made> {
    let mut looked = Looked::at(app, caller, id, lang).await?;
    let of = looked.candidates.len();
    let heard = llm::heard_look(app, &looked.name, of, lang).await;
    let heard = heard.ok_or_else(|| {
        Error::Unprocessable(Message::new(
            "이 목록에는 새로 제안된 순서가 없습니다.",
            "There is no second look on offer for this list.",
        ))
    })?;
    looked.prefer(heard);
    looked.basis.seed = Some(looked.stored.seed);
    make(
        app,
        &caller.guest,
        looked.basis,
        None,
        &looked.catalogue,
        lang,
    )
    .await
}
